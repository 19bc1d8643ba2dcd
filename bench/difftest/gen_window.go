package main

import "fmt"

// windowCall makes a window function of the type.
func (g *gen) windowCall(p place, kind string) *node {
	p = p.noWindows()
	p.depth = min(p.depth, 2)
	total := p.sc.key != nil // then rows can be put into an order that leaves nothing open
	var call *node
	framed, ordered := false, false
	switch {
	case total && kind == "int8" && g.chance(30):
		call, ordered = plain("row_number()"), true
	case kind == "int8" && g.chance(40):
		call = plain(pick(g, []string{"rank()", "dense_rank()"}))
	case kind == "float8" && g.chance(50):
		call = plain(pick(g, []string{"percent_rank()", "cume_dist()"}))
	case total && kind == "int4" && g.chance(30):
		call, ordered = plain(fmt.Sprintf("ntile(%d)", 1+g.Intn(4))), true
	case total && g.chance(50):
		call, framed = g.positional(p, kind)
		ordered = true
	default:
		q := p
		q.agg, q.over = p.sc, true
		if p.agg != nil {
			return g.groupedWindow(p, kind)
		}
		call = g.aggregate(q, kind)
		if call == nil {
			return nil
		}
		framed = true
	}
	return mk(kind, call, " OVER (", g.over(p, ordered, framed, total), ")")
}

// groupedWindow makes a window function over groups: its arguments are aggregates or keys.
func (g *gen) groupedWindow(p place, kind string) *node {
	var s signature
	for _, c := range g.cat.aggregates[kind] {
		if len(c.args) == 1 && (c.name == "sum" || c.name == "min" || c.name == "max" || c.name == "count") && g.chance(40) {
			s = c
		}
	}
	if s.name == "" || s.args[0] == "float8" || s.args[0] == "float4" || (p.rep || s.name != "sum") && ambiguous[s.ret] {
		return nil
	}
	arg := g.expr(p.exactly(), s.args[0])
	return mk(kind, s.name+"(", arg, ") OVER (", g.over(p, false, true, p.sc.key != nil), ")")
}

// positional makes a function of the row's place in its partition or frame; framed tells which.
func (g *gen) positional(p place, kind string) (call *node, framed bool) {
	arg := g.expr(p, kind)
	switch g.Intn(5) {
	case 0, 1:
		parts := []any{pick(g, []string{"lag(", "lead("}), arg}
		if g.chance(50) {
			parts = append(parts, fmt.Sprintf(", %d", g.Intn(4)))
			if g.chance(40) {
				parts = append(parts, ", ", g.leafExpr(p, kind))
			}
		}
		return mk(kind, append(parts, ")")...), false
	case 2:
		return mk(kind, "first_value(", arg, ")"), true
	case 3:
		return mk(kind, "last_value(", arg, ")"), true
	}
	return mk(kind, "nth_value(", arg, fmt.Sprintf(", %d)", 1+g.Intn(3))), true
}

// over makes what is in OVER's parentheses. ordered: the function needs to know the order of all rows.
func (g *gen) over(p place, ordered, framed, total bool) *node {
	e := p.exactly()
	e.depth = min(e.depth, 1)
	var parts []any
	if g.chance(60) {
		keys := []*node{g.expr(e, g.kind(p.sc))}
		if g.chance(20) {
			keys = append(keys, g.expr(e, g.kind(p.sc)))
		}
		parts = append(parts, optional("PARTITION BY ", listOf(", ", 1, keys...)))
	}
	if framed && !ordered && g.chance(20) {
		return plain(append(parts, g.rangeOffset(e))...)
	}
	var keys []*node
	if g.chance(75) {
		keys = append(keys, g.sortKey(g.windowKey(e)))
	}
	if ordered || total && g.chance(40) {
		ordered = true
		for _, k := range p.sc.key {
			keys = append(keys, plain(k))
		}
	}
	if len(keys) > 0 {
		parts = append(parts, " ORDER BY ", listOf(", ", len(keys), keys...))
	}
	if framed && g.chance(50) {
		parts = append(parts, g.frame(ordered, len(keys) > 0))
	}
	return plain(parts...)
}

// windowKey makes a sort key that is no constant, for which rows would be in any order.
func (g *gen) windowKey(p place) *node { return g.expr(p, g.kind(p.sc)) }

func (g *gen) sortKey(e *node) *node {
	return plain(e, pick(g, []string{"", "", " DESC", " ASC"}), pick(g, []string{"", "", "", " NULLS FIRST", " NULLS LAST"}))
}

// frame makes a frame; rows are only counted where the order of all rows is known.
func (g *gen) frame(total, keys bool) *node {
	modes := []string{"RANGE"}
	if keys {
		modes = append(modes, "GROUPS")
	}
	if total {
		modes = append(modes, "ROWS", "ROWS")
	}
	mode := pick(g, modes)
	bounds := []string{"UNBOUNDED PRECEDING", "CURRENT ROW", "UNBOUNDED FOLLOWING"}
	if mode != "RANGE" {
		n, m := g.Intn(4), g.Intn(4)
		bounds = []string{"UNBOUNDED PRECEDING", fmt.Sprintf("%d PRECEDING", n), "CURRENT ROW", fmt.Sprintf("%d FOLLOWING", m), "UNBOUNDED FOLLOWING"}
	}
	if g.chance(20) {
		start := g.Intn(len(bounds) - 1)
		if start > (len(bounds)-1)/2 {
			start = 0
		}
		return optional(" " + mode + " " + bounds[start])
	}
	from := g.Intn(len(bounds) - 1)
	to := from + g.Intn(len(bounds)-from)
	if to == 0 {
		to = 1
	}
	s := " " + mode + " BETWEEN " + bounds[from] + " AND " + bounds[to]
	if g.chance(3) {
		s += pick(g, []string{" EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP", " EXCLUDE NO OTHERS"})
	}
	return optional(s)
}

// rangeOffset makes ORDER BY one key with a frame of values around the current row's.
func (g *gen) rangeOffset(p place) *node {
	kind := pick(g, []string{"int4", "int8", "int2", "numeric", "float8", "date", "timestamp", "timestamptz", "interval", "time"})
	offset := func() string {
		switch kind {
		case "int4", "int8", "int2":
			return pick(g, []string{"1", "2", "10", "0"})
		case "numeric":
			return pick(g, []string{"1.5", "0", "10"})
		case "float8":
			return pick(g, []string{"0.5", "2", "0"})
		case "date", "timestamp", "timestamptz":
			return pick(g, []string{"'1 day'", "INTERVAL '1 month'", "'1 year 2 hours'"})
		}
		return pick(g, []string{"'1 hour'", "INTERVAL '1 day'"})
	}
	frames := []string{
		"BETWEEN " + offset() + " PRECEDING AND CURRENT ROW",
		"BETWEEN " + offset() + " PRECEDING AND " + offset() + " FOLLOWING",
		"BETWEEN CURRENT ROW AND " + offset() + " FOLLOWING",
		"BETWEEN UNBOUNDED PRECEDING AND " + offset() + " PRECEDING",
		"BETWEEN " + offset() + " FOLLOWING AND UNBOUNDED FOLLOWING",
		offset() + " PRECEDING",
	}
	return plain(" ORDER BY ", g.sortKey(g.leafExpr(p, kind)), " RANGE "+pick(g, frames))
}
