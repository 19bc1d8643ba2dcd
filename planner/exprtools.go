package planner

import (
	"strings"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// conj joins terms by AND; nil for none.
func conj(terms []expr.Expr) expr.Expr { return expr.NewAnd(terms...) }

// filter puts a Filter with the terms over n, merged with the one that n may be; n itself for no terms.
func filter(n Node, terms []expr.Expr) Node {
	if len(terms) == 0 {
		return n
	}
	if f, ok := n.(*Filter); ok {
		return &Filter{f.Input, conj(orderTerms(dedupe(append(expr.Conjuncts(f.Cond), terms...))))}
	}
	return &Filter{n, conj(orderTerms(dedupe(terms)))}
}

// orderTerms puts the terms that may raise an error last, since the others may hold them off the rows that
// would.
func orderTerms(terms []expr.Expr) []expr.Expr {
	var safe, unsafe []expr.Expr
	for _, t := range terms {
		if mayFail(t) {
			unsafe = append(unsafe, t)
		} else {
			safe = append(safe, t)
		}
	}
	return append(safe, unsafe...)
}

// dedupe leaves out terms that stand twice.
func dedupe(terms []expr.Expr) []expr.Expr {
	if len(terms) < 2 {
		return terms
	}
	seen := map[string]bool{}
	out := terms[:0:0]
	for _, t := range terms {
		k := expr.Key(t)
		if seen[k] && !volatile(t) {
			continue
		}
		seen[k] = true
		out = append(out, t)
	}
	return out
}

// Subst replaces columns by expressions, in the queries of subqueries too.
func Subst(e expr.Expr, m map[expr.ColID]expr.Expr) expr.Expr {
	if len(m) == 0 || e == nil {
		return e
	}
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		switch x := x.(type) {
		case *expr.Column:
			if r, ok := m[x.ID]; ok {
				return r
			}
		case *expr.Subquery:
			if q := substTree(x.Query.(Node), m); q != x.Query {
				c := *x
				c.Query = q
				return &c
			}
		}
		return x
	})
}

// substTree replaces columns in all expressions of a tree.
func substTree(n Node, m map[expr.ColID]expr.Expr) Node {
	n = mapInputs(n, func(i Node) Node { return substTree(i, m) })
	return MapExprs(n, func(e expr.Expr) expr.Expr { return Subst(e, m) })
}

func substAll(es []expr.Expr, m map[expr.ColID]expr.Expr) []expr.Expr {
	out, _ := mapList(es, func(e expr.Expr) expr.Expr { return Subst(e, m) })
	return out
}

// volatile reports whether e may differ between two evaluations on one row.
func volatile(es ...expr.Expr) bool {
	for _, e := range es {
		if e != nil && expr.IsVolatile(e) {
			return true
		}
	}
	return false
}

func hasSubquery(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		if _, ok := x.(*expr.Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

// safeFuncs are functions that raise no error whatever their arguments; sums may overflow, but plans are
// not made worse for that.
var safeFuncs = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true,
	"+": true, "-": true, "*": true, "||": true, "~~": true, "!~~": true, "~~*": true, "!~~*": true,
	"lower": true, "upper": true, "length": true, "abs": true, "round": true, "floor": true, "ceil": true,
	"date_part": true, "extract": true, "date_trunc": true, "like": true, "starts_with": true, "trim": true,
	"btrim": true, "ltrim": true, "rtrim": true, "left": true, "right": true, "replace": true, "now": true,
	"concat": true, "greatest": true, "least": true, "is_distinct_from": true, "is_not_distinct_from": true}

// mayFail reports whether evaluating e on a row that the query would not look at could raise an error.
func mayFail(es ...expr.Expr) bool {
	found := false
	for _, e := range es {
		expr.Walk(e, func(x expr.Expr) bool {
			switch x := x.(type) {
			case *expr.Call:
				if !safeFuncs[strings.ToLower(x.Fn.Name)] && !dividesByConst(x) && !substringSafe(x) {
					found = true
				}
			case *expr.Cast:
				if !safeCast(x.Arg.Type(), x.Typ) {
					found = true
				}
			case *expr.Subquery:
				found = true
			}
			return !found
		})
	}
	return found
}

func dividesByConst(c *expr.Call) bool {
	if (c.Fn.Name != "/" && c.Fn.Name != "%") || len(c.Args) != 2 {
		return false
	}
	k, ok := c.Args[1].(*expr.Const)
	if !ok || k.Value.IsNull(0) {
		return false
	}
	f, ok := numberOf(k.Value)
	return ok && f != 0
}

func substringSafe(c *expr.Call) bool {
	if !strings.HasPrefix(c.Fn.Name, "substr") || len(c.Args) < 2 {
		return false
	}
	for _, a := range c.Args[1:] {
		k, ok := a.(*expr.Const)
		if !ok || k.Value.IsNull(0) {
			return false
		}
		if f, ok := numberOf(k.Value); !ok || f < 0 {
			return false
		}
	}
	return true
}

// safeCast reports whether a cast raises no error and keeps all of the value.
func safeCast(from, to types.Type) bool {
	if from == to {
		return true
	}
	rank := map[types.ID]int{types.Int16: 1, types.Int32: 2, types.Int64: 3, types.Numeric: 4, types.Float32: 5, types.Float64: 6}
	a, b := rank[from.ID], rank[to.ID]
	switch {
	case a > 0 && b > 0:
		if from.ID == types.Numeric && to.ID == types.Numeric {
			return to.Prec == 0 && (to.Scale == types.DynamicScale || from.Scale >= 0 && to.Scale >= from.Scale)
		}
		if to.ID == types.Numeric {
			return to.Prec == 0
		}
		return a <= b
	case from.IsString() && to.IsString():
		return true
	case from.ID == types.Date && (to.ID == types.Timestamp || to.ID == types.TimestampTZ):
		return true
	case from.ID == types.Timestamp && to.ID == types.Date:
		return true
	}
	return to.ID == types.Text
}

func int64Const(v int64) *expr.Const {
	return &expr.Const{Value: vec.NewConst(types.Of(types.Int64), types.KInt64, v, 1)}
}

// boolOf returns the value of a boolean constant.
func boolOf(e expr.Expr) (value, null, ok bool) {
	c, isConst := e.(*expr.Const)
	if !isConst || c.Type().ID != types.Bool && !c.Value.IsNull(0) {
		return false, false, false
	}
	if c.Value.IsNull(0) {
		return false, true, true
	}
	return vec.At[uint8](c.Value, 0) != 0, false, true
}

func isTrue(e expr.Expr) bool {
	v, null, ok := boolOf(e)
	return ok && !null && v
}

// neverTrue reports whether e is the constant false or NULL.
func neverTrue(e expr.Expr) bool {
	v, _, ok := boolOf(e)
	return ok && !v
}

// comparison returns the two sides of a call of a comparison operator.
func comparison(e expr.Expr) (op string, l, r expr.Expr, ok bool) {
	c, isCall := e.(*expr.Call)
	if !isCall || len(c.Args) != 2 {
		return "", nil, nil, false
	}
	switch c.Fn.Name {
	case "=", "<>", "<", "<=", ">", ">=":
		return c.Fn.Name, c.Args[0], c.Args[1], true
	}
	return "", nil, nil, false
}

// equality returns the two sides of l = r.
func equality(e expr.Expr) (l, r expr.Expr, ok bool) {
	op, l, r, ok := comparison(e)
	return l, r, ok && op == "="
}

// nullSafeEquality returns the two sides of l IS NOT DISTINCT FROM r.
func nullSafeEquality(e expr.Expr) (l, r expr.Expr, ok bool) {
	switch x := e.(type) {
	case *expr.Call:
		if len(x.Args) == 2 && x.Fn.Name == "is_not_distinct_from" {
			return x.Args[0], x.Args[1], true
		}
	case *expr.Not:
		if c, ok := x.Arg.(*expr.Call); ok && len(c.Args) == 2 && c.Fn.Name == "is_distinct_from" {
			return c.Args[0], c.Args[1], true
		}
	}
	return nil, nil, false
}
