package syntax

import (
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
)

// typeName reads the name of a type with its modifiers and array bounds.
func (p *parser) typeName() *TypeName {
	start := p.i
	t := &TypeName{Pos: p.pos()}
	p.simpleType(t)
	if t.Name == "interval" && t.Schema == "" && p.toks[start].is("interval") {
		p.intervalFields(t)
	}
	if p.accept("array") {
		t.Dims = 1
		if p.acceptPunct("[") {
			p.integer()
			p.expectPunct("]")
		}
	}
	for p.err == nil && p.isPunct("[") && t.Dims <= maxNesting {
		p.i++
		if !p.isPunct("]") {
			p.integer()
		}
		p.expectPunct("]")
		t.Dims++
	}
	p.typeText(t)
	return t
}

// typeText sets the source text of a type that was just read.
func (p *parser) typeText(t *TypeName) {
	if p.err == nil {
		t.Text = p.src[t.Pos:p.end()]
	}
}

// simpleType reads a type without interval fields and array bounds.
func (p *parser) simpleType(t *TypeName) {
	tok := p.tok()
	if tok.kind == tKeyword && p.sqlType(t, tok.text) {
		return
	}
	if !tok.isTypeFuncName() {
		p.syntaxError()
		return
	}
	p.i++
	names := []Ident{{int(tok.pos), tok.text}}
	for p.err == nil && p.acceptPunct(".") {
		names = append(names, p.label())
	}
	t.Schema, t.Name = p.schemaName(names)
	p.modifiers(t)
}

// sqlTypes are PostgreSQL's names of the types that SQL names by one word.
var sqlTypes = map[string]string{"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4",
	"boolean": "bool", "numeric": "numeric", "decimal": "numeric", "dec": "numeric", "varchar": "varchar"}

// sqlType reads a type of SQL's own words, of which the next is word, and gives it PostgreSQL's name. It
// reports false if the word begins none.
func (p *parser) sqlType(t *TypeName, word string) bool {
	if name, ok := sqlTypes[word]; ok {
		p.i++
		t.Name = name
		if name == "numeric" || name == "varchar" {
			p.modifiers(t)
		}
		return true
	}
	switch word {
	case "float":
		p.i++
		p.float(t)
	case "double":
		if !p.peek(1).is("precision") {
			return false
		}
		p.i += 2
		t.Name = "float8"
	case "bit":
		p.i++
		p.charType(t, "bit", "varbit")
	case "character", "char", "nchar":
		p.i++
		p.charType(t, "bpchar", "varchar")
	case "national":
		p.i++
		if !p.accept("character") {
			p.expect("char")
		}
		p.charType(t, "bpchar", "varchar")
	case "timestamp", "time":
		p.i++
		t.Name = word
		p.precision(t)
		if p.is("with") && p.peek(1).is("time") {
			p.i++
			p.expect("time", "zone")
			t.Name += "tz"
		} else if p.is("without") && p.peek(1).is("time") {
			p.i++
			p.expect("time", "zone")
		}
	case "interval":
		p.i++
		t.Name = word
		p.precision(t)
	default:
		return false
	}
	return true
}

// float reads the bits of FLOAT.
func (p *parser) float(t *TypeName) {
	t.Name = "float8"
	if !p.isPunct("(") {
		return
	}
	pos := p.pos() + 1
	var bits int64
	p.parens(func() { bits = p.integer() })
	switch {
	case bits < 1:
		p.failf(sqlstate.InvalidParameterValue, pos, "precision for type float must be at least 1 bit")
	case bits > 53:
		p.failf(sqlstate.InvalidParameterValue, pos, "precision for type float must be less than 54 bits")
	case bits <= 24:
		t.Name = "float4"
	}
}

// charType reads [VARYING] [(n)]; without a length, the fixed type has length 1.
func (p *parser) charType(t *TypeName, fixed, varying string) {
	t.Name = fixed
	if p.accept("varying") {
		t.Name = varying
	}
	p.modifiers(t)
	if t.Mods == nil && t.Name == fixed {
		t.Mods = []int64{1}
	}
}

// precision reads (p) if it is there.
func (p *parser) precision(t *TypeName) {
	if p.isPunct("(") {
		p.parens(func() { t.Mods = []int64{p.integer()} })
	}
}

// modifiers reads (n, ...) if it is there.
func (p *parser) modifiers(t *TypeName) {
	if !p.isPunct("(") {
		return
	}
	p.parens(func() {
		p.list(func() {
			e := p.expr()
			if p.err != nil {
				return
			}
			n, ok := integerValue(e)
			if !ok {
				p.failLater(sqlstate.SyntaxError, e.Position(), "type modifiers must be simple constants or identifiers")
			}
			t.Mods = append(t.Mods, n)
		})
	})
}

// integerValue returns the value of an integer that may have a sign.
func integerValue(e Expr) (int64, bool) {
	sign := int64(1)
	if op, ok := e.(*Op); ok && op.Left == nil && op.Name == "-" {
		sign, e = -1, op.Right
	}
	n, ok := e.(*Number)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Text, 10, 32)
	return sign * v, err == nil
}

// intervalFields reads what an interval is made of: DAY, YEAR TO MONTH, SECOND(3).
func (p *parser) intervalFields(t *TypeName) {
	order := []string{"year", "month", "day", "hour", "minute", "second"}
	field := func(words []string) int {
		for i, w := range words {
			if p.accept(w) {
				return i
			}
		}
		return -1
	}
	first := field(order)
	if first < 0 {
		return
	}
	fields := []string{order[first]}
	if p.is("to") && first != 1 && first != 5 {
		p.i++
		rest := order[first+1:]
		if first == 0 {
			rest = rest[:1]
		}
		last := field(rest)
		if last < 0 {
			p.syntaxError()
			return
		}
		fields = append(fields, rest[last])
	}
	t.Fields = strings.Join(fields, " to ")
	if fields[len(fields)-1] == "second" && t.Mods == nil {
		p.precision(t)
	}
}

// typedLiteral reads type 'literal'; it returns nil and reads nothing if none is next.
func (p *parser) typedLiteral() Expr {
	start, t, later := p.i, p.tok(), p.later
	if !t.isColID() && !t.isTypeFuncName() || !p.mayBeTypedLiteral() && !p.atTypeOnly() {
		return nil
	}
	name := &TypeName{Pos: p.pos()}
	p.simpleType(name)
	if next := p.i; p.tok().kind != tString || p.err != nil {
		err := p.err
		p.i, p.err, p.later = start, nil, later
		if p.atTypeOnly() {
			p.i, p.err = len(p.toks)-1, err
			if err == nil {
				p.i = next
				p.syntaxError()
			}
		}
		return nil
	}
	p.typeText(name)
	text := p.advance()
	if name.Name == "interval" && t.is("interval") {
		from := p.i
		if p.intervalFields(name); p.i > from && p.err == nil {
			name.Text += " " + p.src[p.toks[from].pos:p.end()]
		}
	}
	return &Cast{at: at{name.Pos}, Arg: &String{at{int(text.pos)}, text.text}, Type: name}
}

// mayBeTypedLiteral looks ahead for a string after a type: near, or after what is between parentheses.
func (p *parser) mayBeTypedLiteral() bool {
	n := 1
	for n < 12 && (p.peek(n).isPunct(".") || p.peek(n).isLabel()) {
		n++
	}
	if p.peek(n).isPunct("(") {
		i := p.closing(p.i + n)
		if i-p.i > 12 {
			return false
		}
		n = i - p.i + 1
		for n < 18 && p.peek(n).isLabel() {
			n++
		}
	}
	return p.peek(n).kind == tString && p.err == nil
}

// atTypeOnly reports whether what is next can only be a type: one of its words, which is no name of a
// function, before a parenthesis, or before another of its words.
func (p *parser) atTypeOnly() bool {
	t, next := p.tok(), p.peek(1)
	switch {
	case !isTypeWord(t):
		return false
	case next.isPunct("("):
		return true
	}
	switch t.text {
	case "timestamp", "time":
		return (next.is("with") || next.is("without")) && p.peek(2).is("time")
	case "bit", "character", "char", "nchar":
		return next.is("varying")
	case "national":
		return next.is("character") || next.is("char")
	}
	return false
}

// isTypeWord reports whether t is one of SQL's words for types that take something in parentheses.
func isTypeWord(t *token) bool {
	if t.kind != tKeyword {
		return false
	}
	switch t.text {
	case "numeric", "decimal", "dec", "float", "bit", "character", "char", "varchar", "nchar", "national",
		"timestamp", "time", "interval":
		return true
	}
	return false
}
