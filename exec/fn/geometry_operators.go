package fn

import (
	"gsql/exec/geo"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators of geometric types: distances, what contains what, where things lie to each other, and the
// arithmetic of points.

func init() {
	registerDistances()
	registerContainment()
	registerPlaces()
	registerAlignment()
	registerClosest()
	registerPointArithmetic()
}

func second[A, B any](f func(A, B) (geo.Point, float64)) func(A, B) float64 {
	return func(a A, b B) float64 {
		_, d := f(a, b)
		return d
	}
}

func registerDistances() {
	for _, s := range [][]*Scalar{
		distances(aPoint, aPoint, geo.Point.Distance),
		distances(aLine, aPoint, second(geo.Line.Closest)),
		distances(aSegment, aPoint, second(geo.Segment.Closest)),
		distances(aBox, aPoint, second(geo.Box.Closest)),
		distances(aPath, aPoint, geo.Path.Distance),
		distances(aPolygon, aPoint, geo.Polygon.Distance),
		distances(aCircle, aPoint, geo.Circle.Distance),
		distances(aSegment, aSegment, second(geo.Segment.ClosestTo)),
		distances(aSegment, aLine, geo.Segment.LineDistance), distances(aLine, aLine, geo.Line.LineDistance),
		distances(aBox, aSegment, second(geo.Box.ClosestToSegment)),
		distances(aBox, aBox, func(b, c geo.Box) float64 { return b.Center().Distance(c.Center()) }),
		distances(aCircle, aCircle, geo.Circle.CircleDistance),
		distances(aCircle, aPolygon, func(c geo.Circle, p geo.Polygon) float64 { return max(p.Distance(c.Center)-c.Radius, 0) }),
	} {
		RegisterScalar(s...)
	}
	RegisterScalar(
		slow2("<->", types.Float64, aPolygon, aPolygon, certain(geo.Polygon.PolygonDistance)),
		slow2("<->", types.Float64, aPath, aPath, geo.Path.PathDistance),
	)
}

func registerContainment() {
	for _, s := range [][]*Scalar{
		containment(aBox, aPoint, geo.Box.Contains), containment(aPath, aPoint, geo.Path.Contains), containment(aPolygon, aPoint, geo.Polygon.Contains),
		containment(aCircle, aPoint, geo.Circle.Contains), containment(aBox, aBox, geo.Box.ContainsBox), containment(aCircle, aCircle, geo.Circle.ContainsCircle),
	} {
		RegisterScalar(s...)
	}
	RegisterScalar(
		slow2("@>", types.Bool, aPolygon, aPolygon, certain(geo.Polygon.ContainsPolygon)),
		slow2("<@", types.Bool, aPolygon, aPolygon, func(p, q geo.Polygon, stop geo.Stop) (bool, bool) { return q.ContainsPolygon(p, stop), true }),
		slow2("~=", types.Bool, aPolygon, aPolygon, certain(geo.Polygon.Same)), slow2("&&", types.Bool, aPolygon, aPolygon, certain(geo.Polygon.Overlaps)),
		slow2("?#", types.Bool, aPath, aPath, certain(geo.Path.Crosses)),
		test2("<@", aPoint, aSegment, func(p geo.Point, s geo.Segment) bool { return s.Contains(p) }),
		test2("<@", aPoint, aLine, func(p geo.Point, l geo.Line) bool { return l.Contains(p) }),
		test2("<@", aSegment, aLine, func(s geo.Segment, l geo.Line) bool { return l.ContainsSegment(s) }),
		test2("<@", aSegment, aBox, func(s geo.Segment, b geo.Box) bool { return b.ContainsSegment(s) }),
		test2("~=", aPoint, aPoint, geo.Point.Same), test2("~=", aBox, aBox, geo.Box.Same),
		test2("~=", aCircle, aCircle, geo.Circle.Same),
		test2("&&", aBox, aBox, geo.Box.Overlaps), test2("&&", aCircle, aCircle, geo.Circle.Overlaps),
		test2("?#", aBox, aBox, geo.Box.Overlaps),
		test2("?#", aSegment, aLine, geo.Segment.CrossesLine), test2("?#", aLine, aBox, func(l geo.Line, b geo.Box) bool { return b.CrossesLine(l) }),
		test2("?#", aSegment, aBox, func(s geo.Segment, b geo.Box) bool { return b.CrossesSegment(s) }),
		test2("?#", aSegment, aSegment, func(s, t geo.Segment) bool { _, ok := s.Cross(t); return ok }),
		test2("?#", aLine, aLine, func(l, m geo.Line) bool { _, ok := l.Cross(m); return ok }),
	)
}

// places are the operators of where things lie, by the boxes around them and how their coordinates compare.
func places[A any](a shape[A], c geo.Compare, box func(A) geo.Box) {
	add := func(name string, f func(b, c geo.Box) bool) {
		RegisterScalar(test2(name, a, a, func(x, y A) bool { return f(box(x), box(y)) }))
	}
	add("<<", func(p, q geo.Box) bool { return c.Less(p.High.X, q.Low.X) })
	add(">>", func(p, q geo.Box) bool { return c.More(p.Low.X, q.High.X) })
	add("<<|", func(p, q geo.Box) bool { return c.Less(p.High.Y, q.Low.Y) })
	add("|>>", func(p, q geo.Box) bool { return c.More(p.Low.Y, q.High.Y) })
	if a.id == types.Point {
		return
	}
	add("&<", func(p, q geo.Box) bool { return c.AtMost(p.High.X, q.High.X) })
	add("&>", func(p, q geo.Box) bool { return c.AtLeast(p.Low.X, q.Low.X) })
	add("&<|", func(p, q geo.Box) bool { return c.AtMost(p.High.Y, q.High.Y) })
	add("|&>", func(p, q geo.Box) bool { return c.AtLeast(p.Low.Y, q.Low.Y) })
}

func registerPlaces() {
	places(aPoint, geo.Fuzzy, func(p geo.Point) geo.Box { return geo.Box{High: p, Low: p} })
	places(aBox, geo.Fuzzy, func(b geo.Box) geo.Box { return b })
	places(aCircle, geo.Fuzzy, geo.Circle.Extent)
	places(aPolygon, geo.Exact, geo.Polygon.Bounds)
	RegisterScalar(
		test2("<^", aPoint, aPoint, func(p, q geo.Point) bool { return geo.Fuzzy.Less(p.Y, q.Y) }),
		test2(">^", aPoint, aPoint, func(p, q geo.Point) bool { return geo.Fuzzy.More(p.Y, q.Y) }),
		test2("<^", aBox, aBox, func(b, c geo.Box) bool { return geo.Fuzzy.AtMost(b.High.Y, c.Low.Y) }),
		test2(">^", aBox, aBox, func(b, c geo.Box) bool { return geo.Fuzzy.AtLeast(b.Low.Y, c.High.Y) }),
	)
}

func registerAlignment() {
	crosses := func(l, m geo.Line) bool { _, ok := l.Cross(m); return ok }
	ends := func(f func(p, q geo.Point) bool) func(geo.Segment) bool {
		return func(s geo.Segment) bool { return f(s.From, s.To) }
	}
	for _, names := range [][2]string{{"?-", "ishorizontal"}, {"?|", "isvertical"}} {
		points, line := geo.Level, geo.Line.Level
		if names[0] == "?|" {
			points, line = geo.Upright, geo.Line.Upright
		}
		for _, name := range names {
			RegisterScalar(test2(name, aPoint, aPoint, points), test1(name, aSegment, ends(points)), test1(name, aLine, line))
		}
	}
	for _, name := range []string{"?-|", "isperp"} {
		RegisterScalar(test2(name, aSegment, aSegment, geo.Segment.Perpendicular), test2(name, aLine, aLine, geo.Line.Perpendicular))
	}
	for _, name := range []string{"?||", "isparallel"} {
		RegisterScalar(test2(name, aSegment, aSegment, geo.Segment.Parallel), test2(name, aLine, aLine, func(l, m geo.Line) bool { return !crosses(l, m) }))
	}
}

func registerClosest() {
	RegisterScalar(
		shape2("##", aPoint, aPoint, aLine, func(p geo.Point, l geo.Line) (geo.Point, bool, error) {
			q, d := l.Closest(p)
			return q, d == d, nil
		}),
		shape2("##", aPoint, aPoint, aSegment, func(p geo.Point, s geo.Segment) (geo.Point, bool, error) {
			q, d := s.Closest(p)
			return q, d == d, nil
		}),
		shape2("##", aPoint, aPoint, aBox, func(p geo.Point, b geo.Box) (geo.Point, bool, error) {
			q, d := b.Closest(p)
			return q, d == d, nil
		}),
		shape2("##", aPoint, aLine, aSegment, func(l geo.Line, s geo.Segment) (geo.Point, bool, error) {
			p, ok := s.ClosestToLine(l)
			return p, ok, nil
		}),
		shape2("##", aPoint, aSegment, aSegment, func(s, t geo.Segment) (geo.Point, bool, error) {
			p, d := t.ClosestTo(s)
			return p, d == d && geo.Slope(s.From, s.To) != geo.Slope(t.From, t.To), nil
		}),
		shape2("##", aPoint, aSegment, aBox, func(s geo.Segment, b geo.Box) (geo.Point, bool, error) {
			p, d := b.ClosestToSegment(s)
			return p, d == d, nil
		}),
		shape2("#", aPoint, aSegment, aSegment, func(s, t geo.Segment) (geo.Point, bool, error) {
			p, ok := s.Cross(t)
			return p, ok, nil
		}),
		shape2("#", aPoint, aLine, aLine, func(l, m geo.Line) (geo.Point, bool, error) {
			p, ok := l.Cross(m)
			return p, ok, nil
		}),
		shape2("#", aBox, aBox, aBox, func(b, c geo.Box) (geo.Box, bool, error) {
			d, ok := b.Intersect(c)
			return d, ok, nil
		}),
	)
}

// registerPointArithmetic adds what points do to other things: + and - move them, * and / turn and stretch them.
func registerPointArithmetic() {
	for name, f := range map[string]func(p, q geo.Point) geo.Point{"+": geo.Point.Add, "-": geo.Point.Sub, "*": geo.Point.Mul, "/": geo.Point.Div} {
		divides := func(q geo.Point) error {
			if name == "/" && q.X*q.X+q.Y*q.Y == 0 {
				return sqlstate.New(sqlstate.DivisionByZero, "division by zero")
			}
			return nil
		}
		RegisterScalar(
			shape2(name, aPoint, aPoint, aPoint, func(p, q geo.Point) (geo.Point, bool, error) {
				err := divides(q)
				return f(p, q), true, err
			}),
			shape2(name, aBox, aBox, aPoint, func(b geo.Box, q geo.Point) (geo.Box, bool, error) {
				err := divides(q)
				moved := geo.Box{High: f(b.High, q), Low: f(b.Low, q)}
				if name == "*" || name == "/" {
					moved = geo.NewBox(moved.High, moved.Low)
				}
				return moved, true, err
			}),
			shape2(name, aPath, aPath, aPoint, func(p geo.Path, q geo.Point) (geo.Path, bool, error) {
				if err := divides(q); err != nil {
					return p, false, err
				}
				return p.Each(func(r geo.Point) geo.Point { return f(r, q) }), true, nil
			}),
			shape2(name, aCircle, aCircle, aPoint, func(c geo.Circle, q geo.Point) (geo.Circle, bool, error) {
				err := divides(q)
				c.Center = f(c.Center, q)
				switch name {
				case "*":
					c.Radius *= q.Distance(geo.Point{})
				case "/":
					c.Radius /= q.Distance(geo.Point{})
				}
				return c, true, err
			}),
		)
	}
	RegisterScalar(shape2("+", aPath, aPath, aPath, func(p, q geo.Path) (geo.Path, bool, error) {
		return geo.Path{Points: append(p.Points[:len(p.Points):len(p.Points)], q.Points...)}, !p.Closed && !q.Closed, nil
	}))
}

// coordinates are the functions of x[i]: the numbers of a point or a line, and the points of a segment or a box.
var coordinates = map[types.ID]*Scalar{
	types.Point: scalar("[]", types.Float64, coordinate(2, geo.NumberAt), types.Point, types.Int32),
	types.Line:  scalar("[]", types.Float64, coordinate(3, geo.NumberAt), types.Line, types.Int32),
	types.LSeg:  scalar("[]", types.Point, coordinate(2, corner), types.LSeg, types.Int32),
	types.Box:   scalar("[]", types.Point, coordinate(2, corner), types.Box, types.Int32),
}

func corner(b []byte, i int) []byte { return b[16*i : 16*i+16] }

// coordinate makes Eval of x[i] for i from 0 to n-1; all others are NULL.
func coordinate[T any](n int, part func(b []byte, i int) T) func(*Call) (*vec.Vector, error) {
	return MapNull2(func(_ *Call, b []byte, i int32) (x T, ok bool, err error) {
		if i < 0 || int(i) >= n {
			return x, false, nil
		}
		return part(b, int(i)), true, nil
	})
}

// Coordinate returns the function of x[i], nil for types that have no parts.
func Coordinate(id types.ID) *Scalar { return coordinates[id] }
