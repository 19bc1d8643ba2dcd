package exec

import (
	"context"
	"io"

	"gsql/exec/mem"
	"gsql/exec/vec"
)

// windowLoads computes a window over sorted rows that do not fit in memory. It takes in as many whole partitions as
// do, computes them and yields them; a partition that does not fit is left to a windowPartition. Partitions are
// those of PARTITION BY here.
type windowLoads struct {
	s      *windowStream
	parts  *rowComparer // PARTITION BY
	peers  *rowComparer // ORDER BY
	perRow int64        // bytes that computing the items is expected to take

	res     *mem.Reservation
	held    *collector
	batches []*vec.Batch // of the load
	starts  []int        // rows of the load with which partitions begin
	rows    int
	carry   []*vec.Batch // rows that were read and are not in a load yet

	cols   []*vec.Vector // of the load, when it is complete
	todo   [][2]int      // ranges of the load's partitions that are to be computed, the next one last
	out    windowOutput
	before *loadMemory      // before out was computed
	large  *windowPartition // that is being yielded
}

func newWindowLoads(s *windowStream) *windowLoads {
	n := len(s.plan.Items[0].PartitionBy)
	l := &windowLoads{s: s, parts: &rowComparer{s.buf.orders[:n]}, peers: &rowComparer{s.buf.orders[n:]},
		res: s.env.reserveSpillable(s.plan, "window rows")}
	for _, t := range s.buf.types {
		l.perRow = max(l.perRow, int64(t.Kind().Width()))
	}
	l.perRow += 16
	for _, item := range s.items {
		l.perRow += int64(item.Typ.Kind().Width()) + 16
	}
	return l
}

// close may be called on nil.
func (l *windowLoads) close() {
	if l == nil {
		return
	}
	l.drop()
	l.carry = nil
	if l.large != nil {
		l.large.close()
	}
	l.res.Release()
}

// drop forgets the load, but for its reservation.
func (l *windowLoads) drop() {
	l.held = newCollector(l.res, len(l.s.buf.types))
	l.held.holdsAhead = true
	l.batches, l.starts, l.rows, l.cols, l.todo, l.out = nil, nil, 0, nil, nil, windowOutput{}
}

func (l *windowLoads) next(ctx context.Context) (*vec.Batch, error) {
	for {
		if len(l.out.perm) > 0 {
			return l.out.next(ctx, l.s.env.BatchRows)
		}
		l.out = windowOutput{}
		if l.before != nil {
			if err := l.giveBack(l.before); err != nil {
				return nil, err
			}
			l.before = nil
		}
		if l.large != nil {
			b, err := l.large.next(ctx)
			if err != io.EOF {
				return b, err
			}
			l.large.close()
			l.large = nil
			continue
		}
		var err error
		if len(l.todo) > 0 {
			err = l.compute(ctx)
		} else {
			err = l.fill(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
}

// pull returns the next rows that are in no load.
func (l *windowLoads) pull(ctx context.Context) (*vec.Batch, error) {
	if len(l.carry) > 0 {
		b := l.carry[0]
		l.carry = l.carry[1:]
		return b, nil
	}
	return l.s.buf.next(ctx, l.s.buf.readRows())
}

// unpull puts rows back that come before those that pull would return.
func (l *windowLoads) unpull(bs ...*vec.Batch) { l.carry = append(bs, l.carry...) }

// fill takes in the next load. It leaves ranges of partitions in todo, or a partition that does not fit in large.
func (l *windowLoads) fill(ctx context.Context) error {
	l.drop()
	if err := l.res.Resize(0); err != nil {
		return err
	}
	for {
		b, err := l.pull(ctx)
		if err == io.EOF {
			if l.rows == 0 {
				return io.EOF
			}
			return l.complete(ctx, len(l.starts))
		}
		if err != nil {
			return err
		}
		starts := l.partitionStarts(ctx, b)
		err = l.take(b)
		if err == nil {
			for _, i := range starts {
				l.starts = append(l.starts, l.rows+i)
			}
			l.batches = append(l.batches, b)
			l.rows += b.Rows
			continue
		}
		if !canSpill(l.s.env, err) {
			return err
		}
		l.unpull(b)
		switch {
		case len(l.starts) > 0 && len(starts) > 0 && starts[0] == 0:
			return l.complete(ctx, len(l.starts))
		case len(l.starts) > 1:
			return l.complete(ctx, len(l.starts)-1)
		case l.rows == 0 && b.Rows > 1 && len(starts) > 1: // several partitions in a batch that is too large
			l.carry[0] = b.Slice(b.Rows/2, b.Rows)
			l.unpull(b.Slice(0, b.Rows/2))
			continue
		}
		return l.openLarge(ctx, err)
	}
}

// take reserves the memory of rows and keeps them.
func (l *windowLoads) take(b *vec.Batch) error {
	ahead := int64(b.Rows)*l.perRow + concatAhead(b.Cols, b.Rows)
	if err := l.res.Grow(ahead); err != nil {
		return err
	}
	all, own := identity(b.Rows), make([]*vec.Vector, len(b.Cols))
	for i, v := range b.Cols {
		own[i] = vec.OwnRows(v, all)
	}
	if err := l.held.add(own, b.Rows); err != nil {
		_ = l.res.Grow(-ahead)
		return err
	}
	l.held.ahead += ahead
	b.Cols = own
	return nil
}

// partitionStarts returns the rows of b with which partitions begin, when b follows the load.
func (l *windowLoads) partitionStarts(ctx context.Context, b *vec.Batch) []int {
	var before *vec.Batch
	if n := len(l.batches); n > 0 {
		before = l.batches[n-1]
	}
	return changes(ctx, l.parts, l.s.keys, before, b)
}

// changes returns the rows of b that differ in the keys that c compares from the row before, which for the first is
// the last one of before, if there is one. The keys are the columns at. When ctx is cancelled, it ends early.
func changes(ctx context.Context, c *rowComparer, at []int, before, b *vec.Batch) []int {
	keys := columnsAt(b.Cols, at[:len(c.keys)])
	var out []int
	if before == nil || c.compare(columnsAt(before.Cols, at[:len(c.keys)]), before.Rows-1, keys, 0) != 0 {
		out = append(out, 0)
	}
	if len(keys) == 0 {
		return out
	}
	for i := 1; i < b.Rows; i++ {
		if i%pieceRows == 0 && ctx.Err() != nil {
			break
		}
		if c.compare(keys, i-1, keys, i) != 0 {
			out = append(out, i)
		}
	}
	return out
}

// complete ends the load with so many partitions; rows of others are carried to the next.
func (l *windowLoads) complete(ctx context.Context, parts int) error {
	if parts < len(l.starts) {
		end := l.starts[parts]
		from := 0
		var rest []*vec.Batch
		for _, b := range l.batches {
			if to := from + b.Rows; to > end {
				rest = append(rest, b.Slice(max(end-from, 0), b.Rows))
			}
			from += b.Rows
		}
		l.unpull(rest...)
		l.starts = l.starts[:parts+1]
	} else {
		l.starts = append(l.starts, l.rows)
	}
	l.batches = nil
	cols, err := l.held.columns(ctx, l.s.buf.types)
	if err != nil {
		return err
	}
	l.cols, l.todo = cols, [][2]int{{0, parts}}
	return nil
}

// slice returns the rows of some of the load's partitions.
func (l *windowLoads) slice(parts [2]int) (cols []*vec.Vector, rows int) {
	from, to := l.starts[parts[0]], l.starts[parts[1]]
	return sliceAll(l.cols, from, to), to - from
}

// compute computes the items over the next range of partitions: when that takes too much memory, over half of them.
func (l *windowLoads) compute(ctx context.Context) error {
	at := len(l.todo) - 1
	parts := l.todo[at]
	l.todo = l.todo[:at]
	cols, n := l.slice(parts)
	held, ahead := l.res.Bytes(), l.held.ahead
	w := l.s.rows(ctx, l.held, cols, n)
	err := l.bounds(w, parts)
	if err == nil {
		var results []*vec.Vector
		if results, err = l.s.results(w); err == nil {
			l.out = windowOutput{sortedRows: sortedRows{cols: cols[:len(l.s.x.schema)], perm: identity(n)}, results: results}
		}
	}
	if err == nil {
		l.before = &loadMemory{held, ahead}
		return nil
	}
	if rerr := l.giveBack(&loadMemory{held, ahead}); rerr != nil || !canSpill(l.s.env, err) {
		if rerr != nil {
			return rerr
		}
		return err
	}
	if parts[1]-parts[0] > 1 {
		half := (parts[0] + parts[1]) / 2
		l.todo = append(l.todo, [2]int{half, parts[1]}, [2]int{parts[0], half})
		return nil
	}
	rows := &vec.Batch{Cols: cols, Rows: n}
	at = 0
	l.large, err = newWindowPartition(ctx, l.s, l.peers, err, func(context.Context) (*vec.Batch, error) {
		if at == n {
			return nil, io.EOF
		}
		b := rows.Slice(at, min(at+runBatchRows, n))
		at += b.Rows
		return b, nil
	})
	return err
}

// loadMemory is what a load holds, and how much of that is reserved ahead.
type loadMemory struct{ bytes, ahead int64 }

// giveBack gives back what was reserved since.
func (l *windowLoads) giveBack(m *loadMemory) error {
	l.held.ahead = m.ahead
	return l.res.Resize(m.bytes)
}

// bounds sets where partitions and peers begin.
func (l *windowLoads) bounds(w *windowRows, parts [2]int) error {
	if err := l.held.grow(int64(w.n) * 16); err != nil {
		return err
	}
	for _, start := range l.starts[parts[0] : parts[1]+1] {
		w.parts = append(w.parts, uint32(start-l.starts[parts[0]]))
	}
	if len(l.peers.keys) == 0 {
		w.peers = w.parts
		return nil
	}
	w.peers = union(w.parts, changes(w.ctx, l.peers, l.s.keys[len(l.parts.keys):], nil, &vec.Batch{Cols: w.cols, Rows: w.n}))
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	return nil
}

// union returns the numbers of two increasing lists.
func union(a []uint32, b []int) []uint32 {
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		x, y := a[0], uint32(b[0])
		if x <= y {
			a = a[1:]
		}
		if y <= x {
			b = b[1:]
		}
		out = append(out, min(x, y))
	}
	out = append(out, a...)
	for _, y := range b {
		out = append(out, uint32(y))
	}
	return out
}

// openLarge begins to compute the partition with which the rows that are not computed begin; cause says why it is not
// in memory.
func (l *windowLoads) openLarge(ctx context.Context, cause error) (err error) {
	l.unpull(l.batches...)
	l.drop()
	var before *vec.Batch
	l.large, err = newWindowPartition(ctx, l.s, l.peers, cause, func(ctx context.Context) (*vec.Batch, error) {
		b, err := l.pull(ctx)
		if err != nil {
			return nil, err
		}
		starts := changes(ctx, l.parts, l.s.keys, before, b)
		if before == nil {
			starts = starts[1:]
		}
		if len(starts) > 0 {
			l.unpull(b.Slice(starts[0], b.Rows))
			if starts[0] == 0 {
				return nil, io.EOF
			}
			b = b.Slice(0, starts[0])
		}
		before = b
		return b, nil
	})
	return err
}
