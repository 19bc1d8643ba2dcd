package text

import (
	"bytes"
	"encoding/json"
	"io"
	"sort"

	"gsql/exec/sqlstate"
)

// NormalizeJSON returns a document in the form that jsonb prints: members sorted by length and then by
// bytes, the last of equal names kept, one blank behind colons and commas.
func NormalizeJSON(s []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, invalidJSON(err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, invalidJSON("There is text behind the document.")
	}
	return appendJSON(nil, v), nil
}

func invalidJSON(detail string) error {
	return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type json").WithDetail("%s", detail)
}

func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for n := range v {
			names = append(names, n)
		}
		sort.Slice(names, func(i, j int) bool {
			if len(names[i]) != len(names[j]) {
				return len(names[i]) < len(names[j])
			}
			return names[i] < names[j]
		})
		dst = append(dst, '{')
		for i, n := range names {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(appendJSONString(dst, n), ": "...)
			dst = appendJSON(dst, v[n])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	case string:
		return appendJSONString(dst, v)
	case json.Number:
		return append(dst, v...)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	}
	return append(dst, "null"...)
}

func appendJSONString(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string cannot fail
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}
