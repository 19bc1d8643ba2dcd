package planner

import (
	"gsql/exec/expr"
)

// factorOr takes the terms that all branches of an OR share out of it, so that they can be pushed down or
// become join keys.
func factorOr(o *optimizer, n Node) Node {
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Filter:
			if terms, changed := factorTerms(expr.Conjuncts(n.Cond)); changed {
				return &Filter{n.Input, conj(orderTerms(terms))}
			}
		case *Join:
			if n.On == nil || n.Kind == MarkJoin {
				return n
			}
			if terms, changed := factorTerms(expr.Conjuncts(n.On)); changed {
				c := *n
				c.On = conj(orderTerms(terms))
				return &c
			}
		}
		return n
	})
}

func factorTerms(terms []expr.Expr) ([]expr.Expr, bool) {
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
		if rest != nil {
			out = append(out, rest)
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

// impliedByOr returns the OR of what the branches say of some columns alone, which a row that meets the OR meets too:
// (a = 1 AND x = 2) OR (a = 3 AND y = 4) implies a IN (1, 3). It is nil when a branch says nothing of them.
func impliedByOr(or *expr.Or, some ColSet) expr.Expr {
	var branches []expr.Expr
	for _, b := range or.Terms {
		var own []expr.Expr
		for _, t := range expr.Conjuncts(b) {
			if c := exprCols(t); !c.Empty() && c.In(some) && !volatile(t) && !mayFail(t) {
				own = append(own, t)
			}
		}
		if len(own) == 0 {
			return nil
		}
		branches = append(branches, conj(own))
	}
	return anyOf(branches)
}

// impliedTerms returns what the ORs among terms imply of some columns alone.
func impliedTerms(terms []expr.Expr, some ColSet) []expr.Expr {
	var out []expr.Expr
	for _, t := range terms {
		if or, ok := t.(*expr.Or); ok {
			if e := impliedByOr(or, some); e != nil && !expr.Equal(e, or) {
				out = append(out, e)
			}
		}
	}
	return out
}

// anyOf returns the OR of the branches, without those that stand twice.
func anyOf(branches []expr.Expr) expr.Expr { return simplifyExpr(&expr.Or{Terms: branches}) }

func containsExpr(es []expr.Expr, e expr.Expr) bool {
	for _, x := range es {
		if expr.Equal(x, e) {
			return true
		}
	}
	return false
}
