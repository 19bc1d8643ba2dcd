package planner

import (
	"gsql/exec/expr"
)

// mergeProjects merges a Project with the one below it and drops those that change nothing. An expression
// that would be computed more often than before keeps its Project.
func mergeProjects(o *optimizer, n Node) Node {
	n = mapInputs(n, func(i Node) Node { return mergeProjects(o, i) })
	p, ok := n.(*Project)
	if !ok {
		return n
	}
	if in, ok := p.Input.(*Project); ok && mergeable(p, in) {
		m := map[expr.ColID]expr.Expr{}
		for _, it := range in.Items {
			if !it.passes() {
				m[it.ID] = it.Expr
			}
		}
		items := append([]Item(nil), p.Items...)
		for i := range items {
			items[i].Expr = Subst(items[i].Expr, m)
		}
		p = &Project{in.Input, items}
		n = mergeProjects(o, p)
		if p, ok = n.(*Project); !ok {
			return n
		}
	}
	if passesAll(p) {
		return p.Input
	}
	return n
}

// passesAll reports whether p has just its input's columns, in any order.
func passesAll(p *Project) bool {
	in := p.Input.Outputs()
	if len(in) != len(p.Items) {
		return false
	}
	have := colSet(in...)
	for _, it := range p.Items {
		if !it.passes() || !have.Has(it.ID) {
			return false
		}
	}
	return true
}

// mergeable reports whether putting in's expressions into p's computes none of them twice, and none that is
// volatile elsewhere than before.
func mergeable(p, in *Project) bool {
	uses := map[expr.ColID]int{}
	for _, it := range p.Items {
		expr.Columns(it.Expr, func(c *expr.Column) { uses[c.ID]++ })
	}
	for _, it := range in.Items {
		if volatile(it.Expr) {
			return false
		}
		switch it.Expr.(type) {
		case *expr.Column, *expr.Const:
		default:
			if uses[it.ID] > 1 {
				return false
			}
		}
	}
	return true
}
