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

// dictSlot is a place of the hash table. The first and the last eight bytes and the size say all about a text of
// up to 16 bytes; the eight bytes next to them (see dictionary.inner) all about one of up to 32.
type dictSlot struct {
	head, tail uint64
	size       uint32 // and 1; 0: free
	code       uint32
}

// dictionary numbers the texts of a column.
type dictionary struct {
	typ   types.Type
	slots []dictSlot
	views []vec.View
	inner [][2]uint64 // of texts of more than 16 bytes
	text  []byte
	shown *vec.Vector // the values, as of the last batch
}

func newDictionary(t types.Type) *dictionary {
	return &dictionary{typ: t, slots: make([]dictSlot, 256)}
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
func (c *column) dictTexts(base unsafe.Pointer, s *spans, f *fields) int {
	from := 0
	for _, e := range s.escaped {
		if bad := c.dictRun(base, s, f, from, int(e)); bad >= 0 || c.dict == nil {
			return bad // or all values have been converted without the dictionary
		}
		v := append(c.value(s, f, int(e)), make([]byte, 8)...)
		code, ok := c.dict.code(unsafe.Pointer(&v[0]), int32(len(v)-8), f.high)
		if !ok {
			return c.leaveDict(base, s, f)
		}
		values[uint32](c, len(s.size))[e] = code
		from = int(e) + 1
	}
	return c.dictRun(base, s, f, from, len(s.size))
}

// dictRun looks up the values from..to-1.
func (c *column) dictRun(base unsafe.Pointer, s *spans, f *fields, from, to int) int {
	out := values[uint32](c, len(s.size))[from:to]
	start, size := s.start[from:to], s.size[from:to]
	d := c.dict
	slots := d.slots
	for i, n := range size {
		if n < 0 {
			out[i] = 0
			continue
		}
		p := unsafe.Add(base, start[i])
		head, tail := ends(p, n)
		at := hashEnds(head, tail, n)
		for {
			slot := &slots[at&uint64(len(slots)-1)]
			if slot.head == head && slot.tail == tail && slot.size == uint32(n)+1 && (n <= 16 || d.same(slot, p, n)) {
				out[i] = slot.code
				break
			}
			if slot.size == 0 {
				code, ok := d.add(p, n, f.high)
				if !ok {
					return c.leaveDict(base, s, f)
				}
				slots = d.slots
				out[i] = code
				break
			}
			at++
		}
	}
	return -1
}

// same compares a value of more than 16 bytes with one of the dictionary whose ends are the same.
func (d *dictionary) same(slot *dictSlot, p unsafe.Pointer, n int32) bool {
	if n <= 32 {
		in := &d.inner[slot.code]
		return load8(unsafe.Add(p, 8)) == in[0] && load8(unsafe.Add(p, n-16)) == in[1]
	}
	off := d.views[slot.code].Off
	return string(d.text[off+8:off+uint32(n)-8]) == unsafe.String((*byte)(unsafe.Add(p, 8)), n-16)
}

// code returns the number of a text; it is not ok when the text cannot be added: the dictionary is full, or it
// is no value of the column's type.
func (d *dictionary) code(p unsafe.Pointer, n int32, high bool) (uint32, bool) {
	head, tail := ends(p, n)
	for at := hashEnds(head, tail, n); ; at++ {
		slot := &d.slots[at&uint64(len(d.slots)-1)]
		if slot.head == head && slot.tail == tail && slot.size == uint32(n)+1 && (n <= 16 || d.same(slot, p, n)) {
			return slot.code, true
		}
		if slot.size == 0 {
			return d.add(p, n, high)
		}
	}
}

// add gives a new text a number; it is not ok for the reasons that code has.
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
	code := uint32(len(d.views))
	d.views = append(d.views, vec.MakeView(v, 0, uint32(len(d.text))))
	if n > vec.ViewInline {
		d.text = append(d.text, v...)
	}
	slot := dictSlot{size: uint32(n) + 1, code: code}
	slot.head, slot.tail = ends(p, n)
	var in [2]uint64
	if n > 16 {
		in = [2]uint64{load8(unsafe.Add(p, 8)), load8(unsafe.Add(p, n-16))}
	}
	d.inner = append(d.inner, in)
	if 2*len(d.views) > len(d.slots) {
		d.grow()
	}
	d.put(slot)
	return code, true
}

func (d *dictionary) grow() {
	old := d.slots
	d.slots = make([]dictSlot, 2*len(old))
	for _, s := range old {
		if s.size > 0 {
			d.put(s)
		}
	}
}

func (d *dictionary) put(s dictSlot) {
	at := hashEnds(s.head, s.tail, int32(s.size-1))
	for d.slots[at&uint64(len(d.slots)-1)].size > 0 {
		at++
	}
	d.slots[at&uint64(len(d.slots)-1)] = s
}

// leaveDict makes the column a plain one: the codes of the batch so far become views, and the values at s are
// converted anew.
func (c *column) leaveDict(base unsafe.Pointer, s *spans, f *fields) int {
	d, codes := c.dict, vec.As[uint32](c.data)[:c.n]
	c.dict, c.conv, c.width, c.data = nil, (*column).texts, types.KView.Width(), nil
	if c.n > 0 {
		all := c.n
		c.n = 0
		out := values[vec.View](c, all)
		for i, code := range codes {
			if c.valid.Get(i) {
				c.setText(&out[i], d.views[code].In([][]byte{d.text}, &d.views[code]))
			}
		}
		c.n = all
	}
	return c.texts(base, s, f)
}
