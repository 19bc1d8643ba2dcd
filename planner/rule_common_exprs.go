package planner

import (
	"gsql/exec/expr"
)

// commonExprs computes an expression that a node uses more than once in a Project below it, and an aggregate
// that stands twice once.
func commonExprs(o *optimizer, n Node) (Node, error) {
	n, err := mapInputsErr(n, func(i Node) (Node, error) { return commonExprs(o, i) })
	if err != nil {
		return nil, err
	}
	switch x := n.(type) {
	case *Aggregate:
		if d := dedupeAggregates(x); d != nil {
			d.Input = o.shareExprs(d.Input)
			return d, nil
		}
		return o.shareExprs(x), nil
	case *Project, *Window:
		return o.shareExprs(n), nil
	}
	return n, nil
}

// shareExprs extracts the common subexpressions of one node.
func (o *optimizer) shareExprs(n Node) Node {
	c := &commonCounter{}
	for _, e := range Exprs(n) {
		c.count(e, true)
	}
	if !c.twice {
		return n
	}
	var items []Item
	made := map[string]Item{}
	var replace func(e expr.Expr) expr.Expr
	replace = func(e expr.Expr) expr.Expr {
		if worthSharing(e) {
			k := expr.Key(e)
			if c.total[k] > 1 && c.sure[k] {
				it, ok := made[k]
				if !ok {
					it = Item{o.newID(), "common", e}
					made[k] = it
					items = append(items, it)
				}
				return it.Column()
			}
		}
		return expr.MapChildren(e, replace)
	}
	m := MapExprs(n, replace)
	if len(items) == 0 {
		return n
	}
	in := m.Inputs()[0]
	return m.WithInputs([]Node{&Project{in, append(passFields(Fields(in)), items...)}})
}

type commonCounter struct {
	twice bool // there is an expression that stands twice
	total map[string]int
	sure  map[string]bool // evaluated for every row, so that extracting it raises no new errors
}

func (c *commonCounter) count(e expr.Expr, sure bool) {
	if worthSharing(e) {
		k := expr.Key(e)
		if c.total == nil {
			c.total, c.sure = map[string]int{}, map[string]bool{}
		}
		c.total[k]++
		c.twice = c.twice || c.total[k] > 1
		c.sure[k] = c.sure[k] || sure || !mayFail(e)
	}
	switch x := e.(type) {
	case *expr.Case:
		for i, w := range x.Whens {
			c.count(w.Cond, sure && i == 0)
			c.count(w.Then, false)
		}
		if x.Else != nil {
			c.count(x.Else, false)
		}
		return
	case *expr.Coalesce:
		for i, a := range x.Args {
			c.count(a, sure && i == 0)
		}
		return
	case *expr.Lambda: // its body is evaluated for elements, not for rows
		c.count(x.List, sure)
		return
	case *expr.And, *expr.Or:
		sure = false
	case *expr.Aggregate:
		sure = sure && x.Filter == nil
	}
	for _, k := range expr.Children(e) {
		c.count(k, sure)
	}
}

// worthSharing reports whether e costs more than reading a column.
func worthSharing(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Call, *expr.Case:
		return !volatile(e) && !exprCols(e).Empty()
	}
	return false
}

// dedupeAggregates computes aggregates that stand twice once; nil when there are none.
func dedupeAggregates(n *Aggregate) *Project {
	same := map[string]Item{}
	var keep []Item
	items := make([]Item, 0, len(n.Groups)+len(n.Aggs))
	for _, g := range n.Groups {
		items = append(items, Item{g.ID, g.Name, g.Column()})
	}
	for _, it := range n.Aggs {
		k := expr.Key(it.Expr)
		first, dup := same[k]
		if !dup || volatile(it.Expr) {
			same[k], first = it, it
			keep = append(keep, it)
		}
		items = append(items, Item{it.ID, it.Name, first.Column()})
	}
	if len(keep) == len(n.Aggs) {
		return nil
	}
	return &Project{&Aggregate{n.Input, n.Groups, keep}, items}
}
