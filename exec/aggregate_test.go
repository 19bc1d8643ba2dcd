package exec_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// agg returns an aggregate over columns of a table; "count" without columns is count(*).
func agg(t *exectest.Table, name string, cols ...string) *expr.Aggregate {
	a := &expr.Aggregate{}
	var ts []types.Type
	for _, c := range cols {
		col := t.Col(c)
		a.Args = append(a.Args, col)
		ts = append(ts, col.Typ)
	}
	for _, f := range fn.Aggregates(name) {
		if !takes(f, ts) {
			continue
		}
		a.Fn, a.Typ = f, f.ReturnType(ts)
		return a
	}
	panic(fmt.Sprintf("no aggregate %s(%v)", name, ts))
}

func takes(f *fn.Aggregate, ts []types.Type) bool {
	if len(f.Args) != len(ts) {
		return false
	}
	for i, a := range f.Args {
		if a.ID != ts[i].ID && a.ID != types.Any && a.ID != types.AnyElement && !(a.ID == types.AnyArray && ts[i].ID == types.Array) {
			return false
		}
	}
	return true
}

func keys(t *exectest.Table, names ...string) (es []expr.Expr) {
	for _, n := range names {
		es = append(es, t.Col(n))
	}
	return es
}

// single returns a plan that aggregates in one step.
func single(in exec.Plan, ks []expr.Expr, aggs ...*expr.Aggregate) *exec.HashAggregate {
	p := &exec.HashAggregate{Input: in, Mode: exec.Single, Keys: ks, Aggs: aggs}
	p.Out = keySchema(ks)
	for i, a := range aggs {
		p.Out = append(p.Out, exec.Field{ID: expr.ColID(100 + i), Name: fmt.Sprint("a", i), Type: a.Typ})
	}
	return p
}

func keySchema(ks []expr.Expr) (out exec.Schema) {
	for _, k := range ks {
		c := k.(*expr.Column)
		out = append(out, exec.Field{ID: c.ID, Name: c.Name, Type: c.Typ})
	}
	return out
}

// exchanged returns the same with rows dealt out by the keys first.
func exchanged(in exec.Plan, ks []expr.Expr, aggs ...*expr.Aggregate) exec.Plan {
	var ids []expr.ColID
	for _, k := range ks {
		ids = append(ids, k.(*expr.Column).ID)
	}
	x := &exec.Exchange{Input: in, Kind: exec.Hash, N: 3, Hash: ids}
	if len(ks) == 0 {
		x = &exec.Exchange{Input: in, Kind: exec.Gather, N: 1}
	}
	return single(x, ks, aggs...)
}

// twoPhase returns the same in two steps with an exchange of states between them.
func twoPhase(in exec.Plan, ks []expr.Expr, aggs ...*expr.Aggregate) exec.Plan {
	partial := &exec.HashAggregate{Input: in, Mode: exec.Partial, Keys: ks, Aggs: aggs, Out: keySchema(ks)}
	id := expr.ColID(200)
	for _, a := range aggs {
		var ts []types.Type
		for _, x := range a.Args {
			ts = append(ts, x.Type())
		}
		for _, s := range a.Fn.State(ts) {
			partial.Out = append(partial.Out, exec.Field{ID: id, Type: s})
			id++
		}
	}
	return finalOf(partial, ks, aggs)
}

func finalOf(states *exec.HashAggregate, ks []expr.Expr, aggs []*expr.Aggregate) exec.Plan {
	final := exchanged(states, ks, aggs...).(*exec.HashAggregate)
	final.Mode = exec.Final
	return final
}

// threePhase returns the same with a step in the middle that makes states of states.
func threePhase(in exec.Plan, ks []expr.Expr, aggs ...*expr.Aggregate) exec.Plan {
	partial := twoPhase(in, ks, aggs...).Inputs()[0].(*exec.Exchange).Input.(*exec.HashAggregate)
	return finalOf(&exec.HashAggregate{Input: partial, Mode: exec.Combine, Keys: ks, Aggs: aggs, Out: partial.Out}, ks, aggs)
}

// All plans must find the groups that a naive loop over the rows' texts finds.
func TestGroupsOfAllTypes(t *testing.T) {
	for _, cols := range []string{
		"1:k:int4", "1:k:int2", "1:k:int8", "1:k:text", "1:k:bool", "1:k:float8", "1:k:float4", "1:k:numeric", "1:k:numeric(9,2)",
		"1:k:numeric(30,2)", "1:k:date", "1:k:timestamp", "1:k:interval", "1:k:uuid", "1:k:int4[]", "1:k:text[]", "1:k:row(int4,text)",
		"1:k:text 2:l:text 3:m:text", "1:k:int4 2:l:bool 3:m:date", "1:k:text 2:l:int4", "1:k:int8 2:l:numeric 3:m:text 4:n:int2 5:o:text[]",
	} {
		for _, c := range []struct {
			rows, distinct int
			nulls          float64
		}{{0, 1, 0}, {1, 1, 0}, {60, 4, 0.3}, {60, 5, 1}, {400, 1000, 0.05}} {
			in := exectest.Random(7, cols+" 50:v:int4", c.rows, c.distinct, c.nulls)
			var names []string
			for _, f := range in.Schema[:len(in.Schema)-1] {
				names = append(names, f.Name)
			}
			ks := keys(in, names...)
			aggs := []*expr.Aggregate{agg(in, "count"), agg(in, "sum", "v")}
			want := naiveGroups(in)
			for _, build := range []func(exec.Plan, []expr.Expr, ...*expr.Aggregate) exec.Plan{exchanged, twoPhase, threePhase} {
				exectest.Check(t, exectest.Case{
					Inputs: []*exectest.Table{in},
					Plan:   func(p []exec.Plan, parts int) exec.Plan { return build(p[0], ks, aggs...) },
					Want:   want,
					// Faults and early Close do not depend on types.
					RowsOnly: cols != "1:k:text 2:l:int4" || c.rows != 60,
				})
			}
			if t.Failed() {
				t.Fatalf("columns %s, %d rows, %d values", cols, c.rows, c.distinct)
			}
		}
	}
}

// naiveGroups counts rows and sums the last column by the text of the others.
func naiveGroups(t *exectest.Table) []string {
	type group struct {
		n, sum int
		some   bool
	}
	groups := map[string]*group{}
	for i := range t.Rows {
		row := t.Row(i)
		at := strings.LastIndexByte(row, '|')
		g := groups[row[:at]]
		if g == nil {
			g = &group{}
			groups[row[:at]] = g
		}
		g.n++
		var v int
		if _, err := fmt.Sscan(row[at+1:], &v); err == nil {
			g.sum += v
			g.some = true
		}
	}
	rows := []string{}
	for k, g := range groups {
		sum := "NULL"
		if g.some {
			sum = fmt.Sprint(g.sum)
		}
		rows = append(rows, fmt.Sprintf("%s|%d|%s", k, g.n, sum))
	}
	return rows
}

func TestNoKeys(t *testing.T) {
	for _, c := range []struct {
		in   *exectest.Table
		want string
	}{
		{exectest.NewTable("1:a:int4"), "0|0|NULL"},
		{exectest.NewTable("1:a:int4", "NULL", "NULL"), "2|0|NULL"},
		{exectest.NewTable("1:a:int4", "1", "NULL", "5"), "3|2|6"},
	} {
		aggs := []*expr.Aggregate{agg(c.in, "count"), agg(c.in, "count", "a"), agg(c.in, "sum", "a")}
		for _, build := range []func(exec.Plan, []expr.Expr, ...*expr.Aggregate) exec.Plan{exchanged, twoPhase, threePhase} {
			exectest.Check(t, exectest.Case{
				Inputs: []*exectest.Table{c.in},
				Plan:   func(p []exec.Plan, parts int) exec.Plan { return build(p[0], nil, aggs...) },
				Want:   []string{c.want},
			})
		}
	}
}

// The results of the accumulators in one step and in two are those of PostgreSQL.
func TestAggregatesAreThoseOfPostgres(t *testing.T) {
	data, err := os.ReadFile("testdata/aggregates.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows, cases, _ := strings.Cut(string(data), "----\n")
	lines := strings.Split(strings.TrimSpace(rows), "\n")
	in := exectest.NewTable(lines[1], lines[2:]...)
	ks := keys(in, "g")
	for _, line := range strings.Split(strings.TrimSpace(cases), "\n") {
		call, result, _ := strings.Cut(line, "|")
		t.Run(call, func(t *testing.T) {
			names := strings.Fields(call)
			a := agg(in, names[0], names[1:]...)
			want := strings.Split(strings.ReplaceAll(result, "=", "|"), " # ")
			if a.Typ.IsFloat() {
				want = nearest(t, in, ks, a, want)
			}
			for _, build := range []func(exec.Plan, []expr.Expr, ...*expr.Aggregate) exec.Plan{exchanged, twoPhase, threePhase} {
				exectest.Check(t, exectest.Case{
					Inputs:   []*exectest.Table{in},
					Plan:     func(p []exec.Plan, parts int) exec.Plan { return build(p[0], ks, a) },
					Want:     want,
					RowsOnly: true,
				})
			}
		})
	}
}

// nearest returns the result of the plainest run if it differs from PostgreSQL's by no more than the rounding
// of PostgreSQL's sums, which are not exact as ours. All other runs must give the same digits.
func nearest(t *testing.T, in *exectest.Table, ks []expr.Expr, a *expr.Aggregate, postgres []string) []string {
	t.Helper()
	rows, err := exectest.Collect(newEnv(t), exchanged(exectest.Source(in, 1), ks, a))
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(rows)
	sort.Strings(postgres)
	for i, row := range rows {
		if i >= len(postgres) || !closeRows(row, postgres[i]) {
			t.Fatalf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(postgres, "\n"))
		}
	}
	return rows
}

func closeRows(a, b string) bool {
	ka, x, _ := strings.Cut(a, "|")
	kb, y, _ := strings.Cut(b, "|")
	f, err1 := strconv.ParseFloat(x, 64)
	g, err2 := strconv.ParseFloat(y, 64)
	return ka == kb && (x == y || err1 == nil && err2 == nil && math.Abs(f-g) <= 4e-15*max(math.Abs(f), math.Abs(g)))
}

func TestDistinctFilterOrder(t *testing.T) {
	in := exectest.NewTable("1:g:text 2:x:int4 3:s:text 4:f:bool",
		"a|3|three|t", "b|1|one|t", "a|1|one|f", "a|3|three|NULL", "a|NULL|none|t", "b|2|a string beyond twelve|f",
		"b|2|NULL|t", "a|1|uno|t", "c|NULL|NULL|NULL", "b|1|one|t")
	star := &expr.Const{Value: vec.NewText(types.Of(types.Text), ",", 1)}
	with := func(a *expr.Aggregate, f func(a *expr.Aggregate)) *expr.Aggregate { f(a); return a }
	join := func() *expr.Aggregate {
		a := agg(in, "string_agg", "s", "s")
		a.Args[1] = star
		return a
	}
	for _, c := range []struct {
		a    *expr.Aggregate
		want []string
	}{
		{with(agg(in, "count", "x"), func(a *expr.Aggregate) { a.Distinct = true }), []string{"a|2", "b|2", "c|0"}},
		{with(agg(in, "sum", "x"), func(a *expr.Aggregate) { a.Distinct = true }), []string{"a|4", "b|3", "c|NULL"}},
		{with(agg(in, "count"), func(a *expr.Aggregate) { a.Filter = in.Col("f") }), []string{"a|3", "b|3", "c|0"}},
		{with(agg(in, "sum", "x"), func(a *expr.Aggregate) { a.Filter = in.Col("f") }), []string{"a|4", "b|4", "c|NULL"}},
		{with(agg(in, "sum", "x"), func(a *expr.Aggregate) { a.Filter, a.Distinct = in.Col("f"), true }), []string{"a|4", "b|3", "c|NULL"}},
		{with(join(), func(a *expr.Aggregate) { a.OrderBy = []expr.SortKey{{Expr: in.Col("s")}} }),
			[]string{"a|none,one,three,three,uno", "b|a string beyond twelve,one,one", "c|NULL"}},
		{with(join(), func(a *expr.Aggregate) {
			a.OrderBy = []expr.SortKey{{Expr: in.Col("x"), Desc: true, NullsFirst: true}, {Expr: in.Col("s"), Desc: true}}
		}), []string{"a|none,three,three,uno,one", "b|a string beyond twelve,one,one", "c|NULL"}},
		{with(join(), func(a *expr.Aggregate) {
			a.Distinct = true
			a.OrderBy = []expr.SortKey{{Expr: in.Col("s"), Desc: true}}
		}), []string{"a|uno,three,one,none", "b|one,a string beyond twelve", "c|NULL"}},
		{with(agg(in, "array_agg", "x"), func(a *expr.Aggregate) { a.OrderBy = []expr.SortKey{{Expr: in.Col("x")}} }),
			[]string{"a|{1,1,3,3,NULL}", "b|{1,1,2,2}", "c|{NULL}"}},
		{with(agg(in, "array_agg", "x"), func(a *expr.Aggregate) {
			a.Distinct, a.Filter = true, in.Col("f")
			a.OrderBy = []expr.SortKey{{Expr: in.Col("x"), Desc: true}}
		}), []string{"a|{3,1,NULL}", "b|{2,1}", "c|NULL"}},
		{with(agg(in, "first", "s"), func(a *expr.Aggregate) { a.OrderBy = []expr.SortKey{{Expr: in.Col("s"), Desc: true}} }),
			[]string{"a|uno", "b|one", "c|NULL"}},
	} {
		t.Run(c.a.String(), func(t *testing.T) {
			exectest.Check(t, exectest.Case{
				Inputs: []*exectest.Table{in},
				Plan:   func(p []exec.Plan, parts int) exec.Plan { return exchanged(p[0], keys(in, "g"), c.a) },
				Want:   c.want,
			})
		})
	}
}

func TestBestRows(t *testing.T) {
	in := exectest.NewTable("1:g:text 2:x:int4 3:s:text", "a|3|three", "a|1|a long name for one", "a|2|NULL", "a|NULL|none",
		"b|5|five", "c|NULL|NULL")
	for call, want := range map[string][]string{
		"arg_max s x": {"a|three", "b|five", "c|NULL"},
		"arg_min s x": {"a|a long name for one", "b|five", "c|NULL"},
		"min_by s s":  {"a|a long name for one", "b|five", "c|NULL"},
		"max s":       {"a|three", "b|five", "c|NULL"},
	} {
		f := strings.Fields(call)
		for _, build := range []func(exec.Plan, []expr.Expr, ...*expr.Aggregate) exec.Plan{exchanged, twoPhase, threePhase} {
			exectest.Check(t, exectest.Case{
				Inputs: []*exectest.Table{in},
				Plan: func(p []exec.Plan, parts int) exec.Plan {
					return build(p[0], keys(in, "g"), agg(in, f[0], f[1:]...))
				},
				Want:     want,
				RowsOnly: true,
			})
		}
	}
}

// A partial aggregation that does not make its input smaller passes rows on, and one that holds many groups
// yields them early; the final result is the same.
func TestPartialStepsAside(t *testing.T) {
	for _, distinct := range []int{1000, 120_000, 10_000_000} {
		in := exectest.Random(3, "1:k:int4 2:v:int4", 300_000, distinct, 0.01)
		want := naiveGroups(in)
		plan := twoPhase(exectest.Source(in, 2), keys(in, "k"), agg(in, "count"), agg(in, "sum", "v"))
		rows, err := exectest.Collect(newEnv(t), plan)
		if err != nil {
			t.Fatal(err)
		}
		sort.Strings(rows)
		sort.Strings(want)
		if !slices.Equal(rows, want) {
			t.Errorf("%d values: %d rows, want %d, or others", distinct, len(rows), len(want))
		}
	}
}

// WITHIN GROUP (ORDER BY x DESC) turns percentiles around.
func TestDescendingPercentiles(t *testing.T) {
	in := exectest.NewTable("1:x:float8 2:q:float8", "1|0.3", "NULL|0.3", "4|0.3", "2|0.3", "3|0.3")
	for _, c := range []struct {
		name, want string
		desc       bool
	}{
		{"percentile_disc", "2", false}, {"percentile_disc", "3", true}, {"percentile_cont", "1.9", false}, {"percentile_cont", "3.1", true},
	} {
		a := agg(in, c.name, "x", "q")
		a.OrderBy = []expr.SortKey{{Expr: in.Col("x"), Desc: c.desc}}
		exectest.Check(t, exectest.Case{
			Inputs:   []*exectest.Table{in},
			Plan:     func(p []exec.Plan, parts int) exec.Plan { return exchanged(p[0], nil, a) },
			Want:     []string{c.want},
			RowsOnly: true,
		})
	}
	in = exectest.NewTable("1:x:float8 2:q:float8", "1|1.5", "2|1.5")
	a := agg(in, "percentile_disc", "x", "q")
	exectest.Check(t, exectest.Case{
		Inputs: []*exectest.Table{in},
		Plan:   func(p []exec.Plan, parts int) exec.Plan { return exchanged(p[0], nil, a) },
		Code:   "22003",
		Parts:  []int{1},
	})
}
