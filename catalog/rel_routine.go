package catalog

import (
	"iter"
	"strconv"
	"strings"
)

// This file has what information_schema says of functions and of their parameters.

// routine is a function with what its row in PostgreSQL's list says besides.
type routine struct {
	*proc
	schema, language string
}

var languages = map[string]string{"12": "INTERNAL", "13": "C", "14": "SQL"}

// routines are the functions with their schemas.
func routines(s *Snapshot, sc *scan) iter.Seq[*routine] {
	return func(yield func(*routine) bool) {
		for _, p := range procs().list {
			r := &routine{proc: p, schema: "pg_catalog", language: "INTERNAL"}
			if p.static != nil {
				if number(p.field("pronamespace")) == informationSchemaOID {
					r.schema = "information_schema"
				}
				r.language = languages[p.field("prolang")]
			}
			if sc.wants("routine_name", p.name) && sc.wants("specific_name", r.specificName()) && !yield(r) {
				return
			}
		}
	}
}

// field returns a field of a function's row in PostgreSQL's list, "" for NULL.
func (p *proc) field(column string) string {
	s, _ := unescape(p.static[sections()["pg_proc"].index(column)])
	return s
}

// specificName tells functions of one name apart.
func (r *routine) specificName() string { return r.name + "_" + strconv.FormatUint(uint64(r.oid), 10) }

// kindName is FUNCTION, but for aggregates and window functions, which have none.
func (r *routine) kindName() any {
	if r.kind != "f" {
		return nil
	}
	return "FUNCTION"
}

// standardType is the SQL standard's name of a type, and its own name with the schema that it is in.
func (s *Snapshot) standardType(oid uint32) (dataType, schema, name any) {
	t := pgTypes().byOID[oid]
	switch {
	case t == nil:
		return "USER-DEFINED", nil, nil
	case t.namespace == informationSchemaOID:
		return "USER-DEFINED", "information_schema", t.name
	case t.isArray || t.name == "int2vector" || t.name == "oidvector":
		return "ARRAY", "pg_catalog", t.name
	}
	written, _ := s.typeName(oid)
	return written, "pg_catalog", t.name
}

// parameter is one of a function.
type parameter struct {
	of     *routine
	number int // from 1
	mode   string
	name   string
	typ    uint32
}

var parameterModes = map[string]string{"i": "IN", "v": "IN", "o": "OUT", "t": "OUT", "b": "INOUT"}

// parameters are those of all functions: of some, columns of what they return are among them.
func parameters(s *Snapshot, sc *scan) iter.Seq[*parameter] {
	return func(yield func(*parameter) bool) {
		for r := range routines(s, sc) {
			for i, typ := range r.allTypes() {
				p := &parameter{of: r, number: i + 1, mode: "IN", typ: typ}
				if modes := r.modes(); i < len(modes) {
					p.mode = parameterModes[modes[i]]
				}
				if i < len(r.names) && r.names[i] != `""` {
					p.name = r.names[i]
				}
				if !yield(p) {
					return
				}
			}
		}
	}
}

// allTypes are the types of the parameters, of those that are results too.
func (r *routine) allTypes() []uint32 {
	if r.static == nil || r.field("proallargtypes") == "" {
		return r.args
	}
	var out []uint32
	for _, s := range strings.Split(strings.Trim(r.field("proallargtypes"), "{}"), ",") {
		out = append(out, number(s))
	}
	return out
}

// modes are the letters of the parameters' modes, none where all are IN.
func (r *routine) modes() []string {
	if r.static == nil || r.field("proargmodes") == "" {
		return nil
	}
	return strings.Split(strings.Trim(r.field("proargmodes"), "{}"), ",")
}

func init() {
	define("information_schema.routines", routines, inDatabase(always(columnsOf[*routine]{
		"specific_schema": func(r *routine) string { return r.schema }, "routine_schema": func(r *routine) string { return r.schema },
		"specific_name": (*routine).specificName, "routine_name": func(r *routine) string { return r.name },
		"routine_type":       (*routine).kindName,
		"data_type":          func(s *Snapshot, r *routine) any { t, _, _ := s.standardType(r.ret); return t },
		"type_udt_schema":    func(s *Snapshot, r *routine) any { _, t, _ := s.standardType(r.ret); return t },
		"type_udt_name":      func(s *Snapshot, r *routine) any { _, _, t := s.standardType(r.ret); return t },
		"routine_body":       func(r *routine) string { return map[bool]string{true: "SQL", false: "EXTERNAL"}[r.language == "SQL"] },
		"routine_definition": func(r *routine) string { return r.name },
		"external_name": func(r *routine) any {
			if r.language == "C" {
				return r.name
			}
			return nil
		},
		"external_language":       func(r *routine) string { return r.language },
		"is_deterministic":        func(r *routine) string { return yesNo(r.volatile == "i") },
		"is_null_call":            func(r *routine) string { return yesNo(r.strict) },
		"max_dynamic_result_sets": func(*routine) int32 { return 0 },
		"dtd_identifier":          func(*routine) string { return "0" },
		"parameter_style":         func(*routine) string { return "GENERAL" },
		"sql_data_access":         func(*routine) string { return "MODIFIES" },
		"schema_level_routine":    func(*routine) string { return "YES" },
		"security_type":           func(*routine) string { return "INVOKER" },
	}, "NO", "as_locator", "is_udt_dependent"), "specific_catalog", "routine_catalog", "type_udt_catalog"))
	define("information_schema.parameters", parameters, inDatabase(always(columnsOf[*parameter]{
		"specific_schema":  func(p *parameter) string { return p.of.schema },
		"specific_name":    func(p *parameter) string { return p.of.specificName() },
		"ordinal_position": func(p *parameter) int32 { return int32(p.number) },
		"parameter_mode":   func(p *parameter) string { return p.mode },
		"parameter_name": func(p *parameter) any {
			if p.name == "" {
				return nil
			}
			return p.name
		},
		"data_type":      func(s *Snapshot, p *parameter) any { t, _, _ := s.standardType(p.typ); return t },
		"udt_schema":     func(s *Snapshot, p *parameter) any { _, t, _ := s.standardType(p.typ); return t },
		"udt_name":       func(s *Snapshot, p *parameter) any { _, _, t := s.standardType(p.typ); return t },
		"dtd_identifier": func(p *parameter) string { return strconv.Itoa(p.number) },
	}, "NO", "is_result", "as_locator"), "specific_catalog", "udt_catalog"))
}
