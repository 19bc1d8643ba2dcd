package sql

import (
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// withPlaces returns a type of time with the decimal places of seconds, and the fields of an interval, that a name states. More
// than six places are six, as in PostgreSQL.
func withPlaces(t types.Type, n *syntax.TypeName) types.Type {
	if t.ID == types.Interval && n.Fields != "" {
		t = t.WithIntervalFields(types.ParseIntervalFields(n.Fields))
	}
	if len(n.Mods) == 1 && n.Mods[0] >= 0 {
		t = t.WithPlaces(int(min(n.Mods[0], types.MaxPlaces)))
	}
	return t
}

// rounded binds the rounding of a time to decimal places of its seconds.
func (b *binder) rounded(v value, places int) (value, error) {
	return b.coerce(v, v.typ().WithPlaces(places), fn.Explicit)
}
