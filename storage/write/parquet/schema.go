package parquet

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// Physical types.
const (
	physBool  = 0
	physInt32 = 1
	physInt64 = 2
	physFloat = 4
	physDbl   = 5
	physBytes = 6
	physFixed = 7
)

// Repetitions of a field.
const (
	required = 0
	optional = 1
	repeated = 2
)

// Logical types: numbers of the fields of Thrift's union, with the converted type that older readers look at.
const (
	logString, convUTF8      = 1, 0
	logList, convList        = 3, 3
	logDecimal, convDecimal  = 5, 5
	logDate, convDate        = 6, 6
	logTime, convTime        = 7, 8
	logTimestamp, convMoment = 8, 10
	logInteger, convInt16    = 10, 16
	logJSON, convJSON        = 12, 19
	logUUID                  = 14
	convInterval             = 21
	none                     = -1
)

// Column is a column of a file.
type Column struct {
	Name  string
	Type  types.Type
	Bloom bool // with a Bloom filter, as have all values in arrays and records
}

// element is a node of the schema, which is listed depth first.
type element struct {
	name       string
	phys       int32 // none: a group
	length     int32 // of physFixed
	repetition int32
	children   int32
	logical    int
	converted  int32
	prec       int32
	scale      int32
	utc        bool
}

// node is a type with what it consists of.
type node struct {
	typ      types.Type
	children []*node   // of an array one, of a record its fields
	leaf     *leafType // nil: it has children
	def, rep int       // the levels of a value that is there
}

// leafType is a column of values.
type leafType struct {
	phys   int32
	length int
	conv   conversion
	path   []string
	typ    types.Type
	def    int // the highest levels
	rep    int
	bloom  bool
	order  bool // values have bounds
	number int  // of the leaf in the file
}

// conversion says how vectors become physical values.
type conversion uint8

const (
	asBool     conversion = iota
	asInt32               // of smallint, integer, date, and numeric of up to 9 digits
	asInt64               // of bigint, times, and numeric of up to 18 digits
	asFloat               //
	asDouble              //
	asNumber              // of numeric without scale
	asDecimal             // 16 bytes, the highest first
	asUUID                //
	asInterval            //
	asBytes               //
	asText                // whatever text.Append makes of it
)

// builder makes the schema of a file.
type builder struct {
	elements []element
	leaves   []*leafType
	bloom    bool
}

func (b *builder) column(c Column) (*node, error) {
	b.bloom = c.Bloom
	return b.node(c.Name, c.Type, nil, 0, 0)
}

// node appends a type, which may be NULL, as a field of what has the given path and levels.
func (b *builder) node(name string, t types.Type, path []string, def, rep int) (*node, error) {
	path = append(path[:len(path):len(path)], name)
	n := &node{typ: t, def: def + 1, rep: rep}
	switch {
	case t.ID == types.Array:
		b.elements = append(b.elements, element{name: name, phys: none, repetition: optional, children: 1, logical: logList, converted: convList},
			element{name: "list", phys: none, repetition: repeated, children: 1, converted: none})
		child, err := b.node("element", t.Element(), append(path, "list"), def+2, rep+1)
		if err != nil {
			return nil, err
		}
		n.children = []*node{child}
	case t.ID == types.Record:
		fields := t.Fields()
		if len(fields) == 0 {
			return nil, sqlstate.Unsupported("Cast it to text.", "a record without fields is not supported in a Parquet file: column \"%s\"", name)
		}
		b.elements = append(b.elements, element{name: name, phys: none, repetition: optional, children: int32(len(fields)), converted: none})
		for _, f := range fields {
			child, err := b.node(f.Name, f.Type, path, def+1, rep)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, child)
		}
	default:
		e, conv := leafElement(t)
		e.name, e.repetition = name, optional
		b.elements = append(b.elements, e)
		n.leaf = &leafType{phys: e.phys, length: int(e.length), conv: conv, path: path, typ: t, def: def + 1, rep: rep, bloom: b.bloom && conv != asBool, order: conv != asInterval,
			number: len(b.leaves)}
		b.leaves = append(b.leaves, n.leaf)
	}
	return n, nil
}

// leafElement returns how values of a type are stored.
func leafElement(t types.Type) (element, conversion) {
	of := func(phys int32) element { return element{phys: phys, converted: none} }
	logical := func(phys int32, logical int, converted int32) element {
		return element{phys: phys, logical: logical, converted: converted}
	}
	switch t.ID {
	case types.Bool:
		return of(physBool), asBool
	case types.Int16:
		return logical(physInt32, logInteger, convInt16), asInt32
	case types.Int32:
		return of(physInt32), asInt32
	case types.Int64, types.OID, types.XID, types.CID:
		return of(physInt64), asInt64
	case types.Float32:
		return of(physFloat), asFloat
	case types.Float64:
		return of(physDbl), asDouble
	case types.Numeric:
		return numericElement(t)
	case types.Date:
		return logical(physInt32, logDate, convDate), asInt32
	case types.Time:
		return logical(physInt64, logTime, none), asInt64
	case types.Timestamp:
		return logical(physInt64, logTimestamp, none), asInt64
	case types.TimestampTZ:
		e := logical(physInt64, logTimestamp, convMoment)
		e.utc = true
		return e, asInt64
	case types.UUID:
		e := logical(physFixed, logUUID, none)
		e.length = 16
		return e, asUUID
	case types.Interval:
		return element{phys: physFixed, length: 12, converted: convInterval}, asInterval
	case types.Bytea:
		return of(physBytes), asBytes
	case types.JSON, types.JSONB:
		return logical(physBytes, logJSON, convJSON), asBytes
	case types.Text, types.Varchar, types.Char, types.Name, types.Unknown:
		return logical(physBytes, logString, convUTF8), asBytes
	}
	return logical(physBytes, logString, convUTF8), asText
}

func numericElement(t types.Type) (element, conversion) {
	if t.Scale == types.DynamicScale {
		return element{phys: physDbl, converted: none}, asNumber
	}
	e := element{logical: logDecimal, converted: convDecimal, prec: t.Prec, scale: int32(t.Scale)}
	switch {
	case t.Prec <= 0 || t.Prec > 38:
		e.prec = 38
	case t.Prec < 10:
		e.phys = physInt32
		return e, asInt32
	case t.Prec < 19:
		e.phys = physInt64
		return e, asInt64
	}
	e.phys, e.length = physFixed, 16
	return e, asDecimal
}

// write writes an element of the footer.
func (e *element) write(c *compact) {
	c.begin()
	if e.phys != none {
		c.i32(1, e.phys)
	}
	if e.length > 0 {
		c.i32(2, e.length)
	}
	c.i32(3, e.repetition)
	c.binary(4, []byte(e.name))
	if e.phys == none {
		c.i32(5, e.children)
	}
	if e.converted != none {
		c.i32(6, e.converted)
	}
	if e.logical == logDecimal {
		c.i32(7, e.scale)
		c.i32(8, e.prec)
	}
	if e.logical != 0 {
		e.writeLogical(c)
	}
	c.end()
}

func (e *element) writeLogical(c *compact) {
	c.in(10)
	switch e.logical {
	case logDecimal:
		c.in(logDecimal)
		c.i32(1, e.scale)
		c.i32(2, e.prec)
		c.end()
	case logTime, logTimestamp:
		c.in(e.logical)
		c.bool(1, e.utc)
		c.in(2)
		c.empty(2) // microseconds
		c.end()
		c.end()
	case logInteger:
		c.in(logInteger)
		c.field(1, tByte)
		c.b = append(c.b, 16)
		c.bool(2, true)
		c.end()
	default:
		c.empty(e.logical)
	}
	c.end()
}
