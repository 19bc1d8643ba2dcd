package gsql

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

func timeZone(v string) (string, error) {
	z, err := sessionZone(v)
	return z.name, err
}

// zone is a time zone and the name by which it is shown.
type zone struct {
	name     string
	location *time.Location
}

var sessionZones sync.Map // value of TimeZone -> zone

// sessionZone returns the zone of a value of TimeZone. Other than in literals, abbreviations are no zones (CET is
// one of the time zone database, with its summer time), a number counts hours east of Greenwich, and +05:30, which
// is a zone without a name in POSIX's notation, is west of it.
func sessionZone(v string) (zone, error) {
	if z, ok := sessionZones.Load(v); ok {
		return z.(zone), nil
	}
	z, ok := findSessionZone(strings.TrimSpace(v))
	if !ok {
		return z, invalidSetting("TimeZone", v)
	}
	sessionZones.Store(v, z)
	return z, nil
}

func findSessionZone(v string) (zone, bool) {
	switch strings.ToLower(v) {
	case "":
		return zone{}, false
	case "utc", "gmt", "default", "local":
		name := strings.ToUpper(v)
		if len(name) > 3 {
			name = "UTC"
		}
		return zone{name, time.UTC}, true
	}
	if hours, err := strconv.ParseFloat(v, 64); err == nil {
		return fixedZone(int(math.Round(hours*3600)), "")
	}
	if rest, ok := strings.CutPrefix(v, "<"); ok { // <+05>-05, as fixedZone names them
		_, offset, _ := strings.Cut(rest, ">")
		seconds, ok := parseZoneOffset(offset)
		if !ok {
			return zone{}, false
		}
		return fixedZone(-seconds, v)
	}
	if v[0] == '+' || v[0] == '-' || v[0] >= '0' && v[0] <= '9' {
		seconds, ok := parseZoneOffset(v)
		if !ok {
			return zone{}, false
		}
		return fixedZone(-seconds, v)
	}
	for _, name := range []string{v, titleCase(v), strings.ToUpper(v)} {
		if loc, err := time.LoadLocation(name); err == nil && loc != time.Local {
			return zone{name, loc}, true
		}
	}
	return zone{}, false
}

// fixedZone returns the zone at a distance in seconds east of Greenwich. Without a name it gets PostgreSQL's: the
// offset as people write it, and then as POSIX does.
func fixedZone(east int, name string) (zone, bool) {
	const limit = 168 * 3600
	if east <= -limit || east >= limit {
		return zone{}, false
	}
	if name == "" {
		name = fmt.Sprintf("<%s>%s", zoneOffset(east), zoneOffset(-east))
	}
	return zone{name, time.FixedZone(name, east)}, true
}

func zoneOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d", sign, seconds/3600)
	if seconds%3600 != 0 {
		s += fmt.Sprintf(":%02d", seconds/60%60)
	}
	if seconds%60 != 0 {
		s += fmt.Sprintf(":%02d", seconds%60)
	}
	return s
}

// parseZoneOffset reads +05:30 or -3 as seconds.
func parseZoneOffset(s string) (int, bool) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	seconds, unit := 0, 3600
	for _, part := range strings.Split(digits, ":") {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || unit == 0 || unit < 3600 && n > 59 {
			return 0, false
		}
		seconds += int(n) * unit
		unit /= 60
	}
	if strings.HasPrefix(s, "-") {
		seconds = -seconds
	}
	return seconds, true
}

// titleCase writes europe/berlin as Europe/Berlin.
func titleCase(s string) string {
	b := []byte(strings.ToLower(s))
	for i := range b {
		if b[i] >= 'a' && b[i] <= 'z' && (i == 0 || b[i-1] == '/' || b[i-1] == '_' || b[i-1] == '-') {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}
