package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"gsql/exec/vec"
)

var errRLE = errors.New("damaged run-length data")

// hybrid decodes Parquet's mix of runs and bit-packed groups: dictionary codes, levels and booleans.
type hybrid struct {
	data  []byte // what is not yet read
	width uint

	run    int // values left of a run of val
	val    uint32
	packed int // values left in the bit-packed groups at data; a multiple of 8

	buf     [32]uint32 // unpacked values that have not been asked for
	at, end int
}

// reset starts at data, whose values have width bits.
func (h *hybrid) reset(data []byte, width uint) error {
	if width > 32 {
		return errRLE
	}
	h.data, h.width, h.run, h.packed, h.at, h.end = data, width, 0, 0, 0, 0
	return nil
}

// header reads the next run's header.
func (h *hybrid) header() error {
	var u uint64
	n := 1
	if len(h.data) > 0 && h.data[0] < 0x80 { // most are short
		u = uint64(h.data[0])
	} else if u, n = binary.Uvarint(h.data); n <= 0 || u>>1 > 1<<31 {
		return errRLE
	}
	h.data = h.data[n:]
	if u&1 == 0 {
		size := int(h.width+7) / 8
		if size > len(h.data) {
			return errRLE
		}
		h.run, h.val = int(u>>1), 0
		for i, b := range h.data[:size] {
			h.val |= uint32(b) << (8 * i)
		}
		h.data = h.data[size:]
		if h.width < 32 && h.val>>h.width != 0 {
			return errRLE
		}
		return nil
	}
	h.packed = int(u>>1) * 8
	if h.width > 0 {
		// Some writers leave out the bytes of the last group that no value needs.
		if whole := len(h.data) * 8 / int(h.width); whole < h.packed {
			h.packed = whole
			if whole == 0 {
				return errRLE
			}
		}
	}
	return nil
}

// fill unpacks up to 32 values of the packed groups into buf.
func (h *hybrid) fill() {
	n := min(h.packed, 32)
	size := (n*int(h.width) + 7) / 8
	if 4*int(h.width) <= len(h.data) {
		unpack32(&h.buf, h.data, h.width)
	} else {
		var tail [128]byte
		copy(tail[:], h.data[:size])
		unpack32(&h.buf, tail[:], h.width)
	}
	h.data = h.data[size:]
	h.packed -= n
	h.at, h.end = 0, n
}

// read decodes len(dst) values.
func (h *hybrid) read(dst []uint32) error {
	for len(dst) > 0 {
		switch {
		case h.at < h.end:
			n := copy(dst, h.buf[h.at:h.end])
			h.at += n
			dst = dst[n:]
		case h.run > 0:
			n := min(h.run, len(dst))
			for i := range dst[:n] {
				dst[i] = h.val
			}
			h.run -= n
			dst = dst[n:]
		case h.packed > 0:
			dst = h.unpackInto(dst)
			dst = h.unpackGroups(dst)
			if len(dst) > 0 && h.packed > 0 {
				h.fill()
			}
		default:
			if err := h.header(); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpackInto unpacks whole groups of 32 straight into dst and returns the rest of dst.
func (h *hybrid) unpackInto(dst []uint32) []uint32 {
	size := 4 * int(h.width)
	for h.packed >= 32 && len(dst) >= 32 && len(h.data) >= size {
		unpack32((*[32]uint32)(dst), h.data, h.width)
		h.data = h.data[size:]
		h.packed -= 32
		dst = dst[32:]
	}
	return dst
}

// unpackGroups unpacks whole groups of 8 straight into dst and returns the rest of dst. Writers end a run of groups where
// a value repeats, so that many have but one.
func (h *hybrid) unpackGroups(dst []uint32) []uint32 {
	size := int(h.width)
	for h.packed >= 8 && len(dst) >= 8 && len(h.data) >= size+8 {
		unpack8((*[8]uint32)(dst), h.data, h.width)
		h.data = h.data[size:]
		h.packed -= 8
		dst = dst[8:]
	}
	return dst
}

// unpack8 takes 8 values of width bits, least significant bit first, from the first width bytes of in, which has 8 more.
func unpack8(out *[8]uint32, in []byte, width uint) {
	in = in[:width+8]
	mask := uint64(1)<<(width&63) - 1
	for i := range out {
		bit := uint(i) * width
		out[i] = uint32(binary.LittleEndian.Uint64(in[bit>>3:]) >> (bit & 7) & mask)
	}
}

// skip passes over n values.
func (h *hybrid) skip(n int) error {
	for n > 0 {
		switch {
		case h.at < h.end:
			k := min(n, h.end-h.at)
			h.at += k
			n -= k
		case h.run > 0:
			k := min(n, h.run)
			h.run -= k
			n -= k
		case h.packed > 0:
			// Whole groups of 8 values are whole bytes.
			if k := min(n, h.packed) &^ 7; k > 0 {
				h.data = h.data[k*int(h.width)/8:]
				h.packed -= k
				n -= k
			} else {
				h.fill()
			}
		default:
			if err := h.header(); err != nil {
				return err
			}
		}
	}
	return nil
}

// readBits decodes n values of width 1 into bits at.. of dst, which are clear, and returns how many are set. A hybrid
// whose bits are read is not read otherwise.
func (h *hybrid) readBits(dst vec.Bitmap, at, n int) (set int, err error) {
	for n > 0 {
		switch {
		case h.run > 0:
			k := min(h.run, n)
			if h.val != 0 {
				setBits(dst, at, k)
				set += k
			}
			h.run -= k
			at, n = at+k, n-k
		case h.packed > 0:
			w, k := h.word(min(n, 64-at&63))
			dst[at>>6] |= w << (uint(at) & 63)
			set += bits.OnesCount64(w)
			at, n = at+k, n-k
		default:
			if err := h.header(); err != nil {
				return 0, err
			}
		}
	}
	return set, nil
}

// countBits passes over n values of width 1 as readBits does, and returns how many are set.
func (h *hybrid) countBits(n int) (set int, err error) {
	for n > 0 {
		switch {
		case h.run > 0:
			k := min(h.run, n)
			if h.val != 0 {
				set += k
			}
			h.run -= k
			n -= k
		case h.packed > 0:
			w, k := h.word(min(n, 64))
			set += bits.OnesCount64(w)
			n -= k
		default:
			if err := h.header(); err != nil {
				return 0, err
			}
		}
	}
	return set, nil
}

// word returns up to n <= 64 values of width 1 as bits, and their number. h.at counts the bits of h.data[0] that are used.
func (h *hybrid) word(n int) (w uint64, k int) {
	k = min(n, h.packed)
	if len(h.data) > 8 {
		w = binary.LittleEndian.Uint64(h.data)>>uint(h.at) | uint64(h.data[8])<<(64-uint(h.at))
	} else {
		for i, b := range h.data {
			w |= uint64(b) << (8 * i)
		}
		w >>= uint(h.at)
	}
	if k < 64 {
		w &= 1<<uint(k) - 1
	}
	h.at += k
	h.packed -= k
	h.data = h.data[h.at>>3:]
	h.at &= 7
	return w, k
}

// setBits sets n bits from at on.
func setBits(b vec.Bitmap, at, n int) {
	for n > 0 {
		k := min(n, 64-at&63)
		w := ^uint64(0) >> uint(64-k)
		b[at>>6] |= w << (uint(at) & 63)
		at, n = at+k, n-k
	}
}

// bitWidth returns the bits that numbers up to n need.
func bitWidth(n int) uint { return uint(bits.Len(uint(n))) }
