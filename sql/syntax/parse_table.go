package syntax

import (
	"strings"

	"gsql/exec/sqlstate"
)

// createTable reads CREATE TABLE from what follows TABLE; replace and temporary stood before it.
func (p *parser) createTable(replace, temporary bool) Statement {
	ifNotExists := p.ifNotExists()
	name := p.qualifiedName()
	if p.is("as") || p.isPunct("(") && p.atColumnNames() {
		s := &CreateTableAsStmt{OrReplace: replace, Temporary: temporary, IfNotExists: ifNotExists, Name: name}
		if p.isPunct("(") {
			s.Columns = p.names()
		}
		p.onCommit()
		p.tableQuery(s)
		return s
	}
	s := &CreateTableStmt{OrReplace: replace, Temporary: temporary, IfNotExists: ifNotExists, Name: name}
	if p.isOneOf("of", "partition") {
		p.unsupported(p.pos(), "", "CREATE TABLE %s is not supported", strings.ToUpper(p.tok().text))
		return s
	}
	p.parens(func() {
		if p.isPunct(")") {
			return
		}
		p.list(func() { p.tableElement(s) })
	})
	p.tableOptions()
	return s
}

// ifNotExists reads IF NOT EXISTS.
func (p *parser) ifNotExists() bool {
	if !p.is("if") || !p.peek(1).is("not") {
		return false
	}
	p.i += 2
	p.expect("exists")
	return true
}

// atColumnNames reports whether the parentheses that are next have names alone, as before AS.
func (p *parser) atColumnNames() bool {
	i := 1
	for p.peek(i).isColID() && p.peek(i+1).isPunct(",") {
		i += 2
	}
	return p.peek(i).isColID() && p.peek(i+1).isPunct(")")
}

// tableQuery reads AS query [WITH [NO] DATA].
func (p *parser) tableQuery(s *CreateTableAsStmt) {
	p.expect("as")
	if p.is("execute") {
		p.unsupported(p.pos(), "Write the query.", "CREATE TABLE AS EXECUTE is not supported")
		return
	}
	if !p.atQuery() {
		p.syntaxError()
		return
	}
	s.Query = p.query()
	if p.is("with") {
		p.i++
		s.NoData = p.accept("no")
		p.expect("data")
	}
}

// onCommit reads ON COMMIT of a temporary table.
func (p *parser) onCommit() {
	if !p.acceptAll("on", "commit") {
		return
	}
	if pos := p.pos(); !p.acceptAll("preserve", "rows") {
		p.unsupported(pos, "Use ON COMMIT PRESERVE ROWS, the default.", "ON COMMIT DROP and ON COMMIT DELETE ROWS are not supported")
	}
}

// tableOptions reads what follows the columns.
func (p *parser) tableOptions() {
	if p.isOneOf("inherits", "partition", "using", "with", "tablespace") {
		p.unsupported(p.pos(), "Leave it out.", "%s of CREATE TABLE is not supported", strings.ToUpper(p.tok().text))
		return
	}
	p.onCommit()
}

// tableElement reads a column, or a constraint of the whole table.
func (p *parser) tableElement(s *CreateTableStmt) {
	switch {
	case p.isOneOf("constraint", "primary", "unique", "check", "foreign", "exclude") && !p.atColumnType():
		if c := p.constraint(nil); c != nil {
			s.Constraints = append(s.Constraints, c)
		}
	case p.is("like"):
		p.unsupported(p.pos(), "Use CREATE TABLE ... AS SELECT * FROM ... WITH NO DATA.", "LIKE in CREATE TABLE is not supported")
	default:
		c := p.tableColumn()
		s.Columns = append(s.Columns, c)
		s.Constraints = append(s.Constraints, c.Constraints...)
	}
}

// atColumnType reports whether the word that is next names a column: PRIMARY, UNIQUE and their like are reserved, EXCLUDE
// is not.
func (p *parser) atColumnType() bool {
	return p.tok().isColID() && !(p.peek(1).isPunct("(") || p.peek(1).is("using"))
}

// tableColumn reads a column with its type and constraints.
func (p *parser) tableColumn() *TableColumn {
	c := &TableColumn{}
	c.Ident = p.colID()
	p.columnType(c)
	null := false
	for p.err == nil {
		pos := p.pos()
		switch {
		case p.acceptAll("not", "null"):
			c.NotNull = true
		case p.accept("null"):
			null = true
		case p.accept("default"):
			c.Default, c.DefaultText = p.defaultExpr()
		case p.is("collate"):
			p.unsupported(pos, "Leave it out: strings are compared as in the C locale.", "COLLATE of a column is not supported")
		case p.is("generated"):
			p.generated(c)
		case p.isOneOf("constraint", "primary", "unique", "check", "references"):
			if k := p.constraint(c); k != nil {
				c.Constraints = append(c.Constraints, k)
			}
		default:
			if c.NotNull && null {
				p.failLater(sqlstate.SyntaxError, pos, "conflicting NULL/NOT NULL declarations for column \"%s\"", c.Name)
			}
			return c
		}
	}
	return c
}

// defaultExpr reads the expression of DEFAULT and returns its text, too.
func (p *parser) defaultExpr() (Expr, string) {
	start := p.pos()
	e := p.restricted()
	if p.err != nil {
		return e, ""
	}
	return e, p.src[start:p.end()]
}

// into reads INTO [TEMP] [TABLE] name of a SELECT, which statements makes a CREATE TABLE AS of.
func (p *parser) into() {
	s := &CreateTableAsStmt{Into: true}
	pos := p.pos()
	p.expect("into")
	p.accept("local")
	s.Temporary = p.accept("temp") || p.accept("temporary")
	if !s.Temporary {
		p.accept("unlogged")
	}
	p.accept("table")
	s.Name = p.qualifiedName()
	s.Name.Pos = pos
	if p.depth > 1 || p.intoTable != nil {
		p.failf(sqlstate.SyntaxError, pos, "SELECT ... INTO is not allowed here")
		return
	}
	p.intoTable = s
}

// dropTable reads DROP TABLE from what follows TABLE; kind stood before it.
func (p *parser) dropTable(kind string) Statement {
	s := &DropTableStmt{Kind: kind}
	s.IfExists, s.Names, s.Cascade = p.dropped()
	return s
}

// dropped reads [IF EXISTS] names [CASCADE | RESTRICT].
func (p *parser) dropped() (ifExists bool, names []QualifiedName, cascade bool) {
	if ifExists = p.accept("if"); ifExists {
		p.expect("exists")
	}
	p.list(func() { names = append(names, p.qualifiedName()) })
	if cascade = p.accept("cascade"); !cascade {
		p.accept("restrict")
	}
	return ifExists, names, cascade
}

// truncate reads TRUNCATE.
func (p *parser) truncate() Statement {
	p.expect("truncate")
	p.accept("table")
	s := &TruncateStmt{}
	p.list(func() {
		p.accept("only")
		s.Names = append(s.Names, p.qualifiedName())
		p.acceptPunct("*")
	})
	if s.Restart = p.accept("restart"); s.Restart {
		p.expect("identity")
	} else if p.acceptAll("continue") {
		p.expect("identity")
	}
	if !p.accept("cascade") {
		p.accept("restrict")
	}
	return s
}

// alterTable reads ALTER TABLE or ALTER VIEW from what follows that.
func (p *parser) alterTable(view bool) Statement {
	s := &AlterTableStmt{View: view}
	if s.IfExists = p.accept("if"); s.IfExists {
		p.expect("exists")
	}
	p.accept("only")
	s.Name = p.qualifiedName()
	if p.is("rename") {
		s.Actions = append(s.Actions, p.rename())
		return s
	}
	if view {
		p.unsupported(p.pos(), "Use CREATE OR REPLACE VIEW.", "this form of ALTER VIEW is not supported")
		return s
	}
	p.list(func() { s.Actions = append(s.Actions, p.alterAction()) })
	return s
}

// rename reads RENAME TO name, or RENAME [COLUMN] a TO b.
func (p *parser) rename() *AlterAction {
	p.expect("rename")
	a := &AlterAction{}
	if p.is("constraint") {
		p.unsupported(p.pos(), "", "RENAME CONSTRAINT is not supported")
		return a
	}
	if !p.is("to") || p.peek(1).is("to") {
		p.accept("column")
		a.Kind, a.Column = RenameColumn, p.colID()
	}
	p.expect("to")
	a.NewName = p.colID()
	return a
}

// alterAction reads an action that may be one of several.
func (p *parser) alterAction() *AlterAction {
	a := &AlterAction{}
	pos := p.pos()
	switch {
	case p.accept("add"):
		if p.isOneOf("constraint", "primary", "unique", "check", "foreign", "exclude") {
			a.Kind = AddConstraint
			a.Constraint = p.constraint(nil)
			return a
		}
		p.accept("column")
		a.Kind, a.NotExists = AddColumn, p.ifNotExists()
		a.Add = p.tableColumn()
	case p.acceptAll("drop", "constraint"):
		a.Kind = DropConstraint
		p.dropName(a)
	case p.is("drop"):
		p.i++
		p.accept("column")
		a.Kind = DropColumn
		p.dropName(a)
	case p.accept("alter"):
		p.accept("column")
		a.Column = p.colID()
		p.alterColumn(a)
	default:
		p.unsupported(pos, "Make a new table with CREATE OR REPLACE TABLE ... AS SELECT.", "this form of ALTER TABLE is not supported")
	}
	return a
}

// dropName reads [IF EXISTS] name [CASCADE | RESTRICT].
func (p *parser) dropName(a *AlterAction) {
	if a.IfExists = p.accept("if"); a.IfExists {
		p.expect("exists")
	}
	a.Column = p.colID()
	if !p.accept("cascade") {
		p.accept("restrict")
	}
}

// alterColumn reads what follows ALTER COLUMN name.
func (p *parser) alterColumn(a *AlterAction) {
	pos := p.pos()
	switch {
	case p.acceptAll("set", "not", "null"):
		a.Kind = SetNotNull
	case p.acceptAll("drop", "not", "null"):
		a.Kind = DropNotNull
	case p.acceptAll("set", "default"):
		a.Kind = SetDefault
		a.Default, a.Text = p.defaultExpr()
	case p.acceptAll("drop", "default"):
		a.Kind = SetDefault
	case p.acceptAll("set", "data", "type"), p.accept("type"):
		a.Kind, a.Type = SetType, p.typeName()
		if p.is("collate") {
			p.unsupported(p.pos(), "Leave it out.", "COLLATE in ALTER TABLE is not supported")
		}
		if p.accept("using") {
			a.Using = p.expr()
		}
	default:
		p.unsupported(pos, "Make a new table with CREATE OR REPLACE TABLE ... AS SELECT.", "this form of ALTER COLUMN is not supported")
	}
}
