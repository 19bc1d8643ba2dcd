package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
)

// pruneColumns drops columns that nobody uses, from the top down, and joins that only added such columns.
func pruneColumns(o *optimizer, n Node) Node { return prune(n, outputSet(n)) }

// prune returns n with at least the columns in need; n itself when it and its inputs have no others.
func prune(n Node, need ColSet) Node {
	switch n := n.(type) {
	case *Scan:
		return pruneScan(n, need)
	case *Values:
		return pruneValues(n, need)
	case *CTERef:
		c := *n
		c.From, c.Cols = nil, nil
		for i, f := range n.Cols {
			if need.Has(f.ID) || i == len(n.Cols)-1 && len(c.Cols) == 0 {
				c.From, c.Cols = append(c.From, n.From[i]), append(c.Cols, f)
			}
		}
		if len(c.Cols) == len(n.Cols) {
			return n
		}
		return &c
	case *Filter, *Sample, *Sort, *Limit, *TopN, *DistinctOn:
		below := need.Union(exprCols(Exprs(n)...))
		return mapInputs(n, func(i Node) Node { return prune(i, below) })
	case *OneRow:
		return n.WithInputs([]Node{narrowTo(prune(n.Input, need), need)})
	case *Project:
		items := keepItems(n.Items, need, true)
		input := prune(n.Input, itemCols(items))
		if len(items) == len(n.Items) && input == n.Input {
			return n
		}
		return &Project{input, items}
	case *Aggregate:
		aggs := keepItems(n.Aggs, need, len(n.Groups) == 0)
		input := prune(n.Input, itemCols(n.Groups).Union(itemCols(aggs)))
		if len(aggs) == len(n.Aggs) && input == n.Input {
			return n
		}
		return &Aggregate{input, n.Groups, aggs}
	case *Window:
		items := keepItems(n.Items, need, false)
		if len(items) == 0 {
			return prune(n.Input, need)
		}
		below := need.Minus(colSet(itemIDs(nil, n.Items)...)).Union(itemCols(items))
		input := prune(n.Input, below)
		if len(items) == len(n.Items) && input == n.Input {
			return n
		}
		return &Window{input, items}
	case *Expand:
		c := n.only(need)
		below := need.Minus(colSet(fieldIDs(n.added())...)).Union(itemCols(c.Keys))
		return c.WithInputs([]Node{prune(n.Input, below)})
	case *ProjectSet:
		below := need.Minus(colSet(fieldIDs(n.added())...)).Union(exprCols(n.Arrays...))
		return n.WithInputs([]Node{prune(n.Input, below)})
	case *Recursion:
		return mapInputs(n, func(i Node) Node { return prune(i, outputSet(i)) })
	case *Join:
		return pruneJoin(n, need)
	case *AsofJoin:
		return pruneAsof(n, need)
	case *SetOp:
		return pruneSetOp(n, need)
	case *With:
		body := prune(n.Body, need)
		var used ColSet
		walkNodes(body, func(x Node) {
			if r, ok := x.(*CTERef); ok && r.CTE == n.CTE {
				for _, id := range r.From {
					used.Add(id)
				}
			}
		})
		if used.Empty() && countRefs(body, n.CTE) == 0 {
			return body
		}
		return n.WithInputs([]Node{narrowTo(prune(n.Query, used), used), body})
	}
	panic(unknownNode(n))
}

func itemCols(items []Item) ColSet {
	var s ColSet
	for _, it := range items {
		addCols(it.Expr, &s)
	}
	return s
}

// keepItems returns the items in need, in their order, and one at least if one is asked for.
func keepItems(items []Item, need ColSet, one bool) []Item {
	var keep []Item
	for _, it := range items {
		if need.Has(it.ID) {
			keep = append(keep, it)
		}
	}
	if len(keep) == 0 && one && len(items) > 0 {
		keep = items[:1]
		for _, it := range items { // a constant costs nothing
			if isConst(it.Expr) {
				return []Item{it}
			}
		}
	}
	return keep
}

func pruneScan(n *Scan, need ColSet) Node {
	need = need.Union(exprCols(n.Prune...))
	var cols []ScanColumn
	for _, c := range n.Cols {
		if need.Has(c.ID) {
			cols = append(cols, c)
		}
	}
	if len(cols) == len(n.Cols) {
		return n
	}
	c := *n
	c.Cols = cols
	return &c
}

func pruneValues(n *Values, need ColSet) Node {
	var cols []exec.Field
	rows := make([][]expr.Expr, len(n.Rows))
	for i := range rows {
		rows[i] = []expr.Expr{}
	}
	for k, f := range n.Cols {
		if !need.Has(f.ID) {
			continue
		}
		cols = append(cols, f)
		for i, r := range n.Rows {
			rows[i] = append(rows[i], r[k])
		}
	}
	if len(cols) == len(n.Cols) {
		return n
	}
	return &Values{cols, rows}
}

func pruneJoin(n *Join, need ColSet) Node {
	right := outputSet(n.Right)
	unused := !need.Intersects(right)
	switch n.Kind {
	case MarkJoin:
		if !need.Has(n.Mark.ID) {
			return prune(n.Left, need)
		}
	case LeftJoin:
		keys, _ := splitKeys(expr.Conjuncts(n.On), outputSet(n.Left))
		if unused && uniqueOn(n.Right, rightColumns(keys)) {
			return prune(n.Left, need)
		}
	case InnerJoin:
		if unused && n.On == nil && exactlyOne(n.Right) {
			return prune(n.Left, need)
		}
		if n.On == nil && !need.Intersects(outputSet(n.Left)) && exactlyOne(n.Left) {
			return prune(n.Right, need)
		}
	}
	below := need
	if n.On != nil {
		below = need.Union(exprCols(n.On))
	}
	l, r := below.And(outputSet(n.Left)), below.And(right)
	return n.WithInputs([]Node{narrowTo(prune(n.Left, l), l), narrowTo(prune(n.Right, r), r)})
}

// narrowTo puts a Project over n when n has columns that are not needed any more, so that they are not
// carried through a join or kept in its table. Filters over scans on the way are as cheap with them.
func narrowTo(n Node, need ColSet) Node {
	if need.Empty() || outputSet(n).In(need) {
		return n
	}
	var items []Item
	for _, f := range Fields(n) {
		if need.Has(f.ID) {
			items = append(items, passField(f))
		}
	}
	return &Project{n, items}
}

func pruneSetOp(n *SetOp, need ColSet) Node {
	if n.Kind != Union || !n.All {
		return mapInputs(n, func(i Node) Node { return exactOutputs(prune(i, outputSet(i)), i.Outputs()) })
	}
	var cols []exec.Field
	var at []int
	for i, f := range n.Cols {
		if need.Has(f.ID) || i == len(n.Cols)-1 && len(cols) == 0 {
			cols, at = append(cols, f), append(at, i)
		}
	}
	in := make([]Node, 2)
	for i, side := range n.Inputs() {
		out := side.Outputs()
		ids := make([]expr.ColID, len(at))
		for k, j := range at {
			ids[k] = out[j]
		}
		in[i] = exactOutputs(prune(side, colSet(ids...)), ids)
	}
	if len(cols) == len(n.Cols) {
		return n.WithInputs(in)
	}
	return &SetOp{n.Kind, n.All, in[0], in[1], cols}
}
