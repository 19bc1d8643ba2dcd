package exec

import (
	"context"

	"gsql/exec/vec"
)

// mergeStream merges the outlets of a Merge exchange, each of which is sorted. Rows that are equal come in
// the order of the partitions.
type mergeStream struct {
	x *exchange
	m *merger
}

// outletLane is an outlet as a lane.
type outletLane struct {
	x     *exchange
	out   int
	exprs []evaluator
}

func newMergeStream(x *exchange) (Stream, error) {
	var lanes []laneSource
	for out := range x.outs {
		l := &outletLane{x: x, out: out}
		for _, k := range x.plan.Keys {
			e, err := newEvaluator(k.Expr, x.plan.Schema())
			if err != nil {
				return nil, err
			}
			l.exprs = append(l.exprs, e)
		}
		lanes = append(lanes, l)
	}
	return &mergeStream{x: x, m: newMerger(newRowComparer(x.plan.Keys), lanes)}, nil
}

func (s *mergeStream) Next(ctx context.Context) (*vec.Batch, error) {
	return s.m.next(ctx, s.x.env.BatchRows)
}

func (s *mergeStream) Close() error { return s.x.Close() }

func (l *outletLane) next(ctx context.Context) (*vec.Batch, []*vec.Vector, error) {
	b, err := l.x.next(ctx, l.out)
	if err != nil {
		return nil, nil, err
	}
	b = b.Compact()
	keys := make([]*vec.Vector, len(l.exprs))
	for i, e := range l.exprs {
		if keys[i], err = e.eval(l.x.env, b); err != nil {
			return nil, nil, err
		}
	}
	return b, keys, nil
}
