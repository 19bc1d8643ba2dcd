package catalog

import (
	"hash/fnv"
	"maps"
)

// firstOID is the first that PostgreSQL does not keep for itself.
const firstOID = 16384

// numbers gives objects their OIDs: hashes of their names, so that a name has the same one whenever and wherever it
// is asked for. Clients keep OIDs between statements. Of two names with one hash, the one that comes later has the
// next number; objects are to come in the order of their names.
type numbers struct{ taken map[uint32]bool }

func newNumbers() *numbers { return &numbers{map[uint32]bool{}} }

func (n *numbers) next(kind, schema, name string) uint32 {
	oid := hashOID(kind, schema, name)
	for n.taken[oid] {
		if oid++; oid >= 1<<31 { // some clients take OIDs for signed numbers
			oid = firstOID
		}
	}
	n.taken[oid] = true
	return oid
}

func hashOID(kind, schema, name string) uint32 {
	h := fnv.New64a()
	for _, s := range []string{kind, schema, name} {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	return uint32(firstOID + h.Sum64()%(1<<31-firstOID))
}

// RelationOID is the OID of a relation with a name. It lists no relations, so it does not see the few whose number another one
// with the same hash has taken.
func RelationOID(schema, name string) uint32 {
	if r := byName()[qualified{schema, name}]; r != nil {
		return r.oid
	}
	return hashOID("relation", schema, name)
}

// NewTypeOIDs returns the OIDs of a new type of a name, of its array, and of it as a relation. They are none of taken, and the
// same ones whenever a type of the name is made.
func NewTypeOIDs(schema, name string, taken map[uint32]bool) (typ, array, class uint32) {
	n := newNumbers()
	maps.Copy(n.taken, taken)
	return n.next("type", schema, name), n.next("type", schema, "_"+name), n.next("relation", schema, name)
}
