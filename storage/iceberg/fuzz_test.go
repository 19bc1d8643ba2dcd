package iceberg

import (
	"context"
	"encoding/binary"
	"testing"

	"gsql/storage/lake"
	"gsql/storage/lake/laketest"
)

// container returns an Avro file of a schema with one block.
func container(schema string, rows int64, data []byte) []byte {
	b := []byte("Obj\x01\x02")
	b = binary.AppendVarint(b, int64(len("avro.schema")))
	b = append(b, "avro.schema"...)
	b = append(binary.AppendVarint(b, int64(len(schema))), schema...)
	b = append(b, "\x000123456789abcdef"...)
	b = binary.AppendVarint(binary.AppendVarint(b, rows), int64(len(data)))
	return append(append(b, data...), "0123456789abcdef"...)
}

const (
	fuzzList = `{"type":"record","name":"f","fields":[{"name":"manifest_path","type":"string"},{"name":"manifest_length","type":"long"},{"name":"content","type":"int"},{"name":"sequence_number","type":"long"}]}`
	fuzzFile = `{"type":"record","name":"e","fields":[{"name":"status","type":"int"},{"name":"sequence_number","type":["null","long"]},{"name":"data_file","type":{"type":"record","name":"d","fields":[{"name":"content","type":"int"},{"name":"file_path","type":"string"},{"name":"file_format","type":"string"},{"name":"record_count","type":"long"},{"name":"partition","type":{"type":"record","name":"p","fields":[{"name":"x","type":["null","long"],"field-id":1000}]}},{"name":"lower_bounds","type":{"type":"array","items":{"type":"record","name":"kv","fields":[{"name":"key","type":"int"},{"name":"value","type":"bytes"}]}}},{"name":"equality_ids","type":{"type":"array","items":"int"}}]}}]}`
	fuzzMeta = `{"format-version":2,"location":"s3://b/t","current-schema-id":0,"schemas":[{"schema-id":0,"fields":[{"id":1,"name":"a","type":"long"},{"id":2,"name":"s","type":{"type":"map","key-id":3,"key":"string","value-id":4,"value":"date"}},{"id":5,"name":"d","type":"decimal(9,2)","initial-default":"1.5"}]}],"partition-specs":[{"spec-id":0,"fields":[{"source-id":1,"field-id":1000,"name":"x","transform":"identity"}]}],"current-snapshot-id":7,"snapshots":[{"snapshot-id":7,"sequence-number":1,"timestamp-ms":5,"manifest-list":"s3://b/t/list"}],"properties":{"schema.name-mapping.default":"[{\"field-id\":1,\"names\":[\"a\"]}]"}}`
	fuzzPath = "\x08file"
)

// Metadata, lists and manifests of any bytes are a table or an error.
func FuzzMetadata(f *testing.F) {
	entry := "\x02\x02\x02\x00\x02x\x0ePARQUET\x04\x02\x06\x02\x02\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	f.Add([]byte(fuzzMeta), []byte(fuzzPath+"\x00\x00\x02"), []byte(entry))
	f.Add([]byte(fuzzMeta), []byte(fuzzPath+"\x00\x02\x02"), []byte("\x02\x00\x04\x02x\x0ePARQUET\x04\x00\x00\x02\x02\x00"))
	f.Add([]byte("\x1f\x8b\x08"), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, meta, list, entries []byte) {
		fs := laketest.Memory{"metadata/v1.metadata.json": meta, "list": container(fuzzList, 1, list), "file": container(fuzzFile, 1, entries)}
		ctx := context.Background()
		Snapshots(ctx, fs, "")
		at := int64(9000)
		State(ctx, fs, "", lake.Options{Timestamp: &at})
		_, read, err := State(ctx, fs, "", lake.Options{})
		if err != nil {
			return
		}
		table, err := read(ctx)
		if err != nil {
			return
		}
		laketest.Check(t, fs, table)
	})
}

// The seeds are a table each, so that what is found from there is of use.
func TestFuzzSeeds(t *testing.T) {
	entry := "\x02\x02\x02\x00\x02x\x0ePARQUET\x04\x02\x06\x02\x02\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	fs := laketest.Memory{"metadata/v1.metadata.json": []byte(fuzzMeta), "list": container(fuzzList, 1, []byte(fuzzPath+"\x00\x00\x02")), "file": container(fuzzFile, 1, []byte(entry))}
	_, read, err := State(context.Background(), fs, "", lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Files) != 1 || len(table.Keys) != 1 || table.Bounds(0).Min.IsNull(0) {
		t.Errorf("%d files, %d keys", len(table.Files), len(table.Keys))
	}
}
