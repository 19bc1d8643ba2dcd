package exec

import (
	"context"
)

// Limit skips Offset rows and passes on Count rows of each partition, and then stops pulling. Count -1 is
// no limit. A query's LIMIT has one partition; before it, one with Offset 0 may cut each partition short.
type Limit struct {
	Input         Plan
	Offset, Count int64
}

func (p *Limit) Schema() Schema             { return p.Input.Schema() }
func (p *Limit) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Limit) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Limit) String() string { return "Limit" }

func (p *Limit) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
