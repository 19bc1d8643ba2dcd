package fn

import (
	"math"

	"gsql/exec/vec"
)

// FloatSum is the sum of some of the rows of a column of double precision. Since it is exact, rows can be
// taken out again and leave no trace.
type FloatSum struct {
	sums     floatSums
	n        int64
	negZeros int64
	special  [3]int64 // how often Infinity, -Infinity, NaN
}

// NewFloatSum returns the sum of no rows.
func NewFloatSum() *FloatSum {
	s := &FloatSum{sums: floatSums{floatLayout: sumLayout}}
	s.sums.Grow(1)
	return s
}

// Reset takes out all rows.
func (s *FloatSum) Reset() {
	clear(s.sums.cells)
	*s = FloatSum{sums: floatSums{floatLayout: sumLayout, cells: s.sums.cells, wides: s.sums.wides[:0], scratch: s.sums.scratch}}
}

// Add adds the rows from..to-1 of values that are not NULL.
func (s *FloatSum) Add(values []float64, valid vec.Bitmap, from, to int) {
	s.change(values, valid, from, to, 1)
}

// Remove takes out rows that were added.
func (s *FloatSum) Remove(values []float64, valid vec.Bitmap, from, to int) {
	s.change(values, valid, from, to, -1)
}

func (s *FloatSum) change(values []float64, valid vec.Bitmap, from, to int, by int64) {
	minus := uint64(by) & (1 << 63)
	for i := from; i < to; i++ {
		if !valid.Get(i) {
			continue
		}
		x := values[i]
		s.n += by
		b := math.Float64bits(x) ^ minus
		c := (*[sumWords]uint64)(s.sums.cells)
		end := endFor(c[2]>>metaEnd, b)
		h, l, ok := inWindow(end, b)
		switch k := special(x); {
		case k != 0:
			s.special[k-1] += by
		case x == 0:
			if math.Signbit(x) {
				s.negZeros += by
			}
		case !ok:
			s.sums.addAny(0, math.Float64frombits(b), 0)
		default:
			c[2] = c[2]&metaLow | end<<metaEnd
			add128((*[2]uint64)(c[0:]), h, l, uint64(int64(b)>>63))
			if isFull(c[1]) {
				s.sums.relieve(c[:])
			}
		}
	}
}

// Count returns how many rows are in the sum.
func (s *FloatSum) Count() int64 { return s.n }

// Value returns the sum; it is an error when it overflows.
func (s *FloatSum) Value() (float64, error) {
	switch inf, negInf, nan := s.special[0] > 0, s.special[1] > 0, s.special[2] > 0; {
	case nan || inf && negInf:
		return math.NaN(), nil
	case inf:
		return math.Inf(1), nil
	case negInf:
		return math.Inf(-1), nil
	case s.n > 0 && s.negZeros == s.n:
		return math.Copysign(0, -1), nil
	}
	x, ok := s.sums.sum(0, 0)
	if !ok {
		return 0, errOverflow()
	}
	return x, nil
}
