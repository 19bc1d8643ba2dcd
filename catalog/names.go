package catalog

import (
	"slices"
	"strings"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// SearchPath returns the schemas in which a user looks names up with a setting of search_path, in order, whether or not they
// exist: those of the setting, behind pg_temp and pg_catalog unless it names these itself.
func SearchPath(setting, user string) []string {
	names := SplitNames(setting)
	path := make([]string, 0, len(names)+2)
	for _, name := range names {
		if name == "$user" {
			name = user
		}
		if !slices.Contains(path, name) {
			path = append(path, name)
		}
	}
	for _, implicit := range []string{"pg_catalog", "pg_temp"} {
		if !slices.Contains(path, implicit) {
			path = slices.Insert(path, 0, implicit)
		}
	}
	return path
}

// IsSystemSchema reports whether a name is one that PostgreSQL keeps for its own schemas. Nothing can be made in these.
func IsSystemSchema(name string) bool {
	return name == "information_schema" || strings.HasPrefix(name, "pg_") && name != "pg_temp"
}

// Path returns the schemas in which names are looked up, in order, whether or not they exist.
func (s *Snapshot) Path() []string {
	s.splitting.Do(func() { s.path = SearchPath(s.SearchPath, s.User) })
	return s.path
}

// Schemas returns the existing schemas in which names are looked up, in order; without implicit, those that the
// setting names.
func (s *Snapshot) Schemas(implicit bool) []string {
	named := SplitNames(s.Session.SearchPath)
	var out []string
	for _, p := range s.Path() {
		if s.objects().schema(p) == nil || (p == "pg_catalog" || p == "pg_temp") && !implicit && !slices.Contains(named, p) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// SplitNames reads a list of identifiers, separated by commas.
func SplitNames(list string) []string {
	var out []string
	for list = strings.TrimSpace(list); list != ""; {
		name, rest, ok := cutIdentifier(list)
		if !ok {
			name, rest, _ = strings.Cut(list, ",")
			out = append(out, strings.TrimSpace(name))
			list = strings.TrimSpace(rest)
			continue
		}
		if name != "" {
			out = append(out, name)
		}
		rest = strings.TrimSpace(rest)
		list = strings.TrimSpace(strings.TrimPrefix(rest, ","))
		if rest != "" && rest[0] != ',' {
			break
		}
	}
	return out
}

// cutIdentifier reads an identifier from the start of a text: letters folded to lower case, or in double quotes.
func cutIdentifier(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			if s[i] != '"' {
				b.WriteByte(s[i])
				continue
			}
			if i+1 < len(s) && s[i+1] == '"' {
				b.WriteByte('"')
				i++
				continue
			}
			return b.String(), s[i+1:], true
		}
		return "", s, false
	}
	n := 0
	for n < len(s) && (s[n] >= 0x80 || s[n] == '_' || s[n] == '$' || s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z' || s[n] >= '0' && s[n] <= '9') {
		n++
	}
	return strings.ToLower(s[:n]), s[n:], n > 0
}

// parseName reads a name with an optional schema, or database and schema, before it.
func (s *Snapshot) parseName(text string) (q qualified, err error) {
	var names []string
	rest := strings.TrimSpace(text)
	for {
		name, r, ok := cutIdentifier(rest)
		if !ok {
			return q, sqlstate.New(sqlstate.InvalidName, "invalid name syntax")
		}
		names = append(names, name)
		rest = strings.TrimSpace(r)
		if rest == "" {
			break
		}
		if rest[0] != '.' {
			return q, sqlstate.New(sqlstate.InvalidName, "invalid name syntax")
		}
		rest = strings.TrimSpace(rest[1:])
	}
	switch {
	case len(names) == 1:
		return qualified{"", names[0]}, nil
	case len(names) == 2:
		return qualified{names[0], names[1]}, nil
	case len(names) == 3 && names[0] == s.Database:
		return qualified{names[1], names[2]}, nil
	case len(names) == 3:
		return q, sqlstate.Unsupported("", "cross-database references are not implemented: \"%s\"", strings.Join(names, "."))
	}
	return q, sqlstate.New(sqlstate.SyntaxError, "improper relation name (too many dotted names): %s", strings.Join(names, "."))
}

// cutName parts "schema.name".
func cutName(full string) (schema, name string, ok bool) { return strings.Cut(full, ".") }

// relation finds a relation by a name as SQL has it, nil when there is none.
func (s *Snapshot) relation(q qualified) *Relation {
	o := s.objects()
	if q.schema != "" {
		return o.byName[q]
	}
	for _, schema := range s.Path() {
		if r := o.byName[qualified{schema, q.name}]; r != nil {
			return r
		}
	}
	return nil
}

// visible reports whether a relation is found by its name without the schema.
func (s *Snapshot) visible(r *Relation) bool { return s.relation(qualified{"", r.Name}) == r }

// inPath reports whether names of a schema are found without it, as far as no other schema has them.
func (s *Snapshot) inPath(schema string) bool { return slices.Contains(s.Path(), schema) }

// display is a relation's name, with its schema where it is needed.
func (s *Snapshot) display(r *Relation) string {
	if s.visible(r) {
		return Quote(r.Name)
	}
	return Quote(r.Schema) + "." + Quote(r.Name)
}

// keywords are the words that must be quoted as names.
var keywords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, row := range sections()["keywords"].rows {
		m[row[0]] = row[1] != "U"
	}
	return m
})

// Quote puts an identifier into double quotes where SQL needs them, as quote_ident does.
func Quote(name string) string {
	plain := name != "" && (name[0] < '0' || name[0] > '9') && !keywords()[name]
	for _, c := range []byte(name) {
		plain = plain && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_')
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// ObjectName returns the name of an object as a reg type writes it.
func (s *Snapshot) ObjectName(t types.ID, oid uint32) (string, bool) {
	switch t {
	case types.RegClass:
		if r := s.objects().byOID[oid]; r != nil {
			return s.display(r), true
		}
	case types.RegType:
		return s.typeName(oid)
	case types.RegNamespace:
		for _, x := range s.objects().schemas {
			if x.oid == oid {
				return Quote(x.name), true
			}
		}
	case types.RegRole:
		name, ok := s.roleName(oid)
		return Quote(name), ok
	case types.RegProc, types.RegProcedure:
		return s.procName(oid, t == types.RegProcedure)
	case types.RegOper, types.RegOperator:
		return s.operatorName(oid, t == types.RegOperator)
	case types.RegCollation, types.RegConfig:
		for _, row := range sections()[map[types.ID]string{types.RegCollation: "pg_collation", types.RegConfig: "pg_ts_config"}[t]].rows {
			if number(row[0]) == oid {
				return Quote(row[1]), true
			}
		}
	}
	return "", false
}

// ObjectOID finds the object that the text of a reg type names.
func (s *Snapshot) ObjectOID(t types.ID, text string) (uint32, error) {
	switch t {
	case types.RegType:
		return s.parseType(text)
	case types.RegProc, types.RegProcedure:
		return s.parseProc(t, text)
	case types.RegOper, types.RegOperator:
		return s.parseOperator(t, text)
	}
	q, err := s.parseName(text)
	if err != nil {
		return 0, err
	}
	full := q.name
	if q.schema != "" {
		full = q.schema + "." + q.name
	}
	if q.schema != "" && s.objects().schema(q.schema) == nil {
		return 0, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", q.schema)
	}
	missing := sqlstate.New(sqlstate.UndefinedObject, "%s \"%s\" does not exist", objectKinds[t], full)
	switch t {
	case types.RegClass:
		if r := s.relation(q); r != nil {
			return r.oid, nil
		}
		return 0, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", full)
	case types.RegNamespace:
		if x := s.objects().schema(q.name); x != nil {
			return x.oid, nil
		}
		return 0, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", full)
	case types.RegRole:
		if oid, ok := s.roleOID(q.name); ok {
			return oid, nil
		}
	case types.RegCollation, types.RegConfig:
		for _, row := range sections()[map[types.ID]string{types.RegCollation: "pg_collation", types.RegConfig: "pg_ts_config"}[t]].rows {
			if row[1] == q.name {
				return number(row[0]), nil
			}
		}
		if t == types.RegCollation {
			return 0, sqlstate.New(sqlstate.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", full)
		}
	}
	return 0, missing
}

var objectKinds = map[types.ID]string{types.RegRole: "role", types.RegConfig: "text search configuration", types.RegDictionary: "text search dictionary",
	types.RegCollation: "collation"}
