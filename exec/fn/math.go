package fn

import (
	"math"
	"math/rand/v2"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

func errInput() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "input is out of range")
}

func errLogZero() error {
	return sqlstate.New(sqlstate.InvalidLogArgument, "cannot take logarithm of zero")
}

func errLogNegative() error {
	return sqlstate.New(sqlstate.InvalidLogArgument, "cannot take logarithm of a negative number")
}

func errZeroToNegative() error {
	return sqlstate.New(sqlstate.InvalidPowerArgument, "zero raised to a negative power is undefined")
}

func errComplexPower() error {
	return sqlstate.New(sqlstate.InvalidPowerArgument, "a negative number raised to a non-integer power yields a complex result")
}

func errSqrtNegative() error {
	return sqlstate.New(sqlstate.InvalidPowerArgument, "cannot take square root of a negative number")
}

// float1 makes Eval of a function of one float that cannot fail.
func float1(f func(float64) float64) func(*Call) (*vec.Vector, error) {
	return map1(types.KFloat64, func(dst, a []float64) {
		for i, x := range a {
			dst[i] = f(x)
		}
	})
}

// float1Err makes Eval of a function of one float that may fail.
func float1Err(f func(float64) (float64, error)) func(*Call) (*vec.Vector, error) {
	return Map1(func(_ *Call, x float64) (float64, error) { return f(x) })
}

// within makes Eval of a function that is defined where ok is true, and for NaN.
func within(ok func(float64) bool, f func(float64) float64) func(*Call) (*vec.Vector, error) {
	return float1Err(func(x float64) (float64, error) {
		if x == x && !ok(x) {
			return 0, errInput()
		}
		return f(x), nil
	})
}

func finite(x float64) bool { return !math.IsInf(x, 0) }

func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0 // of NaN too
}

func sqrtFloat(x float64) (float64, error) {
	if x < 0 {
		return 0, errSqrtNegative()
	}
	return math.Sqrt(x), nil
}

func expFloat(x float64) (float64, error) {
	r := math.Exp(x)
	switch {
	case isInf(r) && !isInf(x):
		return 0, errOverflow()
	case r == 0 && !isInf(x):
		return 0, errUnderflow()
	}
	return r, nil
}

// logFloat makes a logarithm that fails as PostgreSQL's do.
func logFloat(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		switch {
		case x == 0:
			return 0, errLogZero()
		case x < 0:
			return 0, errLogNegative()
		}
		return f(x), nil
	}
}

// tiny is the smallest float with all its bits; math.Log and math.Pow are wrong below it on some processors.
const tiny = 0x1p-1022

func logOf(x float64) float64 {
	if x > 0 && x < tiny {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

func log10Of(x float64) float64 {
	if x > 0 && x < tiny {
		return math.Log10(x*0x1p54) - 54*math.Log10(2)
	}
	return math.Log10(x)
}

func powOf(x, y float64) float64 {
	if a := math.Abs(x); a > 0 && a < tiny {
		return math.Pow(x*0x1p54, y) * math.Exp2(-54*y)
	}
	return math.Pow(x, y)
}

func powFloat(_ *Call, x, y float64) (float64, error) {
	switch {
	case x != x || y != y:
		return powOf(x, y), nil
	case x == 0 && y < 0:
		return 0, errZeroToNegative()
	case x < 0 && math.Floor(y) != y:
		return 0, errComplexPower()
	}
	r := powOf(x, y)
	switch {
	case isInf(r) && finite(x) && finite(y):
		return 0, errOverflow()
	case r == 0 && x != 0 && finite(x) && finite(y):
		return 0, errUnderflow()
	}
	return r, nil
}

// random is PostgreSQL's session generator; gsql has one per process, since partitions draw from it at once.
var random = struct {
	sync.Mutex
	*rand.Rand
}{Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}

func evalRandom(c *Call) (*vec.Vector, error) {
	dst := make([]float64, c.N)
	random.Lock()
	defer random.Unlock()
	for i := range dst {
		dst[i] = random.Float64()
	}
	return vec.New(c.Ret, types.KFloat64, dst, nil), nil
}

func setSeed(_ *Call, seed float64) ([]byte, error) {
	if !(seed >= -1 && seed <= 1) {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "setseed parameter %v is out of allowed range [-1,1]", seed)
	}
	random.Lock()
	defer random.Unlock()
	random.Rand = rand.New(rand.NewPCG(math.Float64bits(seed), 0))
	return nil, nil
}

func bucketError(message string) error {
	return sqlstate.New("2201G", "%s", message)
}

// widthBucket returns the number of the histogram bucket of x: 0 below the bounds, count+1 above.
func widthBucket(c *Call) (*vec.Vector, error) {
	x, lo, hi := Reader[float64](c.Args[0]), Reader[float64](c.Args[1]), Reader[float64](c.Args[2])
	count := Reader[int32](c.Args[3])
	dst := make([]int32, c.N)
	err := c.Each(func(i int) (err error) {
		dst[i], err = bucket(x(i), lo(i), hi(i), count(i))
		return err
	})
	if err != nil {
		return nil, err
	}
	return vec.New(c.Ret, types.KInt32, dst, c.Valid), nil
}

func bucket(x, lo, hi float64, count int32) (int32, error) {
	switch {
	case count <= 0:
		return 0, bucketError("count must be greater than zero")
	case x != x || lo != lo || hi != hi:
		return 0, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case isInf(lo) || isInf(hi):
		return 0, bucketError("lower and upper bounds must be finite")
	case lo == hi:
		return 0, bucketError("lower bound cannot equal upper bound")
	}
	if lo > hi { // a histogram from high to low
		x, lo, hi = -x, -lo, -hi
	}
	switch {
	case x < lo:
		return 0, nil
	case x >= hi:
		if count == math.MaxInt32 {
			return 0, errOutOfRange(types.Int32)
		}
		return count + 1, nil
	}
	part := (x - lo) / (hi - lo)
	if isInf(hi - lo) {
		part = (x/2 - lo/2) / (hi/2 - lo/2)
	}
	// What rounds up to the end is behind it, as in PostgreSQL 15.
	f := float64(count)*part + 1
	if f >= math.MaxInt32+1 {
		return 0, errOutOfRange(types.Int32)
	}
	return int32(f), nil
}

func init() {
	const f8, i4, i8 = types.Float64, types.Int32, types.Int64
	one := func(name string, eval func(*Call) (*vec.Vector, error)) {
		RegisterScalar(scalar(name, f8, eval, f8))
	}
	unit := func(x float64) bool { return x >= -1 && x <= 1 }
	for name, f := range map[string]func(float64) float64{
		"ceil": math.Ceil, "ceiling": math.Ceil, "floor": math.Floor, "trunc": math.Trunc, "round": math.RoundToEven,
		"sign": signOf, "cbrt": math.Cbrt, "||/": math.Cbrt,
		"degrees": func(x float64) float64 { return x / (math.Pi / 180) }, "radians": func(x float64) float64 { return x * (math.Pi / 180) },
		"sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh, "asinh": math.Asinh, "atan": math.Atan, "atand": atand,
	} {
		one(name, float1(f))
	}
	for name, f := range map[string]func(float64) float64{
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "cot": func(x float64) float64 { return 1 / math.Tan(x) },
		"sind": sind, "cosd": cosd, "tand": tand, "cotd": cotd,
	} {
		one(name, within(finite, f))
	}
	for name, f := range map[string]func(float64) float64{"asin": math.Asin, "acos": math.Acos, "asind": asind,
		"acosd": acosd, "atanh": math.Atanh} {
		one(name, within(unit, f))
	}
	one("acosh", within(func(x float64) bool { return x >= 1 }, math.Acosh))
	for _, name := range []string{"sqrt", "|/"} {
		one(name, float1Err(sqrtFloat))
	}
	one("exp", float1Err(expFloat))
	one("ln", float1Err(logFloat(logOf)))
	one("log", float1Err(logFloat(log10Of)))
	one("log10", float1Err(logFloat(log10Of)))
	for _, name := range []string{"power", "pow", "^"} {
		RegisterScalar(scalar(name, f8, Map2(powFloat), f8, f8))
	}
	RegisterScalar(
		scalar("atan2", f8, Map2(func(_ *Call, y, x float64) (float64, error) { return math.Atan2(y, x), nil }), f8, f8),
		scalar("atan2d", f8, Map2(func(_ *Call, y, x float64) (float64, error) { return math.Atan2(y, x) / math.Atan(1) * 45, nil }), f8, f8),
		scalar("pi", f8, Map0(func(*Call) (float64, error) { return math.Pi, nil })),
		scalar("isnan", types.Bool, Map1(func(_ *Call, x float64) (bool, error) { return x != x, nil }), f8),
		scalar("width_bucket", i4, widthBucket, f8, f8, f8, i4),
		&Scalar{Name: "random", Ret: types.Of(f8), Volatility: Volatile, Eval: evalRandom},
		&Scalar{Name: "setseed", Args: typesOf([]types.ID{f8}), Ret: types.Of(types.Text), Volatility: Volatile, Eval: Map1(setSeed)},
	)
	registerGCD(i4, int32(0))
	registerGCD(i8, int64(0))
}

// registerGCD adds gcd and lcm of an integer type.
func registerGCD[T int32 | int64](id types.ID, _ T) {
	g := func(_ *Call, a, b T) (T, error) {
		r := gcd(a, b)
		if r < 0 { // both were the lowest value, or one was and the other 0
			return 0, errOutOfRange(id)
		}
		return r, nil
	}
	l := func(_ *Call, a, b T) (T, error) {
		if a == 0 || b == 0 {
			return 0, nil
		}
		p, over := mulHigh(int64(a/gcd(a, b)), int64(b))
		if over != 0 || int64(T(p)) != p || T(p) == lowest[T]() {
			return 0, errOutOfRange(id)
		}
		return max(T(p), -T(p)), nil
	}
	RegisterScalar(scalar("gcd", id, Map2(g), id, id), scalar("lcm", id, Map2(l), id, id))
}

// gcd returns the greatest common divisor, which is negative only when it does not fit.
func gcd[T int32 | int64](a, b T) T {
	for b != 0 {
		if b == -1 { // lowest % -1
			return 1
		}
		a, b = b, a%b
	}
	if a == lowest[T]() {
		return a
	}
	return max(a, -a)
}
