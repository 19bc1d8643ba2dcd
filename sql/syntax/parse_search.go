package syntax

// searchCycle reads the SEARCH and CYCLE clauses of a query of WITH.
func (p *parser) searchCycle(c *CTE) {
	if p.is("search") {
		s := &Search{Pos: p.pos()}
		p.i++
		if s.Breadth = p.accept("breadth"); !s.Breadth {
			p.expect("depth")
		}
		p.expect("first", "by")
		p.list(func() { s.By = append(s.By, p.colID()) })
		p.expect("set")
		s.Set = p.colID()
		c.Search = s
	}
	if !p.is("cycle") {
		return
	}
	y := &Cycle{Pos: p.pos()}
	y.To, y.Default = &Bool{at{y.Pos}, true}, &Bool{at{y.Pos}, false}
	p.i++
	p.list(func() { y.By = append(y.By, p.colID()) })
	p.expect("set")
	y.Mark = p.colID()
	if p.accept("to") {
		y.To = p.literal()
		p.expect("default")
		y.Default = p.literal()
	}
	p.expect("using")
	y.Using = p.colID()
	c.Cycle = y
}

// literal reads a constant.
func (p *parser) literal() Expr {
	t := p.tok()
	e := p.primary()
	switch e := e.(type) {
	case *Null, *Bool, *Number, *String:
		return e
	case *Cast:
		if _, ok := e.Arg.(*String); ok {
			return e
		}
	}
	p.syntaxErrorAt(t)
	return e
}
