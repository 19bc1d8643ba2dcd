package text

import (
	"bytes"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// appendRecord appends (a,"b c",), in which nothing stands for NULL.
func appendRecord(dst []byte, v *vec.Vector, i int, st *Style) []byte {
	row := int(vec.At[uint32](v, i))
	if v.Enc == vec.Dict {
		v = v.Dict
	}
	dst = append(dst, '(')
	for k, f := range v.Fields {
		if k > 0 {
			dst = append(dst, ',')
		}
		if f.IsNull(row) {
			continue
		}
		start := len(dst)
		dst = Append(dst, f, row, st)
		if s := dst[start:]; len(s) == 0 || bytes.ContainsAny(s, "\"\\(), \t\n\r\v\f") {
			dst = appendFieldQuoted(dst[:start], bytes.Clone(s))
		}
	}
	return append(dst, ')')
}

// appendFieldQuoted appends a field in quotes, with quotes and backslashes doubled.
func appendFieldQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		if c == '"' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// recordField is a field as it stands in the text of a record.
type recordField struct {
	text []byte
	null bool
}

// parseRecord reads the text form of a record, whose columns must be known.
func parseRecord(b *vec.Builder, t types.Type, s []byte, st *Style) error {
	if t.Def == nil || t.Def.Name == "" {
		return sqlstate.New(sqlstate.FeatureNotSupported, "input of anonymous composite types is not implemented")
	}
	bad := func(detail string) error {
		return sqlstate.New(sqlstate.BadTextValue, "malformed record literal: \"%s\"", s).WithDetail("%s", detail)
	}
	in := bytes.TrimSpace(s)
	if len(in) == 0 || in[0] != '(' {
		return bad("Missing left parenthesis.")
	}
	fields, rest, ok := splitRecord(in[1:])
	switch want := len(t.Fields()); {
	case !ok:
		return bad("Unexpected end of input.")
	case len(rest) > 0:
		return bad("Junk after right parenthesis.")
	case len(fields) < want:
		return bad("Too few columns.")
	case len(fields) > want:
		return bad("Too many columns.")
	}
	var err error
	b.AppendRow(func(builders []*vec.Builder) {
		for k, f := range builders {
			switch {
			case err != nil || fields[k].null:
				f.AppendNull()
			default:
				n := f.Len()
				if err = Parse(f, t.Fields()[k].Type, fields[k].text, st); f.Len() == n {
					f.AppendNull()
				}
			}
		}
	})
	return err
}

// splitRecord reads fields up to the closing parenthesis, and returns what follows it. ok is false where there is none.
func splitRecord(s []byte) (fields []recordField, rest []byte, ok bool) {
	f, quoted := recordField{null: true}, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			f.text, f.null = append(f.text, s[i]), false
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
			f.text = append(f.text, c)
		case c == '"':
			quoted, f.null = !quoted, false
		case quoted:
			f.text = append(f.text, c)
		case c == ',':
			fields = append(fields, f)
			f = recordField{null: true}
		case c == ')':
			return append(fields, f), bytes.TrimSpace(s[i+1:]), true
		default:
			f.text, f.null = append(f.text, c), false
		}
	}
	return nil, nil, false
}
