package fn

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// extremeAcc is min and max of numbers: a value per group, and whether there is one.
type extremeAcc[T ordered] struct {
	vals []T
	seen []bool
	max  bool
	typ  types.Type
	kind types.Kind
}

func (a *extremeAcc[T]) Grow(n int) {
	a.vals = grown(a.vals, n)
	a.seen = grown(a.seen, n)
}

func (a *extremeAcc[T]) Bytes() int64 {
	return int64(cap(a.vals)*a.kind.Width()) + int64(cap(a.seen))
}

func (a *extremeAcc[T]) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	if v.Kind == types.KInt128 { // of a type whose values all fit in 64 bits
		v = narrowed128(v)
	}
	vals := as[T](v)[:len(groups)]
	cur, seen := a.vals, a.seen
	for i, g := range groups {
		if v.Valid != nil && v.Valid[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		x := vals[i]
		switch {
		case !seen[g]:
			seen[g] = true
			cur[g] = x
		case a.max:
			if x > cur[g] || x != x {
				cur[g] = x
			}
		case x < cur[g] || cur[g] != cur[g]: // NaN is above all numbers
			cur[g] = x
		}
	}
	return nil
}

func narrowed128(v *vec.Vector) *vec.Vector {
	out := make([]int64, v.Len)
	for i, x := range vec.Values[vec.Int128](v) {
		out[i] = int64(x.Lo)
	}
	return vec.New(v.Type, types.KInt64, out, v.Valid)
}

// as returns the values of a flat vector whose Go type is T.
func as[T ordered](v *vec.Vector) []T {
	switch any(*new(T)).(type) {
	case uint8:
		return any(vec.Values[uint8](v)).([]T)
	case int16:
		return any(vec.Values[int16](v)).([]T)
	case int32:
		return any(vec.Values[int32](v)).([]T)
	case int64:
		return any(vec.Values[int64](v)).([]T)
	case float32:
		return any(vec.Values[float32](v)).([]T)
	}
	return any(vec.Values[float64](v)).([]T)
}

func (a *extremeAcc[T]) Merge(state []*vec.Vector, groups []uint32) error {
	return a.Update(state, groups)
}

func (a *extremeAcc[T]) State(from, to int) ([]*vec.Vector, error) {
	v, err := a.Result(from, to)
	return []*vec.Vector{v}, err
}

func (a *extremeAcc[T]) Result(from, to int) (*vec.Vector, error) {
	f := flags{n: to - from}
	for i, s := range a.seen[from:to] {
		if !s {
			f.null(i)
		}
	}
	vals := append([]T(nil), a.vals[from:to]...)
	return fixedVector(a.typ, a.kind, vals, f.valid), nil
}

func fixedVector[T ordered](t types.Type, kind types.Kind, vals []T, valid vec.Bitmap) *vec.Vector {
	switch x := any(vals).(type) {
	case []uint8:
		return vec.New(t, kind, x, valid)
	case []int16:
		return vec.New(t, kind, x, valid)
	case []int32:
		return vec.New(t, kind, x, valid)
	case []int64:
		return vec.New(t, kind, x, valid)
	case []float32:
		return vec.New(t, kind, x, valid)
	case []float64:
		return vec.New(t, kind, x, valid)
	}
	panic("fn: no such kind")
}

// bestAcc is min and max of all other types, any_value, first, last, and arg_min and arg_max: the value of
// the best row per group. Which row is better, by decides; the value kept is that of args[0].
type bestAcc struct {
	by    func(cells *cells, g int, v *vec.Vector, i int) bool // nil: only the first counts
	value *cells                                               // of args[0]
	key   *cells                                               // of args[1]: arg_min and arg_max; else nil
	nulls bool                                                 // NULLs of args[0] count as rows
	last  bool                                                 // a later row is better
	typ   types.Type
}

func (a *bestAcc) Grow(n int) {
	a.value.grow(n)
	if a.key != nil {
		a.key.grow(n)
	}
}

func (a *bestAcc) Bytes() int64 {
	n := a.value.bytes()
	if a.key != nil {
		n += a.key.bytes()
	}
	return n
}

func (a *bestAcc) Update(args []*vec.Vector, groups []uint32) error {
	return a.update(args, groups, nil)
}

func (a *bestAcc) update(args []*vec.Vector, groups []uint32, has *vec.Vector) error {
	v := vec.Flatten(args[0])
	by, keep := v, a.value
	if a.key != nil {
		by, keep = vec.Flatten(args[1]), a.key
	}
	for i, g := range groups {
		if has != nil && vec.At[uint8](has, i) == 0 || by.IsNull(i) && !a.nulls || a.key != nil && v.IsNull(i) {
			continue
		}
		if keep.has(int(g)) && !a.last && (a.by == nil || !a.by(keep, int(g), by, i)) {
			continue
		}
		if a.key != nil {
			a.key.set(int(g), by, i)
		}
		a.value.set(int(g), v, i)
	}
	return nil
}

func (a *bestAcc) Merge(state []*vec.Vector, groups []uint32) error {
	last := len(state) - 1
	return a.update(state[:last], groups, vec.Flatten(state[last]))
}

func (a *bestAcc) State(from, to int) ([]*vec.Vector, error) {
	keep := a.value
	out := []*vec.Vector{a.value.vector(from, to)}
	if a.key != nil {
		out = append(out, a.key.vector(from, to))
		keep = a.key
	}
	has := results(types.Of(types.Bool), types.KBool, from, to, func(g int) (uint8, bool) { return b2u(keep.has(g)), true })
	return append(out, has), nil
}

func (a *bestAcc) Result(from, to int) (*vec.Vector, error) { return a.value.vector(from, to), nil }

func less(c *cells, g int, v *vec.Vector, i int) bool    { return c.compare(g, v, i) > 0 }
func greater(c *cells, g int, v *vec.Vector, i int) bool { return c.compare(g, v, i) < 0 }

func bestState(args []types.Type) []types.Type {
	return append(append([]types.Type(nil), args...), types.Of(types.Bool))
}

// newExtreme returns min or max for a type.
func newExtreme(max bool) func(args []types.Type, ret types.Type) Accumulator {
	return func(args []types.Type, ret types.Type) Accumulator {
		switch t := args[0]; t.Kind() {
		case types.KInt16:
			return &extremeAcc[int16]{max: max, typ: ret, kind: t.Kind()}
		case types.KInt32:
			return &extremeAcc[int32]{max: max, typ: ret, kind: t.Kind()}
		case types.KInt64:
			if t.ID != types.Numeric || t.Prec > 0 && t.Prec <= 18 {
				return &extremeAcc[int64]{max: max, typ: ret, kind: t.Kind()}
			}
		case types.KFloat32:
			return &extremeAcc[float32]{max: max, typ: ret, kind: t.Kind()}
		case types.KFloat64:
			return &extremeAcc[float64]{max: max, typ: ret, kind: t.Kind()}
		}
		by := less
		if max {
			by = greater
		}
		return &bestAcc{by: by, value: newCells(ret), typ: ret}
	}
}

// extremeState is bestState or, for numbers, the value alone.
func extremeState(args []types.Type) []types.Type {
	if _, ok := newExtreme(false)(args, args[0]).(*bestAcc); ok {
		return bestState(args)
	}
	return args
}

func sameType(args []types.Type) types.Type { return args[0] }

func init() {
	for _, id := range []types.ID{types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric,
		types.Text, types.Char, types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval,
		types.OID, types.Inet, types.XID8, types.AnyArray, types.AnyEnum} {
		args := []types.Type{types.Of(id)}
		RegisterAggregate(
			&Aggregate{Name: "min", Args: args, RetOf: sameType, State: extremeState, New: newExtreme(false)},
			&Aggregate{Name: "max", Args: args, RetOf: sameType, State: extremeState, New: newExtreme(true)},
		)
	}
	any, other := types.Of(types.AnyElement), types.Of(types.Any)
	for name, make := range map[string]func() *bestAcc{
		"any_value": func() *bestAcc { return &bestAcc{} },
		"first":     func() *bestAcc { return &bestAcc{nulls: true} },
		"last":      func() *bestAcc { return &bestAcc{nulls: true, last: true} },
	} {
		RegisterAggregate(&Aggregate{Name: name, Args: []types.Type{any}, RetOf: sameType, State: bestState, OrderSensitive: true,
			New: func(args []types.Type, ret types.Type) Accumulator {
				a := make()
				a.value, a.typ = newCells(ret), ret
				return a
			}})
	}
	for name, by := range map[string]func(*cells, int, *vec.Vector, int) bool{"arg_min": less, "arg_max": greater, "min_by": less, "max_by": greater} {
		RegisterAggregate(&Aggregate{Name: name, Args: []types.Type{any, other}, RetOf: sameType, State: bestState,
			New: func(args []types.Type, ret types.Type) Accumulator {
				return &bestAcc{by: by, value: newCells(ret), key: newCells(args[1]), typ: ret}
			}})
	}
}
