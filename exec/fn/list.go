package fn

import (
	"fmt"
	"slices"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions of lists that DuckDB has beside PostgreSQL's functions of arrays, and their names there.

func init() {
	array, elem, n := types.Of(types.AnyArray), types.Of(types.AnyElement), types.Of(types.Int64)
	text, truth := types.Of(types.Text), types.Of(types.Bool)
	first := func(args []types.Type) types.Type { return args[0] }
	second := func(args []types.Type) types.Type { return args[1] }
	element := func(args []types.Type) types.Type { return args[0].Element() }
	list := func(names string, ret types.Type, retOf func([]types.Type) types.Type, notStrict bool, eval func(*Call) (*vec.Vector, error), args ...types.Type) {
		for _, name := range strings.Fields(names) {
			s := &Scalar{Name: name, Args: args, Ret: ret, RetOf: retOf, NotStrict: notStrict, Eval: eval}
			if name != "flatten" {
				s.Eval = oneDimension(name, eval)
			}
			RegisterScalar(s)
		}
	}
	list("list_contains list_has array_contains array_has", truth, nil, false, listContains, array, elem)
	list("list_has_any array_has_any", truth, nil, false, ofPairs(func(s *arrayPair) bool { return s.any() }), array, array)
	list("list_has_all array_has_all", truth, nil, false, ofPairs(func(s *arrayPair) bool { return s.all(1, 0) }), array, array)
	list("list_position list_indexof array_indexof", types.Of(types.Int32), nil, true, arrayPosition, array, elem)
	list("list_concat list_cat array_concat", types.Type{}, first, true, joinArrays, array, array)
	list("list_append array_push_back", types.Type{}, first, true, func(c *Call) (*vec.Vector, error) { return addElement(c, 0, 1) }, array, elem)
	list("list_prepend", types.Type{}, second, true, func(c *Call) (*vec.Vector, error) { return addElement(c, 1, 0) }, elem, array)
	list("array_push_front", types.Type{}, first, true, pushFront, array, elem)
	list("list_slice array_slice", types.Type{}, first, false, listSlice, array, n, n)
	list("list_slice array_slice", types.Type{}, first, false, listSlice, array, n, n, n)
	list("list_extract list_element array_extract", types.Type{}, element, false, listExtract, array, n)
	list("list_distinct array_distinct", types.Type{}, first, false, listDistinct, array)
	list("list_unique array_unique", n, nil, false, listUnique, array)
	list("list_reverse array_reverse", types.Type{}, first, false, listReverse, array)
	list("flatten", types.Type{}, first, false, flattenOuter, array)
	sorts := func(names string, desc bool) {
		eval := func(c *Call) (*vec.Vector, error) { return listSort(c, desc) }
		for k := range 3 {
			list(names, types.Type{}, first, false, eval, append([]types.Type{array}, []types.Type{text, text}[:k]...)...)
		}
	}
	sorts("list_sort array_sort", false)
	list("list_reverse_sort array_reverse_sort", types.Type{}, first, false, func(c *Call) (*vec.Vector, error) { return listSort(c, true) }, array)
	for k := range 3 {
		list("range", types.ArrayOf(n), nil, false, rangeList, []types.Type{n, n, n}[:k+1]...)
	}
}

// flattenOuter makes the first two dimensions of arrays one; an array of one dimension stays as it is.
func flattenOuter(c *Call) (*vec.Vector, error) {
	v := *vec.Flatten(c.Args[0].WithLenOf(c.N))
	lists := slices.Clone(vec.Values[vec.List](&v))
	for i, l := range lists {
		if l.Shape == 0 || !v.Valid.Get(i) {
			continue
		}
		d := l.Dims()
		if d.N < 2 {
			continue
		}
		flat := vec.OneDim(d.Len[0]*d.Len[1], 1)
		for k := 2; k < d.N; k++ {
			flat.Add(d.Len[k], 1)
		}
		var err error
		if lists[i].Shape, err = flat.Shape(); err != nil {
			return nil, err
		}
	}
	v.Type, v.Data = c.Ret, vec.BytesOf(lists)
	return &v, nil
}

// listContains tells whether a value that is not NULL is in a list.
func listContains(c *Call) (*vec.Vector, error) {
	array, lists := c.Args[0], vec.Values[vec.List](c.Args[0])
	return runNull(c, func(i int) (bool, bool, error) {
		l := lists[Row(array, i)]
		for k := range l.Len {
			if vec.EqualRows(array.Child, int(l.Off+k), c.Args[1], i) {
				return true, true, nil
			}
		}
		return false, true, nil
	})
}

// pushFront puts an element before those of a list that comes first.
func pushFront(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	s, one := e.elements(c.Args[0]), e.add(c.Args[1])
	return e.eachRow(func(i int) error {
		e.run(one+uint32(Row(c.Args[1], i)), 1)
		n, first := s.at(i)
		e.run(first, n)
		return nil
	})
}

// fromEnd returns a place in a list of n elements, of which a negative one counts from the end.
func fromEnd(k int64, n int) int64 {
	if k < 0 {
		return k + int64(n) + 1
	}
	return k
}

// listSlice returns the elements from one place to another, each step'th of them.
func listSlice(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	e.valid = c.Valid
	s, from, to := e.elements(c.Args[0]), Reader[int64](c.Args[1]), Reader[int64](c.Args[2])
	step := func(int) int64 { return 1 }
	if len(c.Args) > 3 {
		step = Reader[int64](c.Args[3])
	}
	return e.eachRow(func(i int) error {
		if c.Valid != nil && !c.Valid.Get(i) {
			return nil
		}
		if step(i) < 1 {
			return sqlstate.New(sqlstate.InvalidParameterValue, "the step of a slice must be positive")
		}
		n, first := s.at(i)
		last := min(fromEnd(to(i), n), int64(n))
		for k := max(fromEnd(from(i), n), 1); k <= last; k += min(step(i), int64(n)+1) {
			e.order = append(e.order, first+uint32(k-1))
		}
		return nil
	})
}

// listExtract returns the element at a place, NULL where there is none.
func listExtract(c *Call) (*vec.Vector, error) {
	array, lists, at := c.Args[0], vec.Values[vec.List](c.Args[0]), Reader[int64](c.Args[1])
	if array.Child == nil {
		return vec.NewNull(c.Ret, c.N), nil
	}
	idx := make([]int32, c.N)
	for i := range idx {
		idx[i] = -1
	}
	err := c.Each(func(i int) error {
		l := lists[Row(array, i)]
		if k := fromEnd(at(i), int(l.Len)); k >= 1 && k <= int64(l.Len) {
			idx[i] = int32(int64(l.Off) + k - 1)
		}
		return nil
	})
	return vec.GatherOrNull(array.Child, idx), err
}

// listReverse turns the order of elements around.
func listReverse(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	e.valid = c.Valid
	s := e.elements(c.Args[0])
	return e.eachRow(func(i int) error {
		if c.Valid != nil && !c.Valid.Get(i) {
			return nil
		}
		n, first := s.at(i)
		for k := n - 1; k >= 0; k-- {
			e.order = append(e.order, first+uint32(k))
		}
		return nil
	})
}

// distinctElements finds the elements of lists that are not NULL and not equal to one before.
type distinctElements struct {
	child  *vec.Vector
	hashes []uint64
	seen   map[uint64][]uint32
}

func newDistinctElements(child *vec.Vector) *distinctElements {
	d := &distinctElements{child: child, seen: map[uint64][]uint32{}}
	if child != nil {
		d.hashes = make([]uint64, child.Len)
		vec.Hash(child, d.hashes, false)
	}
	return d
}

// each calls f for the distinct elements of a list, in their order.
func (d *distinctElements) each(l vec.List, f func(at uint32)) {
	clear(d.seen)
next:
	for k := range l.Len {
		at := l.Off + k
		if d.child.IsNull(int(at)) {
			continue
		}
		h := d.hashes[at]
		for _, o := range d.seen[h] {
			if vec.EqualRows(d.child, int(o), d.child, int(at)) {
				continue next
			}
		}
		d.seen[h] = append(d.seen[h], at)
		f(at)
	}
}

// listDistinct keeps the first of equal elements, and none that is NULL.
func listDistinct(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	e.valid = c.Valid
	s := e.elements(c.Args[0])
	d := newDistinctElements(c.Args[0].Child)
	return e.eachRow(func(i int) error {
		if c.Valid != nil && !c.Valid.Get(i) {
			return nil
		}
		d.each(s.lists[Row(c.Args[0], i)], func(at uint32) { e.order = append(e.order, s.base+at) })
		return nil
	})
}

// listUnique counts the distinct elements that are not NULL.
func listUnique(c *Call) (*vec.Vector, error) {
	lists := vec.Values[vec.List](c.Args[0])
	d := newDistinctElements(c.Args[0].Child)
	return runNull(c, func(i int) (int64, bool, error) {
		n := int64(0)
		d.each(lists[Row(c.Args[0], i)], func(uint32) { n++ })
		return n, true, nil
	})
}

// listSort sorts the elements of lists, NULLs last unless the third argument says otherwise.
func listSort(c *Call, desc bool) (*vec.Vector, error) {
	e := newArrayEdit(c)
	e.valid = c.Valid
	s := e.elements(c.Args[0])
	option := func(arg, i int) string {
		if arg >= len(c.Args) {
			return ""
		}
		return strings.ToUpper(string(c.Args[arg].Bytes(i)))
	}
	return e.eachRow(func(i int) error {
		if c.Valid != nil && !c.Valid.Get(i) {
			return nil
		}
		down, nullsFirst := desc, false
		switch o := option(1, i); o {
		case "", "ASC":
		case "DESC":
			down = true
		default:
			return sqlstate.New(sqlstate.InvalidParameterValue, "the order of a list must be ASC or DESC, not \"%s\"", o)
		}
		switch o := option(2, i); o {
		case "", "NULLS LAST":
		case "NULLS FIRST":
			nullsFirst = true
		default:
			return sqlstate.New(sqlstate.InvalidParameterValue, "the order of NULLs in a list must be NULLS FIRST or NULLS LAST, not \"%s\"", o)
		}
		n, first := s.at(i)
		from := len(e.order)
		e.run(first, n)
		sortElements(e.order[from:], s, down, nullsFirst)
		return nil
	})
}

func sortElements(order []uint32, s arraySource, desc, nullsFirst bool) {
	child := s.array.Child
	slices.SortStableFunc(order, func(a, b uint32) int {
		i, j := int(a-s.base), int(b-s.base)
		switch x, y := child.IsNull(i), child.IsNull(j); {
		case x && y:
			return 0
		case x || y:
			if x == nullsFirst {
				return -1
			}
			return 1
		}
		if desc {
			return vec.CompareRows(child, j, child, i)
		}
		return vec.CompareRows(child, i, child, j)
	})
}

// rangeList returns the numbers from one up to another, which is not among them, by a step.
func rangeList(c *Call) (*vec.Vector, error) {
	from, to, step := func(int) int64 { return 0 }, Reader[int64](c.Args[0]), func(int) int64 { return 1 }
	if len(c.Args) > 1 {
		from, to = to, Reader[int64](c.Args[1])
	}
	if len(c.Args) > 2 {
		step = Reader[int64](c.Args[2])
	}
	return numberArrays(c, func(i int, out []int64) ([]int64, bool, error) {
		x, end, by := from(i), to(i), step(i)
		if by == 0 {
			return nil, false, sqlstate.New(sqlstate.InvalidParameterValue, "step size cannot equal zero")
		}
		for by > 0 && x < end || by < 0 && x > end {
			if len(out) == maxElements {
				return nil, false, tooManyElements()
			}
			out = append(out, x)
			next := x + by
			if (next > x) != (by > 0) {
				break
			}
			x = next
		}
		return out, true, nil
	})
}

// ListAggregate returns the function that computes an aggregate over the elements of a list. args are the types of the
// aggregate's arguments, of which the first are the elements; the others are the function's further arguments.
func ListAggregate(name string, a *Aggregate, args []types.Type, ret types.Type) *Scalar {
	key := fmt.Sprintf("%s of %p %v %v", name, a, args, ret)
	return makeOnce(key, len(args), args[0], func() *Scalar {
		own := append([]types.Type{types.ArrayOf(args[0])}, args[1:]...)
		return &Scalar{Name: name, Args: own, Ret: ret, Eval: oneDimension(name, func(c *Call) (*vec.Vector, error) {
			return aggregateLists(c, a, args)
		})}
	})
}

// aggregateLists aggregates the elements of all lists at once: the rows are the groups.
func aggregateLists(c *Call, a *Aggregate, args []types.Type) (*vec.Vector, error) {
	acc := a.New(args, c.Ret)
	if x, ok := acc.(Checking); ok && c.Ctx != nil {
		x.CheckWith(c.Ctx.Check)
	}
	acc.Grow(c.N)
	lists := vec.Values[vec.List](c.Args[0])
	var at, rows []uint32
	_ = c.Each(func(i int) error {
		l := lists[Row(c.Args[0], i)]
		for k := range l.Len {
			at, rows = append(at, l.Off+k), append(rows, uint32(i))
		}
		return nil
	})
	if len(at) > 0 {
		in := []*vec.Vector{vec.Gather(c.Args[0].Child, at)}
		for _, x := range c.Args[1:] {
			if x.Enc == vec.Const {
				in = append(in, x.WithLen(len(rows)))
			} else {
				in = append(in, vec.Gather(x, rows))
			}
		}
		if err := acc.Update(in, rows); err != nil {
			return nil, err
		}
	}
	v, err := acc.Result(0, c.N)
	if err != nil || c.Valid == nil {
		return v, err
	}
	out := *vec.Flatten(v)
	valid := vec.NewBitmap(c.N)
	for i := range c.N {
		if c.Valid.Get(i) && out.Valid.Get(i) {
			valid.Set(i)
		}
	}
	out.Valid = valid
	return &out, nil
}
