package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that make arrays of the elements of other arrays.

func init() {
	array, elem, n := types.Of(types.AnyArray), types.Of(types.AnyElement), types.Of(types.Int32)
	first := func(args []types.Type) types.Type { return args[0] }
	second := func(args []types.Type) types.Type { return args[1] }
	edit := func(name string, ret func([]types.Type) types.Type, notStrict bool, eval func(*Call) (*vec.Vector, error), args ...types.Type) {
		RegisterScalar(&Scalar{Name: name, Args: args, RetOf: ret, NotStrict: notStrict, Eval: eval})
	}
	for _, name := range []string{"array_cat", "||"} {
		edit(name, first, true, joinArrays, array, array)
	}
	for _, name := range []string{"array_append", "||"} {
		edit(name, first, true, func(c *Call) (*vec.Vector, error) { return addElement(c, 0, 1) }, array, elem)
	}
	for _, name := range []string{"array_prepend", "||"} {
		edit(name, second, true, func(c *Call) (*vec.Vector, error) { return addElement(c, 1, 0) }, elem, array)
	}
	edit("array_remove", first, true, removeElements, array, elem)
	edit("array_replace", first, true, replaceElements, array, elem, elem)
	edit("trim_array", first, false, trimArray, array, n)
	edit("array_fill", func(args []types.Type) types.Type { return types.ArrayOf(args[0]) }, true, fillArray, elem, types.ArrayOf(n))
}

// arrayEdit makes one array per row out of elements of other vectors.
type arrayEdit struct {
	call    *Call
	sources []*vec.Vector
	rows    uint32   // of all sources
	order   []uint32 // the elements of all arrays, as rows of the sources one after the other
	lists   []vec.List
	valid   vec.Bitmap
}

func newArrayEdit(c *Call) *arrayEdit {
	return &arrayEdit{call: c, lists: make([]vec.List, c.N), valid: vec.NewBitmapSet(c.N)}
}

// arraySource are the elements of an argument that has arrays.
type arraySource struct {
	array *vec.Vector
	lists []vec.List
	base  uint32
}

// elements makes an argument's elements available to arrays.
func (e *arrayEdit) elements(array *vec.Vector) arraySource {
	return arraySource{array, vec.Values[vec.List](array), e.add(array.Child)}
}

// add makes the rows of v available; the first has the number that is returned.
func (e *arrayEdit) add(v *vec.Vector) (base uint32) {
	base = e.rows
	if v == nil || v.Len == 0 {
		return base
	}
	if v.Enc == vec.Const {
		v = v.WithLen(1)
	}
	e.sources = append(e.sources, vec.Flatten(v))
	e.rows += uint32(v.Len)
	return base
}

// at returns the list of row i, empty for NULL, and the number of its first element.
func (s *arraySource) at(i int) (n int, first uint32) {
	if s.array.IsNull(i) {
		return 0, 0
	}
	l := s.lists[Row(s.array, i)]
	return int(l.Len), s.base + l.Off
}

// put makes row i's array of what was appended to order since the row before.
func (e *arrayEdit) put(i int) error {
	from := uint32(0)
	if i > 0 {
		from = e.lists[i-1].Off + e.lists[i-1].Len
	}
	if len(e.order) > maxElements {
		return tooManyElements()
	}
	e.lists[i] = vec.List{Off: from, Len: uint32(len(e.order)) - from}
	if i&255 == 255 && e.call.Ctx != nil && e.call.Ctx.Check != nil {
		return e.call.Ctx.Check()
	}
	return nil
}

// maxElements bounds the elements of one batch of arrays.
const maxElements = 1 << 28

func tooManyElements() error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxElements)
}

// run appends n elements from first on.
func (e *arrayEdit) run(first uint32, n int) {
	for k := range n {
		e.order = append(e.order, first+uint32(k))
	}
}

// eachRow makes the array of each row of what f appends to order for it.
func (e *arrayEdit) eachRow(f func(i int) error) (*vec.Vector, error) {
	for i := range e.call.N {
		if err := f(i); err != nil {
			return nil, err
		}
		if err := e.put(i); err != nil {
			return nil, err
		}
	}
	return e.vector(), nil
}

// vector returns the arrays.
func (e *arrayEdit) vector() *vec.Vector {
	v := vec.New(e.call.Ret, types.KList, e.lists, e.valid)
	if len(e.sources) > 0 {
		v.Child = vec.Flatten(vec.Gather(vec.Concat(e.sources), e.order))
	}
	return v
}

// joinArrays is array_cat: NULL counts as no array.
func joinArrays(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	a, b := e.elements(c.Args[0]), e.elements(c.Args[1])
	return e.eachRow(func(i int) error {
		if a.array.IsNull(i) && b.array.IsNull(i) {
			e.valid.Clear(i)
		}
		for _, s := range []*arraySource{&a, &b} {
			n, first := s.at(i)
			e.run(first, n)
		}
		return nil
	})
}

// addElement puts the elements of two arguments, one of which has arrays, in the order of the arguments.
func addElement(c *Call, array, elem int) (*vec.Vector, error) {
	e := newArrayEdit(c)
	s, one := e.elements(c.Args[array]), e.add(c.Args[elem])
	return e.eachRow(func(i int) error {
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

// eachElement calls f for every element of the arrays of s, with its number and whether it is the second argument; to
// these functions NULL equals NULL.
func (e *arrayEdit) eachElement(s arraySource, f func(i int, at uint32, same bool)) (*vec.Vector, error) {
	return e.eachRow(func(i int) error {
		if s.array.IsNull(i) {
			e.valid.Clear(i)
		}
		n, first := s.at(i)
		for k := range n {
			at := first + uint32(k)
			f(i, at, vec.EqualRows(s.array.Child, int(at-s.base), e.call.Args[1], i))
		}
		return nil
	})
}

// removeElements is array_remove.
func removeElements(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	return e.eachElement(e.elements(c.Args[0]), func(_ int, at uint32, same bool) {
		if !same {
			e.order = append(e.order, at)
		}
	})
}

// replaceElements is array_replace.
func replaceElements(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	s, by := e.elements(c.Args[0]), e.add(c.Args[2])
	return e.eachElement(s, func(i int, at uint32, same bool) {
		if same {
			at = by + uint32(Row(c.Args[2], i))
		}
		e.order = append(e.order, at)
	})
}

// trimArray is trim_array, which drops elements at the end.
func trimArray(c *Call) (*vec.Vector, error) {
	drop := Reader[int32](c.Args[1])
	return cutArrays(c, func(i, n int) (from, to int, err error) {
		k := int(drop(i))
		if k < 0 || k > n {
			return 0, 0, sqlstate.New(sqlstate.ArrayElementError, "number of elements to trim must be between 0 and %d", n)
		}
		return 0, n - k, nil
	})
}

// cutArrays keeps of each array of n elements those from..to-1, which f tells.
func cutArrays(c *Call, f func(i, n int) (from, to int, err error)) (*vec.Vector, error) {
	e := newArrayEdit(c)
	e.valid = c.Valid
	s := e.elements(c.Args[0])
	return e.eachRow(func(i int) error {
		if c.Valid != nil && !c.Valid.Get(i) {
			return nil
		}
		n, first := s.at(i)
		from, to, err := f(i, n)
		if err == nil && from < to {
			e.run(first+uint32(from), to-from)
		}
		return err
	})
}

// fillArray is array_fill for arrays of one dimension, whose length is the only element of the second argument.
func fillArray(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	elem := e.add(c.Args[0])
	dims := c.Args[1]
	return e.eachRow(func(i int) error {
		if dims.IsNull(i) {
			return sqlstate.New(sqlstate.NullNotAllowed, "dimension array or low bound array cannot be null")
		}
		l := vec.Values[vec.List](dims)[Row(dims, i)]
		if l.Len > 1 {
			return sqlstate.Unsupported("Use one-dimensional arrays.", "arrays of more than one dimension are not supported")
		}
		for k := range l.Len {
			at := int(l.Off + k)
			if dims.Child.IsNull(at) {
				return sqlstate.New(sqlstate.NullNotAllowed, "dimension values cannot be null")
			}
			n := vec.At[int32](dims.Child, at)
			if n < 0 || int(n)+len(e.order) > maxElements {
				return tooManyElements()
			}
			for range n {
				e.order = append(e.order, elem+uint32(Row(c.Args[0], i)))
			}
		}
		return nil
	})
}

// Slice returns the function of an array and two numbers that returns the elements from one to the other, counted
// from 1: a[i:j].
func Slice(array types.Type) *Scalar {
	return makeOnce("slice", 3, array, func() *Scalar {
		n := types.Of(types.Int32)
		return &Scalar{Name: "slice", Args: []types.Type{array, n, n}, Ret: array, Eval: sliceArray}
	})
}

func sliceArray(c *Call) (*vec.Vector, error) {
	from, to := Reader[int32](c.Args[1]), Reader[int32](c.Args[2])
	return cutArrays(c, func(i, n int) (int, int, error) {
		return max(int(from(i)), 1) - 1, min(int(to(i)), n), nil
	})
}
