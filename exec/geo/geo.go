// Package geo has the values of PostgreSQL's geometric types in the plane, and what is asked of them. A value is held as the
// bytes of PostgreSQL's binary form: numbers of double precision, the highest byte first.
//
// As in PostgreSQL, coordinates are the same when they are less than a millionth apart, in most questions but not in all.
package geo

import (
	"encoding/binary"
	"math"
)

// epsilon is the difference of numbers that count as the same.
const epsilon = 1e-6

func isZero(a float64) bool     { return math.Abs(a) <= epsilon }
func same(a, b float64) bool    { return a == b || math.Abs(a-b) <= epsilon }
func less(a, b float64) bool    { return a+epsilon < b }
func atMost(a, b float64) bool  { return a <= b+epsilon }
func more(a, b float64) bool    { return a > b+epsilon }
func atLeast(a, b float64) bool { return a+epsilon >= b }

// Point is a value of point.
type Point struct{ X, Y float64 }

// Line is the points for which Ax + By + C is 0.
type Line struct{ A, B, C float64 }

// Segment is a value of lseg.
type Segment struct{ From, To Point }

// Box is a rectangle by two of its corners: High has the greater coordinates.
type Box struct{ High, Low Point }

// Circle is a value of circle.
type Circle struct {
	Center Point
	Radius float64
}

// Points is a list of points in their binary form.
type Points []byte

// Path is a value of path.
type Path struct {
	Closed bool
	Points Points
}

// Polygon is a value of polygon.
type Polygon struct{ Points Points }

// Stop tells a function that takes more than a moment for many points to give up; what it returns then is nothing.
type Stop func() bool

const pointBytes = 16

func float(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

// NumberAt returns number i of a value's binary form.
func NumberAt(b []byte, i int) float64 { return float(b[8*i:]) }

func appendFloat(dst []byte, x float64) []byte {
	bits := math.Float64bits(x)
	if x != x {
		bits = 0x7ff8000000000000 // the one NaN of PostgreSQL
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

// Len returns how many points there are.
func (p Points) Len() int { return len(p) / pointBytes }

// At returns point i.
func (p Points) At(i int) Point { return PointOf(p[i*pointBytes:]) }

// edge returns the segment from the point before point i, which is the last one for the first, to it.
func (p Points) edge(i int) Segment {
	before := i - 1
	if i == 0 {
		before = p.Len() - 1
	}
	return Segment{p.At(before), p.At(i)}
}

// PointOf reads a point.
func PointOf(b []byte) Point { return Point{float(b), float(b[8:])} }

// Append appends the binary form.
func (p Point) Append(dst []byte) []byte { return appendFloat(appendFloat(dst, p.X), p.Y) }

// LineOf reads a line.
func LineOf(b []byte) Line { return Line{float(b), float(b[8:]), float(b[16:])} }

// Append appends the binary form.
func (l Line) Append(dst []byte) []byte {
	return appendFloat(appendFloat(appendFloat(dst, l.A), l.B), l.C)
}

// SegmentOf reads a segment.
func SegmentOf(b []byte) Segment { return Segment{PointOf(b), PointOf(b[16:])} }

// Append appends the binary form.
func (s Segment) Append(dst []byte) []byte { return s.To.Append(s.From.Append(dst)) }

// BoxOf reads a box.
func BoxOf(b []byte) Box { return Box{PointOf(b), PointOf(b[16:])} }

// Append appends the binary form.
func (b Box) Append(dst []byte) []byte { return b.Low.Append(b.High.Append(dst)) }

// NewBox returns the box with two opposite corners.
func NewBox(p, q Point) (b Box) {
	b.High.X, b.Low.X = ordered(p.X, q.X)
	b.High.Y, b.Low.Y = ordered(p.Y, q.Y)
	return b
}

// ordered returns the larger number first; NaN is larger than all others.
func ordered(a, b float64) (high, low float64) {
	if lessNaN(a, b) {
		return b, a
	}
	return a, b
}

// CircleOf reads a circle.
func CircleOf(b []byte) Circle { return Circle{PointOf(b), float(b[16:])} }

// Append appends the binary form.
func (c Circle) Append(dst []byte) []byte { return appendFloat(c.Center.Append(dst), c.Radius) }

// PathOf reads a path.
func PathOf(b []byte) Path { return Path{b[0] != 0, b[5:]} }

// Append appends the binary form.
func (p Path) Append(dst []byte) []byte {
	closed := byte(0)
	if p.Closed {
		closed = 1
	}
	return p.Points.append(append(dst, closed))
}

// PolygonOf reads a polygon.
func PolygonOf(b []byte) Polygon { return Polygon{b[4:]} }

// Append appends the binary form.
func (p Polygon) Append(dst []byte) []byte { return p.Points.append(dst) }

func (p Points) append(dst []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(p.Len())), p...)
}

// each returns the points that f makes of p.
func (p Points) each(f func(Point) Point) Points {
	out := make(Points, 0, len(p))
	for i := range p.Len() {
		out = f(p.At(i)).Append(out)
	}
	return out
}

// bounds returns the smallest box around the points.
func (p Points) bounds() Box {
	b := Box{p.At(0), p.At(0)}
	for i := 1; i < p.Len(); i++ {
		q := p.At(i)
		b.High.X, b.High.Y = math.Max(b.High.X, q.X), math.Max(b.High.Y, q.Y)
		b.Low.X, b.Low.Y = math.Min(b.Low.X, q.X), math.Min(b.Low.Y, q.Y)
	}
	return b
}

// Valid reports whether b is the binary form of a path, which begins with a byte that a polygon does not have.
func Valid(b []byte, path bool) bool {
	if path {
		if len(b) < 1 || b[0] > 1 {
			return false
		}
		b = b[1:]
	}
	return len(b) > 4 && int64(binary.BigEndian.Uint32(b))*pointBytes == int64(len(b)-4)
}
