package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that tell the labels of an enumeration. Their arguments say which it is, and may be NULL.

// enumEnd returns the first or the last value of the type of the argument.
func enumEnd(last bool) func(c *Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		labels := c.Ret.Labels()
		if labels.Len() == 0 {
			return nil, sqlstate.New("55000", "enum %s contains no values", c.Ret.Base())
		}
		i := 0
		if last {
			i = labels.Len() - 1
		}
		_, code := labels.At(i)
		return vec.NewConst(c.Ret, types.KInt32, code, c.N), nil
	}
}

// enumRange returns all values, or those from one to another of which NULL is the end on its side.
func enumRange(c *Call) (*vec.Vector, error) {
	labels := c.Ret.Element().Labels()
	b := vec.NewBuilder(c.Ret)
	for i := range c.N {
		from, to := 0, labels.Len()-1
		if len(c.Args) == 2 {
			if lo := c.Args[0]; !lo.IsNull(i) {
				from = max(labels.Index(vec.At[int32](lo, i)), 0)
			}
			if hi := c.Args[1]; !hi.IsNull(i) {
				to = labels.Index(vec.At[int32](hi, i))
			}
		}
		b.AppendList(func(elems *vec.Builder) {
			for k := from; k <= to; k++ {
				_, code := labels.At(k)
				vec.Append(elems, code)
			}
		})
	}
	return b.Finish(), nil
}

// enumToText returns the labels of values. Where there are more values than labels, each label is written once.
func enumToText(c *Call) (*vec.Vector, error) {
	v := c.Args[0]
	labels := v.Type.Labels()
	if c.Ret.Prec > 0 || labels.Len() == 0 || labels.Len() > c.N {
		return toText(c)
	}
	b := vec.NewBuilder(c.Ret)
	for i := range labels.Len() {
		name, _ := labels.At(i)
		b.AppendString(name)
	}
	codes, rows := vec.Values[int32](v), make([]uint32, c.N)
	err := c.Each(func(i int) error {
		rows[i] = uint32(max(labels.Index(codes[Row(v, i)]), 0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := *vec.Gather(b.Finish(), rows)
	out.Valid = c.Valid
	return &out, nil
}

// enumFromText returns the values with labels.
func enumFromText(c *Call) (*vec.Vector, error) {
	get, labels, codes := Reader[[]byte](c.Args[0]), c.Ret.Labels(), make([]int32, c.N)
	err := c.Each(func(i int) error {
		code, ok := labels.Code(get(i))
		if !ok {
			return text.NoLabel(c.Ret, get(i))
		}
		codes[i] = code
		return nil
	})
	if err != nil {
		return nil, err
	}
	return vec.New(c.Ret, types.KInt32, codes, c.Valid), nil
}

func init() {
	one := []types.Type{types.Of(types.AnyEnum)}
	two := append(one, one...)
	array := func(args []types.Type) types.Type { return types.ArrayOf(args[0]) }
	RegisterScalar(
		&Scalar{Name: "enum_first", Args: one, RetOf: sameType, NotStrict: true, Volatility: Stable, Eval: enumEnd(false)},
		&Scalar{Name: "enum_last", Args: one, RetOf: sameType, NotStrict: true, Volatility: Stable, Eval: enumEnd(true)},
		&Scalar{Name: "enum_range", Args: one, RetOf: array, NotStrict: true, Volatility: Stable, Eval: enumRange},
		&Scalar{Name: "enum_range", Args: two, RetOf: array, NotStrict: true, Volatility: Stable, Eval: enumRange},
	)
}
