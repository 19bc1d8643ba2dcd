package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// escapes has what the characters behind a backslash stand for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// Unquote appends the text of a string, given without its quotes, to dst. What escapes cannot stand for in text is
// an error only here: json may hold it.
func Unquote(dst, s []byte) ([]byte, error) {
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return append(dst, s...), nil
		}
		dst = append(dst, s[:n]...)
		if s = s[n+1:]; len(s) == 0 {
			return dst, invalid("A string ends within an escape sequence.")
		}
		c := s[0]
		s = s[1:]
		if c != 'u' {
			if escapes[c] == 0 {
				return dst, invalid("An escape sequence is invalid.")
			}
			dst = append(dst, escapes[c])
			continue
		}
		r, n, err := escapedRune(s)
		if err != nil {
			return dst, err
		}
		dst, s = utf8.AppendRune(dst, r), s[n:]
	}
}

// escapedRune reads what follows \u, which may be a pair of surrogates, and returns its length.
func escapedRune(s []byte) (rune, int, error) {
	r, ok := Hex4(s)
	switch {
	case !ok:
		return 0, 0, invalid("\"\\u\" must be followed by four hexadecimal digits.")
	case r == 0:
		return 0, 0, sqlstate.New(sqlstate.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text.")
	case !utf16.IsSurrogate(r):
		return r, 4, nil
	}
	if len(s) >= 10 && s[4] == '\\' && s[5] == 'u' {
		if low, ok := Hex4(s[6:]); ok {
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, 10, nil
			}
		}
	}
	return 0, 0, invalid("A Unicode surrogate must be one of a pair, the high one first.")
}

// Hex4 reads the four digits of a \u escape, and reports false when they are none.
func Hex4(s []byte) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// short has the letters of the escapes that have one.
var short = [256]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}

// Quote appends text as a JSON string to dst, with no more escapes than there must be.
func Quote(dst, text []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		if e := short[c]; e != 0 {
			dst = append(dst, '\\', e)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
		from = i + 1
	}
	return append(append(dst, text[from:]...), '"')
}

func invalid(detail string) error {
	return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type json").WithDetail("%s", detail)
}
