package exec

import (
	"context"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// Window adds one column per item to its input. All items have the same PARTITION BY and ORDER BY; rows that
// agree in PARTITION BY must be in one partition. It sorts its input itself, and its output is in that order:
// by PARTITION BY and then by ORDER BY.
type Window struct {
	Input Plan
	Items []*expr.Window
	Out   Schema // the input's columns, then one per item
}

func (p *Window) Schema() Schema { return p.Out }

func (p *Window) Partitioning() Partitioning {
	in := p.Input.Partitioning()
	return Partitioning{N: in.N, Hash: in.Hash, Sorted: p.order()}
}

func (p *Window) Inputs() []Plan { return []Plan{p.Input} }

func (p *Window) String() string {
	var b strings.Builder
	b.WriteString("Window ")
	for i, w := range p.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(w.String())
	}
	return b.String()
}

// order returns the keys that the rows are sorted by: PARTITION BY, then ORDER BY.
func (p *Window) order() []expr.SortKey {
	var keys []expr.SortKey
	for _, e := range p.Items[0].PartitionBy {
		keys = append(keys, expr.SortKey{Expr: e})
	}
	return append(keys, p.Items[0].OrderBy...)
}

// Open checks the items and starts a partition.
func (p *Window) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	s := &windowStream{plan: p, env: env, x: &extras{schema: p.Input.Schema()}}
	for _, k := range p.order() {
		s.keys = append(s.keys, s.x.ordinal(k.Expr))
	}
	for _, w := range p.Items {
		item, err := newWindowItem(w, s.x)
		if err != nil {
			return nil, err
		}
		s.items = append(s.items, item)
	}
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	s.in, s.res = in, env.Mem.Reserve("window")
	return s, nil
}

// windowItem is a window function with the places of its arguments among the collected columns.
type windowItem struct {
	*expr.Window
	args   []int
	filter int // -1: none
}

func newWindowItem(w *expr.Window, x *extras) (*windowItem, error) {
	item := &windowItem{Window: w, filter: -1}
	args := w.Args
	if w.Agg != nil {
		switch {
		case w.Agg.Distinct:
			return nil, sqlstate.Unsupported("", "DISTINCT is not implemented for window functions")
		case w.Agg.Fn.OrderedSet:
			return nil, sqlstate.Unsupported("", "OVER is not supported for ordered-set aggregate %s", w.Agg.Fn.Name)
		case len(w.Agg.OrderBy) > 0:
			return nil, sqlstate.Unsupported("", "aggregate ORDER BY is not implemented for window functions")
		}
		if args = w.Agg.Args; w.Agg.Filter != nil {
			item.filter = x.ordinal(w.Agg.Filter)
		}
	}
	for _, a := range args {
		item.args = append(item.args, x.ordinal(a))
	}
	return item, nil
}

// windowStream collects its input, sorts it, computes all items, and then yields it.
type windowStream struct {
	plan  *Window
	env   *Env
	in    Stream
	x     *extras
	keys  []int // of the order in the columns of x
	items []*windowItem
	res   *mem.Reservation

	computed bool
	out      sortedRows
	results  []*vec.Vector // of the items, in the order of the output
	at       int
}

func (s *windowStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.computed {
		if err := s.compute(ctx); err != nil {
			return nil, err
		}
		s.computed = true
	}
	b, err := s.out.next(ctx, s.env.BatchRows)
	if err != nil {
		s.results = nil
		return nil, err
	}
	for _, r := range s.results {
		b.Cols = append(b.Cols, vec.Slice(r, s.at, s.at+b.Rows))
	}
	s.at += b.Rows
	return b, nil
}

func (s *windowStream) Close() error {
	s.out, s.results, s.computed = sortedRows{}, nil, true
	s.res.Release()
	return s.in.Close()
}

func (s *windowStream) compute(ctx context.Context) error {
	cols, n, err := collectAll(ctx, s.env, s.in, s.x, s.res)
	if err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	w := &windowRows{ctx: ctx, env: s.env, res: s.res, n: n, cols: cols, order: s.plan.Items[0].OrderBy,
		sorted: map[int]*vec.Vector{}, frames: map[expr.Frame]*frame{}}
	parts := len(s.plan.Items[0].PartitionBy)
	if err := w.sort(s.keys, parts, keyOrders(s.plan.order())); err != nil {
		return err
	}
	if len(w.order) == 1 {
		w.orderKey = s.keys[parts]
	}
	for _, item := range s.items {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r, err := w.compute(item)
		if err != nil {
			return err
		}
		if err := s.res.Grow(int64(len(r.Data) + 8*len(r.Valid))); err != nil { // its strings lie in the input's buffers
			return err
		}
		s.results = append(s.results, r)
	}
	s.out = sortedRows{cols: cols[:len(s.x.schema)], perm: w.perm}
	return nil
}
