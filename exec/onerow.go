package exec

import (
	"context"
)

// OneRow passes on the only row of its only input partition, a row of NULLs when there is none, and raises
// 21000 when there are two.
type OneRow struct{ Input Plan }

func (p *OneRow) Schema() Schema             { return p.Input.Schema() }
func (p *OneRow) Partitioning() Partitioning { return Partitioning{N: 1} }
func (p *OneRow) Inputs() []Plan             { return []Plan{p.Input} }

func (p *OneRow) String() string { return "OneRow" }

func (p *OneRow) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
