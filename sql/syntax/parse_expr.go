package syntax

// The precedence of operators, from PostgreSQL's grammar, loosest first.
const (
	levelNone = iota
	levelOr
	levelAnd
	levelNot
	levelIs      // IS, ISNULL, NOTNULL; do not chain
	levelCompare // < > = <= >= <>; do not chain
	levelLike    // BETWEEN, IN, LIKE, ILIKE, SIMILAR; do not chain
	levelOp      // all other operators
	levelAdd
	levelMultiply
	levelPower // joins to the left
	levelAt    // AT TIME ZONE
	levelCollate
	levelSign // + and - before an operand
	levelCast // ::
)

// exprs reads expressions separated by commas.
func (p *parser) exprs() []Expr {
	var es []Expr
	p.list(func() { es = append(es, p.expr()) })
	return es
}

// expr reads an expression, PostgreSQL's a_expr.
func (p *parser) expr() Expr { return p.binary(levelOr, false) }

// restricted reads PostgreSQL's b_expr, an expression without the operators that are words, which can stand
// before AND and IN.
func (p *parser) restricted() Expr { return p.binary(levelOr, true) }

// binary reads an operand and the operators of at least the level that follow.
func (p *parser) binary(level int, restricted bool) Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	left := p.prefix(restricted)
	for p.err == nil {
		own := p.level(restricted)
		if own == levelNone || own < level || p.isLabel() {
			break
		}
		left = p.infix(left, own, restricted)
	}
	return left
}

// isLabel reports whether the next word, which may be an operator, is the name of an output column instead,
// as in SELECT 1 is, 2 and FROM t.
func (p *parser) isLabel() bool {
	next := p.peek(1)
	return p.depth == p.labelDepth && p.tok().bareLabel && (followsTargets(next) || next.isPunct(","))
}

// level returns the level of the next token as an operator between operands or after one, levelNone if it
// is none.
func (p *parser) level(restricted bool) int {
	t := p.tok()
	switch t.kind {
	case tOp:
		return operatorLevel(t.text)
	case tPunct:
		if t.text == "::" {
			return levelCast
		}
	case tKeyword:
		own := p.wordLevel(t)
		if own == levelOp || !restricted {
			return own
		}
		if own == levelIs && t.text == "is" && (p.peek(1).is("distinct") || p.peek(1).is("not") && p.peek(2).is("distinct")) {
			return own
		}
	}
	return levelNone
}

func operatorLevel(op string) int {
	switch op {
	case "<", ">", "=", "<=", ">=", "<>":
		return levelCompare
	case "+", "-":
		return levelAdd
	case "*", "/", "%":
		return levelMultiply
	case "^":
		return levelPower
	}
	return levelOp
}

// wordLevel returns the level of a keyword.
func (p *parser) wordLevel(t *token) int {
	switch t.text {
	case "or":
		return levelOr
	case "and":
		return levelAnd
	case "is", "isnull", "notnull":
		return levelIs
	case "between", "in", "like", "ilike", "overlaps":
		return levelLike
	case "similar":
		if p.peek(1).is("to") {
			return levelLike
		}
	case "not":
		switch next := p.peek(1); next.text {
		case "between", "in", "like", "ilike", "similar":
			if next.kind == tKeyword {
				return levelLike
			}
		}
	case "at":
		if p.peek(1).is("time") {
			return levelAt
		}
	case "collate":
		return levelCollate
	case "operator":
		return levelOp
	}
	return levelNone
}

// infix reads the operator that is next, which has the level, and what follows it.
func (p *parser) infix(left Expr, level int, restricted bool) Expr {
	pos := at{p.pos()}
	switch level {
	case levelOr:
		p.i++
		return joinOr(left, p.binary(levelOr+1, false), pos)
	case levelAnd:
		p.i++
		return joinAnd(left, p.binary(levelAnd+1, false), pos)
	case levelIs:
		return p.isTest(left, restricted)
	case levelLike:
		return p.wordOperator(left)
	case levelAt:
		p.i++
		p.expect("time", "zone")
		zone := p.binary(levelAt+1, false)
		return &Call{at: pos, Name: "timezone", Args: []Arg{{Value: zone}, {Value: left}}, SQLSyntax: true}
	case levelCollate:
		p.i++
		names := p.dotted()
		c := &Collate{at: pos, Arg: left, Name: names[len(names)-1].Name}
		if len(names) > 1 {
			c.Schema = names[len(names)-2].Name
		}
		return c
	case levelCast:
		p.i++
		return &Cast{at: pos, Arg: left, Type: p.typeName()}
	}
	schema, op := p.operatorName()
	if !restricted && p.isOneOf("any", "some", "all") {
		return p.quantified(&Quantified{at: pos, Schema: schema, Op: op, Arg: left})
	}
	e := &Op{at: pos, Schema: schema, Name: op, Left: left, Right: p.binary(level+1, restricted)}
	if level == levelCompare {
		p.noChain(levelCompare, restricted)
	}
	return e
}

// noChain fails if another operator of the level follows, of those that do not chain.
func (p *parser) noChain(level int, restricted bool) {
	if p.err == nil && p.level(restricted) == level {
		p.syntaxError()
	}
}

// joinAnd makes one flat And.
func joinAnd(left, right Expr, pos at) Expr {
	a, ok := left.(*And)
	if !ok {
		a = &And{at: pos, Args: []Expr{left}}
	}
	if b, ok := right.(*And); ok {
		a.Args = append(a.Args, b.Args...)
	} else {
		a.Args = append(a.Args, right)
	}
	return a
}

// joinOr makes one flat Or.
func joinOr(left, right Expr, pos at) Expr {
	a, ok := left.(*Or)
	if !ok {
		a = &Or{at: pos, Args: []Expr{left}}
	}
	if b, ok := right.(*Or); ok {
		a.Args = append(a.Args, b.Args...)
	} else {
		a.Args = append(a.Args, right)
	}
	return a
}

// prefix reads an operand with the operators before it.
func (p *parser) prefix(restricted bool) Expr {
	t := p.tok()
	pos := at{int(t.pos)}
	switch {
	case t.is("not") && !restricted:
		p.i++
		return &Not{at: pos, Arg: p.binary(levelNot, false)}
	case t.is("operator") && p.peek(1).isPunct("("):
		schema, op := p.operatorName()
		return &Op{at: pos, Schema: schema, Name: op, Right: p.binary(levelOp+1, restricted)}
	case t.kind != tOp:
		return p.primary()
	}
	level := operatorLevel(t.text)
	switch level {
	case levelAdd:
		level = levelSign
	case levelOp:
		level++
	default:
		p.syntaxError()
		return nil
	}
	p.i++
	return &Op{at: pos, Name: t.text, Right: p.binary(level, restricted)}
}

// operatorName reads an operator or OPERATOR(schema.op).
func (p *parser) operatorName() (schema, op string) {
	if !p.accept("operator") {
		t := p.tok()
		if t.kind != tOp {
			p.syntaxError()
			return "", ""
		}
		p.i++
		return "", t.text
	}
	p.parens(func() {
		for p.tok().isColID() {
			schema = p.advance().text
			p.expectPunct(".")
		}
		if p.tok().kind != tOp {
			p.syntaxError()
		}
		op = p.advance().text
	})
	return schema, op
}

// quantified reads ANY, SOME or ALL and its operand.
func (p *parser) quantified(q *Quantified) Expr {
	q.All = p.advance().text == "all"
	if p.isPunct("(") && p.isQuery(p.i) {
		q.Query = p.parenQuery()
		return q
	}
	p.parens(func() { q.Array = p.expr() })
	return q
}

// isTest reads IS ..., ISNULL or NOTNULL.
func (p *parser) isTest(left Expr, restricted bool) Expr {
	t := p.advance()
	pos := at{int(t.pos)}
	if t.text != "is" {
		return &IsNull{at: pos, Arg: left, Not: t.text == "notnull"}
	}
	not := p.accept("not")
	switch {
	case p.accept("distinct"):
		p.expect("from")
		e := &IsDistinct{at: pos, Left: left, Not: not, Right: p.binary(levelIs+1, restricted)}
		p.noChain(levelIs, restricted)
		return e
	case p.accept("null"):
		return &IsNull{at: pos, Arg: left, Not: not}
	case p.isOneOf("true", "false", "unknown"):
		return &IsBool{at: pos, Arg: left, Test: p.advance().text, Not: not}
	case p.is("document"):
		p.unsupported(pos.Pos, "", "IS DOCUMENT is not supported")
		return left
	}
	c := &Call{at: pos, Name: "is_normalized", Args: []Arg{{Value: left}}, SQLSyntax: true}
	if form := p.tok(); p.isOneOf("nfc", "nfd", "nfkc", "nfkd") {
		p.i++
		c.Args = append(c.Args, Arg{Value: &String{at{int(form.pos)}, form.text}})
	}
	p.expect("normalized")
	if not {
		return &Not{at: pos, Arg: c}
	}
	return c
}

// wordOperator reads [NOT] BETWEEN, IN, LIKE, ILIKE, SIMILAR TO, and OVERLAPS.
func (p *parser) wordOperator(left Expr) Expr {
	pos := at{p.pos()}
	if p.is("overlaps") {
		return p.overlaps(left)
	}
	not := p.accept("not")
	var e Expr
	switch p.advance().text {
	case "in":
		return p.in(&In{at: pos, Arg: left, Not: not})
	case "between":
		b := &Between{at: pos, Arg: left, Not: not}
		if b.Symmetric = p.accept("symmetric"); !b.Symmetric {
			p.accept("asymmetric")
		}
		b.Low = p.restricted()
		p.expect("and")
		b.High = p.binary(levelLike+1, false)
		e = b
	case "similar":
		p.expect("to")
		e = p.pattern(&Like{at: pos, Kind: SimilarPattern, Not: not, Arg: left})
	case "ilike":
		if p.isOneOf("any", "some", "all") {
			return p.quantified(&Quantified{at: pos, Op: negate("~~*", not), Arg: left})
		}
		e = p.pattern(&Like{at: pos, Kind: ILikePattern, Not: not, Arg: left})
	default:
		if p.isOneOf("any", "some", "all") {
			return p.quantified(&Quantified{at: pos, Op: negate("~~", not), Arg: left})
		}
		e = p.pattern(&Like{at: pos, Not: not, Arg: left})
	}
	p.noChain(levelLike, false)
	return e
}

func negate(op string, not bool) string {
	if not {
		return "!" + op
	}
	return op
}

// pattern reads the pattern of LIKE and its escape.
func (p *parser) pattern(l *Like) Expr {
	l.Pattern = p.binary(levelLike+1, false)
	if p.accept("escape") {
		l.Escape = p.binary(levelLike+1, false)
	}
	return l
}

// in reads the list or query of IN.
func (p *parser) in(e *In) Expr {
	if p.isPunct("(") && p.isQuery(p.i) {
		e.Query = p.parenQuery()
		return e
	}
	p.parens(func() { e.List = p.exprs() })
	return e
}

// overlaps reads (a, b) OVERLAPS (c, d), a function of four arguments.
func (p *parser) overlaps(left Expr) Expr {
	c := &Call{at: at{p.pos()}, Name: "overlaps", SQLSyntax: true}
	l, ok := left.(*Row)
	if !ok {
		p.syntaxError()
		return left
	}
	p.i++
	side := "left"
	for _, row := range []Expr{l, p.binary(levelLike+1, false)} {
		r, ok := row.(*Row)
		if !ok {
			p.syntaxError()
			return left
		}
		if len(r.Elems) != 2 {
			p.failf("42601", r.Pos, "wrong number of parameters on %s side of OVERLAPS expression", side)
		}
		for _, e := range r.Elems {
			c.Args = append(c.Args, Arg{Value: e})
		}
		side = "right"
	}
	return c
}
