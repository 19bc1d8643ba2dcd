package planner

import (
	"gsql/exec/expr"
)

// filterWith gives the query of a WITH that stays the condition that one of its uses keeps a row: where all uses filter,
// rows that none of them wants are not made. The uses filter as before. AS MATERIALIZED asks for the whole result.
func filterWith(o *optimizer, n Node) Node {
	n = mapInputs(n, func(i Node) Node { return filterWith(o, i) })
	w, ok := n.(*With)
	if !ok || w.Materialized == MaterializeAlways {
		return n
	}
	uses := usesOf(w)
	if len(uses) == 0 {
		return n
	}
	branches := make([]expr.Expr, len(uses))
	for i, terms := range uses {
		if len(terms) == 0 {
			return n
		}
		branches[i] = conj(terms)
	}
	c := *w
	c.Query = exactOutputs(pushDown(w.Query, []expr.Expr{anyOf(branches)}, nil), w.Query.Outputs())
	return &c
}

// usesOf returns, for each use of w, the terms over the columns of w's query that rows must meet there. Terms that may
// fail are none, since a row for them might be one that the other terms reject.
func usesOf(w *With) [][]expr.Expr {
	var uses [][]expr.Expr
	filtered := map[*CTERef][]expr.Expr{}
	walkNodes(w.Body, func(n Node) {
		switch n := n.(type) {
		case *Filter:
			if ref, ok := n.Input.(*CTERef); ok && ref.CTE == w.CTE {
				filtered[ref] = expr.Conjuncts(n.Cond)
			}
		case *CTERef:
			if n.CTE != w.CTE {
				return
			}
			m := map[expr.ColID]expr.Expr{}
			for i, c := range n.Cols {
				f := c
				f.ID = n.From[i]
				m[c.ID] = fieldColumn(f)
			}
			var own []expr.Expr
			for _, t := range filtered[n] {
				if c := exprCols(t); !c.Empty() && c.In(outputSet(n)) && !volatile(t) && !mayFail(t) {
					own = append(own, Subst(t, m))
				}
			}
			uses = append(uses, own)
		}
	})
	return uses
}
