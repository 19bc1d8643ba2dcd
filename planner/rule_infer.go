package planner

import (
	"gsql/exec/expr"
)

// infer carries conditions on one side of an equality over to the other: a = b AND a < 5 implies b < 5. It
// adds the implied conditions as filters on the inputs of joins; a later push takes them down. Only
// conditions of one column with constants are carried.
func infer(o *optimizer, n Node) Node {
	return bottomUp(n, func(n Node) Node {
		j, ok := n.(*Join)
		if !ok || j.On == nil || j.Lateral {
			return n
		}
		switch j.Kind {
		case InnerJoin, SemiJoin:
		case LeftJoin, SingleJoin, AntiJoin: // the right side only
		default:
			return n
		}
		leftFacts, rightFacts := facts(j.Left), facts(j.Right)
		var toLeft, toRight []expr.Expr
		left := outputSet(j.Left)
		for _, t := range expr.Conjuncts(j.On) {
			l, r, ok := columnEquality(t)
			if !ok || left.Has(l.ID) == left.Has(r.ID) {
				continue
			}
			if !left.Has(l.ID) {
				l, r = r, l
			}
			toRight = append(toRight, carry(leftFacts, l, r, rightFacts)...)
			if j.Kind == InnerJoin || j.Kind == SemiJoin {
				toLeft = append(toLeft, carry(rightFacts, r, l, leftFacts)...)
			}
		}
		if len(toLeft)+len(toRight) == 0 {
			return n
		}
		c := *j
		c.Left, c.Right = filter(j.Left, toLeft), filter(j.Right, toRight)
		return &c
	})
}

// columnEquality returns the columns of an equality of two columns of one type.
func columnEquality(t expr.Expr) (l, r *expr.Column, ok bool) {
	a, b, ok := equality(t)
	if !ok {
		return nil, nil, false
	}
	l, ok1 := a.(*expr.Column)
	r, ok2 := b.(*expr.Column)
	return l, r, ok1 && ok2 && l.Typ.ID == r.Typ.ID && l.Typ.Scale == r.Typ.Scale
}

// carry returns the facts about from, said of to, that are not known yet.
func carry(known []expr.Expr, from, to *expr.Column, have []expr.Expr) []expr.Expr {
	var out []expr.Expr
	m := map[expr.ColID]expr.Expr{from.ID: to}
	for _, f := range known {
		if c := exprCols(f); c.Len() != 1 || !c.Has(from.ID) {
			continue
		}
		if t := Subst(f, m); !containsExpr(have, t) && !containsExpr(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// facts returns conditions of one column with constants that all rows of n meet.
func facts(n Node) []expr.Expr {
	switch n := n.(type) {
	case *Filter:
		out := facts(n.Input)
		for _, t := range expr.Conjuncts(n.Cond) {
			if isFact(t) {
				out = append(out, t)
			}
		}
		return out
	case *Sort, *Limit, *TopN, *DistinctOn:
		return facts(n.Inputs()[0])
	case *Window:
		return facts(n.Input)
	case *ProjectSet, *Expand:
		return facts(n.Inputs()[0])
	case *AsofJoin:
		return facts(n.Left)
	case *With:
		return facts(n.Body)
	case *Join:
		switch n.Kind {
		case InnerJoin:
			return append(facts(n.Left), facts(n.Right)...)
		case LeftJoin, SemiJoin, AntiJoin, MarkJoin, SingleJoin:
			return facts(n.Left)
		case RightJoin:
			return facts(n.Right)
		}
	case *Project:
		return renamedFacts(n.Input, n.Items)
	case *Aggregate:
		return renamedFacts(n.Input, n.Groups)
	}
	return nil
}

// renamedFacts returns the facts of the input about columns that items pass on, under their new IDs.
func renamedFacts(in Node, items []Item) []expr.Expr {
	known := facts(in)
	if len(known) == 0 {
		return nil
	}
	var out []expr.Expr
	for _, it := range items {
		if c, ok := it.Expr.(*expr.Column); ok {
			out = append(out, carry(known, c, it.Column(), nil)...)
		}
	}
	return out
}

// isFact reports whether t compares one column with constants.
func isFact(t expr.Expr) bool {
	if volatile(t) || exprCols(t).Len() != 1 || mayFail(t) {
		return false
	}
	switch e := t.(type) {
	case *expr.Call:
		_, l, r, ok := comparison(e)
		if !ok {
			return e.Fn.Name == "~~" && isColumn(e.Args[0]) && isConst(e.Args[1])
		}
		return isColumn(l) && isConst(r) || isColumn(r) && isConst(l)
	case *expr.In:
		return isColumn(e.Arg)
	case *expr.Or:
		for _, x := range e.Terms {
			if !isFact(x) {
				return false
			}
		}
		return true
	case *expr.And:
		for _, x := range e.Terms {
			if !isFact(x) {
				return false
			}
		}
		return true
	}
	return false
}

func isColumn(e expr.Expr) bool {
	_, ok := e.(*expr.Column)
	return ok
}
