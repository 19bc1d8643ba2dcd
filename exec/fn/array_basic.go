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

// MakeArray returns the function of n arguments of type elem that makes an array of them: ARRAY[...]. Of arrays it makes
// one of one more dimension.
func MakeArray(n int, elem types.Type) *Scalar {
	return makeOnce("array", n, elem, func() *Scalar { return newMakeArray(n, elem) })
}

func newMakeArray(n int, elem types.Type) *Scalar {
	args := make([]types.Type, n)
	for i := range args {
		args[i] = elem
	}
	if elem.ID == types.Array {
		return &Scalar{Name: "array", Args: args, Ret: elem, NotStrict: true, Eval: nestArrays}
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
