package fn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// TestSketchesDoNotDependOnOrder splits rows at random, in random order.
func TestSketchesDoNotDependOnOrder(t *testing.T) {
	for _, name := range []string{"skewness", "kurtosis", "kurtosis_pop", "product", "sem", "mad", "entropy", "approx_count_distinct"} {
		for _, k := range floatKinds {
			t.Run(name+" "+k.name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				for range 20 {
					n, groups := 1+r.IntN(3000), 1+r.IntN(4)
					x := drawFloats(r, k.draw, n)
					ids := make([]uint32, n)
					for i := range ids {
						ids[i] = uint32(r.IntN(groups))
					}
					args := []*vec.Vector{x}
					whole := floatAggregate(name)
					whole.Grow(groups)
					must(t, whole.Update(args, ids))
					want := outcome(whole, groups)
					if got := outcome(split(t, r, name, args, ids, groups), groups); got != want {
						t.Fatalf("got %s\nwant %s", got, want)
					}
				}
			})
		}
	}
}

// TestApproxCountDistinct checks the error that the documentation promises, and that the result does not depend on
// how values are split, above all where sketches turn from lists to registers.
func TestApproxCountDistinct(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	far := 0
	sizes := []int{0, 1, 100, 2900, 3000, 3100, 4000, 5000, 6000, 8000, 20000, 100000}
	for _, n := range sizes {
		vals := make([]float64, n)
		for i := range vals {
			vals[i] = float64(i)
		}
		x := vec.New(types.Of(types.Float64), types.KFloat64, vals, nil)
		ids := make([]uint32, n)
		whole := floatAggregate("approx_count_distinct")
		whole.Grow(1)
		must(t, whole.Update([]*vec.Vector{x}, ids))
		v, err := whole.Result(0, 1)
		must(t, err)
		got := vec.At[int64](v, 0)
		if off := math.Abs(float64(got) - float64(n)); off > 0.05*float64(n) || n <= 2900 && off > 2 {
			t.Errorf("%d values are %d", n, got)
		} else if off > 0.016*float64(n) {
			far++
		}
		for range 3 {
			if s := outcome(split(t, r, "approx_count_distinct", []*vec.Vector{x}, ids, 1), 1); s != fmt.Sprint(" ", got) {
				t.Errorf("%d values: split %s, whole %d", n, s, got)
			}
		}
	}
	if far > 1 {
		t.Errorf("%d of %d results are far off", far, len(sizes))
	}
}

// TestApproxQuantile compares quantiles of sketches with those of sorted values.
func TestApproxQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, k := range floatKinds {
		for _, n := range []int{1, 2, 17, 1000, 30000} {
			x := drawFloats(r, k.draw, n)
			var sketch, other quantileSketch
			var vals []float64
			for i, v := range vec.Values[float64](x) {
				if x.Valid.Get(i) {
					vals = append(vals, v)
					if s := &sketch; r.IntN(2) == 0 {
						s.add(v)
					} else {
						other.add(v)
					}
				}
			}
			sketch.settle()
			other.settle()
			sketch.merge(unpackBuckets(other.pack(nil)))
			slices.SortFunc(vals, vec.CompareFloat)
			for q := 0.0; q <= 1 && len(vals) > 0; q += 0.0625 {
				got, err := sketch.at(q)
				must(t, err)
				want := vals[int(q*float64(len(vals)-1))]
				// A value is at most half a bucket away, and a bucket of coarse bits spans so much.
				width := math.Exp2(float64(sketch.coarse) - 52)
				same := got == want || got != got && want != want
				if !same && !(math.Abs(got-want) <= width*math.Abs(want)+1e-307) {
					t.Fatalf("%s: quantile %v of %d values is %v, want %v", k.name, q, len(vals), got, want)
				}
			}
		}
	}
}
