package pgwire

import (
	"gsql/catalog"
	"gsql/exec/types"
)

// unknownOID is the type of literals, which a client may declare for parameters that it leaves to the server.
const unknownOID = 705

// oidOf returns what RowDescription says of a type: OID, size and modifier.
func oidOf(t types.Type) (oid uint32, size int16, mod int32) {
	t = t.Plain()
	size = -1
	switch t.ID {
	case types.Array:
	case types.Enum:
		size = 4
	default:
		size = catalog.Types[t.ID].Size
	}
	return catalog.TypeOID(t), size, catalog.TypeModifier(t)
}
