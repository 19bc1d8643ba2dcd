package exec

import (
	"context"
	"math/bits"
	"sync"

	"gsql/exec/types"
	"gsql/exec/vec"
)

const (
	// maxFilterRows is the number of build rows from which on a filter has only the range of the keys.
	maxFilterRows = 4 << 20
	// maxFilterBits bounds the exact filter, one bit per possible key.
	maxFilterBits = 1 << 26
	// maxFilterKeys is the number of build rows up to which a filter has the keys themselves.
	maxFilterKeys = 100
)

// newKeyFilter makes the filter of a build side's key, a flat vector of n rows.
func newKeyFilter(ctx context.Context, key *vec.Vector, n int) (*KeyFilter, error) {
	lo, hi := extremes(ctx, key, n)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if lo < 0 {
		return &KeyFilter{Empty: true}, nil
	}
	f := &KeyFilter{Min: constRow(key, lo, 1), Max: constRow(key, hi, 1)}
	if n > maxFilterRows {
		return f, nil
	}
	if n <= maxFilterKeys {
		f.Keys = vec.Flatten(vec.Gather(key, dropNulls(key, allRows(n))))
	}
	if exactWord(key.Kind) {
		if set := newBitSet(key, n); set != nil {
			f.Contains = set.contains
			return f, nil
		}
	}
	f.Contains = newBloom(key, n).contains
	return f, nil
}

func allRows(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}

// keyFilterBytes returns how much the filter of a key of n rows keeps at most.
func keyFilterBytes(n int) int64 {
	if n > maxFilterRows {
		return 0
	}
	return 8*int64(n) + 8<<10
}

// extremes returns the rows of the least and the greatest value, -1 when all are NULL. It stops when ctx is done.
func extremes(ctx context.Context, v *vec.Vector, n int) (lo, hi int) {
	lo, hi = -1, -1
	if exactWord(v.Kind) {
		words := vec.Make[uint64](n)
		encodeOrdered(v, words)
		for i, w := range words {
			switch {
			case !v.Valid.Get(i):
			case lo < 0:
				lo, hi = i, i
			case w < words[lo]:
				lo = i
			case w > words[hi]:
				hi = i
			}
		}
		return lo, hi
	}
	for i := range n {
		if i&(1<<16-1) == 0 && ctx.Err() != nil {
			break
		}
		switch {
		case !v.Valid.Get(i):
		case lo < 0:
			lo, hi = i, i
		case vec.CompareRows(v, i, v, lo) < 0:
			lo = i
		case vec.CompareRows(v, i, v, hi) > 0:
			hi = i
		}
	}
	return lo, hi
}

// constRow returns n rows of the value in row i of v.
func constRow(v *vec.Vector, i, n int) *vec.Vector {
	if v.Enc == vec.Const {
		return v.WithLen(n)
	}
	if v.IsNull(i) {
		return vec.NewNull(v.Type, n)
	}
	if v.Enc == vec.Dict {
		i, v = int(v.Codes()[i]), v.Dict.WithType(v.Type)
	}
	w := *v
	width := v.Kind.Width()
	w.Enc, w.Len, w.Valid = vec.Const, n, nil
	w.Data = v.Data[i*width : (i+1)*width : (i+1)*width]
	return &w
}

// bitSet has one bit for every possible key between the least and the greatest.
type bitSet struct {
	kind      types.Kind
	min, span uint64
	bits      []uint64
}

func newBitSet(key *vec.Vector, n int) *bitSet {
	words := vec.Make[uint64](n)
	encodeOrdered(key, words)
	r := newWordRange()
	r.add(words, key.Valid, 0)
	lo, hi := r.lo, r.hi
	if hi-lo >= maxFilterBits || hi-lo > uint64(64*n)+1<<16 {
		return nil
	}
	s := &bitSet{kind: key.Kind, min: lo, span: hi - lo, bits: make([]uint64, (hi-lo)>>6+1)}
	for i, w := range words {
		if key.Valid.Get(i) {
			w -= lo
			s.bits[w>>6] |= 1 << (w & 63)
		}
	}
	return s
}

func (s *bitSet) contains(v *vec.Vector, sel, dst []uint32) []uint32 {
	if v.Kind != s.kind { // a numeric in 128 bits
		return appendNotNull(v, sel, dst)
	}
	return filterWords(v, sel, dst, func(v *vec.Vector, words []uint64) { encodeOrdered(v, words) }, s.test)
}

// test keeps of sel, in its memory, the rows whose words are in the set.
func (s *bitSet) test(words []uint64, sel []uint32) []uint32 {
	k := 0
	for _, i := range sel {
		w := words[i] - s.min
		sel[k] = i
		if w <= s.span {
			k += int(s.bits[w>>6] >> (w & 63) & 1)
		}
	}
	return sel[:k]
}

// bloom is a Bloom filter in which all four bits of a key lie in one word.
type bloom struct {
	words []uint64
	shift uint8
}

func newBloom(key *vec.Vector, n int) *bloom {
	logWords := max(bits.Len(uint(n/4)), 4)
	b := &bloom{words: make([]uint64, 1<<logWords), shift: uint8(64 - logWords)}
	hashes := vec.Make[uint64](n)
	vec.Hash(key, hashes, false)
	for i, h := range hashes {
		if key.Valid.Get(i) {
			b.words[h>>(b.shift&63)] |= bloomMask(h)
		}
	}
	return b
}

// bloomMask returns the bits of a hash, chosen by its low 24 bits.
func bloomMask(h uint64) uint64 {
	return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63)
}

func (b *bloom) contains(v *vec.Vector, sel, dst []uint32) []uint32 {
	return filterWords(v, sel, dst, func(v *vec.Vector, words []uint64) { vec.Hash(v, words, false) }, b.test)
}

func (b *bloom) test(hashes []uint64, sel []uint32) []uint32 {
	k := 0
	for _, i := range sel {
		h := hashes[i]
		m := bloomMask(h)
		sel[k] = i
		if b.words[h>>(b.shift&63)]&m == m {
			k++
		}
	}
	return sel[:k]
}

// wordScratch keeps memory for the words of a batch; filters are asked by many goroutines.
var wordScratch = sync.Pool{New: func() any { return new([]uint64) }}

// filterWords appends to dst the rows of sel (nil: all) that are not NULL and pass test, which gets the words
// that encode makes. Of a dictionary vector only the dictionary is tested where that is less.
func filterWords(v *vec.Vector, sel, dst []uint32, encode func(*vec.Vector, []uint64), test func([]uint64, []uint32) []uint32) []uint32 {
	from := len(dst)
	dst = appendNotNull(v, sel, dst)
	if len(dst) == from {
		return dst
	}
	scratch := wordScratch.Get().(*[]uint64)
	defer wordScratch.Put(scratch)
	grow := func(n int) []uint64 {
		if cap(*scratch) < n {
			*scratch = make([]uint64, n)
		}
		return (*scratch)[:n]
	}
	switch {
	case v.Enc == vec.Const:
		words := grow(1)
		encode(v.WithLen(1), words)
		if len(test(words, []uint32{0})) == 0 {
			return dst[:from]
		}
		return dst
	case v.Enc == vec.Dict && v.Dict.Len <= len(dst)-from:
		words := grow(v.Dict.Len)
		encode(v.Dict, words)
		all := make([]uint32, v.Dict.Len)
		for i := range all {
			all[i] = uint32(i)
		}
		pass := make([]bool, v.Dict.Len)
		for _, i := range test(words, all) {
			pass[i] = true
		}
		codes, k := v.Codes(), from
		for _, i := range dst[from:] {
			dst[k] = i
			if pass[codes[i]] {
				k++
			}
		}
		return dst[:k]
	case 4*(len(dst)-from) < v.Len: // few rows of many
		rows := dst[from:]
		few := vec.Gather(v, rows)
		words := grow(len(rows))
		encode(few, words)
		at := make([]uint32, len(rows))
		for i := range at {
			at[i] = uint32(i)
		}
		at = test(words, at)
		for k, i := range at {
			rows[k] = rows[i]
		}
		return dst[:from+len(at)]
	}
	words := grow(v.Len)
	encode(v, words)
	return dst[:from+len(test(words, dst[from:]))]
}

// appendNotNull appends to dst the rows of sel (nil: all) that are not NULL.
func appendNotNull(v *vec.Vector, sel, dst []uint32) []uint32 {
	from := len(dst)
	if sel != nil {
		dst = append(dst, sel...)
	} else {
		for i := range v.Len {
			dst = append(dst, uint32(i))
		}
	}
	return dst[:from+len(dropNulls(v, dst[from:]))]
}
