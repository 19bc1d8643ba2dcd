package fn

import "strings"

// The fields of templates of dates and times.
const (
	fieldNone templateField = iota
	fieldAM                 // AM or PM
	fieldDottedAM
	fieldAD // BC or AD
	fieldDottedAD
	fieldCentury
	fieldDay // name
	fieldDy
	fieldYearDay
	fieldISOYearDay
	fieldMonthDay
	fieldWeekday
	fieldISOWeekday
	fieldFraction // of width digits
	fieldMillis
	fieldMicros
	fieldExact // FX
	fieldHour24
	fieldHour12
	fieldISOWeek
	fieldYear
	fieldISOYear
	fieldCommaYear
	fieldJulian
	fieldMinute
	fieldMonth // number
	fieldMonthName
	fieldMon
	fieldOffset
	fieldQuarter
	fieldRoman
	fieldDaySeconds
	fieldSecond
	fieldZoneHour
	fieldZoneMinute
	fieldZone
	fieldYearWeek
	fieldMonthWeek
)

var datetimeWords = func() *templateReader {
	r := &templateReader{datetime: true}
	number := func(name string, id templateField, width int, c calendar) {
		r.add(templateWord{id: id, width: width, digits: true, calendar: c}, name, strings.ToLower(name))
	}
	word := func(id templateField, c calendar, names ...string) {
		r.add(templateWord{id: id, calendar: c}, names...)
	}
	word(fieldDottedAD, anyCalendar, "A.D.", "a.d.", "B.C.", "b.c.")
	word(fieldDottedAM, anyCalendar, "A.M.", "a.m.", "P.M.", "p.m.")
	word(fieldAD, anyCalendar, "AD", "ad", "BC", "bc")
	word(fieldAM, anyCalendar, "AM", "am", "PM", "pm")
	number("CC", fieldCentury, 2, anyCalendar)
	word(fieldDay, anyCalendar, "DAY", "Day", "day")
	number("DDD", fieldYearDay, 3, gregorian)
	number("DD", fieldMonthDay, 2, gregorian)
	word(fieldDy, anyCalendar, "DY", "Dy", "dy")
	number("D", fieldWeekday, 1, gregorian)
	for n := range 6 {
		number("FF"+string(rune('1'+n)), fieldFraction, n+1, anyCalendar)
	}
	word(fieldExact, anyCalendar, "FX", "fx")
	number("HH24", fieldHour24, 2, anyCalendar)
	number("HH12", fieldHour12, 2, anyCalendar)
	number("HH", fieldHour12, 2, anyCalendar)
	number("IDDD", fieldISOYearDay, 3, isoWeeks)
	number("ID", fieldISOWeekday, 1, isoWeeks)
	number("IW", fieldISOWeek, 2, isoWeeks)
	for _, name := range []string{"IYYY", "IYY", "IY", "I"} {
		number(name, fieldISOYear, len(name), isoWeeks)
	}
	number("J", fieldJulian, 1, anyCalendar)
	number("MI", fieldMinute, 2, anyCalendar)
	number("MM", fieldMonth, 2, gregorian)
	word(fieldMonthName, gregorian, "MONTH", "Month", "month")
	word(fieldMon, gregorian, "MON", "Mon", "mon")
	number("MS", fieldMillis, 3, anyCalendar)
	word(fieldOffset, anyCalendar, "OF", "of")
	number("Q", fieldQuarter, 1, anyCalendar)
	word(fieldRoman, gregorian, "RM", "rm")
	number("SSSSS", fieldDaySeconds, 5, anyCalendar)
	number("SSSS", fieldDaySeconds, 4, anyCalendar)
	number("SS", fieldSecond, 2, anyCalendar)
	r.add(templateWord{id: fieldZoneHour, width: 2}, "TZH", "tzh") // has a sign
	number("TZM", fieldZoneMinute, 2, anyCalendar)
	word(fieldZone, anyCalendar, "TZ", "tz")
	number("US", fieldMicros, 6, anyCalendar)
	number("WW", fieldYearWeek, 2, gregorian)
	number("W", fieldMonthWeek, 1, gregorian)
	number("Y,YYY", fieldCommaYear, 5, gregorian)
	for _, name := range []string{"YYYY", "YYY", "YY", "Y"} {
		number(name, fieldYear, len(name), gregorian)
	}
	return r
}()

var (
	monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	// romanMonths are longest first among those that begin alike, which is the order to look for them.
	romanMonths = []string{"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"}
)

// datetimeTemplate is a template of dates and times. An empty one makes NULL.
type datetimeTemplate struct {
	items []templateItem
	empty bool
}

func compileDatetime(s string) (datetimeTemplate, error) {
	return datetimeTemplate{datetimeWords.read(s), s == ""}, nil
}

// appendLike appends a name in capitals, small letters or as it is, with one capital, like the word that asks for it.
func appendLike(dst []byte, name, word string) []byte {
	first, second := word[0]&0x20 != 0, len(word) > 1 && word[1]&0x20 != 0
	if len(word) > 2 && word[1] == '.' {
		second = first
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z' && first:
			c |= 0x20
		case c >= 'a' && c <= 'z' && !second:
			c &^= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}
