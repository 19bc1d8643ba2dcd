package exec

import (
	"context"

	"gsql/exec/expr"
)

// Replicate repeats each row as often as Count says, which may be 0: the ALL forms of INTERSECT and EXCEPT.
type Replicate struct {
	Input Plan
	Count expr.Expr // bigint
}

func (p *Replicate) Schema() Schema             { return p.Input.Schema() }
func (p *Replicate) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Replicate) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Replicate) String() string { return "Replicate" }

func (p *Replicate) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
