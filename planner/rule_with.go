package planner

import (
	"gsql/exec/expr"
)

// inlineWith puts WITH queries in the place of their uses where they are used once or shall not be
// materialized. One that uses columns of outer rows always moves, since it is not one result. A WITH that
// nobody uses goes away.
func inlineWith(o *optimizer, n Node) Node {
	n = inlineInSubqueries(o, n)
	n = mapInputs(n, func(i Node) Node { return inlineWith(o, i) })
	w, ok := n.(*With)
	if !ok {
		return n
	}
	uses := countRefs(w.Body, w.CTE)
	switch {
	case uses == 0:
		return w.Body
	case !Free(w.Query).Empty(): // with it, what uses it
		return inlineWith(o, o.inline(w, uses))
	case w.Materialized == MaterializeNever && !volatileTree(w.Query),
		w.Materialized == MaterializeAuto && (uses == 1 && !volatileTree(w.Query) || trivial(w.Query)):
		return o.inline(w, uses)
	}
	return n
}

func inlineInSubqueries(o *optimizer, n Node) Node {
	return MapExprs(n, func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if s, ok := x.(*expr.Subquery); ok {
				if q := inlineWith(o, s.Query.(Node)); q != s.Query {
					c := *s
					c.Query = q
					return &c
				}
			}
			return x
		})
	})
}

// trivial reports whether a result is cheaper to make again than to keep.
func trivial(n Node) bool {
	switch n := n.(type) {
	case *Values:
		return len(n.Rows) <= 1
	case *Project:
		return trivial(n.Input)
	case *CTERef:
		return true
	}
	return false
}

func countRefs(n Node, cte int) int {
	uses := 0
	walkNodes(n, func(x Node) {
		if r, ok := x.(*CTERef); ok && r.CTE == cte {
			uses++
		}
	})
	return uses
}

// Volatile reports whether a query calls a volatile function.
func Volatile(n Node) bool { return volatileTree(n) }

func volatileTree(n Node) bool {
	found := false
	walkNodes(n, func(x Node) {
		found = found || volatile(Exprs(x)...)
		if s, ok := x.(*Scan); ok {
			if r, ok := s.Table.(*Recursive); ok {
				found = found || volatileTree(r.Seed) || volatileTree(r.Step)
			}
		}
	})
	return found
}

// inline replaces the references to w in its body by its query: the last one found by the query itself,
// the others by copies with new column IDs.
func (o *optimizer) inline(w *With, uses int) Node {
	var replace func(n Node) Node
	replace = func(n Node) Node {
		n = mapInputs(n, replace)
		n = MapExprs(n, func(e expr.Expr) expr.Expr {
			return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
				if s, ok := x.(*expr.Subquery); ok {
					if q := replace(s.Query.(Node)); q != s.Query {
						c := *s
						c.Query = q
						return &c
					}
				}
				return x
			})
		})
		ref, ok := n.(*CTERef)
		if !ok || ref.CTE != w.CTE {
			return n
		}
		query, ids := w.Query, map[expr.ColID]expr.ColID(nil)
		if uses--; uses > 0 {
			query, ids = o.rename(w.Query)
		}
		fields := Fields(query)
		items := make([]Item, len(ref.Cols))
		for i, c := range ref.Cols {
			from := ref.From[i]
			if id, ok := ids[from]; ok {
				from = id
			}
			k := fields.Index(from)
			if k < 0 {
				panic(internal("%s reads column #%d, which its query does not make", ref, from))
			}
			items[i] = Item{c.ID, c.Name, fieldColumn(fields[k])}
		}
		return &Project{query, items}
	}
	return replace(w.Body)
}
