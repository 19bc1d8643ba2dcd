package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A random table is a query over DuckDB's range(rows): a column's values are an expression of x, a pseudo-random unsigned
// 64-bit number of the row, of a random distribution. So a table is made again from its seed.

// randomTable is the query of a random table.
type randomTable struct {
	rows int
	cols []string // names
	list []string // expressions
}

func newTable(r *rand.Rand, most int) randomTable {
	t := randomTable{rows: tableRows(r, most)}
	for i := range 1 + r.IntN(10) {
		g := &generator{r: r, rows: t.rows}
		x := g.distribution("i")
		e := g.value(x, 0)
		t.cols = append(t.cols, fmt.Sprintf("c%d", i))
		t.list = append(t.list, g.nulls(e))
	}
	return t
}

// tableRows returns a number of rows: few, or about a row group of DuckDB's, or more.
func tableRows(r *rand.Rand, most int) int {
	switch r.IntN(8) {
	case 0:
		return r.IntN(5)
	case 1, 2:
		return r.IntN(3000)
	}
	return 1 + r.IntN(most)
}

// query returns the table's rows from number from on, up to number to.
func (t randomTable) query(from, to int) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, e := range t.list {
		fmt.Fprintf(&b, "%s AS %s, ", e, t.cols[i])
	}
	fmt.Fprintf(&b, "i AS rid FROM range(%d, %d) t(i)", from, to)
	return b.String()
}

// generator makes expressions of random types.
type generator struct {
	r     *rand.Rand
	rows  int
	depth int // of lambdas, whose parameters have different names
}

func (g *generator) pick(s ...string) string { return s[g.r.IntN(len(s))] }

// hash returns a pseudo-random number made of an expression.
func (g *generator) hash(of string) string {
	return fmt.Sprintf("hash(%s, %d)", of, g.r.Uint32())
}

// distribution returns an expression of row number i.
func (g *generator) distribution(i string) string {
	h, n := g.hash(i), 1+g.r.IntN(max(g.rows, 1))
	switch g.r.IntN(9) {
	case 0: // few values
		return fmt.Sprintf("(%s %% %d)", h, 1+g.r.IntN(20))
	case 1: // as many as a dictionary may hold, or not
		return fmt.Sprintf("(%s %% %d)", h, 1+g.r.IntN(20000))
	case 2: // ascending
		return fmt.Sprintf("(%s // %d)::UBIGINT", i, 1+g.r.IntN(50))
	case 3: // almost ascending
		return fmt.Sprintf("(%s * 16 + %s %% %d)::UBIGINT", i, h, 1+g.r.IntN(500))
	case 4: // descending
		return fmt.Sprintf("(%d - %s)::UBIGINT", g.rows+5, i)
	case 5: // runs
		return g.hash(fmt.Sprintf("%s // %d", i, 1+g.r.IntN(2000)))
	case 6: // few values at first and then many
		return fmt.Sprintf("CASE WHEN %s < %d THEN %s %% 10 ELSE %s END", i, n, h, h)
	case 7: // constant
		return fmt.Sprintf("%d::UBIGINT", g.r.Uint32())
	}
	return h
}

// nulls makes some values NULL.
func (g *generator) nulls(e string) string {
	cond := ""
	switch g.r.IntN(9) {
	case 0:
		cond = g.hash("i") + " % 100 = 0"
	case 1, 2:
		cond = g.hash("i") + " % 2 = 0"
	case 3:
		cond = g.hash("i") + " % 200 > 0"
	case 4:
		cond = fmt.Sprintf("(i // %d) %% 2 = 1", 1+g.r.IntN(6000))
	case 5:
		if g.r.IntN(3) == 0 {
			cond = "true"
		}
	}
	if cond == "" {
		return e
	}
	return "CASE WHEN " + cond + " THEN NULL ELSE " + e + " END"
}

// maxNesting is how deep random types are nested.
const maxNesting = 3

// value returns an expression of a random type.
func (g *generator) value(x string, nesting int) string {
	if nesting < maxNesting && g.r.IntN(4+3*nesting) == 0 {
		switch g.r.IntN(5) {
		case 0, 1:
			return g.list(x, nesting, func(y string) string { return g.value(y, nesting+1) })
		case 2:
			return g.mapping(x, nesting)
		}
		return g.record(x, nesting)
	}
	kinds := []func(*generator, string) string{
		(*generator).integer, (*generator).integer, (*generator).wide, (*generator).decimal, (*generator).decimal, (*generator).float,
		(*generator).text, (*generator).text, (*generator).blob, (*generator).date, (*generator).time, (*generator).timestamp, (*generator).timestamp,
		(*generator).interval, (*generator).uuid, (*generator).enum, (*generator).boolean, (*generator).bit, (*generator).json,
	}
	return kinds[g.r.IntN(len(kinds))](g, x)
}

// param returns the name of a new lambda's parameter.
func (g *generator) param() string {
	g.depth++
	return fmt.Sprintf("e%d", g.depth)
}

// elements returns an expression of the numbers of a list's elements.
func (g *generator) elements(x string) string {
	switch g.r.IntN(4) {
	case 0: // mostly empty
		return fmt.Sprintf("range((CASE WHEN %s %% 10 = 0 THEN 3 ELSE 0 END)::BIGINT)", x)
	case 1: // some long ones
		return fmt.Sprintf("range((CASE WHEN %s %% 500 = 0 THEN %d ELSE %s %% 2 END)::BIGINT)", x, g.r.IntN(3000), x)
	}
	return fmt.Sprintf("range((%s %% %d)::BIGINT)", x, 1+g.r.IntN(6))
}

// some makes elements NULL, or lists and records as a whole.
func (g *generator) some(e, x string) string {
	switch g.r.IntN(3) {
	case 0:
		return fmt.Sprintf("CASE WHEN %s %% 7 = 0 THEN NULL ELSE %s END", g.hash(x), e)
	}
	return e
}

func (g *generator) list(x string, nesting int, elem func(string) string) string {
	from, p := g.elements(x), g.param()
	y := g.hash(x + ", " + p)
	if g.r.IntN(3) == 0 {
		y = fmt.Sprintf("(%s %% %d)", y, 1+g.r.IntN(50))
	}
	return g.some(fmt.Sprintf("list_transform(%s, lambda %s: %s)", from, p, g.some(elem(y), y)), x)
}

func (g *generator) record(x string, nesting int) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range 1 + g.r.IntN(4) {
		if i > 0 {
			b.WriteString(", ")
		}
		y := x
		if i > 0 {
			y = g.hash(x)
		}
		fmt.Fprintf(&b, "'f%d': %s", i, g.some(g.value(y, nesting+1), y))
	}
	return g.some(b.String()+"}", x)
}

// mapping returns a map of keys that differ.
func (g *generator) mapping(x string, nesting int) string {
	from, p, q := fmt.Sprintf("range((%s %% %d)::BIGINT)", x, 1+g.r.IntN(6)), g.param(), g.param()
	key := g.pick("%s", "'key ' || %s", "DATE '2000-01-01' + (%s)::INTEGER")
	y := g.hash(x + ", " + q)
	return g.some(fmt.Sprintf("map(list_transform(%s, lambda %s: %s), list_transform(%s, lambda %s: %s))",
		from, p, fmt.Sprintf(key, p), from, q, g.some(g.value(y, nesting+1), y)), x)
}
