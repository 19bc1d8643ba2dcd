package csv

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Errors in data name the file, the line, the column and the value. Lines are counted only then, from the
// start of the file.

// line returns the number of the line that begins at offset off.
func (t *table) line(s *source, off int64) int64 {
	line, _ := s.text.Line(off, t.shape.Newline)
	return line
}

const maxShown = 100

// shown quotes a value for a message; a long one is cut.
func shown(v []byte) string {
	if len(v) <= maxShown {
		return strconv.Quote(string(v))
	}
	n := maxShown
	for n > maxShown-utf8.UTFMax && !utf8.RuneStart(v[n]) {
		n--
	}
	return strconv.Quote(string(v[:n])) + "..."
}

func (l *loader) malformed(s *source, at int) error {
	return sqlstate.New(sqlstate.BadCopyFormat, "text follows the closing quote of a value").
		WithDetail("File \"%s\", line %d: %s", s.File.Path, l.table.line(s, l.fileOffset(at)), shown(l.lineOf(at))).
		WithHint("Quotes within quotes are written twice; other ways are set by quote => '...' (quote => '' if values are not quoted) and escape => '...'.")
}

// lineOf returns the line with the byte at i of the block, as far as it is there.
func (l *loader) lineOf(i int) []byte {
	d := &l.table.shape.Dialect
	text := l.block.buf[front : front+l.block.n]
	i -= front
	from := bytes.LastIndexByte(text[:i], d.Newline) + 1
	return bytes.TrimRight(text[from:d.lineEnd(text, i)], "\r\n")
}

func (l *loader) unterminated(s *source, start int) error {
	return sqlstate.New(sqlstate.BadCopyFormat, "unterminated CSV quoted field").
		WithDetail("File \"%s\", in the row that begins in line %d: %s", s.File.Path, l.table.line(s, l.fileOffset(start)), shown(l.lineOf(start))).
		WithHint("If values are not quoted, say so: quote => ''.")
}

func (t *table) longRow(s *source, off int64) error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "a row is longer than %d bytes", maxRow).
		WithDetail("File \"%s\", line %d or before.", s.File.Path, t.line(s, off)).
		WithHint("A quote that is not closed makes one row of many: see the options quote and escape.")
}

func (l *loader) raggedRow(s *source, r *ragged) error {
	f := l.fields.layout
	e := sqlstate.New(sqlstate.BadCopyFormat, "extra data after last expected column")
	e.Hint = "Look at the delimiter (delim => '...') and the quote (quote => '...'); lines to leave out at the start are set by skip => n, comments by comment => '#'."
	if r.fields < f.fields {
		e.Message = "missing data for column \"" + l.table.fieldName(s, r.fields) + "\""
		e.Hint = "null_padding => true completes short rows with NULL. " + e.Hint
	}
	row := l.block.buf[r.start : front+l.block.n]
	if i := bytes.IndexByte(row, f.Newline); i >= 0 {
		row = bytes.TrimSuffix(row[:i], []byte{'\r'})
	}
	return e.WithDetail("File \"%s\", line %d: %d of %d fields: %s", s.File.Path, l.table.line(s, l.fileOffset(r.start)), r.fields, f.fields, shown(row))
}

// fieldName returns the name of the table's column that a file has at some place.
func (t *table) fieldName(s *source, field int) string {
	for i, c := range t.shape.Schema {
		if s.order.field(i) == field {
			return c.Name
		}
	}
	return strconv.Itoa(field + 1)
}

// badValue explains why the value of a column is none of its type; row is its row in the block.
func (l *loader) badValue(c *column, name string, field, row int) error {
	f := &l.fields
	s := l.source
	first := int(f.ix.pos[row*f.ix.stride]) + 1
	var sp cells
	f.cells(&sp, field, row, 1, nil)
	v := c.value(&sp, f, 0)
	e := whyBad(c, v)
	if start, n := sp.at(0); len(v) == 0 && n > 0 { // blanks
		v = f.buf[start:][:n]
	}
	e.Detail = sqlstate.New("", "File \"%s\", line %d, column %s: %s", s.File.Path, l.table.line(s, l.fileOffset(first)), name, shown(v)).Message
	if e.Hint != "" {
		return e
	}
	as := "types => {'" + name + "': '" + c.wider(v) + "'}"
	null := ""
	if nullWord(v) {
		null = " If the value stands for NULL, say nullstr => '" + string(v) + "'."
	}
	if c.strict {
		return e.WithHint("The column's type was chosen by a sample of the rows. Set it, %s, or look at all rows first, sample_size => -1.%s", as, null)
	}
	return e.WithHint("Read the column as text: types => {'%s': 'VARCHAR'}.%s", name, null)
}

// wider returns the name of a type that has a value as well as those that the column's type has.
func (c *column) wider(v []byte) string {
	if c.form == nil && c.strict {
		switch k := classify(v); {
		case c.typ.ID == types.Int64 && k == isFloat:
			return "DOUBLE"
		case c.typ.ID == types.Int64 && k == isHuge:
			return "NUMERIC"
		case c.typ.ID == types.Date && k == isTimestamp:
			return "TIMESTAMP"
		}
	}
	return "VARCHAR"
}

// nullWord reports whether a value is a word that programs write for NULL.
func nullWord(v []byte) bool {
	if len(bytes.Trim(v, " ")) == 0 {
		return true
	}
	for _, w := range []string{"null", "na", "n/a", "nan", "none", "nil", "-", "--", "?", ".", "\\n", "#n/a"} {
		if strings.EqualFold(string(v), w) {
			return true
		}
	}
	return false
}

// isTime reports whether the column is one of dates or times.
func (c *column) isTime() bool {
	switch c.typ.ID {
	case types.Date, types.Time, types.Timestamp, types.TimestampTZ:
		return true
	}
	return false
}

func whyBad(c *column, v []byte) *sqlstate.Error {
	if c.kind == types.KView && !utf8.Valid(v) {
		return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"").
			WithHint("If the file is in another encoding, say which: encoding => 'latin-1', or whichever it is.")
	}
	err := text.Parse(vec.NewBuilder(c.typ), c.typ, v, c.style)
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return e
	}
	if c.form != nil && c.form.date != nil {
		return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type %s in the format %s: %s", c.typ, c.form.date.pattern, shown(v))
	}
	if c.isTime() {
		return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type %s in the form of ISO 8601: %s", c.typ, shown(v))
	}
	return sqlstate.New(sqlstate.BadTextValue, "value %s would be changed by type %s", shown(v), c.typ)
}
