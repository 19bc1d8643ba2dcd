package delta

import (
	"context"
	"testing"

	"gsql/storage/lake"
	"gsql/storage/lake/laketest"
	"gsql/storage/parquet"
)

const (
	logProtocol = `{"protocol":{"minReaderVersion":3,"readerFeatures":["deletionVectors"]}}`
	logMeta     = `{"metaData":{"partitionColumns":["p"],"schemaString":"{\"fields\":[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"p\",\"type\":\"timestamp\"},{\"name\":\"s\",\"type\":{\"type\":\"struct\",\"fields\":[{\"name\":\"x\",\"type\":\"string\"}]}}]}"}}`
	logAdd      = `{"add":{"path":"x","size":3,"partitionValues":{"p":"2024-01-01"},"stats":"{\"numRecords\":2,\"minValues\":{\"a\":1},\"maxValues\":{\"a\":2},\"nullCount\":{\"a\":0}}","deletionVector":{"storageType":"i","pathOrInlineDv":"00000","sizeInBytes":4,"cardinality":1}}}`
	logRemove   = `{"remove":{"path":"x"}}`
)

// A log of any bytes is a table or an error.
func FuzzLog(f *testing.F) {
	f.Add([]byte(logProtocol+"\n"+logMeta+"\n"+logAdd), []byte(logRemove))
	f.Add([]byte(`{"commitInfo":{"inCommitTimestamp":5}}`), []byte("null\n[]\n{}"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		fs := laketest.Memory{"_delta_log/00000000000000000000.json": a, "_delta_log/00000000000000000001.json": b}
		ctx := context.Background()
		History(ctx, fs)
		at := int64(5000)
		State(ctx, fs, lake.Options{Timestamp: &at})
		_, read, err := State(ctx, fs, lake.Options{})
		if err != nil {
			t.Fatal(err) // the names are those of a log
		}
		table, err := read(ctx)
		if err != nil {
			return
		}
		laketest.Check(t, fs, table)
	})
}

// A bitmap of any bytes has rows of the file or is an error.
func FuzzBitmap(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x3a\x30\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x05\x00"))
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x3b\x30\x00\x00\x01\x00\x00\x02\x00\x01\x00\x02\x00\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := parquet.NewPlaces(100)
		lake.ReadBitmap(b, p)
		if p.Len() > 100 {
			t.Errorf("%d rows of 100", p.Len())
		}
	})
}
