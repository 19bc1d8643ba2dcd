package vec

import (
	"math/bits"
	"unsafe"
)

// Bitmap has one bit per value, least significant first. nil stands for all bits set.
type Bitmap []uint64

// NewBitmap returns n bits, all clear.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

// NewBitmapSet returns n bits, all set; bits beyond n are clear.
func NewBitmapSet(n int) Bitmap {
	b := NewBitmap(n)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if r := n & 63; r != 0 {
		b[len(b)-1] = 1<<r - 1
	}
	return b
}

// Get reports whether bit i is set.
func (b Bitmap) Get(i int) bool { return b == nil || b[i>>6]>>(uint(i)&63)&1 != 0 }

// Set sets bit i; b must not be nil.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (uint(i) & 63) }

// Clear clears bit i; b must not be nil.
func (b Bitmap) Clear(i int) { b[i>>6] &^= 1 << (uint(i) & 63) }

// Count returns how many of the first n bits are set.
func (b Bitmap) Count(n int) int {
	if b == nil {
		return n
	}
	c := 0
	for _, w := range b[:n>>6] {
		c += bits.OnesCount64(w)
	}
	if r := n & 63; r != 0 {
		c += bits.OnesCount64(b[n>>6] & (1<<r - 1))
	}
	return c
}

// ViewInline is the longest string that a view holds by itself.
const ViewInline = 12

// View is a string of bytes in Arrow's string-view layout: the length, and either up to 12 bytes with zeros
// behind them, or the first 4 bytes, the number of a buffer and an offset into it. Two views of at most 12
// bytes are equal exactly when their 16 bytes are.
type View struct {
	Len    uint32
	Prefix [4]byte
	Buf    uint32
	Off    uint32
}

// MakeView returns the view of s; when s is longer than ViewInline it is said to lie in buffer buf at off.
func MakeView(s []byte, buf, off uint32) View {
	v := View{Len: uint32(len(s))}
	if len(s) <= ViewInline {
		copy((*[12]byte)(unsafe.Pointer(&v.Prefix))[:], s)
		return v
	}
	copy(v.Prefix[:], s)
	v.Buf, v.Off = buf, off
	return v
}

// In returns the bytes of v: a part of bufs, or for a short string the bytes inside *at, which must be
// where v lies in memory (so that nothing is copied).
func (v View) In(bufs [][]byte, at *View) []byte {
	if v.Len <= ViewInline {
		return (*[12]byte)(unsafe.Pointer(&at.Prefix))[:v.Len:v.Len]
	}
	return bufs[v.Buf][v.Off : v.Off+v.Len : v.Off+v.Len]
}

// Words returns the 16 bytes of v as two words.
func (v *View) Words() (uint64, uint64) {
	w := (*[2]uint64)(unsafe.Pointer(v))
	return w[0], w[1]
}

// Int128 is a signed 128-bit integer in two's complement.
type Int128 struct {
	Lo uint64
	Hi int64
}

// Num is a numeric that carries its own scale: Coef * 10^-Scale, or a special value.
type Num struct {
	Coef    Int128
	Scale   int32
	Special NumSpecial
}

// NumSpecial marks the numeric values that are no number.
type NumSpecial int32

const (
	NumFinite NumSpecial = iota
	NumNaN
	NumPosInf
	NumNegInf
)

// Interval is PostgreSQL's interval, whose three parts do not mix.
type Interval struct {
	Micros int64
	Days   int32
	Months int32
}

// TimeTZ is a time of day with an offset; Zone is in seconds west of Greenwich, as in PostgreSQL.
type TimeTZ struct {
	Micros int64
	Zone   int32
	_      int32
}

// List is an array: a range of rows of a child vector, which are its elements in row-major order, and its Shape.
type List struct {
	Off, Len uint32
	Shape    Shape
}
