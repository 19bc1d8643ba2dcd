package excel

import (
	"math"
	"strings"

	"gsql/exec/vec"
)

// style says what a number of a cell stands for.
type style uint8

const (
	number style = iota
	date
	timestamp
	clock   // a time of day
	elapsed // hours, minutes and seconds without end
)

// builtin returns what the formats are that have a number only.
func builtin(id int) style {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return date
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return clock
	case id == 22:
		return timestamp
	case id == 46:
		return elapsed
	}
	return number
}

// styleOf reads a format such as yyyy-mm-dd hh:mm.
func styleOf(format string) style {
	var days, hours, months bool
	for i := 0; i < len(format); i++ {
		switch c := format[i] | 0x20; {
		case format[i] == '"':
			n := strings.IndexByte(format[i+1:], '"')
			if n < 0 {
				return number
			}
			i += n + 1
		case format[i] == '\\' || format[i] == '_' || format[i] == '*':
			i++
		case format[i] == '[':
			n := strings.IndexByte(format[i:], ']')
			if n < 0 {
				return number
			}
			if in := strings.ToLower(format[i+1 : i+n]); in != "" && strings.Trim(in, in[:1]) == "" && strings.Contains("hms", in[:1]) {
				return elapsed
			}
			i += n
		case format[i] == ';':
			i = len(format) // what follows is for other numbers
		case c == 'g' && len(format)-i >= 7 && strings.EqualFold(format[i:i+7], "general"):
			i += 6
		case c == 'y' || c == 'd':
			days = true
		case c == 'h' || c == 's':
			hours = true
		case c == 'm':
			months = true
		case format[i] == '0' || format[i] == '#' || format[i] == '?':
			if !hours {
				return number // seconds may have digits behind the point
			}
		}
	}
	switch {
	case days && hours:
		return timestamp
	case hours:
		return clock
	case days || months:
		return date
	}
	return number
}

const (
	daysTo1900 = -25569 // day 0 is 1899-12-30, from the wrong leap year 1900 on
	daysTo1904 = -24107
	leapDay    = 60 // 1900-02-29, which was not

	dayMicros = 86400 * 1_000_000
	maxSerial = 2958466 // 10000-01-01
)

// serial returns what a number means as a date: days since 1970-01-01 and the microseconds of the day, to the
// millisecond, as Excel has it. It returns false for a number that is no date.
func (b *book) serial(x float64) (days int64, micros int64, ok bool) {
	if !(x >= 0 && x < maxSerial) {
		return 0, 0, false
	}
	whole := math.Floor(x)
	days, micros = int64(whole)+b.epoch, millis(x-whole)
	if b.epoch == daysTo1900 && whole < leapDay {
		days++
	}
	if micros == dayMicros {
		days, micros = days+1, 0
	}
	return days, micros, true
}

// millis turns a share of a day to microseconds, rounded to milliseconds.
func millis(share float64) int64 { return int64(math.Round(share*86400_000)) * 1000 }

// interval returns what a number means as elapsed time.
func interval(x float64) (vec.Interval, bool) {
	if !(math.Abs(x) < 1e8) {
		return vec.Interval{}, false
	}
	return vec.Interval{Micros: millis(x)}, true
}
