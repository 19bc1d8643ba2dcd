package csv

import (
	"bytes"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// dateForm is how dates, or dates with times, are written: a pattern in the letters of C's strptime, as DuckDB and Python
// have them, such as %d/%m/%Y.
type dateForm struct {
	pattern string
	steps   []dateStep
	time    bool // it has a time
}

// dateStep reads a part of a value: a letter of the pattern, or 0 for the text in between.
type dateStep struct {
	spec byte
	text string
}

const dateSpecs = "YymdHIMSfpbBaAeT"

// newDateForm reads a pattern.
func newDateForm(pattern string) (*dateForm, error) {
	f := &dateForm{pattern: pattern}
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c != '%' || i+1 == len(pattern) {
			f.steps = append(f.steps, dateStep{0, string(c)})
			continue
		}
		if i++; pattern[i] == '-' && i+1 < len(pattern) { // without leading zeros, which may always be
			i++
		}
		switch c := pattern[i]; {
		case c == '%':
			f.steps = append(f.steps, dateStep{0, "%"})
		case c == 'T':
			f.steps = append(f.steps, dateStep{'H', ""}, dateStep{0, ":"}, dateStep{'M', ""}, dateStep{0, ":"}, dateStep{'S', ""})
			f.time = true
		case strings.IndexByte(dateSpecs, c) < 0:
			return nil, sqlstate.Unsupported("Known are %Y %y %m %d %b %B %a %A %H %I %M %S %f %p %T.", "\"%%%c\" in the format \"%s\" is not supported", c, pattern)
		default:
			f.steps = append(f.steps, dateStep{c, ""})
			f.time = f.time || strings.IndexByte("HIMSfp", c) >= 0
		}
	}
	return f, nil
}

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var dayNames = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// parse reads a value: the microseconds of a timestamp.
func (f *dateForm) parse(v []byte) (us int64, ok bool) {
	year, month, day := int64(2000), int64(1), int64(1)
	var hour, minute, second, micro int64
	half := -1
	for _, s := range f.steps {
		switch s.spec {
		case 0:
			if !bytes.HasPrefix(v, []byte(s.text)) {
				return 0, false
			}
			v = v[len(s.text):]
			continue
		case 'Y':
			year, v, ok = number(v, 4, 4, 0, 9999)
		case 'y':
			if year, v, ok = number(v, 2, 2, 0, 99); year < 69 {
				year += 100
			}
			year += 1900
		case 'm':
			month, v, ok = number(v, 1, 2, 1, 12)
		case 'd', 'e':
			day, v, ok = number(v, 1, 2, 1, 31)
		case 'H':
			hour, v, ok = number(v, 1, 2, 0, 23)
		case 'I':
			hour, v, ok = number(v, 1, 2, 1, 12)
		case 'M':
			minute, v, ok = number(v, 1, 2, 0, 59)
		case 'S':
			second, v, ok = number(v, 1, 2, 0, 59)
		case 'f':
			micro, v, ok = fraction(v)
		case 'p':
			half, v, ok = oneOf(v, []string{"am", "pm"}, 2)
		case 'b', 'B':
			var m int
			m, v, ok = oneOf(v, monthNames, 3)
			month = int64(m) + 1
		case 'a', 'A':
			_, v, ok = oneOf(v, dayNames, 3)
		}
		if !ok {
			return 0, false
		}
	}
	if half >= 0 {
		hour = hour%12 + int64(half)*12
	}
	if len(v) > 0 {
		return 0, false
	}
	d, ok := dayOf(year, month, day)
	return d*text.Day + hour*text.Hour + minute*text.Minute + second*text.Second + micro, ok
}

// dayOf returns the days of a date, if there is such a day.
func dayOf(year, month, day int64) (int64, bool) {
	iso := [10]byte{
		byte('0' + year/1000), byte('0' + year/100%10), byte('0' + year/10%10), byte('0' + year%10), '-',
		byte('0' + month/10), byte('0' + month%10), '-', byte('0' + day/10), byte('0' + day%10),
	}
	d, ok := text.ParseDateISO(iso[:])
	return int64(d), ok
}

// number reads a number of some digits within bounds.
func number(v []byte, least, most int, lo, hi int64) (int64, []byte, bool) {
	n, x := 0, int64(0)
	for n < len(v) && n < most && v[n] >= '0' && v[n] <= '9' {
		x = x*10 + int64(v[n]-'0')
		n++
	}
	return x, v[n:], n >= least && x >= lo && x <= hi
}

// fraction reads the digits of a part of a second, as microseconds.
func fraction(v []byte) (int64, []byte, bool) {
	x, rest, ok := number(v, 1, 6, 0, 999_999)
	for n := len(v) - len(rest); n < 6; n++ {
		x *= 10
	}
	return x, rest, ok
}

// oneOf reads one of some words, in any case of letters, or its first n letters.
func oneOf(v []byte, words []string, n int) (int, []byte, bool) {
	for i, w := range words {
		switch {
		case len(v) >= len(w) && foldEqual(v[:len(w)], w):
			return i, v[len(w):], true
		case len(v) >= n && foldEqual(v[:n], w[:n]):
			return i, v[n:], true
		}
	}
	return 0, v, false
}

// dateEvidence gathers how the dates of a column are written that are not in SQL's way.
type dateEvidence struct {
	seen          int
	shape         dateShape // of all of them
	mixed         bool      // they have not all the same
	first, second int64     // the greatest numbers at these places
}

// dateShape is a date but for which of its numbers is what.
type dateShape struct {
	sep       byte
	yearFirst bool
	time      string // the pattern of what follows, with what is in between; "" for nothing
}

// add looks at a value; false if it is no date.
func (e *dateEvidence) add(v []byte) bool {
	s, first, second, ok := shapeOf(v)
	if !ok {
		return false
	}
	e.mixed = e.mixed || e.seen > 0 && s != e.shape
	e.shape = s
	e.seen++
	e.first, e.second = max(e.first, first), max(e.second, second)
	return true
}

// shapeOf reads 31/12/2024, 12.31.2024 10:30, 2024/12/31 10:30:00 PM and the like.
func shapeOf(v []byte) (s dateShape, first, second int64, ok bool) {
	if len(v) < len("1/1/2024") || len(v) > len("2024/12/31 10:30:00 PM") || v[0] < '0' || v[0] > '9' {
		return s, 0, 0, false
	}
	s.yearFirst = allDigits(v[:4])
	a, b, c := [2]int{1, 2}, [2]int{1, 2}, [2]int{4, 4}
	if s.yearFirst {
		a, c = c, a
	}
	x, rest, ok1 := number(v, a[0], a[1], 0, 9999)
	if !ok1 || len(rest) == 0 || rest[0] != '/' && rest[0] != '.' && rest[0] != '-' {
		return s, 0, 0, false
	}
	s.sep = rest[0]
	y, rest, ok2 := number(rest[1:], b[0], b[1], 1, 31)
	if !ok2 || len(rest) == 0 || rest[0] != s.sep {
		return s, 0, 0, false
	}
	z, rest, ok3 := number(rest[1:], c[0], c[1], 0, 9999)
	if s.yearFirst {
		first, second = y, z
	} else {
		first, second = x, y
	}
	if !ok3 || first < 1 || second < 1 || first > 31 || second > 31 {
		return s, 0, 0, false
	}
	s.time, ok = timeShape(rest)
	return s, first, second, ok
}

// timeShapes are the times that may follow a date.
var timeShapes = func() (all []*dateForm) {
	for _, p := range []string{"%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f"} {
		for _, between := range []string{" ", "T"} {
			f, _ := newDateForm(between + p)
			all = append(all, f)
		}
	}
	return all
}()

func timeShape(v []byte) (pattern string, ok bool) {
	if len(v) == 0 {
		return "", true
	}
	for _, f := range timeShapes {
		if _, ok := f.parse(v); ok {
			return f.pattern, true
		}
	}
	return "", false
}

// dateOrder is which of the two first numbers of a date is the day.
type dateOrder byte

const (
	anyOrder dateOrder = iota
	dayFirst
	monthFirst
	noOrder // neither
)

// order returns what the values tell of it.
func (e *dateEvidence) order() dateOrder {
	switch {
	case e.shape.yearFirst && e.first <= 12:
		return monthFirst
	case e.shape.yearFirst || e.first > 12 && e.second > 12 || e.mixed:
		return noOrder
	case e.first > 12:
		return dayFirst
	case e.second > 12:
		return monthFirst
	case e.shape.sep == '.': // nobody writes the month first with points
		return dayFirst
	}
	return anyOrder
}

// form returns the form of the dates in an order.
func (e *dateEvidence) form(o dateOrder) *dateForm {
	parts := []string{"%d", "%m", "%Y"}
	switch {
	case e.shape.yearFirst:
		parts = []string{"%Y", "%m", "%d"}
	case o == monthFirst:
		parts = []string{"%m", "%d", "%Y"}
	}
	f, _ := newDateForm(strings.Join(parts, string(e.shape.sep)) + e.shape.time)
	return f
}
