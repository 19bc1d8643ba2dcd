package parquet

import (
	"encoding/binary"
	"errors"
	"io"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// footer is what a file says of itself. Only what a scan needs is kept. The footer is read here and not by
// arrow's metadata package because that one panics on logical types it does not know, allocates what a
// damaged file asks for, and takes ten times as long.
type footer struct {
	rows      int64
	schema    []schemaElement
	groups    []rowGroup
	encrypted bool
}

// schemaElement is a node of the schema tree, which is listed depth first. Absent enums are -1.
type schemaElement struct {
	typ       int32
	typeLen   int32
	rep       int32
	name      string
	children  int32
	converted int32
	scale     int32
	prec      int32
	logical   logicalType
	id        int32 // of the field, as its writer numbers them
}

// logicalType is the annotation of a leaf; kind is the number of the field in Thrift's union, 0 for none.
type logicalType struct {
	kind        int
	scale, prec int32
	unit        int // 1 ms, 2 us, 3 ns
	utc         bool
	bits        int
	signed      bool
}

type rowGroup struct {
	rows int64
	cols []chunkMeta
}

// chunkMeta describes a column chunk: one column of one row group.
type chunkMeta struct {
	elsewhere bool // in another file
	encrypted bool
	typ       int32
	codec     int32
	values    int64
	raw       int64 // bytes of the pages decompressed
	size      int64 // compressed, with page headers
	dataAt    int64
	dictAt    int64 // 0: unknown
	allDict   bool  // every data page is dictionary encoded, as far as the footer says
	stats     statistics

	// Where the chunk's Bloom filter, page bounds and page places are, each 0 where there is none.
	bloomAt                        int64
	columnIndexAt, offsetIndexAt   int64
	columnIndexLen, offsetIndexLen int32
	bloomLen                       int32 // 0: unknown
}

// statistics are the bounds of a chunk, as PLAIN values without length. Old marks the deprecated fields,
// whose order was signed for everything.
type statistics struct {
	min, max []byte
	old      bool
	nulls    int64 // -1: unknown
}

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	footerTail     = 8
	// footerGuess is read at first: most footers are within it.
	footerGuess = 64 << 10
	maxColumns  = 1 << 16
)

// readFooter reads and decodes the footer of a file.
func readFooter(f file.File, r io.ReaderAt) (*footer, error) {
	raw, err := footerBytes(f, r)
	if err != nil {
		return nil, err
	}
	ft := new(footer)
	c := &compact{b: raw}
	ft.decode(c)
	if c.err != nil {
		return nil, corrupt(f.Path, "could not read the footer: %v", c.err)
	}
	if ft.encrypted {
		return nil, encrypted(f.Path)
	}
	if ft.rows < 0 || len(ft.schema) == 0 {
		return nil, corrupt(f.Path, "the footer has no schema")
	}
	return ft, nil
}

func footerBytes(f file.File, r io.ReaderAt) ([]byte, error) {
	if f.Size < footerTail+4 {
		return nil, corrupt(f.Path, "the file is too small to be a Parquet file")
	}
	buf := make([]byte, min(f.Size, footerGuess))
	if err := readAt(f.Path, r, buf, f.Size-int64(len(buf))); err != nil {
		return nil, err
	}
	switch string(buf[len(buf)-4:]) {
	case magic:
	case magicEncrypted:
		return nil, encrypted(f.Path)
	default:
		return nil, corrupt(f.Path, "the file does not end as a Parquet file does").
			WithHint("The file is no Parquet file, or it was not written to its end.")
	}
	size := int64(binary.LittleEndian.Uint32(buf[len(buf)-footerTail:]))
	if size+footerTail+4 > f.Size {
		return nil, corrupt(f.Path, "the footer says it is larger than the file")
	}
	if size+footerTail <= int64(len(buf)) {
		return buf[int64(len(buf))-footerTail-size : len(buf)-footerTail], nil
	}
	buf = make([]byte, size)
	return buf, readAt(f.Path, r, buf, f.Size-footerTail-size)
}

// readAt fills buf from the file or returns an error with its name.
func readAt(path string, r io.ReaderAt, buf []byte, off int64) error {
	n, err := r.ReadAt(buf, off)
	if n == len(buf) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return corrupt(path, "unexpected end of file: %d bytes wanted at offset %d", len(buf), off)
	}
	return sqlstate.New(sqlstate.IOError, "could not read file %q: %v", path, err)
}

func corrupt(path, format string, args ...any) *sqlstate.Error {
	e := sqlstate.New(sqlstate.DataCorrupted, format, args...)
	e.Message = "Parquet file \"" + path + "\" is damaged: " + e.Message
	return e
}

func encrypted(path string) error {
	return sqlstate.Unsupported("Decrypt the file first.", "Parquet file %q is encrypted", path)
}

func (ft *footer) decode(c *compact) {
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 2 && typ == tList:
			c.list(tStruct, func(n int) {
				if n > maxColumns {
					c.fail(errors.New("too many columns"))
				}
			}, func() { ft.schema = append(ft.schema, readSchemaElement(c)) })
		case id == 3 && typ == tI64:
			ft.rows = c.int()
		case id == 4 && typ == tList:
			c.list(tStruct, nil, func() { ft.groups = append(ft.groups, readRowGroup(c, len(ft.schema))) })
		case id == 8 && typ == tStruct:
			ft.encrypted = true
			return false
		default:
			return false
		}
		return true
	})
}

func readSchemaElement(c *compact) schemaElement {
	e := schemaElement{typ: -1, rep: -1, converted: -1, id: -1}
	c.fields(func(id int, typ byte) bool {
		var at *int32
		switch id {
		case 1:
			at = &e.typ
		case 2:
			at = &e.typeLen
		case 3:
			at = &e.rep
		case 4:
			if typ == tBinary {
				e.name = string(c.bytes())
				return true
			}
		case 5:
			at = &e.children
		case 6:
			at = &e.converted
		case 7:
			at = &e.scale
		case 8:
			at = &e.prec
		case 9:
			at = &e.id
		case 10:
			if typ == tStruct {
				e.logical = readLogical(c)
				return true
			}
		}
		if at == nil || typ != tI32 {
			return false
		}
		*at = int32(c.int())
		return true
	})
	return e
}

func readLogical(c *compact) logicalType {
	var l logicalType
	c.fields(func(id int, typ byte) bool {
		if typ != tStruct {
			return false
		}
		l.kind = id
		c.fields(func(id int, typ byte) bool {
			switch {
			case typ == tI32 && id == 1:
				l.scale = int32(c.int())
			case typ == tI32 && id == 2:
				l.prec = int32(c.int())
			case typ == tI8 && id == 1:
				l.bits = int(c.byte())
			case (typ == tTrue || typ == tFalse) && id == 1:
				l.utc = typ == tTrue
			case (typ == tTrue || typ == tFalse) && id == 2:
				l.signed = typ == tTrue
			case typ == tStruct && id == 2:
				c.fields(func(id int, typ byte) bool { l.unit = id; return false })
			default:
				return false
			}
			return true
		})
		return true
	})
	return l
}

func readRowGroup(c *compact, columns int) rowGroup {
	var g rowGroup
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tList:
			c.list(tStruct, func(n int) {
				if n > columns {
					c.fail(errors.New("a row group has more columns than the schema"))
					return
				}
				g.cols = make([]chunkMeta, 0, n)
			}, func() { g.cols = append(g.cols, readChunk(c)) })
		case id == 3 && typ == tI64:
			g.rows = c.int()
		default:
			return false
		}
		return true
	})
	if g.rows < 0 {
		c.fail(errThrift)
	}
	return g
}

func readChunk(c *compact) chunkMeta {
	m := chunkMeta{stats: statistics{nulls: -1}, typ: -1}
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tBinary:
			m.elsewhere = len(c.bytes()) > 0
		case id == 3 && typ == tStruct:
			m.read(c)
		case id == 4 && typ == tI64:
			m.offsetIndexAt = c.int()
		case id == 5 && typ == tI32:
			m.offsetIndexLen = int32(c.int())
		case id == 6 && typ == tI64:
			m.columnIndexAt = c.int()
		case id == 7 && typ == tI32:
			m.columnIndexLen = int32(c.int())
		case (id == 8 || id == 9) && (typ == tStruct || typ == tBinary):
			m.encrypted = true
			return false
		default:
			return false
		}
		return true
	})
	return m
}

func (m *chunkMeta) read(c *compact) {
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tI32:
			m.typ = int32(c.int())
		case id == 2 && typ == tList:
			m.allDict = true
			c.list(tI32, nil, func() {
				switch c.int() {
				case encPlainDict, encRLEDict, encRLE, encPlain, encBitPacked:
				default:
					m.allDict = false
				}
			})
		case id == 4 && typ == tI32:
			m.codec = int32(c.int())
		case id == 5 && typ == tI64:
			m.values = c.int()
		case id == 6 && typ == tI64:
			m.raw = c.int()
		case id == 7 && typ == tI64:
			m.size = c.int()
		case id == 9 && typ == tI64:
			m.dataAt = c.int()
		case id == 11 && typ == tI64:
			m.dictAt = c.int()
		case id == 12 && typ == tStruct:
			m.stats.read(c)
		case id == 13 && typ == tList:
			c.list(tStruct, nil, func() { m.readEncodingStats(c) })
		case id == 14 && typ == tI64:
			m.bloomAt = c.int()
		case id == 15 && typ == tI32:
			m.bloomLen = int32(c.int())
		default:
			return false
		}
		return true
	})
}

// readEncodingStats learns whether some data page is not dictionary encoded.
func (m *chunkMeta) readEncodingStats(c *compact) {
	var page, enc, count int64
	c.fields(func(id int, typ byte) bool {
		if typ != tI32 {
			return false
		}
		switch v := c.int(); id {
		case 1:
			page = v
		case 2:
			enc = v
		case 3:
			count = v
		}
		return true
	})
	data := page == pageData || page == pageDataV2
	if data && count > 0 && enc != encPlainDict && enc != encRLEDict {
		m.allDict = false
	}
}

func (s *statistics) read(c *compact) {
	var oldMin, oldMax []byte
	var hasOldMin, hasOldMax, hasMin, hasMax bool
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tBinary:
			oldMax, hasOldMax = c.bytes(), true
		case id == 2 && typ == tBinary:
			oldMin, hasOldMin = c.bytes(), true
		case id == 3 && typ == tI64:
			s.nulls = c.int()
		case id == 5 && typ == tBinary:
			s.max, hasMax = c.bytes(), true
		case id == 6 && typ == tBinary:
			s.min, hasMin = c.bytes(), true
		default:
			return false
		}
		return true
	})
	if !hasMin && !hasMax && hasOldMin && hasOldMax {
		s.min, s.max, s.old, hasMin, hasMax = oldMin, oldMax, true, true, true
	}
	// An empty value is a bound as well, but a slice of no bytes would look like none.
	if hasMin && s.min == nil {
		s.min = []byte{}
	}
	if hasMax && s.max == nil {
		s.max = []byte{}
	}
	if !hasMin {
		s.min = nil
	}
	if !hasMax {
		s.max = nil
	}
}
