package parquet

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// byteSource yields the values of one page of byte strings as views.
type byteSource interface {
	// next writes len(dst) views, whose long ones point into buffers that it adds to v.
	next(dst []vec.View, v *views) error
	skip(n int) error
}

// views collects the buffers of the views of one vector.
type views struct{ bufs [][]byte }

// add returns the number of buffer b, which is the last one or new.
func (v *views) add(b []byte) uint64 {
	if k := len(v.bufs) - 1; k >= 0 && unsafe.SliceData(v.bufs[k]) == unsafe.SliceData(b) && len(v.bufs[k]) == len(b) {
		return uint64(k)
	}
	v.bufs = append(v.bufs, b)
	return uint64(len(v.bufs) - 1)
}

// Masks for the two words of a view that hold bytes 0-3 and 4-11 of a short string.
var maskPrefix, maskRest = func() (p [13]uint64, r [13]uint64) {
	for n := range p {
		p[n] = 1<<(8*uint(min(n, 4))) - 1
		r[n] = ^uint64(0) >> (64 - 8*uint(max(n-4, 0)))
		if n <= 4 {
			r[n] = 0
		}
	}
	return
}()

// putView writes the view of data[at:at+n], which lies in buffer number buf. It loads whole words where data
// has them.
func putView(dst *vec.View, data []byte, at, n int, buf uint64) {
	if at+12 > len(data) {
		*dst = vec.MakeView(data[at:at+n], uint32(buf), uint32(at))
		return
	}
	w := (*[2]uint64)(unsafe.Pointer(dst))
	prefix := uint64(binary.LittleEndian.Uint32(data[at:]))
	if n > vec.ViewInline {
		w[0], w[1] = uint64(n)|prefix<<32, buf|uint64(at)<<32
		return
	}
	w[0] = uint64(n) | prefix&maskPrefix[n]<<32
	w[1] = binary.LittleEndian.Uint64(data[at+4:]) & maskRest[n]
}

// plainBytes is a page in PLAIN encoding: each value has its length in front.
type plainBytes struct {
	data []byte
	at   int
}

func (s *plainBytes) next(dst []vec.View, v *views) error {
	if len(dst) == 0 {
		return nil
	}
	data, at, buf := s.data, s.at, v.add(s.data)
	for i := range dst {
		if len(data)-at < 4 {
			return errShort
		}
		n := int(binary.LittleEndian.Uint32(data[at:]))
		at += 4
		if uint(n) > uint(len(data)-at) {
			return errShort
		}
		putView(&dst[i], data, at, n, buf)
		at += n
	}
	s.at = at
	return nil
}

func (s *plainBytes) skip(n int) error {
	data, at := s.data, s.at
	for range n {
		if len(data)-at < 4 {
			return errShort
		}
		at += 4 + int(binary.LittleEndian.Uint32(data[at:]))
		if uint(at) > uint(len(data)) {
			return errShort
		}
	}
	s.at = at
	return nil
}

// deltaLengthBytes is a page in DELTA_LENGTH_BYTE_ARRAY encoding: all lengths, then all bytes.
type deltaLengthBytes struct {
	lengths delta
	data    []byte
	at      int
	scratch [256]int64
}

func newDeltaLengthBytes(page []byte) (*deltaLengthBytes, error) {
	s := new(deltaLengthBytes)
	if err := s.lengths.reset(page); err != nil {
		return nil, err
	}
	// The bytes begin where the lengths end; a copy of the decoder finds the place.
	ahead := s.lengths
	var err error
	s.data, err = ahead.finish()
	return s, err
}

func (s *deltaLengthBytes) next(dst []vec.View, v *views) error {
	if len(dst) == 0 {
		return nil
	}
	buf := v.add(s.data)
	for len(dst) > 0 {
		k := min(len(dst), len(s.scratch))
		if err := s.lengths.read(s.scratch[:k]); err != nil {
			return err
		}
		for i, n := range s.scratch[:k] {
			if uint64(n) > uint64(len(s.data)-s.at) {
				return errShort
			}
			putView(&dst[i], s.data, s.at, int(n), buf)
			s.at += int(n)
		}
		dst = dst[k:]
	}
	return nil
}

func (s *deltaLengthBytes) skip(n int) error {
	for n > 0 {
		k := min(n, len(s.scratch))
		if err := s.lengths.read(s.scratch[:k]); err != nil {
			return err
		}
		for _, l := range s.scratch[:k] {
			if uint64(l) > uint64(len(s.data)-s.at) {
				return errShort
			}
			s.at += int(l)
		}
		n -= k
	}
	return nil
}

// deltaBytes is a page in DELTA_BYTE_ARRAY encoding: each value shares a prefix with the one before.
type deltaBytes struct {
	prefixes delta
	suffixes deltaLengthBytes
	last     []byte
}

// maxDeltaBytes bounds the memory of the strings of one batch: sharing prefixes, a small page can stand for
// an enormous number of bytes.
const maxDeltaBytes = 1 << 30

func newDeltaBytes(page []byte) (*deltaBytes, error) {
	s := new(deltaBytes)
	if err := s.prefixes.reset(page); err != nil {
		return nil, err
	}
	ahead := s.prefixes
	rest, err := ahead.finish()
	if err != nil {
		return nil, err
	}
	suffixes, err := newDeltaLengthBytes(rest)
	if err != nil {
		return nil, err
	}
	s.suffixes = *suffixes
	return s, nil
}

func (s *deltaBytes) next(dst []vec.View, v *views) error {
	var out []byte
	ends := make([]int, 0, len(dst))
	err := s.each(len(dst), func(value []byte) error {
		if len(out)+len(value) > maxDeltaBytes {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "the strings of %d rows take more than %d bytes", len(dst), maxDeltaBytes)
		}
		out = append(out, value...)
		ends = append(ends, len(out))
		return nil
	})
	if err != nil || len(dst) == 0 {
		return err
	}
	buf, at := v.add(out), 0
	for i, end := range ends {
		putView(&dst[i], out, at, end-at, buf)
		at = end
	}
	return nil
}

// each calls f with the next n values; the bytes are valid during the call.
func (s *deltaBytes) each(n int, f func([]byte) error) error {
	var prefix, suffix [256]int64
	sfx := &s.suffixes
	for n > 0 {
		k := min(n, len(prefix))
		if err := errors.Join(s.prefixes.read(prefix[:k]), sfx.lengths.read(suffix[:k])); err != nil {
			return errDelta
		}
		for i := range k {
			if uint64(prefix[i]) > uint64(len(s.last)) || uint64(suffix[i]) > uint64(len(sfx.data)-sfx.at) {
				return errShort
			}
			s.last = append(s.last[:prefix[i]], sfx.data[sfx.at:sfx.at+int(suffix[i])]...)
			sfx.at += int(suffix[i])
			if f == nil {
				continue
			}
			if err := f(s.last); err != nil {
				return err
			}
		}
		n -= k
	}
	return nil
}

func (s *deltaBytes) skip(n int) error { return s.each(n, nil) }

// fixedViews makes views of values of fixed width.
type fixedViews struct {
	s     source
	width int
}

func (s *fixedViews) next(dst []vec.View, v *views) error {
	if len(dst) == 0 {
		return nil
	}
	b, err := s.s.next(len(dst))
	if err != nil {
		return err
	}
	if _, plain := s.s.(*plainSource); !plain && s.width > vec.ViewInline {
		b = append([]byte(nil), b...) // the source will overwrite it
	}
	var buf uint64
	if s.width > vec.ViewInline {
		buf = v.add(b)
	}
	for i := range dst {
		putView(&dst[i], b, i*s.width, s.width, buf)
	}
	return nil
}

func (s *fixedViews) skip(n int) error { return s.s.skip(n) }
