package vec

import (
	"math"
	"math/bits"
	"unsafe"

	"gsql/exec/types"
)

// Multipliers of the hash: odd words with about half of their bits set, taken from the fractions of pi.
const (
	hashK0   = 0x243f6a8885a308d3
	hashK1   = 0x13198a2e03707345
	hashK2   = 0xa4093822299f31d1
	hashNull = 0x082efa98ec4e6c89
)

// Mix hashes one word: the two halves of a 128-bit product, folded (as in wyhash and foldhash).
func Mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^hashK0, hashK1)
	return hi ^ lo
}

func mix2(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^hashK0, b^hashK1)
	return hi ^ lo
}

// combineHash mixes the hash of a further column into that of the columns before.
func combineHash(h, next uint64) uint64 {
	hi, lo := bits.Mul64(h^hashK2, next|1)
	return hi ^ lo ^ next
}

// HashBytes returns the hash of a string, equal to what Hash gives for it.
func HashBytes(s []byte) uint64 {
	if len(s) <= ViewInline {
		v := MakeView(s, 0, 0)
		return mix2(v.Words())
	}
	return hashLong(s)
}

// hashLong hashes a string of more than ViewInline bytes, 16 at a time; the last 16 may overlap the ones
// before, so that no byte is handled alone.
func hashLong(s []byte) uint64 {
	n := len(s)
	h := uint64(n)
	p := unsafe.Pointer(unsafe.SliceData(s))
	if n <= 16 {
		return mix2(load64(p, 0)^h, load64(p, n-8))
	}
	for i := 0; i+16 < n; i += 16 {
		h = mix2(load64(p, i)^h, load64(p, i+8))
	}
	return mix2(load64(p, n-16)^h, load64(p, n-8))
}

// load64 reads the 8 bytes at an offset.
func load64(p unsafe.Pointer, off int) uint64 {
	return *(*uint64)(unsafe.Add(p, off))
}

// ConstantHash, for tests only, makes all hashes equal, so that code which takes a hash for an identity fails.
var ConstantHash bool

// Hash writes a hash of each of the first len(out) rows of v to out, or with combine set, mixes it into what
// out holds. Equal values have equal hashes whatever the encoding and kind (numeric 1.0 and 1.00, -0 and 0,
// NaN and NaN, character(n) with and without blanks at the end, 1 and 1.0 in jsonb); NULL has a hash as well. A hash is
// no identity: always compare.
func Hash(v *Vector, out []uint64, combine bool) {
	if len(out) == 0 {
		return
	}
	switch v.Enc {
	case Const:
		var h [1]uint64
		hashFlat(Flatten(v.WithLen(1)), h[:], false)
		if combine {
			for i := range out {
				out[i] = combineHash(out[i], h[0])
			}
		} else {
			for i := range out {
				out[i] = h[0]
			}
		}
	case Dict:
		hashDict(v, out, combine)
	default:
		hashFlat(v, out, combine)
	}
	if ConstantHash {
		for i := range out {
			out[i] = 7
		}
	}
}

func hashDict(v *Vector, out []uint64, combine bool) {
	codes := v.Codes()[:len(out)]
	if v.Dict.Len > len(out) { // hashing the whole dictionary would cost more than the rows
		hashFlat(Flatten(Slice(v, 0, len(out))), out, combine)
		return
	}
	h := make([]uint64, max(v.Dict.Len, 1))
	hashFlat(v.Dict, h[:v.Dict.Len], false)
	for i, c := range codes {
		x := h[c]
		if v.Valid != nil && !v.Valid.Get(i) {
			x = hashNull
		}
		if combine {
			x = combineHash(out[i], x)
		}
		out[i] = x
	}
}

func hashFlat(v *Vector, out []uint64, combine bool) {
	var keep []uint64
	if combine {
		keep = append(keep, out...)
	}
	switch v.Kind {
	case types.KBool:
		hashInts(Values[uint8](v), out)
	case types.KInt16:
		hashInts(Values[int16](v), out)
	case types.KInt32:
		hashInts(Values[int32](v), out)
	case types.KInt64:
		hashInts(Values[int64](v), out)
	case types.KFloat32:
		for i, x := range Values[float32](v)[:len(out)] {
			out[i] = hashFloat(float64(x))
		}
	case types.KFloat64:
		for i, x := range Values[float64](v)[:len(out)] {
			out[i] = hashFloat(x)
		}
	case types.KInt128:
		for i, x := range Values[Int128](v)[:len(out)] {
			out[i] = hash128(x)
		}
	case types.KNum:
		for i, x := range Values[Num](v)[:len(out)] {
			out[i] = hashNum(x)
		}
	case types.KView:
		hashViews(v, out)
	case types.KInterval:
		for i, x := range Values[Interval](v)[:len(out)] {
			days, micros := x.canonical()
			out[i] = mix2(uint64(days), uint64(micros))
		}
	case types.KList:
		for i, l := range Values[List](v)[:len(out)] {
			h := make([]uint64, l.Len)
			if l.Len > 0 {
				Hash(Slice(v.Child, int(l.Off), int(l.Off+l.Len)), h, false)
			}
			x := uint64(l.Len)
			for _, e := range h {
				x = combineHash(x, e)
			}
			out[i] = x
		}
	case types.KRow:
		hashRows(v, out)
	default: // 16 bytes compared as bits: uuid, timetz
		for i, x := range Values[Int128](v)[:len(out)] {
			out[i] = mix2(x.Lo, uint64(x.Hi))
		}
	}
	if v.Valid != nil {
		for i := range out {
			if !v.Valid.Get(i) {
				out[i] = hashNull
			}
		}
	}
	for i, k := range keep {
		out[i] = combineHash(k, out[i])
	}
}

func hashInts[T uint8 | int16 | int32 | int64](v []T, out []uint64) {
	v = v[:len(out)]
	for i, x := range v {
		hi, lo := bits.Mul64(uint64(int64(x))^hashK0, hashK1)
		out[i] = hi ^ lo
	}
}

func hashViews(v *Vector, out []uint64) {
	v = OneForm(v)
	views := Values[View](v)[:len(out)]
	for i := range views {
		if views[i].Len <= ViewInline {
			out[i] = mix2(views[i].Words())
		} else {
			out[i] = hashLong(views[i].In(v.Bufs, &views[i]))
		}
	}
}

func hashFloat(x float64) uint64 {
	if x == 0 {
		x = 0 // -0
	}
	if x != x {
		x = math.NaN()
	}
	return Mix(math.Float64bits(x))
}

// hash128 agrees with the hash of the same number as an int64.
func hash128(x Int128) uint64 {
	if x.Hi == int64(x.Lo)>>63 {
		return Mix(x.Lo)
	}
	return mix2(x.Lo, uint64(x.Hi))
}

// hashNum hashes the value without its scale: 1.50 as 1.5.
func hashNum(x Num) uint64 {
	if x.Special != NumFinite {
		return Mix(uint64(x.Special))
	}
	c, scale := x.Coef, x.Scale
	if c == (Int128{}) {
		return Mix(0)
	}
	neg := c.Hi < 0
	if neg {
		c.Lo, c.Hi = -c.Lo, ^c.Hi
		if c.Lo == 0 {
			c.Hi++
		}
	}
	hi, lo := uint64(c.Hi), c.Lo
	for {
		qhi, r := bits.Div64(0, hi, 10)
		qlo, r := bits.Div64(r, lo, 10)
		if r != 0 {
			break
		}
		hi, lo = qhi, qlo
		scale--
	}
	h := mix2(lo, hi+uint64(uint32(scale))<<32)
	if neg {
		h = ^h
	}
	return h
}

// canonical returns the value by which intervals compare: a month is 30 days and a day 24 hours.
func (x Interval) canonical() (days int64, micros int64) {
	const day = 24 * 3600 * 1_000_000
	days = int64(x.Months)*30 + int64(x.Days) + x.Micros/day
	micros = x.Micros % day
	if micros < 0 {
		micros += day
		days--
	}
	return days, micros
}
