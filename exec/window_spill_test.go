package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// windowTable returns rows with partitions of several sizes in many, in few with a large one in few, and in all the
// same in one.
func windowTable(n int) *exectest.Table {
	tab := exectest.Random(11, "1:many:int4 2:few:int4 3:one:int4 4:k:int4 5:v:text 6:n:int4 7:i8:int8 8:num:numeric(20,2) 9:f8:float8 10:f:bool", n, 2000, 0.05)
	few, one := tab.Cols[1], tab.Cols[2]
	few.Valid, one.Valid = nil, nil
	f8 := vec.Values[float64](tab.Cols[8])
	for i := range n {
		vec.Values[int32](few)[i] = int32(max(i%10-6, 0))
		vec.Values[int32](one)[i] = 7
		f8[i] = float64(i % 1000) // whose sums are exact
	}
	return tab
}

func windowPlan(tab *exectest.Table, items []*expr.Window) *exec.Window {
	out := append(exec.Schema{}, tab.Schema...)
	for i, w := range items {
		out = append(out, exec.Field{ID: expr.ColID(500 + i), Name: fmt.Sprint("w", i), Type: w.Typ})
	}
	return &exec.Window{Input: exectest.Source(tab, 1), Items: items, Out: out}
}

// compareLimited runs items with ample and with little memory and compares.
func compareLimited(t *testing.T, tab *exectest.Table, items []*expr.Window, limits ...int64) {
	t.Helper()
	p := windowPlan(tab, items)
	want, _ := limited(t, 0, 1000, p)
	for _, limit := range limits {
		got, files := limited(t, limit, 1000, p)
		if len(got) != len(want) {
			t.Fatalf("limit %d: %d rows, want %d", limit, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("limit %d: row %d is\n%s, want\n%s", limit, i, got[i], want[i])
			}
		}
		if files == 0 {
			t.Fatalf("limit %d: no files", limit)
		}
	}
}

// TestWindowSpills: all functions, over partitions that fit in memory and such that do not, with few and with many
// peers.
func TestWindowSpills(t *testing.T) {
	tab := windowTable(12_000)
	for _, partition := range []string{"", "many", "few", "one"} {
		for _, order := range []string{"", "k", "k,v,n"} {
			t.Run(partition+"/"+order, func(t *testing.T) {
				if !exectest.Sample(t, 0, 2) {
					return
				}
				var by []expr.Expr
				if partition != "" {
					by = []expr.Expr{tab.Col(partition)}
				}
				var keys []expr.SortKey
				for i, k := range strings.FieldsFunc(order, func(r rune) bool { return r == ',' }) {
					keys = append(keys, expr.SortKey{Expr: tab.Col(k), Desc: i%2 == 0, NullsFirst: i == 1})
				}
				v, n := tab.Col("v"), tab.Col("n")
				limits := []int64{400 << 10}
				if partition == "few" {
					limits = []int64{1}
				}
				compareLimited(t, tab, over(by, keys,
					windowFn("row_number"), windowFn("rank"), windowFn("dense_rank"), windowFn("percent_rank"), windowFn("cume_dist"),
					windowFn("ntile", int4(7)), windowFn("lag", v), windowFn("lead", v, int4(3)), windowFn("lag", v, int4(9_000), v),
					windowFn("lead", n, int4(2), n), windowFn("first_value", v), windowFn("last_value", v), windowFn("nth_value", v, int4(2))), limits...)
				whole := aggregate("sum", tab.Col("num"))
				whole.Frame = expr.Frame{End: expr.Bound{Kind: expr.UnboundedFollowing}}
				filtered := aggregate("max", v)
				filtered.Agg.Filter = tab.Col("f")
				rows := aggregate("count")
				rows.Frame.Mode = expr.Rows
				compareLimited(t, tab, over(by, keys, aggregate("sum", n), aggregate("avg", tab.Col("f8")), whole, filtered, rows), limits...)
			})
		}
	}
}

func aggregate(name string, args ...expr.Expr) *expr.Window {
	a := aggregateOf(name, args...)
	return &expr.Window{Agg: a, Typ: a.Typ, Frame: expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}}
}

// TestWindowFramesSpill: frames in rows around the current one, and all kinds of bounds that need no memory.
func TestWindowFramesSpill(t *testing.T) {
	tab := windowTable(15_000)
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range 15 {
		f := expr.Frame{Mode: expr.Rows}
		for {
			f.Start, f.End = randomBound(rng, false), randomBound(rng, true)
			if f.Start.Kind == expr.UnboundedPreceding || f.End.Kind != expr.UnboundedFollowing {
				break
			}
		}
		for _, b := range []*expr.Bound{&f.Start, &f.End} {
			if b.Offset != nil && i%3 == 0 {
				b.Offset = int4(int32(rng.IntN(300)))
			}
		}
		by := []expr.Expr{tab.Col([]string{"one", "few", "many"}[i%3])}
		t.Run(fmt.Sprintf("%d/%s", i, f.String()), func(t *testing.T) {
			items := []*expr.Window{aggregate("sum", tab.Col("n")), aggregate("min", tab.Col("v")), aggregate("avg", tab.Col("num")), windowAgg(tab.Col("f"), tab.Col("n")),
				aggregate("count", tab.Col("k")), windowFn("first_value", tab.Col("v")), windowFn("last_value", tab.Col("v")), windowFn("nth_value", tab.Col("v"), int4(3))}
			if f.Start.Kind == expr.UnboundedPreceding {
				items[3] = aggregate("bool_or", tab.Col("f")) // joined would be of quadratic size
			}
			for _, w := range items {
				w.Frame = f
			}
			compareLimited(t, tab, over(by, []expr.SortKey{{Expr: tab.Col("k")}, {Expr: tab.Col("v")}, {Expr: tab.Col("n")}}, items...), 1<<20)
		})
	}
}

func constant(typ, text string) expr.Expr {
	v := *exectest.NewTable("1:x:"+typ, text).Cols[0]
	v.Enc = vec.Const
	return &expr.Const{Value: &v}
}

// TestWindowOffsetsSpill: frames whose bounds are groups of peers or values of the key away.
func TestWindowOffsetsSpill(t *testing.T) {
	tab := windowTable(15_000)
	rng := rand.New(rand.NewPCG(6, 6))
	offsets := map[string]func() expr.Expr{
		"k":   func() expr.Expr { return int4(int32(rng.IntN(40))) },
		"i8":  func() expr.Expr { return int4(int32(rng.IntN(40))) },
		"num": func() expr.Expr { return constant("numeric(20,2)", fmt.Sprint(rng.IntN(30))) },
		"f8":  func() expr.Expr { return constant("float8", fmt.Sprint(rng.IntN(5))) },
	}
	for i := range 24 {
		f := expr.Frame{Mode: []expr.FrameMode{expr.Groups, expr.Range}[i%2]}
		key := []string{"k", "i8", "num", "f8"}[i/2%4]
		for {
			f.Start, f.End = randomBound(rng, false), randomBound(rng, true)
			if (f.Start.Offset != nil || f.End.Offset != nil) && (f.Start.Kind == expr.UnboundedPreceding || f.End.Kind != expr.UnboundedFollowing) {
				break
			}
		}
		for _, b := range []*expr.Bound{&f.Start, &f.End} {
			if b.Offset != nil {
				b.Offset = int4(int32(rng.IntN(30)))
				if f.Mode == expr.Range {
					b.Offset = offsets[key]()
				}
			}
		}
		sort := expr.SortKey{Expr: tab.Col(key), Desc: rng.IntN(2) == 0, NullsFirst: rng.IntN(2) == 0}
		by := []expr.Expr{tab.Col([]string{"one", "few"}[i%3%2])}
		t.Run(fmt.Sprintf("%d/%s %s %s", i, key, expr.Keys([]expr.SortKey{sort}), f.String()), func(t *testing.T) {
			if !exectest.Sample(t, i, 3) {
				return
			}
			items := []*expr.Window{aggregate("sum", tab.Col("n")), aggregate("min", tab.Col("v")), aggregate("count"),
				windowFn("first_value", tab.Col(key)), windowFn("last_value", tab.Col(key))}
			for _, w := range items {
				w.Frame = f
			}
			compareLimited(t, tab, over(by, []expr.SortKey{sort}, items...), 1<<20)
		})
	}
}

// TestWindowSpillsInAllWays gives a window that spills to the harness.
func TestWindowSpillsInAllWays(t *testing.T) {
	tab := windowTable(12_000)
	key := &expr.Coalesce{Args: []expr.Expr{tab.Col("k")}, Typ: tab.Col("k").Typ}
	items := over([]expr.Expr{tab.Col("few")}, []expr.SortKey{{Expr: key, Desc: true}},
		windowFn("rank"), windowFn("ntile", int4(3)), windowFn("lead", tab.Col("k"), int4(2)), aggregate("sum", tab.Col("n")))
	exectest.Check(t, exectest.Case{Inputs: []*exectest.Table{tab}, Spills: true, Parts: []int{1}, Ordered: true,
		Plan: func(in []exec.Plan, parts int) exec.Plan {
			p := *windowPlan(tab, items)
			p.Input = in[0]
			return &p
		}})
}

// TestWindowNeedsMemory: what cannot be computed in pieces says so.
func TestWindowNeedsMemory(t *testing.T) {
	tab := windowTable(20_000)
	w := aggregate("sum", tab.Col("n"))
	w.Frame = expr.Frame{Mode: expr.Rows, Start: expr.Bound{Kind: expr.CurrentRow}, End: expr.Bound{Kind: expr.UnboundedFollowing}}
	for _, item := range []*expr.Window{w, windowFn("lag", tab.Col("v"), tab.Col("n"))} {
		over(nil, []expr.SortKey{{Expr: tab.Col("k")}}, item)
		pool := mem.NewPool(300 << 10)
		env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, 1000)
		store := spill.NewStore(t.TempDir(), 0)
		env.Spill = store.Space(0)
		_, err := exectest.Collect(env, windowPlan(tab, []*expr.Window{item}))
		if sqlstate.Of(err) != sqlstate.OutOfMemory {
			t.Errorf("error %v", err)
		}
		if err := env.Close(); err != nil {
			t.Error(err)
		}
		if pool.Used() != 0 || env.Spill.Used() != 0 {
			t.Errorf("%d bytes of memory and %d of files are left", pool.Used(), env.Spill.Used())
		}
		_ = store.Close()
	}
}
