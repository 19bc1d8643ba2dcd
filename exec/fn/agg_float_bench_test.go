package fn

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// floatAggregate returns an accumulator of the overload of name for double precision.
func floatAggregate(name string) Accumulator {
	for _, a := range Aggregates(name) {
		switch a.Args[0].ID {
		case types.Float64:
			return a.New(a.Args, a.Ret)
		case types.Any, types.AnyElement:
			return a.New([]types.Type{types.Of(types.Float64)}, a.Ret)
		}
	}
	panic("no aggregate " + name)
}

// BenchmarkFloatAggregates measures rows and merged states of normally distributed numbers, where each of
// the groups has as many.
func BenchmarkFloatAggregates(b *testing.B) {
	const batch = 8192
	f := types.Of(types.Float64)
	for _, groups := range []int{1, 100, 1 << 20} {
		r := rand.New(rand.NewPCG(1, 2))
		rows := max(2*groups, 1<<17)
		var args [][]*vec.Vector
		var ids [][]uint32
		for from := 0; from < rows; from += batch {
			x, y, g := make([]float64, batch), make([]float64, batch), make([]uint32, batch)
			for i := range x {
				x[i], y[i], g[i] = r.NormFloat64()*100, r.NormFloat64(), uint32(r.IntN(groups))
			}
			args = append(args, []*vec.Vector{vec.New(f, f.Kind(), x, nil), vec.New(f, f.Kind(), y, nil)})
			ids = append(ids, g)
		}
		for _, name := range []string{"sum", "avg", "var_samp", "corr"} {
			b.Run(fmt.Sprintf("update/%s/%d", name, groups), func(b *testing.B) {
				for b.Loop() {
					a := floatAggregate(name)
					a.Grow(groups)
					for i := range args {
						if err := a.Update(args[i], ids[i]); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			})
			if groups == 100 {
				continue
			}
			b.Run(fmt.Sprintf("merge/%s/%d", name, groups), func(b *testing.B) {
				var states [][]*vec.Vector
				for i := range args {
					a := floatAggregate(name)
					a.Grow(batch)
					one := make([]uint32, batch)
					for k := range one {
						one[k] = uint32(k)
					}
					_ = a.Update(args[i], one)
					s, _ := a.State(0, batch)
					states = append(states, s)
				}
				for b.Loop() {
					a := floatAggregate(name)
					a.Grow(groups)
					for i := range states {
						if err := a.Merge(states[i], ids[i]); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			})
			b.Run(fmt.Sprintf("result/%s/%d", name, groups), func(b *testing.B) {
				a := floatAggregate(name)
				a.Grow(groups)
				for i := range args {
					_ = a.Update(args[i], ids[i])
				}
				for b.Loop() {
					for from := 0; from < groups; from += batch {
						if _, err := a.Result(from, min(from+batch, groups)); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(groups), "ns/group")
			})
		}
	}
}
