package parquet

import (
	"encoding/binary"
	"math/bits"

	"gsql/exec/vec"

	"gsql/storage/parquet/bloom"
)

// encoder takes the values of a leaf that are there and makes pages of them.
type encoder interface {
	// add appends the values of a vector without NULLs. It may be a dictionary vector.
	add(v *vec.Vector) error
	// bytes returns how large the values of the page are, about.
	bytes() int
	// page appends the page's values in their encoding, and says what that is and within which bounds they lie.
	page(dst []byte) (out []byte, dict bool, b bounds)
	// dictionary returns the values that codes stand for, and their number.
	dictionary() ([]byte, int)
	// kept returns the bytes of the dictionary.
	kept() int
	// hashes appends what Bloom filters know of the values since reset.
	hashes(dst []uint64) []uint64
	reset()
}

const (
	maxDictionary = 1 << 20 // bytes
	codeBytes     = 4
)

// worth reports whether a dictionary makes values smaller that take plain bytes without it, as the first page shows.
func worth(values, distinct, plain, dict int) bool {
	return dict+values*bitWidth(max(distinct-1, 1))/8 < plain*9/10
}

// appendCodes appends codes as a page has them.
func appendCodes(dst []byte, codes []uint32, distinct int) []byte {
	width := bitWidth(max(distinct-1, 1))
	return appendHybrid(append(dst, byte(width)), codes, width)
}

// words encodes values of 4 or 8 bytes.
type words[T uint32 | uint64] struct {
	put   func(dst []T, v *vec.Vector) ([]T, error)
	limit func(vals []T) bounds
	bloom bool

	vals  []T // of the page
	codes []uint32
	table table[T]
	plain bool // from here on there is no dictionary
	begun bool
	hash  []uint64 // of values in plain pages
}

func (e *words[T]) add(v *vec.Vector) (err error) {
	e.vals, err = e.put(e.vals, vec.Flatten(v))
	return err
}

func (e *words[T]) size() int { return bits.Len64(uint64(^T(0))) / 8 }

func (e *words[T]) bytes() int { return len(e.vals) * e.size() }
func (e *words[T]) kept() int  { return len(e.table.values) * (e.size() + 2*codeBytes) }

func (e *words[T]) page(dst []byte) ([]byte, bool, bounds) {
	vals := e.vals
	e.vals = e.vals[:0]
	b := e.limit(vals)
	if !e.plain {
		e.codes = e.table.code(e.codes[:0], vals)
		distinct := len(e.table.values)
		if !e.begun && len(vals) > 0 && !worth(len(vals), distinct, len(vals)*e.size(), distinct*e.size()) {
			e.plain = true
			e.table.reset()
		} else {
			e.begun = true
			e.plain = distinct*e.size() > maxDictionary
			return appendCodes(dst, e.codes, distinct), true, b
		}
	}
	if e.bloom {
		for _, x := range vals {
			e.hash = append(e.hash, hashWord(x))
		}
	}
	return append(dst, vec.BytesOf(vals)...), false, b
}

func (e *words[T]) dictionary() ([]byte, int) {
	return append([]byte(nil), vec.BytesOf(e.table.values)...), len(e.table.values)
}

func (e *words[T]) hashes(dst []uint64) []uint64 {
	for _, x := range e.table.values {
		dst = append(dst, hashWord(x))
	}
	return append(dst, e.hash...)
}

func (e *words[T]) reset() {
	e.table.reset()
	e.plain, e.begun, e.vals, e.hash = false, false, e.vals[:0], e.hash[:0]
}

func hashWord[T uint32 | uint64](x T) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(x))
	if bits.Len64(uint64(^T(0))) == 32 {
		return bloom.Hash(b[:4])
	}
	return bloom.Hash(b[:])
}

// table numbers values in the order in which they come.
type table[T uint32 | uint64] struct {
	slots  []uint32 // number + 1, 0: free
	values []T
	shift  uint
}

func (t *table[T]) reset() {
	t.values = t.values[:0]
	clear(t.slots)
}

// code appends the numbers of values.
func (t *table[T]) code(dst []uint32, vals []T) []uint32 {
	var last T
	number := uint32(0) // of last, + 1
	for _, x := range vals {
		if x == last && number > 0 {
			dst = append(dst, number-1)
			continue
		}
		if 2*len(t.values) >= len(t.slots) {
			t.grow()
		}
		mask := uint64(len(t.slots) - 1)
		h := uint64(x) * 0x9e3779b97f4a7c15 >> t.shift
		for {
			if number = t.slots[h&mask]; number == 0 {
				t.values = append(t.values, x)
				number = uint32(len(t.values))
				t.slots[h&mask] = number
				break
			}
			if t.values[number-1] == x {
				break
			}
			h++
		}
		last = x
		dst = append(dst, number-1)
	}
	return dst
}

func (t *table[T]) grow() {
	n := max(2*len(t.slots), 64)
	t.slots, t.shift = make([]uint32, n), uint(64-bits.Len(uint(n-1)))
	for i, x := range t.values {
		h := uint64(x) * 0x9e3779b97f4a7c15 >> t.shift
		for t.slots[h&uint64(n-1)] != 0 {
			h++
		}
		t.slots[h&uint64(n-1)] = uint32(i + 1)
	}
}
