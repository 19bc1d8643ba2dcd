package avro

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/scan"
)

const (
	magic     = "Obj\x01"
	syncBytes = 16
	maxHeader = 64 << 20 // bytes of a file's description
	maxBlock  = 1 << 30  // bytes of a block, as it lies there and decompressed
	maxValue  = 1 << 30  // bytes of a string
)

// index says what is where in a file.
type index struct {
	schema *node
	codec  string
	sync   [syncBytes]byte
	blocks []block
	rows   int64
}

// block is where the rows of a block lie.
type block struct {
	off  int64 // of the block, which begins with the number of rows and the size
	data int64 // of the rows
	size int64
	rows int64
}

func corrupt(f file.File, what string, args ...any) *sqlstate.Error {
	return scan.Corrupt("Avro", f, what, args...)
}

// header reads the description at the beginning of a file.
type header struct {
	*bufio.Reader
	n int64 // bytes read
}

func (h *header) read(n int64) ([]byte, error) {
	if n < 0 || h.n+n > maxHeader {
		return nil, errors.New("its description is too long")
	}
	var b bytes.Buffer // which grows with what there is
	k, err := io.CopyN(&b, h, n)
	h.n += k
	return b.Bytes(), err
}

func (h *header) long() (int64, error) {
	var x uint64
	for shift := 0; shift < 64; shift += 7 {
		c, err := h.ReadByte()
		if err != nil {
			return 0, err
		}
		h.n++
		x |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return unzigzag(x), nil
		}
	}
	return 0, errors.New("a number is too long")
}

func unzigzag(x uint64) int64 { return int64(x>>1) ^ -int64(x&1) }

func (h *header) bytes() ([]byte, error) {
	n, err := h.long()
	if err != nil {
		return nil, err
	}
	return h.read(n)
}

// meta reads what a file says of itself.
func (h *header) meta() (schema, codec []byte, err error) {
	for {
		n, err := h.long()
		if n < 0 && err == nil {
			n = -n
			_, err = h.long()
		}
		if n == 0 || err != nil {
			return schema, codec, err
		}
		for ; n != 0; n-- {
			key, err := h.bytes()
			if err != nil {
				return nil, nil, err
			}
			value, err := h.bytes()
			if err != nil {
				return nil, nil, err
			}
			switch string(key) {
			case "avro.schema":
				schema = value
			case "avro.codec":
				codec = value
			}
		}
	}
}

// loadIndex reads the description of an open file and passes over its blocks. Without the blocks, it stops at them.
func loadIndex(f file.File, h io.ReaderAt) (*index, error) {
	r := &header{Reader: bufio.NewReader(io.NewSectionReader(h, 0, f.Size))}
	if m, err := r.read(int64(len(magic))); err != nil || string(m) != magic {
		return nil, corrupt(f, "it does not begin as an Avro file does")
	}
	schema, codec, err := r.meta()
	if err != nil {
		return nil, corrupt(f, "its description cannot be read: %v", noEOF(err))
	}
	sync, err := r.read(syncBytes)
	if err != nil {
		return nil, corrupt(f, "its description cannot be read: %v", noEOF(err))
	}
	x := &index{codec: string(codec), sync: [syncBytes]byte(sync)}
	if x.schema, err = parseSchema(schema); err != nil {
		return nil, corrupt(f, "its schema is not valid: %v", err)
	}
	if decompressors[x.codec] == nil {
		return nil, sqlstate.Unsupported("Write it with deflate, snappy or zstandard.", "Avro file \"%s\" is compressed by %q, which is not supported", f.Path, codec)
	}
	return x, x.pass(f, h, r.n)
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// pass finds the blocks, which begin at off.
func (x *index) pass(f file.File, h io.ReaderAt, off int64) error {
	head := make([]byte, 2*binary.MaxVarintLen64)
	for off < f.Size {
		n, err := h.ReadAt(head[:min(int64(len(head)), f.Size-off)], off)
		if err != nil && err != io.EOF {
			return file.Error(f.Path, err)
		}
		d := decoder{b: head[:n]}
		b := block{off: off, rows: d.long(), size: d.long()}
		b.data = off + int64(d.i)
		switch {
		case d.err != nil || b.size < 0 || b.rows < 0:
			return corrupt(f, "the block at %d does not begin as one", off)
		case b.data+b.size+syncBytes > f.Size:
			return corrupt(f, "it ends within the block at %d", off).WithHint("It was not written or not copied to its end.")
		case b.size > maxBlock:
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "a block of Avro file \"%s\" has more than %d bytes", f.Path, maxBlock)
		}
		off = b.data + b.size + syncBytes
		x.blocks = append(x.blocks, b)
		if x.rows += b.rows; x.rows < 0 || b.rows > 1<<40 {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "Avro file \"%s\" says that it has too many rows", f.Path)
		}
	}
	return nil
}

// read returns the rows of a block.
func (x *index) read(f file.File, h io.ReaderAt, b block) ([]byte, error) {
	buf := make([]byte, b.size+syncBytes)
	if _, err := io.ReadFull(io.NewSectionReader(h, b.data, int64(len(buf))), buf); err != nil {
		return nil, file.Error(f.Path, err)
	}
	if [syncBytes]byte(buf[b.size:]) != x.sync {
		return nil, corrupt(f, "the block at %d does not end as one", b.off)
	}
	data, err := decompressors[x.codec](buf[:b.size:b.size])
	if err != nil {
		return nil, corrupt(f, "could not decompress the block at %d: %v", b.off, err)
	}
	return data, nil
}

// decompressors have the codecs by the names that files have for them.
var decompressors = map[string]func(b []byte) ([]byte, error){
	"":        func(b []byte) ([]byte, error) { return b, nil },
	"null":    func(b []byte) ([]byte, error) { return b, nil },
	"deflate": func(b []byte) ([]byte, error) { return drain(flate.NewReader(bytes.NewReader(b))) },
	"bzip2":   func(b []byte) ([]byte, error) { return drain(bzip2.NewReader(bytes.NewReader(b))) },
	"snappy":  unsnap,
	"xz": func(b []byte) ([]byte, error) {
		r, err := xz.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return drain(r)
	},
	"zstandard": func(b []byte) ([]byte, error) {
		r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return drain(r)
	},
}

// drain reads what was compressed to its end.
func drain(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBlock+1))
	if err == nil && len(b) > maxBlock {
		err = fmt.Errorf("it has more than %d bytes", maxBlock)
	}
	return b, err
}

// unsnap decompresses snappy, behind which is a checksum.
func unsnap(b []byte) ([]byte, error) {
	const ratio = 32 // more than snappy reaches
	n := len(b) - 4
	if n < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if size, err := snappy.DecodedLen(b[:n]); err != nil || size > ratio*len(b) || size > maxBlock {
		return nil, snappy.ErrCorrupt
	}
	out, err := snappy.Decode(nil, b[:n])
	if err == nil && crc32.ChecksumIEEE(out) != binary.BigEndian.Uint32(b[n:]) {
		err = errors.New("the checksum is wrong")
	}
	return out, err
}
