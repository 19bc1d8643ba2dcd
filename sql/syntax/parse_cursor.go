package syntax

// prepare reads PREPARE.
func (p *parser) prepare() Statement {
	if p.peek(1).is("transaction") && p.peek(2).kind == tString {
		return p.unsupportedStatement("PREPARE TRANSACTION", "")
	}
	p.expect("prepare")
	s := &PrepareStmt{Name: p.colID().Name}
	if p.isPunct("(") {
		p.parens(func() {
			p.list(func() { s.Types = append(s.Types, p.typeName()) })
		})
	}
	p.expect("as")
	if !p.atQuery() && !p.isOneOf("insert", "update", "delete", "merge") {
		p.syntaxError()
		return s
	}
	start := p.pos()
	if s.Statement = p.statement(); p.err == nil {
		s.Source = p.src[start:p.end()]
		setSpan(s.Statement, start, p.end())
	}
	return s
}

// execute reads EXECUTE.
func (p *parser) execute() Statement {
	p.expect("execute")
	name := p.colID()
	s := &ExecuteStmt{Name: name.Name, NamePos: name.Pos}
	if p.isPunct("(") {
		p.parens(func() { s.Args = p.exprs() })
	}
	return s
}

// deallocate reads DEALLOCATE [PREPARE].
func (p *parser) deallocate() Statement {
	p.expect("deallocate")
	if p.is("prepare") && (p.peek(1).isColID() || p.peek(1).is("all")) {
		p.i++
	}
	if p.accept("all") {
		return &DeallocateStmt{All: true}
	}
	return &DeallocateStmt{Name: p.colID().Name}
}

// declare reads DECLARE ... CURSOR.
func (p *parser) declare() Statement {
	p.expect("declare")
	s := &DeclareStmt{Name: p.colID().Name}
	p.cursorOptions(s)
	p.expect("cursor")
	switch {
	case p.acceptAll("with"):
		p.expect("hold")
		s.Hold = true
	case p.acceptAll("without"):
		p.expect("hold")
	}
	p.expect("for")
	if !p.atQuery() {
		p.syntaxError()
		return s
	}
	start := p.pos()
	if s.Query = p.query(); p.err == nil {
		s.Source = p.src[start:p.end()]
	}
	return s
}

func (p *parser) cursorOptions(s *DeclareStmt) {
	yes, no := true, false
	for p.err == nil {
		switch {
		case p.accept("binary"):
			s.Binary = true
		case p.accept("insensitive"), p.accept("asensitive"):
		case p.accept("scroll"):
			s.Scroll = &yes
		case p.accept("no"):
			p.expect("scroll")
			s.Scroll = &no
		default:
			return
		}
	}
}

// fetch reads FETCH or MOVE.
func (p *parser) fetch() Statement {
	s := &FetchStmt{Move: p.is("move"), Count: 1}
	p.i++
	p.direction(s)
	if !p.accept("from") {
		p.accept("in")
	}
	s.Cursor = p.colID().Name
	return s
}

// direction reads what stands before the cursor's name. Its words are names as well: FETCH next, at the end,
// is of a cursor of that name.
func (p *parser) direction(s *FetchStmt) {
	if next := p.peek(1); p.tok().isColID() && (next.kind == tEOF || next.isPunct(";")) {
		return
	}
	switch {
	case p.accept("next"):
	case p.accept("prior"):
		s.Direction = Backward
	case p.accept("first"):
		s.Direction = Absolute
	case p.accept("last"):
		s.Direction, s.Count = Absolute, -1
	case p.accept("absolute"):
		s.Direction, s.Count = Absolute, p.signedInteger()
	case p.accept("relative"):
		s.Direction, s.Count = Relative, p.signedInteger()
	case p.accept("all"):
		s.Count = FetchAll
	case p.accept("forward"):
		p.fetchNumber(s)
	case p.accept("backward"):
		s.Direction = Backward
		p.fetchNumber(s)
	default:
		p.fetchNumber(s)
	}
}

// fetchNumber reads a number or ALL, if it is there.
func (p *parser) fetchNumber(s *FetchStmt) {
	if t := p.tok(); t.kind == tInt || t.isPunct("-") || t.isPunct("+") {
		s.Count = p.signedInteger()
	} else if p.accept("all") {
		s.Count = FetchAll
	}
}

// closeCursor reads CLOSE.
func (p *parser) closeCursor() Statement {
	p.expect("close")
	if p.accept("all") {
		return &CloseStmt{All: true}
	}
	return &CloseStmt{Name: p.colID().Name}
}
