package fn

import (
	"bytes"
	"fmt"

	"gsql/exec/jsonpath"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// This file reads and writes the values of jsonpath's .datetime().

// isoDatetimes are the templates of texts that are read without one, in the order in which they are tried.
var isoDatetimes = func() []datetimeTemplate {
	var all []datetimeTemplate
	for _, date := range []string{"yyyy-mm-dd", "", "yyyy-mm-dd ", `yyyy-mm-dd"T"`} {
		times := []string{"HH24:MI:SS.USTZH:TZM", "HH24:MI:SS.USTZH", "HH24:MI:SSTZH:TZM", "HH24:MI:SSTZH", "HH24:MI:SS.US", "HH24:MI:SS"}
		if date == "yyyy-mm-dd" {
			times = []string{""}
		}
		for _, t := range times {
			x, _ := compileDatetime(date + t)
			all = append(all, x)
		}
	}
	return all
}()

// parseJSONDatetime is jsonpath.ParseDatetime.
func parseJSONDatetime(s, template []byte) (d jsonpath.Datetime, ok bool, err error) {
	if template != nil {
		t, err := compileDatetime(string(template))
		if err == nil {
			d, err = t.exactly(s)
		}
		return d, err == nil, err
	}
	for i := range isoDatetimes {
		if d, err := isoDatetimes[i].exactly(s); err == nil {
			return d, true, nil
		}
	}
	return d, false, nil
}

// exactly reads a text that matches the template to the letter.
func (t *datetimeTemplate) exactly(s []byte) (d jsonpath.Datetime, err error) {
	dated, timed, zoned := t.parts()
	switch {
	case zoned && !timed && dated:
		return d, badDatetime("datetime format is zoned but not timed")
	case !dated && !timed:
		return d, badDatetime("datetime format is not dated and not timed")
	}
	p := templateParser{items: t.items, s: s, all: s, exact: true, strict: true}
	if err := p.run(); err != nil {
		return d, err
	}
	if p.at < len(p.items) {
		return d, badDatetime("input string is too short for datetime format")
	}
	if p.skipSpaces(); len(p.s) > 0 {
		return d, badDatetime("trailing characters remain in input string after datetime format")
	}
	m := parsedMoment{month: 1, day: 1}
	if err := m.set(&p); err != nil {
		return d, err
	}
	d.Micros = ((m.hour*60+m.minute)*60+m.second)*1e6 + m.frac
	if dated {
		days := text.DaysFromCivil(m.year, m.month, m.day)
		if !text.ValidDate(days) || timed && !text.ValidTimestamp(days*text.Day) {
			return d, sqlstate.New(sqlstate.DatetimeOverflow, "date out of range: \"%s\"", s)
		}
		d.Micros += days * text.Day
	}
	d.Kind = [2][2]jsonpath.DatetimeKind{{jsonpath.Date, jsonpath.Time}, {jsonpath.Date, jsonpath.Timestamp}}[bit(dated)][bit(timed)]
	if !zoned {
		return d, nil
	}
	if d.Kind++; p.f.zoneSign == 0 { // the kind with a zone is next
		return d, badDatetime("missing time zone in input string for type %s", map[bool]string{true: "timestamptz", false: "timetz"}[dated])
	}
	if err := p.f.checkZone(&p); err != nil {
		return d, err
	}
	d.Zone = p.f.zoneSign * (p.f.zoneHour*3600 + p.f.zoneMinute*60)
	return d, nil
}

func bit(x bool) int {
	if x {
		return 1
	}
	return 0
}

func badDatetime(format string, args ...any) error {
	return sqlstate.New(sqlstate.InvalidDatetime, format, args...)
}

// parts tells which fields the template has: of dates, times, and zones.
func (t *datetimeTemplate) parts() (dated, timed, zoned bool) {
	for _, it := range t.items {
		if it.kind != itemField {
			continue
		}
		switch it.word.id {
		case fieldExact, fieldQuarter:
		case fieldAM, fieldDottedAM, fieldHour12, fieldHour24, fieldMinute, fieldSecond, fieldMillis, fieldMicros, fieldFraction, fieldDaySeconds:
			timed = true
		case fieldZone, fieldOffset, fieldZoneHour, fieldZoneMinute:
			zoned = true
		default:
			dated = true
		}
	}
	return dated, timed, zoned
}

// appendJSONDatetime is jsonpath.AppendDatetime: ISO 8601, as to_json writes values.
func appendJSONDatetime(dst []byte, d jsonpath.Datetime) []byte {
	switch d.Kind {
	case jsonpath.Date:
		return text.AppendDate(dst, int32(floorDiv(d.Micros, text.Day)))
	case jsonpath.Time:
		return text.AppendTime(dst, d.Micros)
	case jsonpath.TimeTZ:
		return appendMinutes(text.AppendTime(dst, d.Micros), d.Zone)
	}
	local := text.AppendTimestamp(nil, d.Micros)
	local, bc := bytes.CutSuffix(local, []byte(" BC"))
	local[bytes.IndexByte(local, ' ')] = 'T'
	dst = append(dst, local...)
	if d.Kind == jsonpath.TimestampTZ {
		dst = appendMinutes(dst, d.Zone)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendMinutes appends the offset of a time zone in hours and minutes.
func appendMinutes(dst []byte, seconds int64) []byte {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Appendf(dst, "%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}

// sessionZone is the time zone of a call's session.
func (c *Call) sessionZone() jsonpath.Zone {
	loc := c.location()
	return jsonpath.Zone{
		UTC:    func(local int64) int64 { return text.LocalToUTC(local, loc) },
		Offset: func() int64 { return text.Offset(c.now().UnixMicro(), loc) },
	}
}

func init() {
	jsonpath.ParseDatetime, jsonpath.AppendDatetime = parseJSONDatetime, appendJSONDatetime
}
