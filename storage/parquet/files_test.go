package parquet

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// expected is what the files in testdata hold in a column; they were written by pyarrow and DuckDB in
// encodings that arrow's Go writer lacks.
func expected(name string, k int) string {
	if k%7 == 3 && strings.Contains("i f s n b", name) {
		return "NULL"
	}
	switch name {
	case "i":
		return strconv.Itoa(k*k%1000 - 500)
	case "l":
		return strconv.Itoa(k*1000003 - 5)
	case "f":
		return trimFloat(float64(k) / 4)
	case "d":
		return trimFloat(float64(k) / 8)
	case "s":
		return fmt.Sprintf("prefix of value %d", k/3)
	case "x":
		return fmt.Sprintf(`\x%x`, fmt.Sprintf("%05d", k))
	case "n":
		return decimalText(big.NewInt(int64(k*7919-3000000)), 3)
	}
	return strconv.FormatBool(k%3 == 0)[:1]
}

func TestOtherWriters(t *testing.T) {
	for _, name := range []string{"split_lz4", "delta_zstd_v2", "dict_snappy", "duckdb", "duckdb_v2"} {
		f, err := file.Stat(filepath.Join("testdata", name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		tab := tableOf(t, f)
		for _, rows := range []int{3, 8192} {
			for i, got := range scanAll(t, tab, rows) {
				col := tab.Schema()[i].Name
				want := make([]string, 500)
				for k := range want {
					want[k] = expected(col, k)
				}
				equalColumns(t, name+" column "+col, got, want)
			}
		}
	}
}

// Columns of records, arrays and maps are read, and no obstacle to the columns beside them.
func TestNested(t *testing.T) {
	f, err := file.Stat("testdata/nested.parquet")
	if err != nil {
		t.Fatal(err)
	}
	tab := tableOf(t, f)
	var names []string
	for _, c := range tab.Schema() {
		names = append(names, c.Name+" "+c.Type.String())
	}
	if got, want := strings.Join(names, ", "), "a bigint, st record, li bigint[], m record[], z text"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
	all := scanAll(t, tab, 2)
	equalColumns(t, "st", all[1], []string{"(1,q)", "NULL", `(,"")`})
	equalColumns(t, "li", all[2], []string{"{1,2}", "{}", "NULL"})
	equalColumns(t, "m", all[3], []string{`{"(k,1)"}`, "{}", "NULL"})
	req := exec.ScanRequest{Columns: []int{4, 0}, IDs: []expr.ColID{1, 2}, Limit: -1, Partitions: 1}
	p, err := tab.Scan(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	cols, err := collect(newEnv(100), p)
	if err != nil {
		t.Fatal(err)
	}
	equalColumns(t, "z", cols[0], []string{"p", "q", "NULL"})
	equalColumns(t, "a", cols[1], []string{"1", "2", "3"})
}

// TestPartitionsApart: partitions that know nothing of each other divide few files by row groups and many by files.
func TestPartitionsApart(t *testing.T) {
	for _, files := range []int{1, 3, 9} {
		var all []file.File
		want := map[string]bool{}
		for i := range files {
			c := int64Column("a", 100*i, 50+i)
			for _, s := range c.texts {
				want[s] = true
			}
			all = append(all, save(t, encode(t, []data{c}, 20)))
		}
		for _, parts := range []int{1, 2, 7} {
			p, err := tableOf(t, all...).Scan(context.Background(), request(tableOf(t, all...), parts))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{}
			rows := 0
			err = exectest.PullApart(func() *exec.Env { return newEnv(8) }, p, func(b *vec.Batch) error {
				rows += b.Rows
				for _, s := range appendTexts(nil, b.Cols[0]) {
					got[s] = true
				}
				return nil
			})
			if err != nil || rows != len(want) || !maps.Equal(got, want) {
				t.Errorf("%d files, %d partitions: %d rows, want %d: %v", files, parts, rows, len(want), err)
			}
		}
	}
}

func wantCode(t *testing.T, err error, code sqlstate.Code, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	if sqlstate.Of(err) != code {
		t.Fatalf("error %s: %v, want %s", sqlstate.Of(err), err, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func int64Column(name string, from, n int) data {
	d := data{node: schema.NewInt64Node(name, apq.Repetitions.Required, -1)}
	v := make([]int64, n)
	for i := range v {
		v[i] = int64(from + i)
		d.texts = append(d.texts, strconv.Itoa(from+i))
	}
	d.values = v
	return d
}

func int32Column(name string, n int) data {
	d := data{node: schema.NewInt32Node(name, apq.Repetitions.Required, -1)}
	d.values, d.texts = make([]int32, n), make([]string, n)
	return d
}

// Files of one table may have their columns in another order and more of them.
func TestManyFiles(t *testing.T) {
	one := save(t, encode(t, []data{int64Column("a", 0, 10), int64Column("b", 100, 10)}, 4))
	two := save(t, encode(t, []data{int64Column("b", 110, 5), int64Column("c", 0, 5), int64Column("a", 10, 5)}, 4))
	got := scanAll(t, tableOf(t, one, two), 3)
	for i, col := range got {
		want := int64Column("", i*100, 15).texts
		equalColumns(t, "column", col, want)
	}
}

func TestOpenErrors(t *testing.T) {
	ctx := context.Background()
	good := encode(t, []data{int64Column("a", 0, 10)}, 10)
	enc := append([]byte(nil), good...)
	copy(enc[len(enc)-4:], "PARE")
	for what, c := range map[string]struct {
		bytes []byte
		code  sqlstate.Code
	}{
		"empty":     {nil, sqlstate.DataCorrupted},
		"text":      {[]byte("a,b,c\n1,2,3\n"), sqlstate.DataCorrupted},
		"truncated": {good[:len(good)-20], sqlstate.DataCorrupted},
		"tail only": {good[len(good)-30:], sqlstate.DataCorrupted},
		"encrypted": {enc, sqlstate.FeatureNotSupported},
	} {
		f := save(t, c.bytes)
		_, err := Infer(ctx, []file.File{f}, Options{})
		t.Run(what, func(t *testing.T) { wantCode(t, err, c.code, f.Path) })
	}
	_, err := Infer(ctx, []file.File{{Path: filepath.Join(t.TempDir(), "none.parquet")}}, Options{})
	wantCode(t, err, sqlstate.UndefinedFile)

	// A file that changes between planning and scanning is not read with the old footer.
	f := save(t, good)
	tab := tableOf(t, f)
	if err := os.Chtimes(f.Path, time.Time{}, f.ModTime.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	p, err := tab.Scan(ctx, request(tab, 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = collect(newEnv(10), p)
	wantCode(t, err, sqlstate.ObjectNotInPrerequisite)
}

// A scan without columns counts rows.
func TestNoColumns(t *testing.T) {
	tab := tableOf(t, save(t, encode(t, []data{int64Column("a", 0, 1000)}, 300)))
	p, err := tab.Scan(context.Background(), exec.ScanRequest{Limit: -1, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(context.Background(), newEnv(128), 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		b, err := s.Next(context.Background())
		if err != nil {
			break
		}
		n += b.Len()
	}
	if n != 1000 {
		t.Errorf("%d rows, want 1000", n)
	}
}

// A limit stops the scan early, and the second partition does not begin at all.
func TestLimit(t *testing.T) {
	tab := tableOf(t, save(t, encode(t, []data{int64Column("a", 0, 100000)}, 10000)))
	req := request(tab, 2)
	req.Limit = 5
	p, err := tab.Scan(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(8192)
	stats := env.Profile.Of(p)
	cols, err := collect(env, p)
	if err != nil {
		t.Fatal(err)
	}
	equalColumns(t, "a", cols[0], []string{"0", "1", "2", "3", "4"})
	if n := stats.BytesRead(); n > 1<<18 {
		t.Errorf("%d bytes read for 5 rows", n)
	}
}

// A large row group is shared by the partitions, and its rows come once each and with one dictionary.
func TestParts(t *testing.T) {
	n := 3*minTaskRows + 17
	d := data{node: schema.Must(schema.NewPrimitiveNodeLogical("s", apq.Repetitions.Optional, schema.StringLogicalType{}, apq.Types.ByteArray, 0, -1))}
	var values []apq.ByteArray
	for i := range n {
		if i%5 == 0 {
			d.def = append(d.def, 0)
			continue
		}
		d.def = append(d.def, 1)
		values = append(values, apq.ByteArray("value "+strconv.Itoa(i%1000)))
	}
	d.values, d.texts = values, make([]string, n)
	a := int64Column("a", 0, n)
	tab := tableOf(t, save(t, encode(t, []data{a, d}, n, apq.WithDictionaryFor("a", false))))
	p, err := tab.Scan(context.Background(), request(tab, 2))
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(8192)
	seen := make([]bool, n)
	tasks, dicts := 0, map[any]bool{}
	ctx := context.Background()
	var streams []exec.Stream
	for part := range 2 {
		s, err := env.Open(ctx, p, part)
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
	}
	for open := true; open; {
		open = false
		for _, s := range streams {
			b, err := s.Next(ctx)
			if err != nil {
				continue
			}
			open = true
			tasks++
			dicts[b.Cols[1].Dict] = true
			for i, text := range appendTexts(nil, b.Cols[0]) {
				k, _ := strconv.Atoi(text)
				want := "value " + strconv.Itoa(k%1000)
				if k%5 == 0 {
					want = "NULL"
				}
				if got := appendTexts(nil, vec.Slice(b.Cols[1], i, i+1))[0]; seen[k] || got != want {
					t.Fatalf("row %d: %s, want %s (seen %v)", k, got, want, seen[k])
				}
				seen[k] = true
			}
		}
	}
	for k, ok := range seen {
		if !ok {
			t.Fatalf("row %d is missing", k)
		}
	}
	if len(dicts) != 1 {
		t.Errorf("%d dictionaries, want 1", len(dicts))
	}
}
