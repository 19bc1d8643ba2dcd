package fn

import (
	"sync"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// made holds the functions that are made for types on demand, so that the same one is made once.
var made sync.Map

type madeKey struct {
	name string
	n    int
	t    types.Type
}

func makeOnce(name string, n int, t types.Type, f func() *Scalar) *Scalar {
	key := madeKey{name, n, t}
	if s, ok := made.Load(key); ok {
		return s.(*Scalar)
	}
	s, _ := made.LoadOrStore(key, f())
	return s.(*Scalar)
}

// MakeArray returns the function of n arguments of type elem that makes an array of them: ARRAY[...].
func MakeArray(n int, elem types.Type) *Scalar {
	return makeOnce("array", n, elem, func() *Scalar { return newMakeArray(n, elem) })
}

func newMakeArray(n int, elem types.Type) *Scalar {
	args := make([]types.Type, n)
	for i := range args {
		args[i] = elem
	}
	return &Scalar{Name: "array", Args: args, Ret: types.ArrayOf(elem), NotStrict: true, Eval: makeArray}
}

// makeArray interleaves its arguments: the elements of row i are at i*n to i*n+n-1 of the child.
func makeArray(c *Call) (*vec.Vector, error) {
	n := len(c.Args)
	lists := make([]vec.List, c.N)
	for i := range lists {
		lists[i] = vec.List{Off: uint32(i * n), Len: uint32(n)}
	}
	flat := make([]*vec.Vector, n)
	for j, a := range c.Args {
		if a.Enc == vec.Const {
			a = a.WithLen(c.N)
		}
		flat[j] = vec.Flatten(a)
	}
	all := vec.Concat(flat)
	order := make([]uint32, 0, c.N*n)
	for i := range c.N {
		for j := range n {
			order = append(order, uint32(j*c.N+i))
		}
	}
	v := vec.New(c.Ret, types.KList, lists, nil)
	v.Child = vec.Flatten(vec.Gather(all, order))
	return v, nil
}

// Subscript returns the function of an array and a number that returns the element with that number, from
// 1, and NULL beyond the ends: a[i].
func Subscript(array types.Type) *Scalar {
	return makeOnce("subscript", 2, array, func() *Scalar {
		return &Scalar{Name: "subscript", Args: []types.Type{array, types.Of(types.Int32)}, Ret: array.Element(), Eval: subscript}
	})
}

func subscript(c *Call) (*vec.Vector, error) {
	array, index := c.Args[0], Reader[int32](c.Args[1])
	lists := vec.Values[vec.List](array)
	idx := make([]int32, c.N)
	for i := range idx {
		idx[i] = -1
	}
	_ = c.Each(func(i int) error {
		l := lists[Row(array, i)]
		if k := index(i); k >= 1 && uint32(k) <= l.Len {
			idx[i] = int32(l.Off) + k - 1
		}
		return nil
	})
	if array.Child == nil {
		return vec.NewNull(c.Ret, c.N), nil
	}
	return vec.GatherOrNull(array.Child, idx), nil
}
