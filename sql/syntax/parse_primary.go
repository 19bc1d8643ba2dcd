package syntax

import (
	"strconv"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// primary reads PostgreSQL's c_expr: a literal, a name, a call, or something in parentheses.
func (p *parser) primary() Expr {
	t := p.tok()
	pos := at{int(t.pos)}
	switch t.kind {
	case tInt, tFloat:
		p.i++
		return &Number{pos, t.text}
	case tString:
		p.i++
		return &String{pos, t.text}
	case tBits, tHex:
		p.i++
		return p.bitString(t)
	case tParam:
		return p.param()
	case tPunct:
		return p.bracketed()
	case tKeyword:
		if e := p.keywordPrimary(t, pos); e != nil || p.err != nil {
			return e
		}
	}
	if e := p.typedLiteral(); e != nil || p.err != nil {
		return e
	}
	if !t.isColID() && !t.isTypeFuncName() {
		p.syntaxError()
		return nil
	}
	if p.isCall() {
		return p.functionCall()
	}
	if !t.isColID() { // the name of a function or a type, of which neither is here
		p.i++
		p.syntaxError()
		return nil
	}
	return p.column()
}

// bitString returns the literal t.
func (p *parser) bitString(t *token) Expr {
	for _, c := range t.text {
		if t.kind == tBits && c != '0' && c != '1' {
			p.failLater(sqlstate.BadTextValue, int(t.pos), "\"%c\" is not a valid binary digit", c)
		} else if t.kind == tHex && (c >= utf8.RuneSelf || !isHex(byte(c))) {
			p.failLater(sqlstate.BadTextValue, int(t.pos), "\"%c\" is not a valid hexadecimal digit", c)
		}
	}
	return &BitString{at{int(t.pos)}, t.text, t.kind == tHex}
}

// param reads $n with its subscripts and fields.
func (p *parser) param() Expr {
	t := p.advance()
	n, err := strconv.ParseInt(t.text, 10, 32)
	if err != nil {
		p.failf(sqlstate.UndefinedParameter, int(t.pos), "there is no parameter $%s", t.text)
	}
	return p.indirection(&Param{at{int(t.pos)}, int(n)})
}

// bracketed reads what begins with a bracket.
func (p *parser) bracketed() Expr {
	pos := at{p.pos()}
	switch {
	case p.isPunct("(") && p.isQuery(p.i):
		return p.indirection(&Subquery{pos, p.parenQuery()})
	case p.isPunct("("):
		var es []Expr
		p.parens(func() { es = p.exprs() })
		if p.err != nil {
			return nil
		}
		if len(es) > 1 {
			return &Row{at: pos, Elems: es}
		}
		return p.indirection(es[0])
	case p.isPunct("[") && p.atComprehension():
		return p.indirection(p.comprehension())
	case p.isPunct("["):
		return p.indirection(p.array(true))
	case p.isPunct("{"):
		return p.indirection(p.structure())
	}
	p.syntaxError()
	return nil
}

// keywordPrimary reads what begins with a keyword that is no name; nil if it may be one.
func (p *parser) keywordPrimary(t *token, pos at) Expr {
	next := p.peek(1)
	switch t.text {
	case "null":
		p.i++
		return &Null{pos}
	case "true", "false":
		p.i++
		return &Bool{pos, t.text == "true"}
	case "case":
		return p.caseExpr()
	case "array":
		return p.arrayPrimary()
	case "exists":
		if next.isPunct("(") {
			p.i++
			return &Exists{pos, p.parenQuery()}
		}
	case "row":
		if next.isPunct("(") {
			return p.row()
		}
	case "grouping":
		if next.isPunct("(") {
			p.i++
			return &Call{at: pos, Name: "grouping", Args: p.plainArgs(1, -1), SQLSyntax: true}
		}
	case "unique":
		p.unsupported(pos.Pos, "", "UNIQUE predicate is not yet implemented")
	case "default":
		p.i++
		p.failLater(sqlstate.SyntaxError, pos.Pos, "DEFAULT is not allowed in this context")
		return &Null{pos}
	}
	if isKeywordFunction(t, next) {
		return p.keywordFunction()
	}
	return nil
}

// caseExpr reads CASE ... END.
func (p *parser) caseExpr() Expr {
	c := &Case{at: at{p.pos()}}
	p.expect("case")
	if !p.is("when") {
		c.Arg = p.expr()
	}
	for p.accept("when") {
		w := When{Cond: p.expr()}
		p.expect("then")
		w.Result = p.expr()
		c.Whens = append(c.Whens, w)
	}
	if c.Whens == nil {
		p.syntaxError()
	}
	if p.accept("else") {
		c.Else = p.expr()
	}
	p.expect("end")
	return c
}

// arrayPrimary reads ARRAY[...] or ARRAY(query).
func (p *parser) arrayPrimary() Expr {
	pos := at{p.pos()}
	p.expect("array")
	if p.isPunct("(") {
		return &ArrayQuery{pos, p.parenQuery()}
	}
	if !p.isPunct("[") {
		p.syntaxError()
		return nil
	}
	a := p.array(false)
	a.at = pos
	return a
}

// array reads [a, b, ...], where elements may be such arrays themselves.
func (p *parser) array(list bool) *Array {
	a := &Array{at: at{p.pos()}, List: list}
	p.expectPunct("[")
	if p.err == nil && p.enter() {
		if !p.isPunct("]") {
			nested := p.isPunct("[")
			p.list(func() {
				if nested && !list || list && p.isPunct("[") {
					a.Elems = append(a.Elems, p.array(list))
				} else {
					a.Elems = append(a.Elems, p.expr())
				}
			})
		}
		p.leave()
	}
	p.expectPunct("]")
	return a
}

// structure reads {'name': value, ...}; a name may be a word as well.
func (p *parser) structure() Expr {
	s := &Struct{at: at{p.pos()}}
	p.expectPunct("{")
	p.list(func() {
		if p.isPunct("}") && s.Names == nil {
			return
		}
		t := p.tok()
		if t.kind != tString && !t.isLabel() {
			p.syntaxError()
			return
		}
		p.i++
		s.Names = append(s.Names, Ident{int(t.pos), t.text})
		p.expectPunct(":")
		s.Values = append(s.Values, p.expr())
	})
	p.expectPunct("}")
	return s
}

// row reads ROW(...).
func (p *parser) row() Expr {
	r := &Row{at: at{p.pos()}, Explicit: true}
	p.expect("row")
	p.parens(func() {
		if !p.isPunct(")") {
			r.Elems = p.exprs()
		}
	})
	return r
}

// column reads a name, dotted perhaps, with subscripts.
func (p *parser) column() Expr {
	t := p.advance()
	names := []string{t.text}
	for p.isPunct(".") {
		p.i++
		if p.acceptPunct("*") {
			return &Star{at: at{int(t.pos)}, Table: names}
		}
		names = append(names, p.label().Name)
	}
	return p.indirection(&Column{at{int(t.pos)}, names})
}

// indirection reads the subscripts and fields that follow an operand.
func (p *parser) indirection(e Expr) Expr {
	chained := false
	for n := 0; p.err == nil; n++ {
		switch {
		case p.isPunct("["):
			s := p.subscript(e)
			s.Chained = chained
			e, chained = s, true
		case p.isPunct("."):
			chained = false
			pos := at{p.pos()}
			p.i++
			if p.acceptPunct("*") {
				return &Field{at: pos, Arg: e, Star: true}
			}
			e = &Field{at: pos, Arg: e, Name: p.label().Name}
		default:
			return e
		}
	}
	return e
}

// subscript reads [i], [i:j], [i:], [:j] or [:].
func (p *parser) subscript(arg Expr) *Subscript {
	s := &Subscript{at: at{p.pos()}, Arg: arg}
	p.expectPunct("[")
	if !p.isPunct(":") {
		s.Index = p.expr()
	}
	if p.acceptPunct(":") {
		s.Slice, s.Lower, s.Index = true, s.Index, nil
		if !p.isPunct("]") {
			s.Upper = p.expr()
		}
	}
	p.expectPunct("]")
	return s
}
