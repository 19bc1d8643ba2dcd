package csv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"
	"unicode/utf8"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

func newEnv(batch int) *exec.Env {
	return exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), batch)
}

func ids(n int) (cols []int, out []expr.ColID) {
	for i := range n {
		cols, out = append(cols, i), append(out, expr.ColID(i+1))
	}
	return cols, out
}

// scanAll returns the rows of a table as text, values divided by |, in the order of the file when parts is 1.
func scanAll(t exec.Table, parts, batch int) ([]string, error) {
	cols, id := ids(len(t.Schema()))
	return scanRows(t, exec.ScanRequest{Columns: cols, IDs: id, Limit: -1, Partitions: parts}, batch)
}

func scanRows(t exec.Table, req exec.ScanRequest, batch int) ([]string, error) {
	p, err := t.Scan(context.Background(), req)
	if err != nil {
		return nil, err
	}
	env := newEnv(batch)
	defer env.Close()
	return planRows(env, p)
}

// scanApart is scanAll with each partition in an execution of its own, which knows nothing of the others.
func scanApart(t exec.Table, parts, batch int) ([]string, error) {
	cols, id := ids(len(t.Schema()))
	p, err := t.Scan(context.Background(), exec.ScanRequest{Columns: cols, IDs: id, Limit: -1, Partitions: parts})
	if err != nil {
		return nil, err
	}
	var rows []string
	err = exectest.PullApart(func() *exec.Env { return newEnv(batch) }, p, func(b *vec.Batch) error {
		rows = exectest.AppendRows(rows, b)
		return nil
	})
	return rows, err
}

// planRows returns the rows of a plan, partition by partition.
func planRows(env *exec.Env, p exec.Plan) ([]string, error) {
	out := make([][]string, p.Partitioning().N)
	err := env.PullAll(context.Background(), p, func(part int, b *vec.Batch) error {
		if b.Rows == 0 || b.Rows > env.BatchRows {
			return fmt.Errorf("a batch of %d rows", b.Rows)
		}
		out[part] = exectest.AppendRows(out[part], b)
		return nil
	})
	var all []string
	for _, o := range out {
		all = append(all, o...)
	}
	return all, err
}

func writeFile(tb testing.TB, dir, name, data string) file.File {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		tb.Fatal(err)
	}
	f, err := file.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func openTable(files []file.File, opt Options) (*table, error) {
	sh, err := Infer(context.Background(), files, opt)
	if err != nil {
		return nil, err
	}
	return NewTable("t", files, sh, nil).(*table), nil
}

func BenchmarkSeed(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // about what the engine sets
	f := seedFile(b, seedPath(b, 13_000_000), 13_000_000)
	tab, err := openTable([]file.File{f}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		cols []int
	}{{"none", nil}, {"c0", []int{0}}, {"c3", []int{3}}, {"c4", []int{4}}, {"c5", []int{5}}, {"cat3", []int{3, 4, 5, 0}}, {"all", []int{0, 1, 2, 3, 4, 5, 6, 7}}} {
		for _, parts := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", c.name, parts), func(b *testing.B) {
				b.SetBytes(f.Size)
				start := cpuTime()
				defer func() { b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/1e6, "cpu-ms/op") }()
				for b.Loop() {
					_, id := ids(len(c.cols))
					benchScan(b, tab, exec.ScanRequest{Columns: c.cols, IDs: id, Limit: -1, Partitions: parts})
				}
			})
		}
	}
}

func benchScan(b *testing.B, tab exec.Table, req exec.ScanRequest) {
	p, err := tab.Scan(context.Background(), req)
	if err != nil {
		b.Fatal(err)
	}
	env := newEnv(8192)
	n := make([]int, 64)
	err = env.PullAll(context.Background(), p, func(part int, b *vec.Batch) error {
		n[part] += b.Rows
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	env.Close()
}

func columnField(i int) exec.Field {
	return exec.Field{Name: fmt.Sprintf("c%d", i), Type: types.Of(types.Text)}
}

func validText(s string) bool { return utf8.ValidString(s) }

type fileT = file.File

func nil0(n int) []expr.ColID {
	_, out := ids(n)
	return out
}
