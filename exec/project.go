package exec

import (
	"context"

	"gsql/exec/expr"
)

// Project computes one column per expression. A column with the same ID as its expression is passed on.
type Project struct {
	Input Plan
	Exprs []expr.Expr
	Out   Schema // same length; IDs, names and types of the columns
}

func (p *Project) Schema() Schema             { return p.Out }
func (p *Project) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Project) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Project) String() string { return "Project" }

func (p *Project) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
