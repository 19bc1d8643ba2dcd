package exec

import (
	"context"

	"gsql/exec/expr"
)

// Window adds one column per item to its input. All items have the same PARTITION BY and ORDER BY; rows that
// agree in PARTITION BY must be in one partition. It sorts its input itself.
type Window struct {
	Input Plan
	Items []*expr.Window
	Out   Schema // the input's columns, then one per item
}

func (p *Window) Schema() Schema { return p.Out }
func (p *Window) Partitioning() Partitioning {
	return Partitioning{N: p.Input.Partitioning().N, Hash: p.Input.Partitioning().Hash}
}
func (p *Window) Inputs() []Plan { return []Plan{p.Input} }

func (p *Window) String() string { return "Window" }

func (p *Window) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
