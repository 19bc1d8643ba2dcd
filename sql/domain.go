package sql

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// This file binds what has to do with domains: a value becomes one of a domain by a check, and one of the type that the domain
// is of by another name.

// UserTypes finds the type that a statement made under a name; "" is a schema that was not written.
type UserTypes func(schema, name string) (t types.Type, ok bool)

// userType returns the type with the name n among those that statements made.
func userType(n *syntax.TypeName, find UserTypes) (t types.Type, ok bool, err error) {
	if find == nil {
		return t, false, nil
	}
	array := false
	if t, ok = find(n.Schema, n.Name); !ok && len(n.Name) > 1 && n.Name[0] == '_' {
		t, ok = find(n.Schema, n.Name[1:])
		array = ok
	}
	switch {
	case !ok:
		return t, false, nil
	case len(n.Mods) > 0:
		return t, true, sqlstate.New(sqlstate.SyntaxError, "type modifier is not allowed for type \"%s\"", n.Name).At(n.Pos)
	case (n.Dims > 0 || array) && t.ID == types.Array:
		return t, true, unsupported(n.Pos, "Make a composite type of the domain.", "arrays of %s, which is a domain over arrays, are not supported", t.Base())
	case n.Dims > 0 || array:
		t = types.ArrayOf(t)
	}
	return t, true, nil
}

// plain returns t without domains: what a domain is of, also as the elements of an array.
func plain(t types.Type) types.Type {
	if t = t.Plain(); t.ID == types.Array && t.Def != nil {
		return types.ArrayOf(t.Element().Plain())
	}
	return t
}

// toDomain makes v a value of a domain, or of a type with values of one within.
func (b *binder) toDomain(v value, t types.Type, ctx fn.CastContext) (value, error) {
	base := plain(t)
	if ctx != fn.Explicit && (base.ID == types.Varchar || base.ID == types.Char) {
		base = withoutModifiers(base) // what is too long is an error, of which the check tells
	}
	var err error
	switch from := v.typ(); {
	case from.ID == types.Unknown:
		v, err = b.toUntypedDomain(v, t, base, ctx)
	case plain(from) == base:
	case ctx == fn.Explicit && base != t:
		v, err = b.cast(v, base, v.pos)
	default:
		v, err = b.convert(b.fromDomain(v), base, ctx)
	}
	if err != nil {
		return v, err
	}
	return value{e: &expr.Call{Fn: fn.CheckDomain, Args: []expr.Expr{v.e}, Typ: t}, pos: v.pos}, nil
}

// toUntypedDomain makes a literal, NULL or a parameter one of what a domain is of. A parameter is of the domain itself.
func (b *binder) toUntypedDomain(v value, t, base types.Type, ctx fn.CastContext) (value, error) {
	if p, ok := v.e.(*expr.Param); ok {
		p, err := b.settleParam(p, t, v.pos)
		return value{e: p, pos: v.pos}, err
	}
	return b.convertUnknown(v, base, ctx)
}

// fromDomain makes v, a value of a domain, one of what that is of.
func (b *binder) fromDomain(v value) value {
	if t := v.typ(); plain(t) != t {
		v.e = &expr.Call{Fn: fn.PlainType, Args: []expr.Expr{v.e}, Typ: plain(t)}
	}
	return v
}

// assignable reports whether a value of one type may be assigned to a column of another, or DEFAULT be of it.
func assignable(from, to types.Type) bool {
	from, to = plain(from), plain(to)
	return from.ID == types.Unknown || from == to || castPath(from, to, fn.Assignment) != nil
}

// BindDomainCheck binds the condition of a CHECK of a domain over a type. What is called VALUE in it is the column 1.
func BindDomainCheck(ctx context.Context, e syntax.Expr, over types.Type, env *Env) (expr.Expr, error) {
	fixed := *env
	fixed.FixedParams, fixed.Params = true, nil
	b := &binder{ctx: ctx, env: &fixed, columns: newColumns()}
	blk := newBlock(nil, nil)
	blk.clause = inCheck
	c := &expr.Column{ID: b.newID(blk, inputColumn, "", "value"), Name: "value", Typ: plain(over)}
	blk.items = []*fromItem{{hasCols: true, cols: []fromColumn{{"value", c}}}}
	return b.checkCondition(blk, e)
}
