package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gsql/exec/types"
)

// kinds has one type for each kind of memory, and a function that appends a random value of few distinct ones.
var kinds = []struct {
	typ types.Type
	add func(b *Builder, r *rand.Rand)
}{
	{types.Of(types.Bool), func(b *Builder, r *rand.Rand) { b.AppendBool(r.IntN(2) == 0) }},
	{types.Of(types.Int16), func(b *Builder, r *rand.Rand) { Append(b, int16(r.IntN(5)-2)) }},
	{types.Of(types.Int32), func(b *Builder, r *rand.Rand) { Append(b, int32(r.IntN(5)-2)) }},
	{types.Of(types.Int64), func(b *Builder, r *rand.Rand) { Append(b, int64(r.IntN(5)-2)<<40) }},
	{types.Of(types.Float32), func(b *Builder, r *rand.Rand) { Append(b, []float32{0, -1.5, 2, float32(math.NaN())}[r.IntN(4)]) }},
	{types.Of(types.Float64), func(b *Builder, r *rand.Rand) {
		Append(b, []float64{0, math.Copysign(0, -1), -1.5, math.Inf(1), math.NaN()}[r.IntN(5)])
	}},
	{types.NumericOf(30, 2), func(b *Builder, r *rand.Rand) {
		b.AppendInt128([]Int128{{Lo: 5}, {Lo: 1, Hi: 7}, {Lo: ^uint64(0), Hi: -1}}[r.IntN(3)])
	}},
	{types.Of(types.Numeric), func(b *Builder, r *rand.Rand) {
		Append(b, []Num{{Coef: Int128{Lo: 15}, Scale: 1}, {Coef: Int128{Lo: 150}, Scale: 2}, {}, {Scale: 3}, {Special: NumNaN}}[r.IntN(5)])
	}},
	{types.Of(types.Text), func(b *Builder, r *rand.Rand) {
		b.AppendString([]string{"", "a", "exactly12byt", "thirteen byte", "a string that is long", "a string that is lonG"}[r.IntN(6)])
	}},
	{types.Of(types.Interval), func(b *Builder, r *rand.Rand) {
		Append(b, []Interval{{Months: 1}, {Days: 30}, {Micros: 30 * 86400 * 1e6}, {Micros: -1}}[r.IntN(4)])
	}},
	{types.Of(types.UUID), func(b *Builder, r *rand.Rand) { Append(b, [16]byte{byte(r.IntN(2)), 15: byte(r.IntN(2))}) }},
	{types.ArrayOf(types.Of(types.Text)), func(b *Builder, r *rand.Rand) {
		b.AppendList(func(c *Builder) {
			for range r.IntN(3) {
				c.AppendString([]string{"x", "a string that is long"}[r.IntN(2)])
			}
		})
	}},
	{types.ArrayOf(types.Of(types.Int16)), func(b *Builder, r *rand.Rand) {
		d := OneDim(2, 1)
		switch r.IntN(4) {
		case 0:
			d.Lower[0] = -3
		case 1:
			d = OneDim(1, 1)
			d.Add(2, 1)
		case 2:
			d.Add(1, 5)
		}
		shape, err := d.Shape()
		if err != nil {
			panic(err)
		}
		b.AppendArray(shape, func(c *Builder) {
			for range 2 {
				Append(c, int16(r.IntN(2)))
			}
		})
	}},
	{pairType, addPair},
	{types.ArrayOf(pairType), func(b *Builder, r *rand.Rand) {
		b.AppendList(func(c *Builder) {
			for range r.IntN(3) {
				addPair(c, r)
			}
		})
	}},
	{types.RecordOf("", []types.Field{{Name: "p", Type: pairType}, {Name: "b", Type: types.Of(types.Bool)}}), func(b *Builder, r *rand.Rand) {
		b.AppendRow(func(fields []*Builder) {
			addPair(fields[0], r)
			fields[1].AppendBool(r.IntN(2) == 0)
		})
	}},
}

// pairType is that of records of a number that may need 128 bits and an array of texts, both of which may be NULL.
var pairType = types.RecordOf("", []types.Field{{Name: "n", Type: types.NumericOf(30, 2)}, {Name: "l", Type: types.ArrayOf(types.Of(types.Text))}})

func addPair(b *Builder, r *rand.Rand) {
	b.AppendRow(func(fields []*Builder) {
		if x := r.IntN(4); x > 0 {
			fields[0].AppendInt128([]Int128{{Lo: 5}, {Lo: 1, Hi: 7}, {Lo: ^uint64(0), Hi: -1}}[x-1])
		} else {
			fields[0].AppendNull()
		}
		if x := r.IntN(3); x > 0 {
			fields[1].AppendList(func(c *Builder) { c.AppendString([]string{"x", "a string that is long"}[x-1]) })
		} else {
			fields[1].AppendNull()
		}
	})
}

func random(typ types.Type, add func(*Builder, *rand.Rand), n int, nulls float64, r *rand.Rand) *Vector {
	b := NewBuilder(typ)
	for range n {
		if r.Float64() < nulls {
			b.AppendNull()
		} else {
			add(b, r)
		}
	}
	return b.Finish()
}

// encodings returns v's rows flat and as a dictionary, whose own NULLs count too.
func encodings(v *Vector, r *rand.Rand) []*Vector {
	codes := make([]uint32, v.Len)
	perm := r.Perm(v.Len)
	at := make([]uint32, v.Len)
	for i, p := range perm {
		at[i] = uint32(p)
		codes[p] = uint32(i)
	}
	return []*Vector{v, NewDict(codes, nil, Gather(v, at))}
}

func forAll(t *testing.T, f func(t *testing.T, v *Vector, r *rand.Rand)) {
	for _, k := range kinds {
		for _, nulls := range []float64{0, 0.3, 1} {
			r := rand.New(rand.NewPCG(1, 2))
			for enc, v := range encodings(random(k.typ, k.add, 150, nulls, r), r) {
				t.Run(fmt.Sprintf("%s/nulls=%v/enc=%d", k.typ.Base(), nulls, enc), func(t *testing.T) { f(t, v, r) })
			}
		}
	}
}

func wantRow(t *testing.T, got *Vector, i int, want *Vector, j int) {
	t.Helper()
	if !EqualRows(got, i, want, j) {
		t.Fatalf("row %d is not row %d of the source", i, j)
	}
}

func TestGatherSliceFlattenKeepRows(t *testing.T) {
	forAll(t, func(t *testing.T, v *Vector, r *rand.Rand) {
		sel := make([]uint32, 200)
		idx := make([]int32, 200)
		for i := range sel {
			sel[i] = uint32(r.IntN(v.Len))
			idx[i] = int32(r.IntN(v.Len+1)) - 1
		}
		g, o, f := Gather(v, sel), GatherOrNull(v, idx), Flatten(v)
		for i := range sel {
			wantRow(t, g, i, v, int(sel[i]))
			if idx[i] < 0 {
				if !o.IsNull(i) {
					t.Fatalf("row %d is not NULL", i)
				}
				continue
			}
			wantRow(t, o, i, v, int(idx[i]))
		}
		for i := range v.Len {
			wantRow(t, f, i, v, i)
		}
		from := r.IntN(v.Len)
		to := from + r.IntN(v.Len-from+1)
		s := Slice(v, from, to)
		for i := range s.Len {
			wantRow(t, s, i, v, from+i)
		}
		c := *Flatten(Slice(v, from, from+1))
		c.Enc, c.Len = Const, 9
		n := GatherOrNull(&c, []int32{-1, 8, -1})
		if !n.IsNull(0) || !n.IsNull(2) {
			t.Fatal("constant: no NULL for -1")
		}
		wantRow(t, n, 1, v, from)
	})
}

func TestConcatKeepsRows(t *testing.T) {
	forAll(t, func(t *testing.T, v *Vector, r *rand.Rand) {
		parts := []*Vector{Slice(v, 0, 7), v, NewNull(v.Type, 3), Slice(v, 70, 150), v}
		if parts[2].Kind != v.Kind {
			parts[2].Kind, parts[2].Data = v.Kind, make([]byte, v.Kind.Width())
		}
		all := Concat(parts)
		at := 0
		for _, p := range parts {
			for i := range p.Len {
				wantRow(t, all, at+i, p, i)
			}
			at += p.Len
		}
		if all.Len != at {
			t.Fatalf("%d rows, want %d", all.Len, at)
		}
		if same := Concat([]*Vector{v, v}); v.Enc == Dict && same.Enc != Dict {
			t.Fatal("one dictionary did not stay one")
		}
	})
}

func TestEqualRowsHashAlike(t *testing.T) {
	forAll(t, func(t *testing.T, v *Vector, r *rand.Rand) {
		h, f := make([]uint64, v.Len), make([]uint64, v.Len)
		Hash(v, h, false)
		Hash(Flatten(v), f, false)
		for i := range v.Len {
			if h[i] != f[i] {
				t.Fatalf("row %d: encodings hash apart", i)
			}
			for j := range v.Len {
				if EqualRows(v, i, v, j) && h[i] != h[j] {
					t.Fatalf("rows %d and %d are equal and hash apart", i, j)
				}
			}
		}
		Hash(v, h, true)
		Hash(Flatten(v), f, true)
		for i := range h {
			if h[i] != f[i] {
				t.Fatalf("row %d: encodings combine apart", i)
			}
		}
	})
}

func TestHashSpreads(t *testing.T) {
	ints := make([]int64, 1<<16)
	for i := range ints {
		ints[i] = int64(i)
	}
	h := make([]uint64, len(ints))
	Hash(New(types.Of(types.Int64), types.KInt64, ints, nil), h, false)
	for _, shift := range []uint{0, 20, 48} {
		var buckets [256]int
		for _, x := range h {
			buckets[x>>shift&255]++
		}
		for b, n := range buckets {
			if n < 128 || n > 512 {
				t.Errorf("bits %d..%d: bucket %d has %d of %d", shift, shift+7, b, n, len(ints))
			}
		}
	}
}

func TestHashBytesAgrees(t *testing.T) {
	b := NewBuilder(types.Of(types.Text))
	s := ""
	for i := range 60 {
		b.AppendString(s)
		s += string(rune('a' + i%26))
	}
	v := b.Finish()
	h := make([]uint64, v.Len)
	Hash(v, h, false)
	for i := range h {
		if h[i] != HashBytes(v.Bytes(i)) {
			t.Errorf("length %d: hashes differ", i)
		}
	}
}

func TestCompareRowsIsAnOrder(t *testing.T) {
	forAll(t, func(t *testing.T, v *Vector, r *rand.Rand) {
		for i := range 40 {
			for j := range 40 {
				if v.IsNull(i) || v.IsNull(j) {
					continue
				}
				c := CompareRows(v, i, v, j)
				if c != -CompareRows(v, j, v, i) || (c == 0) != EqualRows(v, i, v, j) {
					t.Fatalf("rows %d and %d compare %d", i, j, c)
				}
			}
		}
	})
}

func TestBuilderCopiesFromEveryEncoding(t *testing.T) {
	forAll(t, func(t *testing.T, v *Vector, r *rand.Rand) {
		b := NewBuilder(v.Type)
		for i := range v.Len {
			b.AppendFrom(v, i)
		}
		w := b.Finish()
		for i := range v.Len {
			wantRow(t, w, i, v, i)
		}
	})
}

func BenchmarkHashViews(b *testing.B) {
	bl := NewBuilder(types.Of(types.Text))
	for i := range 8192 {
		bl.AppendString(fmt.Sprintf("id%03d", i%100))
	}
	v := bl.Finish()
	h := make([]uint64, v.Len)
	b.SetBytes(int64(v.Len))
	for b.Loop() {
		Hash(v, h, false)
	}
}
