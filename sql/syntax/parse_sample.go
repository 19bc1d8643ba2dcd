package syntax

// atSample reports whether USING SAMPLE is next, as in DuckDB.
func (p *parser) atSample() bool { return p.is("using") && p.peekWord(1, "sample") }

// sample reads what follows TABLESAMPLE: a method with its arguments, as in PostgreSQL, or a size, as in DuckDB; and
// REPEATABLE (seed).
func (p *parser) sample(s *Sample) {
	if t := p.tok(); t.kind == tInt || t.kind == tFloat || t.kind == tParam {
		p.sampleSize(s)
		if p.isPunct("(") {
			p.parens(func() {
				s.Method = p.word()
				if p.acceptPunct(",") {
					s.Repeatable = p.expr()
				}
			})
		}
	} else {
		s.Method = p.sampleMethod()
		p.parens(func() {
			if !p.sampleSize(s) {
				s.Args = p.exprs()
			}
		})
	}
	if p.accept("repeatable") {
		p.parens(func() { s.Repeatable = p.expr() })
	}
}

// sampleMethod reads the name of a method, of which a schema does not matter.
func (p *parser) sampleMethod() Ident {
	t := p.tok()
	if !t.isTypeFuncName() && !t.isColID() {
		p.syntaxError()
		return Ident{}
	}
	p.i++
	name := Ident{int(t.pos), t.text}
	for p.err == nil && p.acceptPunct(".") {
		name.Name = p.label().Name
	}
	return name
}

// sampleSize reads a number with its unit; without one it is of rows. It reads nothing and reports false where the number
// is the beginning of an expression.
func (p *parser) sampleSize(s *Sample) bool {
	t, next := p.tok(), p.peek(1)
	if t.kind != tInt && t.kind != tFloat && t.kind != tParam {
		return false
	}
	n := 2
	switch {
	case next.isPunct("%") && (s.Method.Name == "" || p.peek(2).isPunct(")")), p.peekWord(1, "percent"):
		s.Unit = SamplePercent
	case next.is("rows"), next.is("row"):
		s.Unit = SampleRows
	case s.Method.Name == "": // a size by itself
		s.Unit, n = SampleRows, 1
	default:
		return false
	}
	if t.kind == tParam {
		s.Args = []Expr{p.param()}
		n--
	} else {
		s.Args = []Expr{&Number{at{int(t.pos)}, t.text}}
	}
	p.i += n
	return true
}
