package exec_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// spilled runs a plan with little memory and returns its rows, and whether it has used files.
func spilled(t *testing.T, limit int64, p exec.Plan) (rows []string, files int64, err error) {
	t.Helper()
	env, done := spillEnv(t, limit, 1000)
	defer done()
	rows, err = exectest.Collect(env, p)
	return rows, env.Spill.Files(), err
}

type change func(a *expr.Aggregate)

func with(a *expr.Aggregate, changes ...change) *expr.Aggregate {
	for _, f := range changes {
		f(a)
	}
	return a
}

func distinctRows(a *expr.Aggregate) { a.Distinct = true }
func orderBy(es ...expr.Expr) change {
	return func(a *expr.Aggregate) {
		for i, e := range es {
			a.OrderBy = append(a.OrderBy, expr.SortKey{Expr: e, Desc: i%2 == 1})
		}
	}
}
func filterBy(e expr.Expr) change { return func(a *expr.Aggregate) { a.Filter = e } }

// numbered is a random table whose last column v counts the rows.
func numbered(cols string, rows, distinct int) *exectest.Table {
	in := exectest.Random(11, cols, rows, distinct, 0.002)
	v := make([]int64, rows)
	for i := range v {
		v[i] = int64(i)
	}
	t := types.Of(types.Int64)
	in.Schema = append(in.Schema, exec.Field{ID: 90, Name: "v", Type: t})
	in.Cols = append(in.Cols, vec.New(t, types.KInt64, v, nil))
	return in
}

// aggregates returns calls over columns v (int8), s (text), x (int4), n (numeric), l (text[]), b (bool).
func manyAggregates(in *exectest.Table, order bool) (as []*expr.Aggregate) {
	comma := &expr.Const{Value: vec.NewText(types.Of(types.Text), ",", 1)}
	join := func(changes ...change) *expr.Aggregate {
		a := agg(in, "string_agg", "s", "s")
		a.Args[1] = comma
		return with(a, changes...)
	}
	f := func(x float64) expr.Expr {
		return &expr.Const{Value: vec.NewConst(types.Of(types.Float64), types.KFloat64, x, 1)}
	}
	share := func(name, col string, x float64) *expr.Aggregate {
		a := agg(in, name, col, "f")
		a.Args[1] = f(x)
		return a
	}
	s, v, x, b := in.Col("s"), in.Col("v"), in.Col("x"), in.Col("b")
	as = append(as,
		agg(in, "count"), agg(in, "sum", "v"), agg(in, "avg", "x"), agg(in, "max", "s"), agg(in, "min", "l"), agg(in, "sum", "n"),
		agg(in, "bool_or", "b"), agg(in, "arg_max", "s", "v"),
		share("percentile_cont", "f", 0.3), share("percentile_disc", "s", 0.7), agg(in, "mode", "x"), agg(in, "median", "f"),
		with(agg(in, "count", "s"), distinctRows), with(agg(in, "sum", "x"), distinctRows, filterBy(b)),
	)
	if order {
		as = append(as,
			agg(in, "array_agg", "v"), join(), join(filterBy(b)), agg(in, "first", "l"), agg(in, "last", "s"),
			join(orderBy(x, v)), with(agg(in, "array_agg", "l"), orderBy(s, v)), join(distinctRows, orderBy(s), filterBy(b)),
			with(agg(in, "array_agg", "x"), distinctRows, orderBy(x)), with(agg(in, "first", "v"), orderBy(s, v)),
		)
		if slices.ContainsFunc(in.Schema, func(f exec.Field) bool { return f.Name == "r" }) {
			as = append(as, agg(in, "array_agg", "r"), agg(in, "last", "r"), with(agg(in, "count", "r"), distinctRows))
		}
	}
	return as
}

const manyColumns = "1:k:text 2:g:int4 3:s:text 4:x:int4 5:n:numeric(30,2) 6:l:text[] 7:b:bool 8:f:float8 9:r:row(int4,text)"

// Each aggregate alone and all of them together have the same results when their groups go to disk.
func TestAggregateSpills(t *testing.T) {
	in := numbered(manyColumns, 6000, 1500)
	all := manyAggregates(in, true)
	for i := range len(all) + 1 {
		aggs, name := all, "all"
		if i < len(all) {
			aggs, name = all[i:i+1], all[i].String()
		}
		t.Run(name, func(t *testing.T) {
			for _, by := range []string{"k", "g k", "l"} {
				if i < len(all) && by != "k" || i == len(all) && by == "k" && !exectest.Long() {
					continue
				}
				p := exchanged(exectest.Source(in, 1), keys(in, strings.Fields(by)...), aggs...)
				limits := []int64{1, 300 << 10}
				if i == len(all) {
					limits = []int64{300 << 10, 1 << 20}
				}
				if !exectest.Long() {
					limits = limits[:1]
				}
				compareSpilled(t, p, limits...)
			}
		})
	}
}

// compareSpilled runs a plan with and without enough memory.
func compareSpilled(t *testing.T, p exec.Plan, limits ...int64) {
	t.Helper()
	want, _, err := spilled(t, 0, p)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	for _, limit := range limits {
		rows, files, err := spilled(t, limit, p)
		if err != nil {
			var e *sqlstate.Error
			errors.As(err, &e)
			t.Fatalf("limit %d: %v %s", limit, err, e.Detail)
		}
		if files == 0 && limit == limits[0] {
			t.Errorf("limit %d: no files for %s", limit, p)
		}
		slices.Sort(rows)
		if !slices.Equal(rows, want) {
			t.Fatalf("limit %d: %d rows, want %d, or others:\n%s\n%s", limit, len(rows), len(want), firstOther(rows, want), firstOther(want, rows))
		}
	}
}

func firstOther(a, b []string) string {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return a[i]
		}
	}
	return ""
}

// The same in two steps, from several partitions.
func TestFinalAggregateSpills(t *testing.T) {
	in := numbered(manyColumns, 12_000, 3000)
	var mergeable []*expr.Aggregate
	for _, a := range manyAggregates(in, false) {
		if !a.Distinct {
			mergeable = append(mergeable, a)
		}
	}
	for _, by := range []string{"k", "g k"} {
		compareSpilled(t, twoPhase(exectest.Source(in, 3), keys(in, strings.Fields(by)...), mergeable...), 300<<10, 1<<20)
		compareSpilled(t, exchanged(exectest.Source(in, 3), keys(in, strings.Fields(by)...), manyAggregates(in, false)...), 300<<10, 1<<20)
	}
	// One partition, so that arrays have an order.
	compareSpilled(t, twoPhase(exectest.Source(in, 1), keys(in, "k"), agg(in, "array_agg", "v"), agg(in, "string_agg", "s", "k")), 1, 300<<10)
}

// The harness, on rows that are wide.
func TestAggregateSpillsInAllWays(t *testing.T) {
	in := numbered("1:k:text 3:s:text 4:x:int4 7:b:bool 8:f:float8", 1500, 800)
	aggs := []*expr.Aggregate{agg(in, "count"), agg(in, "max", "s"), agg(in, "sum", "v"), agg(in, "median", "f"),
		with(agg(in, "count", "s"), distinctRows, filterBy(in.Col("b"))), with(agg(in, "array_agg", "v"), orderBy(in.Col("x"), in.Col("v")))}
	exectest.Check(t, exectest.Case{
		Inputs: []*exectest.Table{in},
		Plan:   func(p []exec.Plan, parts int) exec.Plan { return exchanged(p[0], keys(in, "k"), aggs...) },
		Spills: true,
	})
	exectest.Check(t, exectest.Case{
		Inputs: []*exectest.Table{in},
		Plan:   func(p []exec.Plan, parts int) exec.Plan { return twoPhase(p[0], keys(in, "k"), aggs[:4]...) },
		Spills: true,
	})
	// One group.
	x, v := in.Col("x"), in.Col("v")
	aggs = []*expr.Aggregate{agg(in, "mode", "s"), agg(in, "median", "f"), with(agg(in, "median", "f"), distinctRows), with(agg(in, "first", "s"), orderBy(x, v))}
	exectest.Check(t, exectest.Case{
		Inputs: []*exectest.Table{in},
		Plan:   func(p []exec.Plan, parts int) exec.Plan { return exchanged(p[0], nil, aggs...) },
		Spills: true,
	})
	exectest.Check(t, exectest.Case{
		Inputs: []*exectest.Table{in},
		Plan:   func(p []exec.Plan, parts int) exec.Plan { return twoPhase(p[0], nil, aggs[:2]...) },
		Spills: true,
	})
}

// With equal hashes files cannot be divided: memory must do, and if it does not, the error says who holds it.
func TestAggregateSpillsOneHash(t *testing.T) {
	in := numbered(manyColumns, 6000, 800)
	p := exchanged(exectest.Source(in, 1), keys(in, "k"), agg(in, "count"), agg(in, "array_agg", "v"), with(agg(in, "count", "s"), distinctRows))
	want, _, _ := spilled(t, 0, p)
	vec.ConstantHash = true
	defer func() { vec.ConstantHash = false }()
	rows, files, err := spilled(t, 850<<10, p)
	if err != nil || files == 0 {
		t.Fatalf("%d files, error %v", files, err)
	}
	slices.Sort(rows)
	slices.Sort(want)
	if !slices.Equal(rows, want) {
		t.Error("other rows")
	}
	_, _, err = spilled(t, 1, p)
	if sqlstate.Of(err) != sqlstate.OutOfMemory {
		t.Errorf("error %v", err)
	}
}

// Without keys, distinct values go to disk by their hash.
func TestGlobalDistinctSpills(t *testing.T) {
	in := numbered("3:s:text 4:x:int4", 20_000, 8000)
	p := single(exectest.Source(in, 1), nil, agg(in, "count"), with(agg(in, "count", "v"), distinctRows),
		with(agg(in, "sum", "x"), distinctRows), with(agg(in, "count", "s"), distinctRows))
	compareSpilled(t, p, 1, 300<<10)
	// One group of very many.
	big := numbered("1:k:int2 3:s:text", 20_000, 8000)
	clear(vec.Values[int16](big.Cols[0])[:15_000])
	compareSpilled(t, single(exectest.Source(big, 1), keys(big, "k"), with(agg(big, "count", "v"), distinctRows), with(agg(big, "count", "s"), distinctRows)), 1, 300<<10)
	_, _, err := spilled(t, 1, single(exectest.Source(in, 1), nil, agg(in, "array_agg", "s")))
	if sqlstate.Of(err) != sqlstate.OutOfMemory {
		t.Errorf("array_agg of all rows in 64 KB: error %v", err)
	}
}

// largeGroups returns aggregates that need all rows of a group, over columns as manyAggregates has them. Those of the
// first list have small results.
func largeGroups(in *exectest.Table) (small, large []*expr.Aggregate) {
	f := func(x float64) expr.Expr {
		return &expr.Const{Value: vec.NewConst(types.Of(types.Float64), types.KFloat64, x, 1)}
	}
	share := func(name, col string, x float64, changes ...change) *expr.Aggregate {
		a := agg(in, name, col, "f")
		a.Args[1] = f(x)
		return with(a, changes...)
	}
	join := func(changes ...change) *expr.Aggregate {
		a := agg(in, "string_agg", "s", "s")
		a.Args[1] = &expr.Const{Value: vec.NewText(types.Of(types.Text), ",", 1)}
		return with(a, changes...)
	}
	s, v, x, b := in.Col("s"), in.Col("v"), in.Col("x"), in.Col("b")
	down := func(e expr.Expr) change {
		return func(a *expr.Aggregate) { a.OrderBy = []expr.SortKey{{Expr: e, Desc: true}} }
	}
	small = []*expr.Aggregate{
		agg(in, "median", "f"), with(agg(in, "median", "f"), distinctRows), share("percentile_cont", "f", 0.123, filterBy(b)),
		share("percentile_cont", "f", 1, down(in.Col("f"))), share("percentile_disc", "s", 0.77), share("percentile_disc", "n", 0.2, down(in.Col("n"))),
		share("percentile_disc", "l", 0.4, filterBy(b)), share("quantile", "x", 0.9, distinctRows), agg(in, "mode", "s"), agg(in, "mode", "n"),
		with(agg(in, "mode", "x"), down(x)), with(agg(in, "mode", "l"), filterBy(b)),
		with(agg(in, "first", "v"), orderBy(s, v)), with(agg(in, "last", "s"), orderBy(x, v), filterBy(b)), with(agg(in, "first", "l"), orderBy(x, v)),
		with(agg(in, "last", "x"), distinctRows, orderBy(x)),
	}
	large = []*expr.Aggregate{
		agg(in, "array_agg", "v"), with(agg(in, "array_agg", "n"), orderBy(x, v)), with(agg(in, "array_agg", "s"), filterBy(b)), with(agg(in, "array_agg", "l"), down(s)),
		with(agg(in, "array_agg", "s"), distinctRows, orderBy(s)), join(), join(orderBy(x, v)), join(distinctRows, down(s), filterBy(b)), agg(in, "string_agg", "s", "s"),
		with(agg(in, "string_agg", "s", "s"), distinctRows, orderBy(s)),
	}
	return small, large
}

// A group of any number of rows, alone or beside others, needs no more memory than its result.
func TestLargeGroupSpills(t *testing.T) {
	in := numbered("1:k:int2 3:s:text 4:x:int4 5:n:numeric(30,2) 6:l:text[] 7:b:bool 8:f:float8", 12_000, 3000)
	k := vec.Values[int16](in.Cols[0])
	for i := range k {
		k[i] = max(k[i]%40-20, 0)
	}
	small, large := largeGroups(in)
	for _, by := range []string{"", "k"} {
		for _, parts := range []int{1, 3} {
			if parts == 1 {
				compareSpilled(t, exchanged(exectest.Source(in, parts), keys(in, strings.Fields(by)...), append(small, large...)...), 12<<20)
			}
			for _, a := range small {
				compareSpilled(t, exchanged(exectest.Source(in, parts), keys(in, strings.Fields(by)...), a), 1)
			}
		}
		for _, a := range large {
			compareInLeast(t, single(exectest.Source(in, 1), keys(in, strings.Fields(by)...), a))
		}
		for _, a := range append(small[:1:1], small[4], small[8]) {
			compareSpilled(t, twoPhase(exectest.Source(in, 3), keys(in, strings.Fields(by)...), a), 1)
		}
	}
	for _, a := range append(large[:1:1], large[5]) {
		compareSpilled(t, twoPhase(exectest.Source(in, 1), nil, a), 300<<10)
	}
}

// compareInLeast runs a plan with enough memory, and with about as little as its result takes.
func compareInLeast(t *testing.T, p exec.Plan) {
	t.Helper()
	limit := int64(64 << 10)
	for {
		_, _, err := spilled(t, limit, p)
		if err == nil {
			compareSpilled(t, p, limit)
			return
		}
		if sqlstate.Of(err) != sqlstate.OutOfMemory {
			t.Fatal(err)
		}
		limit += limit / 2
	}
}

// stopping is a plan that cancels a query after some batches.
type stopping struct {
	exec.Plan
	after  int
	cancel func()
}

func (p *stopping) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	s, err := env.Open(ctx, p.Plan, part)
	return &stoppingStream{s, p, 0}, err
}

type stoppingStream struct {
	exec.Stream
	p *stopping
	n int
}

func (s *stoppingStream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.n++; s.n == s.p.after {
		s.p.cancel()
	}
	return s.Stream.Next(ctx)
}

// A query that is cancelled or closed while it writes or reads files ends soon and leaves nothing.
func TestAggregateSpillStops(t *testing.T) {
	in := numbered(manyColumns, 30_000, 4000)
	aggs := manyAggregates(in, true)
	for _, after := range []int{2, 15, 29} { // while writing
		env, done := spillEnv(t, 1, 1000)
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		p := single(&stopping{exectest.Source(in, 1), after, func() { at = time.Now(); cancel() }}, keys(in, "k"), aggs...)
		err := env.PullAll(ctx, p, func(int, *vec.Batch) error { return nil })
		if d := time.Since(at); !errors.Is(err, context.Canceled) || d > 3*time.Second {
			t.Errorf("after %d batches: error %v, %v after it was cancelled", after, err, d)
		}
		cancel()
		done()
	}
	for _, batches := range []int{1, 3, 50} { // while reading
		for _, stop := range []bool{false, true} {
			env, done := spillEnv(t, 1, 1000)
			ctx, cancel := context.WithCancel(context.Background())
			s, err := env.Open(ctx, single(exectest.Source(in, 1), keys(in, "k"), aggs...), 0)
			if err != nil {
				t.Fatal(err)
			}
			for range batches {
				if _, err := s.Next(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if stop {
				time.AfterFunc(2*time.Millisecond, cancel)
				for err == nil {
					_, err = s.Next(ctx)
				}
				if !errors.Is(err, context.Canceled) && err != io.EOF {
					t.Errorf("error %v", err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			cancel()
			done()
		}
	}
}

// When the disk is full, the query fails and what was written is removed.
func TestAggregateSpillFails(t *testing.T) {
	in := numbered(manyColumns, 20_000, 8000)
	for _, limit := range []int64{100 << 10, 1 << 20, 2 << 20} {
		env, done := spillEnv(t, 1, 1000)
		store := spill.NewStore(t.TempDir(), 0)
		env.Spill = store.Space(limit)
		_, err := exectest.Collect(env, single(exectest.Source(in, 1), keys(in, "k"), manyAggregates(in, true)...))
		if sqlstate.Of(err) != sqlstate.ConfigLimitExceeded {
			t.Errorf("limit %d: error %v", limit, err)
		}
		done()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}
