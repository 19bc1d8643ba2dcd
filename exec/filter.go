package exec

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/vec"
)

// Filter keeps the rows for which Cond is true, by setting the selection; it copies nothing.
type Filter struct {
	Input Plan
	Cond  expr.Expr
}

func (p *Filter) Schema() Schema             { return p.Input.Schema() }
func (p *Filter) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Filter) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Filter) String() string { return "Filter " + p.Cond.String() }

func (p *Filter) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	cond, err := expr.Compile(p.Cond, p.Input.Schema().Index)
	if err != nil {
		return nil, err
	}
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &filterStream{newDividing(in, p.Cond), env, cond}, nil
}

type filterStream struct {
	*dividing
	env  *Env
	cond *expr.Program
}

func (s *filterStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		b, err := s.dividing.Next(ctx)
		if err != nil {
			return nil, err
		}
		sel, err := s.cond.Select(s.env.Fn, b)
		if err != nil {
			if err := s.divide(ctx, b, err); err != nil {
				return nil, err
			}
			continue
		}
		switch len(sel) {
		case 0:
		case b.Len():
			return b, nil
		default:
			return &vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: sel}, nil
		}
	}
}
