package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// token is a piece of the text of a path.
type token struct {
	kind tokenKind
	text string // what it stands for
	at   int
}

type tokenKind uint8

const (
	endOfText tokenKind = iota
	symbol              // an operator or a bracket
	word                // without quotes
	quoted
	number
	name // of a variable
)

// lexer cuts a path into tokens.
type lexer struct {
	src string
	pos int
	tok token
}

const specials = "?%$.[]{}()|&!=<>@#,*:-+/"

func isBlank(c byte) bool { return strings.IndexByte(" \t\n\r\f", c) >= 0 }

func isWord(c byte) bool {
	return !isBlank(c) && strings.IndexByte(specials, c) < 0 && c != '\\' && c != '"'
}

// unexpected is the error about the current token.
func (l *lexer) unexpected() error { return l.fail("syntax error") }

func (l *lexer) fail(what string) error {
	if l.tok.at >= len(l.src) {
		return sqlstate.New(sqlstate.SyntaxError, "%s at end of jsonpath input", what)
	}
	near := l.src[l.tok.at:max(l.pos, l.tok.at+1)]
	return sqlstate.New(sqlstate.SyntaxError, "%s at or near \"%s\" of jsonpath input", what, near)
}

// blanks goes over white space and comments.
func (l *lexer) blanks() error {
	for l.pos < len(l.src) {
		switch {
		case isBlank(l.src[l.pos]):
			l.pos++
		case strings.HasPrefix(l.src[l.pos:], "/*"):
			end := strings.Index(l.src[l.pos+2:], "*/")
			if end < 0 {
				l.tok.at, l.pos = len(l.src), len(l.src)
				return l.fail("unexpected end of comment")
			}
			l.pos += end + 4
		default:
			return nil
		}
	}
	return nil
}

// next reads a token.
func (l *lexer) next() error {
	if err := l.blanks(); err != nil {
		return err
	}
	l.tok = token{at: l.pos}
	if l.pos == len(l.src) {
		return nil
	}
	c := l.src[l.pos]
	switch {
	case c == '"':
		l.tok.kind = quoted
		return l.quotedText()
	case c == '$' && l.pos+1 < len(l.src) && (l.src[l.pos+1] == '"' || l.src[l.pos+1] == '\\' || isWord(l.src[l.pos+1])):
		l.pos++
		l.tok.kind = name
		if l.src[l.pos] == '"' {
			return l.quotedText()
		}
		return l.word()
	case c >= '0' && c <= '9', c == '.' && l.pos+1 < len(l.src) && isDigit(l.src[l.pos+1]):
		l.tok.kind = number
		return l.number()
	case strings.IndexByte(specials, c) >= 0:
		l.symbol()
		return nil
	}
	l.tok.kind = word
	return l.word()
}

func (l *lexer) symbol() {
	l.tok.kind = symbol
	for _, s := range []string{"**", "&&", "||", "==", "<=", ">=", "!=", "<>"} {
		if strings.HasPrefix(l.src[l.pos:], s) {
			l.pos += 2
			l.tok.text = s
			return
		}
	}
	l.tok.text = l.src[l.pos : l.pos+1]
	l.pos++
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) digits() int {
	from := l.pos
	for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
		l.pos++
	}
	return l.pos - from
}

// number reads digits with an optional fraction and exponent.
func (l *lexer) number() error {
	from := l.pos
	if n := l.digits(); n > 1 && l.src[from] == '0' {
		return l.fail("trailing junk after numeric literal")
	}
	if l.pos < len(l.src) && l.src[l.pos] == '.' {
		l.pos++
		l.digits()
	}
	if l.pos < len(l.src) && (l.src[l.pos] == 'e' || l.src[l.pos] == 'E') {
		l.pos++
		if l.pos < len(l.src) && (l.src[l.pos] == '+' || l.src[l.pos] == '-') {
			l.pos++
		}
		if l.digits() == 0 {
			return l.fail("invalid numeric literal")
		}
	}
	if l.pos < len(l.src) && (isWord(l.src[l.pos]) || l.src[l.pos] == '\\') {
		l.pos++
		return l.fail("trailing junk after numeric literal")
	}
	l.tok.text = l.src[from:l.pos]
	return nil
}

// word reads characters without a meaning of their own, and escapes.
func (l *lexer) word() error {
	var b strings.Builder
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '\\':
			if err := l.escape(&b); err != nil {
				return err
			}
		case isWord(c):
			b.WriteByte(c)
			l.pos++
		default:
			l.tok.text = b.String()
			return nil
		}
	}
	l.tok.text = b.String()
	return nil
}

func (l *lexer) quotedText() error {
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); {
		switch c := l.src[l.pos]; c {
		case '"':
			l.pos++
			l.tok.text = b.String()
			return nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return err
			}
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	l.tok.at = len(l.src)
	return l.fail("unterminated quoted string")
}

// escape reads a backslash and what belongs to it.
func (l *lexer) escape(b *strings.Builder) error {
	l.pos++
	if l.pos == len(l.src) {
		l.tok.at = l.pos
		return l.fail("unexpected end after backslash")
	}
	c := l.src[l.pos]
	switch c {
	case 'b', 'f', 'n', 'r', 't', 'v':
		b.WriteByte("\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", c)])
		l.pos++
	case 'x':
		r, ok := l.hex(l.pos+1, 2)
		if !ok {
			return l.fail("invalid hexadecimal character sequence")
		}
		l.pos += 3
		return l.put(b, r)
	case 'u':
		return l.unicode(b)
	default:
		_, n := utf8.DecodeRuneInString(l.src[l.pos:])
		b.WriteString(l.src[l.pos : l.pos+n])
		l.pos += n
	}
	return nil
}

// hex returns the number that n hexadecimal digits stand for.
func (l *lexer) hex(from, n int) (rune, bool) {
	if n == 0 || from+n > len(l.src) {
		return 0, false
	}
	x, err := strconv.ParseUint(l.src[from:from+n], 16, 32)
	return rune(x), err == nil && l.src[from] != '+'
}

// unicode reads one \u of four digits or of up to six in braces, or a pair of surrogates.
func (l *lexer) unicode(b *strings.Builder) error {
	r, ok := l.codePoint()
	if !ok {
		return l.fail("invalid Unicode escape sequence")
	}
	if r >= 0xd800 && r < 0xdc00 && strings.HasPrefix(l.src[l.pos:], "\\u") {
		l.pos++
		low, ok := l.codePoint()
		if !ok {
			return l.fail("invalid Unicode escape sequence")
		}
		if low < 0xdc00 || low > 0xdfff {
			return badSurrogate("Unicode low surrogate must follow a high surrogate.")
		}
		return l.put(b, 0x10000+(r-0xd800)<<10+(low-0xdc00))
	}
	switch {
	case r >= 0xd800 && r < 0xdc00, r >= 0xdc00 && r < 0xe000:
		return badSurrogate("Unicode low surrogate must follow a high surrogate.")
	}
	return l.put(b, r)
}

func badSurrogate(detail string) error {
	return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type jsonpath").WithDetail("%s", detail)
}

func (l *lexer) codePoint() (rune, bool) {
	if l.pos+1 < len(l.src) && l.src[l.pos+1] == '{' {
		end := strings.IndexByte(l.src[l.pos:], '}')
		if end < 3 || end > 8 {
			return 0, false
		}
		r, ok := l.hex(l.pos+2, end-2)
		l.pos += end + 1
		return r, ok
	}
	r, ok := l.hex(l.pos+1, 4)
	if ok {
		l.pos += 5
	}
	return r, ok
}

func (l *lexer) put(b *strings.Builder, r rune) error {
	switch {
	case r == 0:
		return sqlstate.New(sqlstate.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text.")
	case !utf8.ValidRune(r):
		return l.fail("invalid Unicode escape sequence")
	}
	b.WriteRune(r)
	return nil
}
