package fn

import (
	"math"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// This file has the functions that make arrays longer, and array_fill.

// joinArrays is array_cat: NULL counts as no array.
func joinArrays(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	a, b := e.elements(c.Args[0]), e.elements(c.Args[1])
	return e.eachRow(func(i int) (err error) {
		if a.array.IsNull(i) && b.array.IsNull(i) {
			e.valid.Clear(i)
		}
		if e.shape, err = joinedShape(a.list(i), b.list(i)); err != nil {
			return err
		}
		for _, s := range []*arraySource{&a, &b} {
			n, first := s.at(i)
			e.run(first, n)
		}
		return nil
	})
}

// joinedShape returns the shape of two arrays one after the other: of the same dimensions but for the first, or one of which
// is a member of the other's.
func joinedShape(a, b vec.List) (vec.Shape, error) {
	switch {
	case a.Len == 0:
		return b.Shape, nil
	case b.Len == 0 || a.Shape|b.Shape == 0:
		return a.Shape, nil
	}
	x, y := a.Dims(), b.Dims()
	d, part := x, y
	switch {
	case x.N == y.N:
		d.Len[0] += y.Len[0]
		for k := 1; k < x.N; k++ {
			if x.Len[k] != y.Len[k] || x.Lower[k] != y.Lower[k] {
				return 0, incompatible("Arrays with differing element dimensions are not compatible for concatenation.")
			}
		}
		return d.CheckedShape()
	case x.N == y.N-1:
		d, part = y, x
	case x.N != y.N+1:
		return 0, incompatible("Arrays of %d and %d dimensions are not compatible for concatenation.", x.N, y.N)
	}
	for k := range part.N {
		if part.Len[k] != d.Len[k+1] || part.Lower[k] != d.Lower[k+1] {
			return 0, incompatible("Arrays with differing dimensions are not compatible for concatenation.")
		}
	}
	d.Len[0]++
	return d.CheckedShape()
}

func incompatible(detail string, args ...any) error {
	return sqlstate.New(sqlstate.ArrayElementError, "cannot concatenate incompatible arrays").WithDetail(detail, args...)
}

// addElement puts the elements of two arguments, one of which has arrays, in the order of the arguments.
func addElement(c *Call, array, elem int) (*vec.Vector, error) {
	e := newArrayEdit(c)
	s, one := e.elements(c.Args[array]), e.add(c.Args[elem])
	return e.eachRow(func(i int) error {
		l := s.list(i)
		if l.Shape != 0 {
			if err := extensible(l, elem > array); err != nil {
				return err
			}
			e.shape = l.Shape
		}
		n, first := s.at(i)
		if elem < array {
			e.run(one+uint32(Row(c.Args[elem], i)), 1)
		}
		e.run(first, n)
		if elem > array {
			e.run(one+uint32(Row(c.Args[elem], i)), 1)
		}
		return nil
	})
}

// extensible returns the error of an array that cannot have one more element at its end or its beginning.
func extensible(l vec.List, atEnd bool) error {
	d := l.Dims()
	switch {
	case d.N > 1:
		return sqlstate.New(sqlstate.DataException, "argument must be empty or one-dimensional array")
	case atEnd && d.Upper(0) == math.MaxInt32, !atEnd && d.Lower[0] == math.MinInt32:
		return sqlstate.New(sqlstate.NumericOutOfRange, "integer out of range")
	}
	d.Len[0]++
	return d.Check()
}

// fillArray is array_fill: a value as often as an array of lengths says, whose subscripts begin where another array says.
func fillArray(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	elem := e.add(c.Args[0])
	return e.eachRow(func(i int) error {
		for _, a := range c.Args[1:] {
			if a.IsNull(i) {
				return sqlstate.New(sqlstate.NullNotAllowed, "dimension array or low bound array cannot be null")
			}
		}
		d, err := filledDims(c, i)
		if err != nil {
			return err
		}
		n := d.Elements()
		if n == 0 {
			return nil
		}
		if n+len(e.order) > maxElements {
			return tooManyElements()
		}
		for range n {
			e.order = append(e.order, elem+uint32(Row(c.Args[0], i)))
		}
		e.shape, err = d.Shape()
		return err
	})
}

// filledDims returns the dimensions of which array_fill's arguments tell in row i.
func filledDims(c *Call, i int) (d vec.Dims, err error) {
	wrong := sqlstate.New(sqlstate.ArrayElementError, "wrong number of array subscripts")
	var numbers [2][]int32
	for k, a := range c.Args[1:] {
		l := listAt(a, i)
		if l.NDims() > 1 {
			return d, wrong.WithDetail("Dimension array must be one dimensional.")
		}
		for at := l.Off; at < l.Off+l.Len; at++ {
			if a.Child.IsNull(int(at)) {
				return d, sqlstate.New(sqlstate.NullNotAllowed, "dimension values cannot be null")
			}
			numbers[k] = append(numbers[k], vec.At[int32](a.Child, int(at)))
		}
		if n := len(numbers[k]); k == 0 && n > vec.MaxDims {
			return d, vec.TooManyDims(n)
		}
	}
	if len(c.Args) > 2 && len(numbers[0]) != len(numbers[1]) {
		return d, wrong.WithDetail("Low bound array has different size than dimensions array.")
	}
	for k, n := range numbers[0] {
		d.Add(n, 1)
		if len(c.Args) > 2 {
			d.Lower[k] = numbers[1][k]
		}
	}
	return d, d.Check()
}
