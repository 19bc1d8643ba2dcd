package sql

import (
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// relation is a bound part of FROM: its plan, and the items through which names see it. The last of items
// is the one for the whole.
type relation struct {
	node  planner.Node
	items []*fromItem
}

func (r *relation) whole() *fromItem { return r.items[len(r.items)-1] }

// joinCondition says how the two sides of a join are matched; without using and on it is a cross join.
type joinCondition struct {
	natural bool
	using   []usingColumn
	on      func() (expr.Expr, error) // binds ON while both sides are visible
	asof    bool                      // ASOF: the last column of using is compared by >=
	pos     int
}

type usingColumn struct {
	name string
	pos  int
}

// join joins two relations: first the columns of the result, then the condition, which sees both sides.
func (b *binder) join(blk *block, kind planner.JoinKind, l, r *relation, c joinCondition) (*relation, error) {
	if err := disjoint(l.items, r.items); err != nil {
		return nil, err
	}
	if c.natural {
		c.using = commonColumns(l.whole(), r.whole())
	}
	node := &planner.Join{Kind: kind, Left: l.node, Right: r.node, Lateral: blk.usedLateral && b.usesOutputs(blk, r.node, l.node)}
	item := &fromItem{join: true, hasCols: true}
	if err := b.mergeColumns(blk, kind, l.whole(), r.whole(), c, item, node); err != nil {
		return nil, err
	}
	if c.on != nil {
		saved := blk.items
		blk.items = append(append([]*fromItem(nil), l.items...), r.items...)
		on, err := c.on()
		blk.items = saved
		if err != nil {
			return nil, err
		}
		node.On = on
	}
	if c.asof {
		n, err := b.asofJoin(node, c.pos)
		if err != nil {
			return nil, err
		}
		return joinedItems(n, item, append(l.items, r.items...)), nil
	}
	if kind == planner.SemiJoin || kind == planner.AntiJoin {
		return joinedItems(b.joined(node), item, l.items), nil
	}
	return joinedItems(b.joined(node), item, append(l.items, r.items...)), nil
}

// joinedItems returns the relation of a join: its columns are seen by item, and by items with their names.
func joinedItems(n planner.Node, item *fromItem, items []*fromItem) *relation {
	out := &relation{node: n}
	for _, it := range items {
		// Columns of the sides are now seen through the join.
		it.hasCols = false
		out.items = append(out.items, it)
	}
	out.items = append(out.items, item)
	return out
}

// mergeColumns sets the columns of a join: those of USING once, then the others of both sides. It adds the
// equalities of USING to the join's condition.
func (b *binder) mergeColumns(blk *block, kind planner.JoinKind, l, r *fromItem, c joinCondition, item *fromItem, node *planner.Join) error {
	var terms []expr.Expr
	merged := map[string]bool{}
	for i, u := range c.using {
		if merged[u.name] {
			return sqlstate.New(sqlstate.DuplicateColumn, "column name \"%s\" appears more than once in USING clause", u.name).At(u.pos)
		}
		merged[u.name] = true
		lc, err := usingSide(l, "left", u)
		if err != nil {
			return err
		}
		rc, err := usingSide(r, "right", u)
		if err != nil {
			return err
		}
		sides := []value{b.use(blk, lc, u.pos), b.use(blk, rc, u.pos)}
		if _, err := b.commonOf(sides, "JOIN/USING"); err != nil {
			return err
		}
		op := "="
		if c.asof && i == len(c.using)-1 {
			op = ">="
		}
		eq, err := b.operator(op, sides[0], sides[1], u.pos)
		if err != nil {
			return err
		}
		terms = append(terms, eq.e)
		sides = []value{{e: lc, pos: u.pos}, {e: rc, pos: u.pos}}
		if _, err := b.unifyValues(sides, "JOIN/USING"); err != nil {
			return err
		}
		e := sides[0].e
		switch kind {
		case planner.RightJoin:
			e = sides[1].e
		case planner.FullJoin:
			e = &expr.Coalesce{Args: []expr.Expr{sides[0].e, sides[1].e}, Typ: sides[0].typ()}
		}
		item.cols = append(item.cols, fromColumn{u.name, e})
	}
	node.On = expr.NewAnd(terms...)
	sides := []*fromItem{l, r}
	if kind == planner.SemiJoin || kind == planner.AntiJoin {
		sides = sides[:1]
	}
	for _, side := range sides {
		for _, c := range side.cols {
			if !merged[c.name] {
				item.cols = append(item.cols, c)
			}
		}
	}
	return nil
}

// usingSide finds a column of USING on one side of the join.
func usingSide(it *fromItem, side string, u usingColumn) (expr.Expr, error) {
	var found expr.Expr
	for _, c := range it.cols {
		if c.name != u.name {
			continue
		}
		if found != nil {
			return nil, sqlstate.New(sqlstate.AmbiguousColumn, "common column name \"%s\" appears more than once in %s table", u.name, side).At(u.pos)
		}
		found = c.expr
	}
	if found == nil {
		return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" specified in USING clause does not exist in %s table", u.name, side).At(u.pos)
	}
	return found, nil
}

// commonColumns lists the names that both sides of a NATURAL join have.
func commonColumns(l, r *fromItem) []usingColumn {
	var using []usingColumn
	for _, c := range l.cols {
		for _, d := range r.cols {
			if c.name == d.name {
				using = append(using, usingColumn{c.name, -1})
				break
			}
		}
	}
	return using
}

// disjoint demands that two sets of items share no name.
func disjoint(a, c []*fromItem) error {
	for _, x := range a {
		for _, y := range c {
			if x.hasName && y.hasName && x.name == y.name && (x.schema == y.schema || x.schema == "" || y.schema == "") {
				return duplicateAlias(x.name)
			}
		}
	}
	return nil
}

// usesOutputs reports whether the plan n uses output columns of other.
func (b *binder) usesOutputs(blk *block, n, other planner.Node) bool {
	made := map[expr.ColID]bool{}
	for _, id := range other.Outputs() {
		made[id] = true
	}
	for blk := blk; blk != nil; blk = blk.parent {
		for _, it := range blk.wholes { // which the plan does not compute yet
			for _, c := range it.cols {
				expr.Columns(c.expr, func(c *expr.Column) { made[it.row.ID] = made[it.row.ID] || made[c.ID] })
			}
		}
	}
	uses := false
	b.eachNodeColumn(n, func(c *expr.Column) { uses = uses || made[c.ID] })
	return uses
}

// aliased gives a relation an alias and names for its first columns. A join's parts can then no longer be
// named.
func (b *binder) aliased(r *relation, alias string, columns []string, pos int) (*relation, error) {
	it := *r.whole()
	if len(columns) > len(it.cols) {
		return nil, sqlstate.New(sqlstate.InvalidColumnReference, "table \"%s\" has %d columns available but %d columns specified",
			alias, len(it.cols), len(columns)).At(pos)
	}
	it.name, it.schema, it.hasName = alias, "", true
	it.cols = append([]fromColumn(nil), it.cols...)
	for i, c := range columns {
		it.cols[i].name = c
	}
	for _, c := range it.cols {
		if col, ok := c.expr.(*expr.Column); ok && !it.join {
			b.info[col.ID].rel, b.info[col.ID].name = alias, c.name
		}
	}
	return &relation{r.node, []*fromItem{&it}}, nil
}
