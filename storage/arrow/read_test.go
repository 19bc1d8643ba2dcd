package arrow

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/scan/scantest"
)

// openTable returns the table of files.
func openTable(files []file.File) (exec.Table, error) {
	shape, err := Infer(context.Background(), files)
	if err != nil {
		return nil, err
	}
	return NewTable("t", files, shape, nil), nil
}

func openFiles(tb testing.TB, paths ...string) (exec.Table, error) {
	tb.Helper()
	return scantest.Files(tb, openTable, paths...)
}

func openBytes(tb testing.TB) func(b []byte) (exec.Table, error) {
	return scantest.Bytes(tb, openTable, "x.arrow")
}

// example writes batches of rows, as a file or a stream, and returns them as text.
func example(tb testing.TB, stream bool, batches []int, opts ...ipc.Option) (data []byte, want []string) {
	tb.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "even", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
	}, nil)
	var buf bytes.Buffer
	var w interface {
		Write(arrow.Record) error
		Close() error
	}
	opts = append(opts, ipc.WithSchema(schema))
	if w = ipc.NewWriter(&buf, opts...); !stream {
		var err error
		if w, err = ipc.NewFileWriter(&seekable{Buffer: &buf}, opts...); err != nil {
			tb.Fatal(err)
		}
	}
	id := 0
	for _, n := range batches {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for range n {
			want = append(want, exampleRow(b, id))
			id++
		}
		if err := w.Write(b.NewRecord()); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes(), want
}

// exampleRow appends a row and returns it as text.
func exampleRow(b *array.RecordBuilder, id int) string {
	b.Field(0).(*array.Int64Builder).Append(int64(id))
	name, even, list := "NULL", "NULL", "NULL"
	if id%7 == 3 {
		b.Field(1).AppendNull()
	} else {
		name = fmt.Sprintf("name %d", id*id*id)
		b.Field(1).(*array.StringBuilder).Append(name)
	}
	if id%5 == 0 {
		b.Field(2).AppendNull()
	} else {
		even = map[bool]string{true: "t", false: "f"}[id%2 == 0]
		b.Field(2).(*array.BooleanBuilder).Append(id%2 == 0)
	}
	l := b.Field(3).(*array.ListBuilder)
	if id%4 == 1 {
		l.AppendNull()
	} else {
		l.Append(true)
		list = "{"
		for k := range id % 3 {
			if k > 0 {
				list += ","
			}
			list += fmt.Sprint(id + k)
			l.ValueBuilder().(*array.Int32Builder).Append(int32(id + k))
		}
		list += "}"
	}
	return fmt.Sprintf("%d|%s|%s|%s", id, name, even, list)
}

// seekable is what a writer of files wants; it only asks where it is.
type seekable struct{ *bytes.Buffer }

func (s *seekable) Seek(int64, int) (int64, error) { return int64(s.Len()), nil }

func TestScan(t *testing.T) {
	for name, opts := range map[string][]ipc.Option{"plain": nil, "lz4": {ipc.WithLZ4()}, "zstd": {ipc.WithZstd()}} {
		for _, stream := range []bool{false, true} {
			data, want := example(t, stream, []int{100, 0, 1, 70, 900, 63, 64, 65}, opts...)
			tab, err := openBytes(t)(data)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			exectest.CheckScan(t, tab, want)
		}
	}
}

// Splits are taken by where record batches begin.
func TestSplits(t *testing.T) {
	sizes := make([]int, 300)
	for i := range sizes {
		sizes[i] = 2500
	}
	data, want := example(t, true, sizes)
	if len(data) < 4*splitBytes {
		t.Fatalf("%d bytes are too few", len(data))
	}
	tab, err := openBytes(t)(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := exectest.ScanRows(tab, 1, 8192, -1)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v: %d rows, want %d", err, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("row %d: got %s, want %s", i, got[i], want[i])
		}
	}
	if got, err = exectest.ScanRows(tab, 3, 8192, -1); err != nil || len(got) != len(want) {
		t.Fatalf("%v: %d rows, want %d", err, len(got), len(want))
	}
}

// Files of one table may have more columns, and in another order.
func TestSeveralFiles(t *testing.T) {
	const dir = "../../testdata/files/ugly/"
	tab, err := openFiles(t, dir+"v2.feather", dir+"types.arrow", dir+"types.arrows")
	if err != nil {
		t.Fatal(err)
	}
	got, err := exectest.ScanRows(tab, 1, 2, -1)
	if err != nil || len(got) != 9 || got[0] != got[3] || got[2] != got[8] {
		t.Fatalf("%v: %q", err, got)
	}
	tab, err = openFiles(t, dir+"delta.arrow", dir+"v2.feather")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = exectest.ScanRows(tab, 1, 2, -1); sqlstate.Of(err) != sqlstate.DatatypeMismatch {
		t.Fatalf("got %v", err)
	}
}

var samples = []string{"types.arrow", "types_lz4.arrow", "types_zstd.arrow", "types.arrows", "delta.arrows", "union.arrow"}

func sample(tb testing.TB, name string) []byte {
	b, err := os.ReadFile("../../testdata/files/ugly/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// damageMemory is what a small file may take.
const damageMemory = 64 << 20

func TestDamage(t *testing.T) {
	rounds := 300
	if exectest.Long() {
		rounds = 10_000
	}
	for _, name := range samples {
		exectest.CheckDamage(t, sample(t, name), rounds, damageMemory, openBytes(t))
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range samples {
		f.Add(sample(f, name))
	}
	data, _ := example(f, true, []int{5, 6})
	f.Add(data)
	f.Fuzz(func(t *testing.T, b []byte) { exectest.CheckAny(t, b, damageMemory, openBytes(t)) })
}
