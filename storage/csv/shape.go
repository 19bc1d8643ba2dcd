package csv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/storage/file"
)

// Shape is what is known of the files of a table before they are read: dialect, columns and estimates.
type Shape struct {
	layout
	Schema exec.Schema

	header   []string // names of columns as files' headers have them, the first file's before those of others; nil: files have no header
	own      int      // how many the first file has
	check    bool     // compare headers
	unnamed  bool     // headers do not name the first column
	skip     int
	encoding string // of the files; "" as file.Text finds
	nulls    nullRule
	ignore   bool   // rows that cannot be read are left out
	inferred []bool // the column's type was chosen by a sample
	forms    []*form
	rowBytes float64
	ratio    float64 // bytes of text for a byte of a file
	stats    []exec.ColumnStats
	rows     float64 // in the files that were looked at
}

// newColumn returns the column of batches of up to rows rows that the values of the table's column i are gathered in.
func (sh *Shape) newColumn(i, rows int, style *text.Style) *column {
	c := newColumn(sh.Schema[i].Type, sh.inferred[i], rows, style)
	if sh.forms != nil {
		c.formed(sh.forms[i])
	}
	return c
}

var bom = []byte("\xef\xbb\xbf")

// head is the beginning of a file.
type head struct {
	text []byte
	eof  bool // all of the file
	at   int  // where rows or the header begin
}

// readHead reads at least the lines to skip and, if the file has as much, size bytes.
func readHead(f file.File, t *file.Text, size int, skip int, newline byte) (head, error) {
	for {
		buf, err := readText(f, t, 0, size)
		if err != nil {
			return head{}, err
		}
		hd := head{text: buf, eof: int64(len(buf)) == t.Size()}
		if bytes.HasPrefix(buf, bom) {
			hd.at = len(bom)
		}
		if newline == 0 {
			newline = newlineOf(buf)
		}
		if hd.skipLines(skip, newline) {
			return hd, nil
		}
		if size > maxRow {
			return hd, longHead(f)
		}
		size *= 8
	}
}

// readText reads size bytes from off, less at the end of the text.
func readText(f file.File, t *file.Text, off int64, size int) ([]byte, error) {
	size = int(min(int64(size), t.Size()-off))
	buf := make([]byte, size, size+back)
	n, err := t.ReadAt(buf, off)
	if n < size && (!t.Sequential() || err != io.EOF) {
		return nil, shortRead(f, err)
	}
	return buf[:n], nil
}

func longHead(f file.File) error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "the first lines of file \"%s\" are longer than %d bytes", f.Path, maxRow)
}

// skipLines moves over lines; false when there are not as many in the text but may be in the file.
func (h *head) skipLines(n int, newline byte) bool {
	for ; n > 0; n-- {
		i := bytes.IndexByte(h.text[h.at:], newline)
		if i < 0 {
			h.at = len(h.text)
			return h.eof
		}
		h.at += i + 1
	}
	return true
}

// firstRow reads the first row of text[at:] that is no comment and no empty line. ok is false when the text
// ends before it does.
func (d *Dialect) firstRow(text []byte, at int, eof bool) (values []string, next int, ok bool) {
	if eof && len(text) > 0 && text[len(text)-1] != d.Newline {
		text = append(text[:len(text):len(text)], d.Newline)
	}
	for at < len(text) {
		x := d.exact(text, at, len(text), nil, 1)
		if x.rows == 0 {
			return nil, 0, false
		}
		line := bytes.TrimSuffix(text[at:x.end-1], []byte{'\r'})
		if len(line) > 0 && (d.Comment == 0 || line[0] != d.Comment) {
			return d.rowValues(text, at, x.pos), x.end, true
		}
		at = x.end
	}
	return nil, at, eof
}

// rowValues returns the values of a row that begins at start.
func (d *Dialect) rowValues(text []byte, start int, pos []uint32) []string {
	var out []string
	for i, p := range pos {
		v := text[start:p]
		if i == len(pos)-1 && d.Newline == '\n' {
			v = bytes.TrimSuffix(v, []byte{'\r'})
		}
		if k := d.skipBlanks(v, 0); k > 0 && k < len(v) && v[k] == d.Quote {
			v = v[k:]
		}
		if len(v) > 1 && d.Quote != 0 && v[0] == d.Quote {
			if d.Blanks {
				v = bytes.TrimRight(v, " ")
			}
			v = d.appendUnescaped(nil, v[1:len(v)-1])
		}
		out = append(out, string(v))
		start = int(p) + 1
	}
	return out
}

// columnOrder is where a file has the table's columns.
type columnOrder struct {
	at     []int // the file's column by the table's, -1 where it has none; nil: the same
	fields int   // columns of the file
}

// begin finds where the rows of a file begin, and the order of its columns.
func (sh *Shape) begin(ctx context.Context, f file.File, t *file.Text) (first int64, order columnOrder, err error) {
	for size := 16 << 10; ; size *= 8 {
		hd, err := readHead(f, t, size, sh.skip, sh.Newline)
		if err == nil {
			err = sh.sameLines(f, &hd)
		}
		if err != nil {
			return 0, order, err
		}
		if sh.header == nil {
			return int64(hd.at), columnOrder{fields: sh.fields}, nil
		}
		names, next, ok := sh.firstRow(hd.text, hd.at, hd.eof)
		if ok {
			order, err := sh.match(f, names)
			return min(int64(next), t.Size()), order, err
		}
		if err := ctx.Err(); err != nil {
			return 0, order, err
		}
		if hd.eof {
			return 0, order, sqlstate.New(sqlstate.BadCopyFormat, "unterminated CSV quoted field").WithDetail("File \"%s\", in the header.", f.Path)
		}
		if size > maxRow {
			return 0, order, longHead(f)
		}
	}
}

// match finds the table's columns in a file's header. It may lack some, but not have others.
func (sh *Shape) match(f file.File, names []string) (columnOrder, error) {
	o := columnOrder{fields: sh.fields}
	if !sh.check || names == nil {
		return o, nil
	}
	if err := validHeader(f, names); err != nil {
		return o, err
	}
	names = sh.headerNames(names)
	if len(sh.header) == sh.own && slices.Equal(names, sh.header) {
		return o, nil
	}
	at := map[string]int{}
	for i, n := range names {
		at[n] = i
	}
	if len(names) != sh.own {
		o.fields = len(names)
	}
	found := 0
	for i := range sh.Schema {
		k, ok := -1, false
		if i < len(sh.header) {
			if k, ok = at[sh.header[i]]; ok {
				found++
			} else {
				k = -1
			}
		} else if i < o.fields { // columns that the header does not name
			k = i
		}
		o.at = append(o.at, k)
	}
	if found < len(names) && sh.own > 0 {
		e := sqlstate.New(sqlstate.DatatypeMismatch, "files of one table have different columns").
			WithDetail("The header of file \"%s\" is %s; that of the first file is %s.", f.Path, listed(names), listed(sh.header[:sh.own]))
		if found > 0 {
			return o, e.WithHint("Say union_by_name => true: the table then has the columns of all files.")
		}
		return o, e.WithHint("%s", sh.differs(names))
	}
	return o, nil
}

// headerNames returns the names of columns that a file's header has.
func (sh *Shape) headerNames(names []string) []string {
	if sh.unnamed {
		names = append([]string{""}, names...)
	}
	return columnNames(names, len(names))
}

// sameLines returns the error of a file whose lines end in CR alone while the table's do not, or the other way: it would be
// one long line.
func (sh *Shape) sameLines(f file.File, hd *head) error {
	lf := bytes.IndexByte(hd.text, '\n') >= 0
	if sh.Newline == '\r' && !lf || sh.Newline == '\n' && (lf || bytes.IndexByte(hd.text, '\r') < 0) {
		return nil
	}
	return sqlstate.New(sqlstate.DatatypeMismatch, "lines of file \"%s\" end in another way than those of the first file of the table", f.Path).
		WithDetail("Lines of one of them end in CR alone.").WithHint("Read the files as tables of their own.")
}

// differs says what may be wrong with a file whose header has other names than the table's.
func (sh *Shape) differs(names []string) string {
	all := strings.Join(names, "")
	switch {
	case len(names) == 1 && len(sh.header) > 1 && strings.ContainsAny(all, ",;\t|"):
		return "Fields of the file seem to be divided by other characters than those of the first file. Read them as tables of their own."
	}
	return "Read files of different columns as tables of their own; if files have no header, say header => false."
}

// validHeader returns the error of names that are no text.
func validHeader(f file.File, names []string) error {
	for _, n := range names {
		if !utf8.ValidString(n) {
			return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"").
				WithDetail("File \"%s\", in the header: %s", f.Path, shown([]byte(n))).
				WithHint("If the file is in another encoding, say which: encoding => 'latin-1', or whichever it is.")
		}
	}
	return nil
}

func listed(names []string) string {
	s := strings.ReplaceAll(strings.Join(names, ", "), "\r", `\r`)
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return "(" + s + ")"
}

// columnNames makes names for n columns out of a header: empty ones are column0, column1 and so on, repeated
// ones get a number.
func columnNames(header []string, n int) []string {
	width := len(fmt.Sprint(max(n-1, 0)))
	out := make([]string, n)
	seen := map[string]bool{}
	for i := range out {
		name := ""
		if i < len(header) {
			name = strings.TrimSpace(header[i])
		}
		if name == "" {
			name = fmt.Sprintf("column%0*d", width, i)
		}
		base := name
		for k := 1; seen[name]; k++ {
			name = fmt.Sprintf("%s_%d", base, k)
		}
		seen[name] = true
		out[i] = name
	}
	return out
}
