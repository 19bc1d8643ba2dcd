package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that tell of the dimensions of arrays.

func init() {
	array, n := types.Of(types.AnyArray), types.Of(types.Int32)
	about := func(name string, ret types.Type, eval func(*Call) (*vec.Vector, error), args ...types.Type) {
		RegisterScalar(&Scalar{Name: name, Args: args, Ret: ret, Eval: eval})
	}
	ofList := func(f func(l vec.List) (int32, bool)) func(*Call) (*vec.Vector, error) {
		return func(c *Call) (*vec.Vector, error) {
			lists := vec.Values[vec.List](c.Args[0])
			return runNull(c, func(i int) (int32, bool, error) {
				n, ok := f(lists[Row(c.Args[0], i)])
				return n, ok, nil
			})
		}
	}
	about("cardinality", n, ofList(func(l vec.List) (int32, bool) { return int32(l.Len), true }), array)
	about("array_ndims", n, ofList(func(l vec.List) (int32, bool) { return int32(l.NDims()), l.Len > 0 }), array)
	about("len", n, ofList(func(l vec.List) (int32, bool) { return outerLen(l), true }), array)
	about("array_length", n, ofDimension(func(n, _ int32) int32 { return n }), array, n)
	about("array_upper", n, ofDimension(func(n, lower int32) int32 { return lower + n - 1 }), array, n)
	about("array_lower", n, ofDimension(func(_, lower int32) int32 { return lower }), array, n)
	about("array_dims", types.Of(types.Text), arrayDims, array)
	numbers := types.ArrayOf(n)
	about("generate_subscripts[]", numbers, subscripts, array, n)
	about("generate_subscripts[]", numbers, subscripts, array, n, types.Of(types.Bool))
}

// outerLen returns the length of an array's first dimension.
func outerLen(l vec.List) int32 {
	n, _, _ := l.Dim(0)
	return n
}

// ofDimension is what f makes of the length and the lower bound of one of an array's dimensions; NULL when it has no such
// dimension.
func ofDimension(f func(n, lower int32) int32) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		lists, dim := vec.Values[vec.List](c.Args[0]), Reader[int32](c.Args[1])
		return runNull(c, func(i int) (int32, bool, error) {
			n, lower, ok := lists[Row(c.Args[0], i)].Dim(int(dim(i)) - 1)
			return f(n, lower), ok, nil
		})
	}
}

func arrayDims(c *Call) (*vec.Vector, error) {
	lists := vec.Values[vec.List](c.Args[0])
	return runNull(c, func(i int) ([]byte, bool, error) {
		d := lists[Row(c.Args[0], i)].Dims()
		return text.AppendDims(nil, &d), d.N > 0, nil
	})
}

// subscripts returns the numbers by which a dimension counts, in reverse if a third argument asks for it.
func subscripts(c *Call) (*vec.Vector, error) {
	lists, dim, reverse := vec.Values[vec.List](c.Args[0]), Reader[int32](c.Args[1]), func(int) bool { return false }
	if len(c.Args) > 2 {
		reverse = Reader[bool](c.Args[2])
	}
	return numberArrays(c, func(i int, out []int64) ([]int64, bool, error) {
		n, first, ok := lists[Row(c.Args[0], i)].Dim(int(dim(i)) - 1)
		if !ok {
			return out, true, nil
		}
		lower := int64(first)
		upper := lower + int64(n) - 1
		for k := lower; k <= upper; k++ {
			if reverse(i) {
				out = append(out, upper-k+lower)
			} else {
				out = append(out, k)
			}
		}
		return out, true, nil
	})
}

// oneDimension is eval for arrays of at most one dimension: for functions of lists, which know no others.
func oneDimension(name string, eval func(*Call) (*vec.Vector, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		for _, a := range c.Args {
			if err := OneDimension(name, a); err != nil {
				return nil, err
			}
		}
		return eval(c)
	}
}

// OneDimension returns the error of a function of lists that is called with an array of several dimensions.
func OneDimension(name string, v *vec.Vector) error {
	if v.Kind != types.KList {
		return nil
	}
	if v.Enc == vec.Dict {
		v = v.Dict
	}
	for i, l := range vec.Values[vec.List](v) {
		if l.Shape != 0 && v.Valid.Get(i) && l.NDims() > 1 {
			return sqlstate.Unsupported("Use ARRAY(SELECT unnest(...)) for one dimension of all elements.",
				"%s is not supported for arrays of more than one dimension", name)
		}
	}
	return nil
}
