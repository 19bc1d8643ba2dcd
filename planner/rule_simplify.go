package planner

import (
	"gsql/exec/expr"
	"gsql/exec/types"
)

// simplify brings boolean expressions into a form that other rules look for: nested ANDs and ORs are flat,
// negations stand at comparisons, constants are on the right, terms do not stand twice. It also turns right
// joins into left joins.
func simplify(o *optimizer, n Node) Node {
	n = rewriteExprs(n, simplifyExpr)
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Filter:
			if isTrue(n.Cond) {
				return n.Input
			}
			if f, ok := n.Input.(*Filter); ok {
				return filter(f, expr.Conjuncts(n.Cond))
			}
		case *Join:
			c := *n
			if n.On != nil && isTrue(n.On) {
				c.On = nil
				return &c
			}
			if n.Kind == RightJoin && !n.Lateral {
				c.Kind, c.Left, c.Right = LeftJoin, n.Right, n.Left
				return &c
			}
		}
		return n
	})
}

func simplifyExpr(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Not:
		return simplifyNot(e)
	case *expr.And:
		return simplifyTerms(e, e.Terms, false)
	case *expr.Or:
		return simplifyTerms(e, e.Terms, true)
	case *expr.Call:
		return simplifyComparison(e)
	case *expr.In:
		if len(e.List) == 1 && e.Eq != nil {
			return &expr.Call{Fn: e.Eq, Args: []expr.Expr{e.Arg, e.List[0]}, Typ: types.Of(types.Bool)}
		}
	}
	return e
}

func simplifyNot(e *expr.Not) expr.Expr {
	var terms []expr.Expr
	switch a := e.Arg.(type) {
	case *expr.And:
		for _, t := range a.Terms {
			terms = append(terms, simplifyExpr(not(t)))
		}
		return simplifyExpr(&expr.Or{Terms: terms})
	case *expr.Or:
		for _, t := range a.Terms {
			terms = append(terms, simplifyExpr(not(t)))
		}
		return simplifyExpr(&expr.And{Terms: terms})
	case *expr.Not, *expr.IsNull, *expr.Call, *expr.Const:
		if n := not(a); !isNot(n) {
			return n
		}
	}
	return e
}

func isNot(e expr.Expr) bool {
	_, ok := e.(*expr.Not)
	return ok
}

// simplifyTerms flattens an AND or an OR, whose absorbing constant is false or true.
func simplifyTerms(e expr.Expr, terms []expr.Expr, or bool) expr.Expr {
	var out []expr.Expr
	changed := false
	for _, t := range terms {
		switch x := t.(type) {
		case *expr.And:
			if !or {
				out, changed = append(out, x.Terms...), true
				continue
			}
		case *expr.Or:
			if or {
				out, changed = append(out, x.Terms...), true
				continue
			}
		}
		if v, null, ok := boolOf(t); ok && !null {
			if v == or {
				return expr.Bool(or)
			}
			changed = true
			continue
		}
		out = append(out, t)
	}
	if d := dedupe(out); len(d) < len(out) {
		out, changed = d, true
	}
	switch {
	case len(out) == 0:
		return expr.Bool(!or)
	case len(out) == 1:
		return out[0]
	case !changed:
		return e
	case or:
		return &expr.Or{Terms: out}
	}
	return &expr.And{Terms: out}
}

func simplifyComparison(e *expr.Call) expr.Expr {
	op, l, r, ok := comparison(e)
	if !ok {
		return e
	}
	// b = true is b, b <> true is NOT b.
	if v, null, isConst := boolOf(r); isConst && !null && l.Type().ID == types.Bool && (op == "=" || op == "<>") {
		if v == (op == "=") {
			return l
		}
		return simplifyExpr(not(l))
	}
	if isConst(l) && !isConst(r) {
		if c := commute(e); c != nil {
			return c
		}
	}
	return e
}

func isConst(e expr.Expr) bool {
	_, ok := e.(*expr.Const)
	return ok
}
