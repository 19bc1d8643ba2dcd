package parquet

import (
	"encoding/binary"
	"math/bits"
)

// appendHybrid appends numbers of so many bits each as runs of equal numbers and packed groups of eight, Parquet's
// RLE encoding, without what stands in front of it.
func appendHybrid[T uint8 | uint32](dst []byte, values []T, width int) []byte {
	literal := 0 // where the groups begin that are not equal
	i := 0
	for i+8 <= len(values) {
		v := values[i]
		n := 1
		for n < 8 && values[i+n] == v {
			n++
		}
		if n < 8 {
			i += 8
			continue
		}
		for i+n < len(values) && values[i+n] == v {
			n++
		}
		dst = appendGroups(dst, values[literal:i], width)
		if i+n < len(values) {
			n &^= 7 // groups begin at multiples of eight
		}
		dst = appendRun(dst, uint32(v), n, width)
		i += n
		literal = i
	}
	return appendGroups(dst, values[literal:], width)
}

// appendRun appends n equal numbers.
func appendRun(dst []byte, v uint32, n, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for b := 0; b < width; b += 8 {
		dst = append(dst, byte(v>>b))
	}
	return dst
}

// appendGroups appends packed numbers; the last group is filled up with zeros.
func appendGroups[T uint8 | uint32](dst []byte, values []T, width int) []byte {
	if len(values) == 0 {
		return dst
	}
	groups := (len(values) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	var word uint64
	used := 0
	for _, v := range values {
		word |= uint64(v) << used
		if used += width; used >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(word))
			word >>= 32
			used -= 32
		}
	}
	total := groups * width
	written := len(values) * width / 32 * 4
	for ; written < total; written++ {
		dst = append(dst, byte(word))
		word >>= 8
	}
	return dst
}

// bitWidth returns the bits that numbers up to most need.
func bitWidth(most int) int { return bits.Len(uint(most)) }
