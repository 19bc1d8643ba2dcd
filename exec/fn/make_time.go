package fn

import (
	"math"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Times, timestamps and intervals from their parts, and date_bin.

func init() {
	n, f, t := types.Int32, types.Float64, types.Text
	ts, tz, iv := types.Timestamp, types.TimestampTZ, types.Interval
	moment := []string{"year", "month", "mday", "hour", "min", "sec", "timezone"}
	RegisterScalar(
		scalar("make_time", types.Time, Map3(makeTime), n, n, f).named("hour", "min", "sec"),
		scalar("make_timestamp", ts, makeTimestamps(nil), n, n, n, n, n, f).named(moment[:6]...),
		stable(scalar("make_timestamptz", tz, makeTimestamps(sessionZoneOf), n, n, n, n, n, f)).named(moment[:6]...),
		stable(scalar("make_timestamptz", tz, makeTimestamps(argumentZoneOf), n, n, n, n, n, f, t)).named(moment...),
		scalar("date_bin", ts, Map3(dateBin), iv, ts, ts),
		scalar("date_bin", tz, Map3(dateBin), iv, tz, tz),
		&Scalar{
			Name: "make_interval", Args: typesOf([]types.ID{n, n, n, n, n, n, f}), Ret: types.Of(iv), Eval: makeIntervals,
			Params: []string{"years", "months", "weeks", "days", "hours", "mins", "secs"}, Optional: true,
		},
	)
}

// named gives a function's parameters names, by which arguments may be given.
func (s *Scalar) named(params ...string) *Scalar {
	s.Params = params
	return s
}

func makeTime(_ *Call, hour, minute int32, sec float64) (int64, error) {
	micros := math.RoundToEven(sec * 1e6)
	whole := int64(hour)*text.Hour + int64(minute)*text.Minute
	if hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(micros >= 0 && micros <= 60e6) || whole+int64(micros) > text.Day {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "time field value out of range: %d:%02d:%02g", hour, minute, sec)
	}
	return whole + int64(micros), nil
}

func makeTimestamp(parts *[5]int32, sec float64) (int64, error) {
	days, err := makeDate(nil, parts[0], parts[1], parts[2])
	if err != nil {
		return 0, err
	}
	micros, err := makeTime(nil, parts[3], parts[4], sec)
	if err != nil {
		return 0, err
	}
	const limit = 110_000_000 // days that do not overflow
	ts := min(int64(days), limit)*text.Day + micros
	if !text.ValidTimestamp(ts) {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "timestamp out of range: %d-%02d-%02d %d:%02d:%02g",
			parts[0], parts[1], parts[2], parts[3], parts[4], sec)
	}
	return ts, nil
}

// zoneOf returns the zone of each row.
type zoneOf func(c *Call) func(i int) (*time.Location, error)

func sessionZoneOf(c *Call) func(i int) (*time.Location, error) {
	loc := c.location()
	return func(int) (*time.Location, error) { return loc, nil }
}

func argumentZoneOf(c *Call) func(i int) (*time.Location, error) {
	get := Reader[[]byte](c.Args[6])
	return func(i int) (*time.Location, error) { return statedZone(string(get(i))) }
}

// statedZone finds a zone by name, or by its distance from Greenwich, which must have a sign and counts east.
func statedZone(name string) (*time.Location, error) {
	if name != "" && isDigit(name[0]) {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid input syntax for type %s: \"%s\"", "numeric time zone", name).
			WithHint("Numeric time zones must have \"-\" or \"+\" as first character.")
	}
	loc, err := text.Zone(name)
	if err == nil && name != "" && (name[0] == '+' || name[0] == '-') {
		if _, off := (time.Time{}).In(loc).Zone(); off >= 16*3600 || off <= -16*3600 {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "numeric time zone \"%s\" out of range", name)
		}
	}
	return loc, err
}

func makeTimestamps(zones zoneOf) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var get [5]func(int) int32
		for k := range get {
			get[k] = Reader[int32](c.Args[k])
		}
		sec := Reader[float64](c.Args[5])
		zone := func(int) (*time.Location, error) { return time.UTC, nil }
		if zones != nil {
			zone = zones(c)
		}
		return run(c, func(i int) (int64, error) {
			var parts [5]int32
			for k := range get {
				parts[k] = get[k](i)
			}
			ts, err := makeTimestamp(&parts, sec(i))
			if err != nil {
				return 0, err
			}
			loc, err := zone(i)
			if err != nil {
				return 0, err
			}
			if ts = text.LocalToUTC(ts, loc); !text.ValidTimestamp(ts) {
				return 0, timestampRange()
			}
			return ts, nil
		})
	}
}

// makeIntervals adds up the parts. Like PostgreSQL it does not notice when months or days overflow.
func makeIntervals(c *Call) (*vec.Vector, error) {
	var get [6]func(int) int32
	for k := range get {
		get[k] = Reader[int32](c.Args[k])
	}
	sec := Reader[float64](c.Args[6])
	return run(c, func(i int) (vec.Interval, error) {
		s := sec(i)
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return vec.Interval{}, intervalRange()
		}
		return vec.Interval{
			Months: get[0](i)*12 + get[1](i),
			Days:   get[2](i)*7 + get[3](i),
			Micros: int64(get[4](i))*text.Hour + int64(get[5](i))*text.Minute + int64(math.RoundToEven(s*1e6)),
		}, nil
	})
}

// dateBin cuts a timestamp to the start of its bin; bins have one width, and one of them begins at the origin.
func dateBin(_ *Call, width vec.Interval, ts, origin int64) (int64, error) {
	switch {
	case infinite(ts):
		return ts, nil
	case infinite(origin):
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "origin out of range")
	case width.Months != 0:
		return 0, sqlstate.New(sqlstate.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	days := int64(width.Days) * text.Day
	unit := days + width.Micros
	if (width.Micros > 0) != (unit > days) && width.Micros != 0 {
		return 0, intervalRange()
	}
	if unit <= 0 {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "stride must be greater than zero")
	}
	diff := ts - origin
	if (diff > 0) != (ts > origin) && ts != origin {
		return 0, intervalRange()
	}
	rest := diff % unit
	if rest < 0 {
		rest += unit
	}
	if bin := ts - rest; bin <= ts && text.ValidTimestamp(bin) {
		return bin, nil
	}
	return 0, timestampRange()
}
