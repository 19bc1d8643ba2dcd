package csv

import (
	"encoding/binary"
	"math/bits"
)

// keySize is the size of a key: a short piece of text, padded with zeros.
const keySize = 64

type key [keySize]byte

// keyTable numbers pieces of text of up to keySize bytes. Such a piece ends with the delimiter or newline behind
// its last field, which is no zero, so that pieces are equal when their padded forms are. It is looked up by
// assembly only (see keysAVX2): a row costs some thirty instructions, whatever the length.
type keyTable struct {
	index []uint16 // by hash: the number of a key; 0: free. Sparse, so that a first look mostly tells
	keys  []key    // by number; the first is 1
	shift uint64   // of a hash, which leaves a place in index
}

func newKeyTable() *keyTable {
	t := &keyTable{keys: make([]key, 1, 16)}
	t.resize(1 << 10)
	return t
}

// keySeeds and keySpread make hashes. The assembly has the same seeds.
var keySeeds = [8]uint64{
	0x9e3779b97f4a7c15, 0xd6e8feb86659fd93, 0xa0761d6478bd642f, 0xe7037ed1a0b428db,
	0x8ebc6af09c88c6e3, 0x589965cc75374cc3, 0x1d8e4e27c47d124f, 0xeb44accab455d165,
}

const keySpread = 0x9fb21c651e98df25

// place returns where in the index the search for a key begins.
func (t *keyTable) place(k *key) uint64 {
	var h uint64
	for i, seed := range keySeeds {
		w := binary.LittleEndian.Uint64(k[8*i:]) ^ seed
		h += w & 0xffffffff * (w >> 32)
	}
	return h * keySpread >> t.shift
}

// add numbers a piece of text that the table does not have.
func (t *keyTable) add(text []byte) {
	var k key
	copy(k[:], text)
	t.keys = append(t.keys, k)
	if 16*len(t.keys) > len(t.index) {
		t.resize(2 * len(t.index))
		return
	}
	t.put(len(t.keys) - 1)
}

func (t *keyTable) put(number int) {
	at := t.place(&t.keys[number])
	for t.index[at] != 0 {
		at = (at + 1) & uint64(len(t.index)-1)
	}
	t.index[at] = uint16(number)
}

func (t *keyTable) resize(size int) {
	t.index = make([]uint16, size)
	t.shift = uint64(64 - bits.Len(uint(size-1)))
	for i := 1; i < len(t.keys); i++ {
		t.put(i)
	}
}
