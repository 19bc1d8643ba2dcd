package planner

import "gsql/exec/expr"

// scanHints copies filters and limits that stand over a scan into it, for storage to leave out what cannot
// matter. The filters stay, since storage may give more than asked.
func scanHints(o *optimizer, n Node) Node {
	switch x := n.(type) {
	case *Filter:
		s, ok := x.Input.(*Scan)
		if !ok {
			break
		}
		var prune []expr.Expr
		for _, t := range expr.Conjuncts(x.Cond) {
			if !volatile(t) && !exprCols(t).Empty() && !containsExpr(s.Prune, t) {
				prune = append(prune, t)
			}
		}
		if len(prune) == 0 {
			return n
		}
		c := *s
		c.Prune = append(append([]expr.Expr(nil), s.Prune...), prune...)
		return &Filter{&c, x.Cond}
	case *Limit:
		if offset, count, ok := limitNumbers(x); ok && count >= 0 {
			if in := limitScan(x.Input, addLimits(offset, count)); in != nil {
				return &Limit{in, x.Offset, x.Count}
			}
		}
	}
	return mapInputs(n, func(i Node) Node { return scanHints(o, i) })
}

// limitScan tells a scan below projections how many rows are wanted; nil when there is none.
func limitScan(n Node, rows int64) Node {
	switch n := n.(type) {
	case *Scan:
		c := *n
		c.Limit = rows
		return &c
	case *Project:
		if in := limitScan(n.Input, rows); in != nil {
			return n.WithInputs([]Node{in})
		}
	}
	return nil
}
