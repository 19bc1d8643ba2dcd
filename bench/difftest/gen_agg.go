package main

// aggregate makes a call of an aggregate function over the rows of p.agg, or nil when there is none of the type.
func (g *gen) aggregate(p place, kind string) *node {
	in := place{sc: p.agg, depth: min(p.depth-1, 2), sub: min(p.sub, 1), exact: true, rep: p.rep}
	if kind == "int8" && g.chance(30) {
		return g.count(in, p.over)
	}
	if g.chance(10) && !p.over {
		if n := g.orderedSet(p, in, kind); n != nil {
			return n
		}
	}
	list := g.cat.aggregates[kind]
	if len(list) == 0 {
		return nil
	}
	s := pick(g, list)
	return g.aggregateCall(p, in, s)
}

// fuzzyAggregate reports whether last digits depend on the order of the rows.
func fuzzyAggregate(s signature) bool {
	return s.ret == "float8" && s.name != "min" && s.name != "max" && s.name != "sum"
}

func (g *gen) aggregateCall(p, in place, s signature) *node {
	if fuzzyAggregate(s) && p.exact {
		return nil
	}
	picks := (s.name == "min" || s.name == "max") && ambiguous[s.ret]
	if picks && p.rep {
		return nil
	}
	if !picks && s.name != "sum" && s.name != "count" {
		in = in.looks()
	}
	var args []*node
	for i, k := range s.args {
		switch {
		case s.name == "string_agg" && i == 1:
			args = append(args, g.stringSeparator(k))
		case (k == "float8" || k == "float4") && s.name != "min" && s.name != "max":
			a := g.niceFloat(in, k)
			if a == nil {
				return nil
			}
			args = append(args, a)
		default:
			args = append(args, g.expr(in, k))
		}
	}
	if p.over && listing(s.name) {
		return nil
	}
	n := g.finishAggregate(in, s, args, p.over)
	n.fuzzy = n.fuzzy || fuzzyAggregate(s)
	if picks && !(args[0].leaf && args[0].fixed) {
		n.pick = true
	}
	return n
}

// listing reports whether the result of an aggregate has its input in order.
func listing(name string) bool {
	return name == "string_agg" || name == "array_agg" || name == "json_agg" || name == "jsonb_agg" || name == "jsonb_object_agg"
}

func (g *gen) stringSeparator(kind string) *node {
	if kind == "bytea" {
		return leaf(kind, `'\x2c'::bytea`)
	}
	return leaf(kind, quote(pick(g, []string{",", "", "; "})))
}

// finishAggregate adds DISTINCT, ORDER BY and FILTER.
func (g *gen) finishAggregate(in place, s signature, args []*node, over bool) *node {
	var distinct, order, filter *node
	ordered := listing(s.name)
	if !over && g.chance(15) {
		distinct = optional("DISTINCT ")
		if s.name == "string_agg" || s.name == "sum" && ambiguous[s.ret] {
			distinct.opt = false
		}
	}
	if ordered && args[0].bare {
		args[0] = g.leafExpr(in, args[0].kind) // PostgreSQL takes the literal in ORDER BY for another one
		if args[0].bare {
			distinct = nil
		}
	}
	if ordered {
		order = plain(" ORDER BY ", args[0], pick(g, []string{"", " DESC", " NULLS FIRST"}))
		if distinct != nil {
			distinct.opt = true
		}
	}
	if distinct != nil && len(args) > 0 && ambiguous[args[0].kind] && !args[0].fixed && s.name != "min" && s.name != "max" && s.name != "count" {
		distinct = nil // which of several equal values is taken may change the digits
	}
	if g.chance(15) {
		filter = optional(" FILTER (WHERE ", g.condition(in), ")")
	}
	return mk(s.ret, s.name+"(", distinct, plain(commaed(args)...), order, ")", filter)
}

func (g *gen) count(in place, over bool) *node {
	s := signature{name: "count", ret: "int8"}
	if g.chance(40) {
		var filter *node
		if g.chance(30) {
			filter = optional(" FILTER (WHERE ", g.condition(in), ")")
		}
		return mk("int8", "count(*)", filter)
	}
	return g.finishAggregate(in, s, []*node{g.expr(in, g.kind(in.sc))}, over)
}

// niceFloat makes a float whose sums do not depend on their order.
func (g *gen) niceFloat(p place, kind string) *node {
	var found []*node
	for _, c := range p.sc.cols {
		if c.nice && c.kind == kind {
			found = append(found, c.node())
		}
		if c.nice && c.kind == "float4" && kind == "float8" || c.kind == "int2" {
			found = append(found, mk(kind, "CAST(", c.node(), " AS "+typeNames[kind]+")"))
		}
	}
	if len(found) == 0 {
		return nil
	}
	n := pick(g, found)
	if g.chance(15) {
		n = mk(kind, "CASE WHEN ", g.condition(p), " THEN ", n, " END")
	}
	return n
}

// orderedSet makes one of the aggregates with WITHIN GROUP.
func (g *gen) orderedSet(p, in place, kind string) *node {
	in = in.looks()
	order := pick(g, []string{"", " DESC"})
	switch {
	case kind == "float8" && !p.exact && g.chance(60):
		if a := g.niceFloat(in, kind); a != nil {
			n := mk(kind, "percentile_cont("+pick(g, []string{"0", "0.5", "0.25", "1"})+") WITHIN GROUP (ORDER BY ", a, order+")")
			n.fuzzy = true
			return n
		}
	case kind == "interval" && g.chance(30) && !p.rep:
		n := mk(kind, "percentile_cont(0.5) WITHIN GROUP (ORDER BY ", g.expr(in, kind), order+")")
		n.pick = true
		return n
	}
	if ambiguous[kind] {
		return nil
	}
	if g.chance(50) {
		return mk(kind, "mode() WITHIN GROUP (ORDER BY ", g.expr(in, kind), order+")")
	}
	return mk(kind, "percentile_disc("+pick(g, []string{"0", "0.5", "0.9"})+") WITHIN GROUP (ORDER BY ", g.expr(in, kind), order+")")
}
