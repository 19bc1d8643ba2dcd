package vec

import (
	"cmp"
	"math"
	"sync"
	"sync/atomic"

	"gsql/exec/sqlstate"
)

// Limits of PostgreSQL on arrays.
const (
	MaxDims     = 6
	maxElements = 1<<27 - 1
)

// Shape says how many dimensions an array has, how long all but the first are, and from which number each counts. The
// first is as long as the number of elements makes it. 0 is one dimension that counts from 1, and the only shape of an
// array without elements. Equal shapes are one number, within a process: files have the Dims.
//
// The numbers of the most common shapes say themselves what they are. Others are numbers of entries in a table that only
// grows: a value may have been copied anywhere. What is said without the table, and that arrays which differ in their
// first dimension share a shape, leaves to it what has three dimensions or unusual bounds, so that a bound on it is
// seldom met.
type Shape uint32

const (
	shapeTable = 1 << 31             // the rest is a number of an entry
	shapeLower = 1 << 30             // one dimension; the rest is its lower bound above shapeFrom
	shapeFrom  = math.MinInt32 / 4   // the smallest lower bound that is said so
	shapesMax  = shapeChunk * chunks // entries
	shapeChunk = 1 << 10
	chunks     = 1 << 8
)

// Dims are the dimensions of an array: their lengths and lower bounds. There are none, N being 0, where there are no
// elements.
type Dims struct {
	N          int
	Len, Lower [MaxDims]int32
}

// shapes is the table of shapes. Entries are written once, before their number is known to anybody, and read without a
// lock; their Len[0] is 0.
var shapes struct {
	sync.Mutex
	numbers map[Dims]uint32
	chunks  [chunks]atomic.Pointer[[shapeChunk]Dims]
}

// OneDim returns the dimensions of an array of n elements that counts from lower.
func OneDim(n, lower int32) Dims {
	if n == 0 {
		return Dims{}
	}
	return Dims{N: 1, Len: [MaxDims]int32{n}, Lower: [MaxDims]int32{lower}}
}

// Add adds a dimension. It must not be the seventh.
func (d *Dims) Add(n, lower int32) {
	d.Len[d.N], d.Lower[d.N] = n, lower
	d.N++
}

// Upper returns the last number of a dimension.
func (d *Dims) Upper(k int) int32 { return d.Lower[k] + d.Len[k] - 1 }

// Elements returns how many elements there are.
func (d *Dims) Elements() int {
	if d.N == 0 {
		return 0
	}
	n := 1
	for _, l := range d.Len[:d.N] {
		n *= int(l)
	}
	return n
}

// Check returns the error of an array that is too large, or whose bounds are: 54000.
func (d *Dims) Check() error {
	n := int64(1)
	for _, l := range d.Len[:d.N] {
		if n *= int64(l); l < 0 || n > maxElements {
			return TooManyElements()
		}
	}
	for k, l := range d.Len[:d.N] {
		if int64(d.Lower[k])+int64(l) > math.MaxInt32 {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "array lower bound is too large: %d", d.Lower[k])
		}
	}
	return nil
}

// TooManyElements is the error of an array with more elements than there may be.
func TooManyElements() error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxElements)
}

// TooManyDims is the error of an array of n dimensions.
func TooManyDims(n int) error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, MaxDims)
}

// FromOne reports whether all dimensions count from 1.
func (d *Dims) FromOne() bool {
	for _, l := range d.Lower[:d.N] {
		if l != 1 {
			return false
		}
	}
	return true
}

// Shape returns the shape of arrays with these dimensions, none of which has length 0. It is an error of 54000 when there
// are too many shapes in the process.
func (d *Dims) Shape() (Shape, error) {
	switch {
	case d.N <= 1 && d.FromOne():
		return 0, nil
	case d.N == 1 && d.Lower[0] >= shapeFrom && d.Lower[0] < shapeFrom+shapeLower:
		return Shape(shapeLower + uint32(d.Lower[0]-shapeFrom)), nil
	case d.N == 2 && d.FromOne():
		return Shape(d.Len[1]), nil
	}
	return d.entry()
}

// CheckedShape is Shape after Check, for dimensions that somebody has stated.
func (d *Dims) CheckedShape() (Shape, error) {
	if err := d.Check(); err != nil {
		return 0, err
	}
	return d.Shape()
}

// entry returns the number of the shape in the table.
func (d *Dims) entry() (Shape, error) {
	key := *d
	key.Len[0] = 0
	for k := key.N; k < MaxDims; k++ { // what lies behind does not count
		key.Len[k], key.Lower[k] = 0, 0
	}
	shapes.Lock()
	defer shapes.Unlock()
	if n, ok := shapes.numbers[key]; ok {
		return Shape(shapeTable | n), nil
	}
	n := uint32(len(shapes.numbers))
	if n == shapesMax {
		return 0, sqlstate.New(sqlstate.ProgramLimitExceeded, "there are too many different shapes of arrays").
			WithHint("Use arrays whose subscripts begin with 1, or of fewer dimensions.")
	}
	if n == 0 {
		shapes.numbers = map[Dims]uint32{}
	}
	chunk := &shapes.chunks[n/shapeChunk]
	if chunk.Load() == nil {
		chunk.Store(new([shapeChunk]Dims))
	}
	chunk.Load()[n%shapeChunk] = key
	shapes.numbers[key] = n
	return Shape(shapeTable | n), nil
}

// NDims returns the number of dimensions.
func (l List) NDims() int {
	switch {
	case l.Len == 0:
		return 0
	case l.Shape == 0 || l.Shape&(shapeTable|shapeLower) == shapeLower:
		return 1
	case l.Shape&shapeTable == 0:
		return 2
	}
	return l.Shape.entry().N
}

// Dim returns the length and the lower bound of dimension k; ok is false when there is none.
func (l List) Dim(k int) (n, lower int32, ok bool) {
	if l.Shape == 0 {
		return int32(l.Len), 1, k == 0 && l.Len > 0
	}
	d := l.Dims()
	if k < 0 || k >= d.N {
		return 0, 0, false
	}
	return d.Len[k], d.Lower[k], true
}

// entry returns what the table has of a shape.
func (s Shape) entry() *Dims {
	n := s &^ shapeTable
	return &shapes.chunks[n/shapeChunk].Load()[n%shapeChunk]
}

// Dims returns the dimensions.
func (l List) Dims() Dims {
	switch s := l.Shape; {
	case l.Len == 0:
		return Dims{}
	case s == 0:
		return OneDim(int32(l.Len), 1)
	case s&shapeTable != 0:
		d := *s.entry()
		inner := uint32(1)
		for _, n := range d.Len[1:d.N] {
			inner *= uint32(n)
		}
		d.Len[0] = int32(l.Len / inner)
		return d
	case s&shapeLower != 0:
		return OneDim(int32(l.Len), int32(s&^shapeLower)+shapeFrom)
	default:
		return Dims{N: 2, Len: [MaxDims]int32{int32(l.Len) / int32(s), int32(s)}, Lower: [MaxDims]int32{1, 1}}
	}
}

// compareShapes orders arrays whose elements are equal as far as both have them.
func compareShapes(a, b List) int {
	if a.Len != b.Len || a.Shape == b.Shape {
		return cmp.Compare(a.Len, b.Len)
	}
	x, y := a.Dims(), b.Dims()
	c := cmp.Compare(x.N, y.N)
	for k := 0; k < x.N && c == 0; k++ {
		c = cmp.Compare(x.Len[k], y.Len[k])
	}
	for k := 0; k < x.N && c == 0; k++ {
		c = cmp.Compare(x.Lower[k], y.Lower[k])
	}
	return c
}

// Plain returns the error of an array that cannot be written to a format whose lists have no dimensions and no lower bounds.
func (l List) Plain(format string) error {
	if l.Shape == 0 {
		return nil
	}
	what := "arrays of more than one dimension"
	if l.NDims() == 1 {
		what = "arrays whose subscripts do not begin with 1"
	}
	return sqlstate.Unsupported("Write it as text or JSON: a::text, to_json(a).", "%s cannot be made lists of %s", what, format)
}

// Nesting tells where the braces of an array stand between its elements, one pair around the members of each dimension.
type Nesting struct {
	n     int
	sizes [MaxDims]int // of the members of each dimension, in elements
}

// Nesting returns that of an array's dimensions.
func (d *Dims) Nesting() (x Nesting) {
	size := 1
	for k := d.N - 1; k >= 0; k-- {
		size *= int(d.Len[k])
		x.sizes[k] = size
	}
	x.n = d.N
	return x
}

// Opens returns how many braces open in front of element k.
func (x *Nesting) Opens(k int) (n int) {
	for _, size := range x.sizes[:x.n] {
		if k%size == 0 {
			n++
		}
	}
	return n
}

// Closes returns how many braces close behind element k.
func (x *Nesting) Closes(k int) int { return x.Opens(k + 1) }
