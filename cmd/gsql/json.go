package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"

	"gsql"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// json prints an array with one object a line.
func (f format) json(w *bufio.Writer, rows *gsql.Rows) error {
	var keys []string
	for _, c := range rows.Columns() {
		keys = append(keys, string(appendString(nil, []byte(c.Name)))+":")
	}
	w.WriteByte('[')
	n := 0
	var buf []byte
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for i := range b.Rows {
			if n++; n > 1 {
				w.WriteString(",\n ")
			}
			w.WriteByte('{')
			for c, v := range b.Cols {
				if c > 0 {
					w.WriteByte(',')
				}
				w.WriteString(keys[c])
				buf = appendJSON(buf[:0], v, i, rows.Style())
				w.Write(buf)
			}
			w.WriteByte('}')
		}
	}
	_, err := w.WriteString("]\n")
	return err
}

func appendJSON(dst []byte, v *vec.Vector, i int, st *text.Style) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	t := v.Type
	switch {
	case t.ID == types.Bool:
		if vec.At[uint8](v, i) != 0 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case t.ID == types.Float32 && finite(float64(vec.At[float32](v, i))), t.ID == types.Float64 && finite(vec.At[float64](v, i)),
		t.IsInteger(), t.ID == types.OID, t.ID == types.JSON, t.ID == types.JSONB,
		t.ID == types.Numeric && (v.Kind != types.KNum || vec.At[vec.Num](v, i).Special == vec.NumFinite):
		return text.Append(dst, v, i, st)
	case t.ID == types.Record:
		row := int(vec.At[uint32](v, i))
		if v.Enc == vec.Dict {
			v = v.Dict
		}
		dst = append(dst, '{')
		for k, f := range v.Fields {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, []byte(t.Fields()[k].Name)), ':')
			dst = appendJSON(dst, f, row, st)
		}
		return append(dst, '}')
	case t.ID == types.Array:
		l := vec.At[vec.List](v, i)
		child := v.Child
		if v.Enc == vec.Dict {
			child = v.Dict.Child
		}
		if l.Len == 0 {
			return append(dst, "[]"...)
		}
		d := l.Dims()
		brackets := d.Nesting()
		for k := range int(l.Len) {
			if k > 0 {
				dst = append(dst, ',')
			}
			for range brackets.Opens(k) {
				dst = append(dst, '[')
			}
			dst = appendJSON(dst, child, int(l.Off)+k, st)
			for range brackets.Closes(k) {
				dst = append(dst, ']')
			}
		}
		return dst
	}
	return appendString(dst, text.Append(nil, v, i, st))
}

// appendString appends a string of JSON. encoding/json would write < and > as escapes, for HTML's sake.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range bytes.ToValidUTF8(s, []byte("\uFFFD")) {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
