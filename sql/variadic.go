package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// variadicCall binds f(x, VARIADIC array): a function with any number of arguments, the last of which are the elements of an
// array.
func (b *binder) variadicCall(blk *block, e *syntax.Call) (value, error) {
	plain := *e
	plain.Variadic = false
	vs, err := b.callArguments(blk, &plain)
	if err != nil {
		return value{}, err
	}
	array := &vs[len(vs)-1]
	if array.typ().ID != types.Array {
		return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "VARIADIC argument must be an array").At(array.pos)
	}
	var fs []*fn.Scalar
	for _, f := range fn.Scalars(e.Name) {
		if f.Variadic && len(f.Args) == len(vs) {
			fs = append(fs, f)
		}
	}
	ts := typesOf(vs)
	ts[len(ts)-1] = ts[len(ts)-1].Element()
	m, out := resolve(scalarSignatures(fs), ts)
	if out != found {
		return value{}, functionError(out, e.Name, typesOf(vs), e.Pos)
	}
	f, last := fs[m.index], len(vs)-1
	if elem := m.args[last]; !sameType(elem, ts[last]) {
		if *array, err = b.cast(*array, types.ArrayOf(elem), e.Pos); err != nil {
			return value{}, err
		}
	}
	args := append([]value(nil), vs[:last]...)
	fixed := match{index: m.index, declared: m.declared[:last], args: m.args[:last]}
	es, ats, err := b.arguments(fixed, args)
	if err != nil {
		return value{}, err
	}
	elem := array.typ().Element()
	ret := unstated(f.ReturnType(append(ats[:last:last], elem)))
	s := fn.Spread(f, ats, elem, ret, e.Name == "format")
	return value{e: &expr.Call{Fn: s, Args: append(es, array.e), Typ: ret}, pos: e.Pos}, nil
}
