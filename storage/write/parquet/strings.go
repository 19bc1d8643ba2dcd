package parquet

import (
	"encoding/binary"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"

	"gsql/storage/parquet/bloom"
)

// byteStrings encodes values of any length.
type byteStrings struct {
	render bool // values become text
	style  *text.Style
	bloom  bool

	plain bool // from here on there is no dictionary
	begun bool
	buf   []byte   // values of a plain page, each behind its length
	codes []uint32 // of a page with a dictionary
	size  int      // of the page's values
	hash  []uint64
	bound bounds // of a plain page

	arena []byte // values of the dictionary, one behind the other
	ends  []uint32
	slots []entry
	mask  uint64

	of      *vec.Vector // the dictionary whose values translate has
	numbers []uint32    // + 1, by its codes
	used    []bool      // scratch of page
}

// entry is a place of the dictionary's hash table.
type entry struct{ hash, number uint32 } // number + 1, 0: free

func (e *byteStrings) add(v *vec.Vector) error {
	if e.render {
		e.addRendered(v)
		return nil
	}
	if v.Enc == vec.Dict && !e.plain {
		e.addCodes(v)
		return nil
	}
	v = vec.Flatten(v)
	views := vec.Values[vec.View](v)
	for i := range views {
		e.put(views[i].In(v.Bufs, &views[i]))
	}
	return nil
}

func (e *byteStrings) addRendered(v *vec.Vector) {
	v = vec.Flatten(v)
	var buf []byte
	for i := range v.Len {
		buf = text.Append(buf[:0], v, i, e.style)
		e.put(buf)
	}
}

// put appends a value.
func (e *byteStrings) put(s []byte) {
	e.size += len(s) + 4
	if e.plain {
		e.bound.addBytes(s)
		e.buf = append(binary.LittleEndian.AppendUint32(e.buf, uint32(len(s))), s...)
		if e.bloom {
			e.hash = append(e.hash, bloom.Hash(s))
		}
		return
	}
	e.codes = append(e.codes, e.code(s))
}

// addCodes appends values of a dictionary, whose numbers here are looked up once.
func (e *byteStrings) addCodes(v *vec.Vector) {
	if e.of != v.Dict {
		e.of = v.Dict
		e.numbers = append(e.numbers[:0], make([]uint32, v.Dict.Len)...)
	}
	views := vec.Values[vec.View](v.Dict)
	for _, c := range v.Codes() {
		n := e.numbers[c]
		if n == 0 {
			n = e.code(views[c].In(v.Dict.Bufs, &views[c])) + 1
			e.numbers[c] = n
		}
		e.size += int(views[c].Len) + 4
		e.codes = append(e.codes, n-1)
	}
}

func (e *byteStrings) value(n uint32) []byte {
	from := uint32(0)
	if n > 0 {
		from = e.ends[n-1]
	}
	return e.arena[from:e.ends[n]]
}

// code returns the number of a value in the dictionary.
func (e *byteStrings) code(s []byte) uint32 {
	if 2*len(e.ends) >= len(e.slots) {
		e.grow()
	}
	h := vec.HashBytes(s)
	short := uint32(h >> 32)
	for {
		at := &e.slots[h&e.mask]
		if at.number == 0 {
			e.arena = append(e.arena, s...)
			e.ends = append(e.ends, uint32(len(e.arena)))
			*at = entry{short, uint32(len(e.ends))}
			return at.number - 1
		}
		if at.hash == short && string(e.value(at.number-1)) == string(s) {
			return at.number - 1
		}
		h++
	}
}

func (e *byteStrings) grow() {
	n := max(2*len(e.slots), 64)
	e.slots, e.mask = make([]entry, n), uint64(n-1)
	for i := range e.ends {
		h := vec.HashBytes(e.value(uint32(i)))
		for e.slots[h&e.mask].number != 0 {
			h++
		}
		e.slots[h&e.mask] = entry{uint32(vec.HashBytes(e.value(uint32(i))) >> 32), uint32(i + 1)}
	}
}

func (e *byteStrings) bytes() int { return e.size }
func (e *byteStrings) kept() int  { return len(e.arena) + 20*len(e.ends) }

func (e *byteStrings) page(dst []byte) ([]byte, bool, bounds) {
	size, codes := e.size, e.codes
	e.size, e.codes = 0, e.codes[:0]
	if e.plain {
		b := e.bound
		dst = append(dst, e.buf...)
		e.buf, e.bound = e.buf[:0], bounds{}
		return dst, false, b
	}
	b := e.codeBounds(codes)
	dict := len(e.arena) + 4*len(e.ends)
	if !e.begun && len(codes) > 0 && !worth(len(codes), len(e.ends), size, dict) {
		for _, c := range codes {
			s := e.value(c)
			dst = append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
			if e.bloom {
				e.hash = append(e.hash, bloom.Hash(s))
			}
		}
		e.dropDictionary()
		e.plain = true
		return dst, false, b
	}
	e.begun = true
	e.plain = dict > maxDictionary
	return appendCodes(dst, codes, len(e.ends)), true, b
}

// codeBounds returns the bounds of the values that codes stand for.
func (e *byteStrings) codeBounds(codes []uint32) (b bounds) {
	e.used = append(e.used[:0], make([]bool, len(e.ends))...)
	for _, c := range codes {
		e.used[c] = true
	}
	for n, used := range e.used {
		if used {
			b.addBytes(e.value(uint32(n)))
		}
	}
	return b
}

func (e *byteStrings) dictionary() ([]byte, int) {
	out := make([]byte, 0, len(e.arena)+4*len(e.ends))
	for n := range e.ends {
		s := e.value(uint32(n))
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(s))), s...)
	}
	return out, len(e.ends)
}

func (e *byteStrings) hashes(dst []uint64) []uint64 {
	for n := range e.ends {
		dst = append(dst, bloom.Hash(e.value(uint32(n))))
	}
	return append(dst, e.hash...)
}

func (e *byteStrings) dropDictionary() {
	e.arena, e.ends, e.of = e.arena[:0], e.ends[:0], nil
	clear(e.slots)
}

func (e *byteStrings) reset() {
	e.dropDictionary()
	e.plain, e.begun, e.hash, e.buf, e.codes, e.size, e.bound = false, false, e.hash[:0], e.buf[:0], e.codes[:0], 0, bounds{}
}

// fixed encodes values of 12 or 16 bytes.
type fixed struct {
	width int
	conv  conversion
	typ   types.Type
	bloom bool

	buf    []byte // of the page
	codes  []uint32
	plain  bool
	begun  bool
	number map[[16]byte]uint32
	values []byte // of the dictionary
	hash   []uint64
}

func (e *fixed) add(v *vec.Vector) (err error) {
	v = vec.Flatten(v)
	switch e.conv {
	case asUUID:
		e.buf = append(e.buf, v.Data...)
	case asInterval:
		e.buf, err = appendIntervals(e.buf, v)
	default:
		e.buf, err = appendDecimals(e.buf, v, e.typ)
	}
	return err
}

func (e *fixed) bytes() int { return len(e.buf) }
func (e *fixed) kept() int  { return 4 * len(e.values) }

func (e *fixed) page(dst []byte) ([]byte, bool, bounds) {
	buf := e.buf
	e.buf = e.buf[:0]
	n := len(buf) / e.width
	var b bounds
	if e.conv != asInterval {
		for i := range n {
			b.addFixed(buf[i*e.width:(i+1)*e.width], e.conv == asDecimal)
		}
	}
	if !e.plain {
		e.code(buf)
		distinct := len(e.values) / e.width
		if !e.begun && n > 0 && !worth(n, distinct, len(buf), len(e.values)) {
			e.plain = true
			e.drop()
		} else {
			e.begun = true
			e.plain = len(e.values) > maxDictionary
			return appendCodes(dst, e.codes, distinct), true, b
		}
	}
	if e.bloom {
		for i := range n {
			e.hash = append(e.hash, bloom.Hash(buf[i*e.width:(i+1)*e.width]))
		}
	}
	return append(dst, buf...), false, b
}

// code sets the codes of values.
func (e *fixed) code(buf []byte) {
	if e.number == nil {
		e.number = map[[16]byte]uint32{}
	}
	e.codes = e.codes[:0]
	for ; len(buf) > 0; buf = buf[e.width:] {
		var key [16]byte
		copy(key[:], buf[:e.width])
		n, ok := e.number[key]
		if !ok {
			n = uint32(len(e.number))
			e.number[key] = n
			e.values = append(e.values, buf[:e.width]...)
		}
		e.codes = append(e.codes, n)
	}
}

func (e *fixed) dictionary() ([]byte, int) {
	return append([]byte(nil), e.values...), len(e.values) / e.width
}

func (e *fixed) hashes(dst []uint64) []uint64 {
	for v := e.values; len(v) > 0; v = v[e.width:] {
		dst = append(dst, bloom.Hash(v[:e.width]))
	}
	return append(dst, e.hash...)
}

func (e *fixed) drop() {
	clear(e.number)
	e.values = e.values[:0]
}

func (e *fixed) reset() {
	e.drop()
	e.plain, e.begun, e.buf, e.hash = false, false, e.buf[:0], e.hash[:0]
}

// booleans encodes truth values, eight in a byte.
type booleans struct {
	vals []byte
}

func (e *booleans) add(v *vec.Vector) error {
	e.vals = append(e.vals, vec.Flatten(v).Data...)
	return nil
}

func (e *booleans) bytes() int { return len(e.vals) / 8 }
func (e *booleans) kept() int  { return 0 }

func (e *booleans) page(dst []byte) ([]byte, bool, bounds) {
	var b bounds
	packed := make([]byte, (len(e.vals)+7)/8)
	for i, x := range e.vals {
		packed[i>>3] |= x << (i & 7)
	}
	if n := len(e.vals); n > 0 {
		all, any := byte(1), byte(0)
		for _, x := range e.vals {
			all &= x
			any |= x
		}
		b = bounds{min: []byte{all}, max: []byte{any}, exact: true}
	}
	e.vals = e.vals[:0]
	return append(dst, packed...), false, b
}

func (e *booleans) dictionary() ([]byte, int)    { return nil, 0 }
func (e *booleans) hashes(dst []uint64) []uint64 { return dst }
func (e *booleans) reset()                       { e.vals = e.vals[:0] }
