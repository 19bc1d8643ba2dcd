package fn

import (
	"math"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// EXTRACT and date_part read a field of a moment; date_trunc cuts below it.

func init() {
	for _, id := range []types.ID{types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval} {
		volatility := Immutable
		if id == types.TimestampTZ {
			volatility = Stable
		}
		RegisterScalar(
			&Scalar{Name: "extract", Args: typesOf([]types.ID{types.Text, id}), Ret: types.Of(types.Numeric), Volatility: volatility, Eval: extractEval(id, false)},
			&Scalar{Name: "date_part", Args: typesOf([]types.ID{types.Text, id}), Ret: types.Of(types.Float64), Volatility: volatility, Eval: datePartEval(id)},
		)
	}
	RegisterScalar(
		scalar("date_trunc", types.Timestamp, Map2(func(_ *Call, f []byte, ts int64) (int64, error) { return trunc(field(f), ts, types.Timestamp) }), types.Text, types.Timestamp),
		stable(scalar("date_trunc", types.TimestampTZ, Map2(func(c *Call, f []byte, ts int64) (int64, error) {
			return truncIn(c.location(), field(f), ts)
		}), types.Text, types.TimestampTZ)),
		stable(scalar("date_trunc", types.TimestampTZ, Map3(truncInZone), types.Text, types.TimestampTZ, types.Text)),
		scalar("date_trunc", types.Interval, Map2(truncInterval), types.Text, types.Interval),
	)
}

// truncInZone is date_trunc as the clocks of a zone see it.
func truncInZone(_ *Call, f []byte, ts int64, zone []byte) (int64, error) {
	loc, err := zoneNamed(string(zone))
	if err != nil {
		return 0, err
	}
	return truncIn(loc, field(f), ts)
}

// part is a field's value: a whole number of units of 10^-scale, or unknown.
type part struct {
	value int64
	scale int32 // or one of those below
}

const (
	infinitePartScale = -1 - iota // the sign of an infinity
	julianPartScale               // microseconds, which are to be days
)

// julianDays returns days with their fraction, with as many digits as a division gives it in PostgreSQL.
func julianDays(micros int64) (vec.Num, error) {
	fraction, err := vec.DivNum(vec.NumOf(micros%text.Day), vec.NumOf(text.Day))
	if err != nil {
		return fraction, err
	}
	return vec.AddNum(vec.NumOf(micros/text.Day), fraction)
}

// extractor returns the function that reads a field of a type's values. ok is false where the type has no
// such field.
type extractor func(m vec.Interval) part

// A moment is given to extractors as an interval: days since 1970 and microseconds of the day, with the zone's
// offset in Months.

// datePartEval is extractEval for date_part, to which a date is a timestamp at midnight.
func datePartEval(id types.ID) func(*Call) (*vec.Vector, error) {
	if id == types.Date {
		return fieldEval(id, types.Timestamp, true)
	}
	return fieldEval(id, id, true)
}

func extractEval(id types.ID, float bool) func(*Call) (*vec.Vector, error) {
	return fieldEval(id, id, float)
}

// fieldEval reads a field of values of one type, as of another one.
func fieldEval(from, id types.ID, float bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		name := Reader[[]byte](c.Args[0])
		at := momentReader(c, from)
		constant := c.Args[0].Enc == vec.Const
		var get extractor
		next := func(i int) (part, bool, error) {
			if get == nil || !constant {
				var err error
				if get, err = extractorOf(field(name(i)), id); err != nil {
					return part{}, false, err
				}
			}
			m, special := at(i)
			if special != 0 {
				return infinitePart(field(name(i)), special)
			}
			return get(m), true, nil
		}
		if float {
			return runNull(c, func(i int) (float64, bool, error) {
				p, ok, err := next(i)
				switch p.scale {
				case infinitePartScale:
					return infinityOf(p.value), ok, err
				case julianPartScale:
					return float64(p.value/text.Day) + float64(p.value%text.Day)/1e6/86400, ok, err
				}
				return float64(p.value) / pow10f[p.scale], ok, err
			})
		}
		return runNull(c, func(i int) (vec.Num, bool, error) {
			p, ok, err := next(i)
			switch {
			case err != nil:
				return vec.Num{}, ok, err
			case p.scale == infinitePartScale && p.value < 0:
				return vec.Num{Special: vec.NumNegInf}, ok, nil
			case p.scale == infinitePartScale:
				return vec.Num{Special: vec.NumPosInf}, ok, nil
			case p.scale == julianPartScale:
				n, err := julianDays(p.value)
				return n, ok, err
			}
			return vec.Num{Coef: vec.Int128Of(p.value), Scale: p.scale}, ok, err
		})
	}
}

var pow10f = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6}

func infinityOf(sign int64) float64 { return math.Inf(int(sign)) }

// infinitePart: the fields that grow without end are infinite for infinity, the others NULL.
func infinitePart(f string, sign int64) (part, bool, error) {
	switch f {
	case "year", "decade", "century", "millennium", "isoyear", "julian", "epoch":
		return part{sign, infinitePartScale}, true, nil
	}
	return part{}, false, nil
}

// momentReader reads row i as days, microseconds and offset; special is 1 or -1 for an infinite one.
func momentReader(c *Call, id types.ID) func(i int) (m vec.Interval, special int64) {
	v := c.Args[1]
	switch id {
	case types.Date:
		get := Reader[int32](v)
		return func(i int) (vec.Interval, int64) {
			switch d := get(i); d {
			case text.DateInfinity:
				return vec.Interval{}, 1
			case text.DateNegInfinity:
				return vec.Interval{}, -1
			default:
				return vec.Interval{Days: d}, 0
			}
		}
	case types.Time:
		get := Reader[int64](v)
		return func(i int) (vec.Interval, int64) { return vec.Interval{Micros: get(i)}, 0 }
	case types.TimeTZ:
		get := Reader[vec.TimeTZ](v)
		return func(i int) (vec.Interval, int64) {
			t := get(i)
			return vec.Interval{Micros: t.Micros, Months: -t.Zone}, 0
		}
	case types.Interval:
		get := Reader[vec.Interval](v)
		return func(i int) (vec.Interval, int64) { return get(i), 0 }
	}
	get, loc := Reader[int64](v), c.location()
	zoned := id == types.TimestampTZ
	return func(i int) (vec.Interval, int64) {
		ts := get(i)
		switch ts {
		case text.TimestampInfinity:
			return vec.Interval{}, 1
		case text.TimestampNegInf:
			return vec.Interval{}, -1
		}
		off := int64(0)
		if zoned {
			off = text.Offset(ts, loc)
		}
		days, micros := text.SplitTimestamp(ts + off*text.Second)
		return vec.Interval{Days: int32(days), Micros: micros, Months: int32(off)}, 0
	}
}

func badField(f string, id types.ID, known bool) error {
	if known {
		return sqlstate.New(sqlstate.FeatureNotSupported, "unit \"%s\" not supported for type %s", f, id)
	}
	return sqlstate.New(sqlstate.InvalidParameterValue, "unit \"%s\" not recognized for type %s", f, id)
}

func extractorOf(f string, id types.ID) (extractor, error) {
	if id == types.Interval {
		return intervalExtractor(f)
	}
	hasDate := id != types.Time && id != types.TimeTZ
	hasTime := id != types.Date
	if e, ok := dateParts[f]; ok {
		switch {
		case !hasDate:
			return nil, badField(f, id, true)
		case f == "julian" && hasTime:
			return func(m vec.Interval) part {
				return part{(int64(m.Days)+julianEpoch)*text.Day + m.Micros, julianPartScale}
			}, nil
		}
		return e, nil
	}
	if e, ok := timeParts[f]; ok {
		if !hasTime {
			return nil, badField(f, id, true)
		}
		return e, nil
	}
	switch f {
	case "epoch":
		return func(m vec.Interval) part {
			x := int64(m.Days)*text.Day + m.Micros - int64(m.Months)*text.Second
			if id == types.Date {
				return part{int64(m.Days) * 86400, 0}
			}
			return part{x, 6}
		}, nil
	case "timezone", "timezone_hour", "timezone_minute":
		if id != types.TimestampTZ && id != types.TimeTZ {
			return nil, badField(f, id, true)
		}
		return func(m vec.Interval) part {
			switch off := int64(m.Months); f {
			case "timezone_hour":
				return part{off / 3600, 0}
			case "timezone_minute":
				return part{off / 60 % 60, 0}
			default:
				return part{off, 0}
			}
		}, nil
	}
	return nil, badField(f, id, false)
}

var timeParts = map[string]extractor{
	"hour":         func(m vec.Interval) part { return part{m.Micros / text.Hour, 0} },
	"minute":       func(m vec.Interval) part { return part{m.Micros / text.Minute % 60, 0} },
	"second":       func(m vec.Interval) part { return part{m.Micros % text.Minute, 6} },
	"milliseconds": func(m vec.Interval) part { return part{m.Micros % text.Minute, 3} },
	"microseconds": func(m vec.Interval) part { return part{m.Micros % text.Minute, 0} },
}

// civil makes an extractor of year (0 is 1 BC), month and day.
func civil(f func(y, m, d int64) int64) extractor {
	return func(m vec.Interval) part { return part{f(text.CivilFromDays(int64(m.Days))), 0} }
}

var dateParts = map[string]extractor{
	"year":       civil(func(y, _, _ int64) int64 { return bcYear(y) }),
	"month":      civil(func(_, m, _ int64) int64 { return m }),
	"day":        civil(func(_, _, d int64) int64 { return d }),
	"quarter":    civil(func(_, m, _ int64) int64 { return (m-1)/3 + 1 }),
	"decade":     civil(func(y, _, _ int64) int64 { return floorDiv(y, 10) }),
	"century":    civil(func(y, _, _ int64) int64 { return hundreds(y, 100) }),
	"millennium": civil(func(y, _, _ int64) int64 { return hundreds(y, 1000) }),
	"doy":        civil(func(y, m, d int64) int64 { return text.DaysFromCivil(y, m, d) - text.DaysFromCivil(y, 1, 1) + 1 }),
	"dow":        func(m vec.Interval) part { return part{weekday(int64(m.Days)), 0} },
	"isodow":     func(m vec.Interval) part { return part{(weekday(int64(m.Days))+6)%7 + 1, 0} },
	"week": func(m vec.Interval) part {
		_, w := isoWeek(int64(m.Days))
		return part{w, 0}
	},
	"isoyear": func(m vec.Interval) part {
		y, _ := isoWeek(int64(m.Days))
		return part{bcYear(y), 0}
	},
	"julian": func(m vec.Interval) part { return part{int64(m.Days) + julianEpoch, 0} },
}

// julianEpoch is the Julian day of 1970-01-01.
const julianEpoch = 2440588

// bcYear counts years before 1 AD from -1.
func bcYear(y int64) int64 {
	if y <= 0 {
		return y - 1
	}
	return y
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// hundreds numbers centuries and millennia: the first begins with the year 1, the one before it is -1.
func hundreds(y, n int64) int64 {
	if y > 0 {
		return (y + n - 1) / n
	}
	return -((n - 1 - (y - 1)) / n)
}

// weekday counts from Sunday, 0.
func weekday(days int64) int64 { return ((days+4)%7 + 7) % 7 }

// isoWeek returns the year and the number of a day's week in ISO 8601.
func isoWeek(days int64) (year, week int64) {
	thursday := days - (weekday(days)+6)%7 + 3
	y, _, _ := text.CivilFromDays(thursday)
	return y, (thursday-text.DaysFromCivil(y, 1, 1))/7 + 1
}

func intervalExtractor(f string) (extractor, error) {
	switch f {
	case "year":
		return func(m vec.Interval) part { return part{int64(m.Months) / 12, 0} }, nil
	case "month":
		return func(m vec.Interval) part { return part{int64(m.Months) % 12, 0} }, nil
	case "day":
		return func(m vec.Interval) part { return part{int64(m.Days), 0} }, nil
	case "quarter":
		return func(m vec.Interval) part { return part{int64(m.Months)%12/3 + 1, 0} }, nil
	case "decade":
		return func(m vec.Interval) part { return part{int64(m.Months) / 120, 0} }, nil
	case "century":
		return func(m vec.Interval) part { return part{int64(m.Months) / 1200, 0} }, nil
	case "millennium":
		return func(m vec.Interval) part { return part{int64(m.Months) / 12000, 0} }, nil
	case "epoch": // a year is 365.25 days here, a month 30
		return func(m vec.Interval) part {
			quarterDays := int64(m.Months)/12*1461 + int64(m.Months)%12*120 + int64(m.Days)*4
			return part{quarterDays*(text.Day/4) + m.Micros, 6}
		}, nil
	}
	if e, ok := timeParts[f]; ok {
		return e, nil
	}
	_, known := dateParts[f]
	return nil, badField(f, types.Interval, known)
}

// trunc cuts a local timestamp to a field.
func trunc(f string, ts int64, id types.ID) (int64, error) {
	if infinite(ts) {
		return ts, nil
	}
	days, micros := text.SplitTimestamp(ts)
	y, m, _ := text.CivilFromDays(days)
	first := func(y, m int64) (int64, error) { return text.DaysFromCivil(y, m, 1) * text.Day, nil }
	switch f {
	case "microseconds":
		return ts, nil
	case "milliseconds":
		return ts - micros%1000, nil
	case "second":
		return ts - micros%text.Second, nil
	case "minute":
		return ts - micros%text.Minute, nil
	case "hour":
		return ts - micros%text.Hour, nil
	case "day":
		return days * text.Day, nil
	case "week":
		return (days - (weekday(days)+6)%7) * text.Day, nil
	case "month":
		return first(y, m)
	case "quarter":
		return first(y, (m-1)/3*3+1)
	case "year":
		return first(y, 1)
	case "decade":
		return first(floorDiv(y, 10)*10, 1)
	case "century":
		return first(floorDiv(y-1, 100)*100+1, 1)
	case "millennium":
		return first(floorDiv(y-1, 1000)*1000+1, 1)
	}
	_, known := dateParts[f]
	_, timePart := timeParts[f]
	return 0, badField(f, id, known || timePart || f == "epoch" || f == "timezone")
}

// truncIn cuts a moment below a field of the time of day in a zone. Where the zone's clock is set, what is cut below an
// hour or less stays on its side.
func truncIn(loc *time.Location, f string, ts int64) (int64, error) {
	local := text.UTCToLocal(ts, loc)
	x, err := trunc(f, local, types.TimestampTZ)
	switch f {
	case "microseconds", "milliseconds", "second", "minute", "hour":
		return x - (local - ts), err
	}
	return text.LocalToUTC(x, loc), err
}

func truncInterval(_ *Call, name []byte, x vec.Interval) (vec.Interval, error) {
	months := func(n int32) (vec.Interval, error) { return vec.Interval{Months: x.Months / n * n}, nil }
	micros := func(n int64) (vec.Interval, error) {
		return vec.Interval{Months: x.Months, Days: x.Days, Micros: x.Micros / n * n}, nil
	}
	switch f := field(name); f {
	case "microseconds":
		return x, nil
	case "milliseconds":
		return micros(1000)
	case "second":
		return micros(text.Second)
	case "minute":
		return micros(text.Minute)
	case "hour":
		return micros(text.Hour)
	case "day":
		return vec.Interval{Months: x.Months, Days: x.Days}, nil
	case "month":
		return months(1)
	case "quarter":
		return months(3)
	case "year":
		return months(12)
	case "decade":
		return months(120)
	case "century":
		return months(1200)
	case "millennium":
		return months(12000)
	default:
		_, known := dateParts[f]
		return x, badField(f, types.Interval, known)
	}
}
