package syntax

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// quoteStyle says what a backslash in a string means.
type quoteStyle uint8

const (
	quotePlain  quoteStyle = iota // itself
	quoteEscape                   // an escape: E''
)

// quoted reads a string from its quote on, with the strings that continue it on further lines, and returns
// its value.
func (l *lexer) quoted(style quoteStyle) string {
	start := l.toksStart()
	raw, plain := l.quotedRaw(style, start)
	if style == quoteEscape && !plain {
		return l.unescape(raw, start)
	}
	return raw
}

// toksStart is where the literal began whose quote is next: one byte before for a letter that belongs to it.
func (l *lexer) toksStart() int {
	if l.pos > 0 && isIdentStart(l.src[l.pos-1]) {
		return l.pos - 1
	}
	return l.pos
}

// quotedRaw reads a string and joins its parts, with doubled quotes made single (in an escape string, made
// \' for unescape). It reports whether the string is without backslashes.
func (l *lexer) quotedRaw(style quoteStyle, start int) (raw string, plain bool) {
	var b strings.Builder
	parts := 0
	plain = true
	l.pos++
	from := l.pos
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '\\' && style == quoteEscape:
			plain = false
			l.pos += 2
		case c != '\'':
			l.pos++
		case l.at(1) == '\'':
			b.WriteString(l.src[from:l.pos])
			b.WriteByte('\'')
			parts++
			l.pos += 2
			from = l.pos
		default:
			last := l.src[from:l.pos]
			l.pos++
			if next := l.continuation(); next >= 0 {
				b.WriteString(last)
				parts++
				l.pos = next + 1
				from = l.pos
				continue
			}
			if parts == 0 {
				return last, plain
			}
			b.WriteString(last)
			return b.String(), plain
		}
	}
	l.pos = len(l.src)
	l.fail(start, l.pos, "unterminated quoted string")
	return "", true
}

// continuation returns where the quote is that continues the string which has just ended: after white space
// with a newline in it. It returns -1 if there is none.
func (l *lexer) continuation() int {
	i, newline := l.pos, false
	for i < len(l.src) {
		switch c := l.src[i]; {
		case c == '\n' || c == '\r':
			newline = true
			i++
		case isSpace(c):
			i++
		case c == '-' && i+1 < len(l.src) && l.src[i+1] == '-':
			for i < len(l.src) && l.src[i] != '\n' && l.src[i] != '\r' {
				i++
			}
		case c == '\'' && newline:
			return i
		default:
			return -1
		}
	}
	return -1
}

// unescape decodes the backslashes of an escape string that began at start.
func (l *lexer) unescape(s string, start int) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			b = append(b, s[i])
			i++
			continue
		}
		i++
		switch c := s[i]; {
		case c == 'u' || c == 'U':
			r, n := l.unicodeEscape(s[i:], start)
			b = utf8.AppendRune(b, r)
			i += n
		case c == 'x' && i+1 < len(s) && isHex(s[i+1]):
			v, n := digitsValue(s[i+1:], 2, 16)
			b = append(b, byte(v))
			i += 1 + n
		case '0' <= c && c <= '7':
			v, n := digitsValue(s[i:], 3, 8)
			b = append(b, byte(v))
			i += n
		default:
			if k := strings.IndexByte("bfnrt", c); k >= 0 {
				c = "\b\f\n\r\t"[k]
			}
			b = append(b, c)
			i++
		}
		if l.err != nil {
			return ""
		}
	}
	out := string(b)
	if err := checkText(out); err != nil && l.err == nil {
		err.Position = 0
		l.err = err.At(start)
	}
	return out
}

// unicodeEscape decodes \uXXXX or \UXXXXXXXX, of which s begins with the letter, and a low surrogate after a
// high one. It returns the number of bytes of s that it took.
func (l *lexer) unicodeEscape(s string, start int) (r rune, taken int) {
	r, taken = readUnicode(s)
	if taken == 0 {
		l.failCode(start, sqlstate.InvalidEscapeSequence, "invalid Unicode escape")
		if l.err != nil {
			l.err.Hint = "Unicode escapes must be \\uXXXX or \\UXXXXXXXX."
		}
		return 0, 1
	}
	if utf16.IsSurrogate(r) {
		if taken < len(s) && s[taken] == '\\' {
			low, n := readUnicode(s[taken+1:])
			if both := utf16.DecodeRune(r, low); n > 0 && both != utf8.RuneError {
				return both, taken + 1 + n
			}
		}
		l.fail(start, l.pos, "invalid Unicode surrogate pair")
	} else if r == 0 || !utf8.ValidRune(r) {
		l.fail(start, l.pos, "invalid Unicode escape value")
	}
	return r, taken
}

// readUnicode reads uXXXX or UXXXXXXXX; taken is 0 if s does not begin with either.
func readUnicode(s string) (r rune, taken int) {
	width := 4
	if s == "" || s[0] != 'u' && s[0] != 'U' {
		return 0, 0
	}
	if s[0] == 'U' {
		width = 8
	}
	v, n := digitsValue(s[1:], width, 16)
	if n < width || v > utf8.MaxRune {
		if n == width {
			return utf8.MaxRune + 1, 1 + n
		}
		return 0, 0
	}
	return rune(v), 1 + n
}

// digitsValue reads up to width digits.
func digitsValue(s string, width, base int) (v uint64, n int) {
	for n < width && n < len(s) {
		d := hexValue(s[n])
		if d < 0 || d >= base {
			break
		}
		v = v*uint64(base) + uint64(d)
		n++
	}
	return v, n
}

func isHex(c byte) bool { return hexValue(c) >= 0 }

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// bits reads B'..' or X'..'.
func (l *lexer) bits(pos int, kind tokenKind) {
	l.pos++
	raw, _ := l.quotedRaw(quotePlain, pos)
	if l.err != nil {
		message := "unterminated bit string literal"
		if kind == tHex {
			message = "unterminated hexadecimal string literal"
		}
		l.err = nil
		l.fail(pos, len(l.src), message)
	}
	l.add(kind, pos, raw)
}

// quotedIdent reads an identifier in double quotes, of which the first is taken.
func (l *lexer) quotedIdent(start int) string {
	var b strings.Builder
	for {
		n := strings.IndexByte(l.src[l.pos:], '"')
		if n < 0 {
			l.pos = len(l.src)
			l.fail(start, l.pos, "unterminated quoted identifier")
			return ""
		}
		b.WriteString(l.src[l.pos : l.pos+n])
		l.pos += n + 1
		if l.at(0) != '"' {
			break
		}
		b.WriteByte('"')
		l.pos++
	}
	if b.Len() == 0 {
		l.fail(start, l.pos, "zero-length delimited identifier")
	}
	return b.String()
}

// unicode reads U&'..' or U&"..", with the UESCAPE that may follow.
func (l *lexer) unicode() {
	pos := l.pos
	l.pos += 2
	var raw string
	kind := tString
	if l.src[l.pos] == '"' {
		kind = tIdent
		l.pos++
		raw = l.quotedIdent(pos)
	} else {
		raw, _ = l.quotedRaw(quotePlain, pos)
	}
	escape := l.uescape()
	if l.err != nil {
		return
	}
	text := l.decodeUnicode(raw, escape, pos)
	if kind == tIdent {
		text = cutName(text)
	}
	l.add(kind, pos, text)
}

// uescape reads UESCAPE 'c' if it follows.
func (l *lexer) uescape() byte {
	end := l.pos
	l.skipSpace()
	word := l.src[l.pos:min(l.pos+7, len(l.src))]
	if !strings.EqualFold(word, "uescape") || isIdentPart(l.at(7)) {
		l.pos = end
		return '\\'
	}
	l.pos += 7
	l.skipSpace()
	if l.at(0) != '\'' {
		next := lexer{src: l.src, pos: l.pos}
		next.next()
		l.fail(l.pos, next.pos, "UESCAPE must be followed by a simple string literal")
		return 0
	}
	at := l.pos
	s, _ := l.quotedRaw(quotePlain, at)
	if len(s) != 1 || isHex(s[0]) || isSpace(s[0]) || strings.IndexByte("+'\"", s[0]) >= 0 {
		l.fail(at, l.pos, "invalid Unicode escape character")
		return 0
	}
	return s[0]
}

// decodeUnicode decodes \XXXX and \+XXXXXX in the value of a literal that began at start.
func (l *lexer) decodeUnicode(s string, escape byte, start int) string {
	if strings.IndexByte(s, escape) < 0 {
		return s
	}
	var b strings.Builder
	var high rune
	for i := 0; i < len(s) && l.err == nil; {
		if s[i] != escape || i+1 < len(s) && s[i+1] == escape {
			if high != 0 {
				l.fail(start, l.pos, "invalid Unicode surrogate pair")
			}
			b.WriteByte(s[i])
			if s[i] == escape {
				i++
			}
			i++
			continue
		}
		width, from := 4, i+1
		if from < len(s) && s[from] == '+' {
			width, from = 6, from+1
		}
		v, n := digitsValue(s[from:], width, 16)
		if n < width {
			l.failCode(start, sqlstate.SyntaxError, "invalid Unicode escape")
			l.err.Hint = "Unicode escapes must be \\XXXX or \\+XXXXXX."
			return ""
		}
		i = from + n
		r := rune(v)
		switch {
		case high != 0:
			both := utf16.DecodeRune(high, r)
			if both == utf8.RuneError {
				l.fail(start, l.pos, "invalid Unicode surrogate pair")
			}
			b.WriteRune(both)
			high = 0
		case utf16.IsSurrogate(r):
			high = r
		case r == 0 || !utf8.ValidRune(r):
			l.fail(start, l.pos, "invalid Unicode escape value")
		default:
			b.WriteRune(r)
		}
	}
	if high != 0 {
		l.fail(start, l.pos, "invalid Unicode surrogate pair")
	}
	return b.String()
}
