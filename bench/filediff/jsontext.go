package main

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
)

// appendJSON appends a JSON text so that it is the same for the same value: without members that are null, which DuckDB's
// records have for objects that lack a member, in the order of their names, with numbers as floats.
func appendJSON[T string | []byte](b []byte, s T) []byte {
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return appendBytes(b, s)
	}
	return appendBytes(b, appendPlain(nil, v))
}

func appendPlain(b []byte, v any) []byte {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return append(b, v...)
		}
		return strconv.AppendFloat(b, f, 'g', -1, 64)
	case []any:
		b = append(b, '[')
		for i, x := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendPlain(b, x)
		}
		return append(b, ']')
	case map[string]any:
		var names []string
		for k, x := range v {
			if x != nil {
				names = append(names, k)
			}
		}
		sort.Strings(names)
		b = append(b, '{')
		for i, k := range names {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(strconv.AppendQuote(b, k), ':')
			b = appendPlain(b, v[k])
		}
		return append(b, '}')
	}
	text, _ := json.Marshal(v)
	return append(b, text...)
}
