package geo

import (
	"cmp"
	"slices"
)

// Same reports whether two points are the same.
func (p Point) Same(q Point) bool {
	return sameNumber(p.X, q.X) && sameNumber(p.Y, q.Y)
}

// sameNumber is same with NaN being NaN.
func sameNumber(a, b float64) bool { return same(a, b) || a != a && b != b }

// Compare tells how two numbers lie to each other, where those that are less than a millionth apart are the same.
type Compare struct{ Less, AtMost, More, AtLeast func(a, b float64) bool }

// Fuzzy and Exact are the two ways in which coordinates are compared.
var (
	Fuzzy = Compare{less, atMost, more, atLeast}
	Exact = Compare{
		func(a, b float64) bool { return a < b }, func(a, b float64) bool { return a <= b },
		func(a, b float64) bool { return a > b }, func(a, b float64) bool { return a >= b },
	}
)

// Level reports whether two points are at the same height.
func Level(p, q Point) bool { return same(p.Y, q.Y) }

// Upright reports whether two points are one above the other.
func Upright(p, q Point) bool { return same(p.X, q.X) }

// Contains reports whether p is on the segment.
func (s Segment) Contains(p Point) bool {
	return same(p.Distance(s.From)+p.Distance(s.To), s.Length())
}

// ContainsSegment reports whether both ends of t are on the line.
func (l Line) ContainsSegment(s Segment) bool { return l.Contains(s.From) && l.Contains(s.To) }

// Contains reports whether p is on the line.
func (l Line) Contains(p Point) bool { return isZero(l.A*p.X + l.B*p.Y + l.C) }

// Contains reports whether p is in the box or on its edge.
func (b Box) Contains(p Point) bool {
	return b.High.X >= p.X && b.Low.X <= p.X && b.High.Y >= p.Y && b.Low.Y <= p.Y
}

// ContainsSegment reports whether both ends of s are in the box.
func (b Box) ContainsSegment(s Segment) bool { return b.Contains(s.From) && b.Contains(s.To) }

// ContainsBox reports whether the box has all of another.
func (b Box) ContainsBox(c Box) bool {
	return atLeast(b.High.X, c.High.X) && atMost(b.Low.X, c.Low.X) && atLeast(b.High.Y, c.High.Y) && atMost(b.Low.Y, c.Low.Y)
}

// Overlaps reports whether two boxes have a point in common.
func (b Box) Overlaps(c Box) bool {
	return atMost(b.Low.X, c.High.X) && atMost(c.Low.X, b.High.X) && atMost(b.Low.Y, c.High.Y) && atMost(c.Low.Y, b.High.Y)
}

// CrossesSegment reports whether the box and a segment have a point in common.
func (b Box) CrossesSegment(t Segment) bool {
	if !NewBox(t.From, t.To).Overlaps(b) {
		return false
	}
	if b.Contains(t.From) || b.Contains(t.To) {
		return true
	}
	for _, s := range b.sides() {
		if _, ok := s.Cross(t); ok {
			return true
		}
	}
	return false
}

// CrossesLine reports whether a line goes through the box.
func (b Box) CrossesLine(l Line) bool {
	for _, s := range b.sides() {
		if s.CrossesLine(l) {
			return true
		}
	}
	return false
}

// CrossesLine reports whether a line goes through the segment.
func (s Segment) CrossesLine(l Line) bool {
	_, ok := s.crossLine(l)
	return ok
}

// Same reports whether two boxes have the same corners.
func (b Box) Same(c Box) bool { return b.High.Same(c.High) && b.Low.Same(c.Low) }

// Intersect returns what two boxes have in common; false for nothing.
func (b Box) Intersect(c Box) (Box, bool) {
	return Box{Point{min(b.High.X, c.High.X), min(b.High.Y, c.High.Y)}, Point{max(b.Low.X, c.Low.X), max(b.Low.Y, c.Low.Y)}}, b.Overlaps(c)
}

// Union returns the smallest box around two.
func (b Box) Union(c Box) Box {
	return Box{Point{max(b.High.X, c.High.X), max(b.High.Y, c.High.Y)}, Point{min(b.Low.X, c.Low.X), min(b.Low.Y, c.Low.Y)}}
}

// Contains reports whether p is in the circle or on its edge.
func (c Circle) Contains(p Point) bool { return c.Center.Distance(p) <= c.Radius }

// ContainsCircle reports whether the circle has all of another.
func (c Circle) ContainsCircle(d Circle) bool {
	return atMost(c.Center.Distance(d.Center), c.Radius-d.Radius)
}

// Overlaps reports whether two circles have a point in common.
func (c Circle) Overlaps(d Circle) bool {
	return atMost(c.Center.Distance(d.Center), c.Radius+d.Radius)
}

// Same reports whether two circles have the same center and radius.
func (c Circle) Same(d Circle) bool { return sameNumber(c.Radius, d.Radius) && c.Center.Same(d.Center) }

// Extent returns the box around the circle.
func (c Circle) Extent() Box {
	r := Point{c.Radius, c.Radius}
	return Box{c.Center.Add(r), c.Center.Sub(r)}
}

// Contains reports whether p is on an open path, or in a closed one.
func (p Path) Contains(q Point) bool {
	if p.Closed {
		return p.Points.surround(q)
	}
	for i := 1; i < p.Points.Len(); i++ {
		if p.Points.edge(i).Contains(q) {
			return true
		}
	}
	return false
}

// Contains reports whether p is in the polygon or on its edge.
func (p Polygon) Contains(q Point) bool { return p.Points.surround(q) }

// surround reports whether a point is within the polygon of the points. It counts, in halves, how often the edges cross the
// ray from the point to the right: upwards as 1, downwards as -1.
func (p Points) surround(q Point) bool {
	winding := 0
	for i := range p.Len() {
		before := p.edge(i).From.Sub(q)
		n, on := crossing(before, p.At(i).Sub(q))
		if on {
			return true
		}
		winding += n
	}
	return winding != 0
}

// crossing returns how the edge from a to b crosses the right half of the axis, in halves; on is true where it goes through
// the origin.
func crossing(a, b Point) (n int, on bool) {
	up := 1
	if !more(b.Y, 0) {
		up = -1
	}
	switch {
	case isZero(b.Y) && isZero(b.X):
		return 0, true
	case isZero(b.Y) && isZero(a.Y): // along the axis
		if more(b.X, 0) {
			return 0, !more(a.X, 0)
		}
		return 0, !less(a.X, 0)
	case isZero(b.Y) && !more(b.X, 0):
		return 0, false
	case isZero(b.Y): // ends on the half
		if less(a.Y, 0) {
			return 1, false
		}
		return -1, false
	case isZero(a.Y): // begins on the axis
		if less(a.X, 0) {
			return 0, false
		}
		return up, false
	case up < 0 && less(a.Y, 0), up > 0 && more(a.Y, 0): // both ends are on one side
		return 0, false
	case atLeast(b.X, 0) && more(a.X, 0):
		return 2 * up, false
	case less(b.X, 0) && atMost(a.X, 0):
		return 0, false
	}
	z := (b.X-a.X)*b.Y - (b.Y-a.Y)*b.X
	switch {
	case isZero(z):
		return 0, true
	case up < 0 && less(z, 0), up > 0 && more(z, 0):
		return 0, false
	}
	return 2 * up, false
}

// ContainsPolygon reports whether the polygon has all of another: each of its edges, in the pieces that the polygon's own
// edges cut it into.
func (p Polygon) ContainsPolygon(q Polygon, stop Stop) bool {
	if !p.Bounds().ContainsBox(q.Bounds()) {
		return false
	}
	var cuts []Point
	for i := range q.Points.Len() {
		if stop() {
			return false
		}
		e := q.Points.edge(i)
		cuts = append(cuts[:0], e.From, e.To)
		for k := range p.Points.Len() {
			f := p.Points.edge(k)
			if c, ok := e.Cross(f); ok {
				cuts = append(cuts, c)
			}
			if e.Contains(f.To) {
				cuts = append(cuts, f.To)
			}
		}
		slices.SortFunc(cuts, func(a, b Point) int { return cmp.Compare(a.Distance(e.From), b.Distance(e.From)) })
		for k := 1; k < len(cuts); k++ {
			if !p.Contains(Segment{cuts[k-1], cuts[k]}.Center()) {
				return false
			}
		}
	}
	return true
}

// Overlaps reports whether two polygons have a point in common.
func (p Polygon) Overlaps(q Polygon, stop Stop) bool {
	if !p.Bounds().Overlaps(q.Bounds()) {
		return false
	}
	if edgesCross(p.Points, q.Points, true, true, stop) {
		return true
	}
	return q.Contains(p.Points.At(0)) || p.Contains(q.Points.At(0))
}

// Crosses reports whether two paths have a point in common.
func (p Path) Crosses(q Path, stop Stop) bool {
	return p.Points.bounds().Overlaps(q.Points.bounds()) && edgesCross(p.Points, q.Points, p.Closed, q.Closed, stop)
}

func edgesCross(p, q Points, pClosed, qClosed bool, stop Stop) bool {
	for i := range p.Len() {
		if stop() {
			return false
		}
		if i == 0 && !pClosed {
			continue
		}
		for k := range q.Len() {
			if k == 0 && !qClosed {
				continue
			}
			if _, ok := p.edge(i).Cross(q.edge(k)); ok {
				return true
			}
		}
	}
	return false
}

// Same reports whether two polygons have the same points, in either direction and beginning anywhere.
func (p Polygon) Same(q Polygon, stop Stop) bool {
	n := p.Points.Len()
	if n != q.Points.Len() {
		return false
	}
	for start := range n {
		if stop() {
			return false
		}
		for _, step := range [...]int{1, n - 1} {
			k := 0
			for k < n && p.Points.At(k).Same(q.Points.At((start+k*step)%n)) {
				k++
			}
			if k == n {
				return true
			}
		}
	}
	return false
}

// Parallel reports whether two segments have the same direction.
func (s Segment) Parallel(t Segment) bool { return same(slope(s.From, s.To), slope(t.From, t.To)) }

// Perpendicular reports whether two segments are at right angles.
func (s Segment) Perpendicular(t Segment) bool {
	return same(slope(s.From, s.To), crossSlope(t.From, t.To))
}

// Perpendicular reports whether two lines are at right angles.
func (l Line) Perpendicular(m Line) bool {
	switch {
	case isZero(l.A):
		return isZero(m.B)
	case isZero(m.A):
		return isZero(l.B)
	case isZero(l.B):
		return isZero(m.A)
	case isZero(m.B):
		return isZero(l.A)
	}
	return same(l.A*m.A/(l.B*m.B), -1)
}

// Upright reports whether the line goes straight up.
func (l Line) Upright() bool { return isZero(l.B) }

// Level reports whether the line is one of the same height.
func (l Line) Level() bool { return isZero(l.A) }
