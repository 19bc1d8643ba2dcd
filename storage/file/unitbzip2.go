package file

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"io"
	"math/bits"
)

// bzip2Blocks finds the blocks of bzip2 files. A block begins at any bit, with 48 bits that its data has by chance once in
// hundreds of terabytes: then what was cut there is put together again. With a header before it and an end behind it, a
// block is a file of its own.
type bzip2Blocks struct {
	rawFile
	level byte
	bit   int64 // where the next marker is; -1: the file's next stream begins at pos
	end   bool  // it is that of a stream's end

	// Of the units that were checked.
	sum     uint32
	skipped int64 // blocks that begin before this bit are parts of others
}

const (
	bzip2Block      = 0x314159265359
	bzip2End        = 0x177245385090
	bzip2MarkerBits = 48
	bzip2SumBits    = 32
	bzip2Most       = 4 << 20 // bytes of a block, more than it can have
)

func newBzip2Blocks(f rawFile) cutter { return &bzip2Blocks{rawFile: f, bit: -1} }

func (c *bzip2Blocks) next() (*unit, error) {
	for {
		switch {
		case c.bit < 0:
			if c.pos >= c.size {
				return nil, io.EOF
			}
			if err := c.begin(); err != nil {
				return nil, err
			}
		case c.end:
			return c.finish()
		default:
			return c.block()
		}
	}
}

// begin reads the header of a stream.
func (c *bzip2Blocks) begin() error {
	h, err := c.bytes(c.pos, 10)
	switch {
	case err != nil && err != io.EOF:
		return err
	case len(h) < 10:
		return io.ErrUnexpectedEOF
	case !looksLikeBzip2(h) || string(h[:3]) != "BZh":
		return bzip2.StructuralError("other bytes follow the compressed ones")
	}
	c.level = h[3]
	c.bit, c.end = 8*(c.pos+4), bitsAt(h[4:], 0, bzip2MarkerBits) == bzip2End
	return nil
}

// block returns the unit of the block at the marker.
func (c *bzip2Blocks) block() (*unit, error) {
	from := c.bit
	b, to, end, err := c.until(from, from+bzip2MarkerBits+bzip2SumBits)
	if err != nil {
		return nil, err
	}
	c.bit, c.end = to, end
	level := c.level
	u := &unit{size: to/8 - from/8, expect: int(level-'0') * 100_000}
	u.decode = func(dst []byte) ([]byte, error) { return bunzip2(dst, level, b, from%8, to-from) }
	u.check = func(_ *unit, text []byte, err error) ([]byte, error) {
		if from < c.skipped {
			return nil, nil
		}
		if err != nil {
			text, err = c.join(level, from, to, text, err)
		}
		c.sum = bits.RotateLeft32(c.sum, 1) ^ uint32(bitsAt(b, from%8+bzip2MarkerBits, bzip2SumBits))
		return text, err
	}
	return u, nil
}

// join decompresses a block that goes on behind what looks like the marker of the next. err is that of the block without it.
func (c *bzip2Blocks) join(level byte, from, to int64, text []byte, err error) ([]byte, error) {
	b, to, _, bad := c.until(from, to+1)
	if bad != nil {
		return text, err
	}
	whole, bad := bunzip2(nil, level, b, from%8, to-from)
	if bad != nil {
		return text, err
	}
	c.skipped = to
	return whole, nil
}

// finish returns the unit of a stream's end, which has its checksum.
func (c *bzip2Blocks) finish() (*unit, error) {
	at := c.bit + bzip2MarkerBits
	b, err := c.bytes(at/8, 5)
	if err != nil {
		return nil, err
	}
	if len(b)*8 < int(at%8)+bzip2SumBits {
		return nil, io.ErrUnexpectedEOF
	}
	want := uint32(bitsAt(b, at%8, bzip2SumBits))
	size := c.pos
	c.pos, c.bit = (at+bzip2SumBits+7)/8, -1
	return &unit{size: min(c.pos-size, 14), decode: func(dst []byte) ([]byte, error) { return dst, nil },
		check: func(_ *unit, text []byte, _ error) ([]byte, error) {
			sum := c.sum
			c.sum = 0
			if sum != want {
				return nil, bzip2.StructuralError("file checksum mismatch")
			}
			return text, nil
		}}, nil
}

// until returns the bytes from a bit of the file to the first marker at or behind another; end says that it is that of a stream's
// end.
func (c *bzip2Blocks) until(from, search int64) (b []byte, to int64, end bool, err error) {
	base := from / 8 * 8
	for want := int64(c.level-'0') * 40_000; ; want *= 2 { // more than most blocks have
		if b, err = c.bytes(from/8, want); err != nil {
			return nil, 0, false, err
		}
		last := int64(len(b)) < want || from/8+want >= c.size
		for at := search - base; ; {
			at, end = marker(b, at)
			if at < 0 {
				break
			}
			if !end || c.ends(base+at) {
				return b, base + at, end, nil
			}
			at++
		}
		switch {
		case last:
			return nil, 0, false, io.ErrUnexpectedEOF
		case want > bzip2Most:
			return nil, 0, false, bzip2.StructuralError("a block does not end")
		}
	}
}

// ends reports whether what looks like a stream's end is one: the file ends there, too, or another stream begins.
func (c *bzip2Blocks) ends(bit int64) bool {
	at := (bit + bzip2MarkerBits + bzip2SumBits + 7) / 8
	if at >= c.size {
		return true
	}
	h, err := c.bytes(at, 10)
	return err == nil && len(h) == 10 && string(h[:3]) == "BZh" && looksLikeBzip2(h)
}

// bunzip2 decompresses a block: the bits of b from a place in the first byte on.
func bunzip2(dst []byte, level byte, b []byte, from, n int64) ([]byte, error) {
	w := bitWriter{b: append(make([]byte, 0, n/8+32), 'B', 'Z', 'h', level)}
	w.copy(b, from, n)
	w.put(bzip2End, bzip2MarkerBits)
	w.put(bitsAt(b, from+bzip2MarkerBits, bzip2SumBits), bzip2SumBits)
	r := bzip2.NewReader(bytes.NewReader(w.b))
	if cap(dst) == 0 {
		dst = make([]byte, 0, int(level-'0')*100_000+1)
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		k, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+k]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, noEOF(err)
		}
	}
}

// bitsAt returns up to 56 bits from a place on, zeros behind the end.
func bitsAt(b []byte, at, n int64) uint64 {
	var w [8]byte
	if i := at / 8; i < int64(len(b)) {
		copy(w[:], b[i:])
	}
	return binary.BigEndian.Uint64(w[:]) << (at % 8) >> (64 - n)
}

// bitWriter writes bits behind whole bytes.
type bitWriter struct {
	b    []byte
	free int64 // bits of the last byte that are not used
}

func (w *bitWriter) put(x uint64, n int64) {
	for n > 0 {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		k := min(n, w.free)
		w.b[len(w.b)-1] |= byte(x >> (n - k) & (1<<k - 1) << (w.free - k))
		n, w.free = n-k, w.free-k
	}
}

// copy copies n bits to the start of a byte.
func (w *bitWriter) copy(b []byte, from, n int64) {
	b, shift := b[from/8:], from%8
	whole := n / 8
	for i := range whole {
		x := b[i] << shift
		if shift > 0 && i+1 < int64(len(b)) {
			x |= b[i+1] >> (8 - shift)
		}
		w.b = append(w.b, x)
	}
	w.put(bitsAt(b, shift+8*whole, n%8), n%8)
}

// markerBytes has, by a byte of the file, one bit for each marker and place in a byte that the marker begins at, where the second
// byte of it is the one.
var markerBytes = func() (t [256]uint16) {
	for k, m := range [2]uint64{bzip2Block, bzip2End} {
		for s := range 8 {
			t[byte(m<<16>>s>>48)] |= 1 << (8*k + s)
		}
	}
	return t
}()

// marker returns the place of the first marker at or behind a bit, -1 if there is none.
func marker(b []byte, from int64) (at int64, end bool) {
	for i := int(from/8) + 1; i < len(b); i++ {
		for m := markerBytes[b[i]]; m != 0; m &= m - 1 {
			k := bits.TrailingZeros16(m)
			at := int64(i-1)*8 + int64(k&7)
			if at < from || at+bzip2MarkerBits > int64(len(b))*8 {
				continue
			}
			switch x := bitsAt(b, at, bzip2MarkerBits); {
			case k < 8 && x == bzip2Block:
				return at, false
			case k >= 8 && x == bzip2End:
				return at, true
			}
		}
	}
	return -1, false
}
