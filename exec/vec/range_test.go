package vec

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestNumKeys: the values of numeric bounds are ordered as the numerics, and with their scale they are these.
func TestNumKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	random := func() Num {
		if r.IntN(12) == 0 {
			return []Num{NumNaNValue, NumInfValue, NumNInfValue, {}, {Scale: 5}}[r.IntN(5)]
		}
		c := Int128Of(int64(r.Uint64()) >> r.IntN(64))
		if r.IntN(4) == 0 {
			c, _ = Mul128(c, Int128Of(r.Int64N(1<<58)))
		}
		return Num{Coef: c, Scale: int32(r.IntN(20) * (1 + r.IntN(40)))}
	}
	for range 50000 {
		a, b := random(), random()
		if r.IntN(3) == 0 { // the same with another scale
			b = a
			if c, ok := Rescale128(a.Coef, 0, 2); ok && a.Special == NumFinite && c.Digits() <= MaxDigits {
				b = Num{Coef: c, Scale: a.Scale + 2}
			}
		}
		x, y := AppendNumKey(nil, a), AppendNumKey(nil, b)
		if got, want := bytes.Compare(x, y), CompareNum(a, b); got != min(max(want, -1), 1) {
			t.Fatalf("%s and %s are ordered %d, not %d", a.Append(nil), b.Append(nil), got, want)
		}
		if got := NumOfKey(x, int(a.Scale)); got != a {
			t.Fatalf("%s comes back as %s", a.Append(nil), got.Append(nil))
		}
	}
}
