package exec

import (
	"context"

	"gsql/exec/vec"
)

// Values yields fixed batches in one partition.
type Values struct {
	Out     Schema
	Batches []*vec.Batch
}

func (p *Values) Schema() Schema             { return p.Out }
func (p *Values) Partitioning() Partitioning { return Partitioning{N: 1} }
func (p *Values) Inputs() []Plan             { return nil }

func (p *Values) String() string { return "Values" }

func (p *Values) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
