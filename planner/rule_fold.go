package planner

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
)

// fold evaluates what depends on constants alone. An expression that raises an error stays as it is: it
// may stand where no row reaches it.
func fold(o *optimizer, n Node) Node { return mapTree(n, o.foldExpr) }

// foldExpr folds one expression, and notes whether that may be another one at another time.
func (o *optimizer) foldExpr(e expr.Expr) expr.Expr {
	if o.cfg.Fn != nil && !o.cfg.Session && !expr.IsImmutable(e) {
		o.cfg.Session = true
	}
	return foldExpr(e, o.cfg.Fn)
}

// foldExpr folds one expression; without a context, stable functions stay.
func foldExpr(e expr.Expr, ctx *fn.Ctx) expr.Expr {
	if ctx == nil {
		return expr.Fold(e, &fn.Ctx{}, false)
	}
	return expr.Fold(e, ctx, true)
}

// FailingConstant reports whether an expression of n that depends on constants alone raises an error.
func FailingConstant(n Node) (found bool) {
	mapTree(n, func(e expr.Expr) expr.Expr {
		e = foldExpr(e, nil)
		found = found || expr.Failing(e)
		return e
	})
	return found
}

// mapTree applies f to every expression of a tree as a whole, in subqueries too.
func mapTree(n Node, f func(expr.Expr) expr.Expr) Node {
	n = mapInputs(n, func(i Node) Node { return mapTree(i, f) })
	return MapExprs(n, func(e expr.Expr) expr.Expr {
		return f(expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if s, ok := x.(*expr.Subquery); ok {
				if q := mapTree(s.Query.(Node), f); q != s.Query {
					c := *s
					c.Query = q
					return &c
				}
			}
			return x
		}))
	})
}
