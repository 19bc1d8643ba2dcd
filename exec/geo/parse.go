package geo

// Number reads the number that a text begins with, blanks around it included, and returns what is behind it. An error is
// that of a number out of range.
type Number func(s []byte) (x float64, rest []byte, ok bool, err error)

// parser reads a text of points. After the first error it reads no more.
type parser struct {
	s      []byte
	number Number
	failed bool
	err    error
}

func (p *parser) space() {
	for len(p.s) > 0 && isSpace(p.s[0]) {
		p.s = p.s[1:]
	}
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

func (p *parser) next(b byte) bool { return len(p.s) > 0 && p.s[0] == b }

func (p *parser) accept(b byte) bool {
	if p.next(b) {
		p.s = p.s[1:]
		return true
	}
	return false
}

func (p *parser) need(b byte) {
	if !p.accept(b) {
		p.failed = true
	}
}

func (p *parser) float() (x float64) {
	if p.failed {
		return 0
	}
	x, rest, ok, err := p.number(p.s)
	if p.failed = !ok || err != nil; err != nil {
		p.err = err
	}
	p.s = rest
	return x
}

// point reads x,y, maybe in parentheses.
func (p *parser) point() (q Point) {
	p.space()
	delimited := p.accept('(')
	q.X = p.float()
	p.need(',')
	q.Y = p.float()
	if delimited {
		p.need(')')
		p.space()
	}
	return q
}

// points reads n points, maybe in parentheses of their own, or in brackets where that is allowed. brackets tells that they
// were.
func (p *parser) points(n int, mayBracket bool) (out Points, brackets bool) {
	depth := 0
	p.space()
	switch {
	case p.next('['):
		if brackets = true; !mayBracket {
			p.failed = true
		}
		p.s = p.s[1:]
		depth++
	case p.next('('):
		inner := parser{s: p.s[1:]}
		inner.space()
		if inner.next('(') || !hasOther(p.s[1:], '(') {
			p.s = inner.s
			depth++
		}
	}
	for i := 0; i < n && !p.failed; i++ {
		out = p.point().Append(out)
		p.accept(',')
	}
	for ; depth > 0 && !p.failed; depth-- {
		if !p.accept(')') && !(brackets && p.accept(']')) {
			p.failed = true
		}
		p.space()
	}
	return out, brackets
}

func hasOther(s []byte, b byte) bool {
	for _, c := range s {
		if c == b {
			return true
		}
	}
	return false
}

// pairs returns how many points a text has, by its commas; 0 where they do not come in pairs.
func pairs(s []byte) int {
	n := 0
	for _, c := range s {
		if c == ',' {
			n++
		}
	}
	return (n + 1) / 2 * (n % 2)
}

// end reports whether everything was read.
func (p *parser) end() (ok bool, err error) { return !p.failed && len(p.s) == 0, p.err }

// ParsePoint reads a point, and appends its binary form to dst, as the following do for other types. ok is false for a text
// that is none.
func ParsePoint(dst, s []byte, number Number) (out []byte, ok bool, err error) {
	p := parser{s: s, number: number}
	q := p.point()
	ok, err = p.end()
	return q.Append(dst), ok, err
}

// ParseSegment reads an lseg.
func ParseSegment(dst, s []byte, number Number) ([]byte, bool, error) {
	p := parser{s: s, number: number}
	q, _ := p.points(2, true)
	ok, err := p.end()
	return append(dst, q...), ok, err
}

// ParseBox reads a box.
func ParseBox(dst, s []byte, number Number) ([]byte, bool, error) {
	p := parser{s: s, number: number}
	q, _ := p.points(2, false)
	ok, err := p.end()
	if ok {
		dst = NewBox(q.At(0), q.At(1)).Append(dst)
	}
	return dst, ok, err
}

// ParsePath reads a path.
func ParsePath(dst, s []byte, number Number) ([]byte, bool, error) {
	n := pairs(s)
	p := parser{s: s, number: number}
	p.space()
	outer := p.next('(') && !hasOther(p.s[1:], '(')
	if outer {
		p.s = p.s[1:]
	}
	q, open := p.points(n, true)
	if outer {
		p.need(')')
		p.space()
	}
	ok, err := p.end()
	return Path{!open, q}.Append(dst), ok && n > 0, err
}

// ParsePolygon reads a polygon.
func ParsePolygon(dst, s []byte, number Number) ([]byte, bool, error) {
	n := pairs(s)
	p := parser{s: s, number: number}
	q, _ := p.points(n, false)
	ok, err := p.end()
	return Polygon{q}.Append(dst), ok && n > 0, err
}

// ParseCircle reads a circle.
func ParseCircle(dst, s []byte, number Number) ([]byte, bool, error) {
	p := parser{s: s, number: number}
	depth := 0
	p.space()
	if p.accept('<') {
		depth++
	} else if p.next('(') {
		inner := parser{s: p.s[1:]}
		if inner.space(); inner.next('(') {
			p.s = inner.s
			depth++
		}
	}
	var c Circle
	c.Center = p.point()
	p.accept(',')
	if c.Radius = p.float(); c.Radius < 0 {
		p.failed = true
	}
	if depth > 0 && !p.failed {
		if !p.accept('>') {
			p.need(')')
		}
		p.space()
	}
	ok, err := p.end()
	return c.Append(dst), ok, err
}

// ParseLine reads a line: its three numbers in braces, or two of its points. problem tells of numbers that make none.
func ParseLine(dst, s []byte, number Number) (out []byte, ok bool, problem string, err error) {
	p := parser{s: s, number: number}
	p.space()
	if !p.accept('{') {
		q, _ := p.points(2, true)
		if ok, err = p.end(); !ok {
			return dst, ok, "", err
		}
		if q.At(0).Same(q.At(1)) {
			return dst, true, "must be two distinct points", nil
		}
		return LineThrough(q.At(0), q.At(1)).Append(dst), true, "", nil
	}
	var l Line
	l.A = p.float()
	p.need(',')
	l.B = p.float()
	p.need(',')
	l.C = p.float()
	p.need('}')
	p.space()
	if ok, err = p.end(); ok && !l.Valid() {
		return dst, true, "A and B cannot both be zero", nil
	}
	return l.Append(dst), ok, "", err
}

// Valid reports whether the numbers are those of a line.
func (l Line) Valid() bool { return !isZero(l.A) || !isZero(l.B) }
