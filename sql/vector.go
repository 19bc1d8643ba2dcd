package sql

import (
	"gsql/exec/expr"
)

// Arrays count from 1, but int2vector and oidvector from 0. The functions that tell of subscripts are bound here for
// them, with the number of elements in place of the bounds that arrays have.

// vectorBounds are the functions of a vector and a dimension by what they make of the number of elements.
var vectorBounds = map[string]func(b *binder, count value, pos int) (value, error){
	"array_upper": func(b *binder, count value, pos int) (value, error) {
		return b.operator("-", count, value{e: int32Const(1), pos: pos}, pos)
	},
	"array_lower": func(b *binder, count value, pos int) (value, error) {
		return b.operator("*", count, value{e: int32Const(0), pos: pos}, pos)
	},
	"generate_subscripts": func(b *binder, count value, pos int) (value, error) {
		last, err := b.operator("-", count, value{e: int32Const(1), pos: pos}, pos)
		if err != nil {
			return last, err
		}
		return b.arrayCall("generate_series[]", "generate_series", []value{{e: int32Const(0), pos: pos}, last}, pos)
	},
}

// vectorCall binds one of vectorBounds; ok is false for other calls.
func (b *binder) vectorCall(name string, args []value, pos int) (v value, ok bool, err error) {
	bound := vectorBounds[name]
	if bound == nil || len(args) < 2 || !args[0].typ().IsVector() {
		return v, false, nil
	}
	if len(args) > 2 {
		return v, true, unsupported(pos, "Leave the direction out.", "%s of %s in reverse is not supported", name, args[0].typ().Base())
	}
	count, err := b.scalarCall("cardinality", args[:1], pos)
	if err != nil {
		return v, true, err
	}
	if v, err = bound(b, count, pos); err != nil || isOne(args[1]) {
		return v, true, err
	}
	// Beyond the first dimension there is none.
	first, err := b.operator("=", args[1], value{e: int32Const(1), pos: pos}, pos)
	if err == nil {
		v.e = &expr.Case{Whens: []expr.When{{Cond: first.e, Then: v.e}}, Typ: v.typ()}
	}
	return v, true, err
}

// isOne reports whether a value is the number 1 as written.
func isOne(v value) bool {
	c, ok := v.e.(*expr.Const)
	if !ok || c.Value.IsNull(0) {
		return false
	}
	n, ok := numOf(c.Value)
	return ok && n.Scale == 0 && n.Coef.IsInt64() && n.Coef.Lo == 1
}
