package planner

import (
	"gsql/exec/expr"
)

// factorOr takes the terms that all branches of an OR share out of it, so that they can be pushed down or
// become join keys. Of a branch's terms that speak of one column alone, the OR of all branches is added as a
// filter of its own: (a = 1 AND x = 2) OR (a = 3 AND y = 4) implies a IN (1, 3).
func factorOr(o *optimizer, n Node) Node {
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Filter:
			if terms, changed := factorTerms(expr.Conjuncts(n.Cond), n.Input); changed {
				return &Filter{n.Input, conj(orderTerms(terms))}
			}
		case *Join:
			if n.On == nil || n.Kind == MarkJoin {
				return n
			}
			if terms, changed := factorTerms(expr.Conjuncts(n.On), nil); changed {
				c := *n
				c.On = conj(orderTerms(terms))
				return &c
			}
		}
		return n
	})
}

func factorTerms(terms []expr.Expr, input Node) ([]expr.Expr, bool) {
	var out []expr.Expr
	changed := false
	for _, t := range terms {
		or, ok := t.(*expr.Or)
		if _, _, special := nullSafeEquality(t); !ok || special || volatile(t) {
			out = append(out, t)
			continue
		}
		common, rest := factor(or)
		if len(common) > 0 {
			changed = true
			out = append(out, common...)
		}
		if rest == nil {
			continue
		}
		out = append(out, rest)
		if left, ok := rest.(*expr.Or); ok && input != nil {
			for _, implied := range impliedByOr(left, input) {
				if !containsExpr(terms, implied) {
					changed = true
					out = append(out, implied)
				}
			}
		}
	}
	return dedupe(out), changed
}

// factor returns the terms that stand in all branches, and what is left of the OR: nil for nothing.
func factor(or *expr.Or) (common []expr.Expr, rest expr.Expr) {
	branches := make([][]expr.Expr, len(or.Terms))
	for i, t := range or.Terms {
		branches[i] = expr.Conjuncts(t)
	}
	for _, t := range branches[0] {
		inAll := true
		for _, b := range branches[1:] {
			inAll = inAll && containsExpr(b, t)
		}
		if inAll && !containsExpr(common, t) {
			common = append(common, t)
		}
	}
	if len(common) == 0 {
		return nil, or
	}
	var left []expr.Expr
	for _, b := range branches {
		var terms []expr.Expr
		for _, t := range b {
			if !containsExpr(common, t) {
				terms = append(terms, t)
			}
		}
		if len(terms) == 0 { // one branch is nothing but the common terms, so they imply the OR
			return common, nil
		}
		left = append(left, conj(terms))
	}
	return common, &expr.Or{Terms: left}
}

// impliedByOr returns, for each input of a join that all branches restrict by itself, the OR of these
// restrictions.
func impliedByOr(or *expr.Or, input Node) []expr.Expr {
	var out []expr.Expr
	for _, side := range joinSides(input) {
		var branches []expr.Expr
		for _, b := range or.Terms {
			var own []expr.Expr
			for _, t := range expr.Conjuncts(b) {
				if c := exprCols(t); !c.Empty() && c.In(side) && !mayFail(t) {
					own = append(own, t)
				}
			}
			if len(own) == 0 {
				branches = nil
				break
			}
			branches = append(branches, conj(own))
		}
		if len(branches) > 0 {
			e := simplifyExpr(&expr.Or{Terms: branches})
			if !expr.Equal(e, or) {
				out = append(out, e)
			}
		}
	}
	return out
}

// joinSides returns the columns of each input of a tree of inner joins that has more than one.
func joinSides(n Node) []ColSet {
	var sides []ColSet
	var walk func(n Node)
	walk = func(n Node) {
		switch n := n.(type) {
		case *Filter:
			walk(n.Input)
		case *Join:
			switch n.Kind {
			case InnerJoin:
				walk(n.Left)
				walk(n.Right)
			default:
				walk(n.Left)
			}
		default:
			sides = append(sides, outputSet(n))
		}
	}
	walk(n)
	if len(sides) < 2 {
		return nil
	}
	return sides
}

func containsExpr(es []expr.Expr, e expr.Expr) bool {
	for _, x := range es {
		if expr.Equal(x, e) {
			return true
		}
	}
	return false
}
