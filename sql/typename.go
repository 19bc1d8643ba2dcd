package sql

import (
	"strconv"
	"strings"

	"gsql/catalog"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql/syntax"
)

// TypeOf returns the type that a type name stands for, perhaps one of user, which may be nil: 42704 when there is none.
func TypeOf(n *syntax.TypeName, user UserTypes) (types.Type, error) {
	if t, ok := builtinType(n); ok {
		return t, nil
	}
	id, ok := typeFunctions[n.Name]
	if !ok || n.Schema != "" && n.Schema != "pg_catalog" {
		if t, ok, err := userType(n, user); ok {
			return t, err
		}
		name := n.Name
		if n.Schema != "" {
			name = n.Schema + "." + name
		}
		return types.Type{}, sqlstate.New(sqlstate.UndefinedObject, "type \"%s\" does not exist", name).At(n.Pos)
	}
	t := types.Of(id)
	if id.HasPlaces() {
		t = withPlaces(t, n)
	} else if len(n.Mods) > 0 {
		mods := make([]string, len(n.Mods))
		for i, m := range n.Mods {
			mods[i] = strconv.FormatInt(m, 10)
		}
		var err error
		if t, err = text.ParseType(n.Name + "(" + strings.Join(mods, ",") + ")"); err != nil {
			return t, at(err, n.Pos)
		}
	}
	if n.Dims > 0 {
		t = types.ArrayOf(t)
	}
	return t, nil
}

// ParamType returns the type of a parameter that is declared to be of t, whose modifiers do not count.
func ParamType(t types.Type) types.Type { return withoutModifiers(t) }

// builtinType returns the types whose names stand for others: vectors, arrays by the names that pg_type has of them,
// such as _int4, and the domains of information_schema.
func builtinType(n *syntax.TypeName) (t types.Type, ok bool) {
	element, array := strings.CutPrefix(n.Name, "_")
	switch {
	case n.Schema == "information_schema":
		t, ok = schemaDomains[n.Name]
	case n.Schema != "" && n.Schema != "pg_catalog" || len(n.Mods) > 0:
	case n.Name == "int2vector" && n.Dims == 0:
		return types.VectorOf(types.Int16), true
	case n.Name == "oidvector" && n.Dims == 0:
		return types.VectorOf(types.OID), true
	case array && n.Dims == 0:
		id, ok := typeFunctions[element]
		return types.ArrayOf(types.Of(id)), ok
	}
	if ok && n.Dims > 0 {
		t = types.ArrayOf(t)
	}
	return t, ok
}

// schemaDomains are the domains of information_schema by the types they are made of.
var schemaDomains = map[string]types.Type{
	"sql_identifier": types.Of(types.Name), "cardinal_number": types.Of(types.Int32), "character_data": types.Of(types.Varchar),
	"yes_or_no": {ID: types.Varchar, Prec: 3}, "time_stamp": types.Of(types.TimestampTZ),
}

// castExpr binds a cast as it is written.
func (b *binder) castExpr(blk *block, e *syntax.Cast) (value, error) {
	t, err := b.typeOf(e.Type)
	if err != nil {
		return value{}, err
	}
	return b.castTo(blk, e, t)
}

// castTo binds a cast to a type.
func (b *binder) castTo(blk *block, e *syntax.Cast, t types.Type) (value, error) {
	if t.IsDomain() {
		if _, ok := e.Arg.(*syntax.Param); !ok {
			v, err := b.castTo(blk, e, plain(t))
			if err != nil {
				return v, err
			}
			return b.toDomain(v, t, fn.Explicit)
		}
	}
	if r, ok := e.Arg.(*syntax.Row); ok && t.ID == types.Record && t.Def != nil {
		return b.rowAs(blk, r, t, e.Pos)
	}
	if a, ok := e.Arg.(*syntax.Array); ok && t.ID == types.Array {
		return b.array(blk, a, t.Element())
	}
	if t.IsFloat() && isWideNumber(e.Arg) {
		return b.wideNumber(e.Arg, t)
	}
	v, err := b.scalar(blk, e.Arg)
	if err != nil {
		return v, err
	}
	out, err := b.cast(v, t, e.Pos)
	if err != nil {
		return out, err
	}
	out.pos = e.Pos
	return out, nil
}

// emptyArray is an array without elements.
func emptyArray(elem types.Type) *expr.Const {
	v, err := text.Const(types.ArrayOf(elem), "{}", nil)
	if err != nil {
		panic(err)
	}
	return &expr.Const{Value: v}
}

// listElements returns the elements of a constant array as constants.
func listElements(v *vec.Vector) []expr.Expr {
	l := vec.At[vec.List](v, 0)
	out := make([]expr.Expr, 0, l.Len)
	for i := range l.Len {
		x := vec.Gather(v.Child, []uint32{l.Off + i})
		if x.IsNull(0) {
			out = append(out, expr.Null(v.Type.Element()))
			continue
		}
		x.Enc = vec.Const
		x.Valid = nil
		out = append(out, &expr.Const{Value: x})
	}
	return out
}

// regType returns a type as a value.
func (b *binder) regType(t types.Type) *expr.Const {
	oid := catalog.TypeOID(t)
	if t.ID == types.Unknown {
		oid = 705
	}
	if f := b.fn(); f != nil {
		if s, ok := f.Objects.(*catalog.Snapshot); ok && t.ID != types.Unknown {
			oid = s.OIDOf(t)
		}
	}
	return &expr.Const{Value: vec.NewConst(types.Of(types.RegType), types.KInt64, int64(oid), 1)}
}
