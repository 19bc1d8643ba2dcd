// Package laketest has what the tests of table formats with metadata have in common: a folder in memory, and what must hold of any
// table that was read from whatever bytes.
package laketest

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/lake"
)

// Memory is a folder of files that are there in memory, by their paths.
type Memory map[string][]byte

// Name is lake.FS's.
func (m Memory) Name() string { return "t" }

// Identity is file.Store's.
func (m Memory) Identity() string { return "memory" }

// List is lake.FS's.
func (m Memory) List(_ context.Context, dir string) ([]file.File, error) {
	var out []file.File
	for name := range m {
		if strings.HasPrefix(name, dir+"/") {
			out = append(out, m.file(name))
		}
	}
	return out, nil
}

func (m Memory) file(name string) file.File {
	return file.File{Path: name, Size: int64(len(m[name])), Store: m}
}

// Stat is lake.FS's.
func (m Memory) Stat(_ context.Context, path string) (file.File, error) {
	if _, ok := m[path]; !ok {
		return file.File{}, sqlstate.New(sqlstate.UndefinedFile, "no %s", path)
	}
	return m.file(path), nil
}

// Data is lake.FS's.
func (m Memory) Data(ctx context.Context, path string, _ int64) (file.File, error) {
	return m.Stat(ctx, path)
}

// Open is file.Store's.
func (m Memory) Open(f file.File) (file.Handle, error) {
	return struct {
		io.ReaderAt
		io.Closer
	}{bytes.NewReader(m[f.Path]), io.NopCloser(nil)}, nil
}

// Check asks a table for all that there is to know of its files, which must be as many in each answer.
func Check(t testing.TB, fs lake.FS, table *lake.Table) {
	t.Helper()
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
		if table.Constant != nil {
			for c := range table.Fields {
				table.Constant(i, c)
			}
		}
		if table.Deletes != nil {
			table.Deletes(context.Background(), fs, i, 10)
		}
	}
}
