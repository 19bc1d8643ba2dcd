package fn

import (
	"math"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Arithmetic on dates, times, timestamps and intervals, and the clock.

func init() {
	d, t, ts, tz, iv := types.Date, types.Time, types.Timestamp, types.TimestampTZ, types.Interval
	n, f := types.Int32, types.Float64
	RegisterScalar(
		scalar("+", d, Map2(datePlus), d, n), scalar("+", d, Map2(func(c *Call, k, x int32) (int32, error) { return datePlus(c, x, k) }), n, d),
		scalar("-", d, Map2(func(c *Call, x, k int32) (int32, error) {
			if k == math.MinInt32 {
				return 0, dateRange()
			}
			return datePlus(c, x, -k)
		}), d, n),
		scalar("-", n, Map2(dateMinus), d, d),
		scalar("+", ts, Map2(func(_ *Call, x int32, y vec.Interval) (int64, error) { return dateShift(x, y, 1) }), d, iv),
		scalar("-", ts, Map2(func(_ *Call, x int32, y vec.Interval) (int64, error) { return dateShift(x, y, -1) }), d, iv),
		scalar("+", ts, Map2(func(_ *Call, y vec.Interval, x int32) (int64, error) { return dateShift(x, y, 1) }), iv, d),
		scalar("+", ts, Map2(func(_ *Call, x int64, y vec.Interval) (int64, error) { return shift(x, y, 1) }), ts, iv),
		scalar("-", ts, Map2(func(_ *Call, x int64, y vec.Interval) (int64, error) { return shift(x, y, -1) }), ts, iv),
		scalar("+", ts, Map2(func(_ *Call, y vec.Interval, x int64) (int64, error) { return shift(x, y, 1) }), iv, ts),
		stable(scalar("+", tz, Map2(func(c *Call, x int64, y vec.Interval) (int64, error) { return zoneShift(c, x, y, 1) }), tz, iv)),
		stable(scalar("-", tz, Map2(func(c *Call, x int64, y vec.Interval) (int64, error) { return zoneShift(c, x, y, -1) }), tz, iv)),
		stable(scalar("+", tz, Map2(func(c *Call, y vec.Interval, x int64) (int64, error) { return zoneShift(c, x, y, 1) }), iv, tz)),
		scalar("-", iv, Map2(timestampMinus), ts, ts), scalar("-", iv, Map2(timestampMinus), tz, tz),
		scalar("+", ts, Map2(dateAtTime), d, t), scalar("+", ts, Map2(func(c *Call, x int64, y int32) (int64, error) { return dateAtTime(c, y, x) }), t, d),
		scalar("+", t, Map2(func(_ *Call, x int64, y vec.Interval) (int64, error) { return wrapDay(x + y.Micros%text.Day), nil }), t, iv),
		scalar("-", t, Map2(func(_ *Call, x int64, y vec.Interval) (int64, error) { return wrapDay(x - y.Micros%text.Day), nil }), t, iv),
		scalar("+", t, Map2(func(_ *Call, y vec.Interval, x int64) (int64, error) { return wrapDay(x + y.Micros%text.Day), nil }), iv, t),
		scalar("-", iv, Map2(func(_ *Call, x, y int64) (vec.Interval, error) { return vec.Interval{Micros: x - y}, nil }), t, t),
		scalar("+", iv, Map2(func(_ *Call, x, y vec.Interval) (vec.Interval, error) { return AddIntervals(x, y, 1) }), iv, iv),
		scalar("-", iv, Map2(func(_ *Call, x, y vec.Interval) (vec.Interval, error) { return AddIntervals(x, y, -1) }), iv, iv),
		scalar("-", iv, Map1(func(_ *Call, x vec.Interval) (vec.Interval, error) { return AddIntervals(vec.Interval{}, x, -1) }), iv),
		scalar("*", iv, Map2(func(_ *Call, x vec.Interval, y float64) (vec.Interval, error) { return ScaleInterval(x, y) }), iv, f),
		scalar("*", iv, Map2(func(_ *Call, y float64, x vec.Interval) (vec.Interval, error) { return ScaleInterval(x, y) }), f, iv),
		scalar("/", iv, Map2(func(_ *Call, x vec.Interval, y float64) (vec.Interval, error) {
			if y == 0 {
				return x, sqlstate.New(sqlstate.DivisionByZero, "division by zero")
			}
			return ScaleInterval(x, 1/y)
		}), iv, f),
		scalar("isfinite", types.Bool, Map1(func(_ *Call, x int32) (bool, error) { return x != text.DateInfinity && x != text.DateNegInfinity, nil }), d),
		scalar("isfinite", types.Bool, Map1(func(_ *Call, x int64) (bool, error) { return !infinite(x), nil }), ts),
		scalar("isfinite", types.Bool, Map1(func(_ *Call, x int64) (bool, error) { return !infinite(x), nil }), tz),
		scalar("isfinite", types.Bool, Map1(func(_ *Call, x vec.Interval) (bool, error) { return true, nil }), iv),
		scalar("make_date", d, Map3(makeDate), n, n, n).named("year", "month", "day"),
		scalar("to_timestamp", tz, Map1(toTimestamp), f),
		scalar("age", iv, Map2(age), ts, ts), stable(scalar("age", iv, Map2(func(c *Call, x, y int64) (vec.Interval, error) {
			loc := c.location()
			return age(c, text.UTCToLocal(x, loc), text.UTCToLocal(y, loc))
		}), tz, tz)),
		stable(scalar("age", iv, Map1(func(c *Call, x int64) (vec.Interval, error) { return age(c, today(c), x) }), ts)),
		scalar("justify_hours", iv, Map1(func(_ *Call, x vec.Interval) (vec.Interval, error) { return justify(x, true, false) }), iv),
		scalar("justify_days", iv, Map1(func(_ *Call, x vec.Interval) (vec.Interval, error) { return justify(x, false, true) }), iv),
		scalar("justify_interval", iv, Map1(func(_ *Call, x vec.Interval) (vec.Interval, error) { return justify(x, true, true) }), iv),
		scalar("timezone", tz, Map2(func(_ *Call, zone []byte, x int64) (int64, error) {
			loc, err := zoneNamed(string(zone))
			if err != nil {
				return 0, err
			}
			return text.LocalToUTC(x, loc), nil
		}), types.Text, ts),
		scalar("timezone", ts, Map2(func(_ *Call, zone []byte, x int64) (int64, error) {
			loc, err := zoneNamed(string(zone))
			if err != nil {
				return 0, err
			}
			return text.UTCToLocal(x, loc), nil
		}), types.Text, tz),
		scalar("timezone", tz, Map2(func(_ *Call, zone vec.Interval, x int64) (int64, error) {
			loc, err := zoneAt(zone)
			if err != nil {
				return 0, err
			}
			return text.LocalToUTC(x, loc), nil
		}), iv, ts),
		scalar("timezone", ts, Map2(func(_ *Call, zone vec.Interval, x int64) (int64, error) {
			loc, err := zoneAt(zone)
			if err != nil {
				return 0, err
			}
			return text.UTCToLocal(x, loc), nil
		}), iv, tz),
	)

	registerClock()
}

func stable(s *Scalar) *Scalar {
	s.Volatility = Stable
	return s
}

// location returns the session's time zone.
func (c *Call) location() *time.Location {
	if c.Ctx == nil || c.Ctx.Location == nil {
		return time.UTC
	}
	return c.Ctx.Location
}

func (c *Call) now() time.Time {
	if c.Ctx == nil || c.Ctx.Now.IsZero() {
		return time.Now()
	}
	return c.Ctx.Now
}

func registerClock() {
	now := func(c *Call) (int64, error) { return c.now().UnixMicro(), nil }
	local := func(c *Call) (int64, error) { return text.UTCToLocal(c.now().UnixMicro(), c.location()), nil }
	for _, name := range []string{"now", "current_timestamp", "transaction_timestamp", "statement_timestamp"} {
		RegisterScalar(stable(scalar(name, types.TimestampTZ, Map0(now))))
	}
	RegisterScalar(
		&Scalar{Name: "clock_timestamp", Ret: types.Of(types.TimestampTZ), Volatility: Volatile,
			Eval: Map0(func(*Call) (int64, error) { return time.Now().UnixMicro(), nil })},
		stable(scalar("localtimestamp", types.Timestamp, Map0(local))),
		stable(scalar("current_date", types.Date, Map0(func(c *Call) (int32, error) { return int32(today(c) / text.Day), nil }))),
		stable(scalar("localtime", types.Time, Map0(func(c *Call) (int64, error) {
			x, _ := local(c)
			_, micros := text.SplitTimestamp(x)
			return micros, nil
		}))),
		stable(scalar("current_time", types.TimeTZ, Map0(func(c *Call) (vec.TimeTZ, error) {
			x, _ := local(c)
			_, micros := text.SplitTimestamp(x)
			return vec.TimeTZ{Micros: micros, Zone: int32(-text.Offset(c.now().UnixMicro(), c.location()))}, nil
		}))),
	)
}

// today returns midnight of the current day as a local timestamp.
func today(c *Call) int64 {
	days, _ := text.SplitTimestamp(text.UTCToLocal(c.now().UnixMicro(), c.location()))
	return days * text.Day
}

func infinite(ts int64) bool { return ts == text.TimestampInfinity || ts == text.TimestampNegInf }

func dateRange() error { return sqlstate.New(sqlstate.DatetimeOverflow, "date out of range") }

func timestampRange() error { return sqlstate.New(sqlstate.DatetimeOverflow, "timestamp out of range") }

func intervalRange() error { return sqlstate.New(sqlstate.DatetimeOverflow, "interval out of range") }

func datePlus(_ *Call, d, n int32) (int32, error) {
	if d == text.DateInfinity || d == text.DateNegInfinity {
		return d, nil
	}
	x := int64(d) + int64(n)
	if !text.ValidDate(x) {
		return 0, dateRange()
	}
	return int32(x), nil
}

func dateMinus(_ *Call, a, b int32) (int32, error) {
	if a == text.DateInfinity || a == text.DateNegInfinity || b == text.DateInfinity || b == text.DateNegInfinity {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "cannot subtract infinite dates")
	}
	return a - b, nil
}

// DateToTimestamp returns midnight of a date.
func DateToTimestamp(d int32) (int64, error) {
	switch d {
	case text.DateInfinity:
		return text.TimestampInfinity, nil
	case text.DateNegInfinity:
		return text.TimestampNegInf, nil
	}
	if ts := int64(d) * text.Day; ts/text.Day == int64(d) && text.ValidTimestamp(ts) {
		return ts, nil
	}
	return 0, sqlstate.New(sqlstate.DatetimeOverflow, "date out of range for timestamp")
}

func dateShift(d int32, iv vec.Interval, sign int64) (int64, error) {
	ts, err := DateToTimestamp(d)
	if err != nil {
		return 0, err
	}
	return shift(ts, iv, sign)
}

// shift adds an interval, or subtracts it, to a local timestamp: first months, with the day cut to the
// month's length, then days, then time.
func shift(ts int64, iv vec.Interval, sign int64) (int64, error) {
	if infinite(ts) {
		return ts, nil
	}
	days, micros := text.SplitTimestamp(ts)
	if iv.Months != 0 {
		y, m, d := text.CivilFromDays(days)
		m += sign * int64(iv.Months)
		days = text.DaysFromCivil(y, m, 1) + min(d, text.DaysInMonth(y, m)) - 1
	}
	days += sign * int64(iv.Days)
	if days < -3_000_000 || days > 200_000_000 {
		return 0, timestampRange()
	}
	x := days*text.Day + micros
	y := x + sign*iv.Micros
	if days > 107_000_000 || (sign*iv.Micros > 0) != (y > x) && iv.Micros != 0 || !text.ValidTimestamp(y) {
		return 0, timestampRange()
	}
	return y, nil
}

// zoneShift does months and days on the local clock and the rest in absolute time.
func zoneShift(c *Call, ts int64, iv vec.Interval, sign int64) (int64, error) {
	if infinite(ts) {
		return ts, nil
	}
	if iv.Months != 0 || iv.Days != 0 {
		loc := c.location()
		local, err := shift(text.UTCToLocal(ts, loc), vec.Interval{Months: iv.Months, Days: iv.Days}, sign)
		if err != nil {
			return 0, err
		}
		ts = text.LocalToUTC(local, loc)
	}
	return shift(ts, vec.Interval{Micros: iv.Micros}, sign)
}

// AddInterval adds an interval to a timestamp of one of the two types.
func AddInterval(ctx *Ctx, id types.ID, ts int64, iv vec.Interval) (int64, error) {
	if id == types.TimestampTZ {
		return zoneShift(&Call{Ctx: ctx}, ts, iv, 1)
	}
	return shift(ts, iv, 1)
}

func timestampMinus(_ *Call, a, b int64) (vec.Interval, error) {
	if infinite(a) || infinite(b) {
		return vec.Interval{}, sqlstate.New(sqlstate.DatetimeOverflow, "cannot subtract infinite timestamps")
	}
	x := a - b
	if (a > b) != (x > 0) && a != b {
		return vec.Interval{}, intervalRange()
	}
	return vec.Interval{Days: int32(x / text.Day), Micros: x % text.Day}, nil
}

func dateAtTime(_ *Call, d int32, t int64) (int64, error) {
	ts, err := DateToTimestamp(d)
	if err != nil || infinite(ts) {
		return ts, err
	}
	return ts + t, nil
}

func wrapDay(t int64) int64 { return ((t % text.Day) + text.Day) % text.Day }

// AddIntervals returns x + sign*y, part by part.
func AddIntervals(x, y vec.Interval, sign int64) (vec.Interval, error) {
	m := int64(x.Months) + sign*int64(y.Months)
	d := int64(x.Days) + sign*int64(y.Days)
	u := x.Micros + sign*y.Micros
	overflow := (sign*y.Micros > 0) != (u > x.Micros) && y.Micros != 0
	if m != int64(int32(m)) || d != int64(int32(d)) || overflow {
		return vec.Interval{}, intervalRange()
	}
	return vec.Interval{Months: int32(m), Days: int32(d), Micros: u}, nil
}

// ScaleInterval multiplies an interval; fractions of months become days and fractions of days time, with 30
// days a month, as in PostgreSQL.
func ScaleInterval(x vec.Interval, f float64) (vec.Interval, error) {
	months, days := float64(x.Months)*f, float64(x.Days)*f
	if !fitsInt32(months) || !fitsInt32(days) { // nor does what is no number: infinity times nothing
		return vec.Interval{}, intervalRange()
	}
	var r vec.Interval
	r.Months, r.Days = int32(months), int32(days)
	monthDays := roundMicros((months - float64(r.Months)) * 30)
	secDay := roundMicros((days - float64(r.Days) + monthDays - math.Trunc(monthDays)) * 86400)
	if math.Abs(secDay) >= 86400 {
		whole := math.Trunc(secDay / 86400)
		r.Days += int32(whole)
		secDay -= whole * 86400
	}
	r.Days += int32(monthDays)
	micros := math.RoundToEven(float64(x.Micros)*f + secDay*1e6)
	if !(micros >= math.MinInt64 && micros < math.MaxInt64) {
		return vec.Interval{}, intervalRange()
	}
	r.Micros = int64(micros)
	return r, nil
}

func fitsInt32(x float64) bool { return x >= math.MinInt32 && x <= math.MaxInt32 }

func roundMicros(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }

func makeDate(_ *Call, y, m, d int32) (int32, error) {
	year := int64(y)
	if y < 0 {
		year++
	}
	if y == 0 || m < 1 || m > 12 || d < 1 || int64(d) > text.DaysInMonth(year, int64(m)) {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "date field value out of range: %d-%02d-%02d", y, m, d)
	}
	x := text.DaysFromCivil(year, int64(m), int64(d))
	if !text.ValidDate(x) {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "date out of range: %d-%02d-%02d", y, m, d)
	}
	return int32(x), nil
}

func toTimestamp(_ *Call, x float64) (int64, error) {
	switch {
	case math.IsInf(x, 1):
		return text.TimestampInfinity, nil
	case math.IsInf(x, -1):
		return text.TimestampNegInf, nil
	case math.IsNaN(x):
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "timestamp cannot be NaN")
	}
	// PostgreSQL counts from 2000, so the digits that x has for less than a microsecond are lost as they are there.
	const since = 10957 * 86400
	if micros := math.RoundToEven((x - since) * 1e6); math.Abs(micros) < 9.2e18 && text.ValidTimestamp(int64(micros)+since*1e6) {
		return int64(micros) + since*1e6, nil
	}
	return 0, sqlstate.New(sqlstate.DatetimeOverflow, "timestamp out of range: \"%g\"", x)
}

// age subtracts field by field, so that the result speaks of years, months and days.
func age(_ *Call, a, b int64) (vec.Interval, error) {
	if infinite(a) || infinite(b) {
		return vec.Interval{}, sqlstate.New(sqlstate.DatetimeOverflow, "cannot subtract infinite timestamps")
	}
	neg := a < b
	if neg {
		a, b = b, a
	}
	ad, am := text.SplitTimestamp(a)
	bd, bm := text.SplitTimestamp(b)
	ay, amon, aday := text.CivilFromDays(ad)
	by, bmon, bday := text.CivilFromDays(bd)
	y, m, d, u := ay-by, amon-bmon, aday-bday, am-bm
	if u < 0 {
		u += text.Day
		d--
	}
	if d < 0 { // borrow a month of the earlier date's length
		d += text.DaysInMonth(by, bmon)
		m--
	}
	if m < 0 {
		m += 12
		y--
	}
	r := vec.Interval{Months: int32(12*y + m), Days: int32(d), Micros: u}
	if neg {
		return AddIntervals(vec.Interval{}, r, -1)
	}
	return r, nil
}

// justify carries 24 hours into days and 30 days into months, and makes the signs of what it has looked at agree.
func justify(x vec.Interval, hours, days bool) (vec.Interval, error) {
	m, d, u := int64(x.Months), int64(x.Days), x.Micros
	if hours {
		d += u / text.Day
		u %= text.Day
	}
	if days {
		m += d / 30
		d %= 30
	}
	if days && m > 0 && (d < 0 || hours && d == 0 && u < 0) {
		d += 30
		m--
	} else if days && m < 0 && (d > 0 || hours && d == 0 && u > 0) {
		d -= 30
		m++
	}
	if hours && d > 0 && u < 0 {
		u += text.Day
		d--
	} else if hours && d < 0 && u > 0 {
		u -= text.Day
		d++
	}
	if m != int64(int32(m)) || d != int64(int32(d)) {
		return x, sqlstate.New(sqlstate.DatetimeOverflow, "interval out of range")
	}
	return vec.Interval{Months: int32(m), Days: int32(d), Micros: u}, nil
}

// field returns the canonical name of a field of EXTRACT and date_trunc.
func field(name []byte) string {
	s := strings.ToLower(string(name))
	switch s {
	case "y", "yr", "yrs", "years":
		return "year"
	case "mon", "mons", "months":
		return "month"
	case "d", "days":
		return "day"
	case "h", "hr", "hrs", "hours":
		return "hour"
	case "m", "min", "mins", "minutes":
		return "minute"
	case "s", "sec", "secs", "seconds":
		return "second"
	case "ms", "msec", "msecs", "millisecond":
		return "milliseconds"
	case "us", "usec", "usecs", "microsecond":
		return "microseconds"
	case "w", "weeks":
		return "week"
	case "qtr", "qtrs", "quarters":
		return "quarter"
	case "c", "cent", "centuries":
		return "century"
	case "dec", "decs", "decades":
		return "decade"
	case "mil", "mils", "millennia", "millenniums":
		return "millennium"
	}
	return s
}
