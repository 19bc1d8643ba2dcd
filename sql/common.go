package sql

import (
	"slices"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// value is a bound expression and the byte offset where it stands in the text, for errors about its type.
type value struct {
	e   expr.Expr
	pos int
	num bool // a number as written, so that a minus before it is part of it
	// name is that of the column of a scalar subquery.
	name string
	// row, when not nil, are the columns of a row constructor; e is nil then.
	row []value
	// parts, when not nil, are the columns of the row constructor that e is made of.
	parts []value
	// expands is set for an array of records whose fields become columns in FROM.
	expands bool
	// elems, when not nil, are the elements of an array constructor.
	elems []value
}

func (v value) typ() types.Type { return v.e.Type() }

// isNullLiteral reports whether v is the word NULL, whose type nothing has settled.
func (v value) isNullLiteral() bool {
	c, ok := v.e.(*expr.Const)
	return ok && c.Value.Type.ID == types.Unknown && c.Value.IsNull(0)
}

func typesOf(vs []value) []types.Type {
	ts := make([]types.Type, len(vs))
	for i, v := range vs {
		ts[i] = v.typ()
	}
	return ts
}

// commonType returns the type to which PostgreSQL unifies values of different types, as in CASE and UNION
// (chapter 10.5 of its manual): text when all are untyped.
func commonType(ts []types.Type) (types.Type, bool) {
	t, bad := unify(ts)
	return t, bad < 0
}

// unify is commonType; bad is the index of the first type that does not go with those before it, or -1.
func unify(ts []types.Type) (t types.Type, bad int) {
	ts = commonDomain(ts)
	for i, next := range ts {
		switch {
		case t.ID == types.Record && next.ID == types.Record:
			common, ok := commonRecord(t, next)
			if !ok {
				return t, i
			}
			t = common
		case t.ID == types.Array && next.ID == types.Array && t.Elem == types.Record && next.Elem == types.Record:
			common, ok := commonRecord(t.Element(), next.Element())
			if !ok {
				return t, i
			}
			t = types.ArrayOf(common)
		case next.ID == types.Unknown || t.ID != types.Unknown && sameType(t, next):
		case t.ID == types.Unknown:
			t = next
		case categoryOf(t) != categoryOf(next):
			return t, i
		case !isPreferred(t) && canCoerce(t, next, fn.Implicit) && !canCoerce(next, t, fn.Implicit):
			t = next
		}
	}
	return withCommonModifiers(t, ts), -1
}

// commonDomain returns types that are all one, or else what domains among them are of.
func commonDomain(ts []types.Type) []types.Type {
	differ := func(t types.Type) bool { return t != ts[0] }
	isPlain := func(t types.Type) bool { return plain(t) == t }
	if !slices.ContainsFunc(ts, differ) || !slices.ContainsFunc(ts, func(t types.Type) bool { return !isPlain(t) }) {
		return ts
	}
	out := make([]types.Type, len(ts))
	for i, t := range ts {
		out[i] = plain(t)
	}
	return out
}

// withCommonModifiers gives t the modifiers that all of ts share. A numeric whose values have different
// scales becomes one where each value carries its own, so that each prints as it did.
func withCommonModifiers(t types.Type, ts []types.Type) types.Type {
	if t.ID == types.Unknown {
		return types.Of(types.Text)
	}
	if t.Def != nil {
		return t
	}
	first, same, scale, sameScale := types.Type{}, true, int16(0), true
	seen, literals := false, false
	for _, x := range ts {
		s := types.DynamicScale
		switch {
		case x.ID == types.Unknown:
			// A literal has no length of its own to share; the scale of a numeric one is looked at elsewhere.
			literals = true
			continue
		case x.IsInteger():
			s = 0
		case x.ID == types.Numeric, x.ID == types.Array && x.Elem == types.Numeric:
			s = x.Scale
		}
		if !seen {
			first, scale, seen = x, s, true
			continue
		}
		same = same && x == first
		sameScale = sameScale && s == scale
	}
	switch {
	case same:
		if sameType(first, t) {
			if literals {
				return unstated(first)
			}
			return first
		}
		return withoutModifiers(t)
	case t.ID == types.Numeric && sameScale:
		return types.NumericOf(0, int(scale))
	case t.ID == types.Array && t.Elem == types.Numeric && sameScale:
		return types.ArrayOf(types.NumericOf(0, int(scale)))
	}
	return withoutModifiers(t)
}

func withoutModifiers(t types.Type) types.Type {
	if t.Def != nil {
		return t
	}
	if t.ID == types.Array {
		return types.ArrayOf(types.Of(t.Elem))
	}
	return types.Of(t.ID)
}

// unifyValues coerces vs to their common type; context is PostgreSQL's word for the construct in its errors.
func (b *binder) unifyValues(vs []value, context string) (types.Type, error) {
	t, err := b.commonOf(vs, context)
	if err != nil {
		return t, err
	}
	return t, b.coerceAll(vs, t, context)
}

// commonOf returns the common type of vs.
func (b *binder) commonOf(vs []value, context string) (types.Type, error) {
	if err := b.unifyRows(vs); err != nil {
		return types.Type{}, err
	}
	ts := typesOf(vs)
	t, bad := unify(ts)
	if bad >= 0 {
		if t.ID == types.Record && ts[bad].ID == types.Record {
			return t, unsupported(vs[bad].pos, "Cast the columns to the same types.", "%s of rows with columns of other types is not supported", context)
		}
		return t, sqlstate.New(sqlstate.DatatypeMismatch, "%s types %s and %s cannot be matched",
			context, t.Base(), ts[bad].Base()).At(vs[bad].pos)
	}
	if t.ID != types.Numeric {
		return t, nil
	}
	// An untyped literal among numerics has digits of its own.
	for _, v := range vs {
		if v.typ().ID == types.Unknown && !v.isNullLiteral() {
			if n, ok := numericLiteral(v); !ok || n.Scale != t.Scale {
				return types.Of(types.Numeric), nil
			}
		}
	}
	return t, nil
}

// coerceAll coerces vs, in place, to a type that was found to be common to them.
func (b *binder) coerceAll(vs []value, t types.Type, context string) error {
	for i := range vs {
		from := vs[i].typ()
		if !canCoerce(from, t, fn.Implicit) {
			return sqlstate.New(sqlstate.CannotCoerce, "%s could not convert type %s to %s",
				context, from.Base(), t.Base()).At(vs[i].pos)
		}
		v, err := b.coerce(vs[i], t, fn.Implicit)
		if err != nil {
			return err
		}
		vs[i] = v
	}
	return nil
}
