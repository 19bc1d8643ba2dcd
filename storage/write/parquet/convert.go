package parquet

import (
	"encoding/binary"
	"math"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// appendInt32 appends the values of a flat vector without NULLs.
func appendInt32(dst []uint32, v *vec.Vector, t types.Type) ([]uint32, error) {
	switch v.Kind {
	case types.KInt16:
		for _, x := range vec.Values[int16](v) {
			dst = append(dst, uint32(int32(x)))
		}
	case types.KInt32:
		dst = append(dst, vec.As[uint32](v.Data)...)
	case types.KInt64:
		for _, x := range vec.Values[int64](v) {
			if x != int64(int32(x)) {
				return nil, tooManyDigits(t)
			}
			dst = append(dst, uint32(int32(x)))
		}
	default:
		for _, x := range vec.Values[vec.Int128](v) {
			if !x.IsInt64() || int64(x.Lo) != int64(int32(x.Lo)) {
				return nil, tooManyDigits(t)
			}
			dst = append(dst, uint32(int32(x.Lo)))
		}
	}
	return dst, nil
}

func tooManyDigits(t types.Type) error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "numeric field overflow").WithDetail("A value does not fit %s.", t)
}

func appendInt64(dst []uint64, v *vec.Vector, t types.Type) ([]uint64, error) {
	if v.Kind == types.KInt64 {
		return append(dst, vec.As[uint64](v.Data)...), nil
	}
	for _, x := range vec.Values[vec.Int128](v) {
		if !x.IsInt64() {
			return nil, tooManyDigits(t)
		}
		dst = append(dst, x.Lo)
	}
	return dst, nil
}

func appendNumbers(dst []uint64, v *vec.Vector) []uint64 {
	for _, x := range vec.Values[vec.Num](v) {
		dst = append(dst, math.Float64bits(x.Float64()))
	}
	return dst
}

// maxDecimal is the first number of 39 digits.
var maxDecimal = vec.Pow10(38)

// appendDecimals appends numbers of 16 bytes, the highest first.
func appendDecimals(dst []byte, v *vec.Vector, t types.Type) ([]byte, error) {
	put := func(x vec.Int128) {
		dst = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, uint64(x.Hi)), x.Lo)
	}
	if v.Kind == types.KInt64 {
		for _, x := range vec.Values[int64](v) {
			put(vec.Int128Of(x))
		}
		return dst, nil
	}
	for _, x := range vec.Values[vec.Int128](v) {
		abs := x
		if x.Hi < 0 {
			var ok bool
			if abs, ok = x.Neg(); !ok {
				return nil, tooManyDigits(t)
			}
		}
		if vec.Compare128(abs, maxDecimal) >= 0 {
			return nil, tooManyDigits(types.NumericOf(38, int(t.Scale)))
		}
		put(x)
	}
	return dst, nil
}

func appendIntervals(dst []byte, v *vec.Vector) ([]byte, error) {
	for _, x := range vec.Values[vec.Interval](v) {
		millis := x.Micros / 1000
		if x.Months < 0 || x.Days < 0 || x.Micros < 0 || x.Micros%1000 != 0 || millis > math.MaxUint32 {
			return nil, sqlstate.Unsupported("Cast it to text.", "interval \"%s\" is not supported in a Parquet file, which has whole milliseconds and no negative intervals",
				text.AppendInterval(nil, x))
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(x.Months))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(x.Days))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(millis))
	}
	return dst, nil
}
