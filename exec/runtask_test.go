package exec_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// runner returns a runner of a plan.
func runner(t *testing.T, p exec.Plan) *exec.Runner {
	t.Helper()
	f := &fn.Ctx{Location: time.UTC}
	r, err := exec.NewRunner(p, f, func(ctx context.Context) *exec.Env { return exec.NewEnv(ctx, f, mem.NewPool(0), 100) })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fragments(r *exec.Runner) string {
	var lines []string
	for _, f := range r.Fragments() {
		lines = append(lines, fmt.Sprintf("%d: %d tasks, %d outputs, reads %v", f.Number, f.Tasks, f.Outputs, f.Inputs))
	}
	return strings.Join(lines, "\n")
}

// TestFragments: a plan is divided at its exchanges, and at what several tasks would compute again.
func TestFragments(t *testing.T) {
	left, right := exectest.Random(1, "1:a:int4 2:s:text", 500, 50, 0.1), exectest.Random(2, "3:b:int4", 300, 50, 0.1)
	hashed := func(tab *exectest.Table, id expr.ColID) exec.Plan {
		return &exec.Exchange{Input: exectest.Source(tab, 3), Kind: exec.Hash, N: 4, Hash: []expr.ColID{id}}
	}
	gather := func(p exec.Plan) exec.Plan { return &exec.Exchange{Input: p, Kind: exec.Gather, N: 1} }
	join := func(probe, build exec.Plan, k exec.JoinKind) exec.Plan {
		return &exec.HashJoin{Probe: probe, Build: build, Kind: k, ProbeKeys: []expr.Expr{left.Col("a")}, BuildKeys: []expr.Expr{right.Col("b")},
			Out: joinSchema(left.Schema, right.Schema, k)}
	}
	source := &exec.Source{Name: "w", Input: exectest.Source(left, 2)}
	reader := &exec.Materialize{Source: source, Out: left.Schema}
	for _, c := range []struct {
		name string
		plan exec.Plan
		want string
	}{
		{"an exchange with nothing to do is none", gather(exectest.Source(left, 1)), "0: 1 tasks, 1 outputs, reads []"},
		{"a scan, then groups", gather(&exec.Filter{Input: hashed(left, 1), Cond: &expr.IsNull{Arg: left.Col("a")}}),
			"0: 3 tasks, 4 outputs, reads []\n1: 4 tasks, 1 outputs, reads [0]"},
		{"a build side that all tasks read", gather(join(exectest.Source(left, 3), exectest.Source(right, 2), exec.Inner)),
			"0: 2 tasks, 2 outputs, reads []\n1: 3 tasks, 1 outputs, reads [0]"},
		{"a join that puts out build rows", gather(join(hashed(left, 1), hashed(right, 3), exec.FullOuter)),
			"0: 3 tasks, 4 outputs, reads []\n1: 3 tasks, 4 outputs, reads []\n2: 1 tasks, 1 outputs, reads [0 1]"},
		{"a source of two readers", gather(&exec.Union{In: []exec.Plan{reader, gather(reader)}, Out: left.Schema}),
			"0: 2 tasks, 2 outputs, reads []\n1: 2 tasks, 1 outputs, reads [0]\n2: 3 tasks, 1 outputs, reads [0 1]"},
	} {
		if got := fragments(runner(t, c.plan)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestTaskRefuses: a task of another plan is not run, nor one whose input is not what its fragment reads.
func TestTaskRefuses(t *testing.T) {
	tab := exectest.Random(1, "1:a:int4", 500, 50, 0.1)
	r := runner(t, &exec.Filter{Input: &exec.Exchange{Input: exectest.Source(tab, 2), Kind: exec.Hash, N: 2, Hash: []expr.ColID{1}},
		Cond: &expr.IsNull{Arg: tab.Col("a"), Not: true}})
	dir := t.TempDir()
	written, err := exectest.RunTasks(context.Background(), dir, 1, 1, func() (*exec.Runner, error) { return r, nil })
	if err != nil {
		t.Fatal(err)
	}
	spec := exec.TaskSpec{Fingerprint: r.Fingerprint(), Fragment: 1, Task: 1, Attempt: 7, Dir: dir}
	changed := func(f func(m *exec.Manifest)) []exec.Manifest {
		in := slices.Clone(written)
		i := slices.IndexFunc(in, func(m exec.Manifest) bool { return m.Partition == 1 })
		f(&in[i])
		return in
	}
	same := func(*exec.Manifest) {}
	for _, c := range []struct {
		name   string
		spec   func(s *exec.TaskSpec)
		inputs []exec.Manifest
		code   sqlstate.Code
	}{
		{"fingerprint", func(s *exec.TaskSpec) { s.Fingerprint = "?" }, written, sqlstate.ObjectNotInPrerequisite},
		{"fragment", func(s *exec.TaskSpec) { s.Fragment = 2 }, written, sqlstate.InvalidParameterValue},
		{"task", func(s *exec.TaskSpec) { s.Task = 2 }, written, sqlstate.InvalidParameterValue},
		{"directory", func(s *exec.TaskSpec) { s.Dir += "/none" }, written, sqlstate.IOError},
		{"missing", nil, changed(func(m *exec.Manifest) { m.Fragment = 9 }), sqlstate.ObjectNotInPrerequisite},
		{"twice", nil, append(changed(same), *ptr(changed(same)[0])), sqlstate.ObjectNotInPrerequisite},
		{"attempt", nil, changed(func(m *exec.Manifest) { m.Attempt++ }), sqlstate.ObjectNotInPrerequisite},
		{"partition", nil, changed(func(m *exec.Manifest) { m.Partition = 2 }), sqlstate.ObjectNotInPrerequisite},
		{"name", nil, changed(func(m *exec.Manifest) { m.Files = []string{"../x"} }), sqlstate.ObjectNotInPrerequisite},
		{"no file", nil, changed(func(m *exec.Manifest) { m.Files = []string{"x"} }), sqlstate.IOError},
	} {
		s := spec
		if c.spec != nil {
			c.spec(&s)
		}
		if _, err := r.RunTask(context.Background(), s, c.inputs); err == nil || sqlstate.Of(err) != c.code {
			t.Errorf("%s: error %v, want code %s", c.name, err, c.code)
		}
	}
	if _, err := r.RunTask(context.Background(), spec, changed(same)); err != nil {
		t.Errorf("the task as it should be: %v", err)
	}
}

func ptr[T any](x T) *T { return &x }

// TestFailedTaskLeavesNothing: whatever a task has written is gone when it fails.
func TestFailedTaskLeavesNothing(t *testing.T) {
	var lines []string
	for i := range 5000 {
		lines = append(lines, fmt.Sprint(4999-i))
	}
	tab := exectest.NewTable("1:a:int4", lines...)
	plan := &exec.Exchange{Kind: exec.Hash, N: 3, Hash: []expr.ColID{2}, Input: &exec.Project{Input: exectest.Source(tab, 1),
		Exprs: []expr.Expr{call("/", tab.Col("a"), tab.Col("a"))}, Out: exectest.ParseSchema("2:q:int4")}}
	dir := t.TempDir()
	r := runner(t, plan)
	_, err := r.RunTask(context.Background(), exec.TaskSpec{Fingerprint: r.Fingerprint(), Dir: dir}, nil)
	if sqlstate.Of(err) != sqlstate.DivisionByZero {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// TestFingerprint: a plan made again has the same fingerprint, and one that differs in anything has another.
func TestFingerprint(t *testing.T) {
	tab := exectest.Random(1, "1:a:int4 2:b:int8", 10, 5, 0.1)
	constant := func(typ types.Type, n int) expr.Expr {
		b := vec.NewBuilder(typ)
		vec.Append(b, int64(n))
		v := b.Finish()
		v.Enc = vec.Const
		return &expr.Const{Value: v}
	}
	bigint, stamp := types.Of(types.Int64), types.Of(types.Timestamp)
	sorted := func(k expr.SortKey, top int64) exec.Plan {
		return &exec.Sort{Input: exectest.Source(tab, 2), Keys: []expr.SortKey{k}, Top: top}
	}
	project := func(e expr.Expr, out string) exec.Plan {
		return &exec.Project{Input: exectest.Source(tab, 2), Exprs: []expr.Expr{e}, Out: exectest.ParseSchema(out)}
	}
	reader := func(s *exec.Source) exec.Plan { return &exec.Materialize{Source: s, Out: tab.Schema} }
	plans := func() []exec.Plan {
		s1, s2 := &exec.Source{Input: exectest.Source(tab, 2)}, &exec.Source{Input: exectest.Source(tab, 2)}
		return []exec.Plan{
			exectest.Source(tab, 2),
			exectest.Source(tab, 3),
			sorted(expr.SortKey{Expr: tab.Col("a")}, -1),
			sorted(expr.SortKey{Expr: tab.Col("a"), Desc: true}, -1),
			sorted(expr.SortKey{Expr: tab.Col("a"), NullsFirst: true}, -1),
			sorted(expr.SortKey{Expr: tab.Col("b")}, -1),
			sorted(expr.SortKey{Expr: tab.Col("a")}, 5),
			project(constant(bigint, 1), "3:x:int8"),
			project(constant(bigint, 2), "3:x:int8"),
			project(constant(stamp, 1), "3:x:int8"),
			project(constant(bigint, 1), "4:x:int8"),
			project(call("+", tab.Col("b"), constant(bigint, 1)), "3:x:int8"),
			project(call("-", tab.Col("b"), constant(bigint, 1)), "3:x:int8"),
			&exec.Union{In: []exec.Plan{reader(s1), reader(s1)}, Out: tab.Schema},
			&exec.Union{In: []exec.Plan{reader(s1), reader(s2)}, Out: tab.Schema},
			&exec.Exchange{Input: exectest.Source(tab, 2), Kind: exec.Hash, N: 2, Hash: []expr.ColID{1}},
			&exec.Exchange{Input: exectest.Source(tab, 2), Kind: exec.Hash, N: 3, Hash: []expr.ColID{1}},
			&exec.Exchange{Input: exectest.Source(tab, 2), Kind: exec.Gather, N: 1},
		}
	}
	print := func(p exec.Plan, f *fn.Ctx) string {
		s, err := exec.Fingerprint(p, f)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	seen := map[string]int{}
	again := plans()
	for i, p := range plans() {
		f := print(p, &fn.Ctx{Location: time.UTC})
		if f != print(again[i], &fn.Ctx{Location: time.UTC}) {
			t.Errorf("plan %d (%s) has another fingerprint when made again", i, p)
		}
		if k, ok := seen[f]; ok {
			t.Errorf("plans %d and %d have the same fingerprint", k, i)
		}
		seen[f] = i
		for _, other := range []*fn.Ctx{{Location: time.FixedZone("x", 60)}, {Location: time.UTC, Now: time.Unix(1, 0)}, {Location: time.UTC, User: "x"}} {
			if f == print(p, other) {
				t.Errorf("plan %d: the fingerprint does not depend on the settings", i)
			}
		}
	}
	if _, err := exec.Fingerprint(&onlyHere{}, &fn.Ctx{}); sqlstate.Of(err) != sqlstate.FeatureNotSupported {
		t.Errorf("a plan that says nothing of itself: %v", err)
	}
}

// onlyHere is a plan that has not said what decides its rows.
type onlyHere struct {
	exec.Plan
	state int
}
