package parquet

import (
	"encoding/binary"
	"errors"
)

var errLZ4 = errors.New("damaged LZ4 data")

// lz4Block decompresses one LZ4 block into dst, whose length is the size of the result at most, and returns
// the part that was written.
func lz4Block(dst, src []byte) ([]byte, error) {
	d, s := 0, 0
	for s < len(src) {
		token := src[s]
		s++
		lit, ok := lz4Length(int(token>>4), src, &s)
		if !ok || lit > len(src)-s || lit > len(dst)-d {
			return nil, errLZ4
		}
		copy(dst[d:d+lit], src[s:s+lit])
		d, s = d+lit, s+lit
		if s == len(src) {
			return dst[:d], nil // the last sequence has literals only
		}
		if len(src)-s < 2 {
			return nil, errLZ4
		}
		off := int(binary.LittleEndian.Uint16(src[s:]))
		s += 2
		n, ok := lz4Length(int(token&15), src, &s)
		n += 4
		if !ok || off == 0 || off > d || n > len(dst)-d {
			return nil, errLZ4
		}
		lz4Copy(dst, d, off, n)
		d += n
	}
	return dst[:d], nil
}

// lz4Length completes a length of 15 with the bytes that follow.
func lz4Length(n int, src []byte, s *int) (int, bool) {
	if n < 15 {
		return n, true
	}
	for *s < len(src) {
		b := src[*s]
		*s++
		n += int(b)
		if b != 255 {
			return n, true
		}
	}
	return 0, false
}

// lz4Copy repeats n bytes from off bytes back. Source and destination may overlap: each round doubles the
// bytes that can be copied at once.
func lz4Copy(dst []byte, d, off, n int) {
	from := d - off
	for n > 0 {
		k := copy(dst[d:d+n], dst[from:d])
		d, n = d+k, n-k
	}
}

// lz4Hadoop decompresses the older LZ4 codec: Hadoop's frames, each of a big-endian decompressed and
// compressed length and a block, or a bare block as some writers made.
func lz4Hadoop(dst, src []byte) ([]byte, error) {
	if out, ok := lz4Frames(dst, src); ok {
		return out, nil
	}
	return lz4Block(dst, src)
}

func lz4Frames(dst, src []byte) ([]byte, bool) {
	at := 0
	for len(src) >= 8 {
		raw, size := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
		src = src[8:]
		if uint64(size) > uint64(len(src)) || uint64(raw) > uint64(len(dst)-at) {
			return nil, false
		}
		out, err := lz4Block(dst[at:at+int(raw)], src[:size])
		if err != nil || len(out) != int(raw) {
			return nil, false
		}
		at, src = at+int(raw), src[size:]
	}
	return dst[:at], len(src) == 0 && at > 0
}
