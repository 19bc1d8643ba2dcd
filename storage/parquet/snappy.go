package parquet

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

var errSnappy = errors.New("damaged Snappy data")

// A Snappy block is the length of the result and then elements: literal bytes, or copies of earlier output.
// Pages of numbers and of short texts have elements of a few bytes, whose kinds follow no pattern that a
// processor could foresee. So the decoder below does not branch on what is hard to guess: it moves 16 bytes
// whatever the length is, and reads both common forms of a copy in the same way. That needs room behind the
// bytes in question, so the ends of input and output are left to a plain decoder.

// snappyRoom is how far the fast decoder may read and write behind the start of an element: a tag and up to
// 64 bytes, moved in steps of 16.
const snappyRoom = 1 + 64 + 16

// snappyCopy has, for each tag of a copy with an offset of one or two bytes, its length in bits 0-7, the
// part of the offset that lies in the tag in bits 8-23, and a mask of the offset's bytes behind it in bits
// 24-39.
var snappyCopy = func() (t [256]uint64) {
	for tag := range uint64(256) {
		switch tag & 3 {
		case 1:
			t[tag] = tag>>2&7 + 4 | tag>>5<<8<<8 | 0xff<<24
		case 2:
			t[tag] = tag>>2 + 1 | 0xffff<<24
		}
	}
	return t
}()

// snappyFill has what a pattern of so many bytes is multiplied by to fill a word, where it divides a word.
var snappyFill = [9]uint64{1: 0x0101010101010101, 2: 0x0001000100010001, 4: 0x0000000100000001, 8: 1}

// snappyBlock decompresses a block into dst, which has the length that the block states.
func snappyBlock(dst, src []byte) ([]byte, error) {
	n, k := binary.Uvarint(src)
	if k <= 0 || n != uint64(len(dst)) {
		return nil, errSnappy
	}
	src = src[k:]
	d, s, ok := 0, 0, true
	for s < len(src) {
		if len(dst)-d >= snappyRoom && len(src)-s >= snappyRoom {
			k, n := snappyFast(dst, d, src[s:])
			d, s = d+n, s+k
		}
		if d, s, ok = snappyElement(dst, src, d, s); !ok {
			return nil, errSnappy
		}
	}
	if d != len(dst) {
		return nil, errSnappy
	}
	return dst, nil
}

type bytes16 = [16]byte

// snappyFast decodes elements to dst[at:] as long as it has room in src and dst, and as the elements are
// common ones; there is one left then. It returns how many bytes it has read and written.
func snappyFast(dst []byte, at int, src []byte) (s, d int) {
	in, out := unsafe.Pointer(unsafe.SliceData(src)), unsafe.Pointer(unsafe.SliceData(dst[at:]))
	lastS, lastD := len(src)-snappyRoom, len(dst)-at-snappyRoom
	for s <= lastS && d <= lastD {
		w := *(*uint64)(unsafe.Add(in, s))
		if w&3 == 0 {
			n := int(w>>2&63) + 1
			if n > 16 {
				return s, d
			}
			*(*bytes16)(unsafe.Add(out, d)) = *(*bytes16)(unsafe.Add(in, s+1))
			d, s = d+n, s+n+1
			if n > 4 {
				continue
			}
			// The next element lies in w too.
			w >>= uint(8*n+8) & 63
			if w&3 == 0 {
				continue
			}
		}
		e := snappyCopy[uint8(w)]
		n := int(e & 255)
		off := int(e>>8&0xffff | w>>8&(e>>24))
		if uint(off-1) >= uint(d+at) || w&3 == 3 {
			return s, d
		}
		to := unsafe.Add(out, d)
		switch {
		case off >= 16:
			*(*bytes16)(to) = *(*bytes16)(unsafe.Add(to, -off))
			for k := 16; k < n; k += 16 {
				*(*bytes16)(unsafe.Add(to, k)) = *(*bytes16)(unsafe.Add(to, k-off))
			}
		case off > 8:
			for k := 0; k < n; k += 8 {
				*(*uint64)(unsafe.Add(to, k)) = *(*uint64)(unsafe.Add(to, k-off))
			}
		case snappyFill[off] != 0 && d+at >= 8:
			x := *(*uint64)(unsafe.Add(to, -8)) >> uint(64-8*off) * snappyFill[off]
			for k := 0; k < n; k += 16 {
				*(*uint64)(unsafe.Add(to, k)) = x
				*(*uint64)(unsafe.Add(to, k+8)) = x
			}
		default:
			return s, d
		}
		d, s = d+n, s+1+int(w&3)
	}
	return s, d
}

// snappyElement decodes the element at src[s] to dst[d:] and returns where the next ones are.
func snappyElement(dst, src []byte, d, s int) (nextD, nextS int, ok bool) {
	tag := int(src[s])
	s++
	extra := [4]int{0, 1, 2, 4}[tag&3] // bytes behind the tag
	if n := tag >> 2; extra == 0 && n >= 60 {
		extra = n - 59
	}
	if extra > len(src)-s {
		return d, s, false
	}
	x := 0
	for i, b := range src[s : s+extra] {
		x |= int(b) << (8 * i)
	}
	s += extra
	n, off := tag>>2+1, x
	switch tag & 3 {
	case 0:
		if n > 60 {
			n = x + 1
		}
		if n > len(src)-s || n > len(dst)-d {
			return d, s, false
		}
		copy(dst[d:], src[s:s+n])
		return d + n, s + n, true
	case 1:
		n, off = tag>>2&7+4, tag>>5<<8|x
	}
	if off == 0 || off > d || n > len(dst)-d {
		return d, s, false
	}
	lz4Copy(dst, d, off, n)
	return d + n, s, true
}
