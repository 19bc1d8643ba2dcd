package pgwire

import (
	"gsql/exec/types"
)

// pgType is how PostgreSQL's protocol knows a type.
type pgType struct {
	oid, array uint32
	size       int16 // of binary values; -1 variable
}

// pgTypes has the OIDs of PostgreSQL's pg_type.
var pgTypes = map[types.ID]pgType{
	types.Bool: {16, 1000, 1}, types.Bytea: {17, 1001, -1}, types.Name: {19, 1003, 64}, types.Int64: {20, 1016, 8},
	types.Int16: {21, 1005, 2}, types.Int32: {23, 1007, 4}, types.Text: {25, 1009, -1}, types.OID: {26, 1028, 4},
	types.JSON: {114, 199, -1}, types.Float32: {700, 1021, 4}, types.Float64: {701, 1022, 8}, types.Unknown: {25, 1009, -1},
	types.Char: {1042, 1014, -1}, types.Varchar: {1043, 1015, -1}, types.Date: {1082, 1182, 4}, types.Time: {1083, 1183, 8},
	types.Timestamp: {1114, 1115, 8}, types.TimestampTZ: {1184, 1185, 8}, types.Interval: {1186, 1187, 16},
	types.TimeTZ: {1266, 1270, 12}, types.Numeric: {1700, 1231, -1}, types.UUID: {2950, 2951, 16}, types.JSONB: {3802, 3807, -1},
	types.Record:   {2249, 2287, -1},
	types.JSONPath: {4072, 4073, -1}, types.Bit: {1560, 1561, -1}, types.VarBit: {1562, 1563, -1},
}

// unknownOID is the type of literals, which a client may declare for parameters that it leaves to the server.
const unknownOID = 705

// typesByOID is the reverse of pgTypes.
var typesByOID = func() map[uint32]types.Type {
	m := map[uint32]types.Type{}
	for id, p := range pgTypes {
		if id != types.Unknown {
			m[p.oid] = types.Of(id)
			m[p.array] = types.ArrayOf(types.Of(id))
		}
	}
	return m
}()

// oidOf returns what RowDescription says of a type: OID, size and modifier.
func oidOf(t types.Type) (oid uint32, size int16, mod int32) {
	mod = -1
	id := t.ID
	if id == types.Array {
		id = t.Elem
	}
	switch {
	case id == types.Numeric && t.Prec > 0:
		mod = t.Prec<<16 | int32(t.Scale) + 4
	case (id == types.Bit || id == types.VarBit) && t.Prec > 0:
		mod = t.Prec
	case (id == types.Varchar || id == types.Char) && t.Prec > 0:
		mod = t.Prec + 4
	}
	p := pgTypes[id]
	if t.ID == types.Array {
		return p.array, -1, mod
	}
	return p.oid, p.size, mod
}
