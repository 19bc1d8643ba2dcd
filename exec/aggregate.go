package exec

import (
	"context"

	"gsql/exec/expr"
)

// AggregateMode says which half of an aggregation an operator does.
type AggregateMode uint8

const (
	Single  AggregateMode = iota // rows in, results out
	Partial                      // rows in, states out
	Final                        // states in, results out
)

// HashAggregate groups the rows of each partition. Its output is one row per group: the keys, then the
// aggregates' results, or in mode Partial the columns of their states. In mode Final the input is the
// output of a Partial with the same keys and aggregates, its columns taken by position; it must be
// partitioned by the keys, or have one partition. Without Keys there is one group per partition; Single and
// Final give a row for it even without input (so they have one partition then).
type HashAggregate struct {
	Input Plan
	Mode  AggregateMode
	Keys  []expr.Expr // mode Final: not looked at but for their number
	Aggs  []*expr.Aggregate
	Out   Schema // len(Keys) + results, or + states
}

func (p *HashAggregate) Schema() Schema             { return p.Out }
func (p *HashAggregate) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *HashAggregate) Inputs() []Plan             { return []Plan{p.Input} }

func (p *HashAggregate) String() string { return "HashAggregate" }

func (p *HashAggregate) Open(ctx context.Context, env *Env, part int) (Stream, error) { panic("TODO") }
