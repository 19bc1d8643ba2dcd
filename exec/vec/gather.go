package vec

import (
	"gsql/exec/types"
)

// Gather returns the rows of v with the numbers in sel: constant vectors stay constant and dictionary
// vectors keep their dictionary; bytes of strings are not copied.
func Gather(v *Vector, sel []uint32) *Vector {
	if v.Enc == Const {
		return v.WithLen(len(sel))
	}
	w := *v
	w.Len = len(sel)
	w.Valid = gatherBits(v.Valid, sel)
	if v.Enc == Dict {
		w.Data = gatherData(v.Data, 4, sel)
		return &w
	}
	w.Data = gatherData(v.Data, v.Kind.Width(), sel)
	return &w
}

// GatherUntil is Gather that asks stop now and then, and returns nil when that is true.
func GatherUntil(stop func() bool, v *Vector, sel []uint32) *Vector {
	const piece = 1 << 16
	if v.Enc == Const || len(sel) <= piece {
		return Gather(v, sel)
	}
	w := *v
	w.Len = len(sel)
	width := v.Kind.Width()
	if v.Enc == Dict {
		width = 4
	}
	w.Data = BytesOf(Make[uint64]((len(sel)*width + 7) / 8))[:len(sel)*width]
	if v.Valid != nil {
		w.Valid = NewBitmap(len(sel))
	}
	for from := 0; from < len(sel); from += piece {
		if stop() {
			return nil
		}
		part := sel[from:min(from+piece, len(sel))]
		copy(w.Data[from*width:], gatherData(v.Data, width, part))
		if v.Valid != nil {
			copy(w.Valid[from>>6:], gatherBits(v.Valid, part))
		}
	}
	return &w
}

// GatherOrNull is Gather with NULL where an element of idx is -1.
func GatherOrNull(v *Vector, idx []int32) *Vector {
	valid := NewBitmapSet(len(idx))
	sel := make([]uint32, len(idx))
	nulls := false
	for i, x := range idx {
		if x < 0 {
			valid.Clear(i)
			nulls = true
			continue
		}
		sel[i] = uint32(x)
	}
	if !nulls {
		return Gather(v, sel)
	}
	if v.Len == 0 {
		return NewNull(v.Type, len(idx))
	}
	if v.Enc == Const {
		if v.IsNull(0) {
			return v.WithLen(len(idx))
		}
		v = Flatten(v.WithLen(1))
		clear(sel)
	}
	w := Gather(v, sel)
	if w.Valid == nil {
		w.Valid = valid
		return clearNullViews(w)
	}
	for i := range w.Valid {
		w.Valid[i] &= valid[i]
	}
	return clearNullViews(w)
}

// clearNullViews keeps the promise that the view of a NULL has length 0, and the code of one is 0.
func clearNullViews(w *Vector) *Vector {
	if w.Enc == Flat && w.Kind != types.KView {
		return w
	}
	for i := range w.Len {
		if w.Valid.Get(i) {
			continue
		}
		if w.Enc == Dict {
			w.Codes()[i] = 0
		} else {
			Values[View](w)[i] = View{}
		}
	}
	return w
}

func gatherBits(b Bitmap, sel []uint32) Bitmap {
	if b == nil {
		return nil
	}
	out := NewBitmap(len(sel))
	for i, s := range sel {
		out[i>>6] |= (b[s>>6] >> (s & 63) & 1) << (uint(i) & 63)
	}
	return out
}

func gatherData(data []byte, width int, sel []uint32) []byte {
	switch width {
	case 1:
		return BytesOf(gather(As[uint8](data), sel))
	case 2:
		return BytesOf(gather(As[int16](data), sel))
	case 4:
		return BytesOf(gather(As[uint32](data), sel))
	case 8:
		return BytesOf(gather(As[uint64](data), sel))
	case 12:
		return BytesOf(gather(As[List](data), sel))
	case 16:
		return BytesOf(gather(As[Int128](data), sel))
	case 24:
		return BytesOf(gather(As[Num](data), sel))
	}
	panic("vec: no such width")
}

func gather[T Fixed](src []T, sel []uint32) []T {
	dst := Make[T](len(sel))
	for i, s := range sel {
		dst[i] = src[s]
	}
	return dst
}

// Flatten returns v in flat encoding, v itself when it is flat.
func Flatten(v *Vector) *Vector {
	switch v.Enc {
	case Flat:
		return v
	case Const:
		return flattenConst(v)
	}
	d := v.Dict
	w := *d
	w.Type, w.Len = v.Type, v.Len
	codes := v.Codes()
	w.Data = gatherData(d.Data, v.Kind.Width(), codes)
	w.Valid = v.Valid
	if d.Valid != nil {
		w.Valid = gatherBits(d.Valid, codes)
		if v.Valid != nil {
			for i := range w.Valid {
				w.Valid[i] &= v.Valid[i]
			}
		}
	}
	if w.Valid != nil {
		return clearNullViews(&w)
	}
	return &w
}

func flattenConst(v *Vector) *Vector {
	w := *v
	w.Enc = Flat
	if v.IsNull(0) {
		w.Valid = NewBitmap(v.Len)
		w.Data = makeData(v.Kind, v.Len)
		return &w
	}
	w.Valid = nil
	w.Data = makeData(v.Kind, v.Len)
	if len(w.Data) > 0 {
		copy(w.Data, v.Data)
		for n := len(v.Data); n < len(w.Data); n *= 2 {
			copy(w.Data[n:], w.Data[:n])
		}
	}
	return &w
}

// makeData returns zeroed, aligned memory for n values of a kind.
func makeData(k types.Kind, n int) []byte {
	b := n * k.Width()
	return BytesOf(make([]uint64, (b+7)/8))[:b]
}

// Slice returns rows from..to-1, sharing memory.
func Slice(v *Vector, from, to int) *Vector {
	if from == 0 && to == v.Len {
		return v
	}
	if v.Enc == Const {
		return v.WithLen(to - from)
	}
	width := v.Kind.Width()
	if v.Enc == Dict {
		width = 4
	}
	w := *v
	w.Len = to - from
	w.Data = v.Data[from*width : to*width]
	w.Valid = sliceBits(v.Valid, from, to)
	return &w
}

func sliceBits(b Bitmap, from, to int) Bitmap {
	if b == nil {
		return nil
	}
	out := NewBitmap(to - from)
	copyBits(out, 0, b, from, to-from)
	return out
}

// copyBits copies n bits of src from position from to position at of dst, whose bits there are clear.
// A nil src has all bits set.
func copyBits(dst Bitmap, at int, src Bitmap, from, n int) {
	for n > 0 {
		var w uint64
		if src == nil {
			w = ^uint64(0)
		} else {
			w = src[from>>6] >> (uint(from) & 63)
			if r := from & 63; r != 0 && from>>6+1 < len(src) {
				w |= src[from>>6+1] << (64 - uint(r))
			}
		}
		k := min(n, 64-at&63)
		if k < 64 {
			w &= 1<<uint(k) - 1
		}
		dst[at>>6] |= w << (uint(at) & 63)
		at, from, n = at+k, from+k, n-k
	}
}

// Compact returns b without a selection: b itself when it has none, else with gathered columns.
func (b *Batch) Compact() *Batch {
	if b.Sel == nil {
		return b
	}
	c := &Batch{Cols: make([]*Vector, len(b.Cols)), Rows: len(b.Sel)}
	for i, v := range b.Cols {
		c.Cols[i] = Gather(v, b.Sel)
	}
	return c
}

// Slice returns the rows from..to-1 of those that count; it shares their memory.
func (b *Batch) Slice(from, to int) *Batch {
	if from == 0 && to == b.Len() {
		return b
	}
	if b.Sel != nil {
		return &Batch{Cols: b.Cols, Rows: b.Rows, Sel: b.Sel[from:to:to]}
	}
	c := &Batch{Cols: make([]*Vector, len(b.Cols)), Rows: to - from}
	for i, v := range b.Cols {
		c.Cols[i] = Slice(v, from, to)
	}
	return c
}
