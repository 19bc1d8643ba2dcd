package parquet

import (
	"encoding/binary"
	"io"
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/parquet/bloom"
)

// blooms gives the bounds of a row group's columns together with their Bloom filters.
type blooms struct {
	queue *queue
	file  *openFile
	group int
	r     io.ReaderAt // the file
	seen  map[int]bounds
}

// of returns what is known of a column of the output.
func (s *blooms) of(col int) bounds {
	b, ok := s.seen[col]
	if !ok {
		b = s.find(col)
		if s.seen == nil {
			s.seen = map[int]bounds{}
		}
		s.seen[col] = b
	}
	return b
}

func (s *blooms) find(col int) bounds {
	b := s.queue.columnBounds(s.file.meta, s.group, col)
	c := &s.file.cols[s.queue.scan.columns[col]]
	if c.missing || c.refuse != "" || c.root != nil {
		return b
	}
	if k, err := s.file.chunkOf(s.group, c); err == nil && k.bloomAt > 0 {
		b.filter = &membership{column: c, r: s.r, fileSize: s.file.file.Size, at: k.bloomAt, length: k.bloomLen}
	}
	return b
}

// membership asks a column chunk's Bloom filter for values, of which it reads one block each.
type membership struct {
	column   *column
	r        io.ReaderAt
	fileSize int64
	at       int64
	length   int32 // with the header, 0: unknown
	asked    int
	begun    bool
	blocks   int64 // 0: it cannot be used
	data     []byte
}

const (
	// maxAsked is how many values a filter is asked for: each takes a read.
	maxAsked = 100
	// smallFilter is the size up to which a filter is read as a whole.
	smallFilter = 16 << 10
	// filterHeader is how much is read for a filter's header.
	filterHeader = 256
)

// lacks reports whether the chunk certainly has no value equal to a constant.
func (m *membership) lacks(k *vec.Vector) bool {
	if m == nil || m.asked == maxAsked {
		return false
	}
	m.asked++
	forms, ok := m.column.physical(k)
	if !ok {
		return false
	}
	for _, b := range forms {
		if m.has(bloom.Hash(b)) {
			return false
		}
	}
	return true // so it is when the column's type has no such value at all
}

// has reports whether the filter may have a hash.
func (m *membership) has(hash uint64) bool {
	if !m.begun {
		m.begun = true
		m.begin()
	}
	if m.blocks == 0 {
		return true
	}
	at := bloom.Block(hash, m.blocks) * bloom.BlockBytes
	if m.data != nil {
		return bloom.Has(m.data[at:], hash)
	}
	var block [bloom.BlockBytes]byte
	if n, _ := m.r.ReadAt(block[:], m.at+at); n < len(block) {
		return true
	}
	return bloom.Has(block[:], hash)
}

// begin reads the header, and the filter if it is small. A filter of a kind that is not known, or that does not lie in the
// file, is not used.
func (m *membership) begin() {
	want := int64(filterHeader)
	if m.length > 0 && m.length <= smallFilter {
		want = int64(m.length)
	}
	head := make([]byte, max(min(want, m.fileSize-m.at), 0))
	if n, _ := m.r.ReadAt(head, m.at); n < len(head) {
		return
	}
	size, n, ok := readFilterHeader(head)
	if !ok || size <= 0 || size%bloom.BlockBytes != 0 || size > m.fileSize-m.at-int64(n) || m.length > 0 && int64(m.length) != size+int64(n) {
		return
	}
	m.at += int64(n)
	m.blocks = size / bloom.BlockBytes
	if rest := head[n:]; int64(len(rest)) >= size {
		m.data = rest[:size]
	}
}

// readFilterHeader returns the size of a filter and of its header; ok says that it is one of blocks, of XXH64, uncompressed.
func readFilterHeader(b []byte) (size int64, n int, ok bool) {
	c := &compact{b: b}
	kinds := 0
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tI32:
			size = c.int()
		case id >= 2 && id <= 4 && typ == tStruct:
			c.fields(func(id int, typ byte) bool {
				if id == 1 {
					kinds++
				}
				return false
			})
		default:
			return false
		}
		return true
	})
	return size, c.pos, c.err == nil && kinds == 3
}

// physical returns the bytes of a constant as the column's chunks have it, by which a Bloom filter knows it: none when the
// column can have no such value, several when different ones are equal. ok is false when that is not known.
func (c *column) physical(k *vec.Vector) (forms [][]byte, ok bool) {
	one := func(b []byte) ([][]byte, bool) { return [][]byte{b}, true }
	switch c.typ.ID {
	case types.Int16, types.Int32, types.Int64, types.Numeric:
		return c.physicalNumber(k)
	case types.Float32, types.Float64:
		return c.physicalFloat(k)
	case types.Date:
		if k.Type.ID == types.Date && c.conv == convertNone {
			return one(binary.LittleEndian.AppendUint32(nil, uint32(vec.At[int32](k, 0))))
		}
	case types.Time, types.Timestamp, types.TimestampTZ:
		if k.Type.ID == c.typ.ID {
			return c.physicalTime(vec.At[int64](k, 0))
		}
	case types.UUID:
		if k.Type.ID == types.UUID {
			u := vec.At[[16]byte](k, 0)
			return one(u[:])
		}
	case types.Text:
		if k.Type.IsString() && k.Type.ID != types.Char {
			return one(k.Bytes(0))
		}
	case types.Bytea:
		if k.Type.ID == types.Bytea {
			return one(k.Bytes(0))
		}
	}
	return nil, false
}

// physicalTime is physical of microseconds.
func (c *column) physicalTime(micros int64) ([][]byte, bool) {
	switch {
	case c.conv == convertMul && c.factor > 0:
		if micros%c.factor != 0 {
			return nil, true
		}
		micros /= c.factor
	case c.conv != convertNone:
		return nil, false // different nanoseconds are the same microsecond
	}
	return c.word(micros)
}

// word returns an integer in the column's width.
func (c *column) word(x int64) ([][]byte, bool) {
	switch {
	case c.phys == physInt64:
		return [][]byte{binary.LittleEndian.AppendUint64(nil, uint64(x))}, true
	case c.phys != physInt32:
		return nil, false
	case c.unsigned && (x < 0 || x > math.MaxUint32), !c.unsigned && (x < math.MinInt32 || x > math.MaxInt32):
		return nil, true
	}
	return [][]byte{binary.LittleEndian.AppendUint32(nil, uint32(x))}, true
}

// physicalNumber is physical of integers and decimals.
func (c *column) physicalNumber(k *vec.Vector) ([][]byte, bool) {
	n, ok := numeric(k)
	if !ok || n.Special != 0 {
		return nil, false
	}
	scale := 0
	if c.typ.ID == types.Numeric {
		scale = int(c.typ.Scale)
	}
	if scale < 0 {
		return nil, false
	}
	for int(n.Scale) > scale { // the digits behind must be zeros
		q, rem, ok := vec.DivMod128(n.Coef, vec.Int128Of(10))
		if !ok || rem != (vec.Int128{}) {
			return nil, ok
		}
		n.Coef, n.Scale = q, n.Scale-1
	}
	x, ok := vec.Rescale128(n.Coef, int(n.Scale), scale)
	if !ok {
		return nil, true
	}
	if c.conv == convertDecimal {
		return c.physicalDecimal(x)
	}
	if c.phys == physInt64 && c.unsigned {
		if x.Hi != 0 {
			return nil, true
		}
		return [][]byte{binary.LittleEndian.AppendUint64(nil, x.Lo)}, true
	}
	if !x.IsInt64() {
		return nil, true
	}
	return c.word(int64(x.Lo))
}

// physicalDecimal is physical of decimals in bytes, whose number is fixed.
func (c *column) physicalDecimal(x vec.Int128) ([][]byte, bool) {
	if c.phys != physFixed || c.typeLen <= 0 || c.typeLen > 64 {
		return nil, false
	}
	b := make([]byte, 16, 64)
	binary.BigEndian.PutUint64(b, uint64(x.Hi))
	binary.BigEndian.PutUint64(b[8:], x.Lo)
	out := make([]byte, c.typeLen)
	if err := signExtend(out, b); err != nil {
		return nil, true
	}
	if (out[0] >= 0x80) != (x.Hi < 0) {
		return nil, true
	}
	return [][]byte{out}, true
}

// physicalFloat is physical of floats. Zeros of both signs are equal, and so are all the NaN.
func (c *column) physicalFloat(k *vec.Vector) ([][]byte, bool) {
	if !k.Type.IsFloat() || c.conv != convertNone {
		return nil, false
	}
	x := float(k)
	if x != x {
		return nil, false
	}
	values := []float64{x}
	if x == 0 {
		values = []float64{0, math.Copysign(0, -1)}
	}
	var out [][]byte
	for _, v := range values {
		switch {
		case c.phys == physDouble:
			out = append(out, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
		case c.phys == physFloat && float64(float32(v)) == v:
			out = append(out, binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v))))
		case c.phys != physFloat:
			return nil, false
		}
	}
	return out, true
}

// constOf returns value i of a flat vector as a constant.
func constOf(v *vec.Vector, i int) *vec.Vector {
	w := vec.Flatten(vec.Gather(v, []uint32{uint32(i)}))
	w.Enc = vec.Const
	return w
}
