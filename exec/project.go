package exec

import (
	"context"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/vec"
)

// Project computes one column per expression. A column with the same ID as its expression is passed on.
type Project struct {
	Input Plan
	Exprs []expr.Expr
	Out   Schema // same length; IDs, names and types of the columns
}

func (p *Project) Schema() Schema { return p.Out }
func (p *Project) Inputs() []Plan { return []Plan{p.Input} }

// Partitioning is the input's as far as the columns that it speaks of are passed on.
func (p *Project) Partitioning() Partitioning { return p.Input.Partitioning().restrict(p.Out) }

// restrict returns what is left of the promises when only the columns of out go on.
func (p Partitioning) restrict(out Schema) Partitioning {
	for _, id := range p.Hash {
		if out.Index(id) < 0 {
			p.Hash = nil
			break
		}
	}
	for i, k := range p.Sorted {
		known := true
		expr.Columns(k.Expr, func(c *expr.Column) { known = known && out.Index(c.ID) >= 0 })
		if !known {
			p.Sorted = p.Sorted[:i:i]
			break
		}
	}
	return p
}

func (p *Project) String() string { return "Project " + labels(p.Exprs, p.Out) }

// labels prints expressions with the names of the columns they make, where those say more.
func labels[E expr.Expr](exprs []E, out Schema) string {
	s := make([]string, len(exprs))
	for i, e := range exprs {
		s[i] = e.String()
		if name := out[i].Name; name != "" && name != s[i] {
			s[i] += " AS " + name
		}
	}
	return strings.Join(s, ", ")
}

func (p *Project) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	exprs, err := newEvaluators(p.Exprs, p.Input.Schema())
	if err != nil {
		return nil, err
	}
	s := &projectStream{env: env, out: p.Out, exprs: exprs}
	for _, e := range exprs {
		s.computes = s.computes || e.ordinal < 0
	}
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	s.dividing = newDividing(in, p.Exprs...)
	return s, nil
}

type projectStream struct {
	*dividing
	env      *Env
	out      Schema
	exprs    []evaluator
	computes bool // not only columns
}

func (s *projectStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := s.dividing.Next(ctx)
		if err != nil {
			return nil, err
		}
		out, err := s.project(b)
		if err == nil {
			return out, nil
		}
		if err := s.divide(ctx, b, err); err != nil {
			return nil, err
		}
	}
}

func (s *projectStream) project(b *vec.Batch) (*vec.Batch, error) {
	out := &vec.Batch{Cols: make([]*vec.Vector, len(s.out)), Rows: b.Rows, Sel: b.Sel}
	if s.computes { // values are computed for the rows that count only, so the columns beside them follow
		out.Rows, out.Sel = b.Len(), nil
	}
	for i, e := range s.exprs {
		v, err := s.column(e, b)
		if err != nil {
			return nil, err
		}
		out.Cols[i] = v.WithType(s.out[i].Type)
	}
	return out, nil
}

func (s *projectStream) column(e evaluator, b *vec.Batch) (*vec.Vector, error) {
	if !s.computes {
		return b.Cols[e.ordinal], nil
	}
	return e.eval(s.env, b)
}
