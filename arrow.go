package gsql

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// arrowType returns the Arrow type of a column. Types that Arrow lacks, and numeric without a fixed scale,
// travel as strings in PostgreSQL's text form.
func arrowType(t types.Type) arrow.DataType {
	switch t.ID {
	case types.Bool:
		return arrow.FixedWidthTypes.Boolean
	case types.Int16:
		return arrow.PrimitiveTypes.Int16
	case types.Int32:
		return arrow.PrimitiveTypes.Int32
	case types.Int64, types.OID:
		return arrow.PrimitiveTypes.Int64
	case types.Float32:
		return arrow.PrimitiveTypes.Float32
	case types.Float64:
		return arrow.PrimitiveTypes.Float64
	case types.Numeric:
		if t.Scale != types.DynamicScale {
			prec := t.Prec
			if prec <= 0 || prec > 38 {
				prec = 38
			}
			return &arrow.Decimal128Type{Precision: prec, Scale: int32(t.Scale)}
		}
	case types.Bytea:
		return arrow.BinaryTypes.Binary
	case types.Date:
		return arrow.FixedWidthTypes.Date32
	case types.Time:
		return arrow.FixedWidthTypes.Time64us
	case types.Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case types.TimestampTZ:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case types.Array:
		return arrow.ListOf(arrowType(t.Element()))
	case types.Record:
		fields := make([]arrow.Field, len(t.Fields()))
		for i, f := range t.Fields() {
			fields[i] = arrow.Field{Name: f.Name, Type: arrowType(f.Type), Nullable: true}
		}
		return arrow.StructOf(fields...)
	}
	return arrow.BinaryTypes.String
}

func arrowSchema(cols []Column) *arrow.Schema {
	f := make([]arrow.Field, len(cols))
	for i, c := range cols {
		f[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true,
			Metadata: arrow.NewMetadata([]string{"gsql.type"}, []string{c.Type.String()})}
	}
	return arrow.NewSchema(f, nil)
}

func toRecord(schema *arrow.Schema, b *vec.Batch, st *text.Style) (arrow.Record, error) {
	cols := make([]arrow.Array, len(b.Cols))
	for i, v := range b.Cols {
		var err error
		if cols[i], err = toArrow(schema.Field(i).Type, v, st); err != nil {
			return nil, err
		}
		defer cols[i].Release()
	}
	return array.NewRecord(schema, cols, int64(b.Rows)), nil
}

// toArrow shares the memory of fixed-width values and copies the others.
func toArrow(t arrow.DataType, v *vec.Vector, st *text.Style) (arrow.Array, error) {
	v = vec.Flatten(v)
	nulls := v.Len - v.Valid.Count(v.Len)
	var validity *memory.Buffer
	if nulls > 0 {
		validity = memory.NewBufferBytes(vec.BytesOf([]uint64(v.Valid)))
	}
	if w, ok := t.(arrow.FixedWidthDataType); ok && w.BitWidth() == 8*v.Kind.Width() && v.Kind != types.KBool {
		data := array.NewData(t, v.Len, []*memory.Buffer{validity, memory.NewBufferBytes(v.Data)}, nil, nulls, 0)
		defer data.Release()
		return array.MakeFromData(data), nil
	}
	b := array.NewBuilder(memory.DefaultAllocator, t)
	defer b.Release()
	b.Reserve(v.Len)
	for i := range v.Len {
		if err := appendArrow(b, v, i, st); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}

func appendArrow(b array.Builder, v *vec.Vector, i int, st *text.Style) error {
	if v.IsNull(i) {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(vec.At[uint8](v, i) != 0)
	case *array.Int16Builder:
		b.Append(vec.At[int16](v, i))
	case *array.Int32Builder:
		b.Append(vec.At[int32](v, i))
	case *array.Int64Builder:
		b.Append(vec.At[int64](v, i))
	case *array.Float32Builder:
		b.Append(vec.At[float32](v, i))
	case *array.Float64Builder:
		b.Append(vec.At[float64](v, i))
	case *array.Date32Builder:
		b.Append(arrow.Date32(vec.At[int32](v, i)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(vec.At[int64](v, i)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(vec.At[int64](v, i)))
	case *array.Decimal128Builder:
		if v.Kind == types.KInt128 {
			x := vec.At[vec.Int128](v, i)
			b.Append(decimal128.New(x.Hi, x.Lo))
		} else {
			b.Append(decimal128.FromI64(vec.At[int64](v, i)))
		}
	case *array.BinaryBuilder:
		b.Append(v.Bytes(i))
	case *array.StringBuilder:
		b.Append(string(text.Append(nil, v, i, st)))
	case *array.StructBuilder:
		b.Append(true)
		row := int(vec.At[uint32](v, i))
		for k, f := range v.Fields {
			if err := appendArrow(b.FieldBuilder(k), f, row, st); err != nil {
				return err
			}
		}
	case *array.ListBuilder:
		b.Append(true)
		l := vec.At[vec.List](v, i)
		if err := l.Plain("Arrow"); err != nil {
			return err
		}
		for k := range l.Len {
			if err := appendArrow(b.ValueBuilder(), v.Child, int(l.Off+k), st); err != nil {
				return err
			}
		}
	}
	return nil
}
