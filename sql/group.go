package sql

import (
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// grouping checks and rewrites expressions over the FROM columns of a grouped SELECT to expressions over
// its groups: what equals a GROUP BY expression becomes that key's column, and no other column of FROM may
// remain.
type grouping struct {
	b    *binder
	blk  *block
	keys []planner.Item
	sets bool // the keys are columns of their own, which may be NULL where what they are made of is not
	err  error
}

// rewrite returns e over the groups; the first error stays in g.err.
func (g *grouping) rewrite(e expr.Expr) expr.Expr {
	if e == nil || g.err != nil {
		return e
	}
	if k, ok := g.key(e); ok && g.sets {
		return k.Column()
	}
	switch e := e.(type) {
	case *expr.Const, *expr.Param:
		return e
	case *expr.Column:
		return g.column(e)
	}
	if k, ok := g.key(e); ok {
		return k.Column()
	}
	s, ok := e.(*expr.Subquery)
	if !ok {
		return expr.MapChildren(e, g.rewrite)
	}
	g.subquery(s.Query.(planner.Node))
	return g.substituted(expr.MapChildren(e, g.rewrite))
}

// substituted puts the keys of grouping sets in the place of their columns in a subquery.
func (g *grouping) substituted(e expr.Expr) expr.Expr {
	if !g.sets {
		return e
	}
	m := map[expr.ColID]expr.Expr{}
	for _, k := range g.keys {
		if c, ok := k.Expr.(*expr.Column); ok {
			m[c.ID] = k.Column()
		}
	}
	return planner.Subst(e, m)
}

// key returns the key that e is.
func (g *grouping) key(e expr.Expr) (planner.Item, bool) {
	for _, k := range g.keys {
		if expr.Equal(k.Expr, e) {
			return k, true
		}
	}
	return planner.Item{}, false
}

// column checks one column of the SELECT itself.
func (g *grouping) column(c *expr.Column) expr.Expr {
	if !g.ungrouped(c) {
		return c
	}
	g.err = sqlstate.New(sqlstate.GroupingError,
		"column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function",
		g.b.displayName(c)).At(g.b.at[c])
	return c
}

// ungrouped reports whether c is a column of FROM that is no key.
func (g *grouping) ungrouped(c *expr.Column) bool {
	info := g.b.info[c.ID]
	if info.owner != g.blk || info.kind != inputColumn && info.kind != derivedColumn {
		return false
	}
	for _, k := range g.keys {
		if k.ID == c.ID {
			return false
		}
	}
	return true
}

// subquery checks the uses that a subquery makes of the columns around it. As in PostgreSQL only keys that
// are plain columns can be used there.
func (g *grouping) subquery(n planner.Node) {
	g.b.eachNodeColumn(n, func(c *expr.Column) {
		if _, ok := g.key(c); ok && g.sets {
			return
		}
		if g.err == nil && g.ungrouped(c) {
			g.err = sqlstate.New(sqlstate.GroupingError, "subquery uses ungrouped column \"%s\" from outer query",
				g.b.displayName(c)).At(g.b.at[c])
		}
	})
}

// displayName is the name of a column in errors, with the alias of its FROM item.
func (b *binder) displayName(c *expr.Column) string {
	info := b.info[c.ID]
	name := info.name
	if name == "" {
		name = c.Name
	}
	if info.rel == "" {
		return name
	}
	return info.rel + "." + name
}

// addKey adds a GROUP BY expression, unless it is there: a column keeps its ID, others get one.
func (g *grouping) addKey(e expr.Expr, name string) {
	if _, ok := g.key(e); ok {
		return
	}
	if c, ok := e.(*expr.Column); ok && !g.sets && g.b.owner(c.ID) == g.blk {
		g.keys = append(g.keys, planner.Item{ID: c.ID, Name: c.Name, Expr: c})
		return
	}
	g.keys = append(g.keys, planner.Item{ID: g.b.newID(g.blk, aggregateColumn, "", name), Name: name, Expr: e})
}

// directArguments checks the direct arguments of ordered-set aggregates: they are of the group, not of its
// rows.
func (g *grouping) directArguments(aggs []planner.Item) {
	for _, it := range aggs {
		a := it.Expr.(*expr.Aggregate)
		if !a.Fn.OrderedSet || g.err != nil {
			continue
		}
		for _, direct := range a.Args[1:] {
			g.rewrite(direct)
		}
		g.directError()
	}
}

// directError adds to the error about a direct argument what it is about.
func (g *grouping) directError() {
	if e, ok := g.err.(*sqlstate.Error); ok {
		e.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
	}
}

// items rewrites the expressions of items.
func (g *grouping) items(items []planner.Item) []planner.Item {
	out := make([]planner.Item, len(items))
	for i, it := range items {
		out[i] = planner.Item{ID: it.ID, Name: it.Name, Expr: g.rewrite(it.Expr)}
	}
	return out
}

// groupings checks the arguments of GROUPING.
func (g *grouping) groupings() error {
	for _, c := range g.blk.groupings {
		for _, a := range c.args {
			if _, ok := g.key(a.e); !ok {
				return sqlstate.New(sqlstate.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level").At(a.pos)
			}
		}
	}
	return nil
}

// zeroGroupings adds what GROUPING says without grouping sets.
func (g *grouping) zeroGroupings(n *planner.Aggregate) planner.Node {
	if len(g.blk.groupings) == 0 {
		return n
	}
	var items []planner.Item
	for _, it := range append(append([]planner.Item(nil), n.Groups...), n.Aggs...) {
		items = append(items, planner.Item{ID: it.ID, Name: it.Name, Expr: it.Column()})
	}
	for _, c := range g.blk.groupings {
		items = append(items, planner.Item{ID: c.id, Name: "grouping", Expr: int32Const(0)})
	}
	return &planner.Project{Input: n, Items: items}
}
