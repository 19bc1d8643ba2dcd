package fn

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// cells holds one value of any type per group, in the layout of a vector.
type cells struct {
	typ   types.Type
	kind  types.Kind
	data  []byte // n values
	n     int
	state []uint8     // cellEmpty, cellNull or cellValue
	text  []byte      // long strings, those that were replaced too
	live  int         // bytes of text that are in use
	lists []*listCell // KList, KRow
	held  int64       // bytes of lists
}

const (
	cellEmpty uint8 = iota
	cellNull
	cellValue
)

// listCell is a row of a vector: arrays and records are rare enough here to be kept by reference.
type listCell struct {
	v *vec.Vector
	i int
}

func newCells(t types.Type) *cells { return &cells{typ: t, kind: t.Kind()} }

func (c *cells) grow(n int) {
	if w := c.kind.Width(); n*w > len(c.data) {
		// Words, so that values are aligned.
		grown := vec.BytesOf(make([]uint64, (max(n, 2*c.n)*w+7)/8))
		copy(grown, c.data)
		c.data = grown
	}
	c.n = max(n, c.n)
	c.state = grown(c.state, n)
	if c.byReference() {
		c.lists = grown(c.lists, n)
	}
}

// byReference reports whether values are rows of vectors of their own.
func (c *cells) byReference() bool { return c.kind == types.KList || c.kind == types.KRow }

func (c *cells) bytes() int64 {
	return int64(len(c.data)+cap(c.state)+cap(c.text)) + c.held
}

func (c *cells) has(g int) bool { return c.state[g] != cellEmpty }

// set keeps row i of a flat vector for group g.
func (c *cells) set(g int, v *vec.Vector, i int) {
	if v.Kind == types.KInt128 && c.kind == types.KInt64 {
		c.widen()
	}
	c.dropBytes(g)
	if v.IsNull(i) {
		c.state[g] = cellNull
		return
	}
	c.state[g] = cellValue
	switch {
	case c.kind == types.KView:
		c.setBytes(g, v.Bytes(i))
	case c.byReference():
		if old := c.lists[g]; old != nil {
			c.held -= old.v.Size() + chunkBytes
		}
		// A copy: the row's vector would stay in memory as a whole.
		one := owned(vec.Gather(v, []uint32{uint32(i)}))
		c.lists[g] = &listCell{one, 0}
		c.held += one.Size() + chunkBytes
	case c.kind == types.KInt128 && v.Kind == types.KInt64:
		vec.As[vec.Int128](c.data)[g] = vec.Int128Of(vec.Values[int64](v)[i])
	default:
		w := c.kind.Width()
		copy(c.data[g*w:(g+1)*w], v.Data[i*w:(i+1)*w])
	}
}

// dropBytes says that a group's string is to be replaced.
func (c *cells) dropBytes(g int) {
	if c.kind == types.KView && c.state[g] == cellValue {
		if old := vec.As[vec.View](c.data)[g]; old.Len > vec.ViewInline {
			c.live -= int(old.Len)
		}
	}
}

// bytesOf returns the string of a group that has one, until another one is set.
func (c *cells) bytesOf(g int) []byte {
	v := &vec.As[vec.View](c.data)[g]
	return v.In([][]byte{c.text}, v)
}

// replaceBytes makes s, which none of the strings shares bytes with, the one of a group that has one.
func (c *cells) replaceBytes(g int, s []byte) {
	c.dropBytes(g)
	c.setBytes(g, s)
}

func (c *cells) setBytes(g int, s []byte) {
	if len(s) > vec.ViewInline {
		if len(c.text)+len(s) > cap(c.text) && c.live < len(c.text)/2 {
			c.compact()
		}
		c.live += len(s)
	}
	vec.As[vec.View](c.data)[g] = vec.MakeView(s, 0, uint32(len(c.text)))
	if len(s) > vec.ViewInline {
		c.text = append(c.text, s...)
	}
}

// compact drops the strings that were replaced.
func (c *cells) compact() {
	text := make([]byte, 0, 2*c.live+1024)
	views := vec.As[vec.View](c.data)[:c.n]
	for g := range views {
		v := &views[g]
		if c.state[g] != cellValue || v.Len <= vec.ViewInline {
			continue
		}
		at := uint32(len(text))
		text = append(text, c.text[v.Off:v.Off+v.Len]...)
		v.Off = at
	}
	c.text = text
}

func (c *cells) widen() {
	wide := make([]vec.Int128, c.n)
	for i, x := range vec.As[int64](c.data[:c.n*8]) {
		wide[i] = vec.Int128Of(x)
	}
	c.kind, c.data = types.KInt128, vec.BytesOf(wide)
}

// compare orders the value of group g and row i of a flat vector; neither is NULL.
func (c *cells) compare(g int, v *vec.Vector, i int) int {
	switch {
	case c.byReference():
		return vec.CompareRows(c.lists[g].v, c.lists[g].i, v, i)
	case c.kind == types.KView:
		return c.compareBytes(g, v, i)
	case c.kind == types.KInt64 && v.Kind == types.KInt64:
		return cmp.Compare(vec.As[int64](c.data)[g], vec.Values[int64](v)[i])
	}
	w := c.kind.Width()
	one := vec.Vector{Type: c.typ, Kind: c.kind, Len: 1, Data: c.data[g*w : (g+1)*w]}
	return vec.CompareRows(&one, 0, v, i)
}

// compareBytes is compare for strings.
func (c *cells) compareBytes(g int, v *vec.Vector, i int) int {
	x, y := &vec.As[vec.View](c.data)[g], &vec.Values[vec.View](v)[i]
	switch {
	case c.typ.ID == types.Char:
		return bytes.Compare(trimBlanks(x.In([][]byte{c.text}, x)), trimBlanks(y.In(v.Bufs, y)))
	case vec.HasForms(c.typ):
		one := vec.Vector{Type: c.typ, Kind: c.kind, Len: 1, Data: vec.BytesOf([]vec.View{*x}), Bufs: [][]byte{c.text}}
		return vec.CompareRows(&one, 0, v, i)
	}
	if a, b := binary.BigEndian.Uint32(x.Prefix[:]), binary.BigEndian.Uint32(y.Prefix[:]); a != b {
		return cmp.Compare(a, b)
	}
	return bytes.Compare(x.In([][]byte{c.text}, x), y.In(v.Bufs, y))
}

// vector returns the values of groups from..to-1; those without are NULL.
func (c *cells) vector(from, to int) *vec.Vector {
	if c.byReference() {
		b := vec.NewBuilder(c.typ)
		for g := from; g < to; g++ {
			if c.state[g] == cellValue {
				b.AppendFrom(c.lists[g].v, c.lists[g].i)
			} else {
				b.AppendNull()
			}
		}
		return b.Finish()
	}
	f := flags{n: to - from}
	for i, s := range c.state[from:to] {
		if s != cellValue {
			f.null(i)
		}
	}
	w := c.kind.Width()
	data := vec.BytesOf(make([]uint64, ((to-from)*w+7)/8))[:(to-from)*w]
	copy(data, c.data[from*w:to*w])
	v := &vec.Vector{Type: c.typ, Kind: c.kind, Len: to - from, Valid: f.valid, Data: data}
	if c.kind == types.KView {
		for i, s := range c.state[from:to] {
			if s != cellValue {
				vec.As[vec.View](data)[i] = vec.View{}
			}
		}
		if len(c.text) > 0 {
			v.Bufs = [][]byte{c.text}
		}
	}
	return v
}
