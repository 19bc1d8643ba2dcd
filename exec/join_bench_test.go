package exec_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// benchRows is the size of the larger input; a join's build side has a tenth of it.
var benchRows = flag.Int("bench.rows", 1_000_000, "rows of the benchmarks' inputs")

// benchTable has a column of each kind: "k" made by key, "s" the same as text, and "v", a float.
func benchTable(first expr.ColID, n int, key func() int64) *exectest.Table {
	rng := rand.New(rand.NewPCG(3, 3))
	k, v := make([]int64, n), make([]float64, n)
	s := vec.NewBuilder(types.Of(types.Text))
	for i := range k {
		k[i], v[i] = key(), rng.Float64()*1000
		s.AppendString(fmt.Sprintf("id%010d", k[i]))
	}
	return &exectest.Table{Rows: n, Schema: exec.Schema{
		{ID: first, Name: "k", Type: types.Of(types.Int64)}, {ID: first + 1, Name: "s", Type: types.Of(types.Text)},
		{ID: first + 2, Name: "v", Type: types.Of(types.Float64)}},
		Cols: []*vec.Vector{vec.New(types.Of(types.Int64), types.KInt64, k, nil), s.Finish(), vec.New(types.Of(types.Float64), types.KFloat64, v, nil)}}
}

// chunks is a plan that yields a table in batches that are slices of its columns, so that a benchmark
// measures the operator above.
type chunks struct {
	tab   *exectest.Table
	parts int
}

func newChunks(t *exectest.Table, parts int) *chunks { return &chunks{t, parts} }

func (c *chunks) Schema() exec.Schema             { return c.tab.Schema }
func (c *chunks) Partitioning() exec.Partitioning { return exec.Partitioning{N: c.parts} }
func (c *chunks) Inputs() []exec.Plan             { return nil }
func (c *chunks) String() string                  { return "Chunks" }

func (c *chunks) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	return &chunkStream{c.tab, c.tab.Rows * part / c.parts, c.tab.Rows * (part + 1) / c.parts}, nil
}

type chunkStream struct {
	tab      *exectest.Table
	from, to int
}

func (s *chunkStream) Next(context.Context) (*vec.Batch, error) {
	if s.from == s.to {
		return nil, io.EOF
	}
	to := min(s.from+8192, s.to)
	b := &vec.Batch{Rows: to - s.from}
	for _, v := range s.tab.Cols {
		b.Cols = append(b.Cols, vec.Slice(v, s.from, to))
	}
	s.from = to
	return b, nil
}

func (s *chunkStream) Close() error { return nil }

// benchPlan runs a plan to its end, and returns the number of rows.
func benchPlan(b *testing.B, plan exec.Plan, rows int) {
	b.Helper()
	for b.Loop() {
		env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), 8192)
		err := env.PullAll(context.Background(), plan, func(int, *vec.Batch) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		env.Close()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/1e6/b.Elapsed().Seconds(), "Mrows/s")
}

func BenchmarkHashJoin(b *testing.B) {
	probeRows, buildRows := *benchRows, *benchRows/10
	rng := rand.New(rand.NewPCG(1, 1))
	next := int64(0)
	serial := func(step int64) func() int64 { return func() int64 { next++; return next * step } }
	random := func(step int64) func() int64 {
		return func() int64 { return (rng.Int64N(int64(buildRows)) + 1) * step }
	}
	for _, c := range []struct {
		name         string
		key          string
		build, probe func() int64
	}{
		{"dense", "k", serial(1), random(1)},
		{"sparse", "k", serial(1_000_003), random(1_000_003)},
		{"duplicates", "k", random(1), random(1)},
		{"misses", "k", serial(1_000_003), random(999_983)},
		{"text", "s", serial(3), random(3)},
	} {
		next = 0
		build, probe := benchTable(1, buildRows, c.build), benchTable(11, probeRows, c.probe)
		plan := &exec.HashJoin{Probe: newChunks(probe, 2), Build: newChunks(build, 2), Kind: exec.Inner,
			ProbeKeys: []expr.Expr{probe.Col(c.key)}, BuildKeys: []expr.Expr{build.Col(c.key)},
			Out: joinSchema(probe.Schema, build.Schema, exec.Inner)}
		b.Run(c.name, func(b *testing.B) { benchPlan(b, plan, probeRows) })
	}
}

// BenchmarkHashJoinSpill joins 10 million rows with as many, with ample memory and with a quarter of what it wants then,
// for which most rows go to disk and back.
func BenchmarkHashJoinSpill(b *testing.B) {
	if testing.Short() {
		b.Skip("takes some seconds")
	}
	rows := 10 * *benchRows
	rng := rand.New(rand.NewPCG(1, 1))
	table := func(first expr.ColID, rows int) *exectest.Table {
		k, v := make([]int64, rows), make([]int64, rows)
		for i, p := range rng.Perm(rows) {
			k[i], v[i] = int64(p)*1_000_003, rng.Int64()
		}
		t := types.Of(types.Int64)
		return &exectest.Table{Rows: rows, Schema: exec.Schema{{ID: first, Name: "k", Type: t}, {ID: first + 1, Name: "v", Type: t}},
			Cols: []*vec.Vector{vec.New(t, types.KInt64, k, nil), vec.New(t, types.KInt64, v, nil)}}
	}
	build, probe := table(1, rows), table(11, rows)
	plan := &exec.HashJoin{Probe: newChunks(probe, 2), Build: newChunks(build, 2), Kind: exec.Inner,
		ProbeKeys: []expr.Expr{probe.Col("k")}, BuildKeys: []expr.Expr{build.Col("k")},
		Out: joinSchema(probe.Schema, build.Schema, exec.Inner)}
	wants := int64(0)
	for _, share := range []int64{0, 4, 32} {
		if share > 0 && wants == 0 {
			continue // left out by -bench
		}
		name, limit := "ample", int64(0)
		if share > 0 {
			name, limit = fmt.Sprintf("1 of %d", share), wants/share
		}
		b.Run(name, func(b *testing.B) {
			var written int64
			for b.Loop() {
				store := spill.NewStore(b.TempDir(), 0)
				pool := mem.NewPool(limit)
				env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, 8192)
				env.Spill = store.Space(0)
				n := make([]int, 2)
				err := env.PullAll(context.Background(), plan, func(part int, batch *vec.Batch) error {
					n[part] += batch.Len()
					return nil
				})
				if err != nil || n[0]+n[1] != rows {
					b.Fatalf("%d rows of %d, error %v", n[0]+n[1], rows, err)
				}
				if share == 0 {
					wants = pool.Peak()
				}
				written = env.Spill.Written()
				env.Close()
				env.Spill.Close()
				store.Close()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/1e6/b.Elapsed().Seconds(), "Mrows/s")
			b.ReportMetric(float64(written)/1e6, "MB-written")
		})
	}
}

func BenchmarkSort(b *testing.B) {
	rows := *benchRows
	rng := rand.New(rand.NewPCG(1, 1))
	tab := benchTable(1, rows, func() int64 { return rng.Int64N(int64(rows)) })
	for _, key := range []string{"k", "s", "v"} {
		for _, top := range []int64{-1, 100} {
			plan := &exec.Sort{Input: newChunks(tab, 1), Keys: []expr.SortKey{{Expr: tab.Col(key)}}, Top: top}
			b.Run(fmt.Sprintf("%s/top=%d", key, top), func(b *testing.B) { benchPlan(b, plan, rows) })
		}
	}
}

func BenchmarkWindow(b *testing.B) {
	rows := *benchRows
	rng := rand.New(rand.NewPCG(1, 1))
	tab := benchTable(1, rows, func() int64 { return rng.Int64N(int64(rows / 100)) })
	out := append(append(exec.Schema{}, tab.Schema...), exec.Field{ID: 9, Name: "w", Type: types.Of(types.Int64)})
	for _, partition := range []string{"k", "s"} {
		w := windowFn("row_number")
		w.PartitionBy, w.OrderBy = []expr.Expr{tab.Col(partition)}, []expr.SortKey{{Expr: tab.Col("v"), Desc: true}}
		plan := &exec.Window{Input: newChunks(tab, 1), Items: []*expr.Window{w}, Out: out}
		b.Run("row_number/"+partition, func(b *testing.B) { benchPlan(b, plan, rows) })
	}
	for _, c := range []struct {
		name, agg, arg string
		preceding      int32 // -1: all
		partition      []expr.Expr
	}{
		{"running sum of float", "sum", "v", -1, nil},
		{"running sum of bigint", "sum", "k", -1, nil},
		{"running max by partition", "max", "v", -1, []expr.Expr{tab.Col("k")}},
		{"sliding avg", "avg", "v", 100, nil},
	} {
		a := aggregateOf(c.agg, tab.Col(c.arg))
		w := &expr.Window{Agg: a, Typ: a.Typ, PartitionBy: c.partition, OrderBy: []expr.SortKey{{Expr: tab.Col("v")}},
			Frame: expr.Frame{Mode: expr.Rows, End: expr.Bound{Kind: expr.CurrentRow}}}
		if c.preceding >= 0 {
			w.Frame.Start = expr.Bound{Kind: expr.Preceding, Offset: int4(c.preceding)}
		}
		out := append(append(exec.Schema{}, tab.Schema...), exec.Field{ID: 9, Name: "w", Type: a.Typ})
		plan := &exec.Window{Input: newChunks(tab, 1), Items: []*expr.Window{w}, Out: out}
		b.Run(c.name, func(b *testing.B) { benchPlan(b, plan, rows) })
	}
}
