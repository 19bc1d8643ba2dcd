package fn

import (
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
)

// zoneNamed finds the zone of AT TIME ZONE. Other than in literals of timestamps, a plain offset such as +02 is a
// zone in POSIX's notation, which counts west of Greenwich.
func zoneNamed(name string) (*time.Location, error) {
	loc, err := text.Zone(name)
	if err != nil || name == "" || name[0] != '+' && name[0] != '-' && (name[0] < '0' || name[0] > '9') {
		return loc, err
	}
	_, east := time.Time{}.In(loc).Zone()
	return time.FixedZone(name, -east), nil
}

// zoneAt returns the zone at a distance east of Greenwich.
func zoneAt(d vec.Interval) (*time.Location, error) {
	if d.Months != 0 || d.Days != 0 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "interval time zone must not include months or days")
	}
	return time.FixedZone("", int(d.Micros/text.Second)), nil
}
