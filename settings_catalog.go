package gsql

import (
	"strings"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// Parameters that PostgreSQL has and gsql has no use for have PostgreSQL's defaults. Those that a client may change can
// be changed, within the limits that PostgreSQL sets, and change nothing.

// catalogDefault returns the value of such a parameter when nobody has set it.
func catalogDefault(name string) (string, bool) {
	d := catalog.LookupSetting(name)
	if d == nil {
		return "", false
	}
	if d.Type == "integer" || d.Type == "real" {
		return d.Show(d.Boot), true
	}
	return d.Boot, true
}

// checkCatalogSetting returns the form in which a value of such a parameter is kept.
func checkCatalogSetting(name, value string) (string, error) {
	d := catalog.LookupSetting(name)
	if d == nil {
		return "", unknownSetting(name)
	}
	switch d.Context {
	case "internal":
		return "", sqlstate.New("55P02", "parameter \"%s\" cannot be changed", d.Name)
	case "postmaster":
		return "", sqlstate.New("55P02", "parameter \"%s\" cannot be changed without restarting the server", d.Name)
	case "sighup":
		return "", sqlstate.New("55P02", "parameter \"%s\" cannot be changed now", d.Name)
	case "backend", "superuser-backend":
		return "", sqlstate.New("55P02", "parameter \"%s\" cannot be set after connection start", d.Name)
	}
	switch d.Type {
	case "bool":
		return boolean(d.Name)(value)
	case "enum":
		return enumSetting(d, value)
	case "integer", "real":
		return numberSetting(d, value)
	}
	return value, nil
}

// enumSetting accepts the values of an enum and, where on and off are among them, other words for these.
func enumSetting(d *catalog.SettingInfo, value string) (string, error) {
	out, err := oneOf(d.Name, d.Values...)(value)
	if err == nil {
		return out, nil
	}
	if on, ok := text.ParseBool([]byte(value)); ok {
		if word, e := oneOf(d.Name, d.Values...)(map[bool]string{true: "on", false: "off"}[on]); e == nil {
			return word, nil
		}
	}
	return "", err
}

func numberSetting(d *catalog.SettingInfo, value string) (string, error) {
	n, unit, ok := d.Parse(value)
	switch {
	case !unit:
		return "", invalidSetting(d.Name, value).WithHint("Valid units for this parameter are %s.", d.Units())
	case !ok:
		return "", invalidSetting(d.Name, value)
	case !d.Allows(n):
		unit := ""
		if d.Unit != "" {
			unit = " " + d.Unit
		}
		return "", sqlstate.New(sqlstate.InvalidParameterValue, "%s%s is outside the valid range for parameter \"%s\" (%s .. %s)",
			strings.TrimSpace(d.Raw(value)), unit, d.Name, d.Min, d.Max)
	}
	return d.Show(d.Raw(value)), nil
}
