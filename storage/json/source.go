package json

import (
	"bytes"
	"io"
	"sync"

	"gsql/exec"
	"gsql/storage/file"
)

// source is a file during one execution.
type source struct {
	*file.Source
	once   sync.Once
	err    error
	text   *file.Text
	layout Layout
}

// open begins with a unit of the file: it opens the file, unless it was, and finds its layout. The text is nil when the
// file is read already. Release must be called in any case.
func (s *source) open(shape *Shape) (*file.Text, error) {
	text, err := s.Acquire()
	if text == nil || err != nil {
		return nil, err
	}
	s.once.Do(func() {
		s.text = text
		s.layout, s.err = layoutOf(text, s.File, shape.layout, shape.arrays)
	})
	return text, s.err
}

// units are the units of all files of a scan.
type units struct {
	*file.Units
	sources []*source
	rejects file.Rejects
	told    *exec.Rejects // where they go
}

// Close closes the files that are still open and hands over what was left out of them.
func (u *units) Close() error {
	err := u.Units.Close()
	u.rejects.Flush(u.told, u.Sources)
	return err
}

func newUnits(files []file.File, size int64, streams int) *units {
	u := &units{Units: file.NewUnits(files, size, streams, ""), rejects: file.Rejects{Newline: '\n'}}
	for _, f := range u.Sources {
		u.sources = append(u.sources, &source{Source: f})
	}
	return u
}

// held is a part of a text in memory, so that the text need not keep it while its rows are used.
type held struct {
	off  int64
	text []byte
}

func (h *held) Size() int64 { return h.off + int64(len(h.text)) }

func (h *held) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	if at := off - h.off; at < int64(len(h.text)) {
		n = copy(p, h.text[at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// hold reads the lines of a text that begin in from..to-1, and the byte before them.
func (h *held) hold(t *file.Text, from, to int64) error {
	h.off, h.text = max(from-1, 0), h.text[:0]
	for next := to; ; next = h.Size() + heldMore {
		k := len(h.text)
		n := int(next - h.Size())
		h.text = append(h.text, make([]byte, n)...)
		got, err := t.ReadAt(h.text[k:], h.off+int64(k))
		h.text = h.text[:k+got]
		if err != nil && err != io.EOF {
			return err
		}
		last := max(int(to-1-h.off), k) // the line of the byte before to is the last
		if last < len(h.text) {
			if i := bytes.IndexByte(h.text[last:], '\n'); i >= 0 {
				h.text = h.text[:last+i+1]
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

const heldMore = 64 << 10
