package catalog

import (
	"iter"
	"slices"
	"strings"

	"gsql/exec/fn"
)

// This file has the relations about functions, operators and casts, and what PostgreSQL has of access methods.

func allProcs(*Snapshot, *scan) iter.Seq[*proc] { return slices.Values(procs().list) }

// procField returns a column of PostgreSQL's own list, NULL or what is given for functions that it lacks.
func procField(column, missing string) func(*proc) any {
	return func(p *proc) any {
		field, null := missing, missing == ""
		if p.static != nil {
			field, null = unescape(p.static[sections()["pg_proc"].index(column)])
		}
		if null {
			return nil
		}
		return field
	}
}

func init() {
	define("pg_catalog.pg_proc", allProcs, columnsOf[*proc]{
		"oid":          func(p *proc) uint32 { return p.oid },
		"proname":      func(p *proc) string { return p.name },
		"pronamespace": procField("pronamespace", "11"),
		"proowner":     func(*proc) uint32 { return ownerOID },
		"prolang":      procField("prolang", "12"),
		"procost":      func(*proc) int32 { return 1 },
		"prorows": func(p *proc) int32 {
			if p.set {
				return 1000
			}
			return 0
		},
		"provariadic":     func(p *proc) uint32 { return p.variadic },
		"prosupport":      procField("prosupport", "0"),
		"prokind":         func(p *proc) string { return p.kind },
		"proisstrict":     func(p *proc) bool { return p.strict },
		"proretset":       func(p *proc) bool { return p.set },
		"provolatile":     func(p *proc) string { return p.volatile },
		"proparallel":     procField("proparallel", "s"),
		"pronargs":        func(p *proc) int32 { return int32(len(p.args)) },
		"pronargdefaults": procField("pronargdefaults", "0"),
		"prorettype":      func(p *proc) uint32 { return p.ret },
		"proargtypes":     func(p *proc) any { return p.args },
		"proallargtypes":  procField("proallargtypes", ""),
		"proargmodes":     procField("proargmodes", ""),
		"proargnames": func(p *proc) any {
			if p.names == nil {
				return nil
			}
			return p.names
		},
		"prosrc": func(p *proc) string { return p.name },
	})
	static("pg_catalog.pg_operator", func(row []string) bool { return ownOperators()[row[0]] }, map[string]string{"oprowner": "10"})
	static("pg_catalog.pg_aggregate", func(row []string) bool { return procs().byOID[number(row[0])] != nil }, nil)
	static("pg_catalog.pg_cast", ownCast, nil)
	for _, name := range []string{"pg_am", "pg_amop", "pg_amproc", "pg_opclass", "pg_opfamily", "pg_range", "pg_language", "pg_collation",
		"pg_tablespace", "pg_ts_config"} {
		static("pg_catalog."+name, nil, nil)
	}
}

// ownOperators has the OIDs of operators, as texts.
func ownOperators() map[string]bool {
	m := map[string]bool{}
	for _, o := range operators().rows {
		m[o.row[0]] = true
	}
	return m
}

// ownCast reports whether gsql has a cast of pg_cast.
func ownCast(row []string) bool {
	from, ok1 := TypeByOID(number(row[1]))
	to, ok2 := TypeByOID(number(row[2]))
	return ok1 && ok2 && fn.LookupCast(from.ID, to.ID) != nil
}

// argumentList writes the parameters of a function with their names and types.
func (s *Snapshot) argumentList(p *proc) string {
	var args []string
	for i, a := range p.args {
		arg := s.operand(a)
		if i < len(p.names) && p.names[i] != "" && p.names[i] != `""` {
			arg = Quote(p.names[i]) + " " + arg
		}
		if p.variadic != 0 && i == len(p.args)-1 {
			arg = "VARIADIC " + arg
		}
		args = append(args, arg)
	}
	return strings.Join(args, ", ")
}
