package arrow

import (
	"fmt"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// Types: numbers of the fields of Arrow's union.
const (
	typeNull = iota + 1
	typeInt
	typeFloat
	typeBinary
	typeText
	typeBool
	typeDecimal
	typeDate
	typeTime
	typeTimestamp
	typeInterval
	typeList
	typeStruct
	typeUnion
	typeFixedBinary
	typeFixedList
	typeMap
	typeDuration
	typeLargeBinary
	typeLargeText
	typeLargeList
	typeRunEnds
	typeBinaryView
	typeTextView
	typeListView
	typeLargeListView
)

// layout says which buffers and children an array has.
type layout uint8

const (
	layoutNull      layout = iota
	layoutBits             // validity, bits
	layoutFixed            // validity, values of width bytes
	layoutText             // validity, offsets of width bytes, bytes
	layoutViews            // validity, views, any number of buffers
	layoutList             // validity, offsets of width bytes; the elements
	layoutListView         // validity, offsets and lengths of width bytes; the elements
	layoutFixedList        // validity; the elements, width for each row
	layoutRecord           // validity; the fields
	layoutSparse           // types; a union's fields
	layoutDense            // types, offsets; a union's fields
	layoutRunEnds          // none; where runs end, and their values
)

// conversion says what is done to a value to make a SQL value of it.
type conversion uint8

const (
	convertNone     conversion = iota
	convertSigned              // an integer of fewer bytes
	convertUnsigned            // likewise, without a sign
	convertMul                 // an integer, by field.factor
	convertDiv                 // an integer, by field.factor, rounded down
	convertHalf                // a half-precision number
	convertMonths              // intervals: months
	convertDays                // days and milliseconds
	convertNanos               // months, days and nanoseconds
	convertDuration            // an integer in units of field.factor nanoseconds
)

// field is a column, or a part of a nested one.
type field struct {
	name     string
	typ      types.Type
	kind     types.Kind
	layout   layout
	width    int
	conv     conversion
	factor   int64
	children []*field
	codes    *codes // of a dictionary that has the values, nil: none
	refuse   string // why it cannot be read, "" when it can
}

// codes says how the codes into a dictionary lie.
type codes struct {
	id     int64
	width  int
	signed bool
}

const (
	maxDepth  = 100     // of nested types
	maxFields = 100_000 // in all
)

// schemaReader makes fields of a schema.
type schemaReader struct {
	file   file.File
	fields int
}

func (r *schemaReader) read(t table) ([]*field, error) {
	if t.int16(0, 0) != 0 {
		return nil, sqlstate.Unsupported("Write the file on another computer, or as Parquet.", "Arrow file \"%s\" is in big-endian byte order", r.file.Path)
	}
	var out []*field
	for _, c := range t.tables(1) {
		out = append(out, r.field(c, 0))
	}
	switch {
	case t.f.bad || r.fields > maxFields:
		return nil, corrupt(r.file, "the schema is not valid")
	case len(out) == 0:
		return nil, corrupt(r.file, "the schema has no columns")
	}
	return out, nil
}

func (r *schemaReader) field(t table, depth int) *field {
	f := &field{name: t.text(0)}
	if r.fields++; depth > maxDepth || r.fields > maxFields || t.f.bad {
		t.f.bad = true
		return f
	}
	for _, c := range t.tables(5) {
		f.children = append(f.children, r.field(c, depth+1))
	}
	kind, _ := t.table(3)
	f.resolve(int(t.byte(2)), kind)
	f.extend(extension(t))
	if d, ok := t.table(4); ok {
		f.codes = &codes{id: d.int64(0), width: 4, signed: true}
		if i, ok := d.table(1); ok {
			f.codes.width, f.codes.signed = i.int32(0, 0)/8, i.bool(1)
		}
		if w := f.codes.width; w != 1 && w != 2 && w != 4 && w != 8 {
			t.f.bad = true
		}
	}
	return f
}

// extension returns the name of the extension type of a field.
func extension(t table) string {
	for _, kv := range t.tables(6) {
		if kv.text(0) == "ARROW:extension:name" {
			return kv.text(1)
		}
	}
	return ""
}

// extend takes the type of an extension that has one in SQL.
func (f *field) extend(name string) {
	switch {
	case name == "arrow.uuid" && f.layout == layoutFixed && f.width == 16 && f.typ.ID == types.Bytea:
		f.set(types.Of(types.UUID), convertNone)
	case name == "arrow.json" && f.typ.ID == types.Text:
		f.typ = types.Of(types.JSON)
	case name == "arrow.bool8" && f.layout == layoutFixed && f.width == 1:
		f.set(types.Of(types.Bool), convertNone)
	}
}

// set gives the field its SQL type, in the memory that the type usually has.
func (f *field) set(t types.Type, conv conversion) { f.typ, f.kind, f.conv = t, t.Kind(), conv }

// no says why the field cannot be read. Its type is that of text then, so that the other columns can be used.
func (f *field) no(what string, args ...any) {
	f.typ, f.kind, f.refuse = types.Of(types.Text), types.KView, fmt.Sprintf(what, args...)
}

func (f *field) fixed(t types.Type, width int, conv conversion) {
	f.layout, f.width = layoutFixed, width
	f.set(t, conv)
}

// resolve finds the SQL type of a type of Arrow, which t describes.
func (f *field) resolve(kind int, t table) {
	switch kind {
	case typeNull:
		f.set(types.Of(types.Text), convertNone)
	case typeInt:
		f.integer(t.int32(0, 0), t.bool(1))
	case typeFloat:
		f.float(t.int16(0, 0))
	case typeBinary, typeLargeBinary, typeText, typeLargeText:
		f.layout, f.width = layoutText, 4
		if kind >= typeLargeBinary {
			f.width = 8
		}
		f.set(stringType(kind == typeText || kind == typeLargeText), convertNone)
	case typeBinaryView, typeTextView:
		f.layout = layoutViews
		f.set(stringType(kind == typeTextView), convertNone)
	case typeBool:
		f.layout = layoutBits
		f.set(types.Of(types.Bool), convertNone)
	case typeDecimal:
		f.decimal(t.int32(0, 0), t.int32(1, 0), t.int32(2, 128))
	case typeDate:
		if f.fixed(types.Of(types.Date), 4, convertNone); t.int16(0, 1) != 0 {
			f.width, f.conv, f.factor = 8, convertDiv, 24*60*60*1000
		}
	case typeTime:
		f.fixed(types.Of(types.Time), t.int32(1, 32)/8, convertNone)
		f.micros(t.int16(0, 1))
	case typeTimestamp:
		id := types.Timestamp
		if t.text(1) != "" {
			id = types.TimestampTZ
		}
		f.fixed(types.Of(id), 8, convertNone)
		f.micros(t.int16(0, 0))
	case typeDuration:
		f.fixed(types.Of(types.Interval), 8, convertDuration)
		f.factor = []int64{1e9, 1e6, 1e3, 1}[t.int16(0, 1)&3]
	case typeInterval:
		u := t.int16(0, 0)
		f.fixed(types.Of(types.Interval), []int{4, 8, 16, 16}[u&3], []conversion{convertMonths, convertDays, convertNanos, convertNanos}[u&3])
	case typeFixedBinary:
		f.fixed(types.Of(types.Bytea), t.int32(0, 0), convertNone)
		if f.width < 0 || f.width > 1<<28 {
			f.no("of values of %d bytes", f.width)
		}
	default:
		f.nested(kind, t)
	}
}

func stringType(text bool) types.Type {
	if text {
		return types.Of(types.Text)
	}
	return types.Of(types.Bytea)
}

func (f *field) integer(bits int, signed bool) {
	conv := convertUnsigned
	if signed {
		conv = convertSigned
	}
	f.width = bits / 8
	switch {
	case bits == 8, bits == 16 && signed:
		f.fixed(types.Of(types.Int16), bits/8, conv)
	case bits == 16, bits == 32 && signed:
		f.fixed(types.Of(types.Int32), bits/8, conv)
	case bits == 32, bits == 64 && signed:
		f.fixed(types.Of(types.Int64), bits/8, conv)
	case bits == 64:
		f.fixed(types.NumericOf(20, 0), 8, conv)
		f.kind = types.KInt128
	default:
		f.layout = layoutFixed
		f.no("of integers of %d bits", bits)
	}
	if f.width == f.kind.Width() && f.conv == convertSigned {
		f.conv = convertNone
	}
}

func (f *field) float(precision int) {
	switch precision {
	case 0:
		f.fixed(types.Of(types.Float32), 2, convertHalf)
	case 1:
		f.fixed(types.Of(types.Float32), 4, convertNone)
	default:
		f.fixed(types.Of(types.Float64), 8, convertNone)
	}
}

// decimal makes the column one of numeric(prec, scale), in 64 bits as long as 18 digits are enough.
func (f *field) decimal(prec, scale, bits int) {
	f.layout, f.width = layoutFixed, bits/8
	if prec <= 0 || prec > 38 || scale < 0 || scale > prec || f.width != 4 && f.width != 8 && f.width != 16 && f.width != 32 {
		f.no("of decimals of %d digits, %d behind the point, in %d bits", prec, scale, bits)
		return
	}
	f.set(types.NumericOf(prec, scale), convertSigned)
	if prec > 18 {
		f.kind = types.KInt128
	}
	if f.width == f.kind.Width() {
		f.conv = convertNone
	}
}

// micros brings a number of time units to microseconds.
func (f *field) micros(unit int) {
	switch unit {
	case 0:
		f.conv, f.factor = convertMul, 1e6
	case 1:
		f.conv, f.factor = convertMul, 1000
	case 3:
		f.conv, f.factor = convertDiv, 1000
	}
	if f.width != 8 && f.conv != convertMul || f.width != 4 && f.width != 8 {
		f.no("of times of %d bytes", f.width)
	}
}

// nested resolves types that have children.
func (f *field) nested(kind int, t table) {
	want := 1
	switch kind {
	case typeList, typeMap:
		f.layout, f.width = layoutList, 4
	case typeLargeList:
		f.layout, f.width = layoutList, 8
	case typeListView:
		f.layout, f.width = layoutListView, 4
	case typeLargeListView:
		f.layout, f.width = layoutListView, 8
	case typeFixedList:
		f.layout, f.width = layoutFixedList, t.int32(0, 0)
	case typeStruct:
		f.layout, want = layoutRecord, max(1, len(f.children))
	case typeRunEnds:
		f.layout, want = layoutRunEnds, 2
	case typeUnion:
		if f.layout, want = layoutSparse, len(f.children); t.int16(0, 0) == 1 {
			f.layout = layoutDense
		}
	default:
		t.f.bad = true // without the number of its buffers nothing can be found
		return
	}
	if len(f.children) != want || f.width < 0 || f.width > 1<<28 {
		if t.f.bad = kind != typeStruct; !t.f.bad {
			f.no("of records without fields")
		}
		return
	}
	f.compose(kind)
}

// compose finds the type of a nested field by those of its children.
func (f *field) compose(kind int) {
	if kind == typeUnion {
		f.no("of unions")
		return
	}
	var fields []types.Field
	for _, c := range f.children {
		fields = append(fields, types.Field{Name: c.name, Type: c.typ})
		switch {
		case c.refuse != "":
			f.no("%s within", c.refuse)
			return
		case c.layout == layoutNull && kind != typeRunEnds:
			f.no("with values of no type within")
			return
		}
	}
	if e := f.children[0]; kind == typeMap && e.layout == layoutRecord && len(e.children) == 2 {
		e.typ = types.RecordOf("", []types.Field{{Name: "key", Type: e.children[0].typ}, {Name: "value", Type: e.children[1].typ}})
	}
	switch {
	case kind == typeStruct:
		f.set(types.RecordOf("", fields), convertNone)
	case kind == typeRunEnds:
		f.typ, f.kind = f.children[1].typ, f.children[1].kind
		if r := f.children[0]; r.layout != layoutFixed || !r.typ.IsInteger() || r.width < 2 {
			f.no("of runs whose ends are no integers")
		}
	case f.children[0].typ.ID == types.Array:
		f.no("of arrays of arrays")
	default:
		f.set(types.ArrayOf(f.children[0].typ), convertNone)
	}
}

func corrupt(f file.File, what string, args ...any) *sqlstate.Error {
	return scan.Corrupt("Arrow", f, what, args...)
}
