package exec

import (
	"context"

	"gsql/exec/vec"
)

// mergeStream merges the inputs of a Merge exchange, each of which is sorted. Rows that are equal come in the order
// of the inputs.
type mergeStream struct {
	env   *Env
	m     *merger
	close func() error
}

// pullFunc returns the next batch of sorted rows, or io.EOF.
type pullFunc func(ctx context.Context) (*vec.Batch, error)

// sortedLane is an input of a Merge exchange as a lane.
type sortedLane struct {
	env   *Env
	pull  pullFunc
	exprs []evaluator
}

func newMergeStream(env *Env, p *Exchange, inputs []pullFunc, close func() error) (Stream, error) {
	var lanes []laneSource
	for _, pull := range inputs {
		l := &sortedLane{env: env, pull: pull}
		for _, k := range p.Keys {
			e, err := newEvaluator(k.Expr, p.Schema())
			if err != nil {
				return nil, err
			}
			l.exprs = append(l.exprs, e)
		}
		lanes = append(lanes, l)
	}
	return &mergeStream{env, newMerger(newRowComparer(p.Keys), lanes), close}, nil
}

func (s *mergeStream) Next(ctx context.Context) (*vec.Batch, error) {
	return s.m.next(ctx, s.env.BatchRows)
}

func (s *mergeStream) Close() error { return s.close() }

func (l *sortedLane) next(ctx context.Context) (*vec.Batch, []*vec.Vector, error) {
	b, err := l.pull(ctx)
	if err != nil {
		return nil, nil, err
	}
	b = b.Compact()
	keys := make([]*vec.Vector, len(l.exprs))
	for i, e := range l.exprs {
		if keys[i], err = e.eval(l.env, b); err != nil {
			return nil, nil, err
		}
	}
	return b, keys, nil
}

// lanes returns what pulls the outlets of a Merge exchange.
func (x *exchange) lanes() []pullFunc {
	pulls := make([]pullFunc, len(x.outs))
	for out := range pulls {
		pulls[out] = func(ctx context.Context) (*vec.Batch, error) { return x.next(ctx, out) }
	}
	return pulls
}
