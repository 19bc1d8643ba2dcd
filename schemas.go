package gsql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// Schemas are the folders in the DB's, which have tables in files, and those that CREATE SCHEMA makes, which are in memory as the
// tables in them are. Views, tables in memory and external tables can be in either.

// createSchema makes a schema in memory.
func (s *Session) createSchema(stmt *syntax.CreateSchemaStmt) error {
	if err := s.mayWrite("CREATE SCHEMA", false); err != nil {
		return err
	}
	if role := stmt.Role; role != "" && role != "current_user" && role != "session_user" && role != "current_role" {
		s.mu.Lock()
		known := role == s.user
		s.mu.Unlock()
		if !known {
			return sqlstate.New(sqlstate.UndefinedObject, "role \"%s\" does not exist", role)
		}
	}
	name := stmt.Name.Name
	st, err := s.state()
	if err != nil {
		return err
	}
	p, err := s.namesIn(st).schema(name)
	if err != nil {
		return err
	}
	exists := p != nil || slices.Contains([]string{"pg_catalog", "pg_toast", "information_schema"}, name)
	switch {
	case exists && stmt.IfNotExists:
		s.tell("NOTICE", sqlstate.DuplicateSchema, "schema \"%s\" already exists, skipping", name)
		return nil
	case strings.HasPrefix(name, "pg_"):
		return sqlstate.New(sqlstate.ReservedName, "unacceptable schema name \"%s\"", name).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	case exists:
		e := sqlstate.New(sqlstate.DuplicateSchema, "schema \"%s\" already exists", name)
		if p != nil && p.files && !st.shared.schemas[name] && name != sharedSchema {
			e = e.WithDetail("It is the folder \"%s\".", p.folder)
		}
		return e
	}
	return s.change(&change{apply: func(r *relations) (*relations, error) {
		if r.schemas[name] {
			return nil, sqlstate.New(sqlstate.DuplicateSchema, "schema \"%s\" already exists", name)
		}
		return r.withSchema(name, true), nil
	}})
}

// withSchema returns the relations with a schema made by CREATE SCHEMA, or without it and the comment on it.
func (r *relations) withSchema(name string, there bool) *relations {
	out := *r
	out.schemas = maps.Clone(r.schemas)
	if !there {
		delete(out.schemas, name)
		return out.withComment(schemaComment(name), nil)
	}
	if out.schemas == nil {
		out.schemas = map[string]bool{}
	}
	out.schemas[name] = true
	return &out
}

func schemaComment(name string) commentKey {
	return commentKey{kind: "schema", of: relationKey{schema: name}}
}

// dropSchema drops schemas in memory, and with CASCADE what is in them.
func (s *Session) dropSchema(ctx context.Context, stmt *syntax.DropSchemaStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	if err := s.mayWrite("DROP SCHEMA", false); err != nil {
		return err
	}
	var drop []string
	for _, n := range stmt.Names {
		p, err := s.namesIn(st).schema(n.Name)
		switch {
		case err != nil:
			return err
		case catalog.IsSystemSchema(n.Name) && (n.Name == "pg_catalog" || n.Name == "pg_toast" || n.Name == "information_schema"):
			return sqlstate.New(sqlstate.DependentObjects, "cannot drop schema %s because it is required by the database system", n.Name)
		case p == nil && stmt.IfExists:
			s.tell("NOTICE", "00000", "schema \"%s\" does not exist, skipping", n.Name)
		case p == nil:
			return sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", n.Name)
		case st.shared.schemas[p.name]:
			drop = append(drop, p.name)
		case p.folder != "":
			return sqlstate.Unsupported("Remove the folder itself.", "schema \"%s\" is a folder, which is not dropped", p.folder)
		default:
			return sqlstate.Unsupported("Drop what is in it.", "dropping schema %s is not supported", p.name)
		}
	}
	var inside []relationKey
	for key := range st.shared.byKey {
		if slices.Contains(drop, key.schema) && st.owner(key) == "" { // a sequence goes with its table
			inside = append(inside, key)
		}
	}
	slices.SortFunc(inside, func(a, b relationKey) int { return strings.Compare(a.String(), b.String()) })
	var types []relationKey
	for key := range st.shared.types {
		if slices.Contains(drop, key.schema) {
			types = append(types, key)
		}
	}
	slices.SortFunc(types, func(a, b relationKey) int { return strings.Compare(a.String(), b.String()) })
	if len(inside)+len(types) > 0 && !stmt.Cascade {
		return schemaInUse(st, drop, inside, types)
	}
	changes, further, err := s.dropChanges(ctx, st, inside, stmt.Cascade)
	if err != nil {
		return err
	}
	var told []string
	for _, key := range inside {
		told = append(told, st.get(key).kind()+" "+key.String())
	}
	dropped, more, err := s.dropTypeChanges(ctx, st, types, true, inside)
	if err != nil {
		return err
	}
	for _, key := range types {
		told = append(told, "type "+key.String())
	}
	changes, further = append(changes, dropped...), append(further, more...)
	for _, name := range drop {
		changes = append(changes, droppedSchema(name))
	}
	return s.changeCascading(changes, append(told, further...))
}

// schemaInUse is the error about schemas with relations in them.
func schemaInUse(st state, drop []string, inside, types []relationKey) error {
	var details []string
	for _, key := range inside {
		details = append(details, fmt.Sprintf("%s %s depends on schema %s", st.get(key).kind(), key, key.schema))
	}
	for _, key := range types {
		details = append(details, fmt.Sprintf("type %s depends on schema %s", key, key.schema))
	}
	what := "schema " + drop[0]
	if len(drop) > 1 {
		what = "desired object(s)"
	}
	return sqlstate.New(sqlstate.DependentObjects, "cannot drop %s because other objects depend on it", what).
		WithDetail("%s", strings.Join(details, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// droppedSchema is the change that drops a schema, which must be empty by then.
func droppedSchema(name string) *change {
	return &change{apply: func(r *relations) (*relations, error) {
		for key := range r.byKey {
			if key.schema == name {
				return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
					WithDetail("Relation \"%s\" was made by another session.", key).WithHint("Run the transaction again.")
			}
		}
		for key := range r.types {
			if key.schema == name {
				return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
					WithDetail("Type \"%s\" was made by another session.", key).WithHint("Run the transaction again.")
			}
		}
		return r.withSchema(name, false), nil
	}}
}
