package text

import (
	"bytes"
	"strconv"
	"strings"

	"gsql/exec/vec"
)

// appendArray appends {a,b,"c d",NULL}, with braces for each dimension, and in front of them the subscripts when these do
// not begin with 1.
func appendArray(dst []byte, v *vec.Vector, i int, st *Style) []byte {
	l := vec.At[vec.List](v, i)
	child := v.Child
	if v.Enc == vec.Dict {
		child = v.Dict.Child
	}
	delimiter := elementDelimiter(v.Type.Elem)
	if l.Shape != 0 {
		return appendShaped(dst, child, l, delimiter, st)
	}
	dst = append(dst, '{')
	for k := range int(l.Len) {
		if k > 0 {
			dst = append(dst, delimiter)
		}
		dst = appendElement(dst, child, int(l.Off)+k, delimiter, st)
	}
	return append(dst, '}')
}

func appendElement(dst []byte, child *vec.Vector, row int, delimiter byte, st *Style) []byte {
	if child.IsNull(row) {
		return append(dst, "NULL"...)
	}
	start := len(dst)
	dst = Append(dst, child, row, st)
	if e := dst[start:]; needsQuotes(e, delimiter) {
		dst = appendQuoted(dst[:start], append([]byte(nil), e...))
	}
	return dst
}

// appendShaped is appendArray for arrays that have a shape.
func appendShaped(dst []byte, child *vec.Vector, l vec.List, delimiter byte, st *Style) []byte {
	d := l.Dims()
	if !d.FromOne() {
		dst = append(AppendDims(dst, &d), '=')
	}
	braces := d.Nesting()
	for k := range int(l.Len) {
		if k > 0 {
			dst = append(dst, delimiter)
		}
		for range braces.Opens(k) {
			dst = append(dst, '{')
		}
		dst = appendElement(dst, child, int(l.Off)+k, delimiter, st)
		for range braces.Closes(k) {
			dst = append(dst, '}')
		}
	}
	return dst
}

// AppendDims appends the subscripts of an array: [1:2][0:3].
func AppendDims(dst []byte, d *vec.Dims) []byte {
	for k := range d.N {
		dst = strconv.AppendInt(append(dst, '['), int64(d.Lower[k]), 10)
		dst = strconv.AppendInt(append(dst, ':'), int64(d.Upper(k)), 10)
		dst = append(dst, ']')
	}
	return dst
}

func needsQuotes(e []byte, delimiter byte) bool {
	return len(e) == 0 || bytes.ContainsAny(e, "{}\"\\ \t\n\r\v\f") || bytes.IndexByte(e, delimiter) >= 0 || len(e) == 4 && strings.EqualFold(string(e), "null")
}

func appendQuoted(dst, e []byte) []byte {
	dst = append(dst, '"')
	for _, c := range e {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
