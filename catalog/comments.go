package catalog

import (
	"iter"
	"slices"

	"gsql/exec/types"
)

// Comment is what COMMENT ON says of something that is no relation and no column, found by its OID, or of a schema, by its name.
type Comment struct {
	Class  string // of pg_catalog, such as pg_proc
	OID    uint32
	Schema string
	Text   string // "": there is none, not even the one that PostgreSQL has
}

// description is a row of pg_description or pg_shdescription.
type description struct {
	described
	text string
}

// described is what a description is of.
type described struct {
	object, class uint32
	sub           int32 // number of a column
}

// schemaComments are those that PostgreSQL has of its schemas.
var schemaComments = map[uint32]string{pgCatalogOID: "system catalog schema", pgToastOID: "reserved schema for TOAST tables", publicOID: "standard public schema"}

func catalogOID(name string) uint32 {
	if r := byName()[qualified{"pg_catalog", name}]; r != nil {
		return r.oid
	}
	return 0
}

// descriptions lists all comments.
func (s *Snapshot) descriptions() []description {
	s.describe.Do(func() {
		add := func(d described, text string) {
			if text != "" {
				s.described = append(s.described, description{d, text})
				s.comments[d] = text
			}
		}
		s.comments = map[described]string{}
		class, namespace := catalogOID("pg_class"), catalogOID("pg_namespace")
		for _, r := range s.objects().user {
			add(described{r.oid, class, 0}, r.Comment)
			if len(r.ColumnComments) == 0 {
				continue // so that no file is opened
			}
			for i, f := range r.columns() {
				add(described{r.oid, class, int32(i + 1)}, r.ColumnComments[f.Name])
			}
		}
		texts := map[uint32]string{}
		for oid, text := range schemaComments {
			texts[oid] = text
		}
		for _, c := range s.source.Comments() {
			if c.Class == "pg_namespace" {
				texts[s.objects().schemaOID(c.Schema)] = c.Text
				continue
			}
			add(described{c.OID, catalogOID(c.Class), 0}, c.Text)
		}
		for _, x := range s.objects().schemas {
			add(described{x.oid, namespace, 0}, texts[x.oid])
		}
	})
	return s.described
}

// isShared reports whether a class is one of objects that all databases share, whose comments are in pg_shdescription.
func isShared(class uint32) bool {
	return slices.Contains([]uint32{catalogOID("pg_database"), catalogOID("pg_authid"), catalogOID("pg_tablespace")}, class)
}

// comment finds the comment on an object.
func (s *Snapshot) comment(d described) ([]byte, bool, error) {
	s.descriptions()
	if text, ok := s.comments[d]; ok {
		return []byte(text), true, nil
	}
	return nil, false, s.objects().err
}

func descriptionsOf(shared bool) func(s *Snapshot, _ *scan) iter.Seq[description] {
	return func(s *Snapshot, _ *scan) iter.Seq[description] {
		return func(yield func(description) bool) {
			for _, d := range s.descriptions() {
				if isShared(d.class) == shared && !yield(d) {
					return
				}
			}
		}
	}
}

func init() {
	columns := columnsOf[description]{
		"objoid":      func(d description) uint32 { return d.object },
		"classoid":    func(d description) uint32 { return d.class },
		"objsubid":    func(d description) int32 { return d.sub },
		"description": func(d description) string { return d.text },
	}
	define("pg_catalog.pg_description", descriptionsOf(false), columns)
	define("pg_catalog.pg_shdescription", descriptionsOf(true), columnsOf[description]{"objoid": columns["objoid"],
		"classoid": columns["classoid"], "description": columns["description"]})

	register("obj_description", tText, map1(func(s *Snapshot, oid int64) ([]byte, bool, error) {
		for _, d := range s.descriptions() {
			if int64(d.object) == oid && d.sub == 0 && !isShared(d.class) {
				return []byte(d.text), true, nil
			}
		}
		return nil, false, s.objects().err
	}), tOID)
	ofClass := func(shared bool) func(s *Snapshot, oid int64, class []byte) ([]byte, bool, error) {
		return func(s *Snapshot, oid int64, class []byte) ([]byte, bool, error) {
			c := catalogOID(string(class))
			if c == 0 || isShared(c) != shared {
				return nil, false, nil
			}
			return s.comment(described{uint32(oid), c, 0})
		}
	}
	register("obj_description", tText, map2(ofClass(false)), tOID, tName)
	register("shobj_description", tText, map2(ofClass(true)), tOID, tName)
	register("col_description", tText, map2(func(s *Snapshot, oid int64, column int32) ([]byte, bool, error) {
		return s.comment(described{uint32(oid), catalogOID("pg_class"), column})
	}), tOID, types.Of(types.Int32))
}

// DatabaseOID is the OID of the database.
const DatabaseOID = databaseOID

// RoutineKind returns what a function is by pg_proc.prokind: f, a or w; "" if there is none.
func RoutineKind(oid uint32) string {
	if p := procs().byOID[oid]; p != nil {
		return p.kind
	}
	return ""
}
