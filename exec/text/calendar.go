package text

import (
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"gsql/exec/vec"
)

// Units of timestamps and times of day, which are counted in microseconds.
const (
	Second = 1_000_000
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// Infinite dates and timestamps.
const (
	DateInfinity      = math.MaxInt32
	DateNegInfinity   = math.MinInt32
	TimestampInfinity = math.MaxInt64
	TimestampNegInf   = math.MinInt64
)

// Dates range from 4714-11-24 BC to 5874897-12-31, as in PostgreSQL. Timestamps, which PostgreSQL counts from
// the year 2000, end 30 years before its last, at the end of 294246.
var (
	minDate      = DaysFromCivil(-4713, 11, 24)
	maxDate      = DaysFromCivil(5874897, 12, 31)
	minTimestamp = minDate * Day
	endTimestamp = DaysFromCivil(294247, 1, 1) * Day
)

// DaysFromCivil returns the days from 1970-01-01 to a date of the proleptic Gregorian calendar; the year 0
// is 1 BC. The month may be any number. (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".)
func DaysFromCivil(year, month, day int64) int64 {
	month--
	year += floorDiv(month, 12)
	month = month - floorDiv(month, 12)*12 + 1
	if month <= 2 {
		year--
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*((month+9)%12)+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// CivilFromDays is the inverse of DaysFromCivil. (C. Neri and L. Schneider, "Euclidean affine functions and
// their application to calendar algorithms".)
func CivilFromDays(days int64) (year, month, day int64) {
	// Counted from 1 March of a year that is a multiple of 400 and before all dates.
	const cycles = 100
	n1 := uint64(days+719468+cycles*146097)*4 + 3
	century := n1 / 146097
	n2 := uint64(uint32(n1%146097) | 3)
	p2 := n2 * 2939745
	ofYear := uint32(p2) / 2939745 / 4 // days since 1 March
	n3 := ofYear*2141 + 197913
	year = int64(100*century+p2>>32) - 400*cycles
	month, day = int64(n3>>16), int64(n3&0xffff/2141)+1
	if ofYear >= 306 { // January and February
		return year + 1, month - 12, day
	}
	return year, month, day
}

// DaysInMonth returns the length of a month; year 0 is 1 BC.
func DaysInMonth(year, month int64) int64 {
	return DaysFromCivil(year, month+1, 1) - DaysFromCivil(year, month, 1)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// SplitTimestamp returns the day and the microseconds within it.
func SplitTimestamp(ts int64) (days, micros int64) {
	days = floorDiv(ts, Day)
	return days, ts - days*Day
}

// Offset returns the seconds that local time in loc is ahead of UTC at a UTC timestamp.
func Offset(ts int64, loc *time.Location) int64 {
	if loc == time.UTC {
		return 0
	}
	return changesOf(loc).offset(floorDiv(ts, Second))
}

// zoneChanges has the moments at which the clocks of a zone change between the years 1800 and 2500, in seconds
// since 1970, and their offsets from then on.
type zoneChanges struct {
	loc   *time.Location
	from  []int64 // the first is the first second of 1800
	off   []int32
	until int64
}

var (
	allChanges  sync.Map // *time.Location -> *zoneChanges
	lastChanges atomic.Pointer[zoneChanges]
)

func changesOf(loc *time.Location) *zoneChanges {
	if z := lastChanges.Load(); z != nil && z.loc == loc {
		return z
	}
	z, ok := allChanges.Load(loc)
	if !ok {
		z, _ = allChanges.LoadOrStore(loc, newZoneChanges(loc))
	}
	lastChanges.Store(z.(*zoneChanges))
	return z.(*zoneChanges)
}

func newZoneChanges(loc *time.Location) *zoneChanges {
	z := &zoneChanges{loc: loc, until: DaysFromCivil(2500, 1, 1) * 86400}
	for at := DaysFromCivil(1800, 1, 1) * 86400; at < z.until; {
		t := time.Unix(at, 0).In(loc)
		_, off := t.Zone()
		z.from, z.off = append(z.from, at), append(z.off, int32(off))
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		// On the last day of some leap years package time says that an offset ends where it is asked about.
		at = max(end.Unix(), at+86400)
	}
	return z
}

func (z *zoneChanges) offset(sec int64) int64 {
	if sec < z.from[0] || sec >= z.until {
		_, off := time.Unix(sec, 0).In(z.loc).Zone()
		return int64(off)
	}
	// The last change that is not after sec.
	lo, hi := 0, len(z.from)
	for hi-lo > 1 {
		mid := int(uint(lo+hi) >> 1)
		if z.from[mid] <= sec {
			lo = mid
		} else {
			hi = mid
		}
	}
	return int64(z.off[lo])
}

// LocalToUTC returns the UTC timestamp at which clocks in loc show the local timestamp ts. Of a time that
// clocks show twice it takes the later one (standard time), of one that they skip, the one as if they had
// not been put forward: as PostgreSQL does.
func LocalToUTC(ts int64, loc *time.Location) int64 {
	if loc == time.UTC || ts == TimestampInfinity || ts == TimestampNegInf {
		return ts
	}
	before := Offset(ts-Day, loc)
	after := Offset(ts+Day, loc)
	if before == after {
		if mid := Offset(ts-before*Second, loc); mid == before {
			return ts - before*Second
		}
	}
	// A change of the clocks is near.
	t1, t2 := ts-before*Second, ts-after*Second
	ok1, ok2 := Offset(t1, loc) == before, Offset(t2, loc) == after
	switch {
	case ok1 && ok2:
		if before > after { // the hour that comes twice
			return t2
		}
		return t1
	case ok2:
		return t2
	case ok1:
		return t1
	}
	return t1
}

// UTCToLocal returns what clocks in loc show at a UTC timestamp.
func UTCToLocal(ts int64, loc *time.Location) int64 {
	if loc == time.UTC || ts == TimestampInfinity || ts == TimestampNegInf {
		return ts
	}
	return ts + Offset(ts, loc)*Second
}

// AppendDate appends a date in ISO form.
func AppendDate(dst []byte, d int32) []byte {
	switch d {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateNegInfinity:
		return append(dst, "-infinity"...)
	}
	dst, bc := appendCivil(dst, int64(d))
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

func appendCivil(dst []byte, days int64) (out []byte, bc bool) {
	y, m, d := CivilFromDays(days)
	if y <= 0 {
		y, bc = 1-y, true
	}
	dst = appendPadded(dst, y, 4)
	dst = appendPadded(append(dst, '-'), m, 2)
	return appendPadded(append(dst, '-'), d, 2), bc
}

func appendPadded(dst []byte, n int64, width int) []byte {
	if width == 2 && n < 100 {
		return append(dst, byte('0'+n/10), byte('0'+n%10))
	}
	if width == 4 && n < 10000 {
		return append(dst, byte('0'+n/1000), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
	}
	return strconv.AppendInt(dst, n, 10)
}

// AppendTime appends a time of day, with as many digits of the second's fraction as it needs.
func AppendTime(dst []byte, micros int64) []byte {
	dst = appendPadded(dst, micros/Hour, 2)
	dst = appendPadded(append(dst, ':'), micros/Minute%60, 2)
	dst = appendPadded(append(dst, ':'), micros/Second%60, 2)
	return appendFraction(dst, micros%Second)
}

func appendFraction(dst []byte, micros int64) []byte {
	if micros == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := int64(100_000); micros > 0; unit /= 10 {
		dst = append(dst, byte('0'+micros/unit))
		micros %= unit
	}
	return dst
}

// AppendTimeTZ appends a time of day with its offset.
func AppendTimeTZ(dst []byte, t vec.TimeTZ) []byte {
	return appendOffset(AppendTime(dst, t.Micros), -int64(t.Zone))
}

// appendOffset appends an offset in seconds east of UTC.
func appendOffset(dst []byte, off int64) []byte {
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = appendPadded(append(dst, sign), off/3600, 2)
	if off%3600 != 0 {
		dst = appendPadded(append(dst, ':'), off/60%60, 2)
	}
	if off%60 != 0 {
		dst = appendPadded(append(dst, ':'), off%60, 2)
	}
	return dst
}

// AppendTimestamp appends a timestamp without time zone in ISO form.
func AppendTimestamp(dst []byte, ts int64) []byte {
	dst, bc, special := appendMoment(dst, ts)
	if bc && !special {
		dst = append(dst, " BC"...)
	}
	return dst
}

// AppendTimestampTZ appends a timestamp with time zone as clocks in loc show it, with their offset.
func AppendTimestampTZ(dst []byte, ts int64, loc *time.Location) []byte {
	if ts == TimestampInfinity || ts == TimestampNegInf {
		return AppendTimestamp(dst, ts)
	}
	off := Offset(ts, loc)
	dst, bc, _ := appendMoment(dst, ts+off*Second)
	dst = appendOffset(dst, off)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

func appendMoment(dst []byte, ts int64) (out []byte, bc, special bool) {
	switch ts {
	case TimestampInfinity:
		return append(dst, "infinity"...), false, true
	case TimestampNegInf:
		return append(dst, "-infinity"...), false, true
	}
	days, micros := SplitTimestamp(ts)
	dst, bc = appendCivil(dst, days)
	return AppendTime(append(dst, ' '), micros), bc, false
}

// ValidDate reports whether a day is within the range of dates.
func ValidDate(days int64) bool { return days >= minDate && days <= maxDate }

// ValidTimestamp reports whether a finite timestamp is within the range of timestamps.
func ValidTimestamp(ts int64) bool { return ts >= minTimestamp && ts < endTimestamp }
