package parquet

import (
	"errors"
)

// compact reads Thrift's compact protocol, in which Parquet writes its footer and page headers. It trusts
// nothing: after the first error every read returns zero values, and no count leads to an allocation larger
// than the bytes that are there.
type compact struct {
	b   []byte
	pos int
	err error
}

// Wire types of the compact protocol.
const (
	tStop   = 0
	tTrue   = 1
	tFalse  = 2
	tI8     = 3
	tI16    = 4
	tI32    = 5
	tI64    = 6
	tDouble = 7
	tBinary = 8
	tList   = 9
	tSet    = 10
	tMap    = 11
	tStruct = 12
	tUUID   = 13
)

// maxThriftDepth bounds the nesting of what is skipped.
const maxThriftDepth = 32

var (
	errThriftShort = errors.New("unexpected end of metadata")
	errThrift      = errors.New("malformed metadata")
)

func (c *compact) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.pos = len(c.b)
}

func (c *compact) byte() byte {
	if c.pos >= len(c.b) {
		c.fail(errThriftShort)
		return 0
	}
	c.pos++
	return c.b[c.pos-1]
}

func (c *compact) uvarint() uint64 {
	var x uint64
	for s := uint(0); s < 64; s += 7 {
		b := c.byte()
		x |= uint64(b&0x7f) << s
		if b < 0x80 {
			return x
		}
	}
	c.fail(errThrift)
	return 0
}

func (c *compact) int() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// bytes returns a part of the input.
func (c *compact) bytes() []byte {
	n := c.uvarint()
	if n > uint64(len(c.b)-c.pos) {
		c.fail(errThriftShort)
		return nil
	}
	c.pos += int(n)
	return c.b[c.pos-int(n) : c.pos : c.pos]
}

// fields calls f for each field of a struct; f reads the value or returns false to have it skipped.
func (c *compact) fields(f func(id int, typ byte) bool) {
	id := 0
	for c.err == nil {
		h := c.byte()
		if h&15 == tStop {
			return
		}
		if d := int(h >> 4); d != 0 {
			id += d
		} else {
			id = int(c.int())
		}
		if !f(id, h&15) {
			c.skip(h&15, 0)
		}
	}
}

// list calls f for each element of a list or set of the wanted element type, after n with their number,
// which is never more than the bytes left. A list of another type is skipped.
func (c *compact) list(want byte, n func(int), f func()) {
	typ, count := c.listHeader()
	if c.err != nil {
		return
	}
	if typ != want {
		for range count {
			c.skip(typ, 1)
			if c.err != nil {
				return
			}
		}
		return
	}
	if n != nil {
		n(count)
	}
	for i := 0; i < count && c.err == nil; i++ {
		f()
	}
}

func (c *compact) listHeader() (typ byte, count int) {
	h := c.byte()
	n := uint64(h >> 4)
	if n == 15 {
		n = c.uvarint()
	}
	// Every element takes a byte at least.
	if n > uint64(len(c.b)-c.pos) {
		c.fail(errThriftShort)
		return 0, 0
	}
	return h & 15, int(n)
}

// skip passes over a value.
func (c *compact) skip(typ byte, depth int) {
	if depth > maxThriftDepth {
		c.fail(errThrift)
		return
	}
	switch typ {
	case tTrue, tFalse:
		if depth > 0 && typ != tStop { // an element of a list takes a byte, a field none
			c.byte()
		}
	case tI8:
		c.byte()
	case tI16, tI32, tI64:
		c.uvarint()
	case tDouble:
		c.skipBytes(8)
	case tUUID:
		c.skipBytes(16)
	case tBinary:
		c.bytes()
	case tList, tSet:
		elem, n := c.listHeader()
		for i := 0; i < n && c.err == nil; i++ {
			c.skip(elem, depth+1)
		}
	case tMap:
		c.skipMap(depth)
	case tStruct:
		c.skipStruct(depth)
	default:
		c.fail(errThrift)
	}
}

func (c *compact) skipBytes(n int) {
	if n > len(c.b)-c.pos {
		c.fail(errThriftShort)
		return
	}
	c.pos += n
}

func (c *compact) skipMap(depth int) {
	n := c.uvarint()
	if n == 0 || c.err != nil {
		return
	}
	kv := c.byte()
	for i := uint64(0); i < n && c.err == nil; i++ {
		c.skip(kv>>4, depth+1)
		c.skip(kv&15, depth+1)
	}
}

func (c *compact) skipStruct(depth int) {
	for c.err == nil {
		h := c.byte()
		if h&15 == tStop {
			return
		}
		if h>>4 == 0 {
			c.int()
		}
		if t := h & 15; t != tTrue && t != tFalse {
			c.skip(t, depth+1)
		}
	}
}
