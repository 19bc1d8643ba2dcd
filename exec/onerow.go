package exec

import (
	"context"
	"io"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// OneRow passes on the only row of its only input partition, a row of NULLs when there is none, and raises
// 21000 when there are two.
type OneRow struct{ Input Plan }

func (p *OneRow) Schema() Schema             { return p.Input.Schema() }
func (p *OneRow) Partitioning() Partitioning { return Partitioning{N: 1} }
func (p *OneRow) Inputs() []Plan             { return []Plan{p.Input} }

func (p *OneRow) String() string { return "OneRow" }

func (p *OneRow) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &oneRowStream{Stream: in, out: p.Schema()}, nil
}

type oneRowStream struct {
	Stream
	out  Schema
	done bool
}

func (s *oneRowStream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.done {
		return nil, io.EOF
	}
	var row *vec.Batch
	for {
		b, err := s.Stream.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if row != nil || b.Len() > 1 {
			return nil, sqlstate.New(sqlstate.CardinalityViolation, "more than one row returned by a subquery used as an expression")
		}
		row = b
	}
	s.done = true
	if row == nil {
		row = &vec.Batch{Cols: make([]*vec.Vector, len(s.out)), Rows: 1}
		for i, f := range s.out {
			row.Cols[i] = vec.NewNull(f.Type, 1)
		}
	}
	return row, nil
}
