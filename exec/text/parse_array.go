package text

import (
	"bytes"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// parseArray reads the text form of an array.
func parseArray(b *vec.Builder, t types.Type, s []byte, st *Style) error {
	r := arrayReader{text: s, in: s, delimiter: elementDelimiter(t.Elem)}
	r.elems = make([]arrayElem, 0, bytes.Count(s, []byte{r.delimiter})+1)
	err := r.read()
	if err != nil {
		return err
	}
	shape, err := r.dims.CheckedShape()
	if err != nil {
		return err
	}
	b.AppendArray(shape, func(c *vec.Builder) {
		for _, e := range r.elems {
			if !e.quoted && len(e.text) == 4 && strings.EqualFold(string(e.text), "null") {
				c.AppendNull()
			} else if err = Parse(c, t.Element(), e.text, st); err != nil {
				return
			}
		}
	})
	return err
}

// arrayReader splits the text of an array into its elements.
type arrayReader struct {
	text      []byte
	in        []byte // what is left of text
	delimiter byte
	elems     []arrayElem
	dims      vec.Dims

	depth int                // braces that are open
	leaf  int                // how many are around an element; 0 while there is none
	count [vec.MaxDims]int32 // members so far, of each brace that is open
	want  [vec.MaxDims]int32 // members of those that were closed, of each depth; 0 while there is none
}

// arrayElem is an element as it stands in the text; quoted when quotes or backslashes say that it is not NULL.
type arrayElem struct {
	text   []byte
	quoted bool
}

// arrayPlace is what came last in the text of an array.
type arrayPlace uint8

const (
	afterBrace     arrayPlace = iota
	afterElement              // or its closing quote
	afterLevel                // a closing brace
	afterElementBy            // the delimiter behind an element
	afterLevelBy              // the delimiter behind a closing brace
)

const (
	arrayEnds   = "Unexpected end of input."
	arrayMember = "Unexpected array element."
	arrayUneven = "Multidimensional arrays must have sub-arrays with matching dimensions."
)

func (r *arrayReader) bad(detail string, args ...any) error {
	return sqlstate.New(sqlstate.BadTextValue, "malformed array literal: \"%s\"", r.text).WithDetail(detail, args...)
}

func (r *arrayReader) unexpected(c byte) error { return r.bad("Unexpected \"%c\" character.", c) }

func (r *arrayReader) skipBlanks() { r.in = bytes.TrimLeft(r.in, arrayBlanks) }

const arrayBlanks = " \t\n\r\v\f"

// read reads the whole text.
func (r *arrayReader) read() error {
	stated, err := r.bounds()
	if err != nil {
		return err
	}
	r.in = r.in[1:]
	r.depth = 1
	for at := afterBrace; r.depth > 0; {
		if at, err = r.member(at); err != nil {
			return err
		}
	}
	if r.skipBlanks(); len(r.in) > 0 {
		return r.bad("Junk after closing right brace.")
	}
	for k := range r.leaf {
		r.dims.Add(r.want[k], 1)
	}
	if stated.N == 0 {
		return nil
	}
	if stated.N != r.dims.N || stated.Len != r.dims.Len {
		return r.bad("Specified array dimensions do not match array contents.")
	}
	r.dims = stated
	return nil
}

// bounds reads the subscripts in front of the braces, and up to the first brace.
func (r *arrayReader) bounds() (d vec.Dims, err error) {
	for {
		if r.skipBlanks(); len(r.in) == 0 || r.in[0] != '[' {
			break
		}
		r.in = r.in[1:]
		if d.N == vec.MaxDims {
			return d, vec.TooManyDims(d.N + 1)
		}
		lower, upper, err := r.bound()
		if err != nil {
			return d, err
		}
		if upper < lower {
			return d, sqlstate.New(sqlstate.ArrayElementError, "upper bound cannot be less than lower bound")
		}
		n := int64(upper) - int64(lower) + 1
		d.Add(int32(n), lower)
		if int64(d.Len[d.N-1]) != n {
			return d, vec.TooManyElements()
		}
	}
	start := "Array value must start with \"{\" or dimension information."
	if d.N > 0 {
		if len(r.in) == 0 || r.in[0] != '=' {
			return d, r.bad("Missing \"%s\" after array dimensions.", "=")
		}
		r.in = r.in[1:]
		r.skipBlanks()
		start = "Array contents must start with \"{\"."
	}
	if len(r.in) == 0 || r.in[0] != '{' {
		return d, r.bad("%s", start)
	}
	return d, nil
}

// bound reads what stands in brackets, and the closing one: a lower and an upper bound, or the latter alone.
func (r *arrayReader) bound() (lower, upper int32, err error) {
	lower = 1
	upper, ok, err := r.number()
	if err == nil && !ok {
		err = r.bad("\"[\" must introduce explicitly-specified array dimensions.")
	}
	if err == nil && len(r.in) > 0 && r.in[0] == ':' {
		r.in = r.in[1:]
		lower = upper
		if upper, ok, err = r.number(); err == nil && !ok {
			err = r.bad("Missing array dimension value.")
		}
	}
	if err != nil {
		return 0, 0, err
	}
	if len(r.in) == 0 || r.in[0] != ']' {
		return 0, 0, r.bad("Missing \"%s\" after array dimensions.", "]")
	}
	r.in = r.in[1:]
	return lower, upper, nil
}

// number reads digits and a sign.
func (r *arrayReader) number() (n int32, ok bool, err error) {
	i := 0
	for i < len(r.in) && (r.in[i] >= '0' && r.in[i] <= '9' || i == 0 && (r.in[i] == '-' || r.in[i] == '+')) {
		i++
	}
	if i == 0 {
		return 0, false, nil
	}
	x, err := strconv.ParseInt(string(r.in[:i]), 10, 32)
	if err != nil {
		return 0, false, sqlstate.New(sqlstate.NumericOutOfRange, "array bound is out of integer range")
	}
	r.in = r.in[i:]
	return int32(x), true, nil
}

// member reads an element, a brace or a delimiter, where at is what came before, and returns what it was.
func (r *arrayReader) member(at arrayPlace) (arrayPlace, error) {
	if r.skipBlanks(); len(r.in) == 0 {
		return at, r.bad(arrayEnds)
	}
	switch c := r.in[0]; {
	case c == '{' && (at == afterBrace || at == afterLevelBy):
		return afterBrace, r.open()
	case c == '}' && (at == afterElement || at == afterLevel || at == afterBrace && r.depth == 1):
		return afterLevel, r.close()
	case c == r.delimiter && (at == afterElement || at == afterLevel):
		r.in = r.in[1:]
		return at + afterElementBy - afterElement, nil
	case c == '{' || c == '}' || c == r.delimiter:
		return at, r.unexpected(c)
	case at != afterBrace && at != afterElementBy && c == '\\':
		return at, r.unexpected(c)
	case at != afterBrace && at != afterElementBy:
		return at, r.bad(arrayMember)
	}
	return afterElement, r.element()
}

func (r *arrayReader) open() error {
	switch {
	case r.depth == vec.MaxDims:
		return vec.TooManyDims(r.depth + 1)
	case r.depth == r.leaf:
		return r.bad(arrayUneven)
	}
	r.in = r.in[1:]
	r.count[r.depth] = 0
	r.depth++
	return nil
}

func (r *arrayReader) close() error {
	r.in = r.in[1:]
	r.depth--
	if want, n := r.want[r.depth], r.count[r.depth]; want != 0 && want != n {
		return r.bad(arrayUneven)
	}
	r.want[r.depth] = r.count[r.depth]
	if r.depth > 0 {
		r.count[r.depth-1]++
	}
	return nil
}

// element reads an element.
func (r *arrayReader) element() (err error) {
	var e arrayElem
	if r.in[0] == '"' {
		e, err = r.quoted()
	} else {
		e, err = r.bare()
	}
	if err != nil {
		return err
	}
	if r.leaf == 0 {
		r.leaf = r.depth
	}
	if r.leaf != r.depth {
		return r.bad(arrayUneven)
	}
	r.count[r.depth-1]++
	r.elems = append(r.elems, e)
	return nil
}

// quoted reads an element in quotes, in which a backslash stands before quotes and backslashes.
func (r *arrayReader) quoted() (arrayElem, error) {
	s := r.in[1:]
	var own []byte // what is in front of from, once the element is not a part of the text
	from, escapes := 0, false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			own = append(own, s[from:i]...)
			i++
			from, escapes = i, true
		case '"':
			r.in = s[i+1:]
			if !escapes {
				return arrayElem{s[:i], true}, nil
			}
			return arrayElem{append(own, s[from:i]...), true}, nil
		}
	}
	return arrayElem{}, r.bad(arrayEnds)
}

// bare reads an element without quotes, up to what ends it.
func (r *arrayReader) bare() (arrayElem, error) {
	var e arrayElem
	s := r.in
	from, last := 0, 0 // of what is not in e yet; where the element ends without the blanks behind it
	i := 0
loop:
	for ; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i+1 == len(s) {
				return e, r.bad(arrayEnds)
			}
			e.text = append(e.text, s[from:i]...)
			e.quoted = true
			i++
			from, last = i, i+1
		case '"':
			return e, r.bad(arrayMember)
		case '{':
			return e, r.unexpected(c)
		case '}', r.delimiter:
			break loop
		case ' ', '\t', '\n', '\r', '\v', '\f':
		default:
			last = i + 1
		}
	}
	r.in = s[i:]
	if !e.quoted {
		e.text = s[:last]
		return e, nil
	}
	e.text = append(e.text, s[from:last]...)
	return e, nil
}
