package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// Codecs.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecLZO    = 3
	codecBrotli = 4
	codecLZ4    = 5
	codecZstd   = 6
	codecLZ4Raw = 7
)

var codecNames = [...]string{"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"}

// errCodec marks a codec that is not supported, in contrast to damaged data.
var errCodec = errors.New("unsupported codec")

// How many bytes one compressed byte can stand for at most. Formats that bound it are held to it before a
// page's memory is allocated.
const (
	snappyRatio = 64
	gzipRatio   = 1040
	lz4Ratio    = 256
	// A page of a codec without such a bound that claims more than this starts with less memory.
	freeAlloc = 64 << 20
)

// inflate decompresses src, which must give size bytes, into dst's memory when it is large enough.
func inflate(codec int32, dst, src []byte, size int) (out []byte, err error) {
	if size == 0 {
		return nil, nil
	}
	if err := plausible(codec, len(src), size); err != nil {
		return nil, err
	}
	switch codec {
	case codecZstd:
		out, err = inflateZstd(dst, src, size)
	case codecLZ4Raw:
		out, err = lz4Block(grow(dst, size), src)
	case codecLZ4:
		out, err = lz4Hadoop(grow(dst, size), src)
	case codecSnappy:
		if n, k := binary.Uvarint(src); k <= 0 || n != uint64(size) {
			return nil, fmt.Errorf("a page of %d bytes says it has %d", size, n)
		}
		out, err = snappyBlock(grow(dst, size), src)
	case codecGzip, codecBrotli:
		out, err = inflateArrow(codec, grow(dst, size), src)
	default:
		name := fmt.Sprintf("number %d", codec)
		if codec >= 0 && int(codec) < len(codecNames) {
			name = codecNames[codec]
		}
		return nil, fmt.Errorf("%w %s", errCodec, name)
	}
	if err == nil && len(out) != size {
		err = fmt.Errorf("a page of %d bytes has %d", size, len(out))
	}
	return out, err
}

// plausible refuses sizes that no such compressed page can have.
func plausible(codec int32, have, size int) error {
	ratio := 0
	switch codec {
	case codecSnappy:
		ratio = snappyRatio
	case codecGzip:
		ratio = gzipRatio
	case codecLZ4, codecLZ4Raw:
		ratio = lz4Ratio
	case codecBrotli, codecZstd:
		if size > freeAlloc && size/1000 > have<<10 {
			return fmt.Errorf("a page of %d bytes claims to have %d", have, size)
		}
		return nil
	default:
		return nil
	}
	if size/ratio > have+16 {
		return fmt.Errorf("a page of %d bytes claims to have %d", have, size)
	}
	return nil
}

// grow returns n bytes in dst's memory, or in new memory aligned for every kind of value.
func grow(dst []byte, n int) []byte {
	if cap(dst) >= n {
		return dst[:n]
	}
	return alignedBytes(n)
}

// inflateArrow calls arrow's codecs, which panic on damaged data.
func inflateArrow(codec int32, dst, src []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("could not decompress a page: %v", r)
		}
	}()
	c, err := compress.GetCodec(compress.Compression(codec))
	if err != nil {
		return nil, err
	}
	return c.Decode(dst, src), nil
}

// zstdDecoders are used instead of arrow's decoder, which allocates whatever a frame header asks for.
var zstdDecoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(2<<30))
	if err != nil {
		return err
	}
	return d
}}

func inflateZstd(dst, src []byte, size int) ([]byte, error) {
	x := zstdDecoders.Get()
	d, ok := x.(*zstd.Decoder)
	if !ok {
		return nil, x.(error)
	}
	defer zstdDecoders.Put(d)
	return d.DecodeAll(src, grow(dst, size)[:0:size])
}
