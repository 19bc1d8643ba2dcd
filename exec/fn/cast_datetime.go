package fn

import (
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Casts between dates, times, timestamps and intervals, in PostgreSQL's contexts.

func init() {
	cast := func(from, to types.ID, ctx CastContext, volatility Volatility, eval func(*Call) (*vec.Vector, error)) {
		s := scalar("", to, func(c *Call) (*vec.Vector, error) {
			v, err := eval(c)
			if err != nil {
				return nil, err
			}
			return text.FitTimes(v, c.Ret), nil
		}, from)
		s.Volatility = volatility
		RegisterCast(&Cast{From: from, To: to, Context: ctx, Scalar: s})
	}
	d, t, tt, ts, tz, iv := types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval
	for _, id := range []types.ID{t, tt, ts, tz, iv} {
		cast(id, id, Implicit, Immutable, func(c *Call) (*vec.Vector, error) { return c.Args[0], nil })
	}
	cast(d, ts, Implicit, Immutable, Map1(func(_ *Call, x int32) (int64, error) { return DateToTimestamp(x) }))
	cast(d, tz, Implicit, Stable, Map1(func(c *Call, x int32) (int64, error) {
		y, err := DateToTimestamp(x)
		return text.LocalToUTC(y, c.location()), err
	}))
	cast(ts, d, Assignment, Immutable, Map1(func(_ *Call, x int64) (int32, error) { return timestampToDate(x), nil }))
	cast(tz, d, Assignment, Stable, Map1(func(c *Call, x int64) (int32, error) {
		return timestampToDate(text.UTCToLocal(x, c.location())), nil
	}))
	cast(ts, tz, Implicit, Stable, Map1(func(c *Call, x int64) (int64, error) { return text.LocalToUTC(x, c.location()), nil }))
	cast(tz, ts, Assignment, Stable, Map1(func(c *Call, x int64) (int64, error) { return text.UTCToLocal(x, c.location()), nil }))
	cast(ts, t, Assignment, Immutable, MapNull1(func(_ *Call, x int64) (int64, bool, error) { return timeOf(x) }))
	cast(tz, t, Assignment, Stable, MapNull1(func(c *Call, x int64) (int64, bool, error) { return timeOf(text.UTCToLocal(x, c.location())) }))
	cast(tz, tt, Assignment, Stable, MapNull1(func(c *Call, x int64) (vec.TimeTZ, bool, error) {
		u, ok, err := timeOf(text.UTCToLocal(x, c.location()))
		return vec.TimeTZ{Micros: u, Zone: int32(-text.Offset(x, c.location()))}, ok, err
	}))
	cast(t, tt, Implicit, Stable, Map1(func(c *Call, x int64) (vec.TimeTZ, error) {
		return vec.TimeTZ{Micros: x, Zone: int32(-text.Offset(c.now().UnixMicro(), c.location()))}, nil
	}))
	cast(tt, t, Assignment, Immutable, Map1(func(_ *Call, x vec.TimeTZ) (int64, error) { return x.Micros, nil }))
	cast(t, iv, Implicit, Immutable, Map1(func(_ *Call, x int64) (vec.Interval, error) { return vec.Interval{Micros: x}, nil }))
	cast(iv, t, Assignment, Immutable, Map1(func(_ *Call, x vec.Interval) (int64, error) { return wrapDay(x.Micros), nil }))
}

func timestampToDate(ts int64) int32 {
	switch ts {
	case text.TimestampInfinity:
		return text.DateInfinity
	case text.TimestampNegInf:
		return text.DateNegInfinity
	}
	days, _ := text.SplitTimestamp(ts)
	return int32(days)
}

func timeOf(ts int64) (int64, bool, error) {
	if infinite(ts) {
		return 0, false, nil
	}
	_, micros := text.SplitTimestamp(ts)
	return micros, true, nil
}
