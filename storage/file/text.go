package file

import (
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"gsql/exec/sqlstate"
)

// Text is what a file holds as text: decompressed, and in UTF-8. It is safe for concurrent use.
//
// A file that is such text as it stands can be read at any place. Any other one is decoded from its start: its readers
// take blocks of it in their order (Take), and give them back (Done). What lies before all blocks in hand is forgotten,
// so that a file of any size takes the memory of a few blocks; to read it again costs decoding from the start. Where parts of
// a file can be decompressed by themselves, its readers do that together (see units), some parts ahead.
type Text struct {
	file     File
	encoding string
	h        Handle
	seq      *sequence // nil: the file is its text
}

// OpenText opens a file as text in an encoding (see KnownEncoding); "" is UTF-8, or UTF-16 where a byte order mark says
// so. block is the size of the blocks that Take gives.
func (f File) OpenText(encoding string, block int64) (*Text, error) {
	h, err := f.open()
	if err != nil {
		return nil, err
	}
	t := &Text{file: f, encoding: encoding, h: h}
	r, err := t.decoder(h)
	if err != nil {
		h.Close()
		return nil, err
	}
	if r != nil {
		t.seq = &sequence{text: t, r: r, block: block}
	}
	return t, nil
}

// Close closes the file.
func (t *Text) Close() error {
	if t.seq != nil {
		t.seq.close()
	}
	return t.h.Close()
}

// Reader returns a reader of the text from its start, for who opened it alone. To close it closes the text.
func (t *Text) Reader() io.ReadCloser {
	if t.seq != nil {
		return textReader{t.seq.r, t}
	}
	return textReader{io.NewSectionReader(t.h, 0, math.MaxInt64), t}
}

type textReader struct {
	io.Reader
	*Text
}

// Sequential reports whether the text is decoded from its start: it is to be read by Take.
func (t *Text) Sequential() bool { return t.seq != nil }

// Size returns the length of the text; math.MaxInt64 while it is not known yet.
func (t *Text) Size() int64 {
	if t.seq != nil {
		return t.seq.size()
	}
	return t.file.Size
}

// ReadAt is io.ReaderAt's: less than len(p) bytes come with an error, which is io.EOF at the text's end.
func (t *Text) ReadAt(p []byte, off int64) (int, error) {
	if t.seq != nil {
		return t.seq.ReadAt(p, off)
	}
	return t.h.ReadAt(p, off)
}

// Block is a block of a sequential text in the hands of a reader.
type Block struct {
	Number int   // from 0
	Bytes  int64 // of the file, as it lies there, that were read since the last block was taken
}

// Take gives the next block; false at the end of the text. The block, and what lies behind it, can be read until it is
// given back.
func (t *Text) Take() (Block, bool, error) { return t.seq.take() }

// Done gives back block number k.
func (t *Text) Done(k int) { t.seq.done(k) }

// Forget says that what lies before off will not be read again, for a text that only one reads, and without Take. It
// returns how many bytes of the file, as it lies there, were read since it was called last.
func (t *Text) Forget(off int64) int64 {
	if t.seq == nil {
		return 0
	}
	return t.seq.forget(off)
}

// Ratio estimates how many bytes of text a byte of the file stands for, by what was read so far.
func (t *Text) Ratio() float64 {
	if t.seq == nil {
		return 1
	}
	s := t.seq
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == io.EOF {
		return float64(s.end) / float64(max(t.file.Size, 1))
	}
	read := s.r.read.Load() // of which the decoder has not used all yet
	return float64(s.end) / float64(max(read-readAhead/2, read/2, 1))
}

// Line returns the number, from 1, of the line that the byte at off belongs to, and where it begins. It reads the text
// from its start and is for messages.
func (t *Text) Line(off int64, newline byte) (line, start int64) {
	line = 1
	r, done := t.again()
	defer done()
	buf := make([]byte, chunkBytes)
	for at := int64(0); at < off; {
		n, err := r.Read(buf[:min(int64(len(buf)), off-at)])
		for i, c := range buf[:n] {
			if c == newline {
				line, start = line+1, at+int64(i)+1
			}
		}
		if at += int64(n); err != nil {
			break
		}
	}
	return line, start
}

// again returns a reader of the text from its start.
func (t *Text) again() (r io.Reader, done func()) {
	if t.seq == nil {
		return io.NewSectionReader(t.h, 0, math.MaxInt64), func() {}
	}
	d, err := t.decoder(t.h)
	if err != nil {
		return eofReader{}, func() {}
	}
	return d, func() { d.Close() }
}

type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

const chunkBytes = 256 << 10

// sequence is a text that is decoded from its start.
type sequence struct {
	text  *Text
	block int64

	mu     sync.Mutex
	r      *decoder
	chunks [][]byte // what was decoded and may be read yet, each chunkBytes but the last
	off    int64    // of chunks[0]
	end    int64    // of what was decoded
	err    error    // behind it
	length atomic.Int64
	next   int   // block
	taken  []int // blocks in hand
	told   int64 // bytes of the file that were told of
	spare  [][]byte
}

func (s *sequence) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.Close()
	if s.err == nil {
		s.err = io.ErrClosedPipe
	}
	s.chunks, s.spare = nil, nil
}

func (s *sequence) size() int64 {
	if n := s.length.Load(); n > 0 {
		return n - 1
	}
	return math.MaxInt64
}

// lock takes the lock. While another one has it, which decodes, parts of the file that come later are decompressed.
func (s *sequence) lock() {
	for !s.mu.TryLock() {
		if s.r.units == nil || !s.r.units.help() {
			s.mu.Lock()
			return
		}
	}
}

func (s *sequence) take() (Block, bool, error) {
	s.lock()
	defer s.mu.Unlock()
	begin := int64(s.next) * s.block
	s.decode(begin + s.block)
	b := Block{s.next, s.r.read.Load() - s.told}
	s.told += b.Bytes
	if s.end <= begin {
		if s.err != io.EOF {
			return b, false, s.err
		}
		return b, false, nil
	}
	s.taken = append(s.taken, s.next)
	s.next++
	return b, true, nil
}

func (s *sequence) done(k int) {
	s.lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.taken, k); i >= 0 {
		s.taken = slices.Delete(s.taken, i, i+1)
	}
	low := int64(s.next)
	for _, k := range s.taken {
		low = min(low, int64(k))
	}
	s.drop(low*s.block - 1) // the byte before a block tells whether a line begins there
}

func (s *sequence) forget(off int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(off)
	n := s.r.read.Load() - s.told
	s.told += n
	return n
}

// drop gives up the chunks that lie before off.
func (s *sequence) drop(off int64) {
	for len(s.chunks) > 0 && s.off+int64(len(s.chunks[0])) <= off && len(s.chunks[0]) == chunkBytes {
		s.spare = append(s.spare, s.chunks[0])
		s.chunks = slices.Delete(s.chunks, 0, 1)
		s.off += chunkBytes
	}
}

// decode goes on until the text is decoded up to off, or ends.
func (s *sequence) decode(off int64) {
	for s.end < off && s.err == nil {
		n := len(s.chunks) - 1
		if n < 0 || len(s.chunks[n]) == chunkBytes {
			s.chunks = append(s.chunks, s.newChunk())
			n++
		}
		c := s.chunks[n]
		k, err := s.r.Read(c[len(c):chunkBytes])
		s.chunks[n] = c[:len(c)+k]
		s.end += int64(k)
		if err == io.EOF {
			s.length.Store(s.end + 1)
		}
		s.err = err
	}
}

func (s *sequence) newChunk() []byte {
	if n := len(s.spare); n > 0 {
		c := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return c[:0]
	}
	return make([]byte, 0, chunkBytes)
}

func (s *sequence) ReadAt(p []byte, off int64) (int, error) {
	s.lock()
	defer s.mu.Unlock()
	if off < s.off {
		return s.reread(p, off)
	}
	s.decode(off + int64(len(p)))
	n := 0
	for n < len(p) && off+int64(n) < s.end {
		at := off + int64(n) - s.off
		n += copy(p[n:], s.chunks[at/chunkBytes][at%chunkBytes:])
	}
	if n < len(p) {
		return n, s.err
	}
	return n, nil
}

// reread reads what was forgotten.
func (s *sequence) reread(p []byte, off int64) (int, error) {
	r, done := s.text.again()
	defer done()
	if _, err := io.CopyN(io.Discard, r, off); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// unreadable is the error of a file that cannot be decoded.
func unreadable(f File, kind string, err error) error {
	var e *sqlstate.Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return sqlstate.New(sqlstate.DataCorrupted, "file \"%s\" ends in the middle of its %s data", f.Path, kind).
			WithHint("It was not written or not copied to its end.")
	}
	e = sqlstate.New(sqlstate.DataCorrupted, "could not decompress file \"%s\": %v", f.Path, err).
		WithDetail("It begins as a %s file does.", kind)
	e.Err = err
	return e
}
