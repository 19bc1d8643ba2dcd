package syntax

import (
	"math/big"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// MaxText is the length of the longest text that is read.
const MaxText = 4 << 20

// maxName is the length of a name in bytes; longer ones are cut.
const maxName = 63

// lexer cuts a text into tokens with the rules of PostgreSQL's scan.l.
type lexer struct {
	src  string
	pos  int // of the next byte to read
	toks []token
	err  *sqlstate.Error
}

// scan returns the tokens of the text; the last is tEOF. A word that is none ends the tokens where it stands,
// and is the error in bad: it counts only if nothing before it is wrong.
func scan(src string) (toks []token, bad *sqlstate.Error, err error) {
	if len(src) > MaxText {
		return nil, nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "statement text of %d bytes is longer than %d bytes", len(src), MaxText)
	}
	if err := checkText(src); err != nil {
		return nil, nil, err
	}
	l := &lexer{src: src, toks: make([]token, 0, len(src)/4+2)}
	for l.next() {
	}
	end := int32(len(src))
	l.toks = append(l.toks, token{kind: tEOF, pos: end, end: end})
	return l.toks, l.err, nil
}

// checkText reports bytes that are no text.
func checkText(s string) *sqlstate.Error {
	for i := 0; i < len(s); {
		c := s[i]
		if c != 0 && c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if c == 0 || r == utf8.RuneError && n == 1 {
			return invalidBytes(s[i:]).At(i)
		}
		i += n
	}
	return nil
}

// invalidBytes returns the error about the bytes at the start of s, of which as many are shown as the first
// says the character has.
func invalidBytes(s string) *sqlstate.Error {
	n := 1
	switch c := s[0]; {
	case c >= 0xf0:
		n = 4
	case c >= 0xe0:
		n = 3
	case c >= 0xc0:
		n = 2
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := 0; i < min(n, len(s)); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("0x")
		b.WriteByte(hex[s[i]>>4])
		b.WriteByte(hex[s[i]&15])
	}
	return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": %s", b.String())
}

// fail keeps the first error; near is the end of the text that the message shows from pos.
func (l *lexer) fail(pos, near int, message string) {
	if l.err == nil {
		l.err = sqlstate.New(sqlstate.SyntaxError, "%s at or near \"%s\"", message, l.src[pos:near]).At(pos)
	}
}

func (l *lexer) failCode(pos int, code sqlstate.Code, format string, args ...any) {
	if l.err == nil {
		l.err = sqlstate.New(code, format, args...).At(pos)
	}
}

// add appends a token that ends where the lexer is.
func (l *lexer) add(kind tokenKind, pos int, text string) {
	if l.err != nil {
		return
	}
	l.toks = append(l.toks, token{kind: kind, text: text, pos: int32(pos), end: int32(l.pos)})
}

// at returns the byte n after the next, 0 past the end.
func (l *lexer) at(n int) byte {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

// next reads a token; it reports false at the end.
func (l *lexer) next() bool {
	l.skipSpace()
	if l.pos >= len(l.src) || l.err != nil {
		return false
	}
	pos := l.pos
	switch c := l.src[pos]; {
	case isIdentStart(c):
		l.word()
	case isDigit(c), c == '.' && isDigit(l.at(1)):
		l.number()
	case c == '\'':
		l.add(tString, pos, l.quoted(quotePlain))
	case c == '"':
		l.pos++
		l.identifier(pos, l.quotedIdent(pos))
	case c == '$':
		l.dollar()
	case strings.IndexByte("()[]{},;.:", c) >= 0:
		l.punctuation()
	case isOperator(c):
		l.operator()
	default:
		_, n := utf8.DecodeRuneInString(l.src[pos:])
		l.fail(pos, pos+n, "syntax error")
	}
	return l.err == nil
}

// skipSpace skips white space and comments.
func (l *lexer) skipSpace() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case isSpace(c):
			l.pos++
		case c == '-' && l.at(1) == '-':
			l.skipLine()
		case c == '/' && l.at(1) == '*':
			l.skipComment()
		default:
			return
		}
	}
}

func (l *lexer) skipLine() {
	for l.pos < len(l.src) && l.src[l.pos] != '\n' && l.src[l.pos] != '\r' {
		l.pos++
	}
}

// skipComment skips a comment, and the comments in it.
func (l *lexer) skipComment() {
	start, depth := l.pos, 0
	for l.pos < len(l.src) {
		switch {
		case l.src[l.pos] == '/' && l.at(1) == '*':
			depth++
			l.pos += 2
		case l.src[l.pos] == '*' && l.at(1) == '/':
			depth--
			l.pos += 2
			if depth == 0 {
				return
			}
		default:
			l.pos++
		}
	}
	l.fail(start, len(l.src), "unterminated /* comment")
}

// word reads an unquoted identifier, a keyword, or a literal that begins with a letter.
func (l *lexer) word() {
	pos := l.pos
	if quote := l.at(1); quote == '\'' {
		switch l.src[pos] {
		case 'e', 'E':
			l.pos++
			l.add(tString, pos, l.quoted(quoteEscape))
			return
		case 'b', 'B':
			l.bits(pos, tBits)
			return
		case 'x', 'X':
			l.bits(pos, tHex)
			return
		case 'n', 'N':
			l.pos++
			l.add(tString, pos, l.quoted(quotePlain))
			return
		}
	}
	if (l.src[pos] == 'u' || l.src[pos] == 'U') && l.at(1) == '&' && (l.at(2) == '\'' || l.at(2) == '"') {
		l.unicode()
		return
	}
	for l.pos < len(l.src) && isIdentPart(l.src[l.pos]) {
		l.pos++
	}
	text := fold(l.src[pos:l.pos])
	if k, ok := keywords[text]; ok && l.err == nil {
		l.add(tKeyword, pos, text)
		t := &l.toks[len(l.toks)-1]
		t.category, t.bareLabel = k.category, k.bareLabel
		return
	}
	l.identifier(pos, text)
}

// identifier adds a name, cut to the length of names.
func (l *lexer) identifier(pos int, name string) { l.add(tIdent, pos, cutName(name)) }

// fold turns the letters of ASCII to lower case, as PostgreSQL does in a multi-byte encoding.
func fold(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// cutName cuts a name at the last whole character that fits.
func cutName(s string) string {
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// number reads a number. A sign is an operator.
func (l *lexer) number() {
	pos := l.pos
	kind := tInt
	if base := numberBase(l.at(0), l.at(1)); base > 0 {
		l.based(base)
		return
	}
	l.digits()
	if l.at(0) == '.' && l.at(1) != '.' {
		kind = tFloat
		l.pos++
		l.digits()
	}
	if c := l.at(0); c == 'e' || c == 'E' {
		sign := 0
		if c := l.at(1); c == '+' || c == '-' {
			sign = 1
		}
		if isDigit(l.at(1 + sign)) {
			kind = tFloat
			l.pos += 1 + sign
			l.digits()
		} else if sign > 0 {
			l.fail(pos, l.pos+2, "trailing junk after numeric literal")
		}
	}
	l.junk(pos, "trailing junk after numeric literal")
	l.add(kind, pos, strings.ReplaceAll(l.src[pos:l.pos], "_", ""))
}

// numberBase returns the base of a number that begins with 0x, 0o or 0b, as since PostgreSQL 16; 0 for others.
func numberBase(zero, letter byte) int {
	if zero != '0' {
		return 0
	}
	switch letter {
	case 'x', 'X':
		return 16
	case 'o', 'O':
		return 8
	case 'b', 'B':
		return 2
	}
	return 0
}

// based reads an integer of another base than ten, and adds it as one of base ten.
func (l *lexer) based(base int) {
	pos := l.pos
	l.pos += 2
	var digits []byte
	for {
		c := l.at(0)
		if c == '_' {
			c = l.at(1)
		}
		if v := digitValue(c); v >= base {
			break
		}
		if l.at(0) == '_' {
			l.pos++
		}
		l.pos++
		digits = append(digits, c)
	}
	if len(digits) == 0 {
		name := map[int]string{16: "hexadecimal", 8: "octal", 2: "binary"}[base]
		l.fail(pos, l.pos, "invalid "+name+" integer")
		return
	}
	l.junk(pos, "trailing junk after numeric literal")
	n, _ := new(big.Int).SetString(string(digits), base)
	l.add(tInt, pos, n.String())
}

// digitValue returns the value of a digit in bases up to 16, 16 for what is none.
func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}

// junk fails if a name follows a number immediately.
func (l *lexer) junk(pos int, message string) {
	end := l.pos
	if end == len(l.src) || !isIdentStart(l.src[end]) {
		return
	}
	for end < len(l.src) && isIdentPart(l.src[end]) {
		end++
	}
	l.fail(pos, end, message)
}

// digits reads digits, between which single underscores may stand, as since PostgreSQL 16.
func (l *lexer) digits() {
	for isDigit(l.at(0)) || l.at(0) == '_' && isDigit(l.at(1)) && l.pos > 0 && isDigit(l.src[l.pos-1]) {
		l.pos++
	}
}

// dollar reads a parameter or a dollar-quoted string.
func (l *lexer) dollar() {
	pos := l.pos
	if isDigit(l.at(1)) {
		for l.pos++; isDigit(l.at(0)); l.pos++ {
		}
		l.junk(pos, "trailing junk after parameter")
		l.add(tParam, pos, l.src[pos+1:l.pos])
		return
	}
	end := pos + 1
	if end < len(l.src) && isIdentStart(l.src[end]) {
		for end < len(l.src) && isIdentPart(l.src[end]) && l.src[end] != '$' {
			end++
		}
	}
	if end >= len(l.src) || l.src[end] != '$' {
		l.fail(pos, pos+1, "syntax error")
		return
	}
	tag := l.src[pos : end+1]
	body := l.src[end+1:]
	n := strings.Index(body, tag)
	if n < 0 {
		l.fail(pos, len(l.src), "unterminated dollar-quoted string")
		return
	}
	l.pos = end + 1 + n + len(tag)
	l.add(tString, pos, body[:n])
}

// punctuation reads what is never part of an operator.
func (l *lexer) punctuation() {
	pos := l.pos
	l.pos++
	switch two := l.src[pos:min(pos+2, len(l.src))]; two {
	case "::", ":=", "..":
		l.pos++
	}
	l.add(tPunct, pos, l.src[pos:l.pos])
}

// operator reads the longest operator, which ends before a comment, and which may end in + or - only if it
// has a character that SQL's operators have not: a=-1 is a = -1.
func (l *lexer) operator() {
	pos := l.pos
	end := pos
	for end < len(l.src) && isOperator(l.src[end]) {
		if end > pos && end+1 < len(l.src) {
			if two := l.src[end : end+2]; two == "--" || two == "/*" {
				break
			}
		}
		end++
	}
	if !strings.ContainsAny(l.src[pos:end], "~!@#^&|`?%") {
		for end > pos+1 && (l.src[end-1] == '+' || l.src[end-1] == '-') {
			end--
		}
	}
	l.pos = end
	switch op := l.src[pos:end]; {
	case op == "=>":
		l.add(tPunct, pos, op)
	case op == "!=":
		l.add(tOp, pos, "<>")
	case len(op) > maxName:
		l.fail(pos, end, "operator too long")
	default:
		l.add(tOp, pos, op)
	}
}

func isSpace(c byte) bool    { return c == ' ' || '\t' <= c && c <= '\r' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isOperator(c byte) bool { return c != 0 && strings.IndexByte("~!@#^&|`?+-*/%<>=", c) >= 0 }

func isIdentStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }
