package json

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// errShort says that the text ends within a value: more of the file is needed.
var errShort = errors.New("the text ends within a value")

// syntaxError is a mistake at an offset of the text.
type syntaxError struct {
	at   int
	what string
}

func (e *syntaxError) Error() string { return e.what }

func bad(at int, what string) error { return &syntaxError{at, what} }

// maxDepth bounds the nesting of values.
const maxDepth = 1000

func skipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i.
func skipValue(s []byte, i, depth int) (int, error) {
	if i >= len(s) {
		return i, errShort
	}
	switch c := s[i]; {
	case c == '"':
		return skipString(s, i)
	case c == '{' || c == '[':
		if depth >= maxDepth {
			return i, bad(i, "values are nested too deeply")
		}
		return skipNested(s, i, depth)
	case c == '-' || c >= '0' && c <= '9':
		return skipNumber(s, i)
	}
	for _, word := range []string{"true", "false", "null"} {
		if s[i] == word[0] {
			n := min(len(word), len(s)-i)
			if string(s[i:i+n]) != word[:n] {
				break
			}
			if n < len(word) {
				return i, errShort
			}
			return i + n, nil
		}
	}
	return i, bad(i, "expected a value")
}

// skipString returns the end of a string that begins at i with a quote.
func skipString(s []byte, i int) (int, error) {
	for k := i + 1; k < len(s); k++ {
		n := bytes.IndexByte(s[k:], '"')
		if n < 0 {
			return i, errShort
		}
		esc := bytes.IndexByte(s[k:k+n], '\\')
		if esc < 0 {
			return k + n + 1, nil
		}
		k += esc + 1 // the escaped character is skipped by k++
	}
	return i, errShort
}

func skipNested(s []byte, i, depth int) (int, error) {
	object := s[i] == '{'
	closing := byte(']')
	if object {
		closing = '}'
	}
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == closing {
		return i + 1, nil
	}
	for {
		var err error
		if object {
			if i, err = skipKey(s, i); err != nil {
				return i, err
			}
		}
		if i, err = skipValue(s, i, depth+1); err != nil {
			return i, err
		}
		i = skipSpace(s, i)
		switch {
		case i >= len(s):
			return i, errShort
		case s[i] == closing:
			return i + 1, nil
		case s[i] != ',':
			return i, bad(i, "expected a comma")
		}
		i = skipSpace(s, i+1)
	}
}

// skipKey returns the start of the value behind the name and the colon at i.
func skipKey(s []byte, i int) (int, error) {
	if i >= len(s) {
		return i, errShort
	}
	if s[i] != '"' {
		return i, bad(i, "expected a name in quotes")
	}
	i, err := skipString(s, i)
	if err != nil {
		return i, err
	}
	if i = skipSpace(s, i); i >= len(s) {
		return i, errShort
	}
	if s[i] != ':' {
		return i, bad(i, "expected a colon")
	}
	return skipSpace(s, i+1), nil
}

func skipNumber(s []byte, i int) (int, error) {
	start := i
	for i < len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			i++
			continue
		}
		if !validNumber(s[start:i]) {
			return start, bad(start, "not a number")
		}
		return i, nil
	}
	return start, errShort
}

// validNumber checks RFC 8259's grammar of numbers.
func validNumber(s []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
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

// unquote appends the characters of a string, given with its quotes, to dst. ok is false where an escape is
// wrong.
func unquote(dst, s []byte) (out []byte, ok bool) {
	s = s[1 : len(s)-1]
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return append(dst, s...), true
		}
		dst = append(dst, s[:n]...)
		if s = s[n+1:]; len(s) == 0 {
			return dst, false
		}
		c := s[0]
		s = s[1:]
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, ok := hex4(s)
			if !ok {
				return dst, false
			}
			s = s[4:]
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
					low, ok = hex4(s[2:])
				}
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					s = s[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			return dst, false
		}
	}
}

func hex4(s []byte) (rune, bool) {
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
