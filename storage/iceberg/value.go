package iceberg

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"

	"gsql/exec/types"
	"gsql/exec/vec"
)

var errValue = errors.New("a value is not of its type")

// appendValue appends a value of a partition as manifests have it; nanos says that times are nanoseconds.
func appendValue(b *vec.Builder, t types.Type, nanos bool, v any) error {
	switch v := v.(type) {
	case nil:
		b.AppendNull()
		return nil
	case bool:
		if t.ID == types.Bool {
			b.AppendBool(v)
			return nil
		}
	case int64:
		return appendInteger(b, t, nanos, v)
	case float64:
		switch t.ID {
		case types.Float32:
			vec.Append(b, float32(v))
			return nil
		case types.Float64:
			vec.Append(b, v)
			return nil
		}
	case string:
		if t.ID == types.Text && utf8.ValidString(v) {
			b.AppendString(v)
			return nil
		}
	case []byte:
		return appendBytes(b, t, v)
	}
	return errValue
}

func appendInteger(b *vec.Builder, t types.Type, nanos bool, x int64) error {
	switch t.ID {
	case types.Int32, types.Date:
		if x != int64(int32(x)) {
			return errValue
		}
		vec.Append(b, int32(x))
	case types.Timestamp, types.TimestampTZ:
		if nanos {
			x = floorDiv(x, 1000)
		}
		vec.Append(b, x)
	case types.Int64, types.Time:
		vec.Append(b, x)
	default:
		return errValue
	}
	return nil
}

func floorDiv(x, by int64) int64 {
	q := x / by
	if x%by < 0 {
		q--
	}
	return q
}

func appendBytes(b *vec.Builder, t types.Type, p []byte) error {
	switch {
	case t.ID == types.Bytea:
		b.AppendBytes(p)
	case t.ID == types.UUID && len(p) == 16:
		vec.Append(b, [16]byte(p))
	case t.ID == types.Numeric && len(p) > 0 && len(p) <= 16:
		x := decimalOf(p)
		if x.Digits() > int(t.Prec) {
			return errValue
		}
		b.AppendInt128(x)
	default:
		return errValue
	}
	return nil
}

// decimalOf returns a big-endian integer of up to 16 bytes.
func decimalOf(p []byte) vec.Int128 {
	var w [16]byte
	if p[0] >= 0x80 {
		for i := range w {
			w[i] = 0xff
		}
	}
	copy(w[16-len(p):], p)
	return vec.Int128{Lo: binary.BigEndian.Uint64(w[8:]), Hi: int64(binary.BigEndian.Uint64(w[:]))}
}

// appendBound appends a bound of a column as manifests have it, NULL when it cannot be used.
func appendBound(b *vec.Builder, t types.Type, nanos bool, p []byte, high bool) {
	if len(p) == 0 && t.ID != types.Text || p == nil || t.IsFloat() && high { // NaN is above all, and is not counted
		b.AppendNull()
		return
	}
	n := b.Len()
	if err := appendValue(b, t, nanos, boundValue(t, p)); err != nil && b.Len() == n {
		b.AppendNull()
	}
}

// boundValue returns the value that bytes are, as manifests have it in partitions: of a narrower type, too, than the
// column has by now.
func boundValue(t types.Type, p []byte) any {
	switch t.ID {
	case types.Bool:
		return p[0] != 0
	case types.Float32, types.Float64:
		return boundFloat(p)
	case types.Text:
		return string(p)
	case types.Int32, types.Date, types.Int64, types.Time, types.Timestamp, types.TimestampTZ:
		switch len(p) {
		case 4:
			return int64(int32(binary.LittleEndian.Uint32(p)))
		case 8:
			return int64(binary.LittleEndian.Uint64(p))
		}
		return struct{}{} // of no type
	}
	return p
}

func boundFloat(p []byte) any {
	x := math.NaN()
	switch len(p) {
	case 4:
		x = float64(math.Float32frombits(binary.LittleEndian.Uint32(p)))
	case 8:
		x = math.Float64frombits(binary.LittleEndian.Uint64(p))
	}
	if math.IsNaN(x) {
		return nil
	}
	return x
}
