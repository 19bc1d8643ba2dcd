package file

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// newCutter returns what finds the units of a file that begins with the bytes of a codec, nil if it has none.
func newCutter(name Codec, r io.ReaderAt, size int64, read *atomic.Int64) cutter {
	raw := rawFile{r: r, size: size, read: read}
	switch name {
	case "gzip":
		if c := (&bgzf{raw}); c.member(0) > 0 {
			return c
		}
	case "zstd":
		if c := (&zstdFrames{rawFile: raw}); c.several() {
			return c
		}
	case "bzip2":
		return newBzip2Blocks(raw)
	}
	return nil
}

// rawFile is a compressed file, of which units were found up to pos.
type rawFile struct {
	r    io.ReaderAt
	size int64
	pos  int64
	read *atomic.Int64
}

// bytes reads n bytes at an offset, less at the end of the file.
func (f *rawFile) bytes(at int64, n int64) ([]byte, error) {
	b := make([]byte, max(min(n, f.size-at), 0))
	k, err := f.r.ReadAt(b, at)
	if k == len(b) {
		err = nil
	}
	return b[:k], err
}

// rest returns a unit of all that is left, which is read as a stream.
func (f *rawFile) rest(open func(io.Reader) (io.ReadCloser, error)) *unit {
	return f.streamed(f.size-f.pos, open)
}

// streamed returns a unit of the next bytes, which are read as a stream.
func (f *rawFile) streamed(n int64, open func(io.Reader) (io.ReadCloser, error)) *unit {
	in := counted{io.NewSectionReader(f.r, f.pos, n), f.read}
	f.pos += n
	return &unit{stream: func() (io.ReadCloser, error) { return open(bufio.NewReaderSize(in, readAhead)) }}
}

// bgzf finds the members of gzip files that say in an extra field how long they are. Their last four bytes say how long their text
// is, which they do not have to be believed.
type bgzf struct{ rawFile }

const (
	bgzfHeader = 18
	bgzfMost   = 1 << 16 // of a member's text
)

// member returns the length of the member at an offset, 0 if it does not say so.
func (c *bgzf) member(at int64) int64 {
	var h [bgzfHeader]byte
	if n, _ := c.r.ReadAt(h[:], at); n < len(h) {
		return 0
	}
	return bgzfLength(h[:])
}

// bgzfLength returns the length that a member's header says, 0 if none.
func bgzfLength(h []byte) int64 {
	if len(h) < bgzfHeader || string(h[:4]) != "\x1f\x8b\x08\x04" || binary.LittleEndian.Uint16(h[10:]) != 6 || string(h[12:16]) != "BC\x02\x00" {
		return 0
	}
	return int64(binary.LittleEndian.Uint16(h[16:])) + 1
}

// next puts members together.
func (c *bgzf) next() (*unit, error) {
	if c.pos >= c.size {
		return nil, io.EOF
	}
	b, err := c.bytes(c.pos, unitBytes+bgzfMost)
	if err != nil {
		return nil, err
	}
	n, text := int64(0), 0
	for n < unitBytes {
		size := bgzfLength(b[n:])
		if size < bgzfHeader || n+size > int64(len(b)) {
			break
		}
		n += size
		text += int(min(binary.LittleEndian.Uint32(b[n-4:]), bgzfMost))
	}
	if n == 0 {
		return c.rest(openGzipMember), nil
	}
	c.pos += n
	src := b[:n]
	return &unit{size: n, expect: text, decode: func(dst []byte) ([]byte, error) { return gunzip(dst, src, text) }}, nil
}

// openGzipMember opens what follows a gzip member.
func openGzipMember(r io.Reader) (io.ReadCloser, error) {
	g := &gzipReader{Reader: new(gzip.Reader), in: bufio.NewReaderSize(r, readAhead)}
	if err := g.next(); err != nil {
		return nil, err
	}
	return g, nil
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

var errTooLong = errors.New("a part of the file has more text than it says")

// gunzip decompresses members that have some bytes of text, or less.
func gunzip(dst, src []byte, text int) ([]byte, error) {
	g := &gzipReader{Reader: gzipReaders.Get().(*gzip.Reader), in: bufio.NewReader(bytes.NewReader(src))}
	defer gzipReaders.Put(g.Reader)
	if cap(dst) < text+1 {
		dst = make([]byte, 0, text+1) // with room to see the end
	}
	if err := g.next(); err != nil {
		return dst, noEOF(err)
	}
	for len(dst) < cap(dst) {
		n, err := g.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, noEOF(err)
		}
	}
	return dst, errTooLong
}

// zstdFrames finds the frames of zstd files.
type zstdFrames struct {
	rawFile
	dec *zstd.Decoder
}

const (
	zstdMagic      = 0xfd2fb528
	zstdSkippable  = 0x184d2a50 // and the next 15
	zstdFrameHead  = 18
	zstdBlockHead  = 3
	zstdRoom       = 1 << 10 // that the decoder wants behind a frame's text
	zstdMostBlocks = 1 << 12 // of a frame that is looked at
)

// several reports whether the file has several frames, of which the first is small enough for a unit.
func (c *zstdFrames) several() bool {
	n, _, ok := c.frame(0)
	return ok && n < c.size
}

// frame returns the length of the frame at an offset, and of its text, -1 if it does not say so. ok is false when it is too long
// for a unit or is none.
func (c *zstdFrames) frame(at int64) (n, text int64, ok bool) {
	var head [zstdFrameHead]byte
	k, _ := c.r.ReadAt(head[:min(int64(len(head)), max(c.size-at, 0))], at)
	if k < 8 {
		return 0, 0, false
	}
	if binary.LittleEndian.Uint32(head[:])&^15 == zstdSkippable {
		n = 8 + int64(binary.LittleEndian.Uint32(head[4:]))
		return n, 0, n <= maxUnit && at+n <= c.size
	}
	if binary.LittleEndian.Uint32(head[:]) != zstdMagic {
		return 0, 0, false
	}
	var h zstd.Header
	if h.Decode(head[:k]) != nil {
		return 0, 0, false
	}
	text = -1
	if h.HasFCS {
		if h.FrameContentSize > maxUnitText {
			return 0, 0, false
		}
		text = int64(h.FrameContentSize)
	}
	n = int64(h.HeaderSize)
	for range zstdMostBlocks {
		var b [zstdBlockHead]byte
		if k, _ := c.r.ReadAt(b[:], at+n); k < len(b) {
			return 0, 0, false
		}
		v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		size := int64(v >> 3)
		if v>>1&3 == 1 { // one byte that is repeated
			size = 1
		}
		if n += zstdBlockHead + size; n > maxUnit {
			return 0, 0, false
		}
		if v&1 != 0 { // the last block
			if h.HasCheckSum {
				n += 4
			}
			return n, text, at+n <= c.size
		}
	}
	return 0, 0, false
}

// next puts frames together.
func (c *zstdFrames) next() (*unit, error) {
	if c.pos >= c.size {
		return nil, io.EOF
	}
	var n, text int64
	known := true
	for n < unitBytes && c.pos+n < c.size {
		k, t, ok := c.frame(c.pos + n)
		if !ok || n > 0 && text+t > maxUnitText/4 {
			break
		}
		n, text, known = n+k, text+max(t, 4*k), known && t >= 0
		if !known {
			break // it may be long
		}
	}
	if n == 0 {
		return c.rest(openZstd), nil
	}
	if c.dec == nil {
		var err error
		if c.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(maxUnitText)); err != nil {
			return nil, err
		}
	}
	src, err := c.bytes(c.pos, n)
	if err != nil {
		return nil, err
	}
	c.pos += n
	u := &unit{size: n, expect: int(text), decode: func(dst []byte) ([]byte, error) {
		if cap(dst) < int(text)+zstdRoom {
			dst = make([]byte, 0, text+zstdRoom) // which would grow with each frame
		}
		return c.dec.DecodeAll(src, dst)
	}}
	u.check = func(u *unit, text []byte, err error) ([]byte, error) {
		if err == nil || !tooLong(err) {
			return text, noEOF(err)
		}
		u.decode, u.size = nil, n
		u.stream = func() (io.ReadCloser, error) { return openZstd(bytes.NewReader(src)) }
		return nil, nil
	}
	return u, nil
}

// tooLong reports whether text was too long to be decompressed at once.
func tooLong(err error) bool {
	return errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded)
}
