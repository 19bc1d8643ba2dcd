package exec_test

import (
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

func check(t *testing.T, c exectest.Case, inputs ...*exectest.Table) {
	t.Helper()
	c.Inputs = inputs
	exectest.Check(t, c)
}

func TestFilter(t *testing.T) {
	in := exectest.NewTable("1:a:int4 2:b:bool", "1|t", "2|f", "3|NULL", "4|t", "5|f")
	check(t, exectest.Case{
		Plan: func(p []exec.Plan, _ int) exec.Plan { return &exec.Filter{Input: p[0], Cond: in.Col("b")} },
		Want: []string{"1|t", "4|t"},
	}, in)
	many := exectest.Random(4, "1:a:int4 2:b:bool", 300, 50, 0.2)
	var want []string
	for i := range many.Rows {
		if !many.Cols[1].IsNull(i) && vec.At[uint8](many.Cols[1], i) == 1 {
			want = append(want, many.Row(i))
		}
	}
	check(t, exectest.Case{
		Plan: func(p []exec.Plan, _ int) exec.Plan { return &exec.Filter{Input: p[0], Cond: many.Col("b")} },
		Want: want,
	}, many)
}

func TestProject(t *testing.T) {
	in := exectest.NewTable("1:a:int4 2:b:text", "1|x", "2|NULL", "NULL|z")
	out := exectest.ParseSchema("2:b:text 7:c:int4 8:n:bool")
	for _, c := range []struct {
		exprs []expr.Expr
		want  []string
	}{
		{[]expr.Expr{in.Col("b"), in.Col("a")}, []string{"x|1", "NULL|2", "z|NULL"}},
		{[]expr.Expr{in.Col("b"), in.Col("a"), &expr.IsNull{Arg: in.Col("a")}}, []string{"x|1|f", "NULL|2|f", "z|NULL|t"}},
		{nil, []string{"", "", ""}},
	} {
		check(t, exectest.Case{
			Plan: func(p []exec.Plan, _ int) exec.Plan {
				return &exec.Project{Input: p[0], Exprs: c.exprs, Out: out[:len(c.exprs)]}
			},
			Want: c.want,
		}, in)
	}
}

func TestLimit(t *testing.T) {
	var lines []string
	for i := range 50 {
		lines = append(lines, string(rune('A'+i)))
	}
	in := exectest.NewTable("1:a:text", lines...)
	for _, c := range []struct{ offset, count int64 }{{0, 0}, {0, 5}, {3, 4}, {48, 10}, {60, 1}, {0, -1}, {7, -1}, {0, 50}, {50, -1}} {
		from := min(c.offset, 50)
		to := int64(50)
		if c.count >= 0 {
			to = min(from+c.count, 50)
		}
		check(t, exectest.Case{
			Plan: func(p []exec.Plan, _ int) exec.Plan {
				return &exec.Limit{Input: p[0], Offset: c.offset, Count: c.count}
			},
			Want:         append([]string{}, lines[from:to]...),
			Ordered:      true,
			Parts:        []int{1},
			MayStopEarly: true,
		}, in)
	}
}

func TestUnion(t *testing.T) {
	a := exectest.NewTable("1:a:int4 2:b:varchar(5)", "1|x", "2|y")
	b := exectest.NewTable("3:c:int4 4:d:varchar(9)", "3|z", "NULL|NULL")
	out := exectest.ParseSchema("5:e:int4 6:f:varchar")
	check(t, exectest.Case{
		Plan: func(p []exec.Plan, _ int) exec.Plan { return &exec.Union{In: p, Out: out} },
		Want: []string{"1|x", "2|y", "3|z", "NULL|NULL"},
	}, a, b)
}

func TestValues(t *testing.T) {
	in := exectest.NewTable("1:a:int4", "1", "2", "3")
	check(t, exectest.Case{
		Plan: func(p []exec.Plan, _ int) exec.Plan {
			return &exec.Values{Out: in.Schema, Batches: []*vec.Batch{{Cols: in.Cols, Rows: 3, Sel: []uint32{0, 2}}, {Cols: in.Cols, Rows: 3, Sel: []uint32{}}, {Cols: in.Cols, Rows: 3}}}
		},
		Want:    []string{"1", "3", "1", "2", "3"},
		Ordered: true,
	})
}

func TestReplicate(t *testing.T) {
	in := exectest.NewTable("1:a:text 2:n:int8", "x|2", "y|0", "z|NULL", "u|-3", "v|1", "w|11")
	want := []string{"x|2", "x|2", "v|1"}
	for range 11 {
		want = append(want, "w|11")
	}
	check(t, exectest.Case{
		Plan: func(p []exec.Plan, _ int) exec.Plan { return &exec.Replicate{Input: p[0], Count: in.Col("n")} },
		Want: want,
	}, in)
}

func TestOneRow(t *testing.T) {
	plan := func(p []exec.Plan, _ int) exec.Plan { return &exec.OneRow{Input: p[0]} }
	check(t, exectest.Case{Plan: plan, Want: []string{"NULL|NULL"}, Parts: []int{1}}, exectest.NewTable("1:a:int4 2:b:text"))
	check(t, exectest.Case{Plan: plan, Want: []string{"7|x"}, Parts: []int{1}}, exectest.NewTable("1:a:int4 2:b:text", "7|x"))
	check(t, exectest.Case{Plan: plan, Code: sqlstate.CardinalityViolation, Parts: []int{1}}, exectest.NewTable("1:a:int4 2:b:text", "7|x", "8|y"))
}

// Two readers of one source, in any number of partitions, see the same rows, which are computed once.
func TestMaterialize(t *testing.T) {
	in := exectest.Random(5, mixedCols, 400, 60, 0.1)
	out := exectest.ParseSchema("11:a:int4 12:b:text 13:c:float8 14:d:numeric(9,2) 15:e:date")
	check(t, exectest.Case{
		Plan: func(p []exec.Plan, _ int) exec.Plan {
			source := &exec.Source{Name: "s", Input: p[0]}
			first := &exec.Materialize{Source: source, Out: p[0].Schema()}
			return &exec.Union{In: []exec.Plan{first, &exec.Materialize{Source: source, Out: out}}, Out: out}
		},
		Want: append(allRows(in), allRows(in)...),
	}, in)
}

func TestPartitioningOfAProjection(t *testing.T) {
	in := exectest.NewTable("1:a:int4 2:b:int4")
	x := &exec.Exchange{Input: exectest.Source(in, 2), Kind: exec.Hash, N: 2, Hash: []expr.ColID{1, 2}}
	keep := &exec.Project{Input: x, Exprs: []expr.Expr{in.Col("b"), in.Col("a")}, Out: exectest.ParseSchema("2:b:int4 1:a:int4")}
	drop := &exec.Project{Input: x, Exprs: []expr.Expr{in.Col("b")}, Out: exectest.ParseSchema("2:b:int4")}
	if h := keep.Partitioning().Hash; len(h) != 2 {
		t.Errorf("hash columns %v, want both", h)
	}
	if h := drop.Partitioning().Hash; h != nil {
		t.Errorf("hash columns %v, want none: half of them says nothing", h)
	}
}

func TestExplainLines(t *testing.T) {
	in := exectest.NewTable("1:a:int4 2:b:text 3:c:bool")
	src := exectest.Source(in, 2)
	count, sum := agg(in, "count"), agg(in, "sum", "a")
	for want, p := range map[string]exec.Plan{
		"Filter c": &exec.Filter{Input: src, Cond: in.Col("c")},
		"Project b, a IS NULL AS n": &exec.Project{Input: src, Exprs: []expr.Expr{in.Col("b"), &expr.IsNull{Arg: in.Col("a")}},
			Out: exectest.ParseSchema("2:b:text 9:n:bool")},
		"Limit 5 offset 2":            &exec.Limit{Input: src, Offset: 2, Count: 5},
		"Gather":                      &exec.Exchange{Input: src, Kind: exec.Gather},
		"Merge a DESC":                &exec.Exchange{Input: src, Kind: exec.Merge, Keys: []expr.SortKey{{Expr: in.Col("a"), Desc: true, NullsFirst: true}}},
		"Hash exchange (b, a) into 4": &exec.Exchange{Input: src, Kind: exec.Hash, N: 4, Hash: []expr.ColID{2, 1}},
		"HashAggregate by b: count(*) AS a0, sum(a) AS a1": single(src, keys(in, "b"), count, sum),
		"HashAggregate final by b: count(*) AS a0":         twoPhase(src, keys(in, "b"), count),
		"Materialize m": &exec.Materialize{Source: &exec.Source{Name: "m", Input: src}},
		"Replicate a":   &exec.Replicate{Input: src, Count: in.Col("a")},
		"Values 0":      &exec.Values{Out: exec.Schema{{ID: 1, Type: types.Of(types.Int32)}}},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestProjectSet(t *testing.T) {
	in := exectest.NewTable("1:a:int4 2:l:int4[]", "1|{10,20}", "2|{}", "3|NULL", "4|{NULL,40,50}")
	for _, outer := range []bool{false, true} {
		want := []string{"1|{10,20}|10|1", "1|{10,20}|20|2", "4|{NULL,40,50}|NULL|1", "4|{NULL,40,50}|40|2", "4|{NULL,40,50}|50|3"}
		if outer {
			want = append(want, "2|{}|NULL|NULL", "3|NULL|NULL|NULL")
		}
		exectest.Check(t, exectest.Case{
			Inputs: []*exectest.Table{in},
			Plan: func(in2 []exec.Plan, parts int) exec.Plan {
				return &exec.ProjectSet{Input: in2[0], Arrays: []expr.Expr{in.Col("l")}, Number: true, Outer: outer,
					Out: append(append(exec.Schema(nil), in.Schema...), exectest.ParseSchema("3:e:int4 4:n:int8")...)}
			},
			Want: want,
		})
	}
}

func TestExpand(t *testing.T) {
	in := exectest.NewTable("1:a:int4 2:b:text", "1|x", "NULL|y", "3|NULL")
	exectest.Check(t, exectest.Case{
		Inputs: []*exectest.Table{in},
		Plan: func(p []exec.Plan, parts int) exec.Plan {
			return &exec.Expand{Input: p[0], Sets: 2, Out: exectest.ParseSchema("1:a:int4 3:b:text 4:set:int4"), Cols: []exec.ExpandColumn{
				{From: 0}, {From: 1, Has: []bool{true, false}}, {Marks: []int32{7, 8}},
			}}
		},
		Want: []string{"1|x|7", "1|NULL|8", "NULL|y|7", "NULL|NULL|8", "3|NULL|7", "3|NULL|8"},
	})
}
