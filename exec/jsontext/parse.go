package jsontext

import (
	"bytes"
	"cmp"
	"slices"

	"gsql/exec/sqlstate"
)

// maxDepth bounds the nesting of values.
const maxDepth = 10_000

// parser checks a document and, unless it only checks, appends its normal form to dst. It fails at s[i].
type parser struct {
	s       []byte
	i       int
	check   bool
	dst     []byte
	names   []byte   // the names of the members of the objects that are open, without escapes
	members []member // of the same objects
	swap    []byte   // for putting members in order
}

// member is where a name lies in names, and the member's text in dst.
type member struct{ name, nameEnd, text, textEnd int }

// Check returns an error unless s is a JSON document. Escapes may stand for what no text has.
func Check(s []byte) error {
	p := parser{s: s, check: true}
	return p.document()
}

// Normalize appends the normal form of a document to dst: members in the order of the lengths of their names, then
// of their bytes, the last of equal names kept; one blank behind colons and commas; numbers as numeric prints
// them; strings with no more escapes than there must be.
func Normalize(dst, s []byte) ([]byte, error) {
	p := parser{s: s, dst: dst}
	err := p.document()
	return p.dst, err
}

func (p *parser) document() error {
	if err := p.value(0); err != nil {
		return err
	}
	if p.space(); p.i < len(p.s) {
		return p.unexpected("the end of the document")
	}
	return nil
}

// space goes over white space and returns the byte behind it, 0 at the end.
func (p *parser) space() byte {
	if p.i = Blank(p.s, p.i); p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *parser) put(s string) {
	if !p.check {
		p.dst = append(p.dst, s...)
	}
}

// unexpected is the error about what stands at the current place.
func (p *parser) unexpected(want string) error {
	if p.i >= len(p.s) {
		return invalid("The input string ended unexpectedly.")
	}
	token := p.s[p.i:max(p.i+1, Skip(p.s, p.i))]
	if len(token) > 40 {
		token = token[:40]
	}
	return invalid("Expected " + want + ", but found \"" + string(bytes.ToValidUTF8(token, nil)) + "\".")
}

func (p *parser) value(depth int) error {
	if depth > maxDepth {
		return sqlstate.New(sqlstate.StatementTooComplex, "JSON values are nested more than %d deep", maxDepth)
	}
	switch p.space() {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.text()
	}
	token := p.s[p.i:Skip(p.s, p.i)]
	switch string(token) {
	case "true", "false", "null":
		p.put(string(token))
		p.i += len(token)
		return nil
	}
	n, ok := scanNumber(token)
	if !ok {
		return p.unexpected("JSON value")
	}
	p.i += len(token)
	if p.check {
		return nil
	}
	var err error
	p.dst, err = n.append(p.dst)
	return err
}

func (p *parser) array(depth int) error {
	p.i++
	p.put("[")
	for first := true; ; first = false {
		switch c := p.space(); {
		case c == ']' && first:
		case first:
		case c == ',':
			p.i++
			p.put(", ")
		case c != ']':
			return p.unexpected("\",\" or \"]\"")
		}
		if p.i < len(p.s) && p.s[p.i] == ']' && (first || p.s[p.i-1] != ',') {
			p.i++
			p.put("]")
			return nil
		}
		if err := p.value(depth + 1); err != nil {
			return err
		}
	}
}

func (p *parser) object(depth int) error {
	p.i++
	p.put("{")
	firstMember, firstName := len(p.members), len(p.names)
	if p.space() == '}' {
		p.i++
		p.put("}")
		return nil
	}
	for {
		if err := p.member(depth); err != nil {
			return err
		}
		switch p.space() {
		case ',':
			p.i++
		case '}':
			p.i++
			p.order(firstMember)
			p.put("}")
			p.members, p.names = p.members[:firstMember], p.names[:firstName]
			return nil
		default:
			return p.unexpected("\",\" or \"}\"")
		}
	}
}

// member reads a name and a value.
func (p *parser) member(depth int) error {
	if p.space() != '"' {
		return p.unexpected("string")
	}
	m := member{name: len(p.names), text: len(p.dst)}
	raw, err := p.rawText()
	if err != nil {
		return err
	}
	if !p.check {
		if p.names, err = Unquote(p.names, raw); err != nil {
			return err
		}
		m.nameEnd = len(p.names)
		p.dst = append(Quote(p.dst, p.names[m.name:]), ": "...)
	}
	if p.space() != ':' {
		return p.unexpected("\":\"")
	}
	p.i++
	if err := p.value(depth + 1); err != nil || p.check {
		return err
	}
	m.textEnd = len(p.dst)
	p.members = append(p.members, m)
	p.put(", ")
	return nil
}

// order puts the members from first on, which end dst, in their order and drops the comma behind the last.
func (p *parser) order(first int) {
	if p.check {
		return
	}
	ms := p.members[first:]
	name := func(m member) []byte { return p.names[m.name:m.nameEnd] }
	sorted := true
	for i := 1; i < len(ms) && sorted; i++ {
		sorted = CompareNames(name(ms[i-1]), name(ms[i])) < 0
	}
	if sorted {
		p.dst = p.dst[:len(p.dst)-len(", ")]
		return
	}
	start := ms[0].text
	slices.SortStableFunc(ms, func(a, b member) int { return CompareNames(name(a), name(b)) })
	p.swap = append(p.swap[:0], p.dst[start:]...)
	p.dst = p.dst[:start]
	for i, m := range ms {
		if i+1 < len(ms) && bytes.Equal(name(m), name(ms[i+1])) {
			continue // the last of equal names counts
		}
		if len(p.dst) > start {
			p.put(", ")
		}
		p.dst = append(p.dst, p.swap[m.text-start:m.textEnd-start]...)
	}
}

// CompareNames orders the names of members, given without escapes, as normal forms have them.
func CompareNames(a, b []byte) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b))
}

// rawText goes over a string and returns what is between its quotes.
func (p *parser) rawText() ([]byte, error) {
	start := p.i + 1
	for i := start; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.i = i + 1
			return p.s[start:i], nil
		case c < ' ':
			return nil, invalid("A character with a code below 32 must be escaped.")
		case c == '\\':
			i++
			if i >= len(p.s) {
				continue
			}
			if c := p.s[i]; c == 'u' {
				if _, ok := Hex4(p.s[i+1:]); !ok {
					return nil, invalid("\"\\u\" must be followed by four hexadecimal digits.")
				}
			} else if escapes[c] == 0 {
				return nil, invalid("An escape sequence is invalid.")
			}
		}
	}
	return nil, invalid("A string has no end.")
}

func (p *parser) text() error {
	raw, err := p.rawText()
	if err != nil || p.check {
		return err
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		p.dst = append(append(append(p.dst, '"'), raw...), '"')
		return nil
	}
	from := len(p.names)
	if p.names, err = Unquote(p.names, raw); err != nil {
		return err
	}
	p.dst = Quote(p.dst, p.names[from:])
	p.names = p.names[:from]
	return nil
}
