package parquet

import (
	"context"
	"encoding/binary"
	"io"

	"gsql/exec/vec"
)

const (
	pieceRows = 2048 // rows that are added at once, between two looks at the context and at the size of pages
	pageRows  = 20_000
	pageBytes = 1 << 20
)

// Group is the rows of a row group while they are encoded. One goroutine uses it. It can be filled again after Append.
type Group struct {
	file   *File
	rows   int
	leaves []*leaf
}

// NewGroup returns an empty group of a file.
func (f *File) NewGroup() *Group {
	g := &Group{file: f}
	for _, t := range f.leaves {
		g.leaves = append(g.leaves, &leaf{leafType: t, group: g, values: f.encoder(t)})
	}
	return g
}

func (f *File) encoder(t *leafType) encoder {
	switch t.conv {
	case asBool:
		return &booleans{}
	case asInt32:
		return &words[uint32]{bloom: t.bloom, limit: int32Bounds, put: func(dst []uint32, v *vec.Vector) ([]uint32, error) { return appendInt32(dst, v, t.typ) }}
	case asInt64:
		return &words[uint64]{bloom: t.bloom, limit: int64Bounds, put: func(dst []uint64, v *vec.Vector) ([]uint64, error) { return appendInt64(dst, v, t.typ) }}
	case asFloat:
		return &words[uint32]{bloom: t.bloom, limit: floatBounds, put: func(dst []uint32, v *vec.Vector) ([]uint32, error) {
			return append(dst, vec.As[uint32](v.Data)...), nil
		}}
	case asDouble:
		return &words[uint64]{bloom: t.bloom, limit: doubleBounds, put: func(dst []uint64, v *vec.Vector) ([]uint64, error) {
			return append(dst, vec.As[uint64](v.Data)...), nil
		}}
	case asNumber:
		return &words[uint64]{bloom: t.bloom, limit: doubleBounds, put: func(dst []uint64, v *vec.Vector) ([]uint64, error) { return appendNumbers(dst, v), nil }}
	case asUUID, asInterval, asDecimal:
		return &fixed{width: t.length, conv: t.conv, typ: t.typ, bloom: t.bloom}
	}
	return &byteStrings{render: t.conv == asText, style: f.style, bloom: t.bloom}
}

func (g *Group) leafOf(t *leafType) *leaf { return g.leaves[t.number] }

// Add encodes rows, all of which count.
func (g *Group) Add(ctx context.Context, b *vec.Batch) error {
	for from := 0; from < b.Rows; from += pieceRows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		to := min(from+pieceRows, b.Rows)
		for i, n := range g.file.nodes {
			v := b.Cols[i]
			if to-from < b.Rows {
				v = vec.Slice(v, from, to)
			}
			if err := n.add(g, v); err != nil {
				return err
			}
		}
		g.rows += to - from
		for _, l := range g.leaves {
			if l.full() {
				if err := l.flush(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Rows returns how many rows were added since Append.
func (g *Group) Rows() int { return g.rows }

// Bytes returns how many bytes the group keeps, about.
func (g *Group) Bytes() (n int64) {
	for _, l := range g.leaves {
		n += int64(len(l.data) + len(l.def) + len(l.rep) + l.values.bytes() + l.values.kept())
	}
	return n
}

// leaf is a column of values while they are encoded.
type leaf struct {
	*leafType
	group  *Group
	values encoder

	// Of the page that is being filled.
	def, rep []uint8 // levels; def is empty while all values are there and none is nested
	slots    int
	nulls    int
	first    int // row of the group that it begins with

	// Of the column chunk.
	data      []byte // pages, compressed
	raw       int64  // bytes of the pages before that
	pages     []pageInfo
	plain     int32 // pages without a dictionary
	bounds    bounds
	allSlots  int
	allNulls  int
	dictPages bool
	scratch   []byte
}

// pageInfo is what the page index says of a page.
type pageInfo struct {
	at, size int // in data
	row      int
	slots    int
	nulls    int
	bounds   bounds
}

// addFlat takes in a column that is not nested.
func (l *leaf) addFlat(v *vec.Vector) error {
	n := v.Len
	if v.Enc == vec.Const || v.Enc == vec.Dict && (v.Dict.Valid != nil || l.conv != asBytes) {
		v = vec.Flatten(v)
	}
	missing := n - v.Valid.Count(n)
	if missing > 0 && len(l.def) == 0 {
		for range l.slots {
			l.def = append(l.def, 1)
		}
	}
	l.slots += n
	l.nulls += missing
	if missing == 0 {
		if len(l.def) > 0 {
			for range n {
				l.def = append(l.def, 1)
			}
		}
		return l.values.add(v)
	}
	there := make([]uint32, 0, n-missing)
	for i := range n {
		d := uint8(v.Valid[i>>6] >> (i & 63) & 1)
		l.def = append(l.def, d)
		if d != 0 {
			there = append(there, uint32(i))
		}
	}
	if len(there) == 0 {
		return nil
	}
	return l.values.add(vec.Gather(v, there))
}

// addSlots takes in what is in arrays or records.
func (l *leaf) addSlots(v *vec.Vector, s slots) error {
	l.def = append(l.def, s.def...)
	if l.leafType.rep > 0 {
		l.rep = append(l.rep, s.rep...)
	}
	l.slots += len(s.rows)
	there := make([]uint32, 0, len(s.rows))
	for _, r := range s.rows {
		if r >= 0 {
			there = append(there, uint32(r))
		}
	}
	l.nulls += len(s.rows) - len(there)
	if len(there) == 0 {
		return nil
	}
	return l.values.add(vec.Gather(v, there))
}

func (l *leaf) full() bool { return l.slots >= pageRows || l.values.bytes() >= pageBytes }

// flush makes a page of what was added.
func (l *leaf) flush() error {
	if l.slots == 0 {
		return nil
	}
	body := l.scratch[:0]
	if l.leafType.rep > 0 {
		body = appendLevels(body, l.rep, l.slots, l.leafType.rep)
	}
	body = appendLevels(body, l.def, l.slots, l.leafType.def)
	body, dict, b := l.values.page(body)
	l.scratch = body
	encoding := encPlain
	if dict {
		encoding, l.dictPages = encDictionary, true
	} else {
		l.plain++
	}
	packed, err := l.group.file.codec.compress(body)
	if err != nil {
		return err
	}
	var c compact
	c.begin()
	c.i32(1, 0) // a data page
	c.i32(2, int32(len(body)))
	c.i32(3, int32(len(packed)))
	c.in(5)
	c.i32(1, int32(l.slots))
	c.i32(2, int32(encoding))
	c.i32(3, encRLE)
	c.i32(4, encRLE)
	c.end()
	c.end()
	at := len(l.data)
	l.data = append(append(l.data, c.b...), packed...)
	l.raw += int64(len(c.b) + len(body))
	l.pages = append(l.pages, pageInfo{at, len(l.data) - at, l.first, l.slots, l.nulls, b})
	l.bounds.merge(b, l.conv)
	l.allSlots += l.slots
	l.allNulls += l.nulls
	l.def, l.rep, l.slots, l.nulls, l.first = l.def[:0], l.rep[:0], 0, 0, l.group.rows
	return nil
}

// appendLevels appends levels behind their length. Without levels all are the highest.
func appendLevels(dst []byte, levels []uint8, n, most int) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if len(levels) == 0 {
		dst = appendRun(dst, uint32(most), n, bitWidth(most))
	} else {
		dst = appendHybrid(dst, levels, bitWidth(most))
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// Encodings.
const (
	encPlain      = 0
	encRLE        = 3
	encDictionary = 8
)

// Finish makes pages of all rows, so that Append has little left to do.
func (g *Group) Finish() error {
	for _, l := range g.leaves {
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Append writes the group to the file, which has at bytes so far, and empties it. It is for one goroutine at a time. Finish
// must have been called.
func (g *Group) Append(w io.Writer, at int64) error {
	if g.rows == 0 {
		return nil
	}
	out := &offsetWriter{w: w, at: at}
	rg := rowGroup{rows: int64(g.rows), at: at}
	var filters [][]byte
	for _, l := range g.leaves {
		c, err := l.write(out)
		if err != nil {
			return err
		}
		rg.chunks = append(rg.chunks, c)
		rg.raw += c.raw
		rg.size += c.size
		var filter []byte
		if l.bloom {
			filter = bloomFilter(l.values.hashes(nil))
		}
		filters = append(filters, filter)
	}
	for i, f := range filters {
		if f == nil {
			continue
		}
		rg.chunks[i].bloomAt, rg.chunks[i].bloomSize = out.at, int32(len(f))
		if err := out.write(f); err != nil {
			return err
		}
	}
	g.file.groups = append(g.file.groups, rg)
	g.file.rows += rg.rows
	g.reset()
	return nil
}

func (g *Group) reset() {
	g.rows = 0
	for _, l := range g.leaves {
		l.values.reset()
		*l = leaf{leafType: l.leafType, group: g, values: l.values, def: l.def[:0], rep: l.rep[:0], data: l.data[:0], scratch: l.scratch[:0]}
	}
}

// write writes a column chunk.
func (l *leaf) write(out *offsetWriter) (c chunk, err error) {
	c = chunk{leaf: l.leafType, slots: int64(l.allSlots), nulls: int64(l.allNulls), raw: l.raw, size: int64(len(l.data)), plainPages: l.plain,
		codec: l.group.file.codec.number, pages: int32(len(l.pages))}
	if l.dictPages {
		values, n := l.values.dictionary()
		packed, err := l.group.file.codec.compress(values)
		if err != nil {
			return c, err
		}
		var h compact
		h.begin()
		h.i32(1, 2) // a dictionary page
		h.i32(2, int32(len(values)))
		h.i32(3, int32(len(packed)))
		h.in(7)
		h.i32(1, int32(n))
		h.i32(2, encPlain)
		h.end()
		h.end()
		c.dictAt = out.at
		c.raw += int64(len(h.b) + len(values))
		c.size += int64(len(h.b) + len(packed))
		if err := out.write(append(h.b, packed...)); err != nil {
			return c, err
		}
	}
	c.dataAt = out.at
	if l.order {
		c.bounds, c.bounded = l.bounds.short(l.conv)
	}
	c.columnIndex, c.offsetIndex = l.index(out.at)
	return c, out.write(l.data)
}

// index returns the page index of a chunk whose pages begin at an offset: nil for the bounds when some page has none.
func (l *leaf) index(at int64) (columns, offsets []byte) {
	var c compact
	c.begin()
	c.list(1, tStruct, len(l.pages))
	for _, p := range l.pages {
		c.begin()
		c.i64(1, at+int64(p.at))
		c.i32(2, int32(p.size))
		c.i64(3, int64(p.row))
		c.end()
	}
	c.end()
	offsets = c.b
	if !l.order {
		return nil, offsets
	}
	shorts := make([]bounds, len(l.pages))
	for i, p := range l.pages {
		var ok bool
		if shorts[i], ok = p.bounds.short(l.conv); !ok && p.nulls < p.slots {
			return nil, offsets
		}
	}
	c = compact{}
	c.begin()
	c.list(1, tTrue, len(l.pages))
	for _, p := range l.pages {
		c.b = append(c.b, map[bool]byte{true: tTrue, false: tFalse}[p.nulls == p.slots])
	}
	for id, of := range []func(b bounds) []byte{func(b bounds) []byte { return b.min }, func(b bounds) []byte { return b.max }} {
		c.list(2+id, tBinary, len(l.pages))
		for _, b := range shorts {
			c.bytes(of(b))
		}
	}
	c.i32(4, 0) // the bounds are in no order
	c.list(5, tI64, len(l.pages))
	for _, p := range l.pages {
		c.varint(int64(p.nulls))
	}
	c.end()
	return c.b, offsets
}

// offsetWriter knows where in the file it is.
type offsetWriter struct {
	w  io.Writer
	at int64
}

func (o *offsetWriter) write(b []byte) error {
	n, err := o.w.Write(b)
	o.at += int64(n)
	return err
}
