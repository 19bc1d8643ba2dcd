package fn

import (
	"math/big"
	"math/rand"
	"testing"

	"gsql/exec/vec"
)

// BenchmarkSpreadResult: what a group costs when its deviation is made of its sums, as in a query with many groups.
func BenchmarkSpreadResult(b *testing.B) {
	s := spread{sample: true, root: true}
	for _, c := range []struct {
		name         string
		n            int64
		sum, squares int64
		scale        int32
	}{{"quantities", 12, 612, 42344, 0}, {"prices", 9, 123456, 2345678901, 2}} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				if _, ok := s.narrow(c.n, vec.Num{Coef: vec.Int128Of(c.sum), Scale: c.scale}, vec.Int128Of(c.squares)); !ok {
					b.Fatal("the sums are not narrow")
				}
			}
		})
	}
}

// TestNarrowSpread: products that fit give what those of any size do.
func TestNarrowSpread(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	narrow := 0
	for range 100000 {
		s := spread{sample: r.Intn(2) == 0, root: r.Intn(2) == 0}
		n, scale := int64(2+r.Intn(1<<uint(1+r.Intn(20)))), int32(r.Intn(12))
		var sum, squares big.Int
		for range min(n, 4) { // as if the other values were 0
			x := big.NewInt(r.Int63n(1<<uint(1+r.Intn(60))) - r.Int63n(1<<uint(1+r.Intn(60))))
			sum.Add(&sum, x)
			squares.Add(&squares, x.Mul(x, x))
		}
		c, _ := vec.Int128FromBig(&sum)
		sq, ok := vec.Int128FromBig(&squares)
		if !ok {
			continue
		}
		got, ok := s.narrow(n, vec.Num{Coef: c, Scale: scale}, sq)
		if !ok {
			continue
		}
		narrow++
		want, err := s.of(n, vec.Num{Coef: c, Scale: scale}, &squares)
		if err != nil || got.Scale != want.Scale || got.Coef != want.Coef {
			t.Fatalf("%+v of %d values, sum %s, squares %s, scale %d: %s, want %s, %v", s, n, &sum, &squares, scale, got, want, err)
		}
	}
	if narrow < 50000 {
		t.Errorf("only %d sums are narrow", narrow)
	}
}
