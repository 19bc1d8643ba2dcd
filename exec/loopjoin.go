package exec

import (
	"context"

	"gsql/exec/expr"
)

// LoopJoin joins every probe row with every build row for which Cond is true: the join for conditions
// without equality. Kinds and columns are those of HashJoin.
type LoopJoin struct {
	Probe, Build Plan
	Kind         JoinKind
	Cond         expr.Expr // nil: true
	MarkID       expr.ColID
	Out          Schema
}

func (p *LoopJoin) Schema() Schema             { return p.Out }
func (p *LoopJoin) Partitioning() Partitioning { return p.Probe.Partitioning() }
func (p *LoopJoin) Inputs() []Plan             { return []Plan{p.Probe, p.Build} }

func (p *LoopJoin) String() string { return "LoopJoin" }

func (p *LoopJoin) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
