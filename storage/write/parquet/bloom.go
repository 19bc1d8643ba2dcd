package parquet

import (
	"slices"

	"gsql/storage/parquet/bloom"
)

const (
	bitsPerValue = 11 // one in a hundred absent values is taken for one that is there
	maxFilter    = 8 << 20
)

// bloomFilter returns a split block Bloom filter of hashes, with what stands in front of it in a file.
func bloomFilter(hashes []uint64) []byte {
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	size := bloom.BlockBytes
	for size < len(hashes)*bitsPerValue/8 && size < maxFilter {
		size *= 2
	}
	var c compact
	c.begin()
	c.i32(1, int32(size))
	for id := 2; id <= 4; id++ { // of blocks, XXH64, uncompressed
		c.in(id)
		c.empty(1)
		c.end()
	}
	c.end()
	head := len(c.b)
	out := append(c.b, make([]byte, size)...)
	filter, blocks := out[head:], int64(size/bloom.BlockBytes)
	for _, h := range hashes {
		bloom.Add(filter[bloom.Block(h, blocks)*bloom.BlockBytes:], h)
	}
	return out
}
