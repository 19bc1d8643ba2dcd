package catalog

import (
	"iter"
	"slices"
	"time"
)

// This file has the relations about the server: databases, roles, settings, sessions.

// databaseOID is that of the one database, as PostgreSQL gives it to the first.
const databaseOID = 5

// one yields the snapshot itself, for relations of one row.
func one(s *Snapshot, _ *scan) iter.Seq[*Snapshot] { return slices.Values([]*Snapshot{s}) }

// role is a user, or one of PostgreSQL's predefined groups.
type role struct {
	oid  uint32
	name string
	user bool
}

func roles(s *Snapshot, _ *scan) iter.Seq[role] {
	return func(yield func(role) bool) {
		if !yield(role{ownerOID, s.User, true}) {
			return
		}
		for _, row := range sections()["pg_authid"].rows {
			if !yield(role{number(row[0]), row[1], false}) {
				return
			}
		}
	}
}

func users(s *Snapshot, _ *scan) iter.Seq[role] {
	return slices.Values([]role{{ownerOID, s.User, true}})
}

func groups(s *Snapshot, sc *scan) iter.Seq[role] {
	return func(yield func(role) bool) {
		for r := range roles(s, sc) {
			if !r.user && !yield(r) {
				return
			}
		}
	}
}

func activities(s *Snapshot, _ *scan) iter.Seq[Activity] { return slices.Values(s.source.Activity()) }

func timeOf(f func(Activity) time.Time) func(Activity) any {
	return func(a Activity) any { return f(a) }
}

func init() {
	define("pg_catalog.pg_database", one, columnsOf[*Snapshot]{
		"oid":            func(*Snapshot) uint32 { return databaseOID },
		"datname":        func(s *Snapshot) string { return s.Database },
		"datdba":         func(*Snapshot) uint32 { return ownerOID },
		"encoding":       func(*Snapshot) int32 { return utf8 },
		"datlocprovider": func(*Snapshot) string { return "c" },
		"datallowconn":   func(*Snapshot) bool { return true },
		"datconnlimit":   func(*Snapshot) int32 { return -1 },
		"dattablespace":  func(*Snapshot) uint32 { return 1663 },
		"datcollate":     func(*Snapshot) string { return "C" },
		"datctype":       func(*Snapshot) string { return "C" },
	})
	define("pg_catalog.pg_stat_database", one, columnsOf[*Snapshot]{
		"datid": func(*Snapshot) uint32 { return databaseOID }, "datname": func(s *Snapshot) string { return s.Database },
		"numbackends": func(s *Snapshot) int32 { return int32(len(s.source.Activity())) },
	})
	isUser, yes := func(r role) bool { return r.user }, func(role) bool { return true }
	oid, name, noLimit := func(r role) uint32 { return r.oid }, func(r role) string { return r.name }, func(role) int32 { return -1 }
	flags := columnsOf[role]{"oid": oid, "rolname": name, "rolsuper": isUser, "rolinherit": yes, "rolcreaterole": isUser, "rolcreatedb": isUser,
		"rolcanlogin": isUser, "rolreplication": isUser, "rolbypassrls": isUser, "rolconnlimit": noLimit}
	define("pg_catalog.pg_authid", roles, flags)
	shown := columnsOf[role]{"rolpassword": func(role) string { return "********" }}
	for k, v := range flags {
		shown[k] = v
	}
	define("pg_catalog.pg_roles", roles, shown)
	user := columnsOf[role]{"usename": name, "usesysid": oid, "usecreatedb": isUser, "usesuper": isUser, "userepl": isUser, "usebypassrls": isUser}
	define("pg_catalog.pg_shadow", users, user)
	hidden := columnsOf[role]{"passwd": func(role) string { return "********" }}
	for k, v := range user {
		hidden[k] = v
	}
	define("pg_catalog.pg_user", users, hidden)
	define("pg_catalog.pg_group", groups, columnsOf[role]{"groname": name, "grosysid": oid, "grolist": func(role) any { return []uint32{} }})
	define("pg_catalog.pg_stat_activity", activities, columnsOf[Activity]{
		"datid":            func(Activity) uint32 { return databaseOID },
		"datname":          func(a Activity) string { return a.Database },
		"pid":              func(a Activity) any { return a.PID },
		"usesysid":         func(Activity) uint32 { return ownerOID },
		"usename":          func(a Activity) string { return a.User },
		"application_name": func(a Activity) string { return a.Application },
		"client_addr": func(a Activity) any {
			if a.Client == "" {
				return nil
			}
			return a.Client
		},
		"client_port": func(a Activity) any {
			if a.Client == "" {
				return -1
			}
			return a.Port
		},
		"backend_start": timeOf(func(a Activity) time.Time { return a.Started }),
		"xact_start":    timeOf(func(a Activity) time.Time { return a.TransactionStarted }),
		"query_start":   timeOf(func(a Activity) time.Time { return a.QueryStarted }),
		"state_change":  timeOf(func(a Activity) time.Time { return a.Changed }),
		"wait_event_type": func(a Activity) any {
			if a.active() {
				return nil
			}
			return "Client"
		},
		"wait_event": func(a Activity) any {
			if a.active() {
				return nil
			}
			return "ClientRead"
		},
		"state":        func(a Activity) string { return a.State },
		"query":        func(a Activity) string { return a.Query },
		"backend_type": func(Activity) string { return "client backend" },
	})
	define("pg_catalog.pg_prepared_statements", func(s *Snapshot, _ *scan) iter.Seq[Prepared] { return slices.Values(s.source.Prepared()) }, columnsOf[Prepared]{
		"name": func(p Prepared) string { return p.Name }, "statement": func(p Prepared) string { return p.Statement },
		"parameter_types": func(s *Snapshot, p Prepared) any {
			list := make([]uint32, len(p.Parameters))
			for i, t := range p.Parameters {
				list[i] = s.OIDOf(t)
			}
			return list
		},
		"from_sql": func(Prepared) bool { return true }, "generic_plans": func(Prepared) int32 { return 0 },
		"custom_plans": func(Prepared) int32 { return 0 },
	})
	define("pg_catalog.pg_cursors", func(s *Snapshot, _ *scan) iter.Seq[Cursor] { return slices.Values(s.source.Cursors()) }, columnsOf[Cursor]{
		"name": func(c Cursor) string { return c.Name }, "is_holdable": func(c Cursor) bool { return c.Holdable },
		"is_binary": func(c Cursor) bool { return c.Binary }, "is_scrollable": func(c Cursor) bool { return c.Scrollable },
	})
	define("pg_catalog.pg_settings", func(s *Snapshot, _ *scan) iter.Seq[Setting] { return slices.Values(s.source.Settings()) }, settingColumns())
}

// settingColumns are those of pg_settings.
func settingColumns() columnsOf[Setting] {
	info := func(get func(*SettingInfo) any) func(Setting) any {
		return func(x Setting) any {
			if i := LookupSetting(x.Name); i != nil {
				return get(i)
			}
			return nil
		}
	}
	maybe := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	raw := func(value func(Setting) string) func(Setting) any {
		return func(x Setting) any {
			if i := LookupSetting(x.Name); i != nil {
				return i.Raw(value(x))
			}
			return value(x)
		}
	}
	return columnsOf[Setting]{
		"name":    func(x Setting) string { return x.Name },
		"setting": raw(func(x Setting) string { return x.Value }),
		"unit":    info(func(i *SettingInfo) any { return maybe(i.Unit) }),
		"category": func(x Setting) any {
			if i := LookupSetting(x.Name); i != nil {
				return i.Category
			}
			return "Customized Options"
		},
		"context": func(x Setting) any {
			if i := LookupSetting(x.Name); i != nil && !x.Internal {
				return i.Context
			}
			if x.Internal {
				return "internal"
			}
			return "user"
		},
		"vartype": func(x Setting) any {
			if i := LookupSetting(x.Name); i != nil {
				return i.Type
			}
			return "string"
		},
		"source": func(x Setting) any {
			if x.Changed {
				return "session"
			}
			return "default"
		},
		"min_val": info(func(i *SettingInfo) any { return maybe(i.Min) }),
		"max_val": info(func(i *SettingInfo) any { return maybe(i.Max) }),
		"enumvals": info(func(i *SettingInfo) any {
			if i.Values == nil {
				return nil
			}
			return i.Values
		}),
		"boot_val":        info(func(i *SettingInfo) any { return i.Boot }),
		"reset_val":       raw(func(x Setting) string { return x.Reset }),
		"pending_restart": func(Setting) bool { return false },
	}
}
