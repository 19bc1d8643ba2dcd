package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// logReader gives the rows that a call wrote to files back to their groups. They need not fit in memory: where they do
// not, or are to be in an order anyway, they are sorted by group, and within a group as the call needs them, with the
// runs and merges of a sort.
type logReader struct {
	s    *aggregateStream
	call *aggregateCall
	log  fn.Log      // the accumulator, if it is one
	buf  *sortBuffer // nil: rows are taken in the order in which they come

	before []*vec.Vector // with DISTINCT, the last row so far

	types   []types.Type // of the rows: the group, when there are several, then what the call wrote
	grouped int          // 1 when there are several groups, else 0
	args    int          // how many columns the accumulator takes
}

// readLog reads a call's files; last says that nobody reads them after this.
func (s *aggregateStream) readLog(ctx context.Context, c *aggregateCall, files []*spill.File, last bool) error {
	r := &logReader{s: s, call: c}
	r.log, _ = c.acc.(fn.Log)
	if s.groups > 1 {
		r.grouped, r.types = 1, []types.Type{types.Of(types.Int64)}
	}
	ts := c.logTypes()
	r.types = append(r.types, ts...)
	if r.args = len(ts); c.ordered != nil {
		r.args = c.ordered.args
	}
	if c.hasState() && s.res.Resize(s.bytes()+logBytes(ts, files)) == nil {
		return r.each(ctx, files, r.add)
	}
	at, orders := r.order()
	if len(at) == 0 && c.distinct == nil {
		if err := r.each(ctx, files, r.expect); err != nil {
			return err
		}
		return r.each(ctx, files, r.place)
	}
	r.buf = newSortBuffer(s.env, s.plan, "hash aggregate", r.types, at, orders, -1)
	defer r.buf.close()
	for _, f := range files {
		if err := r.sortFile(ctx, f); err != nil {
			return err
		}
		if last {
			f.Remove()
		}
	}
	if err := r.buf.finish(ctx); err != nil {
		return err
	}
	if c.distinct != nil && r.log != nil {
		return r.placeDistinct(ctx, files)
	}
	return r.eachSorted(ctx, r.place)
}

// logBytes returns what a log takes at most with the rows of files.
func logBytes(ts []types.Type, files []*spill.File) (n int64) {
	perRow := int64(4 * 4) // groups and places
	for _, t := range ts {
		perRow += 2*int64(t.Kind().Width()) + 1
	}
	for _, f := range files {
		n += f.Rows()*perRow + 4*f.Raw()
	}
	return n
}

// order returns the columns by which the rows are sorted.
func (r *logReader) order() (at []int, orders []keyOrder) {
	add := func(col int, o keyOrder) { at, orders = append(at, col), append(orders, o) }
	if r.grouped > 0 {
		add(0, keyOrder{})
	}
	c := r.call
	if c.ordered != nil {
		for i, o := range c.ordered.orders {
			add(r.grouped+r.args+i, o)
		}
		return at, orders
	}
	sorted, desc := r.log.LogOrder()
	if sorted {
		add(r.grouped, keyOrder{desc: desc})
	}
	if c.distinct == nil {
		return at, orders
	}
	for i, a := range c.agg.Args {
		if _, same := a.(*expr.Const); !same && !(sorted && i == 0) {
			add(r.grouped+i, keyOrder{})
		}
	}
	return at, orders
}

// each calls f with the rows of files and their groups.
func (r *logReader) each(ctx context.Context, files []*spill.File, f func(ctx context.Context, b *vec.Batch) error) error {
	keys := len(r.s.plan.Keys)
	return readFiles(ctx, files, func(b *vec.Batch) error {
		cols := b.Cols[keys:]
		if r.grouped > 0 {
			if err := r.s.findGroups(b.Cols[:keys], b.Rows); err != nil {
				return err
			}
			cols = append([]*vec.Vector{groupColumn(r.s.rowIDs)}, cols...)
		}
		return f(ctx, &vec.Batch{Cols: cols, Rows: b.Rows})
	})
}

// sortFile adds the rows of a file to those that are sorted.
func (r *logReader) sortFile(ctx context.Context, f *spill.File) error {
	return r.each(ctx, []*spill.File{f}, func(ctx context.Context, b *vec.Batch) error {
		if r.call.distinct == nil {
			if err := r.expect(ctx, b); err != nil {
				return err
			}
		}
		return r.buf.add(ctx, b.Cols, b.Rows)
	})
}

// eachSorted calls f with the sorted rows, with DISTINCT only the first of equal ones.
func (r *logReader) eachSorted(ctx context.Context, f func(ctx context.Context, b *vec.Batch) error) error {
	for {
		b, err := r.nextSorted(ctx, r.s.env.BatchRows)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(ctx, b)
		}
		if err != nil {
			return err
		}
	}
}

// nextSorted returns the next sorted rows, with DISTINCT only the first of equal ones.
func (r *logReader) nextSorted(ctx context.Context, rows int) (*vec.Batch, error) {
	for {
		b, err := r.buf.next(ctx, rows)
		if err != nil || r.call.distinct == nil {
			return b, err
		}
		if b = r.firsts(b); b.Rows > 0 {
			return b, nil
		}
	}
}

// firsts returns the rows that differ from the one before.
func (r *logReader) firsts(b *vec.Batch) *vec.Batch {
	cols := b.Cols[:r.grouped+r.args]
	order := rowComparer{make([]keyOrder, len(cols))}
	var sel []uint32
	for i := range b.Rows {
		before, row := cols, i-1
		if i == 0 {
			before, row = r.before, 0
		}
		if before == nil || order.compare(before, row, cols, i) != 0 {
			sel = append(sel, uint32(i))
		}
	}
	r.before = gatherBatch(cols, []uint32{uint32(b.Rows - 1)}).Cols
	if len(sel) == b.Rows {
		return b
	}
	return gatherBatch(b.Cols, sel)
}

// placeDistinct places sorted rows of a log with DISTINCT: only from a file of their own can it be told of them first.
func (r *logReader) placeDistinct(ctx context.Context, files []*spill.File) error {
	w, err := newRunWriter(r.s.env, r.types, r.buf.res.Bytes(), r.buf.stats)
	if err != nil {
		return err
	}
	run, err := w.writeAll(ctx, averageBytes(files), r.nextSorted)
	if err != nil {
		return err
	}
	defer run.file.Remove()
	r.buf.close()
	r.buf = nil
	for _, f := range []func(context.Context, *vec.Batch) error{r.expect, r.place} {
		if err := readFiles(ctx, []*spill.File{run.file}, func(b *vec.Batch) error { return f(ctx, b) }); err != nil {
			return err
		}
	}
	return nil
}

// averageBytes returns the size of a row of files.
func averageBytes(files []*spill.File) int64 {
	raw, rows := int64(0), int64(0)
	for _, f := range files {
		raw += f.Raw()
		rows += f.Rows()
	}
	return raw/max(rows, 1) + 1
}

// groupsOf returns the group of each row.
func (r *logReader) groupsOf(b *vec.Batch) []uint32 {
	if r.grouped > 0 {
		return groupNumbers(b.Cols[0])
	}
	r.s.rowIDs = resize(r.s.rowIDs, b.Rows)
	clear(r.s.rowIDs)
	return r.s.rowIDs
}

// expect tells a log of rows that are to be placed, and reserves the memory that it will take then. Rows that wait to be
// sorted make room for that.
func (r *logReader) expect(ctx context.Context, b *vec.Batch) error {
	if r.log == nil {
		return nil
	}
	if err := r.log.Expect(b.Cols[r.grouped:r.grouped+r.args], r.groupsOf(b)); err != nil {
		return err
	}
	err := r.s.hold(r.s.bytes())
	if r.buf != nil && r.buf.rows.rows > 0 && canSpill(r.s.env, err) {
		if err := r.buf.spill(ctx); err != nil {
			return err
		}
		err = r.s.hold(r.s.bytes())
	}
	if e, ok := err.(*sqlstate.Error); ok && e.Code == sqlstate.OutOfMemory {
		e.Message = "out of memory: the result of " + r.call.agg.String() + " does not fit"
	}
	return err
}

// add gives rows to a log that has memory for all of them.
func (r *logReader) add(_ context.Context, b *vec.Batch) error {
	r.log.AddLog(b.Cols[r.grouped:], r.groupsOf(b))
	return nil
}

// place gives rows to the accumulator.
func (r *logReader) place(_ context.Context, b *vec.Batch) error {
	args, groups := b.Cols[r.grouped:r.grouped+r.args], r.groupsOf(b)
	if r.log != nil {
		return r.log.Place(args, groups)
	}
	if err := r.call.acc.Update(args, groups); err != nil {
		return err
	}
	return r.s.hold(r.s.bytes())
}
