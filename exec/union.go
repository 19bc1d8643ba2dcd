package exec

import (
	"context"
)

// Union is UNION ALL: its partitions are those of all inputs, one after the other. Columns correspond by
// position.
type Union struct {
	In  []Plan
	Out Schema
}

func (p *Union) Schema() Schema             { return p.Out }
func (p *Union) Partitioning() Partitioning { return unionPartitioning(p.In) }
func (p *Union) Inputs() []Plan             { return p.In }

func (p *Union) String() string { return "Union" }

func (p *Union) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }

func unionPartitioning(in []Plan) Partitioning {
	n := 0
	for _, p := range in {
		n += p.Partitioning().N
	}
	return Partitioning{N: n}
}
