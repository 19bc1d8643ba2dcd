// Package jsontext works on JSON as text: it checks it, brings it into the normal form in which jsonb is held,
// finds values in it by skipping what lies before them, and orders normal forms as PostgreSQL orders jsonb.
//
// Nothing here makes a tree of a value. All functions but Check and Normalize expect text that one of these two
// accepted; on other text they give wrong answers, but do not fail.
package jsontext

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Blank returns the first place from i on that is not white space.
func Blank(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// Trim returns a document without white space around it.
func Trim(s []byte) []byte { return bytes.Trim(s, " \n\t\r") }

// Skip returns the place behind the value that begins at s[i].
func Skip(s []byte, i int) int {
	if i >= len(s) {
		return len(s)
	}
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	for i < len(s) && !endsWord[s[i]] {
		i++
	}
	return i
}

// endsWord has what can follow a number or a word.
var endsWord = [256]bool{' ': true, '\n': true, '\t': true, '\r': true, ',': true, '}': true, ']': true, ':': true, '"': true, '{': true, '[': true}

// skipString returns the place behind the string whose quote is at s[i]. Most strings are short, so that a call of
// bytes.IndexByte would cost more than a loop over words.
func skipString(s []byte, i int) int {
	for i++; i < len(s); {
		if len(s)-i >= 8 {
			w := binary.LittleEndian.Uint64(s[i:])
			m := zeroBytes(w^'"'*lowBits) | zeroBytes(w^'\\'*lowBits)
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		}
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
		i++
	}
	return len(s)
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// zeroBytes marks bytes of x that are zero in their high bits; above a zero it may mark a one, too.
func zeroBytes(x uint64) uint64 { return (x - lowBits) &^ x & highBits }

// skipNested returns the place behind the object or array that begins at s[i]. It goes eight bytes at a time: a
// bracket or brace with the bits of 0x26 set is 0x7f, as is nothing else that stands outside of strings.
func skipNested(s []byte, i int) int {
	depth := 0
	for i < len(s) {
		if len(s)-i >= 8 {
			w := binary.LittleEndian.Uint64(s[i:])
			m := zeroBytes((w|0x26*lowBits)^0x7f*lowBits) | zeroBytes(w^'"'*lowBits)
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		}
		switch s[i] {
		case '"':
			i = skipString(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
		i++
	}
	return len(s)
}

// Iter goes over the members of an object or the elements of an array:
//
//	for it := Iterate(s); it.Next(); {
//		use(it.Name, it.Value())
//	}
type Iter struct {
	s          []byte
	at         int
	object     bool
	Name       []byte // of a member, between its quotes and with its escapes
	Start, End int    // of the value in the text
}

// Iterate returns an Iter over s, which begins with { or [; there is nothing to iterate over otherwise.
func Iterate(s []byte) Iter {
	if len(s) == 0 || s[0] != '{' && s[0] != '[' {
		return Iter{}
	}
	return Iter{s: s, at: 1, object: s[0] == '{'}
}

// Value returns the text of the value.
func (it *Iter) Value() []byte { return it.s[it.Start:it.End] }

// Next goes to the next value and reports whether there is one.
func (it *Iter) Next() bool {
	s, i := it.s, it.at
	if i < len(s) && s[i] != ',' {
		i = Blank(s, i)
	}
	if i < len(s) && s[i] == ',' {
		if i++; i < len(s) && s[i] <= ' ' {
			i = Blank(s, i)
		}
	}
	if i >= len(s) || s[i] == ']' || s[i] == '}' {
		it.at = len(s)
		return false
	}
	if it.object {
		end := skipString(s, i)
		if end < i+2 {
			it.at = len(s)
			return false
		}
		it.Name = s[i+1 : end-1]
		if i = end; i < len(s) && s[i] != ':' {
			i = Blank(s, i)
		}
		if i++; i < len(s) && s[i] <= ' ' {
			i = Blank(s, i)
		}
		i = min(i, len(s))
	}
	end := Skip(s, i)
	if end == i && i < len(s) { // not JSON
		end = len(s)
	}
	it.Start, it.End, it.at = i, end, end
	return true
}

// Is reports whether the name of the member is name, given without escapes.
func (it *Iter) Is(name []byte) bool { return sameName(it.Name, name) }

func sameName(raw, name []byte) bool {
	if len(raw) <= len(name) { // escapes only make it longer
		return string(raw) == string(name)
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return false
	}
	var buf [64]byte
	plain, err := Unquote(buf[:0], raw)
	return err == nil && bytes.Equal(plain, name)
}

// Count returns how many members or elements s has.
func Count(s []byte) int {
	n := 0
	for it := Iterate(s); it.Next(); {
		n++
	}
	return n
}

// Step is one step of a path: the name of a member, which may also be the number of an element.
type Step struct {
	Name    []byte
	Index   int // from 0, or from -1 for the last element backwards
	IsIndex bool
	NoName  bool // only an element is meant
}

// Find returns where the value at a path lies in s, which begins with a value; end is 0 when there is none. Of
// several in a text with equal names it is the last; once says that names occur once, as in a normal form.
func Find(s []byte, path []Step, once bool) (start, end int) {
	if len(path) == 0 {
		return 0, Skip(s, 0)
	}
	step := &path[0]
	switch {
	case len(s) == 0:
	case s[0] == '{' && !step.NoName:
		for it := Iterate(s); it.Next(); {
			if !it.Is(step.Name) {
				continue
			}
			if from, to := Find(it.Value(), path[1:], once); to > 0 {
				start, end = it.Start+from, it.Start+to
			}
			if once || !repeats(s[it.End:], step.Name) {
				return start, end
			}
		}
	case s[0] == '[' && step.IsIndex:
		if from, to := element(s, step.Index); to > 0 {
			if start, end = Find(s[from:to], path[1:], once); end > 0 {
				return start + from, end + from
			}
		}
	}
	return start, end
}

// repeats reports whether a member with a name may follow in the rest of an object. To see that none does is much
// faster than to go over the members.
func repeats(rest, name []byte) bool {
	if len(name) == 0 || bytes.ContainsAny(name, "\"\\/\b\f\n\r\t") || bytes.Contains(rest, []byte(`\u`)) {
		return true // it may be written with escapes
	}
	for {
		i := bytes.Index(rest, name)
		if i < 0 {
			return false
		}
		end := i + len(name)
		if end < len(rest) && rest[i-min(i, 1)] == '"' && rest[end] == '"' {
			return true
		}
		rest = rest[i+1:]
	}
}

// element returns where an element of an array lies.
func element(s []byte, n int) (start, end int) {
	if n < 0 {
		if n += Count(s); n < 0 {
			return 0, 0
		}
	}
	for it := Iterate(s); it.Next(); n-- {
		if n == 0 {
			return it.Start, it.End
		}
	}
	return 0, 0
}

// Member returns the value of a member of a normal form, nil when there is none.
func Member(s, name []byte) []byte {
	if start, end := Find(s, []Step{{Name: name}}, true); end > 0 {
		return s[start:end]
	}
	return nil
}
