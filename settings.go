package gsql

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// Version is gsql's version.
const Version = "0.1"

// ServerVersion is the version of PostgreSQL whose language gsql speaks; clients choose their queries by it.
const ServerVersion = "15.0 (gsql " + Version + ")"

// setting describes a run-time parameter.
type setting struct {
	name     string // as SHOW names its column
	initial  string
	internal bool // cannot be changed
	// check returns the form in which a value is kept, or an error.
	check func(value string) (string, error)
}

// settingList has the parameters that clients set and ask for.
var settingList = []setting{
	{name: "application_name"},
	{name: "bytea_output", initial: "hex", check: oneOf("bytea_output", "hex")},
	{name: "client_encoding", initial: "UTF8", check: encoding},
	{name: "client_min_messages", initial: "notice", check: oneOf("client_min_messages", "debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error")},
	{name: "DateStyle", initial: "ISO, MDY", check: dateStyle},
	{name: "default_transaction_isolation", initial: "read committed"},
	{name: "default_transaction_read_only", initial: "off", check: boolean("default_transaction_read_only")},
	{name: "extra_float_digits", initial: "1"},
	{name: "idle_in_transaction_session_timeout", initial: "0"},
	{name: "in_hot_standby", initial: "off", internal: true},
	{name: "integer_datetimes", initial: "on", internal: true},
	{name: "IntervalStyle", initial: "postgres", check: oneOf("IntervalStyle", "postgres")},
	{name: "is_superuser", initial: "on", internal: true},
	{name: "lc_collate", initial: "C", internal: true},
	{name: "lock_timeout", initial: "0"},
	{name: "max_identifier_length", initial: "63", internal: true},
	{name: "row_security", initial: "on"},
	{name: "search_path", initial: `"$user", public`},
	{name: "server_encoding", initial: "UTF8", internal: true},
	{name: "server_version", initial: ServerVersion, internal: true},
	{name: "server_version_num", initial: "150000", internal: true},
	{name: "session_authorization", initial: "gsql", internal: true},
	{name: "standard_conforming_strings", initial: "on", check: oneOf("standard_conforming_strings", "on")},
	{name: "statement_timeout", initial: "0", check: milliseconds},
	{name: "synchronize_seqscans", initial: "on"},
	{name: "TimeZone", initial: "UTC", check: timeZone},
	{name: "transaction_isolation", initial: "read committed"},
	{name: "transaction_read_only", initial: "off", check: boolean("transaction_read_only")},
}

var settingsByName = func() map[string]*setting {
	m := map[string]*setting{}
	for i := range settingList {
		m[strings.ToLower(settingList[i].name)] = &settingList[i]
	}
	return m
}()

// Settings are the run-time parameters of a session: SET, SHOW, current_setting.
type Settings struct {
	values map[string]string // by lower-case name; what differs from the initial values
	start  map[string]string // what RESET goes back to
}

func newSettings() *Settings {
	return &Settings{values: map[string]string{}, start: map[string]string{}}
}

// Get returns a parameter's value; names are not case-sensitive.
func (s *Settings) Get(name string) (string, bool) {
	key := strings.ToLower(name)
	if v, ok := s.values[key]; ok {
		return v, true
	}
	if v, ok := s.start[key]; ok {
		return v, true
	}
	if d, ok := settingsByName[key]; ok {
		return d.initial, true
	}
	return "", false
}

// Set changes a parameter. Names with a dot are free for anybody's use.
func (s *Settings) Set(name, value string) error {
	value, err := checkSetting(name, value)
	if err == nil {
		s.values[strings.ToLower(name)] = value
	}
	return err
}

// SetDefault makes a value the one that RESET goes back to, as parameters of a connection's start are.
func (s *Settings) SetDefault(name, value string) error {
	value, err := checkSetting(name, value)
	if err == nil {
		s.start[strings.ToLower(name)] = value
	}
	return err
}

func checkSetting(name, value string) (string, error) {
	d, ok := settingsByName[strings.ToLower(name)]
	switch {
	case !ok && strings.Contains(name, "."):
		return value, nil
	case !ok:
		return "", unknownSetting(name)
	case d.internal:
		return "", sqlstate.New("55P02", "parameter \"%s\" cannot be changed", d.name)
	case d.check != nil:
		return d.check(value)
	}
	return value, nil
}

func unknownSetting(name string) error {
	return sqlstate.New(sqlstate.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}

// Reset gives a parameter its initial value; "all" means every one.
func (s *Settings) Reset(name string) error {
	if name == "all" {
		clear(s.values)
		return nil
	}
	if _, ok := s.Get(name); !ok {
		return unknownSetting(name)
	}
	delete(s.values, strings.ToLower(name))
	return nil
}

// canonicalName returns the name that SHOW gives its column.
func canonicalName(name string) string {
	if d, ok := settingsByName[strings.ToLower(name)]; ok {
		return d.name
	}
	return name
}

// names returns all parameters in order.
func (s *Settings) names() []string {
	var out []string
	for _, d := range settingList {
		out = append(out, d.name)
	}
	for n := range s.values {
		if settingsByName[n] == nil {
			out = append(out, n)
		}
	}
	sort.Slice(out, func(i, j int) bool { return strings.ToLower(out[i]) < strings.ToLower(out[j]) })
	return out
}

// clone copies the settings, for a transaction that may roll them back.
func (s *Settings) clone() *Settings {
	c := newSettings()
	for k, v := range s.values {
		c.values[k] = v
	}
	for k, v := range s.start {
		c.start[k] = v
	}
	return c
}

// location returns the session's time zone.
func (s *Settings) location() *time.Location {
	name, _ := s.Get("timezone")
	loc, err := text.Zone(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// timeout returns statement_timeout, 0 for none.
func (s *Settings) timeout() time.Duration {
	v, _ := s.Get("statement_timeout")
	ms, _ := strconv.Atoi(v)
	return time.Duration(ms) * time.Millisecond
}

func invalidSetting(name, value string) error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, value)
}

func oneOf(name string, values ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		for _, x := range values {
			if strings.EqualFold(strings.TrimSpace(v), x) {
				return x, nil
			}
		}
		return "", invalidSetting(name, v).(*sqlstate.Error).WithHint("Available values: %s.", strings.Join(values, ", "))
	}
}

func boolean(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		b, ok := text.ParseBool([]byte(v))
		switch {
		case !ok:
			return "", sqlstate.New(sqlstate.InvalidParameterValue, "parameter \"%s\" requires a Boolean value", name)
		case b:
			return "on", nil
		}
		return "off", nil
	}
}

func encoding(v string) (string, error) {
	switch strings.ToLower(strings.Trim(v, "'\"")) {
	case "utf8", "utf-8", "unicode":
		return "UTF8", nil
	case "sql_ascii":
		return "SQL_ASCII", nil
	}
	return "", invalidSetting("client_encoding", v)
}

func dateStyle(v string) (string, error) {
	for _, w := range strings.FieldsFunc(strings.ToLower(v), func(r rune) bool { return r == ',' || r == ' ' }) {
		switch w {
		case "iso", "mdy", "us", "noneuro":
		default:
			return "", sqlstate.Unsupported("Only ISO, MDY is supported.", "DateStyle \"%s\" is not supported", v)
		}
	}
	return "ISO, MDY", nil
}

func timeZone(v string) (string, error) {
	if strings.EqualFold(v, "default") || strings.EqualFold(v, "local") {
		return "UTC", nil
	}
	loc, err := text.Zone(v)
	if err != nil {
		return "", invalidSetting("TimeZone", v)
	}
	if loc == time.UTC && !strings.Contains(v, "/") {
		return strings.ToUpper(v), nil
	}
	return loc.String(), nil
}

// milliseconds reads a duration with an optional unit; without one it is in milliseconds.
func milliseconds(v string) (string, error) {
	s := strings.TrimSpace(v)
	n := len(s)
	for n > 0 && (s[n-1] < '0' || s[n-1] > '9') {
		n--
	}
	factor, ok := map[string]float64{"": 1, "us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}[strings.TrimSpace(s[n:])]
	x, err := strconv.ParseFloat(s[:n], 64)
	if err != nil || !ok {
		return "", invalidSetting("statement_timeout", v)
	}
	if x *= factor; x < 0 || x > 1<<31-1 {
		return "", sqlstate.New(sqlstate.InvalidParameterValue, "%s is outside the valid range for parameter \"statement_timeout\" (0 .. 2147483647)", v)
	}
	return strconv.Itoa(int(x + 0.5)), nil
}
