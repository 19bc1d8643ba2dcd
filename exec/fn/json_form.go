package fn

import (
	"bytes"

	"gsql/exec/jsontext"
	"gsql/exec/types"
)

// This file has the functions that give a whole document another form.

func init() {
	RegisterScalar(
		scalar("jsonb_pretty", types.Text, Map1(func(_ *Call, s []byte) ([]byte, error) { return appendPretty(nil, s, 0), nil }), types.JSONB),
		scalar("jsonb_strip_nulls", types.JSONB, Map1(func(_ *Call, s []byte) ([]byte, error) {
			return appendStripped(nil, s, ", ", ": ")
		}), types.JSONB),
		scalar("json_strip_nulls", types.JSON, Map1(func(_ *Call, s []byte) ([]byte, error) {
			return appendStripped(nil, jsontext.Trim(s), ",", ":")
		}), types.JSON))
}

// appendPretty appends a normal form with one member or element a line.
func appendPretty(dst, s []byte, depth int) []byte {
	if jsontext.KindOf(s) < jsontext.Array {
		return append(dst, s...)
	}
	line := func(depth int) {
		dst = append(append(dst, '\n'), bytes.Repeat([]byte("    "), depth)...)
	}
	dst = append(dst, s[0])
	more := false
	for it := jsontext.Iterate(s); it.Next(); more = true {
		if more {
			dst = append(dst, ',')
		}
		line(depth + 1)
		if s[0] == '{' {
			dst = append(append(append(dst, '"'), it.Name...), `": `...)
		}
		dst = appendPretty(dst, it.Value(), depth+1)
	}
	line(depth)
	return append(dst, s[len(s)-1])
}

// appendStripped appends a document without the members that are null, and without blanks but those of comma and
// colon.
func appendStripped(dst, s []byte, comma, colon string) ([]byte, error) {
	switch jsontext.KindOf(s) {
	case jsontext.String:
		text, err := jsontext.Unquote(nil, s[1:len(s)-1])
		return jsontext.Quote(dst, text), err
	case jsontext.Array, jsontext.Object:
	default:
		return append(dst, s...), nil
	}
	dst = append(dst, s[0])
	more := false
	for it := jsontext.Iterate(s); it.Next(); {
		value := it.Value()
		if s[0] == '{' && jsontext.KindOf(value) == jsontext.Null {
			continue
		}
		if more {
			dst = append(dst, comma...)
		}
		more = true
		if s[0] == '{' {
			name, err := jsontext.Unquote(nil, it.Name)
			if err != nil {
				return nil, err
			}
			dst = append(jsontext.Quote(dst, name), colon...)
		}
		var err error
		if dst, err = appendStripped(dst, value, comma, colon); err != nil {
			return nil, err
		}
	}
	return append(dst, s[len(s)-1]), nil
}
