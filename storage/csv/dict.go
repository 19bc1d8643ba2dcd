package csv

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// A text column that seems to have few distinct values is read into a dictionary, one for each stream: codes
// are smaller than views, and grouping, joining and filtering by them is far faster. When there are more values
// than it seemed, the column goes on as a plain one.

const (
	dictGuess = 2000 // a column of at most so many distinct values, as it seems, gets a dictionary
	dictMax   = 8192 // the dictionary's size; its table then fits into a core's cache
)

// dictEntry is what a text is compared by: the first and the last eight bytes and the size say all about a text of
// up to 16 bytes; the eight bytes next to them (see dictionary.inner) all about one of up to 32.
type dictEntry struct {
	head, tail uint64
	size       int32
}

// dictionary numbers the texts of a column.
type dictionary struct {
	typ     types.Type
	index   []uint16    // by hash: the number of a text and 1; 0: free. Sparse, so that a first look mostly tells
	entries []dictEntry // by number
	inner   [][2]uint64 // by number, of texts of more than 16 bytes
	views   []vec.View
	text    []byte
	shown   *vec.Vector // the values, as of the last batch
}

func newDictionary(t types.Type) *dictionary {
	return &dictionary{typ: t, index: make([]uint16, 256)}
}

// vector returns the values so far. Those of earlier calls stay as they are: values are only added.
func (d *dictionary) vector() *vec.Vector {
	if d.shown != nil && d.shown.Len == len(d.views) {
		return d.shown
	}
	v := &vec.Vector{Type: d.typ, Kind: types.KView, Len: len(d.views), Data: vec.BytesOf(d.views)}
	if len(d.text) > 0 {
		v.Bufs = [][]byte{d.text[:len(d.text):len(d.text)]}
	}
	d.shown = v
	return v
}

var headMask = [8]uint64{0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff}

// ends returns the first and the last eight bytes of the text at p.
func ends(p unsafe.Pointer, n int32) (head, tail uint64) {
	if n >= 8 {
		return load8(p), load8(unsafe.Add(p, n-8))
	}
	return load8(p) & headMask[n&7], 0
}

func hashEnds(head, tail uint64, n int32) uint64 {
	hi, lo := bits.Mul64(head^0x9e3779b97f4a7c15, tail^uint64(n)^0xd6e8feb86659fd93)
	return hi ^ lo
}

// dictTexts is texts for a column with a dictionary.
func (c *column) dictTexts(base unsafe.Pointer, s *cells, f *fields) int {
	from := 0
	for _, e := range s.escaped {
		if bad := c.dictRun(base, s, f, from, int(e)); bad >= 0 || c.dict == nil {
			return bad // or all values have been converted without the dictionary
		}
		v := append(c.value(s, f, int(e)), make([]byte, 8)...)
		p, n := unsafe.Pointer(&v[0]), int32(len(v)-8)
		head, tail := ends(p, n)
		code, ok := c.dict.find(p, n, head, tail)
		if !ok {
			if code, ok = c.dict.add(p, n, f.high); !ok {
				return c.leaveDict(base, s, f)
			}
		}
		values[uint32](c, s.n)[e] = code
		from = int(e) + 1
	}
	return c.dictRun(base, s, f, from, s.n)
}

// dictRun looks up the values from..to-1.
func (c *column) dictRun(base unsafe.Pointer, s *cells, f *fields, from, to int) int {
	out := values[uint32](c, s.n)[from:to]
	pos, step, least, k := s.pos, s.step, s.least, from*s.step
	d := c.dict
	t := d.table()
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n < least {
			c.nulls++
			out[i] = 0
			continue
		}
		p := unsafe.Add(base, start)
		head, tail := ends(p, n)
		at := hashEnds(head, tail, n)
		for {
			code := uint32(*(*uint16)(unsafe.Add(t.index, 2*(at&t.mask))))
			if code == 0 {
				var ok bool
				if code, ok = d.add(p, n, f.high); !ok {
					return c.leaveDict(base, s, f)
				}
				t = d.table()
				out[i] = code
				break
			}
			code--
			e := (*dictEntry)(unsafe.Add(t.entries, uintptr(code)*unsafe.Sizeof(dictEntry{})))
			if e.head == head && e.tail == tail && e.size == n && (n <= 16 || d.same(code, p, n)) {
				out[i] = code
				break
			}
			at++
		}
	}
	return -1
}

// dictTable is a dictionary's table for the hot loop, without bounds: numbers in the index are those of entries.
type dictTable struct {
	index, entries unsafe.Pointer
	mask           uint64
}

func (d *dictionary) table() dictTable {
	return dictTable{unsafe.Pointer(unsafe.SliceData(d.index)), unsafe.Pointer(unsafe.SliceData(d.entries)), uint64(len(d.index) - 1)}
}

// find returns the number of a text, given its ends.
func (d *dictionary) find(p unsafe.Pointer, n int32, head, tail uint64) (uint32, bool) {
	for at := hashEnds(head, tail, n); ; at++ {
		code := uint32(d.index[at&uint64(len(d.index)-1)])
		if code == 0 {
			return 0, false
		}
		code--
		e := &d.entries[code]
		if e.head == head && e.tail == tail && e.size == n && (n <= 16 || d.same(code, p, n)) {
			return code, true
		}
	}
}

// same compares a value of more than 16 bytes with one of the dictionary whose ends are the same.
func (d *dictionary) same(code uint32, p unsafe.Pointer, n int32) bool {
	if n <= 32 {
		in := &d.inner[code]
		return load8(unsafe.Add(p, 8)) == in[0] && load8(unsafe.Add(p, n-16)) == in[1]
	}
	off := d.views[code].Off
	return string(d.text[off+8:off+uint32(n)-8]) == unsafe.String((*byte)(unsafe.Add(p, 8)), n-16)
}

// add gives a new text a number; it is not ok when the dictionary is full, or the text is no value of the
// column's type.
func (d *dictionary) add(p unsafe.Pointer, n int32, high bool) (uint32, bool) {
	v := unsafe.Slice((*byte)(p), n)
	if len(d.views) == dictMax || high && !utf8.Valid(v) {
		return 0, false
	}
	if d.typ.Prec > 0 && n > d.typ.Prec {
		if fit, err := text.Fit(d.typ, v, false); err != nil || len(fit) < len(v) {
			return 0, false
		}
	}
	code := len(d.views)
	d.views = append(d.views, vec.MakeView(v, 0, uint32(len(d.text))))
	if n > vec.ViewInline {
		d.text = append(d.text, v...)
	}
	e := dictEntry{size: n}
	e.head, e.tail = ends(p, n)
	d.entries = append(d.entries, e)
	var in [2]uint64
	if n > 16 {
		in = [2]uint64{load8(unsafe.Add(p, 8)), load8(unsafe.Add(p, n-16))}
	}
	d.inner = append(d.inner, in)
	if 8*len(d.entries) > len(d.index) {
		d.index = make([]uint16, 2*len(d.index))
		for i := range d.entries {
			d.put(i)
		}
	} else {
		d.put(code)
	}
	return uint32(code), true
}

func (d *dictionary) put(code int) {
	e := &d.entries[code]
	at := hashEnds(e.head, e.tail, e.size)
	for d.index[at&uint64(len(d.index)-1)] != 0 {
		at++
	}
	d.index[at&uint64(len(d.index)-1)] = uint16(code + 1)
}

// leaveDict makes the column a plain one: the codes of the batch so far become views, and the values at s are
// converted anew.
func (c *column) leaveDict(base unsafe.Pointer, s *cells, f *fields) int {
	d, codes := c.dict, vec.As[uint32](c.data)[:c.n]
	c.nulls = 0
	c.dict, c.conv, c.width, c.data = nil, (*column).texts, types.KView.Width(), nil
	if c.n > 0 {
		all := c.n
		c.n = 0
		out := values[vec.View](c, all)
		for i, code := range codes {
			out[i] = vec.View{}
			if c.valid.Get(i) {
				c.setText(&out[i], d.views[code].In([][]byte{d.text}, &d.views[code]))
			}
		}
		c.n = all
	}
	return c.texts(base, s, f)
}
