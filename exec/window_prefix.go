package exec

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// prefixSums computes counts and sums without a tree of states: those of a frame are differences of sums from
// the first row on, where the arithmetic is exact; sums of floats that begin at the partition's first row
// are added up in the order of rows, as PostgreSQL does. It reports false for other aggregates.
func (a *windowAggregate) prefixSums(f *frame, fromStart bool) (*vec.Vector, bool) {
	name, ret := a.agg.Fn.Name, a.agg.Typ.ID
	switch {
	case name == "count" && len(a.args) <= 1 && ret == types.Int64:
		return a.counts(f), true
	case len(a.args) != 1 || name != "sum" && name != "avg":
		return nil, false
	}
	arg := vec.Flatten(a.args[0])
	switch {
	case name == "sum" && arg.Kind == types.KInt32 && arg.Type.ID == types.Int32 && ret == types.Int64:
		return intSums(a, f, vec.Values[int32](arg), arg.Valid), true
	case name == "sum" && arg.Kind == types.KInt16 && ret == types.Int64:
		return intSums(a, f, vec.Values[int16](arg), arg.Valid), true
	case fromStart && arg.Kind == types.KFloat64 && ret == types.Float64:
		return a.floatSums(f, vec.Values[float64](arg), arg.Valid, name == "avg")
	}
	return nil, false
}

// counts returns how many rows of each frame have an argument that is not NULL.
func (a *windowAggregate) counts(f *frame) *vec.Vector {
	out := make([]int64, a.w.n)
	var before []uint32
	if len(a.args) == 1 && mayHaveNulls(a.args) {
		before = notNullBefore(a.args[0], a.n)
	}
	for i := range out {
		from, to := a.at(f.start[i]), a.at(f.end[i])
		if before != nil {
			from, to = before[from], before[to]
		}
		out[i] = int64(to - from)
	}
	return vec.New(types.Of(types.Int64), types.KInt64, out, nil)
}

// notNullBefore returns for each row, and for n, how many rows before it are not NULL.
func notNullBefore(v *vec.Vector, n int) []uint32 {
	before := make([]uint32, n+1)
	for i := range n {
		before[i+1] = before[i]
		if !v.IsNull(i) {
			before[i+1]++
		}
	}
	return before
}

// intSums cannot overflow: a partition has fewer than 2^31 rows of at most 32 bits.
func intSums[T int16 | int32](a *windowAggregate, f *frame, values []T, valid vec.Bitmap) *vec.Vector {
	sums, count := make([]int64, a.n+1), make([]uint32, a.n+1)
	for i, x := range values {
		sums[i+1], count[i+1] = sums[i], count[i]
		if valid.Get(i) {
			sums[i+1] += int64(x)
			count[i+1]++
		}
	}
	out := make([]int64, a.w.n)
	isNull := newNullSet(a.w.n)
	for i := range out {
		from, to := a.at(f.start[i]), a.at(f.end[i])
		out[i] = sums[to] - sums[from]
		if count[to] == count[from] {
			isNull.set(i)
		}
	}
	return vec.New(types.Of(types.Int64), types.KInt64, out, isNull.valid)
}

// floatSums adds up frames that begin with their partition. It leaves infinite sums to the accumulator, which
// knows which of them are overflows.
func (a *windowAggregate) floatSums(f *frame, values []float64, valid vec.Bitmap, avg bool) (*vec.Vector, bool) {
	out := make([]float64, a.w.n)
	isNull, finite := newNullSet(a.w.n), true
	a.w.partitions(func(from, to uint32) {
		at, sum, count := a.at(from), 0.0, 0
		for i := from; i < to; i++ {
			for end := a.at(f.end[i]); at < end; at++ {
				if valid.Get(int(at)) {
					sum += values[at]
					count++
				}
			}
			switch {
			case math.IsInf(sum, 0):
				finite = false
				return
			case count == 0:
				isNull.set(int(i))
			case avg:
				out[i] = sum / float64(count)
			default:
				out[i] = sum
			}
		}
	})
	return vec.New(types.Of(types.Float64), types.KFloat64, out, isNull.valid), finite
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
