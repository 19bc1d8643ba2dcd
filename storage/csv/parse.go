package csv

import (
	"bytes"
	"math"
	"math/bits"
	"strconv"
	"unsafe"

	"gsql/exec/text"
)

// Readers of numbers and dates for the forms that files usually have. Each returns false for anything else,
// and the general readers of package text decide then. Up to 16 bytes behind a value may be looked at.

// load8 returns the eight bytes at p.
func load8(p unsafe.Pointer) uint64 { return *(*uint64)(p) }

// digits8 returns the number that the first n (1 to 8) bytes at p stand for, if they are digits.
func digits8(p unsafe.Pointer, n uint) (uint64, bool) {
	return digitsOf(load8(p), n)
}

// digitsOf is digits8 for bytes in a word, the first one lowest.
func digitsOf(w uint64, n uint) (uint64, bool) {
	w = (w ^ 0x3030303030303030) << (64 - 8*n)
	bad := (w + 0x7676767676767676 | w) & highs
	w = w*10 + w>>8
	w = (w&0x000000ff000000ff*0x000f424000000064 + w>>16&0x000000ff000000ff*0x0000271000000001) >> 32
	return w, bad == 0
}

// parseUint reads 1 to 18 digits.
func parseUint(p unsafe.Pointer, n int) (uint64, bool) {
	switch {
	case n <= 8:
		if n <= 0 {
			return 0, false
		}
		return digits8(p, uint(n))
	case n <= 16:
		hi, ok1 := digits8(p, uint(n-8))
		lo, ok2 := digits8(unsafe.Add(p, n-8), 8)
		return hi*1e8 + lo, ok1 && ok2
	case n <= 18:
		hi, ok1 := parseUint(p, n-16)
		lo, ok2 := parseUint(unsafe.Add(p, n-16), 16)
		return hi*1e16 + lo, ok1 && ok2
	}
	return 0, false
}

func byteAt(p unsafe.Pointer, i int) byte { return *(*byte)(unsafe.Add(p, i)) }

// parseInt reads an integer of up to 18 digits. When strict it reads none that is led by a zero.
func parseInt(p unsafe.Pointer, n int, strict bool) (int64, bool) {
	neg := n > 1 && byteAt(p, 0) == '-'
	if neg {
		p, n = unsafe.Add(p, 1), n-1
	}
	u, ok := parseUint(p, n)
	if strict && ledByZero(p, n) {
		return 0, false
	}
	if neg {
		return -int64(u), ok
	}
	return int64(u), ok
}

// oddNumber reports whether a number is written in a way that its value does not keep: with a plus sign, a zero
// before other digits, or tabs and the like around it. Where a type was inferred, such a value is an error, since the column may be
// one of codes.
func oddNumber(s []byte) bool {
	s = bytes.TrimPrefix(s, []byte{'-'})
	if len(s) == 0 {
		return true
	}
	if s[0] == '0' && len(s) > 1 && s[1] >= '0' && s[1] <= '9' {
		return true
	}
	return s[0] == '+' || s[0] <= ' ' || s[len(s)-1] <= ' '
}

// mantissa reads digits with at most one point and returns them as an integer with the number of digits
// behind the point.
func mantissa(p unsafe.Pointer, n int) (m uint64, frac int, ok bool) {
	if n > 8 {
		return longMantissa(p, n)
	}
	w := load8(p)
	x := pointIn(w) & (1<<(8*n) - 1)
	if x == 0 {
		if n <= 0 {
			return 0, 0, false
		}
		m, ok = digitsOf(w, uint(n))
		return m, 0, ok
	}
	// Close the gap that the point makes.
	before := x&-x>>7 - 1 // bytes in front of the point
	w = w&before | w>>8&^before
	frac = n - 1 - bits.TrailingZeros64(x)>>3
	if n == 1 {
		return 0, 0, false
	}
	m, ok = digitsOf(w, uint(n-1))
	return m, frac, ok
}

// longMantissa is mantissa for 9 to 16 characters.
func longMantissa(p unsafe.Pointer, n int) (m uint64, frac int, ok bool) {
	if n > 16 {
		return 0, 0, false
	}
	lo, hi := load8(p), load8(unsafe.Add(p, 8)) // in memory's order
	digits := n - 1
	if x := pointIn(lo); x != 0 {
		before := x&-x>>7 - 1
		lo = lo&before | lo>>8&^before | hi<<56
		hi >>= 8
		frac = digits - bits.TrailingZeros64(x)>>3
	} else if x = pointIn(hi) & (1<<(8*(n-8)) - 1); x != 0 {
		before := x&-x>>7 - 1
		hi = hi&before | hi>>8&^before
		frac = digits - 8 - bits.TrailingZeros64(x)>>3
	} else {
		digits = n
	}
	a, ok1 := digitsOf(lo, 8)
	b, ok2 := digitsOf(hi, uint(digits-8))
	return a*pow10u[digits-8] + b, frac, ok1 && ok2
}

// pointIn returns a word whose lowest bit set is the high bit of the first point in w; 0 when there is none.
func pointIn(w uint64) uint64 {
	x := w ^ '.'*ones
	return (x - ones) &^ x & highs
}

// ledByZero reports whether a number begins with a zero before another digit.
func ledByZero(p unsafe.Pointer, n int) bool {
	return n > 1 && byteAt(p, 0) == '0' && byteAt(p, 1)-'0' <= 9
}

var pow10u = [19]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

var pow10f = [23]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloat reads a float without exponent whose digits fit into a float exactly, so that one division by a
// power of ten, exact too, rounds right. When strict it reads none that is led by a zero.
func parseFloat(p unsafe.Pointer, n int, strict bool) (float64, bool) {
	neg := n > 1 && byteAt(p, 0) == '-'
	if neg {
		p, n = unsafe.Add(p, 1), n-1
	}
	m, frac, ok := mantissa(p, n)
	if !ok || m >= 1<<53 || strict && ledByZero(p, n) {
		return 0, false
	}
	x := float64(m) / pow10f[frac]
	if neg {
		x = -x
	}
	return x, true
}

// slowFloat reads a float of any form.
func slowFloat(s []byte, size int) (float64, error) {
	if plainDecimal(s) {
		x, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), size)
		if err == nil && x != 0 {
			return x, nil
		}
	}
	return text.ParseFloat(s, size)
}

func plainDecimal(s []byte) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != 'e' && c != 'E' && c != '+' {
			return false
		}
	}
	return len(s) > 0
}

// parseDecimal reads a number with at most scale digits behind its point as an integer in units of
// 10^-scale. Its magnitude is below limit.
func parseDecimal(p unsafe.Pointer, n, scale int, limit uint64) (int64, bool) {
	neg := n > 1 && byteAt(p, 0) == '-'
	if neg {
		p, n = unsafe.Add(p, 1), n-1
	}
	m, frac, ok := mantissa(p, n)
	if !ok || frac > scale {
		return 0, false
	}
	hi, m := bits.Mul64(m, pow10u[scale-frac])
	if hi != 0 || m >= limit {
		return 0, false
	}
	if neg {
		return -int64(m), true
	}
	return int64(m), true
}

const (
	firstYear = 1800
	lastYear  = 2199
)

// monthStart has the day on which each month from 1800 to 2199 begins, and one more.
var monthStart = func() (m [(lastYear-firstYear+1)*12 + 1]int32) {
	for i := range m {
		m[i] = int32(text.DaysFromCivil(int64(firstYear+i/12), int64(i%12+1), 1))
	}
	return m
}()

// parseDate reads YYYY-MM-DD.
func parseDate(p unsafe.Pointer, n int) (int32, bool) {
	if n != 10 {
		return 0, false
	}
	// The first eight bytes are YYYY-MM-; the hyphens are made zeros.
	w := load8(p)
	const hyphens = 0xff0000ff00000000
	if w&hyphens != 0x2d00002d00000000 {
		return 0, false
	}
	w ^= 0x2d30302d30303030
	d := uint64(*(*uint16)(unsafe.Add(p, 8))) ^ 0x3030
	if ((w+0x7676767676767676|w)|(d+0x7676|d))&highs != 0 {
		return 0, false
	}
	year := (w&15)*1000 + (w>>8&15)*100 + (w>>16&15)*10 + w>>24&15
	month := (w>>40&15)*10 + w>>48&15
	day := int32((d&15)*10 + d>>8)
	if year < firstYear || year > lastYear || month-1 > 11 {
		return 0, false
	}
	i := (year-firstYear)*12 + month - 1
	first := monthStart[i]
	if day < 1 || day > monthStart[i+1]-first {
		return 0, false
	}
	return first + day - 1, true
}

// parseTimestamp reads YYYY-MM-DD, or that and a time behind a blank or a T.
func parseTimestamp(p unsafe.Pointer, n int) (int64, bool) {
	if n < 16 {
		d, ok := parseDate(p, n)
		return int64(d) * text.Day, ok
	}
	d, ok := parseDate(p, 10)
	if sep := byteAt(p, 10); !ok || sep != ' ' && sep != 'T' {
		return 0, false
	}
	t, ok := text.ParseTimeISO(unsafe.Slice((*byte)(unsafe.Add(p, 11)), n-11))
	return int64(d)*text.Day + t, ok
}

// fitsInt reports whether x is between the limits of an integer of the given bits.
func fitsInt(x int64, size uint) bool {
	return x >= math.MinInt64>>(64-size) && x <= math.MaxInt64>>(64-size)
}
