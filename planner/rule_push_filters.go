package planner

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
)

// pushFilters moves every term of every condition to the lowest node that has its columns: through
// projections, aggregations on their keys, windows on their partitions, set operations, and into the sides
// of joins or their conditions. Where an OR may not go, what it implies of the columns there goes. On the way an outer join becomes an inner one where a condition above it
// rejects the NULLs it would make.
func pushFilters(o *optimizer, n Node) Node { return pushDown(n, nil, nil) }

// pushDown returns n with the terms applied, as deep as they may go. known are conditions that hold for
// every row that matters above n without being pushed into it: they serve to find rejected NULLs.
func pushDown(n Node, terms, known []expr.Expr) Node {
	switch n := n.(type) {
	case *Filter:
		return sameFilter(n, pushDown(n.Input, append(expr.Conjuncts(n.Cond), terms...), known))
	case *Project:
		return pushProjectDown(n, terms, known)
	case *Aggregate:
		return pushAggregateDown(n, terms, known)
	case *Window:
		parted := partitionColumns(n)
		down, stay := splitTerms(terms, parted, outputSet(n))
		down = append(down, impliedTerms(stay, parted)...)
		return filter(n.WithInputs([]Node{pushDown(n.Input, down, nil)}), stay)
	case *Expand:
		return pushExpandDown(n, terms)
	case *ProjectSet:
		down, stay := splitTerms(terms, outputSet(n.Input), outputSet(n))
		return filter(n.WithInputs([]Node{pushDown(n.Input, down, nil)}), stay)
	case *Join:
		return pushJoinDown(n, terms, known)
	case *AsofJoin:
		return pushAsofDown(n, terms, known)
	case *Sort:
		down, stay := splitVolatile(terms)
		return filter(n.WithInputs([]Node{pushDown(n.Input, down, known)}), stay)
	case *SetOp:
		return pushSetOpDown(n, terms)
	case *With:
		return n.WithInputs([]Node{pushDown(n.Query, nil, nil), pushDown(n.Body, terms, known)})
	case *Sample, *Limit, *TopN, *DistinctOn, *OneRow, *Recursion:
		return filter(mapInputs(n, func(i Node) Node { return pushDown(i, nil, nil) }), terms)
	case *Scan, *Values, *CTERef:
		return filter(n, terms)
	}
	panic(unknownNode(n))
}

// sameFilter returns n when out, which was made of it, is the same filter.
func sameFilter(n *Filter, out Node) Node {
	if f, ok := out.(*Filter); ok && f.Input == n.Input && expr.Equal(f.Cond, n.Cond) {
		return n
	}
	return out
}

// splitTerms divides terms over a node with the columns all into those over some of them alone, and others.
// Columns of outer rows count as constants. Terms without columns are among the others: they may not move
// below a node that makes rows of its own.
func splitTerms(terms []expr.Expr, some, all ColSet) (in, out []expr.Expr) {
	for _, t := range terms {
		if c := exprCols(t).And(all); !c.Empty() && c.In(some) && !volatile(t) {
			in = append(in, t)
		} else {
			out = append(out, t)
		}
	}
	return in, out
}

func splitVolatile(terms []expr.Expr) (stable, vol []expr.Expr) {
	for _, t := range terms {
		if volatile(t) {
			vol = append(vol, t)
		} else {
			stable = append(stable, t)
		}
	}
	return stable, vol
}

func pushProjectDown(n *Project, terms, known []expr.Expr) Node {
	m := map[expr.ColID]expr.Expr{}
	var fixed ColSet // columns that must be computed once
	for _, it := range n.Items {
		if volatile(it.Expr) {
			fixed.Add(it.ID)
		} else if !it.passes() {
			m[it.ID] = it.Expr
		}
	}
	var down, stay []expr.Expr
	for _, t := range terms {
		if volatile(t) || exprCols(t).Intersects(fixed) {
			stay = append(stay, t)
		} else {
			down = append(down, foldTerm(Subst(t, m)))
		}
	}
	return filter(n.WithInputs([]Node{pushDown(n.Input, down, substAll(known, m))}), stay)
}

// foldTerm folds a condition that became one over constants.
func foldTerm(e expr.Expr) expr.Expr { return expr.Rewrite(foldExpr(e, nil), simplifyExpr) }

func pushAggregateDown(n *Aggregate, terms, known []expr.Expr) Node {
	m := map[expr.ColID]expr.Expr{}
	var keys ColSet
	for _, it := range n.Groups {
		if !volatile(it.Expr) {
			keys.Add(it.ID)
			m[it.ID] = it.Expr
		}
	}
	down, stay := splitTerms(terms, keys, outputSet(n))
	down = append(down, impliedTerms(stay, keys)...)
	holds, _ := splitTerms(known, keys, outputSet(n))
	return filter(n.WithInputs([]Node{pushDown(n.Input, substAll(down, m), substAll(holds, m))}), stay)
}

// partitionColumns returns the columns by which all items of a window are partitioned: rows with equal
// values in them come and go together.
func partitionColumns(n *Window) ColSet {
	var s ColSet
	if w, ok := n.Items[0].Expr.(*expr.Window); ok {
		for _, p := range w.PartitionBy {
			if c, ok := p.(*expr.Column); ok {
				s.Add(c.ID)
			}
		}
	}
	return s
}

func pushSetOpDown(n *SetOp, terms []expr.Expr) Node {
	down, stay := splitVolatile(terms)
	in := make([]Node, 2)
	for i, x := range n.Inputs() {
		m := map[expr.ColID]expr.Expr{}
		for k, f := range Fields(x) {
			m[n.Cols[k].ID] = fieldColumn(f)
		}
		out := x.Outputs()
		in[i] = exactOutputs(pushDown(x, substAll(down, m), nil), out)
	}
	return filter(n.WithInputs(in), stay)
}

func pushJoinDown(n *Join, terms, known []expr.Expr) Node {
	left, right := outputSet(n.Left), outputSet(n.Right)
	all := left.Union(right)
	all.Add(n.Mark.ID)
	above := append(append([]expr.Expr(nil), terms...), known...)
	kind := n.Kind
	if !n.Lateral {
		kind = strengthen(n, above, left, right)
	}
	j := *n
	j.Kind = kind
	on := expr.Conjuncts(n.On)
	var toLeft, toRight, stay []expr.Expr
	switch kind {
	case InnerJoin:
		stable, vol := splitVolatile(append(append([]expr.Expr(nil), terms...), on...))
		stay = vol
		on = nil
		for _, t := range stable {
			switch c := exprCols(t).And(all); {
			case c.In(left): // constants too
				toLeft = append(toLeft, t)
			case c.In(right):
				toRight = append(toRight, t)
			default:
				on = append(on, t)
			}
		}
		toLeft = append(toLeft, impliedTerms(on, left)...)
		toRight = append(toRight, impliedTerms(on, right)...)
	case LeftJoin, SingleJoin:
		toLeft, stay = splitTerms(terms, left, all)
		toRight, on = splitTerms(on, right, all)
	case SemiJoin:
		toLeft, stay = splitVolatile(terms)
		var own []expr.Expr
		toRight, on = splitTerms(on, right, all)
		own, on = splitTerms(on, left, all)
		toLeft = append(toLeft, own...)
	case AntiJoin:
		toLeft, stay = splitVolatile(terms)
		toRight, on = splitTerms(on, right, all)
	case MarkJoin:
		toLeft, stay = splitTerms(terms, left, all)
		if n.TwoValued {
			toRight, on = splitTerms(on, right, all)
		}
	case RightJoin:
		toRight, stay = splitTerms(terms, right, all)
		toLeft, on = splitTerms(on, left, all)
	case FullJoin:
		stay = terms
	}
	j.On = conj(orderTerms(dedupe(on)))
	var knownLeft, knownRight []expr.Expr
	switch kind {
	case InnerJoin, SemiJoin:
		knownLeft, knownRight = append(above, on...), append(above, on...)
	case LeftJoin, SingleJoin, AntiJoin:
		knownLeft, knownRight = above, on
	case MarkJoin:
		knownLeft = above
	case RightJoin:
		knownLeft, knownRight = on, above
	}
	j.Left, j.Right = pushDown(n.Left, toLeft, knownLeft), pushDown(n.Right, toRight, knownRight)
	if j.Kind == n.Kind && expr.Equal(j.On, n.On) {
		j.On = n.On
		if j.Left == n.Left && j.Right == n.Right {
			return filter(n, stay)
		}
	}
	return filter(&j, stay)
}

// strengthen returns the kind of join that n amounts to under conditions that hold above it: an outer join
// whose NULLs are rejected is less outer.
func strengthen(n *Join, above []expr.Expr, left, right ColSet) JoinKind {
	rejects := func(side ColSet) bool {
		for _, t := range above {
			if a := evalWithNulls(t, side); a == absNull || a == absFalse || a == absNotTrue {
				return true
			}
		}
		return false
	}
	switch n.Kind {
	case LeftJoin:
		if rejects(right) {
			return InnerJoin
		}
	case RightJoin:
		if rejects(left) {
			return InnerJoin
		}
	case FullJoin:
		l, r := rejects(left), rejects(right)
		switch {
		case l && r:
			return InnerJoin
		case l:
			return LeftJoin
		case r:
			return RightJoin
		}
	}
	return n.Kind
}

// abstract is what is known of an expression's value.
type abstract uint8

const (
	absAny abstract = iota
	absNull
	absFalse
	absTrue
	absNotTrue // false or NULL
)

// evalWithNulls evaluates e with NULL for the columns in null and anything for others.
func evalWithNulls(e expr.Expr, null ColSet) abstract {
	switch e := e.(type) {
	case *expr.Column:
		if null.Has(e.ID) {
			return absNull
		}
	case *expr.Const:
		if v, isNull, ok := boolOf(e); ok {
			switch {
			case isNull:
				return absNull
			case v:
				return absTrue
			}
			return absFalse
		}
	case *expr.Call:
		if !e.Fn.NotStrict && e.Fn.Volatility != fn.Volatile && anyNull(e.Args, null) {
			return absNull
		}
	case *expr.Cast:
		if e.Cast != nil && e.Cast.Scalar != nil && !e.Cast.Scalar.NotStrict || e.Cast == nil {
			if evalWithNulls(e.Arg, null) == absNull {
				return absNull
			}
		}
	case *expr.In:
		if evalWithNulls(e.Arg, null) == absNull {
			return absNull
		}
	case *expr.Not:
		switch evalWithNulls(e.Arg, null) {
		case absNull:
			return absNull
		case absTrue:
			return absFalse
		case absFalse:
			return absTrue
		}
	case *expr.IsNull:
		if evalWithNulls(e.Arg, null) == absNull {
			if e.Not {
				return absFalse
			}
			return absTrue
		}
	case *expr.And:
		return evalAnd(e.Terms, null)
	case *expr.Or:
		return evalOr(e.Terms, null)
	case *expr.Coalesce:
		for _, a := range e.Args {
			if v := evalWithNulls(a, null); v != absNull {
				return v
			}
		}
		return absNull
	case *expr.Case:
		for _, w := range e.Whens {
			switch evalWithNulls(w.Cond, null) {
			case absTrue:
				return evalWithNulls(w.Then, null)
			case absNull, absFalse, absNotTrue:
				continue
			}
			return absAny
		}
		if e.Else == nil {
			return absNull
		}
		return evalWithNulls(e.Else, null)
	}
	return absAny
}

func anyNull(es []expr.Expr, null ColSet) bool {
	for _, e := range es {
		if evalWithNulls(e, null) == absNull {
			return true
		}
	}
	return false
}

func evalAnd(terms []expr.Expr, null ColSet) abstract {
	out := absTrue
	for _, t := range terms {
		switch v := evalWithNulls(t, null); {
		case v == absFalse:
			return absFalse
		case v == absNull || v == absNotTrue:
			out = absNotTrue
		case v == absAny && out == absTrue:
			out = absAny
		}
	}
	return out
}

func evalOr(terms []expr.Expr, null ColSet) abstract {
	out := absFalse
	for _, t := range terms {
		switch v := evalWithNulls(t, null); v {
		case absTrue:
			return absTrue
		case absAny:
			out = absAny
		case absNull, absNotTrue:
			if out != absAny {
				out = absNotTrue
			}
		}
	}
	return out
}
