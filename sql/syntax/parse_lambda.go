package syntax

// lambdaFunctions are the functions whose second argument may be a lambda. Everywhere else -> is the operator of JSON.
var lambdaFunctions = map[string]bool{
	"list_transform": true, "list_apply": true, "array_transform": true, "array_apply": true, "apply": true,
	"list_filter": true, "array_filter": true, "filter": true,
	"list_reduce": true, "array_reduce": true, "reduce": true,
}

// atLambda reports whether x ->, (x, y) -> or lambda x is next.
func (p *parser) atLambda() bool {
	t := p.tok()
	switch {
	case p.isWord("lambda") && p.peek(1).isColID():
		return true
	case t.isColID():
		return p.peek(1).isPunct("->")
	case !t.isPunct("("):
		return false
	}
	n := 1
	for ; p.peek(n).isColID() && p.peek(n+1).isPunct(","); n += 2 {
	}
	return p.peek(n).isColID() && p.peek(n+1).isPunct(")") && p.peek(n+2).isPunct("->")
}

// lambda reads a lambda for which atLambda holds.
func (p *parser) lambda() Expr {
	l := &Lambda{at: at{p.pos()}}
	switch {
	case p.isPunct("("):
		l.Params = p.names()
		p.expectPunct("->")
	case p.isWord("lambda") && !p.peek(1).isPunct("->"):
		p.i++
		p.list(func() { l.Params = append(l.Params, p.colID()) })
		p.expectPunct(":")
	default:
		l.Params = []Ident{p.colID()}
		p.expectPunct("->")
	}
	l.Body = p.expr()
	return l
}

// atComprehension reports whether the "[" that is next begins [x for x in list]: it has a FOR before it ends.
func (p *parser) atComprehension() bool {
	depth := 0
	for n := 0; ; n++ {
		switch t := p.peek(n); {
		case t.kind == tEOF:
			return false
		case t.isPunct("["), t.isPunct("("), t.isPunct("{"):
			depth++
		case t.isPunct("]"), t.isPunct(")"), t.isPunct("}"):
			if depth--; depth == 0 {
				return false
			}
		case depth == 1 && t.is("for"):
			return true
		case depth == 1 && t.isPunct(","):
			return false
		}
	}
}

// comprehension reads [value FOR x, i IN list IF condition], which is list_transform of list_filter.
func (p *parser) comprehension() Expr {
	pos := at{p.pos()}
	p.expectPunct("[")
	value := p.expr()
	p.expect("for")
	var params []Ident
	p.list(func() { params = append(params, p.colID()) })
	p.expect("in")
	list := p.expr()
	if p.accept("if") {
		keep := &Lambda{at: pos, Params: params, Body: p.expr()}
		if len(params) > 1 {
			p.unsupported(pos.Pos, "Filter by list_filter.", "a list comprehension with an index and a condition is not supported")
		}
		list = &Call{at: pos, Name: "list_filter", Args: []Arg{{Value: list}, {Value: keep}}}
	}
	p.expectPunct("]")
	return &Call{at: pos, Name: "list_transform", Args: []Arg{{Value: list}, {Value: &Lambda{at: pos, Params: params, Body: value}}}}
}
