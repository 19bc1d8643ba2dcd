package exec

import (
	"context"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// Window adds one column per item to its input. All items have the same PARTITION BY and ORDER BY; rows that
// agree in PARTITION BY must be in one partition. It sorts its input itself, and its output is in that order:
// by PARTITION BY and then by ORDER BY. What does not fit in memory is sorted on disk and computed in parts. An aggregate
// needs the rows of the frames in memory that a batch of rows sees, unless frames begin with the partition; offsets of
// lag, lead and nth_value that are not constant need a whole partition there, as do IGNORE NULLS, an aggregate over frames
// that end with it and begin elsewhere, and frames with EXCLUDE that begin with it or are those of first_value and its like.
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
	programs, err := expr.CompileAll(s.x.exprs, s.x.schema.Index)
	if err != nil {
		return nil, err
	}
	if s.in, err = env.Open(ctx, p.Input, part); err != nil {
		return nil, err
	}
	s.programs = programs
	s.buf = newSortBuffer(env, p, "window", s.x.types(), s.keys, keyOrders(p.order()), -1)
	s.buf.shares = true
	s.buf.extra = 9 // where partitions and peers begin, and bits for that
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

// windowStream collects its input, sorts it, computes all items, and then yields it. What does not fit in memory is
// sorted on disk and computed load by load.
type windowStream struct {
	plan     *Window
	env      *Env
	in       Stream
	x        *extras
	programs []*expr.Program
	keys     []int // of the order in the columns of x
	items    []*windowItem
	buf      *sortBuffer

	begun bool
	out   windowOutput
	loads *windowLoads // nil: all is in memory
}

func (s *windowStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.begun {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
		s.begun = true
	}
	if s.loads != nil {
		return s.loads.next(ctx)
	}
	return s.out.next(ctx, s.env.BatchRows)
}

func (s *windowStream) Close() error {
	s.out, s.begun = windowOutput{}, true
	s.loads.close()
	s.loads = nil
	s.buf.close()
	return s.in.Close()
}

// begin reads the input and computes what is in memory as a whole.
func (s *windowStream) begin(ctx context.Context) error {
	if err := s.buf.addAll(ctx, s.in, s.programs); err != nil {
		return err
	}
	if len(s.buf.runs) == 0 {
		done, err := s.compute(ctx)
		if done || err != nil {
			return err
		}
	}
	if err := s.buf.finish(ctx); err != nil {
		return err
	}
	s.loads = newWindowLoads(s)
	return nil
}

// compute computes the items over all rows. It reports false when there is too little memory for that: then the rows
// have gone to disk.
func (s *windowStream) compute(ctx context.Context) (bool, error) {
	n, held := s.buf.rows.rows, s.buf.res.Bytes()
	if n == 0 {
		return true, nil
	}
	cols, err := s.buf.rows.columns(ctx, s.buf.types)
	if err != nil {
		return false, err
	}
	w := s.rows(ctx, s.buf.rows, cols, n)
	if err := w.sort(s.keys, len(s.plan.Items[0].PartitionBy), s.buf.orders); err != nil {
		return false, err
	}
	results, err := s.results(w)
	if err != nil {
		if canSpill(s.env, err) {
			return false, s.buf.spillSorted(ctx, cols, w.perm, held)
		}
		return false, err
	}
	s.out = windowOutput{sortedRows: sortedRows{cols: cols[:len(s.x.schema)], perm: w.perm}, results: results}
	return true, s.buf.rows.settle()
}

// rows returns rows to compute items over; c holds their memory.
func (s *windowStream) rows(ctx context.Context, c *collector, cols []*vec.Vector, n int) *windowRows {
	w := &windowRows{ctx: ctx, env: s.env, held: c, n: n, cols: cols, order: s.plan.Items[0].OrderBy,
		sorted: map[int]*vec.Vector{}, frames: map[expr.Frame]*frame{}}
	if len(w.order) == 1 {
		w.orderKey = s.keys[len(s.plan.Items[0].PartitionBy)]
	}
	return w
}

// results computes all items.
func (s *windowStream) results(w *windowRows) ([]*vec.Vector, error) {
	var results []*vec.Vector
	for _, item := range s.items {
		if w.ctx.Err() != nil {
			return nil, context.Cause(w.ctx)
		}
		r, err := w.compute(item)
		if err != nil {
			return nil, err
		}
		if err := w.held.grow(int64(len(r.Data) + 8*len(r.Valid))); err != nil { // its strings lie in the input's buffers
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// windowOutput yields rows in order, with the results beside them.
type windowOutput struct {
	sortedRows
	results []*vec.Vector // by position
	at      int
}

func (o *windowOutput) next(ctx context.Context, rows int) (*vec.Batch, error) {
	b, err := o.sortedRows.next(ctx, rows)
	if err != nil {
		o.results = nil
		return nil, err
	}
	for _, r := range o.results {
		b.Cols = append(b.Cols, vec.Slice(r, o.at, o.at+b.Rows))
	}
	o.at += b.Rows
	return b, nil
}
