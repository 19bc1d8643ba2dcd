package planner

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"sort"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

var randomPlans = flag.Int("random-plans", 400, "how many random plans to compare")
var randomSeed = flag.Int64("random-seed", 1, "where random plans start")

// TestRandomPlans compares optimized plans with what they were made from, by a naive evaluation of both:
// random joins, subqueries of all kinds at any depth, aggregations, set operations and limits, over small
// tables with many NULLs and duplicates. With rules and without, the rows must be the same.
func TestRandomPlans(t *testing.T) {
	for i := range *randomPlans {
		seed := *randomSeed + int64(i)
		g := &planGen{Rand: rand.New(rand.NewSource(seed))}
		tables := g.tables()
		text, _ := g.query(3, nil)
		if !comparePlans(t, tables, text) {
			t.Fatalf("seed %d:\n%s\n%s", seed, text, dataText(tables))
		}
	}
}

// remakes are the rules that may return an equal plan with other pointers: an order of joins is made anew even when it
// is the one that was there, and a Project that goes may have to come back for the order of the outputs.
var remakes = map[string]bool{"join-order": true, "merge-projects": true}

func comparePlans(t *testing.T, tables []*testTable, text string) bool {
	t.Helper()
	d := newDSL(tables...)
	n := d.plan(text)
	want, err := resultOf(n)
	if errors.Is(err, errTwoRows) {
		return true // a plan may see it or not
	}
	if err != nil {
		t.Errorf("%v", err)
		return false
	}
	for _, noRules := range []bool{true, false} {
		id := d.nextID
		var trace []string
		cfg := &Config{NextID: &id, NoRules: noRules, Partitions: 2}
		var steps []Node
		before := treeKey(n)
		cfg.Trace = func(rule string, n Node) {
			trace = append(trace, rule)
			steps = append(steps, n)
			key := treeKey(n)
			if key == before && !remakes[rule] {
				t.Errorf("rule %s makes a plan anew that it does not change:\n%s", rule, Print(n))
			}
			before = key
		}
		opt, err := Optimize(n, cfg)
		if err != nil {
			t.Errorf("%v", err)
			return false
		}
		got, err := resultOf(opt)
		if errors.Is(err, errTwoRows) {
			continue // a subquery that no row asks for is computed all the same, since joins build first
		}
		if err == nil && got == want {
			for _, parts := range []int{1, 3} {
				cfg.Partitions = parts
				plan, err := Lower(opt, cfg)
				if err != nil {
					t.Errorf("lowering: %v\n%s", err, Print(opt))
					return false
				}
				if got, err = executed(plan); err != nil && sqlstate.Of(err) == sqlstate.CardinalityViolation {
					continue
				}
				if err != nil || got != want {
					t.Errorf("NoRules=%v: execution (error %v) of\n%s%s\ngot\n%s\nwant\n%s", noRules, err, Print(opt), Explain(plan), got, want)
					return false
				}
			}
			continue
		}
		prev := n
		for i, s := range steps {
			if got, err := resultOf(s); err != nil || got != want {
				t.Errorf("NoRules=%v: rule %s changed the result (error %v)\nbefore:\n%safter:\n%sgot\n%s\nwant\n%s", noRules, trace[i], err, Print(prev), Print(s), got, want)
				return false
			}
			prev = s
		}
	}
	return true
}

// executed returns the rows of a physical plan, sorted.
func executed(p exec.Plan) (string, error) {
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), 2)
	var lines []string
	err := env.Pull(context.Background(), p, 0, func(b *vec.Batch) error {
		for i := range b.Len() {
			row := i
			if b.Sel != nil {
				row = int(b.Sel[i])
			}
			var line strings.Builder
			for _, v := range b.Cols {
				if v.IsNull(row) {
					line.WriteString("NULL|")
				} else {
					line.WriteString(text.String(v, row, nil) + "|")
				}
			}
			lines = append(lines, line.String())
		}
		return nil
	})
	if cerr := env.Close(); err == nil {
		err = cerr
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n"), err
}

// resultOf returns the rows of a plan, sorted.
func resultOf(n Node) (string, error) {
	v := &naive{ctes: map[int][]naiveRow{}}
	rows, err := v.rows(n, naiveRow{})
	if err != nil {
		return "", err
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = rowKey(n, r)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n"), nil
}

func dataText(tables []*testTable) string {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "%s:", t.name)
		for _, r := range t.data {
			b.WriteString(" (")
			for i, c := range r {
				if i > 0 {
					b.WriteString(" ")
				}
				b.WriteString(constText(c))
			}
			b.WriteString(")")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// planGen makes random plans as text.
type planGen struct {
	*rand.Rand
	names int
}

func (g *planGen) tables() []*testTable {
	i := types.Of(types.Int64)
	var out []*testTable
	for k, name := range []string{"t", "u", "v"} {
		tab := &testTable{name: name, rows: float64([]int{100, 20000, 1000}[(k+g.Intn(3))%3])}
		for _, c := range []string{"a", "b", "c"} {
			tab.cols = append(tab.cols, testColumn{c, i, float64(g.Intn(3)) * 10, 0, 0})
		}
		for range g.Intn(6) {
			row := make([]*expr.Const, 3)
			for j := range row {
				if row[j] = int64Const(int64(g.Intn(3))); g.Intn(5) == 0 {
					row[j] = expr.Null(i)
				}
			}
			tab.data = append(tab.data, row)
		}
		out = append(out, tab)
	}
	return out
}

func (g *planGen) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *planGen) pick(s ...string) string { return s[g.Intn(len(s))] }

// source makes a FROM item and returns its columns.
func (g *planGen) source(depth int, outer []string) (string, []string) {
	if depth > 0 && g.Intn(4) == 0 {
		l, lc := g.source(depth-1, outer)
		kind := g.pick("inner", "left", "right", "full", "semi", "anti", "inner", "left")
		if g.Intn(3) == 0 && (kind == "inner" || kind == "left") { // a lateral join
			r, rc := g.query(depth-1, append(append([]string(nil), outer...), lc...))
			cond := g.pick("true", g.cond(0, append(lc[:len(lc):len(lc)], rc...), nil))
			return fmt.Sprintf("(lateral %s %s %s %s)", kind, cond, l, r), append(lc, rc...)
		}
		r, rc := g.source(depth-1, outer)
		both := append(lc[:len(lc):len(lc)], rc...)
		sub := depth - 1
		if kind == "full" || kind == "right" || g.Intn(2) == 0 {
			sub = 0
		}
		text := fmt.Sprintf("(join %s %s %s %s)", kind, g.cond(sub, both, outer), l, r)
		if kind == "semi" || kind == "anti" {
			return text, lc
		}
		return text, both
	}
	if depth > 0 && g.Intn(4) == 0 {
		return g.query(depth-1, outer)
	}
	alias := g.name("x")
	return fmt.Sprintf("(scan %s %s)", g.pick("t", "u", "v"), alias), []string{alias + ".a", alias + ".b", alias + ".c"}
}

// query makes a query and returns the names of its columns.
func (g *planGen) query(depth int, outer []string) (string, []string) {
	if depth > 0 && g.Intn(8) == 0 {
		return g.setOp(depth-1, outer)
	}
	if depth > 0 && g.Intn(10) == 0 {
		return g.with(depth-1, outer)
	}
	text, cols := g.source(depth, outer)
	if g.Intn(10) == 0 { // equal rows are numbered in any order, which does not show
		name := g.name("r")
		text = fmt.Sprintf("(window ((%s (row_number))) (%s) (%s) %s)", name, cols[0], strings.Join(cols, " "), text)
		cols = append(cols[:len(cols):len(cols)], name)
	}
	if g.Intn(4) > 0 {
		text = fmt.Sprintf("(filter %s %s)", g.cond(depth, cols, outer), text)
	}
	switch g.Intn(5) {
	case 0:
		return g.aggregate(depth, text, cols, outer)
	case 1:
		key := cols[g.Intn(len(cols))]
		name := g.name("k")
		text, cols = fmt.Sprintf("(distinct (project ((%s %s)) %s))", name, key, text), []string{name}
	case 2:
		var items, names []string
		for range 1 + g.Intn(2) {
			name := g.name("p")
			items, names = append(items, fmt.Sprintf("(%s %s)", name, g.value(depth, cols, outer))), append(names, name)
		}
		text, cols = fmt.Sprintf("(project (%s) %s)", strings.Join(items, " "), text), names
	}
	if g.Intn(8) == 0 {
		text = fmt.Sprintf("(limit %d (sort (%s) %s))", g.Intn(3), strings.Join(cols, " "), text)
	}
	return text, cols
}

// with makes a WITH query that is read once or twice, perhaps from a subquery of its body.
func (g *planGen) with(depth int, outer []string) (string, []string) {
	q, qc := g.query(depth, outer)
	w, x, a, b := g.name("w"), g.name("c"), g.name("y"), g.name("y")
	left := fmt.Sprintf("(cte %s %s)", w, a)
	cols := []string{a + "." + x}
	body := left
	switch g.Intn(3) {
	case 0:
		cols = append(cols, b+"."+x)
		body = fmt.Sprintf("(join %s %s %s (cte %s %s))", g.pick("inner", "left", "full"), g.cond(0, cols, outer), left, w, b)
	case 1:
		body = fmt.Sprintf("(filter (any (%s %s.%s %s.%s) (filter %s (cte %s %s))) %s)", g.pick("=", "<"), a, x, b, x,
			g.cond(0, []string{b + "." + x}, append(outer[:len(outer):len(outer)], cols...)), w, b, left)
	}
	name := g.name("p")
	return fmt.Sprintf("(%s %s (project ((%s %s)) %s) (project ((%s %s)) %s))", g.pick("with", "with", "with-once"), w, x, qc[0], q, name, cols[len(cols)-1], body), []string{name}
}

func (g *planGen) setOp(depth int, outer []string) (string, []string) {
	l, lc := g.query(depth, outer)
	r, rc := g.query(depth, outer)
	x, y, z := g.name("s"), g.name("s"), g.name("s")
	text := fmt.Sprintf("(%s (project ((%s %s)) %s) (project ((%s %s)) %s))",
		g.pick("union", "union-all", "intersect", "intersect-all", "except", "except-all"), x, lc[0], l, y, rc[0], r)
	return fmt.Sprintf("(project ((%s %s)) %s)", z, x, text), []string{z}
}

func (g *planGen) aggregate(depth int, text string, cols, outer []string) (string, []string) {
	var keys, aggs, names []string
	for range g.Intn(3) {
		n := g.name("g")
		keys, names = append(keys, fmt.Sprintf("(%s %s)", n, cols[g.Intn(len(cols))])), append(names, n)
	}
	for range 1 + g.Intn(2) {
		n := g.name("m")
		call := g.pick("(count)", fmt.Sprintf("(count %s)", g.value(0, cols, outer)), fmt.Sprintf("(max %s)", g.value(0, cols, outer)),
			fmt.Sprintf("(min %s)", cols[0]), fmt.Sprintf("(count distinct %s)", cols[len(cols)-1]))
		aggs, names = append(aggs, fmt.Sprintf("(%s %s)", n, call)), append(names, n)
	}
	return fmt.Sprintf("(agg (%s) (%s) %s)", strings.Join(keys, " "), strings.Join(aggs, " "), text), names
}

// column returns a column, now and then of an outer row.
func (g *planGen) column(cols, outer []string) string {
	if len(outer) > 0 && g.Intn(3) == 0 {
		return outer[g.Intn(len(outer))]
	}
	return cols[g.Intn(len(cols))]
}

func (g *planGen) value(depth int, cols, outer []string) string {
	switch n := g.Intn(10); {
	case n == 0:
		return fmt.Sprint(g.Intn(3))
	case n == 1:
		return fmt.Sprintf("(+ %s %s)", g.column(cols, outer), g.column(cols, outer))
	case n == 2:
		return fmt.Sprintf("(coalesce %s %d)", g.column(cols, outer), g.Intn(3))
	case n < 6 && depth > 0:
		q, qc := g.query(depth-1, append(append([]string(nil), outer...), cols...))
		if g.Intn(2) == 0 {
			name := g.name("m")
			return fmt.Sprintf("(scalar (agg () ((%s (%s))) %s))", name, g.pick("count", "max "+qc[0], "min "+qc[0]), q)
		}
		name := g.name("q")
		if g.Intn(3) == 0 { // raises an error for two rows, then nothing is compared
			return fmt.Sprintf("(scalar (distinct (project ((%s %s)) %s)))", name, qc[0], q)
		}
		return fmt.Sprintf("(scalar (project ((%s %s)) (limit 1 (sort (%s) %s))))", name, qc[0], strings.Join(qc, " "), q)
	}
	return g.column(cols, outer)
}

func (g *planGen) cond(depth int, cols, outer []string) string {
	inner := append(append([]string(nil), outer...), cols...)
	switch n := g.Intn(16); {
	case n == 0:
		return fmt.Sprintf("(and %s %s)", g.cond(depth, cols, outer), g.cond(depth, cols, outer))
	case n == 1:
		return fmt.Sprintf("(or %s %s)", g.cond(depth, cols, outer), g.cond(depth, cols, outer))
	case n == 2:
		return fmt.Sprintf("(not %s)", g.cond(depth, cols, outer))
	case n == 3:
		return fmt.Sprintf("(%s %s)", g.pick("is-null", "is-not-null"), g.column(cols, outer))
	case n == 4:
		return fmt.Sprintf("(in %s %d %d)", g.column(cols, outer), g.Intn(3), g.Intn(3))
	case n < 8 && depth > 0:
		q, _ := g.query(depth-1, inner)
		return fmt.Sprintf("(exists %s)", q)
	case n < 11 && depth > 0:
		q, qc := g.query(depth-1, inner)
		return fmt.Sprintf("(%s (%s %s %s) %s)", g.pick("any", "all", "any"), g.pick("=", "=", "<>", "<"), g.column(cols, outer), qc[0], q)
	}
	return fmt.Sprintf("(%s %s %s)", g.pick("=", "=", "=", "<>", "<", ">="), g.value(depth, cols, outer), g.value(0, cols, outer))
}
