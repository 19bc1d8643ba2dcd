package exec

import (
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// frame says for every position which positions a window function sees: start..end-1.
type frame struct {
	start, end []uint32
	whole      bool // the whole partition, for every row

	// With an EXCLUDE clause, what is left out of start..end-1: from[i]..to[i]-1, where with EXCLUDE TIES row i stays.
	exclude  expr.Exclusion
	from, to []uint32
	first    int64 // the position of row 0
}

// pieces is how many ranges of rows a frame has at most.
func (f *frame) pieces() int {
	switch f.exclude {
	case expr.ExcludeNone:
		return 1
	case expr.ExcludeTies:
		return 3
	}
	return 2
}

// piece returns range k of the frame of row i, which may be empty: what is before the rows that are left out, what is behind
// them, and between those, the row itself.
func (f *frame) piece(i, k int) (from, to uint32) {
	start, end := f.start[i], f.end[i]
	switch {
	case f.exclude == expr.ExcludeNone:
		return start, end
	case k == 0:
		return start, max(min(f.from[i], end), start)
	case k == f.pieces()-1:
		return min(max(f.to[i], start), end), end
	}
	if row := f.first + int64(i); int64(start) <= row && row < int64(end) {
		return uint32(row), uint32(row) + 1
	}
	return start, start
}

// same reports whether rows i and i-1 have the same frame.
func (f *frame) same(i int) bool {
	if f.start[i] != f.start[i-1] || f.end[i] != f.end[i-1] {
		return false
	}
	return f.exclude == expr.ExcludeNone || f.exclude == expr.ExcludeGroup && f.from[i] == f.from[i-1]
}

// leaveOut sets what frames leave out.
func (w *windowRows) leaveOut(f *frame, exclude expr.Exclusion) error {
	f.exclude = exclude
	if exclude == expr.ExcludeNone {
		return nil
	}
	if err := w.held.grow(int64(w.n) * 8); err != nil {
		return err
	}
	f.from, f.to = make([]uint32, w.n), make([]uint32, w.n)
	if exclude != expr.ExcludeCurrentRow {
		w.peersBound(f.from, false)
		w.peersBound(f.to, true)
		return nil
	}
	w.pieces(w.n, func(from, to int) {
		for i := from; i < to; i++ {
			f.from[i], f.to[i] = uint32(i), uint32(i)+1
		}
	})
	return nil
}

// frame returns the frames of all rows.
func (w *windowRows) frame(f expr.Frame) (*frame, error) {
	if r := w.frames[f]; r != nil {
		return r, nil
	}
	if err := w.held.grow(int64(w.n) * 8); err != nil {
		return nil, err
	}
	r := &frame{start: make([]uint32, w.n), end: make([]uint32, w.n), whole: w.isWhole(f)}
	bound := map[expr.FrameMode]func(r *frame, b expr.Bound, end bool) error{
		expr.Rows: w.rowsBound, expr.Range: w.rangeBound, expr.Groups: w.groupsBound}[f.Mode]
	if err := bound(r, f.Start, false); err != nil {
		return nil, err
	}
	if err := bound(r, f.End, true); err != nil {
		return nil, err
	}
	w.pieces(w.n, func(from, to int) {
		for i := from; i < to; i++ {
			r.end[i] = max(r.end[i], r.start[i])
		}
	})
	if err := w.leaveOut(r, f.Exclude); err != nil {
		return nil, err
	}
	if w.dead {
		return nil, w.err()
	}
	w.frames[f] = r
	return r, nil
}

// isWhole reports whether every frame is its whole partition.
func (w *windowRows) isWhole(f expr.Frame) bool {
	peers := f.Mode != expr.Rows && len(w.peers) == len(w.parts) // all rows of a partition are peers
	return f.Exclude == expr.ExcludeNone && (f.Start.Kind == expr.UnboundedPreceding || peers && f.Start.Kind == expr.CurrentRow) &&
		(f.End.Kind == expr.UnboundedFollowing || peers && f.End.Kind == expr.CurrentRow)
}

// side returns the slice that a bound fills.
func (f *frame) side(end bool) []uint32 {
	if end {
		return f.end
	}
	return f.start
}

// partitions calls f for each partition from..to-1, unless the work is to end early.
func (w *windowRows) partitions(f func(from, to uint32)) {
	for p, from := range w.parts[:len(w.parts)-1] {
		if w.stopped(1) {
			return
		}
		f(from, w.parts[p+1])
	}
}

// unbounded fills a bound that is the partition's edge; it reports false for other bounds.
func (w *windowRows) unbounded(out []uint32, b expr.Bound) bool {
	switch b.Kind {
	case expr.UnboundedPreceding:
		w.partitions(func(from, to uint32) { fill(w, out[from:to], from) })
	case expr.UnboundedFollowing:
		w.partitions(func(from, to uint32) { fill(w, out[from:to], to) })
	default:
		return false
	}
	return true
}

// fill sets all of s to x.
func fill[T uint32 | int64 | float64](w *windowRows, s []T, x T) {
	if len(s) == 1 {
		s[0] = x
		return
	}
	w.pieces(len(s), func(from, to int) {
		for i := from; i < to; i++ {
			s[i] = x
		}
	})
}

// rowsBound fills a bound counted in rows.
func (w *windowRows) rowsBound(f *frame, b expr.Bound, end bool) error {
	out := f.side(end)
	if w.unbounded(out, b) {
		return nil
	}
	by, err := w.countOffset(b, end)
	if err != nil {
		return err
	}
	if end {
		by++ // ends are exclusive
	}
	w.partitions(func(from, to uint32) {
		for i := from; i < to && !w.stoppedAt(i); i++ {
			out[i] = uint32(min(max(int64(i)+by, int64(from)), int64(to)))
		}
	})
	return nil
}

// countOffset returns how many rows or groups a bound lies behind the current one.
func (w *windowRows) countOffset(b expr.Bound, end bool) (int64, error) {
	if b.Offset == nil {
		return 0, nil
	}
	v, err := w.offset(b, end)
	if err != nil {
		return 0, err
	}
	var by int64
	switch v.Kind {
	case types.KInt16:
		by = int64(vec.At[int16](v, 0))
	case types.KInt32:
		by = int64(vec.At[int32](v, 0))
	case types.KInt64:
		by = vec.At[int64](v, 0)
	default:
		return 0, sqlstate.New(sqlstate.DatatypeMismatch, "argument of ROWS must be type bigint, not type %s", v.Type)
	}
	if by < 0 {
		return 0, sqlstate.New(sqlstate.InvalidFrameSize, "frame %s offset must not be negative", edge(end))
	}
	by = min(by, int64(w.n))
	if b.Kind == expr.Preceding {
		by = -by
	}
	return by, nil
}

func edge(end bool) string {
	if end {
		return "ending"
	}
	return "starting"
}

// offset returns the value of a bound's offset, which has no columns.
func (w *windowRows) offset(b expr.Bound, end bool) (*vec.Vector, error) {
	p, err := expr.Compile(b.Offset, func(expr.ColID) int { return -1 })
	if err != nil {
		return nil, err
	}
	v, err := p.Eval(w.env.Fn, &vec.Batch{Rows: 1})
	if err != nil {
		return nil, err
	}
	if v.IsNull(0) {
		return nil, sqlstate.New(sqlstate.NullNotAllowed, "frame %s offset must not be null", edge(end))
	}
	return v, nil
}

// peersBound fills a bound at the edge of the current row's peers.
func (w *windowRows) peersBound(out []uint32, end bool) {
	for g, from := range w.peers[:len(w.peers)-1] {
		to := w.peers[g+1]
		if w.stopped(1) {
			return
		}
		if end {
			fill(w, out[from:to], to)
		} else {
			fill(w, out[from:to], from)
		}
	}
}

// groupsBound fills a bound counted in groups of peers.
func (w *windowRows) groupsBound(f *frame, b expr.Bound, end bool) error {
	out := f.side(end)
	if w.unbounded(out, b) {
		return nil
	}
	by, err := w.countOffset(b, end)
	if err != nil {
		return err
	}
	if end {
		by++
	}
	first := 0 // group of the partition
	w.partitions(func(from, to uint32) {
		last := first
		for w.peers[last] < to {
			last++
		}
		for g := first; g < last && !w.stopped(1); g++ {
			at := min(max(int64(g)+by, int64(first)), int64(last))
			fill(w, out[w.peers[g]:w.peers[g+1]], w.peers[at])
		}
		first = last
	})
	return nil
}

// rangeBound fills a bound by the value of the only ORDER BY key; without an offset, by peers.
func (w *windowRows) rangeBound(f *frame, b expr.Bound, end bool) error {
	out := f.side(end)
	if w.unbounded(out, b) {
		return nil
	}
	w.peersBound(out, end) // what NULLs have in any case
	if b.Offset == nil {
		return nil
	}
	if len(w.order) != 1 {
		return errRangeKeys()
	}
	offset, err := w.offset(b, end)
	if err != nil {
		return err
	}
	key, err := w.column(w.orderKey)
	if err != nil {
		return err
	}
	desc := w.order[0].Desc
	values, limits, err := w.allLimits(vec.Flatten(key), offset, (b.Kind == expr.Preceding) != desc)
	if err != nil {
		return err
	}
	// The bound is the first row that is not before the limit, or for an end, that is behind it.
	o := keyOrder{desc: desc}
	before := 0
	if end {
		before = 1
	}
	w.partitions(func(from, to uint32) {
		for from < to && key.IsNull(int(from)) {
			from++
		}
		for from < to && key.IsNull(int(to-1)) {
			to--
		}
		at := from
		for i := from; i < to && !w.stopped(8); i++ { // a comparison takes as long as other work for some rows
			for at < to && o.compare(values, int(at), limits, int(i)) < before {
				at++
			}
			out[i] = at
		}
	})
	return nil
}
