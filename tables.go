package gsql

import (
	"context"
	"slices"
	"strings"

	"gsql/catalog"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// Tables are in memory, and on disk in temporary files as far as they do not fit. A temporary one belongs to its session, others to the DB, whose sessions all see them until the
// DB is closed. What a name means is decided in one place, tables.find.

// mayWrite fails in a transaction that is read only, but for temporary relations.
func (s *Session) mayWrite(what string, temporary bool) error {
	if v, _ := s.Setting("transaction_read_only"); v == "on" && !temporary {
		return sqlstate.New(sqlstate.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", what)
	}
	return nil
}

// place checks whether a table can be made under a name. An external one may hide files of it, which it is often of. before is what it replaces, nil for nothing. With skip there is
// nothing to do: there is a relation, and IF NOT EXISTS was said.
func (s *Session) place(tag string, key relationKey, replace, ifNotExists bool) (before *relation, skip bool, err error) {
	st, err := s.state()
	if err != nil {
		return nil, false, err
	}
	before = st.get(key)
	taken := before != nil
	if !taken && tag != externalTag {
		if taken, err = s.isFile(st, key); err != nil {
			return nil, false, err
		}
	}
	switch {
	case taken && ifNotExists:
		s.tell("NOTICE", sqlstate.DuplicateTable, "relation \"%s\" already exists, skipping", key.name)
		return nil, true, nil
	case taken && before == nil:
		return nil, false, duplicateRelation(key.name).WithDetail("It is the name of a file or a folder.").
			WithHint("Take another name, or CREATE TEMP TABLE, which hides the file from this session.")
	case taken && !replace:
		return nil, false, duplicateRelation(key.name)
	case taken && (before.view != nil || before.sequence != nil):
		return nil, false, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a table", key.name).
			WithHint("Use DROP %s to remove a %s.", strings.ToUpper(before.kind()), before.kind())
	}
	switch u := st.of(key.temporary()).types[key]; {
	case u == nil:
	case u.isComposite():
		return nil, false, duplicateRelation(key.name)
	default:
		return nil, false, sqlstate.New(sqlstate.DuplicateObject, "type \"%s\" already exists", key.name).
			WithHint("A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.")
	}
	return before, false, s.mayWrite(tag, key.temporary())
}

// placeNew is place for the name that a statement gives a relation.
func (s *Session) placeNew(tag string, name syntax.QualifiedName, temporary, replace, ifNotExists bool) (key relationKey, before *relation, skip bool, err error) {
	st, err := s.state()
	if err == nil {
		key, err = s.newKey(st, name, temporary)
	}
	if err == nil {
		before, skip, err = s.place(tag, key, replace, ifNotExists)
	}
	return key, before, skip, err
}

// isFile reports whether the place of a relation is that of a table in files.
func (s *Session) isFile(st state, key relationKey) (bool, error) {
	p, err := s.namesIn(st).schema(key.schema)
	if p == nil || err != nil || !p.files {
		return false, err
	}
	return s.db.catalog.Has(p.folder, key.name)
}

func (s *Session) createTable(ctx context.Context, stmt *syntax.CreateTableStmt) error {
	key, before, skip, err := s.placeNew(stmt.Tag(), stmt.Name, stmt.Temporary, stmt.OrReplace, stmt.IfNotExists)
	if err != nil || skip {
		return err
	}
	d, err := s.declare(ctx, key, stmt)
	if err != nil {
		return err
	}
	if len(d.columns) == 0 {
		return sqlstate.Unsupported("Give it at least one column.", "tables without columns are not supported").At(stmt.Name.Pos)
	}
	t := s.newTable(key.name, d.columns).WithConstraints(d.keys, d.checks)
	return s.putTable(ctx, key, before, t, nil, d.sequences...)
}

// newTable makes a table without rows.
func (s *Session) newTable(name string, columns []memory.Column) *memory.Table {
	return memory.New(name, columns, s.db.pool.Reserve(tableMemory(name)))
}

// tableMemory is the name under which the rows of a table are reserved.
func tableMemory(name string) string { return "table \"" + name + "\"" }

// putTable makes a table, in the place of before if that is not nil, and what comes with it. held may be what its rows have reserved.
func (s *Session) putTable(ctx context.Context, key relationKey, before *relation, t *memory.Table, c func(*change), more ...*change) error {
	if before != nil && before.table != nil {
		if err := s.lock(ctx, before.table.Identity); err != nil {
			t.Memory.Release()
			return err
		}
		gone, err := s.ownedBy(key, before)
		if err != nil {
			return err
		}
		more = append(gone, more...)
	}
	made := newReplace(key, before, &relation{table: t})
	made.created = t.Identity
	if c != nil {
		c(made)
	}
	return s.change(append(more, made)...)
}

// ownedBy returns the changes that drop the sequences of a table's columns.
func (s *Session) ownedBy(key relationKey, r *relation) (changes []*change, err error) {
	st, err := s.state()
	if err != nil || r.table == nil {
		return nil, err
	}
	for own, q := range st.owned(key, r.table) {
		changes = append(changes, newReplace(own, q, nil))
	}
	return changes, nil
}

// column returns what CREATE TABLE says of a column.
func (s *Session) column(ctx context.Context, c *syntax.TableColumn) (memory.Column, error) {
	t, err := s.typeOf(c.Type)
	if err != nil {
		return memory.Column{}, err
	}
	col := memory.Column{Name: c.Name, Type: t, NotNull: c.NotNull, Default: c.DefaultText}
	if c.Default != nil {
		err = s.checkDefault(ctx, c.Default, col)
	}
	return col, err
}

func (s *Session) checkDefault(ctx context.Context, e syntax.Expr, c memory.Column) error {
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return err
	}
	return sql.CheckDefault(ctx, e, sql.TableColumn{Name: c.Name, Type: c.Type}, env)
}

// drop drops tables or views, all or none.
func (s *Session) drop(ctx context.Context, kind string, names []syntax.QualifiedName, ifExists, cascade bool) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	var keys []relationKey
	var missing []error
	for _, n := range names {
		x, err := s.namesIn(st).lookup(n)
		if err != nil {
			return err
		}
		switch r := x.relation; {
		case x.system != nil && kind == "table":
			return sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied: \"%s\" is a system catalog", n.Name)
		case x.entry != nil && kind == "table":
			return sqlstate.Unsupported("Remove the file itself.", "\"%s\" is a file or a folder, which is not dropped", n.Name)
		case r == nil:
			err := s.missingRelation(st, kind, n)
			if !ifExists {
				return err
			}
			missing = append(missing, err)
		case kind == "sequence" && r.sequence != nil && st.owner(x.key) != "":
			return sqlstate.New(sqlstate.DependentObjects, "cannot drop sequence %s because other objects depend on it", n.Name).
				WithDetail("default value for %s depends on sequence %s", st.owner(x.key), n.Name).WithHint("Drop the column, or its table.")
		case r.kind() != kind && !(kind == "foreign table" && r.external != nil):
			return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a %s", n.Name, kind).
				WithHint("Use DROP %s to remove a %s.", strings.ToUpper(r.kind()), r.kind())
		default:
			if err := s.mayWrite("DROP "+strings.ToUpper(kind), x.key.temporary()); err != nil {
				return err
			}
			keys = append(keys, x.key)
		}
	}
	for _, err := range missing {
		s.tell("NOTICE", "00000", "%v, skipping", err)
	}
	return s.dropAll(ctx, keys, cascade)
}

// missingRelation is the error of a statement about a relation that is not there, or whose schema is not.
func (s *Session) missingRelation(st state, kind string, n syntax.QualifiedName) error {
	if n.Schema == "" {
		return sqlstate.New(sqlstate.UndefinedTable, "%s \"%s\" does not exist", kind, n.Name)
	}
	if err := s.missingSchema(st, n.Schema); err != nil {
		return err
	}
	return sqlstate.New(sqlstate.UndefinedTable, "%s \"%s\" does not exist", kind, n.Name)
}

// missingSchema is the error of a schema that is not there; nil for one that is.
func (s *Session) missingSchema(st state, name string) error {
	if p, err := s.namesIn(st).schema(name); p != nil || err != nil || catalog.IsSystemSchema(name) {
		return nil
	}
	return sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", name)
}

// dropAll drops relations, and with cascade the views that use them.
func (s *Session) dropAll(ctx context.Context, keys []relationKey, cascade bool) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	changes, further, err := s.dropChanges(ctx, st, keys, cascade)
	if err != nil {
		return err
	}
	return s.changeCascading(changes, further)
}

// dropChanges returns the changes that drop relations, with what else is dropped with cascade.
func (s *Session) dropChanges(ctx context.Context, st state, keys []relationKey, cascade bool) (changes []*change, further []string, err error) {
	all := slices.Clone(keys)
	for i := 0; i < len(all); i++ {
		for _, d := range st.dependents(all[i]) {
			switch {
			case slices.Contains(all, d):
			case !cascade && !slices.Contains(keys, d):
				of := all[i]
				return nil, nil, sqlstate.New(sqlstate.DependentObjects, "cannot drop %s %s because other objects depend on it", st.get(of).kind(), of).
					WithDetail("view %s depends on %s %s", d, st.get(of).kind(), of).
					WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
			default:
				all = append(all, d)
				further = append(further, "view "+d.String())
			}
		}
	}
	done := map[relationKey]bool{}
	for _, k := range all {
		r := st.get(k)
		if done[k] {
			continue
		}
		done[k] = true
		if r.table != nil {
			if err := s.lock(ctx, r.table.Identity); err != nil {
				return nil, nil, err
			}
		}
		changes = append(changes, newReplace(k, r, nil))
		owned, err := s.ownedBy(k, r)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, owned...)
	}
	return changes, further, nil
}

// changeCascading makes changes that drop more than was named, and tells of that.
func (s *Session) changeCascading(changes []*change, further []string) error {
	if err := s.change(changes...); err != nil {
		return err
	}
	s.tellCascade(further)
	return nil
}

func (s *Session) tellCascade(further []string) {
	switch len(further) {
	case 0:
	case 1:
		s.tell("NOTICE", "00000", "drop cascades to %s", further[0])
	default:
		s.tellOf("NOTICE", sqlstate.New("00000", "drop cascades to %d other objects", len(further)).
			WithDetail("drop cascades to %s", strings.Join(further, "\ndrop cascades to ")))
	}
}

// dropTemporary drops what belongs to the session.
func (s *Session) dropTemporary() error {
	st, err := s.state()
	if err != nil {
		return err
	}
	var changes []*change
	for key, r := range st.temporary.byKey {
		changes = append(changes, newReplace(key, r, nil))
	}
	for key, u := range st.temporary.types {
		changes = append(changes, newTypeChange(key, u, nil, false))
	}
	return s.change(changes...)
}

func (s *Session) truncate(ctx context.Context, stmt *syntax.TruncateStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	var changes []*change
	for _, n := range stmt.Names {
		key, t, err := s.target(st, "truncate", "TRUNCATE TABLE", n)
		if err != nil {
			return err
		}
		if err := s.lock(ctx, t.Identity); err != nil {
			return err
		}
		changes = append(changes, newUpdate(key, t, nil, func(now *memory.Table) (*memory.Table, error) { return now.Empty(), nil }))
		if stmt.Restart {
			restarted, err := restartOwned(st, key, t)
			if err != nil {
				return err
			}
			changes = append(changes, restarted...)
		}
	}
	return s.change(changes...)
}

// target finds the table that a statement changes; verb is what it does to it.
func (s *Session) target(st state, verb, tag string, n syntax.QualifiedName) (relationKey, *memory.Table, error) {
	x, err := s.namesIn(st).lookup(n)
	switch r := x.relation; {
	case err != nil:
		return x.key, nil, err
	case r == nil || r.external != nil:
		return x.key, nil, noTarget(x, verb, n)
	case r.view != nil:
		return x.key, nil, sqlstate.Unsupported("Name the table that the view is of.", "cannot %s view \"%s\"", verb, n.Name).At(n.Pos)
	case r.sequence != nil:
		return x.key, nil, sqlstate.New(sqlstate.WrongObjectType, "cannot %s sequence \"%s\"", verb, n.Name).WithHint("Use setval().").At(n.Pos)
	}
	return x.key, x.relation.table, s.mayWrite(tag, x.key.temporary())
}

// noTarget is the error about a name that is not one of a table in memory, but what was found.
func noTarget(x meaning, verb string, n syntax.QualifiedName) error {
	const hint = "Files are not changed. Make a table of it: CREATE TABLE ... AS SELECT."
	switch {
	case x.entry != nil:
		return sqlstate.Unsupported(hint, "cannot %s \"%s\", which is a file or a folder", verb, n.Name).At(n.Pos)
	case x.relation != nil:
		return sqlstate.Unsupported(hint, "cannot %s \"%s\", which is an external table", verb, n.Name).At(n.Pos)
	case n.Schema != "" && n.Schema != sharedSchema && n.Schema != temporarySchema:
		return sqlstate.New(sqlstate.UndefinedTable, "relation \"%s.%s\" does not exist", n.Schema, n.Name).At(n.Pos)
	}
	return sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", n.Name).At(n.Pos)
}

// alterTable changes a table's name, or its columns.
func (s *Session) alterTable(ctx context.Context, stmt *syntax.AlterTableStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	x, err := s.namesIn(st).lookup(stmt.Name)
	if err != nil {
		return err
	}
	key, r := x.key, x.relation
	if r == nil {
		err := noTarget(x, "alter", stmt.Name)
		if stmt.IfExists && sqlstate.Of(err) == sqlstate.UndefinedTable {
			s.tell("NOTICE", "00000", "relation \"%s\" does not exist, skipping", stmt.Name.Name)
			return nil
		}
		return err
	}
	if stmt.View && r.view == nil {
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a view", stmt.Name.Name)
	}
	if err := s.mayWrite(stmt.Tag(), key.temporary()); err != nil {
		return err
	}
	if r.table != nil {
		if err := s.lock(ctx, r.table.Identity); err != nil {
			return err
		}
	}
	if a := stmt.Actions[0]; a.Kind == syntax.RenameTable {
		return s.renameRelation(st, key, a.NewName)
	}
	if r.sequence != nil {
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a table", stmt.Name.Name).WithHint("Use ALTER SEQUENCE.")
	}
	if r.external != nil {
		return sqlstate.Unsupported("Use CREATE OR REPLACE EXTERNAL TABLE.", "this form of ALTER TABLE is not supported for external tables").At(stmt.Name.Pos)
	}
	if r.table == nil {
		return sqlstate.Unsupported("Use CREATE OR REPLACE VIEW.", "this form of ALTER VIEW is not supported").At(stmt.Name.Pos)
	}
	return s.alterColumns(ctx, st, key, r.table, stmt.Actions)
}

// renameRelation gives a table or view another name. Views know what they use by name, so none must use it.
func (s *Session) renameRelation(st state, key relationKey, name syntax.Ident) error {
	if d := st.dependents(key); len(d) > 0 {
		return sqlstate.Unsupported("Drop the view first.", "cannot rename \"%s\", since view \"%s\" uses it", key.name, d[0].name)
	}
	to := relationKey{key.schema, name.Name}
	if _, _, err := s.place("ALTER TABLE", to, false, false); err != nil {
		return err
	}
	before := st.get(key)
	after := *before
	switch {
	case after.sequence != nil:
		return sqlstate.Unsupported("Make another sequence.", "renaming a sequence is not supported")
	case after.table != nil:
		after.table = after.table.Renamed(name.Name)
	case after.view != nil:
		v := *after.view
		v.Name.Table = name.Name
		after.view = &v
	}
	changes := []*change{newReplace(key, before, nil), newReplace(to, nil, &after)}
	return s.change(append(changes, st.of(key.temporary()).movedComments(key, to)...)...)
}

func (s *Session) alterColumns(ctx context.Context, st state, key relationKey, t *memory.Table, actions []*syntax.AlterAction) error {
	has := func(kinds ...syntax.AlterKind) bool {
		return slices.ContainsFunc(actions, func(a *syntax.AlterAction) bool { return slices.Contains(kinds, a.Kind) })
	}
	d := st.dependents(key)
	if len(d) > 0 && has(syntax.SetType) {
		return sqlstate.New(sqlstate.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
			WithDetail("view %s depends on table %s", d[0].name, key.name).WithHint("Drop the view first.")
	}
	if len(d) > 0 && has(syntax.DropColumn, syntax.RenameColumn) {
		return sqlstate.New(sqlstate.DependentObjects, "cannot alter table %s because other objects depend on it", key.name).
			WithDetail("view %s depends on table %s", d[0].name, key.name).WithHint("Drop the view first.")
	}
	changes, err := s.columnChanges(ctx, st, key, t, actions)
	if err != nil {
		return err
	}
	return s.change(changes...)
}

// columnChanges returns the changes of a table's columns and of what belongs to them.
func (s *Session) columnChanges(ctx context.Context, st state, key relationKey, t *memory.Table, actions []*syntax.AlterAction) ([]*change, error) {
	out := t
	var err error
	held := s.db.pool.Reserve(tableMemory(key.name))
	for rest := slices.SortedStableFunc(slices.Values(actions), func(a, b *syntax.AlterAction) int { return alterOrder(a) - alterOrder(b) }); len(rest) > 0; {
		n := 1
		if rest[0].Kind == syntax.SetType {
			for n < len(rest) && rest[n].Kind == syntax.SetType {
				n++
			}
			out, err = s.alterTypes(ctx, st, out, rest[:n], held)
		} else {
			out, err = s.alterColumn(ctx, st, key, out, rest[0], held)
		}
		if err != nil {
			held.Release()
			return nil, err
		}
		rest = rest[n:]
	}
	kept := map[string]bool{}
	for _, c := range out.Columns {
		kept[c.Sequence] = true
	}
	changes, err := s.ownedBy(key, &relation{table: t})
	if err != nil {
		held.Release()
		return nil, err
	}
	changes = slices.DeleteFunc(changes, func(c *change) bool { return kept[c.key.name] })
	c := newUpdate(key, t, held, func(now *memory.Table) (*memory.Table, error) {
		if now != t && now.Rows() != t.Rows() { // rows were added, which need no lock
			return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").WithHint("Run the transaction again.")
		}
		return out, nil
	})
	c.needs = typesOfColumns(out.Columns)
	return append(append(changes, c), st.of(key.temporary()).columnComments(key, actions)...), nil
}

// alterColumn makes one change of a table's columns.
func (s *Session) alterColumn(ctx context.Context, st state, key relationKey, t *memory.Table, a *syntax.AlterAction, held *mem.Reservation) (*memory.Table, error) {
	index := func(name string) int {
		return slices.IndexFunc(t.Columns, func(c memory.Column) bool { return c.Name == name })
	}
	switch a.Kind {
	case syntax.AddColumn:
		return s.addColumn(ctx, t, a, index(a.Add.Name) >= 0, held)
	case syntax.AddConstraint:
		return s.addConstraint(ctx, st, key, t, a.Constraint)
	case syntax.DropConstraint:
		return s.dropConstraint(t, a)
	}
	i := index(a.Column.Name)
	if i < 0 && a.IfExists {
		s.tell("NOTICE", "00000", "column \"%s\" of relation \"%s\" does not exist, skipping", a.Column.Name, t.Name)
		return t, nil
	}
	if i < 0 && a.Kind == syntax.RenameColumn {
		return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" does not exist", a.Column.Name)
	}
	if i < 0 {
		return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", a.Column.Name, t.Name)
	}
	columns := slices.Clone(t.Columns)
	c := &columns[i]
	switch a.Kind {
	case syntax.DropColumn:
		if len(columns) == 1 {
			return nil, sqlstate.Unsupported("Drop the table.", "tables without columns are not supported")
		}
		out, err := t.DropColumn(ctx, i, &s.db.tables, held)
		if err != nil {
			return nil, err
		}
		return out.WithConstraints(out.Keys, slices.DeleteFunc(slices.Clone(t.Checks), func(k memory.Check) bool { return slices.Contains(k.Columns, c.Name) })), nil
	case syntax.RenameColumn:
		if index(a.NewName.Name) >= 0 {
			return nil, duplicateColumn(a.NewName.Name, t.Name)
		}
		if k := slices.IndexFunc(t.Checks, func(k memory.Check) bool { return slices.Contains(k.Columns, c.Name) }); k >= 0 {
			return nil, sqlstate.Unsupported("Drop the constraint, and add it again.", "renaming column \"%s\", which constraint \"%s\" uses, is not supported", c.Name, t.Checks[k].Name)
		}
		c.Name = a.NewName.Name
	case syntax.SetNotNull:
		if t.HasNull(i) {
			return nil, sqlstate.New(sqlstate.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", c.Name, t.Name)
		}
		c.NotNull = true
	case syntax.DropNotNull:
		if c.Identity != memory.NoIdentity {
			return nil, sqlstate.New(sqlstate.SyntaxError, "column \"%s\" of relation \"%s\" is an identity column", c.Name, t.Name)
		}
		if slices.ContainsFunc(t.Keys, func(k *memory.Key) bool { return k.Primary && slices.Contains(k.Columns, i) }) {
			return nil, sqlstate.New("42P16", "column \"%s\" is in a primary key", c.Name)
		}
		c.NotNull = false
	case syntax.SetDefault:
		if c.Identity != memory.NoIdentity {
			return nil, sqlstate.New(sqlstate.SyntaxError, "column \"%s\" of relation \"%s\" is an identity column", c.Name, t.Name)
		}
		if a.Default != nil {
			if err := s.checkDefault(ctx, a.Default, *c); err != nil {
				return nil, err
			}
		}
		c.Default = a.Text
	}
	return t.WithColumns(columns), nil
}

func duplicateColumn(name, table string) error {
	return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists", name, table)
}

func (s *Session) addColumn(ctx context.Context, t *memory.Table, a *syntax.AlterAction, exists bool, held *mem.Reservation) (*memory.Table, error) {
	switch {
	case exists && a.NotExists:
		s.tell("NOTICE", sqlstate.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists, skipping", a.Add.Name, t.Name)
		return t, nil
	case exists:
		return nil, duplicateColumn(a.Add.Name, t.Name)
	}
	if a.Add.Serial || a.Add.Identity != syntax.NoIdentity || len(a.Add.Constraints) > 0 {
		return nil, sqlstate.Unsupported("Make a new table and INSERT ... SELECT into it.", "adding a column with a constraint, or one that numbers the rows, is not supported")
	}
	c, err := s.column(ctx, a.Add)
	if err != nil {
		return nil, err
	}
	value := vec.NewNull(c.Type, 1)
	if c.Default != "" || c.Type.HasDomain() {
		if value, err = s.defaultValue(ctx, c); err != nil {
			return nil, err
		}
	}
	if c.NotNull && value.IsNull(0) && t.Rows() > 0 {
		return nil, sqlstate.New(sqlstate.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", c.Name, t.Name)
	}
	return t.AddColumn(ctx, c, value, &s.db.tables, held)
}

// showTables lists the tables and views of the schemas in search_path by name.
func (s *Session) showTables(cols []Column) (*Rows, error) {
	st, err := s.state()
	if err != nil {
		return nil, err
	}
	var names []string
	c := s.namesIn(st)
	for _, schema := range c.schemas {
		p, err := c.schema(schema)
		if err != nil {
			return nil, err
		}
		if p == nil {
			continue
		}
		for key, r := range st.of(p.name == temporarySchema).byKey {
			if key.schema == p.name && r.sequence == nil {
				names = append(names, key.name)
			}
		}
		if !p.files {
			continue
		}
		entries, err := s.db.catalog.EntriesIn(p.folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return s.textRows("SHOW", cols, slices.Compact(names)), nil
}

var textType = types.Of(types.Text)
