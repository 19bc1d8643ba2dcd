package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// parser reads a path by recursive descent, one method for each level of precedence.
type parser struct {
	lexer
	depth int
}

// Parse reads a path: 42601 and, for some texts, 22P02 and 2201B are its errors.
func Parse(src string) (*Path, error) {
	if !utf8.ValidString(src) || strings.IndexByte(src, 0) >= 0 {
		return nil, sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"")
	}
	p := &parser{lexer: lexer{src: src}}
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.tok.kind == endOfText {
		return nil, sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type jsonpath: \"%s\"", src)
	}
	path := &Path{strict: p.isWord("strict")}
	if path.strict || p.isWord("lax") {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	var err error
	if path.root, err = p.or(); err != nil {
		return nil, err
	}
	if p.tok.kind != endOfText {
		return nil, p.unexpected()
	}
	return path, path.root.check(0, false)
}

// Normalize returns a path as PostgreSQL prints it.
func Normalize(src []byte) ([]byte, error) {
	p, err := Parse(string(src))
	if err != nil {
		return nil, err
	}
	return p.Append(nil), nil
}

// isWord reports whether the token is a keyword, which null, true and false are in lower case only.
func (p *parser) isWord(w string) bool {
	return p.tok.kind == word && p.pos-p.tok.at == len(w) && strings.EqualFold(p.tok.text, w)
}

func (p *parser) isSymbol(s string) bool { return p.tok.kind == symbol && p.tok.text == s }

// accept goes over a symbol if it is the token.
func (p *parser) accept(s string) (bool, error) {
	if !p.isSymbol(s) {
		return false, nil
	}
	return true, p.next()
}

func (p *parser) expect(s string) error {
	if !p.isSymbol(s) {
		return p.unexpected()
	}
	return p.next()
}

// nested runs f one level deeper.
func (p *parser) nested(f func() (*node, error)) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errTooDeep()
	}
	defer func() { p.depth-- }()
	return f()
}

func errTooDeep() error {
	return sqlstate.New(sqlstate.StatementTooComplex, "a jsonpath is nested too deeply").
		WithHint("A path may have %d levels.", maxDepth)
}

func (p *parser) or() (*node, error) { return p.connectives("||", or, p.and) }

func (p *parser) and() (*node, error) { return p.connectives("&&", and, p.comparison) }

func (p *parser) connectives(sign string, k kind, operand func() (*node, error)) (*node, error) {
	n, err := operand()
	for levels := 0; err == nil && p.isSymbol(sign); levels++ {
		if !n.isPredicate() {
			return nil, p.unexpected()
		}
		if err = p.next(); err != nil {
			return nil, err
		}
		if levels > maxDepth {
			return nil, errTooDeep()
		}
		r, err := operand()
		if err != nil {
			return nil, err
		}
		if !r.isPredicate() {
			return nil, p.unexpected()
		}
		n = &node{kind: k, left: n, right: r}
	}
	return n, err
}

var comparisons = map[string]kind{
	"==": equal, "!=": notEqual, "<>": notEqual, "<": less, "<=": lessEqual, ">": greater, ">=": greaterEqual,
}

// comparison reads a predicate without connectives, or an item.
func (p *parser) comparison() (*node, error) {
	if p.isSymbol("!") {
		return p.nested(p.negation)
	}
	n, err := p.sum()
	if err != nil || n.isPredicate() {
		return n, err
	}
	if k, ok := comparisons[p.tok.text]; ok && p.tok.kind == symbol {
		return p.binary(k, n, p.sum)
	}
	switch {
	case p.isWord("starts"):
		return p.startsWith(n)
	case p.isWord("like_regex"):
		return p.likeRegex(n)
	}
	return n, nil
}

// binary reads the right operand behind an operator.
func (p *parser) binary(k kind, left *node, operand func() (*node, error)) (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	right, err := operand()
	if err != nil {
		return nil, err
	}
	if left.isPredicate() || right.isPredicate() {
		return nil, p.unexpected()
	}
	return &node{kind: k, left: left, right: right}, nil
}

// negation reads what follows an exclamation mark: a predicate in parentheses, or exists.
func (p *parser) negation() (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if !p.isSymbol("(") && !p.isWord("exists") {
		return nil, p.unexpected()
	}
	n, err := p.primary()
	if err != nil {
		return nil, err
	}
	if !n.isPredicate() {
		return nil, p.unexpected()
	}
	return &node{kind: not, left: n}, nil
}

func (p *parser) startsWith(n *node) (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if !p.isWord("with") {
		return nil, p.unexpected()
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	right := &node{kind: stringLiteral, text: p.tok.text}
	switch p.tok.kind {
	case quoted:
	case name:
		right.kind = variable
	default:
		return nil, p.unexpected()
	}
	return &node{kind: startsWith, left: n, right: right}, p.next()
}

func (p *parser) likeRegex(n *node) (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.tok.kind != quoted {
		return nil, p.unexpected()
	}
	out := &node{kind: likeRegex, left: n, text: p.tok.text}
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.isWord("flag") {
		if err := p.next(); err != nil {
			return nil, err
		}
		if p.tok.kind != quoted {
			return nil, p.unexpected()
		}
		if err := out.setFlags(p.tok.text); err != nil {
			return nil, err
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	var err error
	out.re, err = Compile(out.text, out.flags)
	return out, err
}

// setFlags notes the flags of a regular expression, each once.
func (n *node) setFlags(flags string) error {
	for _, f := range flags {
		if !strings.ContainsRune("imsxq", f) {
			return sqlstate.New(sqlstate.SyntaxError, "invalid input syntax for type jsonpath").
				WithDetail("Unrecognized flag character \"%c\" in LIKE_REGEX predicate.", f)
		}
	}
	for _, f := range "ismxq" {
		if strings.ContainsRune(flags, f) {
			n.flags += string(f)
		}
	}
	if strings.Contains(n.flags, "x") && !strings.Contains(n.flags, "q") {
		return sqlstate.Unsupported("", "XQuery \"x\" flag (expanded regular expressions) is not implemented")
	}
	return nil
}

func (p *parser) sum() (*node, error) {
	return p.operators(map[string]kind{"+": add, "-": sub}, p.product)
}

func (p *parser) product() (*node, error) {
	return p.operators(map[string]kind{"*": mul, "/": div, "%": mod}, p.unary)
}

func (p *parser) operators(kinds map[string]kind, operand func() (*node, error)) (*node, error) {
	n, err := operand()
	for levels := 0; err == nil && p.tok.kind == symbol; levels++ {
		k, ok := kinds[p.tok.text]
		if !ok {
			break
		}
		if levels > maxDepth {
			return nil, errTooDeep()
		}
		n, err = p.binary(k, n, operand)
	}
	return n, err
}

func (p *parser) unary() (*node, error) {
	k := plus
	switch {
	case p.isSymbol("-"):
		k = minus
	case !p.isSymbol("+"):
		return p.primary()
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	n, err := p.nested(p.unary)
	if err != nil {
		return nil, err
	}
	if n.isPredicate() {
		return nil, p.unexpected()
	}
	if n.kind == numberLiteral && n.next == nil {
		if k == minus {
			n.text = string(negated(item(n.text)))
		}
		return n, nil
	}
	return &node{kind: k, left: n}, nil
}

// primary reads an item with its accessors, or a predicate that is delimited.
func (p *parser) primary() (*node, error) {
	switch {
	case p.isSymbol("("):
		return p.nested(p.parentheses)
	case p.isWord("exists"):
		return p.nested(p.exists)
	}
	n, err := p.start()
	if err != nil {
		return nil, err
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	return n, p.accessors(n)
}

func (p *parser) exists() (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	n, err := p.sum()
	if err != nil {
		return nil, err
	}
	if n.isPredicate() {
		return nil, p.unexpected()
	}
	return &node{kind: exists, left: n}, p.expect(")")
}

// parentheses reads what stands in them, and what follows: accessors, or IS UNKNOWN.
func (p *parser) parentheses() (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if n.isPredicate() && p.isWord("is") {
		if err := p.next(); err != nil {
			return nil, err
		}
		if !p.isWord("unknown") {
			return nil, p.unexpected()
		}
		return &node{kind: isUnknown, left: n}, p.next()
	}
	end := n
	for end.next != nil {
		end = end.next
	}
	return n, p.accessors(end)
}

// start reads where an item begins.
func (p *parser) start() (*node, error) {
	n := &node{text: p.tok.text}
	switch {
	case p.tok.kind == quoted:
		n.kind = stringLiteral
	case p.tok.kind == number:
		x, err := vec.ParseNum([]byte(p.tok.text))
		if err != nil {
			return nil, err
		}
		n.kind, n.text = numberLiteral, x.String()
	case p.tok.kind == name:
		n.kind = variable
	case p.isSymbol("$"):
		n.kind = root
	case p.isSymbol("@"):
		n.kind = current
	case p.isWord("last"):
		n.kind = last
	case p.isWord("null") && n.text == "null":
		n.kind = nullLiteral
	case p.isWord("true") && n.text == "true", p.isWord("false") && n.text == "false":
		n.kind, n.truth = boolLiteral, n.text == "true"
	default:
		return nil, p.unexpected()
	}
	return n, nil
}

// accessors reads those that follow n.
func (p *parser) accessors(n *node) error {
	for {
		a, err := p.accessor()
		if err != nil || a == nil {
			return err
		}
		n.next = a
		n = a
	}
}

// accessor reads one, nil when there is none.
func (p *parser) accessor() (*node, error) {
	switch {
	case p.isSymbol("."):
		if err := p.next(); err != nil {
			return nil, err
		}
		return p.member()
	case p.isSymbol("["):
		if err := p.next(); err != nil {
			return nil, err
		}
		return p.nested(p.index)
	case p.isSymbol("?"):
		return p.nested(p.filter)
	}
	return nil, nil
}

func (p *parser) filter() (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if !n.isPredicate() {
		return nil, p.unexpected()
	}
	return &node{kind: filter, left: n}, p.expect(")")
}

// member reads what stands behind a dot.
func (p *parser) member() (*node, error) {
	switch {
	case p.isSymbol("*"):
		return &node{kind: anyKey}, p.next()
	case p.isSymbol("**"):
		return p.levels()
	case p.tok.kind != word && p.tok.kind != quoted:
		return nil, p.unexpected()
	}
	n, bare := &node{kind: key, text: p.tok.text}, p.tok.kind == word
	if err := p.next(); err != nil {
		return nil, err
	}
	if !bare || !p.isSymbol("(") {
		return n, nil
	}
	switch m := strings.ToLower(n.text); m {
	case "abs", "size", "type", "floor", "double", "ceiling", "keyvalue", "datetime":
		n.kind, n.text = method, m
	default:
		return nil, p.unexpected()
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if n.text == "datetime" && p.tok.kind == quoted {
		n.left = &node{kind: stringLiteral, text: p.tok.text}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	return n, p.expect(")")
}

// levels reads **, or **{from to to}.
func (p *parser) levels() (*node, error) {
	n := &node{kind: anyPath, to: lastLevel}
	if err := p.next(); err != nil {
		return nil, err
	}
	ok, err := p.accept("{")
	if !ok || err != nil {
		return n, err
	}
	if n.from, err = p.level(); err != nil {
		return nil, err
	}
	n.to = n.from
	if p.isWord("to") {
		if err := p.next(); err != nil {
			return nil, err
		}
		if n.to, err = p.level(); err != nil {
			return nil, err
		}
	}
	return n, p.expect("}")
}

func (p *parser) level() (uint32, error) {
	if p.isWord("last") {
		return lastLevel, p.next()
	}
	if p.tok.kind != number {
		return 0, p.unexpected()
	}
	x, err := strconv.ParseInt(p.tok.text, 10, 32)
	if err != nil {
		return 0, p.unexpected()
	}
	return uint32(x), p.next()
}

// index reads subscripts and their bracket.
func (p *parser) index() (*node, error) {
	if ok, err := p.accept("*"); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return &node{kind: anyIndex}, p.expect("]")
	}
	n := &node{kind: index}
	for {
		s, err := p.subscript()
		if err != nil {
			return nil, err
		}
		n.subscripts = append(n.subscripts, s)
		if ok, err := p.accept(","); err != nil {
			return nil, err
		} else if !ok {
			return n, p.expect("]")
		}
	}
}

func (p *parser) subscript() (s subscript, err error) {
	if s.from, err = p.itemOnly(); err != nil || !p.isWord("to") {
		return s, err
	}
	if err = p.next(); err != nil {
		return s, err
	}
	s.to, err = p.itemOnly()
	return s, err
}

// itemOnly reads an expression that is no predicate.
func (p *parser) itemOnly() (*node, error) {
	n, err := p.sum()
	if err == nil && n.isPredicate() {
		err = p.unexpected()
	}
	return n, err
}
