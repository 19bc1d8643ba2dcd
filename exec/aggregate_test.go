package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
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
	final := exchanged(partial, ks, aggs...).(*exec.HashAggregate)
	final.Mode = exec.Final
	return final
}

// All plans must find the groups that a naive loop over the rows' texts finds.
func TestGroupsOfAllTypes(t *testing.T) {
	for _, cols := range []string{
		"1:k:int4", "1:k:int2", "1:k:int8", "1:k:text", "1:k:bool", "1:k:float8", "1:k:float4", "1:k:numeric", "1:k:numeric(9,2)",
		"1:k:numeric(30,2)", "1:k:date", "1:k:timestamp", "1:k:interval", "1:k:uuid", "1:k:int4[]", "1:k:text[]",
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
			for _, build := range []func(exec.Plan, []expr.Expr, ...*expr.Aggregate) exec.Plan{exchanged, twoPhase} {
				exectest.Check(t, exectest.Case{
					Inputs: []*exectest.Table{in},
					Plan:   func(p []exec.Plan, parts int) exec.Plan { return build(p[0], ks, aggs...) },
					Want:   want,
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
		for _, build := range []func(exec.Plan, []expr.Expr, ...*expr.Aggregate) exec.Plan{exchanged, twoPhase} {
			exectest.Check(t, exectest.Case{
				Inputs: []*exectest.Table{c.in},
				Plan:   func(p []exec.Plan, parts int) exec.Plan { return build(p[0], nil, aggs...) },
				Want:   []string{c.want},
			})
		}
	}
}
