package fn

import (
	"gsql/exec/ranges"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// rangeUnionAcc is range_agg: the ranges of all rows as a multirange. Ranges are kept as they come, and are made a multirange
// when they are twice as many as that had, so that what is kept is not much more than the result.
type rangeUnionAcc struct {
	ret    types.Type
	width  ranges.Width
	groups []rangeSet
	held   int64
	rs     []ranges.Range // for work
}

// rangeSet are the ranges of a group.
type rangeSet struct {
	ranges []byte // one after the other, each with its length before it
	n      int
	limit  int // of n, when they are made a multirange
	any    bool
}

// firstRangeLimit is how many ranges a group keeps at first.
const firstRangeLimit = 16

func (a *rangeUnionAcc) Grow(n int) { a.groups = grown(a.groups, n) }

func (a *rangeUnionAcc) Bytes() int64 {
	return a.held + int64(cap(a.groups))*48 + int64(cap(a.rs))*80
}

func (a *rangeUnionAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	var r ranges.Range
	var m ranges.Multi
	many := v.Type.IsMultirange()
	for i, g := range groups {
		if !v.Valid.Get(i) {
			continue
		}
		s := &a.groups[g]
		s.any = true
		if !many {
			r.Set(v.Bytes(i), a.width)
			a.add(s, &r)
			continue
		}
		m.Set(v.Bytes(i), a.width)
		for k := range m.Len() {
			r = m.At(k)
			a.add(s, &r)
		}
	}
	return nil
}

func (a *rangeUnionAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.Update(state, groups)
}

func (a *rangeUnionAcc) add(s *rangeSet, r *ranges.Range) {
	if r.Empty {
		return
	}
	if s.n >= max(s.limit, firstRangeLimit) {
		a.rs = ranges.Normalize(a.of(s))
		a.held -= int64(cap(s.ranges))
		s.ranges, s.n = make([]byte, 0, len(s.ranges)), 0 // a.rs has the old bytes
		a.held += int64(cap(s.ranges))
		for k := range a.rs {
			a.put(s, &a.rs[k])
		}
		s.limit = 2 * s.n
	}
	a.put(s, r)
}

// put keeps a range.
func (a *rangeUnionAcc) put(s *rangeSet, r *ranges.Range) {
	before := cap(s.ranges)
	at := len(s.ranges)
	s.ranges = r.Append(append(s.ranges, 0), a.width)
	s.ranges[at] = byte(len(s.ranges) - at - 1)
	s.n++
	a.held += int64(cap(s.ranges) - before)
}

// of returns the ranges of a group as they came.
func (a *rangeUnionAcc) of(s *rangeSet) []ranges.Range {
	rs := a.rs[:0]
	for b := s.ranges; len(b) > 0; b = b[1+b[0]:] {
		rs = append(rs, ranges.Of(b[1:1+b[0]], a.width))
	}
	return rs
}

func (a *rangeUnionAcc) State(from, to int) ([]*vec.Vector, error) {
	v, err := a.Result(from, to)
	return []*vec.Vector{v}, err
}

func (a *rangeUnionAcc) Result(from, to int) (*vec.Vector, error) {
	out, f := NewStrings(to-from, nil), flags{n: to - from}
	for i := range to - from {
		s := &a.groups[from+i]
		if !s.any {
			f.null(i)
			continue
		}
		a.rs = ranges.Normalize(a.of(s))
		out.End(i, ranges.AppendMulti(out.Begin(), a.width, a.rs))
	}
	return out.Finish(a.ret, f.valid), nil
}

// rangeIntersectAcc is range_intersect_agg: what is in the ranges, or multiranges, of all rows.
type rangeIntersectAcc struct {
	width ranges.Width
	cells *cells
	rs    []ranges.Range // for work
	buf   []byte
}

func (a *rangeIntersectAcc) Grow(n int) { a.cells.grow(n) }

func (a *rangeIntersectAcc) Bytes() int64 { return a.cells.bytes() }

func (a *rangeIntersectAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	many := v.Type.IsMultirange()
	for i, g := range groups {
		switch {
		case !v.Valid.Get(i):
			continue
		case !a.cells.has(int(g)):
			a.cells.set(int(g), v, i)
			continue
		}
		old := a.cells.bytesOf(int(g))
		if many {
			x, y := ranges.MultiOf(old, a.width), ranges.MultiOf(v.Bytes(i), a.width)
			a.rs = x.Intersect(&y, a.rs[:0])
			a.buf = ranges.AppendMulti(a.buf[:0], a.width, a.rs)
		} else {
			x, y := ranges.Of(old, a.width), ranges.Of(v.Bytes(i), a.width)
			r := x.Intersect(&y)
			a.buf = r.Append(a.buf[:0], a.width)
		}
		a.cells.replaceBytes(int(g), a.buf)
	}
	return nil
}

func (a *rangeIntersectAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.Update(state, groups)
}

func (a *rangeIntersectAcc) State(from, to int) ([]*vec.Vector, error) {
	return []*vec.Vector{a.cells.vector(from, to)}, nil
}

func (a *rangeIntersectAcc) Result(from, to int) (*vec.Vector, error) {
	return a.cells.vector(from, to), nil
}

func init() {
	for _, id := range []types.ID{types.AnyRange, types.AnyMultirange} {
		args := []types.Type{types.Of(id)}
		one := func(of func([]types.Type) types.Type) func([]types.Type) []types.Type {
			return func(args []types.Type) []types.Type { return []types.Type{of(args)} }
		}
		RegisterAggregate(
			&Aggregate{Name: "range_agg", Args: args, RetOf: multiTypeOf, State: one(multiTypeOf),
				New: func(_ []types.Type, ret types.Type) Accumulator {
					return &rangeUnionAcc{ret: ret, width: ranges.WidthOf(ret)}
				}},
			&Aggregate{Name: "range_intersect_agg", Args: args, RetOf: sameType, State: one(sameType),
				New: func(_ []types.Type, ret types.Type) Accumulator {
					return &rangeIntersectAcc{width: ranges.WidthOf(ret), cells: newCells(ret)}
				}},
		)
	}
}
