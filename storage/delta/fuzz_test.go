package delta

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// memory is a folder of files that are there in memory.
type memory map[string][]byte

func (m memory) Name() string     { return "t" }
func (m memory) Identity() string { return "memory" }

func (m memory) List(_ context.Context, dir string) ([]file.File, error) {
	var out []file.File
	for name := range m {
		if strings.HasPrefix(name, dir+"/") {
			out = append(out, m.file(name))
		}
	}
	return out, nil
}

func (m memory) file(name string) file.File {
	return file.File{Path: name, Size: int64(len(m[name])), Store: m}
}

func (m memory) Stat(_ context.Context, path string) (file.File, error) {
	if _, ok := m[path]; !ok {
		return file.File{}, sqlstate.New(sqlstate.UndefinedFile, "no %s", path)
	}
	return m.file(path), nil
}

func (m memory) Data(ctx context.Context, path string, _ int64) (file.File, error) {
	return m.Stat(ctx, path)
}

func (m memory) Open(f file.File) (file.Handle, error) {
	return struct {
		io.ReaderAt
		io.Closer
	}{bytes.NewReader(m[f.Path]), io.NopCloser(nil)}, nil
}

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
		fs := memory{"_delta_log/00000000000000000000.json": a, "_delta_log/00000000000000000001.json": b}
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
		for i := range table.Fields {
			if b := table.Bounds(i); b != nil && (b.Min.Len != len(table.Files) || b.Max.Len != len(table.Files)) {
				t.Errorf("bounds of %d and %d files, not %d", b.Min.Len, b.Max.Len, len(table.Files))
			}
		}
		for _, k := range table.Keys {
			if len(k.Code) != len(table.Files) {
				t.Errorf("keys of %d files, not %d", len(k.Code), len(table.Files))
			}
		}
		for i := range table.Files {
			if table.Deletes != nil {
				table.Deletes(ctx, fs, i, 10)
			}
		}
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
