package parquet

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// Magic begins and ends a file.
const Magic = "PAR1"

// Codec compresses pages. It is safe for concurrent use.
type Codec struct {
	number int32
	zstd   *zstd.Encoder
	gzips  *sync.Pool
}

// NewCodec returns a codec: "" for none, snappy, gzip or zstd. Level 0 is the usual one.
func NewCodec(name string, level int) (*Codec, error) {
	c := &Codec{}
	switch name {
	case "":
	case "snappy":
		c.number = 1
	case "gzip":
		c.number = 2
		if level == 0 {
			level = gzip.DefaultCompression
		}
		if _, err := gzip.NewWriterLevel(nil, level); err != nil {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "COMPRESSION_LEVEL of gzip must be from 1 to 9")
		}
		c.gzips = &sync.Pool{New: func() any {
			w, _ := gzip.NewWriterLevel(nil, level) // checked above
			return w
		}}
	case "zstd":
		c.number = 6
		speed := zstd.SpeedDefault
		if level != 0 {
			speed = zstd.EncoderLevelFromZstd(level)
		}
		var err error
		if c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false)); err != nil {
			return nil, err
		}
	default:
		return nil, sqlstate.Unsupported("Use snappy, zstd, gzip or none.", "compression \"%s\" is not supported in Parquet files", name)
	}
	return c, nil
}

func (c *Codec) compress(b []byte) ([]byte, error) {
	switch c.number {
	case 1:
		return s2.EncodeSnappy(nil, b), nil
	case 2:
		var out bytes.Buffer
		w := c.gzips.Get().(*gzip.Writer)
		defer c.gzips.Put(w)
		w.Reset(&out)
		if _, err := w.Write(b); err != nil {
			return nil, err
		}
		err := w.Close()
		return out.Bytes(), err
	case 6:
		return c.zstd.EncodeAll(b, make([]byte, 0, len(b)/2)), nil
	}
	return b, nil
}

// File is a file that is being written: its schema and what the footer is to say.
type File struct {
	codec    *Codec
	style    *text.Style
	elements []element
	leaves   []*leafType
	nodes    []*node
	groups   []rowGroup
	rows     int64
}

// NewFile returns a file of columns. It begins with Magic.
func NewFile(columns []Column, codec *Codec, style *text.Style) (*File, error) {
	b := &builder{elements: []element{{name: "schema", phys: none, repetition: required, children: int32(len(columns)), converted: none}}}
	f := &File{codec: codec, style: style}
	for _, c := range columns {
		n, err := b.column(c)
		if err != nil {
			return nil, err
		}
		f.nodes = append(f.nodes, n)
	}
	f.elements, f.leaves = b.elements, b.leaves
	return f, nil
}

// rowGroup is what the footer says of a row group.
type rowGroup struct {
	rows      int64
	at        int64
	raw, size int64
	chunks    []chunk
}

// chunk is what it says of a column chunk.
type chunk struct {
	leaf           *leafType
	slots, nulls   int64
	raw, size      int64
	dictAt, dataAt int64 // dictAt 0: no dictionary
	codec          int32
	pages          int32
	plainPages     int32 // without the dictionary
	bounds         bounds
	bounded        bool
	bloomAt        int64
	bloomSize      int32

	columnIndex, offsetIndex     []byte
	columnIndexAt, offsetIndexAt int64
}

// Footer returns what stands at the end of a file that has at bytes so far.
func (f *File) Footer(at int64) []byte {
	var c compact
	for _, index := range []func(*chunk) ([]byte, *int64){
		func(x *chunk) ([]byte, *int64) { return x.columnIndex, &x.columnIndexAt },
		func(x *chunk) ([]byte, *int64) { return x.offsetIndex, &x.offsetIndexAt },
	} {
		for g := range f.groups {
			for i := range f.groups[g].chunks {
				b, offset := index(&f.groups[g].chunks[i])
				*offset = at + int64(len(c.b))
				c.b = append(c.b, b...)
			}
		}
	}
	start := len(c.b)
	c.begin()
	c.i32(1, 2) // the version
	c.list(2, tStruct, len(f.elements))
	for i := range f.elements {
		e := &f.elements[i]
		if i == 0 {
			c.begin()
			c.binary(4, []byte(e.name))
			c.i32(5, e.children)
			c.end()
			continue
		}
		e.write(&c)
	}
	c.i64(3, f.rows)
	c.list(4, tStruct, len(f.groups))
	for i := range f.groups {
		f.groups[i].write(&c, i)
	}
	c.binary(6, []byte("gsql"))
	c.list(7, tStruct, len(f.leaves))
	for range f.leaves {
		c.begin()
		c.empty(1) // values are in the order of their type
		c.end()
	}
	c.end()
	c.b = binary.LittleEndian.AppendUint32(c.b, uint32(len(c.b)-start))
	return append(c.b, Magic...)
}

func (g *rowGroup) write(c *compact, number int) {
	c.begin()
	c.list(1, tStruct, len(g.chunks))
	for i := range g.chunks {
		g.chunks[i].write(c)
	}
	c.i64(2, g.raw)
	c.i64(3, g.rows)
	c.i64(5, g.at)
	c.i64(6, g.size)
	if number <= 1<<15-1 {
		c.field(7, 4)
		c.varint(int64(number))
	}
	c.end()
}

func (x *chunk) write(c *compact) {
	c.begin()
	c.i64(2, 0)
	c.in(3)
	x.writeMeta(c)
	c.end()
	c.i64(4, x.offsetIndexAt)
	c.i32(5, int32(len(x.offsetIndex)))
	if x.columnIndex != nil {
		c.i64(6, x.columnIndexAt)
		c.i32(7, int32(len(x.columnIndex)))
	}
	c.end()
}

// writeMeta writes what the footer says of the pages.
func (x *chunk) writeMeta(c *compact) {
	l := x.leaf
	c.i32(1, l.phys)
	encodings := []int64{encRLE}
	if x.dictAt > 0 {
		encodings = append(encodings, encDictionary)
	}
	if x.dictAt > 0 || x.plainPages > 0 {
		encodings = append(encodings, encPlain)
	}
	c.list(2, tI32, len(encodings))
	for _, e := range encodings {
		c.varint(e)
	}
	c.list(3, tBinary, len(l.path))
	for _, name := range l.path {
		c.bytes([]byte(name))
	}
	c.i32(4, x.codec)
	c.i64(5, x.slots)
	c.i64(6, x.raw)
	c.i64(7, x.size)
	c.i64(9, x.dataAt)
	if x.dictAt > 0 {
		c.i64(11, x.dictAt)
	}
	c.in(12)
	c.i64(3, x.nulls)
	if x.bounded {
		c.binary(5, x.bounds.max)
		c.binary(6, x.bounds.min)
		c.bool(7, x.bounds.exact)
		c.bool(8, x.bounds.exact)
	}
	c.end()
	x.writeEncodings(c)
	if x.bloomSize > 0 {
		c.i64(14, x.bloomAt)
		c.i32(15, x.bloomSize)
	}
}

// writeEncodings says of which encodings the pages are: it tells readers whether the dictionary has all values.
func (x *chunk) writeEncodings(c *compact) {
	type stats struct{ page, encoding, count int32 }
	var all []stats
	if x.dictAt > 0 {
		all = append(all, stats{2, encPlain, 1}, stats{0, encDictionary, x.pages - x.plainPages})
	}
	if x.plainPages > 0 {
		all = append(all, stats{0, encPlain, x.plainPages})
	}
	c.list(13, tStruct, len(all))
	for _, s := range all {
		c.begin()
		c.i32(1, s.page)
		c.i32(2, s.encoding)
		c.i32(3, s.count)
		c.end()
	}
}
