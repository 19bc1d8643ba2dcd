// Package bloom has Parquet's split block Bloom filters: a filter is a number of blocks of 32 bytes, of which a value's hash
// chooses one, and a bit in each of its eight words.
package bloom

import (
	"encoding/binary"
	"math/bits"
)

// Numbers of the algorithm XXH64.
const (
	prime1 uint64 = 0x9e3779b185ebca87
	prime2 uint64 = 0xc2b2ae3d27d4eb4f
	prime3 uint64 = 0x165667b19e3779f9
	prime4 uint64 = 0x85ebca77c2b2ae63
	prime5 uint64 = 0x27d4eb2f165667c5
)

func xxRound(acc, lane uint64) uint64 {
	return bits.RotateLeft64(acc+lane*prime2, 31) * prime1
}

// Hash returns the XXH64 hash, with seed 0, by which filters know values.
func Hash(b []byte) uint64 {
	h := prime5
	n := uint64(len(b))
	if n >= 32 {
		var zero uint64
		a := [4]uint64{zero + prime1 + prime2, prime2, 0, zero - prime1}
		for ; len(b) >= 32; b = b[32:] {
			for i := range a {
				a[i] = xxRound(a[i], binary.LittleEndian.Uint64(b[8*i:]))
			}
		}
		h = bits.RotateLeft64(a[0], 1) + bits.RotateLeft64(a[1], 7) + bits.RotateLeft64(a[2], 12) + bits.RotateLeft64(a[3], 18)
		for _, x := range a {
			h = (h^xxRound(0, x))*prime1 + prime4
		}
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^xxRound(0, binary.LittleEndian.Uint64(b)), 27)*prime1 + prime4
	}
	if len(b) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(b))*prime1, 23)*prime2 + prime3
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*prime5, 11) * prime1
	}
	h ^= h >> 33
	h *= prime2
	h ^= h >> 29
	h *= prime3
	return h ^ h>>32
}

// salts choose the bits of a block, one in each of its words.
var salts = [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}

// BlockBytes is the size of a block.
const BlockBytes = 32

// Block returns which of a filter's blocks a hash belongs to.
func Block(hash uint64, blocks int64) int64 { return int64((hash >> 32) * uint64(blocks) >> 32) }

// Add sets a hash's bits in its block.
func Add(block []byte, hash uint64) {
	for i, salt := range salts {
		word := block[4*i:]
		binary.LittleEndian.PutUint32(word, binary.LittleEndian.Uint32(word)|1<<(uint32(hash)*salt>>27))
	}
}

// Has reports whether a hash's bits are all set in its block: false says that the value was never added.
func Has(block []byte, hash uint64) bool {
	for i, salt := range salts {
		if binary.LittleEndian.Uint32(block[4*i:])>>(uint32(hash)*salt>>27)&1 == 0 {
			return false
		}
	}
	return true
}
