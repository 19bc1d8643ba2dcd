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
	s.pieces(len(p), func(from, to int) {
		for i := from; i < to; i++ {
			p[i].key = l.words[p[i].row]
		}
	})
	s.sortPairs(lo, hi)
	s.runs(lo, hi, next)
}

// addWords appends a key whose values are ordered as words, which it may overwrite. Only as many bits as the
// range of the words needs are kept, so that several keys fit into one level.
func (s *rowSorter) addWords(words []uint64, valid vec.Bitmap, o keyOrder) {
	r := newWordRange()
	s.pieces(len(words), func(from, to int) { r.add(words[from:to], valid, from) })
	if r.lo > r.hi { // all NULL
		return
	}
	span, null := r.hi-r.lo, uint64(0)
	if r.nulls && span == math.MaxUint64 {
		s.addNulls(valid, o)
		r.nulls = false
	}
	first := uint64(0) // of the values that are not NULL
	switch {
	case !r.nulls:
	case o.nullsFirst:
		first = 1
		span++
	default:
		span++
		null = span
	}
	s.pieces(len(words), func(from, to int) { r.place(words[from:to], valid, from, o.desc, first, null) })
	s.addField(words, bits.Len64(span))
}

// wordRange is the range of the words of values that are not NULL, and whether there are NULLs.
type wordRange struct {
	lo, hi uint64
	nulls  bool
}

func newWordRange() wordRange { return wordRange{lo: math.MaxUint64} }

// add takes in words, whose rows in valid begin at from.
func (r *wordRange) add(words []uint64, valid vec.Bitmap, from int) {
	lo, hi := r.lo, r.hi
	if valid == nil {
		for _, w := range words {
			lo, hi = min(lo, w), max(hi, w)
		}
		r.lo, r.hi = lo, hi
		return
	}
	for i, w := range words {
		if !valid.Get(from + i) {
			r.nulls = true
			continue
		}
		lo, hi = min(lo, w), max(hi, w)
	}
	r.lo, r.hi = lo, hi
}

// place makes words how far they lie from the first in the order, counted from first, and null for NULLs.
func (r *wordRange) place(words []uint64, valid vec.Bitmap, from int, desc bool, first, null uint64) {
	lo, hi := r.lo-first, r.hi+first
	if desc {
		for i, w := range words {
			words[i] = hi - w
		}
	} else {
		for i, w := range words {
			words[i] = w - lo
		}
	}
	if valid == nil {
		return
	}
	for i := range words {
		if !valid.Get(from + i) {
			words[i] = null
		}
	}
}

// addField appends width bits to the order, to the last level if they have room there.
func (s *rowSorter) addField(words []uint64, width int) {
	if width == 0 {
		return
	}
	if l := s.word; l != nil && l.used+width <= 64 {
		s.pieces(len(words), func(from, to int) {
			for i := from; i < to; i++ {
				l.words[i] = l.words[i]<<width | words[i]
			}
		})
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
	s.pieces(len(words), func(from, to int) {
		for i := from; i < to; i++ {
			if valid.Get(i) == o.nullsFirst {
				words[i] = 1
			}
		}
	})
	s.addField(words, 1)
}

// addInt128 appends 128-bit integers: as one word when their range allows it, else as two.
func (s *rowSorter) addInt128(values []vec.Int128, valid vec.Bitmap, o keyOrder) {
	var lo, hi vec.Int128
	first := true
	s.pieces(len(values), func(from, to int) {
		for i := from; i < to; i++ {
			if !valid.Get(i) {
				continue
			}
			if first || vec.Compare128(values[i], lo) < 0 {
				lo = values[i]
			}
			if first || vec.Compare128(values[i], hi) > 0 {
				hi = values[i]
			}
			first = false
		}
	})
	low := make([]uint64, len(values))
	if _, borrow := bits.Sub64(hi.Lo, lo.Lo, 0); uint64(hi.Hi)-uint64(lo.Hi)-borrow == 0 {
		s.pieces(len(values), func(from, to int) {
			for i := from; i < to; i++ {
				low[i] = values[i].Lo - lo.Lo
			}
		})
		s.addWords(low, valid, o)
		return
	}
	high := make([]uint64, len(values))
	s.pieces(len(values), func(from, to int) {
		for i := from; i < to; i++ {
			high[i], low[i] = uint64(values[i].Hi)^signBit, values[i].Lo
		}
	})
	s.addWords(high, valid, o)
	s.addWords(low, valid, o)
}

// addNums appends numerics of dynamic scale: as integers of the largest scale among them when all fit, else
// as comparisons.
func (s *rowSorter) addNums(v *vec.Vector, o keyOrder) {
	values := vec.Values[vec.Num](v)
	scale, special := int32(math.MinInt32), false
	s.pieces(len(values), func(from, to int) {
		for i := from; i < to; i++ {
			if v.Valid.Get(i) {
				scale = max(scale, values[i].Scale)
				special = special || values[i].Special != vec.NumFinite
			}
		}
	})
	if ints, ok := s.rescaleAll(values, v.Valid, scale); ok && !special {
		s.addInt128(ints, v.Valid, o)
		return
	}
	s.addNulls(v.Valid, o)
	s.addLevel(&compareLevel{v: v, order: o})
}

// rescaleAll returns the numerics as integers in units of 10^-scale; false when one does not fit.
func (s *rowSorter) rescaleAll(values []vec.Num, valid vec.Bitmap, scale int32) ([]vec.Int128, bool) {
	out := make([]vec.Int128, len(values))
	fit := true
	s.pieces(len(values), func(from, to int) {
		for i := from; i < to && fit; i++ {
			if valid.Get(i) {
				out[i], fit = vec.Rescale128(values[i].Coef, int(values[i].Scale), int(scale))
			}
		}
	})
	return out, fit
}

// addDict appends a key by the ranks of its dictionary's values, which is far smaller than the column.
func (s *rowSorter) addDict(v *vec.Vector, o keyOrder) {
	ranks, err := dictRanks(s.ctx, v.Dict)
	if err != nil {
		s.err = err
		return
	}
	words, codes := make([]uint64, s.rows), v.Codes()
	s.pieces(s.rows, func(from, to int) {
		for i := from; i < to; i++ {
			words[i] = ranks[codes[i]]
		}
	})
	valid := v.Valid
	if v.Dict.Valid != nil {
		valid = vec.NewBitmap(s.rows)
		s.pieces(s.rows, func(from, to int) {
			for i := from; i < to; i++ {
				if v.Valid.Get(i) && v.Dict.Valid.Get(int(codes[i])) {
					valid.Set(i)
				}
			}
		})
	}
	s.addWords(words, valid, o)
}

// dictRanks numbers the distinct values of a dictionary in their order.
func dictRanks(ctx context.Context, dict *vec.Vector) ([]uint64, error) {
	s := newRowSorter(ctx, dict.Len)
	s.addKey(dict, keyOrder{})
	m := s.mark()
	perm, err := s.sort()
	if err != nil {
		return nil, err
	}
	ranks := make([]uint64, dict.Len)
	rank := uint64(0)
	for i, r := range perm {
		if i > 0 && s.runStarts(m).Get(i) {
			rank++
		}
		ranks[r] = rank
	}
	return ranks, nil
}
