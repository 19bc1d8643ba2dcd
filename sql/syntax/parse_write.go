package syntax

import (
	"slices"

	"gsql/exec/sqlstate"
)

// isWrite reports whether a statement that changes a table's rows is next.
func (p *parser) isWrite() bool { return p.isOneOf("insert", "update", "delete", "merge") }

// write reads INSERT, UPDATE or DELETE after its WITH clause, nil if there is none.
func (p *parser) write(w *With) Statement {
	switch {
	case p.is("insert"):
		return p.insert(w)
	case p.is("update"):
		return p.update(w)
	case p.is("delete"):
		return p.delete(w)
	}
	return p.unsupportedStatement("MERGE", "")
}

// writtenTable reads the name of the table that a statement changes, and its alias.
func (p *parser) writtenTable() *Table {
	t := p.relation()
	t.Target = true
	if p.accept("as") || p.tok().isColID() && !p.is("set") {
		name := p.colID()
		t.Alias = Alias{Pos: name.Pos, Name: name.Name}
	}
	return t
}

// insert reads INSERT.
func (p *parser) insert(w *With) Statement {
	p.expect("insert")
	if p.is("or") {
		p.unsupported(p.pos(), "", "INSERT OR REPLACE and INSERT OR IGNORE are not supported")
	}
	p.expect("into")
	s := &InsertStmt{Table: &Table{Target: true}}
	s.Table.QualifiedName = p.qualifiedName()
	if p.accept("as") {
		name := p.colID()
		s.Table.Alias = Alias{Pos: name.Pos, Name: name.Name}
	}
	if p.isPunct("(") && !p.isQuery(p.i) {
		s.Columns = p.insertColumns()
	}
	if p.is("overriding") {
		p.i++
		s.Overriding = OverridingUser
		if p.accept("system") {
			s.Overriding = OverridingSystem
		} else {
			p.expect("user")
		}
		p.expect("value")
	}
	switch {
	case p.acceptAll("default", "values"):
	case p.isWord("by") && p.peek(1).is("name"):
		p.i += 2
		s.ByName = true
		s.Query = p.query()
	case p.is("values"):
		s.Query = p.insertValues()
	default:
		s.Query = p.query()
	}
	if w != nil && s.Query != nil {
		if s.Query.With != nil {
			p.unsupported(s.Query.With.Pos, "Write one WITH clause, before INSERT.", "WITH before and after INSERT is not supported")
		}
		s.Query.With = w
	}
	if p.is("on") {
		s.Conflict = p.onConflict(s.Table)
	}
	s.Returning = p.returning(s.Table)
	return s
}

// onConflict reads ON CONFLICT [(columns) | ON CONSTRAINT name] DO {NOTHING | UPDATE SET ... [WHERE ...]}.
func (p *parser) onConflict(t *Table) *OnConflict {
	c := &OnConflict{Pos: p.pos()}
	p.expect("on", "conflict")
	if p.acceptAll("on", "constraint") {
		c.Constraint = p.colID()
	} else if p.isPunct("(") {
		c.Columns = p.conflictColumns()
		if p.is("where") {
			p.unsupported(p.pos(), "Leave it out: unique indexes are of all rows.", "WHERE before DO is not supported")
		}
	}
	p.expect("do")
	if p.accept("nothing") {
		return c
	}
	p.expect("update", "set")
	if c.Columns == nil && c.Constraint.Name == "" {
		p.failLater(sqlstate.SyntaxError, c.Pos, "ON CONFLICT DO UPDATE requires inference specification or constraint name")
	}
	excluded := &Table{QualifiedName: QualifiedName{Pos: c.Pos, Name: "excluded"}, Excluded: true}
	sel := &Select{Pos: c.Pos, Kind: UpdateSelect, From: []TableExpr{t, excluded}}
	c.Update = &UpdateStmt{Table: t, Query: &Query{Pos: c.Pos, Body: sel}}
	p.list(func() { p.setClause(c.Update, sel) })
	if p.accept("where") {
		sel.Where = p.expr()
	}
	return c
}

// conflictColumns reads the columns of a key.
func (p *parser) conflictColumns() (names []Ident) {
	p.parens(func() {
		p.list(func() {
			if !p.tok().isColID() || p.peek(1).isPunct("(") {
				p.unsupported(p.pos(), "Name the columns of a key.", "conflicts of expressions are not supported")
				return
			}
			names = append(names, p.colID())
			if p.accept("collate") {
				p.dotted()
			}
		})
	})
	return names
}

// insertColumns reads (a, b); a part of a column cannot be set.
func (p *parser) insertColumns() []Ident {
	var names []Ident
	p.parens(func() {
		p.list(func() {
			names = append(names, p.colID())
			if p.isPunct(".") || p.isPunct("[") {
				p.unsupported(p.pos(), "Set the whole column.", "setting a part of a column is not supported")
			}
		})
	})
	return names
}

// insertValues reads the VALUES of INSERT, where DEFAULT may stand, and what may follow VALUES in a query.
func (p *parser) insertValues() *Query {
	q := &Query{Pos: p.pos()}
	if !p.enter() {
		return q
	}
	defer p.leave()
	p.defaults = true
	v := p.values()
	p.defaults = false
	q.Body = v
	if p.isOneOf("union", "intersect", "except") {
		if hasDefault(v) {
			p.failLater(sqlstate.SyntaxError, q.Pos, "DEFAULT is not allowed in this context")
		}
		q.Body = p.setOpsAfter(v, 0)
	}
	p.queryTail(q)
	return q
}

func hasDefault(b Body) bool {
	v, ok := b.(*Values)
	return ok && slices.ContainsFunc(v.Rows, func(row []Expr) bool {
		return slices.ContainsFunc(row, func(e Expr) bool { _, ok := e.(*Default); return ok })
	})
}

// exprsOrDefault reads expressions, among which DEFAULT may stand.
func (p *parser) exprsOrDefault() []Expr {
	var es []Expr
	p.defaults = false // not within them
	p.list(func() { es = append(es, p.exprOrDefault()) })
	p.defaults = true
	return es
}

func (p *parser) exprOrDefault() Expr {
	if pos := p.pos(); p.accept("default") {
		return &Default{at{pos}}
	}
	return p.expr()
}

// update reads UPDATE.
func (p *parser) update(w *With) Statement {
	p.expect("update")
	s := &UpdateStmt{Table: p.writtenTable()}
	sel := &Select{Pos: s.Table.Pos, Kind: UpdateSelect, From: []TableExpr{s.Table}}
	s.Query = &Query{Pos: s.Table.Pos, With: w, Body: sel}
	p.expect("set")
	p.list(func() { p.setClause(s, sel) })
	p.writeFrom(sel, "from")
	s.Returning = p.returning(s.Table)
	return s
}

// setClause reads a = expr, or (a, b) = (expr, expr).
func (p *parser) setClause(s *UpdateStmt, sel *Select) {
	if !p.isPunct("(") {
		s.Columns = append(s.Columns, p.colID())
		if p.isPunct(".") || p.isPunct("[") {
			p.unsupported(p.pos(), "Set the whole column.", "setting a part of a column is not supported")
		}
		p.expectPunct("=")
		sel.Targets = append(sel.Targets, &Target{Expr: p.exprOrDefault()})
		return
	}
	names := p.insertColumns()
	p.expectPunct("=")
	p.accept("row")
	pos := p.pos()
	if p.isPunct("(") && p.isQuery(p.i) {
		p.unsupported(pos, "Set each column to a query of its own, or use FROM.", "setting several columns to a query is not supported")
		return
	}
	var values []Expr
	p.parens(func() {
		values = p.exprsOrDefault()
		p.defaults = false
	})
	if len(values) != len(names) {
		p.failLater(sqlstate.SyntaxError, pos, "number of columns does not match number of values")
		return
	}
	s.Columns = append(s.Columns, names...)
	for _, v := range values {
		sel.Targets = append(sel.Targets, &Target{Expr: v})
	}
}

// writeFrom reads FROM or USING, and WHERE.
func (p *parser) writeFrom(sel *Select, word string) {
	if p.accept(word) {
		p.list(func() { sel.From = append(sel.From, p.tableRef()) })
	}
	if !p.accept("where") {
		return
	}
	if p.is("current") && p.peek(1).is("of") {
		p.unsupported(p.pos(), "Name the rows by a condition.", "WHERE CURRENT OF is not supported")
		return
	}
	sel.Where = p.expr()
}

// delete reads DELETE.
func (p *parser) delete(w *With) Statement {
	p.expect("delete", "from")
	s := &DeleteStmt{Table: p.writtenTable()}
	sel := &Select{Pos: s.Table.Pos, Kind: UpdateSelect, From: []TableExpr{s.Table}}
	s.Query = &Query{Pos: s.Table.Pos, With: w, Body: sel}
	p.writeFrom(sel, "using")
	s.Returning = p.returning(s.Table)
	return s
}

// returning reads RETURNING as a query of the rows that were written.
func (p *parser) returning(t *Table) *Query {
	if !p.is("returning") {
		return nil
	}
	s := &Select{Pos: p.pos(), Kind: ReturningSelect, From: []TableExpr{t}}
	p.i++
	p.list(func() { s.Targets = append(s.Targets, p.target()) })
	return &Query{Pos: s.Pos, Body: s}
}

// copyFrom reads COPY from FROM on.
func (p *parser) copyFrom(t *Table, columns []Ident) Statement {
	p.expect("from")
	s := &CopyFromStmt{Table: t, Columns: columns}
	if s.Program = p.accept("program"); s.Program {
		s.From = p.string()
	} else if !p.accept("stdin") && !p.accept("stdout") {
		s.From = p.string()
	}
	s.Options = p.copyOptions()
	if p.is("where") {
		p.unsupported(p.pos(), "Use INSERT ... SELECT ... FROM read_csv(...) WHERE.", "WHERE of COPY FROM is not supported")
	}
	return s
}

// describe reads DESCRIBE or SUMMARIZE, of a table or a query.
func (p *parser) describe() *Query {
	d := &Describe{Pos: p.pos(), Summarize: p.isWord("summarize")}
	p.i++
	if p.atQuery() {
		d.Query = p.query()
	} else {
		t := p.tablePrimary()
		d.Query = &Query{Pos: d.Pos, Body: &Select{Pos: d.Pos, Targets: []*Target{{Expr: &Star{at: at{d.Pos}}}}, From: []TableExpr{t}}}
	}
	return &Query{Pos: d.Pos, Body: d}
}

// atDescribe reports whether DESCRIBE or SUMMARIZE is next, of which PostgreSQL knows nothing: a name that stands alone
// is a name.
func (p *parser) atDescribe(i int) bool {
	t, next := &p.toks[min(i, len(p.toks)-1)], &p.toks[min(i+1, len(p.toks)-1)]
	if t.kind != tIdent && !t.is("desc") || p.src[t.pos] == '"' || t.text != "describe" && t.text != "summarize" && t.text != "desc" {
		return false
	}
	return next.isColID() || next.kind == tString || next.kind == tKeyword && startsQuery(next, &p.toks[min(i+2, len(p.toks)-1)]) || next.isPunct("(")
}
