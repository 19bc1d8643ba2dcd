package fn

import (
	"sort"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that look for elements of arrays.

func init() {
	array, elem, n := types.Of(types.AnyArray), types.Of(types.AnyElement), types.Of(types.Int32)
	about := func(name string, ret types.Type, eval func(*Call) (*vec.Vector, error), args ...types.Type) {
		RegisterScalar(&Scalar{Name: name, Args: args, Ret: ret, Eval: eval})
	}
	RegisterScalar(
		&Scalar{Name: "array_position", Args: []types.Type{array, elem}, Ret: n, NotStrict: true, Eval: arrayPosition},
		&Scalar{Name: "array_position", Args: []types.Type{array, elem, n}, Ret: n, NotStrict: true, Eval: arrayPosition},
		&Scalar{Name: "array_positions", Args: []types.Type{array, elem}, Ret: types.ArrayOf(n), NotStrict: true, Eval: arrayPositions},
	)
	about("width_bucket", n, arrayBucket, elem, array)
	about("@>", types.Of(types.Bool), ofPairs(func(s *arrayPair) bool { return s.all(1, 0) }), array, array)
	about("<@", types.Of(types.Bool), ofPairs(func(s *arrayPair) bool { return s.all(0, 1) }), array, array)
	about("&&", types.Of(types.Bool), ofPairs(func(s *arrayPair) bool { return s.any() }), array, array)
}

// hasNull reports whether one of the elements of an array is NULL.
func hasNull(elems *vec.Vector, l vec.List) bool {
	for k := l.Off; k < l.Off+l.Len; k++ {
		if elems.IsNull(int(k)) {
			return true
		}
	}
	return false
}

func errSearchDims() error {
	return sqlstate.New(sqlstate.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
}

// arrayPosition is array_position: the number of the first element that is not distinct from a value, from a place
// on.
func arrayPosition(c *Call) (*vec.Vector, error) {
	array, lists := c.Args[0], vec.Values[vec.List](c.Args[0])
	return runNull(c, func(i int) (int32, bool, error) {
		if array.IsNull(i) {
			return 0, false, nil
		}
		l := lists[Row(array, i)]
		if l.NDims() > 1 {
			return 0, false, errSearchDims()
		}
		if l.Len == 0 || c.Args[1].IsNull(i) && !hasNull(array.Child, l) {
			return 0, false, nil
		}
		_, first, _ := l.Dim(0)
		from, lower := int64(first), int64(first)
		if len(c.Args) > 2 {
			if c.Args[2].IsNull(i) {
				return 0, false, sqlstate.New(sqlstate.NullNotAllowed, "initial position must not be null")
			}
			from = max(lower, int64(vec.At[int32](c.Args[2], Row(c.Args[2], i))))
		}
		for k := from - lower; k < int64(l.Len); k++ {
			if vec.EqualRows(array.Child, int(int64(l.Off)+k), c.Args[1], i) {
				return int32(k + lower), true, nil
			}
		}
		return 0, false, nil
	})
}

// arrayPositions is array_positions: the numbers of all elements that are not distinct from a value.
func arrayPositions(c *Call) (*vec.Vector, error) {
	array, lists := c.Args[0], vec.Values[vec.List](c.Args[0])
	return numberArrays(c, func(i int, out []int64) ([]int64, bool, error) {
		if array.IsNull(i) {
			return out, false, nil
		}
		l := lists[Row(array, i)]
		if l.NDims() > 1 {
			return out, false, errSearchDims()
		}
		_, lower, _ := l.Dim(0)
		for k := range l.Len {
			if vec.EqualRows(array.Child, int(l.Off+k), c.Args[1], i) {
				out = append(out, int64(k)+int64(lower))
			}
		}
		return out, true, nil
	})
}

// arrayPair are two arrays of a row. To these operators NULL equals nothing.
type arrayPair struct {
	check  func() error
	err    error
	arrays [2]*vec.Vector
	lists  [2]vec.List
	hashes [2][]uint64     // of all elements of the arguments
	set    map[uint64]bool // hashes of the elements of the second array, when it is long
}

// longArray is from how many elements on an array is looked at by way of a table of hashes.
const longArray = 16

func ofPairs(f func(*arrayPair) bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		s := &arrayPair{arrays: [2]*vec.Vector{c.Args[0], c.Args[1]}}
		if c.Ctx != nil {
			s.check = c.Ctx.Check
		}
		a, b := vec.Values[vec.List](c.Args[0]), vec.Values[vec.List](c.Args[1])
		return runNull(c, func(i int) (bool, bool, error) {
			s.lists = [2]vec.List{a[Row(c.Args[0], i)], b[Row(c.Args[1], i)]}
			found := f(s)
			return found, true, s.err
		})
	}
}

// all reports whether every element of one array is in the other.
func (s *arrayPair) all(elems, in int) bool {
	has := s.finder(in)
	l := s.lists[elems]
	for k := range l.Len {
		if !has(elems, int(l.Off+k)) {
			return false
		}
	}
	return true
}

// any reports whether an element of the first array is in the second.
func (s *arrayPair) any() bool {
	has := s.finder(1)
	l := s.lists[0]
	for k := range l.Len {
		if has(0, int(l.Off+k)) {
			return true
		}
	}
	return false
}

// finder returns a function that reports whether an element of array from is in array in.
func (s *arrayPair) finder(in int) func(from, at int) bool {
	l, child := s.lists[in], s.arrays[in].Child
	scan := func(from, at int) bool {
		if s.arrays[from].Child.IsNull(at) {
			return false
		}
		if s.check != nil && at&255 == 255 && s.err == nil {
			s.err = s.check()
		}
		for k := range l.Len {
			if vec.EqualRows(child, int(l.Off+k), s.arrays[from].Child, at) {
				return true
			}
		}
		return false
	}
	if l.Len < longArray {
		return scan
	}
	clear(s.set)
	if s.set == nil {
		s.set = map[uint64]bool{}
	}
	hashes := s.hash(in)
	for k := range l.Len {
		s.set[hashes[l.Off+k]] = true
	}
	return func(from, at int) bool { return s.set[s.hash(from)[at]] && scan(from, at) }
}

// hash returns the hashes of all elements of an argument.
func (s *arrayPair) hash(of int) []uint64 {
	if child := s.arrays[of].Child; s.hashes[of] == nil {
		s.hashes[of] = make([]uint64, child.Len)
		vec.Hash(child, s.hashes[of], false)
	}
	return s.hashes[of]
}

// arrayBucket returns how many of an array's elements, which are in order, are not above a value.
func arrayBucket(c *Call) (*vec.Vector, error) {
	x, bounds, lists := c.Args[0], c.Args[1], vec.Values[vec.List](c.Args[1])
	return run(c, func(i int) (int32, error) {
		l := lists[Row(c.Args[1], i)]
		if l.NDims() > 1 {
			return 0, sqlstate.New(sqlstate.ArrayElementError, "thresholds must be one-dimensional array")
		}
		for k := l.Off; k < l.Off+l.Len; k++ {
			if bounds.Child.IsNull(int(k)) {
				return 0, sqlstate.New(sqlstate.NullNotAllowed, "thresholds array must not contain NULLs")
			}
		}
		n := sort.Search(int(l.Len), func(k int) bool { return vec.CompareRows(bounds.Child, int(l.Off)+k, x, Row(x, i)) > 0 })
		return int32(n), nil
	})
}
