package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has what makes of arrays one with one more dimension.

// nesting is an array whose members are arrays.
type nesting struct {
	inner vec.Dims // of the members; none while none has elements
	n     int32    // members
	empty bool     // whether one has no elements
}

// add adds a member; it reports whether its dimensions are those of the members before.
func (s *nesting) add(l vec.List) (same bool) {
	s.n++
	switch d := l.Dims(); {
	case d.N == 0:
		s.empty = true
	case s.inner.N == 0:
		s.inner = d
	case d != s.inner:
		return false
	}
	return true
}

// shape returns the shape of the array.
func (s *nesting) shape() (vec.Shape, error) {
	if s.inner.N == vec.MaxDims {
		return 0, vec.TooManyDims(vec.MaxDims + 1)
	}
	d := vec.OneDim(s.n, 1)
	for k := range s.inner.N {
		d.Add(s.inner.Len[k], s.inner.Lower[k])
	}
	return d.CheckedShape()
}

// nestArrays is ARRAY[...] of arrays. Those that are NULL count as ones without elements, which there may be only when all
// are such.
func nestArrays(c *Call) (*vec.Vector, error) {
	e := newArrayEdit(c)
	members := make([]arraySource, len(c.Args))
	for k, a := range c.Args {
		members[k] = e.elements(a)
	}
	return e.eachRow(func(i int) (err error) {
		var s nesting
		for k := range members {
			m := &members[k]
			if !s.add(m.list(i)) {
				return errMatching()
			}
			n, first := m.at(i)
			e.run(first, n)
		}
		if s.inner.N == 0 {
			return nil
		}
		if s.empty {
			return errMatching()
		}
		e.shape, err = s.shape()
		return err
	})
}

func errMatching() error {
	return sqlstate.New(sqlstate.ArrayElementError, "multidimensional arrays must have array expressions with matching dimensions")
}

// boxed returns the type of records that hold one array. Arrays of them are what there is in place of arrays of arrays.
func boxed(array types.Type) types.Type {
	return types.RecordOf("", []types.Field{{Name: "f1", Type: array}})
}

// nestBoxed makes one array of all the boxed arrays in each of n rows.
func nestBoxed(v *vec.Vector, ret types.Type, n int, check func() error) (*vec.Vector, error) {
	b := &unboxing{check: check}
	if v.Child != nil && len(v.Child.Fields) > 0 {
		b.arrays = vec.Flatten(vec.Field(v.Child, 0))
	}
	lists, valid := make([]vec.List, n), vec.NewBitmapSet(n)
	for i := range n {
		if v.IsNull(i) {
			valid.Clear(i)
			continue
		}
		var err error
		if lists[i], err = b.nest(vec.At[vec.List](v, i)); err != nil {
			return nil, err
		}
	}
	out := vec.New(ret, types.KList, lists, valid)
	if b.arrays != nil && b.arrays.Child != nil {
		out.Child = vec.Flatten(vec.Gather(b.arrays.Child, b.order)).WithType(ret.Element())
	}
	return out, nil
}

// unboxing puts the elements of boxed arrays together.
type unboxing struct {
	arrays *vec.Vector // in the boxes; nil without any
	order  []uint32    // their elements that were taken
	check  func() error
}

// nest returns the array of the arrays in a range of boxes.
func (b *unboxing) nest(boxes vec.List) (l vec.List, err error) {
	l.Off = uint32(len(b.order))
	var s nesting
	for k := boxes.Off; k < boxes.Off+boxes.Len && err == nil; k++ {
		if k&1023 == 1023 && b.check != nil {
			err = b.check()
		}
		if err == nil {
			err = b.add(&s, int(k))
		}
	}
	if err == nil && s.n > 0 {
		l.Shape, err = s.shape()
	}
	l.Len = uint32(len(b.order)) - l.Off
	return l, err
}

// add adds the array in a box.
func (b *unboxing) add(s *nesting, box int) error {
	if b.arrays == nil || b.arrays.IsNull(box) {
		return sqlstate.New(sqlstate.NullNotAllowed, "cannot accumulate null arrays")
	}
	l := vec.Values[vec.List](b.arrays)[box]
	if l.Len == 0 && s.n == 0 {
		return sqlstate.New(sqlstate.ArrayElementError, "cannot accumulate empty arrays")
	}
	if !s.add(l) || s.empty {
		return sqlstate.New(sqlstate.ArrayElementError, "cannot accumulate arrays of different dimensionality")
	}
	if len(b.order)+int(l.Len) > maxElements {
		return tooManyElements()
	}
	for k := range l.Len {
		b.order = append(b.order, l.Off+k)
	}
	return nil
}

// nestAcc is array_agg of arrays: it collects them in boxes.
type nestAcc struct {
	boxes arrayAcc
	ret   types.Type
}

func (a *nestAcc) Grow(n int)                   { a.boxes.Grow(n) }
func (a *nestAcc) CheckWith(check func() error) { a.boxes.CheckWith(check) }

func (a *nestAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0].WithLenOf(len(groups)))
	box := vec.NewRows(boxed(a.ret), v.Len, []*vec.Vector{v.WithType(a.ret)})
	return a.boxes.Update([]*vec.Vector{box}, groups)
}

func (a *nestAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.boxes.Merge(state, groups)
}

func (a *nestAcc) State(from, to int) ([]*vec.Vector, error) { return a.boxes.State(from, to) }

func (a *nestAcc) Result(from, to int) (*vec.Vector, error) {
	v, err := a.boxes.Result(from, to)
	if err != nil {
		return nil, err
	}
	return nestBoxed(v, a.ret, to-from, a.boxes.check)
}

// Bytes counts what dealing the rows out and putting the arrays together takes, too.
func (a *nestAcc) Bytes() int64 { return a.boxes.Bytes() + a.boxes.held }

func init() {
	boxes := func(args []types.Type) types.Type { return types.ArrayOf(boxed(args[0])) }
	RegisterAggregate(&Aggregate{
		Name: "array_agg", Args: []types.Type{types.Of(types.AnyArray)}, OrderSensitive: true,
		RetOf: func(args []types.Type) types.Type { return args[0] },
		State: func(args []types.Type) []types.Type { return []types.Type{boxes(args)} },
		New: func(_ []types.Type, ret types.Type) Accumulator {
			return &nestAcc{boxes: arrayAcc{valueLog: newValueLog(1), ret: types.ArrayOf(boxed(ret))}, ret: ret}
		},
	})
}
