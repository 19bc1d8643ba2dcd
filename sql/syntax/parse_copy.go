package syntax

// copy reads COPY.
func (p *parser) copy() Statement {
	p.expect("copy")
	s := &CopyStmt{}
	if pos := p.pos(); p.accept("binary") {
		s.Options = append(s.Options, Option{Pos: pos, Name: "format", Value: "binary"})
	}
	if p.isPunct("(") {
		p.parens(func() {
			if p.atQuery() {
				s.Query = p.query()
				return
			}
			if p.isOneOf("insert", "update", "delete") {
				p.unsupported(p.pos(), "Copy a query, or use RETURNING.", "COPY of a statement that changes data is not supported")
			}
			p.syntaxError()
		})
	} else {
		t, columns := p.copiedTable()
		if p.is("from") {
			from := p.copyFrom(t, columns).(*CopyFromStmt)
			from.Options = append(s.Options, from.Options...)
			return from
		}
		s.Query, s.Table = tableQuery(t, columns), t
	}
	p.expect("to")
	if s.Program = p.accept("program"); s.Program {
		s.To = p.string()
	} else if !p.accept("stdout") && !p.accept("stdin") {
		s.To = p.string()
	}
	s.Options = append(s.Options, p.copyOptions()...)
	return s
}

// copyOptions reads the options in either form.
func (p *parser) copyOptions() (opts []Option) {
	if p.accept("using") {
		p.expect("delimiters")
		opts = append(opts, Option{Pos: p.pos(), Name: "delimiter", Value: p.string()})
	}
	p.accept("with")
	if !p.isPunct("(") {
		return p.oldCopyOptions(opts)
	}
	p.parens(func() {
		p.list(func() { opts = append(opts, p.copyOption()) })
	})
	return opts
}

// copiedTable reads t [(columns)].
func (p *parser) copiedTable() (*Table, []Ident) {
	t := &Table{QualifiedName: p.qualifiedName()}
	if p.isPunct("(") {
		return t, p.names()
	}
	return t, nil
}

// tableQuery is SELECT columns FROM t; nil is all of them.
func tableQuery(t *Table, columns []Ident) *Query {
	s := &Select{Pos: t.Pos, From: []TableExpr{t}}
	if columns == nil {
		s.Targets = []*Target{{Expr: &Star{at: at{t.Pos}}}}
	}
	for _, c := range columns {
		s.Targets = append(s.Targets, &Target{Expr: &Column{at{c.Pos}, []string{c.Name}}})
	}
	return &Query{Pos: t.Pos, Body: s}
}

// copyOption reads an option in parentheses.
func (p *parser) copyOption() Option {
	name := p.label()
	o := Option{Pos: name.Pos, Name: name.Name}
	switch {
	case p.acceptPunct("*"):
		o.Star = true
	case p.isPunct("("):
		p.parens(func() {
			p.list(func() {
				v, ok := p.optionValue()
				if !ok {
					p.syntaxError()
				}
				o.List = append(o.List, v)
			})
		})
	default:
		o.Value, _ = p.optionValue()
	}
	return o
}

// oldCopyOptions reads the options as they were written before PostgreSQL 9.0.
func (p *parser) oldCopyOptions(opts []Option) []Option {
	for p.err == nil {
		o := Option{Pos: p.pos()}
		switch {
		case p.accept("binary"):
			o.Name, o.Value = "format", "binary"
		case p.accept("csv"):
			o.Name, o.Value = "format", "csv"
		case p.accept("header"):
			o.Name, o.Value = "header", "true"
		case p.accept("freeze"):
			o.Name, o.Value = "freeze", "true"
		case p.isOneOf("delimiter", "null", "quote", "escape", "encoding"):
			o.Name = p.advance().text
			if o.Name != "encoding" {
				p.accept("as")
			}
			o.Value = p.string()
		case p.acceptAll("force", "quote"):
			o.Name = "force_quote"
			p.forced(&o)
		case p.acceptAll("force", "not"):
			p.expect("null")
			o.Name = "force_not_null"
			p.forced(&o)
		case p.acceptAll("force", "null"):
			o.Name = "force_null"
			p.forced(&o)
		default:
			return opts
		}
		opts = append(opts, o)
	}
	return opts
}

// forced reads the columns of FORCE QUOTE and its like.
func (p *parser) forced(o *Option) {
	if p.acceptPunct("*") {
		o.Star = true
		return
	}
	p.list(func() { o.List = append(o.List, p.colID().Name) })
}

// StarOf is SELECT * FROM a table, as Parse would return it.
func StarOf(t TableExpr) *Query {
	s := &Select{Pos: t.Position(), From: []TableExpr{t}, Targets: []*Target{{Expr: &Star{at: at{t.Position()}}}}}
	return &Query{Pos: s.Pos, Body: s}
}
