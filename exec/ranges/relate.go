package ranges

import "slices"

// This file has the relations of ranges and multiranges. Of those that ask for the place of a range, none holds for an empty
// one.

// Contains reports whether a place is in r.
func (r *Range) Contains(at *Bound) bool {
	return !r.Empty && Compare(&r.Lower, at) <= 0 && Compare(at, &r.Upper) <= 0
}

// ContainsRange reports whether all of s is in r.
func (r *Range) ContainsRange(s *Range) bool {
	switch {
	case s.Empty:
		return true
	case r.Empty:
		return false
	}
	return Compare(&r.Lower, &s.Lower) <= 0 && Compare(&s.Upper, &r.Upper) <= 0
}

// Overlaps reports whether something is in both r and s.
func (r *Range) Overlaps(s *Range) bool {
	return !r.Empty && !s.Empty && Compare(&r.Lower, &s.Upper) <= 0 && Compare(&s.Lower, &r.Upper) <= 0
}

// Before reports whether r ends before s begins.
func (r *Range) Before(s *Range) bool { return !r.Empty && !s.Empty && Compare(&r.Upper, &s.Lower) < 0 }

// NotRight reports whether r does not end behind s.
func (r *Range) NotRight(s *Range) bool {
	return !r.Empty && !s.Empty && Compare(&r.Upper, &s.Upper) <= 0
}

// NotLeft reports whether r does not begin before s.
func (r *Range) NotLeft(s *Range) bool {
	return !r.Empty && !s.Empty && Compare(&r.Lower, &s.Lower) >= 0
}

// Adjacent reports whether one of r and s begins where the other ends.
func (r *Range) Adjacent(s *Range) bool {
	return !r.Empty && !s.Empty && (meet(&r.Upper, &s.Lower) || meet(&s.Upper, &r.Lower))
}

// meet reports whether nothing lies between an upper and a lower bound, and no value is in both of their ranges.
func meet(upper, lower *Bound) bool {
	return !upper.Infinite() && !lower.Infinite() && string(upper.Value) == string(lower.Value) && upper.off-lower.off == -1
}

// find makes r the first range that does not end before a place; ok is false if there is none.
func (m *Multi) find(at *Bound, r *Range) (ok bool) {
	first, end := 0, m.n
	for first < end {
		mid := int(uint(first+end) / 2)
		m.set(r, mid)
		if Compare(&r.Upper, at) < 0 {
			first = mid + 1
		} else {
			end = mid
		}
	}
	if first == m.n {
		return false
	}
	m.set(r, first)
	return true
}

// Contains reports whether a place is in m.
func (m *Multi) Contains(at *Bound) bool {
	var r Range
	return m.find(at, &r) && r.Contains(at)
}

// ContainsRange reports whether all of s is in m.
func (m *Multi) ContainsRange(s *Range) bool {
	var r Range
	return s.Empty || m.find(&s.Lower, &r) && r.ContainsRange(s)
}

// ContainsMulti reports whether all of o is in m.
func (m *Multi) ContainsMulti(o *Multi) bool {
	for i := range o.n {
		if s := o.At(i); !m.ContainsRange(&s) {
			return false
		}
	}
	return true
}

// Overlaps reports whether something is in both m and s.
func (m *Multi) Overlaps(s *Range) bool {
	var r Range
	return !s.Empty && m.find(&s.Lower, &r) && r.Overlaps(s)
}

// OverlapsMulti reports whether something is in both m and o.
func (m *Multi) OverlapsMulti(o *Multi) bool {
	return m.together(o, func(r, s *Range) bool { return false })
}

// together calls f for the pairs of ranges of m and o that overlap, in their order, until it returns false, and reports
// whether it did.
func (m *Multi) together(o *Multi, f func(r, s *Range) bool) bool {
	var r, s Range
	for i, j := 0, 0; i < m.n && j < o.n; {
		m.set(&r, i)
		o.set(&s, j)
		if r.Overlaps(&s) && !f(&r, &s) {
			return true
		}
		if Compare(&r.Upper, &s.Upper) < 0 {
			i++
		} else {
			j++
		}
	}
	return false
}

// Union returns the range that has what is in r or s; ok is false if that is not one range.
func (r *Range) Union(s *Range) (u Range, ok bool) {
	if r.Empty || s.Empty || r.Overlaps(s) || r.Adjacent(s) {
		return r.Merge(s), true
	}
	return Empty, false
}

// Merge returns the smallest range that has what is in r or s.
func (r *Range) Merge(s *Range) Range {
	switch {
	case r.Empty:
		return *s
	case s.Empty:
		return *r
	}
	u := *r
	if Compare(&r.Lower, &s.Lower) >= 0 {
		u.Lower = s.Lower
	}
	if Compare(&r.Upper, &s.Upper) <= 0 {
		u.Upper = s.Upper
	}
	return u
}

// Intersect returns the range that has what is in both r and s.
func (r *Range) Intersect(s *Range) Range {
	if !r.Overlaps(s) {
		return Empty
	}
	u := *r
	if Compare(&r.Lower, &s.Lower) < 0 {
		u.Lower = s.Lower
	}
	if Compare(&r.Upper, &s.Upper) > 0 {
		u.Upper = s.Upper
	}
	return u
}

// before returns the upper bound of what ends where a lower bound begins, behind the lower bound of what begins there.
func (b Bound) before() Bound {
	b.off--
	return b
}

func (b Bound) behind() Bound {
	b.off++
	return b
}

// Minus returns the range that has what is in r but not in s; ok is false if that is not one range.
func (r *Range) Minus(s *Range) (d Range, ok bool) {
	switch {
	case !r.Overlaps(s):
		return *r, true
	case Compare(&r.Lower, &s.Lower) < 0:
		if Compare(&r.Upper, &s.Upper) > 0 {
			return Empty, false
		}
		return New(r.Lower, s.Lower.before()), true
	case Compare(&r.Upper, &s.Upper) > 0:
		return New(s.Upper.behind(), r.Upper), true
	}
	return Empty, true
}

// Normalize brings ranges into the order of a multirange and joins those that overlap or touch, in place.
func Normalize(rs []Range) []Range {
	rs = slices.DeleteFunc(rs, func(r Range) bool { return r.Empty })
	slices.SortStableFunc(rs, func(r, s Range) int {
		if c := Compare(&r.Lower, &s.Lower); c != 0 {
			return c
		}
		return Compare(&r.Upper, &s.Upper)
	})
	n := 0
	for i := range rs {
		if n > 0 {
			if u, ok := rs[n-1].Union(&rs[i]); ok {
				rs[n-1] = u
				continue
			}
		}
		rs[n] = rs[i]
		n++
	}
	return rs[:n]
}

// appendTo appends the ranges of m.
func (m *Multi) appendTo(rs []Range) []Range {
	for i := range m.n {
		rs = append(rs, m.At(i))
	}
	return rs
}

// Union appends the ranges of what is in m or o to rs, which is empty.
func (m *Multi) Union(o *Multi, rs []Range) []Range { return Normalize(o.appendTo(m.appendTo(rs))) }

// Intersect appends the ranges of what is in both m and o to rs.
func (m *Multi) Intersect(o *Multi, rs []Range) []Range {
	m.together(o, func(r, s *Range) bool {
		rs = append(rs, r.Intersect(s))
		return true
	})
	return rs
}

// Minus appends the ranges of what is in m but not in o to rs.
func (m *Multi) Minus(o *Multi, rs []Range) []Range {
	var s Range
	j := 0
	for i := range m.n {
		r := m.At(i)
		for ; j < o.n; j++ {
			if o.set(&s, j); !s.Before(&r) {
				break
			}
		}
		for k := j; k < o.n && !r.Empty; k++ {
			if o.set(&s, k); r.Before(&s) {
				break
			}
			if Compare(&r.Lower, &s.Lower) < 0 {
				rs = append(rs, New(r.Lower, s.Lower.before()))
			}
			if Compare(&r.Upper, &s.Upper) <= 0 {
				r = Empty
			} else if r.Overlaps(&s) {
				r = New(s.Upper.behind(), r.Upper)
			}
		}
		if !r.Empty {
			rs = append(rs, r)
		}
	}
	return rs
}
