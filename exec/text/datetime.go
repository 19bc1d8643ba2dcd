package text

import (
	"bytes"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// moment is what the text of a date, a time or a timestamp says.
type moment struct {
	special          string // "infinity", "-infinity", "epoch", "now", "today", "tomorrow", "yesterday", or ""
	year, month, day int64
	hasDate, hasYear bool
	micros           int64
	hasTime          bool
	pm, am, bc       bool
	zone             int64 // seconds east of UTC
	loc              *time.Location
	hasZone          bool
}

func parseDateTime(b *vec.Builder, t types.Type, s []byte, st *Style) error {
	m, err := parseMoment(t, s, st.formats().Order)
	if err != nil {
		return err
	}
	if m.special != "" {
		m, err = m.resolve(t, s, st)
		if err != nil {
			return err
		}
	}
	if t.ID == types.Time || t.ID == types.TimeTZ {
		return appendParsedTime(b, t, s, m, st)
	}
	if m.special == "infinity" || m.special == "-infinity" {
		appendInfinity(b, t, m.special == "infinity")
		return nil
	}
	if !m.hasDate {
		return badDateTime(t, s)
	}
	days, err := m.days(t, s)
	if err != nil {
		return err
	}
	if t.ID == types.Date {
		if days < minDate || days > maxDate {
			return sqlstate.New(sqlstate.DatetimeOverflow, "date out of range: \"%s\"", s)
		}
		vec.Append(b, int32(days))
		return nil
	}
	if days < minDate-1 || days > endTimestamp/Day {
		return sqlstate.New(sqlstate.DatetimeOverflow, "timestamp out of range: \"%s\"", s)
	}
	ts := days*Day + m.micros
	if t.ID == types.TimestampTZ {
		switch {
		case m.loc != nil:
			ts = LocalToUTC(ts, m.loc)
		case m.hasZone:
			ts -= m.zone * Second
		default:
			ts = LocalToUTC(ts, st.location())
		}
	}
	if ts < minTimestamp || ts >= endTimestamp {
		return sqlstate.New(sqlstate.DatetimeOverflow, "timestamp out of range: \"%s\"", s)
	}
	vec.Append(b, FitTime(ts, t))
	return nil
}

func appendInfinity(b *vec.Builder, t types.Type, positive bool) {
	switch {
	case t.ID == types.Date && positive:
		vec.Append(b, int32(DateInfinity))
	case t.ID == types.Date:
		vec.Append(b, int32(DateNegInfinity))
	case positive:
		vec.Append(b, int64(TimestampInfinity))
	default:
		vec.Append(b, int64(TimestampNegInf))
	}
}

func appendParsedTime(b *vec.Builder, t types.Type, s []byte, m moment, st *Style) error {
	if !m.hasTime {
		return badDateTime(t, s)
	}
	if t.ID == types.Time {
		vec.Append(b, FitTime(m.micros, t))
		return nil
	}
	zone := m.zone
	if loc := m.loc; loc != nil || !m.hasZone {
		if loc == nil {
			loc = st.location()
		}
		at := st.now()
		if m.hasDate {
			at = time.Date(int(m.year), time.Month(m.month), int(m.day), 0, 0, 0, 0, loc)
		}
		_, off := at.In(loc).Zone()
		zone = int64(off)
	}
	vec.Append(b, vec.TimeTZ{Micros: FitTime(m.micros, t), Zone: int32(-zone)})
	return nil
}

// resolve turns the words that name a moment into numbers; infinity stays as it is.
func (m moment) resolve(t types.Type, s []byte, st *Style) (moment, error) {
	switch m.special {
	case "infinity", "-infinity":
		if t.ID == types.Time || t.ID == types.TimeTZ {
			return m, badDateTime(t, s)
		}
		return m, nil
	case "epoch":
		return moment{year: 1970, month: 1, day: 1, hasDate: true, hasYear: true, hasTime: true, hasZone: true}, nil
	}
	now := st.now().In(st.location())
	day := now
	switch m.special {
	case "tomorrow":
		day = now.AddDate(0, 0, 1)
	case "yesterday":
		day = now.AddDate(0, 0, -1)
	}
	m.year, m.month, m.day = int64(day.Year()), int64(day.Month()), int64(day.Day())
	m.hasDate, m.hasYear = true, true
	if m.special == "now" {
		m.micros = int64(now.Hour())*Hour + int64(now.Minute())*Minute + int64(now.Second())*Second + int64(now.Nanosecond()/1000)
		m.hasTime = true
	}
	m.special = ""
	return m, nil
}

// days checks the date and returns it as days since 1970-01-01.
func (m moment) days(t types.Type, s []byte) (int64, error) {
	y := m.year
	if m.bc {
		if y <= 0 {
			return 0, outOfRangeField(s)
		}
		y = 1 - y
	} else if y == 0 {
		return 0, outOfRangeField(s)
	}
	if m.month < 1 || m.month > 12 || m.day < 1 || m.day > 31 || m.day > DaysInMonth(y, m.month) {
		return 0, outOfRangeField(s)
	}
	return DaysFromCivil(y, m.month, m.day), nil
}

func badDateTime(t types.Type, s []byte) error {
	return sqlstate.New(sqlstate.InvalidDatetime, "invalid input syntax for type %s: \"%s\"", t.Base(), s)
}

func outOfRangeField(s []byte) error {
	return sqlstate.New(sqlstate.DatetimeOverflow, "date/time field value out of range: \"%s\"", s)
}

// digits reads a short run of digits.
func digits(s []byte) (int64, bool) {
	var x int64
	for _, c := range s {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		x = x*10 + int64(c)
	}
	return x, true
}

// parseMoment reads the free forms that PostgreSQL reads with a DateStyle of an order.
func parseMoment(t types.Type, s []byte, order DateOrder) (moment, error) {
	if ts, ok := ParseTimestampISO(s); ok {
		days, micros := SplitTimestamp(ts)
		y, mo, d := CivilFromDays(days)
		return moment{year: y, month: mo, day: d, hasDate: true, hasYear: true, micros: micros, hasTime: true}, nil
	}
	p := momentParser{typ: t, text: s, order: order, s: bytes.TrimSpace(s)}
	if len(p.s) == 0 || len(p.s) > 128 {
		return moment{}, badDateTime(t, s)
	}
	for len(p.s) > 0 {
		if err := p.field(); err != nil {
			return moment{}, err
		}
	}
	return p.finish()
}

type momentParser struct {
	typ   types.Type
	text  []byte // all, for errors
	order DateOrder
	s     []byte // what is left
	m     moment
	nums  []int64 // numbers of a date that were alone, and how many digits they had
	lens  []int
	mon   int64 // month given by name
}

func (p *momentParser) bad() error { return badDateTime(p.typ, p.text) }

func (p *momentParser) field() error {
	c := p.s[0]
	switch {
	case c == ' ' || c == ',' || c == '\t' || c == '\n':
		p.s = p.s[1:]
		return nil
	case c >= '0' && c <= '9':
		return p.number()
	case c == '+' || c == '-':
		return p.signed()
	case isLetter(c):
		return p.word()
	}
	return p.bad()
}

// signed reads an offset behind a time, or -infinity.
func (p *momentParser) signed() error {
	if w, rest := letters(p.s[1:]); w == "infinity" && p.s[0] == '-' && p.m == (moment{}) {
		p.m.special, p.s = "-infinity", rest
		return nil
	}
	if p.m.hasZone || !p.m.hasTime && !p.m.hasDate && (p.m.special == "" || p.m.special == "now") {
		return p.bad()
	}
	off, rest, ok := parseOffset(p.s)
	if !ok {
		return p.bad()
	}
	if off > 16*3600-1 || off < -16*3600+1 {
		return sqlstate.New("22009", "time zone displacement out of range: \"%s\"", p.text)
	}
	p.m.zone, p.m.hasZone, p.s = off, true, rest
	return nil
}

// parseOffset reads +h, +hh, +hhmm, +hh:mm and +hh:mm:ss, giving seconds east of UTC.
func parseOffset(s []byte) (off int64, rest []byte, ok bool) {
	neg := s[0] == '-'
	n, rest := run(s[1:])
	if len(n) == 0 || len(n) > 6 {
		return 0, rest, false
	}
	v, _ := digits(n)
	var h, m, sec int64
	switch {
	case len(n) <= 2:
		h = v
	case len(n) <= 4:
		h, m = v/100, v%100
	default:
		h, m, sec = v/10000, v/100%100, v%100
	}
	for _, part := range []*int64{&m, &sec} {
		if len(rest) < 3 || rest[0] != ':' || len(n) > 2 {
			break
		}
		x, more := run(rest[1:])
		if len(x) != 2 {
			return 0, rest, false
		}
		*part, _ = digits(x)
		rest = more
	}
	if m > 59 || sec > 59 {
		return 0, rest, false
	}
	off = h*3600 + m*60 + sec
	if neg {
		off = -off
	}
	return off, rest, true
}

// run splits off the digits at the start.
func run(s []byte) (digits, rest []byte) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// number reads a time, a date with separators, or a number alone.
func (p *momentParser) number() error {
	n, rest := run(p.s)
	if len(n) > 12 {
		return p.bad()
	}
	v, _ := digits(n)
	switch {
	case len(rest) > 0 && rest[0] == ':':
		return p.time()
	case len(rest) > 1 && (rest[0] == '-' || rest[0] == '/' || rest[0] == '.') && (rest[1] >= '0' && rest[1] <= '9' || isLetter(rest[1])) && !p.m.hasDate && len(p.nums) == 0:
		return p.date()
	case len(n) == 8 && !p.m.hasDate && p.mon == 0:
		p.setDate(v/10000, v/100%100, v%100)
		p.s = rest
		return nil
	case len(n) == 6 && p.m.hasDate && !p.m.hasTime:
		return p.setTime(v/10000, v/100%100, v%100, 0, rest)
	case len(n) == 4 && p.m.hasDate && !p.m.hasTime:
		return p.setTime(v/100, v%100, 0, 0, rest)
	case len(n) == 6 && !p.m.hasDate && p.mon == 0:
		p.setDate(twoDigitYear(v/10000), v/100%100, v%100)
		p.s = rest
		return nil
	}
	p.nums, p.lens = append(p.nums, v), append(p.lens, len(n))
	if len(p.nums) > 3 {
		return p.bad()
	}
	p.s = rest
	return nil
}

func (p *momentParser) setDate(y, m, d int64) {
	p.m.year, p.m.month, p.m.day = y, m, d
	p.m.hasDate, p.m.hasYear = true, true
}

func twoDigitYear(y int64) int64 {
	if y < 70 {
		return 2000 + y
	}
	return 1900 + y
}

// time reads hh:mm[:ss[.fraction]].
func (p *momentParser) time() error {
	if p.m.hasTime {
		return p.bad()
	}
	var part [3]int64
	rest := p.s
	for i := range part {
		var n []byte
		if n, rest = run(rest); len(n) == 0 || len(n) > 2 {
			return p.bad()
		}
		part[i], _ = digits(n)
		if len(rest) == 0 || rest[0] != ':' || i == 2 {
			break
		}
		rest = rest[1:]
	}
	var frac int64
	if len(rest) > 0 && rest[0] == '.' {
		var n []byte
		n, rest = run(rest[1:])
		frac = fraction(n)
	}
	return p.setTime(part[0], part[1], part[2], frac, rest)
}

// fraction returns the microseconds of the digits behind a second's point, rounded.
func fraction(n []byte) int64 {
	var f int64
	for i := range 7 {
		f *= 10
		if i < len(n) {
			f += int64(n[i] - '0')
		}
	}
	return (f + 5) / 10
}

func (p *momentParser) setTime(h, m, s, frac int64, rest []byte) error {
	if m > 59 || s > 60 || h > 24 || h == 24 && (m > 0 || s > 0 || frac > 0) {
		return outOfRangeField(p.text)
	}
	p.m.micros, p.m.hasTime = h*Hour+m*Minute+s*Second+frac, true
	p.s = rest
	return nil
}

// date reads three parts with one kind of separator; one may be the name of a month.
func (p *momentParser) date() error {
	var num [3]int64
	var size [3]int
	named := -1
	rest := p.s
	sep := byte(0)
	for i := range 3 {
		if i > 0 {
			if len(rest) == 0 || sep != 0 && rest[0] != sep {
				return p.bad()
			}
			sep, rest = rest[0], rest[1:]
		}
		n, more := run(rest)
		if len(n) == 0 {
			w, after := letters(rest)
			m, ok := months[w]
			if !ok || named >= 0 {
				return p.bad()
			}
			num[i], named, rest = m, i, after
			continue
		}
		if len(n) > 7 {
			return p.bad()
		}
		num[i], _ = digits(n)
		size[i], rest = len(n), more
		if i == 1 && size[0] >= 4 && size[1] == 3 && (len(rest) == 0 || rest[0] != sep) { // year and day of the year
			y, m, d := CivilFromDays(DaysFromCivil(num[0], 1, 1) + num[1] - 1)
			p.setDate(y, m, d)
			p.s = rest
			return nil
		}
	}
	p.s = rest
	year := func(i int) int64 {
		if size[i] <= 2 {
			return twoDigitYear(num[i])
		}
		return num[i]
	}
	yearFirst := size[0] >= 3 || p.order == OrderYMD
	switch {
	case named == 2:
		return p.bad()
	case named == 0 && p.order == OrderYMD && size[2] <= 2: // month, year, day
		p.setDate(year(1), num[0], num[2])
	case named == 1 && yearFirst && !(size[0] <= 2 && size[2] >= 3):
		p.setDate(year(0), num[1], num[2])
	case named == 1:
		p.setDate(year(2), num[1], num[0])
	case named < 0 && yearFirst:
		p.setDate(year(0), num[1], num[2])
	case named < 0 && p.order == OrderDMY:
		p.setDate(year(2), num[1], num[0])
	default: // month, day, year
		p.setDate(year(2), num[0], num[1])
	}
	return nil
}

func letters(s []byte) (word string, rest []byte) {
	n := 0
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	return strings.ToLower(string(s[:n])), s[n:]
}

var months = map[string]int64{
	"jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5,
	"jun": 6, "june": 6, "jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9,
	"oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12, "december": 12,
}

var weekdays = map[string]bool{
	"sun": true, "sunday": true, "mon": true, "monday": true, "tue": true, "tues": true, "tuesday": true,
	"wed": true, "weds": true, "wednesday": true, "thu": true, "thur": true, "thurs": true, "thursday": true,
	"fri": true, "friday": true, "sat": true, "saturday": true,
}

func (p *momentParser) word() error {
	w, rest := letters(p.s)
	if w == "t" && p.m.hasDate && !p.m.hasTime && len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
		p.s = rest
		return nil
	}
	if m, ok := months[w]; ok && p.mon == 0 {
		p.mon, p.s = m, rest
		if len(rest) > 0 && rest[0] == '-' { // Jan-08-1999
			p.s = bytes.ReplaceAll(rest, []byte{'-'}, []byte{' '})
		}
		return nil
	}
	if weekdays[w] {
		p.s = rest
		return nil
	}
	switch w {
	case "am", "pm":
		p.m.am, p.m.pm, p.s = w == "am", w == "pm", rest
		return nil
	case "bc", "ad":
		p.m.bc, p.s = w == "bc", rest
		return nil
	case "infinity", "inf", "epoch", "now", "today", "tomorrow", "yesterday":
		if p.m.special != "" || p.m.hasDate {
			return p.bad()
		}
		p.m.special, p.s = strings.Replace(w, "inf", "infinity", 1), rest
		if w == "infinity" {
			p.m.special = w
		}
		return nil
	case "allballs":
		p.m.hasTime, p.m.hasZone, p.s = true, true, rest
		return nil
	}
	return p.zone()
}

// zone reads the name of a time zone.
func (p *momentParser) zone() error {
	n := bytes.IndexAny(p.s, " ,")
	if n < 0 {
		n = len(p.s)
	}
	name := string(p.s[:n])
	if p.m.hasZone || !p.m.hasDate && !p.m.hasTime && p.m.special == "" && len(p.nums) == 0 {
		return p.bad()
	}
	loc, err := Zone(name)
	if err != nil {
		if strings.ContainsAny(name, "/_") {
			return err
		}
		return p.bad()
	}
	p.m.loc, p.m.hasZone, p.s = loc, true, p.s[n:]
	return nil
}

// finish puts together what was read.
func (p *momentParser) finish() (moment, error) {
	m := &p.m
	if p.mon > 0 || len(p.nums) > 0 {
		if m.hasDate || p.mon == 0 || len(p.nums) != 2 {
			return p.m, p.bad()
		}
		y, d := 1, 0
		if p.lens[0] > 2 || p.order == OrderYMD && p.lens[1] <= 2 {
			y, d = 0, 1
		}
		year := p.nums[y]
		if p.lens[y] <= 2 && !m.bc {
			year = twoDigitYear(year)
		}
		p.setDate(year, p.mon, p.nums[d])
	}
	if m.am || m.pm {
		h := m.micros / Hour
		if !m.hasTime || h < 1 || h > 12 {
			return p.m, outOfRangeField(p.text)
		}
		m.micros -= h * Hour
		if h = h % 12; m.pm {
			h += 12
		}
		m.micros += h * Hour
	}
	if m.special != "" && (m.special == "infinity" || m.special == "-infinity" || m.special == "now" || m.special == "epoch") && (m.hasTime || m.hasDate) {
		return p.m, p.bad()
	}
	if m.special == "" && !m.hasDate && !m.hasTime {
		return p.m, p.bad()
	}
	return p.m, nil
}
