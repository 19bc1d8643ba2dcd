package fn

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has functions that count NULLs, print sizes, wait, and make random identifiers.

func init() {
	any, n, t := []types.Type{types.Of(types.Any)}, types.Of(types.Int32), types.Text
	RegisterScalar(
		&Scalar{Name: "num_nulls", Args: any, Variadic: true, Ret: n, NotStrict: true, Eval: countNulls(true)},
		&Scalar{Name: "num_nonnulls", Args: any, Variadic: true, Ret: n, NotStrict: true, Eval: countNulls(false)},
		scalar("pg_size_pretty", t, Map1(func(_ *Call, n int64) ([]byte, error) { return prettySize(n), nil }), types.Int64),
		scalar("pg_size_pretty", t, Map1(func(_ *Call, n vec.Num) ([]byte, error) { return prettyNum(n) }), types.Numeric),
		scalar("pg_size_bytes", types.Int64, Map1(func(_ *Call, s []byte) (int64, error) { return sizeBytes(s) }), t),
		&Scalar{Name: "pg_sleep", Args: typesOf([]types.ID{types.Float64}), Ret: types.Of(types.Void), Volatility: Volatile, Eval: Map1(sleep)},
		&Scalar{Name: "timeofday", Ret: types.Of(t), Volatility: Volatile, Eval: Map0(timeOfDay)},
		&Scalar{Name: "gen_random_uuid", Ret: types.Of(types.UUID), Volatility: Volatile, Eval: Map0(randomUUID)},
	)
}

func countNulls(null bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		return run(c, func(i int) (n int32, err error) {
			for _, a := range c.Args {
				if a.IsNull(i) == null {
					n++
				}
			}
			return n, nil
		})
	}
}

// sizeUnit is a unit of pg_size_pretty: one prints numbers below limit in it. All but the bytes are rounded.
type sizeUnit struct {
	name  string
	limit int64
	bits  uint
}

var sizeUnits = []sizeUnit{
	{"bytes", 10 * 1024, 0}, {"kB", 20*1024 - 1, 10}, {"MB", 20*1024 - 1, 20}, {"GB", 20*1024 - 1, 30}, {"TB", 20*1024 - 1, 40}, {"PB", 20*1024 - 1, 50},
}

// prettySize keeps one binary digit more than the unit has, by which it rounds half away from zero.
func prettySize(n int64) []byte {
	for i, u := range sizeUnits {
		if abs := max(n, -n); i+1 == len(sizeUnits) || abs >= 0 && abs < u.limit {
			if i > 0 {
				n = (n + 1 - 2*int64(b2u(n < 0))) / 2
			}
			return append(strconv.AppendInt(nil, n, 10), " "+u.name...)
		}
		step := int64(1 << 10)
		if i == 0 {
			step >>= 1
		}
		n /= step
	}
	return nil
}

// prettyNum is prettySize for numbers that may have fractions.
func prettyNum(n vec.Num) ([]byte, error) {
	if n.Special != vec.NumFinite {
		return append(n.Append(nil), " bytes"...), nil
	}
	for i, u := range sizeUnits {
		if i+1 == len(sizeUnits) || vec.CompareNum(n.Abs(), vec.NumOf(u.limit)) < 0 {
			if i > 0 {
				one := vec.NumOf(1)
				if n.Sign() < 0 {
					one = one.Neg()
				}
				sum, err := vec.AddNum(n, one)
				if err != nil {
					return nil, err
				}
				if n, err = vec.QuoNum(sum, vec.NumOf(2)); err != nil {
					return nil, err
				}
			}
			return append(n.Append(nil), " "+u.name...), nil
		}
		step := int64(1 << 10)
		if i == 0 {
			step >>= 1
		}
		var err error
		if n, err = vec.QuoNum(n, vec.NumOf(step)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// sizeBytes reads a number with a unit.
func sizeBytes(s []byte) (int64, error) {
	bad := func() *sqlstate.Error { return sqlstate.New(sqlstate.InvalidParameterValue, "invalid size: \"%s\"", s) }
	rest := strings.TrimLeft(string(s), " \t\n\r\f\v")
	number, rest := splitNumber(rest)
	if number == "" {
		return 0, bad()
	}
	n, err := vec.ParseNum([]byte(number))
	if err != nil {
		return 0, err
	}
	if unit := strings.Trim(rest, " \t\n\r\f\v"); unit != "" {
		bits := -1
		for _, u := range sizeUnits {
			if strings.EqualFold(unit, u.name) {
				bits = int(u.bits)
			}
		}
		if bits < 0 {
			return 0, bad().WithDetail("Invalid size unit: \"%s\".", unit).
				WithHint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
		}
		if n, err = vec.MulNum(n, vec.NumOf(1<<bits)); err != nil {
			return 0, err
		}
	}
	if n, err = n.Round(0); err != nil {
		return 0, err
	}
	x, ok := n.Int64()
	if !ok {
		return 0, outOfRange("bigint")
	}
	return x, nil
}

// splitNumber cuts off a number with an optional sign, fraction and exponent; it is empty where there is none.
func splitNumber(s string) (number, rest string) {
	digits := func(i int) int {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i
	}
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	from := i
	i = digits(i)
	n := i - from
	if i < len(s) && s[i] == '.' {
		end := digits(i + 1)
		n += end - i - 1
		i = end
	}
	if n == 0 {
		return "", s
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		k := i + 1
		if k < len(s) && (s[k] == '-' || s[k] == '+') {
			k++
		}
		if end := digits(k); end > k {
			i = end
		}
	}
	return s[:i], s[i:]
}

// sleep waits for some seconds, or until the query is cancelled.
func sleep(c *Call, seconds float64) ([]byte, error) {
	const step = 10 * time.Millisecond
	if seconds != seconds || seconds <= 0 {
		return nil, nil
	}
	end := time.Now().Add(time.Duration(min(seconds, 1e9) * float64(time.Second)))
	for left := time.Until(end); left > 0; left = time.Until(end) {
		if c.Ctx != nil && c.Ctx.Check != nil {
			if err := c.Ctx.Check(); err != nil {
				return nil, err
			}
		}
		time.Sleep(min(left, step))
	}
	return nil, nil
}

func timeOfDay(c *Call) ([]byte, error) {
	return []byte(time.Now().In(c.location()).Format("Mon Jan 02 15:04:05.000000 2006 MST")), nil
}

// randomUUID returns one of version 4.
func randomUUID(*Call) (u [16]byte, err error) {
	if _, err = rand.Read(u[:]); err != nil {
		return u, err
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u, nil
}
