package exec

import (
	"context"

	"gsql/exec/expr"
)

// Sort orders the rows of each partition. Top, when not negative, is the number of rows wanted: then only
// so many are kept (top-n).
type Sort struct {
	Input Plan
	Keys  []expr.SortKey
	Top   int64 // -1: all
}

func (p *Sort) Schema() Schema { return p.Input.Schema() }
func (p *Sort) Partitioning() Partitioning {
	return Partitioning{N: p.Input.Partitioning().N, Hash: p.Input.Partitioning().Hash, Sorted: p.Keys}
}
func (p *Sort) Inputs() []Plan { return []Plan{p.Input} }

func (p *Sort) String() string { return "Sort" }

func (p *Sort) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
