package plain

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// windowBytes is how much is read at a time. Tests change it.
var windowBytes = 1 << 20

// maxLine bounds the bytes of a line.
const maxLine = 512 << 20

// lineReader reads the lines of a split in windows, each of which has whole lines.
type lineReader struct {
	source *lineSource
	r      io.Reader
	bytes  func(int64)
	off    int64 // of the text that is read next
	to     int64 // lines that begin there are not of the split
	skip   int   // lines that are left out yet, of a file that is decoded

	buf    []byte // the window; it is a new one each time
	spare  []byte // the beginning of a line that the window before did not have the end of
	begin  int64  // of the first line, -1 while it is not known
	inside bool   // the text begins in the middle of a line of the split before
	eof    bool
}

// start begins at a place of the text: with the line there, or the one after it if it began before.
func (l *lineReader) start(from int64) {
	l.off = from
	if from > 0 {
		l.off, l.inside = from-1, true
	}
	l.r = io.NewSectionReader(textAt{l.source.text}, l.off, math.MaxInt64-l.off)
}

type textAt struct{ t *file.Text }

func (t textAt) ReadAt(p []byte, off int64) (int, error) { return t.t.ReadAt(p, off) }

// window reads the next lines; at is where the first begins. It returns io.EOF behind the last.
func (l *lineReader) window() (text []byte, at int64, err error) {
	for {
		if l.eof && len(l.spare) == 0 {
			return nil, 0, io.EOF
		}
		begin := l.off - int64(len(l.spare))
		if begin >= l.to && !l.inside {
			return nil, 0, io.EOF
		}
		if err := l.fill(); err != nil {
			return nil, 0, err
		}
		text, at = l.whole(), begin
		if l.inside && len(text) > 0 {
			i := bytes.IndexByte(text, '\n') + 1
			if i == 0 {
				return nil, 0, io.EOF // the line before is the last
			}
			text, at, l.inside = text[i:], at+int64(i), false
		}
		if text, at = l.trim(text, at); len(text) > 0 {
			return text, at, nil
		}
	}
}

// tailBytes is read behind a split, for the end of its last line.
const tailBytes = 16 << 10

// room returns how much to read next: not more of the next split than must be.
func (l *lineReader) room() int {
	return int(min(int64(windowBytes), max(l.to-l.off, tailBytes)))
}

// fill reads a window behind what is spare.
func (l *lineReader) fill() error {
	l.buf = append(make([]byte, 0, len(l.spare)+l.room()), l.spare...)
	l.spare = nil
	for !l.eof {
		n := len(l.buf)
		k, err := io.ReadFull(l.r, l.buf[n:cap(l.buf)])
		l.buf = l.buf[:n+k]
		l.off += int64(k)
		l.bytes(int64(k))
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			l.eof = true
		case err != nil:
			return fault(l.source.file, err)
		case bytes.IndexByte(l.buf[n:], '\n') >= 0:
			return nil
		case len(l.buf) >= maxLine:
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "file \"%s\" has a line of more than %d bytes", l.source.file.Path, maxLine)
		default:
			l.buf = append(make([]byte, 0, 4*cap(l.buf)), l.buf...)
		}
	}
	return nil
}

// fault gives an error of reading a file its code, unless it has one.
func fault(f file.File, err error) error {
	if sqlstate.Of(err) != sqlstate.InternalError {
		return err
	}
	return file.Error(f.Path, err)
}

// whole returns the whole lines of the window; what follows becomes spare.
func (l *lineReader) whole() []byte {
	if l.eof {
		return l.buf
	}
	i := bytes.LastIndexByte(l.buf, '\n') + 1
	l.spare = l.buf[i:]
	return l.buf[:i]
}

// trim leaves out lines that are not of the split, those to be skipped, and a byte order mark.
func (l *lineReader) trim(text []byte, at int64) ([]byte, int64) {
	if end := l.to - at; end < int64(len(text)) {
		// The line with the last byte of the split is its last.
		if end <= 0 {
			l.eof, l.spare = true, nil
			return nil, at
		}
		if i := bytes.IndexByte(text[end-1:], '\n'); i >= 0 {
			text = text[:int(end)+i]
			l.eof, l.spare = true, nil
		}
	}
	if at == 0 {
		n := len(text)
		text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		at += int64(n - len(text))
	}
	for l.skip > 0 && len(text) > 0 {
		i := bytes.IndexByte(text, '\n') + 1
		if i == 0 {
			i = len(text)
		}
		text, at = text[i:], at+int64(i)
		l.skip--
	}
	return text, at
}

// cutLine returns the first line of a text, without its end, and what follows.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return text, nil
	}
	line, rest = text[:i], text[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

func newlines(b []byte) int64 { return int64(bytes.Count(b, []byte{'\n'})) }

// plainText reports whether a text has neither bytes of other encodings than UTF-8 nor zeros.
func plainText(b []byte) bool { return bytes.IndexByte(b, 0) < 0 && (ascii(b) || utf8.Valid(b)) }

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lines yields lines with their numbers.
type lines struct {
	*lineReader
	request  *scan.Request
	numbered bool
	split    scan.Split
	number   int64 // of the next line, 0 while it is not known
}

func (l *lines) Next(context.Context) (*vec.Batch, error) {
	text, at, err := l.window()
	if err != nil {
		return nil, err
	}
	if l.number == 0 {
		if l.number, err = l.first(at, l.numbered); err != nil {
			return nil, err
		}
	}
	if !plainText(text) {
		return nil, l.bad(text, at)
	}
	return l.batch(text), nil
}

// first returns the number of the line that begins at off, the first of the split; where it is of no interest, 1.
func (l *lineReader) first(off int64, exact bool) (int64, error) {
	switch {
	case l.source.text.Sequential():
		return int64(l.source.opt.Skip) + 1, nil
	case exact:
		n, err := l.source.before(off)
		return n + 1, err
	}
	return 1, nil
}

// bad finds the line that is no text.
func (l *lines) bad(text []byte, at int64) error {
	number, err := l.number, error(nil)
	if !l.numbered && !l.source.text.Sequential() {
		if number, err = l.first(at, true); err != nil {
			return err
		}
	}
	for {
		var line []byte
		if line, text = cutLine(text); !plainText(line) {
			break
		}
		number++
	}
	return l.source.badText(number, "")
}

// batch makes rows of lines; long ones stay where they are.
func (l *lines) batch(text []byte) *vec.Batch {
	n := int(newlines(text))
	if text[len(text)-1] != '\n' {
		n++
	}
	views := vec.Make[vec.View](n)
	at, rest := 0, text
	for i := range views {
		var line []byte
		line, rest = cutLine(rest)
		views[i] = vec.MakeView(line, 0, uint32(at))
		at = len(text) - len(rest)
	}
	out := &vec.Batch{Rows: n, Cols: make([]*vec.Vector, len(l.request.Columns))}
	for i, c := range l.request.Columns {
		t := l.request.Schema[i].Type
		if c == 0 {
			numbers := vec.Make[int64](n)
			for k := range numbers {
				numbers[k] = l.number + int64(k)
			}
			out.Cols[i] = vec.New(t, t.Kind(), numbers, nil)
			continue
		}
		v := vec.New(t, t.Kind(), views, nil)
		v.Bufs = [][]byte{text}
		out.Cols[i] = v
	}
	l.number += int64(n)
	return out
}
