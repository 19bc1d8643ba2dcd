package csv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

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

// source is a file during one execution. The splits of it close it when the last one is done.
type source struct {
	file   file.File
	number int
	left   atomic.Int64 // splits that are not done

	once  sync.Once
	err   error
	h     *os.File
	first int64 // where the first row begins, behind byte order mark, skipped lines and header
	order []int // the file's columns by the table's; nil: the same
	chain *chain
}

// open opens the file and finds its first row.
func (s *source) open(ctx context.Context, t *table) error {
	s.once.Do(func() {
		if s.h, s.err = s.file.Open(); s.err != nil {
			return
		}
		s.first, s.order, s.err = t.shape.begin(ctx, s.file, s.h)
	})
	return s.err
}

// done counts a split as done.
func (s *source) done() {
	if s.left.Add(-1) == 0 && s.h != nil {
		s.h.Close()
	}
}

// splits are the splits of all files of a scan, numbered in their order.
type splits struct {
	sources []*source
	ends    []int // ends[i]: the number of splits in files up to i
	size    int64
}

func newSplits(files []file.File, size int64) *splits {
	s := &splits{size: size}
	total := 0
	for i, f := range files {
		n := splitCount(f.Size, size)
		src := &source{file: f, number: i, chain: newChain(n)}
		src.left.Store(int64(n))
		total += n
		s.sources = append(s.sources, src)
		s.ends = append(s.ends, total)
	}
	return s
}

func splitCount(bytes, size int64) int { return int((bytes + size - 1) / size) }

// Close closes the files that are still open.
func (s *splits) Close() error {
	for _, src := range s.sources {
		if src.left.Load() > 0 && src.h != nil {
			src.h.Close()
		}
	}
	return nil
}

// count returns how many splits there are.
func (s *splits) count() int {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// at returns split n: the file and the split's number in it.
func (s *splits) at(n int) (*source, int) {
	lo, hi := 0, len(s.ends)
	for lo < hi {
		if m := (lo + hi) / 2; s.ends[m] <= n {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo > 0 {
		n -= s.ends[lo-1]
	}
	return s.sources[lo], n
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
	n = int(min(int64(n), s.file.Size-b.end()))
	if need := front + b.n + n + back; need > len(b.buf) {
		grown := make([]byte, need+need/4)
		copy(grown, b.buf[:min(front+b.n, len(b.buf))])
		b.buf = grown
	}
	at := front + b.n
	got, err := s.h.ReadAt(b.buf[at:at+n], b.end())
	b.total += int64(got)
	if got < n {
		return shortRead(s.file, err)
	}
	b.n += n
	return nil
}

func shortRead(f file.File, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" has become shorter while it was read", f.Path).
			WithHint("Run the query again.")
	}
	e := sqlstate.New(sqlstate.IOError, "could not read file \"%s\": %v", f.Path, err)
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
		if at == s.file.Size {
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
