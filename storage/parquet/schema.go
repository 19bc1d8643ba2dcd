package parquet

import (
	"fmt"
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// Physical types.
const (
	physBool = iota
	physInt32
	physInt64
	physInt96
	physFloat
	physDouble
	physBytes
	physFixed
)

// Logical types: numbers of the fields of Thrift's union.
const (
	logString = iota + 1
	logMap
	logList
	logEnum
	logDecimal
	logDate
	logTime
	logTimestamp
	_
	logInteger
	logUnknown
	logJSON
	logBSON
	logUUID
	logFloat16
)

// Converted types, the annotation of older writers.
const (
	convNone            = -1
	convUTF8            = 0
	convEnum            = 4
	convDecimal         = 5
	convDate            = 6
	convTimeMillis      = 7
	convTimeMicros      = 8
	convTimestampMillis = 9
	convTimestampMicros = 10
	convUint8           = 11
	convUint16          = 12
	convUint32          = 13
	convUint64          = 14
	convInt8            = 15
	convInt16           = 16
	convInt32           = 17
	convInt64           = 18
	convJSON            = 19
	convBSON            = 20
	convInterval        = 21
)

// conversion says what is done to physical values to make SQL values of them.
type conversion uint8

const (
	convertNone     conversion = iota
	convertNarrow              // int32 to int16
	convertUnsigned            // int32 or int64 holds an unsigned number that needs a wider type
	convertMul                 // by column.factor: milliseconds to microseconds
	convertDiv                 // by column.factor, rounded down: nanoseconds to microseconds
	convertDecimal             // big-endian bytes to an integer
	convertInt96               // nanoseconds of a day, and a Julian day
	convertInterval            // months, days, milliseconds
	convertFloat16
	convertUUID
	convertNull // a column that has nothing but NULL
)

// column is a top-level column of one file.
type column struct {
	name     string
	id       int32 // that the writer has for it, -1 for none
	at       int   // number of its schema element
	typ      types.Type
	kind     types.Kind // of its vectors' values
	leaf     int        // number of its chunk in a row group
	phys     int32
	typeLen  int // bytes of a FIXED_LEN_BYTE_ARRAY or INT96
	optional bool
	conv     conversion
	factor   int64
	unsigned bool // statistics of the deprecated kind are in the wrong order
	// Of a column with nested values: what they consist of, and where that lies.
	root   *nested
	leaves []leafColumn
	// Of a table's column in one file: the file lacks it, or has it with another type, whose values become ones of type to.
	missing bool
	value   *vec.Vector // of a missing one: what it has in each row, nil for NULL
	to      types.Type
	reshape *reshape // of nested values; nil: they are the table's as they are
	// refuse says why the column cannot be read; "" when it can.
	refuse string
}

// columnsOf returns the top-level columns of a file. A column that cannot be read, such as one of arrays of arrays, is
// listed too, with type json, and refused when a query uses it.
func columnsOf(f file.File, ft *footer) ([]column, error) {
	root := ft.schema[0]
	if root.children <= 0 || int(root.children) >= len(ft.schema) {
		return nil, corrupt(f.Path, "the schema has no columns")
	}
	t := tree{schema: ft.schema, at: 1}
	var cols []column
	for range root.children {
		if t.at >= len(t.schema) {
			return nil, corrupt(f.Path, "the schema is not complete")
		}
		e, at := &t.schema[t.at], t.at
		first := t.leaves
		if !t.skip(0) {
			return nil, corrupt(f.Path, "the schema is not complete")
		}
		c := column{name: e.name, id: e.id, at: at, leaf: first, phys: e.typ, optional: e.rep == 1}
		switch {
		case e.children > 0 || e.rep == 2:
			c.resolveNested(t.schema, nil)
		case e.typ < physBool || e.typ > physFixed:
			return nil, corrupt(f.Path, "column %q has an unknown physical type", e.name)
		default:
			c.resolve(e)
		}
		cols = append(cols, c)
	}
	if t.at != len(t.schema) {
		return nil, corrupt(f.Path, "the schema has elements that belong nowhere")
	}
	return cols, nil
}

// tree walks the list of schema elements.
type tree struct {
	schema []schemaElement
	at     int
	leaves int
}

// skip passes the element at t.at and its children; false says that they are not all there.
func (t *tree) skip(depth int) bool {
	if t.at >= len(t.schema) || depth > 1000 {
		return false
	}
	n := t.schema[t.at].children
	t.at++
	if n <= 0 {
		t.leaves++
		return true
	}
	for range n {
		if !t.skip(depth + 1) {
			return false
		}
	}
	return true
}

func (c *column) nested(what string) {
	c.typ, c.kind, c.refuse = types.Of(types.JSON), types.KView, what
}

// set gives the column its SQL type, in the memory that the type usually has.
func (c *column) set(t types.Type, conv conversion) {
	c.typ, c.kind, c.conv = t, t.Kind(), conv
}

// resolve finds the SQL type of a leaf.
func (c *column) resolve(e *schemaElement) {
	c.typeLen = int(e.typeLen)
	if c.phys == physInt96 {
		c.typeLen = 12
	}
	if c.phys == physFixed && (c.typeLen <= 0 || c.typeLen > math.MaxInt16) {
		c.nested(fmt.Sprintf("a column of values of %d bytes", c.typeLen))
		return
	}
	l := e.logical
	if l.kind == 0 {
		l = fromConverted(e)
	}
	switch {
	case l.kind == logUnknown:
		c.set(types.Of(types.Text), convertNull)
	case l.kind == logDecimal:
		c.decimal(l)
	case c.phys == physBool:
		c.set(types.Of(types.Bool), convertNone)
	case c.phys == physInt32:
		c.int32(l)
	case c.phys == physInt64:
		c.int64(l)
	case c.phys == physInt96:
		c.set(types.Of(types.Timestamp), convertInt96)
	case c.phys == physFloat:
		c.set(types.Of(types.Float32), convertNone)
	case c.phys == physDouble:
		c.set(types.Of(types.Float64), convertNone)
	case c.phys == physBytes:
		c.bytes(l)
	case c.phys == physFixed:
		c.fixed(e, l)
	}
}

// fromConverted translates the annotation of older writers.
func fromConverted(e *schemaElement) logicalType {
	switch e.converted {
	case convUTF8:
		return logicalType{kind: logString}
	case convEnum:
		return logicalType{kind: logEnum}
	case convDecimal:
		return logicalType{kind: logDecimal, scale: e.scale, prec: e.prec}
	case convDate:
		return logicalType{kind: logDate}
	case convTimeMillis, convTimeMicros:
		return logicalType{kind: logTime, utc: true, unit: int(e.converted-convTimeMillis) + 1}
	case convTimestampMillis, convTimestampMicros:
		return logicalType{kind: logTimestamp, utc: true, unit: int(e.converted-convTimestampMillis) + 1}
	case convUint8, convUint16, convUint32, convUint64:
		return logicalType{kind: logInteger, bits: 8 << (e.converted - convUint8)}
	case convInt8, convInt16, convInt32, convInt64:
		return logicalType{kind: logInteger, bits: 8 << (e.converted - convInt8), signed: true}
	case convJSON:
		return logicalType{kind: logJSON}
	case convBSON:
		return logicalType{kind: logBSON}
	}
	return logicalType{}
}

func (c *column) int32(l logicalType) {
	c.set(types.Of(types.Int32), convertNone)
	switch l.kind {
	case logInteger:
		c.unsigned = !l.signed
		switch {
		case l.bits == 8 || l.bits == 16 && l.signed:
			c.set(types.Of(types.Int16), convertNarrow)
		case l.bits == 32 && !l.signed:
			c.set(types.Of(types.Int64), convertUnsigned)
		}
	case logDate:
		c.set(types.Of(types.Date), convertNone)
	case logTime:
		c.set(types.Of(types.Time), convertMul)
		c.factor = 1000
	}
}

func (c *column) int64(l logicalType) {
	c.set(types.Of(types.Int64), convertNone)
	switch l.kind {
	case logInteger:
		if !l.signed {
			c.unsigned = true
			c.set(types.NumericOf(20, 0), convertUnsigned)
			c.kind = types.KInt128
		}
	case logTime:
		c.micros(types.Time, l.unit)
	case logTimestamp:
		if l.utc {
			c.micros(types.TimestampTZ, l.unit)
		} else {
			c.micros(types.Timestamp, l.unit)
		}
	}
}

// micros makes the column one of microseconds.
func (c *column) micros(id types.ID, unit int) {
	c.set(types.Of(id), convertNone)
	switch unit {
	case 1:
		c.conv, c.factor = convertMul, 1000
	case 3:
		c.conv, c.factor = convertDiv, 1000
	}
}

func (c *column) bytes(l logicalType) {
	switch l.kind {
	case logString, logEnum:
		c.set(types.Of(types.Text), convertNone)
	case logJSON:
		c.set(types.Of(types.JSON), convertNone)
	default:
		c.set(types.Of(types.Bytea), convertNone)
	}
}

func (c *column) fixed(e *schemaElement, l logicalType) {
	switch {
	case l.kind == logUUID && c.typeLen == 16:
		c.set(types.Of(types.UUID), convertUUID)
	case l.kind == logFloat16 && c.typeLen == 2:
		c.set(types.Of(types.Float32), convertFloat16)
	case e.converted == convInterval && c.typeLen == 12:
		c.set(types.Of(types.Interval), convertInterval)
	case l.kind == logString || l.kind == logEnum:
		c.set(types.Of(types.Text), convertNone)
	default:
		c.set(types.Of(types.Bytea), convertNone)
	}
}

// decimal makes the column one of numeric(prec, scale), in 64 bits as long as 18 digits are enough.
func (c *column) decimal(l logicalType) {
	if l.scale < 0 || l.prec <= 0 || l.prec > 38 || l.scale > l.prec {
		c.nested(fmt.Sprintf("a column of decimals of %d digits, %d behind the point,", l.prec, l.scale))
		return
	}
	c.set(types.NumericOf(int(l.prec), int(l.scale)), convertNone)
	switch c.phys {
	case physInt32:
		c.conv, c.factor = convertMul, 1
	case physInt64:
	case physBytes, physFixed:
		c.conv = convertDecimal
		if l.prec > 18 {
			c.kind = types.KInt128
		}
	default:
		c.nested("a column of decimals in floating point")
	}
}
