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

func (a *rangeArg) at(i int) ranges.Range { return ranges.Of(a.bytes(i), a.width) }

func (a *rangeArg) multi(i int) ranges.Multi { return ranges.MultiOf(a.bytes(i), a.width) }

// readers of the rows of an argument, made once for a batch. A constant is taken apart once.
type reader[T any] func(v *vec.Vector) func(i int) T

func readRange(v *vec.Vector) func(i int) ranges.Range {
	a := newRangeArg(v)
	if a.one && !v.IsNull(0) {
		r := a.at(0)
		return func(int) ranges.Range { return r }
	}
	return a.at
}

func readMulti(v *vec.Vector) func(i int) *ranges.Multi {
	a := newRangeArg(v)
	var m ranges.Multi
	if a.one && !v.IsNull(0) {
		m = a.multi(0)
		return func(int) *ranges.Multi { return &m }
	}
	return func(i int) *ranges.Multi {
		m = a.multi(i)
		return &m
	}
}

// readHull reads ranges as they are, and multiranges as the range from their first bound to their last one.
func readHull(v *vec.Vector) func(i int) ranges.Range {
	if !v.Type.IsMultirange() {
		return readRange(v)
	}
	get := readMulti(v)
	return func(i int) ranges.Range { return get(i).Bounds() }
}

// readPlace reads values as places of bounds; one is good until the next is read.
func readPlace(v *vec.Vector) func(i int) ranges.Bound {
	buf := make([]byte, 0, ranges.Decimal)
	if v.Enc == vec.Const && !v.IsNull(0) {
		value, _ := vec.AppendBoundValue(buf, v, 0)
		return func(int) ranges.Bound { return ranges.At(value) }
	}
	return func(i int) ranges.Bound {
		value, _ := vec.AppendBoundValue(buf, v, i)
		return ranges.At(value)
	}
}

// rangePredicate makes a function of two arguments that tells whether test holds.
func rangePredicate[A, B any](name string, a, b types.ID, readA reader[A], readB reader[B], test func(A, B) bool) *Scalar {
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
			return (c.Valid == nil || c.Valid.Get(i)) && test(x(i), y(i))
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
		return func(i int) (ranges.Range, error) { return a(i), nil }
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
	value := func(of func(r *ranges.Range) ranges.Bound) func(*Call) (*vec.Vector, error) {
		return func(c *Call) (*vec.Vector, error) { return boundValues(c, of) }
	}
	test := func(holds func(r *ranges.Range) bool) func(*Call) (*vec.Vector, error) {
		return func(c *Call) (*vec.Vector, error) {
			get := readHull(c.Args[0])
			out := alloc[uint8](c, c.N)
			err := c.Each(func(i int) error {
				r := get(i)
				out[i] = b2u(holds(&r))
				return nil
			})
			return vec.New(c.Ret, types.KBool, out, c.Valid), err
		}
	}
	lower := func(r *ranges.Range) ranges.Bound { return r.Lower }
	upper := func(r *ranges.Range) ranges.Bound { return r.Upper }
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
func boundValues(c *Call, of func(r *ranges.Range) ranges.Bound) (*vec.Vector, error) {
	get := readHull(c.Args[0])
	b := vec.NewBuilder(c.Ret)
	for i := range c.N {
		if !c.Valid.Get(i) {
			b.AppendNull()
			continue
		}
		r := get(i)
		if at := of(&r); r.Empty || at.Infinite() {
			b.AppendNull()
		} else {
			vec.AppendBound(b, at)
		}
	}
	return b.Finish(), nil
}

// oneRange makes a multirange of a range.
func oneRange(c *Call) func(i int, rs []ranges.Range) ([]ranges.Range, error) {
	get := readRange(c.Args[0])
	return func(i int, rs []ranges.Range) ([]ranges.Range, error) {
		if r := get(i); !r.Empty {
			rs = append(rs, r)
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
				buf = m.At(k).Append(buf[:0], w)
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
	flags := func(int) []byte { return []byte("[)") }
	if len(c.Args) == 3 {
		flags = Reader[[]byte](c.Args[2])
	}
	var buf1, buf2 []byte
	return rangeResult(func(c *Call) func(i int) (ranges.Range, error) {
		return func(i int) (ranges.Range, error) {
			if len(c.Args) == 3 && c.Args[2].IsNull(i) {
				return ranges.Empty, sqlstate.New(sqlstate.DataException, "range constructor flags argument must not be null")
			}
			lowerIn, upperIn, err := ranges.ParseFlags(flags(i))
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

// manyRanges makes multiranges of any number of ranges.
func manyRanges(c *Call) func(i int, rs []ranges.Range) ([]ranges.Range, error) {
	gets := make([]func(i int) ranges.Range, len(c.Args))
	for k, a := range c.Args {
		gets[k] = readRange(a)
	}
	return func(i int, rs []ranges.Range) ([]ranges.Range, error) {
		for k, get := range gets {
			if c.Args[k].IsNull(i) {
				return nil, sqlstate.New(sqlstate.NullNotAllowed, "multirange values cannot contain null members")
			}
			rs = append(rs, get(i))
		}
		return ranges.Normalize(rs), nil
	}
}
