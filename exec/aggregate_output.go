package exec

import (
	"math"
	"unsafe"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// columns returns the keys of groups from..to-1.
func (t *groupTable) columns(from, to int) []*vec.Vector {
	// The words of the groups in one piece: the range may lie in several blocks.
	w := t.layout.words
	words := vec.Make[uint64]((to - from) * w)[:0]
	for g := from; g < to; {
		end := min(to, (g>>t.keys.shift+1)<<t.keys.shift)
		words = append(words, unsafe.Slice(t.keys.at(uint32(g)), (end-g)*w)...)
		g = end
	}
	return t.unpack(words, to-from, func(i int) uint32 { return uint32(from + i) })
}

// rowsOf returns the keys of groups with these numbers.
func (t *groupTable) rowsOf(groups []uint32) []*vec.Vector {
	w := t.layout.words
	words := vec.Make[uint64](len(groups) * w)[:0]
	for _, g := range groups {
		words = append(words, unsafe.Slice(t.keys.at(g), w)...)
	}
	return t.unpack(words, len(groups), func(i int) uint32 { return groups[i] })
}

// unpack returns the keys of n groups from their words; group i has a number in the table.
func (t *groupTable) unpack(words []uint64, n int, group func(i int) uint32) []*vec.Vector {
	out := make([]*vec.Vector, len(t.layout.fields))
	for i := range t.layout.fields {
		f := &t.layout.fields[i]
		switch {
		case f.first >= 0:
			out[i] = t.firstValues(f, n, group)
		case f.text >= 0:
			out[i] = t.unpackTexts(f, words, n)
		case f.form == viewKey:
			out[i] = t.unpackViews(f, words, n, group)
		default:
			out[i] = f.unpack(words, t.layout.words, n)
		}
	}
	return out
}

// firstValues returns a column whose first values were kept. The builder is finished once and the vector
// kept in its place; it is needed when all groups are there only.
func (t *groupTable) firstValues(f *keyField, n int, group func(i int) uint32) *vec.Vector {
	if t.finished == nil {
		t.finished = make([]*vec.Vector, len(t.firsts))
	}
	if t.finished[f.first] == nil {
		t.finished[f.first] = t.firsts[f.first].Finish()
	}
	sel := make([]uint32, n)
	for i := range sel {
		sel[i] = group(i)
	}
	return vec.Gather(t.finished[f.first], sel)
}

func (f *keyField) nulls(words []uint64, w, n int) vec.Bitmap {
	var valid vec.Bitmap
	for i := range n {
		k := words[i*w : i*w+w]
		null := f.null >= 0 && k[f.null]>>f.bit&1 != 0 || f.null < 0 && uint32(k[f.word]) == nullView
		if !null {
			continue
		}
		if valid == nil {
			valid = vec.NewBitmapSet(n)
		}
		valid.Clear(i)
	}
	return valid
}

// unpackTexts returns strings from their numbers.
func (t *groupTable) unpackTexts(f *keyField, words []uint64, n int) *vec.Vector {
	dict := t.texts[f.text].dictionary()
	if dict.Len == 0 {
		return vec.NewNull(f.typ, n)
	}
	w := t.layout.words
	codes := unpackInts[int32](words[f.word:], w, n, f.shift())
	return vec.NewDict(vec.As[uint32](vec.BytesOf(codes)), f.nulls(words, w, n), dict)
}

func (t *groupTable) unpackViews(f *keyField, words []uint64, n int, group func(i int) uint32) *vec.Vector {
	w := t.layout.words
	long := &t.longs[f.long]
	views := make([]vec.View, n)
	for i := range views {
		k := words[i*w+f.word:][:2]
		if uint32(k[0]) == nullView {
			continue
		}
		*(*[2]uint64)(unsafe.Pointer(&views[i])) = [2]uint64{k[0], k[1]}
		if views[i].Len > vec.ViewInline {
			at := long.at[group(i)]
			views[i].Buf, views[i].Off = uint32(at>>32), uint32(at)
		}
	}
	v := vec.New(f.typ, types.KView, views, f.nulls(words, w, n))
	v.Bufs = long.bufs
	return v
}

func (f *keyField) unpack(words []uint64, w, n int) *vec.Vector {
	valid := f.nulls(words, w, n)
	switch f.form {
	case halfKey:
		return f.unpackHalf(words, w, n, valid)
	case wordKey: // floats keep the first value
		out := vec.Make[int64](n)
		for i := range out {
			out[i] = int64(words[i*w+f.word])
		}
		return vec.New(f.typ, types.KInt64, out, valid)
	}
	out := vec.Make[vec.Int128](n)
	narrow := f.typ.ID == types.Numeric
	for i := range out {
		k := words[i*w+f.word:][:2]
		out[i] = vec.Int128{Lo: k[0], Hi: int64(k[1])}
		narrow = narrow && out[i].IsInt64()
	}
	kind := f.typ.Kind()
	if f.typ.ID == types.Numeric {
		kind = types.KInt128
	}
	if !narrow {
		return vec.New(f.typ, kind, out, valid)
	}
	small := vec.Make[int64](n)
	for i := range out {
		small[i] = int64(out[i].Lo)
	}
	return vec.New(f.typ, types.KInt64, small, valid)
}

func (f *keyField) unpackHalf(words []uint64, w, n int, valid vec.Bitmap) *vec.Vector {
	shift := f.shift()
	words = words[f.word:]
	switch f.typ.Kind() {
	case types.KBool:
		return vec.New(f.typ, types.KBool, unpackInts[uint8](words, w, n, shift), valid)
	case types.KInt16:
		return vec.New(f.typ, types.KInt16, unpackInts[int16](words, w, n, shift), valid)
	case types.KFloat32:
		out := make([]float32, n)
		for i := range out {
			out[i] = math.Float32frombits(uint32(words[i*w] >> shift))
		}
		return vec.New(f.typ, types.KFloat32, out, valid)
	}
	return vec.New(f.typ, types.KInt32, unpackInts[int32](words, w, n, shift), valid)
}

// shift returns where the bits of a halfKey begin in its word.
func (f *keyField) shift() uint {
	if f.high {
		return 32
	}
	return 0
}

func unpackInts[T uint8 | int16 | int32](words []uint64, w, n int, shift uint) []T {
	out := vec.Make[T](n)
	for i := range out {
		out[i] = T(uint32(words[i*w] >> shift))
	}
	return out
}
