package write

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"gsql/exec/sqlstate"
)

// A compressor makes members of a compressed file, which are read one behind the other as if they were one. It is safe
// for concurrent use; nil leaves bytes as they are.
type compressor struct {
	gzips sync.Pool // *gzip.Writer
	zstd  *zstd.Encoder
}

// newCompressor returns the compressor of a kind, "" for none. Level 0 is the usual one.
func newCompressor(kind string, level int) (*compressor, error) {
	c := &compressor{}
	switch kind {
	case "":
		return nil, nil
	case "gzip":
		if level == 0 {
			level = gzip.DefaultCompression
		}
		if _, err := gzip.NewWriterLevel(nil, level); err != nil {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "COMPRESSION_LEVEL of gzip must be from 1 to 9")
		}
		c.gzips.New = func() any {
			w, _ := gzip.NewWriterLevel(nil, level) // checked above
			return w
		}
	case "zstd":
		speed := zstd.SpeedDefault
		if level != 0 {
			speed = zstd.EncoderLevelFromZstd(level)
		}
		var err error
		if c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithWindowSize(1<<20)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// member returns bytes as a member.
func (c *compressor) member(src []byte) ([]byte, error) {
	switch {
	case c == nil || len(src) == 0:
		return src, nil
	case c.zstd != nil:
		return c.zstd.EncodeAll(src, make([]byte, 0, len(src)/2)), nil
	}
	var b bytes.Buffer
	b.Grow(len(src) / 3)
	w := c.gzips.Get().(*gzip.Writer)
	defer c.gzips.Put(w)
	w.Reset(&b)
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}
