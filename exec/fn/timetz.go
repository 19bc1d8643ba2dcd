package fn

import (
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators of time with time zone.

func init() {
	z, iv, d, tz := types.TimeTZ, types.Interval, types.Date, types.TimestampTZ
	shift := func(sign int64) func(*Call, vec.TimeTZ, vec.Interval) (vec.TimeTZ, error) {
		return func(_ *Call, x vec.TimeTZ, y vec.Interval) (vec.TimeTZ, error) {
			x.Micros = wrapDay(x.Micros + sign*(y.Micros%text.Day))
			return x, nil
		}
	}
	plus := shift(1)
	RegisterScalar(
		scalar("+", z, Map2(plus), z, iv), scalar("-", z, Map2(shift(-1)), z, iv),
		scalar("+", z, Map2(func(c *Call, y vec.Interval, x vec.TimeTZ) (vec.TimeTZ, error) { return plus(c, x, y) }), iv, z),
		scalar("+", tz, Map2(dateAtTimeTZ), d, z),
		scalar("+", tz, Map2(func(c *Call, x vec.TimeTZ, y int32) (int64, error) { return dateAtTimeTZ(c, y, x) }), z, d),
	)
}

// dateAtTimeTZ returns the moment at which clocks of a zone show a time on a day. Zones count west of Greenwich.
func dateAtTimeTZ(c *Call, day int32, x vec.TimeTZ) (int64, error) {
	at, err := dateAtTime(c, day, x.Micros)
	if err != nil || infinite(at) {
		return at, err
	}
	return at + int64(x.Zone)*1e6, nil
}
