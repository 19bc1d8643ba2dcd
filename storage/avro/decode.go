package avro

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

var (
	errShort = errors.New("it ends within a value")
	errLong  = errors.New("a number is too long")
	errIndex = errors.New("a value is of no type of its union, or no symbol of its enum")
	errCount = errors.New("an array has more elements than there are bytes")
	errDepth = errors.New("values are nested too deeply")
	errUTF8  = sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"")
	errRange = sqlstate.New(sqlstate.DatetimeOverflow, "a value is out of range for its type")
	errDigit = sqlstate.New(sqlstate.NumericOutOfRange, "a value has more digits than its type")
)

// maxAgain is how deep records may be within themselves.
const maxAgain = 10_000

// decoder reads values from bytes. After an error it yields zeros.
type decoder struct {
	b     []byte
	i     int
	err   error
	depth int
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.i = len(d.b)
}

func (d *decoder) long() int64 {
	var x uint64
	for shift := 0; ; shift += 7 {
		switch {
		case d.i >= len(d.b):
			d.fail(errShort)
			return 0
		case shift >= 64:
			d.fail(errLong)
			return 0
		}
		c := d.b[d.i]
		d.i++
		x |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return unzigzag(x)
		}
	}
}

// take returns the next n bytes.
func (d *decoder) take(n int64) []byte {
	if n < 0 || n > int64(len(d.b)-d.i) {
		d.fail(errShort)
		return nil
	}
	b := d.b[d.i : d.i+int(n)]
	d.i += int(n)
	return b
}

func (d *decoder) bytes() []byte { return d.take(d.long()) }

// items begins with the next items of an array or a map: how many there are, 0 at the end. size is their length, -1 if it
// is not given.
func (d *decoder) items() (n, size int64) {
	n, size = d.long(), -1
	if n < 0 {
		if n, size = -n, d.long(); n < 0 || size < 0 {
			d.fail(errCount)
			return 0, -1
		}
	}
	return n, size
}

// skip passes a value.
func (d *decoder) skip(n *node) {
	switch n.form {
	case formBool:
		d.take(1)
	case formInt, formEnum:
		d.long()
	case formFloat:
		d.take(4)
	case formDouble:
		d.take(8)
	case formBytes:
		d.bytes()
	case formFixed:
		d.take(int64(n.size))
	case formRecord:
		for _, c := range n.children {
			d.skip(c)
		}
	case formUnion:
		if c := d.branch(n); c != nil {
			d.skip(c)
		}
	case formArray, formMap:
		d.skipItems(n)
	case formAgain:
		if d.depth++; d.depth > maxAgain {
			d.fail(errDepth)
		} else {
			d.skip(n.children[0])
		}
		d.depth--
	}
}

func (d *decoder) skipItems(n *node) {
	for d.err == nil {
		k, size := d.items()
		switch {
		case k == 0:
			return
		case size >= 0:
			d.take(size)
		case n.form == formArray && n.children[0].least == 0:
			// They have no bytes.
		default:
			for ; k > 0 && d.err == nil; k-- {
				if n.form == formMap {
					d.bytes()
				}
				d.skip(n.children[0])
			}
		}
	}
}

// branch returns the type of a union's value.
func (d *decoder) branch(n *node) *node {
	k := d.long()
	if k < 0 || k >= int64(len(n.children)) {
		d.fail(errIndex)
		return nil
	}
	return n.children[k]
}

// value appends a value to b, whose type is that of n.
func (d *decoder) value(n *node, b *vec.Builder) {
	switch n.form {
	case formNull:
		b.AppendNull()
	case formBool:
		if p := d.take(1); p != nil {
			b.AppendBool(p[0] != 0)
		}
	case formInt:
		d.integer(n, b)
	case formFloat:
		if p := d.take(4); p != nil {
			vec.Append(b, math.Float32frombits(binary.LittleEndian.Uint32(p)))
		}
	case formDouble:
		if p := d.take(8); p != nil {
			vec.Append(b, math.Float64frombits(binary.LittleEndian.Uint64(p)))
		}
	case formBytes:
		d.binary(n, d.bytes(), b)
	case formFixed:
		d.binary(n, d.take(int64(n.size)), b)
	case formEnum:
		if k := d.long(); k >= 0 && k < int64(len(n.symbols)) {
			b.AppendString(n.symbols[k])
		} else {
			d.fail(errIndex)
		}
	case formUnion:
		if c := d.branch(n); c != nil && c.form == formInt && c.meaning == plain && n.typ.ID == types.Int64 {
			vec.Append(b, d.long())
		} else if c != nil {
			d.value(c, b)
		}
	case formRecord:
		b.AppendRow(func(fields []*vec.Builder) {
			for i, c := range n.children {
				d.value(c, fields[i])
			}
		})
	case formArray, formMap:
		b.AppendList(func(child *vec.Builder) { d.list(n, child) })
	}
}

func (d *decoder) integer(n *node, b *vec.Builder) {
	x := d.long()
	switch n.meaning {
	case multiplied:
		limit := math.MaxInt64 / n.factor
		if x > limit || x < -limit {
			d.fail(errRange)
		}
		x *= n.factor
	case divided:
		if q := x / n.factor; x%n.factor < 0 {
			x = q - 1
		} else {
			x = q
		}
	}
	if n.typ.ID != types.Int32 && n.typ.ID != types.Date {
		vec.Append(b, x)
		return
	}
	if x != int64(int32(x)) {
		d.fail(errLong)
	}
	vec.Append(b, int32(x))
}

// binary appends a value that is given by bytes.
func (d *decoder) binary(n *node, p []byte, b *vec.Builder) {
	switch {
	case d.err != nil:
	case n.meaning == decimal:
		d.decimal(n, p, b)
	case n.meaning == uuidText:
		if err := text.Parse(b, n.typ, p, nil); err != nil {
			d.fail(err)
		}
	case n.meaning == duration:
		vec.Append(b, vec.Interval{
			Months: int32(binary.LittleEndian.Uint32(p)),
			Days:   int32(binary.LittleEndian.Uint32(p[4:])),
			Micros: int64(binary.LittleEndian.Uint32(p[8:])) * 1000,
		})
	case n.typ.ID == types.UUID:
		vec.Append(b, [16]byte(p))
	case n.typ.ID == types.Text && !utf8.Valid(p):
		d.fail(errUTF8)
	default:
		b.AppendBytes(p)
	}
}

func (d *decoder) decimal(n *node, p []byte, b *vec.Builder) {
	var w [16]byte
	fill := byte(0)
	if len(p) > 0 && p[0] >= 0x80 {
		fill = 0xff
	}
	for len(p) > len(w) {
		if p[0] != fill || p[1]&0x80 != fill&0x80 {
			d.fail(errDigit)
			return
		}
		p = p[1:]
	}
	for i := range w[:len(w)-len(p)] {
		w[i] = fill
	}
	copy(w[len(w)-len(p):], p)
	x := vec.Int128{Lo: binary.BigEndian.Uint64(w[8:]), Hi: int64(binary.BigEndian.Uint64(w[:]))}
	if x.Digits() > int(n.typ.Prec) {
		d.fail(errDigit)
		return
	}
	b.AppendInt128(x)
}

// list appends the elements of an array, or the entries of a map.
func (d *decoder) list(n *node, child *vec.Builder) {
	if d.depth++; d.depth > maxDepth {
		d.fail(errDepth)
	}
	defer func() { d.depth-- }()
	for d.err == nil {
		k, _ := d.items()
		if k > int64(len(d.b)-d.i) {
			d.fail(errCount)
		}
		if k == 0 {
			return
		}
		for ; k > 0 && d.err == nil; k-- {
			if n.form == formArray {
				d.value(n.children[0], child)
				continue
			}
			child.AppendRow(func(fields []*vec.Builder) {
				key := d.bytes()
				if !utf8.Valid(key) {
					d.fail(errUTF8)
				}
				fields[0].AppendBytes(key)
				d.value(n.children[0], fields[1])
			})
		}
	}
}
