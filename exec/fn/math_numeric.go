package fn

import (
	"math"
	"math/big"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Roots, exponentials and logarithms of numerics, computed in binary floats of many more bits than a
// numeric has digits, and rounded to the scale that PostgreSQL chooses: at least 16 significant digits, by
// an estimate of where the result's first digit will be.

const (
	bigBits  = 512
	sigDigs  = 16   // NUMERIC_MIN_SIG_DIGITS
	maxScale = 1000 // NUMERIC_MAX_DISPLAY_SCALE
)

func newBig(x float64) *big.Float { return new(big.Float).SetPrec(bigBits).SetFloat64(x) }

// toBig returns a finite numeric.
func toBig(x vec.Num) *big.Float {
	f := new(big.Float).SetPrec(bigBits).SetInt(x.Coef.Big())
	if x.Scale > 0 {
		f.Quo(f, tenTo(int(x.Scale)))
	}
	return f
}

func tenTo(n int) *big.Float {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	return new(big.Float).SetPrec(bigBits).SetInt(p)
}

// fromBig rounds f to a scale, half away from zero. As in products, digits after the point that are more than a numeric
// holds are rounded off; digits before it are an error.
func fromBig(f *big.Float, scale int) (vec.Num, error) {
	if f.IsInf() || f.MantExp(nil) > 4*vec.MaxDigits {
		return vec.Num{}, errNumericOverflow()
	}
	for {
		i := scaledInt(f, scale)
		drop := len(new(big.Int).Abs(i).String()) - vec.MaxDigits
		if drop <= 0 || drop > scale {
			return vec.NumFromBig(i, scale)
		}
		scale -= drop
	}
}

// scaledInt returns f in units of 10^-scale, rounded half away from zero.
func scaledInt(f *big.Float, scale int) *big.Int {
	g := new(big.Float).SetPrec(bigBits).Mul(f, tenTo(scale))
	half := newBig(0.5)
	if g.Sign() < 0 {
		half.Neg(half)
	}
	i, _ := g.Add(g, half).Int(nil)
	return i
}

// resultScale applies PostgreSQL's rule to an estimated decimal weight and the operands' scales.
func resultScale(weight int, scales ...int32) int {
	s := sigDigs - weight
	for _, x := range scales {
		s = max(s, int(x))
	}
	return min(max(s, 0), maxScale)
}

// digits10k returns the first n digits in base 10000 of a finite number that is not 0, fewer when the rest
// is zeros, as one number, and the decimal weight of the last of them.
func digits10k(x vec.Num, n int) (digits float64, weight int) {
	c := x.Abs().Coef
	first := groupOf(c.Digits() - 1 - int(x.Scale))
	zeros := 0
	for zeros < vec.MaxDigits {
		if _, r, _ := vec.DivMod128(c, vec.Pow10(zeros+1)); r.Sign() != 0 {
			break
		}
		zeros++
	}
	weight = 4 * max(first-n+1, groupOf(zeros-int(x.Scale)))
	cut := weight + int(x.Scale)
	if cut < 0 {
		return c.Float64(0) * math.Pow10(-cut), weight
	}
	c, _, _ = vec.DivMod128(c, vec.Pow10(cut))
	return c.Float64(0), weight
}

// groupOf returns the weight in base 10000 of the digit with a power of ten.
func groupOf(power int) int { return power >> 2 }

func sqrtNum(_ *Call, x vec.Num) (vec.Num, error) {
	switch {
	case x.Special == vec.NumNaN || x.Special == vec.NumPosInf:
		return x, nil
	case x.Sign() < 0:
		return vec.Num{}, errSqrtNegative()
	}
	weight := 0
	if !x.IsZero() {
		weight = groupOf(x.Coef.Digits() - 1 - int(x.Scale))
	}
	scale := resultScale((weight+1)*4/2-1, x.Scale)
	if x.IsZero() {
		return vec.Num{Scale: int32(scale)}, nil
	}
	return fromBig(new(big.Float).SetPrec(bigBits).Sqrt(toBig(x)), scale)
}

// bigExp returns e^x for moderate x: by squaring the series of x/2^k.
func bigExp(x *big.Float) *big.Float {
	r := new(big.Float).SetPrec(bigBits + 64).Set(x)
	k := max(r.MantExp(nil)+32, 0)
	r.SetMantExp(r, -k)
	sum, term := newBig(1).SetPrec(bigBits+64), newBig(1).SetPrec(bigBits+64)
	for i := 1; i < 200; i++ {
		term.Mul(term, r)
		term.Quo(term, newBig(float64(i)))
		if term.Sign() == 0 || term.MantExp(nil) < sum.MantExp(nil)-bigBits-64 {
			break
		}
		sum.Add(sum, term)
	}
	for range k {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLn returns the logarithm of x > 0, by Halley's method on e^y from a float's precision.
func bigLn(x *big.Float) *big.Float {
	m := new(big.Float)
	exp := x.MantExp(m)
	if m.Cmp(newBig(0.7)) < 0 { // keep the mantissa near 1
		m.SetMantExp(m, 1)
		exp--
	}
	y := lnNearOne(m)
	if exp != 0 {
		y.Add(y, new(big.Float).SetPrec(bigBits).Mul(ln2(), newBig(float64(exp))))
	}
	return y
}

func ln2() *big.Float { return lnNearOne(newBig(2)) }

func lnNearOne(x *big.Float) *big.Float {
	d, _ := new(big.Float).SetPrec(bigBits).Sub(x, newBig(1)).Float64()
	if d == 0 && x.Cmp(newBig(1)) == 0 {
		return newBig(0)
	}
	y := newBig(math.Log1p(d))
	for range 4 {
		e := bigExp(y)
		up := new(big.Float).SetPrec(bigBits+64).Sub(x, e)
		down := new(big.Float).SetPrec(bigBits+64).Add(x, e)
		up.Quo(up, down)
		y = new(big.Float).SetPrec(bigBits).Add(y, up.Mul(up, newBig(2)))
	}
	return y
}

func expNum(_ *Call, x vec.Num) (vec.Num, error) {
	switch x.Special {
	case vec.NumNaN, vec.NumPosInf:
		return x, nil
	case vec.NumNegInf:
		return vec.Num{}, nil
	}
	weight := min(max(x.Float64()*0.434294481903252, -2000), 2000)
	scale := resultScale(int(weight), x.Scale)
	if weight > vec.MaxDigits+1 {
		return vec.Num{}, errNumericOverflow()
	}
	if weight <= -2000 {
		return vec.Num{Scale: int32(scale)}, nil
	}
	return fromBig(bigExp(toBig(x)), scale)
}

var pointNine, onePointOne = vec.Num{Coef: vec.Int128Of(9), Scale: 1}, vec.Num{Coef: vec.Int128Of(11), Scale: 1}

// lnWeight estimates the decimal weight of the logarithm of a positive number, as PostgreSQL does.
func lnWeight(x vec.Num) int {
	if vec.CompareNum(x, pointNine) >= 0 && vec.CompareNum(x, onePointOne) <= 0 {
		d, err := vec.SubNum(x, vec.NumOf(1)) // ln(1+d) is about d
		if err != nil || d.IsZero() {
			return 0
		}
		first, low := digits10k(d, 1)
		return low + int(math.Log10(first))
	}
	digits, low := digits10k(x, 2)
	return int(math.Log10(math.Abs(math.Log(digits) + float64(low)*2.302585092994046)))
}

func checkLog(x vec.Num) error {
	switch {
	case x.IsZero():
		return errLogZero()
	case x.Sign() < 0:
		return errLogNegative()
	}
	return nil
}

func lnNum(_ *Call, x vec.Num) (vec.Num, error) {
	if err := checkLog(x); err != nil || x.Special != vec.NumFinite {
		return x, err
	}
	return fromBig(bigLn(toBig(x)), resultScale(lnWeight(x), x.Scale))
}

func logNum(_ *Call, base, x vec.Num) (vec.Num, error) {
	if base.Special == vec.NumNaN || x.Special == vec.NumNaN {
		return vec.NumNaNValue, nil
	}
	if err := checkLog(base); err != nil {
		return x, err
	}
	if err := checkLog(x); err != nil {
		return x, err
	}
	switch {
	case base.Special == vec.NumPosInf && x.Special == vec.NumPosInf:
		return vec.NumNaNValue, nil
	case base.Special == vec.NumPosInf:
		return vec.Num{}, nil
	case x.Special == vec.NumPosInf:
		return x, nil
	}
	lb := bigLn(toBig(base))
	if lb.Sign() == 0 {
		return x, errDivisionByZero()
	}
	scale := resultScale(lnWeight(x)-lnWeight(base), base.Scale, x.Scale)
	return fromBig(new(big.Float).SetPrec(bigBits).Quo(bigLn(toBig(x)), lb), scale)
}

func log10Num(c *Call, x vec.Num) (vec.Num, error) { return logNum(c, vec.NumOf(10), x) }

// powNum returns x^y with the special cases of POSIX pow, as PostgreSQL has them.
func powNum(_ *Call, x, y vec.Num) (vec.Num, error) {
	if x.Special != vec.NumFinite || y.Special != vec.NumFinite {
		return powSpecial(x, y)
	}
	whole, err := y.Trunc(0)
	if err != nil {
		return x, err
	}
	isWhole := vec.CompareNum(whole, y) == 0
	switch {
	case x.IsZero() && y.Sign() < 0:
		return x, errZeroToNegative()
	case x.Sign() < 0 && !isWhole:
		return x, errComplexPower()
	}
	if n, ok := y.Int64(); ok && isWhole && n == int64(int32(n)) {
		return powWhole(x, int(n))
	}
	if x.IsZero() {
		return vec.Num{Scale: sigDigs}, nil
	}
	odd := false
	if isWhole && x.Sign() < 0 {
		odd = y.Coef.Big().Bit(0) == 1 // whole numbers beyond 32 bits; their scale has been checked to be idle
		x = x.Neg()
	}
	ln := new(big.Float).SetPrec(bigBits).Mul(bigLn(toBig(x)), toBig(y))
	val, _ := ln.Float64()
	switch {
	case val > maxScale*2*3.01:
		return x, errNumericOverflow()
	case val < -maxScale*2*3.01:
		return vec.Num{Scale: maxScale}, nil
	}
	weight := val * 0.434294481903252
	if weight > vec.MaxDigits+1 {
		return x, errNumericOverflow()
	}
	r, err := fromBig(bigExp(ln), resultScale(int(weight), x.Scale, y.Scale))
	if odd {
		r = r.Neg()
	}
	return r, err
}

// powWhole returns x^n by squaring, with 16 digits after the point or as many as x has.
func powWhole(x vec.Num, n int) (vec.Num, error) {
	scale := resultScale(0, x.Scale)
	weight := 0.0
	if !x.IsZero() {
		digits, low := digits10k(x, 4)
		weight = float64(n) * (math.Log10(digits) + float64(low))
	}
	switch {
	case n == 0:
		return vec.NumOf(1).Round(scale)
	case n == 1:
		return x.Round(scale)
	case weight > vec.MaxDigits+1:
		return x, errNumericOverflow()
	case x.IsZero() || weight+1 < -float64(scale):
		return vec.Num{Scale: int32(scale)}, nil
	case n == -1:
		return vec.DivNumScale(vec.NumOf(1), x, scale)
	}
	p, sq := newBig(1), toBig(x)
	for k := uint(max(n, -n)); k > 0; k >>= 1 {
		if k&1 != 0 {
			p.Mul(p, sq)
		}
		sq.Mul(sq, sq)
	}
	if n < 0 {
		p.Quo(newBig(1), p)
	}
	return fromBig(p, scale)
}

// powSpecial is powNum where an operand is NaN or infinite.
func powSpecial(x, y vec.Num) (vec.Num, error) {
	one := vec.NumOf(1)
	switch {
	case y.IsZero() || vec.CompareNum(x, one) == 0:
		return one, nil
	case x.Special == vec.NumNaN || y.Special == vec.NumNaN:
		return vec.NumNaNValue, nil
	case y.Special != vec.NumFinite: // x^±Infinity
		if x.IsZero() && y.Sign() < 0 {
			return x, errZeroToNegative()
		}
		abs := vec.CompareNum(x.Abs(), one)
		switch {
		case abs == 0:
			return one, nil
		case abs > 0 == (y.Sign() > 0):
			return vec.NumInfValue, nil
		}
		return vec.Num{}, nil
	case y.Sign() < 0: // ±Infinity to a finite power
		if w, _ := y.Trunc(0); x.Sign() < 0 && vec.CompareNum(w, y) != 0 {
			return x, errComplexPower()
		}
		return vec.Num{}, nil
	case x.Sign() > 0:
		return vec.NumInfValue, nil
	}
	w, err := y.Trunc(0)
	if err != nil || vec.CompareNum(w, y) != 0 {
		return x, errComplexPower()
	}
	if w.Coef.Lo&1 != 0 {
		return vec.NumNInfValue, nil
	}
	return vec.NumInfValue, nil
}

func factorial(_ *Call, n int64) (vec.Num, error) {
	if n < 0 {
		return vec.Num{}, sqlstate.New(sqlstate.NumericOutOfRange, "factorial of a negative number is undefined")
	}
	r, ok := vec.Int128Of(1), true
	for i := int64(2); i <= n && ok; i++ {
		r, ok = vec.Mul128(r, vec.Int128Of(i))
	}
	if !ok {
		return vec.Num{}, errNumericOverflow()
	}
	return vec.MakeNum(r, 0)
}

func gcdNum(_ *Call, a, b vec.Num) (vec.Num, error) {
	if a.Special != vec.NumFinite || b.Special != vec.NumFinite {
		return vec.NumNaNValue, nil
	}
	var err error
	for !b.IsZero() {
		if a, err = vec.ModNum(a, b); err != nil {
			return a, err
		}
		a, b = b, a
	}
	return vec.AddNum(a.Abs(), vec.Num{Scale: b.Scale})
}

func lcmNum(c *Call, a, b vec.Num) (vec.Num, error) {
	if a.Special != vec.NumFinite || b.Special != vec.NumFinite {
		return vec.NumNaNValue, nil
	}
	if a.IsZero() || b.IsZero() {
		return vec.Num{Scale: max(a.Scale, b.Scale)}, nil
	}
	g, err := gcdNum(c, a, b)
	if err != nil {
		return g, err
	}
	q, err := vec.QuoNum(a, g)
	if err != nil {
		return q, err
	}
	r, err := vec.MulNum(q, b)
	if err != nil {
		return r, err
	}
	return r.Abs().Round(int(max(a.Scale, b.Scale)))
}

func signNum(_ *Call, x vec.Num) (vec.Num, error) {
	if x.Special == vec.NumNaN {
		return x, nil
	}
	return vec.NumOf(int64(x.Sign())), nil
}

// widthBucketNum is width_bucket of numerics.
func widthBucketNum(c *Call) (*vec.Vector, error) {
	x, lo, hi := Reader[vec.Num](c.Args[0]), Reader[vec.Num](c.Args[1]), Reader[vec.Num](c.Args[2])
	count := Reader[int32](c.Args[3])
	dst := make([]int32, c.N)
	err := c.Each(func(i int) (err error) {
		dst[i], err = bucketNum(x(i), lo(i), hi(i), count(i))
		return err
	})
	if err != nil {
		return nil, err
	}
	return vec.New(c.Ret, types.KInt32, dst, c.Valid), nil
}

func bucketNum(x, lo, hi vec.Num, count int32) (int32, error) {
	order := vec.CompareNum(lo, hi)
	switch {
	case count <= 0:
		return 0, bucketError("count must be greater than zero")
	case x.Special == vec.NumNaN || lo.Special == vec.NumNaN || hi.Special == vec.NumNaN:
		return 0, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case lo.Special|hi.Special != vec.NumFinite:
		return 0, bucketError("lower and upper bounds must be finite")
	case order == 0:
		return 0, bucketError("lower bound cannot equal upper bound")
	case order > 0:
		x, lo, hi = x.Neg(), lo.Neg(), hi.Neg()
	}
	switch {
	case vec.CompareNum(x, lo) < 0:
		return 0, nil
	case vec.CompareNum(x, hi) >= 0:
		if count == math.MaxInt32 {
			return 0, errOutOfRange(types.Int32)
		}
		return count + 1, nil
	}
	up, err := vec.SubNum(x, lo)
	if err != nil {
		return 0, err
	}
	if up, err = vec.MulNum(up, vec.NumOf(int64(count))); err != nil {
		return 0, err
	}
	width, err := vec.SubNum(hi, lo)
	if err != nil {
		return 0, err
	}
	q, err := vec.DivNum(up, width) // rounded, which PostgreSQL's answer shows where it is close to a bound
	if err != nil {
		return 0, err
	}
	if q, err = q.Floor(); err != nil {
		return 0, err
	}
	n, _ := q.Int64()
	return int32(n) + 1, nil
}

func init() {
	const num = types.Numeric
	RegisterScalar(
		scalar("sqrt", num, Map1(sqrtNum), num),
		scalar("exp", num, Map1(expNum), num),
		scalar("ln", num, Map1(lnNum), num),
		scalar("log", num, Map1(log10Num), num),
		scalar("log10", num, Map1(log10Num), num),
		scalar("log", num, Map2(logNum), num, num),
		scalar("^", num, Map2(powNum), num, num),
		scalar("power", num, Map2(powNum), num, num),
		scalar("pow", num, Map2(powNum), num, num),
		scalar("factorial", num, Map1(factorial), types.Int64),
		scalar("gcd", num, Map2(gcdNum), num, num).retOf(alignedType),
		scalar("lcm", num, Map2(lcmNum), num, num).retOf(alignedType),
		scalar("sign", num, Map1(signNum), num).retOf(wholeType),
		scalar("scale", types.Int32, MapNull1(func(_ *Call, x vec.Num) (int32, bool, error) {
			return x.Scale, x.Special == vec.NumFinite, nil
		}), num),
		scalar("min_scale", types.Int32, MapNull1(func(_ *Call, x vec.Num) (int32, bool, error) {
			return x.Normalize().Scale, x.Special == vec.NumFinite, nil
		}), num),
		scalar("trim_scale", num, Map1(func(_ *Call, x vec.Num) (vec.Num, error) { return x.Normalize(), nil }), num),
		scalar("isnan", types.Bool, Map1(func(_ *Call, x vec.Num) (bool, error) { return x.Special == vec.NumNaN, nil }), num),
		scalar("width_bucket", types.Int32, widthBucketNum, num, num, num, types.Int32),
	)
}
