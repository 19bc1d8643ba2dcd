package exec

import (
	"context"

	"gsql/exec/expr"
)

// Filter keeps the rows for which Cond is true, by setting the selection; it copies nothing.
type Filter struct {
	Input Plan
	Cond  expr.Expr
}

func (p *Filter) Schema() Schema             { return p.Input.Schema() }
func (p *Filter) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Filter) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Filter) String() string { return "Filter" }

func (p *Filter) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
