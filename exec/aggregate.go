package exec

import (
	"context"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/types"
)

// AggregateMode says which half of an aggregation an operator does.
type AggregateMode uint8

const (
	Single  AggregateMode = iota // rows in, results out
	Partial                      // rows in, states out
	Final                        // states in, results out
	Combine                      // states in, states out
)

// merges reports whether the input is states.
func (m AggregateMode) merges() bool { return m == Final || m == Combine }

// partial reports whether the output is states.
func (m AggregateMode) partial() bool { return m == Partial || m == Combine }

// HashAggregate groups the rows of each partition. Its output is one row per group, in the order in which
// the groups first appear, or file by file where they do not fit in memory: the keys, then the aggregates'
// results, or in the modes Partial and Combine the columns of their states. In the modes Final and Combine the input
// is the output of a Partial with the same keys and aggregates, its columns taken by position; for Final it must be
// partitioned by the keys, or have one partition. Without Keys there is one group per partition; Single and Final give
// a row for it even without input (so they have one partition then). Partial and Combine may yield a group several
// times: they hold a bounded number of groups, fewer where memory is short, and when grouping does not make the input
// smaller, they pass rows on as the states of groups of one row.
//
// Aggregates with DISTINCT or ORDER BY are for mode Single.
type HashAggregate struct {
	Input Plan
	Mode  AggregateMode
	Keys  []expr.Expr // where the input is states: not looked at but for their number
	Aggs  []*expr.Aggregate
	Out   Schema // len(Keys) + results, or + states
}

func (p *HashAggregate) Schema() Schema { return p.Out }
func (p *HashAggregate) Inputs() []Plan { return []Plan{p.Input} }

// Partitioning keeps the promise that equal rows are together where the columns are keys; order is lost.
func (p *HashAggregate) Partitioning() Partitioning {
	in := p.Input.Partitioning()
	in.Sorted = nil
	return in.restrict(p.Out[:len(p.Keys)])
}

func (p *HashAggregate) String() string {
	s := "HashAggregate" + [...]string{Single: "", Partial: " partial", Final: " final", Combine: " combine"}[p.Mode]
	if len(p.Keys) > 0 {
		s += " by " + labels(p.Keys, p.Out)
	}
	if len(p.Aggs) > 0 {
		aggs := make([]string, len(p.Aggs))
		for i, a := range p.Aggs {
			aggs[i] = a.String()
			if out := len(p.Keys) + i; !p.Mode.partial() && p.Out[out].Name != "" && p.Out[out].Name != aggs[i] {
				aggs[i] += " AS " + p.Out[out].Name
			}
		}
		s += ": " + strings.Join(aggs, ", ")
	}
	return s
}

func (p *HashAggregate) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	s := &aggregateStream{plan: p, env: env}
	err := s.compile()
	if err == nil {
		s.in, err = env.Open(ctx, p.Input, part)
	}
	if err != nil {
		return nil, err
	}
	meter := env.Profile.Of(p).Meter()
	s.res = env.Mem.ReserveSpillable("hash aggregate").Measure(meter)
	s.rest = env.Mem.Reserve("group of an aggregation").Measure(meter)
	return s, nil
}

// keyTypes returns the types of the keys.
func (p *HashAggregate) keyTypes() []types.Type {
	ts := make([]types.Type, len(p.Keys))
	for i := range ts {
		if p.Mode.merges() {
			ts[i] = p.Input.Schema()[i].Type
		} else {
			ts[i] = p.Keys[i].Type()
		}
	}
	return ts
}
