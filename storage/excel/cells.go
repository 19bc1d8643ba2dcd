package excel

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

const (
	maxRow    = 1 << 20 // of a sheet, as in Excel
	maxColumn = 1 << 14
)

// kinds is a set of what cells hold.
type kinds uint8

const (
	isNumber kinds = 1 << iota
	isBool
	isText
	isError
	isDate
	isTimestamp
	isClock
	isElapsed
)

// cell is a cell with a value.
type cell struct {
	column int // from 1
	kind   kinds
	num    float64 // of numbers, and of booleans 0 or 1
	days   int64   // of dates and timestamps
	micros int64   // of timestamps and times
	text   []byte  // of texts and errors: valid until the next row
}

// sheetReader reads the rows of a sheet that have cells.
type sheetReader struct {
	book  *book
	sheet sheet
	r     io.ReadCloser
	x     xmlReader

	rows  int // that the sheet says it has, 0 if it does not
	row   int // number of the row at hand, from 1
	cells []cell
	buf   []byte // texts of the row
	value []byte
	done  bool
}

func (b *book) read(s sheet) (*sheetReader, error) {
	r, err := b.open(s.part)
	if err != nil {
		return nil, corrupt(b.file, "%v", err)
	}
	out := &sheetReader{book: b, sheet: s, r: r}
	out.x.r = r
	return out, nil
}

func (s *sheetReader) close() { s.r.Close() }

// at names a cell as Excel does: B17.
func at(column, row int) string { return letters(column) + strconv.Itoa(row) }

// letters returns the name of a column.
func letters(column int) string {
	var b [8]byte
	i := len(b)
	for ; column > 0 && i > 0; column = (column - 1) / 26 {
		i--
		b[i] = 'A' + byte((column-1)%26)
	}
	return string(b[i:])
}

// place reads B17; a part that is not there is 0.
func place(s []byte) (column, row int, ok bool) {
	i := 0
	for ; i < len(s) && s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' && column <= maxColumn; i++ {
		column = column*26 + int(s[i]|0x20-'a') + 1
	}
	for ; i < len(s) && s[i]-'0' <= 9 && row <= maxRow; i++ {
		row = row*10 + int(s[i]-'0')
	}
	return column, row, i == len(s) && column <= maxColumn && row <= maxRow
}

func (s *sheetReader) wrong(what string, args ...any) error {
	return corrupt(s.book.file, "%s", fmt.Sprintf(what, args...)).WithDetail("Sheet \"%s\", row %d.", s.sheet.name, s.row)
}

// next reads the next row that has cells. It returns io.EOF behind the last.
func (s *sheetReader) next() error {
	for !s.done && s.x.next() {
		switch {
		case s.x.kind == end && string(s.x.name) == "sheetData":
			s.done = true
		case s.x.kind != start:
		case string(s.x.name) == "dimension":
			s.dimension(s.x.attr("ref"))
		case string(s.x.name) == "row":
			if err := s.readRow(); err != nil {
				return err
			}
			if len(s.cells) > 0 {
				return nil
			}
		}
	}
	switch {
	case s.x.err != nil:
		return s.wrong("%v", s.x.err)
	case !s.done && s.row > 0:
		return s.wrong("the sheet ends within its rows")
	}
	s.done = true
	return io.EOF
}

// dimension notes how many rows there may be.
func (s *sheetReader) dimension(ref []byte) {
	for i := range ref {
		if ref[i] == ':' {
			_, s.rows, _ = place(ref[i+1:])
		}
	}
}

// readRow reads the row that just began.
func (s *sheetReader) readRow() error {
	row := s.row + 1
	if r := s.x.attr("r"); r != nil {
		n, err := strconv.Atoi(string(r))
		if err != nil || n < row {
			return s.wrong("its rows are not in order")
		}
		row = n
	}
	if s.row = row; row > maxRow {
		return s.wrong("it has more than %d rows", maxRow)
	}
	s.cells, s.buf = s.cells[:0], s.buf[:0]
	column := 0
	for s.x.next() {
		switch {
		case s.x.kind == end && string(s.x.name) == "row":
			return nil
		case s.x.kind != start || string(s.x.name) != "c":
			continue
		}
		column++
		if r := s.x.attr("r"); r != nil {
			c, _, ok := place(r)
			if !ok || c < column {
				return s.wrong("its cells are not in order")
			}
			column = c
		}
		if column > maxColumn {
			return s.wrong("it has more than %d columns", maxColumn)
		}
		if err := s.readCell(column); err != nil {
			return err
		}
	}
	return nil
}

// readCell reads the cell that just began.
func (s *sheetReader) readCell(column int) error {
	kind := string(s.x.attr("t"))
	format := number
	if a := s.x.attr("s"); a != nil {
		if n, err := strconv.Atoi(string(a)); err == nil && n >= 0 && n < len(s.book.styles) {
			format = s.book.styles[n]
		}
	}
	s.value = s.value[:0]
	found := false
	for depth := 1; depth > 0 && s.x.next(); {
		switch {
		case s.x.kind == end:
			depth--
		case s.x.kind == chars:
		case string(s.x.name) == "v":
			s.value, found = s.x.element(s.value), true
		case string(s.x.name) == "is":
			s.value, found = richText(&s.x, s.value), true
		default:
			s.x.skip()
		}
	}
	if !found || len(s.value) == 0 && kind != "inlineStr" && kind != "str" {
		return nil
	}
	c := cell{column: column}
	if err := s.interpret(&c, kind, format); err != nil {
		return err
	}
	s.cells = append(s.cells, c)
	return nil
}

// interpret makes a value of what a cell has.
func (s *sheetReader) interpret(c *cell, kind string, format style) error {
	bad := func() error { return s.wrong("cell %s has a value that is not valid", at(c.column, s.row)) }
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(s.value))
		if err != nil {
			return bad()
		}
		var ok bool
		if c.text, ok = s.book.sharedText(n); !ok {
			return bad()
		}
		c.kind = isText
	case "str", "inlineStr", "e":
		c.kind, c.text = isText, s.keep(plainText(s.value))
		if kind == "e" {
			c.kind = isError
		}
		if !utf8.Valid(c.text) {
			return bad()
		}
	case "b":
		c.kind = isBool
		if c.num = 1; string(s.value) == "0" || string(s.value) == "false" {
			c.num = 0
		}
	case "d":
		return s.isoDate(c, bad)
	default:
		x, err := text.ParseFloat(s.value, 64)
		if err != nil {
			return bad()
		}
		c.kind, c.num = isNumber, x
		s.format(c, format)
	}
	return nil
}

// keep copies a text of the row at hand.
func (s *sheetReader) keep(t []byte) []byte {
	n := len(s.buf)
	s.buf = append(s.buf, t...)
	return s.buf[n:len(s.buf):len(s.buf)]
}

// format makes a date or a time of a number that is shown as one.
func (s *sheetReader) format(c *cell, f style) {
	if f == number {
		return
	}
	if f == elapsed {
		if v, ok := interval(c.num); ok {
			c.kind, c.micros = isElapsed, v.Micros
		}
		return
	}
	days, micros, ok := s.book.serial(c.num)
	if !ok {
		return
	}
	c.days, c.micros = days, micros
	switch {
	case f == clock && c.num < 1 && micros < dayMicros && days <= s.book.epoch+1:
		c.kind = isClock
	case f == date && micros == 0:
		c.kind = isDate
	default:
		c.kind = isTimestamp
	}
}

// isoDate reads a date that is written as one.
func (s *sheetReader) isoDate(c *cell, bad func() error) error {
	v := s.value
	if n := len(v); n > 0 && v[n-1] == 'Z' {
		v = v[:n-1]
	}
	if d, ok := text.ParseDateISO(v); ok {
		c.kind, c.days = isDate, int64(d)
		return nil
	}
	t, ok := text.ParseTimestampISO(v)
	if !ok {
		return bad()
	}
	c.kind, c.days, c.micros = isTimestamp, t/dayMicros, t%dayMicros
	if c.micros < 0 {
		c.days, c.micros = c.days-1, c.micros+dayMicros
	}
	return nil
}

// appendText appends a cell's value as text.
func (c *cell) appendText(dst []byte) []byte {
	switch c.kind {
	case isNumber:
		return text.AppendFloat64(dst, c.num)
	case isBool:
		return strconv.AppendBool(dst, c.num != 0)
	case isDate:
		return text.AppendDate(dst, int32(c.days))
	case isTimestamp:
		return text.AppendTimestamp(dst, c.days*dayMicros+c.micros)
	case isClock, isElapsed:
		return text.AppendTime(dst, c.micros)
	}
	return append(dst, c.text...)
}

// outside is the error about a cell where there is no column for it.
func (s *sheetReader) outside(column int) error {
	return sqlstate.New(sqlstate.BadCopyFormat, "file \"%s\" has a cell outside of the columns of its table: %s", s.book.file.Path, at(column, s.row)).
		WithDetail("Sheet \"%s\". The columns were chosen by a sample of the rows.", s.sheet.name).
		WithHint("Say which cells the table has, range => 'A1:%s', or look at all rows first, sample_size => -1.", letters(column))
}
