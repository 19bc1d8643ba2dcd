package syntax

// PIVOT and UNPIVOT are no words of PostgreSQL's: where an alias or a column can be meant, they are names.

// startsPivot reports whether the token i begins the statement PIVOT or UNPIVOT of DuckDB's: what follows is the name of a
// table or a query in parentheses.
func (p *parser) startsPivot(i int) bool {
	n := i - p.i
	if !p.peekWord(n, "pivot") && !p.peekWord(n, "unpivot") {
		return false
	}
	next := p.peek(n + 1)
	if next.isPunct("(") {
		return startsQuery(p.peek(n+2), p.peek(n+3))
	}
	return (next.kind == tIdent || next.kind == tString) && !p.peek(n+2).isPunct(")") && !p.peek(n+2).isPunct(",")
}

// atPivot reports whether a clause PIVOT (..) or UNPIVOT (..) of FROM is next, rather than an alias with columns.
func (p *parser) atPivot() bool {
	next, first, second := p.peek(1), p.peek(2), p.peek(3)
	switch {
	case p.isWord("unpivot") && (next.is("include") || next.is("exclude")):
		return true
	case p.isWord("unpivot"):
		return next.isPunct("(") && (first.isPunct("(") || second.is("for"))
	case p.isWord("pivot"):
		return next.isPunct("(") && !(second.isPunct(",") || second.isPunct(")"))
	}
	return false
}

// pivotClause reads PIVOT (..) or UNPIVOT (..) behind t.
func (p *parser) pivotClause(t TableExpr) TableExpr {
	pos := p.pos()
	if p.advance().text == "unpivot" {
		u := &Unpivot{Pos: pos, Table: t}
		p.nulls(u)
		p.parens(func() { p.unpivotBody(u) })
		u.Alias = p.alias()
		return u
	}
	v := &Pivot{Pos: pos, Table: t}
	p.parens(func() {
		p.pivotAggs(v)
		p.expect("for")
		for len(v.Ons) == 0 || p.err == nil && !p.isPunct(")") && !p.is("group") {
			o := p.pivotOn()
			if o.Values == nil && o.Query == nil {
				p.syntaxError()
			}
			v.Ons = append(v.Ons, o)
		}
		p.pivotGroups(v)
	})
	v.Alias = p.alias()
	return v
}

// pivotStatement reads the statement PIVOT or UNPIVOT.
func (p *parser) pivotStatement() Body {
	pos := p.pos()
	s := &Select{Pos: pos, Targets: []*Target{{Expr: &Star{at: at{pos}}}}}
	if p.advance().text == "unpivot" {
		u := &Unpivot{Pos: pos, Table: p.pivotTable(), Name: Ident{pos, "name"}, Values: []Ident{{pos, "value"}}}
		s.From = []TableExpr{u}
		p.expect("on")
		p.list(func() { u.Columns = append(u.Columns, p.pivotValue()) })
		if p.accept("into") {
			p.expect("name")
			u.Name = p.colID()
			p.expect("value")
			u.Values = nil
			p.list(func() { u.Values = append(u.Values, p.colID()) })
		}
		p.nulls(u)
		return s
	}
	v := &Pivot{Pos: pos, Table: p.pivotTable()}
	s.From = []TableExpr{v}
	p.expect("on")
	p.list(func() { v.Ons = append(v.Ons, p.pivotOn()) })
	if p.accept("using") {
		p.pivotAggs(v)
	}
	p.pivotGroups(v)
	return s
}

// pivotTable reads the table of a statement: one query in parentheses needs no alias.
func (p *parser) pivotTable() TableExpr {
	if !p.isPunct("(") {
		return p.tablePrimary()
	}
	t := &SubqueryTable{Pos: p.pos()}
	t.Query = p.parenQuery()
	if t.Alias = p.alias(); t.Alias.Name == "" {
		t.Alias.Name = "unnamed_subquery"
	}
	return t
}

// pivotAggs reads aggregates.
func (p *parser) pivotAggs(v *Pivot) {
	p.list(func() {
		start := p.pos()
		a := &PivotAgg{Expr: p.expr()}
		a.Text = p.src[start:max(start, p.end())]
		if p.accept("as") {
			a.Alias = p.label().Name
		} else if p.tok().isBareLabel() && !p.is("for") && !p.is("group") {
			a.Alias = p.advance().text
		}
		v.Aggs = append(v.Aggs, a)
	})
}

// pivotOn reads an expression with the values that become columns.
func (p *parser) pivotOn() *PivotOn {
	o := &PivotOn{Expr: p.restricted()}
	if !p.accept("in") {
		return o
	}
	if p.isPunct("(") && p.isQuery(p.i) {
		o.Query = p.parenQuery()
		return o
	}
	p.parens(func() {
		p.list(func() { o.Values = append(o.Values, p.pivotValue()) })
	})
	return o
}

// pivotValue reads an expression that may have a name.
func (p *parser) pivotValue() *Target {
	if p.isPunct("*") {
		return p.target()
	}
	t := &Target{Expr: p.expr()}
	if p.accept("as") {
		if p.tok().kind == tString {
			t.Alias = p.advance().text
		} else {
			t.Alias = p.label().Name
		}
	}
	return t
}

func (p *parser) pivotGroups(v *Pivot) {
	if p.is("group") {
		p.expect("group", "by")
		v.GroupBy = p.exprs()
	}
}

// nulls reads INCLUDE NULLS or EXCLUDE NULLS.
func (p *parser) nulls(u *Unpivot) {
	switch {
	case p.acceptAll("include", "nulls"):
		u.IncludeNulls = true
	case p.acceptAll("exclude", "nulls"):
	}
}

// unpivotBody reads value FOR name IN (columns), or (values) FOR name IN (rows of columns).
func (p *parser) unpivotBody(u *Unpivot) {
	if p.isPunct("(") {
		u.Values = p.names()
	} else {
		u.Values = []Ident{p.colID()}
	}
	p.expect("for")
	u.Name = p.colID()
	p.expect("in")
	p.parens(func() {
		p.list(func() { u.Columns = append(u.Columns, p.pivotValue()) })
	})
}
