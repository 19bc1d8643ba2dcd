package fn

import (
	"testing"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// BenchmarkRanges has how long operators take with a batch of ranges and a constant.
func BenchmarkRanges(b *testing.B) {
	for _, x := range []struct {
		op    string
		typ   types.ID
		right types.ID // declared
		value string
	}{
		{"@>", types.Int4Range, types.AnyElement, "500"}, {"&&", types.Int8Range, types.AnyRange, "[500,600)"},
		{"@>", types.NumRange, types.AnyElement, "500"}, {"<<", types.TSRange, types.AnyRange, "[2000-01-01,)"},
	} {
		b.Run(x.typ.String()+x.op, func(b *testing.B) {
			t := types.Of(x.typ)
			rt := t
			if x.right == types.AnyElement {
				rt = t.RangeBound()
			}
			right, err := text.Const(rt, x.value, nil)
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range Scalars(x.op) {
				if f.Args[0].ID == types.AnyRange && f.Args[1].ID == x.right {
					benchmarkSelect(b, f, rangeColumn(b, t), right)
				}
			}
		})
	}
}

func benchmarkSelect(b *testing.B, f *Scalar, left, right *vec.Vector) {
	n := left.Len
	c := &Call{Ctx: &Ctx{}, Args: []*vec.Vector{left, right.WithLen(n)}, N: n, Ret: f.Ret}
	dst := make([]uint32, 0, n)
	b.SetBytes(int64(n)) // MB/s are millions of rows
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Select(c, nil, dst); err != nil {
			b.Fatal(err)
		}
	}
}

// rangeColumn returns ranges from each number to the one three further.
func rangeColumn(b *testing.B, t types.Type) *vec.Vector {
	const n = 8192
	args := make([]*vec.Vector, 2)
	for k := range args {
		bounds := vec.NewBuilder(t.RangeBound())
		for i := range n {
			switch x := int64(i + 3*k); t.RangeBound().Kind() {
			case types.KInt32:
				vec.Append(bounds, int32(x))
			case types.KNum:
				vec.Append(bounds, vec.NumOf(x))
			default:
				vec.Append(bounds, x)
			}
		}
		args[k] = bounds.Finish()
	}
	v, err := Scalars(t.ID.String())[0].Eval(&Call{Ctx: &Ctx{}, Args: args, N: n, Ret: t})
	if err != nil {
		b.Fatal(err)
	}
	return v
}
