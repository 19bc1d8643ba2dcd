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
	filled := func(args []types.Type) types.Type { return types.ArrayOf(args[0]) }
	edit("array_fill", filled, true, fillArray, elem, types.ArrayOf(n))
	edit("array_fill", filled, true, fillArray, elem, types.ArrayOf(n), types.ArrayOf(n))
}

// arrayEdit makes one array per row out of elements of other vectors.
type arrayEdit struct {
	call    *Call
	sources []*vec.Vector
	rows    uint32   // of all sources
	order   []uint32 // the elements of all arrays, as rows of the sources one after the other
	lists   []vec.List
	valid   vec.Bitmap
	shape   vec.Shape // of the array that comes next
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

// list returns the list of row i, an empty one for NULL.
func (s *arraySource) list(i int) vec.List { return listAt(s.array, i) }

// at returns the length of row i's list, 0 for NULL, and the number of its first element.
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
	if e.lists[i].Len > 0 {
		e.lists[i].Shape = e.shape
	}
	e.shape = 0
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

// eachElement calls f for every element of the arrays of s, with its number and whether it is the second argument; to
// these functions NULL equals NULL.
func (e *arrayEdit) eachElement(s arraySource, f func(i int, at uint32, same bool)) (*vec.Vector, error) {
	return e.eachRow(func(i int) error {
		if s.array.IsNull(i) {
			e.valid.Clear(i)
		}
		e.shape = s.list(i).Shape
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
	s := e.elements(c.Args[0])
	for i := range c.N {
		if s.list(i).NDims() > 1 {
			return nil, sqlstate.New(sqlstate.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
		}
	}
	return e.eachElement(s, func(_ int, at uint32, same bool) {
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

// trimArray is trim_array, which drops members of the first dimension at the end.
func trimArray(c *Call) (*vec.Vector, error) {
	drop := Reader[int32](c.Args[1])
	return cutArrays(c, func(i int, d *vec.Dims) (from, to [vec.MaxDims]int, err error) {
		for k := range d.N {
			to[k] = int(d.Len[k])
		}
		n, k := to[0], int(drop(i))
		if k < 0 || k > n {
			return from, to, sqlstate.New(sqlstate.ArrayElementError, "number of elements to trim must be between 0 and %d", n)
		}
		to[0] -= k
		return from, to, nil
	})
}
