package fn

import (
	"math"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// floatSumAcc is sum and avg of real and double precision. PostgreSQL adds real in single precision; here
// such sums too are exact until they are rounded to single precision.
type floatSumAcc struct {
	floatSums
	ret types.Type
	avg bool
}

func newFloatSum(ret types.Type, avg bool) *floatSumAcc {
	return &floatSumAcc{floatSums: floatSums{floatLayout: sumLayout}, ret: ret, avg: avg}
}

func (a *floatSumAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	if v.Kind == types.KFloat32 {
		addFloatRows(&a.floatSums, vec.Values[float32](v), v.Valid, groups)
	} else {
		addFloatRows(&a.floatSums, vec.Values[float64](v), v.Valid, groups)
	}
	return nil
}

func addFloatRows[T float](s *floatSums, vals []T, valid vec.Bitmap, groups []uint32) {
	vals = vals[:len(groups)]
	if len(s.cells) == sumWords {
		for i := 0; i < len(vals); i++ {
			if i = addFloatRun(s.cells, vals, valid, i); i < len(vals) {
				s.addAny(0, float64(vals[i]), 0)
			}
		}
		return
	}
	s.inSteps(groups, func(from, to int) {
		for i := from; i < to; i++ {
			if i = addFloatCells(cellsOf[[sumWords]uint64](s.cells), vals[:to], valid, groups[:to], i); i < to {
				s.finish(groups[i], float64(vals[i]), 0)
			}
		}
	})
}

// addFloatCells adds values from the first-th on. It ends early behind one that makes a cell full, or before
// one that does not fit, and returns its place.
func addFloatCells[T float](cells [][sumWords]uint64, vals []T, valid vec.Bitmap, groups []uint32, first int) int {
	vals = vals[:len(groups)]
	for i := first; i < len(groups); i++ {
		if valid != nil && valid[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		c := &cells[groups[i]]
		b := math.Float64bits(float64(vals[i]))
		end := endFor(c[2]>>metaEnd, b)
		t := end - b<<1>>53 - 1
		if t > windowSpan-1 {
			return i
		}
		sign := uint64(int64(b) >> 63)
		h, l := bits.Mul64(b&(floatHidden-1)|floatHidden, 1<<(windowSpan-1)>>t)
		lo, carry := bits.Add64(c[0], l^sign, sign&1)
		hi, _ := bits.Add64(c[1], h^sign, carry)
		c[0], c[1] = lo, hi
		c[2] = c[2]&metaLow | end<<metaEnd + 1
		if isFull(hi) {
			return i
		}
	}
	return len(groups)
}

// addFloatRun adds values from the first-th on to one group until one does not fit or would make the cell
// full, and returns its place.
func addFloatRun[T float](cell []uint64, vals []T, valid vec.Bitmap, first int) int {
	lo, hi, end, n := cell[0], cell[1], cell[2]>>metaEnd, uint64(0)
	i := first
	for ; i < len(vals); i++ {
		if valid != nil && valid[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		b := math.Float64bits(float64(vals[i]))
		t := end - b<<1>>53 - 1
		if t > windowSpan-1 {
			if end != 0 || windowEnds[b<<1>>53] == 0 {
				break
			}
			end = uint64(windowEnds[b<<1>>53])
			t = end - b<<1>>53 - 1
		}
		sign := uint64(int64(b) >> 63)
		h, l := bits.Mul64(b&(floatHidden-1)|floatHidden, 1<<(windowSpan-1)>>(t&63))
		l, carry := bits.Add64(lo, l^sign, sign&1)
		h, _ = bits.Add64(hi, h^sign, carry)
		if isFull(h) {
			break
		}
		lo, hi = l, h
		n++
	}
	cell[0], cell[1], cell[2] = lo, hi, cell[2]&metaLow|end<<metaEnd+n
	return i
}

func (a *floatSumAcc) Result(from, to int) (*vec.Vector, error) {
	if a.ret.ID == types.Float32 {
		return resultsErr(a.ret, types.KFloat32, from, to, func(g int) (float32, bool, error) {
			x, err := a.single(g)
			return x, a.count(g) > 0, err
		})
	}
	return resultsErr(a.ret, types.KFloat64, from, to, func(g int) (float64, bool, error) {
		n := a.count(g)
		if n == 0 {
			return 0, false, nil
		}
		x, ok := a.sum(g, 0)
		switch {
		case !ok:
			return 0, false, errOverflow()
		case a.avg:
			x /= float64(n)
		case a.isNegZero(g):
			x = math.Copysign(0, -1)
		}
		return x, true, nil
	})
}

// single returns the sum of a group of real.
func (a *floatSumAcc) single(g int) (float32, error) {
	if a.isNegZero(g) {
		return float32(math.Copysign(0, -1)), nil
	}
	x, ok := a.sum(g, 0)
	if !isFinite(x) && ok {
		return float32(x), nil
	}
	words, place := a.part(g, 0)
	y := round32(words, place+leastFloat)
	if math.IsInf(float64(y), 0) {
		return 0, errOverflow()
	}
	return y, nil
}
