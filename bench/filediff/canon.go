package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Rows are compared as bytes that are the same for the same values in both engines: numbers but floats as their decimal
// text, whatever their width; floats by their bits, NaN being one; points in time as microseconds; text and bytes with their
// length; records, arrays and maps with what they consist of.

const (
	markNull  = 'N'
	markValue = 'V'
	markList  = '['
	markRow   = '('
)

// appendVector appends value i of a vector, which is flat if it is nested.
func appendVector(b []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(b, markNull)
	}
	switch v.Type.ID {
	case types.Array:
		l := vec.At[vec.List](v, i)
		b = binary.AppendUvarint(append(b, markList), uint64(l.Len))
		for k := range l.Len {
			b = appendVector(b, v.Child, int(l.Off+k))
		}
		return b
	case types.Record:
		b = append(b, markRow)
		at := int(vec.At[uint32](v, i))
		for _, f := range v.Fields {
			b = appendVector(b, f, at)
		}
		return b
	case types.Bool:
		return append(b, markValue, vec.At[uint8](v, i)+'0')
	case types.Float32:
		return appendFloat(b, float64(vec.At[float32](v, i)))
	case types.Float64:
		return appendFloat(b, vec.At[float64](v, i))
	case types.Date:
		return appendInt(b, int64(vec.At[int32](v, i)))
	case types.Time, types.Timestamp, types.TimestampTZ:
		return appendInt(b, vec.At[int64](v, i))
	case types.Interval:
		x := vec.At[vec.Interval](v, i)
		return appendInterval(b, x.Months, x.Days, x.Micros)
	case types.UUID:
		u := vec.At[[16]byte](v, i)
		return append(append(b, markValue), u[:]...)
	case types.Int16, types.Int32, types.Int64, types.Numeric:
		return append(text.Append(append(b, markValue), v, i, nil), ' ')
	}
	if v.Type.ID == types.JSON {
		return appendJSON(b, v.Bytes(i))
	}
	return appendBytes(b, v.Bytes(i))
}

func appendFloat(b []byte, f float64) []byte {
	if f != f {
		f = math.NaN()
	}
	return binary.BigEndian.AppendUint64(append(b, markValue), math.Float64bits(f))
}

func appendInt(b []byte, x int64) []byte {
	return append(strconv.AppendInt(append(b, markValue), x, 10), ' ')
}

func appendInterval(b []byte, months, days int32, micros int64) []byte {
	return appendInt(appendInt(appendInt(b, int64(months)), int64(days)), micros)
}

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(append(b, markValue), uint64(len(s))), s...)
}

// appendValue appends a value that DuckDB's driver returned, of a type in gsql.
func appendValue(b []byte, v any, t types.Type) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, markNull), nil
	case bool:
		if v {
			return append(b, markValue, '1'), nil
		}
		return append(b, markValue, '0'), nil
	case int8:
		return appendInt(b, int64(v)), nil
	case int16:
		return appendInt(b, int64(v)), nil
	case int32:
		return appendInt(b, int64(v)), nil
	case int64:
		return appendInt(b, v), nil
	case uint8:
		return appendInt(b, int64(v)), nil
	case uint16:
		return appendInt(b, int64(v)), nil
	case uint32:
		return appendInt(b, int64(v)), nil
	case uint64:
		return append(strconv.AppendUint(append(b, markValue), v, 10), ' '), nil
	case float32:
		return appendFloat(b, float64(v)), nil
	case float64:
		return appendFloat(b, v), nil
	case *big.Int:
		return append(v.Append(append(b, markValue), 10), ' '), nil
	case duckdb.Decimal:
		return appendDecimal(b, v), nil
	case string:
		if t.ID == types.JSON {
			return appendJSON(b, v), nil
		}
		return appendBytes(b, v), nil
	case []byte:
		if t.ID == types.UUID {
			return append(append(b, markValue), v...), nil
		}
		return appendBytes(b, v), nil
	case duckdb.UUID:
		return append(append(b, markValue), v[:]...), nil
	case duckdb.Interval:
		return appendInterval(b, v.Months, v.Days, v.Micros), nil
	case time.Time:
		return appendTime(b, v, t)
	}
	return appendNested(b, v, t)
}

func appendNested(b []byte, v any, t types.Type) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case []any:
		b = binary.AppendUvarint(append(b, markList), uint64(len(v)))
		for _, x := range v {
			if b, err = appendValue(b, x, t.Element()); err != nil {
				return b, err
			}
		}
		return b, nil
	case map[string]any:
		b = append(b, markRow)
		for _, f := range t.Fields() {
			if b, err = appendValue(b, v[f.Name], f.Type); err != nil {
				return b, err
			}
		}
		return b, nil
	case duckdb.OrderedMap:
		fields := t.Element().Fields()
		if len(fields) != 2 {
			return b, fmt.Errorf("a map is of type %v in gsql", t)
		}
		keys, values := v.Keys(), v.Values()
		b = binary.AppendUvarint(append(b, markList), uint64(len(keys)))
		for i := range keys {
			if b, err = appendValue(append(b, markRow), keys[i], fields[0].Type); err != nil {
				return b, err
			}
			if b, err = appendValue(b, values[i], fields[1].Type); err != nil {
				return b, err
			}
		}
		return b, nil
	}
	return b, fmt.Errorf("no comparison of %T and %v", v, t)
}

func appendDecimal(b []byte, d duckdb.Decimal) []byte {
	b = append(b, markValue)
	if d.Value.IsInt64() {
		return append(vec.AppendDecimal(b, d.Value.Int64(), int(d.Scale)), ' ')
	}
	x, _ := vec.Int128FromBig(d.Value)
	return append(x.Append(b, int(d.Scale)), ' ')
}

func appendTime(b []byte, v time.Time, t types.Type) ([]byte, error) {
	switch t.ID {
	case types.Date:
		return appendInt(b, floorDiv(v.Unix(), 86400)), nil
	case types.Time:
		h, m, s := v.Clock()
		return appendInt(b, int64(h*3600+m*60+s)*1e6+int64(v.Nanosecond())/1000), nil
	case types.Timestamp, types.TimestampTZ:
		return appendInt(b, v.UnixMicro()), nil
	}
	return b, fmt.Errorf("a time is of type %v in gsql", t)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
