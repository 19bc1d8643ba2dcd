package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Times to a number of decimal places of their seconds: what timestamp(0) and the like are cast with.

func init() {
	n := types.Int32
	RegisterScalar(
		scalar("timestamp", types.Timestamp, Map2(roundTimestamp), types.Timestamp, n),
		scalar("timestamptz", types.TimestampTZ, Map2(roundTimestamp), types.TimestampTZ, n),
		scalar("time", types.Time, Map2(func(_ *Call, t int64, places int32) (int64, error) {
			if places < 0 {
				return t, nil
			}
			return text.RoundPlaces(t, int(places)), nil
		}), types.Time, n),
		scalar("interval", types.Interval, Map2(func(_ *Call, x vec.Interval, places int32) (vec.Interval, error) {
			if places < 0 || places > maxPlaces {
				return x, sqlstate.New(sqlstate.InternalError, "unrecognized interval typmod: %d", places)
			}
			x.Micros = text.RoundPlaces(x.Micros, int(places))
			return x, nil
		}), types.Interval, n),
	)
}

// maxPlaces is the number of decimal places that seconds have.
const maxPlaces = 6

func roundTimestamp(_ *Call, ts int64, places int32) (int64, error) {
	switch {
	case ts == text.TimestampInfinity || ts == text.TimestampNegInf || places == -1: // as a type without a number has it
		return ts, nil
	case places < 0 || places > maxPlaces:
		return 0, sqlstate.New(sqlstate.InvalidParameterValue, "timestamp(%d) precision must be between 0 and 6", places)
	}
	return text.RoundTimestamp(ts, int(places)), nil
}
