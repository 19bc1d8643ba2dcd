package json

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"gsql/exec/jsontext"
)

// maxDepth bounds the nesting of values.
const maxDepth = 10_000

// validScalar reports whether s is a number or a word.
func validScalar(s []byte) bool {
	switch s[0] {
	case 't':
		return string(s) == "true"
	case 'f':
		return string(s) == "false"
	case 'n':
		return string(s) == "null"
	}
	return validNumber(s)
}

// validNumber checks RFC 8259's grammar of numbers.
func validNumber(s []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}

// checkValue checks a whole value and returns what is wrong with it and where, "" for nothing.
func checkValue(s []byte) (what string, at int) {
	c := checker{s: s}
	c.value(0)
	if c.what == "" && c.i < len(s) {
		c.wrong("expected the end of the value")
	}
	return c.what, c.i
}

// checker checks JSON's grammar. It ends at s[i] when something is wrong there.
type checker struct {
	s    []byte
	i    int
	what string
}

func (c *checker) wrong(what string) bool {
	c.what = what
	return false
}

func (c *checker) space() byte {
	for ; c.i < len(c.s); c.i++ {
		if b := c.s[c.i]; b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b
		}
	}
	return 0
}

func (c *checker) value(depth int) bool {
	if depth > maxDepth {
		return c.wrong("values are nested too deeply")
	}
	switch b := c.space(); b {
	case '{', '[':
		return c.nested(b == '{', depth)
	case '"':
		return c.text()
	default:
		end := c.i
		for end < len(c.s) && !isMark[c.s[end]] && c.s[end] > ' ' {
			end++
		}
		if end == c.i || !validScalar(c.s[c.i:end]) {
			return c.wrong("expected a value")
		}
		c.i = end
		return true
	}
}

func (c *checker) nested(object bool, depth int) bool {
	closing := c.s[c.i] + 2 // in ASCII
	c.i++
	if c.space() == closing {
		c.i++
		return true
	}
	for {
		if object {
			if c.space() != '"' {
				return c.wrong("expected a name in quotes")
			}
			if !c.text() {
				return false
			}
			if c.space() != ':' {
				return c.wrong("expected a colon")
			}
			c.i++
		}
		if !c.value(depth + 1) {
			return false
		}
		switch c.space() {
		case ',':
			c.i++
		case closing:
			c.i++
			return true
		default:
			return c.wrong("expected a comma or the end of the value")
		}
	}
}

// text checks a string. Control characters in it and its end were checked before, but not its escapes.
func (c *checker) text() bool {
	start := c.i
	for c.i++; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; {
		case b == '"':
			c.i++
			return true
		case b < ' ':
			return c.wrong("a string has a control character that is not escaped")
		case b == '\\':
			if c.i++; c.i >= len(c.s) {
				continue
			}
			if e := c.s[c.i]; e == 'u' {
				if _, ok := jsontext.Hex4(c.s[c.i+1:]); !ok {
					return c.wrong(badHex)
				}
			} else if escapes[e] == 0 {
				return c.wrong(badEscape)
			}
		}
	}
	c.i = start
	return c.wrong("a string has no end")
}

// escapes has what the characters behind a backslash stand for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// PostgreSQL's words.
const (
	badEscape   = "the escape sequence is invalid"
	badHex      = `"\u" must be followed by four hexadecimal digits`
	loneHigh    = "Unicode low surrogate must follow a high surrogate"
	nulEscape   = `\u0000 cannot be converted to text`
	notWellUTF8 = "invalid byte sequence for encoding \"UTF8\""
)

// unquote appends the text of a string, given without its quotes, to dst. what says what is wrong with it.
func unquote(dst, s []byte) (out []byte, what string) {
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return append(dst, s...), ""
		}
		dst = append(dst, s[:n]...)
		if s = s[n+1:]; len(s) == 0 {
			return dst, badEscape
		}
		c := s[0]
		s = s[1:]
		if c != 'u' {
			if escapes[c] == 0 {
				return dst, badEscape
			}
			dst = append(dst, escapes[c])
			continue
		}
		r, ok := jsontext.Hex4(s)
		if !ok {
			return dst, badHex
		}
		s = s[4:]
		switch {
		case r == 0:
			return dst, nulEscape
		case utf16.IsSurrogate(r):
			if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
				return dst, loneHigh
			}
			low, ok := jsontext.Hex4(s[2:])
			if !ok {
				return dst, badHex
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return dst, loneHigh
			}
			s = s[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
}
