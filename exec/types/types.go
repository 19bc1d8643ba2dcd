// Package types is the type system: the SQL types of PostgreSQL that gsql knows, and the kinds of memory
// that hold their values. OIDs are not known here; they live in pgwire and in the pg_catalog tables.
package types

import (
	"fmt"
	"strings"
)

// ID names a SQL type without its modifiers.
type ID uint8

const (
	Unknown        ID = iota // a string literal or NULL whose type the context has not settled
	Bool                     // boolean
	Int16                    // smallint
	Int32                    // integer
	Int64                    // bigint
	Float32                  // real
	Float64                  // double precision
	Numeric                  // numeric; see Type.Scale
	Text                     // text
	Varchar                  // character varying; Type.Prec is the limit in characters, 0 for none
	Char                     // character(n), blank padded; Type.Prec is n
	Bytea                    // bytea
	Date                     // date: days since 1970-01-01
	Time                     // time without time zone: microseconds since midnight
	TimeTZ                   // time with time zone
	Timestamp                // timestamp without time zone: microseconds since 1970-01-01 00:00
	TimestampTZ              // timestamp with time zone: microseconds since 1970-01-01 00:00 UTC
	Interval                 // interval: months, days, microseconds
	UUID                     // uuid
	JSON                     // json, text as it came
	JSONB                    // jsonb, in PostgreSQL's normal form as text
	XML                      // xml, text as it came
	JSONPath                 // jsonpath, as PostgreSQL prints it
	Bit                      // bit(n), a text of 0 and 1; Type.Prec is n, 0 unstated
	VarBit                   // bit varying, a text of 0 and 1; Type.Prec is the limit in bits, 0 for none
	OID                      // oid, an unsigned 32-bit number held in 64 bits
	Name                     // name, a text of up to 63 bytes
	InternalChar             // "char", one byte
	XID                      // xid, held as an OID is
	CID                      // cid, likewise
	TID                      // tid, as text: (0,1)
	NodeTree                 // pg_node_tree, text
	ACLItem                  // aclitem, text
	LSN                      // pg_lsn, text
	Inet                     // inet, as package inet has it
	CIDR                     // cidr, likewise
	MacAddr                  // macaddr, six bytes
	MacAddr8                 // macaddr8, eight bytes
	Point                    // point and the other geometric types, as package geo has them
	Line                     // line
	LSeg                     // lseg
	Box                      // box
	Path                     // path
	Polygon                  // polygon
	Circle                   // circle
	Int4Range                // int4range and the other types of ranges, as package ranges has them
	Int8Range                // int8range
	NumRange                 // numrange
	DateRange                // daterange
	TSRange                  // tsrange
	TSTZRange                // tstzrange
	Int4Multirange           // int4multirange and the other types of sets of ranges, in the order of the ranges
	Int8Multirange           // int8multirange
	NumMultirange            // nummultirange
	DateMultirange           // datemultirange
	TSMultirange             // tsmultirange
	TSTZMultirange           // tstzmultirange
	XID8                     // xid8, an unsigned 64-bit number held in 64 bits with the highest one flipped, so that it is ordered
	Void                     // void, what functions return that have nothing to say: the empty text
	RegProc                  // regproc and the following: the OID of an object that is read and written as its name
	RegProcedure             // regprocedure
	RegOper                  // regoper
	RegOperator              // regoperator
	RegClass                 // regclass
	RegType                  // regtype
	RegRole                  // regrole
	RegNamespace             // regnamespace
	RegCollation             // regcollation
	RegConfig                // regconfig
	RegDictionary            // regdictionary
	Enum                     // an enumeration, held as the codes of Type.Labels
	Array                    // array of Type.Elem; each value has its own number of dimensions
	Record                   // composite: the columns of Type.Def

	// Pseudo-types: in signatures of functions only, never the type of a value.
	Any           // any type
	AnyElement    // any type, the same in all places of a signature
	AnyArray      // an array of AnyElement
	AnyRange      // a range; AnyElement beside it is the type of its bounds, exactly
	AnyMultirange // a set of ranges of AnyRange
	AnyEnum       // an enumeration, the same in all places of a signature
)

// Type is a SQL type. It is comparable with ==; the zero value is unknown.
type Type struct {
	ID    ID
	Elem  ID    // Array: the element's type, with Prec and Scale applying to it
	Prec  int32 // Numeric: digits, 0 unstated. Varchar, Char: characters, Bit, VarBit: bits, 0 unstated. Times: see Places. See also VectorOf
	Scale int16 // Numeric: digits after the point that all values share, or DynamicScale
	// Def has the columns of a Record, or of the records that an Array has, and says what types are that statements made. It is
	// nil for all others, in signatures, and of a NULL whose columns nothing has settled. One type has one address; see RecordOf.
	Def *Def
}

// DynamicScale marks the numeric type whose values each carry their own scale, such as the result of a
// division. All other numeric columns hold integers in units of 10^-Scale.
const DynamicScale int16 = -1

// Of returns the type without modifiers. Numeric becomes the one of dynamic scale.
func Of(id ID) Type {
	if id == Numeric {
		return Type{ID: Numeric, Scale: DynamicScale}
	}
	return Type{ID: id}
}

// NumericOf returns numeric(prec, scale); prec 0 means unstated.
func NumericOf(prec, scale int) Type {
	return Type{ID: Numeric, Prec: int32(prec), Scale: int16(scale)}
}

// ArrayOf returns the array type with elem's elements; elem must not be an array.
func ArrayOf(elem Type) Type {
	return Type{ID: Array, Elem: elem.ID, Prec: elem.Prec, Scale: elem.Scale, Def: elem.Def}
}

// Element returns the element type of an array type.
func (t Type) Element() Type {
	if t.IsVector() {
		return Of(t.Elem)
	}
	t = t.Plain()
	return Type{ID: t.Elem, Prec: t.Prec, Scale: t.Scale, Def: t.Def}
}

// vectorMark is Type.Prec of int2vector and oidvector.
const vectorMark = -1

// VectorOf returns int2vector for Int16 and oidvector for OID: arrays whose elements count from 0 and whose text is
// the elements with blanks between them. Being a modifier of the array type, they are arrays wherever that makes no
// difference.
func VectorOf(elem ID) Type { return Type{ID: Array, Elem: elem, Prec: vectorMark} }

// IsVector reports whether t is int2vector or oidvector.
func (t Type) IsVector() bool { return t.ID == Array && t.Prec == vectorMark }

// IsReg reports whether t is one of the types whose values are OIDs of objects, written as their names.
func (t Type) IsReg() bool { return t.ID >= RegProc && t.ID <= RegDictionary }

// IsOID reports whether values are unsigned 32-bit numbers held in 64 bits.
func (t Type) IsOID() bool { return t.ID == OID || t.ID == XID || t.ID == CID || t.IsReg() }

var names = [...]string{
	Unknown: "unknown", Bool: "boolean", Int16: "smallint", Int32: "integer", Int64: "bigint",
	Float32: "real", Float64: "double precision", Numeric: "numeric", Text: "text",
	Varchar: "character varying", Char: "character", Bytea: "bytea", Date: "date",
	Time: "time without time zone", TimeTZ: "time with time zone",
	Timestamp: "timestamp without time zone", TimestampTZ: "timestamp with time zone",
	Interval: "interval", UUID: "uuid", JSON: "json", JSONB: "jsonb", XML: "xml", JSONPath: "jsonpath", Bit: "bit", VarBit: "bit varying",
	OID: "oid", Name: "name",
	InternalChar: "\"char\"", XID: "xid", CID: "cid", TID: "tid", NodeTree: "pg_node_tree", ACLItem: "aclitem",
	LSN: "pg_lsn", Inet: "inet", CIDR: "cidr", MacAddr: "macaddr", MacAddr8: "macaddr8", Point: "point", Line: "line",
	LSeg: "lseg", Box: "box", Path: "path", Polygon: "polygon", Circle: "circle",
	Int4Range: "int4range", Int8Range: "int8range", NumRange: "numrange", DateRange: "daterange", TSRange: "tsrange", TSTZRange: "tstzrange",
	Int4Multirange: "int4multirange", Int8Multirange: "int8multirange", NumMultirange: "nummultirange",
	DateMultirange: "datemultirange", TSMultirange: "tsmultirange", TSTZMultirange: "tstzmultirange", XID8: "xid8", Void: "void",
	RegProc: "regproc", RegProcedure: "regprocedure", RegOper: "regoper",
	RegOperator: "regoperator", RegClass: "regclass", RegType: "regtype", RegRole: "regrole",
	RegNamespace: "regnamespace", RegCollation: "regcollation", RegConfig: "regconfig", RegDictionary: "regdictionary",
	Enum: "enum", Array: "array", Record: "record", Any: "any", AnyElement: "anyelement", AnyArray: "anyarray",
	AnyRange: "anyrange", AnyMultirange: "anymultirange", AnyEnum: "anyenum",
}

// String returns PostgreSQL's name of the type without modifiers, as in its error messages.
func (id ID) String() string {
	if int(id) < len(names) {
		return names[id]
	}
	return fmt.Sprintf("type %d", uint8(id))
}

// Base returns PostgreSQL's name of the type without modifiers, with [] for arrays.
func (t Type) Base() string {
	switch {
	case t.Named() != nil:
		return t.Named().String()
	case t.IsVector():
		return map[ID]string{Int16: "int2vector", OID: "oidvector"}[t.Elem]
	case t.ID == Array:
		return t.Element().Base() + "[]"
	case t.ID == Record && t.Def != nil && t.Def.Name != "":
		return t.Def.Name
	}
	return t.ID.String()
}

// String returns the type as PostgreSQL's format_type prints it, modifiers included.
func (t Type) String() string {
	id, suffix := t.ID, ""
	if id == Array {
		id, suffix = t.Elem, "[]"
	}
	if id == Record || t.Def != nil || t.IsVector() {
		return t.Base()
	}
	var b strings.Builder
	b.WriteString(id.String())
	switch {
	case id == Numeric && t.Prec > 0:
		fmt.Fprintf(&b, "(%d,%d)", t.Prec, t.Scale)
	case (id == Varchar || id == Char || id == Bit || id == VarBit) && t.Prec > 0:
		fmt.Fprintf(&b, "(%d)", t.Prec)
	case id.HasPlaces():
		return t.placed(id.String()) + suffix
	}
	return b.String() + suffix
}

// IsString reports whether values are character strings: text, varchar, char, name, or an untyped literal.
func (t Type) IsString() bool {
	switch t.ID {
	case Text, Varchar, Char, Name, Unknown:
		return true
	}
	return false
}

// HasOwnText reports whether values are held as the bytes of their text, as strings and documents are.
func (t Type) HasOwnText() bool {
	switch t.ID {
	case Bytea, Inet, CIDR, MacAddr, MacAddr8, XML:
		return false
	}
	return t.Kind() == KView && !t.IsGeometric() && !t.IsRange() && !t.IsMultirange()
}

// IsGeometric reports whether the type is point, line, lseg, box, path, polygon or circle.
func (t Type) IsGeometric() bool { return t.ID >= Point && t.ID <= Circle }

// IsInteger reports whether the type is smallint, integer or bigint.
func (t Type) IsInteger() bool { return t.ID == Int16 || t.ID == Int32 || t.ID == Int64 }

// IsFloat reports whether the type is real or double precision.
func (t Type) IsFloat() bool { return t.ID == Float32 || t.ID == Float64 }

// IsNumber reports whether the type is an integer, a float or numeric.
func (t Type) IsNumber() bool { return t.IsInteger() || t.IsFloat() || t.ID == Numeric }

// Kind says how values lie in memory.
type Kind uint8

const (
	KNone     Kind = iota
	KBool          // uint8, 0 or 1
	KInt16         // int16
	KInt32         // int32
	KInt64         // int64
	KFloat32       // float32
	KFloat64       // float64
	KInt128        // vec.Int128: numeric of fixed scale whose values do not all fit in 64 bits
	KNum           // vec.Num: numeric of dynamic scale
	KView          // vec.View: bytes
	KInterval      // vec.Interval
	KTimeTZ        // vec.TimeTZ
	KUUID          // [16]byte
	KList          // vec.List: a range of rows of the child vector, and how it is arranged
	KRow           // uint32: the number of a row of the field vectors
)

// Width returns the bytes of one value.
func (k Kind) Width() int {
	switch k {
	case KBool:
		return 1
	case KInt16:
		return 2
	case KInt32, KFloat32, KRow:
		return 4
	case KInt64, KFloat64:
		return 8
	case KList:
		return 12
	case KNum:
		return 24
	case KNone:
		return 0
	}
	return 16
}

// Kind returns how values of t usually lie in memory. A numeric of fixed scale is KInt64 here, and may be
// KInt128 in a vector that needs it: the vector's own Kind decides.
func (t Type) Kind() Kind {
	switch t.ID {
	case Bool:
		return KBool
	case Int16:
		return KInt16
	case Int32, Date, Enum:
		return KInt32
	case Int64, Time, Timestamp, TimestampTZ, OID, XID, CID, XID8, RegProc, RegProcedure, RegOper, RegOperator, RegClass, RegType,
		RegRole, RegNamespace, RegCollation, RegConfig, RegDictionary:
		return KInt64
	case Float32:
		return KFloat32
	case Float64:
		return KFloat64
	case Numeric:
		if t.Scale == DynamicScale {
			return KNum
		}
		return KInt64
	case Interval:
		return KInterval
	case TimeTZ:
		return KTimeTZ
	case UUID:
		return KUUID
	case Array:
		return KList
	case Record:
		return KRow
	}
	return KView // texts, bytea, json, and NULL of unknown type
}
