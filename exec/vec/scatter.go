package vec

import (
	"gsql/exec/types"
)

// Scatter puts the rows of parts into a vector of n rows of type t: row i of parts[k] becomes row rows[k][i].
// No two parts name the same row, but the first may have n rows and nil for rows: its values stand wherever
// no other part has one. Without such a part, rows that nobody names are NULL. Parts have t's kind (numerics
// of 64 and 128 bits may mix), or are a constant NULL of any type, which changes nothing.
func Scatter(t types.Type, n int, parts []*Vector, rows [][]uint32) *Vector {
	out := &Vector{Type: t, Kind: t.Kind(), Len: n}
	var live []int
	covered, nulls := 0, false
	for k, p := range parts {
		if p.Len == 0 || p.Enc == Const && p.IsNull(0) {
			continue
		}
		if len(live) == 0 || p.Kind == types.KInt128 {
			out.Kind = p.Kind
		}
		live = append(live, k)
		covered += p.Len
		nulls = nulls || p.Valid != nil || p.Dict != nil && p.Dict.Valid != nil
	}
	if len(live) == 0 {
		return NewNull(t, n)
	}
	if nulls || covered < n {
		out.Valid = NewBitmap(n)
	}
	width := out.Kind.Width()
	if out.Dict = sharedDict(parts, live); out.Dict != nil {
		out.Enc, width = Dict, 4
		if out.Dict.Type != t {
			out.Dict = out.Dict.WithType(t)
		}
		out.Data = makeData(types.KInt32, n)
	} else {
		out.Data = makeData(out.Kind, n)
	}
	for _, k := range live {
		out.scatter(parts[k], rows[k], width)
	}
	return out
}

// sharedDict returns the dictionary that all live parts are codes of, or nil.
func sharedDict(parts []*Vector, live []int) *Vector {
	d := parts[live[0]].Dict
	for _, k := range live {
		if parts[k].Enc != Dict || parts[k].Dict != d {
			return nil
		}
	}
	return d
}

func (out *Vector) scatter(p *Vector, rows []uint32, width int) {
	if out.Enc != Dict && p.Enc == Dict {
		p = Flatten(p)
	}
	if out.Kind == types.KInt128 && p.Kind == types.KInt64 {
		p = widened(p)
	}
	if out.Valid != nil {
		scatterBits(out.Valid, p, rows)
	}
	switch {
	case out.Enc == Dict:
	case out.Kind == types.KView:
		if base := out.addBufs(p.Bufs); base > 0 {
			p = p.rebased(base)
		}
	case out.Kind == types.KList:
		p = out.adoptLists(p)
	case out.Kind == types.KRow:
		p = out.adoptRows(p)
	}
	switch width {
	case 1:
		scatter(As[uint8](out.Data), As[uint8](p.Data), p, rows)
	case 2:
		scatter(As[int16](out.Data), As[int16](p.Data), p, rows)
	case 4:
		scatter(As[uint32](out.Data), As[uint32](p.Data), p, rows)
	case 8:
		scatter(As[uint64](out.Data), As[uint64](p.Data), p, rows)
	case 12:
		scatter(As[List](out.Data), As[List](p.Data), p, rows)
	case 16:
		scatter(As[Int128](out.Data), As[Int128](p.Data), p, rows)
	case 24:
		scatter(As[Num](out.Data), As[Num](p.Data), p, rows)
	}
}

func scatter[T Fixed](dst, src []T, p *Vector, rows []uint32) {
	switch {
	case p.Enc == Const && rows == nil:
		for i := range dst[:p.Len] {
			dst[i] = src[0]
		}
	case p.Enc == Const:
		for _, r := range rows {
			dst[r] = src[0]
		}
	case rows == nil:
		copy(dst, src[:p.Len])
	default:
		for i, r := range rows {
			dst[r] = src[i]
		}
	}
}

func scatterBits(dst Bitmap, p *Vector, rows []uint32) {
	valid := p.Valid
	if p.Enc == Const {
		valid = nil // a constant NULL never comes here
	}
	if rows == nil {
		copyBits(dst, 0, valid, 0, p.Len)
		return
	}
	for i, r := range rows {
		if valid.Get(i) {
			dst.Set(int(r))
		} else {
			dst.Clear(int(r))
		}
	}
}

// widened returns a numeric of 64-bit integers in 128 bits.
func widened(v *Vector) *Vector {
	src := Values[int64](v)
	dst := make([]Int128, len(src))
	for i, x := range src {
		dst[i] = Int128Of(x)
	}
	w := *v
	w.Kind, w.Data = types.KInt128, BytesOf(dst)
	return &w
}

// rebased returns v with the buffer numbers of its views raised.
func (v *Vector) rebased(base uint32) *Vector {
	views := append([]View(nil), Values[View](v)...)
	for i := range views {
		if views[i].Len > ViewInline {
			views[i].Buf += base
		}
	}
	w := *v
	w.Data = BytesOf(views)
	return &w
}

// adoptLists makes v's child part of out's and returns v with its ranges moved.
func (out *Vector) adoptLists(v *Vector) *Vector {
	base := uint32(0)
	switch {
	case v.Child == nil || out.Child == v.Child:
	case out.Child == nil:
		out.Child = v.Child
	default:
		base = uint32(out.Child.Len)
		out.Child = Concat([]*Vector{out.Child, v.Child})
	}
	if base == 0 {
		return v
	}
	lists := append([]List(nil), Values[List](v)...)
	for i := range lists {
		lists[i].Off += base
	}
	w := *v
	w.Data = BytesOf(lists)
	return &w
}
