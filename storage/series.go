package storage

import (
	"context"
	"fmt"
	"io"
	"math"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// newSeries returns the table of generate_series(start, stop[, step]), over whole numbers or timestamps, or of
// range([start, ]stop[, step]), which is of whole numbers and leaves the stop out, as in DuckDB.
func newSeries(name string, args []exec.Arg) (exec.Table, error) {
	least, most := 2, 3
	if name == "range" {
		least = 1
	}
	if len(args) < least || len(args) > most || named(args) {
		return nil, noFunction(name, args).WithHint("%s takes a start, a stop and optionally a step.", name)
	}
	if name == "generate_series" && len(args) == 3 {
		if t := timeOf(args[0].Type, args[1].Type); t.ID != types.Unknown {
			return newTimeSeries(t, args)
		}
	}
	s := &series{name: name, typ: types.Of(types.Int32), step: 1}
	bounds := []*int64{&s.start, &s.stop, &s.step}
	if len(args) == 1 {
		bounds = []*int64{&s.stop}
	}
	for i, a := range args {
		x, ok := a.Value.(int64)
		switch {
		case a.Value == nil:
			s.none = true
			continue
		case !ok || a.Type.ID == types.Numeric:
			return nil, sqlstate.Unsupported("Generate whole numbers or timestamps and compute with them.", "%s is not supported", signature(name, args)).At(a.Pos)
		}
		if x != int64(int32(x)) || a.Type.ID == types.Int64 || name == "range" {
			s.typ = types.Of(types.Int64)
		}
		*bounds[i] = x
	}
	if s.step == 0 && !s.none {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "step size cannot equal zero")
	}
	s.open = name == "range"
	return s, nil
}

// series is the table of whole numbers from start by step to stop.
type series struct {
	name              string
	typ               types.Type
	start, stop, step int64
	open              bool // stop is left out
	none              bool // an argument was NULL
}

// rows returns how many numbers there are.
func (s *series) rows() uint64 {
	var width, step uint64
	switch {
	case s.none:
		return 0
	case s.step > 0 && s.start <= s.stop:
		width, step = uint64(s.stop)-uint64(s.start), uint64(s.step)
	case s.step < 0 && s.start >= s.stop:
		width, step = uint64(s.start)-uint64(s.stop), -uint64(s.step)
	default:
		return 0
	}
	if s.open && width%step == 0 {
		return width / step
	}
	return width/step + 1
}

func (s *series) Schema() exec.Schema { return exec.Schema{{Name: s.name, Type: s.typ}} }

func (s *series) Stats() exec.Stats {
	n := float64(s.rows())
	return exec.Stats{Rows: n, Columns: []exec.ColumnStats{{Distinct: n, Width: 8}}}
}

func (s *series) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	p := &seriesScan{series: s}
	for _, id := range req.IDs {
		p.out = append(p.out, exec.Field{ID: id, Name: s.name, Type: s.typ})
	}
	p.parts = max(1, min(req.Partitions, int(min(s.rows()/100_000+1, math.MaxInt32))))
	return p, nil
}

type seriesScan struct {
	series *series
	out    exec.Schema
	parts  int
}

func (p *seriesScan) Schema() exec.Schema             { return p.out }
func (p *seriesScan) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *seriesScan) Inputs() []exec.Plan             { return nil }
func (p *seriesScan) Fingerprint(d *exec.Digest)      { d.Add(*p.series, p.out, p.parts) }
func (p *seriesScan) String() string {
	return fmt.Sprintf("Function Scan on %s(%d, %d, %d)", p.series.name, p.series.start, p.series.stop, p.series.step)
}

// Open gives each partition a run of the numbers.
func (p *seriesScan) Open(_ context.Context, env *exec.Env, part int) (exec.Stream, error) {
	n := p.series.rows()
	from := n / uint64(p.parts) * uint64(part)
	to := n / uint64(p.parts) * uint64(part+1)
	if part == p.parts-1 {
		to = n
	}
	return &seriesStream{plan: p, next: from, end: to, rows: uint64(max(env.BatchRows, 1))}, nil
}

type seriesStream struct {
	plan      *seriesScan
	next, end uint64
	rows      uint64
}

func (s *seriesStream) Next(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	n := min(s.rows, s.end-s.next)
	if n == 0 {
		return nil, io.EOF
	}
	b := &vec.Batch{Rows: int(n)}
	if len(s.plan.out) > 0 {
		v := s.plan.series.vector(s.next, int(n))
		for range s.plan.out {
			b.Cols = append(b.Cols, v)
		}
	}
	s.next += n
	return b, nil
}

func (s *seriesStream) Close() error { s.next = s.end; return nil }

func (s *series) vector(first uint64, n int) *vec.Vector {
	x := s.start + int64(first)*s.step
	if s.typ.ID == types.Int32 {
		v := make([]int32, n)
		for i := range v {
			v[i] = int32(x + int64(i)*s.step)
		}
		return vec.New(s.typ, types.KInt32, v, nil)
	}
	v := make([]int64, n)
	for i := range v {
		v[i] = x + int64(i)*s.step
	}
	return vec.New(s.typ, types.KInt64, v, nil)
}
