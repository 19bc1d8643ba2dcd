package exec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// textColumn returns n rows over the given number of distinct strings, flat or with a dictionary.
func textColumn(rng *rand.Rand, n, distinct int, format string, dict bool) *vec.Vector {
	b := vec.NewBuilder(types.Of(types.Text))
	for i := range distinct {
		b.AppendString(fmt.Sprintf(format, i))
	}
	codes := make([]uint32, n)
	for i := range codes {
		codes[i] = uint32(rng.IntN(distinct))
	}
	v := vec.NewDict(codes, nil, b.Finish())
	if dict {
		return v
	}
	return vec.Flatten(v)
}

func intColumn(rng *rand.Rand, n, distinct int) *vec.Vector {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(rng.IntN(distinct))
	}
	return vec.New(types.Of(types.Int32), types.KInt32, out, nil)
}

// nested returns the three category columns of the seed workload: a third column decides the others.
func nested(rng *rand.Rand, n int, dict bool) []*vec.Vector {
	third := textColumn(rng, n, 1600, "third-%d", true)
	derive := func(format string, by uint32, distinct int) *vec.Vector {
		b := vec.NewBuilder(types.Of(types.Text))
		for i := range distinct {
			b.AppendString(fmt.Sprintf(format, i))
		}
		codes := make([]uint32, n)
		for i, c := range third.Codes() {
			codes[i] = c / by
		}
		return vec.NewDict(codes, nil, b.Finish())
	}
	cols := []*vec.Vector{derive("cat_%d", 80, 20), derive("second_%d", 8, 200), third}
	if !dict {
		for i := range cols {
			cols[i] = vec.Flatten(cols[i])
		}
	}
	return cols
}

func typesOf(cols []*vec.Vector) []types.Type {
	ts := make([]types.Type, len(cols))
	for i, v := range cols {
		ts[i] = v.Type
	}
	return ts
}

func BenchmarkGroups(b *testing.B) {
	const n = 1 << 20
	for _, c := range []struct {
		name string
		cols func(rng *rand.Rand) []*vec.Vector
	}{
		{"three strings", func(rng *rand.Rand) []*vec.Vector { return nested(rng, n, false) }},
		{"three dictionaries", func(rng *rand.Rand) []*vec.Vector { return nested(rng, n, true) }},
		{"string of 100", func(rng *rand.Rand) []*vec.Vector {
			return []*vec.Vector{textColumn(rng, n, 100, "id%03d", false)}
		}},
		{"string of 100k", func(rng *rand.Rand) []*vec.Vector {
			return []*vec.Vector{textColumn(rng, n, 100_000, "id%010d", false)}
		}},
		{"long string of 100k", func(rng *rand.Rand) []*vec.Vector {
			return []*vec.Vector{textColumn(rng, n, 100_000, "identifier-%010d", false)}
		}},
		{"int of 100", func(rng *rand.Rand) []*vec.Vector { return []*vec.Vector{intColumn(rng, n, 100)} }},
		{"int of 100k", func(rng *rand.Rand) []*vec.Vector { return []*vec.Vector{intColumn(rng, n, 100_000)} }},
		{"int of 2G", func(rng *rand.Rand) []*vec.Vector { return []*vec.Vector{intColumn(rng, n, 2_000_000_000)} }},
		{"string and int", func(rng *rand.Rand) []*vec.Vector {
			return []*vec.Vector{textColumn(rng, n, 100, "id%03d", false), intColumn(rng, n, 100)}
		}},
		{"six columns", func(rng *rand.Rand) []*vec.Vector {
			return []*vec.Vector{textColumn(rng, n, 100, "id%03d", false), textColumn(rng, n, 100, "id%03d", false),
				textColumn(rng, n, 100_000, "id%010d", false), intColumn(rng, n, 100), intColumn(rng, n, 100), intColumn(rng, n, 100_000)}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			cols := c.cols(rand.New(rand.NewPCG(1, 2)))
			groups := make([]uint32, 8192)
			var batches [][]*vec.Vector
			for from := 0; from < n; from += 8192 {
				var batch []*vec.Vector
				for _, v := range cols {
					batch = append(batch, vec.Slice(v, from, from+8192))
				}
				batches = append(batches, batch)
			}
			b.ResetTimer()
			for range b.N {
				t := newGroupTable(typesOf(cols))
				for _, batch := range batches {
					if err := t.find(batch, 8192, groups); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
