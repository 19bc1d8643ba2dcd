package write

import (
	"context"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// arrowFormat makes files of Arrow's IPC format, also known as Feather.
type arrowFormat struct {
	opts   *Options
	schema *arrow.Schema
	types  []types.Type
	style  *text.Style
}

const (
	arrowRows     = 64 << 10 // of a record batch
	maxArrowBytes = 1 << 30  // of a column of text, whose offsets have 31 bits
)

func newArrowFormat(o *Options, columns exec.Schema, style *text.Style) (format, error) {
	f := &arrowFormat{opts: o, style: style}
	var fields []arrow.Field
	for _, c := range columns {
		fields = append(fields, arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true})
		f.types = append(f.types, c.Type)
	}
	f.schema = arrow.NewSchema(fields, nil)
	return f, nil
}

// arrowType returns how values of a type are stored: types that Arrow lacks as text, and numeric without scale as double
// precision, as in Parquet files.
func arrowType(t types.Type) arrow.DataType {
	switch t.ID {
	case types.Bool:
		return arrow.FixedWidthTypes.Boolean
	case types.Int16:
		return arrow.PrimitiveTypes.Int16
	case types.Int32:
		return arrow.PrimitiveTypes.Int32
	case types.Int64, types.OID, types.XID, types.CID:
		return arrow.PrimitiveTypes.Int64
	case types.Float32:
		return arrow.PrimitiveTypes.Float32
	case types.Float64:
		return arrow.PrimitiveTypes.Float64
	case types.Numeric:
		if t.Scale == types.DynamicScale {
			return arrow.PrimitiveTypes.Float64
		}
		prec := t.Prec
		if prec <= 0 || prec > 38 {
			prec = 38
		}
		return &arrow.Decimal128Type{Precision: prec, Scale: int32(t.Scale)}
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
	case types.Interval:
		return arrow.FixedWidthTypes.MonthDayNanoInterval
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

func (f *arrowFormat) begin(out *output) (file, error) {
	opts := []ipc.Option{ipc.WithSchema(f.schema)}
	switch f.opts.Compression {
	case "zstd":
		opts = append(opts, ipc.WithZstd())
	case "lz4":
		opts = append(opts, ipc.WithLZ4())
	}
	w, err := ipc.NewFileWriter(&seekless{out}, opts...)
	if err != nil {
		return nil, err
	}
	return &arrowFile{f, w, out}, nil
}

// seekless is an output for a writer that asks where it is, and goes nowhere else.
type seekless struct{ *output }

func (s *seekless) Seek(offset int64, whence int) (int64, error) {
	if whence == 0 && offset != s.size.Load() {
		return 0, sqlstate.New(sqlstate.InternalError, "a writer of Arrow's seeks")
	}
	return s.size.Load(), nil
}

type arrowFile struct {
	*arrowFormat
	w   *ipc.FileWriter
	out *output
}

func (a *arrowFile) block() block { return &arrowBlock{file: a} }

func (a *arrowFile) end() error {
	if err := a.w.Close(); err != nil {
		return err
	}
	return a.out.close()
}

// arrowBlock is batches that become a record batch.
type arrowBlock struct {
	gate
	file    *arrowFile
	batches []*vec.Batch
	rows    int
	bytes   int64
}

func (a *arrowBlock) add(ctx context.Context, b *vec.Batch) error {
	if b.Rows > 1 && bytesOf(b) > maxArrowBytes {
		if err := a.add(ctx, b.Slice(0, b.Rows/2)); err != nil {
			return err
		}
		return a.add(ctx, b.Slice(b.Rows/2, b.Rows))
	}
	limit := min(arrowRows, a.file.opts.GroupRows)
	for from := 0; from < b.Rows; {
		n := min(b.Rows-from, limit-a.rows)
		piece := b
		if n < b.Rows {
			piece = b.Slice(from, from+n)
		}
		a.batches = append(a.batches, piece)
		a.rows += n
		a.bytes += bytesOf(piece)
		if a.rows >= limit || a.bytes >= a.file.opts.GroupBytes {
			if err := a.flush(); err != nil {
				return err
			}
		}
		from += n
	}
	return nil
}

func (a *arrowBlock) held() int64 { return a.bytes }

func (a *arrowBlock) flush() error {
	if a.rows == 0 {
		return nil
	}
	cols := make([]arrow.Array, len(a.file.types))
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i := range cols {
		parts := make([]*vec.Vector, len(a.batches))
		for k, b := range a.batches {
			parts[k] = b.Cols[i]
		}
		var err error
		if cols[i], err = toArrow(a.file.schema.Field(i).Type, vec.Flatten(vec.Concat(parts)), a.file.style); err != nil {
			return err
		}
	}
	rec := array.NewRecord(a.file.schema, cols, int64(a.rows))
	defer rec.Release()
	a.batches, a.rows, a.bytes = nil, 0, 0
	if err := a.pass(); err != nil {
		return err
	}
	a.file.out.mu.Lock()
	defer a.file.out.mu.Unlock()
	return a.file.w.Write(rec)
}

// toArrow returns a flat vector as an array, which shares the memory of values that Arrow keeps in the same way.
func toArrow(t arrow.DataType, v *vec.Vector, st *text.Style) (arrow.Array, error) {
	nulls := v.Len - v.Valid.Count(v.Len)
	w, fixed := t.(arrow.FixedWidthDataType)
	if fixed && w.BitWidth() == 8*v.Kind.Width() && v.Kind != types.KBool && v.Kind != types.KInterval {
		var validity *memory.Buffer
		if nulls > 0 {
			validity = memory.NewBufferBytes(vec.BytesOf([]uint64(v.Valid)))
		}
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

// bytesOf returns the bytes of a batch's values, about.
func bytesOf(b *vec.Batch) (n int64) {
	for _, v := range b.Cols {
		n += int64(b.Rows * v.Kind.Width())
		switch {
		case v.Kind == types.KView && v.Enc == vec.Flat:
			views := vec.Values[vec.View](v)
			for i := range views {
				n += int64(views[i].Len)
			}
		case v.Kind == types.KView:
			for i := range b.Rows {
				n += int64(len(v.Bytes(i)))
			}
		case v.Kind == types.KList || v.Kind == types.KRow:
			n += v.Size()
		}
	}
	return n
}

// appendArrow appends row i of a flat vector.
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
		if v.Kind == types.KNum {
			b.Append(vec.At[vec.Num](v, i).Float64())
		} else {
			b.Append(vec.At[float64](v, i))
		}
	case *array.Date32Builder:
		b.Append(arrow.Date32(vec.At[int32](v, i)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(vec.At[int64](v, i)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(vec.At[int64](v, i)))
	case *array.MonthDayNanoIntervalBuilder:
		x := vec.At[vec.Interval](v, i)
		if x.Micros > math.MaxInt64/1000 || x.Micros < math.MinInt64/1000 {
			return sqlstate.New(sqlstate.IntervalOverflow, "interval out of range").WithDetail("Nanoseconds of \"%s\" do not fit in 64 bits.", text.AppendInterval(nil, x))
		}
		b.Append(arrow.MonthDayNanoInterval{Months: x.Months, Days: x.Days, Nanoseconds: x.Micros * 1000})
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
		if v.Type.HasOwnText() {
			b.BinaryBuilder.Append(v.Bytes(i))
		} else {
			b.BinaryBuilder.Append(text.Append(nil, v, i, st))
		}
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
	default:
		return sqlstate.New(sqlstate.InternalError, "there is no Arrow builder for %s", v.Type)
	}
	return nil
}
