package text

import (
	"bytes"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// appendArray appends {a,b,"c d",NULL}.
func appendArray(dst []byte, v *vec.Vector, i int, st *Style) []byte {
	l := vec.At[vec.List](v, i)
	child := v.Child
	if v.Enc == vec.Dict {
		child = v.Dict.Child
	}
	delimiter := elementDelimiter(v.Type.Elem)
	dst = append(dst, '{')
	for k := range int(l.Len) {
		if k > 0 {
			dst = append(dst, delimiter)
		}
		row := int(l.Off) + k
		if child.IsNull(row) {
			dst = append(dst, "NULL"...)
			continue
		}
		start := len(dst)
		dst = Append(dst, child, row, st)
		if e := dst[start:]; needsQuotes(e, delimiter) {
			dst = appendQuoted(dst[:start], append([]byte(nil), e...))
		}
	}
	return append(dst, '}')
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

// parseArray reads the text form of a one-dimensional array.
func parseArray(b *vec.Builder, t types.Type, s []byte, st *Style) error {
	bad := func(detail string) error {
		return sqlstate.New(sqlstate.BadTextValue, "malformed array literal: \"%s\"", s).WithDetail("%s", detail)
	}
	in := bytes.TrimSpace(s)
	if len(in) < 2 || in[0] != '{' {
		return bad("Array value must start with \"{\" or dimension information.")
	}
	if in[len(in)-1] != '}' {
		return bad("Unexpected end of input.")
	}
	elems, ok := splitArray(in[1:len(in)-1], elementDelimiter(t.Elem))
	if !ok {
		return bad("Unexpected array element.")
	}
	for _, e := range elems {
		if !e.quoted && bytes.HasPrefix(e.text, []byte{'{'}) {
			return sqlstate.Unsupported("Use one-dimensional arrays, or jsonb: '[[1, 2], [3, 4]]'.", "arrays of more than one dimension are not supported")
		}
	}
	var err error
	b.AppendList(func(c *vec.Builder) {
		for _, e := range elems {
			if !e.quoted && strings.EqualFold(string(e.text), "null") {
				c.AppendNull()
			} else if err = Parse(c, t.Element(), e.text, st); err != nil {
				return
			}
		}
	})
	return err
}

type arrayElem struct {
	text   []byte
	quoted bool
}

func splitArray(s []byte, delimiter byte) (elems []arrayElem, ok bool) {
	if len(bytes.TrimSpace(s)) == 0 {
		return nil, true
	}
	for {
		s = bytes.TrimLeft(s, " \t\n\r")
		var e arrayElem
		if len(s) > 0 && s[0] == '"' {
			e.quoted = true
			i := 1
			for ; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
				if i < len(s) {
					e.text = append(e.text, s[i])
				}
			}
			if i >= len(s) {
				return nil, false
			}
			s = bytes.TrimLeft(s[i+1:], " \t\n\r")
		} else {
			i := 0
			for ; i < len(s) && s[i] != delimiter; i++ {
				if s[i] == '"' || s[i] == '}' && e.text == nil {
					return nil, false
				}
				if s[i] == '\\' {
					i++
				}
				if i < len(s) {
					e.text = append(e.text, s[i])
				}
			}
			s = s[min(i, len(s)):]
			if e.text = bytes.TrimRight(e.text, " \t\n\r"); len(e.text) == 0 {
				return nil, false
			}
		}
		elems = append(elems, e)
		if len(s) == 0 {
			return elems, true
		}
		if s[0] != delimiter {
			return nil, false
		}
		s = s[1:]
	}
}
