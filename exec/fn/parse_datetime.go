package fn

import (
	"bytes"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// to_date and to_timestamp with a template.

func init() {
	t := types.Text
	RegisterScalar(
		stable(scalar("to_date", types.Date, parseWithTemplate((*parsedFields).date), t, t)),
		stable(scalar("to_timestamp", types.TimestampTZ, parseWithTemplate((*parsedFields).timestamp), t, t)),
	)
}

// templateParser reads a text by a template. Errors end it.
type templateParser struct {
	items []templateItem
	s     []byte // what is left
	all   []byte
	at    int  // the item
	exact bool // FX was seen
	// strict: separators and other characters must be those of the template. Its fields have to match exactly too.
	strict bool
	extra  int  // blanks and separators skipped in the text beyond those of the template
	last   byte // the character before s
	f      parsedFields
}

// run reads the fields, until the template or the text ends.
func (p *templateParser) run() error {
	for p.at = 0; p.at < len(p.items) && len(p.s) > 0; p.at++ {
		it := &p.items[p.at]
		isField := it.kind == itemField
		if !p.exact && (!isField || it.word.id != fieldExact) && (isField || p.at == 0) {
			p.skipSpaces()
		}
		switch it.kind {
		case itemSpace, itemSeparator, itemText:
			if p.strict {
				if !bytes.HasPrefix(p.s, []byte(it.char)) {
					return sqlstate.New(sqlstate.InvalidDatetime, "unmatched format character \"%s\"", it.char)
				}
				p.skip(len(it.char))
			} else if it.kind == itemText {
				p.character()
			} else {
				p.separator()
			}
			continue
		}
		if err := p.f.count(it.word.calendar); err != nil {
			return err
		}
		if err := p.field(it); err != nil {
			return err
		}
		if !p.exact {
			p.extra = 0
			p.skipSpaces()
		}
	}
	return nil
}

func (p *templateParser) skipSpaces() {
	for len(p.s) > 0 && isSpace(p.s[0]) {
		p.skip(1)
		p.extra++
	}
}

func (p *templateParser) skip(n int) {
	if n > 0 {
		p.last = p.s[n-1]
	}
	p.s = p.s[n:]
}

// skipCharacter skips one character of the text, whatever it is.
func (p *templateParser) skipCharacter() {
	_, w := utf8.DecodeRune(p.s)
	p.skip(w)
}

// separator matches a blank or separator of the template: with FX with any character, else with one of its kind, or
// with nothing.
func (p *templateParser) separator() {
	switch {
	case p.exact:
		p.skipCharacter()
	case len(p.s) > 0 && (isSpace(p.s[0]) || isSeparator(p.s[0])):
		p.skip(1)
	default:
		p.extra--
	}
}

// character matches any other character of the template with any of the text, unless more than the template asks for
// was skipped before.
func (p *templateParser) character() {
	if !p.exact && p.extra > 0 {
		p.extra--
		return
	}
	p.skipCharacter()
}

// field reads a field.
func (p *templateParser) field(it *templateItem) error {
	if it.word.digits && it.word.id != fieldZoneMinute && it.word.id != fieldCommaYear {
		return p.numberField(it)
	}
	f := &p.f
	switch it.word.id {
	case fieldExact:
		p.exact = true
	case fieldAM, fieldDottedAM:
		f.halfDay = true
		return p.oneOf(it, &f.pm, 0, dotted(it, halfDays, dottedHalfDays))
	case fieldAD, fieldDottedAD:
		return p.oneOf(it, &f.bc, 0, dotted(it, eras, dottedEras))
	case fieldMonthName:
		return p.oneOf(it, &f.month, 1, monthNames)
	case fieldMon:
		return p.oneOf(it, &f.month, 1, monthAbbreviations)
	case fieldDay:
		return p.weekday(it, dayNames)
	case fieldDy:
		return p.weekday(it, dayAbbreviations)
	case fieldRoman:
		return p.romanMonth(it)
	case fieldCommaYear:
		return p.commaYear(it)
	case fieldZoneHour:
		return p.zoneHour(it)
	case fieldZoneMinute:
		if f.zoneSign == 0 {
			f.zoneSign = 1
		}
		_, err := p.number(it, &f.zoneMinute)
		return err
	default: // names of zones, and OF
		return sqlstate.New(sqlstate.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", it.word.name)
	}
	return nil
}

var monthAbbreviations, dayAbbreviations = abbreviated(monthNames), abbreviated(dayNames)

var (
	halfDays, dottedHalfDays = []string{"AM", "PM"}, []string{"A.M.", "P.M."}
	eras, dottedEras         = []string{"AD", "BC"}, []string{"A.D.", "B.C."}
)

func abbreviated(names []string) []string {
	short := make([]string, len(names))
	for i, n := range names {
		short[i] = n[:3]
	}
	return short
}

func dotted(it *templateItem, plain, dotted []string) []string {
	if len(it.word.name) > 2 {
		return dotted
	}
	return plain
}

// numberField reads a field of digits.
func (p *templateParser) numberField(it *templateItem) error {
	f, dst := &p.f, (*int64)(nil)
	switch it.word.id {
	case fieldHour12:
		f.halfDay, dst = true, &f.hour
	case fieldHour24:
		dst = &f.hour
	case fieldMinute:
		dst = &f.minute
	case fieldSecond:
		dst = &f.second
	case fieldDaySeconds:
		dst = &f.daySeconds
	case fieldYearDay, fieldISOYearDay:
		dst = &f.yearDay
	case fieldMonthDay:
		dst = &f.day
	case fieldMonth:
		dst = &f.month
	case fieldYearWeek, fieldISOWeek:
		dst = &f.week
	case fieldMonthWeek:
		dst = &f.monthWeek
	case fieldCentury:
		dst = &f.century
	case fieldJulian:
		dst = &f.julian
	case fieldWeekday, fieldISOWeekday:
		dst = &f.weekday
	case fieldQuarter: // which says nothing about the day
	case fieldYear, fieldISOYear:
		return p.year(it)
	default:
		return p.fraction(it)
	}
	if _, err := p.number(it, dst); err != nil {
		return err
	}
	if it.word.id == fieldISOWeekday { // Sunday is the first day here
		if f.weekday++; f.weekday > 7 {
			f.weekday = 1
		}
	}
	p.skipOrdinal(it)
	return nil
}

// fraction reads digits of a second, of which fewer than the field has are its first.
func (p *templateParser) fraction(it *templateItem) error {
	dst, scale := &p.f.micros, int64(1)
	switch it.word.id {
	case fieldMillis:
		dst = &p.f.millis
	case fieldFraction:
		p.f.precision = it.word.width
	}
	n, err := p.number(it, dst)
	if err != nil {
		return err
	}
	digits := 6
	if it.word.id == fieldMillis {
		digits = 3
	}
	for ; n < digits; n++ {
		scale *= 10
	}
	*dst *= scale
	p.skipOrdinal(it)
	return nil
}

// year reads a year; one of fewer digits than four is the nearest to 2020 that ends in them.
func (p *templateParser) year(it *templateItem) error {
	f := &p.f
	n, err := p.number(it, &f.year)
	if err != nil {
		return err
	}
	if n < 4 && it.word.width < 4 {
		f.year = nearYear(f.year)
	}
	f.yearDigits = it.word.width
	p.skipOrdinal(it)
	return nil
}

// nearYear completes a year of which the last digits are given.
func nearYear(y int64) int64 {
	switch {
	case y < 70:
		return y + 2000
	case y < 100:
		return y + 1900
	case y < 520:
		return y + 2000
	case y < 1000:
		return y + 1000
	}
	return y
}

// commaYear reads 2,024.
func (p *templateParser) commaYear(it *templateItem) error {
	thousands, n := scanInt(p.s, len(p.s))
	if n > 0 && n < len(p.s) && p.s[n] == ',' {
		p.skip(n + 1)
		p.skipSpaces() // which do not count as digits
		if years, m := scanInt(p.s, 3); m > 0 {
			if err := p.set(it, &p.f.year, years+thousands*1000); err != nil {
				return err
			}
			p.f.yearDigits = 4
			p.skip(m)
			p.skipOrdinal(it)
			return nil
		}
	}
	return sqlstate.New(sqlstate.InvalidDatetime, "invalid input string for \"Y,YYY\"")
}

// zoneHour reads the hours of an offset. Their sign may have been skipped as a separator.
func (p *templateParser) zoneHour(it *templateItem) error {
	f := &p.f
	switch c := p.s; {
	case len(c) > 0 && (c[0] == '+' || c[0] == '-' || c[0] == ' '):
		f.zoneSign = 1
		if c[0] == '-' {
			f.zoneSign = -1
		}
		p.skip(1)
	case p.extra > 0 && p.last == '-':
		f.zoneSign = -1
	default:
		f.zoneSign = 1
	}
	_, err := p.number(it, &f.zoneHour)
	return err
}

func (p *templateParser) skipOrdinal(it *templateItem) {
	if it.ordinal == "" {
		return
	}
	for range 2 {
		if len(p.s) > 0 {
			p.skipCharacter()
		}
	}
}

// scanInt reads a number with a sign, behind spaces, from at most n bytes. It returns how many it took.
func scanInt(s []byte, n int) (x int64, taken int) {
	s = s[:min(n, len(s))]
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	neg := i < len(s) && s[i] == '-'
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		x = min(x*10+int64(s[i]-'0'), 1<<40) // too large, and no overflow
		i++
	}
	if i == start {
		return 0, 0
	}
	if neg {
		x = -x
	}
	return x, i
}

// number reads an integer into dst, if it is not nil, and returns how many bytes it took: as many as the field is
// wide, or all digits there are when FM says so or the next item of the template is no digit.
func (p *templateParser) number(it *templateItem, dst *int64) (taken int, err error) {
	start := p.s
	var x int64
	if it.fill || p.nextIsNoDigit() {
		var n int
		x, n = scanInt(p.s, len(p.s))
		p.skip(n)
	} else if x, err = p.fixedNumber(it); err != nil {
		return 0, err
	}
	taken = len(start) - len(p.s)
	switch {
	case taken == 0:
		start = bytes.TrimLeft(start, " \t\n\v\f\r")
		return 0, badFieldText(it, start[:min(len(start), it.word.width)]).WithDetail("Value must be an integer.")
	case x != int64(int32(x)):
		return 0, sqlstate.New(sqlstate.DatetimeOverflow, "value for \"%s\" in source string is out of range", it.word.name)
	case dst == nil:
		return taken, nil
	}
	return taken, p.set(it, dst, x)
}

// fixedNumber reads as many digits as the field is wide, behind spaces. There may also be none.
func (p *templateParser) fixedNumber(it *templateItem) (int64, error) {
	const hint = "If your source string is not fixed-width, try using the \"FM\" modifier."
	width := it.word.width
	for len(p.s) > 0 && isSpace(p.s[0]) {
		p.skip(1)
	}
	if len(p.s) < width {
		return 0, sqlstate.New(sqlstate.InvalidDatetime, "source string too short for \"%s\" formatting field", it.word.name).
			WithDetail("Field requires %d characters, but only %d remain.", width, len(p.s)).WithHint(hint)
	}
	x, n := scanInt(p.s, width)
	if n > 0 && n < width {
		return 0, badFieldText(it, p.s[:width]).
			WithDetail("Field requires %d characters, but only %d could be parsed.", width, n).WithHint(hint)
	}
	p.skip(n)
	return x, nil
}

func badFieldText(it *templateItem, s []byte) *sqlstate.Error {
	return sqlstate.New(sqlstate.InvalidDatetime, "invalid value \"%s\" for \"%s\"", s, it.word.name)
}

// nextIsNoDigit reports whether the item that follows ends the digits of the one being read.
func (p *templateParser) nextIsNoDigit() bool {
	if p.items[p.at].ordinal != "" || p.at+1 == len(p.items) {
		return true
	}
	next := &p.items[p.at+1]
	if next.kind == itemField {
		return !next.word.digits
	}
	return !isDigit(next.char[0])
}

// set gives a field its value, which must be the one it has if it has one.
func (p *templateParser) set(it *templateItem, dst *int64, x int64) error {
	if *dst != 0 && *dst != x {
		return sqlstate.New(sqlstate.InvalidDatetime, "conflicting values for \"%s\" field in formatting string", it.word.name).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*dst = x
	return nil
}

// oneOf reads one of several names in any case; dst becomes its index plus first.
func (p *templateParser) oneOf(it *templateItem, dst *int64, first int64, names []string) error {
	i, err := p.name(it, names)
	if err != nil {
		return err
	}
	return p.set(it, dst, int64(i)+first)
}

func (p *templateParser) name(it *templateItem, names []string) (int, error) {
	for i, n := range names {
		if len(p.s) >= len(n) && bytes.EqualFold(p.s[:len(n)], []byte(n)) {
			p.skip(len(n))
			return i, nil
		}
	}
	shown, _, _ := bytes.Cut(p.s, []byte(" "))
	return 0, badFieldText(it, shown).WithDetail("The given value did not match any of the allowed values for this field.")
}

// weekday reads the name of a day; Sunday is 1. As in PostgreSQL a day that is set already must be the one before.
func (p *templateParser) weekday(it *templateItem, names []string) error {
	if err := p.oneOf(it, &p.f.weekday, 0, names); err != nil {
		return err
	}
	p.f.weekday++
	return nil
}

func (p *templateParser) romanMonth(it *templateItem) error {
	i, err := p.name(it, romanMonths)
	if err != nil {
		return err
	}
	return p.set(it, &p.f.month, 12-int64(i))
}

// outOfRange is the error about a text whose fields make no date.
func (p *templateParser) outOfRange() error {
	return sqlstate.New(sqlstate.DatetimeOverflow, "date/time field value out of range: \"%s\"", p.all)
}
