package fn

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// to_number.

func init() {
	RegisterScalar(stable(scalar("to_number", types.Numeric, parseNumbers, types.Text, types.Text)))
}

func parseNumbers(c *Call) (*vec.Vector, error) {
	get, template := Reader[[]byte](c.Args[0]), templatesOf(c.Args[1], compileNumber)
	var p numberParser
	return runNull(c, func(i int) (vec.Num, bool, error) {
		t, err := template(i)
		if err != nil || t.none {
			return vec.Num{}, false, err
		}
		switch {
		case t.scientific:
			return vec.Num{}, false, sqlstate.New(sqlstate.FeatureNotSupported, "\"EEEE\" not supported for input")
		case t.roman:
			return vec.Num{}, false, sqlstate.New(sqlstate.FeatureNotSupported, "\"RN\" not supported for input")
		}
		p = numberParser{t: t, s: get(i), digits: append(p.digits[:0], ' ')}
		p.run()
		x, err := p.value()
		return x, err == nil, err
	})
}

// numberParser reads a number by a template. What of the text does not fit is left out rather than refused.
type numberParser struct {
	t           *numberTemplate
	s           []byte // what is left
	sign        byte   // 0 before one is read
	digits      []byte // with the sign and the point
	whole, frac int    // digits read before and behind the point
	point       bool
}

func (p *numberParser) run() {
	for i := range p.t.items {
		if len(p.s) == 0 {
			return
		}
		it := &p.t.items[i]
		if it.kind != itemField {
			p.skipRune()
			continue
		}
		switch it.word.id {
		case numberNine, numberZero, numberPoint:
			p.digit(it.word.id)
		case numberComma:
			// FM has no room for a comma before the number.
			if !p.t.fill && p.s[0] == ',' {
				p.s = p.s[1:]
			}
		case numberCurrency:
			p.skipOthers(1)
		case numberOrdinal:
			if !p.t.point {
				p.skipOthers(2)
			}
		case numberMinus:
			p.signOrSkip("-")
		case numberPlus:
			p.signOrSkip("+")
		case numberSign:
			p.signOrSkip("-+")
		}
	}
}

func (p *numberParser) skipRune() {
	_, w := utf8.DecodeRune(p.s)
	p.s = p.s[w:]
}

// skipOthers skips up to n characters that numbers do not have.
func (p *numberParser) skipOthers(n int) {
	for ; n > 0 && len(p.s) > 0 && strings.IndexByte("0123456789.,+-", p.s[0]) < 0; n-- {
		p.skipRune()
	}
}

func (p *numberParser) signOrSkip(signs string) {
	if strings.IndexByte(signs, p.s[0]) < 0 {
		p.skipOthers(1)
		return
	}
	p.sign, p.s = p.s[0], p.s[1:]
}

// digit reads what stands at a 9, a 0 or a point of the template: a digit, the point, or nothing; and a sign before
// the first digit or behind the last.
func (p *numberParser) digit(id templateField) {
	if p.s[0] == ' ' {
		p.s = p.s[1:]
	}
	if p.sign == 0 && id != numberPoint && p.whole+p.frac == 0 {
		p.openingSign()
	}
	if len(p.s) == 0 {
		return
	}
	read := true
	switch c := p.s[0]; {
	case isDigit(c) && p.point && p.frac == p.t.frac:
		p.s = p.s[1:]
		return
	case isDigit(c) && p.point:
		p.digits = append(p.digits, c)
		p.frac++
	case isDigit(c):
		p.digits = append(p.digits, c)
		p.whole++
	case c == '.' && p.t.point && !p.point:
		p.digits, p.point = append(p.digits, c), true
	default:
		read = false
	}
	if p.sign == 0 && p.whole+p.frac > 0 {
		p.closingSign(read)
	}
	if len(p.s) > 0 {
		p.s = p.s[1:]
	}
}

func (p *numberParser) openingSign() {
	if len(p.s) == 0 {
		return
	}
	switch c := p.s[0]; {
	case c == '-' || c == '<' && p.t.brackets:
		p.sign = '-'
	case c == '+':
		p.sign = '+'
	default:
		return
	}
	p.s = p.s[1:]
}

// closingSign takes a sign behind the character that was read, or at the place where none was.
func (p *numberParser) closingSign(read bool) {
	isSign := func(i int) bool { return len(p.s) > i && (p.s[i] == '-' || p.s[i] == '+') }
	switch {
	case p.t.anchor != noAnchor && read:
		if isSign(1) {
			p.sign, p.s = p.s[1], p.s[1:]
		}
	case !read && p.t.anchor == noAnchor && (p.t.plus || p.t.minus) && isSign(0):
		p.sign = p.s[0]
	}
}

// value returns what was read, within the digits of the template.
func (p *numberParser) value() (vec.Num, error) {
	if p.sign != 0 {
		p.digits[0] = p.sign
	}
	digits := p.digits
	if n := len(digits); digits[n-1] == '.' {
		digits = digits[:n-1]
	}
	x, err := vec.ParseNum(digits)
	if err != nil {
		return x, err
	}
	if x, err = x.Round(p.frac); err != nil {
		return x, err
	}
	if whole := p.t.whole + p.t.shift; p.whole > whole && len(bytes.TrimLeft(digits[1:1+p.whole], "0")) > whole {
		return x, errFieldOverflow(types.NumericOf(whole+p.frac, p.frac))
	}
	if !p.t.shifted {
		return x, nil
	}
	factor, err := powWhole(vec.NumOf(10), -p.t.shift)
	if err != nil {
		return x, err
	}
	return vec.MulNum(x, factor)
}
