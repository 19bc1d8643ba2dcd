package bloom

import (
	"encoding/binary"
	"testing"
)

// The hash is XXH64 with seed 0, whose values for some strings are known.
func TestHash(t *testing.T) {
	for s, want := range map[string]uint64{"": 0xef46db3751d8e999, "a": 0xd24ec4f1a98c6e5b, "abc": 0x44bc2cf5ad770999,
		"Nobody inspects the spammish repetition": 0xfbcea83c8a378bf1} {
		if got := Hash([]byte(s)); got != want {
			t.Errorf("%q: %x, want %x", s, got, want)
		}
	}
}

// A filter has what was added and little else.
func TestFilter(t *testing.T) {
	const blocks, n = 64, 1000
	filter := make([]byte, blocks*BlockBytes)
	value := func(i int) uint64 { return Hash(binary.LittleEndian.AppendUint64(nil, uint64(i))) }
	block := func(h uint64) []byte { return filter[Block(h, blocks)*BlockBytes:][:BlockBytes] }
	for i := range n {
		Add(block(value(i)), value(i))
	}
	wrong := 0
	for i := range 100 * n {
		switch has := Has(block(value(i)), value(i)); {
		case i < n && !has:
			t.Fatalf("value %d is not in the filter", i)
		case i >= n && has:
			wrong++
		}
	}
	if wrong > n {
		t.Errorf("%d of %d others are in the filter", wrong, 99*n)
	}
}
