package parquet

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"gsql/exec/vec"
)

// hybridData returns about n random values of some width in runs and groups of all lengths, and their encoding.
func hybridData(rng *rand.Rand, n int, width uint) (data []byte, values []uint32) {
	for len(values) < n {
		if rng.IntN(2) == 0 {
			k, v := 1+rng.IntN(300), rng.Uint32()&(1<<width-1)
			data = binary.AppendUvarint(data, uint64(k)<<1)
			for b := uint(0); b < width; b += 8 {
				data = append(data, byte(v>>b))
			}
			for range k {
				values = append(values, v)
			}
			continue
		}
		groups := 1 + rng.IntN(3)
		if rng.IntN(4) == 0 {
			groups = 1 + rng.IntN(100)
		}
		data = binary.AppendUvarint(data, uint64(groups)<<1|1)
		packed := make([]byte, groups*int(width))
		for i := range groups * 8 {
			v := rng.Uint32() & (1<<width - 1)
			values = append(values, v)
			for b := range width {
				at := uint(i)*width + b
				packed[at/8] |= byte(v>>b&1) << (at % 8)
			}
		}
		data = append(data, packed...)
	}
	return data, values
}

// TestHybrid reads and passes over runs and groups of all widths, some values at a time.
func TestHybrid(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for width := uint(0); width <= 32; width++ {
		data, want := hybridData(rng, 3000, width)
		var h hybrid
		if err := h.reset(data, width); err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(want); {
			n := min(1+rng.IntN([]int{3, 20, 700}[rng.IntN(3)]), len(want)-at)
			if rng.IntN(3) == 0 {
				if err := h.skip(n); err != nil {
					t.Fatal(err)
				}
			} else {
				got := make([]uint32, n)
				if err := h.read(got); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want[at:at+n]) {
					t.Fatalf("width %d: values %d to %d are wrong", width, at, at+n)
				}
			}
			at += n
		}
		if err := h.read(make([]uint32, 1)); err == nil {
			t.Errorf("width %d: a value behind the last one", width)
		}
	}
}

// TestHybridBits reads and counts levels, to all places in a bitmap.
func TestHybridBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	data, want := hybridData(rng, 20000, 1)
	var h hybrid
	if err := h.reset(data, 1); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(want); {
		n := min(1+rng.IntN([]int{3, 20, 700}[rng.IntN(3)]), len(want)-at)
		set := 0
		for _, x := range want[at : at+n] {
			set += int(x)
		}
		var got int
		var err error
		if rng.IntN(3) == 0 {
			got, err = h.countBits(n)
		} else {
			first := rng.IntN(70)
			bits := vec.NewBitmap(first + n)
			got, err = h.readBits(bits, first, n)
			for i, x := range want[at : at+n] {
				if bits.Get(first+i) != (x == 1) {
					t.Fatalf("value %d is wrong", at+i)
				}
			}
		}
		if err != nil || got != set {
			t.Fatalf("%d of %d values are set, not %d: %v", got, n, set, err)
		}
		at += n
	}
	if _, err := h.countBits(1); err == nil {
		t.Error("a value behind the last one")
	}
}

// TestSpread moves values to the rows that have one, with few NULLs, many, and nothing else.
func TestSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		n, at := rng.IntN(300), rng.IntN(70)
		valid := vec.NewBitmap(at + n)
		odds := []int{1, 2, 20, 300}[rng.IntN(4)]
		var want []int32 // -1 for NULL
		values := make([]int32, n)
		count := 0
		for i := range n {
			if rng.IntN(odds) == 0 {
				want = append(want, -1)
				continue
			}
			valid.Set(at + i)
			values[count] = int32(count)
			want = append(want, int32(count))
			count++
		}
		spread(values, count, valid, at)
		for i, x := range want {
			if x >= 0 && values[i] != x {
				t.Fatalf("row %d of %d, %d values, is %d and not %d", i, n, count, values[i], x)
			}
		}
	}
}
