package planner

import (
	"gsql/exec/expr"
)

// pullUp pulls the correlated conditions and columns of the inner side up into the join.
func (u *unnester) pullUp(j *Join) (Node, error) {
	right := j.Right
	if j.Kind == SemiJoin || j.Kind == AntiJoin || j.Kind == MarkJoin {
		if a, ok := right.(*Aggregate); ok && len(a.Aggs) == 0 && len(a.Groups) > 0 { // DISTINCT
			right = &Project{a.Input, a.Groups}
		}
	}
	if j.Kind == FullJoin || j.Kind == RightJoin || j.Kind == MarkJoin && !j.TwoValued {
		return nil, nil
	}
	p := u.pull(right)
	if p == nil {
		return nil, nil
	}
	m := map[expr.ColID]expr.Expr{}
	for _, it := range p.items {
		m[it.ID] = it.Expr
	}
	c := *j
	c.Left, c.Right, c.Lateral = u.left, p.node, false
	c.On = conj(append(append([]expr.Expr(nil), p.terms...), substAll(expr.Conjuncts(j.On), m)...))
	if len(p.items) == 0 || j.Kind == SemiJoin || j.Kind == AntiJoin || j.Kind == MarkJoin {
		return &c, nil
	}
	return u.itemsAbove(&c, p.items), nil
}

// itemsAbove computes deferred items over a join, guarded by a marker where the join is an outer one.
func (u *unnester) itemsAbove(j *Join, items []Item) Node {
	var matched expr.Expr
	if j.Kind != InnerJoin {
		marker := Item{u.newID(), "matched", expr.Bool(true)}
		j.Right = &Project{j.Right, append(passFields(Fields(j.Right)), marker)}
		matched = isNotNull(marker.Column())
	}
	all := passFields(Fields(j))
	for _, it := range items {
		if matched != nil {
			it.Expr = &expr.Case{Whens: []expr.When{{Cond: matched, Then: it.Expr}}, Typ: it.Expr.Type()}
		}
		all = append(all, it)
	}
	return &Project{j, all}
}

// pulled is an inner side freed of correlation: the node, conditions for the join, and output columns that
// must be computed above it.
type pulled struct {
	node  Node
	terms []expr.Expr
	items []Item
}

// pull frees n of correlation, or returns nil.
func (u *unnester) pull(n Node) *pulled {
	if !Free(n).Intersects(u.corr) {
		return &pulled{node: n}
	}
	switch n := n.(type) {
	case *Sort:
		return u.pull(n.Input)
	case *Filter:
		p := u.pull(n.Input)
		if p == nil {
			return nil
		}
		var stay []expr.Expr
		for _, t := range substAll(expr.Conjuncts(n.Cond), itemMap(p.items)) {
			if exprCols(t).Intersects(u.corr) || len(p.terms) > 0 && mayFail(t) {
				p.terms = append(p.terms, t)
			} else {
				stay = append(stay, t)
			}
		}
		p.node = filter(p.node, stay)
		p.terms = orderTerms(p.terms)
		return p
	case *Project:
		return u.pullProject(n)
	case *With:
		p := u.pull(n.Body)
		if p == nil || Free(n.Query).Intersects(u.corr) {
			return nil
		}
		w := *n
		w.Body = p.node
		p.node = &w
		return p
	case *Join:
		return u.pullJoin(n)
	}
	return nil
}

func itemMap(items []Item) map[expr.ColID]expr.Expr {
	m := map[expr.ColID]expr.Expr{}
	for _, it := range items {
		m[it.ID] = it.Expr
	}
	return m
}

func (u *unnester) pullProject(n *Project) *pulled {
	if volatile(Exprs(n)...) {
		return nil
	}
	p := u.pull(n.Input)
	if p == nil {
		return nil
	}
	m := itemMap(p.items)
	var keep, defer_ []Item
	for _, it := range n.Items {
		it.Expr = Subst(it.Expr, m)
		if exprCols(it.Expr).Intersects(u.corr) || mayFail(it.Expr) {
			defer_ = append(defer_, it)
		} else {
			keep = append(keep, it)
		}
	}
	need := exprCols(p.terms...)
	for _, it := range defer_ {
		addCols(it.Expr, &need)
	}
	have := colSet(itemIDs(nil, keep)...)
	for _, f := range Fields(p.node) {
		if need.Has(f.ID) && !have.Has(f.ID) {
			keep = append(keep, passField(f))
		}
	}
	return &pulled{&Project{p.node, keep}, p.terms, defer_}
}

func (u *unnester) pullJoin(n *Join) *pulled {
	if n.Lateral {
		return nil
	}
	l := u.pull(n.Left)
	if l == nil {
		return nil
	}
	if n.Kind != InnerJoin {
		return u.pullLeft(n, l)
	}
	r := u.pull(n.Right)
	if r == nil {
		return nil
	}
	p := &pulled{terms: append(l.terms, r.terms...), items: append(l.items, r.items...)}
	var on []expr.Expr
	for _, t := range substAll(expr.Conjuncts(n.On), itemMap(p.items)) {
		if exprCols(t).Intersects(u.corr) {
			p.terms = append(p.terms, t)
		} else {
			on = append(on, t)
		}
	}
	p.node = &Join{Kind: InnerJoin, Left: l.node, Right: r.node, On: conj(on)}
	return p
}

// pullLeft completes pulling through a join that keeps its left rows apart; only they may be correlated.
func (u *unnester) pullLeft(n *Join, l *pulled) *pulled {
	switch n.Kind {
	case SemiJoin, AntiJoin, LeftJoin, MarkJoin:
	default: // a Single join raises errors for rows that the correlated conditions would leave out
		return nil
	}
	on := Subst(n.On, itemMap(l.items))
	if Free(n.Right).Intersects(u.corr) || on != nil && exprCols(on).Intersects(u.corr) {
		return nil
	}
	c := *n
	c.Left, c.On = l.node, on
	return &pulled{&c, l.terms, l.items}
}
