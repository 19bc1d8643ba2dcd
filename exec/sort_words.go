package exec

import (
	"context"
	"math"
	"math/bits"

	"gsql/exec/vec"
)

// wordLevel orders by one word per row.
type wordLevel struct {
	words []uint64
	used  int // bits
}

func (l *wordLevel) refine(s *rowSorter, lo, hi, next int) {
	p := s.pairs[lo:hi]
	for i := range p {
		p[i].key = l.words[p[i].row]
	}
	s.sortPairs(lo, hi)
	s.runs(lo, hi, next)
}

// addWords appends a key whose values are ordered as words, which it may overwrite. Only as many bits as the
// range of the words needs are kept, so that several keys fit into one level.
func (s *rowSorter) addWords(words []uint64, valid vec.Bitmap, o keyOrder) {
	lo, hi, nulls := wordRange(words, valid)
	if lo > hi { // all NULL
		return
	}
	span := hi - lo
	if nulls && span == math.MaxUint64 {
		s.addNulls(valid, o)
		nulls = false
	}
	for i, w := range words {
		if o.desc {
			words[i] = hi - w
		} else {
			words[i] = w - lo
		}
	}
	if nulls {
		null := span + 1
		if o.nullsFirst {
			null = 0
			for i := range words {
				words[i]++
			}
		}
		for i := range words {
			if !valid.Get(i) {
				words[i] = null
			}
		}
		span++
	} else if valid != nil {
		for i := range words {
			if !valid.Get(i) {
				words[i] = 0
			}
		}
	}
	s.addField(words, bits.Len64(span))
}

func wordRange(words []uint64, valid vec.Bitmap) (lo, hi uint64, nulls bool) {
	lo = math.MaxUint64
	for i, w := range words {
		if !valid.Get(i) {
			nulls = true
			continue
		}
		lo, hi = min(lo, w), max(hi, w)
	}
	return lo, hi, nulls
}

// addField appends width bits to the order, to the last level if they have room there.
func (s *rowSorter) addField(words []uint64, width int) {
	if width == 0 {
		return
	}
	if l := s.word; l != nil && l.used+width <= 64 {
		for i, w := range words {
			l.words[i] = l.words[i]<<width | w
		}
		l.used += width
		return
	}
	l := &wordLevel{words: words, used: width}
	s.addLevel(l)
	s.word = l
}

// addNulls appends whether a value is NULL as a key of its own.
func (s *rowSorter) addNulls(valid vec.Bitmap, o keyOrder) {
	if valid == nil || valid.Count(s.rows) == s.rows {
		return
	}
	words := make([]uint64, s.rows)
	for i := range words {
		if valid.Get(i) == o.nullsFirst {
			words[i] = 1
		}
	}
	s.addField(words, 1)
}

// addInt128 appends 128-bit integers: as one word when their range allows it, else as two.
func (s *rowSorter) addInt128(values []vec.Int128, valid vec.Bitmap, o keyOrder) {
	var lo, hi vec.Int128
	first := true
	for i, x := range values {
		if !valid.Get(i) {
			continue
		}
		if first || vec.Compare128(x, lo) < 0 {
			lo = x
		}
		if first || vec.Compare128(x, hi) > 0 {
			hi = x
		}
		first = false
	}
	low := make([]uint64, len(values))
	if _, borrow := bits.Sub64(hi.Lo, lo.Lo, 0); uint64(hi.Hi)-uint64(lo.Hi)-borrow == 0 {
		for i, x := range values {
			low[i] = x.Lo - lo.Lo
		}
		s.addWords(low, valid, o)
		return
	}
	high := make([]uint64, len(values))
	for i, x := range values {
		high[i], low[i] = uint64(x.Hi)^signBit, x.Lo
	}
	s.addWords(high, valid, o)
	s.addWords(low, valid, o)
}

// addNums appends numerics of dynamic scale: as integers of the largest scale among them when all fit, else
// as comparisons.
func (s *rowSorter) addNums(v *vec.Vector, o keyOrder) {
	values := vec.Values[vec.Num](v)
	scale, special := int32(math.MinInt32), false
	for i, x := range values {
		if v.Valid.Get(i) {
			scale = max(scale, x.Scale)
			special = special || x.Special != vec.NumFinite
		}
	}
	if ints, ok := rescaleAll(values, v.Valid, scale); ok && !special {
		s.addInt128(ints, v.Valid, o)
		return
	}
	s.addNulls(v.Valid, o)
	s.addLevel(&compareLevel{v: v, order: o})
}

// rescaleAll returns the numerics as integers in units of 10^-scale; false when one does not fit.
func rescaleAll(values []vec.Num, valid vec.Bitmap, scale int32) ([]vec.Int128, bool) {
	out := make([]vec.Int128, len(values))
	for i, x := range values {
		if !valid.Get(i) {
			continue
		}
		y, ok := vec.Rescale128(x.Coef, int(x.Scale), int(scale))
		if !ok {
			return nil, false
		}
		out[i] = y
	}
	return out, true
}

// addDict appends a key by the ranks of its dictionary's values, which is far smaller than the column.
func (s *rowSorter) addDict(v *vec.Vector, o keyOrder) {
	ranks := dictRanks(v.Dict)
	words := make([]uint64, s.rows)
	for i, c := range v.Codes() {
		words[i] = ranks[c]
	}
	valid := v.Valid
	if v.Dict.Valid != nil {
		valid = vec.NewBitmap(s.rows)
		for i, c := range v.Codes() {
			if v.Valid.Get(i) && v.Dict.Valid.Get(int(c)) {
				valid.Set(i)
			}
		}
	}
	s.addWords(words, valid, o)
}

// dictRanks numbers the distinct values of a dictionary in their order.
func dictRanks(dict *vec.Vector) []uint64 {
	s := newRowSorter(dict.Len)
	s.addKey(dict, keyOrder{})
	m := s.mark()
	perm, _ := s.sort(context.Background()) // fails only when cancelled
	ranks := make([]uint64, dict.Len)
	rank := uint64(0)
	for i, r := range perm {
		if i > 0 && s.runStarts(m).Get(i) {
			rank++
		}
		ranks[r] = rank
	}
	return ranks
}
