package text

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// AppendInterval appends an interval in PostgreSQL's own style: 1 year 2 mons -3 days +04:05:06.7.
func AppendInterval(dst []byte, x vec.Interval) []byte {
	start, negBefore := len(dst), false
	part := func(n int64, unit string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if negBefore && n > 0 {
			dst = append(dst, '+')
		}
		negBefore = n < 0
		dst = append(strconv.AppendInt(dst, n, 10), ' ')
		dst = append(dst, unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
	}
	part(int64(x.Months)/12, "year")
	part(int64(x.Months)%12, "mon")
	part(int64(x.Days), "day")
	if x.Micros == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	u := uint64(x.Micros)
	if x.Micros < 0 {
		dst, u = append(dst, '-'), -u
	} else if negBefore {
		dst = append(dst, '+')
	}
	dst = appendPadded(dst, int64(u/Hour), 2)
	dst = appendPadded(append(dst, ':'), int64(u/Minute%60), 2)
	dst = appendPadded(append(dst, ':'), int64(u/Second%60), 2)
	return appendFraction(dst, int64(u%Second))
}

// unit says what one of a unit of time is worth.
type unit struct {
	months, days float64
	micros       float64
}

var units = map[string]unit{
	"microsecond": {micros: 1}, "us": {micros: 1}, "usec": {micros: 1}, "microsecon": {micros: 1},
	"millisecond": {micros: 1000}, "ms": {micros: 1000}, "msec": {micros: 1000}, "mseconds": {micros: 1000},
	"second": {micros: Second}, "s": {micros: Second}, "sec": {micros: Second},
	"minute": {micros: Minute}, "m": {micros: Minute}, "min": {micros: Minute},
	"hour": {micros: Hour}, "h": {micros: Hour}, "hr": {micros: Hour},
	"day": {days: 1}, "d": {days: 1}, "week": {days: 7}, "w": {days: 7},
	"month": {months: 1}, "mon": {months: 1}, "quarter": {months: 3}, "qtr": {months: 3},
	"year": {months: 12}, "y": {months: 12}, "yr": {months: 12},
	"decade": {months: 120}, "dec": {months: 120}, "century": {months: 1200}, "cent": {months: 1200}, "c": {months: 1200},
	"centuries": {months: 1200}, "millennium": {months: 12000}, "mil": {months: 12000}, "millennia": {months: 12000},
}

// Unit returns the unit of time by a name that intervals use, in singular or plural.
func findUnit(word string) (unit, bool) {
	if u, ok := units[word]; ok {
		return u, true
	}
	u, ok := units[strings.TrimSuffix(word, "s")]
	return u, ok
}

// ParseInterval reads an interval: numbers with units, hh:mm[:ss], y-m, ISO 8601 (P1Y2MT3H), a number
// alone (seconds), and ago at the end.
func ParseInterval(s []byte) (vec.Interval, error) { return parseInterval(s, types.Of(types.Interval)) }

// parseInterval is ParseInterval for a type. Where it states fields, a number without a unit counts the last one of them, and
// a:b are minutes and seconds if these are the fields.
func parseInterval(s []byte, typ types.Type) (vec.Interval, error) {
	t := bytes.TrimSpace(s)
	p := intervalParser{text: s, bare: unit{micros: Second}, minutes: typ.IntervalFields() == types.Minutes|types.Seconds}
	if name := typ.IntervalFields().String(); name != "" {
		p.bare = units[name[strings.LastIndexByte(name, ' ')+1:]]
	}
	var ok bool
	switch {
	case len(t) == 0 || len(t) > 256:
	case t[0] == 'P':
		ok = p.iso(t[1:])
	default:
		ok = p.words(t)
	}
	if p.overflow {
		return vec.Interval{}, sqlstate.New(sqlstate.IntervalOverflow, "interval field value out of range: \"%s\"", s)
	}
	if !ok {
		return vec.Interval{}, sqlstate.New(sqlstate.InvalidDatetime, "invalid input syntax for type interval: \"%s\"", s)
	}
	return FitInterval(p.x, typ), nil
}

type intervalParser struct {
	text     []byte
	bare     unit // of numbers without one
	minutes  bool // a:b are minutes and seconds
	x        vec.Interval
	overflow bool
}

// add adds whole + frac of a unit; the fraction of a month goes to days and that of a day to time, as in
// PostgreSQL.
func (p *intervalParser) add(whole int64, frac float64, u unit) {
	switch {
	case u.months > 0:
		p.addMonths(whole * int64(u.months))
		if f := frac * u.months; f != 0 {
			m := math.Trunc(f + math.Copysign(1e-9, f))
			p.addMonths(int64(m))
			p.addDays((f - m) * 30)
		}
	case u.days > 0:
		if whole > math.MaxInt32 || whole < math.MinInt32 {
			p.overflow = true
			return
		}
		p.addDays(float64(whole) * u.days)
		p.addDays(frac * u.days)
	default:
		m := int64(u.micros)
		hi := whole * m
		if whole != 0 && hi/whole != m {
			p.overflow = true
			return
		}
		p.addMicros(hi)
		p.addMicros(int64(math.RoundToEven(frac * u.micros)))
	}
}

func (p *intervalParser) addMonths(n int64) {
	m := int64(p.x.Months) + n
	p.overflow = p.overflow || m != int64(int32(m))
	p.x.Months = int32(m)
}

func (p *intervalParser) addDays(f float64) {
	d := math.Trunc(f + math.Copysign(1e-9, f))
	n := int64(p.x.Days) + int64(d)
	p.overflow = p.overflow || n != int64(int32(n))
	p.x.Days = int32(n)
	p.addMicros(int64(math.RoundToEven((f - d) * Day)))
}

func (p *intervalParser) addMicros(n int64) {
	m := p.x.Micros + n
	p.overflow = p.overflow || (n > 0) != (m > p.x.Micros) && n != 0
	p.x.Micros = m
}

// number splits a signed decimal number off s.
func (p *intervalParser) number(s []byte) (whole int64, frac float64, rest []byte, ok bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	n, rest := run(s)
	if len(n) > 18 {
		p.overflow = true
		return 0, 0, rest, false
	}
	whole, _ = digits(n)
	ok = len(n) > 0
	if len(rest) > 0 && rest[0] == '.' {
		var f []byte
		f, rest = run(rest[1:])
		frac, _ = strconv.ParseFloat("0."+string(f)+"0", 64)
		ok = ok || len(f) > 0
	}
	if neg {
		whole, frac = -whole, -frac
	}
	return whole, frac, rest, ok
}

func (p *intervalParser) words(t []byte) bool {
	if t[0] == '@' {
		t = bytes.TrimSpace(t[1:])
	}
	any := false
	for len(t) > 0 {
		if isLetter(t[0]) {
			w, rest := letters(t)
			if w == "ago" && any && len(bytes.TrimSpace(rest)) == 0 {
				p.x = vec.Interval{Months: -p.x.Months, Days: -p.x.Days, Micros: -p.x.Micros}
				return true
			}
			return false
		}
		neg := t[0] == '-'
		whole, frac, rest, ok := p.number(t)
		if !ok {
			return false
		}
		switch {
		case len(rest) > 0 && rest[0] == ':' && frac == 0:
			rest, ok = p.clock(whole, neg, rest)
			if !ok {
				return false
			}
		case len(rest) > 1 && rest[0] == '-' && rest[1] >= '0' && rest[1] <= '9' && frac == 0: // years-months
			m, more := run(rest[1:])
			n, _ := digits(m)
			if len(m) > 2 || n > 11 {
				p.overflow = len(m) <= 2
				return false
			}
			if neg {
				n = -n
			}
			p.addMonths(whole*12 + n)
			rest = more
		default:
			w, more := letters(bytes.TrimLeft(rest, " \t"))
			u := p.bare
			if w != "" {
				if u, ok = findUnit(w); !ok {
					return false
				}
				rest = more
			} else if len(bytes.TrimSpace(rest)) > 0 {
				// A number before a time of day, or before hours, counts days: 1 12:00:00.
				if next := bytes.TrimLeft(rest, " \t"); !bytes.Contains(next, []byte{':'}) && !p.hours(next) {
					return false
				}
				u = unit{days: 1}
			}
			p.add(whole, frac, u)
		}
		any = true
		t = bytes.TrimLeft(rest, " \t,")
	}
	return any
}

// hours reports whether t begins with a number of hours.
func (p *intervalParser) hours(t []byte) bool {
	_, _, rest, ok := p.number(t)
	if !ok {
		return false
	}
	u := p.bare
	if w, _ := letters(bytes.TrimLeft(rest, " \t")); w != "" {
		if u, ok = findUnit(w); !ok {
			return false
		}
	}
	return u.micros == Hour
}

// clock reads :mm[:ss[.fraction]] behind the hours.
func (p *intervalParser) clock(h int64, neg bool, s []byte) (rest []byte, ok bool) {
	m, rest := run(s[1:])
	var sec, frac int64
	seconds := false
	if len(m) == 0 || len(m) > 2 {
		return rest, false
	}
	if len(rest) > 0 && rest[0] == ':' {
		var n []byte
		n, rest = run(rest[1:])
		if len(n) == 0 || len(n) > 2 {
			return rest, false
		}
		sec, _ = digits(n)
		seconds = true
	}
	point := len(rest) > 0 && rest[0] == '.'
	if point {
		var n []byte
		n, rest = run(rest[1:])
		frac = fraction(n)
	}
	mm, _ := digits(m)
	if !seconds && (p.minutes || point) {
		h, mm, sec = 0, max(h, -h), mm
	}
	if mm > 59 || sec > 59 || h > math.MaxInt64/Hour || h < -math.MaxInt64/Hour {
		p.overflow = true
		return rest, false
	}
	micros := mm*Minute + sec*Second + frac
	if neg {
		micros = -micros
	}
	p.addMicros(h * Hour)
	p.addMicros(micros)
	return rest, true
}

// iso reads the form with designators of ISO 8601, behind the P.
func (p *intervalParser) iso(t []byte) bool {
	time, any := false, false
	for len(t) > 0 {
		if t[0] == 'T' && !time {
			time = true
			t = t[1:]
			continue
		}
		whole, frac, rest, ok := p.number(t)
		if !ok || len(rest) == 0 {
			return false
		}
		date := map[byte]unit{'Y': {months: 12}, 'M': {months: 1}, 'W': {days: 7}, 'D': {days: 1}}
		if time {
			date = map[byte]unit{'H': {micros: Hour}, 'M': {micros: Minute}, 'S': {micros: Second}}
		}
		u, ok := date[rest[0]]
		if !ok {
			return false
		}
		p.add(whole, frac, u)
		t, any = rest[1:], true
	}
	return any
}
