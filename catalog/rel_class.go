package catalog

import (
	"iter"
	"slices"
	"strconv"

	"gsql/exec/types"
)

// This file has the relations about relations, their columns and their types.

const (
	pageBytes     = 8192
	heapOID       = 2
	btreeOID      = 403
	textCollation = 100
	nameCollation = 950
)

func schemas(s *Snapshot, _ *scan) iter.Seq[*Schema] { return slices.Values(s.objects().schemas) }

func relations(s *Snapshot, sc *scan) iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		for _, r := range s.objects().relations {
			if sc.wantsRelation(r, "oid", "relname") && !yield(r) {
				return
			}
		}
	}
}

// wantsRelation reports whether rows about a relation can be wanted, which the columns with its OID and its name say.
func (sc *scan) wantsRelation(r *Relation, oid, name string) bool {
	return sc.wants(name, r.Name) && sc.wants(oid, strconv.FormatUint(uint64(r.oid), 10))
}

// attribute is a column of a relation.
type attribute struct {
	of     *Relation
	number int
	name   string
	typ    types.Type
	Detail
}

// attributesOf yields the columns of the relations that a scan can want.
func attributesOf(oid, name string) func(s *Snapshot, sc *scan) iter.Seq[*attribute] {
	return func(s *Snapshot, sc *scan) iter.Seq[*attribute] {
		return func(yield func(*attribute) bool) {
			for _, r := range s.objects().relations {
				if !sc.wantsRelation(r, oid, name) || !sc.mayJoin(oid, r.oid) {
					continue
				}
				for i, f := range r.columns() {
					a := &attribute{of: r, number: i + 1, name: f.Name, typ: f.Type, Detail: r.detail(i)}
					if !yield(a) {
						return
					}
				}
			}
		}
	}
}

// defaults yields the columns that have a default value. Only tables in memory can, so no file is opened.
func defaults(s *Snapshot, _ *scan) iter.Seq[*attribute] {
	return func(yield func(*attribute) bool) {
		for _, r := range s.objects().user {
			for i, d := range r.Details {
				f := r.columns()[i]
				if d.Default != "" && d.Identity == "" && !yield(&attribute{of: r, number: i + 1, name: f.Name, typ: f.Type, Detail: d}) {
					return
				}
			}
		}
	}
}

// typeField returns a column of pg_type for the type of a column.
func typeField(column string) func(*Snapshot, *attribute) any {
	return func(s *Snapshot, a *attribute) any {
		oid := s.OIDOf(a.typ)
		sec := sections()["pg_type"]
		at := sec.index(column)
		if row := typeRow(oid); row != nil {
			return row[at]
		}
		u, isArray := s.objects().userType(oid)
		switch {
		case u == nil:
		case isArray && column == "typalign":
			return u.arrayAlign(s)
		case !isArray && (u.Type.IsDomain() || u.Type.ID == types.Enum):
			return u.baseColumn(s, column, map[string]string{"typlen": "4", "typbyval": "t", "typalign": "i", "typstorage": "p"}[column])
		}
		return map[string]string{"typlen": "-1", "typbyval": "f", "typalign": "d", "typstorage": "x"}[column]
	}
}

// typeRow returns the row of pg_type of one of PostgreSQL's types.
func typeRow(oid uint32) []string {
	rows := sections()["pg_type"].rows
	i, ok := slices.BinarySearchFunc(rows, oid, func(row []string, oid uint32) int { return int(int64(number(row[0])) - int64(oid)) })
	if !ok {
		return nil
	}
	return rows[i]
}

// collation is that of a type's values, 0 where they have none.
func collation(t types.Type) uint32 {
	id := t.ID
	if id == types.Array {
		id = t.Elem
	}
	switch id {
	case types.Text, types.Varchar, types.Char:
		return textCollation
	case types.Name:
		return nameCollation
	case types.NodeTree:
		return textCollation
	}
	return 0
}

func init() {
	define("pg_catalog.pg_namespace", schemas, columnsOf[*Schema]{
		"oid":     func(x *Schema) uint32 { return x.oid },
		"nspname": func(x *Schema) string { return x.name },
		"nspowner": func(x *Schema) uint32 {
			if x.oid == publicOID {
				return databaseOwnerOID
			}
			return ownerOID
		},
	})
	define("pg_catalog.pg_class", relations, columnsOf[*Relation]{
		"oid":          func(r *Relation) uint32 { return r.oid },
		"relname":      func(r *Relation) string { return r.Name },
		"relnamespace": func(s *Snapshot, r *Relation) any { return s.objects().schemaOID(r.Schema) },
		"reltype":      func(r *Relation) uint32 { return r.rowType },
		"relowner":     func(*Relation) uint32 { return ownerOID },
		"relam":        func(r *Relation) uint32 { return map[string]uint32{"r": heapOID, "i": btreeOID}[r.kind()] },
		"relfilenode": func(r *Relation) uint32 {
			if r.View || r.Composite != nil {
				return 0
			}
			return r.oid
		},
		"relpages": func(r *Relation) int32 { return int32(min((r.bytes()+pageBytes-1)/pageBytes, 1<<31-1)) },
		"reltuples": func(r *Relation) any {
			if r.Rows == nil {
				return -1
			}
			return float32(r.Rows())
		},
		"relpersistence": func(r *Relation) string {
			if r.Temporary {
				return "t"
			}
			return "p"
		},
		"relkind":        (*Relation).kind,
		"relnatts":       func(r *Relation) int32 { return int32(len(r.columns())) },
		"relhasrules":    func(r *Relation) bool { return r.View },
		"relispopulated": func(*Relation) bool { return true },
		"relreplident": func(r *Relation) string {
			if !r.isTable() || r.system != nil {
				return "n"
			}
			return "d"
		},
		"relhasindex": func(r *Relation) bool { return len(r.Keys) > 0 },
		"relchecks":   func(r *Relation) int32 { return int32(len(r.Checks)) },
	})
	define("pg_catalog.pg_attribute", attributesOf("attrelid", "-"), columnsOf[*attribute]{
		"attrelid":      func(a *attribute) uint32 { return a.of.oid },
		"attname":       func(a *attribute) string { return a.name },
		"atttypid":      func(s *Snapshot, a *attribute) any { return s.OIDOf(a.typ) },
		"attstattarget": func(*attribute) int32 { return -1 },
		"attlen":        typeField("typlen"),
		"attnum":        func(a *attribute) int32 { return int32(a.number) },
		"attndims": func(a *attribute) int32 {
			if a.typ.ID == types.Array && !a.typ.IsVector() {
				return 1
			}
			return 0
		},
		"attcacheoff":  func(*attribute) int32 { return -1 },
		"atttypmod":    func(a *attribute) int32 { return TypeModifier(a.typ) },
		"attbyval":     typeField("typbyval"),
		"attalign":     typeField("typalign"),
		"attstorage":   typeField("typstorage"),
		"attnotnull":   func(a *attribute) bool { return a.NotNull },
		"atthasdef":    func(a *attribute) bool { return a.Default != "" && a.Identity == "" },
		"attidentity":  func(a *attribute) string { return a.Identity },
		"attislocal":   func(*attribute) bool { return true },
		"attcollation": func(a *attribute) uint32 { return collation(a.typ) },
	})
	define("pg_catalog.pg_attrdef", defaults, columnsOf[*attribute]{
		"oid":     func(a *attribute) uint32 { return hashOID("default", a.of.Schema+"."+a.of.Name, a.name) },
		"adrelid": func(a *attribute) uint32 { return a.of.oid },
		"adnum":   func(a *attribute) int32 { return int32(a.number) },
		"adbin":   func(a *attribute) string { return a.Default },
	})
	static("pg_catalog.pg_type", nil, map[string]string{"typowner": "10"})
	define("pg_catalog.pg_type", rowTypes, columnsOf[*Relation]{
		"oid":          func(r *Relation) uint32 { return r.rowType },
		"typname":      func(r *Relation) string { return r.Name },
		"typnamespace": func(s *Snapshot, r *Relation) any { return s.objects().schemaOID(r.Schema) },
		"typowner":     func(*Relation) uint32 { return ownerOID },
		"typlen":       func(*Relation) int32 { return -1 },
		"typtype":      func(*Relation) string { return "c" },
		"typcategory":  func(*Relation) string { return "C" },
		"typisdefined": func(*Relation) bool { return true },
		"typdelim":     func(*Relation) string { return "," },
		"typrelid":     func(r *Relation) uint32 { return r.oid },
		"typarray":     func(r *Relation) uint32 { return r.rowArray },
		"typinput":     func(*Relation) uint32 { return 2290 },
		"typoutput":    func(*Relation) uint32 { return 2291 },
		"typreceive":   func(*Relation) uint32 { return 2402 },
		"typsend":      func(*Relation) uint32 { return 2403 },
		"typalign":     func(*Relation) string { return "d" },
		"typstorage":   func(*Relation) string { return "x" },
		"typtypmod":    func(*Relation) int32 { return -1 },
	})
	define("pg_catalog.pg_type", rowTypes, columnsOf[*Relation]{
		"oid":          func(r *Relation) uint32 { return r.rowArray },
		"typname":      func(r *Relation) string { return "_" + r.Name },
		"typnamespace": func(s *Snapshot, r *Relation) any { return s.objects().schemaOID(r.Schema) },
		"typowner":     func(*Relation) uint32 { return ownerOID },
		"typlen":       func(*Relation) int32 { return -1 },
		"typtype":      func(*Relation) string { return "b" },
		"typcategory":  func(*Relation) string { return "A" },
		"typisdefined": func(*Relation) bool { return true },
		"typdelim":     func(*Relation) string { return "," },
		"typsubscript": func(*Relation) string { return arraySubscript },
		"typelem":      func(r *Relation) uint32 { return r.rowType },
		"typinput":     func(*Relation) uint32 { return 750 },
		"typoutput":    func(*Relation) uint32 { return 751 },
		"typreceive":   func(*Relation) uint32 { return 2400 },
		"typsend":      func(*Relation) uint32 { return 2401 },
		"typanalyze":   func(*Relation) uint32 { return 3816 },
		"typalign":     func(*Relation) string { return "d" },
		"typstorage":   func(*Relation) string { return "x" },
		"typtypmod":    func(*Relation) int32 { return -1 },
	})
	define("pg_catalog.pg_tables", tables, columnsOf[*Relation]{
		"schemaname": func(r *Relation) string { return r.Schema },
		"tablename":  func(r *Relation) string { return r.Name },
		"tableowner": func(s *Snapshot, r *Relation) any { return s.User },
		"hasindexes": func(r *Relation) bool { return len(r.Keys) > 0 }, "hasrules": func(*Relation) bool { return false },
		"hastriggers": func(*Relation) bool { return false }, "rowsecurity": func(*Relation) bool { return false },
	})
	define("pg_catalog.pg_views", views, columnsOf[*Relation]{
		"schemaname": func(r *Relation) string { return r.Schema },
		"viewname":   func(r *Relation) string { return r.Name },
		"viewowner":  func(s *Snapshot, r *Relation) any { return s.User },
		"definition": func(r *Relation) any { return r.definition() },
	})
	for name, of := range map[string]func(*Snapshot, *scan) iter.Seq[*Relation]{"pg_stat_all_tables": tables, "pg_stat_sys_tables": systemTables,
		"pg_stat_user_tables": userTables, "pg_statio_all_tables": tables, "pg_statio_sys_tables": systemTables, "pg_statio_user_tables": userTables,
		"pg_stat_xact_all_tables": tables, "pg_stat_xact_sys_tables": systemTables, "pg_stat_xact_user_tables": userTables} {
		define("pg_catalog."+name, of, columnsOf[*Relation]{
			"relid":      func(r *Relation) uint32 { return r.oid },
			"schemaname": func(r *Relation) string { return r.Schema },
			"relname":    func(r *Relation) string { return r.Name },
			"n_live_tup": func(r *Relation) any {
				if r.Rows == nil {
					return 0
				}
				return int64(r.Rows())
			},
		})
	}
}

// definition is the text of a view as pg_get_viewdef returns it.
func (r *Relation) definition() any {
	if r.Definition == "" {
		return nil
	}
	return " " + r.Definition + ";"
}

// rowTypes are the relations whose rows have a type.
func rowTypes(s *Snapshot, _ *scan) iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		for _, r := range s.objects().user {
			if r.rowType != 0 && !yield(r) {
				return
			}
		}
	}
}

// which returns those of some relations for which keep is true.
func which(keep func(*Relation) bool) func(s *Snapshot, _ *scan) iter.Seq[*Relation] {
	return func(s *Snapshot, _ *scan) iter.Seq[*Relation] {
		return func(yield func(*Relation) bool) {
			for _, r := range s.objects().relations {
				if keep(r) && !yield(r) {
					return
				}
			}
		}
	}
}

var (
	tables       = which((*Relation).isTable)
	views        = which(func(r *Relation) bool { return r.View })
	userTables   = which(func(r *Relation) bool { return r.isTable() && r.system == nil })
	systemTables = which(func(r *Relation) bool { return r.isTable() && r.system != nil })
)
