package fn

import (
	"math"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// kindOf maps the Go types of numbers to kinds.
func kindOf[T number]() types.Kind {
	switch any(*new(T)).(type) {
	case int16:
		return types.KInt16
	case int32:
		return types.KInt32
	case int64:
		return types.KInt64
	case float32:
		return types.KFloat32
	}
	return types.KFloat64
}

// converted makes Eval of a conversion that cannot fail.
func converted[From, To number]() func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		src := vec.Values[From](vec.Flatten(c.Args[0]))
		dst := alloc[To](c, len(src))
		for i, x := range src {
			dst[i] = To(x)
		}
		return vec.New(c.Ret, kindOf[To](), dst, c.Valid), nil
	}
}

// narrowed makes Eval of a conversion to a narrower integer.
func narrowed[From, To integer](to types.ID) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		src := vec.Values[From](vec.Flatten(c.Args[0]))
		dst := alloc[To](c, len(src))
		var lost From
		for i, x := range src {
			dst[i] = To(x)
			lost |= From(To(x)) ^ x
		}
		if lost != 0 {
			err := c.Each(func(i int) error {
				if From(dst[i]) != src[i] {
					return errOutOfRange(to)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		return vec.New(c.Ret, kindOf[To](), dst, c.Valid), nil
	}
}

// floatToInt rounds half to even.
func floatToInt[From float, To integer](to types.ID) func(*Call) (*vec.Vector, error) {
	least := float64(lowest[To]())
	return Map1(func(_ *Call, x From) (To, error) {
		f := math.RoundToEven(float64(x))
		if !(f >= least && f < -least) { // NaN too
			return 0, errOutOfRange(to)
		}
		return To(f), nil
	})
}

func doubleToReal(_ *Call, x float64) (float32, error) {
	f := float32(x)
	switch {
	case isInf(f) && !isInf(x):
		return 0, errOverflow()
	case f == 0 && x != 0:
		return 0, errUnderflow()
	}
	return f, nil
}

// checkPrecision returns an error when a valid value has more digits than numeric type t allows.
func checkPrecision(x []int64, t types.Type, valid vec.Bitmap) error {
	if t.Prec == 0 || t.Prec > 18 {
		return nil
	}
	limit := int64(vec.Pow10(int(t.Prec)).Lo)
	for i, v := range x {
		if (v >= limit || v <= -limit) && valid.Get(i) {
			return errFieldOverflow(t)
		}
	}
	return nil
}

// toNumeric makes a vector of numeric type t from numerics, rounding and checking the precision.
func toNumeric(x []vec.Num, t types.Type, valid vec.Bitmap) (*vec.Vector, error) {
	if t.Prec > 0 && t.Scale >= 0 {
		limit := vec.MaxDigits
		limit = min(limit, int(t.Prec))
		for i := range x {
			if !valid.Get(i) || x[i].Special != vec.NumFinite {
				continue
			}
			c, ok := vec.Rescale128(x[i].Coef, int(x[i].Scale), int(t.Scale))
			if !ok || c.Digits() > limit {
				return nil, errFieldOverflow(t)
			}
		}
	}
	return numsTo(x, t, valid)
}

// intToNumeric converts integers of any width.
func intToNumeric(c *Call) (*vec.Vector, error) {
	v := vec.Flatten(c.Args[0])
	if c.Ret.Scale == 0 {
		x := numbers[int64](v)
		if err := checkPrecision(x, c.Ret, c.Valid); err != nil {
			return nil, err
		}
		return vec.New(c.Ret, types.KInt64, x, c.Valid), nil
	}
	w := *vec.New(types.NumericOf(0, 0), types.KInt64, numbers[int64](v), c.Valid)
	return rescaleNumeric(&w, c.Ret, c.Valid)
}

func numericToNumeric(c *Call) (*vec.Vector, error) {
	return rescaleNumeric(vec.Flatten(c.Args[0]), c.Ret, c.Valid)
}

// rescaleNumeric converts a flat numeric to another numeric type.
func rescaleNumeric(v *vec.Vector, t types.Type, valid vec.Bitmap) (*vec.Vector, error) {
	if v.Type.Scale == t.Scale && t.Prec == 0 {
		return v.WithType(t), nil
	}
	if v.Kind != types.KInt64 || t.Scale == types.DynamicScale {
		return toNumeric(nums(v), t, valid)
	}
	d := int(t.Scale) - int(v.Type.Scale)
	x, ok := vec.Values[int64](v), true
	switch {
	case d > 0:
		x, ok = scaled64(v, d)
	case d < -18:
		ok = false
	case d < 0:
		p := int64(vec.Pow10(-d).Lo)
		src := x
		x = make([]int64, len(src))
		for i, y := range src {
			x[i] = roundUnit(y/p, y%p, p)
		}
	}
	if !ok {
		return toNumeric(nums(v), t, valid)
	}
	if err := checkPrecision(x, t, valid); err != nil {
		return nil, err
	}
	return vec.New(t, types.KInt64, x, valid), nil
}

func floatToNumeric[T float](digits int) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get := Reader[T](c.Args[0])
		dst := make([]vec.Num, c.N)
		err := c.Each(func(i int) (err error) {
			dst[i], err = vec.NumFromFloat(float64(get(i)), digits)
			return err
		})
		if err != nil {
			return nil, err
		}
		return toNumeric(dst, c.Ret, c.Valid)
	}
}

func numericToInt[To integer](to types.ID) func(*Call) (*vec.Vector, error) {
	return Map1(func(_ *Call, x vec.Num) (To, error) {
		switch x.Special {
		case vec.NumNaN:
			return 0, sqlstate.Unsupported("", "cannot convert NaN to %s", to)
		case vec.NumPosInf, vec.NumNegInf:
			return 0, sqlstate.Unsupported("", "cannot convert infinity to %s", to)
		}
		v, ok := x.Int64()
		if !ok || int64(To(v)) != v {
			return 0, errOutOfRange(to)
		}
		return To(v), nil
	})
}

// numericToDouble divides where both numbers are floats exactly, which rounds once.
func numericToDouble(c *Call) (*vec.Vector, error) {
	v := vec.Flatten(c.Args[0])
	dst := alloc[float64](c, c.N)
	if s := v.Type.Scale; v.Kind == types.KInt64 && s <= 22 {
		p := math.Pow10(int(s))
		const exact = 1 << 53
		all := true
		for i, x := range vec.Values[int64](v) {
			dst[i] = float64(x) / p
			all = all && -exact <= x && x <= exact
		}
		if all {
			return vec.New(c.Ret, types.KFloat64, dst, c.Valid), nil
		}
	}
	get := numReader(v)
	_ = c.Each(func(i int) error { dst[i] = get(i).Float64(); return nil })
	return vec.New(c.Ret, types.KFloat64, dst, c.Valid), nil
}

func numericToReal(_ *Call, x vec.Num) (float32, error) {
	if x.Special != vec.NumFinite {
		return float32(x.Float64()), nil
	}
	f, err := strconv.ParseFloat(x.String(), 32)
	if err != nil || f == 0 && !x.IsZero() {
		return 0, sqlstate.New(sqlstate.NumericOutOfRange, "\"%s\" is out of range for type real", x)
	}
	return float32(f), nil
}

func errOID() error { return sqlstate.New(sqlstate.NumericOutOfRange, "OID out of range") }

// numericRet is the type of a cast to numeric without modifiers from an integer.
func numericRet([]types.Type) types.Type { return types.NumericOf(0, 0) }

// markFresh marks casts whose kernels fill memory of their own.
func markFresh(casts ...*Cast) []*Cast {
	for _, c := range casts {
		c.Scalar.Fresh = true
	}
	return casts
}

// cast returns a strict, immutable cast.
func cast(from, to types.ID, context CastContext, eval func(*Call) (*vec.Vector, error)) *Cast {
	return &Cast{From: from, To: to, Context: context, Scalar: scalar(to.String(), to, eval, from)}
}

func init() {
	const b, i2, i4, i8, f4, f8 = types.Bool, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64
	const num, oid = types.Numeric, types.OID
	toNum := func(from types.ID) *Cast {
		c := cast(from, num, Implicit, intToNumeric)
		c.Scalar.RetOf = numericRet
		return c
	}
	self := cast(num, num, Implicit, numericToNumeric)
	self.Scalar.RetOf = func(args []types.Type) types.Type { return args[0] }
	RegisterCast(markFresh(
		cast(i2, i4, Implicit, converted[int16, int32]()), cast(i2, i8, Implicit, converted[int16, int64]()),
		cast(i2, f4, Implicit, converted[int16, float32]()), cast(i2, f8, Implicit, converted[int16, float64]()),
		cast(i4, i8, Implicit, converted[int32, int64]()),
		cast(i4, f4, Implicit, converted[int32, float32]()), cast(i4, f8, Implicit, converted[int32, float64]()),
		cast(i8, f4, Implicit, converted[int64, float32]()), cast(i8, f8, Implicit, converted[int64, float64]()),
		cast(i4, i2, Assignment, narrowed[int32, int16](i2)), cast(i8, i2, Assignment, narrowed[int64, int16](i2)),
		cast(i8, i4, Assignment, narrowed[int64, int32](i4)),
		cast(num, f8, Implicit, numericToDouble),
	)...)
	RegisterCast(
		cast(f4, i2, Assignment, floatToInt[float32, int16](i2)), cast(f4, i4, Assignment, floatToInt[float32, int32](i4)),
		cast(f4, i8, Assignment, floatToInt[float32, int64](i8)), cast(f8, i2, Assignment, floatToInt[float64, int16](i2)),
		cast(f8, i4, Assignment, floatToInt[float64, int32](i4)), cast(f8, i8, Assignment, floatToInt[float64, int64](i8)),
		cast(f4, f8, Implicit, converted[float32, float64]()), cast(f8, f4, Assignment, Map1(doubleToReal)),
		toNum(i2), toNum(i4), toNum(i8), self,
		cast(f4, num, Assignment, floatToNumeric[float32](6)), cast(f8, num, Assignment, floatToNumeric[float64](15)),
		cast(num, i2, Assignment, numericToInt[int16](i2)), cast(num, i4, Assignment, numericToInt[int32](i4)),
		cast(num, i8, Assignment, numericToInt[int64](i8)),
		cast(num, f4, Implicit, Map1(numericToReal)),
		cast(b, i4, Explicit, Map1(func(_ *Call, x bool) (int32, error) { return int32(b2u(x)), nil })),
		cast(i4, b, Explicit, Map1(func(_ *Call, x int32) (bool, error) { return x != 0, nil })),
		cast(i2, oid, Implicit, Map1(func(_ *Call, x int16) (int64, error) { return int64(uint32(int32(x))), nil })),
		cast(i4, oid, Implicit, Map1(func(_ *Call, x int32) (int64, error) { return int64(uint32(x)), nil })),
		cast(i8, oid, Implicit, Map1(func(_ *Call, x int64) (int64, error) {
			if x != int64(uint32(x)) {
				return 0, errOID()
			}
			return x, nil
		})),
		cast(oid, i4, Assignment, Map1(func(_ *Call, x int64) (int32, error) { return int32(uint32(x)), nil })),
		cast(oid, i8, Assignment, Map1(func(_ *Call, x int64) (int64, error) { return x, nil })),
	)
}
