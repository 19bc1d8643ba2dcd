package vec

import (
	"math"
	"math/bits"
)

// divU256 divides w by a number of two words whose upper one is not 0. The quotient has three words, the most significant
// one first.
func divU256(w [4]uint64, ch, cl uint64) (q [3]uint64, rh, rl uint64) {
	n := uint(bits.LeadingZeros64(ch)) // so that the divisor's first bit is set; x >> 64 is 0
	vh, vl := ch<<n|cl>>(64-n), cl<<n
	u := [5]uint64{w[0] >> (64 - n), w[0]<<n | w[1]>>(64-n), w[1]<<n | w[2]>>(64-n), w[2]<<n | w[3]>>(64-n), w[3] << n}
	for j := range q {
		q[j] = divStep((*[3]uint64)(u[j:j+3]), vh, vl)
	}
	return q, u[3] >> n, u[3]<<(64-n) | u[4]>>n
}

// divStep returns the word of the quotient of three words by two, and leaves the remainder in u. The divisor's first bit is
// set, and the first two words of u are less than it.
func divStep(u *[3]uint64, vh, vl uint64) uint64 {
	est, rem, carry := uint64(math.MaxUint64), uint64(0), uint64(0)
	if u[0] < vh {
		est, rem = bits.Div64(u[0], u[1], vh)
	} else {
		rem, carry = bits.Add64(u[1], vh, 0)
	}
	// From the upper words, the estimate may be too large by 2, which the lower word shows.
	for carry == 0 {
		ph, pl := bits.Mul64(est, vl)
		if ph < rem || ph == rem && pl <= u[2] {
			break
		}
		est--
		rem, carry = bits.Add64(rem, vh, 0)
	}
	ph, pl := bits.Mul64(est, vl)
	qh, ql := bits.Mul64(est, vh)
	ql, c := bits.Add64(ql, ph, 0)
	qh += c
	var borrow uint64
	u[2], borrow = bits.Sub64(u[2], pl, 0)
	u[1], borrow = bits.Sub64(u[1], ql, borrow)
	u[0], _ = bits.Sub64(u[0], qh, borrow)
	return est
}

// SqrtProduct returns the square root of a*b, with the product taken in full width, rounded half up. a and b are not
// negative.
func SqrtProduct(a, b Int128) Int128 {
	w := mulU256(uint64(a.Hi), a.Lo, uint64(b.Hi), b.Lo)
	if w == [4]uint64{} {
		return Int128{}
	}
	h, l := newtonSqrt(w)
	for squareExceeds(w, h, l) {
		var borrow uint64
		l, borrow = bits.Sub64(l, 1, 0)
		h -= borrow
	}
	for {
		nl, carry := bits.Add64(l, 1, 0)
		nh := h + carry
		if squareExceeds(w, nh, nl) {
			break
		}
		h, l = nh, nl
	}
	// Round up when what is left is more than the root: (r + 1/2)^2 = r^2 + r + 1/4.
	left := subU256(w, mulU256(h, l, h, l))
	if left[0]|left[1] != 0 || left[2] > h || left[2] == h && left[3] > l {
		var carry uint64
		l, carry = bits.Add64(l, 1, 0)
		h += carry
	}
	return Int128{Lo: l, Hi: int64(h)}
}

// newtonSqrt returns the square root to within a few units: from that of the leading digits, which a step makes twice as many.
func newtonSqrt(w [4]uint64) (h, l uint64) {
	f := math.Sqrt(((float64(w[0])*0x1p64+float64(w[1]))*0x1p64+float64(w[2]))*0x1p64 + float64(w[3]))
	if f < 0x1p63 {
		h, l = 0, max(uint64(f), 1)
	} else {
		h = uint64(f / 0x1p64)
		l = uint64(max(f-float64(h)*0x1p64, 0))
	}
	for exact := 0x1p50; exact < f; exact *= exact {
		qh, ql := quoU256(w, h, l)
		var carry uint64
		l, carry = bits.Add64(l, ql, 0)
		h, carry = bits.Add64(h, qh, carry)
		l = l>>1 | h<<63
		h = h>>1 | carry<<63
	}
	return h, l
}

// quoU256 returns the quotient, which has two words.
func quoU256(w [4]uint64, ch, cl uint64) (qh, ql uint64) {
	if ch != 0 {
		q, _, _ := divU256(w, ch, cl)
		return q[1], q[2]
	}
	var r uint64
	for i := range w {
		w[i], r = bits.Div64(r, w[i], cl)
	}
	return w[2], w[3]
}

func squareExceeds(w [4]uint64, h, l uint64) bool {
	s := mulU256(h, l, h, l)
	for i := range s {
		if s[i] != w[i] {
			return s[i] > w[i]
		}
	}
	return false
}

func subU256(a, b [4]uint64) (d [4]uint64) {
	var borrow uint64
	for i := 3; i >= 0; i-- {
		d[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return d
}
