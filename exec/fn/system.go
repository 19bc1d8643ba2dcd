package fn

import (
	"runtime"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// This file has the functions that say where a query runs.

func init() {
	name, t := types.Name, types.Text
	user := func(c *Call) ([]byte, error) { return []byte(c.Ctx.User), nil }
	database := func(c *Call) ([]byte, error) { return []byte(c.Ctx.Database), nil }
	for f, eval := range map[string]func(*Call) ([]byte, error){
		"current_user": user, "session_user": user, "current_database": database, "current_catalog": database,
	} {
		RegisterScalar(stable(scalar(f, name, Map0(eval))))
	}
	RegisterScalar(
		stable(scalar("version", t, Map0(version))),
		stable(scalar("current_setting", t, MapNull1(func(c *Call, s []byte) ([]byte, bool, error) { return setting(c, s, false) }), t)),
		stable(scalar("current_setting", t, MapNull2(setting), t, types.Bool)),
	)
}

// version begins as PostgreSQL's, by which clients tell what they can ask.
func version(c *Call) ([]byte, error) {
	v, _, err := setting(c, []byte("server_version"), true)
	return []byte("PostgreSQL " + string(v) + " on " + runtime.GOARCH + "-" + runtime.GOOS + ", compiled by " + runtime.Version()), err
}

// setting returns the value of a setting; one that is not known is an error, or NULL when it may be missing.
func setting(c *Call, name []byte, missing bool) ([]byte, bool, error) {
	if c.Ctx.Setting != nil {
		if v, ok := c.Ctx.Setting(strings.ToLower(string(name))); ok {
			return []byte(v), true, nil
		}
	}
	if missing {
		return nil, false, nil
	}
	return nil, false, sqlstate.New(sqlstate.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}
