package vec

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// MaxDigits is the most decimal digits that a numeric may have.
const MaxDigits = 38

// pow10s holds 10^0 to 10^38.
var pow10s = func() (t [MaxDigits + 1]Int128) {
	t[0] = Int128{Lo: 1}
	for i := 1; i < len(t); i++ {
		t[i], _ = Mul128(t[i-1], Int128{Lo: 10})
	}
	return t
}()

// Pow10 returns 10^n for n from 0 to MaxDigits.
func Pow10(n int) Int128 { return pow10s[n] }

// Int128Of returns x as a 128-bit integer.
func Int128Of(x int64) Int128 { return Int128{Lo: uint64(x), Hi: x >> 63} }

// IsInt64 reports whether x fits in 64 bits.
func (x Int128) IsInt64() bool { return x.Hi == int64(x.Lo)>>63 }

// Sign returns -1, 0 or 1.
func (x Int128) Sign() int {
	switch {
	case x.Hi < 0:
		return -1
	case x.Hi|int64(x.Lo) == 0:
		return 0
	}
	return 1
}

// Neg returns -x; ok is false when that overflows.
func (x Int128) Neg() (y Int128, ok bool) {
	y = x.neg()
	return y, x.Hi != math.MinInt64 || x.Lo != 0
}

func (x Int128) neg() Int128 {
	lo, borrow := bits.Sub64(0, x.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(x.Hi), borrow)
	return Int128{Lo: lo, Hi: int64(hi)}
}

// abs returns |x| as an unsigned number and whether x is negative.
func (x Int128) abs() (hi, lo uint64, neg bool) {
	if x.Hi < 0 {
		x = x.neg()
		return uint64(x.Hi), x.Lo, true
	}
	return uint64(x.Hi), x.Lo, false
}

// signed gives a magnitude its sign; ok is false when it does not fit.
func signed(hi, lo uint64, neg bool) (Int128, bool) {
	x := Int128{Lo: lo, Hi: int64(hi)}
	if neg {
		x = x.neg()
		return x, x.Hi < 0 || hi|lo == 0
	}
	return x, x.Hi >= 0
}

// Add128 returns a+b; ok is false when that overflows.
func Add128(a, b Int128) (sum Int128, ok bool) {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, _ := bits.Add64(uint64(a.Hi), uint64(b.Hi), carry)
	sum = Int128{Lo: lo, Hi: int64(hi)}
	return sum, (a.Hi^sum.Hi)&(b.Hi^sum.Hi) >= 0
}

// Sub128 returns a-b; ok is false when that overflows.
func Sub128(a, b Int128) (diff Int128, ok bool) {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(uint64(a.Hi), uint64(b.Hi), borrow)
	diff = Int128{Lo: lo, Hi: int64(hi)}
	return diff, (a.Hi^b.Hi)&(a.Hi^diff.Hi) >= 0
}

// Mul64 returns a*b, which always fits.
func Mul64(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// The signed product: a negative factor counted as 2^64 too much.
	hi -= uint64(a>>63) & uint64(b)
	hi -= uint64(b>>63) & uint64(a)
	return Int128{Lo: lo, Hi: int64(hi)}
}

// Mul128 returns a*b; ok is false when that overflows.
func Mul128(a, b Int128) (prod Int128, ok bool) {
	if a.IsInt64() && b.IsInt64() {
		return Mul64(int64(a.Lo), int64(b.Lo)), true
	}
	ah, al, an := a.abs()
	bh, bl, bn := b.abs()
	if ah != 0 && bh != 0 {
		return Int128{}, false
	}
	hi, lo := bits.Mul64(al, bl)
	c1, m1 := bits.Mul64(ah, bl)
	c2, m2 := bits.Mul64(al, bh)
	hi, o1 := bits.Add64(hi, m1, 0)
	hi, o2 := bits.Add64(hi, m2, 0)
	prod, ok = signed(hi, lo, an != bn)
	return prod, ok && c1|c2|o1|o2 == 0
}

// DivMod128 returns the quotient truncated toward zero and the remainder, which has a's sign. b must not be
// zero; ok is false when the quotient overflows.
func DivMod128(a, b Int128) (quo, rem Int128, ok bool) {
	ah, al, an := a.abs()
	bh, bl, bn := b.abs()
	qh, ql, rh, rl := divU128(ah, al, bh, bl)
	quo, ok = signed(qh, ql, an != bn)
	rem, _ = signed(rh, rl, an)
	return quo, rem, ok
}

// divU128 divides unsigned 128-bit numbers.
func divU128(ah, al, bh, bl uint64) (qh, ql, rh, rl uint64) {
	if bh == 0 {
		if ah == 0 {
			return 0, al / bl, 0, al % bl
		}
		qh, rl = ah/bl, ah%bl
		ql, rl = bits.Div64(rl, al, bl)
		return qh, ql, 0, rl
	}
	// The quotient has 64 bits. Its estimate from the divisor's upper 64 bits is right or 1 too large;
	// one less is right or 1 too small.
	n := uint(bits.LeadingZeros64(bh))
	top := bh<<n | bl>>1>>(63-n)
	ql, _ = bits.Div64(ah>>1, ah<<63|al>>1, top)
	ql >>= 63 - n
	if ql > 0 {
		ql--
	}
	ph, pl := bits.Mul64(ql, bl)
	ph += ql * bh
	rl, borrow := bits.Sub64(al, pl, 0)
	rh, _ = bits.Sub64(ah, ph, borrow)
	if rh > bh || rh == bh && rl >= bl {
		ql++
		rl, borrow = bits.Sub64(rl, bl, 0)
		rh, _ = bits.Sub64(rh, bh, borrow)
	}
	return 0, ql, rh, rl
}

// DivRound128 returns a/b rounded half away from zero; b must not be zero.
func DivRound128(a, b Int128) Int128 {
	ah, al, an := a.abs()
	bh, bl, bn := b.abs()
	qh, ql, rh, rl := divU128(ah, al, bh, bl)
	// Round up when r >= b - r, which cannot wrap since r < b.
	dl, borrow := bits.Sub64(bl, rl, 0)
	dh, _ := bits.Sub64(bh, rh, borrow)
	if rh > dh || rh == dh && rl >= dl {
		var carry uint64
		ql, carry = bits.Add64(ql, 1, 0)
		qh += carry
	}
	q, _ := signed(qh, ql, an != bn)
	return q
}

// Rescale128 turns x in units of 10^-from into units of 10^-to, rounding half away from zero; ok is false
// when that overflows.
func Rescale128(x Int128, from, to int) (y Int128, ok bool) {
	switch d := to - from; {
	case d == 0:
		return x, true
	case d > 0:
		if x.Hi|int64(x.Lo) == 0 {
			return x, true
		}
		if d > MaxDigits {
			return Int128{}, false
		}
		return Mul128(x, pow10s[d])
	case -d > MaxDigits: // half of 10^39 is more than any x
		return Int128{}, true
	default:
		return DivRound128(x, pow10s[-d]), true
	}
}

// Digits returns the number of decimal digits of |x|; 0 for 0.
func (x Int128) Digits() int {
	hi, lo, _ := x.abs()
	n := 128 - bits.LeadingZeros64(hi)
	if hi == 0 {
		n = 64 - bits.LeadingZeros64(lo)
	}
	if n == 0 {
		return 0
	}
	d := n * 1233 >> 12 // about n*log10(2): right or 1 too small
	if d > MaxDigits {
		return d
	}
	if p := pow10s[d]; hi > uint64(p.Hi) || hi == uint64(p.Hi) && lo >= p.Lo {
		d++
	}
	return d
}

// Float64 returns x * 10^-scale, rounded to the nearest float.
func (x Int128) Float64(scale int) float64 {
	const exact = 1 << 53
	if x.IsInt64() {
		if v := int64(x.Lo); -exact <= v && v <= exact && scale <= 22 {
			return float64(v) / float10[scale]
		}
	}
	var buf [64]byte
	b := x.Append(buf[:0], 0)
	b = append(b, 'e')
	b = strconv.AppendInt(b, int64(-scale), 10)
	f, _ := strconv.ParseFloat(string(b), 64) // ±Inf and 0 beyond the range
	return f
}

// float10 holds the powers of ten that a float64 has exactly.
var float10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Append appends x in units of 10^-scale as decimal text with scale digits after the point.
func (x Int128) Append(dst []byte, scale int) []byte {
	hi, lo, neg := x.abs()
	var tmp [48]byte
	digits := appendU128(tmp[:0], hi, lo)
	if neg {
		dst = append(dst, '-')
	}
	if scale <= 0 {
		return append(dst, digits...)
	}
	point := len(digits) - scale
	if point > 0 {
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	}
	dst = append(dst, '0', '.')
	for ; point < 0; point++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

func appendU128(dst []byte, hi, lo uint64) []byte {
	const ten19 = 1e19 // the largest power of ten in 64 bits
	if hi == 0 {
		return strconv.AppendUint(dst, lo, 10)
	}
	var parts [3]uint64 // least significant first
	n := 0
	for hi != 0 {
		var r uint64
		q := hi / ten19
		lo, r = bits.Div64(hi%ten19, lo, ten19)
		hi = q
		parts[n] = r
		n++
	}
	dst = strconv.AppendUint(dst, lo, 10)
	for n > 0 {
		n--
		var pad [19]byte
		p := parts[n]
		for i := len(pad) - 1; i >= 0; i-- {
			pad[i] = byte('0' + p%10)
			p /= 10
		}
		dst = append(dst, pad[:]...)
	}
	return dst
}

// AppendDecimal appends an int64 in units of 10^-scale as decimal text with scale digits after the point.
func AppendDecimal(dst []byte, x int64, scale int) []byte {
	if scale <= 0 {
		return strconv.AppendInt(dst, x, 10)
	}
	return Int128Of(x).Append(dst, scale)
}

// String returns x in decimal.
func (x Int128) String() string { return string(x.Append(nil, 0)) }

// Big returns x as a big integer.
func (x Int128) Big() *big.Int { return x.big() }

// Int128FromBig returns x; ok is false when it does not fit.
func Int128FromBig(x *big.Int) (y Int128, ok bool) {
	if x.BitLen() > 128 {
		return Int128{}, false
	}
	var b [16]byte
	new(big.Int).Abs(x).FillBytes(b[:])
	var hi, lo uint64
	for i := range 8 {
		hi = hi<<8 | uint64(b[i])
		lo = lo<<8 | uint64(b[i+8])
	}
	return signed(hi, lo, x.Sign() < 0)
}

// mulU256 returns the 256-bit product of unsigned 128-bit numbers, most significant word first.
func mulU256(ah, al, bh, bl uint64) (w [4]uint64) {
	h0, l0 := bits.Mul64(al, bl)
	h1, l1 := bits.Mul64(ah, bl)
	h2, l2 := bits.Mul64(al, bh)
	h3, l3 := bits.Mul64(ah, bh)
	w[3] = l0
	s, c1 := bits.Add64(h0, l1, 0)
	s, c2 := bits.Add64(s, l2, 0)
	w[2] = s
	s, c3 := bits.Add64(h1, h2, c1)
	s, c4 := bits.Add64(s, l3, c2)
	w[1] = s
	w[0] = h3 + c3 + c4
	return w
}

// MulDivRound returns a*b/c, rounded half away from zero, with the product taken in full width; ok is
// false when the result overflows. c must not be zero.
func MulDivRound(a, b, c Int128) (q Int128, ok bool) {
	if p, ok := Mul128(a, b); ok {
		return DivRound128(p, c), true
	}
	ah, al, an := a.abs()
	bh, bl, bn := b.abs()
	ch, cl, cn := c.abs()
	w := mulU256(ah, al, bh, bl)
	neg := an != bn != cn
	if ch == 0 {
		var r uint64
		for i := range w {
			w[i], r = bits.Div64(r, w[i], cl)
		}
		if r >= cl-r {
			var carry uint64
			w[3], carry = bits.Add64(w[3], 1, 0)
			w[2], carry = bits.Add64(w[2], 0, carry)
			w[1] += carry
		}
		q, ok = signed(w[2], w[3], neg)
		return q, ok && w[0]|w[1] == 0
	}
	d, rh, rl := divU256(w, ch, cl)
	// Round up when r >= c - r, which cannot wrap since r < c.
	dl, borrow := bits.Sub64(cl, rl, 0)
	dh, _ := bits.Sub64(ch, rh, borrow)
	if rh > dh || rh == dh && rl >= dl {
		var carry uint64
		d[2], carry = bits.Add64(d[2], 1, 0)
		d[1], carry = bits.Add64(d[1], 0, carry)
		d[0] += carry
	}
	q, ok = signed(d[1], d[2], neg)
	return q, ok && d[0] == 0
}

// roundQuo returns n/d rounded half away from zero; it changes n.
func roundQuo(n, d *big.Int) *big.Int {
	neg := n.Sign()*d.Sign() < 0
	n.Abs(n)
	d = new(big.Int).Abs(d)
	n.Lsh(n, 1).Add(n, d).Quo(n, new(big.Int).Lsh(d, 1))
	if neg {
		n.Neg(n)
	}
	return n
}
