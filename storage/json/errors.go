package json

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

const maxShown = 100

// shown quotes a value or the beginning of a text for a message; a long one is cut, and at the end of its line.
func shown(v []byte) string {
	dots := ""
	if i := bytes.IndexByte(v, '\n'); i >= 0 {
		v = v[:i]
	}
	if n := maxShown; len(v) > n {
		for n > maxShown-utf8.UTFMax && !utf8.RuneStart(v[n]) {
			n--
		}
		v, dots = v[:n], "..."
	}
	if !utf8.Valid(v) {
		return strconv.Quote(string(v)) + dots
	}
	return string(v) + dots
}

// whyBad says why a value that the column has refused is none of its type.
func whyBad(c *column, v []byte) *sqlstate.Error {
	var cause *sqlstate.Error
	if errors.As(c.err, &cause) {
		own := *cause
		return &own
	}
	return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type %s: %s", c.typ.Base(), shown(v))
}

// misfit explains why the value of a member is none of its column's type.
func (s *stream) misfit(c *column, name string, sp span) error {
	v := s.buf[sp.start:sp.end]
	e := whyBad(c, v)
	line := s.line(int(sp.start))
	detail := fmt.Sprintf("File \"%s\", line %d, member \"%s\": %s", s.f.Path, line, name, shown(v))
	if e.Detail != "" {
		detail += ": " + e.Detail
	}
	e.Detail = detail
	switch {
	case e.Hint != "":
	case !c.given:
		e.Hint = fmt.Sprintf("The type was chosen by a sample of the rows. Set it, types => {'%s': 'JSON'} or 'VARCHAR', or look at all rows first, sample_size => -1.", name)
	default:
		e.Hint = fmt.Sprintf("Read the member as text or as it is: '%s': 'VARCHAR' or 'JSON'.", name)
	}
	return e
}
