package jsontext

import (
	"bytes"
	"cmp"
	"encoding/binary"
)

// Kind is what a value is, in the order of jsonb.
type Kind uint8

const (
	Null Kind = iota
	String
	Number
	Bool
	Array
	Object
)

// KindOf returns the kind of the value that s, without blanks before it, is.
func KindOf(s []byte) Kind {
	if len(s) == 0 {
		return Null
	}
	switch s[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

// Compare orders two documents in normal form as PostgreSQL orders jsonb: <0, 0 or >0. As there, an empty array is
// below all scalars, but only when it is the whole document.
func Compare(a, b []byte) int {
	ka, kb := KindOf(a), KindOf(b)
	if ka == Array && kb < Array && len(a) == len("[]") {
		return -1
	}
	if kb == Array && ka < Array && len(b) == len("[]") {
		return 1
	}
	return compareValues(a, b)
}

func compareValues(a, b []byte) int {
	ka, kb := KindOf(a), KindOf(b)
	if ka != kb {
		return cmp.Compare(ka, kb)
	}
	switch ka {
	case String:
		return compareTexts(a[1:len(a)-1], b[1:len(b)-1])
	case Number:
		return compareNumbers(a, b)
	case Bool:
		return cmp.Compare(len(b), len(a)) // false is the longer word
	case Array, Object:
		return compareNested(a, b)
	}
	return 0
}

// compareTexts orders strings without their quotes by what they stand for.
func compareTexts(a, b []byte) int {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return bytes.Compare(a, b)
	}
	a, _ = Unquote(nil, a)
	b, _ = Unquote(nil, b)
	return bytes.Compare(a, b)
}

func compareNested(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	if c := cmp.Compare(Count(a), Count(b)); c != 0 {
		return c
	}
	x, y := Iterate(a), Iterate(b)
	for x.Next() && y.Next() {
		if c := cmp.Or(compareTexts(x.Name, y.Name), compareValues(x.Value(), y.Value())); c != 0 {
			return c
		}
	}
	return 0
}

// AppendCanonical appends a text to dst that is the same for equal documents in normal form: s without the zeros at
// the ends of fractions.
func AppendCanonical(dst, s []byte) []byte {
	if bytes.IndexByte(s, '.') < 0 {
		return append(dst, s...)
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"':
			end := skipString(s, i)
			dst = append(dst, s[i:end]...)
			i = end
		case c == '-' || c-'0' <= 9:
			end := Skip(s, i)
			n := s[i:end]
			if bytes.IndexByte(n, '.') >= 0 {
				n = bytes.TrimSuffix(bytes.TrimRight(n, "0"), []byte{'.'})
			}
			dst = append(dst, n...)
			i = end
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// Equal reports whether two documents in normal form are equal.
func Equal(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if bytes.IndexByte(a, '.') < 0 && bytes.IndexByte(b, '.') < 0 {
		return false
	}
	return bytes.Equal(AppendCanonical(nil, a), AppendCanonical(nil, b))
}

// AppendOrdered appends bytes to dst whose order is that of documents in normal form.
func AppendOrdered(dst, s []byte) []byte {
	if len(s) == len("[]") && s[0] == '[' {
		return append(dst, 0)
	}
	return appendOrdered(dst, s)
}

func appendOrdered(dst, s []byte) []byte {
	kind := KindOf(s)
	dst = append(dst, 1+byte(kind))
	switch kind {
	case String:
		dst = appendText(dst, s[1:len(s)-1])
	case Number:
		dst = appendOrderedNumber(dst, s)
	case Bool:
		dst = append(dst, 5-byte(len(s)))
	case Array, Object:
		dst = binary.BigEndian.AppendUint32(dst, uint32(Count(s)))
		for it := Iterate(s); it.Next(); {
			if kind == Object {
				dst = appendText(dst, it.Name)
			}
			dst = appendOrdered(dst, it.Value())
		}
	}
	return dst
}

// appendText ends a text by a byte that none has.
func appendText(dst, raw []byte) []byte {
	dst, _ = Unquote(dst, raw)
	return append(dst, 0)
}

func appendOrderedNumber(dst, s []byte) []byte {
	negative := s[0] == '-'
	if !negative {
		dst = append(dst, 1)
	} else {
		dst, s = append(dst, 0), s[1:]
	}
	from := len(dst)
	whole, fraction, _ := bytes.Cut(s, []byte{'.'})
	dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(whole))), whole...)
	dst = append(append(dst, bytes.TrimRight(fraction, "0")...), 0)
	if negative {
		for i := from; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}
