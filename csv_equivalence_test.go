package gsql_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"gsql"
	"gsql/exec/exectest"
	"gsql/exec/vec"
)

// TestCSVEquivalence reads random files, in all dialects, encodings and compressions, as encoding/csv does, which reads
// them from their start to their end: with -long ten million rows, none of which may differ.
func TestCSVEquivalence(t *testing.T) {
	total := 150_000
	if exectest.Long() {
		total = 10_000_000
	}
	dir := t.TempDir()
	dbs := map[int]*gsql.DB{}
	for _, parts := range []int{1, 2, 5} {
		dbs[parts] = openDB(t, gsql.Config{Partitions: parts})
	}
	for seed, rows := uint64(1), 0; rows < total; seed++ {
		r := rand.New(rand.NewPCG(seed, 2))
		f := newCSVFile(r, min(1+r.IntN(total/4), total-rows))
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, f.packed, 0o600); err != nil {
			t.Fatal(err)
		}
		want := f.serial(t)
		for _, parts := range []int{1, 2, 5}[seed%3:][:1] {
			got, err := f.query(dbs[parts], path)
			if err != nil || got != want {
				t.Fatalf("seed %d, %s, %d partitions: %d rows, hash %x, %v; want %d rows, hash %x", seed, f, parts, got.rows, got.hash, err, want.rows, want.hash)
			}
		}
		rows += want.rows
		os.Remove(path)
	}
}

// csvFile is a random file.
type csvFile struct {
	name     string
	text     []byte // in UTF-8
	packed   []byte // as it lies there
	delim    byte
	newline  string
	encoding string
	columns  int
}

func (f *csvFile) String() string {
	return fmt.Sprintf("%s of %d bytes, delimiter %q, newline %q, encoding %q, %d columns", f.name, len(f.text), f.delim, f.newline, f.encoding, f.columns)
}

func newCSVFile(r *rand.Rand, rows int) *csvFile {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	f := &csvFile{delim: pick(",", ";", "\t", "|")[0], newline: pick("\n", "\n", "\r\n"), encoding: pick("", "", "", "utf-16", "latin-1"), columns: 1 + r.IntN(8)}
	words := []string{"", "a", "12", "-0.5", "some words", string(f.delim), "\n", `"`, `""`, "\"\n\"", " x ", "é", "2024-01-01", strings.Repeat("long ", 30)}
	if f.encoding != "latin-1" {
		words = append(words, "漢字", "𝄞")
	}
	special := r.IntN(3) // how much there is to quote
	if special == 0 {
		words = []string{"", "a", "12", "-0.5", "some words", "é"}
	}
	var b bytes.Buffer
	for i := range f.columns {
		fmt.Fprintf(&b, "c%d%s", i, map[bool]string{true: string(f.delim), false: f.newline}[i+1 < f.columns])
	}
	var value bytes.Buffer
	for range rows {
		for i := range f.columns {
			value.Reset()
			for n := r.IntN(3); n >= 0; n-- {
				value.WriteString(words[r.IntN(len(words))])
			}
			v := value.Bytes()
			quote := bytes.ContainsAny(v, "\"\n"+string(f.delim)) || special > 0 && r.IntN(8) == 0
			if f.columns == 1 && len(v) == 0 {
				quote = true // else the line is empty, which is no row
			}
			if quote {
				b.WriteByte('"')
				b.Write(bytes.ReplaceAll(v, []byte(`"`), []byte(`""`)))
				b.WriteByte('"')
			} else {
				b.Write(v)
			}
			if i+1 < f.columns {
				b.WriteByte(f.delim)
			}
		}
		b.WriteString(f.newline)
	}
	f.text = b.Bytes()
	if r.IntN(3) == 0 && f.columns > 1 {
		f.text = bytes.TrimSuffix(f.text, []byte(f.newline))
	}
	f.pack(pick("", "", ".gz", ".zst"))
	return f
}

// pack encodes and compresses the text.
func (f *csvFile) pack(ext string) {
	data := f.text
	switch f.encoding {
	case "utf-16":
		data = []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(string(f.text))) {
			data = binary.LittleEndian.AppendUint16(data, u)
		}
	case "latin-1":
		data = nil
		for _, c := range string(f.text) {
			data = append(data, byte(c))
		}
	}
	var b bytes.Buffer
	switch ext {
	case "":
		b.Write(data)
	case ".gz":
		w, _ := gzip.NewWriterLevel(&b, 1)
		w.Write(data)
		w.Close()
	case ".zst":
		w, _ := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest))
		w.Write(data)
		w.Close()
	}
	f.name, f.packed = "x.csv"+ext, b.Bytes()
}

// checksum is the same for the same rows in any order.
type checksum struct {
	rows int
	hash uint64
}

var checksumSeed = maphash.MakeSeed()

func (c *checksum) add(row []byte) {
	c.rows++
	c.hash += maphash.Bytes(checksumSeed, row)
}

// serial reads the file with encoding/csv.
func (f *csvFile) serial(t *testing.T) (c checksum) {
	in := csv.NewReader(bufio.NewReader(bytes.NewReader(f.text)))
	in.Comma, in.ReuseRecord = rune(f.delim), true
	if _, err := in.Read(); err != nil {
		t.Fatal(err)
	}
	var row []byte
	for {
		values, err := in.Read()
		if err == io.EOF {
			return c
		}
		if err != nil {
			t.Fatalf("%s: the generator is wrong: %v", f, err)
		}
		row = row[:0]
		for _, v := range values {
			row = append(append(row, v...), 0)
		}
		c.add(row)
	}
}

// query reads the file with gsql, whose NULLs encoding/csv does not tell from empty texts.
func (f *csvFile) query(db *gsql.DB, path string) (c checksum, err error) {
	options := fmt.Sprintf("delim => '%c', quote => '\"', header => true, all_varchar => true", f.delim)
	if f.encoding != "" {
		options += ", encoding => '" + f.encoding + "'"
	}
	rows, err := db.Query(context.Background(), "SELECT * FROM read_csv('"+path+"', "+options+")")
	if err != nil {
		return c, err
	}
	defer rows.Close()
	var row []byte
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		b = b.Compact()
		for i := range b.Rows {
			row = row[:0]
			for _, v := range b.Cols {
				row = append(appendText(row, v, i), 0)
			}
			c.add(row)
		}
	}
}

func appendText(row []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return row
	}
	return append(row, v.Bytes(i)...)
}
