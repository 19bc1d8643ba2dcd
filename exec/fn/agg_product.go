package fn

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// productAcc is product. The product so far has 256 bits and an exponent without bounds, so that it is rounded to a
// float but once, and neither the order of rows nor how they are split shows in the result.
type productAcc struct{ cells []productCell }

// productCell is the product of a group, m * 2^exp, where the highest bit of m is set.
type productCell struct {
	m     [4]uint64 // the lowest word first
	exp   int64
	neg   bool
	flags uint8
}

const (
	productSeen uint8 = 1 << iota // there was a value
	productZero
	productInf
	productNaN
	productSpecial = productZero | productInf | productNaN
)

const productBytes = 4*8 + 8 + 2

func (a *productAcc) Grow(n int)   { a.cells = grown(a.cells, n) }
func (a *productAcc) Bytes() int64 { return 48 * int64(cap(a.cells)) }

func (a *productAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	vals := vec.Values[float64](v)
	for i, g := range groups {
		if v.Valid.Get(i) {
			o := productOf(vals[i])
			a.cells[g].multiply(&o)
		}
	}
	return nil
}

// productOf returns a float as a product.
func productOf(x float64) (c productCell) {
	c.flags, c.neg = productSeen, math.Signbit(x)
	switch {
	case x != x:
		c.flags |= productNaN
	case isInf(x):
		c.flags |= productInf
	case x == 0:
		c.flags |= productZero
	default:
		frac, exp := math.Frexp(math.Abs(x))
		c.m[3] = uint64(frac*(1<<53)) << 11
		c.exp = int64(exp) - 256
	}
	return c
}

// multiply multiplies by o. What has more than 256 bits is cut off.
func (c *productCell) multiply(o *productCell) {
	if c.flags == 0 {
		*c = *o
		return
	}
	c.flags |= o.flags
	c.neg = c.neg != o.neg
	if c.flags&productSpecial != 0 || o.flags == 0 {
		return
	}
	var p [8]uint64
	for i, x := range c.m {
		if x == 0 {
			continue
		}
		carry := uint64(0)
		for j, y := range o.m {
			hi, lo := bits.Mul64(x, y)
			lo, k := bits.Add64(lo, p[i+j], 0)
			hi += k
			lo, k = bits.Add64(lo, carry, 0)
			p[i+j], carry = lo, hi+k
		}
		p[i+4] += carry
	}
	c.exp += o.exp + 256
	if int64(p[7]) >= 0 {
		for i := 7; i > 3; i-- {
			p[i] = p[i]<<1 | p[i-1]>>63
		}
		c.exp--
	}
	copy(c.m[:], p[4:])
}

// value returns the product as a float.
func (c *productCell) value() (float64, error) {
	sign := 1.0
	if c.neg {
		sign = -1
	}
	switch {
	case c.flags&productNaN != 0, c.flags&productZero != 0 && c.flags&productInf != 0:
		return math.NaN(), nil
	case c.flags&productInf != 0:
		return math.Inf(int(sign)), nil
	case c.flags&productZero != 0:
		return math.Copysign(0, sign), nil
	}
	var b [32]byte
	for i, w := range c.m {
		binary.BigEndian.PutUint64(b[8*(3-i):], w)
	}
	m := new(big.Float).SetInt(new(big.Int).SetBytes(b[:]))
	x, _ := m.SetMantExp(m, int(max(-5000, min(c.exp, 5000)))).Float64()
	switch {
	case isInf(x):
		return 0, errOverflow()
	case x == 0:
		return 0, errUnderflow()
	}
	return sign * x, nil
}

func (a *productAcc) State(from, to int) ([]*vec.Vector, error) {
	s := NewStrings(to-from, nil)
	for i := range to - from {
		c := &a.cells[from+i]
		b := s.Begin()
		for _, w := range c.m {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(c.exp))
		s.End(i, append(b, b2u(c.neg), c.flags))
	}
	return []*vec.Vector{s.Finish(types.Of(types.Bytea), nil)}, nil
}

func (a *productAcc) Merge(state []*vec.Vector, groups []uint32) error {
	for i, g := range groups {
		b := state[0].Bytes(i)[:productBytes]
		var o productCell
		for k := range o.m {
			o.m[k] = binary.LittleEndian.Uint64(b[8*k:])
		}
		o.exp = int64(binary.LittleEndian.Uint64(b[32:]))
		o.neg, o.flags = b[40] != 0, b[41]
		if o.flags != 0 {
			a.cells[g].multiply(&o)
		}
	}
	return nil
}

func (a *productAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool, error) {
		c := &a.cells[g]
		if c.flags == 0 {
			return 0, false, nil
		}
		x, err := c.value()
		return x, true, err
	})
}

func init() {
	RegisterAggregate(aggregate("product", types.Float64, []types.Type{types.Of(types.Bytea)},
		func([]types.Type, types.Type) Accumulator { return &productAcc{} }, types.Float64))
}
