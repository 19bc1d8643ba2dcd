package vec

import (
	"math/big"
	"math/rand"
	"testing"
)

// random128 returns numbers of all sizes, with many bits equal now and then.
func random128(r *rand.Rand) Int128 {
	x := Int128{Lo: r.Uint64(), Hi: int64(r.Uint64() >> 1)}
	switch r.Intn(6) {
	case 0:
		x.Lo = 0
	case 1:
		x.Lo = 1<<64 - 1
	case 2:
		x.Hi = 1<<63 - 1
	}
	n := uint(r.Intn(127))
	b, _ := Int128FromBig(new(big.Int).Rsh(x.Big(), n))
	return b
}

func TestSqrtProduct(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	check := func(a, b Int128) {
		x := new(big.Int).Mul(a.Big(), b.Big())
		want := new(big.Int).Sqrt(new(big.Int).Lsh(x, 2))
		want.Add(want, big.NewInt(1)).Rsh(want, 1)
		if got := SqrtProduct(a, b); got.Big().Cmp(want) != 0 {
			t.Fatalf("the root of %s * %s is %s, want %s", a, b, got, want)
		}
	}
	for range 200000 {
		a := random128(r)
		check(a, random128(r))
		check(a, a) // squares, and what is next to them
		if next, ok := Add128(a, Int128Of(1)); ok {
			check(a, next)
		}
	}
	check(Int128{}, Int128Of(5))
}

func TestMulDivRoundWide(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 300000 {
		a, b, c := random128(r), random128(r), random128(r)
		if c.Sign() == 0 {
			continue
		}
		want, wantOK := Int128FromBig(roundQuo(new(big.Int).Mul(a.Big(), b.Big()), c.Big()))
		got, ok := MulDivRound(a, b, c)
		if ok != wantOK || ok && got != want {
			t.Fatalf("%s * %s / %s is %s, %v, want %s, %v", a, b, c, got, ok, want, wantOK)
		}
	}
}
