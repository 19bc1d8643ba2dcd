package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// readBytes reads all rows of all columns of a file's bytes, without the net that catches panics in a scan.
// It gives up after limit rows, since a few bytes can stand for a great many.
func readBytes(b []byte, limit int64) error {
	f := file.File{Path: "x", Size: int64(len(b))}
	r := bytes.NewReader(b)
	ft, err := readFooter(f, r)
	if err != nil {
		return err
	}
	cols, err := columnsOf(f, ft)
	if err != nil {
		return err
	}
	m := &meta{&fileMeta{file: f, footer: ft}, cols}
	for g := range m.groups {
		for i := range cols {
			if cols[i].refuse != "" {
				continue
			}
			k, err := m.chunk(g, i)
			if err != nil {
				return err
			}
			boundsOf(&cols[i], k, m.groups[g].rows)
			c, err := m.cursor(r, g, &cols[i], nil, new(selection))
			if err != nil {
				return err
			}
			if err := readChunkRows(c, min(m.groups[g].rows, limit)); err != nil {
				return err
			}
		}
	}
	return nil
}

// readChunkRows reads and skips rows in turns.
func readChunkRows(c *cursor, rows int64) error {
	for at := int64(0); at < rows; {
		n := min(rows-at, 100)
		if at%300 == 200 {
			if err := c.skip(n); err != nil {
				return err
			}
		} else {
			v, err := c.read(int(n), at%200 == 0)
			if err != nil {
				return err
			}
			appendTexts(nil, v) // looks at every value
		}
		at += n
	}
	return nil
}

// everyKind is a small file with a column of every type.
func everyKind(t testing.TB, opts ...apq.WriterProperty) []byte {
	var cols []data
	for _, k := range kinds() {
		r := rand.New(rand.NewPCG(5, 6))
		cols = append(cols, withNulls(r, k.node(apq.Repetitions.Optional), 60, k.make))
	}
	return encode(t, cols, 40, append(opts, apq.WithDataPageSize(100), apq.WithBatchSize(20))...)
}

// Damaged files of all sorts end in an error or in some rows, but never in a panic or in an allocation much
// larger than the file.
func TestDamage(t *testing.T) {
	files := map[string][]byte{
		"plain":  everyKind(t, apq.WithDictionaryDefault(false)),
		"v2":     everyKind(t, apq.WithDataPageVersion(apq.DataPageV2)),
		"snappy": everyKind(t, apq.WithCompression(compress.Codecs.Snappy)),
		"zstd":   everyKind(t, apq.WithCompression(compress.Codecs.Zstd)),
	}
	files["nested"], _ = nestedFile(t, 3, 40, 25, apq.WithDataPageVersion(apq.DataPageV2))
	others, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range others {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = b
	}
	r := rand.New(rand.NewPCG(1, 1))
	for name, b := range files {
		if err := readBytes(b, 1000); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for range 400 {
			c := bytes.Clone(b)
			for range 1 + r.IntN(3) {
				c[r.IntN(len(c))] = byte(r.Uint32()) >> r.IntN(8)
			}
			what := fmt.Sprintf("%s with bytes changed", name)
			if r.IntN(4) == 0 {
				from := r.IntN(len(c))
				c = append(c[:from:from], c[min(from+1+r.IntN(50), len(c)):]...)
				what = fmt.Sprintf("%s with bytes missing at %d", name, from)
			}
			checkDamage(t, what, c)
		}
	}
}

func checkDamage(t testing.TB, what string, b []byte) {
	t.Helper()
	defer func() {
		if x := recover(); x != nil {
			path := filepath.Join(os.TempDir(), "damaged.parquet")
			os.WriteFile(path, b, 0o644)
			panic(fmt.Sprintf("%s (see %s): %v", what, path, x))
		}
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := readBytes(b, 1000)
	runtime.ReadMemStats(&after)
	var e *sqlstate.Error
	if err != nil && !errors.As(err, &e) {
		t.Errorf("%s: error without a code: %v", what, err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 256<<20 {
		t.Errorf("%s: %d bytes allocated for a file of %d", what, n, len(b))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(everyKind(f))
	f.Add(everyKind(f, apq.WithDataPageVersion(apq.DataPageV2), apq.WithCompression(compress.Codecs.Zstd)))
	others, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range others {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkDamage(t, "fuzzed", b) })
}

func TestInRange(t *testing.T) {
	for n := range 40 {
		for bad := -1; bad < n; bad++ {
			codes := make([]uint32, n)
			for i := range codes {
				codes[i] = uint32(i * 7 % 20)
			}
			if bad >= 0 {
				codes[bad] = 20
			}
			if got := inRange(codes, 20); got != (bad < 0) {
				t.Fatalf("%d codes, number %d too large: %v", n, bad, got)
			}
		}
	}
}
