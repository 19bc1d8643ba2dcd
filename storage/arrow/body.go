package arrow

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/file"
)

const (
	codecNone = iota - 1
	codecLZ4
	codecZstd

	// maxBuffer bounds the bytes of one buffer, as they are in memory.
	maxBuffer = 8 << 30
)

// place is where a buffer lies in a body.
type place struct{ off, n int64 }

// body reads the buffers of a message.
type body struct {
	file  file.File
	h     io.ReaderAt
	off   int64
	size  int64
	codec int
	unzip *codecs
	bytes func(int64) // is told of bytes read
}

// codecs are the decompressors of one stream.
type codecs struct {
	lz4  *lz4.Reader
	zstd *zstd.Decoder
}

func (c *codecs) close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
	c.zstd, c.lz4 = nil, nil
}

// open returns a reader of what was compressed.
func (c *codecs) open(codec int, packed []byte) (io.Reader, error) {
	in := bytes.NewReader(packed)
	if codec == codecLZ4 {
		if c.lz4 == nil {
			c.lz4 = lz4.NewReader(nil)
		}
		c.lz4.Reset(in)
		return c.lz4, nil
	}
	if c.zstd == nil {
		var err error
		if c.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20)); err != nil {
			return nil, err
		}
	}
	return c.zstd, c.zstd.Reset(in)
}

// space returns memory for n bytes, aligned for all kinds of values.
func space(n int64) []byte { return vec.BytesOf(vec.Make[uint64](int((n + 7) / 8)))[:n] }

// read returns the first n bytes of a buffer, all of them if n is negative.
func (b *body) read(p place, n int64) ([]byte, error) {
	if p.off < 0 || p.n < 0 || p.off > b.size-p.n {
		return nil, corrupt(b.file, "a buffer lies outside of its record batch")
	}
	if n > maxBuffer {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "a record batch of file \"%s\" is too large: one of its buffers has %d bytes", b.file.Path, n)
	}
	if n == 0 || n < 0 && p.n == 0 {
		return nil, nil
	}
	if b.codec != codecNone {
		return b.decompress(p, n)
	}
	if n < 0 {
		n = p.n
	}
	if n > p.n {
		return nil, b.short()
	}
	return b.raw(place{p.off, n})
}

func (b *body) short() error {
	return corrupt(b.file, "a buffer has fewer values than its record batch")
}

func (b *body) raw(p place) ([]byte, error) {
	out := space(p.n)
	if _, err := io.ReadFull(io.NewSectionReader(b.h, b.off+p.off, p.n), out); err != nil {
		return nil, file.Error(b.file.Path, err)
	}
	b.bytes(p.n)
	return out, nil
}

// decompress reads a compressed buffer: its length, -1 if it is not compressed after all, and its bytes.
func (b *body) decompress(p place, n int64) ([]byte, error) {
	const prefix = 8
	if p.n < prefix {
		return nil, b.short()
	}
	packed, err := b.raw(p)
	if err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint64(packed))
	packed = packed[prefix:]
	if n < 0 {
		if n = length; length == -1 {
			n = int64(len(packed))
		}
	}
	switch {
	case length == -1 && n <= int64(len(packed)):
		out := space(n)
		copy(out, packed)
		return out, nil
	case n > length, n > maxBuffer:
		return nil, b.short()
	case n == 0:
		return nil, nil
	}
	r, err := b.unzip.open(b.codec, packed)
	if err == nil {
		var out []byte
		if out, err = b.fill(r, n, int64(len(packed))); err == nil {
			return out, nil
		}
	}
	return nil, corrupt(b.file, "could not decompress a buffer: %v", err)
}

// fill reads n bytes, for which it makes room as they come: that there are so many is only said.
func (b *body) fill(r io.Reader, n, packed int64) ([]byte, error) {
	const usual = 32 // of bytes for one that is compressed
	out := space(min(n, usual*packed+4096))
	for at := int64(0); ; {
		k, err := io.ReadFull(r, out[at:])
		at += int64(k)
		switch {
		case err == io.EOF:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case at == n:
			return out, nil
		}
		more := space(min(n, 4*at))
		copy(more, out)
		out = more
	}
}
