package exec

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// windowRows are the rows of one stream of a Window. Positions are row numbers in the sorted order; perm leads
// from a position to the row in cols. Results are by position.
type windowRows struct {
	ctx      context.Context
	env      *Env
	held     *collector // whose reservation has the memory
	n        int
	cols     []*vec.Vector
	order    []expr.SortKey
	orderKey int // where the only ORDER BY key is in cols

	perm   []uint32 // nil: the rows in cols are in order
	parts  []uint32 // where partitions begin, and n
	peers  []uint32 // where rows begin that are equal in partition and order, and n
	sorted map[int]*vec.Vector
	frames map[expr.Frame]*frame

	work int  // rows handled since ctx was asked
	dead bool // ctx is done; what is computed is of no use
}

// canceled asks the context.
func (w *windowRows) canceled() bool {
	w.dead = w.dead || w.ctx.Err() != nil
	return w.dead
}

// stopped counts work and reports whether it is to end early, asking the context now and then.
func (w *windowRows) stopped(rows int) bool {
	if w.work += rows; w.work >= pieceRows {
		w.work = 0
		w.canceled()
	}
	return w.dead
}

// stoppedAt is stopped for loops that go row by row; i counts rows.
func (w *windowRows) stoppedAt(i uint32) bool { return i&(pieceRows-1) == 0 && w.stopped(pieceRows) }

// pieces calls f for the pieces from..to-1 of n rows, unless the work is to end early.
func (w *windowRows) pieces(n int, f func(from, to int)) {
	for from := 0; from < n; from += pieceRows {
		to := min(from+pieceRows, n)
		if w.stopped(to - from) {
			return
		}
		f(from, to)
	}
}

// err returns the error for work that ended early.
func (w *windowRows) err() error {
	if w.dead {
		return context.Cause(w.ctx)
	}
	return nil
}

// sort brings the rows in order; the first parts of the keys are PARTITION BY.
func (w *windowRows) sort(keys []int, parts int, orders []keyOrder) error {
	scratch := int64(w.n) * (sortScratch(columnTypes(w.cols), keys) + 1)
	if err := w.held.grow(scratch); err != nil {
		return err
	}
	s := newRowSorter(w.ctx, w.n)
	for i, k := range keys[:parts] {
		s.addKey(w.cols[k], orders[i])
	}
	partMark := s.mark()
	for i, k := range keys[parts:] {
		s.addKey(w.cols[k], orders[parts+i])
	}
	peerMark := s.mark()
	var err error
	if w.perm, err = s.sort(); err != nil {
		return err
	}
	w.parts, w.peers = w.starts(s.runStarts(partMark)), w.starts(s.runStarts(peerMark))
	if w.dead {
		return w.err()
	}
	return w.held.grow(int64(w.n+len(w.parts)+len(w.peers))*4 - scratch)
}

// starts returns the set bits of b, and the number of rows.
func (w *windowRows) starts(b vec.Bitmap) []uint32 {
	out := make([]uint32, 0, b.Count(w.n)+1)
	w.pieces(w.n, func(from, to int) {
		for i := from; i < to; i++ {
			if b.Get(i) {
				out = append(out, uint32(i))
			}
		}
	})
	return append(out, uint32(w.n))
}

// column returns a collected column by position.
func (w *windowRows) column(at int) (*vec.Vector, error) {
	if v := w.sorted[at]; v != nil {
		return v, nil
	}
	v := w.cols[at]
	if w.perm == nil {
		return v, nil
	}
	if err := w.held.grow(int64(w.n) * int64(v.Kind.Width())); err != nil {
		return nil, err
	}
	if v = vec.GatherUntil(w.canceled, v, w.perm); v == nil {
		return nil, w.err()
	}
	w.sorted[at] = v
	return v, nil
}

// gatherOrNull is vec.GatherOrNull for all rows.
func (w *windowRows) gatherOrNull(v *vec.Vector, idx []int32) *vec.Vector {
	var out []*vec.Vector
	w.pieces(len(idx), func(from, to int) { out = append(out, vec.GatherOrNull(v, idx[from:to])) })
	if w.dead || len(out) == 0 {
		return vec.NewNull(v.Type, len(idx))
	}
	if all := vec.ConcatUntil(w.canceled, out); all != nil {
		return all
	}
	return vec.NewNull(v.Type, len(idx))
}

// compute returns the values of an item.
func (w *windowRows) compute(item *windowItem) (v *vec.Vector, err error) {
	if item.Agg != nil {
		v, err = w.aggregate(item)
	} else {
		v, err = w.function(item)
	}
	if err == nil && w.dead {
		err = w.err()
	}
	return v, err
}

// function returns the values of a pure window function.
func (w *windowRows) function(item *windowItem) (*vec.Vector, error) {
	args := make([]*vec.Vector, len(item.args))
	for i, a := range item.args {
		v, err := w.column(a)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	switch item.Fn.Name {
	case "row_number", "rank", "dense_rank":
		return w.ranks(item.Fn.Name), nil
	case "percent_rank", "cume_dist":
		return w.distribution(item.Fn.Name), nil
	case "ntile":
		return w.ntile(args[0])
	case "lag", "lead":
		dir := int64(1)
		if item.Fn.Name == "lag" {
			dir = -1
		}
		count, err := w.counting(item, args[0])
		if err != nil {
			return nil, err
		}
		return w.shifted(args, dir, count), nil
	case "first_value", "last_value", "nth_value":
		return w.framed(item, args)
	}
	return nil, sqlstate.Unsupported("", "window function %s is not supported", item.Fn.Name)
}

// ranks computes row_number, rank and dense_rank.
func (w *windowRows) ranks(name string) *vec.Vector {
	out := make([]int64, w.n)
	peer := 0
	for p, from := range w.parts[:len(w.parts)-1] {
		to := w.parts[p+1]
		if name == "row_number" {
			w.pieces(int(to-from), func(lo, hi int) {
				for i := lo; i < hi; i++ {
					out[int(from)+i] = int64(i) + 1
				}
			})
			continue
		}
		rank, dense := int64(0), int64(0)
		for ; w.peers[peer] < to && !w.stopped(1); peer++ {
			rank = int64(w.peers[peer]-from) + 1
			dense++
			r := rank
			if name == "dense_rank" {
				r = dense
			}
			fill(w, out[w.peers[peer]:w.peers[peer+1]], r)
		}
	}
	return vec.New(types.Of(types.Int64), types.KInt64, out, nil)
}

// distribution computes percent_rank and cume_dist.
func (w *windowRows) distribution(name string) *vec.Vector {
	out := make([]float64, w.n)
	peer := 0
	for p, from := range w.parts[:len(w.parts)-1] {
		to := w.parts[p+1]
		rows := float64(to - from)
		for ; w.peers[peer] < to && !w.stopped(1); peer++ {
			var x float64
			switch {
			case name == "cume_dist":
				x = float64(w.peers[peer+1]-from) / rows
			case rows > 1:
				x = float64(w.peers[peer]-from) / (rows - 1)
			}
			fill(w, out[w.peers[peer]:w.peers[peer+1]], x)
		}
	}
	return vec.New(types.Of(types.Float64), types.KFloat64, out, nil)
}

// ntile deals each partition out into as many buckets as the argument says in its first row where it is not
// NULL; the first buckets get the rows that are left over.
func (w *windowRows) ntile(arg *vec.Vector) (*vec.Vector, error) {
	arg = vec.Flatten(arg)
	out := make([]int32, w.n)
	var valid vec.Bitmap
	for p, from := range w.parts[:len(w.parts)-1] {
		to := w.parts[p+1]
		i := from
		for ; i < to && arg.IsNull(int(i)); i++ {
			if valid == nil {
				valid = vec.NewBitmapSet(w.n)
			}
			valid.Clear(int(i))
		}
		if i == to {
			continue
		}
		buckets := int64(vec.Values[int32](arg)[i])
		if buckets <= 0 {
			return nil, sqlstate.New(sqlstate.InvalidNtileArgument, "argument of ntile must be greater than zero")
		}
		rows := int64(to - from)
		size, extra := rows/buckets, rows%buckets
		if size == 0 {
			size, extra = 1, 0
		}
		bucket, left := int32(1), size
		if extra > 0 {
			left++
		}
		for ; i < to && !w.stoppedAt(i); i++ {
			if left == 0 {
				bucket++
				left = size
				if int64(bucket) <= extra {
					left++
				}
			}
			out[i] = bucket
			left--
		}
	}
	return vec.New(types.Of(types.Int32), types.KInt32, out, valid), nil
}

// shifted computes lag (dir -1) and lead (dir 1): args are the value, how far to go, and what stands for a
// row outside the partition. count says which rows count.
func (w *windowRows) shifted(args []*vec.Vector, dir int64, count *countedRows) *vec.Vector {
	idx := make([]int32, w.n)
	var offset *vec.Vector
	if len(args) > 1 {
		offset = vec.Flatten(args[1])
	}
	other := len(args) > 2
	for p, from := range w.parts[:len(w.parts)-1] {
		to := w.parts[p+1]
		for i := from; i < to && !w.stoppedAt(i); i++ {
			by := int64(1)
			if offset != nil {
				if offset.IsNull(int(i)) {
					idx[i] = -1
					continue
				}
				by = int64(vec.Values[int32](offset)[i])
			}
			at := count.away(int64(i), dir*by, from, to)
			switch {
			case at >= int64(from) && at < int64(to):
				idx[i] = int32(at)
			case other:
				idx[i] = ^int32(i) - 1 // the default in row i; -1 is NULL
			default:
				idx[i] = -1
			}
		}
	}
	if !other {
		return w.gatherOrNull(args[0], idx)
	}
	return withDefaults(args[0], args[2], idx, w.gatherOrNull)
}

// withDefaults returns v's row idx[i] in row i, or NULL for -1, or for -2-k row k of other.
func withDefaults(v, other *vec.Vector, idx []int32, gather func(*vec.Vector, []int32) *vec.Vector) *vec.Vector {
	var rows []uint32
	for _, x := range idx {
		if x < -1 {
			rows = append(rows, uint32(-2-x))
		}
	}
	if len(rows) == 0 {
		return gather(v, idx)
	}
	both := vec.Concat([]*vec.Vector{v, vec.Gather(other, rows)})
	k := int32(v.Len)
	for i, x := range idx {
		if x < -1 {
			idx[i] = k
			k++
		}
	}
	return gather(both, idx)
}

// framed computes first_value, last_value and nth_value.
func (w *windowRows) framed(item *windowItem, args []*vec.Vector) (*vec.Vector, error) {
	f, err := w.frame(item.Frame)
	if err != nil {
		return nil, err
	}
	count, err := w.counting(item, args[0])
	if err != nil {
		return nil, err
	}
	idx := make([]int32, w.n)
	var nth *vec.Vector
	if item.Fn.Name == "nth_value" {
		nth = vec.Flatten(args[1])
	}
	for i := range w.n {
		if w.stoppedAt(uint32(i)) {
			break
		}
		k := int64(1)
		switch {
		case nth != nil && nth.IsNull(i):
			k = 0
		case nth != nil:
			if k = int64(vec.Values[int32](nth)[i]); k <= 0 {
				return nil, sqlstate.New(sqlstate.InvalidNthValueArgument, "argument of nth_value must be greater than zero")
			}
		case item.Fn.Name == "last_value":
			k = -1
		}
		idx[i] = count.nth(f, i, k)
	}
	return w.gatherOrNull(args[0], idx), nil
}

// countedRows are the rows that count for a function: all, or with IGNORE NULLS those whose value is not NULL.
type countedRows struct {
	rows   []uint32 // nil: all
	before []uint32 // how many of rows come before each position, and in all
}

// counting returns the rows that count for an item with these values.
func (w *windowRows) counting(item *windowItem, v *vec.Vector) (*countedRows, error) {
	if !item.IgnoreNulls {
		return &countedRows{}, nil
	}
	if err := w.held.grow(int64(w.n) * 8); err != nil {
		return nil, err
	}
	c := &countedRows{rows: make([]uint32, 0, w.n), before: make([]uint32, w.n+1)}
	w.pieces(w.n, func(from, to int) {
		for i := from; i < to; i++ {
			c.before[i] = uint32(len(c.rows))
			if !v.IsNull(i) {
				c.rows = append(c.rows, uint32(i))
			}
		}
	})
	c.before[w.n] = uint32(len(c.rows))
	return c, w.err()
}

// away returns the row that is the by'th of those that count behind row i, or before it if by is negative; one outside of the
// partition from..to-1 if there is none.
func (c *countedRows) away(i, by int64, from, to uint32) int64 {
	if c.before == nil || by == 0 {
		return i + by
	}
	k := int64(c.before[i]) + by
	if by > 0 {
		k = int64(c.before[i+1]) + by - 1
	}
	if k < int64(c.before[from]) || k >= int64(c.before[to]) {
		return -1
	}
	return int64(c.rows[k])
}

// nth returns the k'th row that counts in the frame of row i, the last for -1; -1 if there is none, and for k 0.
func (c *countedRows) nth(f *frame, i int, k int64) int32 {
	n := f.pieces()
	for p := range n {
		if k < 0 {
			p = n - 1 - p
		}
		from, to := f.piece(i, p)
		if c.before != nil {
			from, to = c.before[from], c.before[to]
		}
		if from >= to {
			continue
		}
		at := int64(to) - 1
		if k >= 0 {
			if at = int64(from) + k - 1; at >= int64(to) {
				k -= int64(to - from)
				continue
			}
			if k == 0 {
				return -1
			}
		}
		if c.before != nil {
			return int32(c.rows[at])
		}
		return int32(at)
	}
	return -1
}
