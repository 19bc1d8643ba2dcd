package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	apq "github.com/apache/arrow/go/v15/parquet"
	apqfile "github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// data is one column to be written: values without NULLs, and the text of every row, "NULL" for NULLs.
type data struct {
	node   schema.Node
	values any
	def    []int16 // nil when the column is required
	texts  []string
}

// testGroup is the size of row groups in tests of encodings.
const testGroup = 1100

// withNulls makes a column of n rows, of which some are NULL when the node is optional. kind makes the
// values and their texts.
func withNulls(r *rand.Rand, node schema.Node, n int, kind func(r *rand.Rand, n int) (any, []string)) data {
	if node.RepetitionType() == apq.Repetitions.Required {
		values, texts := kind(r, n)
		return data{node, values, nil, texts}
	}
	d := data{node: node, def: make([]int16, n)}
	present, run := 0, 0
	for i := range d.def {
		if i%testGroup == 0 {
			d.def[i] = 1 // arrow's delta encoder panics when a chunk begins with many NULLs
		} else if run == 0 {
			run = 1 + r.IntN(3)*r.IntN(200) // runs and single values
			d.def[i] = int16(r.IntN(2))
		} else {
			d.def[i] = d.def[i-1]
			run--
		}
		present += int(d.def[i])
	}
	values, texts := kind(r, present)
	d.values = values
	for _, l := range d.def {
		if l == 0 {
			d.texts = append(d.texts, "NULL")
		} else {
			d.texts = append(d.texts, texts[0])
			texts = texts[1:]
		}
	}
	return d
}

// encode writes columns of equal length as a file of row groups.
func encode(t testing.TB, cols []data, groupRows int, opts ...apq.WriterProperty) []byte {
	t.Helper()
	var nodes schema.FieldList
	for _, c := range cols {
		nodes = append(nodes, c.node)
	}
	root, err := schema.NewGroupNode("schema", apq.Repetitions.Required, nodes, -1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := apqfile.NewParquetWriter(&b, root, apqfile.WithWriterProps(apq.NewWriterProperties(opts...)))
	rows := len(cols[0].texts)
	used := make([]int, len(cols))
	for from := 0; from < rows; from += groupRows {
		to := min(from+groupRows, rows)
		g := w.AppendRowGroup()
		for i, c := range cols {
			cw, err := g.NextColumn()
			if err != nil {
				t.Fatal(err)
			}
			n, def := to-from, []int16(nil)
			if c.def != nil {
				def = c.def[from:to]
				n = 0
				for _, l := range def {
					n += int(l)
				}
			}
			if err := writeValues(cw, c.values, used[i], used[i]+n, def); err != nil {
				t.Fatal(err)
			}
			used[i] += n
			if err := cw.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeValues(cw apqfile.ColumnChunkWriter, values any, from, to int, def []int16) (err error) {
	switch w := cw.(type) {
	case *apqfile.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(values.([]bool)[from:to], def, nil)
	case *apqfile.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]int32)[from:to], def, nil)
	case *apqfile.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]int64)[from:to], def, nil)
	case *apqfile.Int96ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]apq.Int96)[from:to], def, nil)
	case *apqfile.Float32ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]float32)[from:to], def, nil)
	case *apqfile.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]float64)[from:to], def, nil)
	case *apqfile.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(values.([]apq.ByteArray)[from:to], def, nil)
	case *apqfile.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(values.([]apq.FixedLenByteArray)[from:to], def, nil)
	default:
		err = fmt.Errorf("no writer for %T", cw)
	}
	return err
}

// save writes bytes to a new file.
func save(t testing.TB, b []byte) file.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := file.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// tableOf opens files.
func tableOf(t testing.TB, files ...file.File) exec.Table {
	t.Helper()
	s, err := Infer(context.Background(), files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return NewTable("x", files, s, nil)
}

// request asks for all columns of a table, with their ordinals plus one as IDs.
func request(tab exec.Table, parts int) exec.ScanRequest {
	req := exec.ScanRequest{Limit: -1, Partitions: parts}
	for i := range tab.Schema() {
		req.Columns = append(req.Columns, i)
		req.IDs = append(req.IDs, expr.ColID(i+1))
	}
	return req
}

func newEnv(batchRows int) *exec.Env {
	env := exec.NewEnv(context.Background(), &fn.Ctx{}, mem.NewPool(0), batchRows)
	env.Profile = exec.NewProfile()
	return env
}

// collect runs a plan's partitions one after the other and returns the texts of its columns.
func collect(env *exec.Env, p exec.Plan) (cols [][]string, err error) {
	cols = make([][]string, len(p.Schema()))
	ctx := context.Background()
	for part := range p.Partitioning().N {
		s, err := env.Open(ctx, p, part)
		if err != nil {
			return nil, err
		}
		for {
			b, err := s.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				s.Close()
				return nil, err
			}
			if b.Len() == 0 {
				return nil, errors.New("an empty batch")
			}
			b = b.Compact()
			for i, v := range b.Cols {
				if v.Len != b.Rows {
					return nil, fmt.Errorf("column %d has %d rows of %d", i, v.Len, b.Rows)
				}
				cols[i] = appendTexts(cols[i], v)
			}
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	return cols, env.Close()
}

func appendTexts(dst []string, v *vec.Vector) []string {
	for i := range v.Len {
		if v.IsNull(i) {
			dst = append(dst, "NULL")
		} else {
			dst = append(dst, string(text.Append(nil, v, i, nil)))
		}
	}
	return dst
}

// scanAll reads all columns of a table.
func scanAll(t testing.TB, tab exec.Table, batchRows int) [][]string {
	t.Helper()
	p, err := tab.Scan(context.Background(), request(tab, 1))
	if err != nil {
		t.Fatal(err)
	}
	cols, err := collect(newEnv(batchRows), p)
	if err != nil {
		t.Fatal(err)
	}
	return cols
}

// equalColumns reports the first difference of two columns.
func equalColumns(t testing.TB, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: row %d is %q, want %q", what, i, got[i], want[i])
		}
	}
}
