package text

import (
	"bytes"
	"strconv"
	"strings"

	"gsql/exec/ranges"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the text forms of ranges, such as [1,5), and multiranges, such as {[1,5),[7,9)}.

func appendRanges(dst []byte, t types.Type, b []byte, st *Style) []byte {
	w := ranges.WidthOf(t)
	if !t.IsMultirange() {
		return appendRange(dst, t.RangeBound().ID, ranges.Of(b, w), st)
	}
	m := ranges.MultiOf(b, w)
	dst = append(dst, '{')
	for i := range m.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRange(dst, t.RangeBound().ID, m.At(i), st)
	}
	return append(dst, '}')
}

func appendRange(dst []byte, bound types.ID, r ranges.Range, st *Style) []byte {
	if r.Empty {
		return append(dst, "empty"...)
	}
	open, end := byte('('), byte(')')
	if r.Lower.Inclusive() {
		open = '['
	}
	if r.Upper.Inclusive() {
		end = ']'
	}
	dst = appendBound(append(dst, open), bound, r.Lower, st)
	return append(appendBound(append(dst, ','), bound, r.Upper, st), end)
}

// appendBound appends the value of a bound, in quotes where it needs them.
func appendBound(dst []byte, id types.ID, b ranges.Bound, st *Style) []byte {
	if b.Infinite() {
		return dst
	}
	at := len(dst)
	switch id {
	case types.Int32:
		return strconv.AppendInt(dst, int64(ranges.Int32(b.Value)), 10)
	case types.Int64:
		return strconv.AppendInt(dst, ranges.Int64(b.Value), 10)
	case types.Numeric:
		return vec.NumOfKey(b.Value, int(b.Scale)).Append(dst)
	case types.Date:
		dst = appendDateIn(dst, ranges.Int32(b.Value), st)
	case types.Timestamp:
		dst = appendTimestampIn(dst, ranges.Int64(b.Value), nil, st)
	default:
		dst = appendTimestampIn(dst, ranges.Int64(b.Value), st.location(), st)
	}
	if bytes.IndexByte(dst[at:], ' ') < 0 { // the only one of such characters in dates and times
		return dst
	}
	dst = append(dst, 0, '"')
	copy(dst[at+1:], dst[at:])
	dst[at] = '"'
	return append(dst[:len(dst)-1], '"')
}

// rangeReader reads the texts of ranges of one type.
type rangeReader struct {
	typ   types.Type // of ranges
	style *Style
	value *vec.Builder // of a bound
}

func parseRanges(b *vec.Builder, t types.Type, s []byte, st *Style) error {
	p := rangeReader{t.RangeOf(), st, vec.NewBuilder(t.RangeBound())}
	var buf [64]byte
	if t.IsMultirange() {
		rs, err := p.readMany(s)
		if err == nil {
			b.AppendBytes(ranges.AppendMulti(buf[:0], ranges.WidthOf(t), ranges.Normalize(rs)))
		}
		return err
	}
	r, err := p.read(s)
	if err == nil {
		b.AppendBytes(r.Append(buf[:0], ranges.WidthOf(t)))
	}
	return err
}

func malformed(what string, s []byte, detail string) error {
	return sqlstate.New(sqlstate.BadTextValue, "malformed %s literal: \"%s\"", what, s).WithDetail("%s", detail)
}

const endOfInput = "Unexpected end of input."

// read reads a range.
func (p *rangeReader) read(s []byte) (ranges.Range, error) {
	bad := func(detail string) (ranges.Range, error) { return ranges.Empty, malformed("range", s, detail) }
	in := trimSpace(s)
	if rest, ok := cutWord(in, "empty"); ok {
		if len(trimSpace(rest)) > 0 {
			return bad("Junk after \"empty\" key word.")
		}
		return ranges.Empty, nil
	}
	if len(in) == 0 || in[0] != '[' && in[0] != '(' {
		return bad("Missing left parenthesis or bracket.")
	}
	lowerIn := in[0] == '['
	first, in, ok := splitBound(in[1:])
	if !ok {
		return bad(endOfInput)
	}
	if in[0] != ',' {
		return bad("Missing comma after lower bound.")
	}
	second, in, ok := splitBound(in[1:])
	switch {
	case !ok:
		return bad(endOfInput)
	case in[0] == ',':
		return bad("Too many commas.")
	case len(trimSpace(in[1:])) > 0:
		return bad("Junk after right parenthesis or bracket.")
	}
	return p.between(first, lowerIn, second, in[0] == ']')
}

// between returns the range between the bounds that two texts have, where nil is none.
func (p *rangeReader) between(first []byte, lowerIn bool, second []byte, upperIn bool) (ranges.Range, error) {
	lower, upper := ranges.NoLower, ranges.NoUpper
	if first != nil {
		v, scale, err := p.bound(first)
		if err != nil {
			return ranges.Empty, err
		}
		lower = ranges.Lower(v, scale, lowerIn)
	}
	if second != nil {
		v, scale, err := p.bound(second)
		if err != nil {
			return ranges.Empty, err
		}
		upper = ranges.Upper(v, scale, upperIn)
	}
	return ranges.Make(p.typ, lower, upper)
}

func (p *rangeReader) bound(s []byte) (value []byte, scale uint16, err error) {
	if err := Parse(p.value, p.value.Type(), s, p.style); err != nil {
		return nil, 0, err
	}
	value, scale = vec.AppendBoundValue(nil, p.value.Finish(), 0)
	return value, scale, nil
}

// splitBound returns the text of a bound without quotes and backslashes, nil if there is none, and the rest, which begins with
// what ends the bound.
func splitBound(s []byte) (bound, rest []byte, ok bool) {
	if len(s) > 0 && endsBound(s[0]) {
		return nil, s, true
	}
	bound = []byte{}
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case !quoted && endsBound(c):
			return bound, s[i:], true
		case c == '\\':
			if i++; i == len(s) {
				return nil, nil, false
			}
			bound = append(bound, s[i])
		case c != '"':
			bound = append(bound, c)
		case quoted && i+1 < len(s) && s[i+1] == '"':
			bound = append(bound, c)
			i++
		default:
			quoted = !quoted
		}
	}
	return nil, nil, false
}

func endsBound(c byte) bool { return c == ',' || c == ')' || c == ']' }

// spaces are what isspace of C finds in ASCII.
const spaces = " \t\n\v\f\r"

func trimSpace(s []byte) []byte { return bytes.Trim(s, spaces) }

// cutWord returns what follows a word, in any case of letters.
func cutWord(s []byte, word string) (rest []byte, ok bool) {
	if len(s) < len(word) || !strings.EqualFold(string(s[:len(word)]), word) {
		return nil, false
	}
	return s[len(word):], true
}

// readMany reads the ranges of a multirange as they come.
func (p *rangeReader) readMany(s []byte) (rs []ranges.Range, err error) {
	bad := func(detail string) ([]ranges.Range, error) { return nil, malformed("multirange", s, detail) }
	in := trimLeft(s)
	if len(in) == 0 || in[0] != '{' {
		return bad("Missing left brace.")
	}
	in = trimLeft(in[1:])
	for first := true; ; first = false {
		if len(in) == 0 {
			return bad(endOfInput)
		}
		if first && in[0] == '}' {
			break
		}
		if rest, ok := cutWord(in, "empty"); ok {
			in = rest
		} else if in[0] != '[' && in[0] != '(' {
			return bad("Expected range start.")
		} else {
			n := rangeLength(in)
			if n < 0 {
				return bad(endOfInput)
			}
			r, err := p.read(in[:n])
			if err != nil {
				return nil, err
			}
			rs = append(rs, r)
			in = in[n:]
		}
		if in = trimLeft(in); len(in) == 0 {
			return bad(endOfInput)
		}
		if in[0] == '}' {
			break
		}
		if in[0] != ',' {
			return bad("Expected comma or end of multirange.")
		}
		in = trimLeft(in[1:])
	}
	if len(trimSpace(in[1:])) > 0 {
		return bad("Junk after closing right brace.")
	}
	return rs, nil
}

func trimLeft(s []byte) []byte { return bytes.TrimLeft(s, spaces) }

// rangeLength returns the length of the range that a text begins with, -1 if it does not end. Like PostgreSQL, it does not let
// a backslash be about a blank but about what follows.
func rangeLength(s []byte) int {
	quoted, escaped := false, false
	for i, c := range s {
		switch {
		case strings.IndexByte(spaces, c) >= 0:
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"': // two within quotes end and begin them, which comes to the same
			quoted = !quoted
		case !quoted && (c == ']' || c == ')'):
			return i + 1
		}
	}
	return -1
}
