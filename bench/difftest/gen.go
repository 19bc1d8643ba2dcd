package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// gen makes random queries. The same random numbers over the same tables make the same query.
type gen struct {
	*rand.Rand
	cat    *catalog
	tables []*table
	views  []*table
	names  int
}

// column is what a column reference may name.
type column struct {
	name  string // without a table
	ref   *node  // how to write it
	kind  string
	fixed bool // equal values look the same
	nice  bool // floats whose sums are exact
	expr  bool // a GROUP BY expression: not to be seen from subqueries
	lenience
}

// scope has the columns that may be used in a place.
type scope struct {
	outer *scope
	cols  []column
	key   []*node // expressions that tell rows apart; nil: unknown
	ctes  []*table
}

// place says what an expression may be made of.
type place struct {
	sc     *scope
	agg    *scope // the rows of aggregates; nil: there cannot be any
	window bool
	depth  int
	sub    int  // levels of subqueries that may still open
	exact  bool // all digits matter
	rep    bool // what a value looks like matters
	over   bool // the aggregate is called with OVER
}

func (p place) deeper() place     { p.depth--; return p }
func (p place) exactly() place    { p.exact = true; return p }
func (p place) looks() place      { p.exact, p.rep = true, true; return p }
func (p place) noWindows() place  { p.window = false; return p }
func (p place) of(s *scope) place { p.sc = s; return p }

func (g *gen) chance(percent int) bool { return g.Intn(100) < percent }

func pick[T any](g *gen, list []T) T { return list[g.Intn(len(list))] }

// choose returns an index by weight.
func (g *gen) choose(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := g.Intn(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	panic("unreachable")
}

func (g *gen) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

var kindWeights = map[string]int{"int4": 10, "text": 8, "bool": 5, "numeric": 7, "int8": 6, "float8": 5, "int2": 3, "float4": 2,
	"varchar": 3, "bpchar": 2, "date": 5, "timestamp": 4, "timestamptz": 3, "interval": 3, "time": 2, "timetz": 1, "uuid": 2, "bytea": 1, "_int4": 3, "_text": 2, "jsonb": 3,
	"int4range": 2, "int4multirange": 1}

// kind returns a random type: often that of a column of the place.
func (g *gen) kind(s *scope) string {
	if s != nil && len(s.cols) > 0 && g.chance(60) {
		return pick(g, s.cols).kind
	}
	weights := make([]int, len(kinds))
	for i, k := range kinds {
		weights[i] = kindWeights[k]
	}
	return kinds[g.choose(weights...)]
}

// column returns a column of the type, nil when there is none.
func (g *gen) column(p place, kind string, outer bool) *node {
	var found []column
	sc := p.sc
	if outer {
		for sc = sc.outer; sc != nil && sc.outer != nil && g.chance(40); {
			sc = sc.outer
		}
	}
	if sc == nil {
		return nil
	}
	for _, c := range sc.cols {
		if c.kind == kind && !(p.exact && c.fuzzy) && !(p.rep && c.ambiguous()) && !(outer && c.expr) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil
	}
	c := pick(g, found)
	return c.node()
}

// ambiguous are types with values that are equal and look different.
var ambiguous = map[string]bool{"jsonb": true, "numeric": true, "interval": true, "float4": true, "float8": true, "bpchar": true}

// ambiguous reports whether it depends on the engine what a value of the column looks like.
func (c column) ambiguous() bool { return c.pick && !c.fixed && ambiguous[c.kind] }

// node returns a reference to the column.
func (c column) node() *node {
	n := mk(c.kind, c.ref)
	n.leaf, n.fixed, n.nice = true, c.fixed, c.nice
	n.fuzzy, n.pick = c.fuzzy, c.pick
	return n
}

// leafExpr returns a column or a literal.
func (g *gen) leafExpr(p place, kind string) *node {
	if p.sc.outer != nil && g.chance(25) {
		if n := g.column(p, kind, true); n != nil {
			return n
		}
	}
	if g.chance(85) {
		if n := g.column(p, kind, false); n != nil {
			return n
		}
		if strings.HasPrefix(kind, "float") && g.chance(60) {
			if n := g.column(p, "int4", false); n != nil {
				return mk(kind, "CAST(", n, " AS "+typeNames[kind]+")")
			}
		}
	}
	return g.literal(kind)
}

// typeNames are names of types in casts; several mean the same.
var typeNames = map[string]string{"bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
	"float8": "double precision", "numeric": "numeric", "text": "text", "varchar": "varchar", "bpchar": "char(5)", "bytea": "bytea",
	"date": "date", "time": "time", "timetz": "time with time zone", "timestamp": "timestamp", "timestamptz": "timestamptz", "interval": "interval", "uuid": "uuid",
	"_int4": "integer[]", "_text": "text[]", "jsonb": "jsonb",
	"int4range": "int4range", "int4multirange": "int4multirange"}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literals are values of types that no column has.
var literals = map[string][]string{
	"_int4": {"{}", "{1}", "{1,2,3}", "{NULL}", "{3,NULL,1}", "{2,2}", "{-1,2147483647}", "{{1,2},{3,4}}", "{{1},{NULL}}", "[0:1]={1,2}", "[2:2][-1:0]={{5,1}}", "{{{1,2}}}"},
	"_text": {"{}", "{a}", "{a,b}", "{NULL,b}", `{"a b","",x}`, `{"\"","\\"}`, "{b,a,b}", "{żółw}", "{{a,b},{NULL,\"c d\"}}", "[5:6]={a,b}"},
	"jsonb": {"{}", "[]", "null", "1", `"a"`, "true", `{"a": 1}`, `{"a": {"b": [1, 2, null]}, "c": "x"}`, `[1, "a", null, {"a": 2}]`,
		`{"b": null, "a": "1"}`, `[[1], [2]]`, "-7", `""`},
	"int4range":      {"empty", "(,)", "[1,5)", "[1,1]", "(2,7]", "(,3)", "[3,)", "[-3,2147483647)", "[10,12)"},
	"int4multirange": {"{}", "{[1,5)}", "{[1,3),[4,7)}", "{(,0),[5,)}", "{(,)}", "{[-3,-1),[2,3),[10,100)}"},
}

// value returns the text of a random value.
func (g *gen) value(kind string) string {
	if kind == "bytea" {
		return pick(g, []string{`\x`, `\x00`, `\xdeadbeef`, "abc"})
	}
	if values := literals[kind]; values != nil {
		return pick(g, values)
	}
	if kind == "timetz" {
		return pick(g, []string{"12:00:00+00", "12:00:00+02", "00:00:00-05", "23:59:59.5+05:30"})
	}
	c := columnOfKind(kind)
	if g.chance(3) && kind != "interval" && kind != "date" {
		return pick(g, c.edges)
	}
	return pick(g, c.values)
}

// literal returns a constant.
func (g *gen) literal(kind string) *node {
	if g.chance(4) {
		return leaf(kind, "CAST(NULL AS "+typeNames[kind]+")")
	}
	v := g.value(kind)
	switch kind {
	case "bool":
		return leaf(kind, pick(g, []string{"true", "false"}))
	case "int4", "numeric":
		if kind == "int4" && strings.Contains(v, "2147483648") || v == "NaN" || kind == "numeric" && !strings.ContainsAny(v, ".e") {
			break
		}
		if v[0] == '-' {
			v = "(" + v + ")"
		}
		return leaf(kind, v)
	case "text":
		if g.chance(50) {
			n := leaf(kind, quote(v))
			n.bare = true
			return n
		}
	case "date", "time", "timestamp", "interval", "timestamptz":
		if g.chance(50) {
			return leaf(kind, strings.ToUpper(kind)+" "+quote(v))
		}
	}
	if g.chance(30) {
		return leaf(kind, "CAST("+quote(v)+" AS "+typeNames[kind]+")")
	}
	return leaf(kind, quote(v)+"::"+strings.ReplaceAll(typeNames[kind], "time with time zone", "timetz"))
}

// bareLiteral returns a quoted constant that takes its type from the context.
func (g *gen) bareLiteral(kind string) *node {
	if g.chance(5) {
		return leaf(kind, "NULL")
	}
	n := leaf(kind, quote(g.value(kind)))
	n.bare = true
	return n
}
