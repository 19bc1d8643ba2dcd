package main

import "strings"

// fuzzyFunctions are those of the C library, whose last digit depends on the library.
var fuzzyFunctions = map[string]bool{"exp": true, "ln": true, "log": true, "log10": true, "power": true, "pow": true, "^": true, "cbrt": true, "||/": true,
	"sin": true, "cos": true, "tan": true, "cot": true, "asin": true, "acos": true, "atan": true, "atan2": true,
	"sind": true, "cosd": true, "tand": true, "cotd": true, "asind": true, "acosd": true, "atand": true, "atan2d": true,
	"sinh": true, "cosh": true, "tanh": true, "asinh": true, "acosh": true, "atanh": true, "degrees": true, "radians": true}

// blind are operations that see the value of a number or interval only, not what it looks like.
var blind = map[string]bool{"+": true, "-": true, "*": true, "abs": true, "@": true, "=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true}

// expr makes an expression of a type.
func (g *gen) expr(p place, kind string) *node {
	if p.depth <= 0 || g.chance(15) {
		if p.agg != nil && g.chance(60) {
			if n := g.aggregate(p, kind); n != nil {
				return n
			}
		}
		return g.leafExpr(p, kind)
	}
	if kind == "bool" && g.chance(80) {
		return g.condition(p)
	}
	for range 5 {
		if n := g.compound(p, kind); n != nil {
			return n
		}
	}
	return g.leafExpr(p, kind)
}

func (g *gen) compound(p place, kind string) *node {
	d := p.deeper()
	aggs, windows, subs := 0, 0, 0
	if p.agg != nil {
		aggs = 60
	}
	if p.window {
		windows = 30
	}
	if p.sub > 0 {
		subs = 7
	}
	switch g.choose(25, 22, 12, 9, 6, 3, 4, 4, aggs, windows, subs, 3) {
	case 0:
		return g.operator(d, kind)
	case 1:
		return g.function(d, kind)
	case 2:
		return g.cast(d, kind)
	case 3:
		return g.caseExpr(d, kind)
	case 4:
		return g.call(kind, "COALESCE", g.exprs(d, kind, 2+g.Intn(2)))
	case 5:
		n := g.call(kind, "NULLIF", g.exprs(d, kind, 2))
		return n
	case 6:
		return g.call(kind, pick(g, []string{"GREATEST", "LEAST"}), g.exprs(d, kind, 2+g.Intn(2)))
	case 7:
		return g.special(d, kind)
	case 8:
		return g.aggregate(p, kind)
	case 9:
		return g.windowCall(d, kind)
	case 10:
		return g.scalarSubquery(d, kind)
	}
	return mk(kind, "(", g.expr(d, kind), ")")
}

func (g *gen) exprs(p place, kind string, n int) []*node {
	out := make([]*node, n)
	for i := range out {
		out[i] = g.expr(p.exactly(), kind)
		if i > 0 && g.chance(20) {
			out[i] = g.bareLiteral(kind)
		}
	}
	return out
}

func (g *gen) call(kind, name string, args []*node) *node {
	return mk(kind, name+"(", listOf(", ", 1, args...), ")")
}

// arg makes an argument of an operator or a function.
func (g *gen) arg(p place, s signature, i int) *node {
	if blind[s.name] && s.ret != "timestamp" && s.ret != "timestamptz" {
		p = p.exactly()
	} else {
		p = p.looks()
	}
	if a := g.argument(p, s, i); a != nil {
		return a
	}
	return g.expr(p, s.args[i])
}

func (g *gen) operator(p place, kind string) *node {
	list := g.cat.operators[kind]
	if len(list) == 0 {
		return nil
	}
	s := pick(g, list)
	if p.exact && fuzzyFunctions[s.name] {
		return nil
	}
	if p.rep && s.name == "*" && s.args[0] == "interval" {
		return nil
	}
	var n *node
	if len(s.args) == 1 {
		n = mk(kind, "("+s.name+" ", g.arg(p, s, 0), ")")
	} else {
		left, right := g.arg(p, s, 0), g.arg(p, s, 1)
		if (s.name == "/" || s.name == "%") && g.chance(85) {
			right = mk(right.kind, "nullif(", right, ", "+pick(g, []string{"0", "'0'"})+")")
			if right.kind == "interval" {
				return nil
			}
		} else if right.leaf && left.kind == right.kind && !left.bare && g.chance(10) {
			right = g.bareLiteral(right.kind)
		}
		n = mk(kind, "(", left, " "+s.name+" ", right, ")")
	}
	n.fuzzy = n.fuzzy || fuzzyFunctions[s.name]
	return n
}

func (g *gen) function(p place, kind string) *node {
	list := g.cat.functions[kind]
	if len(list) == 0 {
		return nil
	}
	s := pick(g, list)
	if p.exact && fuzzyFunctions[s.name] {
		return nil
	}
	args := make([]*node, len(s.args))
	for i := range args {
		args[i] = g.arg(p, s, i)
	}
	n := mk(kind, s.name+"(", plain(commaed(args)...), ")")
	n.fuzzy = n.fuzzy || fuzzyFunctions[s.name]
	return n
}

func commaed(args []*node) []any {
	var parts []any
	for i, a := range args {
		if i > 0 {
			parts = append(parts, ", ")
		}
		parts = append(parts, a)
	}
	return parts
}

// textSources are types whose values are cast to and from text.
var textSources = []string{"int4", "int8", "numeric", "float8", "bool", "date", "timestamp", "interval", "uuid", "time", "varchar", "bpchar", "float4", "timestamptz"}

func (g *gen) cast(p place, kind string) *node {
	var from string
	isText := kind == "text" || kind == "varchar" || kind == "bpchar"
	switch {
	case isText && g.chance(60):
		from = pick(g, textSources)
	case len(g.cat.casts[kind]) > 0:
		from = pick(g, g.cat.casts[kind])
	default:
		from = kind
	}
	if from == kind && kind != "numeric" && kind != "varchar" && kind != "bpchar" {
		return nil
	}
	arg := g.expr(p.looks(), from)
	if g.risky(from, kind) && !g.chance(10) {
		arg = g.leafExpr(p.looks(), from)
	}
	name := typeNames[kind]
	switch {
	case kind == "numeric" && g.chance(60):
		name = pick(g, []string{"numeric(10,2)", "numeric(12,4)", "numeric(5)", "decimal(18,3)", "numeric(20,0)"})
	case kind == "varchar" && g.chance(50):
		name = pick(g, []string{"varchar(3)", "character varying(10)"})
	}
	if g.chance(50) && !strings.Contains(name, "with") {
		return mk(kind, "(", arg, ")::"+name)
	}
	return mk(kind, "CAST(", arg, " AS "+name+")")
}

// risky casts often fail.
func (g *gen) risky(from, to string) bool {
	return to == "int2" || from == "float8" || from == "float4" || from == "numeric" || from == "int8"
}

func (g *gen) caseExpr(p place, kind string) *node {
	var whens []*node
	simple := g.chance(30)
	var subject *node
	sk := ""
	if simple {
		sk = g.kind(p.sc)
		subject = g.expr(p.exactly(), sk)
	}
	for range 1 + g.Intn(3) {
		var cond *node
		if simple {
			cond = g.expr(p.exactly(), sk)
		} else {
			cond = g.condition(p)
		}
		whens = append(whens, plain(" WHEN ", cond, " THEN ", g.expr(p, kind)))
	}
	var els *node
	if g.chance(70) {
		els = optional(" ELSE ", g.expr(p, kind))
	}
	return mk(kind, "CASE ", subject, listOf("", 1, whens...), els, " END")
}

// special makes what has a syntax of its own.
func (g *gen) special(p place, kind string) *node {
	l := p.looks()
	switch kind {
	case "numeric":
		from := pick(g, []string{"date", "timestamp", "timestamptz", "interval", "time"})
		return mk(kind, "EXTRACT("+pick(g, extractFields)+" FROM ", g.expr(l, from), ")")
	case "int4":
		if g.chance(40) {
			return mk(kind, "(", g.expr(l, "_int4"), ")["+pick(g, []string{"1", "2", "0", "-1"})+"]"+pick(g, []string{"", "", "", "[1]", "[2]", "[0][1]"}))
		}
		return mk(kind, "position(", g.expr(l, "text"), " IN ", g.expr(l, "text"), ")")
	case "text":
		switch g.Intn(5) {
		case 0:
			return mk(kind, "trim("+pick(g, []string{"", "BOTH ", "LEADING ", "TRAILING "})+pick(g, []string{"", "'a' "})+"FROM ", g.expr(l, "text"), ")")
		case 1:
			return mk(kind, "substring(", g.expr(l, "text"), " FROM "+pick(g, []string{"1", "2", "-1"})+pick(g, []string{"", " FOR 2", " FOR 0"})+")")
		case 2:
			args := []*node{g.expr(l, g.kind(p.sc)), g.expr(l, g.kind(p.sc)), g.expr(l, "text")}
			return g.call(kind, "concat", args)
		case 3:
			args := []*node{g.literal("text"), g.expr(l, g.kind(p.sc)), g.expr(l, g.kind(p.sc))}
			return g.call(kind, "concat_ws", args)
		}
		return mk(kind, "(", g.expr(l, "text"), " || ", g.expr(l, g.kind(p.sc)), ")")
	case "_int4", "_text":
		elem := kind[1:]
		switch g.Intn(6) {
		case 4:
			return mk(kind, "ARRAY[", listOf(", ", 1, g.expr(l, kind), g.expr(l, kind)), "]")
		case 5:
			return mk(kind, "ARRAY[["+g.literal(elem).String()+", ", g.expr(l, elem), "], [", g.expr(l, elem), ", ", g.expr(l, elem), "]]")
		case 0:
			return mk(kind, "(", g.expr(l, kind), ")["+pick(g, []string{"1:2", "2:", ":1", "0:5", ":"})+"]"+pick(g, []string{"", "", "", "[1:1]", "[2:]", "[1]"}))
		case 1:
			return mk(kind, "(", g.expr(l, kind), " || ", g.expr(l, pick(g, []string{kind, elem})), ")")
		}
		return mk(kind, "ARRAY[", listOf(", ", 1, g.expr(l, elem), g.expr(l, elem)), "]")
	case "jsonb":
		switch g.Intn(3) {
		case 0:
			return mk(kind, "to_jsonb(", g.expr(l, pick(g, []string{"int4", "text", "numeric", "bool", "date", "_int4", "_text", "timestamp"})), ")")
		case 1:
			return mk(kind, "jsonb_build_array(", listOf(", ", 0, g.expr(l, "int4"), g.expr(l, g.kind(p.sc))), ")")
		}
		return mk(kind, "jsonb_build_object('a', ", g.expr(l, g.kind(p.sc)), ", 'b', ", g.expr(l, "text"), ")")
	case "int4range":
		bounds := []any{"int4range(", g.expr(l, "int4"), ", ", g.expr(l, "int4")}
		return mk(kind, append(bounds, pick(g, []string{")", ", '[]')", ", '(]')"}))...)
	case "int4multirange":
		return mk(kind, "int4multirange(", listOf(", ", 0, g.expr(l, "int4range"), g.expr(l, "int4range")), ")")
	case "timestamp", "timestamptz":
		from := map[string]string{"timestamp": "timestamptz", "timestamptz": "timestamp"}[kind]
		return mk(kind, "(", g.expr(l, from), " AT TIME ZONE ", g.zone("text"), ")")
	}
	return nil
}
