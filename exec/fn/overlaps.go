package fn

import (
	"cmp"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// (a, b) OVERLAPS (c, d), where b and d may be intervals.

func init() {
	registerOverlaps(types.Timestamp, cmp.Compare[int64], func(_ *Call, x int64, iv vec.Interval) (int64, error) { return shift(x, iv, 1) })
	registerOverlaps(types.TimestampTZ, cmp.Compare[int64], func(c *Call, x int64, iv vec.Interval) (int64, error) { return zoneShift(c, x, iv, 1) })
	registerOverlaps(types.Time, cmp.Compare[int64], func(_ *Call, x int64, iv vec.Interval) (int64, error) {
		return wrapDay(x + iv.Micros%text.Day), nil
	})
	registerOverlaps[vec.TimeTZ](types.TimeTZ, compareTimeTZ, nil)
}

// compareTimeTZ compares by the moment, and then by the zone.
func compareTimeTZ(a, b vec.TimeTZ) int {
	utc := func(t vec.TimeTZ) int64 { return t.Micros + int64(t.Zone)*text.Second }
	return cmp.Or(cmp.Compare(utc(a), utc(b)), cmp.Compare(a.Zone, b.Zone))
}

// registerOverlaps registers OVERLAPS for a type, and with intervals if add is there.
func registerOverlaps[T any](id types.ID, compare func(a, b T) int, add func(*Call, T, vec.Interval) (T, error)) {
	ends := []types.ID{id}
	if add != nil {
		ends = append(ends, types.Interval)
	}
	for _, first := range ends {
		for _, second := range ends {
			f := scalar("overlaps", types.Bool, func(c *Call) (*vec.Vector, error) {
				return overlaps(c, compare, periodsOf(c, 0, first, add), periodsOf(c, 2, second, add))
			}, id, first, id, second)
			f.NotStrict = true
			if id == types.TimestampTZ {
				f.Volatility = Stable
			}
			RegisterScalar(f)
		}
	}
}

// period is a span of time. One end of it may be NULL.
type period[T any] struct {
	from, to       T
	hasFrom, hasTo bool
}

// periodsOf returns a function that reads the period of arguments k and k+1.
func periodsOf[T any](c *Call, k int, end types.ID, add func(*Call, T, vec.Interval) (T, error)) func(i int) (period[T], error) {
	a, b := c.Args[k], c.Args[k+1]
	from := Reader[T](a)
	if end != types.Interval {
		to := Reader[T](b)
		return func(i int) (period[T], error) {
			return period[T]{from(i), to(i), !a.IsNull(i), !b.IsNull(i)}, nil
		}
	}
	length := Reader[vec.Interval](b)
	return func(i int) (p period[T], err error) {
		p = period[T]{from: from(i), hasFrom: !a.IsNull(i)}
		if p.hasFrom && !b.IsNull(i) {
			p.to, err = add(c, p.from, length(i))
			p.hasTo = true
		}
		return p, err
	}
}

// ordered puts the earlier end first, and one that is NULL last.
func (p period[T]) ordered(compare func(a, b T) int) period[T] {
	if !p.hasFrom || p.hasTo && compare(p.from, p.to) > 0 {
		p.from, p.to, p.hasFrom, p.hasTo = p.to, p.from, p.hasTo, p.hasFrom
	}
	return p
}

func overlaps[T any](c *Call, compare func(a, b T) int, first, second func(i int) (period[T], error)) (*vec.Vector, error) {
	return runNull(c, func(i int) (bool, bool, error) {
		p, err := first(i)
		if err != nil {
			return false, false, err
		}
		q, err := second(i)
		if err != nil {
			return false, false, err
		}
		yes, known := meet(p.ordered(compare), q.ordered(compare), compare)
		return yes, known, nil
	})
}

// meet reports whether periods have a moment in common, and whether that is known. They do not contain their ends,
// unless they are a single moment.
func meet[T any](p, q period[T], compare func(a, b T) int) (yes, known bool) {
	if !p.hasFrom || !q.hasFrom {
		return false, false
	}
	order := compare(p.from, q.from)
	if order < 0 {
		p, q = q, p
	}
	if order == 0 {
		return true, p.hasTo && q.hasTo
	}
	// p begins after q and overlaps it if it begins before q ends.
	if !q.hasTo {
		return false, false
	}
	if compare(p.from, q.to) < 0 {
		return true, true
	}
	return false, p.hasTo
}
