package gsql

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"gsql/catalog"
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
	internal bool   // cannot be changed
	list     bool   // of words, separated by commas
	follows  string // another parameter, whose value this one has where it has none
	// check returns the form in which a value is kept, or an error.
	check func(value string) (string, error)
	// changes is check of a parameter whose values may say a part, and leave the rest as the value now has it.
	changes func(value, now string) (string, error)
}

// settingList has the parameters that clients set and ask for.
var settingList = []setting{
	{name: "application_name"},
	{name: "bytea_output", initial: "hex", check: oneOf("bytea_output", "hex")},
	{name: "client_encoding", initial: "UTF8", check: encoding},
	{name: "client_min_messages", initial: "notice", check: oneOf("client_min_messages", "debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error")},
	{name: "DateStyle", initial: "ISO, MDY", list: true, changes: dateStyle},
	{name: "default_transaction_isolation", initial: "read committed", check: isolation("default_transaction_isolation")},
	{name: "default_transaction_read_only", initial: "off", check: boolean("default_transaction_read_only")},
	{name: "extra_float_digits", initial: "1", check: whole("extra_float_digits", -15, 3)},
	{name: "idle_in_transaction_session_timeout", initial: "0", check: duration("idle_in_transaction_session_timeout")},
	{name: "idle_session_timeout", initial: "0", check: duration("idle_session_timeout")},
	{name: "in_hot_standby", initial: "off", internal: true},
	{name: "integer_datetimes", initial: "on", internal: true},
	{name: "IntervalStyle", initial: "postgres", check: oneOf("IntervalStyle", text.IntervalForms...)},
	{name: "is_superuser", initial: "on", internal: true},
	{name: "lc_collate", initial: "C", internal: true},
	{name: "lock_timeout", initial: "0", check: duration("lock_timeout")},
	{name: "max_bytes_read", initial: "-1", check: byteLimit("max_bytes_read")}, // of files, by one query
	{name: "max_identifier_length", initial: "63", internal: true},
	{name: "max_result_rows", initial: "-1", check: rowLimit("max_result_rows")},
	{name: "max_rows_read", initial: "-1", check: rowLimit("max_rows_read")}, // of files, by one query
	{name: "memory_limit", internal: true},                                   // Config.MemoryLimit; see DB.Session
	{name: "row_security", initial: "on", check: boolean("row_security")},
	{name: "search_path", initial: `"$user", public`, list: true},
	{name: "server_encoding", initial: "UTF8", internal: true},
	{name: "server_version", initial: ServerVersion, internal: true},
	{name: "server_version_num", initial: "150000", internal: true},
	{name: "session_authorization", initial: "gsql", internal: true},
	{name: "standard_conforming_strings", initial: "on", check: onlyOn("standard_conforming_strings")},
	{name: "statement_timeout", initial: "0", check: duration("statement_timeout")},
	{name: "synchronize_seqscans", initial: "on", check: boolean("synchronize_seqscans")},
	{name: "temp_file_limit", initial: "-1", check: byteLimit("temp_file_limit")},
	{name: "TimeZone", initial: "UTC", check: timeZone},
	{name: "transaction_isolation", follows: "default_transaction_isolation", check: isolation("transaction_isolation")},
	{name: "transaction_read_only", follows: "default_transaction_read_only", check: boolean("transaction_read_only")},
}

var settingsByName = func() map[string]*setting {
	m := map[string]*setting{}
	for i := range settingList {
		m[strings.ToLower(settingList[i].name)] = &settingList[i]
	}
	return m
}()

// Settings are the run-time parameters of a session: SET, SHOW, current_setting. The maps are shared with copies: they
// are replaced, never changed.
type Settings struct {
	local  map[string]string // by lower-case name; SET LOCAL, until the transaction ends
	values map[string]string // SET
	start  map[string]string // what RESET goes back to
	// derived is what the values mean, nil after a change until somebody asks.
	derived *derived
}

// derived are settings as each statement needs them. They are immutable, and those of other values have another address.
type derived struct {
	formats                  text.Formats
	location                 *time.Location
	path, application        string
	notices                  string // client_min_messages
	timeout                  time.Duration
	idle, idleInTransaction  time.Duration
	spilled, rows, rowsRead  int64 // limits, 0: none
	bytesRead                int64
	repeatable, serializable bool // the isolation of transactions
}

// derive returns what the values mean.
func (s *Settings) derive() *derived {
	if s.derived == nil {
		isolation, _ := s.Get("transaction_isolation")
		d := &derived{location: s.location(), timeout: s.duration("statement_timeout"), idle: s.duration("idle_session_timeout"),
			idleInTransaction: s.duration("idle_in_transaction_session_timeout"), spilled: s.byteLimit("temp_file_limit"),
			rows: s.rowLimit("max_result_rows"), rowsRead: s.rowLimit("max_rows_read"), bytesRead: s.byteLimit("max_bytes_read"),
			serializable: isolation == "serializable", repeatable: isolation == "serializable" || isolation == "repeatable read"}
		d.path, _ = s.Get("search_path")
		d.application, _ = s.Get("application_name")
		d.notices, _ = s.Get("client_min_messages")
		d.formats = s.formats()
		s.derived = d
	}
	return s.derived
}

// Get returns a parameter's value; names are not case-sensitive.
func (s *Settings) Get(name string) (string, bool) {
	key := strings.ToLower(name)
	for _, m := range []map[string]string{s.local, s.values, s.start} {
		if v, ok := m[key]; ok {
			return v, true
		}
	}
	d, ok := settingsByName[key]
	switch {
	case !ok:
		return catalogDefault(key)
	case d.follows != "":
		return s.Get(d.follows)
	}
	return d.initial, true
}

// Set changes a parameter. Names with a dot are free for anybody's use.
func (s *Settings) Set(name, value string) error {
	value, err := s.checked(name, value)
	if err == nil {
		s.local, s.values, s.derived = withoutSetting(s.local, name), withSetting(s.values, name, value), nil
	}
	return err
}

// SetLocal changes a parameter until the transaction ends.
func (s *Settings) SetLocal(name, value string) error {
	value, err := s.checked(name, value)
	if err == nil {
		s.local, s.derived = withSetting(s.local, name, value), nil
	}
	return err
}

// SetDefault makes a value the one that RESET goes back to, as parameters of a connection's start are.
func (s *Settings) SetDefault(name, value string) error {
	value, err := s.checked(name, value)
	if err == nil {
		s.begin(name, value)
	}
	return err
}

// begin is SetDefault without a check.
func (s *Settings) begin(name, value string) {
	s.start, s.derived = withSetting(s.start, name, value), nil
}

// endLocal takes back what SET LOCAL has set: one parameter, or all for "".
func (s *Settings) endLocal(name string) {
	if s.derived = nil; name == "" {
		s.local = nil
		return
	}
	s.local = withoutSetting(s.local, name)
}

// withSetting returns the settings m and another one.
func withSetting(m map[string]string, name, value string) map[string]string {
	out := make(map[string]string, len(m)+1)
	maps.Copy(out, m)
	out[strings.ToLower(name)] = value
	return out
}

// withoutSetting returns the settings m but one.
func withoutSetting(m map[string]string, name string) map[string]string {
	name = strings.ToLower(name)
	if _, ok := m[name]; !ok {
		return m
	}
	out := maps.Clone(m)
	delete(out, name)
	return out
}

// checkSetting returns the form in which a value is kept, where now is the one that there is.
func checkSetting(name, value, now string) (string, error) {
	d, ok := settingsByName[strings.ToLower(name)]
	switch {
	case !ok && strings.Contains(name, "."):
		return value, nil
	case !ok:
		return checkCatalogSetting(name, value)
	case d.internal:
		return "", sqlstate.New("55P02", "parameter \"%s\" cannot be changed", d.name)
	case d.changes != nil:
		return d.changes(value, now)
	case d.check != nil:
		return d.check(value)
	}
	return value, nil
}

// checked returns the form in which a value that is to be set is kept.
func (s *Settings) checked(name, value string) (string, error) {
	now, _ := s.Get(name)
	return checkSetting(name, value, now)
}

func unknownSetting(name string) error {
	return sqlstate.New(sqlstate.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}

// Reset gives a parameter its initial value; "all" means every one.
func (s *Settings) Reset(name string) error {
	if name == "all" {
		s.values, s.local, s.derived = nil, nil, nil
		return nil
	}
	if _, ok := s.Get(name); !ok {
		return unknownSetting(name)
	}
	s.values, s.local, s.derived = withoutSetting(s.values, name), withoutSetting(s.local, name), nil
	return nil
}

// canonicalName returns the name that SHOW gives its column.
func canonicalName(name string) string {
	if d, ok := settingsByName[strings.ToLower(name)]; ok {
		return d.name
	}
	if d := catalog.LookupSetting(name); d != nil {
		return d.Name
	}
	return name
}

// names returns all parameters in order.
func (s *Settings) names() []string {
	var out []string
	for _, d := range settingList {
		out = append(out, d.name)
	}
	for n, d := range catalog.Settings() {
		if settingsByName[n] == nil {
			out = append(out, d.Name)
		}
	}
	for n := range s.values {
		if settingsByName[n] == nil && catalog.LookupSetting(n) == nil {
			out = append(out, n)
		}
	}
	sort.Slice(out, func(i, j int) bool { return strings.ToLower(out[i]) < strings.ToLower(out[j]) })
	return out
}

// describe returns a parameter as the catalog shows it.
func (s *Settings) describe(name string) catalog.Setting {
	key := strings.ToLower(name)
	x := catalog.Setting{Name: canonicalName(name)}
	x.Value, _ = s.Get(name)
	_, local := s.local[key]
	_, set := s.values[key]
	x.Changed = local || set
	start := &Settings{start: s.start}
	x.Reset, _ = start.Get(name)
	if d := settingsByName[key]; d != nil {
		x.Internal = d.internal
	}
	return x
}

// clone copies the settings, for a query that runs on with them or a transaction that may roll them back.
func (s *Settings) clone() *Settings {
	c := *s
	return &c
}

// location returns the session's time zone.
func (s *Settings) location() *time.Location {
	v, _ := s.Get("timezone")
	z, err := sessionZone(v)
	if err != nil {
		return time.UTC
	}
	return z.location
}

// formats returns how dates and intervals are written and read.
func (s *Settings) formats() text.Formats {
	v, _ := s.Get("datestyle")
	f, _, _ := text.ParseDateStyle(v, text.Formats{}) // the setting was checked
	v, _ = s.Get("intervalstyle")
	f.Intervals = text.IntervalForm(max(slices.Index(text.IntervalForms, v), 0))
	return f
}

// duration returns a setting of time, 0 for none.
func (s *Settings) duration(name string) time.Duration {
	v, _ := s.Get(name)
	ms, _, _ := parseMilliseconds(v)
	return time.Duration(ms) * time.Millisecond
}

// byteLimit returns a setting of bytes, 0 for no limit.
func (s *Settings) byteLimit(name string) int64 {
	v, _ := s.Get(name)
	kb, _, _ := parseKilobytes(v)
	return max(int64(kb), 0) << 10
}

// rowLimit returns a setting of rows, 0 for no limit.
func (s *Settings) rowLimit(name string) int64 {
	v, _ := s.Get(name)
	n, _ := strconv.ParseInt(v, 10, 64)
	return max(n, 0)
}

func invalidSetting(name, value string) *sqlstate.Error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, value)
}

func oneOf(name string, values ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		for _, x := range values {
			if strings.EqualFold(strings.TrimSpace(v), x) {
				return x, nil
			}
		}
		return "", invalidSetting(name, v).WithHint("Available values: %s.", strings.Join(values, ", "))
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
	_, name, known, err := text.LookupEncoding(strings.Trim(v, "'\""))
	if err == nil && !known {
		err = invalidSetting("client_encoding", v)
	}
	return name, err
}

func dateStyle(v, now string) (string, error) {
	f, _, _ := text.ParseDateStyle(now, text.Formats{})
	_, shown, err := text.ParseDateStyle(v, f)
	return shown, err
}

func onlyOn(name string) func(string) (string, error) {
	check := boolean(name)
	return func(v string) (string, error) {
		on, err := check(v)
		if err == nil && on != "on" {
			return "", sqlstate.Unsupported("", "%s cannot be turned off", name)
		}
		return on, err
	}
}

func isolation(name string) func(string) (string, error) {
	return oneOf(name, "serializable", "repeatable read", "read committed", "read uncommitted")
}

func whole(name string, lowest, highest int) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil {
			return "", invalidSetting(name, v)
		}
		if n < lowest || n > highest {
			return "", sqlstate.New(sqlstate.InvalidParameterValue, "%d is outside the valid range for parameter \"%s\" (%d .. %d)", n, name, lowest, highest)
		}
		return strconv.Itoa(n), nil
	}
}

// settingUnit is a unit that the number of a setting may have.
type settingUnit struct {
	name   string
	factor float64 // how many of the setting's own units it is
}

// durationUnits are the units of time of settings, in milliseconds, from the largest.
var durationUnits = []settingUnit{{"d", 86_400_000}, {"h", 3_600_000}, {"min", 60_000}, {"s", 1000}, {"ms", 1}, {"us", 0.001}}

// byteUnits are the units of memory of settings, in kilobytes, from the largest.
var byteUnits = []settingUnit{{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}, {"B", 1.0 / 1024}}

// parseUnits reads a number with an optional unit; without one it is in the setting's own. unit is false when there
// is a unit that does not exist.
func parseUnits(v string, units []settingUnit) (x float64, unit, ok bool) {
	s := strings.TrimSpace(v)
	n := strings.LastIndexAny(s, "0123456789.") + 1
	x, err := strconv.ParseFloat(s[:n], 64)
	if err != nil {
		return 0, true, false
	}
	name := strings.TrimSpace(s[n:])
	if name == "" {
		return math.RoundToEven(x), true, true
	}
	for _, u := range units {
		if u.name == name {
			return math.RoundToEven(x * u.factor), true, true
		}
	}
	return 0, false, false
}

func parseMilliseconds(v string) (ms float64, unit, ok bool) { return parseUnits(v, durationUnits) }
func parseKilobytes(v string) (kb float64, unit, ok bool)    { return parseUnits(v, byteUnits) }

// formatUnits writes a value in the largest unit in which it is a whole number, as PostgreSQL shows settings.
func formatUnits(x float64, units []settingUnit) string {
	for _, u := range units {
		if n := x / u.factor; x > 0 && n == math.Trunc(n) {
			return fmt.Sprintf("%.0f%s", n, u.name)
		}
	}
	return fmt.Sprintf("%.0f", x)
}

// duration returns the check of a setting in milliseconds.
func duration(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		ms, unit, ok := parseMilliseconds(v)
		switch {
		case !unit:
			return "", invalidSetting(name, v).WithHint("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".")
		case !ok:
			return "", invalidSetting(name, v)
		case ms < 0 || ms > math.MaxInt32:
			return "", sqlstate.New(sqlstate.InvalidParameterValue, "%.0f ms is outside the valid range for parameter \"%s\" (0 .. %d)", ms, name, math.MaxInt32)
		}
		return formatUnits(ms, durationUnits), nil
	}
}

// byteLimit returns the check of a setting in kilobytes, where -1 means no limit.
func byteLimit(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		kb, unit, ok := parseKilobytes(v)
		switch {
		case !unit:
			return "", invalidSetting(name, v).WithHint("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".")
		case !ok:
			return "", invalidSetting(name, v)
		case kb < -1 || kb > math.MaxInt32:
			return "", sqlstate.New(sqlstate.InvalidParameterValue, "%.0f kB is outside the valid range for parameter \"%s\" (-1 .. %d)", kb, name, math.MaxInt32)
		}
		return formatUnits(kb, byteUnits), nil
	}
}

// rowLimit returns the check of a setting in rows, where -1 means no limit.
func rowLimit(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil || n < -1 {
			return "", invalidSetting(name, v).WithHint("It is a number of rows, or -1 for no limit.")
		}
		return strconv.FormatInt(n, 10), nil
	}
}
