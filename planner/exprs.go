package planner

import (
	"slices"

	"gsql/exec/expr"
)

// Exprs returns the expressions of one node, in a fixed order; those of its inputs left out.
func Exprs(n Node) []expr.Expr {
	var es []expr.Expr
	MapExprs(n, func(e expr.Expr) expr.Expr {
		es = append(es, e)
		return e
	})
	return es
}

// MapExprs returns n with f applied to each of its expressions, n itself when f changed none. The terms of
// an Aggregate must stay *expr.Aggregate, those of a Window *expr.Window and those of a Recursion *expr.Subquery.
func MapExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	switch n := n.(type) {
	case *Scan:
		if p, changed := mapList(n.Prune, f); changed {
			c := *n
			c.Prune = p
			return &c
		}
	case *Values:
		rows, changed := n.Rows, false
		for i, r := range n.Rows {
			x, ch := mapList(r, f)
			if !ch {
				continue
			}
			if !changed {
				rows, changed = slices.Clone(n.Rows), true
			}
			rows[i] = x
		}
		if changed {
			c := *n
			c.Rows = rows
			return &c
		}
	case *Filter:
		if e := f(n.Cond); e != n.Cond {
			return &Filter{n.Input, e}
		}
	case *Project:
		if items, changed := mapItems(n.Items, f); changed {
			return &Project{n.Input, items}
		}
	case *Aggregate:
		groups, a := mapItems(n.Groups, f)
		aggs, b := mapItems(n.Aggs, f)
		if a || b {
			return &Aggregate{n.Input, groups, aggs}
		}
	case *Window:
		if items, changed := mapItems(n.Items, f); changed {
			return &Window{n.Input, items}
		}
	case *Expand:
		if keys, changed := mapItems(n.Keys, f); changed {
			c := *n
			c.Keys = keys
			return &c
		}
	case *ProjectSet:
		if arrays, changed := mapList(n.Arrays, f); changed {
			c := *n
			c.Arrays = arrays
			return &c
		}
	case *Join:
		if n.On != nil {
			if e := f(n.On); e != n.On {
				c := *n
				c.On = e
				return &c
			}
		}
	case *AsofJoin:
		return n.mapExprs(f)
	case *Sample:
		return n.mapExprs(f)
	case *Recursion:
		return n.mapExprs(f)
	case *Sort:
		if keys, changed := mapKeys(n.Keys, f); changed {
			return &Sort{n.Input, keys}
		}
	case *Limit:
		off, count := n.Offset, n.Count
		if off != nil {
			off = f(off)
		}
		if count != nil {
			count = f(count)
		}
		if off != n.Offset || count != n.Count {
			return &Limit{n.Input, off, count}
		}
	case *TopN:
		if keys, changed := mapKeys(n.Keys, f); changed {
			return &TopN{n.Input, keys, n.Offset, n.Count}
		}
	case *DistinctOn:
		on, a := mapList(n.On, f)
		keys, b := mapKeys(n.Keys, f)
		if a || b {
			return &DistinctOn{n.Input, on, keys}
		}
	case *SetOp, *OneRow, *With, *CTERef:
	default:
		panic(unknownNode(n))
	}
	return n
}

func mapList(es []expr.Expr, f func(expr.Expr) expr.Expr) ([]expr.Expr, bool) {
	changed := false
	out := es
	for i, e := range es {
		x := f(e)
		if x == e {
			continue
		}
		if !changed {
			out, changed = slices.Clone(es), true
		}
		out[i] = x
	}
	return out, changed
}

func mapItems(items []Item, f func(expr.Expr) expr.Expr) ([]Item, bool) {
	changed := false
	out := items
	for i, it := range items {
		x := f(it.Expr)
		if x == it.Expr {
			continue
		}
		if !changed {
			out, changed = slices.Clone(items), true
		}
		out[i].Expr = x
	}
	return out, changed
}

func mapKeys(keys []expr.SortKey, f func(expr.Expr) expr.Expr) ([]expr.SortKey, bool) {
	changed := false
	out := keys
	for i, k := range keys {
		x := f(k.Expr)
		if x == k.Expr {
			continue
		}
		if !changed {
			out, changed = slices.Clone(keys), true
		}
		out[i].Expr = x
	}
	return out, changed
}
