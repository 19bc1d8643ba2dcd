package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
)

// query is a bound query and its output columns in order.
type query struct {
	node planner.Node
	cols []outColumn
}

// outColumn is an output column of a query.
type outColumn struct {
	name string
	id   expr.ColID
	typ  types.Type
	// open is the literal or parameter that the column consists of while its type is not settled, in a
	// branch of a set operation.
	open   *value
	pos    int
	origin Origin
}

func (c outColumn) column() *expr.Column { return &expr.Column{ID: c.id, Name: c.name, Typ: c.typ} }

// target is an expression of the select list, or one that only ORDER BY or DISTINCT ON needs.
type target struct {
	name string
	v    value
	junk bool // computed, but no output
	id   expr.ColID
	// onPos is where DISTINCT ON names it.
	onPos int
}

// column returns the column that a projection makes of the target.
func (t *target) column() *expr.Column { return &expr.Column{ID: t.id, Name: t.name, Typ: t.v.typ()} }

// orderTerm is a term of ORDER BY, settled to a target.
type orderTerm struct {
	target     *target
	desc       bool
	nullsFirst bool
	pos        int
}

// parts are the bound clauses of a SELECT.
type parts struct {
	from       planner.Node
	where      expr.Expr
	targets    []*target
	groupBy    []*target     // expressions; their names are for printing
	sets       [][]expr.Expr // with grouping sets: the expressions of each
	hasGroupBy bool
	having     expr.Expr
	qualify    expr.Expr
	order      []orderTerm
	distinct   bool
	distinctOn []*target
	offset     expr.Expr
	count      expr.Expr
	percent    bool // count is a percentage
	ties       bool // WITH TIES
}

// layout makes the plan of a SELECT from its clauses, in the order in which they take effect.
func (b *binder) layout(blk *block, p *parts) (*query, error) {
	n, err := b.addWholes(blk, p.from)
	if err != nil {
		return nil, err
	}
	if p.where != nil {
		n = &planner.Filter{Input: n, Cond: p.where}
	}
	n, err = b.groupNodes(blk, p, n)
	if err != nil {
		return nil, err
	}
	n = windowNodes(n, blk.windows)
	if p.qualify != nil {
		n = &planner.Filter{Input: n, Cond: p.qualify}
	}
	n = projectSets(blk.sets, n)
	n = b.project(blk, p.targets, n)
	if n, err = b.distinctNode(p, n); err != nil {
		return nil, err
	}
	return b.outputs(p.targets, b.sorted(blk, p, n, sortKeys(p.order))), nil
}

// sorted adds ORDER BY, of which DISTINCT ON has taken care already, and LIMIT.
func (b *binder) sorted(blk *block, p *parts, n planner.Node, keys []expr.SortKey) planner.Node {
	if len(keys) > 0 && len(p.distinctOn) == 0 {
		n = &planner.Sort{Input: n, Keys: keys}
	}
	if p.offset == nil && p.count == nil {
		return n
	}
	if p.percent {
		return b.limitPercent(blk, n, keys, p)
	}
	if !p.ties {
		return &planner.Limit{Input: n, Offset: p.offset, Count: p.count}
	}
	if p.offset != nil {
		n = &planner.Limit{Input: n, Offset: p.offset}
	}
	return b.withTies(blk, n, keys, p.count)
}

// withTies keeps the first count rows of those that are sorted by keys, and the rows that follow with the last one's
// keys: those whose rank is at most count.
func (b *binder) withTies(blk *block, n planner.Node, keys []expr.SortKey, count expr.Expr) planner.Node {
	outputs := planner.Fields(n)
	rank := fn.Windows("rank")[0]
	t := rank.ReturnType(nil)
	w := &expr.Window{Fn: rank, OrderBy: keys, Frame: expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}, Typ: t}
	item := planner.Item{ID: b.newID(blk, windowColumn, "", "rank"), Name: "rank", Expr: w}
	n = &planner.Window{Input: n, Items: []planner.Item{item}}
	le, err := b.operator("<=", value{e: item.Column()}, value{e: count}, -1)
	if err != nil {
		panic(err) // both are bigint
	}
	n = &planner.Sort{Input: &planner.Filter{Input: n, Cond: le.e}, Keys: keys}
	var items []planner.Item // without the rank
	for _, f := range outputs {
		items = append(items, passed(f))
	}
	return &planner.Project{Input: n, Items: items}
}

// groupNodes adds the aggregation and HAVING, and rewrites all that comes after over the groups.
func (b *binder) groupNodes(blk *block, p *parts, n planner.Node) (planner.Node, error) {
	if len(blk.aggs) == 0 && len(blk.groupings) == 0 && !p.hasGroupBy && p.having == nil {
		return n, nil
	}
	n = b.groupedSets(blk, p, n)
	g := &grouping{b: b, blk: blk, sets: p.sets != nil}
	for _, t := range p.groupBy {
		g.addKey(t.v.e, t.name)
	}
	for _, t := range p.targets {
		t.v.e = g.rewrite(t.v.e)
	}
	g.directArguments(blk.aggs)
	g.hypotheticalRows()
	having := g.rewrite(p.having)
	p.qualify = g.rewrite(p.qualify)
	blk.windows = g.items(blk.windows)
	for _, s := range blk.sets {
		s.array = g.rewrite(s.array)
	}
	if g.err != nil {
		return nil, g.err
	}
	if err := g.groupings(); err != nil {
		return nil, err
	}
	switch {
	case p.sets != nil:
		var err error
		if n, err = b.aggregateSets(blk, g, p.sets, n); err != nil {
			return nil, err
		}
	default:
		n = g.zeroGroupings(&planner.Aggregate{Input: n, Groups: g.keys, Aggs: blk.aggs})
	}
	if having != nil {
		n = &planner.Filter{Input: n, Cond: having}
	}
	return n, nil
}

// project computes the targets. A column of the SELECT's own keeps its ID the first time.
func (b *binder) project(blk *block, targets []*target, n planner.Node) planner.Node {
	items := make([]planner.Item, 0, len(targets))
	used := map[expr.ColID]bool{}
	for _, t := range targets {
		c, ok := t.v.e.(*expr.Column)
		if ok && b.owner(c.ID) == blk && !used[c.ID] {
			t.id = c.ID
		} else {
			t.id = b.newID(blk, derivedColumn, "", t.name)
		}
		used[t.id] = true
		items = append(items, planner.Item{ID: t.id, Name: t.name, Expr: t.v.e})
	}
	return &planner.Project{Input: n, Items: items}
}

// distinctNode adds DISTINCT or DISTINCT ON.
func (b *binder) distinctNode(p *parts, n planner.Node) (planner.Node, error) {
	if p.distinct {
		for _, o := range p.order {
			if o.target.junk {
				return nil, sqlstate.New(sqlstate.InvalidColumnReference,
					"for SELECT DISTINCT, ORDER BY expressions must appear in select list").At(o.pos)
			}
		}
		groups := make([]planner.Item, len(p.targets))
		for i, t := range p.targets {
			groups[i] = planner.Item{ID: t.id, Name: t.name, Expr: t.column()}
		}
		return &planner.Aggregate{Input: n, Groups: groups}, nil
	}
	if len(p.distinctOn) == 0 {
		return n, nil
	}
	on := make([]expr.Expr, len(p.distinctOn))
	for i, t := range p.distinctOn {
		on[i] = t.column()
	}
	return &planner.DistinctOn{Input: n, On: on, Keys: sortKeys(p.order)}, nil
}

// checkDistinctOn demands that the first terms of ORDER BY are those of DISTINCT ON, in any order.
func checkDistinctOn(p *parts) error {
	left := len(p.distinctOn)
	seen := map[*target]bool{}
	for _, o := range p.order {
		on := false
		for _, t := range p.distinctOn {
			on = on || t == o.target
		}
		switch {
		case on && !seen[o.target]:
			seen[o.target] = true
			left--
		case !on && left > 0:
			for _, t := range p.distinctOn {
				if !seen[t] {
					return sqlstate.New(sqlstate.InvalidColumnReference,
						"SELECT DISTINCT ON expressions must match initial ORDER BY expressions").At(t.onPos)
				}
			}
		}
	}
	return nil
}

// sortKeys makes sort keys over the projected targets. A target that came before adds nothing.
func sortKeys(order []orderTerm) []expr.SortKey {
	var keys []expr.SortKey
	seen := map[*target]bool{}
	for _, o := range order {
		if !seen[o.target] {
			seen[o.target] = true
			keys = append(keys, expr.SortKey{Expr: o.target.column(), Desc: o.desc, NullsFirst: o.nullsFirst})
		}
	}
	return keys
}

// outputs describes the columns of a query and projects away those that are none.
func (b *binder) outputs(targets []*target, n planner.Node) *query {
	q := &query{node: n}
	var items []planner.Item
	for _, t := range targets {
		if t.junk {
			continue
		}
		c := outColumn{name: t.name, id: t.id, typ: t.v.typ(), pos: t.v.pos}
		if column, ok := t.v.e.(*expr.Column); ok {
			c.origin = b.info[column.ID].from
		}
		if c.typ.ID == types.Unknown {
			v := t.v
			c.open = &v
		}
		q.cols = append(q.cols, c)
		items = append(items, planner.Item{ID: t.id, Name: t.name, Expr: t.column()})
	}
	if len(items) < len(targets) {
		q.node = &planner.Project{Input: n, Items: items}
	}
	return q
}

// replaceItem returns n with another expression for the projected column id. Between n and the projection
// there are nodes with one input only.
func replaceItem(n planner.Node, id expr.ColID, e expr.Expr) planner.Node {
	if p, ok := n.(*planner.Project); ok {
		for i, it := range p.Items {
			if it.ID != id {
				continue
			}
			items := append([]planner.Item(nil), p.Items...)
			items[i].Expr = e
			if c, passed := it.Expr.(*expr.Column); !passed || c.ID != id {
				return &planner.Project{Input: p.Input, Items: items}
			}
			// The column is passed on from below: settle it there.
			items[i].Expr = &expr.Column{ID: id, Name: it.Name, Typ: e.Type()}
			return &planner.Project{Input: replaceItem(p.Input, id, e), Items: items}
		}
	}
	in := append([]planner.Node(nil), n.Inputs()...)
	// Of a With it is the body that makes the outputs.
	in[len(in)-1] = replaceItem(in[len(in)-1], id, e)
	return n.WithInputs(in)
}
