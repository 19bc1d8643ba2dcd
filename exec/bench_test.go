package exec_test

import (
	"context"
	"fmt"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
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
