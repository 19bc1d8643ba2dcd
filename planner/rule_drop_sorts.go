package planner

import (
	"gsql/exec/expr"
)

// dropSorts drops orders that nobody sees: below joins, groupings and other sorts. An aggregate that depends
// on the order of its input takes the order of a sort below into its own ORDER BY.
func dropSorts(o *optimizer, n Node) Node { return dropSort(n, true) }

// dropSort drops the sorts of n where seen says that n's order does not matter.
func dropSort(n Node, seen bool) Node {
	switch n := n.(type) {
	case *Sort:
		if !seen || len(n.Keys) == 0 {
			return dropSort(n.Input, false)
		}
		return mapInputs(n, func(i Node) Node { return dropSort(i, false) })
	case *Project, *ProjectSet, *Filter:
		return mapInputs(n, func(i Node) Node { return dropSort(i, seen) })
	case *Limit, *DistinctOn:
		return mapInputs(n, func(i Node) Node { return dropSort(i, true) })
	case *With:
		return n.WithInputs([]Node{dropSort(n.Query, false), dropSort(n.Body, seen)})
	case *Aggregate:
		n = takeOrder(n)
		return mapInputs(n, func(i Node) Node { return dropSort(i, false) })
	case *Window:
		return mapInputs(n, func(i Node) Node { return dropSort(i, seesOrder(n)) })
	default:
		return mapInputs(n, func(i Node) Node { return dropSort(i, false) })
	}
}

// seesOrder reports whether values of n depend on the order of its input, such as row_number() OVER (). Where there are
// partitions, nobody expects one.
func seesOrder(n *Window) bool {
	for _, it := range n.Items {
		w := it.Expr.(*expr.Window)
		if len(w.PartitionBy) == 0 && len(w.OrderBy) == 0 && (w.Fn != nil || w.Agg.Fn.OrderSensitive || w.Frame.Mode == expr.Rows) {
			return true
		}
	}
	return false
}

func takeOrder(n *Aggregate) *Aggregate {
	sensitive := func(e expr.Expr) *expr.Aggregate {
		a := e.(*expr.Aggregate)
		if a.Fn.OrderSensitive && len(a.OrderBy) == 0 && !a.Distinct {
			return a
		}
		return nil
	}
	any := false
	for _, it := range n.Aggs {
		any = any || sensitive(it.Expr) != nil
	}
	if !any {
		return n
	}
	keys, in := orderOf(n.Input)
	if len(keys) == 0 || !exprCols(sortExprs(keys)...).In(outputSet(in)) {
		return n
	}
	aggs, _ := mapItems(n.Aggs, func(e expr.Expr) expr.Expr {
		if a := sensitive(e); a != nil {
			c := *a
			c.OrderBy = keys
			return &c
		}
		return e
	})
	return &Aggregate{in, n.Groups, aggs}
}
