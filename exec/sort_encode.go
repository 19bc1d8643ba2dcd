package exec

import (
	"encoding/binary"
	"math"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

const signBit = 1 << 63

// encodeOrdered writes a word for each of the first len(out) rows of v such that the words are in the order
// of the values: a smaller word means a smaller value, and an equal one says nothing unless
// exactWord(v.Kind). Words of NULLs are arbitrary. It returns false, with out undefined, for kinds without
// such words.
func encodeOrdered(v *vec.Vector, out []uint64) bool {
	switch v.Enc {
	case vec.Const:
		var w [1]uint64
		if !encodeFlat(v.WithLen(1), w[:]) {
			return false
		}
		for i := range out {
			out[i] = w[0]
		}
		return true
	case vec.Dict:
		if v.Dict.Len > 2*len(out) {
			return encodeFlat(vec.Flatten(vec.Slice(v, 0, len(out))), out)
		}
		words := make([]uint64, max(v.Dict.Len, 1))
		if !encodeFlat(v.Dict, words[:v.Dict.Len]) {
			return false
		}
		for i, c := range v.Codes()[:len(out)] {
			out[i] = words[c]
		}
		return true
	}
	return encodeFlat(v, out)
}

// exactWord reports whether values of a kind are equal when their words from encodeOrdered are.
func exactWord(k types.Kind) bool {
	switch k {
	case types.KBool, types.KInt16, types.KInt32, types.KInt64, types.KFloat32, types.KFloat64:
		return true
	}
	return false
}

// encodeFlat is encodeOrdered for flat vectors and for one row of a constant one.
func encodeFlat(v *vec.Vector, out []uint64) bool {
	switch v.Kind {
	case types.KBool:
		for i, x := range vec.Values[uint8](v)[:len(out)] {
			out[i] = uint64(x)
		}
	case types.KInt16:
		encodeInts(vec.Values[int16](v), out)
	case types.KInt32:
		encodeInts(vec.Values[int32](v), out)
	case types.KInt64:
		encodeInts(vec.Values[int64](v), out)
	case types.KFloat32:
		for i, x := range vec.Values[float32](v)[:len(out)] {
			out[i] = encodeFloat(float64(x))
		}
	case types.KFloat64:
		for i, x := range vec.Values[float64](v)[:len(out)] {
			out[i] = encodeFloat(x)
		}
	case types.KInt128:
		for i, x := range vec.Values[vec.Int128](v)[:len(out)] {
			out[i] = encodeInt128(x)
		}
	case types.KUUID:
		for i, x := range vec.Values[[16]byte](v)[:len(out)] {
			out[i] = binary.BigEndian.Uint64(x[:])
		}
	case types.KView:
		v = vec.ByteOrder(v)
		views := vec.Values[vec.View](v)[:len(out)]
		for i := range views {
			out[i] = viewChunk(&views[i], v.Bufs, 0)
		}
	default:
		return false
	}
	return true
}

func encodeInts[T int16 | int32 | int64](v []T, out []uint64) {
	v = v[:len(out)]
	for i, x := range v {
		out[i] = uint64(int64(x)) ^ signBit
	}
}

// encodeInt128 returns the words of KInt64, since both kinds occur in one column; what is beyond them is equal to the
// largest or the smallest.
func encodeInt128(x vec.Int128) uint64 {
	switch hi := int64(x.Lo) >> 63; {
	case x.Hi == hi:
		return x.Lo ^ signBit
	case x.Hi < 0:
		return 0
	}
	return math.MaxUint64
}

// encodeFloat orders floats as PostgreSQL does: -0 is 0, and NaN is one value above all others.
func encodeFloat(x float64) uint64 {
	if x != x {
		return ^uint64(0)
	}
	b := math.Float64bits(x + 0) // -0 + 0 is 0
	return b ^ (uint64(int64(b)>>63) | signBit)
}

// viewChunk returns bytes at..at+7 of a string as a big-endian word, with zeros behind its end.
func viewChunk(v *vec.View, bufs [][]byte, at int) uint64 {
	if at >= int(v.Len) {
		return 0
	}
	if v.Len <= vec.ViewInline { // 12 bytes with zeros behind the string
		lo, hi := v.Words()
		first, rest := uint64(bits.ReverseBytes32(uint32(lo>>32))), bits.ReverseBytes64(hi)
		if at < 4 {
			return first<<(32+8*at) | rest>>(32-8*at)
		}
		return rest << (8 * (at - 4))
	}
	s := bufs[v.Buf][int(v.Off)+at : v.Off+v.Len]
	if len(s) >= 8 {
		return binary.BigEndian.Uint64(s)
	}
	var w uint64
	for i, c := range s {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}
