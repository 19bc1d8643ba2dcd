package main

// condition makes a boolean expression.
func (g *gen) condition(p place) *node {
	d := p.deeper().noWindows()
	d.agg, d.window = p.agg, p.window
	if p.depth <= 0 {
		return g.comparison(d)
	}
	subs := 0
	if p.sub > 0 {
		subs = 1
	}
	e := d.exactly()
	switch g.choose(35, 14, 12, 8, 9, 6, 8, 6, 4, 4, 6*subs, 7*subs, 5*subs, 5) {
	case 0:
		return g.comparison(d)
	case 1:
		return mk("bool", "(", listOf(" AND ", 1, g.condition(d), g.condition(d)), ")")
	case 2:
		return mk("bool", "(", listOf(" OR ", 1, g.condition(d), g.condition(d)), ")")
	case 3:
		return mk("bool", "(NOT ", g.condition(d), ")")
	case 4:
		return mk("bool", "(", g.expr(e, g.kind(p.sc)), " IS "+pick(g, []string{"", "NOT "})+"NULL)")
	case 5:
		k := g.kind(p.sc)
		return mk("bool", "(", g.expr(e, k), pick(g, []string{"", " NOT"})+" BETWEEN "+pick(g, []string{"", "", "SYMMETRIC "}), g.operand(e, k), " AND ", g.operand(e, k), ")")
	case 6:
		k := g.kind(p.sc)
		var items []*node
		for range 1 + g.Intn(4) {
			items = append(items, g.operand(e, k))
		}
		return mk("bool", "(", g.expr(e, k), pick(g, []string{"", " NOT"})+" IN (", listOf(", ", 1, items...), "))")
	case 7:
		l := d.looks()
		s := signature{name: "~~", args: []string{"text", "text"}}
		op := pick(g, []string{"LIKE", "NOT LIKE", "ILIKE", "~", "!~*", "SIMILAR TO"})
		if op[0] == '~' || op[0] == '!' || op[0] == 'S' {
			s.name = "~"
		}
		return mk("bool", "(", g.expr(l, pick(g, []string{"text", "text", "varchar"})), " "+op+" ", g.argument(l, s, 1), ")")
	case 8:
		return mk("bool", "(", g.condition(d), " IS "+pick(g, []string{"", "NOT "})+pick(g, []string{"TRUE", "FALSE", "UNKNOWN"})+")")
	case 9:
		k := g.kind(p.sc)
		return mk("bool", "(", g.expr(e, k), " IS "+pick(g, []string{"", "NOT "})+"DISTINCT FROM ", g.operand(e, k), ")")
	case 10:
		q, _ := g.subquery(p, nil)
		return mk("bool", pick(g, []string{"", "NOT "})+"EXISTS (", q, ")")
	case 11:
		return g.inSubquery(e)
	case 12:
		k := g.kind(p.sc)
		q, _ := g.subquery(p, []string{k})
		return mk("bool", "(", g.expr(e, k), " "+pick(g, comparisons)+" "+pick(g, []string{"ANY", "ALL", "SOME"})+" (", q, "))")
	}
	if g.chance(25) {
		elem := pick(g, []string{"int4", "text"})
		return mk("bool", "(", g.expr(e, elem), " "+pick(g, comparisons)+" "+pick(g, []string{"ANY", "ALL"})+" (", g.expr(e, "_"+elem), "))")
	}
	if op := g.operator(d, "bool"); op != nil {
		return op
	}
	return g.comparison(d)
}

var comparisons = []string{"=", "<>", "<", "<=", ">", ">=", "=", "=", "!="}

// operand makes what something is compared with: often a literal, sometimes without a type.
func (g *gen) operand(p place, kind string) *node {
	switch g.choose(30, 20, 50) {
	case 0:
		return g.literal(kind)
	case 1:
		return g.bareLiteral(kind)
	}
	return g.expr(p, kind)
}

func (g *gen) comparison(p place) *node {
	e := p.exactly()
	k := g.kind(p.sc)
	other := k
	if g.chance(15) {
		switch k {
		case "int2", "int4", "int8", "numeric", "float4", "float8":
			other = pick(g, []string{"int2", "int4", "int8", "numeric", "float8"})
		case "date", "timestamp", "timestamptz":
			other = pick(g, []string{"date", "timestamp", "timestamptz"})
		case "text", "varchar", "bpchar":
			other = pick(g, []string{"text", "varchar", "bpchar"})
		}
	}
	right := g.operand(e, other)
	if other != k && right.bare {
		right = g.literal(other)
	}
	left := g.expr(e, k)
	if left.bare && right.bare {
		left = g.literal(k)
	}
	return mk("bool", "(", left, " "+pick(g, comparisons)+" ", right, ")")
}

func (g *gen) inSubquery(p place) *node {
	not := pick(g, []string{"", " NOT"})
	if g.chance(20) {
		k1, k2 := g.kind(p.sc), g.kind(p.sc)
		q, _ := g.subquery(p, []string{k1, k2})
		return mk("bool", "((", g.expr(p, k1), ", ", g.expr(p, k2), ")"+not+" IN (", q, "))")
	}
	k := g.kind(p.sc)
	q, _ := g.subquery(p, []string{k})
	return mk("bool", "(", g.expr(p, k), not+" IN (", q, "))")
}
