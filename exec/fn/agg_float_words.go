package fn

import (
	"math"
	"math/bits"
)

// Whole numbers of many words, the lowest first, in two's complement.

// signWord returns the word that would follow the last one.
func signWord(w []uint64) uint64 { return uint64(int64(w[len(w)-1]) >> 63) }

func negate(w []uint64) {
	carry := uint64(1)
	for i, x := range w {
		w[i], carry = bits.Add64(^x, 0, carry)
	}
}

// add adds x to sum, of as many words.
func add(sum, x []uint64) {
	carry := uint64(0)
	x = x[:len(sum)]
	for i := range sum {
		sum[i], carry = bits.Add64(sum[i], x[i], carry)
	}
}

// addAt adds x * 2^place to sum, which must have room for the result.
func addAt(sum, x []uint64, place int) {
	sign, shift := signWord(x), uint(place&63)
	sum = sum[place>>6:]
	below, carry := uint64(0), uint64(0)
	for i := range sum {
		word := sign
		if i < len(x) {
			word = x[i]
		}
		sum[i], carry = bits.Add64(sum[i], word<<shift|below>>(64-shift), carry)
		below = word
		if i > len(x) && carry == sign&1 {
			return // what follows adds nothing
		}
	}
}

// extent returns the places of the lowest 1 and of the sign: the bits from there on are equal. low is -1 for 0.
func extent(w []uint64) (low, sign int) {
	i := 0
	for ; i < len(w) && w[i] == 0; i++ {
	}
	if i == len(w) {
		return -1, 0
	}
	low = 64*i + bits.TrailingZeros64(w[i])
	fill := signWord(w)
	for i = len(w) - 1; i > 0 && w[i] == fill; i-- {
	}
	return low, 64*i + bits.Len64(w[i]^fill)
}

// extract sets dst to the words of src from a place on.
func extract(dst, src []uint64, place int) {
	fill, shift := signWord(src), uint(place&63)
	at := func(i int) uint64 {
		if i < len(src) {
			return src[i]
		}
		return fill
	}
	for i := range dst {
		dst[i] = at(i+place>>6)>>shift | at(i+place>>6+1)<<(64-shift)
	}
}

// leading returns the sign and the highest 64 bits of w, which it changes, as top * 2^exp. The lowest bit of
// top is also set when there are bits below, so that top rounds as w does.
func leading(w []uint64) (neg bool, top uint64, exp int) {
	neg = signWord(w) != 0
	if neg {
		negate(w)
	}
	i := len(w) - 1
	for ; i > 0 && w[i] == 0; i-- {
	}
	shift := uint(bits.LeadingZeros64(w[i]))
	top = w[i] << shift
	exp = 64*i - int(shift)
	if i > 0 {
		top |= w[i-1] >> (64 - shift)
		rest := w[i-1] << shift
		for _, x := range w[:i-1] {
			rest |= x
		}
		if rest != 0 {
			top |= 1
		}
	}
	return neg, top, exp
}

// round returns w * 2^exp, rounded; it changes w.
func round(w []uint64, exp int) float64 {
	neg, top, e := leading(w)
	x := scaled(float64(top), exp+e)
	if neg {
		return -x
	}
	return x
}

// round32 is round for float32.
func round32(w []uint64, exp int) float32 {
	neg, top, e := leading(w)
	x := float32(scaled(float64(float32(top)), exp+e))
	if neg {
		return -x
	}
	return x
}

// round128 is round for a number of two words.
func round128(hi, lo uint64, exp int) float64 {
	neg := int64(hi) < 0
	if neg {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	if hi != 0 {
		shift := uint(bits.LeadingZeros64(hi))
		hi = hi<<shift | lo>>(64-shift)
		if lo<<shift != 0 {
			hi |= 1
		}
		lo = hi
		exp += 64 - int(shift)
	}
	x := scaled(float64(lo), exp)
	if neg {
		return -x
	}
	return x
}

// scaled returns x * 2^exp.
func scaled(x float64, exp int) float64 {
	if exp > -1023 && exp < 960 { // no loss, since x is 0, or 1 to 2^64
		return x * math.Float64frombits(uint64(exp+1023)<<52)
	}
	return math.Ldexp(x, exp)
}

// scaledDifference sets diff to n * p - a * b, which must fit.
func scaledDifference(diff []uint64, n uint64, p, a, b []uint64) {
	carry, high := uint64(0), uint64(0)
	sign := signWord(p)
	for i := range diff {
		x := sign
		if i < len(p) {
			x = p[i]
		}
		h, l := bits.Mul64(n, x)
		l, c := bits.Add64(l, high, 0)
		high = h + c
		diff[i] = l
	}
	// Modulo 2^(64 * len(diff)) numbers of any sign are multiplied as if they had none.
	signA, signB := signWord(a), signWord(b)
	for i := range diff {
		x := signA
		if i < len(a) {
			x = a[i]
		}
		if x == 0 {
			continue
		}
		carry = 0
		for k := range diff[i:] {
			y := signB
			if k < len(b) {
				y = b[k]
			}
			h, l := bits.Mul64(x, y)
			l, c := bits.Add64(l, carry, 0)
			var borrow uint64
			diff[i+k], borrow = bits.Sub64(diff[i+k], l, 0)
			carry = h + c + borrow
		}
	}
}

// quotientWords are the words that roundQuotient needs below a number.
const quotientWords = 2

// roundQuotient returns w / n * 2^exp, rounded, where the first quotientWords words of w are not part of the
// number; it changes w.
func roundQuotient(w []uint64, n uint64, exp int) float64 {
	neg := signWord(w) != 0
	clear(w[:quotientWords])
	if neg {
		negate(w)
	}
	rem := uint64(0)
	for i := len(w) - 1; i >= 0; i-- {
		if rem == 0 && w[i] < n {
			w[i], rem = 0, w[i]
			continue
		}
		w[i], rem = bits.Div64(rem, w[i], n)
	}
	if rem != 0 {
		w[0] |= 1
	}
	x := round(w, exp-64*quotientWords)
	if neg {
		return -x
	}
	return x
}
