package lake

import (
	"encoding/binary"
	"errors"
	"math"

	"gsql/storage/parquet"
)

// What a roaring bitmap of 32 bits begins with: one without and with runs.
const (
	cookiePlain = 12346
	cookieRuns  = 12347
)

var (
	errBitmap = errors.New("its bitmap is not complete")
	errRow    = errors.New("its bitmap has a row that the file has not")
)

// ReadBitmap adds the numbers in a roaring bitmap of 64 bits, in the portable format, to places.
func ReadBitmap(b []byte, places *parquet.Places) error {
	r := &bitmapReader{b: b, places: places}
	n := r.u64()
	for ; n > 0 && r.err == nil; n-- {
		high := uint64(r.u32())
		if high > math.MaxInt32 {
			return errBitmap
		}
		r.bitmap(int64(high << 32))
	}
	if r.err == nil && len(r.b) > 0 {
		return errors.New("there is something behind its bitmap")
	}
	return r.err
}

// bitmapReader reads numbers from bytes. After an error it yields zeros.
type bitmapReader struct {
	b      []byte
	places *parquet.Places
	err    error
}

func (r *bitmapReader) take(n int) []byte {
	if r.err == nil && n > len(r.b) {
		r.err = errBitmap
	}
	if r.err != nil {
		return make([]byte, min(n, 8))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *bitmapReader) u16() uint16 { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *bitmapReader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *bitmapReader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *bitmapReader) add(row int64) {
	if r.err == nil && !r.places.Add(row) {
		r.err = errRow
	}
}

// container is one of up to 65,536 numbers that have their upper bits in common.
type container struct {
	key, n int
	runs   bool
}

// bitmap reads a bitmap of 32 bits, to whose numbers base is added.
func (r *bitmapReader) bitmap(base int64) {
	cookie := r.u32()
	var list []container
	var runs []byte
	switch {
	case cookie&0xffff == cookieRuns:
		list = make([]container, cookie>>16+1)
		runs = r.take((len(list) + 7) / 8)
	case cookie == cookiePlain:
		n := r.u32()
		if n > 1<<16 {
			r.err = errBitmap
			return
		}
		list = make([]container, n)
	default:
		r.err = errBitmap
	}
	for i := range list {
		if r.err != nil {
			return
		}
		list[i] = container{int(r.u16()), int(r.u16()) + 1, runs != nil && runs[i/8]>>(i%8)&1 != 0}
	}
	if runs == nil || len(list) >= 4 {
		r.take(4 * len(list)) // where the containers are, which is one behind the other
	}
	for _, c := range list {
		if r.err != nil {
			return
		}
		r.container(base+int64(c.key)<<16, c)
	}
}

func (r *bitmapReader) container(base int64, c container) {
	switch {
	case c.runs:
		for n := int(r.u16()); n > 0 && r.err == nil; n-- {
			from, more := int64(r.u16()), int64(r.u16())
			for i := from; i <= min(from+more, math.MaxUint16) && r.err == nil; i++ {
				r.add(base + i)
			}
		}
	case c.n <= 4096:
		for range c.n {
			if r.err != nil {
				return
			}
			r.add(base + int64(r.u16()))
		}
	default:
		b := r.take(1 << 13)
		for i := 0; i < len(b)*8 && r.err == nil; i++ {
			if b[i/8]>>(i%8)&1 != 0 {
				r.add(base + int64(i))
			}
		}
	}
}
