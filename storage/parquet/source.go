package parquet

import (
	"encoding/binary"
	"errors"

	"gsql/exec/vec"
)

var errShort = errors.New("a page has fewer values than its header says")

// source yields the values of one page, of fixed width, in PLAIN layout: one after the other, little-endian.
type source interface {
	// next returns the bytes of n values, valid until the next call.
	next(n int) ([]byte, error)
	skip(n int) error
}

// plainSource is a page in PLAIN encoding.
type plainSource struct {
	data  []byte
	width int
}

func (s *plainSource) next(n int) ([]byte, error) {
	if n > len(s.data)/s.width {
		return nil, errShort
	}
	b := s.data[: n*s.width : n*s.width]
	s.data = s.data[n*s.width:]
	return b, nil
}

func (s *plainSource) skip(n int) error {
	_, err := s.next(n)
	return err
}

// splitSource is a page in BYTE_STREAM_SPLIT encoding: all first bytes, then all second bytes, and so on.
type splitSource struct {
	data  []byte
	width int
	at, n int // the next value, and how many there are
	out   []byte
}

func newSplitSource(data []byte, width int) *splitSource {
	return &splitSource{data: data, width: width, n: len(data) / width}
}

func (s *splitSource) next(n int) ([]byte, error) {
	if n > s.n-s.at {
		return nil, errShort
	}
	if n == 0 {
		return nil, nil
	}
	s.out = grow(s.out, n*s.width)
	for k := range s.width {
		stream := s.data[k*s.n+s.at:][:n]
		out := s.out[k:]
		for i, b := range stream {
			out[i*s.width] = b
		}
	}
	s.at += n
	return s.out, nil
}

func (s *splitSource) skip(n int) error {
	if n > s.n-s.at {
		return errShort
	}
	s.at += n
	return nil
}

// deltaSource is a page of integers in DELTA_BINARY_PACKED encoding.
type deltaSource struct {
	d      delta
	narrow bool // int32
	wide   []int64
	out    []int32
}

func (s *deltaSource) next(n int) ([]byte, error) {
	if cap(s.wide) < n {
		s.wide = make([]int64, n)
	}
	w := s.wide[:n]
	if err := s.d.read(w); err != nil {
		return nil, err
	}
	if !s.narrow {
		return vec.BytesOf(w), nil
	}
	if cap(s.out) < n {
		s.out = make([]int32, n)
	}
	out := s.out[:n]
	for i, x := range w {
		out[i] = int32(x)
	}
	return vec.BytesOf(out), nil
}

func (s *deltaSource) skip(n int) error {
	for n > 0 {
		k := min(n, 4096)
		if _, err := s.next(k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// boolSource is a page of booleans, as bits or run-length encoded; its values are bytes of 0 or 1.
type boolSource struct {
	bits []byte // PLAIN
	at   int
	rle  *hybrid
	out  []byte
	u    []uint32
}

// newBoolSource starts a page; run-length data has its length in front.
func newBoolSource(data []byte, rle bool) (*boolSource, error) {
	if !rle {
		return &boolSource{bits: data}, nil
	}
	if len(data) < 4 {
		return nil, errShort
	}
	n := binary.LittleEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) {
		return nil, errShort
	}
	s := &boolSource{rle: new(hybrid)}
	return s, s.rle.reset(data[4:4+n], 1)
}

func (s *boolSource) next(n int) ([]byte, error) {
	s.out = grow(s.out, n)
	if s.rle != nil {
		if cap(s.u) < n {
			s.u = make([]uint32, n)
		}
		if err := s.rle.read(s.u[:n]); err != nil {
			return nil, err
		}
		for i, v := range s.u[:n] {
			s.out[i] = byte(v)
		}
		return s.out, nil
	}
	if n > len(s.bits)*8-s.at {
		return nil, errShort
	}
	for i := range s.out {
		bit := s.at + i
		s.out[i] = s.bits[bit>>3] >> (bit & 7) & 1
	}
	s.at += n
	return s.out, nil
}

func (s *boolSource) skip(n int) error {
	if s.rle != nil {
		return s.rle.skip(n)
	}
	if n > len(s.bits)*8-s.at {
		return errShort
	}
	s.at += n
	return nil
}

// decimalSource brings decimals of varying length to 16 bytes, sign extended.
type decimalSource struct {
	b    byteSource
	v    views
	list []vec.View
	out  []byte
}

// decimalWidth is the width of a decimalSource's values.
const decimalWidth = 16

func (s *decimalSource) next(n int) ([]byte, error) {
	if cap(s.list) < n {
		s.list = make([]vec.View, n)
	}
	list := s.list[:n]
	s.v.bufs = s.v.bufs[:0]
	if err := s.b.next(list, &s.v); err != nil {
		return nil, err
	}
	s.out = grow(s.out, n*decimalWidth)
	for i := range list {
		if err := signExtend(s.out[i*decimalWidth:][:decimalWidth], list[i].In(s.v.bufs, &list[i])); err != nil {
			return nil, err
		}
	}
	return s.out, nil
}

func (s *decimalSource) skip(n int) error { return s.b.skip(n) }

var errDecimal = errors.New("a decimal has more digits than its type")

// signExtend writes the big-endian integer src to dst.
func signExtend(dst, src []byte) error {
	var fill byte
	if len(src) > 0 && src[0] >= 0x80 {
		fill = 0xff
	}
	for len(src) > len(dst) {
		if src[0] != fill {
			return errDecimal
		}
		src = src[1:]
	}
	pad := len(dst) - len(src)
	for i := range dst[:pad] {
		dst[i] = fill
	}
	copy(dst[pad:], src)
	return nil
}

// fixedBytesSource is a page of FIXED_LEN_BYTE_ARRAY in DELTA_BYTE_ARRAY encoding.
type fixedBytesSource struct {
	b     byteSource
	v     views
	width int
	list  []vec.View
	out   []byte
}

func (s *fixedBytesSource) next(n int) ([]byte, error) {
	if cap(s.list) < n {
		s.list = make([]vec.View, n)
	}
	list := s.list[:n]
	s.v.bufs = s.v.bufs[:0]
	if err := s.b.next(list, &s.v); err != nil {
		return nil, err
	}
	s.out = grow(s.out, n*s.width)
	for i := range list {
		if int(list[i].Len) != s.width {
			return nil, errors.New("a value has not the width of its type")
		}
		copy(s.out[i*s.width:], list[i].In(s.v.bufs, &list[i]))
	}
	return s.out, nil
}

func (s *fixedBytesSource) skip(n int) error { return s.b.skip(n) }
