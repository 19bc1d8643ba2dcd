package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/vec"
)

const mixedCols = "1:a:int4 2:b:text 3:c:float8 4:d:numeric(9,2) 5:e:date"

func allRows(t *exectest.Table) []string {
	rows := []string{}
	for i := range t.Rows {
		rows = append(rows, t.Row(i))
	}
	return rows
}

func TestGatherYieldsAllRows(t *testing.T) {
	for _, n := range []int{0, 1, 500} {
		in := exectest.Random(1, mixedCols+" 6:f:row(int4,text[])", n, 50, 0.1)
		exectest.Check(t, exectest.Case{
			Inputs: []*exectest.Table{in},
			Plan: func(in []exec.Plan, parts int) exec.Plan {
				return &exec.Exchange{Input: in[0], Kind: exec.Gather, N: 1}
			},
			Want: allRows(in),
		})
	}
}

func TestHashYieldsAllRows(t *testing.T) {
	for _, n := range []int{0, 1, 700} {
		for _, outs := range []int{1, 4} {
			in := exectest.Random(1, mixedCols, n, 50, 0.1)
			exectest.Check(t, exectest.Case{
				Inputs: []*exectest.Table{in},
				Plan: func(in []exec.Plan, parts int) exec.Plan {
					return &exec.Exchange{Input: in[0], Kind: exec.Hash, N: outs, Hash: []expr.ColID{2, 1}}
				},
				Want: allRows(in),
			})
		}
	}
}

func TestHashKeepsEqualRowsTogether(t *testing.T) {
	in := exectest.Random(2, mixedCols, 2000, 40, 0.1)
	plan := &exec.Exchange{Input: exectest.Source(in, 3), Kind: exec.Hash, N: 4, Hash: []expr.ColID{2, 5}}
	env := newEnv(t)
	parts, err := env.CollectAll(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	owner := map[string]int{}
	used := 0
	for p, bs := range parts {
		if len(bs) > 0 {
			used++
		}
		for _, b := range bs {
			for i := range b.Rows {
				cells := strings.Split((&exectest.Table{Cols: b.Cols}).Row(i), "|")
				k := cells[1] + "|" + cells[4]
				if q, ok := owner[k]; ok && q != p {
					t.Fatalf("rows with key %s are in partitions %d and %d", k, p, q)
				}
				owner[k] = p
			}
		}
	}
	if used != 4 {
		t.Errorf("%d of 4 partitions have rows", used)
	}
}

func newEnv(t testing.TB) *exec.Env {
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), 1024)
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Error(err)
		}
	})
	return env
}

func TestMergeKeepsOrder(t *testing.T) {
	var lines []string
	for i := range 900 {
		lines = append(lines, fmt.Sprintf("%d|%d", i/3, i))
	}
	rising := exectest.NewTable("1:k:int4 2:v:int4", lines...)
	for _, c := range []struct {
		name string
		in   *exectest.Table
		desc bool
	}{
		{"empty", exectest.NewTable("1:k:int4 2:v:int4"), false},
		{"one row", exectest.NewTable("1:k:int4 2:v:int4", "1|1"), false},
		{"repeated keys", rising, false},
		{"nulls last", exectest.NewTable("1:k:text 2:v:int4", "a|1", "b|2", "b|2", "NULL|4", "NULL|4"), false},
		{"nulls first", exectest.NewTable("1:k:text 2:v:int4", "NULL|4", "NULL|4", "z|1", "a long value that is no view|1", "a|2"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys := []expr.SortKey{{Expr: c.in.Col("k"), Desc: c.desc, NullsFirst: c.desc}, {Expr: c.in.Col("v")}}
			exectest.Check(t, exectest.Case{
				Inputs: []*exectest.Table{c.in},
				Plan: func(in []exec.Plan, parts int) exec.Plan {
					return &exec.Exchange{Input: in[0], Kind: exec.Merge, N: 1, Keys: keys}
				},
				Want:    allRows(c.in),
				Ordered: true,
				Parts:   []int{1, 2, 5},
			})
		})
	}
}

// wide yields batches of a megabyte for ever, and counts them.
type wide struct{ served *int }

func (w wide) Schema() exec.Schema             { return exectest.ParseSchema("1:a:int8") }
func (w wide) Partitioning() exec.Partitioning { return exec.Partitioning{N: 2} }
func (w wide) Inputs() []exec.Plan             { return nil }
func (w wide) String() string                  { return "wide" }
func (w wide) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	return &wideStream{w, part}, nil
}

type wideStream struct {
	wide
	part int
}

func (s *wideStream) Next(ctx context.Context) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.part > 0 {
		return nil, io.EOF
	}
	*s.served++
	rows := make([]int64, 1<<17)
	for i := range rows {
		rows[i] = int64(i)
	}
	f := s.Schema()[0]
	return &vec.Batch{Cols: []*vec.Vector{vec.New(f.Type, f.Type.Kind(), rows, nil)}, Rows: len(rows)}, nil
}

func (s *wideStream) Close() error { return nil }

// A consumer that reads one output only must neither stop the exchange nor let it run ahead of what it takes.
func TestHashIsNotDammedUp(t *testing.T) {
	served := 0
	plan := &exec.Exchange{Input: wide{&served}, Kind: exec.Hash, N: 4, Hash: []expr.ColID{1}}
	env := newEnv(t)
	ctx := context.Background()
	s, err := env.Open(ctx, plan, 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := s.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// The other outputs hold their share, reserved by now.
	if env.Mem.Used() == 0 {
		t.Error("nothing is reserved for what the unread outputs hold")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGatherHoldsInputsBack(t *testing.T) {
	served := 0
	plan := &exec.Exchange{Input: wide{&served}, Kind: exec.Gather, N: 1}
	env := newEnv(t)
	ctx := context.Background()
	s, err := env.Open(ctx, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if served > 12 {
		t.Errorf("%d MB were read for one batch", served)
	}
}

func TestRunCancelsTheOthers(t *testing.T) {
	env := newEnv(t)
	want := errors.New("the first error")
	err := env.Run(context.Background(), 3, func(ctx context.Context, i int) error {
		if i == 1 {
			return want
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if err != want {
		t.Errorf("error %v, want %v", err, want)
	}
}
