package file

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// Codec is a way of compressing a whole file, by its name in messages; "" is none.
type Codec string

// codec is how files of a Codec are told and read.
type codec struct {
	name  Codec
	exts  []string
	magic string // what such files begin with; "" if nothing tells
	open  func(io.Reader) (io.ReadCloser, error)
}

var codecs = []codec{
	{"gzip", []string{".gz", ".gzip", ".bgz"}, "\x1f\x8b", openGzip},
	{"zstd", []string{".zst", ".zstd"}, "\x28\xb5\x2f\xfd", openZstd},
	{"bzip2", []string{".bz2"}, "BZh", openBzip2},
	{"xz", []string{".xz"}, "\xfd7zXZ\x00", openXZ},
	{"lz4", []string{".lz4"}, "\x04\x22\x4d\x18", openLZ4},
	{"snappy", []string{".sz", ".snappy"}, "\xff\x06\x00\x00sNaPpY", openSnappy},
	{"hadoop snappy", nil, "", openHadoopSnappy},
}

// CodecOf returns the codec that a path's extension names, and the path without that extension.
func CodecOf(path string) (Codec, string) {
	for _, c := range codecs {
		for _, ext := range c.exts {
			if n := len(path) - len(ext); n > 0 && strings.EqualFold(path[n:], ext) {
				return c.name, path[:n]
			}
		}
	}
	return "", path
}

// magicBytes is how much of a file's beginning must be seen to tell its codec.
const magicBytes = 16

// codecByMagic returns the codec that a file's first bytes tell, nil if none.
func codecByMagic(head []byte) *codec {
	for i, c := range codecs {
		if c.magic != "" && bytes.HasPrefix(head, []byte(c.magic)) && (c.name != "bzip2" || looksLikeBzip2(head)) {
			return &codecs[i]
		}
	}
	return nil
}

// looksLikeBzip2 tells bzip2 from text that begins with BZh: the size of a block follows, and a block or the end.
func looksLikeBzip2(head []byte) bool {
	const block, end = "1AY&SY", "\x17rE8P\x90"
	return len(head) >= 10 && head[3] >= '1' && head[3] <= '9' && (string(head[4:10]) == block || string(head[4:10]) == end)
}

// skippable reports whether a file begins with a frame to be skipped, as zstd and lz4 have them: pzstd writes one before each
// frame.
func skippable(head []byte) bool {
	return len(head) >= 8 && binary.LittleEndian.Uint32(head)&^15 == zstdSkippable
}

func codecNamed(name Codec) *codec {
	for i, c := range codecs {
		if c.name == name {
			return &codecs[i]
		}
	}
	return nil
}

// codecFor returns how to decompress a file: by its first bytes, whatever its name says, since programs that fetch
// files often decompress them and keep the name. Only where they tell nothing the name counts.
func codecFor(f File, head []byte) *codec {
	if c := codecByMagic(head); c != nil {
		return c
	}
	if skippable(head) && (f.Codec == "zstd" || f.Codec == "lz4") {
		return codecNamed(f.Codec)
	}
	if f.Codec == "snappy" && hadoopSnappy(head) {
		return codecNamed("hadoop snappy")
	}
	return nil
}

func openGzip(r io.Reader) (io.ReadCloser, error) {
	g := &gzipReader{in: bufio.NewReaderSize(r, readAhead)}
	var err error
	if g.Reader, err = gzip.NewReader(g.in); err == nil {
		g.Multistream(false)
	}
	return g, err
}

// gzipReader reads gzip members one behind the other. Zeros behind them are padding.
type gzipReader struct {
	*gzip.Reader
	in *bufio.Reader
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.Reader.Read(p)
		if err == io.EOF && n > 0 {
			return n, nil // what comes behind is looked at next
		}
		if err != io.EOF {
			return n, err
		}
		if err := g.next(); err != nil {
			return 0, err
		}
	}
}

// next goes on to the next member; io.EOF if there is none.
func (g *gzipReader) next() error {
	head, err := g.in.Peek(1)
	for err == nil && head[0] == 0 {
		g.in.Discard(1)
		head, err = g.in.Peek(1)
	}
	switch {
	case err != nil:
		return err
	case head[0] != 0x1f:
		return errors.New("other bytes follow the compressed ones")
	}
	if err := g.Reset(g.in); err != nil {
		return noEOF(err)
	}
	g.Multistream(false)
	return nil
}

// maxZstdWindow is what the zstd command accepts unless told otherwise.
const maxZstdWindow = 128 << 20

func openZstd(r io.Reader) (io.ReadCloser, error) {
	// One goroutine a file, the caller's: who reads many files at once has the cores busy already.
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func openBzip2(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }

func openXZ(r io.Reader) (io.ReadCloser, error) {
	x := &xzReader{in: tail{r: r}}
	var err error
	x.Reader, err = xz.NewReader(&x.in)
	return x, err
}

// xzReader fails at the end of a file that ends in a block's header, which the library takes for the end of the blocks.
type xzReader struct {
	*xz.Reader
	in tail
}

func (x *xzReader) Close() error { return nil }

func (x *xzReader) Read(p []byte) (int, error) {
	n, err := x.Reader.Read(p)
	if err == io.EOF && string(x.in.last[:]) != "YZ" { // as each stream ends
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// tail remembers the last two bytes that were read, zeros left out.
type tail struct {
	r    io.Reader
	last [2]byte
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if b := bytes.TrimRight(p[:n], "\x00"); len(b) == 1 {
		t.last = [2]byte{t.last[1], b[0]}
	} else if len(b) > 1 {
		t.last = [2]byte(b[len(b)-2:])
	}
	return n, err
}

func openLZ4(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil }

func openSnappy(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(s2.NewReader(r)), nil }

// Hadoop and Spark write snappy in a framing of their own: blocks of a length (of the text, 32 bits, big-endian)
// followed by chunks, each a length and that many bytes of snappy, until the block's text is complete.

const (
	hadoopBlock = 64 << 20 // what a block's text may have
	hadoopChunk = 64 << 20 // what a chunk may have
)

// hadoopSnappy tells that framing by the plausibility of its first lengths.
func hadoopSnappy(head []byte) bool {
	if len(head) < 9 {
		return false
	}
	text, chunk := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	if text > hadoopBlock || chunk > hadoopChunk {
		return false
	}
	n, err := snappy.DecodedLen(head[8:])
	return err == nil && n <= int(text)
}

type hadoopReader struct {
	r      io.Reader
	left   int // of the block's text
	packed []byte
	chunk  []byte
	at     int
}

func openHadoopSnappy(r io.Reader) (io.ReadCloser, error) {
	return io.NopCloser(&hadoopReader{r: r}), nil
}

var errHadoop = errors.New("corrupt input")

func (h *hadoopReader) Read(p []byte) (int, error) {
	for h.at == len(h.chunk) {
		if err := h.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, h.chunk[h.at:])
	h.at += n
	return n, nil
}

// next decodes the next chunk.
func (h *hadoopReader) next() error {
	for h.left == 0 {
		n, err := h.length(hadoopBlock)
		if err != nil {
			return err // io.EOF between blocks is the end
		}
		h.left = n
	}
	n, err := h.length(hadoopChunk)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if cap(h.packed) < n {
		h.packed = make([]byte, n)
	}
	h.packed = h.packed[:n]
	if _, err := io.ReadFull(h.r, h.packed); err != nil {
		return io.ErrUnexpectedEOF
	}
	if n, err := snappy.DecodedLen(h.packed); err != nil || n > h.left {
		return errHadoop
	}
	h.chunk, err = snappy.Decode(h.chunk[:cap(h.chunk)], h.packed)
	h.at = 0
	h.left -= len(h.chunk)
	return err
}

func (h *hadoopReader) length(most int) (int, error) {
	var b [4]byte
	if _, err := io.ReadFull(h.r, b[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(b[:])
	if int64(n) > int64(most) {
		return 0, errHadoop
	}
	return int(n), nil
}
