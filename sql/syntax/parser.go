package syntax

import (
	"strconv"

	"gsql/exec/sqlstate"
)

// maxNesting is how deep constructs may stand within one another; a pair of parentheses counts for two.
const maxNesting = 2000

// parser reads tokens by recursive descent. The first error sticks, and moves the parser to the end, where
// everything that reads on stops by itself; so only loops and the top look at it.
type parser struct {
	src        string
	toks       []token
	bad        *sqlstate.Error // what ended the tokens before the text did
	i          int             // the next token
	depth      int
	labelDepth int // depth of the expression after which the name of an output column may stand
	err        *sqlstate.Error
	later      *sqlstate.Error    // what is wrong with a meaning, an error only if no word is wrong
	intoTable  *CreateTableAsStmt // of a SELECT ... INTO
	writeWith  *With              // of a WITH clause that is of an INSERT, UPDATE or DELETE
	defaults   bool               // DEFAULT may stand for an expression of VALUES
	close      []int32            // by the number of a "(": that of its ")"; made at the first use
}

func newParser(text string) (*parser, error) {
	toks, bad, err := scan(text)
	if err != nil {
		return nil, err
	}
	return &parser{src: text, toks: toks, bad: bad}, nil
}

// tok is the next token. After an error p.i may have moved past the last one.
func (p *parser) tok() *token { return &p.toks[min(p.i, len(p.toks)-1)] }

// peek is the token n after the next.
func (p *parser) peek(n int) *token { return &p.toks[min(p.i+n, len(p.toks)-1)] }

// pos is the place of the next token.
func (p *parser) pos() int { return int(p.tok().pos) }

// end is where the last token that was read ends.
func (p *parser) end() int {
	if p.i == 0 {
		return 0
	}
	return int(p.toks[min(p.i, len(p.toks))-1].end)
}

// advance moves past the next token and returns it.
func (p *parser) advance() *token {
	t := p.tok()
	if t.kind != tEOF {
		p.i++
	}
	return t
}

// fail keeps the first error and moves to the end.
func (p *parser) fail(err *sqlstate.Error) {
	if p.err == nil {
		p.err = err
	}
	p.i = len(p.toks) - 1
}

// syntaxError fails at the next token.
func (p *parser) syntaxError() { p.syntaxErrorAt(p.tok()) }

func (p *parser) syntaxErrorAt(t *token) {
	switch {
	case t.kind == tEOF && p.bad != nil:
		p.fail(p.bad)
	case t.kind == tEOF:
		p.fail(sqlstate.New(sqlstate.SyntaxError, "syntax error at end of input").At(int(t.pos)))
	default:
		p.fail(sqlstate.New(sqlstate.SyntaxError, "syntax error at or near \"%s\"", p.src[t.pos:t.end]).At(int(t.pos)))
	}
}

// failf fails with a message at a place.
func (p *parser) failf(code sqlstate.Code, pos int, format string, args ...any) {
	p.fail(sqlstate.New(code, format, args...).At(pos))
}

// unsupported fails with 0A000.
func (p *parser) unsupported(pos int, hint, format string, args ...any) {
	p.fail(sqlstate.Unsupported(hint, format, args...).At(pos))
}

// failLater fails with a message at a place, unless a word of the text is wrong.
func (p *parser) failLater(code sqlstate.Code, pos int, format string, args ...any) {
	if p.later == nil {
		p.later = sqlstate.New(code, format, args...).At(pos)
	}
}

// is reports whether the next token is the keyword.
func (p *parser) is(word string) bool { return p.tok().is(word) }

// isWord reports whether the next token is the word, written without quotes. It need not be a keyword of PostgreSQL's.
func (p *parser) isWord(word string) bool { return p.peekWord(0, word) }

// peekWord is isWord of the token n after the next.
func (p *parser) peekWord(n int, word string) bool {
	t := p.peek(n)
	return t.text == word && (t.kind == tKeyword || t.kind == tIdent && p.src[t.pos] != '"')
}

// isPunct reports whether the next token is the punctuation or operator.
func (p *parser) isPunct(s string) bool { return p.tok().isPunct(s) }

// isOneOf reports whether the next token is one of the keywords.
func (p *parser) isOneOf(words ...string) bool {
	for _, w := range words {
		if p.is(w) {
			return true
		}
	}
	return false
}

// accept takes the keyword if it is next.
func (p *parser) accept(word string) bool {
	if p.is(word) {
		p.i++
		return true
	}
	return false
}

// acceptAll takes the keywords if all of them are next.
func (p *parser) acceptAll(words ...string) bool {
	for i, w := range words {
		if !p.peek(i).is(w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

// acceptPunct takes the punctuation if it is next.
func (p *parser) acceptPunct(s string) bool {
	if p.isPunct(s) {
		p.i++
		return true
	}
	return false
}

// expect takes the keywords, which must be next.
func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.accept(w) {
			p.syntaxError()
		}
	}
}

// expectPunct takes the punctuation, which must be next.
func (p *parser) expectPunct(s string) {
	if !p.acceptPunct(s) {
		p.syntaxError()
	}
}

// enter counts a level of nesting; leave ends it.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxNesting {
		p.tooDeep()
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

func (p *parser) tooDeep() { p.fail(tooDeep()) }

func tooDeep() *sqlstate.Error {
	return sqlstate.New(sqlstate.StatementTooComplex, "stack depth limit exceeded").
		WithHint("The statement nests expressions or queries more deeply than gsql reads.")
}

// list reads items separated by commas.
func (p *parser) list(item func()) {
	for {
		item()
		if p.err != nil || !p.acceptPunct(",") {
			return
		}
	}
}

// parens reads what is between parentheses.
func (p *parser) parens(inner func()) {
	p.expectPunct("(")
	if p.err == nil && p.enter() {
		inner()
		p.leave()
	}
	p.expectPunct(")")
}

// colID reads the name of a column, table or alias.
func (p *parser) colID() Ident {
	t := p.tok()
	if !t.isColID() {
		p.syntaxError()
		return Ident{}
	}
	p.i++
	return Ident{int(t.pos), t.text}
}

// label reads a word that may be any keyword.
func (p *parser) label() Ident {
	t := p.tok()
	if !t.isLabel() {
		p.syntaxError()
		return Ident{}
	}
	p.i++
	return Ident{int(t.pos), t.text}
}

// word reads a word that is no reserved keyword.
func (p *parser) word() Ident {
	t := p.tok()
	if !t.isNonReserved() {
		p.syntaxError()
		return Ident{}
	}
	p.i++
	return Ident{int(t.pos), t.text}
}

// names reads (a, b, c).
func (p *parser) names() []Ident {
	var names []Ident
	p.parens(func() {
		p.list(func() { names = append(names, p.colID()) })
	})
	return names
}

// dotted reads a name with the names after it, joined by dots.
func (p *parser) dotted() []Ident {
	names := []Ident{p.colID()}
	for p.err == nil && p.isPunct(".") {
		p.i++
		names = append(names, p.label())
	}
	return names
}

// qualifiedName reads the name of a table or view.
func (p *parser) qualifiedName() QualifiedName {
	names := p.dotted()
	n := len(names)
	q := QualifiedName{Pos: names[0].Pos, Name: names[n-1].Name}
	switch n {
	case 3:
		q.Catalog, q.Schema = names[0].Name, names[1].Name
	case 2:
		q.Schema = names[0].Name
	case 1:
	default:
		p.failf(sqlstate.SyntaxError, q.Pos, "improper qualified name (too many dotted names): %s", joinNames(names))
	}
	return q
}

func joinNames(names []Ident) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += "."
		}
		s += n.Name
	}
	return s
}

// string reads a string literal.
func (p *parser) string() string {
	t := p.tok()
	if t.kind != tString {
		p.syntaxError()
		return ""
	}
	p.i++
	return t.text
}

// isInteger reports whether the token is a number of PostgreSQL's type integer.
func isInteger(t *token) bool {
	if t.kind != tInt {
		return false
	}
	_, err := strconv.ParseInt(t.text, 10, 32)
	return err == nil
}

// integer reads a number of PostgreSQL's type integer.
func (p *parser) integer() int64 {
	t := p.tok()
	if !isInteger(t) {
		p.syntaxError()
		return 0
	}
	p.i++
	n, _ := strconv.ParseInt(t.text, 10, 32)
	return n
}

// signedInteger reads an integer that may have a sign.
func (p *parser) signedInteger() int64 {
	if p.acceptPunct("-") {
		return -p.integer()
	}
	p.acceptPunct("+")
	return p.integer()
}

// isQuery reports whether the "(" that is the token i begins a query in parentheses, rather than an
// expression or a join that has one at its beginning.
func (p *parser) isQuery(i int) bool {
	first := i
	for first-i < maxNesting && p.toks[first+1].isPunct("(") {
		first++
	}
	t := &p.toks[first+1]
	if !startsQuery(t, &p.toks[min(first+2, len(p.toks)-1)]) && !p.startsPivot(first+1) {
		return false
	}
	for ; first > i; first-- {
		if !continuesQuery(&p.toks[min(p.closing(first)+1, len(p.toks)-1)]) {
			return false
		}
	}
	return true
}

// startsQuery reports whether t, before next, is the first word of a query.
func startsQuery(t, next *token) bool {
	return t.is("select") || t.is("from") || t.is("with") || t.is("table") || t.is("values") && next.isPunct("(")
}

// continuesQuery reports whether t may follow a query in parentheses that is part of a query.
func continuesQuery(t *token) bool {
	if t.isPunct(")") {
		return true
	}
	switch t.text {
	case "union", "intersect", "except", "order", "limit", "offset", "fetch", "for":
		return t.kind == tKeyword
	}
	return false
}

// closing returns the number of the token that closes the "(" that is the token i, or of the last token.
func (p *parser) closing(i int) int {
	if p.close == nil {
		p.close = make([]int32, len(p.toks))
		var open []int32
		for j := range p.toks {
			switch t := &p.toks[j]; {
			case t.isPunct("("):
				p.close[j] = int32(len(p.toks) - 1)
				open = append(open, int32(j))
			case t.isPunct(")") && len(open) > 0:
				p.close[open[len(open)-1]] = int32(j)
				open = open[:len(open)-1]
			}
		}
	}
	return int(p.close[i])
}
