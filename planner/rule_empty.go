package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
)

// dropEmpty puts an empty VALUES in the place of what can have no rows: below a filter that is never true,
// and above where an empty input makes an empty output.
func dropEmpty(o *optimizer, n Node) Node {
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Filter:
			for _, t := range expr.Conjuncts(n.Cond) {
				if neverTrue(t) {
					return emptyLike(n)
				}
			}
			if isEmpty(n.Input) {
				return emptyLike(n)
			}
		case *Project, *Window, *ProjectSet, *Expand, *Sample, *Sort, *Limit, *TopN, *DistinctOn:
			if isEmpty(n.Inputs()[0]) {
				return emptyLike(n)
			}
		case *Aggregate:
			if len(n.Groups) > 0 && isEmpty(n.Input) {
				return emptyLike(n)
			}
		case *Join:
			return dropEmptyJoin(n)
		case *AsofJoin:
			if isEmpty(n.Left) || isEmpty(n.Right) && !n.Outer {
				return emptyLike(n)
			}
		case *SetOp:
			return dropEmptySet(n)
		case *With:
			if isEmpty(n.Body) {
				return emptyLike(n)
			}
		}
		return n
	})
}

func isEmpty(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Rows) == 0
}

func emptyLike(n Node) Node { return &Values{Cols: Fields(n)} }

func dropEmptyJoin(n *Join) Node {
	l, r := isEmpty(n.Left), isEmpty(n.Right)
	onFalse := false
	for _, t := range expr.Conjuncts(n.On) {
		onFalse = onFalse || neverTrue(t) && n.Kind != MarkJoin
	}
	switch n.Kind {
	case InnerJoin, SemiJoin:
		if l || r || onFalse {
			return emptyLike(n)
		}
	case LeftJoin, SingleJoin:
		if l {
			return emptyLike(n)
		}
		if r || onFalse {
			return withNulls(n.Left, Fields(n.Right), true)
		}
	case RightJoin:
		if r {
			return emptyLike(n)
		}
		if l || onFalse {
			return withNulls(n.Right, Fields(n.Left), false)
		}
	case FullJoin:
		switch {
		case l && r:
			return emptyLike(n)
		case r:
			return withNulls(n.Left, Fields(n.Right), true)
		case l:
			return withNulls(n.Right, Fields(n.Left), false)
		}
	case AntiJoin:
		if l {
			return emptyLike(n)
		}
		if r || onFalse {
			return n.Left
		}
	case MarkJoin:
		if l {
			return emptyLike(n)
		}
		if r {
			mark := n.Mark
			mark.Expr = expr.Bool(false)
			return &Project{n.Left, append(passFields(Fields(n.Left)), mark)}
		}
	}
	return n
}

// withNulls returns n with NULL columns for the fields of a side that is empty.
func withNulls(n Node, fields exec.Schema, after bool) Node {
	var nulls []Item
	for _, f := range fields {
		nulls = append(nulls, Item{f.ID, f.Name, expr.Null(f.Type)})
	}
	pass := passFields(Fields(n))
	if after {
		return &Project{n, append(pass, nulls...)}
	}
	return &Project{n, append(nulls, pass...)}
}

func dropEmptySet(n *SetOp) Node {
	l, r := isEmpty(n.Left), isEmpty(n.Right)
	side := func(in Node) Node {
		items := make([]Item, len(n.Cols))
		for i, f := range Fields(in) {
			items[i] = Item{n.Cols[i].ID, n.Cols[i].Name, fieldColumn(f)}
		}
		if n.All {
			return &Project{in, items}
		}
		return &Aggregate{in, items, nil}
	}
	switch {
	case l && r, n.Kind == Intersect && (l || r), n.Kind == Except && l:
		return emptyLike(n)
	case r && n.Kind != Intersect:
		return side(n.Left)
	case l && n.Kind == Union:
		return side(n.Right)
	}
	return n
}
