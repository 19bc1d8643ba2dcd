package text

import (
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// epoch2000 is the moment, in microseconds from 1970 on, from which PostgreSQL rounds halves of timestamps away.
const epoch2000 = 10957 * Day

// RoundTimestamp rounds a timestamp to a number of decimal places of seconds; infinity stays.
func RoundTimestamp(x int64, places int) int64 {
	if x == TimestampInfinity || x == TimestampNegInf {
		return x
	}
	return RoundPlaces(x-epoch2000, places) + epoch2000
}

// RoundPlaces rounds microseconds to a number of decimal places of seconds, halves away from zero.
func RoundPlaces(x int64, places int) int64 {
	unit := int64(1)
	for range max(types.MaxPlaces-places, 0) {
		unit *= 10
	}
	half := unit / 2
	if x < 0 {
		half = -half
	}
	return (x + half) / unit * unit
}

// FitInterval drops the fields of an interval that its type lacks, and rounds the seconds.
func FitInterval(x vec.Interval, t types.Type) vec.Interval {
	if f := t.IntervalFields(); f != 0 {
		x = onlyFields(x, f)
	}
	if places, ok := t.Places(); ok {
		x.Micros = RoundPlaces(x.Micros, places)
	}
	return x
}

// onlyFields drops the fields that are smaller than those of f; what is larger stays, as in PostgreSQL.
func onlyFields(x vec.Interval, f types.IntervalFields) vec.Interval {
	switch {
	case f >= types.Seconds:
	case f >= types.Minutes:
		x.Micros -= x.Micros % Minute
	case f >= types.Hours:
		x.Micros -= x.Micros % Hour
	case f >= types.Days:
		x.Micros = 0
	case f >= types.Months:
		x.Days, x.Micros = 0, 0
	default:
		x.Months -= x.Months % 12
		x.Days, x.Micros = 0, 0
	}
	return x
}

// FitTime rounds a value of a type of time, in microseconds.
func FitTime(x int64, t types.Type) int64 {
	places, ok := t.Places()
	switch {
	case !ok:
		return x
	case t.ID == types.Time || t.ID == types.TimeTZ:
		return RoundPlaces(x, places)
	}
	return RoundTimestamp(x, places)
}

// FitTimes gives values of a type of time the places and fields of t, which differs in these alone.
func FitTimes(v *vec.Vector, t types.Type) *vec.Vector {
	if t.Prec == 0 {
		return v.WithType(t)
	}
	if v.Enc == vec.Dict {
		w := *v
		w.Type, w.Dict = t, FitTimes(v.Dict, t)
		return &w
	}
	w := *v
	w.Type, w.Data = t, slices.Clone(v.Data)
	switch t.ID {
	case types.Interval:
		for i, x := range vec.Values[vec.Interval](&w) {
			vec.Values[vec.Interval](&w)[i] = FitInterval(x, t)
		}
	case types.TimeTZ:
		for i, x := range vec.Values[vec.TimeTZ](&w) {
			vec.Values[vec.TimeTZ](&w)[i].Micros = FitTime(x.Micros, t)
		}
	default:
		for i, x := range vec.Values[int64](&w) {
			vec.Values[int64](&w)[i] = FitTime(x, t)
		}
	}
	return &w
}
