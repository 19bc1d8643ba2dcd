package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Numerics of fixed scale are integers: of 64 bits in most vectors (KInt64), of 128 in those that need it
// (KInt128). Operators on them try 64 bits for the whole batch, and when that overflows somewhere do the
// batch again in 128. Those of dynamic scale (KNum) go row by row.

func errNumericOverflow() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value overflows numeric format").
		WithDetail("A numeric has at most %d digits.", vec.MaxDigits).
		WithHint("Cast to double precision to compute with larger numbers of fewer digits.")
}

// isFixed reports whether v holds a numeric as integers of one scale.
func isFixed(v *vec.Vector) bool { return v.Kind != types.KNum }

// wideValues returns the values of a numeric of fixed scale as 128-bit integers.
func wideValues(v *vec.Vector) []vec.Int128 {
	if v.Kind == types.KInt128 {
		return vec.Values[vec.Int128](v)
	}
	src := vec.Values[int64](v)
	dst := vec.Make[vec.Int128](len(src))
	for i, x := range src {
		dst[i] = vec.Int128Of(x)
	}
	return dst
}

// nums returns the values of a numeric vector, each with its scale.
func nums(v *vec.Vector) []vec.Num {
	scale := int32(v.Type.Scale)
	switch v.Kind {
	case types.KNum:
		return vec.Values[vec.Num](v)
	case types.KInt64:
		src := vec.Values[int64](v)
		dst := vec.Make[vec.Num](len(src))
		for i, x := range src {
			dst[i] = vec.Num{Coef: vec.Int128Of(x), Scale: scale}
		}
		return dst
	}
	src := vec.Values[vec.Int128](v)
	dst := vec.Make[vec.Num](len(src))
	for i, x := range src {
		dst[i] = vec.Num{Coef: x, Scale: scale}
	}
	return dst
}

// scaled64 returns the values of a KInt64 vector times 10^k; ok is false when one overflows.
func scaled64(v *vec.Vector, k int) (x []int64, ok bool) {
	x = vec.Values[int64](v)
	if k == 0 {
		return x, true
	}
	if k > 18 {
		return nil, false
	}
	y := vec.Make[int64](len(x))
	return y, mulInt64VC(y, x, int64(vec.Pow10(k).Lo))
}

// narrow returns a vector of 64-bit integers when all rows that are not NULL fit, else of 128-bit ones.
func narrow(t types.Type, x []vec.Int128, valid vec.Bitmap) *vec.Vector {
	for i := range x {
		if !x[i].IsInt64() && valid.Get(i) {
			return vec.New(t, types.KInt128, x, valid)
		}
	}
	y := vec.Make[int64](len(x))
	for i := range x {
		y[i] = int64(x[i].Lo)
	}
	return vec.New(t, types.KInt64, y, valid)
}

// numsTo returns numerics as a vector of type t, rounding them when t has a scale.
func numsTo(x []vec.Num, t types.Type, valid vec.Bitmap) (*vec.Vector, error) {
	if t.Scale == types.DynamicScale {
		return vec.New(t, types.KNum, x, valid), nil
	}
	y := make([]vec.Int128, len(x))
	for i := range x {
		if !valid.Get(i) {
			continue
		}
		if x[i].Special != vec.NumFinite {
			return nil, errNoSpecial(x[i], t)
		}
		var ok bool
		if y[i], ok = vec.Rescale128(x[i].Coef, int(x[i].Scale), int(t.Scale)); !ok {
			return nil, errNumericOverflow()
		}
	}
	return narrow(t, y, valid), nil
}

// errNoSpecial is raised for NaN and infinities where the type is a number of fixed scale.
func errNoSpecial(x vec.Num, t types.Type) error {
	if x.Special == vec.NumNaN {
		return sqlstate.Unsupported("Cast to numeric without precision and scale.", "%s cannot hold NaN", t)
	}
	return errFieldOverflow(t).WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", t.Prec, t.Scale)
}

func errFieldOverflow(t types.Type) *sqlstate.Error {
	e := sqlstate.New(sqlstate.NumericOutOfRange, "numeric field overflow")
	if n := int(t.Prec) - int(t.Scale); n == 0 {
		return e.WithDetail("A field with precision %d, scale %d must round to an absolute value less than 1.", t.Prec, t.Scale)
	} else {
		return e.WithDetail("A field with precision %d, scale %d must round to an absolute value less than 10^%d.", t.Prec, t.Scale, n)
	}
}

// WithScale returns a numeric vector in the representation of numeric type t: dynamic, or with t's scale.
// It is how branches whose scales differ are brought together.
func WithScale(v *vec.Vector, t types.Type) (*vec.Vector, error) {
	if v.Type.Scale == t.Scale {
		return v.WithType(t), nil
	}
	if v.Enc == vec.Dict {
		d, err := WithScale(v.Dict, t)
		if err != nil {
			return nil, err
		}
		return vec.NewDict(v.Codes(), v.Valid, d), nil
	}
	w, err := numsTo(nums(v), t, v.Valid)
	if err != nil {
		return nil, err
	}
	w.Enc, w.Len = v.Enc, v.Len
	return w, nil
}

// CommonNumeric returns the numeric type that holds values of both: of a's scale when they agree, else dynamic.
func CommonNumeric(a, b types.Type) types.Type {
	if a.Scale != b.Scale {
		return types.Of(types.Numeric)
	}
	if a.Prec != b.Prec {
		a.Prec = 0
	}
	return a
}

// numericOp is a binary operator on numerics.
type numericOp struct {
	// align says that both operands are brought to the larger scale, which is the result's too. Otherwise
	// the result's scale is their sum (multiplication).
	align bool
	k64   kernel[int64]
	wide  func(a, b vec.Int128) (vec.Int128, bool)
	num   func(a, b vec.Num) (vec.Num, error)
	zero  bool // a zero on the right is an error
}

func (o numericOp) eval(c *Call) (*vec.Vector, error) {
	a, b := c.Args[0], c.Args[1]
	if c.Ret.Scale == types.DynamicScale || !isFixed(a) || !isFixed(b) {
		return evalNums(c, o.num)
	}
	ka, kb := 0, 0
	if o.align {
		ka, kb = int(c.Ret.Scale-a.Type.Scale), int(c.Ret.Scale-b.Type.Scale)
	}
	if a.Kind == types.KInt64 && b.Kind == types.KInt64 {
		x, okx := scaled64(a, ka)
		y, oky := scaled64(b, kb)
		if okx && oky {
			dst := alloc[int64](c, c.N)
			if o.run64(dst, x, y, a.Enc == vec.Const, b.Enc == vec.Const) {
				return vec.New(c.Ret, types.KInt64, dst, c.Valid), nil
			}
		}
	}
	return o.evalWide(c, ka, kb)
}

func (o numericOp) run64(dst, x, y []int64, constX, constY bool) bool {
	n := len(dst)
	switch {
	case n == 0:
		return true
	case constY && !constX:
		return o.k64.vc(dst, x[:n], y[0])
	case constX && !constY:
		return o.k64.cv(dst, x[0], y[:n])
	case constX:
		return o.k64.vv(dst, repeat(x[0], n), repeat(y[0], n))
	}
	return o.k64.vv(dst, x[:n], y[:n])
}

func (o numericOp) evalWide(c *Call, ka, kb int) (*vec.Vector, error) {
	a, b := c.Args[0], c.Args[1]
	x, y := wideValues(a), wideValues(b)
	dst := make([]vec.Int128, c.N)
	err := c.Each(func(i int) error {
		p, ok1 := vec.Rescale128(x[Row(a, i)], 0, ka)
		q, ok2 := vec.Rescale128(y[Row(b, i)], 0, kb)
		if o.zero && q.Sign() == 0 {
			return errDivisionByZero()
		}
		var ok bool
		if dst[i], ok = o.wide(p, q); !ok || !ok1 || !ok2 {
			return errNumericOverflow()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return narrow(c.Ret, dst, c.Valid), nil
}

// evalNums evaluates an operator row by row on numbers that carry their scales.
func evalNums(c *Call, f func(a, b vec.Num) (vec.Num, error)) (*vec.Vector, error) {
	a, b := c.Args[0], c.Args[1]
	x, y := nums(a), nums(b)
	dst := alloc[vec.Num](c, c.N)
	for i := range dst {
		if c.Valid != nil && !c.Valid.Get(i) {
			continue
		}
		var err error
		if dst[i], err = f(x[Row(a, i)], y[Row(b, i)]); err != nil {
			return nil, err
		}
	}
	return numsTo(dst, c.Ret, c.Valid)
}

// alignedType is the type of a sum: its scale is the larger of its operands'.
func alignedType(args []types.Type) types.Type {
	if args[0].Scale == types.DynamicScale || args[1].Scale == types.DynamicScale {
		return types.Of(types.Numeric)
	}
	return types.NumericOf(0, int(max(args[0].Scale, args[1].Scale)))
}

// maxProductScale leaves room for 18 digits before the point in products of a fixed scale.
const maxProductScale = 20

// productType is the type of a product: its scale is the sum of its operands'. When that is large, each product has
// a scale of its own, so that it can be rounded to the digits that fit.
func productType(args []types.Type) types.Type {
	scale := int(args[0].Scale) + int(args[1].Scale)
	if args[0].Scale == types.DynamicScale || args[1].Scale == types.DynamicScale || scale > maxProductScale {
		return types.Of(types.Numeric)
	}
	return types.NumericOf(0, scale)
}

// sameScale is the type of a result with the scale of the first argument.
func sameScale(args []types.Type) types.Type {
	if args[0].Scale == types.DynamicScale {
		return types.Of(types.Numeric)
	}
	return types.NumericOf(0, int(args[0].Scale))
}

// wholeType is the type of a whole number made of the first argument, which may be NaN when it is dynamic.
func wholeType(args []types.Type) types.Type {
	if args[0].Scale == types.DynamicScale {
		return types.Of(types.Numeric)
	}
	return types.NumericOf(0, 0)
}

// numericUnary makes Eval of a function that keeps the scale: f64 returns false when a value leaves 64 bits.
func numericUnary(f64 func(dst, a []int64) bool, num func(vec.Num) vec.Num) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		v := vec.Flatten(c.Args[0])
		if v.Kind == types.KInt64 {
			src := vec.Values[int64](v)
			dst := alloc[int64](c, len(src))
			if f64(dst, src) {
				return vec.New(c.Ret, types.KInt64, dst, c.Valid), nil
			}
		}
		src := nums(v)
		dst := vec.Make[vec.Num](len(src))
		for i, x := range src {
			dst[i] = num(x)
		}
		return numsTo(dst, c.Ret, c.Valid)
	}
}

func neg64(dst, a []int64) bool {
	ok := true
	for i, x := range a {
		dst[i] = -x
		if x == lowest[int64]() {
			ok = false
		}
	}
	return ok
}

func abs64(dst, a []int64) bool {
	ok := true
	for i, x := range a {
		dst[i] = max(x, -x)
		if x == lowest[int64]() {
			ok = false
		}
	}
	return ok
}

// Ways to make a whole number of q and the remainder r of a division by p > 0.
func roundUnit(q, r, p int64) int64 {
	switch {
	case r >= p-r:
		return q + 1
	case -r >= p+r:
		return q - 1
	}
	return q
}

func floorUnit(q, r, _ int64) int64 {
	if r < 0 {
		return q - 1
	}
	return q
}

func ceilUnit(q, r, _ int64) int64 {
	if r > 0 {
		return q + 1
	}
	return q
}

func truncUnit(q, _, _ int64) int64 { return q }

// numericWhole makes Eval of round, floor, ceil and trunc to a whole number.
func numericWhole(unit func(q, r, p int64) int64, num func(vec.Num) (vec.Num, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		v := c.Args[0]
		if v.Kind == types.KInt64 && v.Type.Scale <= 18 {
			p := int64(vec.Pow10(int(v.Type.Scale)).Lo)
			src := vec.Values[int64](vec.Flatten(v))
			dst := alloc[int64](c, len(src))
			for i, x := range src {
				dst[i] = unit(x/p, x%p, p)
			}
			return vec.New(c.Ret, types.KInt64, dst, c.Valid), nil
		}
		return Map1(func(_ *Call, x vec.Num) (vec.Num, error) { return num(x) })(c)
	}
}

func init() {
	num := types.Numeric
	add := numericOp{align: true, k64: addInts[int64](types.Int64), wide: vec.Add128, num: vec.AddNum}
	sub := numericOp{align: true, k64: subInts[int64](types.Int64), wide: vec.Sub128, num: vec.SubNum}
	mul := numericOp{k64: mulInt64(), wide: vec.Mul128, num: vec.MulNum}
	rem := numericOp{align: true, zero: true, k64: divInts[int64](types.Int64, true), num: vec.ModNum,
		wide: func(a, b vec.Int128) (vec.Int128, bool) {
			_, r, _ := vec.DivMod128(a, b)
			return r, true
		}}
	div := func(c *Call) (*vec.Vector, error) { return evalNums(c, vec.DivNum) }
	neg := numericUnary(neg64, vec.Num.Neg)
	abs := numericUnary(abs64, vec.Num.Abs)
	ceil := numericWhole(ceilUnit, vec.Num.Ceil)
	toScale := func(f func(vec.Num, int) (vec.Num, error)) func(*Call) (*vec.Vector, error) {
		return Map2(func(_ *Call, x vec.Num, n int32) (vec.Num, error) { return f(x, int(n)) })
	}
	RegisterScalar(
		scalar("+", num, add.eval, num, num).retOf(alignedType).fresh(),
		scalar("-", num, sub.eval, num, num).retOf(alignedType).fresh(),
		scalar("*", num, mul.eval, num, num).retOf(productType).fresh(),
		scalar("/", num, div, num, num).fresh(),
		scalar("%", num, rem.eval, num, num).retOf(alignedType).fresh(),
		scalar("mod", num, rem.eval, num, num).retOf(alignedType).fresh(),
		scalar("div", num, func(c *Call) (*vec.Vector, error) { return evalNums(c, vec.QuoNum) }, num, num),
		scalar("-", num, neg, num).retOf(sameScale).fresh(),
		scalar("+", num, func(c *Call) (*vec.Vector, error) { return c.Args[0].WithType(c.Ret), nil }, num).retOf(sameScale),
		scalar("@", num, abs, num).retOf(sameScale).fresh(),
		scalar("abs", num, abs, num).retOf(sameScale).fresh(),
		scalar("round", num, numericWhole(roundUnit, func(x vec.Num) (vec.Num, error) { return x.Round(0) }), num).retOf(wholeType),
		scalar("trunc", num, numericWhole(truncUnit, func(x vec.Num) (vec.Num, error) { return x.Trunc(0) }), num).retOf(wholeType),
		scalar("floor", num, numericWhole(floorUnit, vec.Num.Floor), num).retOf(wholeType),
		scalar("ceil", num, ceil, num).retOf(wholeType),
		scalar("ceiling", num, ceil, num).retOf(wholeType),
		scalar("round", num, toScale(vec.Num.Round), num, types.Int32),
		scalar("trunc", num, toScale(vec.Num.Trunc), num, types.Int32),
	)
}
