package syntax

import "gsql/exec/sqlstate"

// isCall reports whether the next token begins the call of a function by name. PostgreSQL's words for
// columns are names of functions only after a schema.
func (p *parser) isCall() bool {
	t := p.tok()
	if p.peek(1).isPunct("(") {
		return t.isTypeFuncName()
	}
	n := 1
	for p.peek(n).isPunct(".") && p.peek(n+1).isLabel() {
		n += 2
	}
	return n > 1 && p.peek(n).isPunct("(") && t.isColID()
}

// functionName reads the name of a function, of which only the last two parts count.
func (p *parser) functionName() (schema, name string) {
	t := p.tok()
	if !t.isColID() && !t.isTypeFuncName() {
		p.syntaxError()
		return "", ""
	}
	p.i++
	names := []Ident{{int(t.pos), t.text}}
	for p.err == nil && p.acceptPunct(".") {
		names = append(names, p.label())
	}
	return p.schemaName(names)
}

// schemaName returns the last two of dotted names. A third before them is a catalog's.
func (p *parser) schemaName(names []Ident) (schema, name string) {
	n := len(names)
	if n > 3 {
		p.failLater(sqlstate.SyntaxError, names[0].Pos, "improper qualified name (too many dotted names): %s", joinNames(names))
	}
	if n > 1 {
		schema = names[n-2].Name
	}
	return schema, names[n-1].Name
}

// functionCall reads the call of a function by name, with WITHIN GROUP, FILTER and OVER.
func (p *parser) functionCall() Expr {
	c := p.plainCall()
	if p.is("within") {
		p.withinGroup(c)
	}
	if p.accept("filter") {
		p.parens(func() {
			p.expect("where")
			c.Filter = p.expr()
		})
	}
	if p.peek(2).is("over") {
		p.nullTreatment(c)
	}
	if p.accept("over") {
		c.Over = p.over()
	}
	return c
}

// plainCall reads the call of a function by name.
func (p *parser) plainCall() *Call {
	c := &Call{at: at{p.pos()}}
	c.Schema, c.Name = p.functionName()
	p.parens(func() { p.arguments(c) })
	return c
}

// arguments reads what is between the parentheses of a call.
func (p *parser) arguments(c *Call) {
	if p.isPunct(")") {
		return
	}
	if p.isPunct("*") && c.Schema == "" && c.Name == "columns" {
		s := &Star{at: at{int(p.advance().pos)}}
		p.starOptions(s)
		c.Args = []Arg{{Value: s}}
		return
	}
	if p.acceptPunct("*") {
		c.Star = true
		return
	}
	if p.accept("distinct") {
		c.Distinct = true
	} else {
		p.accept("all")
	}
	for more := true; more && p.err == nil; more = !c.Variadic && p.acceptPunct(",") {
		c.Variadic = !c.Distinct && p.accept("variadic")
		if len(c.Args) == 1 && lambdaFunctions[c.Name] && p.atLambda() {
			c.Args = append(c.Args, Arg{Value: p.lambda()})
		} else {
			c.Args = append(c.Args, p.argument())
		}
	}
	if p.is("order") {
		c.OrderBy = p.orderBy()
	}
	p.nullTreatment(c)
}

// nullTreatment reads IGNORE NULLS or RESPECT NULLS, of which the first words are no words of PostgreSQL's.
func (p *parser) nullTreatment(c *Call) {
	if !p.peek(1).is("nulls") {
		return
	}
	switch {
	case p.isWord("ignore"):
		c.Nulls = IgnoreNulls
	case p.isWord("respect"):
		c.Nulls = RespectNulls
	default:
		return
	}
	p.i += 2
}

// argument reads an argument, which may have a name. In front of => it may be any word, since none begins an expression so.
func (p *parser) argument() Arg {
	if t := p.tok(); t.isLabel() && p.peek(1).isPunct("=>") || t.isTypeFuncName() && p.peek(1).isPunct(":=") {
		p.i += 2
		return Arg{Name: t.text, NamePos: int(t.pos), Value: p.expr()}
	}
	e := p.expr()
	if s, ok := e.(*Star); ok {
		p.starOptions(s)
	}
	return Arg{Value: e}
}

// withinGroup reads WITHIN GROUP (ORDER BY ...).
func (p *parser) withinGroup(c *Call) {
	pos := p.pos()
	p.expect("within", "group")
	var order []*SortItem
	p.parens(func() { order = p.orderBy() })
	what := ""
	switch {
	case c.OrderBy != nil:
		what = "multiple ORDER BY clauses"
	case c.Distinct:
		what = "DISTINCT"
	case c.Variadic:
		what = "VARIADIC"
	}
	if what != "" {
		p.failf(sqlstate.SyntaxError, pos, "cannot use %s with WITHIN GROUP", what)
	}
	c.OrderBy, c.WithinGroup = order, true
}

// plainArgs reads (a, b, ...), from least to most of them; most -1 is any number.
func (p *parser) plainArgs(least, most int) []Arg {
	var args []Arg
	p.parens(func() {
		if least == 0 && p.isPunct(")") {
			return
		}
		args = append(args, Arg{Value: p.expr()})
		for p.err == nil && len(args) != most && p.acceptPunct(",") {
			args = append(args, Arg{Value: p.expr()})
		}
		if len(args) < least {
			p.syntaxError()
		}
	})
	return args
}

// isKeywordFunction reports whether the keyword t, before next, is a function with a grammar of its own.
func isKeywordFunction(t, next *token) bool {
	switch t.text {
	case "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role",
		"current_user", "session_user", "user", "current_catalog", "cast":
		return true
	case "current_schema":
		return !next.isPunct("(")
	case "collation":
		return next.is("for")
	case "extract", "normalize", "overlay", "position", "substring", "treat", "trim", "nullif", "coalesce",
		"greatest", "least", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi",
		"xmlroot", "xmlserialize":
		return next.isPunct("(")
	}
	return false
}

// keywordFunction reads a function for which isKeywordFunction holds.
func (p *parser) keywordFunction() Expr {
	t := p.tok()
	c := &Call{at: at{int(t.pos)}, Name: t.text, SQLSyntax: true}
	p.i++
	switch t.text {
	case "cast":
		e := &Cast{at: c.at}
		p.parens(func() {
			e.Arg = p.expr()
			p.expect("as")
			e.Type = p.typeName()
		})
		return e
	case "nullif":
		c.Args = p.plainArgs(2, 2)
	case "coalesce", "greatest", "least":
		c.Args = p.plainArgs(1, -1)
	case "collation":
		p.expect("for")
		c.Name = "pg_collation_for"
		c.Args = p.plainArgs(1, 1)
	case "extract":
		p.parens(func() { p.extract(c) })
	case "normalize":
		p.parens(func() { p.normalize(c) })
	case "position":
		p.parens(func() {
			sub := p.restricted()
			p.expect("in")
			c.Args = []Arg{{Value: p.restricted()}, {Value: sub}}
		})
	case "overlay":
		p.parens(func() { p.overlay(c) })
	case "substring":
		p.parens(func() { p.substring(c) })
	case "trim":
		p.parens(func() { p.trim(c) })
	case "treat", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize":
		p.unsupported(c.Pos, "", "%s is not supported", t.text)
	default:
		return p.sqlValue(t)
	}
	return c
}

// sqlValue reads CURRENT_DATE and its like, of which the word t is taken.
func (p *parser) sqlValue(t *token) Expr {
	v := &SQLValue{at: at{int(t.pos)}, Name: t.text, Precision: -1}
	switch t.text {
	case "current_time", "current_timestamp", "localtime", "localtimestamp":
		if p.isPunct("(") {
			p.parens(func() { v.Precision = int(p.integer()) })
		}
	}
	return v
}

// extract reads the arguments of EXTRACT.
func (p *parser) extract(c *Call) {
	t := p.tok()
	switch {
	case t.kind == tString, t.kind == tIdent, p.isOneOf("year", "month", "day", "hour", "minute", "second"):
		p.i++
	default:
		p.syntaxError()
	}
	p.expect("from")
	c.Args = []Arg{{Value: &String{at{int(t.pos)}, t.text}}, {Value: p.expr()}}
}

// normalize reads the arguments of NORMALIZE.
func (p *parser) normalize(c *Call) {
	c.Args = []Arg{{Value: p.expr()}}
	if !p.acceptPunct(",") {
		return
	}
	if !p.isOneOf("nfc", "nfd", "nfkc", "nfkd") {
		p.syntaxError()
	}
	t := p.advance()
	c.Args = append(c.Args, Arg{Value: &String{at{int(t.pos)}, t.text}})
}

// overlay reads the arguments of OVERLAY.
func (p *parser) overlay(c *Call) {
	if p.isPunct(")") {
		return
	}
	c.Args = []Arg{p.argument()}
	if !p.accept("placing") {
		p.moreArguments(c)
		return
	}
	c.Args = append(c.Args, Arg{Value: p.expr()})
	p.expect("from")
	c.Args = append(c.Args, Arg{Value: p.expr()})
	if p.accept("for") {
		c.Args = append(c.Args, Arg{Value: p.expr()})
	}
}

// moreArguments reads the arguments after the first.
func (p *parser) moreArguments(c *Call) {
	for p.err == nil && p.acceptPunct(",") {
		c.Args = append(c.Args, p.argument())
	}
}

// substring reads the arguments of SUBSTRING.
func (p *parser) substring(c *Call) {
	if p.isPunct(")") {
		return
	}
	c.Args = []Arg{p.argument()}
	var from, length Expr
	switch {
	case p.accept("from"):
		from = p.expr()
		if p.accept("for") {
			length = p.expr()
		}
	case p.is("for"):
		pos := at{p.pos()}
		p.i++
		length = p.expr()
		if p.accept("from") {
			from = p.expr()
			break
		}
		from = &Number{pos, "1"}
		length = &Cast{at: pos, Arg: length, Type: &TypeName{Pos: pos.Pos, Name: "int4", Text: "int4"}}
	case p.accept("similar"):
		from = p.expr()
		p.expect("escape")
		length = p.expr()
	default:
		p.moreArguments(c)
		return
	}
	c.Args = append(c.Args, Arg{Value: from})
	if length != nil {
		c.Args = append(c.Args, Arg{Value: length})
	}
}

// trim reads the arguments of TRIM.
func (p *parser) trim(c *Call) {
	c.Name = "btrim"
	switch {
	case p.accept("leading"):
		c.Name = "ltrim"
	case p.accept("trailing"):
		c.Name = "rtrim"
	default:
		p.accept("both")
	}
	if p.accept("from") {
		p.list(func() { c.Args = append(c.Args, Arg{Value: p.expr()}) })
		return
	}
	p.list(func() { c.Args = append(c.Args, Arg{Value: p.expr()}) })
	if len(c.Args) == 1 && p.accept("from") {
		chars := c.Args[0]
		c.Args = nil
		p.list(func() { c.Args = append(c.Args, Arg{Value: p.expr()}) })
		c.Args = append(c.Args, chars)
	}
}
