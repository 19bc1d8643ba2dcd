package fn

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file quotes values of any type, takes qualified names apart, and reads escapes.

func init() {
	t, any := types.Of(types.Text), []types.Type{types.Of(types.AnyElement)}
	RegisterScalar(
		&Scalar{Name: "quote_literal", Args: any, Ret: t, Volatility: Stable, Eval: quoteAny},
		&Scalar{Name: "quote_nullable", Args: []types.Type{t}, Ret: t, NotStrict: true, Eval: quoteAny},
		&Scalar{Name: "quote_nullable", Args: any, Ret: t, NotStrict: true, Volatility: Stable, Eval: quoteAny},
		&Scalar{Name: "parse_ident", Args: []types.Type{t}, Ret: types.ArrayOf(t), Eval: parseIdents},
		&Scalar{Name: "parse_ident", Args: []types.Type{t, types.Of(types.Bool)}, Ret: types.ArrayOf(t), Eval: parseIdents},
		scalar("unistr", types.Text, Map1(func(_ *Call, s []byte) ([]byte, error) { return unicodeEscapes(s) }), types.Text),
	)
}

// quoteAny quotes the text of a value; where it is called with NULL, that is the word.
func quoteAny(c *Call) (*vec.Vector, error) {
	v, st := c.Args[0], styleOf(c.Ctx)
	var buf []byte
	return run(c, func(i int) ([]byte, error) {
		if v.IsNull(i) {
			return []byte("NULL"), nil
		}
		buf = text.Append(buf[:0], v, i, st)
		return quoteLiteral(c, buf)
	})
}

// parseIdents splits a qualified name. Unless it is strict, what follows the name does not matter.
func parseIdents(c *Call) (*vec.Vector, error) {
	s := Reader[[]byte](c.Args[0])
	strict := func(int) bool { return true }
	if len(c.Args) > 1 {
		strict = Reader[bool](c.Args[1])
	}
	return makeTextLists(c, func(i int, out *textList) (bool, error) {
		p := identParser{all: s(i), rest: s(i)}
		return true, p.parse(strict(i), out)
	})
}

type identParser struct{ all, rest []byte }

func (p *identParser) bad(detail string) error {
	e := sqlstate.New(sqlstate.InvalidParameterValue, "string is not a valid identifier: \"%s\"", p.all)
	if detail != "" {
		e.WithDetail("%s", detail)
	}
	return e
}

func (p *identParser) blanks() { p.rest = bytes.TrimLeft(p.rest, " \t\n\r\f\v") }

func (p *identParser) parse(strict bool, out *textList) error {
	p.blanks()
	for afterDot := false; ; afterDot = true {
		if err := p.name(afterDot, out); err != nil {
			return err
		}
		p.blanks()
		switch {
		case len(p.rest) == 0:
			return nil
		case p.rest[0] == '.':
			p.rest = p.rest[1:]
			p.blanks()
		case strict:
			return p.bad("")
		default:
			return nil
		}
	}
}

// name reads one part, with quotes or without.
func (p *identParser) name(afterDot bool, out *textList) error {
	if len(p.rest) > 0 && p.rest[0] == '"' {
		return p.quoted(out)
	}
	n := 0
	for n < len(p.rest) && isNameByte(p.rest[n], n > 0) {
		n++
	}
	switch {
	case n > 0:
		out.add(lowerASCII(p.rest[:n]))
		p.rest = p.rest[n:]
		return nil
	case len(p.rest) > 0 && p.rest[0] == '.':
		return p.bad("No valid identifier before \".\".")
	case afterDot:
		return p.bad("No valid identifier after \".\".")
	}
	return p.bad("")
}

func isNameByte(c byte, inside bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= utf8.RuneSelf:
		return true
	}
	return inside && (c >= '0' && c <= '9' || c == '$')
}

func lowerASCII(s []byte) []byte {
	s = bytes.Clone(s)
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			s[i] = c + 'a' - 'A'
		}
	}
	return s
}

func (p *identParser) quoted(out *textList) error {
	var name []byte
	for s := p.rest[1:]; ; {
		end := bytes.IndexByte(s, '"')
		if end < 0 {
			return p.bad("String has unclosed double quotes.")
		}
		name = append(name, s[:end]...)
		if s = s[end+1:]; len(s) == 0 || s[0] != '"' {
			p.rest = s
			break
		}
		name, s = append(name, '"'), s[1:]
	}
	if len(name) == 0 {
		return p.bad("Quoted identifier must not be empty.")
	}
	out.add(name)
	return nil
}

// unicodeEscapes replaces \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX by the characters that they number.
func unicodeEscapes(s []byte) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		if s[0] != '\\' {
			out, s = append(out, s[0]), s[1:]
			continue
		}
		if len(s) > 1 && s[1] == '\\' {
			out, s = append(out, '\\'), s[2:]
			continue
		}
		r, n, ok := unicodeEscape(s)
		if !ok {
			return nil, sqlstate.New(sqlstate.SyntaxError, "invalid Unicode escape").
				WithHint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.")
		}
		s = s[n:]
		if utf16.IsSurrogate(r) {
			low, n, ok := unicodeEscape(s)
			if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
				return nil, sqlstate.New(sqlstate.SyntaxError, "invalid Unicode surrogate pair")
			}
			s = s[n:]
		}
		if r == 0 || r > utf8.MaxRune {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid Unicode code point: %04X", uint32(r))
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

// unicodeEscape reads one escape and returns its length.
func unicodeEscape(s []byte) (r rune, n int, ok bool) {
	if len(s) < 2 || s[0] != '\\' {
		return 0, 0, false
	}
	from, digits := 1, 4
	switch s[1] {
	case '+':
		from, digits = 2, 6
	case 'u':
		from = 2
	case 'U':
		from, digits = 2, 8
	}
	if n = from + digits; n > len(s) || s[from] == '+' || s[from] == '-' || s[from] == '_' {
		return 0, 0, false
	}
	x, err := strconv.ParseUint(string(s[from:n]), 16, 32)
	return rune(min(x, utf8.MaxRune+1)), n, err == nil
}
