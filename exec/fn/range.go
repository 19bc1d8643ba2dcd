package fn

import (
	"gsql/exec/ranges"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has what functions of ranges and multiranges are built from, and the functions that make them and take them apart.

// rangeArg reads an argument of ranges or multiranges.
type rangeArg struct {
	views []vec.View
	bufs  [][]byte
	width ranges.Width
	one   bool
}

func newRangeArg(v *vec.Vector) *rangeArg {
	return &rangeArg{vec.Values[vec.View](v), v.Bufs, ranges.WidthOf(v.Type), v.Enc == vec.Const}
}

func (a *rangeArg) bytes(i int) []byte {
	if a.one {
		i = 0
	}
	return a.views[i].In(a.bufs, &a.views[i])
}

// reader makes, of an argument, a function that reads its row i. What this returns is good until it is called again.
type reader[T any] func(v *vec.Vector) func(i int) *T

// readRows makes a reader's function from one that sets a value from bytes. A constant is read once.
func readRows[T any](v *vec.Vector, set func(x *T, b []byte, w ranges.Width)) func(i int) *T {
	a, x := newRangeArg(v), new(T)
	if a.one {
		if !v.IsNull(0) {
			set(x, a.bytes(0), a.width)
		}
		return func(int) *T { return x }
	}
	return func(i int) *T {
		set(x, a.bytes(i), a.width)
		return x
	}
}

func readRange(v *vec.Vector) func(i int) *ranges.Range { return readRows(v, (*ranges.Range).Set) }

func readMulti(v *vec.Vector) func(i int) *ranges.Multi { return readRows(v, (*ranges.Multi).Set) }

// readHull reads ranges as they are, and multiranges as the range from their first bound to their last one.
func readHull(v *vec.Vector) func(i int) *ranges.Range {
	if !v.Type.IsMultirange() {
		return readRange(v)
	}
	get, r := readMulti(v), new(ranges.Range)
	return func(i int) *ranges.Range {
		get(i).SetBounds(r)
		return r
	}
}

// readPlace reads values as places of bounds.
func readPlace(v *vec.Vector) func(i int) *ranges.Bound {
	buf, at := make([]byte, 0, ranges.Decimal), new(ranges.Bound)
	set := func(i int) {
		value, _ := vec.AppendBoundValue(buf, v, i)
		*at = ranges.At(value)
	}
	if v.Enc == vec.Const {
		if !v.IsNull(0) {
			set(0)
		}
		return func(int) *ranges.Bound { return at }
	}
	return func(i int) *ranges.Bound {
		set(i)
		return at
	}
}

// rangePredicate makes a function of two arguments that tells whether test holds.
func rangePredicate[A, B any](name string, a, b types.ID, readA reader[A], readB reader[B], test func(*A, *B) bool) *Scalar {
	f := scalar(name, types.Bool, func(c *Call) (*vec.Vector, error) {
		x, y := readA(c.Args[0]), readB(c.Args[1])
		out := alloc[uint8](c, c.N)
		err := c.Each(func(i int) error {
			out[i] = b2u(test(x(i), y(i)))
			return nil
		})
		return vec.New(c.Ret, types.KBool, out, c.Valid), err
	}, a, b).fresh()
	f.Select = func(c *Call, sel, dst []uint32) ([]uint32, error) {
		x, y := readA(c.Args[0]), readB(c.Args[1])
		return selWhere(dst, sel, c.N, func(i int) bool {
			return c.Valid.Get(i) && test(x(i), y(i))
		}), nil
	}
	return f
}

// rangeResult makes Eval of a function whose results are ranges, from one that returns them.
func rangeResult(prepare func(c *Call) func(i int) (ranges.Range, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get, w := prepare(c), ranges.WidthOf(c.Ret)
		out := NewStrings(c.N, nil)
		err := c.Each(func(i int) error {
			r, err := get(i)
			if err != nil {
				return err
			}
			out.End(i, r.Append(out.Begin(), w))
			return nil
		})
		if err != nil {
			return nil, err
		}
		return out.Finish(c.Ret, c.Valid), nil
	}
}

// multiResult is rangeResult for multiranges: get appends the ranges of row i to rs, in their order.
func multiResult(prepare func(c *Call) func(i int, rs []ranges.Range) ([]ranges.Range, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get, w := prepare(c), ranges.WidthOf(c.Ret)
		out := NewStrings(c.N, nil)
		var rs []ranges.Range
		err := c.Each(func(i int) (err error) {
			if rs, err = get(i, rs[:0]); err != nil {
				return err
			}
			out.End(i, ranges.AppendMulti(out.Begin(), w, rs))
			return nil
		})
		if err != nil {
			return nil, err
		}
		return out.Finish(c.Ret, c.Valid), nil
	}
}

// Types of results that depend on those of the arguments.
func boundOf(args []types.Type) types.Type     { return args[0].RangeBound() }
func rangeTypeOf(args []types.Type) types.Type { return args[0].RangeOf() }
func multiTypeOf(args []types.Type) types.Type { return args[0].MultirangeOf() }

func init() {
	for id := types.Int4Range; id <= types.TSTZRange; id++ {
		registerConstructors(types.Of(id))
	}
	for _, id := range []types.ID{types.AnyRange, types.AnyMultirange} {
		registerBounds(id)
	}
	merge := func(c *Call) func(i int) (ranges.Range, error) {
		a, b := readRange(c.Args[0]), readRange(c.Args[1])
		return func(i int) (ranges.Range, error) { return a(i).Merge(b(i)), nil }
	}
	hull := func(c *Call) func(i int) (ranges.Range, error) {
		a := readHull(c.Args[0])
		return func(i int) (ranges.Range, error) { return *a(i), nil }
	}
	RegisterScalar(
		scalar("range_merge", 0, rangeResult(merge), types.AnyRange, types.AnyRange).retOf(rangeTypeOf),
		scalar("range_merge", 0, rangeResult(hull), types.AnyMultirange).retOf(rangeTypeOf),
		scalar("multirange", 0, multiResult(oneRange), types.AnyRange).retOf(multiTypeOf),
		scalar("unnest[]", 0, rangesOfMulti, types.AnyMultirange).
			retOf(func(args []types.Type) types.Type { return types.ArrayOf(args[0].RangeOf()) }),
	)
}

// registerBounds adds the functions that tell of the first and of the last bound of ranges or multiranges.
func registerBounds(id types.ID) {
	value := func(of func(r *ranges.Range) *ranges.Bound) func(*Call) (*vec.Vector, error) {
		return func(c *Call) (*vec.Vector, error) { return boundValues(c, of) }
	}
	test := func(holds func(r *ranges.Range) bool) func(*Call) (*vec.Vector, error) {
		return func(c *Call) (*vec.Vector, error) {
			get := readHull(c.Args[0])
			out := alloc[uint8](c, c.N)
			err := c.Each(func(i int) error {
				out[i] = b2u(holds(get(i)))
				return nil
			})
			return vec.New(c.Ret, types.KBool, out, c.Valid), err
		}
	}
	lower := func(r *ranges.Range) *ranges.Bound { return &r.Lower }
	upper := func(r *ranges.Range) *ranges.Bound { return &r.Upper }
	RegisterScalar(
		scalar("lower", 0, value(lower), id).retOf(boundOf), scalar("upper", 0, value(upper), id).retOf(boundOf),
		scalar("isempty", types.Bool, test(func(r *ranges.Range) bool { return r.Empty }), id).fresh(),
		scalar("lower_inc", types.Bool, test(func(r *ranges.Range) bool { return !r.Empty && r.Lower.Inclusive() }), id).fresh(),
		scalar("upper_inc", types.Bool, test(func(r *ranges.Range) bool { return !r.Empty && r.Upper.Inclusive() }), id).fresh(),
		scalar("lower_inf", types.Bool, test(func(r *ranges.Range) bool { return !r.Empty && r.Lower.Infinite() }), id).fresh(),
		scalar("upper_inf", types.Bool, test(func(r *ranges.Range) bool { return !r.Empty && r.Upper.Infinite() }), id).fresh(),
	)
}

// boundValues returns the values of bounds, NULL where there is none.
func boundValues(c *Call, of func(r *ranges.Range) *ranges.Bound) (*vec.Vector, error) {
	switch c.Ret.Kind() {
	case types.KInt32:
		return boundsWith(c, of, func(b *ranges.Bound) int32 { return ranges.Int32(b.Value) })
	case types.KInt64:
		return boundsWith(c, of, func(b *ranges.Bound) int64 { return ranges.Int64(b.Value) })
	}
	return boundsWith(c, of, func(b *ranges.Bound) vec.Num { return vec.NumOfKey(b.Value, int(b.Scale)) })
}

func boundsWith[T vec.Fixed](c *Call, of func(r *ranges.Range) *ranges.Bound, value func(b *ranges.Bound) T) (*vec.Vector, error) {
	get := readHull(c.Args[0])
	out, valid := make([]T, c.N), vec.NewBitmap(c.N)
	err := c.Each(func(i int) error {
		r := get(i)
		if b := of(r); !r.Empty && !b.Infinite() {
			out[i] = value(b)
			valid.Set(i)
		}
		return nil
	})
	return vec.New(c.Ret, c.Ret.Kind(), out, valid), err
}

// oneRange makes a multirange of a range.
func oneRange(c *Call) func(i int, rs []ranges.Range) ([]ranges.Range, error) {
	get := readRange(c.Args[0])
	return func(i int, rs []ranges.Range) ([]ranges.Range, error) {
		if r := get(i); !r.Empty {
			rs = append(rs, *r)
		}
		return rs, nil
	}
}

// rangesOfMulti makes arrays of the ranges in multiranges.
func rangesOfMulti(c *Call) (*vec.Vector, error) {
	get, w := readMulti(c.Args[0]), ranges.WidthOf(c.Args[0].Type)
	b := vec.NewBuilder(c.Ret)
	var buf []byte
	for i := range c.N {
		if !c.Valid.Get(i) {
			b.AppendNull()
			continue
		}
		m := get(i)
		b.AppendList(func(elems *vec.Builder) {
			for k := range m.Len() {
				r := m.At(k)
				buf = r.Append(buf[:0], w)
				elems.AppendBytes(buf)
			}
		})
	}
	return b.Finish(), nil
}

// registerConstructors adds the functions with the names of a range type and of its multirange type, and the cast of one to
// the other.
func registerConstructors(t types.Type) {
	bound, multi, name := t.RangeBound().ID, t.MultirangeOf(), t.ID.String()
	make2 := scalar(name, t.ID, makeRanges, bound, bound)
	make3 := scalar(name, t.ID, makeRanges, bound, bound, types.Text)
	make2.NotStrict, make3.NotStrict = true, true
	none := scalar(multi.ID.String(), multi.ID, multiResult(manyRanges))
	many := scalar(multi.ID.String(), multi.ID, multiResult(manyRanges), t.ID)
	many.Variadic, many.NotStrict = true, true
	RegisterScalar(make2, make3, none, scalar(multi.ID.String(), multi.ID, multiResult(oneRange), t.ID), many)
	RegisterCast(cast(t.ID, multi.ID, Explicit, multiResult(oneRange)))
}

// makeRanges makes ranges of two bounds, of which NULL is none, and perhaps a text that says which of them are in the ranges.
func makeRanges(c *Call) (*vec.Vector, error) {
	first, second := c.Args[0], c.Args[1]
	var buf1, buf2 []byte
	flags := func(int) (lower, upper bool, err error) { return true, false, nil }
	if len(c.Args) == 3 {
		flags = readFlags(c.Args[2])
	}
	return rangeResult(func(c *Call) func(i int) (ranges.Range, error) {
		return func(i int) (ranges.Range, error) {
			lowerIn, upperIn, err := flags(i)
			if err != nil {
				return ranges.Empty, err
			}
			var scale uint16
			lower, upper := ranges.NoLower, ranges.NoUpper
			if !first.IsNull(i) {
				buf1, scale = vec.AppendBoundValue(buf1[:0], first, i)
				lower = ranges.Lower(buf1, scale, lowerIn)
			}
			if !second.IsNull(i) {
				buf2, scale = vec.AppendBoundValue(buf2[:0], second, i)
				upper = ranges.Upper(buf2, scale, upperIn)
			}
			return ranges.Make(c.Ret, lower, upper)
		}
	})(c)
}

// readFlags reads texts that say which bounds are in ranges.
func readFlags(v *vec.Vector) func(i int) (lower, upper bool, err error) {
	get := Reader[[]byte](v)
	read := func(i int) (lower, upper bool, err error) {
		if v.IsNull(i) {
			return false, false, sqlstate.New(sqlstate.DataException, "range constructor flags argument must not be null")
		}
		return ranges.ParseFlags(get(i))
	}
	if v.Enc != vec.Const {
		return read
	}
	lower, upper, err := read(0)
	return func(int) (bool, bool, error) { return lower, upper, err }
}

// manyRanges makes multiranges of any number of ranges.
func manyRanges(c *Call) func(i int, rs []ranges.Range) ([]ranges.Range, error) {
	gets := make([]func(i int) *ranges.Range, len(c.Args))
	for k, a := range c.Args {
		gets[k] = readRange(a)
	}
	return func(i int, rs []ranges.Range) ([]ranges.Range, error) {
		for k, get := range gets {
			if c.Args[k].IsNull(i) {
				return nil, sqlstate.New(sqlstate.NullNotAllowed, "multirange values cannot contain null members")
			}
			rs = append(rs, *get(i))
		}
		return ranges.Normalize(rs), nil
	}
}
