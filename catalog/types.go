package catalog

import (
	"gsql/exec/types"
)

// TypeInfo is how PostgreSQL's catalog and protocol know a type.
type TypeInfo struct {
	OID, Array uint32
	Size       int16 // of binary values; -1 variable
}

// Types has the types of PostgreSQL that gsql has values of. A literal whose type nothing settles is text.
var Types = map[types.ID]TypeInfo{
	types.Bool: {16, 1000, 1}, types.Bytea: {17, 1001, -1}, types.InternalChar: {18, 1002, 1}, types.Name: {19, 1003, 64},
	types.Int64: {20, 1016, 8}, types.Int16: {21, 1005, 2}, types.Int32: {23, 1007, 4}, types.RegProc: {24, 1008, 4},
	types.Text: {25, 1009, -1}, types.Unknown: {25, 1009, -1}, types.OID: {26, 1028, 4}, types.TID: {27, 1010, 6},
	types.XID: {28, 1011, 4}, types.CID: {29, 1012, 4}, types.JSON: {114, 199, -1}, types.NodeTree: {194, 0, -1},
	types.Float32: {700, 1021, 4}, types.Float64: {701, 1022, 8}, types.Inet: {869, 1041, -1}, types.ACLItem: {1033, 1034, 12},
	types.Char: {1042, 1014, -1}, types.Varchar: {1043, 1015, -1}, types.Date: {1082, 1182, 4}, types.Time: {1083, 1183, 8},
	types.Timestamp: {1114, 1115, 8}, types.TimestampTZ: {1184, 1185, 8}, types.Interval: {1186, 1187, 16},
	types.TimeTZ: {1266, 1270, 12}, types.Numeric: {1700, 1231, -1}, types.RegProcedure: {2202, 2207, 4}, types.RegOper: {2203, 2208, 4},
	types.RegOperator: {2204, 2209, 4}, types.RegClass: {2205, 2210, 4}, types.RegType: {2206, 2211, 4}, types.Record: {2249, 2287, -1},
	types.UUID: {2950, 2951, 16}, types.LSN: {3220, 3221, 8}, types.RegConfig: {3734, 3735, 4}, types.RegDictionary: {3769, 3770, 4},
	types.JSONB: {3802, 3807, -1}, types.JSONPath: {4072, 4073, -1}, types.Bit: {1560, 1561, -1}, types.VarBit: {1562, 1563, -1}, types.RegNamespace: {4089, 4090, 4}, types.RegRole: {4096, 4097, 4}, types.RegCollation: {4191, 4192, 4},
	types.CIDR: {650, 651, -1}, types.MacAddr8: {774, 775, 8}, types.MacAddr: {829, 1040, 6}, types.XID8: {5069, 271, 8},
	types.Point: {600, 1017, 16}, types.LSeg: {601, 1018, 32}, types.Path: {602, 1019, -1}, types.Box: {603, 1020, 32},
	types.Polygon: {604, 1027, -1}, types.Line: {628, 629, 24}, types.Circle: {718, 719, 24}, types.XML: {142, 143, -1},
	types.Int4Range: {3904, 3905, -1}, types.NumRange: {3906, 3907, -1}, types.TSRange: {3908, 3909, -1}, types.TSTZRange: {3910, 3911, -1},
	types.DateRange: {3912, 3913, -1}, types.Int8Range: {3926, 3927, -1}, types.Int4Multirange: {4451, 6150, -1},
	types.NumMultirange: {4532, 6151, -1}, types.TSMultirange: {4533, 6152, -1}, types.TSTZMultirange: {4534, 6153, -1},
	types.DateMultirange: {4535, 6155, -1}, types.Int8Multirange: {4536, 6157, -1},
	types.Void: {2278, 0, 4}, types.Any: {2276, 0, -1}, types.AnyElement: {5077, 0, -1}, types.AnyArray: {5078, 0, -1},
	types.AnyRange: {3831, 0, -1}, types.AnyMultirange: {4537, 0, -1}, types.AnyEnum: {3500, 0, 4},
}

const (
	int2vectorOID, int2vectorArray = 22, 1006
	oidvectorOID, oidvectorArray   = 30, 1013
)

// TypeOID returns the OID of a type. Named row types have theirs in a Snapshot; here they are record.
func TypeOID(t types.Type) uint32 {
	switch {
	case t.Named() != nil:
		return t.Named().OID
	case t.ID == types.Array && t.Def != nil && t.Element().Named() != nil:
		return t.Element().Named().Array
	case t.IsVector() && t.Elem == types.Int16:
		return int2vectorOID
	case t.IsVector():
		return oidvectorOID
	case t.ID == types.Array:
		return Types[t.Elem].Array
	}
	return Types[t.ID].OID
}

// TypeModifier returns what pg_attribute.atttypmod and results say of a type's modifiers; -1 for none.
func TypeModifier(t types.Type) int32 {
	id := t.ID
	if id == types.Array {
		id = t.Elem
	}
	switch {
	case id == types.Numeric && t.Prec > 0:
		return t.Prec<<16 | int32(t.Scale) + 4
	case (id == types.Bit || id == types.VarBit) && t.Prec > 0:
		return t.Prec
	case (id == types.Varchar || id == types.Char) && t.Prec > 0:
		return t.Prec + 4
	case id.HasPlaces() && t.Prec > 0:
		return timeModifier(id, t)
	}
	return -1
}

// timeModifier is TypeModifier of times, which is that of the places, and for intervals the fields above them.
func timeModifier(id types.ID, t types.Type) int32 {
	places, ok := t.Places()
	if id != types.Interval {
		return int32(places)
	}
	mask := int32(anyIntervalField)
	if f := t.IntervalFields(); f != 0 {
		mask = 0
		for i, bit := range intervalFieldBits {
			if f&(1<<i) != 0 {
				mask |= 1 << bit
			}
		}
	}
	if !ok {
		places = anyPlaces
	}
	return mask<<16 | int32(places)
}

// What PostgreSQL's modifiers of intervals are made of: bits of the fields from years on, and the marks of those that state no
// fields, or no places.
var intervalFieldBits = [...]int{2, 1, 3, 10, 11, 12}

const anyIntervalField, anyPlaces = 0x7fff, 0xffff

// intervalFields returns the fields that a modifier of an interval states, 0 for none.
func intervalFields(mod int32) (f types.IntervalFields) {
	if mod>>16 == anyIntervalField {
		return 0
	}
	for i, bit := range intervalFieldBits {
		if mod>>16&(1<<bit) != 0 {
			f |= 1 << i
		}
	}
	return f
}

// typesByOID is the reverse of TypeOID.
var typesByOID = func() map[uint32]types.Type {
	m := map[uint32]types.Type{int2vectorOID: types.VectorOf(types.Int16), oidvectorOID: types.VectorOf(types.OID)}
	for id, p := range Types {
		if id != types.Unknown && id != types.Void && id < types.Any {
			m[p.OID] = types.Of(id)
			if p.Array != 0 {
				m[p.Array] = types.ArrayOf(types.Of(id))
			}
		}
	}
	return m
}()

// TypeByOID returns the type with an OID.
func TypeByOID(oid uint32) (t types.Type, ok bool) {
	t, ok = typesByOID[oid]
	return t, ok
}
