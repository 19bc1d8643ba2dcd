package gsql_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"testing"
)

// avroFile writes records of a schema, which is JSON, as an Avro file of one block, and returns its size.
func avroFile(t testing.TB, path, schema string, records ...object) int64 {
	t.Helper()
	var s any
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		t.Fatal(err, schema)
	}
	var rows []byte
	for _, r := range records {
		rows = avroValue(rows, s, r)
	}
	sync := "0123456789abcdef"
	b := []byte("Obj\x01")
	b = binary.AppendVarint(b, 1)
	b = avroBytes(avroBytes(b, "avro.schema"), schema)
	b = append(binary.AppendVarint(b, 0), sync...)
	b = binary.AppendVarint(b, int64(len(records)))
	b = append(avroBytes(b, string(rows)), sync...)
	return writeBytes(t, path, b)
}

func avroBytes(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}

// avroValue appends a value; what an object lacks is NULL.
func avroValue(b []byte, schema, v any) []byte {
	switch s := schema.(type) {
	case []any: // null, and a type
		if v == nil {
			return binary.AppendVarint(b, 0)
		}
		return avroValue(binary.AppendVarint(b, 1), s[1], v)
	case map[string]any:
		switch s["type"] {
		case "record":
			o, _ := v.(object)
			for _, f := range s["fields"].([]any) {
				f := f.(map[string]any)
				b = avroValue(b, f["type"], o[f["name"].(string)])
			}
			return b
		case "array":
			list := v.([]any)
			if len(list) > 0 {
				b = binary.AppendVarint(b, int64(len(list)))
			}
			for _, x := range list {
				b = avroValue(b, s["items"], x)
			}
			return binary.AppendVarint(b, 0)
		case "fixed":
			return append(b, v.(string)...)
		}
		return avroValue(b, s["type"], v)
	}
	switch schema {
	case "int", "long":
		switch v := v.(type) {
		case int64:
			return binary.AppendVarint(b, v)
		case int:
			return binary.AppendVarint(b, int64(v))
		case nil:
			return binary.AppendVarint(b, 0)
		}
	case "string", "bytes":
		return avroBytes(b, v.(string))
	case "double":
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.(float64)))
	case "boolean":
		if v.(bool) {
			return append(b, 1)
		}
		return append(b, 0)
	}
	panic(fmt.Sprintf("%v of %v", v, schema))
}
