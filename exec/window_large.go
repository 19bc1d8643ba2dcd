package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// largeRows are some rows of a large partition for which items are computed.
type largeRows struct {
	ctx   context.Context
	p     *windowPartition
	batch *vec.Batch
	first int64 // its first row
	n     int

	starts, ends, groups []int64 // of the peers of each row, when the partition asks for them
}

// compute returns the item's values for some rows.
func (item *largeItem) compute(r *largeRows) (*vec.Vector, error) {
	if item.Agg != nil {
		return item.aggregate(r)
	}
	switch item.Fn.Name {
	case "row_number", "rank", "dense_rank":
		return r.ranks(item.Fn.Name), nil
	case "percent_rank", "cume_dist":
		return r.distribution(item.Fn.Name), nil
	case "ntile":
		return item.tile.next(r, r.batch.Cols[item.args[0]])
	case "lag", "lead":
		return item.shifted(r)
	}
	return item.framed(r)
}

func (r *largeRows) ranks(name string) *vec.Vector {
	out := make([]int64, r.n)
	for i := range out {
		switch name {
		case "row_number":
			out[i] = r.first + int64(i) + 1
		case "rank":
			out[i] = r.starts[i] + 1
		default:
			out[i] = r.groups[i] + 1
		}
	}
	return vec.New(types.Of(types.Int64), types.KInt64, out, nil)
}

func (r *largeRows) distribution(name string) *vec.Vector {
	out := make([]float64, r.n)
	rows := float64(r.p.rows)
	for i := range out {
		switch {
		case name == "cume_dist":
			out[i] = float64(r.ends[i]) / rows
		case rows > 1:
			out[i] = float64(r.starts[i]) / (rows - 1)
		}
	}
	return vec.New(types.Of(types.Float64), types.KFloat64, out, nil)
}

// ntileState is where ntile is in the partition; see windowRows.ntile.
type ntileState struct {
	buckets, size, extra int64 // buckets is 0 before the first argument that is not NULL
	bucket, left         int64
}

func (t *ntileState) next(r *largeRows, arg *vec.Vector) (*vec.Vector, error) {
	arg = vec.Flatten(arg)
	out := make([]int32, r.n)
	isNull := newNullSet(r.n)
	for i := range out {
		if t.buckets == 0 {
			if arg.IsNull(i) {
				isNull.set(i)
				continue
			}
			if t.buckets = int64(vec.Values[int32](arg)[i]); t.buckets <= 0 {
				return nil, sqlstate.New(sqlstate.InvalidNtileArgument, "argument of ntile must be greater than zero")
			}
			if t.size, t.extra = r.p.rows/t.buckets, r.p.rows%t.buckets; t.size == 0 {
				t.size, t.extra = 1, 0
			}
		}
		if t.left == 0 {
			t.bucket++
			if t.left = t.size; t.bucket <= t.extra {
				t.left++
			}
		}
		out[i] = int32(t.bucket)
		t.left--
	}
	return vec.New(types.Of(types.Int32), types.KInt32, out, isNull.valid), nil
}

// shifted computes lag and lead.
func (item *largeItem) shifted(r *largeRows) (*vec.Vector, error) {
	by := item.by
	if item.Fn.Name == "lag" {
		by = -by
	}
	at := make([]int64, r.n)
	var outside []int32 // -1, or with a default, the row that it stands in
	missing := false
	for i := range at {
		at[i] = r.first + int64(i) + by
		if item.null || at[i] < 0 || at[i] >= r.p.rows {
			at[i] = -1
			missing = missing || !item.null
		}
	}
	v, err := item.from.values(r.ctx, item.args[0], item.Typ, at)
	if err != nil || !missing || len(item.args) < 3 {
		return v, err
	}
	outside = make([]int32, r.n)
	for i := range outside {
		if outside[i] = int32(i); at[i] < 0 {
			outside[i] = ^int32(i) - 1
		}
	}
	return withDefaults(v, r.batch.Cols[item.args[2]], outside, vec.GatherOrNull), nil
}

// frames returns where the frames of the rows begin and end.
func (item *largeItem) frames(r *largeRows) (start, end []int64, err error) {
	start, end = make([]int64, r.n), make([]int64, r.n)
	if err := item.start.fill(r, start, r.starts); err != nil {
		return nil, nil, err
	}
	if err := item.end.fill(r, end, r.ends); err != nil {
		return nil, nil, err
	}
	for i := range end {
		end[i] = max(end[i], start[i])
	}
	return start, end, nil
}

// fill sets the bound of each row. peers are the same edge of its peers.
func (b *frameBound) fill(r *largeRows, out, peers []int64) error {
	beyond := int64(0)
	if b.end {
		beyond = 1 // ends are exclusive
	}
	for i := range out {
		switch {
		case b.kind == expr.UnboundedPreceding:
			out[i] = 0
		case b.kind == expr.UnboundedFollowing:
			out[i] = r.p.rows
		case b.mode == expr.Rows:
			out[i] = min(max(r.first+int64(i)+b.by+beyond, 0), r.p.rows)
		case b.groups != nil:
			at, err := b.groupStart(r, r.groups[i]+b.by+beyond)
			if err != nil {
				return err
			}
			out[i] = at
		default:
			out[i] = peers[i]
		}
	}
	if b.search != nil {
		return b.search.fill(r, out)
	}
	return nil
}

// groupStart returns the row with which a group of peers begins, which is where the one before ends.
func (b *frameBound) groupStart(r *largeRows, group int64) (int64, error) {
	if group <= 0 {
		return 0, nil
	}
	switch err := b.groups.forward(r.ctx, group-1); err {
	case nil:
		return vec.Values[int64](b.groups.batch.Cols[0])[group-1-b.groups.first], nil
	case io.EOF:
		return r.p.rows, nil
	default:
		return 0, err
	}
}

// framed computes first_value, last_value and nth_value.
func (item *largeItem) framed(r *largeRows) (*vec.Vector, error) {
	start, end, err := item.frames(r)
	if err != nil {
		return nil, err
	}
	at := make([]int64, r.n)
	for i := range at {
		switch {
		case item.Fn.Name == "nth_value":
			at[i] = start[i] + item.by - 1
			if item.null || at[i] >= end[i] {
				at[i] = -1
			}
		case start[i] >= end[i]:
			at[i] = -1
		case item.Fn.Name == "first_value":
			at[i] = start[i]
		default:
			at[i] = end[i] - 1
		}
	}
	return item.from.values(r.ctx, item.args[0], item.Typ, at)
}

// aggregate computes an aggregate.
func (item *largeItem) aggregate(r *largeRows) (*vec.Vector, error) {
	if item.whole != nil {
		return vec.Gather(item.whole, make([]uint32, r.n)), nil
	}
	start, end, err := item.frames(r)
	if err != nil {
		return nil, err
	}
	if item.acc != nil {
		return item.acc.values(r, item.from, end)
	}
	return item.moved.values(r, item, start, end)
}

// runningAgg is an aggregate over frames that begin with the partition.
type runningAgg struct {
	item *windowItem
	acc  fn.Accumulator
	held int64       // bytes that are reserved for it
	done int64       // rows that are in it
	last *vec.Vector // the result over those
}

func newRunningAgg(s *windowStream, item *windowItem) *runningAgg {
	a := &runningAgg{item: item}
	var ts []types.Type
	for _, at := range item.args {
		ts = append(ts, s.buf.types[at])
	}
	a.acc = newAccumulator(s.env, item.Agg, ts)
	a.acc.Grow(1)
	return a
}

// add adds the rows of a dense batch.
func (a *runningAgg) add(b *vec.Batch) error {
	args := columnsAt(b.Cols, a.item.args)
	n := b.Rows
	if a.item.filter >= 0 {
		sel := trueRows(b.Cols[a.item.filter], n)
		args, n = gatherAll(args, sel), len(sel)
	}
	if n == 0 {
		return nil
	}
	a.last = nil
	return a.acc.Update(args, make([]uint32, n))
}

// trueRows returns the rows in which a condition is true.
func trueRows(cond *vec.Vector, n int) (sel []uint32) {
	for i := range n {
		if !cond.IsNull(i) && vec.At[uint8](cond, i) != 0 {
			sel = append(sel, uint32(i))
		}
	}
	return sel
}

// values returns the results for frames with these ends.
func (a *runningAgg) values(r *largeRows, from *rowCursor, end []int64) (*vec.Vector, error) {
	out := vec.NewBuilder(a.item.Typ)
	for _, to := range end {
		if to > a.done {
			if err := from.each(r.ctx, a.done, to, a.add); err != nil {
				return nil, err
			}
			a.done = to
		}
		if a.last == nil {
			v, err := a.acc.Result(0, 1)
			if err != nil {
				return nil, err
			}
			a.last = v
		}
		out.AppendFrom(a.last, 0)
	}
	return out.Finish(), a.hold(r.p.res)
}

// hold reserves the memory of the accumulator, which is known only when it has it.
func (a *runningAgg) hold(res *mem.Reservation) error {
	more := a.acc.Bytes() - a.held
	if more <= 0 {
		return nil
	}
	a.held += more
	return res.Grow(more)
}

// slidingAgg is an aggregate over frames that begin and end with the rows around the current one. Those that the
// frames of some rows see are in memory.
type slidingAgg struct {
	cols    []int        // the arguments, and behind them the filter, if there is one
	batches []*vec.Batch // of those columns: rows first..end-1
	first   int64
	end     int64
}

func newSlidingAgg(item *windowItem) *slidingAgg {
	a := &slidingAgg{cols: item.args[:len(item.args):len(item.args)]}
	if item.filter >= 0 {
		a.cols = append(a.cols, item.filter)
	}
	return a
}

// values returns the results for frames.
func (a *slidingAgg) values(r *largeRows, item *largeItem, start, end []int64) (*vec.Vector, error) {
	res := r.p.res
	if err := a.hold(r.ctx, res, item.from, start[0], end[r.n-1]); err != nil {
		return nil, err
	}
	held := res.Bytes()
	w := &windowRows{ctx: r.ctx, env: r.p.s.env, held: newCollector(res, 0), n: r.n}
	agg := &windowAggregate{w: w, agg: item.Agg, n: int(a.end - a.first)}
	for i, at := range item.args {
		t := r.p.s.buf.types[at]
		agg.args, agg.argType = append(agg.args, a.column(i, t)), append(agg.argType, t)
	}
	if item.filter >= 0 {
		agg.filter(a.column(len(item.args), types.Of(types.Bool)))
	}
	f := &frame{start: make([]uint32, r.n), end: make([]uint32, r.n)}
	for i := range r.n {
		to := min(max(end[i], a.first), a.end)
		f.start[i], f.end[i] = uint32(min(max(start[i], a.first), to)-a.first), uint32(to-a.first)
	}
	a.leaveOut(r, f, item.Frame.Exclude)
	v, err := agg.prefixSums(f)
	if v == nil && err == nil {
		v, err = agg.byFrame(f)
	}
	if err != nil {
		return nil, err
	}
	return v, res.Resize(held) // what the computation took
}

// leaveOut sets what frames leave out.
func (a *slidingAgg) leaveOut(r *largeRows, f *frame, exclude expr.Exclusion) {
	if f.exclude = exclude; exclude == expr.ExcludeNone {
		return
	}
	f.first = r.first - a.first
	f.from, f.to = make([]uint32, r.n), make([]uint32, r.n)
	for i := range r.n {
		from, to := r.first+int64(i), r.first+int64(i)+1
		if exclude != expr.ExcludeCurrentRow {
			from, to = r.starts[i], r.ends[i]
		}
		f.from[i], f.to[i] = uint32(min(max(from, a.first), a.end)-a.first), uint32(min(max(to, a.first), a.end)-a.first)
	}
}

// heldBytes is what a batch of a slidingAgg takes, with its rows in the joined columns.
func heldBytes(b *vec.Batch) int64 { return 2 * decodedBytes(b) }

// hold takes in the rows up to end, and drops those before start.
func (a *slidingAgg) hold(ctx context.Context, res *mem.Reservation, from *rowCursor, start, end int64) error {
	for len(a.batches) > 0 && a.first+int64(a.batches[0].Rows) <= start {
		b := a.batches[0]
		a.first += int64(b.Rows)
		a.batches = a.batches[1:]
		if err := res.Grow(-heldBytes(b)); err != nil {
			return err
		}
	}
	if len(a.batches) == 0 {
		a.end = max(a.end, start)
		a.first = a.end
	}
	return from.each(ctx, a.end, end, func(b *vec.Batch) error {
		b = &vec.Batch{Cols: columnsAt(b.Cols, a.cols), Rows: b.Rows}
		if err := res.Grow(heldBytes(b)); err != nil {
			return err
		}
		a.batches = append(a.batches, b)
		a.end += int64(b.Rows)
		return nil
	})
}

// column returns a column of the rows in memory.
func (a *slidingAgg) column(at int, t types.Type) *vec.Vector {
	if len(a.batches) == 0 {
		return vec.Flatten(vec.NewNull(t, 0))
	}
	vs := make([]*vec.Vector, len(a.batches))
	for i, b := range a.batches {
		vs[i] = b.Cols[at]
	}
	return vec.Concat(vs)
}
