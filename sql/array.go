package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql/syntax"
)

// array binds ARRAY[...]; elem is the type of elements that a cast around it asks for, or unknown. Of arrays it makes one of
// one more dimension.
func (b *binder) array(blk *block, e *syntax.Array, elem types.Type) (value, error) {
	vs, err := b.members(blk, e.Elems, elem)
	if err != nil {
		return value{}, err
	}
	switch {
	case elem.ID != types.Unknown && len(vs) == 0:
		return value{e: emptyArray(elem), pos: e.Pos, elems: []value{}}, nil
	case elem.ID != types.Unknown:
		if nested(vs) {
			elem = types.ArrayOf(elem)
		}
		for i := range vs {
			if vs[i], err = b.cast(vs[i], elem, vs[i].pos); err != nil {
				return value{}, err
			}
		}
		// A cast to numeric keeps each element's scale; an array has one.
		elem, err = b.unifyValues(vs, "ARRAY")
	case len(vs) == 0 && e.List:
		return value{e: emptyArray(types.Of(types.Int32)), pos: e.Pos, elems: []value{}}, nil
	case len(vs) == 0:
		return value{}, sqlstate.New(sqlstate.IndeterminateDatatype, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].").At(e.Pos)
	default:
		elem, err = b.unifyValues(vs, "ARRAY")
	}
	if err != nil {
		return value{}, err
	}
	if elem.IsVector() {
		return value{}, vectorsWithin(elem, e.Pos)
	}
	t := types.ArrayOf(elem)
	if elem.ID == types.Array {
		t = elem
	}
	v := value{e: &expr.Call{Fn: fn.MakeArray(len(vs), elem), Args: exprsOf(vs), Typ: t}, pos: e.Pos}
	if elem.ID != types.Array {
		v.elems = vs
	}
	return v, nil
}

// vectorsWithin is the error of an array of int2vector or oidvector.
func vectorsWithin(t types.Type, pos int) error {
	return unsupported(pos, "Cast them to "+t.Element().Base()+"[].", "arrays of %s are not supported", t.Base())
}

// members binds what stands in ARRAY[...], where a cast asks for elements of a type.
func (b *binder) members(blk *block, es []syntax.Expr, elem types.Type) ([]value, error) {
	vs := make([]value, len(es))
	for i, e := range es {
		a, ok := e.(*syntax.Array)
		var err error
		if ok && elem.ID != types.Unknown {
			vs[i], err = b.array(blk, a, elem)
		} else {
			vs[i], err = b.scalar(blk, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return vs, nil
}

func nested(vs []value) bool {
	for _, v := range vs {
		if v.typ().ID == types.Array {
			return true
		}
	}
	return false
}

// subscript binds x[i] and x[i:j], with those before that it follows: those of an array are all of one place, or slice, of as
// many dimensions.
func (b *binder) subscript(blk *block, e *syntax.Subscript) (value, error) {
	steps := []*syntax.Subscript{e}
	for steps[0].Chained {
		steps = append([]*syntax.Subscript{steps[0].Arg.(*syntax.Subscript)}, steps...)
	}
	v, err := b.scalar(blk, steps[0].Arg)
	for len(steps) > 0 && err == nil {
		n := ownSubscripts(v.typ(), steps)
		if v.typ().ID == types.Array {
			v, err = b.arraySubscripts(blk, v, steps[:n])
		} else {
			v, err = b.oneSubscript(blk, v, steps[0])
		}
		steps = steps[n:]
	}
	return v, err
}

// ownSubscripts returns how many of the subscripts belong to a value of type t, others to what they lead to: all are an
// array's, but names of fields or keys of its elements.
func ownSubscripts(t types.Type, steps []*syntax.Subscript) int {
	if t.ID != types.Array {
		return 1
	}
	for n, s := range steps {
		if _, name := s.Index.(*syntax.String); n > 0 && name && (t.Elem == types.Record || t.Elem == types.JSONB) {
			return n
		}
	}
	return len(steps)
}

// oneSubscript binds a subscript of what is no array.
func (b *binder) oneSubscript(blk *block, v value, e *syntax.Subscript) (value, error) {
	t := v.typ()
	switch part := fn.Coordinate(t.ID); {
	case t.ID == types.JSONB:
		return b.jsonSubscript(blk, v, e)
	case t.ID == types.Record && !e.Slice:
		return b.subscriptField(v, e.Index)
	case t.ID == types.Name && !e.Slice:
		return b.nameByte(blk, v, e)
	case part != nil && !e.Slice:
		index, err := b.arrayIndex(blk, e.Index, 0)
		if err != nil {
			return value{}, err
		}
		return value{e: &expr.Call{Fn: part, Args: []expr.Expr{v.e, index}, Typ: part.Ret}, pos: e.Pos}, nil
	}
	return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", t.Base()).At(v.pos)
}

// arraySubscripts binds the subscripts of an array. If one is a slice all are, x[n] being x[1:n].
func (b *binder) arraySubscripts(blk *block, array value, steps []*syntax.Subscript) (v value, err error) {
	pos := steps[len(steps)-1].Pos
	if len(steps) > vec.MaxDims {
		return v, at(vec.TooManyDims(len(steps)), pos)
	}
	if t := array.typ(); t.IsVector() && (len(steps) > 1 || steps[0].Slice) {
		if array, err = b.cast(array, types.ArrayOf(t.Element()), pos); err != nil {
			return v, err
		}
	}
	slice := false
	for _, s := range steps {
		slice = slice || s.Slice
	}
	args := []expr.Expr{array.e}
	for _, s := range steps {
		var bounds []expr.Expr
		switch {
		case !slice:
			bounds, err = b.indexes(blk, []syntax.Expr{s.Index}, 0)
		case s.Slice:
			bounds, err = b.indexes(blk, []syntax.Expr{s.Lower, s.Upper}, fn.NoLower, fn.NoUpper)
		default:
			bounds, err = b.indexes(blk, []syntax.Expr{nil, s.Index}, 1, 0)
		}
		if err != nil {
			return v, err
		}
		args = append(args, bounds...)
	}
	t := array.typ()
	if slice {
		return value{e: &expr.Call{Fn: fn.Slice(t, len(steps)), Args: args, Typ: t}, pos: pos}, nil
	}
	if t.IsVector() { // which counts from 0
		next, err := b.operator("+", value{e: args[1], pos: pos}, value{e: int32Const(1), pos: pos}, pos)
		if err != nil {
			return next, err
		}
		args[1] = next.e
	}
	return value{e: &expr.Call{Fn: fn.Subscript(t, len(steps)), Args: args, Typ: t.Element()}, pos: pos}, nil
}

// indexes binds subscripts, for which other values stand where they are missing.
func (b *binder) indexes(blk *block, es []syntax.Expr, missing ...int32) (out []expr.Expr, err error) {
	out = make([]expr.Expr, len(es))
	for i, e := range es {
		if out[i], err = b.arrayIndex(blk, e, missing[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// arrayIndex binds a subscript, for which another value stands when it is missing.
func (b *binder) arrayIndex(blk *block, e syntax.Expr, missing int32) (expr.Expr, error) {
	t := types.Of(types.Int32)
	if e == nil {
		return int32Const(missing), nil
	}
	v, err := b.scalar(blk, e)
	if err != nil {
		return nil, err
	}
	if !canCoerce(v.typ(), t, fn.Assignment) {
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "array subscript must have type integer").At(v.pos)
	}
	v, err = b.coerce(v, t, fn.Assignment)
	return v.e, err
}
