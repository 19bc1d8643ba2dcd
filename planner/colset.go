package planner

import (
	"math/bits"

	"gsql/exec/expr"
)

// ColSet is a set of column IDs as a bitmap, so that it is walked in the order of the IDs and plans do not
// depend on the order of a map. The zero value is empty.
type ColSet struct{ words []uint64 }

func colSet(ids ...expr.ColID) ColSet {
	var s ColSet
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Add puts id into s.
func (s *ColSet) Add(id expr.ColID) {
	w := int(id) >> 6
	for len(s.words) <= w {
		s.words = append(s.words, 0)
	}
	s.words[w] |= 1 << (uint(id) & 63)
}

// AddAll puts all of t into s.
func (s *ColSet) AddAll(t ColSet) {
	for len(s.words) < len(t.words) {
		s.words = append(s.words, 0)
	}
	for i, w := range t.words {
		s.words[i] |= w
	}
}

// Has reports whether id is in s.
func (s ColSet) Has(id expr.ColID) bool {
	w := int(id) >> 6
	return w < len(s.words) && s.words[w]>>(uint(id)&63)&1 != 0
}

// Empty reports whether s has no columns.
func (s ColSet) Empty() bool {
	for _, w := range s.words {
		if w != 0 {
			return false
		}
	}
	return true
}

// Union returns the columns in s or t.
func (s ColSet) Union(t ColSet) ColSet {
	var u ColSet
	u.AddAll(s)
	u.AddAll(t)
	return u
}

// Minus returns the columns of s that are not in t.
func (s ColSet) Minus(t ColSet) ColSet {
	u := ColSet{append([]uint64(nil), s.words...)}
	for i := range u.words {
		if i < len(t.words) {
			u.words[i] &^= t.words[i]
		}
	}
	return u
}

// And returns the columns in both.
func (s ColSet) And(t ColSet) ColSet { return s.Minus(s.Minus(t)) }

// Intersects reports whether s and t have a column in common.
func (s ColSet) Intersects(t ColSet) bool {
	for i := range s.words {
		if i < len(t.words) && s.words[i]&t.words[i] != 0 {
			return true
		}
	}
	return false
}

// In reports whether all of s is in t.
func (s ColSet) In(t ColSet) bool { return s.Minus(t).Empty() }

// List returns the columns, increasing.
func (s ColSet) List() []expr.ColID {
	var ids []expr.ColID
	for i, w := range s.words {
		for ; w != 0; w &= w - 1 {
			ids = append(ids, expr.ColID(i<<6+bits.TrailingZeros64(w)))
		}
	}
	return ids
}

// Len returns the number of columns.
func (s ColSet) Len() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}
