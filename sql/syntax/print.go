package syntax

import (
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
)

// maxDepth is how deep a tree may be. It is more than maxNesting, since a chain of operators is a deep tree
// without nesting.
const maxDepth = 10000

// printer writes the canonical text of a query. In it
//   - a name is in double quotes;
//   - a column of up to three names, a string, NULL, TRUE, FALSE and a short integer are themselves;
//   - any other expression is a call "name"(number, children...);
//   - a SELECT has as its first item such a call, of a block, with what MySQL's SELECT has no place for;
//   - VALUES and set operations are in FROM of such a SELECT;
//   - an item of FROM has its number as alias, and a join in its ON;
//   - everything else stands where it stands in MySQL.
type printer struct {
	b      []byte
	nodes  []any // what the numbers stand for: Expr, *block, TableExpr
	leaves []leaf
	depth  int
}

// leaf is an expression that is written as itself, with its offset in the text.
type leaf struct {
	offset int
	expr   Expr
}

func (w *printer) write(s string) { w.b = append(w.b, s...) }

// number writes the number of a new node and returns it.
func (w *printer) number(node any) {
	w.b = strconv.AppendInt(w.b, int64(len(w.nodes)), 10)
	w.nodes = append(w.nodes, node)
}

// quoted writes s between quotes, doubling those in it.
func (w *printer) quoted(s string, quote string) {
	w.write(quote)
	w.write(strings.ReplaceAll(s, quote, quote+quote))
	w.write(quote)
}

// call writes the call that stands for node.
func (w *printer) call(name string, node any, children slotList) error {
	w.quoted(name, `"`)
	w.write("(")
	w.number(node)
	for _, c := range children {
		w.write(", ")
		if c.query != nil {
			if err := w.parenQuery(*c.query); err != nil {
				return err
			}
		} else if err := w.expr(*c.expr); err != nil {
			return err
		}
	}
	w.write(")")
	return nil
}

func (w *printer) expr(e Expr) error {
	if w.depth++; w.depth > maxDepth {
		return tooDeep()
	}
	defer func() { w.depth-- }()
	offset := len(w.b)
	switch e := e.(type) {
	case *Column:
		if len(e.Names) > 3 {
			return w.call(label(e), e, nil)
		}
		for i, n := range e.Names {
			if i > 0 {
				w.write(".")
			}
			w.quoted(n, `"`)
		}
	case *String:
		w.quoted(e.Value, "'")
	case *Null:
		w.write("NULL")
	case *Bool:
		w.write(strings.ToUpper(strconv.FormatBool(e.Value)))
	case *Number:
		if !isShortInteger(e.Text) {
			return w.call(label(e), e, nil)
		}
		w.write(e.Text)
	default:
		return w.call(label(e), e, slotsOf(e))
	}
	w.leaves = append(w.leaves, leaf{offset, e})
	return nil
}

// item writes an item of ORDER BY or GROUP BY, where a number by itself would be a position to MySQL.
func (w *printer) item(e Expr) error {
	if _, ok := e.(*Number); ok {
		return w.call(label(e), e, nil)
	}
	return w.expr(e)
}

// isShortInteger reports whether the number is the same to every reader: digits that fit 18 places.
func isShortInteger(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return len(s) <= 18
}

// exprs writes expressions separated by commas.
func (w *printer) exprs(es []Expr) error {
	for i, e := range es {
		if i > 0 {
			w.write(", ")
		}
		if err := w.expr(e); err != nil {
			return err
		}
	}
	return nil
}

func (w *printer) parenQuery(q *Query) error { return w.parens(q) }

// parens writes a body in parentheses.
func (w *printer) parens(b Body) error {
	w.write("(")
	var err error
	if q, ok := b.(*Query); ok {
		err = w.block(&block{q.Body, q})
	} else {
		err = w.block(&block{b, nil})
	}
	w.write(")")
	return err
}

// block writes a SELECT.
func (w *printer) block(b *block) error {
	if w.depth++; w.depth > maxDepth {
		return tooDeep()
	}
	defer func() { w.depth-- }()
	q := b.query
	if q != nil && q.With != nil {
		if err := w.with(q.With); err != nil {
			return err
		}
	}
	var err error
	switch body := b.body.(type) {
	case *Select:
		err = w.selectBody(b, body)
	case *SetOp:
		err = w.setOp(b, body)
	case *Values:
		err = w.values(b, body)
	case *Describe:
		w.write("SELECT ")
		err = w.call("describe", b, b.slots())
	default:
		return sqlstate.New(sqlstate.InternalError, "query without a body")
	}
	if err != nil || q == nil || q.OrderBy == nil {
		return err
	}
	w.write(" ORDER BY ")
	for i, s := range q.OrderBy {
		if i > 0 {
			w.write(", ")
		}
		if err := w.item(s.Expr); err != nil {
			return err
		}
		if s.Desc {
			w.write(" DESC")
		}
	}
	return nil
}

func (w *printer) with(c *With) error {
	w.write("WITH ")
	if c.Recursive {
		w.write("RECURSIVE ")
	}
	for i, cte := range c.CTEs {
		if i > 0 {
			w.write(", ")
		}
		w.quoted(cte.Name, `"`)
		for j, col := range cte.Columns {
			w.write([...]string{" (", ", "}[min(j, 1)])
			w.quoted(col.Name, `"`)
		}
		if cte.Columns != nil {
			w.write(")")
		}
		w.write(" AS ")
		if err := w.parenQuery(cte.Query); err != nil {
			return err
		}
	}
	w.write(" ")
	return nil
}

// setOp writes a set operation as the FROM of a SELECT.
func (w *printer) setOp(b *block, s *SetOp) error {
	w.write("SELECT ")
	if err := w.call("setop", b, b.slots()); err != nil {
		return err
	}
	w.write(" FROM (")
	if err := w.parens(s.Left); err != nil {
		return err
	}
	w.write(" " + s.Kind.String())
	if s.All {
		w.write(" ALL")
	}
	w.write(" ")
	if err := w.parens(s.Right); err != nil {
		return err
	}
	w.write(`) AS "q"`)
	return nil
}

// values writes VALUES as the FROM of a SELECT.
func (w *printer) values(b *block, v *Values) error {
	w.write("SELECT ")
	if err := w.call("values", b, b.slots()); err != nil {
		return err
	}
	w.write(" FROM (VALUES ")
	for i, row := range v.Rows {
		if i > 0 {
			w.write(", ")
		}
		w.write("ROW(")
		if err := w.exprs(row); err != nil {
			return err
		}
		w.write(")")
	}
	w.write(`) AS "v"`)
	return nil
}

func (w *printer) selectBody(b *block, s *Select) error {
	w.write("SELECT ")
	if s.Distinct {
		w.write("DISTINCT ")
	}
	if err := w.call("select", b, b.slots()); err != nil {
		return err
	}
	for _, t := range s.Targets {
		w.write(", ")
		if err := w.expr(t.Expr); err != nil {
			return err
		}
		if t.Alias != "" {
			w.write(" AS ")
			w.quoted(t.Alias, `"`)
		}
	}
	if s.From == nil { // MySQL's grammar has it first then
		if err := w.clause(" HAVING ", s.Having); err != nil {
			return err
		}
	} else if err := w.from(s.From); err != nil {
		return err
	}
	if err := w.clause(" WHERE ", s.Where); err != nil {
		return err
	}
	if s.GroupBy != nil {
		w.write(" GROUP BY ")
		for i, e := range s.GroupBy {
			if i > 0 {
				w.write(", ")
			}
			if err := w.item(e); err != nil {
				return err
			}
		}
	}
	if s.From == nil {
		return nil
	}
	return w.clause(" HAVING ", s.Having)
}

// clause writes a word and an expression, if there is one.
func (w *printer) clause(word string, e Expr) error {
	if e == nil {
		return nil
	}
	w.write(word)
	return w.expr(e)
}

func (w *printer) from(items []TableExpr) error {
	for i, t := range items {
		w.write([...]string{" FROM ", ", "}[min(i, 1)])
		if err := w.table(t); err != nil {
			return err
		}
	}
	return nil
}

// table writes an item of FROM.
func (w *printer) table(t TableExpr) error {
	if w.depth++; w.depth > maxDepth {
		return tooDeep()
	}
	defer func() { w.depth-- }()
	switch t := t.(type) {
	case *Table:
		if t.Schema != "" {
			w.quoted(t.Schema, `"`)
			w.write(".")
		}
		w.quoted(t.Name, `"`)
	case *File:
		w.write(`"file"`)
	case *FuncTable:
		w.write("(SELECT ")
		if err := w.call("functions", t, t.slots()); err != nil {
			return err
		}
		w.write(")")
	case *SubqueryTable:
		if err := w.parenQuery(t.Query); err != nil {
			return err
		}
	case *Join:
		return w.join(t)
	case *Sample:
		return w.derived("sample", t, t.Table, t.slots())
	case *Pivot:
		return w.derived("pivot", t, t.Table, t.slots())
	case *Unpivot:
		return w.derived("unpivot", t, t.Table, t.slots())
	}
	w.write(` AS "`)
	w.number(t)
	w.write(`"`)
	return nil
}

// join writes a join. A full join is written as a left one, and those of DuckDB as inner ones: what it is says the number.
func (w *printer) join(j *Join) error {
	w.write("(")
	if err := w.table(j.Left); err != nil {
		return err
	}
	switch j.Kind {
	case LeftJoin, FullJoin:
		w.write(" LEFT JOIN ")
	case RightJoin:
		w.write(" RIGHT JOIN ")
	default:
		w.write(" JOIN ")
	}
	if err := w.table(j.Right); err != nil {
		return err
	}
	w.write(" ON ")
	var on slotList
	on.add(&j.On)
	err := w.call(strings.ToLower(j.Kind.String())+" join", j, on)
	w.write(")")
	return err
}

// derived writes what is made of a table as a join of the table, in whose condition it is.
func (w *printer) derived(name string, t, table TableExpr, slots slotList) error {
	w.write("(")
	if err := w.table(table); err != nil {
		return err
	}
	w.write(" JOIN ")
	w.quoted(name, `"`)
	w.write(" ON ")
	err := w.call(name, t, slots)
	w.write(")")
	return err
}
