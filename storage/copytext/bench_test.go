package copytext

import (
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

func BenchmarkWriter(b *testing.B) {
	const n = 8192
	ints, nums, texts := make([]int64, n), make([]float64, n), vec.NewBuilder(types.Of(types.Text))
	for i := range ints {
		ints[i], nums[i] = int64(i)*7919, float64(i)/7
		texts.AppendString("id0000000001"[:4+i%8])
	}
	cols := []*vec.Vector{vec.New(types.Of(types.Int64), types.KInt64, ints, nil), vec.New(types.Of(types.Float64), types.KFloat64, nums, nil), texts.Finish(),
		vec.New(types.NumericOf(9, 2), types.KInt64, ints, nil)}
	o, _ := ReadOptionsTo(nil)
	o.Format, o.Delimiter, o.Quote, o.Escape, o.Null = "csv", ',', '"', '"', ""
	w, err := NewWriter([]string{"a", "b", "c", "d"}, o, nil)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	for b.Loop() {
		buf = buf[:0]
		for i := range n {
			buf = w.AppendRow(buf, cols, i)
		}
		b.SetBytes(int64(len(buf)))
	}
}
