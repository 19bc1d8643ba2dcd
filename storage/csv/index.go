package csv

import (
	"encoding/binary"
	"math/bits"
)

// Positions of structural bytes, the delimiters and newlines that are not within quotes, are found 64 bytes
// at a time: a byte's places in a word are a mask of 64 bits. Assembly and Go do the same; the Go code takes
// eight bytes at once.

const (
	word  = 64
	chunk = 256 // words per call: bounds how far positions grow beyond what they need
	slack = 16  // positions that the assembly may write beyond the last
)

// structural bytes of a dialect, in the order of the masks.
const (
	maskDelim = iota
	maskNewline
	maskQuote
	maskCR
)

// reserve makes room for n more positions and what the assembly writes beyond them.
func reserve(pos []uint32, n int) []uint32 {
	if n += slack; cap(pos)-len(pos) >= n {
		return pos
	}
	grown := make([]uint32, len(pos), 2*cap(pos)+n)
	copy(grown, pos)
	return grown
}

// plainResult is what scanPlain saw.
type plainResult struct {
	pos      []uint32
	newlines int
	stop     int  // where it stopped: before a word with a quote, or the end
	high     bool // a byte was not ASCII
}

// scanPlain appends to pos the positions of delimiters and newlines in buf[from:to] and stops before the
// first 64 bytes that have a quote.
func (d *Dialect) scanPlain(buf []byte, from, to int, pos []uint32) plainResult {
	r := plainResult{pos: pos, stop: from}
	chars := d.chars()
	quotes := ^uint32(0)
	if d.Quote == 0 {
		quotes = 0
	}
	for to-r.stop >= word {
		words := min((to-r.stop)/word, chunk)
		if done := r.words(buf[r.stop:], words, &chars, quotes); done < words {
			return r
		}
	}
	if n := to - r.stop; n > 0 {
		var tail [word]byte
		copy(tail[:], buf[r.stop:to])
		if r.words(tail[:], 1, &chars, quotes) == 1 {
			r.stop = to
		}
	}
	return r
}

// words adds what is in p's first words, whose offset is r.stop, and moves on.
func (r *plainResult) words(p []byte, words int, c *[4]byte, quotes uint32) (done int) {
	r.pos = reserve(r.pos, words*word)
	out := r.pos[len(r.pos):cap(r.pos)]
	var n, newlines int
	var high uint32
	_ = p[words*word-1]
	switch {
	case useAVX512 && useSIMD:
		n, newlines, done, high = plainAVX512(&p[0], words, c, quotes, uint32(r.stop), &out[0])
	case useSIMD:
		n, newlines, done, high = plainAVX2(&p[0], words, c, quotes, uint32(r.stop), &out[0])
	default:
		n, newlines, done, high = plainGo(p, words, c, quotes, uint32(r.stop), out)
	}
	r.pos = r.pos[:len(r.pos)+n]
	r.newlines += newlines
	r.stop += done * word
	r.high = r.high || high != 0
	return done
}

// masks writes the places of the dialect's structural bytes in buf[from:to], one element per word, and
// returns them with whether a byte was not ASCII.
func (d *Dialect) masks(buf []byte, from, to int, out [][4]uint64) ([][4]uint64, bool) {
	words := (to - from) / word
	total := words
	if (to-from)%word > 0 {
		total++
	}
	if cap(out) < total {
		out = make([][4]uint64, total+total/4)
	}
	out = out[:total]
	chars := d.chars()
	high := false
	if words > 0 {
		high = masksOf(buf[from:], words, &chars, out)
	}
	if words < total {
		var tail [word]byte
		copy(tail[:], buf[from+words*word:to])
		high = masksOf(tail[:], 1, &chars, out[words:]) || high
	}
	return out, high
}

func masksOf(p []byte, words int, c *[4]byte, out [][4]uint64) bool {
	_, _ = p[words*word-1], out[words-1]
	if useSIMD {
		return masksAVX2(&p[0], words, c, &out[0]) != 0
	}
	return masksGo(p, words, c, out) != 0
}

// flatten appends to pos the numbers of the bits set in masks, plus base.
func flatten(masks []uint64, base int, pos []uint32) []uint32 {
	for len(masks) > 0 {
		words := min(len(masks), chunk)
		pos = reserve(pos, words*word)
		out := pos[len(pos):cap(pos)]
		n := 0
		if useSIMD {
			n = flattenBMI(&masks[0], words, uint32(base), &out[0])
		} else {
			n = flattenGo(masks[:words], uint32(base), out)
		}
		pos = pos[:len(pos)+n]
		masks = masks[words:]
		base += words * word
	}
	return pos
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// places returns a mask of the bytes of p, of which there are 64, that equal the byte repeated in c.
func places(p []byte, c uint64) uint64 {
	var m uint64
	for i := 0; i < word; i += 8 {
		x := binary.LittleEndian.Uint64(p[i:]) ^ c
		x = ^((x&^highs + ^uint64(highs)) | x) & highs // the high bit of each byte that is zero
		m |= (x >> 7 * 0x0102040810204080 >> 56) << i
	}
	return m
}

func anyHigh(p []byte) uint32 {
	var x uint64
	for i := 0; i < word; i += 8 {
		x |= binary.LittleEndian.Uint64(p[i:])
	}
	if x&highs != 0 {
		return 1
	}
	return 0
}

func plainGo(p []byte, words int, c *[4]byte, quotes uint32, base uint32, out []uint32) (n, newlines, done int, high uint32) {
	delim, newline, quote := uint64(c[maskDelim])*ones, uint64(c[maskNewline])*ones, uint64(c[maskQuote])*ones
	for ; done < words; done++ {
		w := p[done*word : done*word+word]
		if quotes != 0 && places(w, quote) != 0 {
			break
		}
		nl := places(w, newline)
		newlines += bits.OnesCount64(nl)
		n += flattenWord(nl|places(w, delim), base+uint32(done*word), out[n:])
		high |= anyHigh(w)
	}
	return n, newlines, done, high
}

func masksGo(p []byte, words int, c *[4]byte, out [][4]uint64) (high uint32) {
	for i := range words {
		w := p[i*word : i*word+word]
		for k, b := range c {
			out[i][k] = places(w, uint64(b)*ones)
		}
		high |= anyHigh(w)
	}
	return high
}

func flattenGo(masks []uint64, base uint32, out []uint32) int {
	n := 0
	for i, m := range masks {
		n += flattenWord(m, base+uint32(i*word), out[n:])
	}
	return n
}

func flattenWord(m uint64, base uint32, out []uint32) int {
	n := 0
	for ; m != 0; m &= m - 1 {
		out[n] = base + uint32(bits.TrailingZeros64(m))
		n++
	}
	return n
}
