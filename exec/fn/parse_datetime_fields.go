package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
)

// parsedFields is what a text said by a template. Fields that are 0 were not set.
type parsedFields struct {
	calendar                         calendar
	hour, minute, second, daySeconds int64
	millis, micros                   int64
	precision                        int // digits of a second of FF1 to FF6, 0 without
	halfDay                          bool
	pm, bc                           int64
	year, century                    int64
	yearDigits                       int
	month, day, weekday              int64 // Sunday is 1
	yearDay, week, monthWeek, julian int64
	zoneSign, zoneHour, zoneMinute   int64
}

// count notes how a field counts.
func (f *parsedFields) count(c calendar) error {
	if c == anyCalendar {
		return nil
	}
	if f.calendar != anyCalendar && f.calendar != c {
		return sqlstate.New(sqlstate.InvalidDatetime, "invalid combination of date conventions").
			WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
	}
	f.calendar = c
	return nil
}

// parsedMoment is the local time that fields make; the year 0 is 1 BC.
type parsedMoment struct {
	year, month, day           int64
	hasYear, hasMonth, hasDay  bool
	hour, minute, second, frac int64
}

// parseWithTemplate reads each row's text by its template and makes a value of the fields.
func parseWithTemplate[T any](of func(f *parsedFields, c *Call, p *templateParser, m *parsedMoment) (T, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get, template := Reader[[]byte](c.Args[0]), templatesOf(c.Args[1], compileDatetime)
		var p templateParser
		var m parsedMoment
		return run(c, func(i int) (x T, err error) {
			t, _ := template(i)
			s := get(i)
			p = templateParser{items: t.items, s: s, all: s}
			if err := p.run(); err != nil {
				return x, err
			}
			m = parsedMoment{month: 1, day: 1}
			if err := m.set(&p); err != nil {
				return x, err
			}
			return of(&p.f, c, &p, &m)
		})
	}
}

func (m *parsedMoment) set(p *templateParser) error {
	if err := m.setTime(&p.f); err != nil {
		return err
	}
	m.setYear(&p.f)
	if err := m.setDay(&p.f); err != nil {
		return err
	}
	if !m.valid() {
		return p.outOfRange()
	}
	return nil
}

func (m *parsedMoment) setTime(f *parsedFields) error {
	m.hour, m.minute, m.second = f.daySeconds/3600, f.daySeconds/60%60, f.daySeconds%60
	if f.second != 0 {
		m.second = f.second
	}
	if f.minute != 0 {
		m.minute = f.minute
	}
	if f.hour != 0 {
		m.hour = f.hour
	}
	m.frac = f.millis*1000 + f.micros
	if !f.halfDay {
		return nil
	}
	if m.hour < 1 || m.hour > 12 {
		return sqlstate.New(sqlstate.InvalidDatetime, "hour \"%d\" is invalid for the 12-hour clock", m.hour).
			WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
	}
	if m.hour == 12 {
		m.hour = 0
	}
	if f.pm != 0 {
		m.hour += 12
	}
	return nil
}

func (m *parsedMoment) setYear(f *parsedFields) {
	century := f.century
	if f.bc != 0 {
		century = -century
	}
	switch {
	case f.year != 0 && f.century != 0 && f.yearDigits <= 2:
		m.year = yearOfCentury(f.year%100, century)
	case f.year != 0:
		m.year = f.year
		if f.bc != 0 {
			m.year = -m.year
		}
		if m.year < 0 {
			m.year++
		}
	case f.century > 0 && f.bc == 0, f.century < 0 && f.bc != 0:
		m.year = (century-1)*100 + 1
	case f.century != 0:
		m.year = century*100 + 1
	default:
		return
	}
	m.hasYear = true
}

// yearOfCentury returns the year of a century that ends in two digits. The 21st begins with 2001; the 6th before
// Christ ends with 501 BC.
func yearOfCentury(year, century int64) int64 {
	switch {
	case year == 0 && century >= 0:
		return century * 100
	case year == 0:
		return century*100 + 1
	case century >= 0:
		return (century-1)*100 + year
	}
	return (century+1)*100 - year + 1
}

func (m *parsedMoment) setDate(days int64) {
	m.year, m.month, m.day = text.CivilFromDays(days)
	m.hasYear, m.hasMonth, m.hasDay = true, true, true
}

func (m *parsedMoment) setDay(f *parsedFields) error {
	if f.julian != 0 {
		m.setDate(f.julian - 2440588)
	}
	yearDay, day := f.yearDay, f.day
	if f.week != 0 {
		if f.calendar == isoWeeks {
			m.setDate(isoWeekDay(m.year, f.week, f.weekday))
		} else {
			yearDay = (f.week-1)*7 + 1
		}
	}
	if f.monthWeek != 0 {
		day = (f.monthWeek-1)*7 + 1
	}
	if day != 0 {
		m.day, m.hasDay = day, true
	}
	if f.month != 0 {
		m.month, m.hasMonth = f.month, true
	}
	if yearDay == 0 || m.month > 1 && m.day > 1 {
		return nil
	}
	if m.year == 0 && f.bc == 0 {
		return sqlstate.New(sqlstate.InvalidDatetime, "cannot calculate day of year without year information")
	}
	if f.calendar == isoWeeks {
		m.setDate(isoWeekDay(m.year, 1, 2) + yearDay - 1)
		return nil
	}
	m.setYearDay(yearDay)
	return nil
}

// setYearDay sets what of month and day is not set yet. A day behind the end of the year is in its 13th month, which
// is out of range.
func (m *parsedMoment) setYearDay(yearDay int64) {
	month := int64(1)
	for month <= 12 && yearDay > text.DaysFromCivil(m.year, month+1, 1)-text.DaysFromCivil(m.year, 1, 1) {
		month++
	}
	if m.month <= 1 {
		m.month = month
	}
	if m.day <= 1 {
		m.day = yearDay - (text.DaysFromCivil(m.year, month, 1) - text.DaysFromCivil(m.year, 1, 1))
	}
	m.hasMonth, m.hasDay = true, true
}

// isoWeekDay returns a day of an ISO week. Weekdays count from Sunday, which is 1 and the last; 0 is Monday.
func isoWeekDay(year, week, day int64) int64 {
	fourth := text.DaysFromCivil(year, 1, 4) // is always in the first week
	monday := fourth - (weekday(fourth)+6)%7 + (week-1)*7
	switch {
	case day > 1:
		return monday + day - 2
	case day == 1:
		return monday + 6
	}
	return monday
}

// valid checks what was set. The length of a month is known only with the year.
func (m *parsedMoment) valid() bool {
	switch {
	case m.hasMonth && (m.month < 1 || m.month > 12):
		return false
	case m.hasDay && (m.day < 1 || m.day > 31):
		return false
	case m.hasYear && m.hasMonth && m.hasDay && m.day > text.DaysInMonth(m.year, m.month):
		return false
	}
	return m.hour >= 0 && m.hour < 24 && m.minute >= 0 && m.minute < 60 && m.second >= 0 && m.second < 60 &&
		m.frac >= 0 && m.frac < text.Second
}

func (f *parsedFields) checkZone(p *templateParser) error {
	if f.zoneSign != 0 && (f.zoneHour < 0 || f.zoneHour > 15 || f.zoneMinute < 0 || f.zoneMinute > 59) {
		return sqlstate.New("22009", "time zone displacement out of range: \"%s\"", p.all)
	}
	return nil
}

func (f *parsedFields) date(_ *Call, p *templateParser, m *parsedMoment) (int32, error) {
	if err := f.checkZone(p); err != nil {
		return 0, err
	}
	days := text.DaysFromCivil(m.year, m.month, m.day)
	if !text.ValidDate(days) {
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "date out of range: \"%s\"", p.all)
	}
	return int32(days), nil
}

func (f *parsedFields) timestamp(c *Call, p *templateParser, m *parsedMoment) (int64, error) {
	if err := f.checkZone(p); err != nil {
		return 0, err
	}
	days := text.DaysFromCivil(m.year, m.month, m.day)
	if !text.ValidDate(days) || days > 1e8+1e7 {
		return 0, timestampRange()
	}
	ts := days*text.Day + m.hour*text.Hour + m.minute*text.Minute + m.second*text.Second + m.frac
	if f.zoneSign != 0 {
		ts -= f.zoneSign * (f.zoneHour*text.Hour + f.zoneMinute*text.Minute)
	} else {
		ts = text.LocalToUTC(ts, c.location())
	}
	if ts = roundSeconds(ts, f.precision); !text.ValidTimestamp(ts) {
		return 0, timestampRange()
	}
	return ts, nil
}

// roundSeconds rounds to the digits of a second of FF1 to FF6. Halves go away from the year 2000, where PostgreSQL's
// timestamps begin.
func roundSeconds(ts int64, digits int) int64 {
	if digits == 0 {
		return ts
	}
	unit := int64(1)
	for ; digits < 6; digits++ {
		unit *= 10
	}
	const start = 10957 * text.Day
	if ts < start {
		return start - (start-ts+unit/2)/unit*unit
	}
	return start + (ts-start+unit/2)/unit*unit
}
