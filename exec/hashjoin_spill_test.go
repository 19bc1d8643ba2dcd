package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// plan is the join of shape s.
func (s joinShape) plan(probe, build *exectest.Table, in []exec.Plan, kind exec.JoinKind) *exec.HashJoin {
	pk, bk := s.keys(probe, build)
	j := &exec.HashJoin{Probe: in[0], Build: in[1], Kind: kind, ProbeKeys: pk, BuildKeys: bk, NullEqual: s.nullEqual,
		MarkID: 999, Out: joinSchema(probe.Schema, build.Schema, kind)}
	if s.residual {
		j.Residual = call("<", probe.Col("pv"), build.Col("bv"))
	}
	return j
}

// makeHot gives a share of the rows the first row's key.
func makeHot(t *exectest.Table, keys int, share float64) {
	rng := rand.New(rand.NewPCG(5, 5))
	rows := make([]uint32, t.Rows)
	for i := range rows {
		if rows[i] = uint32(i); rng.Float64() < share {
			rows[i] = 0
		}
	}
	for k := range keys {
		t.Cols[k] = vec.Gather(t.Cols[k], rows)
	}
}

var spillShapes = []struct {
	joinShape
	hot  float64 // share of build rows with one key
	full bool    // also with faults, and in all ways of exectest
}{
	{joinShape: joinShape{name: "int", types: []string{"int4"}, probe: 3000, build: 4000, distinct: 3000, nulls: 0.1}},
	{joinShape: joinShape{name: "int residual", types: []string{"int4"}, probe: 3000, build: 4000, distinct: 2000, nulls: 0.1, residual: true}, full: true},
	{joinShape: joinShape{name: "unique", types: []string{"int8"}, probe: 4000, build: 12000, distinct: 6000, nulls: 0.1, unique: true}},
	{joinShape: joinShape{name: "unique residual", types: []string{"text"}, probe: 3000, build: 6000, distinct: 5000, unique: true, residual: true}},
	{joinShape: joinShape{name: "text", types: []string{"text"}, probe: 3000, build: 4000, distinct: 4000, nulls: 0.1}},
	{joinShape: joinShape{name: "numeric", types: []string{"numeric"}, probe: 3000, build: 4000, distinct: 4000, nulls: 0.1}},
	{joinShape: joinShape{name: "record", types: []string{"row(int4,text)"}, probe: 2000, build: 3000, distinct: 3000, nulls: 0.1}},
	{joinShape: joinShape{name: "two", types: []string{"int4", "text"}, probe: 1500, build: 2500, distinct: 60, nulls: 0.1}},
	{joinShape: joinShape{name: "two residual", types: []string{"int4", "int8"}, probe: 2000, build: 3000, distinct: 50, nulls: 0.1, residual: true}},
	{joinShape: joinShape{name: "three", types: []string{"int4", "date", "text"}, probe: 700, build: 1500, distinct: 12, nulls: 0.1}},
	{joinShape: joinShape{name: "null equal", types: []string{"int4"}, probe: 1000, build: 3000, distinct: 2000, nulls: 0.05, nullEqual: []bool{true}}},
	{joinShape: joinShape{name: "one null equal", types: []string{"int4", "text"}, probe: 2000, build: 3000, distinct: 60, nulls: 0.1, nullEqual: []bool{false, true}}},
	{joinShape: joinShape{name: "hot key", types: []string{"int8"}, probe: 400, build: 3000, distinct: 400}, hot: 0.7},
	{joinShape: joinShape{name: "hot key residual", types: []string{"int8"}, probe: 400, build: 3000, distinct: 400, residual: true, nulls: 0.1}, hot: 0.7},
	{joinShape: joinShape{name: "misses", types: []string{"int8"}, probe: 4000, build: 3000, distinct: 1 << 30}},
	{joinShape: joinShape{name: "empty probe", types: []string{"text"}, probe: 0, build: 3000, distinct: 1000, nulls: 0.1}},
	{joinShape: joinShape{name: "null keys", types: []string{"int4"}, probe: 1000, build: 3000, distinct: 8, nulls: 1}},
}

// TestHashJoinSpills: with little memory, all kinds go by way of the disk and have the same result.
func TestHashJoinSpills(t *testing.T) {
	for n, s := range spillShapes {
		for _, kind := range joinKinds {
			t.Run(fmt.Sprintf("%s/%s", s.name, kind), func(t *testing.T) {
				probe, build := s.tables(uint64(n))
				makeHot(build, len(s.types), s.hot)
				if !s.full {
					if !exectest.Sample(t, 1, 2) {
						return
					}
					p := s.plan(probe, build, []exec.Plan{exectest.Source(probe, 3), exectest.Source(build, 2)}, kind)
					var runs []joinRun
					for i, r := range []joinRun{{limit: 1}, {limit: 1, collide: true}, {limit: 1, serially: true}} {
						if exectest.Sample(t, i, 3) {
							runs = append(runs, r)
						}
					}
					spilled := compareSpilledJoin(t, p, runs...)
					if spilled < len(runs) && s.nulls < 1 {
						t.Errorf("only %d runs used the disk", spilled)
					}
					if exectest.Sample(t, 0, 4) {
						compareSpilledJoin(t, p, joinRun{limit: 400_000})
					}
					return
				}
				c := exectest.Case{Inputs: []*exectest.Table{probe, build}, Spills: true,
					Plan: func(in []exec.Plan, parts int) exec.Plan { return s.plan(probe, build, in, kind) }}
				if kind == exec.Singular {
					c.Code = sqlstate.CardinalityViolation
				}
				exectest.Check(t, c)
			})
		}
	}
}

// compareSpilledJoin checks that runs have the rows of one with ample memory, and returns how many of them used the disk.
func compareSpilledJoin(t *testing.T, p exec.Plan, runs ...joinRun) (spilled int) {
	t.Helper()
	want, _, wantErr := joinRun{}.rows(t, p)
	for _, r := range runs {
		got, files, err := r.rows(t, p)
		if files > 0 {
			spilled++
		}
		if sqlstate.Of(err) != sqlstate.Of(wantErr) || err == nil && !slices.Equal(got, want) {
			t.Fatalf("%s with %+v: %d rows and error %v, want %d and %v", p, r, len(got), err, len(want), wantErr)
		}
	}
	return spilled
}

// joinRun is an execution of a join that is looked at from within.
type joinRun struct {
	limit    int64
	serially bool // the streams are run one after the other
	collide  bool // all hashes are the same
	during   func(env *exec.Env)
}

// rows returns the sorted rows of a plan, and how many files were made.
func (r joinRun) rows(t *testing.T, p exec.Plan) ([]string, int64, error) {
	t.Helper()
	vec.ConstantHash = r.collide
	defer func() { vec.ConstantHash = false }()
	store := spill.NewStore(t.TempDir(), 0)
	defer store.Close()
	pool := mem.NewPool(r.limit)
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, 1024)
	env.Spill = store.Space(0)
	var rows []string
	var err error
	if r.serially {
		rows, err = serialRows(env, p)
	} else {
		rows, err = exectest.Collect(env, p)
	}
	if r.during != nil {
		r.during(env)
	}
	files := env.Spill.Files()
	if cerr := env.Close(); cerr != nil {
		t.Error(cerr)
	}
	if n := env.Spill.Used(); n != 0 {
		t.Errorf("%d bytes of files are left", n)
	}
	if n := pool.Used(); n != 0 {
		t.Errorf("%d bytes are still reserved", n)
	}
	env.Spill.Close()
	slices.Sort(rows)
	return rows, files, err
}

func serialRows(env *exec.Env, p exec.Plan) (rows []string, err error) {
	for part := range p.Partitioning().N {
		one := onePartition{p, part}
		r, err := exectest.Collect(env, one)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// onePartition is one partition of a plan.
type onePartition struct {
	exec.Plan
	part int
}

func (o onePartition) Partitioning() exec.Partitioning { return exec.Partitioning{N: 1} }
func (o onePartition) Open(ctx context.Context, env *exec.Env, _ int) (exec.Stream, error) {
	return env.Open(ctx, o.Plan, o.part)
}

// TestHashJoinSpillsRandomly: random joins have the same rows with ample and with little memory, whether their
// streams run at once or one after the other.
func TestHashJoinSpillsRandomly(t *testing.T) {
	rounds := 100
	if !exectest.Long() {
		rounds = 25
	}
	keyTypes := []string{"int4", "int8", "text", "numeric", "float8", "date", "bool", "uuid", "numeric(20,2)", "int4[]"}
	spilled := 0
	for round := range rounds {
		rng := rand.New(rand.NewPCG(uint64(round), 9))
		s := joinShape{probe: rng.IntN(1500), build: 1000 + rng.IntN(4000), distinct: 1 << rng.IntN(14), nulls: []float64{0, 0.02, 0.3}[rng.IntN(3)],
			residual: rng.IntN(3) == 0, unique: rng.IntN(3) == 0}
		for range 1 + rng.IntN(3) {
			s.types = append(s.types, keyTypes[rng.IntN(len(keyTypes))])
			s.nullEqual = append(s.nullEqual, rng.IntN(5) == 0)
		}
		if s.distinct < 64 && !s.unique {
			s.probe = min(s.probe, 60)
		}
		kind := joinKinds[rng.IntN(len(joinKinds))]
		probe, build := s.tables(uint64(round))
		if rng.IntN(3) == 0 {
			makeHot(build, len(s.types), rng.Float64())
		}
		pn, bn := 1+rng.IntN(4), 1+rng.IntN(4)
		p := s.plan(probe, build, []exec.Plan{exectest.Source(probe, pn), exectest.Source(build, bn)}, kind)
		spilled += compareSpilledJoin(t, p, joinRun{limit: 1, collide: rng.IntN(10) == 0}, joinRun{limit: 1, serially: true},
			joinRun{limit: int64(2 + rng.IntN(1<<20))})
	}
	if spilled < rounds {
		t.Errorf("of %d runs only %d had files", 3*rounds, spilled)
	}
}

// A join on disk publishes filters of its keys before it reads the probe side.
func TestHashJoinSpillPublishes(t *testing.T) {
	s := joinShape{types: []string{"int8"}, probe: 1000, build: 5000, distinct: 3000, nulls: 0.1}
	probe, build := s.tables(1)
	p := s.plan(probe, build, []exec.Plan{exectest.Source(probe, 2), exectest.Source(build, 2)}, exec.Inner)
	p.Publish = []exec.PublishedKey{{ID: 3, Key: 0}}
	check := func(env *exec.Env) {
		f := env.Filter(3)
		if f == nil || f.Empty || f.Min == nil || f.Contains == nil {
			t.Fatalf("the filter is %+v", f)
		}
		key := build.Cols[0]
		pass := map[uint32]bool{}
		for _, i := range f.Contains(key, nil, nil) {
			pass[i] = true
		}
		for i := range build.Rows {
			switch {
			case key.IsNull(i):
			case vec.CompareRows(key, i, f.Min, 0) < 0 || vec.CompareRows(key, i, f.Max, 0) > 0 || !pass[uint32(i)]:
				t.Fatalf("key %s does not pass", build.Row(i))
			}
		}
	}
	if _, files, err := (joinRun{limit: 1, during: check}).rows(t, p); err != nil || files == 0 {
		t.Errorf("%d files, error %v", files, err)
	}
}
