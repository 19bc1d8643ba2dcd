package geo

import "math"

// hypot is the length of a vector, rounded as PostgreSQL does.
func hypot(x, y float64) float64 {
	if math.IsInf(x, 0) || math.IsInf(y, 0) {
		return math.Inf(1)
	}
	if x != x || y != y {
		return math.NaN()
	}
	if x, y = math.Abs(x), math.Abs(y); x < y {
		x, y = y, x
	}
	if y == 0 {
		return x
	}
	r := y / x
	return x * math.Sqrt(1+r*r)
}

// Distance returns how far two points are apart.
func (p Point) Distance(q Point) float64 { return hypot(p.X-q.X, p.Y-q.Y) }

// slope returns the slope of the line through two points; infinity for one that goes up.
func slope(p, q Point) float64 {
	switch {
	case same(p.X, q.X):
		return math.Inf(1)
	case same(p.Y, q.Y):
		return 0
	}
	return (p.Y - q.Y) / (p.X - q.X)
}

// Slope is the slope of the line through two points.
func Slope(p, q Point) float64 { return slope(p, q) }

// crossSlope returns the slope at right angles to the line through two points.
func crossSlope(p, q Point) float64 {
	switch {
	case same(p.X, q.X):
		return 0
	case same(p.Y, q.Y):
		return math.Inf(1)
	}
	return (p.X - q.X) / (q.Y - p.Y)
}

// lineAt returns the line through a point with a slope.
func lineAt(p Point, slope float64) Line {
	switch {
	case math.IsInf(slope, 0):
		return Line{-1, 0, p.X}
	case slope == 0:
		return Line{0, -1, p.Y}
	}
	return Line{slope, -1, p.Y - slope*p.X + 0} // no -0
}

// LineThrough returns the line through two points that are not the same.
func LineThrough(p, q Point) Line { return lineAt(p, slope(p, q)) }

func (s Segment) line() Line { return LineThrough(s.From, s.To) }

// meet returns where two lines cross; false for parallel ones.
func meet(l, m Line) (p Point, ok bool) {
	if isZero(l.B) {
		l, m = m, l
	}
	if isZero(l.B) || same(m.A, l.A*(m.B/l.B)) {
		return p, false
	}
	p.X = (l.B*m.C - m.B*l.C) / (l.A*m.B - m.A*l.B)
	p.Y = -(l.A*p.X + l.C) / l.B
	return Point{p.X + 0, p.Y + 0}, true // no -0
}

// Cross returns where two lines cross; false for parallel ones.
func (l Line) Cross(m Line) (Point, bool) { return meet(l, m) }

// crossLine returns where a segment crosses a line.
func (s Segment) crossLine(l Line) (p Point, ok bool) {
	p, ok = meet(s.line(), l)
	if !ok || !s.Contains(p) {
		return p, false
	}
	switch {
	case s.From.Same(p):
		p = s.From
	case s.To.Same(p):
		p = s.To
	}
	return p, true
}

// Cross returns where two segments cross.
func (s Segment) Cross(t Segment) (p Point, ok bool) {
	p, ok = s.crossLine(t.line())
	return p, ok && t.Contains(p)
}

// Closest returns the point of the line that is closest to p, and its distance, NaN where there is none.
func (l Line) Closest(p Point) (q Point, d float64) {
	across := math.Inf(1)
	switch {
	case isZero(l.A):
	case isZero(l.B):
		across = 0
	default:
		across = l.B / l.A
	}
	q, ok := meet(lineAt(p, across), l)
	if !ok {
		return p, math.NaN()
	}
	return q, q.Distance(p)
}

// closestToLine returns the point of the segment that is closest to a line.
func (s Segment) closestToLine(l Line) (p Point, d float64) {
	if p, ok := s.crossLine(l); ok {
		return p, 0
	}
	_, from := l.Closest(s.From)
	_, to := l.Closest(s.To)
	if from < to {
		return s.From, from
	}
	return s.To, to
}

// ClosestToLine returns the point of the segment that is closest to a line; false where they are parallel.
func (s Segment) ClosestToLine(l Line) (p Point, ok bool) {
	own, other := slope(s.From, s.To), math.Inf(1)
	switch {
	case isZero(l.A):
		other = 0
	case !isZero(l.B):
		other = l.A / -l.B
	}
	p, d := s.closestToLine(l)
	return p, own != other && d == d
}

// LineDistance returns how far two lines are apart.
func (l Line) LineDistance(m Line) float64 {
	if _, ok := meet(l, m); ok {
		return 0
	}
	ratio := 1.0
	switch {
	case !isZero(l.A) && !isZero(m.A):
		ratio = l.A / m.A
	case !isZero(l.B) && !isZero(m.B):
		ratio = l.B / m.B
	}
	return math.Abs(l.C-ratio*m.C) / hypot(l.A, l.B)
}

// LineDistance returns how far a line is away.
func (s Segment) LineDistance(l Line) float64 {
	_, d := s.closestToLine(l)
	return d
}

// Closest returns the point of the segment that is closest to p, and its distance.
func (s Segment) Closest(p Point) (q Point, d float64) {
	q, _ = s.closestToLine(lineAt(p, crossSlope(s.From, s.To)))
	return q, q.Distance(p)
}

// ClosestTo returns the point of the segment that is closest to another one, and its distance.
func (s Segment) ClosestTo(t Segment) (p Point, d float64) {
	if p, ok := s.Cross(t); ok {
		return p, 0
	}
	p, d = s.Closest(t.From)
	if q, e := s.Closest(t.To); lessNaN(e, d) {
		p, d = q, e
	}
	for _, end := range [...]Point{s.From, s.To} {
		if _, e := t.Closest(end); lessNaN(e, d) {
			p, d = end, e
		}
	}
	return p, d
}

// lessNaN is < with NaN above all numbers.
func lessNaN(a, b float64) bool { return a < b || b != b && a == a }

// Closest returns the point of the box that is closest to p, and its distance.
func (b Box) Closest(p Point) (q Point, d float64) {
	if b.Contains(p) {
		return p, 0
	}
	sides := b.sides()
	q, d = sides[0].Closest(p)
	for _, s := range sides[1:] {
		if r, e := s.Closest(p); lessNaN(e, d) {
			q, d = r, e
		}
	}
	return q, d
}

// sides returns the four sides.
func (b Box) sides() [4]Segment {
	left, right := Point{b.Low.X, b.High.Y}, Point{b.High.X, b.Low.Y}
	return [4]Segment{{b.Low, left}, {b.High, left}, {b.Low, right}, {b.High, right}}
}

// ClosestToSegment returns the point of the box that is closest to a segment, and its distance.
func (b Box) ClosestToSegment(t Segment) (p Point, d float64) {
	if b.CrossesSegment(t) {
		p, _ = t.Closest(b.Center())
		return p, 0
	}
	sides := b.sides()
	p, d = sides[0].ClosestTo(t)
	for _, s := range sides[1:] {
		if q, e := s.ClosestTo(t); lessNaN(e, d) {
			p, d = q, e
		}
	}
	return p, d
}

// Distance returns how far a point is away.
func (p Path) Distance(q Point) (d float64) { return p.Points.distance(q, p.Closed) }

// distance returns how far a point is from the edges of a list of points.
func (p Points) distance(q Point, closed bool) (d float64) {
	first := true
	for i := range p.Len() {
		if i == 0 && !closed {
			continue
		}
		if _, e := p.edge(i).Closest(q); first || lessNaN(e, d) {
			d, first = e, false
		}
	}
	return d
}

// Distance returns how far a point is away, 0 for those inside.
func (p Polygon) Distance(q Point) float64 {
	if p.Contains(q) {
		return 0
	}
	n := p.Points.Len()
	_, d := Segment{p.Points.At(0), p.Points.At(n - 1)}.Closest(q)
	if e := p.Points.distance(q, false); n > 1 && lessNaN(e, d) {
		d = e
	}
	return d
}

// edgesDistance returns how far the edges of two lists are apart; false where one has none.
func edgesDistance(p, q Points, pClosed, qClosed bool, stop Stop) (d float64, ok bool) {
	for i := range p.Len() {
		if stop() {
			return d, ok
		}
		if i == 0 && !pClosed {
			continue
		}
		for k := range q.Len() {
			if k == 0 && !qClosed {
				continue
			}
			if _, e := p.edge(i).ClosestTo(q.edge(k)); !ok || lessNaN(e, d) {
				d, ok = e, true
			}
		}
	}
	return d, ok
}

// PathDistance returns how far two paths are apart; false where one has no edge.
func (p Path) PathDistance(q Path, stop Stop) (float64, bool) {
	return edgesDistance(p.Points, q.Points, p.Closed, q.Closed, stop)
}

// PolygonDistance returns how far two polygons are apart.
func (p Polygon) PolygonDistance(q Polygon, stop Stop) float64 {
	if p.Overlaps(q, stop) {
		return 0
	}
	d, _ := edgesDistance(p.Points, q.Points, true, true, stop)
	return d
}

// Distance returns how far a point is away, 0 for those inside.
func (c Circle) Distance(p Point) float64 { return max(p.Distance(c.Center)-c.Radius, 0) }

// CircleDistance returns how far two circles are apart.
func (c Circle) CircleDistance(d Circle) float64 {
	return max(c.Center.Distance(d.Center)-(c.Radius+d.Radius), 0)
}

// Length returns the length of the segment.
func (s Segment) Length() float64 { return s.From.Distance(s.To) }

// Length returns the length of the path, for a closed one with the way back.
func (p Path) Length() (sum float64) {
	for i := range p.Points.Len() {
		if i > 0 || p.Closed {
			e := p.Points.edge(i)
			sum += e.Length()
		}
	}
	return sum
}

// Area returns the area of a closed path.
func (p Path) Area() (sum float64) {
	n := p.Points.Len()
	for i := range n {
		a, b := p.Points.At(i), p.Points.At((i+1)%n)
		sum += a.X * b.Y
		sum -= a.Y * b.X
	}
	return math.Abs(sum) / 2
}

// Center returns the middle.
func (s Segment) Center() Point { return Point{(s.From.X + s.To.X) / 2, (s.From.Y + s.To.Y) / 2} }

// Center returns the middle.
func (b Box) Center() Point { return Point{(b.High.X + b.Low.X) / 2, (b.High.Y + b.Low.Y) / 2} }

// Circle returns the circle about the mean of the points whose radius is the mean of their distances.
func (p Polygon) Circle() (c Circle) {
	n := float64(p.Points.Len())
	for i := range p.Points.Len() {
		q := p.Points.At(i)
		c.Center.X += q.X
		c.Center.Y += q.Y
	}
	c.Center.X /= n
	c.Center.Y /= n
	for i := range p.Points.Len() {
		c.Radius += p.Points.At(i).Distance(c.Center)
	}
	c.Radius /= n
	return c
}

// Circle returns the circle through the corners.
func (b Box) Circle() Circle { return Circle{b.Center(), b.Center().Distance(b.High)} }

// Box returns the square in the circle.
func (c Circle) Box() Box {
	d := c.Radius / math.Sqrt(2)
	return Box{Point{c.Center.X + d, c.Center.Y + d}, Point{c.Center.X - d, c.Center.Y - d}}
}

// Polygon returns n points of the circle.
func (c Circle) Polygon(n int) Polygon {
	out := make(Points, 0, n*pointBytes)
	step := 2 * math.Pi / float64(n)
	for i := range n {
		angle := step * float64(i)
		out = Point{c.Center.X - c.Radius*math.Cos(angle), c.Center.Y + c.Radius*math.Sin(angle)}.Append(out)
	}
	return Polygon{out}
}

// Polygon returns the corners.
func (b Box) Polygon() Polygon {
	var out Points
	for _, p := range [...]Point{b.Low, {b.Low.X, b.High.Y}, b.High, {b.High.X, b.Low.Y}} {
		out = p.Append(out)
	}
	return Polygon{out}
}

// Bounds returns the smallest box around the polygon.
func (p Polygon) Bounds() Box { return p.Points.bounds() }

// Add moves p by q.
func (p Point) Add(q Point) Point { return Point{p.X + q.X, p.Y + q.Y} }

// Sub moves p back by q.
func (p Point) Sub(q Point) Point { return Point{p.X - q.X, p.Y - q.Y} }

// Mul multiplies points as complex numbers, which turns and stretches p.
func (p Point) Mul(q Point) Point { return Point{p.X*q.X - p.Y*q.Y, p.X*q.Y + p.Y*q.X} }

// Div is the reverse of Mul; q must not be 0.
func (p Point) Div(q Point) Point {
	d := q.X*q.X + q.Y*q.Y
	return Point{(p.X*q.X + p.Y*q.Y) / d, (p.Y*q.X - p.X*q.Y) / d}
}

// Each returns the path of the points that f makes of those of p.
func (p Path) Each(f func(Point) Point) Path { return Path{p.Closed, p.Points.each(f)} }
