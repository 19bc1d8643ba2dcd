package parquet

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"gsql/exec/vec"
)

// bounds are the least and the greatest of some values, in PLAIN encoding; nil when there are none that compare.
type bounds struct {
	min, max []byte
	exact    bool // they are values; always, but for long strings
	unknown  bool // there are values, of which nothing can be said
}

// maxBound is how much of a string its bounds have.
const maxBound = 64

// addBytes takes a string in, which the caller may change.
func (b *bounds) addBytes(s []byte) {
	if b.min == nil || bytes.Compare(s, b.min) < 0 {
		b.min = append(make([]byte, 0, len(s)), s...)
	}
	if b.max == nil || bytes.Compare(s, b.max) > 0 {
		b.max = append(make([]byte, 0, len(s)), s...)
	}
	b.exact = true
}

func (b *bounds) addFixed(s []byte, signed bool) {
	less := func(x, y []byte) bool {
		if signed && (x[0]^y[0])&0x80 != 0 {
			return x[0]&0x80 != 0
		}
		return bytes.Compare(x, y) < 0
	}
	if b.min == nil || less(s, b.min) {
		b.min = append([]byte(nil), s...)
	}
	if b.max == nil || less(b.max, s) {
		b.max = append([]byte(nil), s...)
	}
	b.exact = true
}

// merge takes in the bounds of other values.
func (b *bounds) merge(o bounds, conv conversion) {
	b.unknown = b.unknown || o.unknown
	if o.min == nil {
		return
	}
	if b.min == nil {
		b.min, b.max, b.exact = o.min, o.max, o.exact
		return
	}
	if comparePlain(conv, o.min, b.min) < 0 {
		b.min = o.min
	}
	if comparePlain(conv, o.max, b.max) > 0 {
		b.max = o.max
	}
	b.exact = b.exact && o.exact
}

// comparePlain compares two values in PLAIN encoding.
func comparePlain(conv conversion, a, b []byte) int {
	switch conv {
	case asInt32:
		return cmp.Compare(int32(binary.LittleEndian.Uint32(a)), int32(binary.LittleEndian.Uint32(b)))
	case asInt64:
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	case asFloat:
		return cmp.Compare(math.Float32frombits(binary.LittleEndian.Uint32(a)), math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case asDouble, asNumber:
		return cmp.Compare(math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case asDecimal:
		if (a[0]^b[0])&0x80 != 0 {
			return cmp.Compare(b[0]&0x80, a[0]&0x80)
		}
	}
	return bytes.Compare(a, b)
}

// short returns the bounds as they are written: long strings are cut, the upper one after it was raised. It is false when
// there are none to write.
func (b bounds) short(conv conversion) (bounds, bool) {
	if b.min == nil || b.unknown {
		return b, false
	}
	if conv != asBytes && conv != asText {
		return b, true
	}
	if len(b.min) > maxBound {
		b.min, b.exact = b.min[:cut(b.min)], false
	}
	if len(b.max) > maxBound {
		raised, ok := raise(b.max[:cut(b.max)])
		if !ok {
			return b, false
		}
		b.max, b.exact = raised, false
	}
	return b, true
}

// raise returns a string that is above all that begin with s, UTF-8 if s is; false when there is none so long.
func raise(s []byte) ([]byte, bool) {
	for len(s) > 0 {
		r, n := utf8.DecodeLastRune(s)
		rest := s[: len(s)-n : len(s)-n]
		switch {
		case r == utf8.RuneError && n == 1 && s[len(rest)] < 0xff:
			return append(rest, s[len(rest)]+1), true
		case r == utf8.RuneError && n == 1 || r == utf8.MaxRune:
		case r == 0xd7ff: // surrogates follow
			return utf8.AppendRune(rest, 0xe000), true
		case len(rest)+utf8.RuneLen(r+1) <= maxBound:
			return utf8.AppendRune(rest, r+1), true
		}
		s = rest
	}
	return nil, false
}

// cut returns where a long string can be cut, if possible between two characters.
func cut(s []byte) int {
	for i := maxBound; i > maxBound-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return maxBound
}

func int32Bounds(vals []uint32) bounds {
	return ordered(vec.As[int32](vec.BytesOf(vals)), func(x int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(x)) })
}

func int64Bounds(vals []uint64) bounds {
	return ordered(vec.As[int64](vec.BytesOf(vals)), func(x int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(x)) })
}

func ordered[T int32 | int64](vals []T, plain func(T) []byte) bounds {
	if len(vals) == 0 {
		return bounds{}
	}
	least, most := vals[0], vals[0]
	for _, x := range vals {
		least, most = min(least, x), max(most, x)
	}
	return bounds{min: plain(least), max: plain(most), exact: true}
}

func floatBounds(vals []uint32) bounds {
	return floats(vec.As[float32](vec.BytesOf(vals)), func(x float32) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)) })
}

func doubleBounds(vals []uint64) bounds {
	return floats(vec.As[float64](vec.BytesOf(vals)), func(x float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)) })
}

// floats returns the bounds of numbers. There are none when one is no number, which readers compare in ways of their own.
func floats[T float32 | float64](vals []T, plain func(T) []byte) bounds {
	if len(vals) == 0 {
		return bounds{}
	}
	least, most := vals[0], vals[0]
	for _, x := range vals {
		if x != x {
			return bounds{unknown: true}
		}
		if x < least {
			least = x
		}
		if x > most {
			most = x
		}
	}
	zero := T(0)
	if least == 0 { // both zeros count
		least = -zero
		least = T(math.Copysign(0, -1))
	}
	if most == 0 {
		most = zero
	}
	return bounds{min: plain(least), max: plain(most), exact: true}
}
