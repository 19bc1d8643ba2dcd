package fn

import (
	"strconv"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// to_char of timestamps and intervals.

func init() {
	t := types.Text
	RegisterScalar(
		stable(scalar("to_char", t, formatTimestamps(false), types.Timestamp, t)),
		stable(scalar("to_char", t, formatTimestamps(true), types.TimestampTZ, t)),
		stable(scalar("to_char", t, formatIntervals, types.Interval, t)),
	)
}

// fieldsOf is a timestamp or an interval, taken apart.
type fieldsOf struct {
	year, month, day  int64 // the year 0 is 1 BC
	hour, minute, sec int64
	micros            int64
	yearDay, weekday  int64 // from 1, and from Sunday as 0
	days              int64 // since 1970-01-01
	interval          bool
	zone              string // abbreviation
	offset            int64  // seconds east of UTC
}

func formatTimestamps(zoned bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get, template, loc := Reader[int64](c.Args[0]), templatesOf(c.Args[1], compileDatetime), c.location()
		return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
			t, _ := template(i)
			ts := get(i)
			if t.empty || infinite(ts) {
				return dst, false, nil
			}
			var m fieldsOf
			if zoned {
				m.offset = text.Offset(ts, loc)
				m.zone = abbreviation(ts, loc)
				ts += m.offset * text.Second
			}
			m.setTimestamp(ts)
			dst, err := m.append(dst, t.items)
			return dst, true, err
		})
	}
}

// abbreviation returns the short name of the zone at a UTC timestamp.
func abbreviation(ts int64, loc *time.Location) string {
	if loc == time.UTC {
		return "UTC"
	}
	name, _ := time.UnixMicro(ts).In(loc).Zone()
	if name != loc.String() || name == "" {
		return name
	}
	// A zone without rules has one name. In POSIX's notation that is <+05>-05, or an offset alone, which has no
	// short name.
	if rest, ok := strings.CutPrefix(name, "<"); ok {
		name, _, _ = strings.Cut(rest, ">")
		return name
	}
	if c := name[0]; c == '+' || c == '-' || isDigit(c) {
		return ""
	}
	return name
}

func (m *fieldsOf) setTimestamp(ts int64) {
	days, micros := text.SplitTimestamp(ts)
	m.days = days
	m.year, m.month, m.day = text.CivilFromDays(days)
	m.hour, m.minute, m.sec, m.micros = micros/text.Hour, micros/text.Minute%60, micros/text.Second%60, micros%text.Second
	m.yearDay = days - text.DaysFromCivil(m.year, 1, 1) + 1
	m.weekday = weekday(days)
}

func formatIntervals(c *Call) (*vec.Vector, error) {
	get, template := Reader[vec.Interval](c.Args[0]), templatesOf(c.Args[1], compileDatetime)
	return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
		t, _ := template(i)
		if t.empty {
			return dst, false, nil
		}
		x := get(i)
		m := fieldsOf{
			year: int64(x.Months) / 12, month: int64(x.Months) % 12, day: int64(x.Days), hour: x.Micros / text.Hour,
			minute: x.Micros / text.Minute % 60, sec: x.Micros / text.Second % 60, micros: x.Micros % text.Second, interval: true,
		}
		m.yearDay = int64(int32((m.year*12+m.month)*30 + m.day)) // which overflows in PostgreSQL too
		m.days = intervalJulian(int32(m.year), int32(m.month), int32(m.day)) - 2440588
		dst, err := m.append(dst, t.items)
		return dst, true, err
	})
}

// intervalJulian counts the days up to a date as PostgreSQL does: in 32 bits, which overflow, and with divisions that
// round towards zero, which tells where the fields of an interval are not those of a date.
func intervalJulian(year, month, day int32) int64 {
	if month > 2 {
		month, year = month+1, year+4800
	} else {
		month, year = month+13, year+4799
	}
	century := year / 100
	return int64(year*365 - 32167 + year/4 - century + century/4 + 7834*month/256 + day)
}

// append appends what the items make of the fields.
func (m *fieldsOf) append(dst []byte, items []templateItem) ([]byte, error) {
	for k := range items {
		it := &items[k]
		if it.kind != itemField {
			dst = append(dst, it.char...)
			continue
		}
		if m.interval && tiedToDates(it.word.id) {
			return dst, sqlstate.New(sqlstate.InvalidDatetime, "invalid format specification for an interval value").
				WithHint("Intervals are not tied to specific calendar dates.")
		}
		start := len(dst)
		if it.word.digits {
			dst = m.appendNumber(dst, it)
			if it.ordinal != "" && len(dst) > start && it.word.id != fieldZoneMinute {
				dst = append(dst, ordinalEnding(dst[start:], it.ordinal)...)
			}
			continue
		}
		dst = m.appendName(dst, it)
	}
	return dst, nil
}

func tiedToDates(id templateField) bool {
	switch id {
	case fieldZone, fieldZoneHour, fieldZoneMinute, fieldOffset, fieldAD, fieldDottedAD, fieldMonthName, fieldMon,
		fieldDay, fieldDy, fieldWeekday, fieldISOWeekday:
		return true
	}
	return false
}

// appendNumber appends a field that has digits only.
func (m *fieldsOf) appendNumber(dst []byte, it *templateItem) []byte {
	switch it.word.id {
	case fieldHour12:
		h := m.hour % 12
		if h == 0 {
			h = 12
		}
		return appendField(dst, h, m.hour, 2, it.fill)
	case fieldHour24:
		return appendField(dst, m.hour, m.hour, 2, it.fill)
	case fieldMinute:
		return appendField(dst, m.minute, m.minute, 2, it.fill)
	case fieldSecond:
		return appendField(dst, m.sec, m.sec, 2, it.fill)
	case fieldMillis, fieldMicros, fieldFraction:
		x := m.micros
		for range 6 - it.word.width {
			x /= 10
		}
		return appendField(dst, x, 0, it.word.width, false)
	case fieldDaySeconds:
		return strconv.AppendInt(dst, m.hour*3600+m.minute*60+m.sec, 10)
	case fieldZoneMinute:
		return appendField(dst, max(m.offset, -m.offset)%3600/60, 0, 2, false)
	case fieldYear, fieldISOYear, fieldCommaYear, fieldCentury:
		return m.appendYear(dst, it)
	}
	return m.appendDay(dst, it)
}

// appendDay appends the number of a month, a week or a day.
func (m *fieldsOf) appendDay(dst []byte, it *templateItem) []byte {
	switch it.word.id {
	case fieldMonth:
		return appendField(dst, m.month, m.month, 2, it.fill)
	case fieldYearDay:
		return appendField(dst, m.yearDay, 0, 3, it.fill)
	case fieldISOYearDay:
		_, start := m.isoYear()
		return appendField(dst, m.days-start+1, 0, 3, it.fill)
	case fieldMonthDay:
		return appendField(dst, m.day, 0, 2, it.fill)
	case fieldWeekday:
		return strconv.AppendInt(dst, m.weekday+1, 10)
	case fieldISOWeekday:
		return strconv.AppendInt(dst, (m.weekday+6)%7+1, 10)
	case fieldYearWeek:
		return appendField(dst, (m.yearDay-1)/7+1, 0, 2, it.fill)
	case fieldISOWeek:
		_, start := m.isoYear()
		return appendField(dst, (m.days-start)/7+1, 0, 2, it.fill)
	case fieldMonthWeek:
		return strconv.AppendInt(dst, (m.day-1)/7+1, 10)
	case fieldQuarter:
		if m.month == 0 {
			return dst
		}
		return strconv.AppendInt(dst, (m.month-1)/3+1, 10)
	case fieldJulian:
		return strconv.AppendInt(dst, m.days+2440588, 10)
	}
	return dst
}

func (m *fieldsOf) appendYear(dst []byte, it *templateItem) []byte {
	switch it.word.id {
	case fieldCentury:
		return appendField(dst, m.century(), m.century(), 2, it.fill)
	case fieldCommaYear:
		y := m.shown(m.year)
		dst = append(strconv.AppendInt(dst, y/1000, 10), ',')
		return appendField(dst, y%1000, 0, 3, false)
	}
	y := m.shown(m.year)
	x, width := y, it.word.width
	if it.word.id == fieldISOYear {
		iso, _ := m.isoYear()
		x = m.shown(iso)
	}
	switch width {
	case 3:
		x %= 1000
	case 2:
		x %= 100
	case 1:
		return strconv.AppendInt(dst, x%10, 10)
	}
	return appendField(dst, x, y, width, it.fill)
}

// isoYear returns the year that the ISO week belongs to and the day it begins with. That of an interval, whose days
// may be many, is never far from its own year.
func (m *fieldsOf) isoYear() (year, start int64) {
	for _, year := range []int64{m.year + 1, m.year} {
		if start := isoWeekDay(year, 1, 0); m.days >= start {
			return year, start
		}
	}
	return m.year - 1, isoWeekDay(m.year-1, 1, 0)
}

// century counts from 1, and before Christ downwards from -1; that of an interval is hundreds of years.
func (m *fieldsOf) century() int64 {
	switch {
	case m.interval:
		return m.year / 100
	case m.year > 0:
		return (m.year-1)/100 + 1
	}
	return m.year/100 - 1
}

// shown returns the year as it is written: without a sign, unless it is that of an interval.
func (m *fieldsOf) shown(year int64) int64 {
	if !m.interval && year <= 0 {
		return 1 - year
	}
	return year
}

// appendField appends x with zeros before it to the width, without them if fill is set. The sign of a value that is
// negative as a whole has a place of its own.
func appendField(dst []byte, x, whole int64, width int, fill bool) []byte {
	if fill {
		return strconv.AppendInt(dst, x, 10)
	}
	if whole < 0 {
		width++
	}
	if x < 0 {
		dst, x = append(dst, '-'), -x
		width--
	}
	start := len(dst)
	dst = strconv.AppendInt(dst, x, 10)
	for missing := width - (len(dst) - start); missing > 0; missing-- {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '0'
	}
	return dst
}

// appendName appends a field that is a word, or an offset.
func (m *fieldsOf) appendName(dst []byte, it *templateItem) []byte {
	w, start, width := it.word.name, len(dst), 0
	switch it.word.id {
	case fieldAM, fieldDottedAM:
		dst = appendLike(dst, eitherName(w, m.hour%24 >= 12, "AM", "A.M.", "PM", "P.M."), w)
	case fieldAD, fieldDottedAD:
		dst = appendLike(dst, eitherName(w, m.year <= 0, "AD", "A.D.", "BC", "B.C."), w)
	case fieldMonthName:
		dst, width = appendLike(dst, monthNames[m.month-1], w), 9
	case fieldMon:
		dst = appendLike(dst, monthNames[m.month-1][:3], w)
	case fieldDay:
		dst, width = appendLike(dst, dayNames[m.weekday], w), 9
	case fieldDy:
		dst = appendLike(dst, dayNames[m.weekday][:3], w)
	case fieldRoman:
		if name := m.romanMonth(); name != "" {
			dst, width = appendLike(dst, name, w), 4
		}
	case fieldZone:
		dst = append(dst, m.zone...)
		if w == "tz" {
			dst = appendLike(dst[:start], m.zone, w)
		}
	case fieldZoneHour:
		dst = m.appendOffsetHour(dst, false)
	case fieldOffset:
		dst = m.appendOffsetHour(dst, it.fill)
		if rest := max(m.offset, -m.offset) % 3600; rest != 0 {
			dst = appendField(append(dst, ':'), rest/60, 0, 2, false)
		}
	}
	if it.local && it.word.id != fieldRoman {
		width = 0
	}
	for !it.fill && len(dst)-start < width {
		dst = append(dst, ' ')
	}
	return dst
}

func (m *fieldsOf) appendOffsetHour(dst []byte, fill bool) []byte {
	sign := byte('+')
	if m.offset < 0 {
		sign = '-'
	}
	return appendField(append(dst, sign), max(m.offset, -m.offset)/3600, 0, 2, fill)
}

// eitherName returns the first pair or the second, with dots if the word has some.
func eitherName(word string, second bool, a, dottedA, b, dottedB string) string {
	if second {
		a, dottedA = b, dottedB
	}
	if len(word) > 2 {
		return dottedA
	}
	return a
}

// romanMonth returns the month in Roman numerals. Months of an interval count round the year: 0 is December, and -1
// is January.
func (m *fieldsOf) romanMonth() string {
	switch {
	case m.month > 0:
		return romanMonths[12-m.month]
	case m.month < 0:
		return romanMonths[-m.month-1]
	case m.year == 0:
		return ""
	case m.year > 0:
		return romanMonths[0]
	}
	return romanMonths[11]
}
