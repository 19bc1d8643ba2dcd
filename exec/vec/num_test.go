package vec

import (
	"bufio"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
)

// rand128 returns numbers of all magnitudes, small ones and powers of two among them.
func rand128(r *rand.Rand) Int128 {
	x := Int128{Lo: r.Uint64(), Hi: int64(r.Uint64())}
	switch shift := uint(r.IntN(127)); {
	case shift < 64:
		x.Lo = x.Lo>>shift | uint64(x.Hi)<<(64-shift)
		x.Hi >>= shift
	default:
		x.Lo, x.Hi = uint64(x.Hi>>(shift-64)), x.Hi>>63
	}
	if r.IntN(8) == 0 {
		x = Int128Of(int64(r.IntN(7)) - 3)
	}
	return x
}

func TestInt128AgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(op string, a, b, got Int128, ok bool, want *big.Int) {
		t.Helper()
		w, fits := Int128FromBig(want)
		if ok != fits || ok && got != w {
			t.Fatalf("%v %s %v = %v %v, want %v", a, op, b, got, ok, want)
		}
	}
	for range 200_000 {
		a, b := rand128(r), rand128(r)
		x, y := a.Big(), b.Big()
		s, ok := Add128(a, b)
		check("+", a, b, s, ok, new(big.Int).Add(x, y))
		s, ok = Sub128(a, b)
		check("-", a, b, s, ok, new(big.Int).Sub(x, y))
		s, ok = Mul128(a, b)
		check("*", a, b, s, ok, new(big.Int).Mul(x, y))
		if b.Sign() != 0 {
			q, m, ok := DivMod128(a, b)
			check("/", a, b, q, ok, new(big.Int).Quo(x, y))
			check("%", a, b, m, true, new(big.Int).Rem(x, y))
			p := pow10s[r.IntN(39)]
			q, ok = MulDivRound(a, p, b)
			check("muldiv "+p.String(), a, b, q, ok, roundQuo(new(big.Int).Mul(x, p.Big()), y))
		}
		if got := a.String(); got != x.String() {
			t.Fatalf("text of %v: %s", x, got)
		}
		if want := len(strings.TrimLeft(x.String(), "-0")); a.Digits() != want {
			t.Fatalf("%v has %d digits, want %d", a, a.Digits(), want)
		}
		if want, _ := strconv.ParseFloat(x.String()+"e-7", 64); a.Float64(7) != want {
			t.Fatalf("%v as float: %v, want %v", a, a.Float64(7), want)
		}
	}
}

func TestInt128Edges(t *testing.T) {
	lowest := Int128{Hi: -1 << 63}
	if _, ok := lowest.Neg(); ok {
		t.Error("the lowest number has no negation")
	}
	if _, _, ok := DivMod128(lowest, Int128Of(-1)); ok {
		t.Error("lowest / -1 overflows")
	}
	if got := lowest.String(); got != "-170141183460469231731687303715884105728" {
		t.Error(got)
	}
	if got := string(Int128Of(-5).Append(nil, 3)); got != "-0.005" {
		t.Error(got)
	}
	if got := string(AppendDecimal(nil, 12345, 2)); got != "123.45" {
		t.Error(got)
	}
}

// TestNumLikePostgres compares arithmetic, scales included, with PostgreSQL's answers.
func TestNumLikePostgres(t *testing.T) {
	f, err := os.Open("testdata/num.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	binary := map[string]func(a, b Num) (Num, error){"+": AddNum, "-": SubNum, "*": MulNum, "/": DivNum, "%": ModNum, "div": QuoNum}
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		c := strings.Split(s.Text(), "\t")
		a, err := ParseNum([]byte(c[1]))
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseNum([]byte(c[2]))
		if err != nil {
			t.Fatal(err)
		}
		var got Num
		n, _ := strconv.Atoi(c[2])
		switch c[0] {
		case "round":
			got, err = a.Round(n)
		case "trunc":
			got, err = a.Trunc(n)
		case "ceil":
			got, err = a.Ceil()
		case "floor":
			got, err = a.Floor()
		default:
			got, err = binary[c[0]](a, b)
		}
		text := got.String()
		if err != nil {
			text = string(sqlstate.Of(err))
		}
		if text != c[3] {
			t.Errorf("%s %s %s = %s, want %s", c[1], c[0], c[2], text, c[3])
		}
	}
}

func TestParseNum(t *testing.T) {
	for _, c := range [][2]string{
		{"0", "0"}, {" -12.50 ", "-12.50"}, {"+.5", "0.5"}, {"5.", "5"}, {"1e3", "1000"}, {"1.5e-3", "0.0015"},
		{"1.25e1", "12.5"}, {"-0", "0"}, {"-0.00", "0.00"}, {"nan", "NaN"}, {"-inf", "-Infinity"}, {"+Infinity", "Infinity"}, {"0e5", "0"},
		{"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
		{"100000000000000000000000000000000000000", "22003"},
		{"340282366920938463463374607431768211456", "22003"},
		{"9999999999999999999999999999999999999999999", "22003"}, {"1e38", "22003"}, {"1e400", "22003"}, {"1e37", "1" + strings.Repeat("0", 37)},
		{"0000000000000000000000000000000000000000000000000000001", "1"},
		{"", "22P02"}, {".", "22P02"}, {"1e", "22P02"}, {"1x", "22P02"}, {"--1", "22P02"}, {"1 2", "22P02"}, {"+nan", "22P02"}, {"e5", "22P02"},
	} {
		x, err := ParseNum([]byte(c[0]))
		got := x.String()
		if err != nil {
			got = string(sqlstate.Of(err))
		}
		if got != c[1] {
			t.Errorf("%q is %s, want %s", c[0], got, c[1])
		}
	}
}

func TestNumOrderAndNormalize(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.0", "1.00", 0}, {"-1", "1", -1}, {"NaN", "Infinity", 1}, {"NaN", "NaN", 0}, {"-Infinity", "-1e37", -1},
		{"99999999999999999999999999999999999999", "0.00000000000000000000000001", 1}, {"2", "1.99999999999999999999999999999999999", 1},
	} {
		a, _ := ParseNum([]byte(c.a))
		b, _ := ParseNum([]byte(c.b))
		if got := CompareNum(a, b); got != c.want || CompareNum(b, a) != -c.want {
			t.Errorf("%s against %s: %d", c.a, c.b, got)
		}
		if (a.Normalize() == b.Normalize()) != (c.want == 0) {
			t.Errorf("normal forms of %s and %s", c.a, c.b)
		}
	}
	if x, _ := NumFromFloat(0.1, 15); x.String() != "0.1" {
		t.Error(x)
	}
	if x, _ := NumFromFloat(1234567.0, 6); x.String() != "1234570" {
		t.Error(x)
	}
}

func FuzzParseNum(f *testing.F) {
	for _, s := range []string{"1", "-1.5e3", "NaN", "1e99999999999", ".", "+-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := ParseNum([]byte(s))
		if err != nil {
			return
		}
		y, err := ParseNum([]byte(x.String()))
		if err != nil || y != x {
			t.Fatalf("%q is %v, read again %v %v", s, x, y, err)
		}
	})
}

func BenchmarkDivNum(b *testing.B) {
	x, y := Num{Coef: Int128Of(123456789012), Scale: 2}, NumOf(7919)
	for b.Loop() {
		if _, err := DivNum(x, y); err != nil {
			b.Fatal(err)
		}
	}
}
