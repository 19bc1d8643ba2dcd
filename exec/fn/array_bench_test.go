package fn

import (
	"testing"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// benchArrays returns n arrays of k integers.
func benchArrays(n, k int) *vec.Vector {
	b := vec.NewBuilder(types.ArrayOf(types.Of(types.Int32)))
	for i := range n {
		b.AppendList(func(c *vec.Builder) {
			for j := range k {
				vec.Append(c, int32(i*j%1000))
			}
		})
	}
	return b.Finish()
}

// BenchmarkArrays measures what moves, reads and makes arrays of one dimension, per row.
func BenchmarkArrays(b *testing.B) {
	const n = 8192
	array := benchArrays(n, 4)
	int32s, bigs := types.Of(types.Int32), make([]int32, n)
	for i := range bigs {
		bigs[i] = int32(i%5) + 1
	}
	index := vec.New(int32s, types.KInt32, bigs, nil)
	call := func(f *Scalar, ret types.Type, args ...*vec.Vector) func() {
		return func() {
			if _, err := f.Eval(&Call{N: n, Args: args, Ret: ret}); err != nil {
				b.Fatal(err)
			}
		}
	}
	scalar := func(name string, args int) *Scalar {
		for _, f := range Scalars(name) {
			if len(f.Args) == args && f.Args[0].ID == types.AnyArray {
				return f
			}
		}
		panic(name)
	}
	sel := make([]uint32, n)
	for i := range sel {
		sel[i] = uint32(i * 7919 % n)
	}
	hashes, texts := make([]uint64, n), make([][]byte, n)
	for i := range texts {
		texts[i] = text.Append(nil, array, i, nil)
	}
	for _, x := range []struct {
		name string
		f    func()
	}{
		{"gather", func() { vec.Gather(array, sel) }},
		{"own", func() { vec.Own(array) }},
		{"concat", func() { vec.Concat([]*vec.Vector{array, array}) }},
		{"scatter", func() { vec.Scatter(array.Type, n, []*vec.Vector{array}, [][]uint32{sel}) }},
		{"hash", func() { vec.Hash(array, hashes, false) }},
		{"compare", func() {
			for i := range n - 1 {
				vec.CompareRows(array, i, array, i+1)
			}
		}},
		{"subscript", call(Subscript(array.Type, 1), int32s, array, index)},
		{"make", call(MakeArray(2, int32s), array.Type, index, index)},
		{"cardinality", call(scalar("cardinality", 1), int32s, array)},
		{"array_length", call(scalar("array_length", 2), int32s, array, index)},
		{"array_cat", call(scalar("array_cat", 2), array.Type, array, array)},
		{"array_append", call(scalar("array_append", 2), array.Type, array, index)},
		{"array_position", call(scalar("array_position", 2), int32s, array, index)},
		{"print", func() {
			var dst []byte
			for i := range n {
				dst = text.Append(dst[:0], array, i, nil)
			}
		}},
		{"parse", func() {
			out := vec.NewBuilder(array.Type)
			for _, s := range texts {
				if err := text.Parse(out, array.Type, s, nil); err != nil {
					b.Fatal(err)
				}
			}
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				x.f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
