package fn

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

var floatNames = []string{"sum", "avg", "stddev_samp", "stddev_pop", "var_samp", "var_pop"}
var pairNames = []string{"corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_sxx", "regr_syy", "regr_sxy",
	"regr_slope", "regr_intercept", "regr_r2", "regr_count"}

// floatKinds are ways to draw numbers: what sums see, and what is hard on them.
var floatKinds = []struct {
	name string
	draw func(r *rand.Rand) float64
}{
	{"normal", func(r *rand.Rand) float64 { return r.NormFloat64() }},
	{"prices", func(r *rand.Rand) float64 { return float64(r.IntN(1e7)) / 100 }},
	{"whole", func(r *rand.Rand) float64 { return float64(r.IntN(2000) - 1000) }},
	{"zero or one", func(r *rand.Rand) float64 { return float64(r.IntN(2)) }},
	{"far from zero", func(r *rand.Rand) float64 { return 1e15 + float64(r.IntN(3)) }},
	{"wide", func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64() * 30) }},
	{"any size", func(r *rand.Rand) float64 {
		return math.Copysign(math.Exp2(r.Float64()*900-450), r.NormFloat64())
	}},
	{"any bits", func(r *rand.Rand) float64 {
		for {
			if x := math.Float64frombits(r.Uint64()); isFinite(x) && math.Abs(x) < 1e305 {
				return x
			}
		}
	}},
	{"tiny", func(r *rand.Rand) float64 { return math.Float64frombits(r.Uint64N(1 << 54)) }},
	{"single", func(r *rand.Rand) float64 { return float64(float32(r.NormFloat64())) }},
	{"cancelling", func(r *rand.Rand) float64 {
		return []float64{1, 1e16, -1e16, 1e-16, 1e100, -1e100, 0, math.Copysign(0, -1)}[r.IntN(8)]
	}},
	{"minus zero", func(r *rand.Rand) float64 { return math.Copysign(0, float64(r.IntN(20))-18.5) }},
	{"special", func(r *rand.Rand) float64 {
		return []float64{1, 2, math.Inf(1), math.Inf(-1), math.NaN(), 1e300}[r.IntN(6)*r.IntN(2)*r.IntN(2)]
	}},
}

// drawFloats returns n of them, some NULL.
func drawFloats(r *rand.Rand, draw func(*rand.Rand) float64, n int) *vec.Vector {
	x, valid := make([]float64, n), vec.NewBitmapSet(n)
	for i := range x {
		x[i] = draw(r)
		if r.IntN(10) == 0 {
			valid.Clear(i)
		}
	}
	return vec.New(types.Of(types.Float64), types.KFloat64, x, valid)
}

// outcome is the results' bits and validity, or the error.
func outcome(a Accumulator, groups int) string {
	v, err := a.Result(0, groups)
	if err != nil {
		return err.Error()
	}
	s := ""
	for g := range groups {
		switch {
		case v.IsNull(g):
			s += " NULL"
		case v.Kind == types.KFloat64:
			s += floatText(vec.At[float64](v, g))
		default:
			s += fmt.Sprint(" ", vec.At[int64](v, g))
		}
	}
	return s
}

func floatText(x float64) string {
	if x != x {
		return " NaN"
	}
	return fmt.Sprintf(" %x(%v)", math.Float64bits(x), x)
}

// split gives rows to accumulators at random, in random order, and merges their states in random order and
// in random steps until one is left.
func split(t *testing.T, r *rand.Rand, name string, args []*vec.Vector, ids []uint32, groups int) Accumulator {
	perm := make([]uint32, len(ids))
	for i, p := range r.Perm(len(ids)) {
		perm[i] = uint32(p)
	}
	parts := make([]Accumulator, 1+r.IntN(6))
	for i := range parts {
		parts[i] = floatAggregate(name)
		parts[i].Grow(groups)
	}
	for len(perm) > 0 {
		n := 1 + r.IntN(len(perm))
		rows := make([]*vec.Vector, len(args))
		for i, a := range args {
			rows[i] = vec.Gather(a, perm[:n])
		}
		g := make([]uint32, n)
		for i, p := range perm[:n] {
			g[i] = ids[p]
		}
		must(t, parts[r.IntN(len(parts))].Update(rows, g))
		perm = perm[n:]
	}
	for len(parts) > 1 {
		i, k := r.IntN(len(parts)), len(parts)-1
		if i == k {
			continue
		}
		state, err := parts[k].State(0, groups)
		must(t, err)
		order := make([]uint32, groups)
		for i, p := range r.Perm(groups) {
			order[i] = uint32(p)
		}
		for c := range state {
			state[c] = vec.Gather(state[c], order)
		}
		must(t, parts[i].Merge(state, order))
		parts = parts[:k]
	}
	return parts[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The results of float aggregates have the same bits in whatever order and parts rows are added.
func TestFloatAggregatesDoNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, kind := range floatKinds {
		for _, name := range append(append([]string{}, floatNames...), pairNames...) {
			for round := range 8 {
				groups, n := []int{1, 3}[round%2], []int{1, 2, 10, 300}[round/2]
				args := []*vec.Vector{drawFloats(r, kind.draw, n), drawFloats(r, floatKinds[r.IntN(len(floatKinds))].draw, n)}
				ids := make([]uint32, n)
				for i := range ids {
					ids[i] = uint32(r.IntN(groups))
				}
				whole := floatAggregate(name)
				whole.Grow(groups)
				must(t, whole.Update(args, ids))
				want := outcome(whole, groups)
				for range 6 {
					if got := outcome(split(t, r, name, args, ids, groups), groups); got != want {
						t.Fatalf("%s of %d %s rows in %d groups:%s, in other parts%s", name, n, kind.name, groups, want, got)
					}
				}
			}
		}
	}
}

// exactSum returns the sum of x[i] * y[i]; y may be nil.
func exactSum(x, y []float64) *big.Float {
	sum := new(big.Float).SetPrec(5000)
	for i := range x {
		p := new(big.Float).SetPrec(5000).SetFloat64(x[i])
		if y != nil {
			p.Mul(p, new(big.Float).SetFloat64(y[i]))
		}
		sum.Add(sum, p)
	}
	return sum
}

// exactMoment returns the sum of the products of the distances from the averages.
func exactMoment(x, y []float64) *big.Float {
	n := new(big.Float).SetPrec(9000).SetInt64(int64(len(x)))
	a, b := exactSum(x, nil).SetPrec(9000), exactSum(y, nil).SetPrec(9000)
	p := a.Mul(a, b)
	return p.Sub(exactSum(x, y).SetPrec(9000), p.Quo(p, n))
}

// Sums and moments are the exact ones, rounded once.
func TestFloatSumsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, kind := range floatKinds {
		if kind.name == "special" {
			continue
		}
		for range 200 {
			n := 1 + r.IntN(50)
			x, y := drawFloats(r, kind.draw, n), drawFloats(r, floatKinds[r.IntN(len(floatKinds)-1)].draw, n)
			x.Valid, y.Valid = nil, nil
			xs, ys := vec.Values[float64](x), vec.Values[float64](y)
			a := &regressionAcc{floatSums: floatSums{floatLayout: pairLayout}}
			a.Grow(1)
			must(t, a.Update([]*vec.Vector{y, x}, make([]uint32, n)))
			got, _ := a.regression(0)
			for _, c := range []struct {
				name string
				got  float64
				want *big.Float
			}{
				{"sum of x", got.sx, exactSum(xs, nil)}, {"sum of y", got.sy, exactSum(ys, nil)},
				{"sxx", got.sxx, exactMoment(xs, xs)}, {"syy", got.syy, exactMoment(ys, ys)}, {"sxy", got.sxy, exactMoment(xs, ys)},
			} {
				want, _ := c.want.Float64()
				// What is below the normal numbers is rounded twice, by a bit; the reference rounds quotients.
				if c.got != want && math.Abs(c.got-want) > 5e-324 {
					t.Fatalf("%s of %d %s rows: %s is %v, want %v", "regression", n, kind.name, c.name, c.got, want)
				}
			}
			s := floatAggregate("sum")
			s.Grow(1)
			must(t, s.Update([]*vec.Vector{x}, make([]uint32, n)))
			sum, err := s.Result(0, 1)
			want, _ := exactSum(xs, nil).Float64()
			if err != nil && !math.IsInf(want, 0) || err == nil && vec.At[float64](sum, 0) != want {
				t.Fatalf("sum of %d %s rows is %v, want %v (%v)", n, kind.name, sum, want, err)
			}
		}
	}
}

// The special cases are those of PostgreSQL 15, except that only the result can overflow, not a part of the
// sum, whose order PostgreSQL goes by.
func TestFloatSpecialCases(t *testing.T) {
	inf, nan, neg0 := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	for _, c := range []struct {
		name string
		x    []float64
		want string
	}{
		{"sum", nil, "NULL"}, {"avg", nil, "NULL"}, {"var_pop", nil, "NULL"},
		{"sum", []float64{neg0, neg0}, "-0"}, {"avg", []float64{neg0, neg0}, "0"}, {"sum", []float64{neg0, 0}, "0"}, {"sum", []float64{1, -1, neg0}, "0"},
		{"sum", []float64{1e308, 1e308}, "value out of range: overflow"}, {"avg", []float64{1e308, 1e308}, "value out of range: overflow"},
		{"sum", []float64{1e308, 1e308, -1e308}, "1e+308"}, {"sum", []float64{1e308, inf, 1e308}, "+Inf"},
		{"sum", []float64{inf, -inf}, "NaN"}, {"sum", []float64{-inf, 1}, "-Inf"}, {"sum", []float64{nan, inf}, "NaN"},
		{"var_pop", []float64{inf}, "NaN"}, {"var_samp", []float64{inf}, "NULL"}, {"var_samp", []float64{inf, 1}, "NaN"},
		{"var_pop", []float64{1, nan}, "NaN"}, {"var_pop", []float64{1e200, -1e200}, "value out of range: overflow"},
		{"var_pop", []float64{3}, "0"}, {"stddev", []float64{1e-200, 3e-200}, "0"},
		{"sum", []float64{5e-324, 5e-324}, "1e-323"}, {"avg", []float64{5e-324, 5e-324}, "5e-324"}, {"var_pop", []float64{5e-324, 5e-324}, "0"},
		{"var_samp", []float64{1e15 + 1, 1e15 + 2, 1e15 + 3}, "1"}, {"sum", []float64{math.MaxFloat64, 1e291}, "1.7976931348623157e+308"},
		{"sum", []float64{math.MaxFloat64, 1e292}, "value out of range: overflow"},
	} {
		a := floatAggregate(c.name)
		a.Grow(1)
		must(t, a.Update([]*vec.Vector{vec.New(types.Of(types.Float64), types.KFloat64, c.x, nil)}, make([]uint32, len(c.x))))
		v, err := a.Result(0, 1)
		got := "NULL"
		if err != nil {
			got = err.Error()
		} else if !v.IsNull(0) {
			got = fmt.Sprint(vec.At[float64](v, 0))
		}
		if got != c.want {
			t.Errorf("%s of %v is %s, want %s", c.name, c.x, got, c.want)
		}
	}
}

// A sum of real is rounded once, to real.
func TestSumOfReal(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		x := make([]float32, 1+r.IntN(20))
		wide := make([]float64, len(x))
		for i := range x {
			x[i] = float32(r.NormFloat64() * math.Exp2(float64(r.IntN(60)-30)*float64(r.IntN(6))))
			if x[i]-x[i] != 0 {
				x[i] = 1e-45
			}
			wide[i] = float64(x[i])
		}
		a := newFloatSum(types.Of(types.Float32), false)
		a.Grow(1)
		must(t, a.Update([]*vec.Vector{vec.New(types.Of(types.Float32), types.KFloat32, x, nil)}, make([]uint32, len(x))))
		want, _ := exactSum(wide, nil).Float32()
		v, err := a.Result(0, 1)
		if math.IsInf(float64(want), 0) != (err != nil) || err == nil && vec.At[float32](v, 0) != want {
			t.Fatalf("sum of %v is %v %v, want %v", x, v, err, want)
		}
	}
}

// A sum from which rows were removed is that of the rows that are left.
func TestFloatSumForgets(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, kind := range floatKinds {
		v := drawFloats(r, kind.draw, 300)
		x := vec.Values[float64](v)
		sum, from, to := NewFloatSum(), 0, 0
		for to < len(x) || from < to {
			if next := min(to+r.IntN(20), len(x)); next > to {
				sum.Add(x, v.Valid, to, next)
				to = next
			}
			next := from + r.IntN(to-from+1)
			sum.Remove(x, v.Valid, from, next)
			from = next
			a := floatAggregate("sum")
			a.Grow(1)
			must(t, a.Update([]*vec.Vector{vec.Slice(v, from, to)}, make([]uint32, to-from)))
			got := " NULL"
			if y, err := sum.Value(); err != nil {
				got = err.Error()
			} else if sum.Count() > 0 {
				got = floatText(y)
			}
			if want := outcome(a, 1); got != want {
				t.Fatalf("%s: rows %d to %d:%s, want%s", kind.name, from, to, got, want)
			}
		}
	}
}
