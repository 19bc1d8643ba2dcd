package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// coerce makes v a value of exactly type t, modifiers included. The caller knows that the cast is allowed;
// where it is not, the error is 42846.
func (b *binder) coerce(v value, t types.Type, ctx fn.CastContext) (value, error) {
	from := v.typ()
	switch {
	case from == t:
		return v, nil
	case t.HasDomain():
		return b.toDomain(v, t, ctx)
	case plain(from) != from:
		return b.coerce(b.fromDomain(v), t, ctx)
	}
	return b.convert(v, t, ctx)
}

// convert is coerce without a look at domains, as a part of which it makes values that are held as theirs.
func (b *binder) convert(v value, t types.Type, ctx fn.CastContext) (value, error) {
	from := v.typ()
	if from.ID == types.Unknown {
		return b.convertUnknown(v, t, ctx)
	}
	if from.ID == types.Record && t.ID == types.Record {
		return b.castToRecord(v, t, v.pos)
	}
	if err := fieldsCast(from, t, v.pos); err != nil {
		return v, err
	}
	if c := foldNumeric(v, t); c != nil {
		return value{e: c, pos: v.pos}, nil
	}
	if c := foldInteger(v, t); c != nil {
		return value{e: c, pos: v.pos}, nil
	}
	path := castPath(from, t, ctx)
	if path == nil {
		return v, sqlstate.New(sqlstate.CannotCoerce, "cannot cast type %s to %s", from.Base(), t.Base()).At(v.pos)
	}
	e := v.e
	for i, c := range path {
		to := t
		if i < len(path)-1 {
			to = types.Of(c.To)
		}
		e = &expr.Cast{Cast: c, Arg: e, Typ: to}
	}
	return value{e: e, pos: v.pos}, nil
}

// castPath returns the casts that lead from one type to another, nil when there is no way: one, or two when
// a string type other than text has no cast of its own.
func castPath(from, to types.Type, ctx fn.CastContext) []*fn.Cast {
	if sameType(from, to) {
		if c := fn.LookupCast(from.ID, to.ID); c != nil {
			return []*fn.Cast{c}
		}
		return nil
	}
	if c := findCast(from, to, ctx); c != nil {
		return []*fn.Cast{c}
	}
	text := types.Of(types.Text)
	var first, second *fn.Cast
	switch {
	case categoryOf(from) == catString && from.ID != types.Text:
		first, second = findCast(from, text, ctx), findCast(text, to, ctx)
	case categoryOf(to) == catString && to.ID != types.Text:
		first, second = findCast(from, text, ctx), findCast(text, to, ctx)
	}
	if first == nil || second == nil {
		return nil
	}
	return []*fn.Cast{first, second}
}

// foldNumeric returns an integer or numeric constant as a constant of numeric type t when t can hold it
// unchanged, else nil.
func foldNumeric(v value, t types.Type) *expr.Const {
	c, ok := v.e.(*expr.Const)
	if !ok || t.ID != types.Numeric || c.Value.IsNull(0) {
		return nil
	}
	n, ok := numOf(c.Value)
	if !ok {
		return nil
	}
	if t.Scale == types.DynamicScale {
		return &expr.Const{Value: vec.NewConst(t, types.KNum, n, 1)}
	}
	coef, ok := vec.Rescale128(n.Coef, int(n.Scale), int(t.Scale))
	if !ok || n.Scale > int32(t.Scale) || t.Prec > 0 && coef.Digits() > int(t.Prec) {
		return nil
	}
	if coef.IsInt64() {
		return &expr.Const{Value: vec.NewConst(t, types.KInt64, int64(coef.Lo), 1)}
	}
	return &expr.Const{Value: vec.NewConst(t, types.KInt128, coef, 1)}
}

// foldInteger returns an integer constant as one of another integer type, nil when it does not fit.
func foldInteger(v value, t types.Type) *expr.Const {
	c, ok := v.e.(*expr.Const)
	if !ok || !t.IsInteger() || !v.typ().IsInteger() || c.Value.IsNull(0) {
		return nil
	}
	n, _ := numOf(c.Value)
	return integerConst(int64(n.Coef.Lo), t)
}

// numOf returns the value of a constant of an integer or of a numeric type; ok is false for NaN and
// infinities too.
func numOf(v *vec.Vector) (n vec.Num, ok bool) {
	switch {
	case v.Type.ID == types.Numeric && v.Kind == types.KNum:
		n = vec.At[vec.Num](v, 0)
		return n, n.Special == vec.NumFinite
	case v.Type.ID == types.Numeric && v.Kind == types.KInt128:
		return vec.Num{Coef: vec.At[vec.Int128](v, 0), Scale: int32(v.Type.Scale)}, true
	case v.Type.ID == types.Numeric:
		return vec.Num{Coef: vec.Int128Of(vec.At[int64](v, 0)), Scale: int32(v.Type.Scale)}, true
	case v.Type.ID == types.Int16:
		return vec.NumOf(int64(vec.At[int16](v, 0))), true
	case v.Type.ID == types.Int32:
		return vec.NumOf(int64(vec.At[int32](v, 0))), true
	case v.Type.ID == types.Int64:
		return vec.NumOf(vec.At[int64](v, 0)), true
	}
	return n, false
}

// coerceUnknown gives a literal, NULL or a parameter of unsettled type the type t.
func (b *binder) coerceUnknown(v value, t types.Type, ctx fn.CastContext) (value, error) {
	if t.HasDomain() {
		return b.toDomain(v, t, ctx)
	}
	return b.convertUnknown(v, t, ctx)
}

// convertUnknown is coerceUnknown without a look at domains.
func (b *binder) convertUnknown(v value, t types.Type, ctx fn.CastContext) (value, error) {
	switch e := v.e.(type) {
	case *expr.Param:
		p, err := b.settleParam(e, t, v.pos)
		return value{e: p, pos: v.pos}, err
	case *expr.Const:
		if e.Value.IsNull(0) {
			return value{e: expr.Null(t), pos: v.pos}, nil
		}
		c, err := b.literal(string(e.Value.Bytes(0)), t, ctx == fn.Explicit, v.pos)
		if err != nil {
			return v, err
		}
		return value{e: c, pos: v.pos}, nil
	}
	return v, sqlstate.New(sqlstate.InternalError, "expression of unknown type: %s", v.e).At(v.pos)
}

// settled returns v, as text when nothing has settled its type.
func (b *binder) settled(v value) (value, error) {
	if v.typ().ID != types.Unknown {
		return v, nil
	}
	return b.coerceUnknown(v, types.Of(types.Text), fn.Implicit)
}

// cast binds CAST(v AS t).
func (b *binder) cast(v value, t types.Type, pos int) (value, error) {
	from := v.typ()
	switch {
	case from == t && t.Def != nil:
		return v, nil
	case t.HasDomain():
		return b.toDomain(v, t, fn.Explicit)
	case from.ID == types.Unknown:
		return b.castUnknown(v, t)
	case plain(from) != from:
		return b.cast(b.fromDomain(v), t, pos)
	case from.IsString() && cutsElements(t):
		v, err := b.cast(v, withoutModifiers(t), pos)
		if err != nil {
			return v, err
		}
		return b.cast(v, t, pos)
	case from.ID == types.Record && t.ID == types.Record:
		return b.castToRecord(v, t, pos)
	case sameType(from, t) && t == withoutModifiers(t):
		// Without modifiers a cast to the value's own type changes nothing.
		if from.ID != types.Numeric && from != t {
			v.e = b.retype(v.e, t)
		}
		return v, nil
	case t.ID == types.Numeric && t == types.Of(types.Numeric) && from.IsInteger():
		t = types.NumericOf(0, 0)
	}
	if from.ID != types.Numeric || t.ID != types.Numeric {
		if castPath(from, t, fn.Explicit) == nil {
			return v, sqlstate.New(sqlstate.CannotCoerce, "cannot cast type %s to %s", from.Base(), t.Base()).At(pos)
		}
	}
	out, err := b.coerce(v, t, fn.Explicit)
	return out, at(err, pos)
}

// cutsElements reports whether a cast to t cuts the elements of an array, where reading them from a text would refuse what is
// too long.
func cutsElements(t types.Type) bool {
	switch t.Element().ID {
	case types.Varchar, types.Char, types.Bit, types.VarBit:
		return t.ID == types.Array && t != withoutModifiers(t)
	}
	return false
}

// retype drops the modifiers of a string type, as text's relabelling does in PostgreSQL.
func (b *binder) retype(e expr.Expr, t types.Type) expr.Expr {
	if c := fn.LookupCast(t.ID, t.ID); c != nil {
		return &expr.Cast{Cast: c, Arg: e, Typ: t}
	}
	return e
}

func (b *binder) castUnknown(v value, t types.Type) (value, error) {
	if t.HasDomain() {
		return b.toDomain(v, t, fn.Explicit)
	}
	if c, ok := v.e.(*expr.Const); ok && t == types.Of(types.Numeric) && !c.Value.IsNull(0) {
		if n, err := vec.ParseNum(c.Value.Bytes(0)); err == nil {
			return value{e: numericConst(n), pos: v.pos}, nil
		}
	}
	if _, ok := v.e.(*expr.Param); ok && t != withoutModifiers(t) || cutsElements(t) {
		// The parameter, or the array that a text is read as, has the type itself; the cast applies the modifiers.
		v, err := b.coerceUnknown(v, withoutModifiers(t), fn.Explicit)
		if err != nil {
			return v, err
		}
		return b.coerce(v, t, fn.Explicit)
	}
	return b.coerceUnknown(v, t, fn.Explicit)
}

// argument makes v an argument of the resolved type t of a call. Unlike coerce it leaves a numeric the
// scale it has, unless the type is polymorphic, where all arguments are to agree.
func (b *binder) argument(v value, declared, t types.Type) (value, error) {
	from := v.typ()
	if declared.ID == types.Numeric {
		switch {
		case from.ID == types.Numeric:
			return v, nil
		case from.IsInteger():
			return b.coerce(v, types.NumericOf(0, 0), fn.Implicit)
		case from.ID == types.Unknown:
			return b.castUnknown(v, types.Of(types.Numeric))
		}
	}
	if sameType(from, declared) && declared.ID != types.Array {
		// varchar(3) is a varchar.
		return v, nil
	}
	return b.coerce(v, t, fn.Implicit)
}

// boolean coerces the condition v of a construct, such as WHERE, to boolean.
func (b *binder) boolean(v value, construct string) (expr.Expr, error) {
	if t := v.typ(); t.ID != types.Bool && t.ID != types.Unknown {
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "argument of %s must be type boolean, not type %s",
			construct, t.Base()).At(v.pos)
	}
	out, err := b.coerce(v, types.Of(types.Bool), fn.Implicit)
	return out.e, err
}
