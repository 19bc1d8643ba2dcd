package fn

import (
	"fmt"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// Spread returns the function that f is when its last arguments are the elements of an array: f(x, VARIADIC array). args are
// the types of the arguments before the array, and elem that of its elements. NULL for the array is NULL, unless empty is
// set: then it is no argument.
func Spread(f *Scalar, args []types.Type, elem, ret types.Type, empty bool) *Scalar {
	key := fmt.Sprintf("%s of %p %v", f.Name, f, args)
	return makeOnce(key, len(args), elem, func() *Scalar {
		return &Scalar{Name: f.Name, Args: append(args[:len(args):len(args)], types.ArrayOf(elem)), Ret: ret, Volatility: f.Volatility,
			NotStrict: true, Eval: func(c *Call) (*vec.Vector, error) { return spreadArrays(c, f, empty) }}
	})
}

// spreadArrays calls f once for all rows whose arrays have one length.
func spreadArrays(c *Call, f *Scalar, empty bool) (*vec.Vector, error) {
	array := c.Args[len(c.Args)-1]
	lists := vec.Values[vec.List](array)
	rows := map[uint32][]uint32{} // by length
	var lengths []uint32
	place := make([]int32, c.N)
	for i := range c.N {
		place[i] = -1
		n := uint32(0)
		if !array.IsNull(i) {
			n = lists[Row(array, i)].Len
		} else if !empty {
			continue
		}
		if rows[n] == nil {
			lengths = append(lengths, n)
		}
		rows[n] = append(rows[n], uint32(i))
	}
	var results []*vec.Vector
	at := int32(0)
	for _, n := range lengths {
		v, err := spreadRows(c, f, rows[n], n)
		if err != nil {
			return nil, err
		}
		results = append(results, v)
		for _, i := range rows[n] {
			place[i] = at
			at++
		}
	}
	if len(results) == 0 {
		return vec.NewNull(c.Ret, c.N), nil
	}
	return vec.GatherOrNull(vec.Concat(results), place).WithType(c.Ret), nil
}

// spreadRows calls f for rows whose arrays have n elements.
func spreadRows(c *Call, f *Scalar, rows []uint32, n uint32) (*vec.Vector, error) {
	last := len(c.Args) - 1
	call := &Call{Ctx: c.Ctx, N: len(rows), Ret: c.Ret}
	for _, a := range c.Args[:last] {
		call.Args = append(call.Args, vec.Flatten(gatherArgument(a, rows)))
	}
	array := c.Args[last]
	lists := vec.Values[vec.List](array)
	for k := range n {
		elems := make([]uint32, len(rows))
		for j, i := range rows {
			elems[j] = lists[Row(array, int(i))].Off + k
		}
		call.Args = append(call.Args, vec.Flatten(vec.Gather(array.Child, elems)))
	}
	if !f.NotStrict {
		call.Valid = vec.NewBitmapSet(call.N)
		for _, a := range call.Args {
			for i := range call.N {
				if a.IsNull(i) {
					call.Valid.Clear(i)
				}
			}
		}
	}
	v, err := f.Eval(call)
	if err != nil {
		return nil, err
	}
	if v.Enc == vec.Const {
		v = v.WithLen(len(rows))
	}
	return vec.Flatten(v), nil
}

func gatherArgument(v *vec.Vector, rows []uint32) *vec.Vector {
	if v.Enc == vec.Const {
		return v.WithLen(len(rows))
	}
	return vec.Gather(v, rows)
}
