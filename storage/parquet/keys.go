package parquet

import (
	"gsql/exec/vec"
)

// Keys are the values of some columns whose rows are deleted.
type Keys struct {
	Columns []int // of the table
	cols    []*vec.Vector
	first   map[uint64]int32 // by hash: the first row with it
	next    []int32          // by row: the next one of the same hash, -1 for none
}

// NewKeys returns the keys that are the rows of columns, flat and of one length.
func NewKeys(columns []int, cols []*vec.Vector) *Keys {
	k := &Keys{Columns: columns, cols: cols, first: map[uint64]int32{}}
	n := cols[0].Len
	hashes := hashesOf(cols, n)
	k.next = make([]int32, n)
	for i, h := range hashes {
		at, ok := k.first[h]
		if !ok {
			at = -1
		}
		k.next[i], k.first[h] = at, int32(i)
	}
	return k
}

func hashesOf(cols []*vec.Vector, n int) []uint64 {
	out := make([]uint64, n)
	for i, c := range cols {
		vec.Hash(c, out, i > 0)
	}
	return out
}

// rest returns which of n rows are no keys. NULL is a value like others.
func (k *Keys) rest(cols []*vec.Vector, n int) []uint32 {
	out := vec.Make[uint32](n)[:0]
	for i, h := range hashesOf(cols, n) {
		if !k.has(cols, i, h) {
			out = append(out, uint32(i))
		}
	}
	return out
}

func (k *Keys) has(cols []*vec.Vector, row int, hash uint64) bool {
	at, ok := k.first[hash]
	if !ok {
		return false
	}
	for ; at >= 0; at = k.next[at] {
		if k.equal(cols, row, int(at)) {
			return true
		}
	}
	return false
}

func (k *Keys) equal(cols []*vec.Vector, row, key int) bool {
	for i, c := range cols {
		if !vec.EqualRows(c, row, k.cols[i], key) {
			return false
		}
	}
	return true
}
