package text

import (
	"strconv"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// Formats says how dates, times and intervals are written, and in which order dates are read whose parts could be
// several: PostgreSQL's settings DateStyle and IntervalStyle. The zero value is ISO, MDY and postgres.
type Formats struct {
	Dates     DateForm
	Order     DateOrder
	Intervals IntervalForm
}

// DateForm is a form of dates and timestamps.
type DateForm uint8

const (
	DatesISO      DateForm = iota // 1997-12-17 07:37:16-08
	DatesSQL                      // 12/17/1997 07:37:16 PST
	DatesPostgres                 // Wed Dec 17 07:37:16 1997 PST
	DatesGerman                   // 17.12.1997 07:37:16 PST
)

func (f DateForm) String() string { return [...]string{"ISO", "SQL", "Postgres", "German"}[f] }

// DateOrder is the order of the parts of dates.
type DateOrder uint8

const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

func (o DateOrder) String() string { return [...]string{"MDY", "DMY", "YMD"}[o] }

// IntervalForm is a form of intervals.
type IntervalForm uint8

const (
	IntervalsPostgres IntervalForm = iota // 1 year 2 mons -3 days +04:05:06.7
	IntervalsVerbose                      // @ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs
	IntervalsSQL                          // +1-2 -3 +4:05:06.7
	IntervalsISO                          // P1Y2M-3DT4H5M6.7S
)

// IntervalForms are the values of IntervalStyle by their number.
var IntervalForms = []string{"postgres", "postgres_verbose", "sql_standard", "iso_8601"}

// ParseDateStyle reads a value of DateStyle, which may leave open what is as now has it, and returns the form in which
// it is kept.
func ParseDateStyle(v string, now Formats) (f Formats, shown string, err error) {
	f = now
	form, order := false, false
	bad := sqlstate.New(sqlstate.InvalidParameterValue, "invalid value for parameter \"DateStyle\": \"%s\"", v)
	setForm := func(to DateForm) {
		if form && f.Dates != to {
			bad.Detail = "Conflicting \"datestyle\" specifications."
		}
		f.Dates, form = to, true
	}
	setOrder := func(to DateOrder) {
		if order && f.Order != to {
			bad.Detail = "Conflicting \"datestyle\" specifications."
		}
		f.Order, order = to, true
	}
	for _, word := range strings.Split(v, ",") {
		switch w := strings.ToLower(strings.Trim(strings.TrimSpace(word), `"`)); {
		case w == "iso":
			setForm(DatesISO)
		case w == "sql":
			setForm(DatesSQL)
		case strings.HasPrefix(w, "postgres"):
			setForm(DatesPostgres)
		case w == "german":
			setForm(DatesGerman)
			if !order {
				f.Order = OrderDMY
			}
		case w == "ymd":
			setOrder(OrderYMD)
		case w == "dmy", strings.HasPrefix(w, "euro"):
			setOrder(OrderDMY)
		case w == "mdy", w == "us", strings.HasPrefix(w, "noneuro"):
			setOrder(OrderMDY)
		case w == "default":
			if !form {
				f.Dates = DatesISO
			}
			if !order {
				f.Order = OrderMDY
			}
		case w == "" && strings.TrimSpace(v) == "":
		default:
			bad.Detail = "Unrecognized key word: \"" + w + "\"."
		}
	}
	if bad.Detail != "" {
		return now, "", bad
	}
	return f, f.Dates.String() + ", " + f.Order.String(), nil
}

// appendDateIn appends a date.
func appendDateIn(dst []byte, d int32, st *Style) []byte {
	if st == nil || st.Dates == DatesISO || d == DateInfinity || d == DateNegInfinity {
		return AppendDate(dst, d)
	}
	dst, bc := st.appendDate(dst, int64(d))
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendTimestampIn appends a timestamp, with time zone if there is a loc.
func appendTimestampIn(dst []byte, ts int64, loc *time.Location, st *Style) []byte {
	switch {
	case st != nil && st.Dates != DatesISO && ts != TimestampInfinity && ts != TimestampNegInf:
		return st.appendTimestamp(dst, ts, loc)
	case loc == nil:
		return AppendTimestamp(dst, ts)
	}
	return AppendTimestampTZ(dst, ts, loc)
}

// commonYear returns a date with the year as people count it.
func commonYear(days int64) (y, m, d int64, bc bool) {
	if y, m, d = CivilFromDays(days); y <= 0 {
		return 1 - y, m, d, true
	}
	return y, m, d, false
}

// appendDate appends a date that is none of the infinities, in a form other than ISO.
func (f Formats) appendDate(dst []byte, days int64) (out []byte, bc bool) {
	y, m, d, bc := commonYear(days)
	sep := [...]byte{'-', '/', '-', '.'}[f.Dates]
	if f.Order == OrderDMY || f.Dates == DatesGerman {
		m, d = d, m
	}
	dst = append(appendPadded(dst, m, 2), sep)
	dst = append(appendPadded(dst, d, 2), sep)
	return appendPadded(dst, y, 4), bc
}

// appendTimestamp appends a timestamp that is none of the infinities, in a form other than ISO, as clocks in loc show it;
// nil is for those without time zone, which clocks everywhere show alike.
func (f Formats) appendTimestamp(dst []byte, ts int64, loc *time.Location) []byte {
	zone := ""
	if loc != nil {
		zone = zoneAt(ts, loc)
		ts += Offset(ts, loc) * Second
	}
	days, micros := SplitTimestamp(ts)
	bc := false
	if f.Dates == DatesPostgres {
		dst, bc = f.appendWords(dst, days, micros)
	} else {
		dst, bc = f.appendDate(dst, days)
		dst = AppendTime(append(dst, ' '), micros)
	}
	if zone != "" {
		dst = append(append(dst, ' '), zone...)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendWords appends a timestamp with the names of its day and month, and the year behind the time.
func (f Formats) appendWords(dst []byte, days, micros int64) (out []byte, bc bool) {
	y, m, d, bc := commonYear(days)
	weekday := ((days+4)%7 + 7) % 7 // 1970-01-01 was a Thursday
	dst = append(append(dst, time.Weekday(weekday).String()[:3]...), ' ')
	month := time.Month(m).String()[:3]
	if f.Order == OrderDMY {
		dst = append(append(appendPadded(dst, d, 2), ' '), month...)
	} else {
		dst = appendPadded(append(append(dst, month...), ' '), d, 2)
	}
	dst = AppendTime(append(dst, ' '), micros)
	return appendPadded(append(dst, ' '), y, 4), bc
}

// zoneAt returns the abbreviation of a time zone at a moment.
func zoneAt(ts int64, loc *time.Location) string {
	name, _ := time.UnixMicro(ts).In(loc).Zone()
	if rest, ok := strings.CutPrefix(name, "<"); ok { // <+05>-05
		name, _, _ = strings.Cut(rest, ">")
	}
	return name
}

// intervalParts are an interval's fields, all of those of the time with one sign.
type intervalParts struct{ year, mon, day, hour, min, sec, micros int64 }

func partsOf(x vec.Interval) intervalParts {
	return intervalParts{int64(x.Months) / 12, int64(x.Months) % 12, int64(x.Days), x.Micros / Hour, x.Micros % Hour / Minute,
		x.Micros % Minute / Second, x.Micros % Second}
}

func (f Formats) appendInterval(dst []byte, x vec.Interval) []byte {
	switch f.Intervals {
	case IntervalsVerbose:
		return appendVerbose(dst, partsOf(x))
	case IntervalsSQL:
		return appendSQLInterval(dst, partsOf(x))
	case IntervalsISO:
		return appendISOInterval(dst, partsOf(x))
	}
	return AppendInterval(dst, x)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// appendSeconds appends seconds without their sign, with as many digits of the fraction as there are.
func appendSeconds(dst []byte, sec, micros int64, fill bool) []byte {
	if fill {
		dst = appendPadded(dst, int64(magnitude(sec)), 2)
	} else {
		dst = strconv.AppendUint(dst, magnitude(sec), 10)
	}
	return appendFraction(dst, int64(magnitude(micros)))
}

// appendVerbose appends the traditional form. The sign of the first part is that of the whole, as ago.
func appendVerbose(dst []byte, p intervalParts) []byte {
	dst = append(dst, '@')
	zero, before := true, false
	for _, x := range []struct {
		n    int64
		unit string
	}{{p.year, " year"}, {p.mon, " mon"}, {p.day, " day"}, {p.hour, " hour"}, {p.min, " min"}} {
		n := x.n
		switch {
		case n == 0:
			continue
		case zero:
			before = n < 0
		}
		if zero = false; before {
			n = -n
		}
		dst = append(strconv.AppendInt(append(dst, ' '), n, 10), x.unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
	}
	if p.sec != 0 || p.micros != 0 {
		dst = append(dst, ' ')
		switch negative := p.sec < 0 || p.micros < 0; {
		case zero:
			before = negative
		case negative != before:
			dst = append(dst, '-')
		}
		zero = false
		dst = append(appendSeconds(dst, p.sec, p.micros, false), " sec"...)
		if magnitude(p.sec) != 1 || p.micros != 0 {
			dst = append(dst, 's')
		}
	}
	if zero {
		dst = append(dst, " 0"...)
	}
	if before {
		dst = append(dst, " ago"...)
	}
	return dst
}

// appendSQLInterval appends years and months or days and time, as the standard has them, with one sign. What that
// cannot say has all fields, each with its own.
func appendSQLInterval(dst []byte, p intervalParts) []byte {
	negative, positive := false, false
	for _, n := range []int64{p.year, p.mon, p.day, p.hour, p.min, p.sec, p.micros} {
		negative, positive = negative || n < 0, positive || n > 0
	}
	months, time := p.year != 0 || p.mon != 0, p.day != 0 || p.hour != 0 || p.min != 0 || p.sec != 0 || p.micros != 0
	sign := func(negative bool) byte {
		if negative {
			return '-'
		}
		return '+'
	}
	number := func(n int64) { dst = strconv.AppendUint(dst, magnitude(n), 10) }
	clock := func() {
		number(p.hour)
		dst = appendPadded(append(dst, ':'), int64(magnitude(p.min)), 2)
		dst = appendSeconds(append(dst, ':'), p.sec, p.micros, true)
	}
	switch {
	case !negative && !positive:
		return append(dst, '0')
	case negative && positive || months && time:
		dst = append(dst, sign(p.year < 0 || p.mon < 0))
		number(p.year)
		dst = append(dst, '-')
		number(p.mon)
		dst = append(dst, ' ', sign(p.day < 0))
		number(p.day)
		dst = append(dst, ' ', sign(p.hour < 0 || p.min < 0 || p.sec < 0 || p.micros < 0))
		clock()
		return dst
	case negative:
		dst = append(dst, '-')
	}
	switch {
	case months:
		number(p.year)
		dst = append(dst, '-')
		number(p.mon)
	case p.day != 0:
		number(p.day)
		dst = append(dst, ' ')
		clock()
	default:
		clock()
	}
	return dst
}

// appendISOInterval appends the form with designators of ISO 8601.
func appendISOInterval(dst []byte, p intervalParts) []byte {
	if p == (intervalParts{}) {
		return append(dst, "PT0S"...)
	}
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	dst = append(dst, 'P')
	part(p.year, 'Y')
	part(p.mon, 'M')
	part(p.day, 'D')
	if p.hour == 0 && p.min == 0 && p.sec == 0 && p.micros == 0 {
		return dst
	}
	dst = append(dst, 'T')
	part(p.hour, 'H')
	part(p.min, 'M')
	if p.sec != 0 || p.micros != 0 {
		if p.sec < 0 || p.micros < 0 {
			dst = append(dst, '-')
		}
		dst = append(appendSeconds(dst, p.sec, p.micros, false), 'S')
	}
	return dst
}

// signAll makes all fields of an interval negative whose text begins with a minus and has no other sign, as sql_standard
// reads it.
func signAll(x vec.Interval, s []byte) vec.Interval {
	t := strings.TrimSpace(string(s))
	if !strings.HasPrefix(t, "-") || strings.Contains(t, " -") || strings.Contains(t, " +") {
		return x
	}
	return vec.Interval{Months: min(x.Months, -x.Months), Days: min(x.Days, -x.Days), Micros: min(x.Micros, -x.Micros)}
}
