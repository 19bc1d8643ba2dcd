package parquet

import (
	"encoding/binary"
	"errors"
)

var errDelta = errors.New("damaged delta-encoded data")

// delta decodes DELTA_BINARY_PACKED: blocks of differences, each block with a smallest difference and a
// number of miniblocks, each with its own bit width.
type delta struct {
	data   []byte
	minis  int // miniblocks of a block
	perMin int // values of a miniblock, a multiple of 32
	left   int // values not yet read
	last   int64
	first  bool // the first value, which stands in the header, has not been read

	minDelta int64
	widths   []byte // of the miniblocks that are left in the block
	buf      [32]int64
	at, end  int // of buf
	inMini   int // values of the current miniblock that are not in buf yet
	width    uint
}

// reset reads the header. The number of values is the stream's own.
func (d *delta) reset(data []byte) error {
	*d = delta{data: data}
	size := d.uvarint()
	minis := d.uvarint()
	total := d.uvarint()
	first := d.uvarint()
	if d.data == nil || minis == 0 || minis > 1<<16 || size == 0 || size > 1<<24 || size%minis != 0 || size/minis%32 != 0 || total > 1<<31 {
		return errDelta
	}
	d.minis, d.perMin, d.left = int(minis), int(size/minis), int(total)
	d.last, d.first = int64(first>>1)^-int64(first&1), true
	return nil
}

// uvarint leaves d.data nil after an error.
func (d *delta) uvarint() uint64 {
	u, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.data = nil
		return 0
	}
	d.data = d.data[n:]
	if d.data == nil {
		d.data = []byte{}
	}
	return u
}

// read decodes len(dst) values. Sums wrap around, as the format says.
func (d *delta) read(dst []int64) error {
	if len(dst) > d.left {
		return errDelta
	}
	d.left -= len(dst)
	if d.first && len(dst) > 0 {
		dst[0] = d.last
		dst = dst[1:]
		d.first = false
	}
	for len(dst) > 0 {
		if d.at == d.end {
			if err := d.fill(len(dst) + d.left); err != nil {
				return err
			}
		}
		n := min(len(dst), d.end-d.at)
		last := d.last
		for i, x := range d.buf[d.at : d.at+n] {
			last += x
			dst[i] = last
		}
		d.last = last
		d.at += n
		dst = dst[n:]
	}
	return nil
}

// fill unpacks the next 32 differences, of which need are wanted at least.
func (d *delta) fill(need int) error {
	if d.inMini == 0 {
		if err := d.mini(); err != nil {
			return err
		}
	}
	size := 4 * int(d.width)
	var tail [256]byte
	in := d.data
	if len(in) < size {
		// The padding of the last miniblock may be missing.
		if len(in) < (min(need, 32)*int(d.width)+7)/8 {
			return errDelta
		}
		copy(tail[:], in)
		in = tail[:]
		d.data = []byte{}
	} else {
		d.data = d.data[size:]
	}
	if d.width <= 32 {
		var u [32]uint32
		unpack32(&u, in, d.width)
		for i := range u {
			d.buf[i] = int64(u[i]) + d.minDelta
		}
	} else {
		unpackWide(&d.buf, in, d.width)
		for i := range d.buf {
			d.buf[i] += d.minDelta
		}
	}
	d.inMini -= 32
	d.at, d.end = 0, 32
	return nil
}

// mini starts the next miniblock, and a block where needed.
func (d *delta) mini() error {
	if len(d.widths) == 0 {
		u := d.uvarint()
		if d.data == nil || len(d.data) < d.minis {
			return errDelta
		}
		d.minDelta = int64(u>>1) ^ -int64(u&1)
		d.widths, d.data = d.data[:d.minis], d.data[d.minis:]
	}
	d.width = uint(d.widths[0])
	d.widths = d.widths[1:]
	d.inMini = d.perMin
	if d.width > 64 {
		return errDelta
	}
	return nil
}

// unpackWide takes 32 values of 33 to 64 bits apart.
func unpackWide(out *[32]int64, in []byte, width uint) {
	mask := ^uint64(0) >> (64 - width)
	var tail [8 * 33]byte
	copy(tail[:8*32], in[:4*width])
	for i := range out {
		bit := uint(i) * width
		w := binary.LittleEndian.Uint64(tail[bit/8:]) >> (bit & 7)
		if bit&7+width > 64 {
			w |= uint64(tail[bit/8+8]) << (64 - bit&7)
		}
		out[i] = int64(w & mask)
	}
}

// finish passes over what is left and returns the bytes behind the stream: lengths are followed by data.
func (d *delta) finish() ([]byte, error) {
	var scratch [256]int64
	for d.left > 0 {
		if err := d.read(scratch[:min(d.left, len(scratch))]); err != nil {
			return nil, err
		}
	}
	// The miniblock begun was written to its end; the other miniblocks of the block have no bytes.
	for d.inMini > 0 {
		size := min(4*int(d.width), len(d.data))
		d.data = d.data[size:]
		d.inMini -= 32
	}
	return d.data, nil
}
