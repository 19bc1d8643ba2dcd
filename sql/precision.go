package sql

import (
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// Times have six decimal places of seconds; a cast to fewer rounds. Values do not keep how many there were.

// timePrecision returns the decimal places that a type of time is written with, and the type as written without them; ok is
// false for other types, and for those of tables, which would have to keep it.
func timePrecision(n *syntax.TypeName) (places int32, plain *syntax.TypeName, ok bool) {
	if len(n.Mods) != 1 || n.Dims > 0 || n.Mods[0] < 0 || n.Mods[0] > 6 {
		return 0, nil, false
	}
	c := *n
	c.Mods = nil
	t, err := TypeOf(&c, nil)
	if err != nil {
		return 0, nil, false
	}
	switch t.ID {
	case types.Timestamp, types.TimestampTZ, types.Time, types.Interval:
		return int32(n.Mods[0]), &c, true
	}
	return 0, nil, false
}

// rounded binds the rounding of a time.
func (b *binder) rounded(v value, places int32) (value, error) {
	name := map[types.ID]string{types.Timestamp: "timestamp", types.TimestampTZ: "timestamptz", types.Time: "time", types.Interval: "interval"}[v.typ().ID]
	if name == "" {
		return v, unsupported(v.pos, "Leave the precision out.", "%s(%d) is not supported", v.typ(), places)
	}
	return b.scalarCall(name, []value{v, {e: int32Const(places), pos: v.pos}}, v.pos)
}
