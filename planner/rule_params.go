package planner

import (
	"gsql/exec/expr"
	"gsql/exec/vec"
)

// BindParams puts constants in the place of parameters: values[0] for $1 and so on, each a constant vector
// of the parameter's type. Parameters without a value stay.
func BindParams(n Node, values []*vec.Vector) Node {
	if len(values) == 0 {
		return n
	}
	return rewriteExprs(n, func(e expr.Expr) expr.Expr {
		if p, ok := e.(*expr.Param); ok && p.N >= 1 && p.N <= len(values) && values[p.N-1] != nil {
			return constOf(values[p.N-1])
		}
		return e
	})
}

// constOf returns the first row of v as a constant.
func constOf(v *vec.Vector) *expr.Const {
	if v.Enc == vec.Flat && v.Len == 1 { // one flat value lies in memory as a constant does
		c := *v
		c.Enc = vec.Const
		return &expr.Const{Value: &c}
	}
	if v.Enc == vec.Const {
		return &expr.Const{Value: v.WithLen(1)}
	}
	b := vec.NewBuilder(v.Type)
	b.AppendFrom(v, 0)
	return constOf(b.Finish())
}

// rewriteExprs applies f to every subexpression in a tree, leaves first, in subqueries too.
func rewriteExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	n = mapInputs(n, func(i Node) Node { return rewriteExprs(i, f) })
	if s, ok := n.(*Scan); ok {
		if r, ok := s.Table.(*Recursive); ok {
			c := *s
			c.Table = r.mapped(func(q Node) Node { return rewriteExprs(q, f) })
			n = &c
		}
	}
	return MapExprs(n, func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if s, ok := x.(*expr.Subquery); ok {
				if q := rewriteExprs(s.Query.(Node), f); q != s.Query {
					c := *s
					c.Query = q
					x = &c
				}
			}
			return f(x)
		})
	})
}
