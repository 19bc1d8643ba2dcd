package syntax

import "gsql/exec/sqlstate"

// constraint reads a constraint of a column, or with nil of a table. It returns nil for one that there is nothing to keep
// of, and after an error: what is not checked must not be promised.
func (p *parser) constraint(column *TableColumn) *TableConstraint {
	c := &TableConstraint{}
	c.Pos = p.pos()
	if p.accept("constraint") {
		c.Name = p.colID().Name
	}
	pos := p.pos()
	switch {
	case column != nil && p.acceptAll("not", "null"):
		column.NotNull = true // of which there is no name to be seen
		return nil
	case p.accept("primary"):
		p.expect("key")
		c.Kind = PrimaryKey
		p.keyColumns(c, column)
	case p.accept("unique"):
		c.Kind = UniqueKey
		if p.accept("nulls") {
			c.NullsNotDistinct = p.accept("not")
			p.expect("distinct")
		}
		p.keyColumns(c, column)
	case p.accept("check"):
		c.Kind = CheckConstraint
		start := p.pos()
		p.parens(func() { c.Check = p.expr() })
		if p.err == nil {
			c.CheckText = p.src[start:p.end()]
		}
		if p.accept("no") {
			p.expect("inherit")
		}
	case p.isOneOf("references", "foreign"):
		p.unsupported(pos, "Leave it out; PRIMARY KEY, UNIQUE, CHECK, NOT NULL and DEFAULT are supported.", "foreign keys are not supported")
	case p.is("exclude"):
		p.unsupported(pos, "Leave it out; PRIMARY KEY, UNIQUE, CHECK, NOT NULL and DEFAULT are supported.", "EXCLUDE constraints are not supported")
	default:
		p.syntaxError()
	}
	p.constraintTimes(c)
	if p.err != nil {
		return nil
	}
	return c
}

// keyColumns reads the columns of a key. That of a column has just this.
func (p *parser) keyColumns(c *TableConstraint, column *TableColumn) {
	if column != nil {
		c.Columns = []Ident{column.Ident}
		return
	}
	if p.accept("using") {
		p.unsupported(p.pos(), "Name the columns.", "keys of an index that is there are not supported")
		return
	}
	c.Columns = p.names()
	if p.is("include") {
		p.unsupported(p.pos(), "Leave it out.", "INCLUDE of keys is not supported")
	}
}

// constraintTimes reads when a constraint is checked.
func (p *parser) constraintTimes(c *TableConstraint) {
	for p.err == nil {
		pos := p.pos()
		switch {
		case p.acceptAll("not", "deferrable"):
		case p.accept("deferrable"):
			c.Deferrable = true
		case p.acceptAll("initially", "immediate"):
		case p.acceptAll("initially", "deferred"):
			c.Deferrable, c.Deferred = true, true
		default:
			return
		}
		if c.Kind == CheckConstraint && c.Deferrable {
			p.failLater(sqlstate.FeatureNotSupported, pos, "CHECK constraints cannot be marked DEFERRABLE")
		}
	}
}

// serials are the types of columns that number the rows.
var serials = map[string]string{"serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8", "smallserial": "int2", "serial2": "int2"}

// columnType reads the type of a column. A serial one is a number that comes from a sequence.
func (p *parser) columnType(c *TableColumn) {
	if t := p.tok(); t.kind == tIdent && serials[t.text] != "" && !p.peek(1).isPunct(".") {
		c.Serial, c.NotNull = true, true
		c.Type = &TypeName{Pos: p.pos(), Name: serials[t.text], Text: t.text}
		p.i++
		return
	}
	c.Type = p.typeName()
}

// generated reads GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY [(options)].
func (p *parser) generated(c *TableColumn) {
	p.expect("generated")
	pos := p.pos()
	kind := IdentityAlways
	if !p.accept("always") {
		p.expect("by")
		p.expect("default")
		kind = IdentityByDefault
	}
	p.expect("as")
	if p.isPunct("(") {
		p.unsupported(pos, "Make a view that computes it.", "generated columns are not supported")
		return
	}
	p.expect("identity")
	if c.Identity != NoIdentity {
		p.failLater(sqlstate.SyntaxError, pos, "multiple identity specifications for column \"%s\" of table", c.Name)
	}
	c.Identity, c.NotNull, c.Sequence = kind, true, &SequenceOptions{}
	if p.isPunct("(") {
		p.parens(func() { p.sequenceOptions(c.Sequence) })
	}
}
