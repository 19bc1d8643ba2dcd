package main

import (
	"fmt"
	"slices"
	"strings"
)

// queryOptions say what a query is for.
type queryOptions struct {
	want    []string // types of its columns; nil: any
	depth   int      // levels of subqueries in FROM
	sub     int      // levels of subqueries in expressions
	top     bool     // the outermost query
	derived bool     // in FROM: all columns have names of their own
	single  bool     // one row at most
}

// query is a query with what others may know of its result.
type query struct {
	sql  *node
	cols []column // name and properties
	key  []string // names of columns that tell rows apart; nil: unknown
}

// top makes a query to run.
func (g *gen) top() *node {
	g.names = 0
	depth := g.choose(20, 45, 30, 5)
	return g.query(nil, nil, queryOptions{depth: depth, sub: g.choose(35, 40, 18, 7), top: true}).sql
}

// query makes a query: WITH, set operations, ORDER BY and LIMIT around selects.
func (g *gen) query(outer *scope, ctes []*table, o queryOptions) query {
	var with *node
	if o.depth > 0 && g.chance(12) {
		with, ctes = g.with(outer, ctes, o.depth)
	}
	var q query
	switch {
	case !o.single && g.chance(12):
		q = g.setOperation(outer, ctes, o)
	case !o.single && o.derived && o.want == nil && g.chance(4):
		q = g.valuesQuery()
	default:
		q = g.selectQuery(outer, ctes, o)
	}
	q = g.ordered(q, o)
	if with != nil {
		q.sql = g.wrap(q, with, q.sql)
	}
	return q
}

// wrap makes a query of a query and text around it.
func (g *gen) wrap(q query, parts ...any) *node {
	n := mk(kindQuery, parts...)
	n.order = q.sql.order
	return n
}

func (g *gen) with(outer *scope, ctes []*table, depth int) (*node, []*table) {
	var items []*node
	for range 1 + g.Intn(2) {
		q := g.query(outer, ctes, queryOptions{depth: depth - 1, derived: true})
		t := &table{name: g.name("w"), columns: q.cols, key: q.key}
		items = append(items, plain(t.name+" AS "+pick(g, []string{"", "", "", "MATERIALIZED ", "NOT MATERIALIZED "})+"(", q.sql, ")"))
		ctes = append(append([]*table(nil), ctes...), t)
	}
	return optional("WITH ", listOf(", ", 1, items...), " "), ctes
}

func (g *gen) setOperation(outer *scope, ctes []*table, o queryOptions) query {
	if o.want == nil {
		for range 1 + g.Intn(3) {
			o.want = append(o.want, g.kind(nil))
		}
	}
	side := o
	side.top, side.depth = false, max(o.depth-1, 0)
	l, r := g.selectQuery(outer, ctes, side), g.selectQuery(outer, ctes, side)
	op := pick(g, []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL", "UNION ALL"})
	q := query{cols: l.cols}
	q.sql = mk(kindQuery, l.sql, " "+op+" ", r.sql)
	if g.chance(20) {
		third := g.selectQuery(outer, ctes, side)
		q.sql = mk(kindQuery, "(", q.sql, ") "+pick(g, []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT"})+" ", third.sql)
		op = ""
		q.mix(third)
	}
	q.mix(r)
	if op == "UNION" || op == "INTERSECT" || op == "EXCEPT" {
		q.key = q.names()
	}
	q.picks(op != "UNION ALL")
	return q
}

// mix takes in the properties of the other side of a set operation.
func (q *query) mix(r query) {
	for i := range q.cols {
		c := &q.cols[i]
		c.fuzzy = c.fuzzy || r.cols[i].fuzzy
		c.pick = c.pick || r.cols[i].pick
		c.fixed, c.nice = false, false
	}
}

// picks says that the query takes some of several rows with equal values.
func (q *query) picks(any bool) {
	for i := range q.cols {
		c := &q.cols[i]
		if any && ambiguous[c.kind] && !c.fixed {
			c.pick, q.sql.pick = true, true
		}
	}
}

func (q *query) names() []string {
	var names []string
	for _, c := range q.cols {
		names = append(names, c.name)
	}
	return names
}

func (g *gen) valuesQuery() query {
	s := g.valuesRef()
	q := query{sql: mk(kindQuery, "SELECT * FROM ", s.sql)}
	for _, c := range s.cols {
		c.ref = nil
		q.cols = append(q.cols, c)
	}
	return q
}

// ordered adds ORDER BY and LIMIT. A limited query is in the order of all its columns, so that all engines agree
// on the rows.
func (g *gen) ordered(q query, o queryOptions) query {
	limit := g.chance(12)
	exact := true
	for _, c := range q.cols {
		exact = exact && !c.fuzzy
	}
	switch {
	case o.single || limit && exact:
		keys := g.ordinals(len(q.cols), true)
		tail := optional(" LIMIT " + fmt.Sprint(g.Intn(8)))
		switch {
		case o.single:
			tail = plain(" LIMIT 1")
		case g.chance(30):
			tail = optional(fmt.Sprintf(" OFFSET %d", g.Intn(5)))
		case g.chance(30):
			tail = optional(fmt.Sprintf(" LIMIT %d OFFSET %d", g.Intn(10), g.Intn(4)))
		case g.chance(20):
			tail = optional(fmt.Sprintf(" FETCH FIRST %d ROWS ONLY", 1+g.Intn(5)))
		}
		sql := q.sql
		q.sql = mk(kindQuery, sql, " ORDER BY ", keys, tail)
		q.sql.order = keys
		q.picks(true)
	case o.top && g.chance(40):
		keys := g.ordinals(len(q.cols), false)
		for _, k := range keys.parts {
			if q.cols[k.(*node).ordinal-1].fuzzy {
				return q
			}
		}
		sql := q.sql
		q.sql = mk(kindQuery, sql, optional(" ORDER BY ", keys))
		q.sql.order = keys
	}
	return q
}

// ordinals makes sort keys of column numbers: all of them, or some.
func (g *gen) ordinals(n int, all bool) *node {
	perm := g.Perm(n)
	if !all {
		perm = perm[:1+g.Intn(min(n, 3))]
	}
	var keys []*node
	for _, i := range perm {
		k := g.sortKey(leaf("", fmt.Sprint(i+1)))
		k.ordinal = i + 1
		keys = append(keys, k)
	}
	return listOf(", ", len(keys), keys...)
}

// subquery makes a query in an expression.
func (g *gen) subquery(p place, want []string) (*node, []column) {
	o := queryOptions{want: want, depth: 0, sub: p.sub - 1}
	if g.chance(20) {
		o.depth = 1
	}
	q := g.query(p.sc.seen(), p.sc.ctes, o)
	return q.sql, q.cols
}

// seen is the scope as a subquery sees it.
func (s *scope) seen() *scope { return s }

// scalarSubquery makes a subquery with one row at most.
func (g *gen) scalarSubquery(p place, kind string) *node {
	o := queryOptions{want: []string{kind}, sub: p.sub - 1, single: true}
	if g.chance(3) {
		o.single = false
	}
	q := g.query(p.sc.seen(), p.sc.ctes, o)
	if p.exact && q.cols[0].fuzzy || p.rep && q.cols[0].ambiguous() {
		return nil
	}
	return mk(kind, "(", q.sql, ")")
}

// item is an output column of a select.
type item struct {
	e    *node
	name string // "": the engine names it
}

// selectQuery makes SELECT ... FROM ... WHERE ... GROUP BY ... HAVING.
func (g *gen) selectQuery(outer *scope, ctes []*table, o queryOptions) query {
	if g.chance(3) && outer == nil {
		return g.rowless(outer, ctes, o)
	}
	src := g.from(outer, ctes, o.depth)
	sc := &scope{outer: outer, cols: src.cols, key: src.key, ctes: ctes}
	var where *node
	if g.chance(55) {
		where = optional(" WHERE ", g.condition(place{sc: sc, depth: 2 + g.Intn(2), sub: o.sub, exact: true}))
	}
	if o.single && g.chance(70) {
		return g.grouped(sc, src, where, o, 0)
	}
	switch g.choose(50, 25, 8, 10, 7) {
	case 1:
		return g.grouped(sc, src, where, o, 1+g.Intn(3))
	case 2:
		return g.grouped(sc, src, where, o, 0)
	case 3:
		return g.plainSelect(sc, src, where, o, "DISTINCT ")
	case 4:
		if sc.key != nil && len(sc.key) > 0 {
			return g.distinctOn(sc, src, where, o)
		}
	}
	return g.plainSelect(sc, src, where, o, "")
}

// rowless makes a SELECT without FROM.
func (g *gen) rowless(outer *scope, ctes []*table, o queryOptions) query {
	sc := &scope{outer: outer, ctes: ctes, key: []*node{}}
	return g.plainSelect(sc, source{}, nil, o, "")
}

func (g *gen) wants(o queryOptions, sc *scope) []string {
	if o.want != nil {
		return o.want
	}
	var want []string
	for range 1 + g.choose(25, 30, 25, 15, 5) {
		want = append(want, g.kind(sc))
	}
	return want
}

func (g *gen) plainSelect(sc *scope, src source, where *node, o queryOptions, distinct string) query {
	p := place{sc: sc, window: distinct == "" || g.chance(20), depth: 1 + g.Intn(3), sub: o.sub, exact: distinct != ""}
	var items []item
	for _, k := range g.wants(o, sc) {
		items = append(items, g.item(g.expr(p, k), o))
	}
	if o.want == nil && distinct == "" && len(sc.key) > 0 && len(sc.key) < 4 && g.chance(35) {
		for _, k := range sc.key {
			for _, c := range sc.cols {
				if c.ref.String() == k.String() {
					items = append(items, g.item(c.node(), o))
				}
			}
		}
	}
	q := g.finishSelect(sc, src, distinct, items, where, nil)
	if distinct != "" {
		q.picks(true)
		q.key = q.names()
	}
	return q
}

// item names an output column.
func (g *gen) item(e *node, o queryOptions) item {
	if o.derived || g.chance(30) {
		return item{e, g.name("c")}
	}
	return item{e, ""}
}

// distinctOn makes SELECT DISTINCT ON, in an order that leaves no choice.
func (g *gen) distinctOn(sc *scope, src source, where *node, o queryOptions) query {
	p := place{sc: sc, depth: 1 + g.Intn(2), sub: 0, exact: true}
	var on, order []*node
	for range 1 + g.Intn(2) {
		e := g.nonLiteral(p)
		if e == nil {
			continue
		}
		on = append(on, e)
		order = append(order, g.sortKey(e))
	}
	if len(on) == 0 {
		return g.plainSelect(sc, src, where, o, "")
	}
	if g.chance(50) {
		order = append(order, g.sortKey(g.expr(p, g.kind(sc))))
	}
	for _, k := range sc.key {
		order = append(order, g.sortKey(k))
	}
	var items []item
	for _, k := range g.wants(o, sc) {
		items = append(items, g.item(g.expr(p, k), o))
	}
	q := g.finishSelect(sc, src, "", items, where, nil)
	head := plain("DISTINCT ON (", listOf(", ", 1, on...), ") ")
	q.sql.parts = append([]any{"SELECT ", head}, q.sql.parts[1:]...)
	q.sql.parts = append(q.sql.parts, plain(" ORDER BY ", listOf(", ", len(order), order...)))
	q.sql = mk(kindQuery, "SELECT * FROM (", q.sql, ") AS "+g.name("r"))
	q.key = nil
	return q
}

// nonLiteral makes an expression of a column at least.
func (g *gen) nonLiteral(p place) *node {
	for range 8 {
		kind := g.kind(p.sc)
		e := g.column(p, kind, false)
		if e != nil && g.chance(50) {
			if f := g.compound(p.noWindows(), kind); f != nil && !f.leaf {
				return f
			}
		}
		if e != nil {
			return e
		}
	}
	return nil
}

func (g *gen) finishSelect(sc *scope, src source, distinct string, items []item, where, group *node) query {
	var q query
	var list []*node
	unnamed := map[string]bool{}
	for _, it := range items {
		e := it.e
		c := column{name: it.name, kind: e.kind, fixed: e.fixed || !ambiguous[e.kind], nice: e.nice, lenience: lenience{e.fuzzy, e.pick}}
		if it.name == "" {
			list = append(list, plain(e))
			unnamed[""] = true
		} else {
			list = append(list, plain(e, pick(g, []string{" AS ", " AS ", " "})+it.name))
		}
		q.cols = append(q.cols, c)
	}
	q.sql = mk(kindQuery, "SELECT ", distinct, listOf(", ", 1, list...))
	if src.sql != nil {
		q.sql.parts = append(q.sql.parts, " FROM ", src.sql)
	}
	for _, part := range []*node{where, group} {
		if part != nil {
			q.sql.parts = append(q.sql.parts, part)
		}
	}
	q.key = keyNames(sc.key, items)
	return q
}

// keyNames finds the columns of a key among the items.
func keyNames(key []*node, items []item) []string {
	if key == nil {
		return nil
	}
	names := []string{}
	for _, k := range key {
		found := ""
		for _, it := range items {
			if it.name != "" && it.e.String() == k.String() {
				found = it.name
			}
		}
		if found == "" {
			return nil
		}
		names = append(names, found)
	}
	return names
}

// grouped makes a SELECT with aggregates and keys to group by, maybe none.
func (g *gen) grouped(sc *scope, src source, where *node, o queryOptions, keys int) query {
	in := place{sc: sc, depth: 1, exact: true}
	gs := &scope{outer: sc.outer, ctes: sc.ctes, key: []*node{}}
	var groups []*node
	var items []item
	for range keys {
		e := g.nonLiteral(in)
		if e == nil {
			break
		}
		groups = append(groups, e)
		gs.key = append(gs.key, e)
		c := column{name: "", ref: e, kind: e.kind, fixed: e.leaf && e.fixed, expr: !e.leaf, lenience: lenience{pick: ambiguous[e.kind] && !(e.leaf && e.fixed)}}
		gs.cols = append(gs.cols, c)
	}
	sets := ""
	if o.want == nil && len(groups) > 0 && g.chance(20) {
		sets = pick(g, []string{"ROLLUP", "CUBE", "GROUPING SETS"})
		groups, gs.key = slices.Clone(groups), nil
	}
	p := place{sc: gs, agg: sc, window: sets == "" && g.chance(25), depth: 1 + g.Intn(2), sub: o.sub}
	if o.want == nil {
		for i, c := range gs.cols {
			if g.chance(70) {
				items = append(items, g.item(c.node(), o))
				if sets == "" && g.chance(25) { // two numbers of one expression would be two keys
					groups[i] = plain(fmt.Sprint(len(items)))
				}
			}
		}
	}
	for _, k := range g.wants(o, gs) {
		items = append(items, g.item(g.expr(p, k), o))
	}
	tail := plain()
	if len(groups) > 0 {
		list := listOf(", ", 1, groups...)
		if sets != "" {
			items = append(items, g.item(mk("int4", "GROUPING(", gs.cols[0].node(), ")"), o))
			list = plain(sets+"(", list, ")")
		}
		tail.parts = append(tail.parts, " GROUP BY ", list)
	}
	if len(groups) == 0 && !hasAggregate(items) {
		tail.parts = append(tail.parts, " HAVING count(*) >= 0")
	} else if g.chance(25) {
		tail.parts = append(tail.parts, optional(" HAVING ", g.condition(place{sc: gs, agg: sc, depth: 1, exact: true})))
	}
	q := g.finishSelect(gs, src, "", items, where, tail)
	for _, c := range gs.cols {
		q.sql.pick = q.sql.pick || c.pick
	}
	return q
}

// hasAggregate reports whether an aggregate stands among the items; in doubt, it does not.
func hasAggregate(items []item) bool {
	for _, it := range items {
		s := it.e.String()
		if strings.HasPrefix(s, "count(") || strings.HasPrefix(s, "sum(") || strings.HasPrefix(s, "max(") || strings.HasPrefix(s, "min(") {
			return !strings.Contains(s, "OVER")
		}
	}
	return false
}
