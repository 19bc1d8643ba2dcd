package gsql

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// commentKey is what a comment is on: a relation, a column of one, or something else by its kind and name.
type commentKey struct {
	kind   string      // "relation", "column", "schema", ...; see commentClasses
	of     relationKey // of a schema, with its name alone
	column string
	oid    uint32 // of anything else
}

// commentClasses are the catalogs of what is found by its OID, or is a schema, by the kind of a comment.
var commentClasses = map[string]string{"schema": "pg_namespace", "database": "pg_database", "function": "pg_proc", "type": "pg_type",
	"role": "pg_authid"}

// withoutComments returns the relations without the comments on some.
func (r *relations) withoutComments(keys []relationKey) *relations {
	out := *r
	out.comments = maps.Clone(r.comments)
	maps.DeleteFunc(out.comments, func(k commentKey, _ string) bool {
		return (k.kind == "relation" || k.kind == "column") && slices.Contains(keys, k.of)
	})
	return &out
}

// withComment returns the relations with a comment, or without one where text is nil.
func (r *relations) withComment(key commentKey, text *string) *relations {
	out := *r
	out.comments = maps.Clone(r.comments)
	if text == nil {
		delete(out.comments, key)
		return &out
	}
	if out.comments == nil {
		out.comments = map[commentKey]string{}
	}
	out.comments[key] = *text
	return &out
}

// newComment returns the change that makes a comment.
func newComment(key commentKey, text *string) *change {
	return &change{temporary: key.of.temporary(), apply: func(r *relations) (*relations, error) { return r.withComment(key, text), nil }}
}

// movedComments returns the changes that give a relation the comments of another one.
func (r *relations) movedComments(from, to relationKey) (changes []*change) {
	for key, text := range r.comments {
		if key.of == from && (key.kind == "relation" || key.kind == "column") {
			key.of = to
			changes = append(changes, newComment(key, &text))
		}
	}
	return changes
}

// columnComments returns the changes of comments on a table's columns that go with actions of ALTER TABLE.
func (r *relations) columnComments(of relationKey, actions []*syntax.AlterAction) (changes []*change) {
	for _, a := range actions {
		if a.Kind == syntax.DropConstraint {
			changes = append(changes, newComment(commentKey{kind: "relation", of: relationKey{of.schema, a.Column.Name}}, nil))
			continue
		}
		key := commentKey{kind: "column", of: of, column: a.Column.Name}
		text, ok := r.comments[key]
		if !ok || a.Kind != syntax.RenameColumn && a.Kind != syntax.DropColumn {
			continue
		}
		changes = append(changes, newComment(key, nil))
		if a.Kind == syntax.RenameColumn {
			key.column = a.NewName.Name
			changes = append(changes, newComment(key, &text))
		}
	}
	return changes
}

// comment runs COMMENT ON.
func (s *Session) comment(ctx context.Context, stmt *syntax.CommentStmt) error {
	key, err := s.commented(ctx, stmt)
	if err != nil || key == nil {
		return err
	}
	if err := s.mayWrite("COMMENT", key.of.temporary()); err != nil {
		return err
	}
	text := stmt.Text
	if text != nil && *text == "" {
		text = nil
	}
	if text == nil && key.kind == "schema" { // one that PostgreSQL has goes away, too
		text = new(string)
	}
	return s.change(newComment(*key, text))
}

// commented finds what a comment is on; nil if nothing is and that is to be passed over.
func (s *Session) commented(ctx context.Context, stmt *syntax.CommentStmt) (*commentKey, error) {
	st, err := s.state()
	if err != nil {
		return nil, err
	}
	name := stmt.Name.Name
	switch stmt.Kind {
	case "column":
		return s.commentedColumn(ctx, st, stmt)
	case "schema":
		p, err := s.namesIn(st).schema(name)
		switch {
		case err != nil:
			return nil, err
		case p != nil:
			k := schemaComment(p.name)
			return &k, nil
		case slices.Contains([]string{"pg_catalog", "pg_toast", "information_schema"}, name):
			k := schemaComment(name)
			return &k, nil
		}
		return nil, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", name)
	case "database":
		s.mu.Lock()
		database := s.database
		s.mu.Unlock()
		if name != database { // a dump may have another name
			s.tell("WARNING", sqlstate.InvalidCatalogName, "database \"%s\" does not exist", name)
			return nil, nil
		}
		return &commentKey{kind: "database", oid: catalog.DatabaseOID}, nil
	case "role":
		return s.commentedObject(ctx, "role", types.RegRole, catalog.Quote(name))
	case "type", "domain":
		return s.commentedType(ctx, stmt)
	case "function", "aggregate", "procedure", "routine":
		return s.commentedRoutine(ctx, stmt)
	case "table", "view", "materialized view", "foreign table", "external table", "index", "sequence":
		return s.commentedRelation(st, stmt)
	}
	return nil, sqlstate.New(sqlstate.UndefinedObject, "%s \"%s\" does not exist", stmt.Kind, name)
}

// relationNamed finds a relation, or a table in files, that a comment is on.
func (s *Session) relationNamed(st state, stmt *syntax.CommentStmt) (meaning, error) {
	n := stmt.Name
	x, err := s.namesIn(st).lookup(n)
	switch {
	case err != nil:
		return x, err
	case x.system != nil:
		return x, sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied: \"%s\" is a system catalog", n.Name)
	case x.relation == nil && x.entry == nil && n.Schema == "":
		return x, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", n.Name)
	case x.relation == nil && x.entry == nil:
		if p, err := s.namesIn(st).schema(n.Schema); p == nil && err == nil && !catalog.IsSystemSchema(n.Schema) {
			return x, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", n.Schema)
		}
		return x, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s.%s\" does not exist", n.Schema, n.Name)
	}
	return x, nil
}

func (s *Session) commentedRelation(st state, stmt *syntax.CommentStmt) (*commentKey, error) {
	if stmt.Kind == "index" {
		if table, _, k, err := s.namesIn(st).index(stmt.Name); k != nil || err != nil {
			return &commentKey{kind: "relation", of: relationKey{table.schema, stmt.Name.Name}}, err
		}
	}
	x, err := s.relationNamed(st, stmt)
	if err != nil {
		return nil, err
	}
	is := map[string]bool{"table": x.entry != nil}
	if r := x.relation; r != nil {
		is = map[string]bool{"table": r.table != nil || r.external != nil, "view": r.view != nil, "sequence": r.sequence != nil,
			"external table": r.external != nil, "foreign table": r.external != nil}
	}
	if !is[stmt.Kind] {
		return nil, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not %s %s", stmt.Name.Name, article(stmt.Kind), stmt.Kind)
	}
	return &commentKey{kind: "relation", of: x.key}, nil
}

func article(word string) string {
	if word[0] == 'i' || word[0] == 'e' {
		return "an"
	}
	return "a"
}

func (s *Session) commentedColumn(ctx context.Context, st state, stmt *syntax.CommentStmt) (*commentKey, error) {
	if key, u := s.namesIn(st).findType(stmt.Name.Schema, stmt.Name.Name); u != nil && u.isComposite() {
		if u.typ.FieldIndex(stmt.Column.Name) < 0 {
			return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", stmt.Column.Name, key.name)
		}
		return &commentKey{kind: "column", of: key, column: stmt.Column.Name}, nil
	}
	x, err := s.relationNamed(st, stmt)
	if err != nil {
		return nil, err
	}
	columns, err := s.columnsNamed(ctx, st, x)
	if err != nil {
		return nil, err
	}
	name := stmt.Column.Name
	if !slices.ContainsFunc(columns, func(f exec.Field) bool { return f.Name == name }) {
		return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, x.key.name)
	}
	return &commentKey{kind: "column", of: x.key, column: name}, nil
}

// columnsNamed returns the columns of what a name was found to stand for.
func (s *Session) columnsNamed(ctx context.Context, st state, x meaning) (exec.Schema, error) {
	var t exec.Table
	var err error
	switch {
	case x.entry != nil:
		t, err = s.db.catalog.Open(ctx, *x.entry)
	case x.relation.view != nil:
		return s.columnsOf(ctx, x.relation.view)
	case x.relation.external != nil:
		t, err = s.namesIn(st).externalTable(ctx, x.key, x.relation.external)
	case x.relation.sequence != nil:
		return sequenceColumns, nil
	default:
		t = x.relation.table
	}
	if err != nil {
		return nil, err
	}
	return t.Schema(), nil
}

// commentedObject finds what the text of a reg type names.
func (s *Session) commentedObject(ctx context.Context, kind string, t types.ID, text string) (*commentKey, error) {
	oid, err := s.fnCtx(ctx).Objects.(*catalog.Snapshot).ObjectOID(t, text)
	if err != nil {
		return nil, err
	}
	return &commentKey{kind: kind, oid: oid}, nil
}

func (s *Session) commentedType(ctx context.Context, stmt *syntax.CommentStmt) (*commentKey, error) {
	if stmt.Kind == "domain" {
		key, err := s.commentedObject(ctx, "type", types.RegType, stmt.Type.Text)
		if err != nil {
			return nil, err
		}
		if t, ok := s.TypeByOID(key.oid); ok && t.IsDomain() {
			return key, nil
		}
		return nil, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a domain", stmt.Type.Text)
	}
	return s.commentedObject(ctx, "type", types.RegType, stmt.Type.Text)
}

// commentedRoutine finds a function by its name and, unless it is the only one of it, the types of its arguments.
func (s *Session) commentedRoutine(ctx context.Context, stmt *syntax.CommentStmt) (*commentKey, error) {
	name := catalog.Quote(stmt.Name.Name)
	if stmt.Name.Schema != "" {
		name = catalog.Quote(stmt.Name.Schema) + "." + name
	}
	id, text := types.RegProc, name
	if stmt.HasArgs {
		var args []string // none of count(*)
		for _, a := range stmt.Args {
			t, err := s.typeOf(a)
			if err != nil {
				return nil, err
			}
			args = append(args, t.Base())
		}
		id, text = types.RegProcedure, name+"("+strings.Join(args, ", ")+")"
	}
	key, err := s.commentedObject(ctx, "function", id, text)
	switch sqlstate.Of(err) {
	case sqlstate.UndefinedFunction:
		return nil, sqlstate.New(sqlstate.UndefinedFunction, "%s %s does not exist", stmt.Kind, text)
	case sqlstate.AmbiguousFunction:
		return nil, sqlstate.New(sqlstate.AmbiguousFunction, "%s name %s is not unique", stmt.Kind, strconv.Quote(stmt.Name.Name)).
			WithHint("Specify the argument list to select the %s unambiguously.", stmt.Kind)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case stmt.Kind == "aggregate" && catalog.RoutineKind(key.oid) != "a":
		return nil, sqlstate.New(sqlstate.WrongObjectType, "function %s is not an aggregate", text)
	case stmt.Kind == "procedure":
		return nil, sqlstate.New(sqlstate.WrongObjectType, "%s is not a procedure", text)
	}
	return key, nil
}
