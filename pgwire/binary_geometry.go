package pgwire

import (
	"gsql/exec/geo"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// decodeGeometry appends a value of a geometric type, which is held in its binary form.
func decodeGeometry(bl *vec.Builder, t types.Type, b []byte) error {
	bad := func(format string, args ...any) error { return sqlstate.New(sqlstate.BadBinaryValue, format, args...) }
	switch t.ID {
	case types.Box:
		box := geo.BoxOf(b)
		b = geo.NewBox(box.High, box.Low).Append(nil)
	case types.Line:
		if l := geo.LineOf(b); !l.Valid() {
			return bad("invalid line specification: A and B cannot both be zero")
		}
	case types.Circle:
		if geo.CircleOf(b).Radius < 0 {
			return bad("invalid radius in external \"circle\" value")
		}
	case types.Path, types.Polygon:
		if !geo.Valid(b, t.ID == types.Path) {
			return bad("invalid number of points in external \"%s\" value", t.Base())
		}
	}
	bl.AppendBytes(b)
	return nil
}
