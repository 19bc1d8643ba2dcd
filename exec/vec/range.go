package vec

import (
	"encoding/binary"

	"gsql/exec/ranges"
	"gsql/exec/types"
)

// This file has what is known here of the bytes of ranges (see package ranges): the values of numeric bounds, and how the
// digits that these are written with are left out of comparisons.

// isNumRange reports whether the type is numrange or nummultirange.
func isNumRange(t types.Type) bool { return t.ID == types.NumRange || t.ID == types.NumMultirange }

// Classes of numerics, the first bytes of their values. Finite ones but 0 have two bytes with the exponent of ten that makes
// them from a fraction behind them, and its digits as a number of MaxDigits digits; those of negative ones are turned around.
const (
	numKeyNegInf = iota
	numKeyNegative
	numKeyZero
	numKeyPositive
	numKeyPosInf
	numKeyNaN
)

// numKeyBias makes exponents unsigned.
const numKeyBias = 1 << 15

// AppendNumKey appends the value of a bound of a numrange: equal numerics have equal values, which are ordered as they are.
func AppendNumKey(dst []byte, x Num) []byte {
	var b [ranges.Decimal]byte
	switch {
	case x.Special == NumNegInf:
		b[0] = numKeyNegInf
	case x.Special == NumPosInf:
		b[0] = numKeyPosInf
	case x.Special == NumNaN:
		b[0] = numKeyNaN
	case x.Coef.Sign() == 0:
		b[0] = numKeyZero
	default:
		n := x.Coef.Digits()
		hi, lo, negative := x.Coef.abs()
		c, _ := Mul128(Int128{Lo: lo, Hi: int64(hi)}, pow10s[MaxDigits-n])
		b[0] = numKeyPositive
		binary.BigEndian.PutUint16(b[1:], uint16(n-int(x.Scale)+numKeyBias))
		binary.BigEndian.PutUint64(b[3:], uint64(c.Hi))
		binary.BigEndian.PutUint64(b[11:], c.Lo)
		if negative {
			b[0] = numKeyNegative
			for i := range b[1:] {
				b[1+i] = ^b[1+i]
			}
		}
	}
	return append(dst, b[:]...)
}

// NumOfKey returns the numeric with a value, written with scale digits behind the point.
func NumOfKey(key []byte, scale int) Num {
	switch key[0] {
	case numKeyNegInf:
		return NumNInfValue
	case numKeyPosInf:
		return NumInfValue
	case numKeyNaN:
		return NumNaNValue
	case numKeyZero:
		return Num{Scale: int32(scale)}
	}
	b := [ranges.Decimal]byte(key)
	if b[0] == numKeyNegative {
		for i := range b[1:] {
			b[1+i] = ^b[1+i]
		}
	}
	exponent := int(binary.BigEndian.Uint16(b[1:])) - numKeyBias
	c := Int128{Hi: int64(binary.BigEndian.Uint64(b[3:])), Lo: binary.BigEndian.Uint64(b[11:])}
	if drop := MaxDigits - exponent - scale; drop > 0 { // zeros
		c, _, _ = DivMod128(c, pow10s[drop])
	}
	if b[0] == numKeyNegative {
		c = c.neg()
	}
	return Num{Coef: c, Scale: int32(scale)}
}

// rangeKeys returns a vector of ranges of numerics as one of bytes that are equal, and ordered, as they are.
func rangeKeys(v *Vector) *Vector {
	return cutViews(v, types.Of(types.Bytea), func(s []byte) int { return len(ranges.Key(s, ranges.Decimal)) })
}

// AppendBoundValue appends the value that row i of v is as a bound of a range, and returns its scale.
func AppendBoundValue(dst []byte, v *Vector, i int) ([]byte, uint16) {
	switch {
	case v.Type.ID == types.Numeric:
		x := numAt(v, i)
		if x.Special != NumFinite {
			x.Scale = 0
		}
		if x.Scale > maxBoundScale {
			x, _ = x.Round(maxNumScale) // which has fewer digits
		}
		return AppendNumKey(dst, x), uint16(x.Scale)
	case v.Kind == types.KInt32:
		return ranges.AppendInt32(dst, At[int32](v, i)), 0
	}
	return ranges.AppendInt64(dst, At[int64](v, i)), 0
}

// maxBoundScale is how many digits behind the point PostgreSQL's numerics have at most.
const maxBoundScale = 16383

func numAt(v *Vector, i int) Num {
	if v.Kind == types.KNum {
		return At[Num](v, i)
	}
	return Num{Coef: int128At(v, i), Scale: int32(v.Type.Scale)}
}
