package vec

import (
	"bytes"
	"strings"
)

// Finder finds a string of bytes in long texts. It looks for two of its bytes that are rare in most texts at
// once, and compares the whole only where both stand.
type Finder struct {
	needle []byte
	fold   bool
	at     int    // place of the first byte of the pair in needle
	d      int    // from there to the second
	pair   uint32 // the two bytes, and what is or-ed to those of the text
}

// NewFinder returns a finder of needle, which is not empty. With fold it finds it in any case of ASCII letters;
// needle is in lower case then.
func NewFinder(needle []byte, fold bool) *Finder {
	f := &Finder{needle: needle, fold: fold}
	second := 0
	for i := range needle {
		if rarity(needle[i]) > rarity(needle[f.at]) {
			f.at = i
		}
	}
	if len(needle) > 1 && f.at == 0 {
		second = 1
	}
	for i := range needle {
		if i != f.at && needle[i] != needle[f.at] && rarity(needle[i]) > rarity(needle[second]) {
			second = i
		}
	}
	if second < f.at {
		second, f.at = f.at, second
	}
	f.d = second - f.at
	m0, m1 := f.mask(needle[f.at]), f.mask(needle[second])
	f.pair = uint32(needle[f.at]|m0) | uint32(needle[second]|m1)<<8 | uint32(m0)<<16 | uint32(m1)<<24
	return f
}

// mask returns what makes upper case lower.
func (f *Finder) mask(c byte) byte {
	if f.fold && c >= 'a' && c <= 'z' {
		return 0x20
	}
	return 0
}

// common has the bytes of most texts, the most frequent first.
const common = " etaoinsrhldcumfpgwybvkxjqz"

// rarity is higher for bytes that are rarer.
func rarity(c byte) int {
	if i := strings.IndexByte(common, c|0x20); i >= 0 && c >= ' ' {
		if c >= 'A' && c <= 'Z' {
			return i + 10
		}
		return i
	}
	return 20
}

// Len returns the length of the needle.
func (f *Finder) Len() int { return len(f.needle) }

// Find returns where the needle first is in text, or -1.
func (f *Finder) Find(text []byte) int {
	for i := 0; ; i++ {
		k := f.candidate(text, i)
		if k < 0 {
			return -1
		}
		if i = k; f.equal(text[i : i+len(f.needle)]) {
			return i
		}
	}
}

func (f *Finder) equal(s []byte) bool {
	if !f.fold {
		return bytes.Equal(s, f.needle)
	}
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != f.needle[i] {
			return false
		}
	}
	return true
}

// candidate returns the first place from i on where the pair stands as in the needle, or -1.
func (f *Finder) candidate(text []byte, i int) int {
	last := len(text) - len(f.needle) // place where the needle may begin
	if i > last {
		return -1
	}
	if useSIMD {
		// The bytes that are read end with the text.
		if blocks := (len(text) - i - f.at - f.d) / 64; blocks > 0 {
			k := findPairAVX2(&text[i+f.at], blocks, f.d, f.pair)
			switch {
			case k >= 0 && i+k > last:
				return -1
			case k >= 0:
				return i + k
			}
			i += 64 * blocks
		}
	}
	b0, b1, m0, m1 := byte(f.pair), byte(f.pair>>8), byte(f.pair>>16), byte(f.pair>>24)
	for ; i <= last; i++ {
		if text[i+f.at]|m0 == b0 && text[i+f.at+f.d]|m1 == b1 {
			return i
		}
	}
	return -1
}
