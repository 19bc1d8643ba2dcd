package planner

import (
	"math"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// What the rules and lowering do with Sample.

func (n *Sample) String() string {
	s := "Sample " + [...]string{"Bernoulli ", "System ", "Reservoir "}[n.Method] + n.Size.String()
	if n.Method != SampleReservoir {
		s += "%"
	}
	if n.Seed != nil {
		s += " repeatable " + n.Seed.String()
	}
	return s
}

// mapExprs is MapExprs.
func (n *Sample) mapExprs(f func(expr.Expr) expr.Expr) Node {
	size, seed := f(n.Size), n.Seed
	if seed != nil {
		seed = f(seed)
	}
	if size == n.Size && seed == n.Seed {
		return n
	}
	return &Sample{n.Input, n.Method, size, seed}
}

func sampleStat(n *Sample, in *relStat) *relStat {
	out := &relStat{in.rows, in.cols}
	if c, ok := n.Size.(*expr.Const); ok && !c.Value.IsNull(0) {
		if f, ok := numberOf(c.Value); ok && n.Method == SampleReservoir {
			out.rows = math.Min(in.rows, f)
		} else if ok {
			out.rows = in.rows * f / 100
		}
	}
	capDistinct(out)
	return out
}

// sample lowers a sample. One that can be repeated numbers the rows of one stream, in the order of the files; others are
// taken in each partition.
func (l *lowerer) sample(n *Sample) (exec.Plan, error) {
	size, seed, err := n.numbers()
	if err != nil {
		return nil, err
	}
	if n.Seed != nil {
		saved := l.parts
		l.parts = 1
		defer func() { l.parts = saved }()
	}
	in, err := l.lower(n.Input, nil)
	if err != nil {
		return nil, err
	}
	s := &exec.Sample{Input: in, Repeatable: n.Seed != nil, Seed: seed}
	if n.Seed != nil {
		s.Input = gather(in)
	}
	switch n.Method {
	case SampleBernoulli:
		s.Share, s.Block = size/100, 1
		return s, nil
	case SampleSystem:
		s.Share, s.Block = size/100, sampleBlock
		return s, nil
	}
	return l.reservoir(s, int64(size)), nil
}

// sampleBlock is how many rows SYSTEM takes or leaves at once.
const sampleBlock = 64

// reservoir returns the plan of so many rows: those with the least of the random numbers that s gives to rows.
func (l *lowerer) reservoir(s *exec.Sample, rows int64) exec.Plan {
	order := exec.Field{ID: l.newID(), Name: "random", Type: types.Of(types.Int64)}
	s.Number = &order
	keys := []expr.SortKey{{Expr: fieldColumn(order)}}
	var p exec.Plan = &exec.Sort{Input: s, Keys: keys, Top: rows}
	if s.Partitioning().N > 1 {
		p = &exec.Exchange{Input: p, Kind: exec.Merge, N: 1, Keys: keys}
	}
	return exactSchema(&exec.Limit{Input: p, Count: rows}, s.Input.Schema())
}

// numbers returns the size and the seed of a sample, with PostgreSQL's errors.
func (n *Sample) numbers() (size float64, seed uint64, err error) {
	c, ok := foldTerm(n.Size).(*expr.Const)
	if !ok {
		return 0, 0, sqlstate.Unsupported("Use a constant or a parameter.", "the size of a sample must be constant")
	}
	if c.Value.IsNull(0) {
		return 0, 0, sqlstate.New(sqlstate.InvalidSampleArgument, "TABLESAMPLE parameter cannot be null")
	}
	size, ok = numberOf(c.Value)
	switch {
	case n.Method == SampleReservoir && (!ok || size < 0):
		return 0, 0, sqlstate.New(sqlstate.InvalidSampleArgument, "sample size must not be negative")
	case n.Method != SampleReservoir && (!ok || !(size >= 0 && size <= 100)):
		return 0, 0, sqlstate.New(sqlstate.InvalidSampleArgument, "sample percentage must be between 0 and 100")
	}
	if n.Seed == nil {
		return size, 0, nil
	}
	if c, ok = foldTerm(n.Seed).(*expr.Const); !ok {
		return 0, 0, sqlstate.Unsupported("Use a constant or a parameter.", "the seed of a sample must be constant")
	}
	if c.Value.IsNull(0) {
		return 0, 0, sqlstate.New(sqlstate.InvalidSampleRepeat, "TABLESAMPLE REPEATABLE parameter cannot be null")
	}
	f, _ := numberOf(c.Value)
	return size, math.Float64bits(f), nil
}
