package fn

import (
	"math"

	"gsql/exec/geo"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has what functions of geometric types are built from, their casts and the functions that make and measure
// values. There are no = and < for them: those of PostgreSQL compare some types by their areas, so that what is equal
// is not the same.

// shape is a geometric type: how values are read and written.
type shape[T any] struct {
	id   types.ID
	of   func([]byte) T
	into func(T, []byte) []byte
}

var (
	aPoint   = shape[geo.Point]{types.Point, geo.PointOf, geo.Point.Append}
	aLine    = shape[geo.Line]{types.Line, geo.LineOf, geo.Line.Append}
	aSegment = shape[geo.Segment]{types.LSeg, geo.SegmentOf, geo.Segment.Append}
	aBox     = shape[geo.Box]{types.Box, geo.BoxOf, geo.Box.Append}
	aPath    = shape[geo.Path]{types.Path, geo.PathOf, geo.Path.Append}
	aPolygon = shape[geo.Polygon]{types.Polygon, geo.PolygonOf, geo.Polygon.Append}
	aCircle  = shape[geo.Circle]{types.Circle, geo.CircleOf, geo.Circle.Append}
)

// hasInfinity reports whether a value in its binary form has an infinite number.
func hasInfinity(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if b[0]&0x7f == 0x7f && b[1] == 0xf0 {
			return true
		}
	}
	return false
}

// numbersOf returns the numbers of a value in its binary form.
func numbersOf(id types.ID, b []byte) []byte {
	switch id {
	case types.Path:
		return b[5:]
	case types.Polygon:
		return b[4:]
	}
	return b
}

// overflows reports whether a result is infinite though no operand is.
func overflows(infinite bool, operands ...bool) bool {
	for _, o := range operands {
		if o {
			return false
		}
	}
	return infinite
}

// test1 and test2 make predicates.
func test1[A any](name string, a shape[A], f func(A) bool) *Scalar {
	return scalar(name, types.Bool, Map1(func(_ *Call, x []byte) (bool, error) { return f(a.of(x)), nil }), a.id)
}

func test2[A, B any](name string, a shape[A], b shape[B], f func(A, B) bool) *Scalar {
	return scalar(name, types.Bool, Map2(func(_ *Call, x, y []byte) (bool, error) { return f(a.of(x), b.of(y)), nil }), a.id, b.id)
}

// stopper makes functions that take long for values of many points give up when the query is cancelled.
type stopper struct {
	call *Call
	err  error
}

func (s *stopper) stop() bool {
	if s.err == nil && s.call.Ctx != nil && s.call.Ctx.Check != nil {
		s.err = s.call.Ctx.Check()
	}
	return s.err != nil
}

// slow2 makes a function of two values of many points.
func slow2[A, B, R any](name string, ret types.ID, a shape[A], b shape[B], f func(A, B, geo.Stop) (R, bool)) *Scalar {
	return scalar(name, ret, func(c *Call) (*vec.Vector, error) {
		s := &stopper{call: c}
		stop := s.stop
		return MapNull2(func(_ *Call, x, y []byte) (R, bool, error) {
			r, ok := f(a.of(x), b.of(y), stop)
			d, isNumber := any(r).(float64)
			if s.err == nil && isNumber && overflows(math.IsInf(d, 0), hasInfinity(numbersOf(a.id, x)), hasInfinity(numbersOf(b.id, y))) {
				return r, false, errOverflow()
			}
			return r, ok, s.err
		})(c)
	}, a.id, b.id)
}

// certain makes a function one that slow2 takes.
func certain[A, B, R any](f func(A, B, geo.Stop) R) func(A, B, geo.Stop) (R, bool) {
	return func(a A, b B, stop geo.Stop) (R, bool) { return f(a, b, stop), true }
}

// containment makes both @> and <@.
func containment[A, B any](a shape[A], b shape[B], contains func(A, B) bool) []*Scalar {
	return []*Scalar{test2("@>", a, b, contains), test2("<@", b, a, func(y B, x A) bool { return contains(x, y) })}
}

// number1 and number2 make functions that return a number.
func number1[A any](name string, a shape[A], f func(A) float64) *Scalar {
	return scalar(name, types.Float64, Map1(func(_ *Call, x []byte) (float64, error) {
		r := f(a.of(x))
		if overflows(math.IsInf(r, 0), hasInfinity(numbersOf(a.id, x))) {
			return 0, errOverflow()
		}
		return r, nil
	}), a.id)
}

func number2[A, B any](name string, a shape[A], b shape[B], f func(A, B) float64) *Scalar {
	return scalar(name, types.Float64, Map2(func(_ *Call, x, y []byte) (float64, error) {
		r := f(a.of(x), b.of(y))
		if overflows(math.IsInf(r, 0), hasInfinity(numbersOf(a.id, x)), hasInfinity(numbersOf(b.id, y))) {
			return 0, errOverflow()
		}
		return r, nil
	}), a.id, b.id)
}

// distances makes <->, in both directions where the types differ.
func distances[A, B any](a shape[A], b shape[B], f func(A, B) float64) []*Scalar {
	s := []*Scalar{number2("<->", a, b, f)}
	if a.id != b.id {
		s = append(s, number2("<->", b, a, func(y B, x A) float64 { return f(x, y) }))
	}
	return s
}

// shape1 and shape2 make functions that return values of a type, or NULL where the second result is false.
func shape1[A, R any](name string, r shape[R], a shape[A], f func(A) (R, bool, error)) *Scalar {
	return scalar(name, r.id, shapeOf1(r, a, f), a.id)
}

func shapeOf1[A, R any](r shape[R], a shape[A], f func(A) (R, bool, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var buf []byte
		return MapNull1(func(_ *Call, x []byte) ([]byte, bool, error) {
			v, ok, err := f(a.of(x))
			if err != nil || !ok {
				return nil, false, err
			}
			buf = r.into(v, buf[:0])
			if overflows(hasInfinity(numbersOf(r.id, buf)), hasInfinity(numbersOf(a.id, x))) {
				return nil, false, errOverflow()
			}
			return buf, true, nil
		})(c)
	}
}

func shape2[A, B, R any](name string, r shape[R], a shape[A], b shape[B], f func(A, B) (R, bool, error)) *Scalar {
	return scalar(name, r.id, func(c *Call) (*vec.Vector, error) {
		var buf []byte
		return MapNull2(func(_ *Call, x, y []byte) ([]byte, bool, error) {
			v, ok, err := f(a.of(x), b.of(y))
			if err != nil || !ok {
				return nil, false, err
			}
			buf = r.into(v, buf[:0])
			if overflows(hasInfinity(numbersOf(r.id, buf)), hasInfinity(numbersOf(a.id, x)), hasInfinity(numbersOf(b.id, y))) {
				return nil, false, errOverflow()
			}
			return buf, true, nil
		})(c)
	}, a.id, b.id)
}

// always makes a function one that shape1 takes, always2 one that shape2 takes.
func always[A, R any](f func(A) R) func(A) (R, bool, error) {
	return func(a A) (R, bool, error) { return f(a), true, nil }
}

func always2[A, B, R any](f func(A, B) R) func(A, B) (R, bool, error) {
	return func(a A, b B) (R, bool, error) { return f(a, b), true, nil }
}

// conversion makes a cast and, where there is a name, the function of PostgreSQL's that does the same.
func conversion[A, R any](r shape[R], a shape[A], context CastContext, name string, f func(A) (R, bool, error)) {
	RegisterCast(cast(a.id, r.id, context, shapeOf1(r, a, f)))
	if name != "" {
		RegisterScalar(shape1(name, r, a, f))
	}
}

func closedPath(p geo.Path) (geo.Polygon, bool, error) {
	if !p.Closed {
		return geo.Polygon{}, false, sqlstate.New(sqlstate.InvalidParameterValue, "open path cannot be converted to polygon")
	}
	return geo.Polygon{Points: p.Points}, true, nil
}

func circlePolygon(c geo.Circle, n int32) (geo.Polygon, bool, error) {
	switch {
	case c.Radius == 0:
		return geo.Polygon{}, false, sqlstate.New(sqlstate.FeatureNotSupported, "cannot convert circle with radius zero to polygon")
	case n < 2:
		return geo.Polygon{}, false, sqlstate.New(sqlstate.InvalidParameterValue, "must request at least 2 points")
	case n > maxCirclePoints:
		return geo.Polygon{}, false, sqlstate.New(sqlstate.ProgramLimitExceeded, "too many points requested")
	}
	return c.Polygon(int(n)), true, nil
}

// maxCirclePoints is how many points a circle is made of at most: 16 MB.
const maxCirclePoints = 1 << 20

func init() {
	conversion(aBox, aPoint, Assignment, "", always(func(p geo.Point) geo.Box { return geo.Box{High: p, Low: p} }))
	conversion(aPoint, aSegment, Explicit, "", always(geo.Segment.Center))
	conversion(aPolygon, aPath, Assignment, "", closedPath)
	conversion(aPoint, aBox, Explicit, "", always(geo.Box.Center))
	conversion(aSegment, aBox, Explicit, "diagonal", always(func(b geo.Box) geo.Segment { return geo.Segment{From: b.High, To: b.Low} }))
	conversion(aPolygon, aBox, Assignment, "", always(geo.Box.Polygon))
	conversion(aCircle, aBox, Explicit, "", always(geo.Box.Circle))
	conversion(aPoint, aPolygon, Explicit, "", always(func(p geo.Polygon) geo.Point { return p.Circle().Center }))
	conversion(aPath, aPolygon, Assignment, "", always(func(p geo.Polygon) geo.Path { return geo.Path{Closed: true, Points: p.Points} }))
	conversion(aBox, aPolygon, Explicit, "", always(geo.Polygon.Bounds))
	conversion(aCircle, aPolygon, Explicit, "", always(geo.Polygon.Circle))
	conversion(aPoint, aCircle, Explicit, "center", always(func(c geo.Circle) geo.Point { return c.Center }))
	conversion(aBox, aCircle, Explicit, "", always(geo.Circle.Box))
	conversion(aPolygon, aCircle, Explicit, "", func(c geo.Circle) (geo.Polygon, bool, error) { return circlePolygon(c, 12) })
	registerMakers()
	registerMeasures()
}

// registerMakers adds the functions that make values.
func registerMakers() {
	RegisterScalar(
		scalar("point", types.Point, func(c *Call) (*vec.Vector, error) {
			var buf [16]byte
			return Map2(func(_ *Call, x, y float64) ([]byte, error) { return geo.Point{X: x, Y: y}.Append(buf[:0]), nil })(c)
		}, types.Float64, types.Float64),
		scalar("circle", types.Circle, func(c *Call) (*vec.Vector, error) {
			var buf [24]byte
			return Map2(func(_ *Call, p []byte, r float64) ([]byte, error) {
				return geo.Circle{Center: geo.PointOf(p), Radius: r}.Append(buf[:0]), nil
			})(c)
		}, types.Point, types.Float64),
		scalar("polygon", types.Polygon, Map2(func(_ *Call, n int32, c []byte) ([]byte, error) {
			p, _, err := circlePolygon(geo.CircleOf(c), n)
			return p.Append(nil), err
		}), types.Int32, types.Circle),
		shape2("box", aBox, aPoint, aPoint, always2(geo.NewBox)),
		shape2("lseg", aSegment, aPoint, aPoint, always2(func(p, q geo.Point) geo.Segment { return geo.Segment{From: p, To: q} })),
		shape2("line", aLine, aPoint, aPoint, func(p, q geo.Point) (geo.Line, bool, error) {
			if p.Same(q) {
				return geo.Line{}, false, sqlstate.New(sqlstate.InvalidParameterValue, "invalid line specification: must be two distinct points")
			}
			return geo.LineThrough(p, q), true, nil
		}),
		shape2("bound_box", aBox, aBox, aBox, always2(geo.Box.Union)),
		shape1("pclose", aPath, aPath, always(func(p geo.Path) geo.Path { return geo.Path{Closed: true, Points: p.Points} })),
		shape1("popen", aPath, aPath, always(func(p geo.Path) geo.Path { return geo.Path{Points: p.Points} })),
		shape1("center", aPoint, aBox, always(geo.Box.Center)),
		shape1("@@", aPoint, aSegment, always(geo.Segment.Center)), shape1("@@", aPoint, aBox, always(geo.Box.Center)),
		shape1("@@", aPoint, aPolygon, always(func(p geo.Polygon) geo.Point { return p.Circle().Center })),
		shape1("@@", aPoint, aCircle, always(func(c geo.Circle) geo.Point { return c.Center })),
	)
}

// registerMeasures adds the functions that return numbers.
func registerMeasures() {
	width := func(b geo.Box) float64 { return b.High.X - b.Low.X }
	height := func(b geo.Box) float64 { return b.High.Y - b.Low.Y }
	for _, name := range []string{"length", "@-@"} {
		RegisterScalar(number1(name, aSegment, geo.Segment.Length), number1(name, aPath, geo.Path.Length))
	}
	points := func(of func([]byte) geo.Points) func(*Call) (*vec.Vector, error) {
		return Map1(func(_ *Call, b []byte) (int32, error) { return int32(of(b).Len()), nil })
	}
	for _, name := range []string{"npoints", "#"} {
		RegisterScalar(scalar(name, types.Int32, points(func(b []byte) geo.Points { return geo.PathOf(b).Points }), types.Path),
			scalar(name, types.Int32, points(func(b []byte) geo.Points { return geo.PolygonOf(b).Points }), types.Polygon))
	}
	RegisterScalar(
		number1("area", aBox, func(b geo.Box) float64 { return width(b) * height(b) }), number1("width", aBox, width), number1("height", aBox, height),
		number1("area", aCircle, func(c geo.Circle) float64 { return c.Radius * c.Radius * math.Pi }),
		number1("radius", aCircle, func(c geo.Circle) float64 { return c.Radius }),
		number1("diameter", aCircle, func(c geo.Circle) float64 { return 2 * c.Radius }),
		scalar("area", types.Float64, MapNull1(func(_ *Call, b []byte) (float64, bool, error) {
			p := geo.PathOf(b)
			if !p.Closed {
				return 0, false, nil
			}
			a := p.Area()
			if overflows(math.IsInf(a, 0), hasInfinity(p.Points)) {
				return 0, false, errOverflow()
			}
			return a, true, nil
		}), types.Path),
		scalar("slope", types.Float64, Map2(func(_ *Call, p, q []byte) (float64, error) {
			return geo.Slope(geo.PointOf(p), geo.PointOf(q)), nil
		}), types.Point, types.Point),
		test1("isclosed", aPath, func(p geo.Path) bool { return p.Closed }), test1("isopen", aPath, func(p geo.Path) bool { return !p.Closed }),
	)
}
