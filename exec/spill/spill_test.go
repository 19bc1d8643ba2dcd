package spill

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// column returns n random values of type t as row texts and in one of the encodings.
func column(r *rand.Rand, t types.Type, n int) *vec.Vector {
	b := vec.NewBuilder(t)
	for range n {
		if r.IntN(5) == 0 {
			b.AppendNull()
			continue
		}
		appendRandom(r, b, t)
	}
	v := b.Finish()
	switch r.IntN(4) {
	case 0:
		codes := make([]uint32, n)
		for i := range codes {
			codes[i] = uint32(r.IntN(n))
		}
		return vec.NewDict(codes, nil, v)
	case 1:
		return vec.NewNull(t, n)
	}
	return v
}

func appendRandom(r *rand.Rand, b *vec.Builder, t types.Type) {
	switch t.Kind() {
	case types.KBool:
		b.AppendBool(r.IntN(2) == 0)
	case types.KInt16:
		vec.Append(b, int16(r.Int()))
	case types.KInt32:
		vec.Append(b, int32(r.Int()))
	case types.KInt64:
		if t.ID == types.Numeric && r.IntN(4) == 0 {
			b.AppendInt128(vec.Int128{Lo: r.Uint64(), Hi: r.Int64N(1000)})
			return
		}
		vec.Append(b, r.Int64())
	case types.KFloat32:
		vec.Append(b, r.Float32())
	case types.KFloat64:
		vec.Append(b, r.Float64())
	case types.KNum:
		vec.Append(b, vec.Num{Coef: vec.Int128Of(r.Int64()), Scale: int32(r.IntN(9))})
	case types.KInterval:
		vec.Append(b, vec.Interval{Months: 1, Days: int32(r.IntN(9)), Micros: r.Int64()})
	case types.KUUID:
		vec.Append(b, [16]byte{1, 2, byte(r.IntN(200))})
	case types.KView:
		b.AppendString(strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(40)))
	case types.KList:
		n := r.IntN(4)
		b.AppendArray(randomShape(r, n), func(child *vec.Builder) {
			for range n {
				if r.IntN(4) == 0 {
					child.AppendNull()
				} else {
					appendRandom(r, child, t.Element())
				}
			}
		})
	case types.KRow:
		b.AppendRow(func(fields []*vec.Builder) {
			for k, f := range fields {
				if r.IntN(4) == 0 {
					f.AppendNull()
				} else {
					appendRandom(r, f, t.Fields()[k].Type)
				}
			}
		})
	default:
		panic(t)
	}
}

// randomShape returns the shape of an array of n elements.
func randomShape(r *rand.Rand, n int) vec.Shape {
	d := vec.OneDim(int32(n), int32(r.IntN(3)))
	if r.IntN(4) > 0 || n == 0 {
		d = vec.OneDim(int32(n), 1)
	} else if r.IntN(2) == 0 {
		d.Add(1, int32(r.IntN(2)))
		d.Add(1, 1)
	}
	shape, err := d.Shape()
	if err != nil {
		panic(err)
	}
	return shape
}

var allTypes = []types.Type{
	types.Of(types.Bool), types.Of(types.Int16), types.Of(types.Int32), types.Of(types.Int64), types.Of(types.Float32),
	types.Of(types.Float64), types.NumericOf(30, 2), types.Of(types.Numeric), types.Of(types.Text), types.Of(types.Interval),
	types.Of(types.UUID), types.ArrayOf(types.Of(types.Int32)), types.ArrayOf(types.Of(types.Text)),
	types.ArrayOf(types.NumericOf(30, 2)), pairType, types.ArrayOf(pairType),
	types.RecordOf("", []types.Field{{Name: "p", Type: pairType}, {Name: "b", Type: types.Of(types.Bool)}}),
	types.RecordOf("", nil),
}

var pairType = types.RecordOf("", []types.Field{{Name: "n", Type: types.NumericOf(30, 2)}, {Name: "l", Type: types.ArrayOf(types.Of(types.Text))}})

// Rows come back as they were written, whatever their types and encodings, in several batches of one file.
func TestRowsComeBack(t *testing.T) {
	store := NewStore(t.TempDir(), 0)
	defer store.Close()
	space := store.Space(0)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		w, err := space.Create(allTypes)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for range 1 + r.IntN(4) {
			b := &vec.Batch{Rows: 1 + r.IntN(200)}
			for _, ty := range allTypes {
				b.Cols = append(b.Cols, column(r, ty, b.Rows))
			}
			if r.IntN(2) == 0 {
				b.Sel = []uint32{}
				for i := range b.Rows {
					if r.IntN(2) == 0 {
						b.Sel = append(b.Sel, uint32(i))
					}
				}
			}
			if err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			want = append(want, rowsOf(b)...)
		}
		f, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := readAll(t, f); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("round %d: got\n%s\nwant\n%s", round, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if f.Rows() != int64(len(want)) {
			t.Errorf("Rows is %d, want %d", f.Rows(), len(want))
		}
		f.Remove()
	}
	if space.Used() != 0 || store.Used() != 0 {
		t.Errorf("%d and %d bytes are still counted", space.Used(), store.Used())
	}
}

func readAll(t *testing.T, f *File) []string {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rows []string
	for {
		b, err := r.Next(context.Background())
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, rowsOf(b)...)
	}
}

func rowsOf(b *vec.Batch) []string {
	b = b.Compact()
	rows := make([]string, b.Rows)
	for i := range rows {
		cells := make([]string, len(b.Cols))
		for c, v := range b.Cols {
			cells[c] = cell(v, i)
		}
		rows[i] = strings.Join(cells, "|")
	}
	return rows
}

func cell(v *vec.Vector, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	v = vec.Flatten(v)
	switch v.Kind {
	case types.KView:
		return string(v.Bytes(i))
	case types.KInt128:
		return vec.At[vec.Int128](v, i).String()
	case types.KInt64:
		return fmt.Sprint(vec.At[int64](v, i))
	case types.KRow:
		s := "("
		for k := range v.Fields {
			s += cell(vec.Field(vec.Slice(v, i, i+1), k), 0) + ","
		}
		return s + ")"
	case types.KList:
		l := vec.At[vec.List](v, i)
		s := fmt.Sprint(l.Dims(), "{")
		for k := range l.Len {
			s += cell(v.Child, int(l.Off+k)) + ","
		}
		return s + "}"
	}
	w := v.Kind.Width()
	return fmt.Sprintf("%x", v.Data[i*w:(i+1)*w])
}

func intBatch(n int) *vec.Batch {
	vals := make([]int64, n)
	for i := range vals {
		vals[i] = int64(i) * 0x9e3779b97f4a7c1
	}
	return &vec.Batch{Rows: n, Cols: []*vec.Vector{vec.New(types.Of(types.Int64), types.KInt64, vals, nil)}}
}

// The limits of a space and of the store are errors with a code, and give back what they refused.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ store, space int64 }{{100_000, 0}, {0, 100_000}} {
		store := NewStore(t.TempDir(), c.store)
		space := store.Space(c.space)
		w, err := space.Create([]types.Type{types.Of(types.Int64)})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err = w.Write(intBatch(8192)); err != nil {
				break
			}
		}
		if sqlstate.Of(err) != sqlstate.ConfigLimitExceeded {
			t.Fatalf("error %v, want code %s", err, sqlstate.ConfigLimitExceeded)
		}
		if used := space.Used(); used > 100_000 {
			t.Errorf("%d bytes are used", used)
		}
		w.Close()
		if space.Used() != 0 || store.Used() != 0 {
			t.Errorf("%d and %d bytes are still counted", space.Used(), store.Used())
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Closing a space removes its files, closing the store its directory.
func TestNothingIsLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spill")
	store := NewStore(dir, 0)
	space := store.Space(0)
	for range 3 {
		w, err := space.Create([]types.Type{types.Of(types.Int64)})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(intBatch(10)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*", "*.arrows")); len(files) != 3 {
		t.Errorf("files %v, want three", files)
	}
	if err := space.Close(); err != nil {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*", "*.arrows")); len(files) != 0 {
		t.Errorf("files %v are left", files)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory is left: %v", err)
	}
}

// A new store removes the directories of dead processes, and leaves those of living ones.
func TestSweep(t *testing.T) {
	parent := t.TempDir()
	for _, name := range []string{"process-dead", "process-alive", "process-new", "process-old"} {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "00000001.arrows"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(parent, "process-dead", lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * unlockedAge)
	if err := os.Chtimes(filepath.Join(parent, "process-old"), old, old); err != nil {
		t.Fatal(err)
	}
	alive := flock.New(filepath.Join(parent, "process-alive", lockName))
	if ok, err := alive.TryLock(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	defer alive.Close()
	NewStore(parent, 0)
	for name, gone := range map[string]bool{"process-dead": true, "process-alive": false, "process-new": false, "process-old": true} {
		if _, err := os.Stat(filepath.Join(parent, name, "00000001.arrows")); os.IsNotExist(err) != gone {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Processes that share a parent directory begin and end at any moment, and none loses its directory.
func TestStoresBeginAndEndAtOnce(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "shared")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				s := NewStore(parent, 0)
				for range 2 {
					f, err := s.create()
					if err != nil {
						t.Error(err)
						return
					}
					f.Close()
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := os.Stat(parent); !os.IsNotExist(err) {
		t.Errorf("the shared directory is left: %v", err)
	}
}

func BenchmarkFile(b *testing.B) {
	store := NewStore(b.TempDir(), 0)
	defer store.Close()
	space := store.Space(0)
	r := rand.New(rand.NewPCG(1, 2))
	ids, text := make([]int64, 8192), vec.NewBuilder(types.Of(types.Text))
	for i := range ids {
		ids[i] = r.Int64N(1e7)
		text.AppendString(fmt.Sprintf("id%010d", r.IntN(1e6)))
	}
	ts := []types.Type{types.Of(types.Int64), types.Of(types.Text)}
	batch := &vec.Batch{Rows: len(ids), Cols: []*vec.Vector{vec.New(ts[0], types.KInt64, ids, nil), text.Finish()}}
	const batches = 100
	size := int64(batches * 8192 * (8 + 12))
	var f *File
	b.Run("write", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			w, _ := space.Create(ts)
			for range batches {
				if err := w.Write(batch); err != nil {
					b.Fatal(err)
				}
			}
			if f != nil {
				f.Remove()
			}
			f, _ = w.Finish()
		}
	})
	b.ReportMetric(float64(f.Bytes())/float64(size), "of-raw")
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			rd, _ := f.Open()
			for {
				if _, err := rd.Next(context.Background()); err != nil {
					break
				}
			}
			rd.Close()
		}
	})
}

// A file of the caller's has its name when it is complete, and is read by those who know its path and types.
func TestFileAtPath(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.arrows")
	ts := []types.Type{types.Of(types.Int64)}
	write := func() *Writer {
		w, err := CreateAt(path, ts)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(intBatch(100)); err != nil {
			t.Fatal(err)
		}
		return w
	}
	write().Close()
	w := write()
	if _, err := FileAt(path, ts).Open(); sqlstate.Of(err) != sqlstate.IOError {
		t.Errorf("a file that is not complete: %v", err)
	}
	f, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	r, err := FileAt(path, ts).Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Next(context.Background())
	if err != nil || !slices.Equal(rowsOf(b), rowsOf(intBatch(100))) {
		t.Errorf("other rows: %v", err)
	}
	r.Close()
	f.Remove()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// Batches without columns keep their numbers of rows.
func TestNoColumns(t *testing.T) {
	store := NewStore(t.TempDir(), 0)
	defer store.Close()
	w, err := store.Space(0).Create(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Write(&vec.Batch{Rows: 7}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if rows := readAll(t, f); len(rows) != 14 {
		t.Errorf("%d rows", len(rows))
	}
	f.Remove()
}
