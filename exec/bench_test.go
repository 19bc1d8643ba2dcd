package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
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

// repeated yields the same batches again and again in each of its partitions.
type repeated struct {
	out     exec.Schema
	batches []*vec.Batch
	parts   int
	times   int
}

func (r *repeated) Schema() exec.Schema             { return r.out }
func (r *repeated) Partitioning() exec.Partitioning { return exec.Partitioning{N: r.parts} }
func (r *repeated) Inputs() []exec.Plan             { return nil }
func (r *repeated) String() string                  { return "repeated" }
func (r *repeated) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	var all []*vec.Batch
	for range r.times {
		all = append(all, r.batches...)
	}
	return (&exec.Values{Out: r.out, Batches: all}).Open(ctx, env, 0)
}

// rows returns so many rows in batches of 8192 over two partitions: k in text with many distinct values, g an
// integer with few, v a number.
func rows(n, distinct int) *repeated {
	schema := exectest.ParseSchema("1:k:text 2:g:int4 3:v:float8")
	r := &repeated{out: schema, parts: 2, times: 1}
	seed := uint64(1)
	for done := 0; done < n/2; done += 8192 {
		k := vec.NewBuilder(types.Of(types.Text))
		g, v := make([]int32, 8192), make([]float64, 8192)
		for i := range g {
			seed = seed*6364136223846793005 + 1442695040888963407
			x := int(seed >> 33)
			k.AppendString(fmt.Sprintf("id%010d", x%distinct))
			g[i], v[i] = int32(x%100), float64(x)
		}
		r.batches = append(r.batches, &vec.Batch{Rows: 8192, Cols: []*vec.Vector{k.Finish(),
			vec.New(schema[1].Type, types.KInt32, g, nil), vec.New(schema[2].Type, types.KFloat64, v, nil)}})
	}
	return r
}

func drain(b *testing.B, n int, p exec.Plan) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		env := newEnv(b)
		env.BatchRows = 8192
		if err := env.PullAll(context.Background(), p, func(int, *vec.Batch) error { return nil }); err != nil {
			b.Fatal(err)
		}
		if err := env.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
}

func BenchmarkExchange(b *testing.B) {
	const n = 1 << 20
	in := rows(n, 100_000)
	for _, x := range []*exec.Exchange{
		{Input: in, Kind: exec.Gather, N: 1},
		{Input: in, Kind: exec.Hash, N: 2, Hash: []expr.ColID{1}},
		{Input: in, Kind: exec.Hash, N: 16, Hash: []expr.ColID{1, 2}},
	} {
		b.Run(x.String(), func(b *testing.B) { drain(b, n, x) })
	}
}

// BenchmarkSortSpills sorts by (float8, int4) with an int8 and a text beside them, in one partition: with all the memory
// it wants, and with a quarter of that.
func BenchmarkSortSpills(b *testing.B) {
	n := 10_000_000
	if testing.Short() {
		n = 1 << 20
	}
	schema := exectest.ParseSchema("1:f:float8 2:i:int4 3:p:int8 4:s:text")
	in := &repeated{out: schema, parts: 1, times: 1}
	rng := rand.New(rand.NewPCG(1, 1))
	for done := 0; done < n; done += 8192 {
		rows := min(8192, n-done)
		f, i, p, s := make([]float64, rows), make([]int32, rows), make([]int64, rows), vec.NewBuilder(schema[3].Type)
		for k := range rows {
			f[k], i[k], p[k] = rng.NormFloat64(), rng.Int32(), int64(done+k)
			s.AppendString(fmt.Sprintf("payload %d", done+k))
		}
		in.batches = append(in.batches, &vec.Batch{Rows: rows, Cols: []*vec.Vector{vec.New(schema[0].Type, types.KFloat64, f, nil),
			vec.New(schema[1].Type, types.KInt32, i, nil), vec.New(schema[2].Type, types.KInt64, p, nil), s.Finish()}})
	}
	t := &exectest.Table{Schema: schema}
	plan := &exec.Sort{Input: in, Keys: []expr.SortKey{{Expr: t.Col("f")}, {Expr: t.Col("i")}}, Top: -1}
	pool := mem.NewPool(0)
	drainIn(b, n, plan, pool)
	for _, share := range []int64{1, 4} {
		limit := pool.Peak()*5/4 + 1<<20 // a holder that spills leaves a fifth free
		if share > 1 {
			limit = pool.Peak() / share
		}
		b.Run(fmt.Sprintf("memory/%d", share), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				drainIn(b, n, plan, mem.NewPool(limit))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

// drainIn runs a plan with a pool and a place to spill.
func drainIn(b *testing.B, n int, p exec.Plan, pool *mem.Pool) {
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, 8192)
	store := spill.NewStore(b.TempDir(), 0)
	env.Spill = store.Space(0)
	rows := 0
	if err := env.PullAll(context.Background(), p, func(_ int, b *vec.Batch) error { rows += b.Len(); return nil }); err != nil {
		b.Fatal(err)
	}
	if rows != n {
		b.Fatalf("%d rows, want %d", rows, n)
	}
	b.ReportMetric(float64(env.Spill.Written())/1e6, "MB-spilled")
	if err := env.Close(); err != nil {
		b.Fatal(err)
	}
	_ = store.Close()
}

func BenchmarkAggregate(b *testing.B) {
	const n = 1 << 21
	for _, c := range []struct {
		distinct int
		by       string
	}{{100, "g"}, {1000, "k"}, {100_000, "k"}, {1 << 30, "k"}} {
		in := rows(n, c.distinct)
		t := &exectest.Table{Schema: in.out}
		plan := twoPhase(in, keys(t, c.by), agg(t, "count"), agg(t, "sum", "v"))
		b.Run(fmt.Sprintf("%s of %d", c.by, c.distinct), func(b *testing.B) { drain(b, n, plan) })
	}
}

// manyGroups returns rows in batches of 8192 over two partitions: k takes all of so many values, which are far apart,
// v is a number.
func manyGroups(n, distinct int) *repeated {
	schema := exectest.ParseSchema("1:k:int8 2:v:int8")
	r := &repeated{out: schema, parts: 2, times: 1}
	for from := 0; from < n/2; from += 8192 {
		k, v := make([]int64, 8192), make([]int64, 8192)
		for i := range k {
			k[i] = int64(vec.Mix(uint64((from + i) % distinct)))
			v[i] = int64(vec.Mix(uint64(from+i)) >> 40)
		}
		r.batches = append(r.batches, &vec.Batch{Rows: 8192, Cols: []*vec.Vector{
			vec.New(schema[0].Type, types.KInt64, k, nil), vec.New(schema[1].Type, types.KInt64, v, nil)}})
	}
	return r
}

// With a quarter of the memory that the groups take, most go to disk and come back.
func BenchmarkAggregateSpills(b *testing.B) {
	const n = 10_000_000
	in := manyGroups(n, n/2)
	t := &exectest.Table{Schema: in.out}
	plan := twoPhase(in, keys(t, "k"), agg(t, "count"), agg(t, "sum", "v"))
	var peak int64
	for _, share := range []int64{0, 4} {
		name, limit := "ample", int64(0)
		if share > 0 {
			name, limit = "a quarter", peak/share
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var written int64
			for b.Loop() {
				env, done := spillEnv(b, limit, 1000)
				env.BatchRows = 8192
				groups := atomic.Int64{}
				if err := env.PullAll(context.Background(), plan, func(_ int, batch *vec.Batch) error { groups.Add(int64(batch.Len())); return nil }); err != nil {
					b.Fatal(err)
				}
				if groups.Load() != n/2 {
					b.Fatalf("%d groups", groups.Load())
				}
				peak, written = max(peak, env.Mem.Peak()), env.Spill.Written()
				done()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
			b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
			b.ReportMetric(float64(written)/(1<<20), "written-MB")
		})
	}
}
