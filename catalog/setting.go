package catalog

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// SettingInfo describes one of PostgreSQL's run-time parameters.
type SettingInfo struct {
	Name     string
	Boot     string // its value where nobody has set it, in Unit
	Unit     string // of numbers; "" for others
	Category string
	Context  string // who may change it: user, superuser, backend, sighup, postmaster, internal ...
	Type     string // bool, integer, real, string, enum
	Min, Max string
	Values   []string // of an enum
}

// Settings returns PostgreSQL's parameters, by name in lower case.
var Settings = sync.OnceValue(func() map[string]*SettingInfo {
	m := map[string]*SettingInfo{}
	for _, row := range sections()["pg_settings"].rows {
		text := func(i int) string {
			s, _ := unescape(row[i])
			return s
		}
		x := &SettingInfo{Name: text(0), Boot: text(1), Unit: text(2), Category: text(3), Context: text(4), Type: text(5), Min: text(6), Max: text(7)}
		if list := text(8); list != "" {
			x.Values = strings.Split(strings.ReplaceAll(strings.Trim(list, "{}"), `"`, ""), ",")
		}
		m[strings.ToLower(x.Name)] = x
	}
	return m
})

// LookupSetting returns the parameter with a name in any case of letters, nil when PostgreSQL has none.
func LookupSetting(name string) *SettingInfo { return Settings()[strings.ToLower(name)] }

// A unit of settings, in bytes or milliseconds.
type unit struct {
	name string
	size float64
}

var (
	memoryUnits = []unit{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}, {"B", 1}}
	timeUnits   = []unit{{"d", 86_400_000}, {"h", 3_600_000}, {"min", 60_000}, {"s", 1000}, {"ms", 1}, {"us", 0.001}}
)

// base returns the units that a parameter's value may have, and the size of its own unit; nil when it has none.
func (x *SettingInfo) base() ([]unit, float64) {
	number := strings.TrimRight(x.Unit, "kMGTBdhminsu")
	factor := 1.0
	if number != "" {
		factor, _ = strconv.ParseFloat(number, 64)
	}
	name := strings.TrimPrefix(x.Unit, number)
	for _, units := range [][]unit{memoryUnits, timeUnits} {
		for _, u := range units {
			if u.name == name && name != "" {
				return units, factor * u.size
			}
		}
	}
	return nil, 1
}

// Parse returns the number that a value with or without a unit means, in the parameter's own unit.
func (x *SettingInfo) Parse(value string) (n float64, unitKnown, ok bool) {
	s := strings.TrimSpace(value)
	end := strings.LastIndexAny(s, "0123456789.") + 1
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		if i, err := strconv.ParseInt(s, 0, 64); err == nil { // hexadecimal
			return float64(i), true, true
		}
		return 0, true, false
	}
	units, own := x.base()
	name := strings.TrimSpace(s[end:])
	if name == "" {
		return x.round(n), true, true
	}
	for _, u := range units {
		if u.name == name {
			return x.round(n * u.size / own), true, true
		}
	}
	return 0, false, false
}

func (x *SettingInfo) round(n float64) float64 {
	if x.Type == "integer" {
		return math.RoundToEven(n)
	}
	return n
}

// Raw returns a value as pg_settings shows it: numbers in the parameter's own unit.
func (x *SettingInfo) Raw(value string) string {
	if x.Type != "integer" && x.Type != "real" {
		return value
	}
	n, _, ok := x.Parse(value)
	if !ok {
		return value
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// Show returns a number in the parameter's own unit as SHOW writes it: in the largest unit in which it is whole.
func (x *SettingInfo) Show(raw string) string {
	units, own := x.base()
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || units == nil || n <= 0 {
		return raw
	}
	total := n * own
	for _, u := range units {
		if k := total / u.size; k >= 1 && k == math.Trunc(k) || x.Type == "real" && k >= 1 {
			return strconv.FormatFloat(k, 'g', -1, 64) + u.name
		}
	}
	return raw
}

// Units lists the units that values may have, for a message.
func (x *SettingInfo) Units() string {
	units, _ := x.base()
	var names []string
	for i := len(units) - 1; i >= 0; i-- {
		names = append(names, `"`+units[i].name+`"`)
	}
	if len(names) == 0 {
		return "none"
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + ", and " + names[last]
}

// Allows reports whether a number is within the parameter's limits.
func (x *SettingInfo) Allows(n float64) bool {
	lo, err1 := strconv.ParseFloat(x.Min, 64)
	hi, err2 := strconv.ParseFloat(x.Max, 64)
	return (err1 != nil || n >= lo) && (err2 != nil || n <= hi)
}
