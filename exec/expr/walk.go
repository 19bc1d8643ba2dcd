package expr

import "slices"

// Children returns the direct subexpressions of e in order; of a Subquery only Cond.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Cast:
		return []Expr{e.Arg}
	case *And:
		return e.Terms
	case *Or:
		return e.Terms
	case *Not:
		return []Expr{e.Arg}
	case *IsNull:
		return []Expr{e.Arg}
	case *Case:
		var c []Expr
		for _, w := range e.Whens {
			c = append(c, w.Cond, w.Then)
		}
		if e.Else != nil {
			c = append(c, e.Else)
		}
		return c
	case *Coalesce:
		return e.Args
	case *In:
		return []Expr{e.Arg}
	case *Lambda:
		if e.Init != nil {
			return []Expr{e.List, e.Body, e.Init}
		}
		return []Expr{e.List, e.Body}
	case *Aggregate:
		c := append([]Expr(nil), e.Args...)
		if e.Filter != nil {
			c = append(c, e.Filter)
		}
		for _, k := range e.OrderBy {
			c = append(c, k.Expr)
		}
		return c
	case *Window:
		c := append([]Expr(nil), e.Args...)
		if e.Agg != nil {
			c = append(c, e.Agg)
		}
		c = append(c, e.PartitionBy...)
		for _, k := range e.OrderBy {
			c = append(c, k.Expr)
		}
		for _, b := range []Bound{e.Frame.Start, e.Frame.End} {
			if b.Offset != nil {
				c = append(c, b.Offset)
			}
		}
		return c
	case *Subquery:
		if e.Cond != nil {
			return []Expr{e.Cond}
		}
	}
	return nil
}

// Walk calls f for e and its subexpressions, parents first, and goes no deeper where f returns false.
// It does not enter the queries of subqueries.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, c := range Children(e) {
		Walk(c, f)
	}
}

// Rewrite returns e with f applied to every subexpression from the leaves up. Where f returns its
// argument everywhere below a node, the node itself is kept.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return f(rewriteChildren(e, func(c Expr) Expr { return Rewrite(c, f) }))
}

// MapChildren returns e with f applied to its direct subexpressions, e itself when f changed none. It is for
// rewriting from the root down, where Rewrite goes from the leaves up.
func MapChildren(e Expr, f func(Expr) Expr) Expr { return rewriteChildren(e, f) }

func rewriteChildren(e Expr, f func(Expr) Expr) Expr {
	old := Children(e)
	if len(old) == 0 {
		return e
	}
	var c []Expr // once one has changed
	for i, o := range old {
		x := f(o)
		if x == o {
			continue
		}
		if c == nil {
			c = slices.Clone(old)
		}
		c[i] = x
	}
	if c == nil {
		return e
	}
	next := func() Expr { x := c[0]; c = c[1:]; return x }
	keys := func(old []SortKey) []SortKey {
		k := append([]SortKey(nil), old...)
		for i := range k {
			k[i].Expr = next()
		}
		return k
	}
	switch e := e.(type) {
	case *Call:
		return &Call{e.Fn, c, e.Typ}
	case *Cast:
		return &Cast{e.Cast, c[0], e.Typ}
	case *And:
		return &And{c}
	case *Or:
		return &Or{c}
	case *Not:
		return &Not{c[0]}
	case *IsNull:
		return &IsNull{c[0], e.Not}
	case *Case:
		n := &Case{Typ: e.Typ}
		for range e.Whens {
			cond := next()
			n.Whens = append(n.Whens, When{cond, next()})
		}
		if e.Else != nil {
			n.Else = next()
		}
		return n
	case *Coalesce:
		return &Coalesce{c, e.Typ}
	case *In:
		return &In{c[0], e.List, e.Eq}
	case *Lambda:
		n := *e
		n.List, n.Body = next(), next()
		if e.Init != nil {
			n.Init = next()
		}
		return &n
	case *Aggregate:
		n := *e
		n.Args, c = c[:len(e.Args):len(e.Args)], c[len(e.Args):]
		if e.Filter != nil {
			n.Filter = next()
		}
		n.OrderBy = keys(e.OrderBy)
		return &n
	case *Window:
		n := *e
		n.Args, c = c[:len(e.Args):len(e.Args)], c[len(e.Args):]
		if e.Agg != nil {
			n.Agg = next().(*Aggregate)
		}
		n.PartitionBy, c = c[:len(e.PartitionBy):len(e.PartitionBy)], c[len(e.PartitionBy):]
		n.OrderBy = keys(e.OrderBy)
		for _, b := range []*Bound{&n.Frame.Start, &n.Frame.End} {
			if b.Offset != nil {
				b.Offset = next()
			}
		}
		return &n
	case *Subquery:
		n := *e
		n.Cond = c[0]
		return &n
	}
	panic("expr: Children and rewriteChildren disagree")
}

// Columns calls f for every Column in e, subqueries' queries left out.
func Columns(e Expr, f func(*Column)) {
	Walk(e, func(x Expr) bool {
		if c, ok := x.(*Column); ok {
			f(c)
		}
		return true
	})
}
