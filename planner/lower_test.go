package planner

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// TestLower shows physical plans for 4 partitions; see testdata/lower.txt.
func TestLower(t *testing.T) {
	golden(t, "lower.txt", func(t *testing.T, text string) string {
		d := newDSL(smallTables()...)
		cfg := &Config{NextID: &d.nextID, Partitions: 4}
		n, err := Optimize(d.plan(text), cfg)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Lower(n, cfg)
		if err != nil {
			t.Fatal(err)
		}
		return Explain(p)
	})
}

// TestExplainAnalyze: what was measured stands beside each operator.
func TestExplainAnalyze(t *testing.T) {
	d := newDSL(smallTables()...)
	tab := d.tables["c"]
	for range 5 {
		tab.data = append(tab.data, []*expr.Const{int64Const(2), expr.Null(types.Of(types.Text)), expr.Null(types.Of(types.Text))})
	}
	cfg := &Config{NextID: &d.nextID, Partitions: 2}
	n, err := Optimize(d.plan("(agg () ((n (count))) (filter (= id 2) (scan c)))"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Lower(n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	env := exec.NewEnv(context.Background(), &fn.Ctx{}, mem.NewPool(0), 1024)
	env.Profile = exec.NewProfile()
	if err := env.Pull(context.Background(), p, 0, func(*vec.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	env.Close()
	text := NewReport(p, nil, env.Profile).Text(PrintOptions{Timing: true})
	got := regexp.MustCompile(`[0-9]+\.[0-9]{3}`).ReplaceAllString(text, "T")
	want := `Aggregate  (actual time=T..T rows=1 batches=1 self=T total=T)
  Aggregates: count(*)
  Memory: 64 B
  ->  Filter  (actual time=T..T rows=5 batches=1 self=T total=T)
        Filter: id = 2
        ->  Scan c [1] prune: id = 2  (actual time=T..T rows=5 batches=1 self=T total=T)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestLimitErrors: negative numbers are PostgreSQL's errors, NULL is no limit.
func TestLimitErrors(t *testing.T) {
	for _, c := range []struct {
		text string
		code sqlstate.Code
	}{
		{"(limit -1 (scan c))", sqlstate.InvalidRowCountInLimit},
		{"(limit 1 -1 (scan c))", sqlstate.InvalidRowCountInOffset},
		{"(limit null (scan c))", ""},
	} {
		for _, noRules := range []bool{false, true} {
			d := newDSL(smallTables()...)
			cfg := &Config{NextID: &d.nextID, NoRules: noRules}
			n, err := Optimize(d.plan(c.text), cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Lower(n, cfg)
			if c.code == "" && err != nil || c.code != "" && (err == nil || sqlstate.Of(err) != c.code) {
				t.Errorf("%s: %v, want code %q", c.text, err, c.code)
			}
		}
	}
}

// TestBindParams: parameters become constants, in subqueries too.
func TestBindParams(t *testing.T) {
	d := newDSL(smallTables()...)
	n := d.plan("(filter (exists (filter (= o.cid 99) (scan o))) (scan c))")
	n = rewriteExprs(n, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Const); ok {
			return &expr.Param{N: 1, Typ: c.Type()}
		}
		return e
	})
	if !strings.Contains(Print(n), "cid = $1") {
		t.Fatalf("no parameter in\n%s", Print(n))
	}
	n = BindParams(n, []*vec.Vector{vec.New(types.Of(types.Int64), types.KInt64, []int64{7}, nil)})
	if !strings.Contains(Print(n), "cid = 7") {
		t.Errorf("got\n%s", Print(n))
	}
}

// TestBrokenRule: a rule that loses a column is named by the error.
func TestBrokenRule(t *testing.T) {
	old := rules
	defer func() { rules = old }()
	rules = []rule{{"lose-columns", true, pure(func(o *optimizer, n Node) Node {
		return bottomUp(n, func(n Node) Node {
			if s, ok := n.(*Scan); ok {
				c := *s
				c.Cols = nil
				return &c
			}
			return n
		})
	})}}
	d := newDSL(smallTables()...)
	_, err := Optimize(d.plan("(project (name) (filter (> id 5) (scan c)))"), &Config{NextID: &d.nextID})
	if err == nil || !strings.Contains(err.Error(), "lose-columns") {
		t.Errorf("error %v", err)
	}
}

// TestRulesKeepPointers: what has been optimized is not changed by the rules that a second run would repeat.
func TestRulesKeepPointers(t *testing.T) {
	d := newDSL(smallTables()...)
	cfg := &Config{NextID: &d.nextID}
	n, err := Optimize(d.plan("(project (name) (filter (and (> id 5) (= cid c.id)) (join inner true (scan c) (project (cid day) (scan o)))))"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	o := newOptimizer(n, cfg)
	for _, r := range rules {
		if r.name == "join-order" || r.name == "scan-hints" { // these build anew
			continue
		}
		m, err := o.run(r, n)
		if err != nil {
			t.Fatal(err)
		}
		if m != n {
			t.Errorf("rule %s changed\n%sto\n%s", r.name, Print(n), Print(m))
		}
	}
}
