package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

// conditions makes random queries over a table, with values in conditions that the table has, and others near them.
type conditions struct {
	r      *rand.Rand
	from   string
	fields []field
	values [][]literal // by column; none for those of types that conditions cannot compare
}

// literal is a constant in both dialects.
type literal struct{ ours, theirs string }

// sampled is how many values of each column conditions take.
const sampled = 12

func newConditions(ctx context.Context, r *rand.Rand, e *engines, from string, fields []field) (*conditions, error) {
	c := &conditions{r: r, from: from, fields: fields}
	for _, f := range fields {
		var values []literal
		if sql := textOf(f); sql != "" {
			texts, err := e.strings(ctx, fmt.Sprintf("SELECT %s FROM (SELECT %s FROM %s, file_row_number = true) ORDER BY hash(file_row_number) LIMIT %d)", sql, f.name, strings.TrimSuffix(from, ")"), sampled))
			if err != nil {
				return nil, err
			}
			for _, t := range texts {
				if !strings.Contains(t, "(BC)") {
					values = append(values, literalOf(strings.TrimSuffix(f.typ, "_NS"), t))
				}
			}
		}
		c.values = append(c.values, values)
	}
	return c, nil
}

// textOf returns the expression in DuckDB of a column's values as text, "" when they are not compared.
func textOf(f field) string {
	switch t := expected(f.typ); {
	case t == "bytea":
		return "hex(" + f.name + ")"
	case f.typ == "TIMESTAMP_NS":
		return "CAST(" + microseconds(f.name) + " AS VARCHAR)"
	case t == "", t == "json", strings.HasPrefix(t, "record"), strings.HasSuffix(t, "[]"):
		return ""
	}
	return "CAST(" + f.name + " AS VARCHAR)"
}

// literalOf makes a constant of a value of a type.
func literalOf(typ, text string) literal {
	if expected(typ) == "bytea" {
		return literal{`'\x` + text + `'::bytea`, "unhex('" + text + "')"}
	}
	q := quoteText(text)
	return literal{"CAST(" + q + " AS " + expected(typ) + ")", "CAST(" + q + " AS " + typ + ")"}
}

// microseconds returns the expression in DuckDB of nanoseconds as gsql has them, rounded down.
func microseconds(name string) string {
	return "make_timestamp((epoch_ns(" + name + ") - ((epoch_ns(" + name + ") % 1000) + 1000) % 1000) // 1000)"
}

// query returns a query with a random condition and some of the columns.
func (c *conditions) query() (ours, theirs string) {
	cond := c.condition(2)
	list := "count(*)"
	if c.r.IntN(6) > 0 {
		var names []string
		for _, f := range c.fields {
			if c.r.IntN(3) == 0 {
				names = append(names, f.name)
			}
		}
		if len(names) > 0 {
			list = strings.Join(names, ", ")
		}
	}
	// A limit keeps DuckDB from leaving out anything by statistics and Bloom filters, in which it has mistakes of its own.
	theirs = fmt.Sprintf("SELECT %s FROM (SELECT * FROM %s LIMIT 1000000000) WHERE %s", list, c.from, cond.theirs)
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", list, c.from, cond.ours), theirs
}

func (c *conditions) condition(depth int) literal {
	if depth > 0 {
		switch c.r.IntN(5) {
		case 0:
			return both("(%s) AND (%s)", c.condition(depth-1), c.condition(depth-1))
		case 1:
			return both("(%s) OR (%s)", c.condition(depth-1), c.condition(depth-1))
		case 2:
			return both("NOT (%s)", c.condition(depth-1))
		}
	}
	return c.comparison()
}

// both fills literals into a format in both dialects.
func both(format string, args ...literal) literal {
	var ours, theirs []any
	for _, a := range args {
		ours, theirs = append(ours, a.ours), append(theirs, a.theirs)
	}
	return literal{fmt.Sprintf(format, ours...), fmt.Sprintf(format, theirs...)}
}

// comparison is a condition on one column.
func (c *conditions) comparison() literal {
	i := c.r.IntN(len(c.fields))
	f, values := c.fields[i], c.values[i]
	name := literal{f.name, f.name}
	switch f.typ {
	case "TIMESTAMP_NS":
		name.theirs = microseconds(f.name)
	case "TIME_NS":
		name.theirs = "CAST(" + f.name + " AS TIME)"
	}
	value := func() literal { return values[c.r.IntN(len(values))] }
	switch {
	case expected(f.typ) == "record":
		// Whether a record with NULLs in it is NULL is another matter in PostgreSQL than in DuckDB.
		return literal{"1 = 1", "1 = 1"}
	case len(values) == 0 || c.r.IntN(8) == 0:
		return both("%s IS "+[]string{"", "NOT "}[c.r.IntN(2)]+"NULL", name)
	}
	switch c.r.IntN(6) {
	case 0:
		list := []literal{name, value()}
		for range c.r.IntN(5) {
			list = append(list, value())
		}
		return both("%s IN (%s"+strings.Repeat(", %s", len(list)-2)+")", list...)
	case 1:
		return both("%s BETWEEN %s AND %s", name, value(), value())
	case 2:
		if f.typ == "VARCHAR" {
			return c.like(f.name, value())
		}
	}
	return both("%s "+[]string{"=", "<", "<=", ">", ">=", "<>"}[c.r.IntN(6)]+" %s", name, value())
}

// like is a pattern that begins as a value does.
func (c *conditions) like(name string, value literal) literal {
	text := strings.TrimSuffix(strings.TrimPrefix(value.theirs, "CAST('"), "' AS VARCHAR)")
	if strings.ContainsAny(text, `'\%_`) || text == "" {
		return literal{name + " = ''", name + " = ''"}
	}
	runes := []rune(text)
	s := fmt.Sprintf("%s LIKE '%s%%'", name, string(runes[:1+c.r.IntN(len(runes))]))
	return literal{s, s}
}
