package parquet

import "encoding/binary"

// Wire types of Thrift's compact protocol.
const (
	tTrue   = 1
	tFalse  = 2
	tByte   = 3
	tI32    = 5
	tI64    = 6
	tBinary = 8
	tList   = 9
	tStruct = 12
)

// compact writes Thrift's compact protocol.
type compact struct {
	b     []byte
	last  int   // the field of the current struct that was written last
	outer []int // that of the structs around it
}

func (c *compact) varint(x int64) { c.b = binary.AppendUvarint(c.b, uint64(x)<<1^uint64(x>>63)) }

func (c *compact) field(id int, typ byte) {
	if d := id - c.last; d > 0 && d < 16 {
		c.b = append(c.b, byte(d)<<4|typ)
	} else {
		c.b = append(c.b, typ)
		c.varint(int64(id))
	}
	c.last = id
}

func (c *compact) i32(id int, x int32) {
	c.field(id, tI32)
	c.varint(int64(x))
}

func (c *compact) i64(id int, x int64) {
	c.field(id, tI64)
	c.varint(x)
}

func (c *compact) bool(id int, x bool) {
	if x {
		c.field(id, tTrue)
	} else {
		c.field(id, tFalse)
	}
}

func (c *compact) bytes(b []byte) {
	c.b = append(binary.AppendUvarint(c.b, uint64(len(b))), b...)
}

func (c *compact) binary(id int, b []byte) {
	c.field(id, tBinary)
	c.bytes(b)
}

// list begins a list, whose n elements follow.
func (c *compact) list(id int, elem byte, n int) {
	c.field(id, tList)
	if n < 15 {
		c.b = append(c.b, byte(n)<<4|elem)
		return
	}
	c.b = append(c.b, 0xf0|elem)
	c.b = binary.AppendUvarint(c.b, uint64(n))
}

// begin begins a struct that is an element of a list, or the whole; structs in fields begin with in.
func (c *compact) begin() {
	c.outer = append(c.outer, c.last)
	c.last = 0
}

func (c *compact) in(id int) {
	c.field(id, tStruct)
	c.begin()
}

func (c *compact) end() {
	c.b = append(c.b, 0)
	c.last = c.outer[len(c.outer)-1]
	c.outer = c.outer[:len(c.outer)-1]
}

// empty writes a field that is a struct without fields.
func (c *compact) empty(id int) {
	c.in(id)
	c.end()
}
