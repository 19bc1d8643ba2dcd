package copytext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

const (
	bufferBytes    = 64 << 10
	maxRecordBytes = 1 << 30
)

// ErrWait is what an input may return instead of keeping its reader waiting: nothing more has come yet. It is passed on when the
// next record is not complete, and asking again goes on with it.
var ErrWait = errors.New("copytext: nothing more has come yet")

// Reader reads records. One goroutine uses it.
type Reader struct {
	in      io.Reader
	opts    Options
	columns []string
	notNull []bool // by column: ForceNotNull
	forNull []bool

	buf     []byte
	r, w    int // buf[r:w] is unread
	eof     bool
	ended   bool // after \.
	line    int  // of the record's end
	started bool // the header is read

	record []byte
	fields []Field
	text   []byte // of fields
}

// Field is a value of a record. Its bytes are valid until the next record.
type Field struct {
	Text []byte
	Null bool
}

// NewReader returns a reader of records that have the given columns.
func NewReader(in io.Reader, columns []string, opts *Options) (*Reader, error) {
	r := &Reader{in: in, opts: *opts, columns: columns, buf: make([]byte, bufferBytes)}
	var err error
	if r.notNull, err = r.marked(opts.ForceNotNull, opts.allNotNull, "FORCE_NOT_NULL"); err != nil {
		return nil, err
	}
	r.forNull, err = r.marked(opts.ForceNull, opts.allForNull, "FORCE_NULL")
	return r, err
}

// marked says for each column whether it is named.
func (r *Reader) marked(names []string, all bool, option string) ([]bool, error) {
	m := make([]bool, len(r.columns))
	for i := range m {
		m[i] = all
	}
	for _, n := range names {
		i := slices.Index(r.columns, n)
		if i < 0 {
			return nil, sqlstate.New(sqlstate.InvalidColumnReference, "%s column \"%s\" not referenced by COPY", option, n)
		}
		m[i] = true
	}
	return m, nil
}

// Line returns the number of the line in which the last record ends.
func (r *Reader) Line() int { return r.line }

// Record returns the last record as it was written.
func (r *Reader) Record() []byte { return r.record }

// Next returns the fields of the next record, one per column, or io.EOF.
func (r *Reader) Next() ([]Field, error) {
	if !r.started {
		if r.opts.Header {
			if err := r.header(); err != nil {
				return nil, err
			}
		}
		r.started = true
	}
	if err := r.read(); err != nil {
		return nil, err
	}
	if err := r.split(); err != nil {
		return nil, err
	}
	switch n := len(r.columns); {
	case len(r.fields) < n:
		return nil, r.badFormat("missing data for column \"%s\"", r.columns[len(r.fields)])
	case len(r.fields) > n:
		return nil, r.badFormat("extra data after last expected column")
	}
	return r.fields, nil
}

func (r *Reader) badFormat(format string, args ...any) *sqlstate.Error {
	return sqlstate.New(sqlstate.BadCopyFormat, format, args...)
}

// header reads the header, and compares it with HEADER MATCH.
func (r *Reader) header() error {
	err := r.read()
	if err != nil || !r.opts.HeaderMatch {
		return err
	}
	if err := r.split(); err != nil {
		return err
	}
	if len(r.fields) != len(r.columns) {
		return r.badFormat("wrong number of fields in header line: got %d, expected %d", len(r.fields), len(r.columns))
	}
	for i, f := range r.fields {
		switch {
		case f.Null:
			return r.badFormat("column name mismatch in header line field %d: got null value (\"%s\"), expected \"%s\"", i+1, r.opts.Null, r.columns[i])
		case string(f.Text) != r.columns[i]:
			return r.badFormat("column name mismatch in header line field %d: got \"%s\", expected \"%s\"", i+1, f.Text, r.columns[i])
		}
	}
	return nil
}

// split makes the fields of the record.
func (r *Reader) split() error {
	r.fields, r.text = r.fields[:0], r.text[:0]
	if cap(r.text) < len(r.record) { // so that fields stay where they are
		r.text = make([]byte, 0, 2*len(r.record))
	}
	if !utf8.Valid(r.record) || bytes.IndexByte(r.record, 0) >= 0 {
		return invalidText(r.record)
	}
	if r.opts.Format == "csv" {
		return r.splitCSV()
	}
	return r.splitText()
}

// invalidText is the error about bytes that are no text.
func invalidText(b []byte) error {
	for i := 0; i < len(b); {
		c, n := utf8.DecodeRune(b[i:])
		if c == utf8.RuneError && n == 1 || c == 0 {
			return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": 0x%02x", b[i])
		}
		i += n
	}
	return nil
}

// read finds the next record, without the end of its line.
func (r *Reader) read() error {
	if r.ended {
		return io.EOF
	}
	end, next, err := r.find()
	if err != nil {
		return err
	}
	r.record = append(r.record[:0], r.buf[r.r:end]...)
	r.r = next
	if string(r.record) == `\.` {
		r.ended = true
		return io.EOF
	}
	return nil
}

// find returns where the next record ends, and where the one behind it begins.
func (r *Reader) find() (end, next int, err error) {
	at := 0 // from r.r: what is looked at already
	quoted, escaped, line := false, false, r.line
	csv := r.opts.Format == "csv"
	for {
		for ; r.r+at < r.w; at++ {
			switch c := r.buf[r.r+at]; {
			case escaped:
				escaped = false
				if c == '\n' {
					r.line++
				}
			case !csv && c == '\\':
				escaped = true
			case csv && quoted && c == r.opts.Escape && r.opts.Escape != r.opts.Quote:
				escaped = true
			case csv && c == r.opts.Quote:
				quoted = !quoted // a quote that is doubled does it twice
			case c == '\n':
				r.line++
				if quoted {
					continue
				}
				end := r.r + at
				if end > r.r && r.buf[end-1] == '\r' {
					return end - 1, end + 1, nil
				}
				return end, end + 1, nil
			}
		}
		more, err := r.fill()
		switch {
		case err == ErrWait:
			r.line = line
			return 0, 0, err
		case err != nil:
			return 0, 0, err
		case more:
			continue
		case at == 0:
			return 0, 0, io.EOF
		}
		r.line++
		if quoted {
			r.record = append(r.record[:0], r.buf[r.r:r.w]...)
			return 0, 0, r.badFormat("unterminated CSV quoted field")
		}
		end = r.w
		if r.buf[end-1] == '\r' {
			end--
		}
		return end, r.w, nil
	}
}

// fill reads more behind what is unread, and reports whether there was something.
func (r *Reader) fill() (bool, error) {
	if r.eof {
		return false, nil
	}
	if r.r > 0 {
		r.w = copy(r.buf, r.buf[r.r:r.w])
		r.r = 0
	}
	if r.w == len(r.buf) {
		if len(r.buf) >= maxRecordBytes {
			return false, sqlstate.New(sqlstate.ProgramLimitExceeded, "a record is longer than %d bytes", maxRecordBytes)
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for range 100 {
		n, err := r.in.Read(r.buf[r.w:])
		r.w += n
		if err == io.EOF {
			r.eof = true
			return n > 0, nil
		}
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, io.ErrNoProgress
}

// add adds the field whose text was appended from a place on.
func (r *Reader) add(from int, null bool) {
	r.fields = append(r.fields, Field{Text: r.text[from:len(r.text):len(r.text)], Null: null})
}

// splitCSV splits a record of CSV: a field may have quotes anywhere.
func (r *Reader) splitCSV() error {
	rec, o := r.record, &r.opts
	for i := 0; ; i++ {
		from, begin := len(r.text), i
		quoted, sawQuote := false, false
		for ; i < len(rec) && (quoted || rec[i] != o.Delimiter); i++ {
			c := rec[i]
			switch {
			case quoted && c == o.Escape && i+1 < len(rec) && (rec[i+1] == o.Escape || rec[i+1] == o.Quote):
				i++
				r.text = append(r.text, rec[i])
			case c == o.Quote:
				quoted, sawQuote = !quoted, true
			default:
				r.text = append(r.text, c)
			}
		}
		column := min(len(r.fields), len(r.columns)-1)
		null := !sawQuote && string(rec[begin:i]) == o.Null
		if sawQuote && r.forNull[column] {
			null = string(r.text[from:]) == o.Null
		}
		r.add(from, null && !r.notNull[column])
		if i >= len(rec) {
			return nil
		}
	}
}

// splitText splits a record in the text format.
func (r *Reader) splitText() error {
	rec, o := r.record, &r.opts
	escapedBytes := false
	for i := 0; ; i++ {
		from, begin := len(r.text), i
		for ; i < len(rec) && rec[i] != o.Delimiter; i++ {
			switch c := rec[i]; {
			case c == '\r':
				return r.badFormat("literal carriage return found in data").WithHint("Use \"\\r\" to represent carriage return.")
			case c != '\\' || i+1 == len(rec):
				r.text = append(r.text, c)
			default:
				var n int
				n, escapedBytes = r.unescape(rec[i+1:], escapedBytes)
				i += n
			}
		}
		r.add(from, string(rec[begin:i]) == o.Null)
		if i >= len(rec) {
			break
		}
	}
	if escapedBytes && (!utf8.Valid(r.text) || bytes.IndexByte(r.text, 0) >= 0) {
		return invalidText(r.text)
	}
	return nil
}

// unescape appends what follows a backslash and returns how many bytes that were, and whether it may be no text.
func (r *Reader) unescape(s []byte, before bool) (n int, anyByte bool) {
	switch c := s[0]; c {
	case 'b', 'f', 'n', 'r', 't', 'v':
		r.text = append(r.text, map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}[c])
		return 1, before
	case 'x':
		x, n := digits(s[1:], 16, 2)
		if n > 0 {
			r.text = append(r.text, x)
			return n + 1, true
		}
	case '0', '1', '2', '3', '4', '5', '6', '7':
		x, n := digits(s, 8, 3)
		r.text = append(r.text, x)
		return n, true
	}
	r.text = append(r.text, s[0])
	return 1, before
}

// digits reads up to most digits of a base.
func digits(s []byte, base, most int) (x byte, n int) {
	for n < len(s) && n < most {
		d := bytes.IndexByte([]byte("0123456789abcdef"), s[n]|0x20)
		if s[n] >= '0' && s[n] <= '9' {
			d = int(s[n] - '0')
		}
		if d < 0 || d >= base {
			break
		}
		x = x*byte(base) + byte(d)
		n++
	}
	return x, n
}

// Place is PostgreSQL's context of an error in a record; column is "" if it is about none.
func (r *Reader) Place(table, column string, value []byte) string {
	if column == "" {
		return fmt.Sprintf("COPY %s, line %d: \"%s\"", table, r.line, shortened(r.record))
	}
	return fmt.Sprintf("COPY %s, line %d, column %s: \"%s\"", table, r.line, column, shortened(value))
}

// shortened is what errors show of a long text.
func shortened(b []byte) []byte {
	const most = 100
	if len(b) <= most {
		return b
	}
	n := most
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return append(b[:n:n], "..."...)
}
