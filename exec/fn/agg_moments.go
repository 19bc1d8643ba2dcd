package fn

import (
	"encoding/binary"
	"math"
	"math/big"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// momentsAcc is skewness, kurtosis and kurtosis_pop, from the exact sums of the values' powers: so a mean that is large
// against the spread costs no digits, and the result does not depend on the order of rows.
type momentsAcc struct {
	sums []floatSums // of x, x^2, x^3 and, for kurtosis, x^4
	of   func(m *moments) (x float64, ok bool)
	n    int // groups
	part [6][]float64
}

// moments is what is known of a group: the n-th multiple of its second, third and fourth central moments, in this order
// times n, n^2 and n^3.
type moments struct {
	n      int64
	m2, m3 *big.Float
	m4     *big.Float
}

// momentBits is the precision in which moments are computed from sums; powers of a float have 212 bits.
const momentBits = 1536

func newMoments(powers int, of func(m *moments) (float64, bool)) *momentsAcc {
	a := &momentsAcc{of: of, sums: make([]floatSums, powers)}
	for i := range a.sums {
		a.sums[i].floatLayout = sumLayout
	}
	return a
}

func (a *momentsAcc) Grow(n int) {
	a.n = max(a.n, n)
	for i := range a.sums {
		a.sums[i].Grow(n)
	}
}

func (a *momentsAcc) Bytes() (n int64) {
	for i := range a.sums {
		n += a.sums[i].Bytes()
	}
	return n
}

func (a *momentsAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	vals := vec.Values[float64](v)[:len(groups)]
	for i := range a.part {
		if len(a.part[i]) < len(vals) {
			a.part[i] = make([]float64, len(vals))
		}
	}
	addFloatRows(&a.sums[0], vals, v.Valid, groups)
	a.addSquares(vals, v.Valid, groups)
	a.addCubes(vals, v.Valid, groups)
	if len(a.sums) > 3 {
		a.addFourths(vals, v.Valid, groups)
	}
	return nil
}

// product returns two floats whose sum is x * y.
func product(x, y float64) (high, low float64) {
	high = x * y
	return high, math.FMA(x, y, -high)
}

// addParts adds the first n parts of each row's power.
func (a *momentsAcc) addParts(power, n int, valid vec.Bitmap, groups []uint32) {
	for _, p := range a.part[:n] {
		addFloatRows(&a.sums[power-1], p[:len(groups)], valid, groups)
	}
}

func (a *momentsAcc) addSquares(vals []float64, valid vec.Bitmap, groups []uint32) {
	for i, x := range vals {
		a.part[0][i], a.part[1][i] = product(x, x)
	}
	a.addParts(2, 2, valid, groups)
}

func (a *momentsAcc) addCubes(vals []float64, valid vec.Bitmap, groups []uint32) {
	for i, x := range vals {
		h, l := product(x, x)
		a.part[0][i], a.part[1][i] = product(h, x)
		a.part[2][i], a.part[3][i] = product(l, x)
	}
	a.addParts(3, 4, valid, groups)
}

func (a *momentsAcc) addFourths(vals []float64, valid vec.Bitmap, groups []uint32) {
	for i, x := range vals {
		h, l := product(x, x)
		a.part[0][i], a.part[1][i] = product(h, h)
		a.part[2][i], a.part[3][i] = product(2*h, l)
		a.part[4][i], a.part[5][i] = product(l, l)
	}
	a.addParts(4, 6, valid, groups)
}

func (a *momentsAcc) Merge(state []*vec.Vector, groups []uint32) error {
	each := len(state) / len(a.sums)
	for i := range a.sums {
		if err := a.sums[i].Merge(state[i*each:(i+1)*each], groups); err != nil {
			return err
		}
	}
	return nil
}

func (a *momentsAcc) State(from, to int) ([]*vec.Vector, error) {
	var out []*vec.Vector
	for i := range a.sums {
		s, err := a.sums[i].State(from, to)
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

func (a *momentsAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool, error) {
		if a.sums[0].count(g) < 2 {
			return 0, false, nil
		}
		m, err := a.moments(g)
		if err != nil {
			return 0, false, err
		}
		x, ok := a.of(m)
		return x, ok, nil
	})
}

// moments returns those of a group.
func (a *momentsAcc) moments(g int) (*moments, error) {
	s := make([]*big.Float, len(a.sums)+1)
	m := &moments{n: a.sums[0].count(g)}
	s[0] = bigFloat().SetInt64(m.n)
	for i := range a.sums {
		var ok bool
		if s[i+1], ok = a.sums[i].exact(g); !ok {
			return nil, errOverflow()
		}
	}
	n := s[0]
	m.m2 = minus(times(n, s[2]), times(s[1], s[1]))
	// Parts of powers of smaller values are smaller than the smallest float.
	if least := bigFloat().SetFloat64(1e-140); m.m2.Sign() != 0 && s[2].Cmp(times(n, least)) < 0 {
		return nil, errUnderflow()
	}
	m.m3 = minus(times(n, n, s[3]), times(three, n, s[1], s[2]))
	m.m3.Add(m.m3, times(two, s[1], s[1], s[1]))
	if len(s) > 4 {
		m.m4 = minus(times(n, n, n, s[4]), times(two, two, n, n, s[1], s[3]))
		m.m4.Add(m.m4, times(two, three, n, s[1], s[1], s[2]))
		m.m4 = minus(m.m4, times(three, s[1], s[1], s[1], s[1]))
	}
	return m, nil
}

func bigFloat() *big.Float { return new(big.Float).SetPrec(momentBits) }

var two, three = bigFloat().SetInt64(2), bigFloat().SetInt64(3)

func times(xs ...*big.Float) *big.Float {
	p := bigFloat().SetInt64(1)
	for _, x := range xs {
		p.Mul(p, x)
	}
	return p
}

func minus(x, y *big.Float) *big.Float { return bigFloat().Sub(x, y) }

// exact returns a group's sum of x without rounding; ok is false where it is no number.
func (s *floatSums) exact(g int) (x *big.Float, ok bool) {
	if s.cells[g*s.words+s.meta]>>metaX&3 != 0 {
		return nil, false
	}
	words, place := s.part(g, 0)
	neg := int64(words[len(words)-1]) < 0
	if neg {
		negate(words)
	}
	b := make([]byte, 8*len(words))
	for i, w := range words {
		binary.BigEndian.PutUint64(b[8*(len(words)-1-i):], w)
	}
	n := new(big.Int).SetBytes(b)
	if neg {
		n.Neg(n)
	}
	x = bigFloat().SetInt(n)
	return x.SetMantExp(x, place+leastFloat), true
}

// whole returns a number of rows.
func whole(n int64) *big.Float { return bigFloat().SetInt64(n) }

// skewness is that of a sample.
func skewness(m *moments) (float64, bool) {
	if m.n < 3 {
		return 0, false
	}
	if m.m2.Sign() == 0 {
		return math.NaN(), true
	}
	square := bigFloat().Quo(times(m.m3, m.m3, whole(m.n), whole(m.n-1)), times(m.m2, m.m2, m.m2, whole(m.n-2), whole(m.n-2)))
	x, _ := square.Sqrt(square).Float64()
	if m.m3.Sign() < 0 {
		x = -x
	}
	return x, true
}

// populationKurtosis is the excess over that of the normal distribution.
func populationKurtosis(m *moments) (float64, bool) {
	if m.m2.Sign() == 0 {
		return 0, false
	}
	x, _ := minus(bigFloat().Quo(m.m4, times(m.m2, m.m2)), three).Float64()
	return x, true
}

// kurtosis is that of a sample.
func kurtosis(m *moments) (float64, bool) {
	if m.m2.Sign() == 0 || m.n < 4 {
		return 0, false
	}
	ratio := bigFloat().Quo(m.m4, times(m.m2, m.m2))
	excess := minus(times(whole(m.n+1), ratio), times(three, whole(m.n-1)))
	x, _ := bigFloat().Quo(times(whole(m.n-1), excess), times(whole(m.n-2), whole(m.n-3))).Float64()
	return x, true
}

func init() {
	register := func(name string, powers int, of func(m *moments) (float64, bool)) {
		var state []types.Type
		for range powers {
			state = append(state, sumLayout.state()...)
		}
		RegisterAggregate(aggregate(name, types.Float64, state, func([]types.Type, types.Type) Accumulator {
			return newMoments(powers, of)
		}, types.Float64))
	}
	register("skewness", 3, skewness)
	register("kurtosis", 4, kurtosis)
	register("kurtosis_pop", 4, populationKurtosis)
}
