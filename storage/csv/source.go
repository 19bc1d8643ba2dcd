package csv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

const (
	// defaultSplit is the size of a split. It is small, so that a block stays in a core's cache between
	// reading, indexing and converting.
	defaultSplit = 512 << 10
	// maxRow bounds the size of a row.
	maxRow = 256 << 20
	// front is how many bytes a block keeps free before its text, back behind it: fields are read eight
	// bytes at a time.
	front, back = word, word
)

// source is a file during one execution.
type source struct {
	*file.Source
	once   sync.Once
	err    error
	text   *file.Text
	first  int64 // where the first row begins, behind byte order mark, skipped lines and header
	order  columnOrder
	layout *layout // of the file's rows
	chain  *chain
	counts *rowCounts
}

// open begins with a unit of the file: it opens the file, unless it was, and finds its first row. The text is nil when
// the file is read already. Release must be called in any case.
func (s *source) open(ctx context.Context, t *table) (*file.Text, error) {
	text, err := s.Acquire()
	if text == nil || err != nil {
		return nil, err
	}
	s.once.Do(func() {
		s.text = text
		s.first, s.order, s.err = t.shape.begin(ctx, s.File, text)
		s.layout = &t.shape.layout
		if s.err == nil && s.order.fields != s.layout.fields {
			own := *s.layout
			own.fields = s.order.fields
			s.layout = &own
		}
	})
	return text, s.err
}

// fail says that split k cannot be indexed.
func (s *source) fail(k int, err error) {
	s.chain.fail(k, err)
	s.counts.fail(k, err)
}

// splits are the units of all files of a scan: their splits.
type splits struct {
	*file.Units
	sources []*source
	size    int64
	rejects file.Rejects
	told    *exec.Rejects // where they go; nil: nowhere
}

// Close closes the files that are still open and hands over what was left out of them.
func (s *splits) Close() error {
	err := s.Units.Close()
	if s.told != nil {
		s.rejects.Flush(s.told, s.Sources)
	}
	return err
}

// newSplits cuts files into splits. streams may read a file together that must be decoded from its start.
func newSplits(files []file.File, size int64, streams int, encoding string) *splits {
	s := &splits{Units: file.NewUnits(files, size, streams, encoding), size: size}
	for _, f := range s.Sources {
		n := 0
		if !f.File.Packed() {
			n = int((f.File.Size + size - 1) / size)
		}
		s.sources = append(s.sources, &source{Source: f, chain: newChain(n), counts: newRowCounts(n)})
	}
	return s
}

// at returns unit n: the file and which of its units.
func (s *splits) at(n int) (*source, int) {
	f, k := s.At(n)
	return s.sources[f.Number], k
}

// block is a stretch of a file in memory.
type block struct {
	buf   []byte // front bytes, the text, back bytes
	off   int64  // of buf[front] in the file
	n     int    // bytes of text
	total int64  // bytes read, again ones too
}

func (b *block) end() int64 { return b.off + int64(b.n) }

// read fills the block with up to n bytes from offset off.
func (b *block) read(s *source, off int64, n int) error {
	b.off, b.n = off, 0
	return b.more(s, n)
}

// more reads n bytes more, less at the end of the file.
func (b *block) more(s *source, n int) error {
	n = int(min(int64(n), s.text.Size()-b.end()))
	if need := front + b.n + n + back; need > len(b.buf) {
		grown := make([]byte, need+need/4)
		copy(grown, b.buf[:min(front+b.n, len(b.buf))])
		b.buf = grown
	}
	at := front + b.n
	got, err := s.text.ReadAt(b.buf[at:at+n], b.end())
	b.total += int64(got)
	if got < n && (!s.text.Sequential() || err != io.EOF) {
		return shortRead(s.File, err)
	}
	b.n += got
	return nil
}

func shortRead(f file.File, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" has become shorter while it was read", f.Path).
			WithHint("Run the query again.")
	}
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return err
	}
	e = sqlstate.New(sqlstate.IOError, "could not read file \"%s\": %v", f.Path, err)
	e.Err = err
	return e
}

// newlineFrom returns the offset in the file behind the first newline at or behind offset off; what is not
// in the block yet is read. Without a newline it is the end of the file.
func (b *block) newlineFrom(s *source, off int64, newline byte) (int64, error) {
	for at := off; ; {
		i := front + int(at-b.off)
		if k := bytes.IndexByte(b.buf[i:front+b.n], newline); k >= 0 {
			return at + int64(k) + 1, nil
		}
		at = b.end()
		if at == s.text.Size() {
			return at, nil
		}
		if b.n > maxRow {
			return 0, errLongRow
		}
		if err := b.more(s, max(b.n/2, 4<<10)); err != nil {
			return 0, err
		}
	}
}

// errLongRow is turned to an error with a place where the row is known.
var errLongRow = errors.New("row too long")
