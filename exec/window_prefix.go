package exec

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// prefixSums computes counts and sums without a tree of states: those of a frame are differences of sums from
// the first row on; a sum of floats, which has no such differences that fit in a word, moves along with the
// frame. It returns nil for other aggregates.
func (a *windowAggregate) prefixSums(f *frame) (*vec.Vector, error) {
	name, ret := a.agg.Fn.Name, a.agg.Typ.ID
	switch {
	case name == "count" && len(a.args) <= 1 && ret == types.Int64:
		return a.counts(f), nil
	case len(a.args) != 1 || name != "sum" && name != "avg":
		return nil, nil
	}
	arg := vec.Flatten(a.args[0])
	switch {
	case name == "sum" && arg.Kind == types.KInt32 && arg.Type.ID == types.Int32 && ret == types.Int64:
		return intSums(a, f, vec.Values[int32](arg), arg.Valid), nil
	case name == "sum" && arg.Kind == types.KInt16 && ret == types.Int64:
		return intSums(a, f, vec.Values[int16](arg), arg.Valid), nil
	case arg.Kind == types.KFloat64 && ret == types.Float64 && f.exclude == expr.ExcludeNone:
		return a.floatSums(f, vec.Values[float64](arg), arg.Valid, name == "avg")
	}
	return nil, nil
}

// counts returns how many rows of each frame have an argument that is not NULL.
func (a *windowAggregate) counts(f *frame) *vec.Vector {
	out := make([]int64, a.w.n)
	var before []uint32
	if len(a.args) == 1 && mayHaveNulls(a.args) {
		before = a.notNullBefore(a.args[0])
	}
	a.w.pieces(len(out), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for p := range f.pieces() {
				from, to := f.piece(i, p)
				from, to = a.at(from), a.at(to)
				if before != nil {
					from, to = before[from], before[to]
				}
				out[i] += int64(to - from)
			}
		}
	})
	return vec.New(types.Of(types.Int64), types.KInt64, out, nil)
}

// notNullBefore returns for each row, and for n, how many rows before it are not NULL.
func (a *windowAggregate) notNullBefore(v *vec.Vector) []uint32 {
	before := make([]uint32, a.n+1)
	a.w.pieces(a.n, func(from, to int) {
		for i := from; i < to; i++ {
			before[i+1] = before[i]
			if !v.IsNull(i) {
				before[i+1]++
			}
		}
	})
	return before
}

// intSums cannot overflow: a partition has fewer than 2^31 rows of at most 32 bits.
func intSums[T int16 | int32](a *windowAggregate, f *frame, values []T, valid vec.Bitmap) *vec.Vector {
	sums, count := make([]int64, a.n+1), make([]uint32, a.n+1)
	a.w.pieces(len(values), func(from, to int) {
		for i := from; i < to; i++ {
			sums[i+1], count[i+1] = sums[i], count[i]
			if valid.Get(i) {
				sums[i+1] += int64(values[i])
				count[i+1]++
			}
		}
	})
	out := make([]int64, a.w.n)
	isNull := newNullSet(a.w.n)
	a.w.pieces(len(out), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			rows := uint32(0)
			for p := range f.pieces() {
				from, to := f.piece(i, p)
				from, to = a.at(from), a.at(to)
				out[i] += sums[to] - sums[from]
				rows += count[to] - count[from]
			}
			if rows == 0 {
				isNull.set(i)
			}
		}
	})
	return vec.New(types.Of(types.Int64), types.KInt64, out, isNull.valid)
}

// floatSums moves a sum from frame to frame: rows that are in both stay in it.
func (a *windowAggregate) floatSums(f *frame, values []float64, valid vec.Bitmap, avg bool) (*vec.Vector, error) {
	out := make([]float64, a.w.n)
	isNull := newNullSet(a.w.n)
	sum, from, to := fn.NewFloatSum(), 0, 0
	for i := range out {
		if a.w.stopped(8) { // exact sums take as long as other work for some rows
			return nil, a.w.err()
		}
		start, end := int(a.at(f.start[i])), int(a.at(f.end[i]))
		if start < from || end < to || start >= to {
			sum.Reset()
			from, to = start, start
		}
		for k := from; k < start && !a.w.stopped(8*min(updateRows, start-k)); k += updateRows {
			sum.Remove(values, valid, k, min(k+updateRows, start))
		}
		for k := to; k < end && !a.w.stopped(8*min(updateRows, end-k)); k += updateRows {
			sum.Add(values, valid, k, min(k+updateRows, end))
		}
		from, to = start, end
		if sum.Count() == 0 {
			isNull.set(i)
			continue
		}
		x, err := sum.Value()
		if err != nil {
			return nil, err
		}
		if avg {
			x = x/float64(sum.Count()) + 0 // never -0
		}
		out[i] = x
	}
	return vec.New(types.Of(types.Float64), types.KFloat64, out, isNull.valid), nil
}

// nullSet collects the validity of a result.
type nullSet struct {
	n     int
	valid vec.Bitmap
}

func newNullSet(n int) *nullSet { return &nullSet{n: n} }

func (u *nullSet) set(i int) {
	if u.valid == nil {
		u.valid = vec.NewBitmapSet(u.n)
	}
	u.valid.Clear(i)
}
