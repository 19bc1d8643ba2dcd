package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the arrays of the numbers that set returning functions return; such functions are bound to these.

func init() {
	for _, id := range []types.ID{types.Int32, types.Int64} {
		t := types.Of(id)
		for _, args := range [][]types.Type{{t, t}, {t, t, t}} {
			RegisterScalar(&Scalar{Name: "generate_series[]", Args: args, Ret: types.ArrayOf(t), Eval: seriesArray})
		}
	}
}

// seriesArray returns the numbers from one to another by a step.
func seriesArray(c *Call) (*vec.Vector, error) {
	from, to, step := integers(c.Args[0]), integers(c.Args[1]), func(int) int64 { return 1 }
	if len(c.Args) > 2 {
		step = integers(c.Args[2])
	}
	return numberArrays(c, func(i int, out []int64) ([]int64, bool, error) {
		x, last, by := from(i), to(i), step(i)
		if by == 0 {
			return nil, false, sqlstate.New(sqlstate.InvalidParameterValue, "step size cannot equal zero")
		}
		for by > 0 && x <= last || by < 0 && x >= last {
			if len(out) == maxElements {
				return nil, false, tooManyElements()
			}
			out = append(out, x)
			next := x + by
			if (next > x) != (by > 0) { // beyond what there is
				break
			}
			x = next
		}
		return out, true, nil
	})
}

// integers reads integers of any size.
func integers(v *vec.Vector) func(i int) int64 {
	if v.Kind == types.KInt32 {
		get := Reader[int32](v)
		return func(i int) int64 { return int64(get(i)) }
	}
	return Reader[int64](v)
}

// numberArrays makes an array for each row of what f appends; a row for which it returns false is NULL.
func numberArrays(c *Call, f func(i int, out []int64) ([]int64, bool, error)) (*vec.Vector, error) {
	lists, valid := make([]vec.List, c.N), vec.NewBitmap(c.N)
	var all []int64
	err := c.Each(func(i int) error {
		from := len(all)
		out, ok, err := f(i, all)
		if err != nil {
			return err
		}
		if all = out; ok {
			valid.Set(i)
		}
		lists[i] = vec.List{Off: uint32(from), Len: uint32(len(all) - from)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	v := vec.New(c.Ret, types.KList, lists, valid)
	t := c.Ret.Element()
	if t.ID == types.Int32 {
		small := make([]int32, len(all))
		for i, x := range all {
			small[i] = int32(x)
		}
		v.Child = vec.New(t, types.KInt32, small, nil)
	} else {
		v.Child = vec.New(t, types.KInt64, all, nil)
	}
	return v, nil
}
