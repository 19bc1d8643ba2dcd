package fn

import (
	"math"
	"math/big"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// spread says which of the four measures an accumulator yields.
type spread struct {
	sample bool // divide by n-1, not n
	root   bool // the standard deviation, not the variance
}

// exactSpreadAcc is stddev and variance of integers and numerics: from exact sums, so that nothing is lost
// by the order of rows, rounded as PostgreSQL rounds numerics.
type exactSpreadAcc struct {
	cells []spreadCell
	spread
	scale int // of the values
}

// spreadCell has the sum and the sum of squares, which is high * 2^64 + low: the square of a bigint has 126
// bits.
type spreadCell struct {
	sum, high vec.Int128
	low       uint64
	n         int64
}

func (a *exactSpreadAcc) Grow(n int)   { a.cells = grown(a.cells, n) }
func (a *exactSpreadAcc) Bytes() int64 { return 48 * int64(cap(a.cells)) }

func (a *exactSpreadAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	switch v.Kind {
	case types.KInt16:
		return addSpread(a.cells, vec.Values[int16](v), v.Valid, groups)
	case types.KInt32:
		return addSpread(a.cells, vec.Values[int32](v), v.Valid, groups)
	case types.KInt64:
		return addSpread(a.cells, vec.Values[int64](v), v.Valid, groups)
	}
	for i, x := range vec.Values[vec.Int128](v) {
		if !v.Valid.Get(i) {
			continue
		}
		sq, ok := vec.Mul128(x, x)
		if !ok || !a.cells[groups[i]].add(x, vec.Int128Of(sq.Hi), sq.Lo, 1) {
			return errNumericSum()
		}
	}
	return nil
}

func addSpread[T int16 | int32 | int64](cells []spreadCell, vals []T, valid vec.Bitmap, groups []uint32) error {
	for i, g := range groups {
		if valid != nil && !valid.Get(i) {
			continue
		}
		x := int64(vals[i])
		sq := vec.Mul64(x, x)
		if !cells[g].add(vec.Int128Of(x), vec.Int128Of(sq.Hi), sq.Lo, 1) {
			return errNumericSum()
		}
	}
	return nil
}

func (c *spreadCell) add(sum, high vec.Int128, low uint64, n int64) (ok bool) {
	s, ok1 := vec.Add128(c.sum, sum)
	l, carry := bits.Add64(c.low, low, 0)
	h, ok2 := vec.Add128(c.high, high)
	if carry != 0 {
		var ok3 bool
		h, ok3 = vec.Add128(h, vec.Int128Of(1))
		ok2 = ok2 && ok3
	}
	c.sum, c.high, c.low = s, h, l
	c.n += n
	return ok1 && ok2
}

// squares returns the sum of squares.
func (c *spreadCell) squares() *big.Int {
	x := new(big.Int).Lsh(c.high.Big(), 64)
	return x.Add(x, new(big.Int).SetUint64(c.low))
}

func (a *exactSpreadAcc) Merge(state []*vec.Vector, groups []uint32) error {
	n, low := vec.Values[int64](vec.Flatten(state[3])), vec.Values[int64](vec.Flatten(state[2]))
	for i, g := range groups {
		if !a.cells[g].add(wide(state[0], i), wide(state[1], i), uint64(low[i]), n[i]) {
			return errNumericSum()
		}
	}
	return nil
}

// wide returns row i of a numeric of fixed scale.
func wide(v *vec.Vector, i int) vec.Int128 {
	if v.Kind == types.KInt64 {
		return vec.Int128Of(vec.At[int64](v, i))
	}
	return vec.At[vec.Int128](v, i)
}

func (a *exactSpreadAcc) State(from, to int) ([]*vec.Vector, error) {
	sum := results(types.NumericOf(0, 0), types.KInt128, from, to, func(g int) (vec.Int128, bool) { return a.cells[g].sum, true })
	high := results(types.NumericOf(0, 0), types.KInt128, from, to, func(g int) (vec.Int128, bool) { return a.cells[g].high, true })
	low := results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return int64(a.cells[g].low), true })
	n := results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return a.cells[g].n, true })
	return []*vec.Vector{sum, high, low, n}, nil
}

func (a *exactSpreadAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool, error) {
		c := a.cells[g]
		if c.n == 0 || a.sample && c.n == 1 {
			return vec.Num{}, false, nil
		}
		sum := vec.Num{Coef: c.sum, Scale: int32(a.scale)}
		if c.high.IsInt64() {
			if x, ok := a.spread.narrow(c.n, sum, vec.Int128{Lo: c.low, Hi: int64(c.high.Lo)}); ok {
				return x, true, nil
			}
		}
		x, err := a.spread.of(c.n, sum, c.squares())
		return x, true, err
	})
}

// of computes the measure from n, the sum, and the sum of squares in units of the square of the sum's.
func (s spread) of(n int64, sum vec.Num, squares *big.Int) (vec.Num, error) {
	// (n * squares - sum^2) / (n * (n-1)), in whole numbers of any size: the products may be large.
	num := new(big.Int).Mul(big.NewInt(n), squares)
	x := sum.Coef.Big()
	num.Sub(num, x.Mul(x, x))
	if num.Sign() <= 0 {
		return vec.Num{}, nil
	}
	m := n
	if s.sample {
		m--
	}
	den := vec.Mul64(n, m)
	scale := 2 * int(sum.Scale)
	digits := min(divScaleBig(num, scale, den), vec.MaxDigits)
	// The quotient in units of 10^-digits.
	q := new(big.Int).Mul(num, pow10Big(digits))
	d := new(big.Int).Mul(den.Big(), pow10Big(scale))
	q = roundedQuo(q, d)
	if s.root {
		q.Mul(q, pow10Big(digits))
		q = roundedSqrt(q)
	}
	for digits > 0 && exceedsDigits(q) { // rather less precise than out of range
		q = roundedQuo(q, big.NewInt(10))
		digits--
	}
	return vec.NumFromBig(q, digits)
}

// narrow is of for sums whose products fit, as those of most groups do; ok is false for others.
func (s spread) narrow(n int64, sum vec.Num, squares vec.Int128) (x vec.Num, ok bool) {
	all, ok1 := vec.Mul128(vec.Int128Of(n), squares)
	square, ok2 := vec.Mul128(sum.Coef, sum.Coef)
	num, ok3 := vec.Sub128(all, square)
	if !ok1 || !ok2 || !ok3 {
		return x, false
	}
	if num.Sign() <= 0 {
		return x, true
	}
	m := n
	if s.sample {
		m--
	}
	den := vec.Num{Coef: vec.Mul64(n, m)}
	scale := 2 * int(sum.Scale)
	digits := min(vec.DivScale(vec.Num{Coef: num, Scale: int32(scale)}, den), vec.MaxDigits)
	if digits < scale {
		return x, false
	}
	q, ok := vec.MulDivRound(num, vec.Pow10(digits-scale), den.Coef)
	if ok && s.root {
		q = vec.SqrtProduct(q, vec.Pow10(digits))
	}
	if !ok || q.Digits() > vec.MaxDigits {
		return x, false
	}
	return vec.Num{Coef: q, Scale: int32(digits)}, true
}

func exceedsDigits(x *big.Int) bool {
	c, ok := vec.Int128FromBig(x)
	return !ok || c.Digits() > vec.MaxDigits
}

func pow10Big(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// roundedQuo returns n/d rounded half up; both are positive.
func roundedQuo(n, d *big.Int) *big.Int {
	n = new(big.Int).Lsh(n, 1)
	n.Add(n, d)
	return n.Quo(n, new(big.Int).Lsh(d, 1))
}

// roundedSqrt returns the square root rounded half up.
func roundedSqrt(x *big.Int) *big.Int {
	r := new(big.Int).Lsh(x, 2)
	r.Sqrt(r)
	return r.Add(r, big.NewInt(1)).Rsh(r, 1)
}

// divScaleBig is vec.DivScale for a numerator num * 10^-scale that may not fit in a Num.
func divScaleBig(num *big.Int, scale int, den vec.Int128) int {
	if c, ok := vec.Int128FromBig(num); ok {
		return vec.DivScale(vec.Num{Coef: c, Scale: int32(scale)}, vec.Num{Coef: den})
	}
	// The scale depends on the first digits and the magnitude alone: cut what is below.
	cut := len(num.String()) - 30
	cut -= cut % 4
	c, _ := vec.Int128FromBig(new(big.Int).Quo(num, pow10Big(cut)))
	small := vec.DivScale(vec.Num{Coef: c, Scale: int32(scale)}, vec.Num{Coef: den})
	return max(small-cut, scale, 0)
}

// numSpreadAcc is stddev and variance of numerics of dynamic scale.
type numSpreadAcc struct {
	cells []numSpreadCell
	spread
}

type numSpreadCell struct {
	sum, squares vec.Num
	n            int64
}

func (a *numSpreadAcc) Grow(n int)   { a.cells = grown(a.cells, n) }
func (a *numSpreadAcc) Bytes() int64 { return 64 * int64(cap(a.cells)) }

func (a *numSpreadAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	for i, x := range vec.Values[vec.Num](v) {
		if !v.Valid.Get(i) {
			continue
		}
		sq, err := vec.MulNum(x, x)
		if err != nil {
			return err
		}
		if err := a.cells[groups[i]].add(x, sq, 1); err != nil {
			return err
		}
	}
	return nil
}

func (c *numSpreadCell) add(sum, squares vec.Num, n int64) (err error) {
	c.n += n
	if c.sum, err = vec.AddNum(c.sum, sum); err != nil {
		return err
	}
	c.squares, err = vec.AddNum(c.squares, squares)
	return err
}

func (a *numSpreadAcc) Merge(state []*vec.Vector, groups []uint32) error {
	n := vec.Values[int64](vec.Flatten(state[2]))
	for i, g := range groups {
		if err := a.cells[g].add(vec.At[vec.Num](state[0], i), vec.At[vec.Num](state[1], i), n[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *numSpreadAcc) State(from, to int) ([]*vec.Vector, error) {
	sum := results(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool) { return a.cells[g].sum, true })
	sq := results(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool) { return a.cells[g].squares, true })
	n := results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return a.cells[g].n, true })
	return []*vec.Vector{sum, sq, n}, nil
}

func (a *numSpreadAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool, error) {
		c := a.cells[g]
		if c.n == 0 || a.sample && c.n == 1 {
			return vec.Num{}, false, nil
		}
		if c.sum.Special != vec.NumFinite {
			return vec.NumNaNValue, true, nil
		}
		sq, ok := vec.Rescale128(c.squares.Coef, int(c.squares.Scale), 2*int(c.sum.Scale))
		if !ok {
			return vec.Num{}, false, errNumericSum()
		}
		if x, ok := a.spread.narrow(c.n, c.sum, sq); ok {
			return x, true, nil
		}
		x, err := a.spread.of(c.n, c.sum, sq.Big())
		return x, true, err
	})
}

// floatSpreadAcc is stddev and variance of floats, from exact sums.
type floatSpreadAcc struct {
	floatSums
	spread
}

func (a *floatSpreadAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	if v.Kind == types.KFloat32 {
		addFloatSpread(&a.floatSums, vec.Values[float32](v), v.Valid, groups)
	} else {
		addFloatSpread(&a.floatSums, vec.Values[float64](v), v.Valid, groups)
	}
	return nil
}

func addFloatSpread[T float](s *floatSums, vals []T, valid vec.Bitmap, groups []uint32) {
	s.inSteps(groups, func(from, to int) {
		for i := from; i < to; i++ {
			if i = addSpreadCells(cellsOf[[spreadWords]uint64](s.cells), vals[:to], valid, groups[:to], i); i < to {
				s.finish(groups[i], float64(vals[i]), 0)
			}
		}
	})
}

// addSpreadCells is addFloatCells for cells with squares.
func addSpreadCells[T float](cells [][spreadWords]uint64, vals []T, valid vec.Bitmap, groups []uint32, first int) int {
	vals = vals[:len(groups)]
	for i := first; i < len(groups); i++ {
		if valid != nil && valid[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		c := &cells[groups[i]]
		b := math.Float64bits(float64(vals[i]))
		end := endFor(c[6]>>metaEnd, b)
		h, l, ok := inWindow(end, b)
		if !ok {
			return i
		}
		q3, q2, q1, q0 := square(h, l)
		var carry uint64
		c[2], carry = bits.Add64(c[2], q0, 0)
		c[3], carry = bits.Add64(c[3], q1, carry)
		c[4], carry = bits.Add64(c[4], q2, carry)
		high, _ := bits.Add64(c[5], q3, carry)
		c[5] = high
		sign := uint64(int64(b) >> 63)
		c[0], carry = bits.Add64(c[0], l^sign, sign&1)
		hi, _ := bits.Add64(c[1], h^sign, carry)
		c[1] = hi
		c[6] = c[6]&metaLow | end<<metaEnd + 1
		if int64(hi^hi<<1|high^high<<1) < 0 {
			return i
		}
	}
	return len(groups)
}

// square returns the square of a magnitude inside a window.
func square(h, l uint64) (q3, q2, q1, q0 uint64) {
	q1, q0 = bits.Mul64(l, l)
	m1, m0 := bits.Mul64(h, l)
	q3, q2 = bits.Mul64(h, h)
	q1, carry := bits.Add64(q1, m0<<1, 0)
	q2, carry = bits.Add64(q2, m1<<1|m0>>63, carry)
	return q3 + carry, q2, q1, q0
}

func (a *floatSpreadAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool, error) {
		n := a.count(g)
		if n == 0 || a.sample && n == 1 {
			return 0, false, nil
		}
		x, ok := a.moment(g, 1, 0, 0)
		if _, okSum := a.sum(g, 0); !ok || !okSum {
			return 0, false, errOverflow()
		}
		if a.sample {
			n--
		}
		x /= float64(n)
		if a.root {
			x = math.Sqrt(x)
		}
		return x, true, nil
	})
}

func init() {
	dynamic := types.Of(types.Numeric)
	for name, s := range map[string]spread{
		"stddev": {true, true}, "stddev_samp": {true, true}, "stddev_pop": {false, true},
		"variance": {true, false}, "var_samp": {true, false}, "var_pop": {false, false},
	} {
		for _, id := range []types.ID{types.Float32, types.Float64} {
			RegisterAggregate(aggregate(name, types.Float64, spreadLayout.state(), func([]types.Type, types.Type) Accumulator {
				return &floatSpreadAcc{floatSums{floatLayout: spreadLayout}, s}
			}, id))
		}
		for _, id := range []types.ID{types.Int16, types.Int32, types.Int64, types.Numeric} {
			RegisterAggregate(&Aggregate{Name: name, Args: []types.Type{types.Of(id)}, Ret: dynamic,
				State: func(args []types.Type) []types.Type {
					if args[0] == dynamic {
						return []types.Type{dynamic, dynamic, types.Of(types.Int64)}
					}
					return []types.Type{types.NumericOf(0, 0), types.NumericOf(0, 0), types.Of(types.Int64), types.Of(types.Int64)}
				},
				New: func(args []types.Type, _ types.Type) Accumulator {
					if args[0].ID == types.Numeric && args[0].Scale == types.DynamicScale {
						return &numSpreadAcc{spread: s}
					}
					return &exactSpreadAcc{spread: s, scale: int(args[0].Scale)}
				}})
		}
	}
}
