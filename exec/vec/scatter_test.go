package vec

import (
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
)

// TestScatter puts parts in random places, over a first one too, and compares with a list of where each row
// comes from.
func TestScatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	list := types.ArrayOf(types.Of(types.Int32))
	value := func(b *Builder, ty types.Type) {
		switch {
		case r.IntN(4) == 0:
			b.AppendNull()
		case ty.ID == types.Text:
			b.AppendString([]string{"a", "abcdefghijklmnop", "", "a rather long string"}[r.IntN(4)])
		case ty == list:
			b.AppendList(func(c *Builder) {
				for range r.IntN(3) {
					Append(c, int32(r.IntN(9)))
				}
			})
		case ty.ID == types.Numeric:
			b.AppendInt128(Int128{Lo: r.Uint64() >> 1, Hi: int64(r.IntN(2))})
		default:
			Append(b, int32(r.IntN(9)))
		}
	}
	for range 3000 {
		ty := []types.Type{types.Of(types.Text), types.Of(types.Int32), types.NumericOf(0, 2), list}[r.IntN(4)]
		n := 1 + r.IntN(100)
		type from struct {
			part *Vector
			row  int
		}
		want := make([]from, n)
		var parts []*Vector
		var rows [][]uint32
		shared := NewBuilder(ty)
		for range 5 {
			value(shared, ty)
		}
		dict := shared.Finish()
		taken := make([]bool, n)
		for part := range 1 + r.IntN(4) {
			var to []uint32
			for i := range n {
				if !taken[i] && r.IntN(3) == 0 {
					to = append(to, uint32(i))
					taken[i] = true
				}
			}
			size := len(to)
			if part == 0 && r.IntN(2) == 0 {
				to, size, taken = nil, n, make([]bool, n)
			}
			b := NewBuilder(ty)
			for range max(size, 1) {
				value(b, ty)
			}
			p := b.Finish()
			switch r.IntN(3) {
			case 0:
				p = Gather(p, []uint32{0})
				p.Enc, p.Len = Const, size
			case 1:
				codes := make([]uint32, size)
				for i := range codes {
					codes[i] = uint32(r.IntN(5))
				}
				p = NewDict(codes, nil, dict)
			default:
				p = Slice(p, 0, size)
			}
			if to == nil && size == 0 {
				continue
			}
			parts, rows = append(parts, p), append(rows, to)
			if p.Enc == Const && size > 0 && p.IsNull(0) {
				continue
			}
			for i := range size {
				k := i
				if to != nil {
					k = int(to[i])
				}
				want[k] = from{p, i}
			}
		}
		got := Scatter(ty, n, parts, rows)
		if got.Len != n || got.Type != ty {
			t.Fatal(got.Len, got.Type)
		}
		for i, w := range want {
			null := w.part == nil || w.part.IsNull(w.row)
			if got.IsNull(i) != null || !null && !EqualRows(got, i, w.part, w.row) {
				t.Fatalf("%v: row %d of %d differs", ty, i, n)
			}
		}
	}
}
