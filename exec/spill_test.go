package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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

// spillEnv returns an environment with so many bytes of memory (0: no limit) and batches of so many rows, and a check
// that nothing is left, to be called when all streams are closed.
func spillEnv(t testing.TB, limit int64, batch int) (*exec.Env, func()) {
	t.Helper()
	store := spill.NewStore(t.TempDir(), 0)
	pool := mem.NewPool(limit)
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, batch)
	env.Spill = store.Space(0)
	return env, func() {
		t.Helper()
		if err := env.Close(); err != nil {
			t.Error(err)
		}
		if n := env.Spill.Used(); n != 0 {
			t.Errorf("%d bytes of spill files are left", n)
		}
		if n := pool.Used(); n != 0 {
			t.Errorf("%d bytes are still reserved", n)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// limited runs a plan with so many bytes of memory (0: no limit) and returns its rows, and how many files it wrote.
func limited(t testing.TB, limit int64, batch int, p exec.Plan) (rows []string, files int64) {
	t.Helper()
	env, done := spillEnv(t, limit, batch)
	defer done()
	rows, err := exectest.Collect(env, p)
	if err != nil {
		var e *sqlstate.Error
		errors.As(err, &e)
		t.Fatalf("%v: %s", err, e.Detail)
	}
	return rows, env.Spill.Files()
}

// TestMaterializeSpills: every reader sees all rows in order, from memory and behind those from a file.
func TestMaterializeSpills(t *testing.T) {
	tab := exectest.Random(8, "1:k:int4 2:s:text 3:n:numeric(20,2)", 20_000, 5000, 0.1)
	out := exectest.ParseSchema("11:k:int4 12:s:text 13:n:numeric(20,2)")
	plan := func(in []exec.Plan, parts int) exec.Plan {
		source := &exec.Source{Name: "m", Input: in[0]}
		first := &exec.Materialize{Source: source, Out: out}
		return &exec.Union{In: []exec.Plan{first, &exec.Materialize{Source: source, Out: out}}, Out: out}
	}
	exectest.Check(t, exectest.Case{Inputs: []*exectest.Table{tab}, Spills: true, Parts: []int{2}, Plan: plan})
	for _, limit := range []int64{0, 1, 300 << 10} {
		p := plan([]exec.Plan{exectest.Source(tab, 1)}, 1)
		rows, files := limited(t, limit, 100, p)
		want := make([]string, tab.Rows)
		for i := range want {
			want[i] = tab.Row(i)
		}
		if !slices.Equal(rows, append(want, want...)) || (files > 0) != (limit > 0) {
			t.Fatalf("limit %d: other rows, or %d files", limit, files)
		}
	}
}

// TestExchangeSpills: while one output of a Hash exchange is not read, its rows go to disk; they come in order.
func TestExchangeSpills(t *testing.T) {
	const n = 1 << 20
	schema := exectest.ParseSchema("1:k:int4 2:row:int8 3:s:text")
	in := &repeated{out: schema, parts: 1, times: 1}
	for from := 0; from < n; from += 8192 {
		k, row, s := make([]int32, 8192), make([]int64, 8192), vec.NewBuilder(schema[2].Type)
		for i := range k {
			k[i], row[i] = int32(i), int64(from+i)
			s.AppendString(fmt.Sprintf("%040d", from+i))
		}
		in.batches = append(in.batches, &vec.Batch{Rows: 8192, Cols: []*vec.Vector{vec.New(schema[0].Type, schema[0].Type.Kind(), k, nil),
			vec.New(schema[1].Type, schema[1].Type.Kind(), row, nil), s.Finish()}})
	}
	for _, early := range []bool{false, true} {
		pool := mem.NewPool(1 << 20)
		env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, 8192)
		store := spill.NewStore(t.TempDir(), 0)
		env.Spill = store.Space(0)
		x := &exec.Exchange{Input: in, Kind: exec.Hash, N: 2, Hash: []expr.ColID{1}}
		var streams [2]exec.Stream
		for part := range streams {
			s, err := env.Open(context.Background(), x, part)
			if err != nil {
				t.Fatal(err)
			}
			streams[part] = s
		}
		rows := 0
		for part, s := range streams {
			last := int64(-1)
			for !early || part == 0 || rows < n*3/4 {
				b, err := s.Next(context.Background())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				for i := range b.Rows {
					row := vec.At[int64](b.Cols[1], i)
					if row <= last || string(b.Cols[2].Bytes(i)) != fmt.Sprintf("%040d", row) {
						t.Fatalf("row %d after row %d", row, last)
					}
					last = row
				}
				rows += b.Rows
			}
			if part == 0 && env.Spill.Files() == 0 {
				t.Error("nothing was written")
			}
		}
		if !early && rows != n {
			t.Errorf("%d rows", rows)
		}
		for _, s := range streams {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
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
