package exec

import (
	"context"
)

// Materialize computes its input once per execution and yields it to every reader: plans that share the
// pointer Source share the rows. Its partitions are the source's.
type Materialize struct {
	Source *Source
	Out    Schema // the source's columns by position, under this reader's IDs
}

// Source is a plan whose rows are kept for several readers.
type Source struct {
	Name  string
	Input Plan
}

func (p *Materialize) Schema() Schema { return p.Out }
func (p *Materialize) Partitioning() Partitioning {
	return Partitioning{N: p.Source.Input.Partitioning().N}
}
func (p *Materialize) Inputs() []Plan { return []Plan{p.Source.Input} }

func (p *Materialize) String() string { return "Materialize" }

func (p *Materialize) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
