package avro

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	return scantest.Bytes(tb, openTable, "x.avro")
}

// writer writes container files in the simplest way.
type writer struct{ bytes.Buffer }

func (w *writer) long(x int64) {
	w.Write(binary.AppendVarint(nil, x)) // zigzag, as Avro has it
}

func (w *writer) text(s string) {
	w.long(int64(len(s)))
	w.WriteString(s)
}

const syncMark = "0123456789abcdef"

func (w *writer) header(schema, codec string) {
	w.WriteString(magic)
	w.long(2)
	w.text("avro.schema")
	w.text(schema)
	w.text("avro.codec")
	w.text(codec)
	w.long(0)
	w.WriteString(syncMark)
}

func (w *writer) block(rows int64, data []byte) {
	w.long(rows)
	w.text(string(data))
	w.WriteString(syncMark)
}

const exampleSchema = `{"type": "record", "name": "r", "fields": [
	{"name": "id", "type": "long"},
	{"name": "name", "type": ["null", "string"]},
	{"name": "list", "type": {"type": "array", "items": ["int", "null"]}},
	{"name": "skipped", "type": {"type": "map", "values": {"type": "array", "items": "boolean"}}},
	{"name": "end", "type": "double"}]}`

// example writes blocks of rows, and returns them as text, without the column of maps.
func example(blocks []int, pad int) (data []byte, want []string) {
	var w writer
	w.header(exampleSchema, "null")
	id := 0
	for _, n := range blocks {
		var b writer
		for range n {
			b.long(int64(id))
			name, list := "NULL", ""
			if id%3 == 0 {
				b.long(0)
			} else {
				name = fmt.Sprintf("name %d %s", id, strings.Repeat("x", pad))
				b.long(1)
				b.text(name)
			}
			for k := range id % 4 { // each element in a block of its own, every other with its length
				if k%2 == 0 {
					b.long(1)
				} else {
					b.long(-1)
					b.long(int64(1 + len(binary.AppendVarint(nil, int64(id)))))
				}
				b.long(0)
				b.long(int64(id))
				list += fmt.Sprintf(",%d", id)
			}
			b.long(0)
			b.long(1) // a map of one array
			b.text("key")
			b.long(2)
			b.WriteString("\x00\x01")
			b.long(0)
			b.long(0)
			binary.Write(&b, binary.LittleEndian, float64(id)/4)
			want = append(want, fmt.Sprintf("%d|%s|{%s}|{\"(key,\\\"{f,t}\\\")\"}|%v", id, name, strings.TrimPrefix(list, ","), float64(id)/4))
			id++
		}
		w.block(int64(n), b.Bytes())
	}
	return w.Bytes(), want
}

func TestScan(t *testing.T) {
	data, want := example([]int{0, 1, 100, 0, 700, 63, 5}, 3)
	tab, err := openBytes(t)(data)
	if err != nil {
		t.Fatal(err)
	}
	exectest.CheckScan(t, tab, want)
}

// Splits are taken by where blocks begin.
func TestSplits(t *testing.T) {
	data, want := example([]int{400, 400, 400, 400, 400, 400, 400, 400, 400, 400}, 5000)
	if len(data) < 3*splitBytes {
		t.Fatalf("%d bytes are too few", len(data))
	}
	tab, err := openBytes(t)(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := exectest.ScanRows(tab, 1, 8192, -1)
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%v: %d rows, want %d", err, len(got), len(want))
	}
	if got, err = exectest.ScanRows(tab, 4, 100, -1); err != nil || len(got) != len(want) {
		t.Fatalf("%v: %d rows, want %d", err, len(got), len(want))
	}
}

// A few bytes must not stand for rows or elements without end.
func TestClaims(t *testing.T) {
	record := func(typ string) string {
		return `{"type": "record", "name": "r", "fields": [{"name": "a", "type": ` + typ + `}, {"name": "b", "type": "int"}]}`
	}
	for _, c := range []struct {
		schema string
		rows   int64
		data   string
		code   sqlstate.Code
	}{
		{record(`{"type": "array", "items": "int"}`), 1, "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f", sqlstate.DataCorrupted},
		{record(`{"type": "array", "items": "null"}`), 1, "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x02", sqlstate.FeatureNotSupported},
		{record(`"string"`), 1, "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f", sqlstate.DataCorrupted},
		{record(`"string"`), 1, "\x02\xff\x02", sqlstate.InvalidEncoding},
		{record(`"int"`), 2, "\x02\x02", sqlstate.DataCorrupted},
		{record(`"int"`), 1, "\x02\x02\x02", sqlstate.DataCorrupted},
		{record(`"int"`), 1, "\xff\xff\xff\xff\x7f\x02", sqlstate.DataCorrupted},
		{record(`["int", "null"]`), 1, "\x04\x02", sqlstate.DataCorrupted},
		{record(`{"type": "long", "logicalType": "timestamp-millis"}`), 1, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02", sqlstate.DatetimeOverflow},
		{record(`{"type": "bytes", "logicalType": "decimal", "precision": 3}`), 1, "\x04\x04\x00\x02", sqlstate.NumericOutOfRange},
		{`{"type": "record", "name": "r", "fields": []}`, 1, "", sqlstate.DataCorrupted},
		{`"int"`, 1 << 50, "\x02", sqlstate.ProgramLimitExceeded},
		{`"nothing"`, 1, "\x02", sqlstate.DataCorrupted},
		{`["int"`, 1, "\x02", sqlstate.DataCorrupted},
	} {
		var w writer
		w.header(c.schema, "null")
		w.block(c.rows, []byte(c.data))
		tab, err := openBytes(t)(w.Bytes())
		if err == nil {
			_, err = exectest.ScanRows(tab, 1, 100, -1)
		}
		if sqlstate.Of(err) != c.code {
			t.Errorf("%s %q: got %v, want %s", c.schema, c.data, err, c.code)
		}
	}
}

// What cannot be read can be passed over.
func TestPassedOver(t *testing.T) {
	var w writer
	w.header(`{"type": "record", "name": "r", "fields": [
		{"name": "nulls", "type": {"type": "array", "items": "null"}},
		{"name": "tree", "type": ["null", "r"]},
		{"name": "b", "type": "int"}]}`, "null")
	w.block(1, []byte("\xfe\xff\xff\xff\xff\xff\xff\xff\x7f\x00"+"\x02\x00\x00\x06"+"\x0e"))
	tab, err := openBytes(t)(w.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	_, err = exectest.ScanRows(tab, 1, 100, -1)
	if sqlstate.Of(err) != sqlstate.FeatureNotSupported {
		t.Errorf("got %v", err)
	}
	if got, err := exectest.ScanColumns(tab, []int{2}, 1, 100, -1); err != nil || len(got) != 1 || got[0] != "7" {
		t.Errorf("got %v %q", err, got)
	}
}

func samples(tb testing.TB) (all [][]byte) {
	paths, err := filepath.Glob("../../testdata/files/ugly/*.avro")
	if err != nil || len(paths) == 0 {
		tb.Fatal("no files")
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, b)
	}
	data, _ := example([]int{5, 3}, 1)
	return append(all, data)
}

// damageMemory is what a small file may take; decompressors have windows of some megabytes.
const damageMemory = 256 << 20

func TestDamage(t *testing.T) {
	rounds := 200
	if exectest.Long() {
		rounds = 10_000
	}
	for _, data := range samples(t) {
		exectest.CheckDamage(t, data, rounds, damageMemory, openBytes(t))
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, b []byte) { exectest.CheckAny(t, b, damageMemory, openBytes(t)) })
}
