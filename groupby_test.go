package gsql_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql"
)

var groupByFile = flag.String("groupby-file", "", "where to write the data of TestGroupBy, to record expected results of it")

// TestGroupBy runs the ten questions of db-benchmark's group-by task (https://duckdblabs.github.io/db-benchmark) on
// 10,000 rows with K = 10. The results are DuckDB's; those of the tenth question are its first 200 rows.
func TestGroupBy(t *testing.T) {
	files, err := filepath.Glob("testdata/groupby/q*.sql")
	if err != nil || len(files) != 10 {
		t.Fatalf("%d queries: %v", len(files), err)
	}
	dir := t.TempDir()
	x := newGroupByTable(10_000, 10)
	x.writeCSV(t, filepath.Join(dir, "x.csv"))
	x.writeParquet(t, filepath.Join(dir, "x.parquet"))
	if *groupByFile != "" {
		x.writeCSV(t, *groupByFile)
	}
	for _, format := range []string{"csv", "parquet"} {
		for _, s := range matrix() {
			t.Run(fmt.Sprintf("%s-%s", format, s), func(t *testing.T) {
				t.Parallel()
				db := s.open(t)
				if _, err := runQuery(db, fmt.Sprintf("CREATE VIEW x AS SELECT * FROM '%s'", filepath.Join(dir, "x."+format))); err != nil {
					t.Fatal(describe(err))
				}
				for _, f := range files {
					compareSorted(t, s, db, f)
				}
			})
		}
	}
}

// compareSorted runs the query of a file and compares its sorted rows with the expected ones; where these are fewer,
// with the first ones.
func compareSorted(t *testing.T, s setup, db *gsql.DB, path string) {
	got, err := s.run(db, read(t, path), leastRoom)
	if err != nil {
		t.Errorf("%s: %s", path, describe(err))
		return
	}
	compareSortedRows(t, got, path)
}

func compareSortedRows(t *testing.T, got []string, path string) {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(path), ".sql")
	want := strings.Split(strings.TrimSuffix(read(t, "testdata/groupby/expected/"+name+".txt"), "\n"), "\n")
	rows, err := strconv.Atoi(want[0])
	if err != nil {
		t.Fatal(err)
	}
	want = want[1:]
	if len(got) != rows {
		t.Errorf("%s: %d rows, want %d", path, len(got), rows)
		return
	}
	sort.Strings(got)
	for i := range want {
		if !sameValues(got[i], want[i]) {
			t.Errorf("%s: row %d is %s, want %s", path, i+1, got[i], want[i])
			return
		}
	}
}

// groupByTable is the table of the task: ids in k or in n / k groups, no missing values, unsorted.
type groupByTable struct {
	texts [3][]parquet.ByteArray // id1, id2, id3
	ints  [5][]int64             // id4, id5, id6, v1, v2
	v3    []float64
}

func newGroupByTable(n, k int) *groupByTable {
	r := rand.New(rand.NewPCG(108, 1))
	x := &groupByTable{}
	for range n {
		for i, m := range []int{k, k, n / k} {
			width := []int{3, 3, 10}[i]
			x.texts[i] = append(x.texts[i], fmt.Appendf(nil, "id%0*d", width, 1+r.IntN(m)))
		}
		for i, m := range []int{k, k, n / k, 5, 15} {
			x.ints[i] = append(x.ints[i], int64(1+r.IntN(m)))
		}
		x.v3 = append(x.v3, float64(r.IntN(100_000_000))/1e6)
	}
	return x
}

func (x *groupByTable) writeCSV(t *testing.T, file string) {
	b := []byte("id1,id2,id3,id4,id5,id6,v1,v2,v3\n")
	for row := range x.v3 {
		for _, c := range x.texts {
			b = append(append(b, c[row]...), ',')
		}
		for _, c := range x.ints {
			b = append(strconv.AppendInt(b, c[row], 10), ',')
		}
		b = append(strconv.AppendFloat(b, x.v3[row], 'f', -1, 64), '\n')
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeParquet writes row groups of 3,000 rows with dictionaries, with arrow's writer.
func (x *groupByTable) writeParquet(t *testing.T, path string) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var fields schema.FieldList
	for _, name := range []string{"id1", "id2", "id3"} {
		fields = append(fields, schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, parquet.Repetitions.Required, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1)))
	}
	for _, name := range []string{"id4", "id5", "id6", "v1", "v2"} {
		fields = append(fields, schema.NewInt64Node(name, parquet.Repetitions.Required, -1))
	}
	fields = append(fields, schema.NewFloat64Node("v3", parquet.Repetitions.Required, -1))
	root := schema.MustGroup(schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1))
	w := file.NewParquetWriter(f, root, file.WithWriterProps(parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd))))
	const group = 3000
	for at := 0; at < len(x.v3); at += group {
		to := min(at+group, len(x.v3))
		rg := w.AppendRowGroup()
		for i := range fields {
			c, err := rg.NextColumn()
			if err != nil {
				t.Fatal(err)
			}
			switch c := c.(type) {
			case *file.ByteArrayColumnChunkWriter:
				_, err = c.WriteBatch(x.texts[i][at:to], nil, nil)
			case *file.Int64ColumnChunkWriter:
				_, err = c.WriteBatch(x.ints[i-len(x.texts)][at:to], nil, nil)
			case *file.Float64ColumnChunkWriter:
				_, err = c.WriteBatch(x.v3[at:to], nil, nil)
			}
			if err == nil {
				err = c.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rg.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
