package catalog

import (
	"fmt"
	"strings"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// baseType is a type of PostgreSQL by itself.
type baseType struct {
	oid, namespace, elem, array uint32
	name                        string
	isArray                     bool
}

type baseTypes struct {
	byOID  map[uint32]*baseType
	byName map[qualified]*baseType
}

// arraySubscript is the function by which pg_type marks true arrays.
const arraySubscript = "6179"

var pgTypes = sync.OnceValue(func() *baseTypes {
	m := &baseTypes{map[uint32]*baseType{}, map[qualified]*baseType{}}
	sec := sections()["pg_type"]
	elem, array, subscript, storage := sec.index("typelem"), sec.index("typarray"), sec.index("typsubscript"), sec.index("typstorage")
	for _, row := range sec.rows {
		t := &baseType{oid: number(row[0]), name: row[1], namespace: number(row[2]), elem: number(row[elem]), array: number(row[array]),
			isArray: row[subscript] == arraySubscript && row[elem] != "0" && row[storage] != "p"} // vectors are plain
		m.byOID[t.oid] = t
		schema := "pg_catalog"
		if t.namespace == informationSchemaOID {
			schema = "information_schema"
		}
		m.byName[qualified{schema, t.name}] = t
	}
	return m
})

// sqlTypeNames are the types with names of SQL's own, as types are written and read.
var sqlTypeNames = map[string]string{"bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
	"float8": "double precision", "bpchar": "character", "varchar": "character varying", "bit": "bit", "varbit": "bit varying",
	"time": "time without time zone", "timetz": "time with time zone", "timestamp": "timestamp without time zone",
	"timestamptz": "timestamp with time zone", "interval": "interval", "numeric": "numeric"}

// otherTypeNames are SQL's further names of types.
var otherTypeNames = map[string]string{"int": "int4", "dec": "numeric", "decimal": "numeric", "float": "float8", "char": "bpchar",
	"char varying": "varchar", "nchar": "bpchar"}

// typeName is the name of a type, as regtype writes it.
func (s *Snapshot) typeName(oid uint32) (string, bool) { return s.formatType(oid, -1, false) }

// formatType writes a type with its modifier; given says that there was one to write, if only -1 for none.
func (s *Snapshot) formatType(oid uint32, mod int32, given bool) (string, bool) {
	t := pgTypes().byOID[oid]
	if t == nil {
		o := s.objects()
		if u, isArray := o.userType(oid); u != nil {
			return s.displayType(u) + map[bool]string{true: "[]"}[isArray], true
		}
		if r := o.byRowType[oid]; r != nil {
			return s.display(r), true
		}
		for _, r := range o.user {
			if r.rowArray == oid {
				return s.display(r) + "[]", true
			}
		}
		return "", false
	}
	suffix := ""
	if t.isArray {
		suffix = "[]"
		if t = pgTypes().byOID[t.elem]; t == nil {
			return "", false
		}
	}
	name, standard := sqlTypeNames[t.name]
	switch {
	case t.namespace == informationSchemaOID:
		name = "information_schema." + Quote(t.name)
	case !standard:
		name = Quote(t.name)
	case mod >= 0:
		name = withModifier(t.name, name, mod)
	case given && t.name == "bpchar":
		name = "bpchar"
	case given && t.name == "bit":
		name = `"bit"`
	}
	return name + suffix, true
}

// withModifier writes a modifier into a type's name.
func withModifier(typ, name string, mod int32) string {
	switch typ {
	case "numeric":
		scale := (mod - 4) & 0x7ff
		if scale >= 0x400 {
			scale -= 0x800
		}
		return fmt.Sprintf("numeric(%d,%d)", (mod-4)>>16&0xffff, scale)
	case "varchar", "bpchar":
		return fmt.Sprintf("%s(%d)", name, mod-4)
	case "bit", "varbit":
		return fmt.Sprintf("%s(%d)", name, mod)
	case "time", "timetz", "timestamp", "timestamptz":
		word, rest, _ := strings.Cut(name, " ")
		return fmt.Sprintf("%s(%d) %s", word, mod, rest)
	case "interval":
		if f := intervalFields(mod); f != 0 {
			name += " " + f.String()
		}
		if p := mod & anyPlaces; p != anyPlaces {
			name = fmt.Sprintf("%s(%d)", name, p)
		}
	}
	return name
}

// parseType finds a type by a name as SQL writes it.
func (s *Snapshot) parseType(text string) (uint32, error) {
	name := strings.TrimSpace(text)
	array := false
	for strings.HasSuffix(name, "]") {
		i := strings.LastIndexByte(name, '[')
		if i < 0 {
			break
		}
		array, name = true, strings.TrimSpace(name[:i])
	}
	missing := sqlstate.New(sqlstate.UndefinedObject, "type \"%s\" does not exist", text)
	if i := strings.IndexByte(name, '('); i >= 0 {
		if j := strings.IndexByte(name, ')'); j > i {
			name = strings.TrimSpace(strings.TrimSpace(name[:i]) + " " + strings.TrimSpace(name[j+1:]))
		}
	}
	q, ok := sqlType(name)
	if !ok {
		var err error
		if q, err = s.parseName(name); err != nil {
			return 0, err
		}
	}
	schemas := []string{q.schema}
	if q.schema == "" {
		schemas = s.Path()
	}
	for _, schema := range schemas {
		if t := pgTypes().byName[qualified{schema, q.name}]; t != nil {
			if !array {
				return t.oid, nil
			}
			if t.array != 0 {
				return t.array, nil
			}
		}
		if oid, arrayOID := s.objects().userTypeNamed(qualified{schema, q.name}); oid != 0 {
			if array {
				return arrayOID, nil
			}
			return oid, nil
		}
		if r := s.objects().byName[qualified{schema, q.name}]; r != nil && r.rowType != 0 {
			if array {
				return r.rowArray, nil
			}
			return r.rowType, nil
		}
		if base, ok := strings.CutPrefix(q.name, "_"); ok && !array {
			if _, arrayOID := s.objects().userTypeNamed(qualified{schema, base}); arrayOID != 0 {
				return arrayOID, nil
			}
			if r := s.objects().byName[qualified{schema, base}]; r != nil && r.rowArray != 0 {
				return r.rowArray, nil
			}
		}
	}
	return 0, missing
}

// sqlType reads SQL's own names of types, whatever the letters' case and the blanks between words.
func sqlType(name string) (qualified, bool) {
	words := strings.Join(strings.Fields(strings.ToLower(name)), " ")
	if typ, ok := otherTypeNames[words]; ok {
		return qualified{"pg_catalog", typ}, true
	}
	for typ, sql := range sqlTypeNames {
		if words == sql {
			return qualified{"pg_catalog", typ}, true
		}
	}
	return qualified{}, false
}

// OIDOf returns the OID of a type, that of the row type for the rows of a table.
func (s *Snapshot) OIDOf(t types.Type) uint32 {
	if t.Named() != nil || t.ID == types.Array && t.Element().Named() != nil {
		return TypeOID(t)
	}
	if (t.ID == types.Record || t.ID == types.Array && t.Elem == types.Record) && t.Def != nil && t.Def.Name != "" {
		if r := s.relation(qualified{"", t.Def.Name}); r != nil && r.rowType != 0 {
			if t.ID == types.Array {
				return r.rowArray
			}
			return r.rowType
		}
	}
	return TypeOID(t)
}
