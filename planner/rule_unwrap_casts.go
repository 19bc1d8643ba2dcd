package planner

import (
	"math"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// unwrapCasts compares a column in its own type where it was converted for the sake of a constant: instead of
// day::timestamp < '2020-01-01 00:00', day < '2020-01-01'. That saves the conversion, and storage can leave
// out what statistics of the column exclude.
func unwrapCasts(o *optimizer, n Node) Node { return rewriteExprs(n, unwrapCast) }

func unwrapCast(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Call:
		op, l, r, ok := comparison(e)
		if !ok {
			return e
		}
		cast, isCast := l.(*expr.Cast)
		c, isConst := r.(*expr.Const)
		if !isCast || !isConst {
			return e
		}
		whole, exact, ok := narrowConst(c, cast)
		if !ok {
			return e
		}
		if !exact { // between two values of the column's type
			switch op {
			case "<", "<=":
				op = "<="
			case ">", ">=":
				op = ">"
			default:
				return e
			}
		}
		if f := overload(op, []expr.Expr{cast.Arg, whole}); f != nil {
			return &expr.Call{Fn: f, Args: []expr.Expr{cast.Arg, whole}, Typ: e.Typ}
		}
	case *expr.In:
		return unwrapIn(e)
	}
	return e
}

func unwrapIn(e *expr.In) expr.Expr {
	cast, ok := e.Arg.(*expr.Cast)
	if !ok {
		return e
	}
	list := make([]*expr.Const, len(e.List))
	for i, c := range e.List {
		whole, exact, ok := narrowConst(c, cast)
		if !ok || !exact {
			return e
		}
		list[i] = whole
	}
	if f := overload("=", []expr.Expr{cast.Arg, cast.Arg}); f != nil {
		return &expr.In{Arg: cast.Arg, List: list, Eq: f}
	}
	return e
}

// microsPerDay is the length of a day as timestamps count.
const microsPerDay = 86400 * 1000000

// narrowConst returns c in the type of the cast's argument, which must be a date converted to a timestamp or
// an integer to a wider number: the largest value not above c, and whether it is c itself.
func narrowConst(c *expr.Const, cast *expr.Cast) (value *expr.Const, exact, ok bool) {
	from, to := cast.Arg.Type(), cast.Typ
	if c.Value.IsNull(0) || c.Type().ID != to.ID {
		return nil, false, false
	}
	var x float64
	switch {
	case from.ID == types.Date && to.ID == types.Timestamp:
		micros := vec.At[int64](c.Value, 0)
		x = math.Floor(float64(micros) / microsPerDay)
		exact = int64(x)*microsPerDay == micros
		if math.Abs(x) > 3000000 { // infinity, and dates where floats are not exact
			return nil, false, false
		}
	case from.IsInteger() && (to.IsInteger() || to.ID == types.Numeric && safeCast(from, to)):
		v, ok := numberOf(c.Value)
		if !ok || math.Abs(v) > 1<<52 || from.ID == types.Int64 && to.ID != types.Numeric {
			return nil, false, false
		}
		x = math.Floor(v)
		exact = x == v
	default:
		return nil, false, false
	}
	switch from.ID {
	case types.Int16:
		if x < math.MinInt16 || x > math.MaxInt16 {
			return nil, false, false
		}
		return &expr.Const{Value: vec.NewConst(from, types.KInt16, int16(x), 1)}, exact, true
	case types.Int32, types.Date:
		if x < math.MinInt32 || x > math.MaxInt32 {
			return nil, false, false
		}
		return &expr.Const{Value: vec.NewConst(from, types.KInt32, int32(x), 1)}, exact, true
	}
	return &expr.Const{Value: vec.NewConst(from, types.KInt64, int64(x), 1)}, exact, true
}
