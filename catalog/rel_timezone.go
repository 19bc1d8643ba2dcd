package catalog

import (
	"fmt"
	"iter"
	"time"
)

// zoneNow is a time zone as it is at a moment.
type zoneNow struct {
	name   string
	moment time.Time // in the zone
}

// timeZones are the zones of the time zone database that this machine knows.
func timeZones(_ *Snapshot, sc *scan) iter.Seq[zoneNow] {
	return func(yield func(zoneNow) bool) {
		now := time.Now()
		for _, row := range sections()["timezones"].rows {
			if !sc.wants("name", row[0]) {
				continue
			}
			if location, err := time.LoadLocation(row[0]); err == nil && !yield(zoneNow{row[0], now.In(location)}) {
				return
			}
		}
	}
}

func init() {
	define("pg_catalog.pg_timezone_names", timeZones, columnsOf[zoneNow]{
		"name":   func(z zoneNow) string { return z.name },
		"abbrev": func(z zoneNow) string { name, _ := z.moment.Zone(); return name },
		"utc_offset": func(z zoneNow) any {
			_, seconds := z.moment.Zone()
			return fmt.Sprintf("%d seconds", seconds)
		},
		"is_dst": func(z zoneNow) bool { return z.moment.IsDST() },
	})
}
