package exec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// tri is a truth value of three-valued logic.
type tri int8

const (
	no tri = iota
	unknown
	yes
)

// naiveJoin is what the joins are measured by: every pair of rows is looked at. match gives the join
// condition; candidate, when set, excludes pairs that a mark must not see.
type naiveJoin struct {
	probe, build *exectest.Table
	kind         exec.JoinKind
	match        func(i, j int) tri
}

func (n naiveJoin) nulls(k int) string { return strings.TrimSuffix(strings.Repeat("NULL|", k), "|") }

// rows returns the join's rows as text; ok is false when it raises 21000.
func (n naiveJoin) rows() (out []string, ok bool) {
	hit := make([]bool, n.build.Rows)
	for i := range n.probe.Rows {
		p := n.probe.Row(i)
		matches, best := 0, no
		for j := range n.build.Rows {
			m := n.match(i, j)
			best = max(best, m)
			if m != yes {
				continue
			}
			matches++
			hit[j] = true
			switch n.kind {
			case exec.Inner, exec.Outer, exec.BuildOuter, exec.FullOuter, exec.Singular:
				out = append(out, p+"|"+n.build.Row(j))
			}
		}
		switch n.kind {
		case exec.Outer, exec.FullOuter, exec.Singular:
			if matches == 0 {
				out = append(out, p+"|"+n.nulls(len(n.build.Cols)))
			}
			if n.kind == exec.Singular && matches > 1 {
				return nil, false
			}
		case exec.Semi:
			if matches > 0 {
				out = append(out, p)
			}
		case exec.Anti:
			if matches == 0 {
				out = append(out, p)
			}
		case exec.Mark:
			out = append(out, p+"|"+[]string{"f", "NULL", "t"}[best])
		}
	}
	for j, h := range hit {
		switch n.kind {
		case exec.BuildOuter, exec.FullOuter:
			if !h {
				out = append(out, n.nulls(len(n.probe.Cols))+"|"+n.build.Row(j))
			}
		case exec.BuildSemi, exec.BuildAnti:
			if h == (n.kind == exec.BuildSemi) {
				out = append(out, n.build.Row(j))
			}
		}
	}
	return out, true
}

var joinKinds = []exec.JoinKind{exec.Inner, exec.Outer, exec.BuildOuter, exec.FullOuter, exec.Semi, exec.Anti, exec.Mark,
	exec.Singular, exec.BuildSemi, exec.BuildAnti}

// joinSchema is the output of a join.
func joinSchema(probe, build exec.Schema, kind exec.JoinKind) exec.Schema {
	mark := exec.Field{ID: 999, Name: "mark", Type: types.Of(types.Bool)}
	switch kind {
	case exec.Semi, exec.Anti:
		return probe
	case exec.Mark:
		return append(append(exec.Schema{}, probe...), mark)
	case exec.BuildSemi, exec.BuildAnti:
		return build
	}
	return append(append(exec.Schema{}, probe...), build...)
}

// call is the operator op on two expressions of the same type.
func call(op string, a, b expr.Expr) expr.Expr {
	for _, f := range fn.Scalars(op) {
		if len(f.Args) == 2 && f.Args[0].ID == a.Type().ID && f.Args[1].ID == b.Type().ID {
			return &expr.Call{Fn: f, Args: []expr.Expr{a, b}, Typ: f.ReturnType([]types.Type{a.Type(), b.Type()})}
		}
	}
	panic("no operator " + op + " for " + a.Type().String())
}

// equalTri is a = b in three-valued logic.
func equalTri(a *vec.Vector, i int, b *vec.Vector, j int, nullEqual bool) tri {
	an, bn := a.IsNull(i), b.IsNull(j)
	switch {
	case nullEqual && (an || bn):
		return map[bool]tri{true: yes, false: no}[an == bn]
	case an || bn:
		return unknown
	case vec.CompareRows(a, i, b, j) == 0:
		return yes
	}
	return no
}

// lessTri is a < b for bigint columns.
func lessTri(a *vec.Vector, i int, b *vec.Vector, j int) tri {
	switch {
	case a.IsNull(i) || b.IsNull(j):
		return unknown
	case vec.At[int64](a, i) < vec.At[int64](b, j):
		return yes
	}
	return no
}

type joinShape struct {
	name         string
	types        []string // of the keys
	probe, build int      // rows
	distinct     int
	nulls        float64
	nullEqual    []bool
	residual     bool // also tried with a residual condition
	unique       bool // no two build rows have the same keys
}

func (s joinShape) tables(seed uint64) (probe, build *exectest.Table) {
	var p, b strings.Builder
	for k, t := range s.types {
		fmt.Fprintf(&p, "%d:p%d:%s ", 1+k, k, t)
		fmt.Fprintf(&b, "%d:b%d:%s ", 101+k, k, t)
	}
	p.WriteString("50:pv:int8 51:ps:text")
	b.WriteString("150:bv:int8 151:bs:text")
	probe = exectest.Random(seed, p.String(), s.probe, s.distinct, s.nulls)
	build = exectest.Random(seed+1000, b.String(), s.build, s.distinct, s.nulls)
	if s.unique {
		keepFirst(build, len(s.types))
	}
	return probe, build
}

// keepFirst leaves of rows that agree in the first columns only one.
func keepFirst(t *exectest.Table, columns int) {
	seen := map[string]bool{}
	var rows []uint32
	for i := range t.Rows {
		k := (&exectest.Table{Cols: t.Cols[:columns]}).Row(i)
		if !seen[k] {
			seen[k] = true
			rows = append(rows, uint32(i))
		}
	}
	for i, v := range t.Cols {
		t.Cols[i] = vec.Gather(v, rows)
	}
	t.Rows = len(rows)
}

func (s joinShape) keys(probe, build *exectest.Table) (pk, bk []expr.Expr) {
	for k := range s.types {
		pk = append(pk, probe.Col(fmt.Sprintf("p%d", k)))
		bk = append(bk, build.Col(fmt.Sprintf("b%d", k)))
	}
	return pk, bk
}

func (s joinShape) match(probe, build *exectest.Table) func(i, j int) tri {
	return func(i, j int) tri {
		m := yes
		for k := range s.types {
			m = min(m, equalTri(probe.Cols[k], i, build.Cols[k], j, s.nullEqual != nil && s.nullEqual[k]))
		}
		return m
	}
}

var joinShapes = []joinShape{
	{name: "int", types: []string{"int4"}, probe: 60, build: 30, distinct: 12, nulls: 0.1, residual: true},
	{name: "int without nulls", types: []string{"int4"}, probe: 60, build: 30, distinct: 12},
	{name: "few matches", types: []string{"int4"}, probe: 60, build: 6, distinct: 100000, residual: true},
	{name: "unique int", types: []string{"int4"}, probe: 60, build: 30, distinct: 12, nulls: 0.1, unique: true, residual: true},
	{name: "unique sparse", types: []string{"int8"}, probe: 60, build: 30, distinct: 25, unique: true, residual: true},
	{name: "unique text", types: []string{"text"}, probe: 60, build: 30, distinct: 14, nulls: 0.1, unique: true, residual: true},
	{name: "unique two", types: []string{"int4", "text"}, probe: 60, build: 30, distinct: 4, nulls: 0.1, unique: true, residual: true},
	{name: "bigint sparse", types: []string{"int8"}, probe: 60, build: 30, distinct: 25, nulls: 0.1},
	{name: "text", types: []string{"text"}, probe: 50, build: 30, distinct: 14, nulls: 0.1, residual: true},
	{name: "short text", types: []string{"text"}, probe: 50, build: 30, distinct: 3, nulls: 0.1},
	{name: "float", types: []string{"float8"}, probe: 50, build: 30, distinct: 20, nulls: 0.1},
	{name: "numeric", types: []string{"numeric(20,2)"}, probe: 50, build: 30, distinct: 15, nulls: 0.1},
	{name: "dynamic numeric", types: []string{"numeric"}, probe: 50, build: 30, distinct: 15, nulls: 0.1},
	{name: "uuid", types: []string{"uuid"}, probe: 50, build: 30, distinct: 15, nulls: 0.1},
	{name: "two ints", types: []string{"int4", "int8"}, probe: 60, build: 40, distinct: 4, nulls: 0.15, residual: true},
	{name: "int and text", types: []string{"int4", "text"}, probe: 60, build: 40, distinct: 5, nulls: 0.15, residual: true},
	{name: "three", types: []string{"bool", "date", "text"}, probe: 60, build: 40, distinct: 4, nulls: 0.2},
	{name: "null equal", types: []string{"int4"}, probe: 40, build: 30, distinct: 8, nulls: 0.2, nullEqual: []bool{true}},
	{name: "one null equal", types: []string{"int4", "text"}, probe: 60, build: 30, distinct: 4, nulls: 0.2, nullEqual: []bool{false, true}, residual: true},
	{name: "empty build", types: []string{"int4"}, probe: 30, build: 0, distinct: 8, nulls: 0.2, residual: true},
	{name: "empty probe", types: []string{"text"}, probe: 0, build: 30, distinct: 8, nulls: 0.2},
	{name: "null keys", types: []string{"int4"}, probe: 30, build: 10, distinct: 8, nulls: 1},
}

// TestHashJoin: all kinds and types of keys give the rows of a naive nested loop.
func TestHashJoin(t *testing.T) {
	for n, s := range joinShapes {
		for _, kind := range joinKinds {
			t.Run(fmt.Sprintf("%s/%s", s.name, kind), func(t *testing.T) {
				probe, build := s.tables(uint64(n))
				checkJoin(t, naiveJoin{probe, build, kind, s.match(probe, build)}, func(in []exec.Plan) exec.Plan {
					pk, bk := s.keys(probe, build)
					return &exec.HashJoin{Probe: in[0], Build: in[1], Kind: kind, ProbeKeys: pk, BuildKeys: bk, NullEqual: s.nullEqual,
						MarkID: 999, Out: joinSchema(probe.Schema, build.Schema, kind)}
				})
			})
		}
	}
}

// TestHashJoinPrefix: build keys with a common prefix, against probe keys that share some of it.
func TestHashJoinPrefix(t *testing.T) {
	for _, prefix := range []string{"", "p", "p:", "pre-", "prefix-", "a prefix of many bytes: "} {
		table := func(schema string, suffixes ...string) *exectest.Table {
			tab := &exectest.Table{Schema: exectest.ParseSchema(schema), Rows: len(suffixes) + 1}
			b := vec.NewBuilder(tab.Schema[0].Type)
			for _, s := range suffixes {
				b.AppendString(strings.ReplaceAll(s, "^", prefix))
			}
			b.AppendNull()
			tab.Cols = []*vec.Vector{b.Finish()}
			return tab
		}
		build := table("1:b:text", "^a1", "^", "^b22", "^1234567", "^a1", "^\x00", "^a1\x00")
		probe := table("2:p:text", "^a1", "^", "^a", "^a1x", "", "x", "^b22", "^12345678", "^1234567", "^\x00", "^\x00\x00", "^a1\x00", "x^a1", "a1",
			"Prefix-a1", "prefix", "pre_a1", "a prefix of many bytes, a1", "^^", "^a prefix of many bytes: a1")
		for _, kind := range []exec.JoinKind{exec.Inner, exec.Mark, exec.FullOuter} {
			match := func(i, j int) tri { return equalTri(probe.Cols[0], i, build.Cols[0], j, false) }
			checkJoin(t, naiveJoin{probe, build, kind, match}, func(in []exec.Plan) exec.Plan {
				return &exec.HashJoin{Probe: in[0], Build: in[1], Kind: kind, ProbeKeys: []expr.Expr{probe.Col("p")}, BuildKeys: []expr.Expr{build.Col("b")},
					MarkID: 999, Out: joinSchema(probe.Schema, build.Schema, kind)}
			})
		}
	}
}

// TestHashJoinResidual: a residual condition decides which pairs match; in mark joins it alone makes NULLs.
func TestHashJoinResidual(t *testing.T) {
	for n, s := range joinShapes {
		if !s.residual {
			continue
		}
		for _, kind := range joinKinds {
			t.Run(fmt.Sprintf("%s/%s", s.name, kind), func(t *testing.T) {
				probe, build := s.tables(uint64(n))
				keys := s.match(probe, build)
				pv, bv := len(s.types), len(s.types)
				match := func(i, j int) tri {
					if keys(i, j) != yes {
						return no
					}
					return lessTri(probe.Cols[pv], i, build.Cols[bv], j)
				}
				checkJoin(t, naiveJoin{probe, build, kind, match}, func(in []exec.Plan) exec.Plan {
					pk, bk := s.keys(probe, build)
					return &exec.HashJoin{Probe: in[0], Build: in[1], Kind: kind, ProbeKeys: pk, BuildKeys: bk, NullEqual: s.nullEqual,
						Residual: call("<", probe.Col("pv"), build.Col("bv")), MarkID: 999, Out: joinSchema(probe.Schema, build.Schema, kind)}
				})
			})
		}
	}
}

// TestLoopJoin: conditions without equality, and none.
func TestLoopJoin(t *testing.T) {
	shapes := []joinShape{
		{name: "small build", probe: 40, build: 5, distinct: 6, nulls: 0.1},
		{name: "large build", probe: 10, build: 50, distinct: 6, nulls: 0.1},
		{name: "no nulls", probe: 20, build: 20, distinct: 6},
		{name: "one build row", probe: 20, build: 1, distinct: 1000},
		{name: "few matches", probe: 40, build: 40, distinct: 2, nulls: 0.9},
		{name: "empty build", probe: 20, build: 0, distinct: 6},
		{name: "empty probe", probe: 0, build: 20, distinct: 6},
	}
	for n, s := range shapes {
		for _, kind := range joinKinds {
			for _, cross := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", s.name, kind, cross), func(t *testing.T) {
					probe, build := s.tables(uint64(n))
					var cond expr.Expr
					match := func(i, j int) tri { return yes }
					if !cross {
						cond = call("<", probe.Col("pv"), build.Col("bv"))
						match = func(i, j int) tri { return lessTri(probe.Cols[0], i, build.Cols[0], j) }
					}
					checkJoin(t, naiveJoin{probe, build, kind, match}, func(in []exec.Plan) exec.Plan {
						return &exec.LoopJoin{Probe: in[0], Build: in[1], Kind: kind, Cond: cond, MarkID: 999,
							Out: joinSchema(probe.Schema, build.Schema, kind)}
					})
				})
			}
		}
	}
}

func checkJoin(t *testing.T, n naiveJoin, plan func(in []exec.Plan) exec.Plan) {
	t.Helper()
	c := exectest.Case{Inputs: []*exectest.Table{n.probe, n.build}, MayStopEarly: n.build.Rows == 0,
		Plan: func(in []exec.Plan, parts int) exec.Plan { return plan(in) }}
	rows, ok := n.rows()
	if !ok {
		c.Code = sqlstate.CardinalityViolation
	} else if c.Want = rows; rows == nil {
		c.Want = []string{}
	}
	exectest.Check(t, c)
}

// TestHashJoinLarge joins enough rows for all layouts of the table, built by several goroutines.
func TestHashJoinLarge(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rows = 150_000
	cases := []struct {
		name string
		key  func() int64
	}{
		{"dense with duplicates", func() int64 { return rng.Int64N(rows) }},
		{"sparse with duplicates", func() int64 { return rng.Int64N(rows) * 1_000_003 }},
		{"few", func() int64 { return rng.Int64N(100) * 1_000_000_007 }},
		{"sparse", func() int64 { return rng.Int64() }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			build := make([]int64, rows)
			count := map[int64]int{}
			for i := range build {
				build[i] = c.key()
				count[build[i]]++
			}
			probe := make([]int64, 2000)
			want := 0
			for i := range probe {
				if probe[i] = c.key(); i%2 == 0 {
					probe[i] = build[rng.IntN(rows)]
				}
				want += count[probe[i]]
			}
			for _, strings := range []bool{false, true} {
				if got := joinCount(t, probe, build, strings); got != want {
					t.Errorf("strings %v: %d rows, want %d", strings, got, want)
				}
			}
		})
	}
}

func joinCount(t *testing.T, probe, build []int64, strings bool) int {
	t.Helper()
	column := func(id expr.ColID, v []int64) *exectest.Table {
		typ := types.Of(types.Int64)
		col := vec.New(typ, types.KInt64, v, nil)
		if strings {
			typ = types.Of(types.Text)
			b := vec.NewBuilder(typ)
			for _, x := range v {
				b.AppendString(fmt.Sprint("key number ", x))
			}
			col = b.Finish()
		}
		return &exectest.Table{Schema: exec.Schema{{ID: id, Name: "k", Type: typ}}, Cols: []*vec.Vector{col}, Rows: len(v)}
	}
	p, b := column(1, probe), column(2, build)
	j := &exec.HashJoin{Probe: exectest.Source(p, 2), Build: exectest.Source(b, 3), Kind: exec.Inner,
		ProbeKeys: []expr.Expr{p.Col("k")}, BuildKeys: []expr.Expr{b.Col("k")}, Out: joinSchema(p.Schema, b.Schema, exec.Inner)}
	n := 0
	for _, batch := range run(t, j) {
		if batch.Len() > 8192 {
			t.Errorf("a batch of %d rows", batch.Len())
		}
		for i := range batch.Rows {
			if batch.Sel == nil && !vec.EqualRows(batch.Cols[0], i, batch.Cols[1], i) {
				t.Fatal("a pair with different keys")
			}
		}
		n += batch.Len()
	}
	return n
}
