package catalog

import (
	"iter"
	"maps"
	"strconv"

	"gsql/exec/types"
)

// This file has the relations of information_schema.

// utf8 is PostgreSQL's number of the encoding.
const utf8 = 6

// unlimitedOctets is what the SQL standard's catalog says of the length of strings without a limit.
const unlimitedOctets = 1 << 30

func database(s *Snapshot) string { return s.Database }

// inDatabase are columns that have the database's name, whatever the row is about.
func inDatabase[T any](columns columnsOf[T], names ...string) columnsOf[T] {
	for _, n := range names {
		columns[n] = func(s *Snapshot, _ T) any { return s.Database }
	}
	return columns
}

// always are columns that have the same value in each row.
func always[T any](columns columnsOf[T], value string, names ...string) columnsOf[T] {
	for _, n := range names {
		columns[n] = func(T) string { return value }
	}
	return columns
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// schemaRelations are the relations with one of the columns that information_schema names them by.
func schemaRelations(keep func(*Relation) bool) func(s *Snapshot, sc *scan) iter.Seq[*Relation] {
	return func(s *Snapshot, sc *scan) iter.Seq[*Relation] {
		return func(yield func(*Relation) bool) {
			for _, r := range s.objects().relations {
				if keep(r) && sc.wants("table_name", r.Name) && sc.wants("table_schema", r.Schema) && !yield(r) {
					return
				}
			}
		}
	}
}

// columnList yields the columns of the relations that a scan can want.
func columnList(s *Snapshot, sc *scan) iter.Seq[*attribute] {
	return func(yield func(*attribute) bool) {
		for r := range schemaRelations((*Relation).inSchema)(s, sc) {
			for i, f := range r.columns() {
				a := &attribute{of: r, number: i + 1, name: f.Name, typ: f.Type, Detail: r.detail(i)}
				if sc.wants("column_name", a.name) && !yield(a) {
					return
				}
			}
		}
	}
}

// dataType is the SQL standard's name of a column's type.
func dataType(s *Snapshot, a *attribute) any {
	switch {
	case a.typ.ID == types.Array && !a.typ.IsVector():
		return "ARRAY"
	case a.typ.IsVector():
		return "ARRAY"
	case a.typ.ID == types.Record, a.typ.ID == types.Enum:
		return "USER-DEFINED"
	}
	name, _ := s.typeName(s.OIDOf(a.typ.Plain()))
	return name
}

// udtName is PostgreSQL's name of a column's type.
func udtName(s *Snapshot, a *attribute) any {
	oid := s.OIDOf(a.typ.Plain())
	if t := pgTypes().byOID[oid]; t != nil {
		return t.name
	}
	if u, isArray := s.objects().userType(oid); u != nil && isArray {
		return "_" + u.State.Name
	} else if u != nil {
		return u.State.Name
	}
	if r := s.objects().byRowType[oid]; r != nil {
		return r.Name
	}
	return a.typ.Base()
}

// Digits are what a type says of its numbers: how many, to which base, and behind the point.
type digits struct{ precision, radix, scale any }

func digitsOf(t types.Type) (d digits) {
	switch t.ID {
	case types.Int16:
		return digits{16, 2, 0}
	case types.Int32:
		return digits{32, 2, 0}
	case types.Int64:
		return digits{64, 2, 0}
	case types.Float32:
		return digits{24, 2, nil}
	case types.Float64:
		return digits{53, 2, nil}
	case types.Numeric:
		d.radix = 10
		if t.Prec > 0 {
			d.precision, d.scale = t.Prec, int(t.Scale)
		}
	}
	return d
}

// characters returns the longest string of a type in characters and in bytes.
func characters(t types.Type) (count, octets any) {
	switch t.ID {
	case types.Varchar, types.Char:
		if t.Prec > 0 {
			return t.Prec, t.Prec * 4
		}
		return nil, unlimitedOctets
	case types.Text:
		return nil, unlimitedOctets
	}
	return nil, nil
}

func init() {
	define("information_schema.information_schema_catalog_name", one, columnsOf[*Snapshot]{"catalog_name": database})
	define("information_schema.schemata", schemas, inDatabase(columnsOf[*Schema]{
		"schema_name":  func(x *Schema) string { return x.name },
		"schema_owner": func(s *Snapshot, _ *Schema) any { return s.User },
	}, "catalog_name"))
	define("information_schema.tables", schemaRelations((*Relation).inSchema), inDatabase(always(columnsOf[*Relation]{
		"table_schema": func(r *Relation) string { return r.Schema },
		"table_name":   func(r *Relation) string { return r.Name },
		"table_type": func(r *Relation) string {
			switch {
			case r.Temporary:
				return "LOCAL TEMPORARY"
			case r.View:
				return "VIEW"
			}
			return "BASE TABLE"
		},
		"is_insertable_into": func(r *Relation) string { return yesNo(r.Writable) },
	}, "NO", "is_typed"), "table_catalog"))
	define("information_schema.views", schemaRelations(func(r *Relation) bool { return r.View }), inDatabase(always(columnsOf[*Relation]{
		"table_schema":    func(r *Relation) string { return r.Schema },
		"table_name":      func(r *Relation) string { return r.Name },
		"view_definition": func(r *Relation) any { return r.definition() },
		"check_option":    func(*Relation) string { return "NONE" },
	}, "NO", "is_updatable", "is_insertable_into", "is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into"), "table_catalog"))
	grants := inDatabase(columnsOf[*Relation]{
		"grantor":      func(s *Snapshot, _ *Relation) any { return s.User },
		"grantee":      func(s *Snapshot, _ *Relation) any { return s.User },
		"table_schema": func(r *Relation) string { return r.Schema },
		"table_name":   func(r *Relation) string { return r.Name },
	}, "table_catalog")
	always(always(grants, "SELECT", "privilege_type"), "YES", "is_grantable", "with_hierarchy")
	define("information_schema.table_privileges", schemaRelations((*Relation).inSchema), grants)
	define("information_schema.role_table_grants", schemaRelations((*Relation).inSchema), grants)
	columnGrants := always(always(inDatabase(columnsOf[*attribute]{
		"grantor":      func(s *Snapshot, _ *attribute) any { return s.User },
		"grantee":      func(s *Snapshot, _ *attribute) any { return s.User },
		"table_schema": func(a *attribute) string { return a.of.Schema },
		"table_name":   func(a *attribute) string { return a.of.Name },
		"column_name":  func(a *attribute) string { return a.name },
	}, "table_catalog"), "SELECT", "privilege_type"), "YES", "is_grantable")
	define("information_schema.column_privileges", columnList, columnGrants)
	define("information_schema.role_column_grants", columnList, columnGrants)
	define("information_schema.columns", columnList, schemaColumns())
	define("information_schema.character_sets", one, inDatabase(columnsOf[*Snapshot]{
		"character_set_name":     func(*Snapshot) string { return "UTF8" },
		"character_repertoire":   func(*Snapshot) string { return "UCS" },
		"form_of_use":            func(*Snapshot) string { return "UTF8" },
		"default_collate_schema": func(*Snapshot) string { return "pg_catalog" },
		"default_collate_name":   func(*Snapshot) string { return "C" },
	}, "default_collate_catalog"))
	define("information_schema.enabled_roles", roles, columnsOf[role]{"role_name": func(r role) string { return r.name }})
	for _, name := range []string{"applicable_roles", "administrable_role_authorizations"} {
		define("information_schema."+name, groups, columnsOf[role]{
			"grantee": func(s *Snapshot, _ role) any { return s.User }, "role_name": func(r role) string { return r.name },
			"is_grantable": func(role) string { return "YES" },
		})
	}
}

// ofType adds the columns about the type of a column of a table or of a composite type.
func ofType(columns columnsOf[*attribute]) columnsOf[*attribute] {
	maps.Copy(columns, columnsOf[*attribute]{
		"dtd_identifier":           func(a *attribute) string { return strconv.Itoa(a.number) },
		"data_type":                dataType,
		"character_maximum_length": func(a *attribute) any { n, _ := characters(a.typ); return n },
		"character_octet_length":   func(a *attribute) any { _, n := characters(a.typ); return n },
		"numeric_precision":        func(a *attribute) any { return digitsOf(a.typ).precision },
		"numeric_precision_radix":  func(a *attribute) any { return digitsOf(a.typ).radix },
		"numeric_scale":            func(a *attribute) any { return digitsOf(a.typ).scale },
		"datetime_precision":       func(a *attribute) any { return secondDigits(a.typ) },
		"interval_type":            func(a *attribute) any { return intervalType(a.typ) },
	})
	return columns
}

// schemaColumns are the columns of information_schema.columns.
func schemaColumns() columnsOf[*attribute] {
	c := columnsOf[*attribute]{
		"table_schema":     func(a *attribute) string { return a.of.Schema },
		"table_name":       func(a *attribute) string { return a.of.Name },
		"column_name":      func(a *attribute) string { return a.name },
		"ordinal_position": func(a *attribute) int32 { return int32(a.number) },
		"is_nullable":      func(a *attribute) string { return yesNo(!a.NotNull) },
		"column_default": func(a *attribute) any {
			if a.Default == "" || a.Identity != "" {
				return nil
			}
			return a.Default
		},
		"udt_schema": func(s *Snapshot, a *attribute) any { return s.typeSchema(a.typ.Plain()) },
		"domain_catalog": func(s *Snapshot, a *attribute) any {
			if !a.typ.IsDomain() {
				return nil
			}
			return s.Database
		},
		"domain_schema": func(s *Snapshot, a *attribute) any {
			if !a.typ.IsDomain() {
				return nil
			}
			return s.typeSchema(a.typ)
		},
		"domain_name": func(a *attribute) any {
			if !a.typ.IsDomain() {
				return nil
			}
			return a.typ.Def.Named.State().Name
		},
		"udt_name":     udtName,
		"is_updatable": func(a *attribute) string { return yesNo(a.of.Writable) },
	}
	c["is_identity"] = func(a *attribute) string { return yesNo(a.Identity != "") }
	c["identity_generation"] = func(a *attribute) any { return map[string]any{"a": "ALWAYS", "d": "BY DEFAULT"}[a.Identity] }
	always(c, "NO", "is_self_referencing", "identity_cycle")
	always(c, "NEVER", "is_generated")
	return inDatabase(ofType(c), "table_catalog", "udt_catalog")
}
