package sql

import (
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// Defined is a table that knows more of its columns than their types.
type Defined interface {
	exec.Table
	// Definition returns what CREATE TABLE said of a column: whether it is NOT NULL, and the text of its default, "" for none.
	Definition(column int) (notNull bool, def string)
}

// describe binds DESCRIBE and SUMMARIZE, with the columns that DuckDB gives them.
func (b *binder) describe(d *syntax.Describe, parent *block, scope *cteScope) (*query, error) {
	q, err := b.query(d.Query, parent, scope, true)
	if err != nil {
		return nil, err
	}
	if len(q.cols) == 0 {
		return nil, sqlstate.New(sqlstate.SyntaxError, "there are no columns to describe").At(d.Pos)
	}
	if d.Summarize {
		return b.summarize(d, q.cols, parent, scope)
	}
	text := types.Of(types.Text)
	null := value{e: expr.Null(text), pos: d.Pos}
	str := func(s string) value { return value{e: textConst(text, s), pos: d.Pos} }
	table := b.describedTable(d.Query)
	var rows [][]value
	for i, c := range q.cols {
		nullable, def := "YES", null
		if table != nil {
			notNull, text := table.Definition(i)
			if notNull {
				nullable = "NO"
			}
			if text != "" {
				def = str(text)
			}
		}
		rows = append(rows, []value{str(c.name), str(c.typ.String()), str(nullable), null, def, null})
	}
	blk := newBlock(parent, scope)
	out := &query{}
	var fields []exec.Field
	for _, name := range []string{"column_name", "column_type", "null", "key", "default", "extra"} {
		id := b.newID(blk, derivedColumn, "", name)
		fields = append(fields, exec.Field{ID: id, Name: name, Type: text})
		out.cols = append(out.cols, outColumn{name: name, id: id, typ: text, pos: d.Pos})
	}
	out.node = b.valuesNode(blk, fields, rows)
	return out, nil
}

// describedTable returns the table that a query is all columns of, nil if it is another query or knows no more.
func (b *binder) describedTable(q *syntax.Query) Defined {
	s, ok := q.Body.(*syntax.Select)
	if !ok || !onlyBody(q) || len(s.Targets) != 1 || len(s.From) != 1 {
		return nil
	}
	star, ok := s.Targets[0].Expr.(*syntax.Star)
	t, isTable := s.From[0].(*syntax.Table)
	if !ok || !isTable || len(star.Table) > 0 || len(star.Replace) > 0 || len(star.Exclude) > 0 || b.env.Catalog == nil {
		return nil
	}
	name := exec.Name{Schema: t.Schema, Table: t.Name}
	if b.env.View != nil {
		if _, view := b.env.View(name); view {
			return nil
		}
	}
	table, err := b.env.Catalog.Table(b.ctx, name)
	if err != nil {
		return nil
	}
	defined, _ := table.(Defined)
	return defined
}

// summarize binds the query that SUMMARIZE stands for: it aggregates all columns in one pass, and turns the one row that
// this gives into a row per column.
func (b *binder) summarize(d *syntax.Describe, cols []outColumn, parent *block, scope *cteScope) (*query, error) {
	stmts, err := syntax.Parse(summaryText(cols))
	if err != nil {
		return nil, err
	}
	q := stmts[0].(*syntax.SelectStmt).Query
	inner := q.Body.(*syntax.Select).From[0].(*syntax.SubqueryTable).Query.Body.(*syntax.Select)
	inner.From[0].(*syntax.SubqueryTable).Query = d.Query
	return b.query(q, parent, scope, true)
}

// summaryText writes the query of SUMMARIZE, in which a query stands for that which is summarized.
func summaryText(cols []outColumn) string {
	var names, kinds, aliases, aggs, counts, nulls []string
	var lists [len(summaryNames)][]string // of what is computed for each column
	for i, c := range cols {
		col := fmt.Sprintf("c%d", i)
		names, kinds, aliases = append(names, quoted(c.name)), append(kinds, quoted(c.typ.String())), append(aliases, col)
		for k, e := range summaryOf(c.typ, col) {
			out := "NULL"
			if e != "" {
				out = fmt.Sprintf("a%d_%d", i, k)
				aggs = append(aggs, e+" AS "+out)
			}
			lists[k] = append(lists[k], out)
		}
		aggs = append(aggs, fmt.Sprintf("count(%s) AS n%d", col, i))
		counts = append(counts, "n")
		nulls = append(nulls, fmt.Sprintf("CASE WHEN n > 0 THEN round(100.0 * (n - n%d) / n, 2) END", i))
	}
	targets := []string{listColumn(names, "text", "column_name"), listColumn(kinds, "text", "column_type")}
	for k, name := range summaryNames {
		typ := "text"
		if name == "approx_unique" {
			typ = "int8"
		}
		targets = append(targets, listColumn(lists[k], typ, name))
	}
	targets = append(targets, listColumn(counts, "int8", "count"), listColumn(nulls, "numeric(9,2)", "null_percentage"))
	return fmt.Sprintf("SELECT %s FROM (SELECT %s, count(*) AS n FROM (SELECT 1) AS s(%s)) AS a",
		strings.Join(targets, ", "), strings.Join(aggs, ", "), strings.Join(aliases, ", "))
}

// listColumn is a column of which each item is a row.
func listColumn(items []string, typ, name string) string {
	return fmt.Sprintf("unnest(ARRAY[%s]::%s[]) AS %s", strings.Join(items, ", "), typ, name)
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// summaryNames are the columns that summaryOf has the expressions of.
var summaryNames = [...]string{"min", "max", "approx_unique", "avg", "std", "q25", "q50", "q75"}

// summaryOf returns what SUMMARIZE computes of a column of a type, "" for nothing.
func summaryOf(t types.Type, c string) (out [len(summaryNames)]string) {
	ordered := c
	switch t.ID {
	case types.JSON, types.JSONB, types.XML, types.Point, types.Line, types.LSeg, types.Box, types.Path, types.Polygon, types.Circle, types.Int4Range, types.Int8Range, types.NumRange, types.DateRange,
		types.TSRange, types.TSTZRange, types.Int4Multirange, types.Int8Multirange, types.NumMultirange, types.DateMultirange,
		types.TSMultirange, types.TSTZMultirange, types.Record, types.Array, types.Bytea: // whose least value says little
		out[2] = fmt.Sprintf("approx_count_distinct(%s::text)", c)
		return out
	case types.Bool, types.UUID, types.Name, types.MacAddr, types.MacAddr8: // texts have the same order
		ordered = c + "::text"
	}
	out[0], out[1] = fmt.Sprintf("min(%s)::text", ordered), fmt.Sprintf("max(%s)::text", ordered)
	out[2] = fmt.Sprintf("approx_count_distinct(%s)", c)
	switch {
	case t.IsNumber():
		out[3], out[4] = fmt.Sprintf("avg(%s::float8)::text", c), fmt.Sprintf("stddev(%s::float8)::text", c)
		for i, q := range []string{"0.25", "0.5", "0.75"} {
			out[5+i] = fmt.Sprintf("approx_quantile(%s, %s)::text", c, q)
		}
	case t.ID == types.Date || t.ID == types.Timestamp || t.ID == types.TimestampTZ:
		for i, q := range []string{"0.25", "0.5", "0.75"} { // exact: what is a small part of 1970 until now may be years
			out[5+i] = fmt.Sprintf("(percentile_disc(%s) WITHIN GROUP (ORDER BY %s))::text", q, c)
		}
	}
	return out
}
