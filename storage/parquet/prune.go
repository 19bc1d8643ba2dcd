package parquet

import (
	"cmp"
	"math"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// mayMatch reports whether e can be true for a row of a row group, given the bounds of its columns. Whatever
// it does not understand may be true.
func mayMatch(e expr.Expr, of func(expr.ColID) (bounds, bool)) bool {
	switch e := e.(type) {
	case *expr.And:
		for _, t := range e.Terms {
			if !mayMatch(t, of) {
				return false
			}
		}
	case *expr.Or:
		for _, t := range e.Terms {
			if mayMatch(t, of) {
				return true
			}
		}
		return len(e.Terms) == 0
	case *expr.Not:
		return notMayMatch(e.Arg, of)
	case *expr.IsNull:
		if b, _, ok := columnBounds(e.Arg, of); ok {
			return nullsMayMatch(b, e.Not)
		}
	case *expr.In:
		return inMayMatch(e, of)
	case *expr.Call:
		return callMayMatch(e, of)
	case *expr.Const:
		return e.Value.Kind != types.KBool || !e.Value.IsNull(0) && vec.At[uint8](e.Value, 0) != 0
	case *expr.Column:
		if b, ok := of(e.ID); ok && e.Typ.ID == types.Bool {
			return !onlyNulls(b) && (b.max == nil || vec.At[uint8](b.max, 0) != 0)
		}
	}
	return true
}

// notMayMatch reports whether e can be false.
func notMayMatch(e expr.Expr, of func(expr.ColID) (bounds, bool)) bool {
	switch e := e.(type) {
	case *expr.IsNull:
		if b, _, ok := columnBounds(e.Arg, of); ok {
			return nullsMayMatch(b, !e.Not)
		}
	case *expr.Not:
		return mayMatch(e.Arg, of)
	case *expr.Column:
		if b, ok := of(e.ID); ok && e.Typ.ID == types.Bool {
			return !onlyNulls(b) && (b.min == nil || vec.At[uint8](b.min, 0) == 0)
		}
	}
	return true
}

// onlyNulls reports whether a column is NULL in every row: then no comparison is true.
func onlyNulls(b bounds) bool { return b.nulls >= 0 && b.nulls >= b.rows }

func nullsMayMatch(b bounds, not bool) bool {
	if not {
		return !onlyNulls(b)
	}
	return b.nulls != 0
}

// columnBounds returns the bounds of a column, seen through a cast that keeps the order. For a cast that may
// round, rounded is set: different values of the column may become equal.
func columnBounds(e expr.Expr, of func(expr.ColID) (bounds, bool)) (b bounds, t types.Type, ok bool) {
	if c, is := e.(*expr.Column); is {
		b, ok = of(c.ID)
		return b, c.Typ, ok
	}
	c, is := e.(*expr.Cast)
	if !is {
		return b, t, false
	}
	b, from, ok := columnBounds(c.Arg, of)
	if !ok || !keepsValue(from, c.Typ) {
		return b, t, false
	}
	if from.ID == types.Date && c.Typ.ID == types.Timestamp {
		b.min, b.max, b.filter = dateToTimestamp(b.min, c.Typ), dateToTimestamp(b.max, c.Typ), nil
	}
	return b, c.Typ, true
}

// keepsValue reports whether a cast changes the representation of a value at most. Bounds keep the type
// they had; compareBound compares values across such types.
func keepsValue(from, to types.Type) bool {
	switch {
	case from == to:
		return true
	case from.IsInteger() && to.IsInteger():
		return to.Kind().Width() >= from.Kind().Width()
	case from.IsInteger() && to.ID == types.Numeric:
		return to.Scale == types.DynamicScale || to.Prec == 0
	case from.ID == types.Numeric && to.ID == types.Numeric:
		return to.Scale == types.DynamicScale || to.Prec == 0 && to.Scale >= from.Scale
	case from.ID == types.Float32 && to.ID == types.Float64:
		return true
	case from.ID == types.Date && to.ID == types.Timestamp:
		return true
	case from.ID == types.Text || from.ID == types.Varchar:
		return to.ID == types.Text || to.ID == types.Varchar && to.Prec == 0
	}
	return false
}

func dateToTimestamp(v *vec.Vector, t types.Type) *vec.Vector {
	if v == nil {
		return nil
	}
	const micros int64 = 86400 * 1e6
	d := int64(vec.At[int32](v, 0))
	if d > math.MaxInt64/micros || d < math.MinInt64/micros {
		return nil
	}
	return vec.NewConst(t, types.KInt64, d*micros, 1)
}

// flipped has the operator that gives the same with the operands exchanged.
var flipped = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func callMayMatch(e *expr.Call, of func(expr.ColID) (bounds, bool)) bool {
	op := e.Fn.Name
	if _, ok := flipped[op]; !ok || len(e.Args) != 2 {
		return true
	}
	col, arg := e.Args[0], e.Args[1]
	if _, ok := col.(*expr.Const); ok {
		col, arg, op = arg, col, flipped[op]
	}
	k, ok := arg.(*expr.Const)
	if !ok {
		return true
	}
	b, _, ok := columnBounds(col, of)
	if !ok {
		return true
	}
	if k.Value.IsNull(0) || onlyNulls(b) {
		return false // these operators are strict
	}
	return compareMayMatch(op, b, k.Value)
}

// compareMayMatch reports whether column op k can be true.
func compareMayMatch(op string, b bounds, k *vec.Vector) bool {
	lo, haveLo := compareBound(b.min, k) // of the smallest value with k
	hi, haveHi := compareBound(b.max, k)
	switch op {
	case "=":
		return !(haveLo && lo > 0) && !(haveHi && hi < 0) && !b.filter.lacks(k) && (b.has == nil || b.has(k))
	case "<>":
		return !(haveLo && haveHi && lo == 0 && hi == 0)
	case "<":
		return !(haveLo && lo >= 0)
	case "<=":
		return !(haveLo && lo > 0)
	case ">":
		return !(haveHi && hi <= 0)
	case ">=":
		return !(haveHi && hi < 0)
	}
	return true
}

func inMayMatch(e *expr.In, of func(expr.ColID) (bounds, bool)) bool {
	b, _, ok := columnBounds(e.Arg, of)
	if !ok {
		return true
	}
	if onlyNulls(b) {
		return false
	}
	for _, k := range e.List {
		if !k.Value.IsNull(0) && compareMayMatch("=", b, k.Value) {
			return true
		}
	}
	return false
}

// compareBound orders two constants by value; ok is false when their types are not comparable here.
func compareBound(a, b *vec.Vector) (order int, ok bool) {
	if a == nil || b == nil {
		return 0, false
	}
	x, xok := integer(a)
	y, yok := integer(b)
	switch {
	case xok && yok:
		return cmp.Compare(x, y), true
	case a.Type.ID == types.Numeric || b.Type.ID == types.Numeric:
		m, mok := numeric(a)
		n, nok := numeric(b)
		return vec.CompareNum(m, n), mok && nok
	case a.Type.IsFloat() && b.Type.IsFloat():
		return vec.CompareFloat(float(a), float(b)), true
	case a.Type.IsString() && b.Type.IsString() && a.Type.ID != types.Char && b.Type.ID != types.Char:
		return vec.CompareRows(a.WithType(b.Type), 0, b, 0), true
	case a.Type == b.Type && a.Type.ID != types.JSON:
		return vec.CompareRows(a, 0, b, 0), true
	}
	return 0, false
}

func integer(v *vec.Vector) (int64, bool) {
	switch v.Type.ID {
	case types.Int16:
		return int64(vec.At[int16](v, 0)), true
	case types.Int32:
		return int64(vec.At[int32](v, 0)), true
	case types.Int64:
		return vec.At[int64](v, 0), true
	}
	return 0, false
}

func float(v *vec.Vector) float64 {
	if v.Kind == types.KFloat32 {
		return float64(vec.At[float32](v, 0))
	}
	return vec.At[float64](v, 0)
}

func numeric(v *vec.Vector) (vec.Num, bool) {
	if x, ok := integer(v); ok {
		return vec.Num{Coef: int128(x)}, true
	}
	if v.Type.ID != types.Numeric {
		return vec.Num{}, false
	}
	switch v.Kind {
	case types.KInt64:
		return vec.Num{Coef: int128(vec.At[int64](v, 0)), Scale: int32(v.Type.Scale)}, true
	case types.KInt128:
		return vec.Num{Coef: vec.At[vec.Int128](v, 0), Scale: int32(v.Type.Scale)}, true
	case types.KNum:
		return vec.At[vec.Num](v, 0), true
	}
	return vec.Num{}, false
}

func int128(x int64) vec.Int128 { return vec.Int128{Lo: uint64(x), Hi: x >> 63} }
