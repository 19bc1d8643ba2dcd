package exec

import (
	"bytes"
	"context"

	"gsql/exec/vec"
)

// stringLevel orders by the bytes of strings, eight at a time.
type stringLevel struct {
	views  []vec.View
	bufs   [][]byte
	prefix int // bytes that all strings have in common, which need not be looked at
	desc   bool
}

// addStrings appends a key of strings that are not NULL where it matters.
func (s *rowSorter) addStrings(v *vec.Vector, o keyOrder) {
	prefix, err := commonPrefix(s.ctx, v)
	if err != nil {
		s.err = err
		return
	}
	s.addLevel(&stringLevel{views: vec.Values[vec.View](v), bufs: v.Bufs, prefix: prefix, desc: o.desc})
}

func (l *stringLevel) refine(s *rowSorter, lo, hi, next int) { l.refineAt(s, lo, hi, next, l.prefix) }

// refineAt orders pairs that agree in the first at bytes.
func (l *stringLevel) refineAt(s *rowSorter, lo, hi, next, at int) {
	p := s.pairs
	s.pieces(hi-lo, func(from, to int) {
		for i := lo + from; i < lo+to; i++ {
			p[i].key = l.flip(viewChunk(&l.views[p[i].row], l.bufs, at))
		}
	})
	s.sortPairs(lo, hi)
	for i := lo; i < hi && s.err == nil; {
		j := i + 1
		for j < hi && p[j].key == p[i].key && (j&(pieceRows-1) != 0 || !s.stopped(pieceRows)) {
			j++
		}
		l.sameChunk(s, i, j, next, at)
		i = j
	}
}

// sameChunk orders pairs that agree in the first at+8 bytes, zeros standing for what is behind the end.
func (l *stringLevel) sameChunk(s *rowSorter, lo, hi, next, at int) {
	p := s.pairs
	if hi-lo == 1 {
		s.refine(lo, hi, next)
		return
	}
	same := true
	first := l.rest(p[lo].row, at)
	s.pieces(hi-lo, func(from, to int) {
		for i := lo + from; i < lo+to && same; i++ {
			same = l.rest(p[i].row, at) == first
		}
	})
	if !same { // bytes of value zero against the end of the string
		s.pieces(hi-lo, func(from, to int) {
			for i := lo + from; i < lo+to; i++ {
				p[i].key = l.flip(l.rest(p[i].row, at))
			}
		})
		s.sortPairs(lo, hi)
	}
	for i := lo; i < hi && s.err == nil; {
		j, rest := i+1, l.rest(p[i].row, at)
		for j < hi && (same || l.rest(p[j].row, at) == rest) && (j&(pieceRows-1) != 0 || !s.stopped(pieceRows)) {
			j++
		}
		if rest > 8 {
			l.refineAt(s, i, j, next, at+8)
		} else {
			s.refine(i, j, next)
		}
		i = j
	}
}

// rest returns how many bytes a string has from at on, at most 9.
func (l *stringLevel) rest(row uint32, at int) uint64 {
	return uint64(min(max(int(l.views[row].Len)-at, 0), 9))
}

func (l *stringLevel) flip(key uint64) uint64 {
	if l.desc {
		return ^key
	}
	return key
}

// commonPrefix returns how many first bytes all strings of a flat vector have in common.
func commonPrefix(ctx context.Context, v *vec.Vector) (int, error) {
	views := vec.Values[vec.View](v)
	var prefix []byte
	first := true
	err := pieces(ctx, len(views), func(from, to int) {
		for i := from; i < to && (first || len(prefix) > 0); i++ {
			if !v.Valid.Get(i) {
				continue
			}
			s := views[i].In(v.Bufs, &views[i])
			if first {
				prefix, first = s, false
				continue
			}
			if bytes.HasPrefix(s, prefix) {
				continue
			}
			k := 0
			for k < len(prefix) && k < len(s) && prefix[k] == s[k] {
				k++
			}
			prefix = prefix[:k]
		}
	})
	return len(prefix), err
}
