package exec

import (
	"context"
	"errors"
	"io"

	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// windowPartition computes a window over one partition of PARTITION BY that does not fit in memory. A first pass
// writes its rows to a file and finds out what needs all of them: their number, where peers end, aggregates over the
// whole partition. The second pass reads the file, with a cursor for every item that looks at rows elsewhere: where
// a frame begins and ends only ever moves forward, so no cursor goes back.
type windowPartition struct {
	s     *windowStream
	peers *rowComparer
	res   *mem.Reservation
	rows  int64
	file  *sortRun
	ends  *sortRun // of the groups of peers; nil: nobody asks
	large []*largeItem

	main    *rowCursor
	group   *peerCursor
	cursors []*rowCursor
	row     int64
}

// largeItem is an item that is computed over a large partition.
type largeItem struct {
	*windowItem
	from *rowCursor // at the values of the argument, or at the rows that enter a frame

	by    int64       // lag, lead: how far the value's row is behind the current one; nth_value: the row of the frame
	null  bool        // by is NULL
	whole *vec.Vector // an aggregate over the whole partition
	acc   *runningAgg // an aggregate over frames that begin with the partition
	moved *slidingAgg // over other frames
	tile  ntileState
	start frameBound
	end   frameBound
}

// frameBound is a frame's start or end.
type frameBound struct {
	kind expr.BoundKind
	mode expr.FrameMode
	end  bool
	by   int64 // rows or groups behind the current one

	offset *vec.Vector // of RANGE, constant; nil: none
	search *rangeSearch
	groups *rowCursor // where groups end, for GROUPS with an offset
}

// shifted reports whether the bound is so many groups, or so much in the key's value, away from the current row's peers.
func (b *frameBound) shifted() bool {
	return b.offset != nil || b.mode == expr.Groups && (b.kind == expr.Preceding || b.kind == expr.Following)
}

// peers reports whether it depends on where peers begin and end.
func (b *frameBound) peers() bool {
	return b.shifted() || b.kind == expr.CurrentRow && b.mode != expr.Rows
}

// newWindowPartition makes the first pass over the rows that feed yields. cause says why the rows are not in memory; it
// is the error when an item needs them there.
func newWindowPartition(ctx context.Context, s *windowStream, peers *rowComparer, cause error, feed func(context.Context) (*vec.Batch, error)) (*windowPartition, error) {
	p := &windowPartition{s: s, peers: peers, res: s.env.reserveSpillable(s.plan, "window partition")}
	err := p.prepare(cause)
	if err == nil {
		err = p.write(ctx, feed)
	}
	if err == nil {
		err = p.open()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *windowPartition) close() {
	if p.main != nil {
		p.main.close()
	}
	for _, c := range p.cursors {
		c.close()
	}
	if p.group != nil {
		p.group.rows.close()
	}
	for _, r := range []*sortRun{p.file, p.ends} {
		if r != nil {
			r.file.Remove()
		}
	}
	p.file, p.ends = nil, nil
	p.res.Release()
}

// prepare finds out how each item can be computed.
func (p *windowPartition) prepare(cause error) error {
	for _, w := range p.s.items {
		item := &largeItem{windowItem: w}
		ok, err := p.plan(item)
		if err != nil {
			return err
		}
		if !ok {
			var e *sqlstate.Error
			if errors.As(cause, &e) {
				cause = e.WithHint("A partition of the window is larger than memory. This can be computed with more memory only: %s.", w.Window)
			}
			return cause
		}
		p.large = append(p.large, item)
	}
	return nil
}

// plan reports false for an item that needs all rows in memory.
func (p *windowPartition) plan(item *largeItem) (ok bool, err error) {
	if item.IgnoreNulls || item.Frame.Exclude != expr.ExcludeNone && item.Agg == nil && item.usesFrame() {
		return false, nil
	}
	if item.Agg == nil {
		switch item.Fn.Name {
		case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile":
			return true, nil
		case "lag", "lead":
			item.by = 1
			return p.constant(item)
		case "first_value", "last_value":
		case "nth_value":
			if ok, err := p.constant(item); !ok || err != nil {
				return ok, err
			}
			if item.by <= 0 && !item.null {
				return false, sqlstate.New(sqlstate.InvalidNthValueArgument, "argument of nth_value must be greater than zero")
			}
		default:
			return false, nil
		}
	}
	if item.Agg != nil && item.Agg.Distinct {
		return false, nil
	}
	if item.start, err = p.bound(item, item.Frame.Start, false); err != nil {
		return false, err
	}
	if item.end, err = p.bound(item, item.Frame.End, true); err != nil {
		return false, err
	}
	if item.Agg == nil {
		return true, nil
	}
	switch first := item.start.kind == expr.UnboundedPreceding; {
	case first && item.Frame.Exclude != expr.ExcludeNone:
		return false, nil
	case first || len(p.peers.keys) == 0 && item.start.kind == expr.CurrentRow && item.start.mode != expr.Rows && item.Frame.Exclude == expr.ExcludeNone:
		item.acc = newRunningAgg(p.s, item.windowItem)
	case item.end.kind == expr.UnboundedFollowing:
		return false, nil
	default:
		item.moved = newSlidingAgg(item.windowItem)
	}
	return true, nil
}

// usesFrame reports whether the item depends on its frame.
func (item *windowItem) usesFrame() bool {
	if item.Agg != nil {
		return true
	}
	switch item.Fn.Name {
	case "first_value", "last_value", "nth_value":
		return true
	}
	return false
}

// constant sets by from the second argument, if there is one.
func (p *windowPartition) constant(item *largeItem) (bool, error) {
	if len(item.Args) < 2 {
		return true, nil
	}
	c, ok := item.Args[1].(*expr.Const)
	if !ok {
		return false, nil
	}
	if item.null = c.Value.IsNull(0); !item.null {
		item.by = int64(vec.At[int32](c.Value, 0))
	}
	return true, nil
}

// bound computes a bound's offset.
func (p *windowPartition) bound(item *largeItem, b expr.Bound, end bool) (out frameBound, err error) {
	out = frameBound{kind: b.Kind, mode: item.Frame.Mode, end: end}
	if b.Offset == nil {
		return out, nil
	}
	w := &windowRows{env: p.s.env, n: 1 << 40} // the partition has fewer rows than this
	if out.mode == expr.Range {
		if len(item.OrderBy) != 1 {
			return out, errRangeKeys()
		}
		out.offset, err = w.offset(b, end)
	} else {
		out.by, err = w.countOffset(b, end)
	}
	return out, err
}

// needsPeers reports whether an item asks where peers begin and end.
func (item *largeItem) needsPeers() bool {
	if item.Agg == nil {
		switch item.Fn.Name {
		case "rank", "dense_rank", "percent_rank", "cume_dist":
			return true
		case "row_number", "ntile", "lag", "lead":
			return false
		}
	}
	return item.start.peers() || item.end.peers() || item.Frame.Exclude > expr.ExcludeCurrentRow
}

// write makes the first pass.
func (p *windowPartition) write(ctx context.Context, feed func(context.Context) (*vec.Batch, error)) (err error) {
	env := p.s.env
	batch := p.batchBytes()
	var ends *runWriter
	for _, item := range p.large {
		if ends == nil && item.needsPeers() {
			if ends, err = newRunWriter(env, []types.Type{types.Of(types.Int64)}, 0, p.s.buf.stats); err != nil {
				return err
			}
			ends.batch = batch
		}
	}
	w, err := newRunWriter(env, p.s.buf.types, 0, p.s.buf.stats)
	if err != nil {
		ends.close()
		return err
	}
	w.batch = batch
	var before *vec.Batch
	all := func() error {
		for {
			b, err := feed(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			if err := p.scan(ctx, ends, before, b); err != nil {
				return err
			}
			if err := w.write(b); err != nil {
				return err
			}
			before = b
			p.rows += int64(b.Rows)
		}
		return ends.writeInts(p.rows)
	}
	if err := all(); err != nil {
		w.close()
		ends.close()
		return err
	}
	if ends != nil {
		if p.ends, err = ends.finish(); err != nil {
			w.close()
			return err
		}
	}
	p.file, err = w.finish()
	return err
}

// batchBytes returns how large batches in the file should be, so that all cursors find room.
func (p *windowPartition) batchBytes() int64 {
	free := int64(4 << 20)
	for p.res.Resize(free) != nil && free > 16<<10 {
		free /= 2
	}
	_ = p.res.Resize(0)
	return max(free/int64(10*(3*len(p.large)+3)), 512) // a cursor has up to five times that, and aggregates need some
}

// scan looks at rows before they are written: b comes after before.
func (p *windowPartition) scan(ctx context.Context, ends *runWriter, before, b *vec.Batch) error {
	if ends != nil {
		var at []int64
		for _, i := range changes(ctx, p.peers, p.s.keys[len(p.s.keys)-len(p.peers.keys):], before, b) {
			if before != nil || i > 0 {
				at = append(at, p.rows+int64(i))
			}
		}
		if err := ends.writeInts(at...); err != nil {
			return err
		}
	}
	for _, item := range p.large {
		if item.isWhole(len(p.peers.keys) == 0) && item.acc != nil {
			if err := item.acc.add(b); err != nil {
				return err
			}
			if err := item.acc.hold(p.res); err != nil {
				return err
			}
		}
	}
	return nil
}

// isWhole reports whether every frame is the whole partition, where all rows are peers or not.
func (item *largeItem) isWhole(peers bool) bool {
	return (item.start.kind == expr.UnboundedPreceding || peers && item.start.kind == expr.CurrentRow && item.start.mode != expr.Rows) &&
		(item.end.kind == expr.UnboundedFollowing || peers && item.end.kind == expr.CurrentRow && item.end.mode != expr.Rows)
}

// open prepares the second pass.
func (p *windowPartition) open() (err error) {
	if p.main, err = p.cursor(p.file, false); err != nil {
		return err
	}
	if p.ends != nil {
		c, err := p.cursor(p.ends, false)
		if err != nil {
			return err
		}
		p.group = &peerCursor{rows: c, index: -1}
	}
	for _, item := range p.large {
		if item.Agg != nil && item.isWhole(len(p.peers.keys) == 0) {
			if item.whole, err = item.acc.acc.Result(0, 1); err != nil {
				return err
			}
			if err := p.res.Grow(-item.acc.held); err != nil {
				return err
			}
			item.acc = nil
			continue
		}
		if item.Agg == nil && (len(item.args) == 0 || item.Fn.Name == "ntile") {
			continue
		}
		if item.from, err = p.cursor(p.file, true); err != nil {
			return err
		}
		for _, b := range []*frameBound{&item.start, &item.end} {
			if err := p.openBound(item, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// openBound opens the cursor of a bound with an offset.
func (p *windowPartition) openBound(item *largeItem, b *frameBound) (err error) {
	switch {
	case b.offset != nil:
		desc := item.OrderBy[0].Desc
		b.search = &rangeSearch{w: &windowRows{env: p.s.env}, key: p.s.keys[len(p.s.keys)-1], offset: b.offset,
			minus: (b.kind == expr.Preceding) != desc, order: keyOrder{desc: desc}, end: b.end, rows: p.rows}
		b.search.keys, err = p.cursor(p.file, true)
	case b.shifted():
		b.groups, err = p.cursor(p.ends, true)
	}
	return err
}

// cursor opens a run and reserves what reading it takes.
func (p *windowPartition) cursor(run *sortRun, listed bool) (*rowCursor, error) {
	if err := p.res.Grow(run.bytes()); err != nil {
		return nil, err
	}
	r, err := run.file.OpenSize(run.buffer())
	if err != nil {
		return nil, err
	}
	c := &rowCursor{r: r}
	if listed {
		p.cursors = append(p.cursors, c)
	}
	return c, nil
}

// next returns the next rows with the values of the items.
func (p *windowPartition) next(ctx context.Context) (*vec.Batch, error) {
	if err := p.main.forward(ctx, p.row); err != nil {
		return nil, err
	}
	b := p.main.batch
	pos := &largeRows{ctx: ctx, p: p, batch: b, first: p.row, n: b.Rows}
	if p.group != nil {
		if err := p.group.fill(pos); err != nil {
			return nil, err
		}
	}
	out := &vec.Batch{Rows: b.Rows, Cols: b.Cols[:len(p.s.x.schema):len(p.s.x.schema)]}
	for _, item := range p.large {
		v, err := item.compute(pos)
		if err != nil {
			return nil, err
		}
		out.Cols = append(out.Cols, v)
	}
	p.row += int64(b.Rows)
	return out, nil
}

// rowCursor reads the rows of a file from the first to the last.
type rowCursor struct {
	r     *spill.Reader
	batch *vec.Batch // nil: before the first or behind the last
	first int64      // row of batch
	end   int64      // row behind batch
}

// forward moves to the batch with a row, which must not be before the current one; io.EOF when there is none.
func (c *rowCursor) forward(ctx context.Context, row int64) error {
	for c.batch == nil || row >= c.end {
		b, err := c.r.Next(ctx)
		if err != nil {
			c.batch = nil
			return err
		}
		c.batch, c.first, c.end = b, c.end, c.end+int64(b.Rows)
	}
	return nil
}

func (c *rowCursor) close() { c.r.Close() }

// values returns the values of a column in rows that do not decrease; -1 stands for NULL.
func (c *rowCursor) values(ctx context.Context, col int, t types.Type, rows []int64) (*vec.Vector, error) {
	var pieces []*vec.Vector
	idx := make([]int32, 0, len(rows))
	flush := func() {
		switch {
		case len(idx) == 0:
		case c.batch == nil:
			pieces = append(pieces, vec.NewNull(t, len(idx)))
		default:
			pieces = append(pieces, vec.GatherOrNull(c.batch.Cols[col], idx))
		}
		idx = make([]int32, 0, len(rows))
	}
	for _, r := range rows {
		if r < 0 {
			idx = append(idx, -1)
			continue
		}
		if c.batch == nil || r >= c.end {
			flush()
			if err := c.forward(ctx, r); err != nil {
				return nil, err
			}
		}
		idx = append(idx, int32(r-c.first))
	}
	flush()
	return vec.Concat(pieces), nil
}

// each calls f with the batches that have rows from..to-1, cut to those.
func (c *rowCursor) each(ctx context.Context, from, to int64, f func(b *vec.Batch) error) error {
	for from < to {
		if err := c.forward(ctx, from); err != nil {
			return err
		}
		end := min(to, c.end)
		if err := f(c.batch.Slice(int(from-c.first), int(end-c.first))); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// peerCursor reads where groups of peers end.
type peerCursor struct {
	rows              *rowCursor
	start, end, index int64 // of the current group; index is its number
}

// fill sets the groups of rows.
func (c *peerCursor) fill(r *largeRows) error {
	r.starts, r.ends, r.groups = make([]int64, r.n), make([]int64, r.n), make([]int64, r.n)
	for i := range r.n {
		for r.first+int64(i) >= c.end {
			c.index++
			if err := c.rows.forward(r.ctx, c.index); err != nil {
				return err
			}
			c.start, c.end = c.end, vec.Values[int64](c.rows.batch.Cols[0])[c.index-c.rows.first]
		}
		r.starts[i], r.ends[i], r.groups[i] = c.start, c.end, c.index
	}
	return nil
}
