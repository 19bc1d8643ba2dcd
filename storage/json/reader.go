package json

import (
	"bytes"
	"errors"
	"io"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// Layout is how the objects of a file follow each other.
type Layout uint8

const (
	Lines   Layout = iota // one a line
	Objects               // with any white space between and in them
	Array                 // one array of objects
)

const (
	windowBytes   = 256 << 10 // read at a time, unless tests say otherwise: a window stays in the cache
	defaultObject = 64 << 20  // bytes that an object may have, unless an option says otherwise
	largestObject = 1 << 30   // what the option may say: positions have 32 bits
)

// reader reads the rows of a part of a file window by window.
type reader struct {
	walker
	skip      bool // lines that are broken are left out
	skipped   func(off int64, line []byte, reason string)
	maxObject int
	window    int           // bytes read at a time
	bytes     func(n int64) // is told what is read

	f     file.File
	t     *file.Text // nil: no part is being read
	from  input      // of the part's text
	alone *file.Text // a text of which only this reader reads, from its start; nil: another
	limit int64      // the part ends with the line that the byte before this one belongs to
	off   int64      // offset in the file of buf[0]
	buf   []byte     // buf[:n] is what was read, with room for padding behind it
	n     int
	eof   bool // buf[:n] has the part's last byte
}

// input is a text, or the part of it that is at hand.
type input interface {
	io.ReaderAt
	Size() int64 // where the text ends; math.MaxInt64 while that is not known
}

// layoutOf returns the layout of a file: an array if it begins like one and arrays may be, else layout.
func layoutOf(h *file.Text, f file.File, layout Layout, arrays bool) (Layout, error) {
	if !arrays {
		return layout, nil
	}
	var head [512]byte
	for at := int64(0); ; {
		n, err := h.ReadAt(head[:], at)
		if err != nil && err != io.EOF {
			return layout, readError(f, err)
		}
		b := head[:n]
		if at == 0 {
			b = bytes.TrimPrefix(b, bom)
		}
		b = bytes.TrimLeft(b, " \t\r\n")
		switch {
		case len(b) > 0 && b[0] == '[':
			return Array, nil
		case len(b) > 0 || err == io.EOF:
			return layout, nil
		}
		at += int64(n)
	}
}

var bom = []byte("\xef\xbb\xbf")

// start begins with the lines of a text that begin in from..to-1, which in gives. A text of another layout than Lines is
// read as a whole.
func (r *reader) start(f file.File, t *file.Text, in input, layout Layout, from, to int64) error {
	r.f, r.t, r.from, r.alone = f, t, in, nil
	r.limit, r.off, r.n, r.eof = to, from, 0, false
	r.newline, r.list = layout == Lines, noList
	if layout == Array {
		r.list = listBegin
	}
	if from > 0 {
		r.off-- // the byte before the border may be the newline that makes it one
		return r.nextLine()
	}
	if err := r.read(0); err != nil {
		return err
	}
	r.begin(r.buf, r.n-len(bytes.TrimPrefix(r.buf[:r.n], bom)), r.n)
	return nil
}

// all begins with all of a text that nobody else reads.
func (r *reader) all(f file.File, t *file.Text, layout Layout) error {
	if err := r.start(f, t, t, layout, 0, textEnd(t)); err != nil {
		return err
	}
	if t.Sequential() {
		r.alone = t
	}
	return nil
}

// textEnd returns where a text ends, or, while that is not known, something behind it.
func textEnd(t *file.Text) int64 { return min(t.Size(), 1<<62) }

// grow makes room for reading behind the first n bytes of buf.
func (r *reader) grow(n int) {
	if len(r.buf) < 2*n+padding || r.buf == nil {
		buf := make([]byte, max(2*n, r.window)+padding)
		copy(buf, r.buf[:n])
		r.buf = buf
	}
}

// read drops the bytes before keep and reads more behind the others.
func (r *reader) read(keep int) error {
	if r.n-keep > r.maxObject {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "an object is larger than %d bytes", r.maxObject).
			WithDetail("File \"%s\", line %d.", r.f.Path, r.line(keep)).
			WithHint("If that is no mistake, set maximum_object_size => n.")
	}
	r.n = copy(r.buf, r.buf[keep:r.n])
	r.off += int64(keep)
	r.grow(r.n)
	next := r.off + int64(r.n)
	want := int64(len(r.buf) - padding - r.n)
	if next < r.limit {
		want = min(want, r.limit-next+4<<10)
	}
	k, err := r.from.ReadAt(r.buf[r.n:r.n+int(want)], next)
	if err != nil && err != io.EOF {
		return readError(r.f, err)
	}
	if r.alone != nil {
		r.bytes(r.alone.Forget(r.off))
	} else {
		r.bytes(int64(k))
	}
	r.n += k
	r.eof = next+int64(k) >= r.from.Size()
	if err == io.EOF && !r.eof {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" changed while it was being read", r.f.Path).
			WithHint("Run the query again.")
	}
	if last := r.limit - 1; r.newline && last < next+int64(k) {
		from := int(max(last, next) - r.off)
		if i := bytes.IndexByte(r.buf[from:r.n], '\n'); i >= 0 {
			r.n, r.eof = from+i+1, true
		}
	}
	return nil
}

// nextLine goes behind the next newline of what was not read yet.
func (r *reader) nextLine() error {
	for r.n = 0; ; {
		if err := r.read(r.n); err != nil {
			return err
		}
		if i := bytes.IndexByte(r.buf[:r.n], '\n'); i >= 0 {
			r.begin(r.buf, i+1, r.n)
			return nil
		}
		if r.eof {
			r.begin(r.buf, r.n, r.n)
			return nil
		}
	}
}

// next fills the spans with rows, up to limit, or returns io.EOF. The text that spans point into is the
// walker's until next is called again.
func (r *reader) next(limit int) error {
	for {
		if r.reset(); r.what == "" {
			r.fill(limit)
		}
		if r.rows > 0 {
			return nil
		}
		what, at := r.trouble()
		switch {
		case what != "" && r.skip:
			r.tell(what)
			if err := r.skipLine(); err != nil {
				return err
			}
		case what != "":
			return r.fail(at, what)
		case r.eof:
			return io.EOF
		default:
			keep := r.row
			if err := r.read(keep); err != nil {
				return err
			}
			r.begin(r.buf, 0, r.n)
		}
	}
}

// trouble returns what is wrong with the text where the walker stopped, and where; "" if it is just at its end.
func (r *reader) trouble() (what string, at int) {
	switch {
	case r.what != "":
		return r.what, r.bad
	case r.stop < r.n:
		if r.newline && r.buf[r.stop] == '\n' {
			return "the line ends within a string", r.stop
		}
		return "a string has a control character that is not escaped", r.stop
	case r.eof && r.row < r.n:
		return "the file ends within an object", r.row
	case r.eof && r.list != noList && r.list != listEnd && r.n > 0:
		return "the array has no end", r.n
	}
	return "", 0
}

// tell tells of the line that the walker could not read.
func (r *reader) tell(what string) {
	if r.skipped == nil {
		return
	}
	line := r.buf[r.row:r.n]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	r.skipped(r.off+int64(r.row), line, what)
}

// skipLine goes to the line behind the one that the walker could not read.
func (r *reader) skipLine() error {
	i := bytes.IndexByte(r.buf[r.row:r.n], '\n')
	switch {
	case i >= 0:
		r.resume(r.row + i)
	case r.eof:
		r.begin(r.buf, r.n, r.n)
	default:
		return r.nextLine()
	}
	return nil
}

// resume goes on behind the newline at i.
func (r *reader) resume(i int) {
	for k := r.k; r.what != "" && int(r.pos[k]) <= i && i < r.stop; k++ {
		if int(r.pos[k]) == i {
			r.what, r.k, r.prev = "", k, i
			return
		}
	}
	r.begin(r.buf, i+1, r.n)
}

// fail returns an error about the byte at i of the buffer.
func (r *reader) fail(i int, what string) error {
	line, col := r.place(i)
	at := r.off + int64(i)
	if r.buf[i] == '\n' {
		at -= col - 1 // show the line, not its end
	}
	var text [2 * maxShown]byte
	n, _ := r.t.ReadAt(text[:], at)
	e := sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type json").
		WithDetail("File \"%s\", line %d, column %d: %s: %s", r.f.Path, line, col, what, shown(text[:n]))
	if r.newline {
		e.Hint = "Each line is read as an object. If objects span lines, say format => 'unstructured'; ignore_errors => true leaves broken lines out."
	}
	return e
}

// line returns the number of the line with the byte at i of the buffer.
func (r *reader) line(i int) int64 {
	line, _ := r.place(i)
	return line
}

// place returns the line and the column, in bytes, of the byte at i of the buffer. It reads the file up to there.
func (r *reader) place(i int) (line, col int64) {
	off := r.off + int64(i)
	line, start := r.t.Line(off, '\n')
	return line, off - start + 1
}

// readError is the error of a file that cannot be read.
func readError(f file.File, err error) error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return err
	}
	return file.Error(f.Path, err)
}
