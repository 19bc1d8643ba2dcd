package main

import (
	"context"
	"sort"
	"strings"

	"gsql"
	"gsql/exec/fn"
)

// kinds are the types of the test, in the short names of PostgreSQL.
var kinds = []string{"bool", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "bytea",
	"date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "_int4", "_text", "jsonb", "int4range", "int4multirange"}

// signature is an operator, a function, an aggregate or a cast.
type signature struct {
	name string
	args []string
	ret  string
}

// catalog has what can be called, as PostgreSQL's catalog declares it, by the type of the result. Only names that
// gsql knows are in it, and overloads that it has; the others are listed as missing.
type catalog struct {
	operators, functions, aggregates map[string][]signature
	casts                            map[string][]string // target to sources
	missing                          []string
}

func readCatalog(ctx context.Context, p *postgres) (*catalog, error) {
	db, err := gsql.Open(gsql.Config{})
	if err != nil {
		return nil, err
	}
	c := &catalog{operators: map[string][]signature{}, functions: map[string][]signature{}, aggregates: map[string][]signature{}, casts: map[string][]string{}}
	for _, r := range p.query(ctx, `
		SELECT o.oprname, l.typname, r.typname, t.typname FROM pg_operator o
		LEFT JOIN pg_type l ON l.oid = oprleft JOIN pg_type r ON r.oid = oprright JOIN pg_type t ON t.oid = oprresult
		ORDER BY 1, 2, 3`).rows {
		s := signature{name: r[0], ret: r[3], args: r[1:3]}
		if r[1] == null {
			s.args = r[2:3]
		}
		for _, s := range instances(s) {
			if len(fn.Scalars(s.name)) > 0 && known(s) && c.has(ctx, db, s, "o") {
				c.operators[s.ret] = append(c.operators[s.ret], s)
			}
		}
	}
	for _, r := range p.query(ctx, `
		SELECT proname, (SELECT string_agg(typname, ' ' ORDER BY ord) FROM unnest(proargtypes) WITH ORDINALITY AS a(id, ord) JOIN pg_type t ON t.oid = a.id),
		       t.typname, prokind
		FROM pg_proc p JOIN pg_type t ON t.oid = prorettype
		WHERE pronamespace = 'pg_catalog'::regnamespace AND proname !~ '^(has_|pg_get_|pg_has|to_reg|.*_is_visible|obj_|col_|row_sec)' AND NOT proretset AND provariadic = 0 AND provolatile <> 'v' AND prokind IN ('f', 'a')
		  AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE a.aggfnoid = p.oid AND aggkind <> 'n')
		ORDER BY 1, 2, 3`).rows {
		s := signature{name: r[0], ret: r[2]}
		if r[1] != null {
			s.args = strings.Fields(r[1])
		}
		for _, s := range instances(s) {
			c.function(ctx, db, s, r[3])
		}
	}
	for _, r := range p.query(ctx, `
		SELECT s.typname, t.typname FROM pg_cast JOIN pg_type s ON s.oid = castsource JOIN pg_type t ON t.oid = casttarget
		WHERE castsource <> casttarget ORDER BY 1, 2`).rows {
		if known(signature{args: r[:1], ret: r[1]}) {
			c.casts[r[1]] = append(c.casts[r[1]], r[0])
		}
	}
	return c, nil
}

// function takes in a function or an aggregate.
func (c *catalog) function(ctx context.Context, db *gsql.DB, s signature, kind string) {
	if excluded[s.name] || !known(s) || s.name == "count" {
		return
	}
	if len(fn.Aggregates(s.name))+len(fn.Scalars(s.name)) == 0 || !c.has(ctx, db, s, kind) {
		return
	}
	if kind == "a" && len(fn.Aggregates(s.name)) > 0 {
		c.aggregates[s.ret] = append(c.aggregates[s.ret], s)
	} else if kind == "f" && len(s.args) > 0 && len(fn.Scalars(s.name)) > 0 {
		c.functions[s.ret] = append(c.functions[s.ret], s)
	}
}

// polymorphic are the types that stand for others, with what they are for an element and for its array.
var polymorphic = map[string]bool{"anyelement": false, "anynonarray": false, "anycompatible": false, "anycompatiblenonarray": false,
	"anyarray": true, "anycompatiblearray": true}

// rangeTypes are the polymorphic types that stand for ranges, with those whose bounds are int4.
var rangeTypes = map[string]string{"anyrange": "int4range", "anymultirange": "int4multirange"}

// instances returns what a signature of polymorphic types is for some types, and any other as it is.
func instances(s signature) []signature {
	var out []signature
	for _, elem := range []string{"int4", "text"} {
		generic, ranges := false, false
		of := func(kind string) string {
			if r := rangeTypes[kind]; r != "" {
				generic, ranges = true, true
				return r
			}
			array, ok := polymorphic[kind]
			generic = generic || ok
			switch {
			case !ok:
				return kind
			case array:
				return "_" + elem
			}
			return elem
		}
		i := signature{name: s.name, ret: of(s.ret)}
		for _, a := range s.args {
			i.args = append(i.args, of(a))
		}
		if !generic {
			return []signature{s}
		}
		if !ranges || elem == "int4" {
			out = append(out, i)
		}
	}
	return out
}

// has reports whether gsql has the overload, and otherwise notes that it is missing.
func (c *catalog) has(ctx context.Context, db *gsql.DB, s signature, kind string) bool {
	var args []string
	for _, a := range s.args {
		args = append(args, "CAST(NULL AS "+typeNames[a]+")")
	}
	call := s.name + "(" + strings.Join(args, ", ") + ")"
	switch {
	case kind == "o" && len(args) == 1:
		call = s.name + " " + args[0]
	case kind == "o":
		call = args[0] + " " + s.name + " " + args[1]
	}
	if a := ask(ctx, db, "SELECT "+call); a.code == "42883" {
		c.missing = append(c.missing, s.name+"("+strings.Join(s.args, ",")+")")
		return false
	}
	return true
}

// excluded are functions whose results nobody can compare, and those with a syntax of their own.
var excluded = map[string]bool{
	"now": true, "extract": true, "position": true, "overlay": true, "similar_to_escape": true, "setseed": true,
	"pg_typeof": true, "current_setting": true, "txid_current": true, "inet_client_addr": true, "version": true,
	"gen_random_uuid": true, "pg_sleep": true, "array_fill": true, "jsonb_populate_record": true, "array_cat_agg": true, "xml_is_well_formed": true, "set_config": true,
}

func known(s signature) bool {
	if s.name == "age" && len(s.args) == 1 { // depends on the time of day
		return false
	}
	for _, a := range append(append([]string(nil), s.args...), s.ret) {
		i := sort.SearchStrings(sortedKinds, a)
		if i == len(sortedKinds) || sortedKinds[i] != a {
			return false
		}
	}
	return true
}

var sortedKinds = func() []string {
	s := append([]string(nil), kinds...)
	sort.Strings(s)
	return s
}()
