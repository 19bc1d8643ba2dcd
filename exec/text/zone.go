package text

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that time zones are known on machines that have no files of them

	"gsql/exec/sqlstate"
)

// abbreviations are the time zone abbreviations of PostgreSQL's default set that are in wide use, in hours
// east of UTC.
var abbreviations = map[string]float64{
	"utc": 0, "gmt": 0, "z": 0, "zulu": 0, "ut": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "met": 1,
	"mest": 2, "eet": 2, "eest": 3, "msk": 3, "msd": 4, "ist": 2, "idt": 3, "pkt": 5, "jst": 9, "kst": 9,
	"sgt": 8, "hkt": 8, "awst": 8, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
	"hst": -10, "akst": -9, "akdt": -8, "pst": -8, "pdt": -7, "mst": -7, "mdt": -6, "cst": -6, "cdt": -5,
	"est": -5, "edt": -4, "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "art": -3, "brt": -3, "brst": -2, "clt": -4,
}

var zones sync.Map // lower-case name -> *time.Location

// Zone finds a time zone by its name, an abbreviation, or an offset such as +05:30. As in PostgreSQL's
// SET TimeZone, plain offsets count east of Greenwich. Unknown names are an error with code 22023.
func Zone(name string) (*time.Location, error) {
	key := strings.ToLower(strings.TrimSpace(name))
	if l, ok := zones.Load(key); ok {
		return l.(*time.Location), nil
	}
	l := findZone(key, strings.TrimSpace(name))
	if l == nil {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "time zone \"%s\" not recognized", name)
	}
	zones.Store(key, l)
	return l, nil
}

func findZone(key, name string) *time.Location {
	if h, ok := abbreviations[key]; ok {
		if h == 0 {
			return time.UTC
		}
		return time.FixedZone(strings.ToUpper(key), int(h*3600))
	}
	if key == "" || key == "local" {
		return nil
	}
	if c := key[0]; c == '+' || c == '-' || c >= '0' && c <= '9' {
		if c != '+' && c != '-' {
			key = "+" + key
		}
		off, rest, ok := parseOffset([]byte(key))
		if !ok || len(rest) > 0 {
			return nil
		}
		return time.FixedZone(name, int(off))
	}
	for _, n := range []string{name, titleZone(key), strings.ToUpper(key)} {
		if l, err := time.LoadLocation(n); err == nil {
			return l
		}
	}
	return nil
}

// titleZone writes europe/berlin as Europe/Berlin.
func titleZone(key string) string {
	b := []byte(key)
	for i := range b {
		if isLetter(b[i]) && (i == 0 || !isLetter(b[i-1])) {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}
