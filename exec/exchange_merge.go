package exec

import (
	"context"
	"io"

	"gsql/exec/vec"
)

// mergeStream merges the outlets of a Merge exchange, each of which is sorted. Rows that are equal come in
// the order of the partitions.
type mergeStream struct {
	x     *exchange
	order *rowComparer
	lanes []*mergeLane // of partitions that have rows left, in the order of their first rows
	begun bool
}

// mergeLane is the current batch of one partition, from row at on.
type mergeLane struct {
	out   int
	exprs []evaluator
	batch *vec.Batch // dense
	keys  []*vec.Vector
	words []uint64 // see rowComparer.prefixes
	at    int
}

func newMergeStream(x *exchange) (Stream, error) {
	s := &mergeStream{x: x, order: newRowComparer(x.plan.Keys)}
	for out := range x.outs {
		l := &mergeLane{out: out}
		for _, k := range x.plan.Keys {
			e, err := newEvaluator(k.Expr, x.plan.Schema())
			if err != nil {
				return nil, err
			}
			l.exprs = append(l.exprs, e)
		}
		s.lanes = append(s.lanes, l)
	}
	return s, nil
}

func (s *mergeStream) Close() error { return s.x.Close() }

// load fetches a lane's next batch; ok is false at its end.
func (s *mergeStream) load(ctx context.Context, l *mergeLane) (ok bool, err error) {
	b, err := s.x.next(ctx, l.out)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l.batch, l.at = b.Compact(), 0
	l.keys = make([]*vec.Vector, len(l.exprs))
	for i, e := range l.exprs {
		if l.keys[i], err = e.eval(s.x.env, l.batch); err != nil {
			return false, err
		}
	}
	l.words = resize(l.words, l.batch.Rows)
	if len(l.keys) == 0 {
		clear(l.words)
	} else {
		s.order.prefixes(l.keys[0], l.words)
	}
	return true, nil
}

// first reports whether row i of lane a comes before row j of lane b.
func (s *mergeStream) first(a *mergeLane, i int, b *mergeLane, j int) bool {
	if x, y := a.words[i], b.words[j]; x != y {
		return x < y
	}
	if c := s.order.compare(a.keys, i, b.keys, j); c != 0 {
		return c < 0
	}
	return a.out < b.out
}

// settle puts lanes[0], whose first row has changed, into its place.
func (s *mergeStream) settle() {
	l := s.lanes
	for i := 1; i < len(l) && s.first(l[i], l[i].at, l[i-1], l[i-1].at); i++ {
		l[i-1], l[i] = l[i], l[i-1]
	}
}

func (s *mergeStream) begin(ctx context.Context) error {
	s.begun = true
	all := s.lanes
	s.lanes = nil
	for i := len(all) - 1; i >= 0; i-- {
		ok, err := s.load(ctx, all[i])
		if err != nil {
			return err
		}
		if ok {
			s.lanes = append([]*mergeLane{all[i]}, s.lanes...)
			s.settle()
		}
	}
	return nil
}

// mergeRun is a stretch of rows of one batch.
type mergeRun struct {
	batch    *vec.Batch
	from, to int
}

func (s *mergeStream) Next(ctx context.Context) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !s.begun {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	var runs []mergeRun
	rows := 0
	for len(s.lanes) > 0 && rows < s.x.env.BatchRows {
		l := s.lanes[0]
		to := s.runEnd(l, l.at+s.x.env.BatchRows-rows)
		runs = append(runs, mergeRun{l.batch, l.at, to})
		rows += to - l.at
		l.at = to
		if l.at == l.batch.Rows {
			ok, err := s.load(ctx, l)
			if err != nil {
				return nil, err
			}
			if !ok {
				s.lanes = s.lanes[1:]
				continue
			}
		}
		s.settle()
	}
	if rows == 0 {
		return nil, io.EOF
	}
	return assembleRuns(runs, rows), nil
}

// runEnd returns the end of the rows of the first lane that come before the second lane's.
func (s *mergeStream) runEnd(l *mergeLane, limit int) int {
	limit = min(limit, l.batch.Rows)
	if len(s.lanes) == 1 {
		return limit
	}
	next := s.lanes[1]
	// One comparison where partitions hardly overlap.
	if s.first(l, limit-1, next, next.at) {
		return limit
	}
	to := l.at + 1
	for to < limit && s.first(l, to, next, next.at) {
		to++
	}
	return to
}

// assembleRuns copies runs of rows into one batch. Long runs are copied in one go; rows in short runs are
// gathered from the joined batches.
func assembleRuns(runs []mergeRun, rows int) *vec.Batch {
	if len(runs) == 1 {
		return sliceBatch(runs[0].batch, runs[0].from, runs[0].to)
	}
	// The part of each batch that is used, joined; then each run is a stretch of the joined rows.
	type part struct {
		batch    *vec.Batch
		from, to int
		base     int
	}
	var parts []part
	find := func(b *vec.Batch) *part {
		for i := range parts {
			if parts[i].batch == b {
				return &parts[i]
			}
		}
		return nil
	}
	for _, r := range runs {
		if p := find(r.batch); p != nil {
			p.to = r.to
			continue
		}
		parts = append(parts, part{batch: r.batch, from: r.from, to: r.to})
	}
	joined := make([]*vec.Batch, len(parts))
	total := 0
	for i := range parts {
		p := &parts[i]
		p.base = total
		joined[i] = sliceBatch(p.batch, p.from, p.to)
		total += p.to - p.from
	}
	b := joinBatches(joined, total)
	if len(parts) == len(runs) {
		return b
	}
	sel := make([]uint32, 0, rows)
	for _, r := range runs {
		p := find(r.batch)
		for i := r.from; i < r.to; i++ {
			sel = append(sel, uint32(p.base+i-p.from))
		}
	}
	return (&vec.Batch{Cols: b.Cols, Rows: total, Sel: sel}).Compact()
}
