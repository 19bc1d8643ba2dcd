package main

import (
	"fmt"
	"strings"
)

// source is a part of a FROM clause with the columns that it makes.
type source struct {
	sql  *node
	cols []column
	key  []*node // nil: unknown
	base bool    // a table: its column names are those of all tables
	big  bool
	// alias is the name of a single relation.
	alias string
}

// from makes a FROM clause.
func (g *gen) from(outer *scope, ctes []*table, depth int) source {
	n := 1 + g.choose(50, 33, 13, 4)
	if depth <= 1 {
		n = 1 + g.choose(75, 25)
	}
	if n == 2 && g.chance(12) {
		l := g.relation(outer, ctes, nil, depth, false)
		r := g.relation(outer, ctes, l.cols, depth, false)
		return source{sql: plain(l.sql, ", ", r.sql), cols: append(append([]column(nil), l.cols...), r.cols...), key: joinKeys(l, r)}
	}
	return g.joinTree(outer, ctes, nil, depth, n)
}

// joinTree makes a tree of joins of n relations. left has the columns that LATERAL may use.
func (g *gen) joinTree(outer *scope, ctes []*table, left []column, depth, n int) source {
	if n == 1 {
		return g.relation(outer, ctes, left, depth, true)
	}
	k := 1 + g.Intn(n-1)
	l := g.joinTree(outer, ctes, left, depth, k)
	kind := pick(g, []string{"JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "JOIN"})
	var visible []column
	if kind[0] != 'R' && kind[0] != 'F' {
		visible = append(append([]column(nil), left...), l.cols...)
	}
	r := g.joinTree(outer, ctes, visible, depth, n-k)
	right := r.sql
	if n-k > 1 {
		right = plain("(", right, ")")
	}
	return g.join(outer, ctes, l, r, right, kind, depth)
}

func joinKeys(l, r source) []*node {
	if l.key == nil || r.key == nil {
		return nil
	}
	return append(append([]*node{}, l.key...), r.key...)
}

func (g *gen) join(outer *scope, ctes []*table, l, r source, right *node, kind string, depth int) source {
	out := source{cols: append(append([]column(nil), l.cols...), r.cols...), key: joinKeys(l, r), big: l.big || r.big}
	if kind == "CROSS JOIN" && !(l.big && r.big) {
		out.sql = plain(l.sql, " CROSS JOIN ", right)
		return out
	}
	if kind == "CROSS JOIN" {
		kind = "JOIN"
	}
	if l.base && r.base && g.chance(25) {
		if names := common(l, r); len(names) > 0 {
			if g.chance(25) && len(names) < 4 {
				out.sql = plain(l.sql, " NATURAL "+kind+" ", right)
				return out
			}
			using := []string{pick(g, names)}
			if n := pick(g, names); n != using[0] && g.chance(30) {
				using = append(using, n)
			}
			out.sql = plain(l.sql, " "+kind+" ", right, " USING ("+strings.Join(using, ", ")+")")
			return out
		}
	}
	out.sql = plain(l.sql, " "+kind+" ", right, " ON ", g.joinCondition(outer, ctes, l, r, out, kind, depth))
	return out
}

// joinCondition makes what is behind ON: usually an equality with or without more.
func (g *gen) joinCondition(outer *scope, ctes []*table, l, r, both source, kind string, depth int) *node {
	p := place{sc: &scope{outer: outer, cols: both.cols, ctes: ctes}, depth: 2, sub: 0, exact: true}
	if g.chance(8) && depth > 1 && kind[0] != 'F' {
		p.sub = 1
	}
	eq := g.equality(outer, l, r)
	if eq == nil || g.chance(15) && kind[0] != 'F' && !both.big {
		return g.condition(p)
	}
	if g.chance(25) && kind[0] != 'F' {
		return mk("bool", listOf(" AND ", 1, eq, g.condition(p)))
	}
	if g.chance(15) {
		if more := g.equality(outer, l, r); more != nil {
			return mk("bool", listOf(" AND ", 1, eq, more))
		}
	}
	return eq
}

// equality compares a column of either side, or an expression of either.
func (g *gen) equality(outer *scope, l, r source) *node {
	for range 10 {
		if len(l.cols) == 0 || len(r.cols) == 0 {
			return nil
		}
		a := pick(g, l.cols)
		kind := a.kind
		if g.chance(10) && kind == "int4" {
			kind = pick(g, []string{"int8", "int2", "numeric"})
		}
		lp := place{sc: &scope{cols: l.cols, outer: nil}, exact: true}
		rp := place{sc: &scope{cols: r.cols, outer: nil}, exact: true}
		if g.chance(15) {
			lp.depth, rp.depth = 1, 1
			return mk("bool", "(", g.expr(lp, a.kind), " = ", g.expr(rp, kind), ")")
		}
		if a.fuzzy {
			continue
		}
		if b := g.column(rp, kind, false); b != nil {
			if g.chance(50) {
				return mk("bool", a.node(), " = ", b)
			}
			return mk("bool", b, " = ", a.node())
		}
	}
	return nil
}

// common returns names of columns that both sides have once.
func common(l, r source) []string {
	var out []string
	for _, a := range l.cols {
		for _, b := range r.cols {
			if a.name == b.name && a.kind == b.kind {
				out = append(out, a.name)
			}
		}
	}
	return out
}

// relation makes one item of FROM.
func (g *gen) relation(outer *scope, ctes []*table, left []column, depth int, joined bool) source {
	nested, cte, views := 0, 0, 0
	if depth > 0 {
		nested = 22
	}
	if len(ctes) > 0 {
		cte = 45
	}
	if len(g.views) > 0 {
		views = 10
	}
	lateral := 0
	if left != nil && nested > 0 {
		lateral = 18
	}
	switch g.choose(60, views, cte, nested, lateral, 5, 3, 3) {
	case 1:
		return g.tableRef(pick(g, g.views))
	case 2:
		return g.tableRef(pick(g, ctes))
	case 3:
		return g.derived(outer, ctes, nil, depth)
	case 4:
		return g.derived(outer, ctes, left, depth)
	case 5:
		return g.valuesRef()
	case 6:
		return g.series()
	case 7:
		return g.unnest(outer, ctes, left)
	}
	t := pick(g, g.tables)
	for (t.rows > 100 || t.edge) && g.chance(70) {
		t = pick(g, g.tables)
	}
	s := g.tableRef(t)
	s.base, s.big = true, t.rows > 100
	return s
}

func (g *gen) tableRef(t *table) source {
	alias := g.name("r")
	s := source{sql: plain(t.name + " AS " + alias), alias: alias}
	s.sql.fuzzy, s.sql.pick = t.fuzzy, t.pick
	for _, c := range t.columns {
		c.ref = leaf(c.kind, alias+"."+c.name)
		s.cols = append(s.cols, c)
	}
	if t.key != nil {
		s.key = []*node{}
		for _, k := range t.key {
			s.key = append(s.key, leaf("", alias+"."+k))
		}
	}
	return s
}

// derived makes a subquery in FROM, with the columns of left in sight when it is LATERAL.
func (g *gen) derived(outer *scope, ctes []*table, left []column, depth int) source {
	sc := outer
	lateral := ""
	if left != nil {
		sc = &scope{outer: outer, cols: left, ctes: ctes}
		lateral = "LATERAL "
	}
	q := g.query(sc, ctes, queryOptions{depth: depth - 1, derived: true})
	s := g.tableRef(&table{columns: q.cols, key: q.key})
	s.sql = plain(lateral+"(", q.sql, ") AS "+s.alias)
	return s
}

func (g *gen) valuesRef() source {
	alias := g.name("r")
	n := 1 + g.Intn(3)
	var names []string
	s := source{}
	for i := range n {
		names = append(names, fmt.Sprintf("w%d", i+1))
		kind := g.kind(nil)
		s.cols = append(s.cols, column{name: names[i], ref: leaf(kind, alias+"."+names[i]), kind: kind})
	}
	var rows []*node
	for range 1 + g.Intn(4) {
		var row []*node
		for _, c := range s.cols {
			row = append(row, g.literal(c.kind))
		}
		rows = append(rows, plain("(", listOf(", ", len(row), row...), ")"))
	}
	s.sql = plain("(VALUES ", listOf(", ", 1, rows...), ") AS "+alias+"("+strings.Join(names, ", ")+")")
	return s
}

// unnest makes a call of unnest, maybe over the columns to the left of it.
func (g *gen) unnest(outer *scope, ctes []*table, left []column) source {
	alias, elem := g.name("r"), pick(g, []string{"int4", "text"})
	e := g.expr(place{sc: &scope{outer: outer, cols: left, ctes: ctes}, depth: 1, exact: true, rep: true}, "_"+elem)
	e1 := column{name: "e", ref: leaf(elem, alias+".e"), kind: elem, fixed: true}
	o := column{name: "o", ref: leaf("int8", alias+".o"), kind: "int8", fixed: true}
	return source{sql: plain("unnest(", e, ") WITH ORDINALITY AS "+alias+"(e, o)"), cols: []column{e1, o}}
}

func (g *gen) series() source {
	alias := g.name("r")
	kind := pick(g, []string{"int4"})
	bound := fmt.Sprint(g.Intn(12))
	if kind == "int8" {
		bound += "::bigint"
	}
	ref := leaf(kind, alias+".g")
	return source{sql: plain("generate_series(" + fmt.Sprint(g.Intn(3)) + ", " + bound + ") AS " + alias + "(g)"),
		cols: []column{{name: "g", ref: ref, kind: kind}}, key: []*node{ref}}
}
