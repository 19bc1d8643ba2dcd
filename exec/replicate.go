package exec

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Replicate repeats each row as often as Count says, which may be 0: the ALL forms of INTERSECT and EXCEPT.
type Replicate struct {
	Input Plan
	Count expr.Expr // bigint
}

func (p *Replicate) Schema() Schema             { return p.Input.Schema() }
func (p *Replicate) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Replicate) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Replicate) String() string { return "Replicate " + p.Count.String() }

func (p *Replicate) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	count, err := expr.Compile(p.Count, p.Input.Schema().Index)
	if err != nil {
		return nil, err
	}
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &replicateStream{Stream: in, env: env, count: count}, nil
}

type replicateStream struct {
	Stream
	env    *Env
	count  *expr.Program
	batch  *vec.Batch // dense; the rows from row on are still to be repeated
	counts []int64
	row    int
}

func (s *replicateStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.batch != nil {
			if rows := s.take(); len(rows) > 0 {
				return (&vec.Batch{Cols: s.batch.Cols, Rows: s.batch.Rows, Sel: rows}).Compact(), nil
			}
			s.batch = nil
		}
		b, err := s.Stream.Next(ctx)
		if err != nil {
			return nil, err
		}
		v, err := s.count.Eval(s.env.Fn, b)
		if err != nil {
			return nil, err
		}
		s.batch, s.row, s.counts = b.Compact(), 0, countsOf(v)
	}
}

// countsOf returns a copy of the counts, 0 for NULL.
func countsOf(v *vec.Vector) []int64 {
	if v.Kind != types.KInt64 {
		panic("exec: the count of Replicate is no bigint")
	}
	v = vec.Flatten(v)
	counts := append([]int64(nil), vec.Values[int64](v)...)
	for i := range counts {
		if !v.Valid.Get(i) {
			counts[i] = 0
		}
	}
	return counts
}

// take returns the numbers of the next rows, each as often as it is still to come, up to a full batch.
func (s *replicateStream) take() []uint32 {
	var rows []uint32
	for s.row < len(s.counts) && len(rows) < s.env.BatchRows {
		if s.counts[s.row] <= 0 {
			s.row++
			continue
		}
		s.counts[s.row]--
		rows = append(rows, uint32(s.row))
	}
	return rows
}
