// Package ranges holds the values of PostgreSQL's range and multirange types as bytes that are ordered as the values are, so
// that ranges are sorted, grouped, joined and spilled as strings.
//
// A range that is not empty is
//
//	tag     1 without lower bound, 2 with one
//	lower   the value of the lower bound, if there is one
//	middle  2 if the lower value itself is not in the range, plus 1 if there is no upper bound
//	upper   the value of the upper bound, if there is one
//	last    1 if the upper value itself is in the range; left out without an upper bound
//
// and the empty range is one byte 0. A multirange is its ranges one after the other, in their order, with gaps between them.
// Values have the same number of bytes in all ranges of a type and are ordered as unsigned numbers. The value of a numeric
// says nothing of how many digits it is written with; for those, two bytes for each bound follow behind all ranges, which
// take no part in comparisons (see Key).
//
// Ranges of discrete types are in PostgreSQL's canonical form, with the lower bound in them and the upper one not.
package ranges

import (
	"bytes"
	"encoding/binary"
)

// Width is the number of bytes of a bound's value in the ranges of a type.
type Width int

// Widths. Decimal is that of numeric, whose bounds have scales, too.
const (
	Four    Width = 4
	Eight   Width = 8
	Decimal Width = 19
)

// scaleBytes is what a scale takes.
const scaleBytes = 2

const (
	tagEmpty   = 0
	tagNoLower = 1
	tagLower   = 2

	midNoUpper  = 1
	midExcluded = 2
)

// Bound is an end of a range: a place between or at values.
type Bound struct {
	Value []byte // nil if there is none; it belongs to the range
	Scale uint16 // Decimal: digits that are written behind the point
	inf   int8   // -1: before all values, 1: behind all values
	off   int8   // -1: just before the value, 0: at it, 1: just behind it
}

// Lower returns a lower bound.
func Lower(value []byte, scale uint16, inclusive bool) Bound {
	b := Bound{Value: value, Scale: scale}
	if !inclusive {
		b.off = 1
	}
	return b
}

// Upper returns an upper bound.
func Upper(value []byte, scale uint16, inclusive bool) Bound {
	b := Bound{Value: value, Scale: scale}
	if !inclusive {
		b.off = -1
	}
	return b
}

// The bounds of ranges without end.
var (
	NoLower = Bound{inf: -1}
	NoUpper = Bound{inf: 1}
)

// At returns the place of a value.
func At(value []byte) Bound { return Bound{Value: value} }

// Infinite reports whether there is no bound.
func (b *Bound) Infinite() bool { return b.inf != 0 }

// Inclusive reports whether the value itself is in the range.
func (b *Bound) Inclusive() bool { return b.inf == 0 && b.off == 0 }

// Compare orders the places of two bounds, lower or upper ones.
func Compare(a, b *Bound) int {
	if a.inf|b.inf != 0 {
		return int(a.inf) - int(b.inf)
	}
	if c := bytes.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return int(a.off) - int(b.off)
}

// Range is a range of values, made of bytes that it does not own.
type Range struct {
	Empty        bool
	Lower, Upper Bound
}

// Empty is the empty range.
var Empty = Range{Empty: true}

// New returns the range between two bounds, which is empty if there is nothing between them.
func New(lower, upper Bound) Range {
	if Compare(&lower, &upper) > 0 {
		return Empty
	}
	return Range{Lower: lower, Upper: upper}
}

// Of returns the range that b has.
func Of(b []byte, w Width) (r Range) {
	r.Set(b, w)
	return r
}

// Set makes r the range that b has.
func (r *Range) Set(b []byte, w Width) {
	if len(b) == 0 || b[0] == tagEmpty {
		*r = Empty
		return
	}
	n := r.setKey(b, int(w))
	if w == Decimal {
		r.setScales(b[n:])
	}
}

// setKey makes r the range, which is not empty, whose key b begins with, and returns the key's length.
func (r *Range) setKey(b []byte, w int) (n int) {
	r.Empty = false
	lower, upper := &r.Lower, &r.Upper
	n = 1
	if b[0] == tagLower {
		lower.Value, lower.inf = b[1:1+w:1+w], 0
		n += w
	} else {
		lower.Value, lower.inf = nil, -1
	}
	middle := b[n]
	n++
	lower.off = int8(middle / midExcluded)
	if middle&midNoUpper != 0 {
		upper.Value, upper.inf, upper.off = nil, 1, 0
		return n
	}
	upper.Value, upper.inf, upper.off = b[n:n+w:n+w], 0, int8(b[n+w])-1
	return n + w + 1
}

// setScales sets the scales of the bounds from those behind the keys.
func (r *Range) setScales(b []byte) {
	if r.Lower.inf == 0 {
		r.Lower.Scale = binary.BigEndian.Uint16(b)
		b = b[scaleBytes:]
	}
	if r.Upper.inf == 0 {
		r.Upper.Scale = binary.BigEndian.Uint16(b)
	}
}

// Append appends the bytes of r.
func (r *Range) Append(dst []byte, w Width) []byte {
	dst = r.appendKey(dst)
	if w == Decimal {
		dst = r.appendScales(dst)
	}
	return dst
}

func (r *Range) appendKey(dst []byte) []byte {
	if r.Empty {
		return append(dst, tagEmpty)
	}
	tag, middle := byte(tagLower), byte(0)
	if r.Lower.Infinite() {
		tag = tagNoLower
	}
	if r.Lower.off > 0 {
		middle = midExcluded
	}
	if r.Upper.Infinite() {
		middle |= midNoUpper
	}
	dst = append(append(append(dst, tag), r.Lower.Value...), middle)
	if r.Upper.Infinite() {
		return dst
	}
	last := byte(1)
	if r.Upper.off < 0 {
		last = 0
	}
	return append(append(dst, r.Upper.Value...), last)
}

func (r *Range) appendScales(dst []byte) []byte {
	if r.Empty {
		return dst
	}
	for _, b := range [...]*Bound{&r.Lower, &r.Upper} {
		if !b.Infinite() {
			dst = binary.BigEndian.AppendUint16(dst, b.Scale)
		}
	}
	return dst
}

// Key returns the part of a range's or a multirange's bytes that says which it is: equal ones have equal keys, and keys are
// ordered as the values are.
func Key(b []byte, w Width) []byte {
	if w != Decimal || len(b) == 0 || b[0] == tagEmpty {
		return b
	}
	m := MultiOf(b, w)
	return m.keys
}

// Multi is a multirange, made of bytes that it does not own: ranges in their order, with gaps between them.
type Multi struct {
	keys   []byte
	scales []byte
	width  Width
	n      int
}

// MultiOf returns the multirange that b has.
func MultiOf(b []byte, w Width) (m Multi) {
	m.Set(b, w)
	return m
}

// Set makes m the multirange that b has.
func (m *Multi) Set(b []byte, w Width) {
	*m = Multi{width: w}
	if len(b) == 0 {
		return
	}
	// All ranges have one length, but the first one may lack its lower bound and the last one its upper bound.
	key, each, scales, noUpper := 2*int(w)+3, 2*int(w)+3, 0, int(w)+1
	if w == Decimal {
		scales = 2 * scaleBytes
		each += scales
		noUpper += scaleBytes
	}
	size, keys := len(b), 0
	if b[0] == tagNoLower {
		size += int(w) + scales/2
		keys -= int(w)
	}
	if size%each != 0 {
		size += noUpper
		keys -= int(w) + 1
	}
	n := size / each
	keys += n * key
	m.keys, m.scales, m.n = b[:keys:keys], b[keys:], n
}

// Len returns the number of ranges.
func (m *Multi) Len() int { return m.n }

// At returns range i.
func (m *Multi) At(i int) (r Range) {
	m.set(&r, i)
	return r
}

// set makes r range i.
func (m *Multi) set(r *Range, i int) {
	w := int(m.width)
	at, scale := i*(2*w+3), 2*i*scaleBytes
	if i > 0 && m.keys[0] == tagNoLower {
		at -= w
		scale -= scaleBytes
	}
	r.setKey(m.keys[at:], w)
	if m.width == Decimal {
		r.setScales(m.scales[scale:])
	}
}

// SetBounds makes r the range from the first bound to the last one.
func (m *Multi) SetBounds(r *Range) {
	if m.n == 0 {
		*r = Empty
		return
	}
	m.set(r, 0)
	if m.n > 1 {
		lower := r.Lower
		m.set(r, m.n-1)
		r.Lower = lower
	}
}

// AppendMulti appends the bytes of a multirange with ranges that are not empty, in their order and apart.
func AppendMulti(dst []byte, w Width, rs []Range) []byte {
	for i := range rs {
		dst = rs[i].appendKey(dst)
	}
	if w == Decimal {
		for i := range rs {
			dst = rs[i].appendScales(dst)
		}
	}
	return dst
}
