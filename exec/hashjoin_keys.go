package exec

import (
	"context"
	"math"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// keyCodec turns the keys of rows into one word per row. It is made for the keys of a join's build side. When
// these are numbers or short strings whose ranges fit into 64 bits together, words are exact: rows have
// equal words exactly when their keys are equal, and every probe row that cannot have an equal is sorted out
// at once. Otherwise words are hashes, and keys must be compared.
type keyCodec struct {
	exact  bool
	fields []codecField // one per key
	span   uint64       // exact: the largest word
}

// codecField places one key within the words.
type codecField struct {
	nullEqual bool
	kind      types.Kind
	prefix    []byte // KView: what all build keys begin with
	strings   int    // KView: the length of the longest build key without prefix
	min, max  uint64 // of the build's ordered words
	shift     int
}

// base is where values begin: behind 0 for NULL, where NULL is equal to NULL.
func (f *codecField) base() uint64 {
	if f.nullEqual {
		return 1
	}
	return 0
}

// maxPackedString is the longest string, without the common prefix, that becomes a word with its length.
const maxPackedString = 7

// newKeyCodec looks at the build side's keys, flat vectors of n rows.
func newKeyCodec(ctx context.Context, keys []*vec.Vector, n int, nullEqual []bool) (*keyCodec, error) {
	c := &keyCodec{fields: make([]codecField, len(keys)), exact: true}
	shift := 0
	words := vec.Make[uint64](n)
	for k, v := range keys {
		f := &c.fields[k]
		f.kind, f.nullEqual = v.Kind, nullEqual != nil && nullEqual[k]
		if !c.exact {
			continue
		}
		encode := encodeWords
		if v.Kind == types.KView {
			short, err := f.short(ctx, v)
			if err != nil {
				return nil, err
			}
			c.exact, encode = short, f.packStrings
		} else {
			c.exact = exactWord(v.Kind)
		}
		if !c.exact {
			continue
		}
		r := newWordRange()
		err := pieces(ctx, n, func(from, to int) {
			encode(vec.Slice(v, from, to), words[from:to])
			r.add(words[from:to], v.Valid, from)
		})
		if err != nil {
			return nil, err
		}
		f.min, f.max = r.lo, r.hi
		if f.min > f.max { // no values
			f.min, f.max = 0, 0
		}
		top := f.max - f.min
		if top+f.base() < top {
			c.exact = false
			continue
		}
		top += f.base()
		f.shift = shift
		if shift += bits.Len64(top); shift > 64 {
			c.exact = false
			continue
		}
		c.span |= top << f.shift
	}
	return c, nil
}

// encodeWords is encodeOrdered for kinds that have words.
func encodeWords(v *vec.Vector, out []uint64) { encodeOrdered(v, out) }

// short reports whether the strings of v become words, and if so, sets up f for them.
func (f *codecField) short(ctx context.Context, v *vec.Vector) (bool, error) {
	longest := uint32(0)
	views := vec.Values[vec.View](v)
	err := pieces(ctx, len(views), func(from, to int) {
		for i := from; i < to; i++ {
			longest = max(longest, views[i].Len)
		}
	})
	if err != nil {
		return false, err
	}
	n, err := commonPrefix(ctx, v)
	if err != nil || int(longest)-n > maxPackedString {
		return false, err
	}
	for i := range v.Len {
		if v.Valid.Get(i) {
			f.prefix = v.Bytes(i)[:n]
			break
		}
	}
	f.strings = int(longest) - len(f.prefix)
	return true, nil
}

// packStrings writes the strings that begin with the prefix and are not longer than f allows as words: their
// other bytes, then how many these are. Others get a word above all.
func (f *codecField) packStrings(v *vec.Vector, out []uint64) {
	views := vec.Values[vec.View](v)[:len(out)]
	at, shift := len(f.prefix), 64-8*f.strings
	head := vec.MakeView(f.prefix, 0, 0)
	for i := range views {
		x := &views[i]
		rest := int(x.Len) - at
		out[i] = math.MaxUint64
		if uint(rest) > uint(f.strings) || at >= 4 && x.Prefix != head.Prefix {
			continue
		}
		if at > 0 && string(x.In(v.Bufs, x)[:at]) != string(f.prefix) {
			continue
		}
		out[i] = viewChunk(x, v.Bufs, at)>>shift<<3 | uint64(rest)
	}
}

// keyWords are the words of a batch of rows; the memory is used again for the next batch.
type keyWords struct {
	words []uint64
	sel   []uint32 // the rows that have a word: those whose keys may be equal to some build row's
	field []uint64
}

// encode fills w with the words of n rows of keys, dense vectors of any encoding.
func (c *keyCodec) encode(keys []*vec.Vector, n int, w *keyWords) {
	if cap(w.words) < n {
		w.words, w.field, w.sel = vec.Make[uint64](n), vec.Make[uint64](n), vec.Make[uint32](n)
	}
	w.words, w.field, w.sel = w.words[:n], w.field[:n], w.sel[:n]
	for i := range w.sel {
		w.sel[i] = uint32(i)
	}
	if c.exact {
		c.pack(keys, w)
		return
	}
	for k, v := range keys {
		vec.Hash(v, w.words, k > 0)
		if !c.fields[k].nullEqual {
			w.sel = dropNulls(v, w.sel)
		}
	}
}

// encodeAll is encode for the n rows of a build side, which may be many.
func (c *keyCodec) encodeAll(ctx context.Context, keys []*vec.Vector, n int) (w keyWords, err error) {
	w.words, w.sel = vec.Make[uint64](n), vec.Make[uint32](n)[:0]
	var part keyWords
	err = pieces(ctx, n, func(from, to int) {
		c.encode(sliceAll(keys, from, to), to-from, &part)
		copy(w.words[from:to], part.words)
		for _, i := range part.sel {
			w.sel = append(w.sel, uint32(from)+i)
		}
	})
	return w, err
}

func (c *keyCodec) pack(keys []*vec.Vector, w *keyWords) {
	for k, v := range keys {
		f := &c.fields[k]
		field := w.words
		if k > 0 {
			field = w.field
		}
		var fits vec.Bitmap
		v, fits = f.adapt(v)
		if fits != nil {
			w.sel = keepBits(fits, w.sel)
		}
		f.encode(v, field)
		w.sel = f.place(v, field, w.sel)
		if k == 0 {
			continue
		}
		for _, i := range w.sel {
			w.words[i] |= field[i]
		}
	}
}

// adapt returns v with values of f's kind, and which rows have such a value (nil: all).
func (f *codecField) adapt(v *vec.Vector) (*vec.Vector, vec.Bitmap) {
	if v.Kind == f.kind || v.Kind != types.KInt128 {
		return v, nil
	}
	v = vec.Flatten(v)
	fits := vec.NewBitmap(v.Len)
	out := make([]int64, v.Len)
	for i, x := range vec.Values[vec.Int128](v) {
		if x.Hi == int64(x.Lo)>>63 {
			fits.Set(i)
			out[i] = int64(x.Lo)
		}
	}
	return vec.New(v.Type, types.KInt64, out, v.Valid), fits
}

// encode writes the ordered words of v.
func (f *codecField) encode(v *vec.Vector, out []uint64) {
	if f.kind != types.KView {
		encodeOrdered(v, out)
		return
	}
	switch v.Enc {
	case vec.Const:
		var one [1]uint64
		f.packStrings(v, one[:])
		for i := range out {
			out[i] = one[0]
		}
	case vec.Dict:
		if v.Dict.Len > 2*len(out) {
			f.packStrings(vec.Flatten(vec.Slice(v, 0, len(out))), out)
			return
		}
		words := make([]uint64, v.Dict.Len)
		f.packStrings(v.Dict, words)
		for i, c := range v.Codes()[:len(out)] {
			out[i] = words[c]
		}
	default:
		f.packStrings(v, out)
	}
}

// place turns ordered words into field values and returns the rows of sel that have one.
func (f *codecField) place(v *vec.Vector, words []uint64, sel []uint32) []uint32 {
	if v.Valid != nil || v.Enc == vec.Dict && v.Dict.Valid != nil {
		if !f.nullEqual {
			sel = dropNulls(v, sel)
		} else {
			return f.placeNulls(v, words, sel)
		}
	}
	span, base := f.max-f.min, f.base()
	out := sel[:0]
	if len(sel) == len(words) {
		k := 0
		sel = sel[:len(words)]
		for i, w := range words {
			w -= f.min
			words[i] = (w + base) << f.shift
			sel[k] = uint32(i)
			if w <= span {
				k++
			}
		}
		return sel[:k]
	}
	for _, i := range sel {
		w := words[i] - f.min
		words[i] = (w + base) << f.shift
		if w <= span {
			out = append(out, i)
		}
	}
	return out
}

func (f *codecField) placeNulls(v *vec.Vector, words []uint64, sel []uint32) []uint32 {
	span := f.max - f.min
	out := sel[:0]
	for _, i := range sel {
		w := words[i] - f.min
		switch {
		case v.IsNull(int(i)):
			words[i] = 0
		case w <= span:
			words[i] = (w + 1) << f.shift
		default:
			continue
		}
		out = append(out, i)
	}
	return out
}

// dropNulls returns the rows of sel that are not NULL in v, in sel's memory.
func dropNulls(v *vec.Vector, sel []uint32) []uint32 {
	switch {
	case v.Enc == vec.Const:
		if v.IsNull(0) {
			return sel[:0]
		}
		return sel
	case v.Enc == vec.Dict:
		if v.Valid != nil {
			sel = keepBits(v.Valid, sel)
		}
		if v.Dict.Valid == nil {
			return sel
		}
		codes, out := v.Codes(), sel[:0]
		for _, i := range sel {
			if v.Dict.Valid.Get(int(codes[i])) {
				out = append(out, i)
			}
		}
		return out
	case v.Valid == nil:
		return sel
	}
	return keepBits(v.Valid, sel)
}

// keepBits returns the rows of sel whose bit is set, in sel's memory.
func keepBits(b vec.Bitmap, sel []uint32) []uint32 {
	out := sel[:0]
	for _, i := range sel {
		if b[i>>6]>>(i&63)&1 != 0 {
			out = append(out, i)
		}
	}
	return out
}
