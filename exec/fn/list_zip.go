package fn

import (
	"fmt"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// ListZip returns the function that makes a list of records of lists: the first of the first elements, and so on. It is as long as
// the longest of them, with NULLs behind the ends of the others, or, if one more argument is given and true, as the
// shortest. A list that is NULL has no elements. lists are the types of the arguments, of which there is one at least.
func ListZip(name string, lists []types.Type, truncates bool) *Scalar {
	fields := make([]types.Field, len(lists))
	for k, t := range lists {
		fields[k] = types.Field{Name: fmt.Sprintf("f%d", k+1), Type: t.Element()}
	}
	elem := types.RecordOf("", fields)
	return makeOnce(fmt.Sprintf("%s %v", name, truncates), len(lists), elem, func() *Scalar {
		args := append([]types.Type(nil), lists...)
		if truncates {
			args = append(args, types.Of(types.Bool))
		}
		return &Scalar{Name: name, Args: args, Ret: types.ArrayOf(elem), NotStrict: true, Eval: oneDimension(name, func(c *Call) (*vec.Vector, error) {
			return listZip(c, elem, len(lists))
		})}
	})
}

func listZip(c *Call, elem types.Type, n int) (*vec.Vector, error) {
	short := func(int) bool { return false }
	if len(c.Args) > n {
		truncate := c.Args[n]
		short = func(i int) bool { return !truncate.IsNull(i) && vec.Values[uint8](truncate)[Row(truncate, i)] != 0 }
	}
	out, at := make([]vec.List, c.N), make([][]int32, n)
	total := uint32(0)
	for i := range out {
		length := zippedLength(c, i, n, short(i))
		for k := range at {
			at[k] = appendPlaces(at[k], listAt(c.Args[k], i), length)
		}
		out[i] = vec.List{Off: total, Len: length}
		total += length
	}
	fields := make([]*vec.Vector, n)
	for k, a := range c.Args[:n] {
		if fields[k] = vec.NewNull(a.Type.Element(), int(total)); a.Child != nil && a.Child.Len > 0 {
			fields[k] = vec.GatherOrNull(a.Child, at[k])
		}
	}
	v := vec.New(c.Ret, types.KList, out, nil)
	v.Child = vec.NewRows(elem, int(total), fields)
	return v, nil
}

// zippedLength returns how long the list of row i becomes.
func zippedLength(c *Call, i, n int, short bool) uint32 {
	length := listAt(c.Args[0], i).Len
	for _, a := range c.Args[1:n] {
		if short {
			length = min(length, listAt(a, i).Len)
		} else {
			length = max(length, listAt(a, i).Len)
		}
	}
	return length
}

// listAt returns the list of a row, an empty one for NULL.
func listAt(v *vec.Vector, i int) vec.List {
	if v.IsNull(i) {
		return vec.List{}
	}
	return vec.Values[vec.List](v)[Row(v, i)]
}

// appendPlaces appends where the first length elements of a list are, -1 behind its end.
func appendPlaces(at []int32, l vec.List, length uint32) []int32 {
	for k := range length {
		if k < l.Len {
			at = append(at, int32(l.Off+k))
		} else {
			at = append(at, -1)
		}
	}
	return at
}
