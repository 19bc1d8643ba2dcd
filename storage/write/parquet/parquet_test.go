package parquet

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Packed numbers are read back by a plain reading of the format's description.
func TestHybrid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		width := 1 + r.IntN(20)
		var values []uint32
		for range r.IntN(20) {
			v := r.Uint32() & (1<<width - 1)
			for range 1 + r.IntN(1+r.IntN(40)) {
				values = append(values, v)
			}
			for range r.IntN(20) {
				values = append(values, r.Uint32()&(1<<width-1))
			}
		}
		got := readHybrid(t, appendHybrid(nil, values, width), width, len(values))
		if fmt.Sprint(got) != fmt.Sprint(values) {
			t.Fatalf("round %d, %d bits: got %v, want %v", round, width, got, values)
		}
	}
}

func readHybrid(t *testing.T, b []byte, width, n int) (out []uint32) {
	for len(out) < n {
		head, used := binary.Uvarint(b)
		if used <= 0 {
			t.Fatalf("%d numbers are missing", n-len(out))
		}
		b = b[used:]
		if head&1 == 0 {
			v := uint32(0)
			for i := range (width + 7) / 8 {
				v |= uint32(b[i]) << (8 * i)
			}
			b = b[(width+7)/8:]
			for range head >> 1 {
				out = append(out, v)
			}
			continue
		}
		count := int(head>>1) * 8
		for i := range count {
			v := uint32(0)
			for k := range width {
				at := i*width + k
				v |= uint32(b[at/8]>>(at%8)&1) << k
			}
			out = append(out, v)
		}
		b = b[count*width/8:]
		out = out[:min(len(out), n)]
	}
	if len(out) != n || len(b) > 0 {
		t.Fatalf("%d numbers and %d bytes, want %d", len(out), len(b), n)
	}
	return out
}

// Bounds of strings that are cut lie on the right side of the strings.
func TestShortBounds(t *testing.T) {
	for _, s := range []string{strings.Repeat("a", 100), strings.Repeat("ü", 50), strings.Repeat("\xff", 80), strings.Repeat("z", 63) + "\U0010ffff\U0010ffff"} {
		var b bounds
		b.addBytes([]byte(s))
		short, ok := b.short(asBytes)
		if !ok {
			if s[0] != 0xff {
				t.Errorf("%q has no bounds", s)
			}
			continue
		}
		if string(short.min) > s || string(short.max) < s || len(short.max) > maxBound || len(short.min) > maxBound || short.exact {
			t.Errorf("%q: %q to %q", s, short.min, short.max)
		}
	}
}
