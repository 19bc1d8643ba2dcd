package json

import (
	"bytes"
	"errors"
	"io"
	"os"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

const (
	splitBytes  = 4 << 20   // bytes of a split
	windowBytes = 256 << 10 // read at a time
	maxObject   = 64 << 20  // an object must not be larger
)

// window yields the objects of a part of a file one by one.
type window struct {
	f    file.File
	h    *os.File
	off  int64 // offset in the file of buf[0]
	end  int64 // objects that begin here or later belong to the next split
	buf  []byte
	at   int  // next byte of buf
	eof  bool // buf has the last byte of the file
	list bool // within an array of objects
	read func(n int64)
}

// openWindow opens the objects that begin in from..to-1 of a file, where from is 0 or the start of a split:
// the objects of a split begin behind its first newline.
func openWindow(f file.File, from, to int64, read func(int64)) (*window, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	w := &window{f: f, h: h, off: from, end: to, read: read}
	if from > 0 {
		w.off-- // a newline just before the split makes its first byte a start
		if err = w.skipLine(); err != nil {
			h.Close()
			return nil, err
		}
		return w, nil
	}
	if err = w.fill(); err != nil {
		h.Close()
		return nil, err
	}
	w.at = len(w.buf) - len(bytes.TrimPrefix(w.buf, []byte("\xef\xbb\xbf")))
	if w.at = skipSpace(w.buf, w.at); w.at < len(w.buf) && w.buf[w.at] == '[' {
		w.list = true
		w.at++
	}
	return w, nil
}

func (w *window) close() error { return w.h.Close() }

// fill reads more: what is left of buf moves to a new buffer, for strings may point into the old one.
func (w *window) fill() error {
	rest := w.buf[w.at:]
	if len(rest) > maxObject {
		return w.error(w.at, "an object is larger than 64 MiB", sqlstate.ProgramLimitExceeded)
	}
	buf := make([]byte, len(rest)+max(windowBytes, len(rest)))
	copy(buf, rest)
	n, err := w.h.ReadAt(buf[len(rest):], w.off+int64(w.at)+int64(len(rest)))
	if err != nil && err != io.EOF {
		return file.Error(w.f.Path, err)
	}
	w.read(int64(n))
	w.off += int64(w.at)
	w.buf, w.at, w.eof = buf[:len(rest)+n], 0, err == io.EOF
	if w.eof && w.off+int64(len(w.buf)) < w.f.Size {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" changed while it was being read", w.f.Path).WithHint("Run the query again.")
	}
	return nil
}

// skipLine goes behind the next newline.
func (w *window) skipLine() error {
	for {
		if err := w.fill(); err != nil {
			return err
		}
		if n := bytes.IndexByte(w.buf, '\n'); n >= 0 {
			w.at = n + 1
			return nil
		}
		w.at = len(w.buf)
		if w.eof {
			return nil
		}
	}
}

// next returns the next object, or io.EOF.
func (w *window) next() ([]byte, error) {
	for {
		i := skipSpace(w.buf, w.at)
		for w.list && i < len(w.buf) && w.buf[i] == ',' {
			i = skipSpace(w.buf, i+1)
		}
		switch {
		case i == len(w.buf) && w.eof:
			if w.list {
				return nil, w.error(i, "the array has no end", sqlstate.DataCorrupted)
			}
			return nil, io.EOF
		case w.off+int64(i) >= w.end && !w.list:
			return nil, io.EOF
		case i < len(w.buf) && w.list && w.buf[i] == ']':
			return nil, io.EOF
		}
		end, err := skipValue(w.buf, i, 0)
		if err == nil {
			w.at = end
			return w.buf[i:end], nil
		}
		if errors.Is(err, errShort) && !w.eof {
			w.at = i
			if err = w.fill(); err != nil {
				return nil, err
			}
			continue
		}
		at := i
		var syn *syntaxError
		if errors.As(err, &syn) {
			at = syn.at
		}
		return nil, w.error(at, err.Error(), sqlstate.BadTextValue)
	}
}

// error returns an error about the byte at i of the buffer.
func (w *window) error(i int, what string, code sqlstate.Code) error {
	line, col := place(w.f, w.off+int64(i))
	near := w.buf[min(i, len(w.buf)):min(i+40, len(w.buf))]
	return sqlstate.New(code, "invalid JSON in file \"%s\": %s", w.f.Path, what).
		WithDetail("Line %d, column %d, at: %s", line, col, bytes.TrimSpace(near))
}

// place returns the line and the column of an offset by reading the file up to it.
func place(f file.File, off int64) (line, col int64) {
	h, err := os.Open(f.Path)
	if err != nil {
		return 0, 0
	}
	defer h.Close()
	line = 1
	start := int64(0)
	buf := make([]byte, 1<<16)
	for at := int64(0); at < off; {
		n, err := h.ReadAt(buf[:min(int64(len(buf)), off-at)], at)
		for i, c := range buf[:n] {
			if c == '\n' {
				line++
				start = at + int64(i) + 1
			}
		}
		if at += int64(n); err != nil {
			break
		}
	}
	return line, off - start + 1
}
