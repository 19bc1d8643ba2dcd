package exec

import (
	"context"
	"math/bits"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// rowSorter sorts the rows of columns that are in memory as a whole. The keys become levels: words that
// several keys of small range share, chunks of strings, or, for kinds without ordered words, comparisons.
// Rows are sorted by the first level, runs of equal rows by the next, and so on; what is equal in all levels
// stays in the order of its row numbers, so the sort is stable.
type rowSorter struct {
	rows   int
	levels []sortLevel
	word   *wordLevel // the level that takes further fields, nil when there is none

	pairs, tmp []sortPair
	ctx        context.Context
	work       int // rows handled since ctx was asked
	err        error

	// When marking, starts[k] gets a bit for the first row of each run of rows equal in levels before marks[k].
	marks  []int
	starts []vec.Bitmap
}

// sortPair is a row and the word it is sorted by at the moment.
type sortPair struct {
	key uint64
	row uint32
}

// sortLevel is one step of the order. refine orders pairs lo..hi-1, which the levels before found equal and
// which are in the order of their rows, and hands every run of equal pairs to rowSorter.refine(.., next).
type sortLevel interface {
	refine(s *rowSorter, lo, hi, next int)
}

// newRowSorter returns a sorter of n rows by keys, one vector of n rows each.
func newRowSorter(ctx context.Context, n int) *rowSorter { return &rowSorter{ctx: ctx, rows: n} }

// addKey appends a sort key.
func (s *rowSorter) addKey(v *vec.Vector, o keyOrder) {
	if s.rows == 0 || v.Enc == vec.Const || s.stopped(0) {
		return
	}
	v = vec.ByteOrder(v)
	if v.Enc == vec.Dict {
		if v.Dict.Len > s.rows {
			v = vec.Flatten(v)
		} else {
			s.addDict(v, o)
			return
		}
	}
	switch {
	case exactWord(v.Kind):
		words := make([]uint64, s.rows)
		s.pieces(s.rows, func(from, to int) { encodeOrdered(vec.Slice(v, from, to), words[from:to]) })
		s.addWords(words, v.Valid, o)
	case v.Kind == types.KInt128:
		s.addInt128(vec.Values[vec.Int128](v), v.Valid, o)
	case v.Kind == types.KNum:
		s.addNums(v, o)
	case v.Kind == types.KView:
		s.addNulls(v.Valid, o)
		s.addStrings(v, o)
	default:
		s.addNulls(v.Valid, o)
		s.addLevel(&compareLevel{v: v, order: o})
	}
}

// mark ends a group of keys: run starts of rows equal in all keys so far are gathered under the returned
// number, see runStarts.
func (s *rowSorter) mark() int {
	s.word = nil
	s.marks = append(s.marks, len(s.levels))
	s.starts = append(s.starts, vec.NewBitmap(s.rows))
	return len(s.marks) - 1
}

// runStarts returns, after sort, the positions at which runs of a mark begin.
func (s *rowSorter) runStarts(mark int) vec.Bitmap { return s.starts[mark] }

func (s *rowSorter) addLevel(l sortLevel) {
	s.levels = append(s.levels, l)
	s.word = nil
}

// bytes returns the memory that sort will hold besides the columns.
func (s *rowSorter) bytes() int64 {
	n := int64(s.rows) * (2*16 + 4)
	for _, l := range s.levels {
		if w, ok := l.(*wordLevel); ok {
			n += int64(len(w.words)) * 8
		}
	}
	return n
}

// sort returns the numbers of the rows in order. It fails only when the context is cancelled, be it while keys
// were added.
func (s *rowSorter) sort() ([]uint32, error) {
	s.pairs = make([]sortPair, s.rows)
	s.tmp = make([]sortPair, s.rows)
	s.pieces(s.rows, func(from, to int) {
		for i := from; i < to; i++ {
			s.pairs[i].row = uint32(i)
		}
	})
	if s.rows > 0 && s.err == nil {
		s.refine(0, s.rows, 0)
	}
	perm := make([]uint32, s.rows)
	s.pieces(s.rows, func(from, to int) {
		for i := from; i < to; i++ {
			perm[i] = s.pairs[i].row
		}
	})
	s.pairs, s.tmp = nil, nil
	if s.err != nil {
		return nil, s.err
	}
	return perm, nil
}

// refine orders pairs lo..hi-1 by the levels from the given one on.
func (s *rowSorter) refine(lo, hi, level int) {
	for k := len(s.marks) - 1; k >= 0 && s.marks[k] >= level; k-- {
		if s.marks[k] == level || hi-lo == 1 {
			s.starts[k].Set(lo)
		}
	}
	if s.stopped(hi-lo) || hi-lo == 1 || level == len(s.levels) {
		return
	}
	s.levels[level].refine(s, lo, hi, level+1)
}

// stopped counts work and reports whether the sort is to end early, asking ctx now and then.
func (s *rowSorter) stopped(rows int) bool {
	if s.work += rows; s.work >= pieceRows {
		s.work = 0
		if s.err == nil && s.ctx.Err() != nil {
			s.err = context.Cause(s.ctx)
		}
	}
	return s.err != nil
}

// pieces calls f for the pieces from..to-1 of n rows, unless the sort is to end early.
func (s *rowSorter) pieces(n int, f func(from, to int)) {
	for from := 0; from < n; from += pieceRows {
		to := min(from+pieceRows, n)
		if s.stopped(to - from) {
			return
		}
		f(from, to)
	}
}

// runs hands every run of equal words in the sorted pairs lo..hi-1 to refine.
func (s *rowSorter) runs(lo, hi, next int) {
	if next == len(s.levels) && len(s.marks) == 0 {
		return
	}
	for i := lo; i < hi && s.err == nil; {
		j := i + 1
		for j < hi && s.pairs[j].key == s.pairs[i].key && (j&(pieceRows-1) != 0 || !s.stopped(pieceRows)) {
			j++
		}
		s.refine(i, j, next)
		i = j
	}
}

// sortPairs sorts pairs lo..hi-1, which are in the order of rows, by (key, row).
func (s *rowSorter) sortPairs(lo, hi int) {
	if hi-lo <= 256 {
		mergeSort(s.pairs[lo:hi], s.tmp[lo:hi])
	} else {
		s.radixSort(lo, hi)
	}
}

// radixSort deals the pairs out by the eight highest bits in which their keys differ, and sorts each deal.
func (s *rowSorter) radixSort(lo, hi int) {
	p, tmp := s.pairs[lo:hi], s.tmp[lo:hi]
	var differ uint64
	s.pieces(len(p), func(from, to int) { differ |= differing(p[from:to], p[0].key) })
	if differ == 0 {
		return
	}
	shift := max(bits.Len64(differ)-8, 0)
	var at [256]int
	s.pieces(len(p), func(from, to int) { countDigits(p[from:to], shift, &at) })
	sum := 0
	for i, n := range at {
		at[i] = sum
		sum += n
	}
	s.pieces(len(p), func(from, to int) { dealDigits(p[from:to], tmp, shift, &at) })
	s.pieces(len(p), func(from, to int) { copy(p[from:to], tmp[from:to]) })
	if shift == 0 || s.err != nil {
		return
	}
	from := 0
	for _, to := range at {
		if to-from > 1 {
			s.sortPairs(lo+from, lo+to)
		}
		from = to
	}
}

// differing returns the bits in which keys differ from first.
func differing(p []sortPair, first uint64) (differ uint64) {
	for i := range p {
		differ |= p[i].key ^ first
	}
	return differ
}

// countDigits counts the values that the eight bits from shift on have.
func countDigits(p []sortPair, shift int, count *[256]int) {
	for i := range p {
		count[uint8(p[i].key>>shift)]++
	}
}

// dealDigits puts each pair to the place in dst where its digit's pairs go next.
func dealDigits(p, dst []sortPair, shift int, at *[256]int) {
	for i := range p {
		d := uint8(p[i].key >> shift)
		dst[at[d]] = p[i]
		at[d]++
	}
}

// mergeSort sorts pairs by key, keeping the order of equal ones.
func mergeSort(p, tmp []sortPair) {
	if len(p) <= 16 {
		for i := 1; i < len(p); i++ {
			x := p[i]
			j := i
			for j > 0 && p[j-1].key > x.key {
				p[j] = p[j-1]
				j--
			}
			p[j] = x
		}
		return
	}
	m := len(p) / 2
	mergeSort(p[:m], tmp[:m])
	mergeSort(p[m:], tmp[m:])
	if p[m-1].key <= p[m].key {
		return
	}
	left := tmp[:copy(tmp, p[:m])]
	i, j, k := 0, m, 0
	for i < len(left) && j < len(p) {
		if left[i].key <= p[j].key {
			p[k] = left[i]
			i++
		} else {
			p[k] = p[j]
			j++
		}
		k++
	}
	copy(p[k:], left[i:])
}

// compareLevel orders by comparing values, for kinds that have no ordered words.
type compareLevel struct {
	v     *vec.Vector
	order keyOrder
}

func (l *compareLevel) refine(s *rowSorter, lo, hi, next int) {
	p := s.pairs[lo:hi]
	l.mergeSort(s, p, s.tmp[lo:hi])
	key := uint64(0)
	s.pieces(len(p), func(from, to int) { // number the distinct values
		for i := from; i < to; i++ {
			if i > 0 && l.order.compare(l.v, int(p[i-1].row), l.v, int(p[i].row)) != 0 {
				key++
			}
			p[i].key = key
		}
	})
	s.runs(lo, hi, next)
}

// mergeSort sorts pairs by value, keeping the order of equal ones.
func (l *compareLevel) mergeSort(s *rowSorter, p, tmp []sortPair) {
	after := func(a, b sortPair) bool { return l.order.compare(l.v, int(a.row), l.v, int(b.row)) > 0 }
	if len(p) <= 16 {
		for i := 1; i < len(p); i++ {
			x := p[i]
			j := i
			for j > 0 && after(p[j-1], x) {
				p[j] = p[j-1]
				j--
			}
			p[j] = x
		}
		return
	}
	m := len(p) / 2
	l.mergeSort(s, p[:m], tmp[:m])
	l.mergeSort(s, p[m:], tmp[m:])
	if s.err != nil || !after(p[m-1], p[m]) {
		return
	}
	left := tmp[:copy(tmp, p[:m])]
	i, j, k := 0, m, 0
	for i < len(left) && j < len(p) && !s.stopped(8) { // a comparison takes as long as other work for some rows
		if after(left[i], p[j]) {
			p[k] = p[j]
			j++
		} else {
			p[k] = left[i]
			i++
		}
		k++
	}
	copy(p[k:], left[i:])
}
