package fn

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// Subscript returns the function of an array and n numbers, one for each dimension, that returns the element at that place;
// NULL beyond the bounds, and for arrays of another number of dimensions: a[i][j].
func Subscript(array types.Type, n int) *Scalar {
	return makeOnce("subscript", n, array, func() *Scalar {
		return &Scalar{Name: "subscript", Args: arrayAndNumbers(array, n), Ret: array.Element(), Eval: subscript}
	})
}

func arrayAndNumbers(array types.Type, n int) []types.Type {
	args := []types.Type{array}
	for range n {
		args = append(args, types.Of(types.Int32))
	}
	return args
}

func subscript(c *Call) (*vec.Vector, error) {
	array, index := c.Args[0], make([]func(int) int32, len(c.Args)-1)
	for k := range index {
		index[k] = Reader[int32](c.Args[k+1])
	}
	if array.Child == nil {
		return vec.NewNull(c.Ret, c.N), nil
	}
	lists, first := vec.Values[vec.List](array), index[0]
	idx := make([]int32, c.N)
	for i := range idx {
		idx[i] = -1
	}
	_ = c.Each(func(i int) error {
		l := lists[Row(array, i)]
		switch {
		case l.Shape == 0 && len(index) == 1:
			if k := first(i); k >= 1 && uint32(k) <= l.Len {
				idx[i] = int32(l.Off) + k - 1
			}
		default:
			if k, ok := placeOf(l, index, i); ok {
				idx[i] = int32(l.Off) + k
			}
		}
		return nil
	})
	return vec.GatherOrNull(array.Child, idx), nil
}

// placeOf returns which of an array's elements has row i's subscripts.
func placeOf(l vec.List, index []func(int) int32, i int) (at int32, ok bool) {
	d := l.Dims()
	if d.N != len(index) {
		return 0, false
	}
	for k := range d.N {
		x := int64(index[k](i)) - int64(d.Lower[k])
		if x < 0 || x >= int64(d.Len[k]) {
			return 0, false
		}
		at = at*d.Len[k] + int32(x)
	}
	return at, true
}

// Bounds of slices that are not given, which means those of the array.
const (
	NoLower = math.MinInt32
	NoUpper = math.MaxInt32
)

// Slice returns the function of an array and n pairs of numbers that returns the elements from one to the other in each
// dimension, as an array that counts from 1: a[i:j][k:l]. Dimensions without a pair are taken whole; there are no elements
// when there are more pairs than dimensions.
func Slice(array types.Type, n int) *Scalar {
	return makeOnce("slice", n, array, func() *Scalar {
		return &Scalar{Name: "slice", Args: arrayAndNumbers(array, 2*n), Ret: array, Eval: sliceArray}
	})
}

func sliceArray(c *Call) (*vec.Vector, error) {
	bounds := make([]func(int) int32, len(c.Args)-1)
	for k := range bounds {
		bounds[k] = Reader[int32](c.Args[k+1])
	}
	return cutArrays(c, func(i int, d *vec.Dims) (from, to [vec.MaxDims]int, err error) {
		for k := range d.N {
			to[k] = int(d.Len[k])
			switch {
			case len(bounds) > 2*d.N:
				to[k] = 0
			case 2*k < len(bounds):
				lower := int(d.Lower[k])
				from[k] = max(int(bounds[2*k](i))-lower, 0)
				to[k] = min(int(bounds[2*k+1](i))-lower+1, to[k])
			}
		}
		return from, to, nil
	})
}

// cutArrays keeps of each array the members from..to-1 of each dimension, which f tells, as an array that counts from 1.
func cutArrays(c *Call, f func(i int, d *vec.Dims) (from, to [vec.MaxDims]int, err error)) (*vec.Vector, error) {
	e := newArrayEdit(c)
	e.valid = c.Valid
	s := e.elements(c.Args[0])
	return e.eachRow(func(i int) error {
		if !c.Valid.Get(i) {
			return nil
		}
		d := s.list(i).Dims()
		from, to, err := f(i, &d)
		if err != nil {
			return err
		}
		return e.cut(&s, i, &d, from, to)
	})
}

// cut appends a part of row i's array, which has dimensions d.
func (e *arrayEdit) cut(s *arraySource, i int, d *vec.Dims, from, to [vec.MaxDims]int) (err error) {
	var part vec.Dims
	for k := range d.N {
		if from[k] >= to[k] {
			return nil
		}
		part.Add(int32(to[k]-from[k]), 1)
	}
	if d.N == 0 {
		return nil
	}
	_, first := s.at(i)
	e.eachRun(d, from, to, func(at, n int) { e.run(first+uint32(at), n) })
	e.shape, err = part.Shape()
	return err
}

// eachRun calls f for the runs of elements that are the members from..to-1 of each dimension.
func (e *arrayEdit) eachRun(d *vec.Dims, from, to [vec.MaxDims]int, f func(at, n int)) {
	last := d.N - 1
	at := from
	for {
		place := 0
		for k := range d.N {
			place = place*int(d.Len[k]) + at[k]
		}
		f(place, to[last]-from[last])
		k := last - 1
		for ; k >= 0; k-- {
			if at[k]++; at[k] < to[k] {
				break
			}
			at[k] = from[k]
		}
		if k < 0 {
			return
		}
	}
}
