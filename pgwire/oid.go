package pgwire

import (
	"gsql/catalog"
	"gsql/exec/types"
)

// unknownOID is the type of literals, which a client may declare for parameters that it leaves to the server.
const unknownOID = 705

// oidOf returns what RowDescription says of a type: OID, size and modifier.
func oidOf(t types.Type) (oid uint32, size int16, mod int32) {
	size = -1
	if t.ID != types.Array {
		size = catalog.Types[t.ID].Size
	}
	return catalog.TypeOID(t), size, catalog.TypeModifier(t)
}
