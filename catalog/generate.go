//go:build ignore

// Command generate writes postgres.tsv, what package catalog knows of PostgreSQL's own catalog, from a running
// PostgreSQL 15 that nothing was added to. Its arguments are those of psql.
//
//	go run generate.go -h /run/postgresql -U postgres -d template1
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
)

// A section is a query whose result becomes a part of the file: a line "= name" with the columns' names, and its rows
// in the text form of COPY.
type section struct{ name, query string }

var sections = []section{
	// Relations with their columns, each as name:type, and ! behind the type of one that is never NULL.
	{"relations", `select c.oid, c.reltype, c.relkind, n.nspname as schema, c.relname as name,
		string_agg(a.attname || ':' || format_type(coalesce(nullif(t.typbasetype, 0), t.oid), case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end)
			|| case when a.attnotnull then '!' else '' end, ',' order by a.attnum) as columns
		from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
			join pg_type t on t.oid = a.atttypid
		where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v') group by 1, 2, 3, 4, 5 order by 1`},
	{"pg_type", `select oid, typname, typnamespace, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined, typdelim, typrelid,
		typsubscript::oid, typelem, typarray, typinput::oid, typoutput::oid, typreceive::oid, typsend::oid, typmodin::oid, typmodout::oid,
		typanalyze::oid, typalign, typstorage, typnotnull, typbasetype, typtypmod, typndims, typcollation from pg_type order by 1`},
	{"pg_proc", `select oid, proname, pronamespace, prolang, provariadic, prosupport::oid, prokind, proisstrict, proretset, provolatile, proparallel, pronargs, pronargdefaults,
		prorettype, proargtypes, proallargtypes, proargmodes, proargnames from pg_proc order by 1`},
	{"pg_operator", `select oid, oprname, oprnamespace, oprkind, oprcanmerge, oprcanhash, oprleft, oprright, oprresult, oprcom, oprnegate,
		oprcode::oid, oprrest::oid, oprjoin::oid from pg_operator order by 1`},
	{"pg_cast", `select oid, castsource, casttarget, castfunc, castcontext, castmethod from pg_cast order by 1`},
	{"pg_aggregate", `select aggfnoid::oid, aggkind, aggnumdirectargs, aggtransfn::oid, aggfinalfn::oid, aggcombinefn::oid, aggfinalmodify, aggmfinalmodify, aggsortop, aggtranstype, aggtransspace
		from pg_aggregate order by 1`},
	{"pg_am", `select oid, amname, amhandler::oid, amtype from pg_am order by 1`},
	{"pg_amop", `select * from pg_amop order by 1`},
	{"pg_amproc", `select oid, amprocfamily, amproclefttype, amprocrighttype, amprocnum, amproc::oid from pg_amproc order by 1`},
	{"pg_opclass", `select * from pg_opclass order by 1`},
	{"pg_opfamily", `select * from pg_opfamily order by 1`},
	{"pg_range", `select rngtypid, rngsubtype, rngmultitypid, rngcollation, rngsubopc, rngcanonical::oid, rngsubdiff::oid from pg_range order by 1`},
	{"pg_language", `select oid, lanname, lanowner, lanispl, lanpltrusted, lanplcallfoid, laninline, lanvalidator from pg_language
		where lanname in ('internal', 'sql') order by 1`},
	{"pg_collation", `select oid, collname, collnamespace, collowner, collprovider, collisdeterministic, collencoding, collcollate, collctype
		from pg_collation where collname in ('default', 'C', 'POSIX', 'ucs_basic') order by 1`},
	{"pg_tablespace", `select oid, spcname, spcowner from pg_tablespace order by 1`},
	{"pg_ts_config", `select * from pg_ts_config where cfgname = 'simple' order by 1`},
	{"pg_ts_parser", `select oid, prsname, prsnamespace, prsstart::oid, prstoken::oid, prsend::oid, prsheadline::oid, prslextype::oid from pg_ts_parser order by 1`},
	{"pg_authid", `select oid, rolname from pg_authid where oid < 16384 and oid <> 10 order by 1`},
	{"pg_settings", `select name, boot_val as setting, unit, category, context, vartype, min_val, max_val, enumvals from pg_settings
		where name not like '%.%' order by lower(name)`},
	{"keywords", `select word, catcode, barelabel from pg_get_keywords() order by 1`},
	{"timezones", `select name from pg_timezone_names where name !~ '^posix' and name not in ('localtime', 'Factory') order by name collate "C"`},
}

func main() {
	var out bytes.Buffer
	for _, s := range sections {
		args := append(os.Args[1:], "-X", "-c", fmt.Sprintf("copy (%s) to stdout with (header)", strings.Join(strings.Fields(s.query), " ")))
		cmd := exec.Command("psql", args...)
		cmd.Stderr = os.Stderr
		rows, err := cmd.Output()
		if err != nil {
			log.Fatal(s.name, ": ", err)
		}
		fmt.Fprintf(&out, "= %s\t%s", s.name, rows)
	}
	if err := os.WriteFile("postgres.tsv", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
