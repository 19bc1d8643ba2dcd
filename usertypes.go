package gsql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// Types that CREATE TYPE and CREATE DOMAIN make are in memory, as tables are, and in the same schemas. What a transaction has
// made of a type is in its state; others see it when the transaction commits, and so does what has values of the type, for
// which types.Named is how it is committed.

// userType is a type that a statement made, as a transaction sees it. It is immutable.
type userType struct {
	typ   types.Type
	state *types.NamedState
}

// kind is the word of messages for the kind of a type.
func (u *userType) kind() string {
	switch {
	case u.typ.IsDomain():
		return "domain"
	case u.typ.ID == types.Record:
		return "composite type"
	}
	return "enumeration"
}

// userType finds a type that a statement made.
func (c *tables) userType(schema, name string) (types.Type, bool) {
	_, u := c.findType(schema, name)
	if u == nil {
		return types.Type{}, false
	}
	if n := u.typ.Def.Named; len(c.views) == 0 && !slices.Contains(c.usedTypes, n) {
		c.usedTypes = append(c.usedTypes, n)
	}
	return u.typ, true
}

// findType finds a type that a statement made, and its place; nil when there is none.
func (c *tables) findType(schema, name string) (relationKey, *userType) {
	schemas := []string{schema}
	if schema == "" {
		schemas = c.schemas
	}
	for _, s := range schemas {
		key := relationKey{s, name}
		if u := c.state.of(key.temporary()).types[key]; u != nil {
			return key, u
		}
	}
	return relationKey{}, nil
}

// typeOf returns the type that a type name of a statement stands for.
func (s *Session) typeOf(n *syntax.TypeName) (types.Type, error) {
	st, err := s.state()
	if err != nil {
		return types.Type{}, err
	}
	return sql.TypeOf(n, s.namesIn(st).userType)
}

// TypeByOID returns the type with an OID, one of those that statements made among them.
func (s *Session) TypeByOID(oid uint32) (types.Type, bool) {
	if t, ok := catalog.TypeByOID(oid); ok {
		return t, true
	}
	st, err := s.state()
	if err != nil {
		return types.Type{}, false
	}
	for _, u := range st.allTypes() {
		switch n := u.typ.Def.Named; {
		case n.OID == oid:
			return u.typ, true
		case n.Array == oid && u.typ.ID != types.Array:
			return types.ArrayOf(u.typ), true
		}
	}
	return types.Type{}, false
}

// allTypes yields the types that statements made, with their places.
func (s state) allTypes() map[relationKey]*userType {
	all := maps.Clone(s.shared.types)
	if all == nil {
		return s.temporary.types
	}
	maps.Copy(all, s.temporary.types)
	return all
}

// placeType checks whether a type can be made under a name, and returns the place.
func (s *Session) placeType(tag string, name syntax.QualifiedName) (key relationKey, st state, err error) {
	if st, err = s.state(); err != nil {
		return key, st, err
	}
	if key, err = s.newKey(st, name, false); err != nil {
		return key, st, err
	}
	return key, st, s.typeNameFree(tag, st, key)
}

// typeNameFree returns the error about a place that another type or a table has.
func (s *Session) typeNameFree(tag string, st state, key relationKey) error {
	exists := sqlstate.New(sqlstate.DuplicateObject, "type \"%s\" already exists", key.name)
	if st.of(key.temporary()).types[key] != nil {
		return exists
	}
	taken := st.get(key) != nil
	if !taken {
		var err error
		if taken, err = s.isFile(st, key); err != nil {
			return err
		}
	}
	if taken {
		return exists
	}
	return s.mayWrite(tag, key.temporary())
}

// newNamed returns a type of a name, with numbers that no other has.
func newNamed(st state, key relationKey, state *types.NamedState) *types.Named {
	taken := map[uint32]bool{}
	for _, u := range st.allTypes() {
		n := u.typ.Def.Named
		taken[n.OID], taken[n.Array], taken[n.Class] = true, true, true
	}
	n := types.NewNamed(state)
	n.OID, n.Array, n.Class = catalog.NewTypeOIDs(key.schema, key.name, taken)
	return n
}

// createType runs CREATE TYPE.
func (s *Session) createType(stmt *syntax.CreateTypeStmt) error {
	key, st, err := s.placeType(stmt.Tag(), stmt.Name)
	if err != nil {
		return err
	}
	state := &types.NamedState{Schema: key.schema, Name: key.name}
	named := newNamed(st, key, state)
	if stmt.Columns != nil {
		fields, err := s.attributes(stmt.Columns)
		if err != nil {
			return err
		}
		return s.change(newTypeChange(key, nil, &userType{types.CompositeOf(named, fields), state}, true))
	}
	if err := checkLabels(named, stmt.Labels); err != nil {
		return err
	}
	state.Labels = types.NewLabels(stmt.Labels)
	return s.change(newTypeChange(key, nil, &userType{types.EnumOf(named), state}, true))
}

// attributes returns the columns of a composite type.
func (s *Session) attributes(defs []syntax.ColumnDef) ([]types.Field, error) {
	fields := make([]types.Field, len(defs))
	for i, d := range defs {
		t, err := s.typeOf(d.Type)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(fields[:i], func(f types.Field) bool { return f.Name == d.Name }) {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", d.Name)
		}
		fields[i] = types.Field{Name: d.Name, Type: t}
	}
	return fields, nil
}

// checkLabels returns what is wrong with the labels of a new enumeration.
func checkLabels(n *types.Named, labels []string) error {
	if len(labels) > types.MaxLabels {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "an enumeration cannot have more than %d labels", types.MaxLabels)
	}
	seen := map[string]bool{}
	for _, l := range labels {
		if err := checkLabel(l); err != nil {
			return err
		}
		if seen[l] {
			return sqlstate.New(sqlstate.UniqueViolation, "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"").
				WithDetail("Key (enumtypid, enumlabel)=(%d, %s) already exists.", n.OID, l)
		}
		seen[l] = true
	}
	return nil
}

func checkLabel(label string) error {
	if len(label) > 63 {
		return sqlstate.New("42602", "invalid enum label \"%s\"", label).WithDetail("Labels must be 63 bytes or less.")
	}
	return nil
}

// newTypeChange returns the change that puts a type, or none, in the place of the one that is there. own says that nobody but
// the transaction knows the type, so that its values are what it is now at once.
func newTypeChange(key relationKey, before, after *userType, own bool) *change {
	c := &change{key: key, temporary: key.temporary(), typ: after}
	if after != nil {
		c.schema = key.schema
		c.needs = typesWithin(after.typ)
	}
	c.apply = func(r *relations) (*relations, error) {
		if now := r.types[key]; now != before {
			if before == nil {
				return nil, sqlstate.New(sqlstate.DuplicateObject, "type \"%s\" already exists", key.name)
			}
			return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
				WithDetail("Type \"%s\" was changed by another session.", key.name).WithHint("Run the transaction again.")
		}
		if after != nil && own {
			after.typ.Def.Named.Change(after.state)
		}
		return r.withType(key, after), nil
	}
	return c
}

// newTypeDrop returns the change that drops a type, one of some.
func newTypeDrop(key relationKey, u *userType, all []relationKey) *change {
	c := newTypeChange(key, u, nil, false)
	apply := c.apply
	c.apply = func(r *relations) (*relations, error) {
		if err := r.unusedType(u.typ.Def.Named, all); err != nil {
			return nil, err
		}
		return apply(r)
	}
	return c
}

// typesOfColumns returns the types of columns that statements made.
func typesOfColumns(columns []memory.Column) (list []*types.Named) {
	for _, c := range columns {
		list = append(list, typesIn(c.Type)...)
	}
	return list
}

// typesIn returns the types that statements made which a type is, or is an array of.
func typesIn(t types.Type) []*types.Named {
	if t.ID == types.Array && !t.IsDomain() {
		t = t.Element()
	}
	if n := t.Named(); n != nil {
		return []*types.Named{n}
	}
	return nil
}

// typesWithin returns the types that statements made of which a type that one made is.
func typesWithin(t types.Type) []*types.Named {
	list := typesIn(t.Def.Base)
	for _, f := range t.Def.Fields {
		list = append(list, typesIn(f.Type)...)
	}
	return list
}

// haveTypes returns the error about types one of which is not there any more.
func (s state) haveTypes(list []*types.Named) error {
	for _, n := range list {
		found := false
		for _, r := range []*relations{s.temporary, s.shared} {
			for _, u := range r.types {
				found = found || u.typ.Def.Named == n
			}
		}
		if !found {
			return sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
				WithDetail("Type \"%s\" was dropped by another session.", n.State().Name).WithHint("Run the transaction again.")
		}
	}
	return nil
}

// unusedType returns the error about a type that is to go together with others, of which somebody has made a table or a type
// meanwhile.
func (r *relations) unusedType(n *types.Named, others []relationKey) error {
	used := ""
	for key, rel := range r.byKey {
		if rel.table != nil && slices.Contains(typesOfColumns(rel.table.Columns), n) {
			used = "Table \"" + key.name
		}
	}
	for key, u := range r.types {
		if slices.Contains(typesWithin(u.typ), n) && !slices.Contains(others, key) {
			used = "Type \"" + key.name
		}
	}
	if used == "" {
		return nil
	}
	return sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
		WithDetail("%s\" was made of type \"%s\" by another session.", used, n.State().Name).WithHint("Run the transaction again.")
}

// withType returns the relations with another type at a place, or with none.
func (r *relations) withType(key relationKey, u *userType) *relations {
	out := *r
	out.types = maps.Clone(r.types)
	if u == nil {
		gone := r.types[key].typ.Def.Named
		delete(out.types, key)
		for _, u := range out.types { // it has another name now
			if u.typ.Def.Named == gone {
				return &out
			}
		}
		return out.withComment(commentKey{kind: "type", oid: gone.OID}, nil)
	}
	if out.types == nil {
		out.types = map[relationKey]*userType{}
	}
	out.types[key] = u
	return &out
}

// isOwn reports whether nobody but the session's transaction knows a type.
func (s *Session) isOwn(key relationKey, u *userType) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range []*relations{s.temporary, s.db.shared.Load()} {
		for _, other := range r.types {
			if other.typ.Def.Named == u.typ.Def.Named {
				return false
			}
		}
	}
	return true
}

// typeNamed finds the type that a statement changes.
func (s *Session) typeNamed(st state, n syntax.QualifiedName) (relationKey, *userType, error) {
	key, u := s.namesIn(st).findType(n.Schema, n.Name)
	if u != nil {
		return key, u, nil
	}
	name := n.Name
	if n.Schema != "" {
		name = n.Schema + "." + name
		if p, err := s.namesIn(st).schema(n.Schema); p == nil && err == nil && !catalog.IsSystemSchema(n.Schema) {
			return key, nil, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", n.Schema)
		}
	}
	if t, err := sql.TypeOf(&syntax.TypeName{Schema: n.Schema, Name: n.Name}, nil); err == nil {
		return key, nil, sqlstate.New(sqlstate.DependentObjects, "cannot drop type %s because it is required by the database system", t.Base())
	}
	if x, err := s.namesIn(st).lookup(n); err == nil && (x.entry != nil || x.relation != nil && x.relation.sequence == nil) {
		return key, nil, sqlstate.New(sqlstate.DependentObjects, "cannot drop type %s because table %s requires it", name, name).
			WithHint("You can drop table %s instead.", name)
	}
	return key, nil, sqlstate.New(sqlstate.UndefinedObject, "type \"%s\" does not exist", name)
}

// dropTypes runs DROP TYPE and DROP DOMAIN.
func (s *Session) dropTypes(ctx context.Context, stmt *syntax.DropTypeStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	var drop []relationKey
	for _, n := range stmt.Names {
		key, u, err := s.typeNamed(st, n)
		switch code := sqlstate.Of(err); {
		case stmt.IfExists && (code == sqlstate.UndefinedObject || code == sqlstate.InvalidSchemaName):
			s.tell("NOTICE", "00000", "%v, skipping", err)
			continue
		case err != nil:
			return err
		case stmt.Domain && !u.typ.IsDomain():
			return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a domain", n.Name)
		}
		if err := s.mayWrite(stmt.Tag(), key.temporary()); err != nil {
			return err
		}
		if !slices.Contains(drop, key) {
			drop = append(drop, key)
		}
	}
	changes, further, err := s.dropTypeChanges(ctx, st, drop, stmt.Cascade, nil)
	if err != nil {
		return err
	}
	if err := s.change(changes...); err != nil {
		return err
	}
	s.tellCascade(further)
	return nil
}

// dropTypeChanges returns the changes that drop types, with what else is dropped with cascade. gone are relations that are
// dropped anyway.
func (s *Session) dropTypeChanges(ctx context.Context, st state, drop []relationKey, cascade bool, gone []relationKey) (changes []*change, further []string, err error) {
	all := st.allTypes()
	var columns []typeUse
	var views []relationKey
	attributes := map[relationKey][]string{} // that go, of composite types
	for i := 0; i < len(drop); i++ {
		uses, err := s.usesOfType(ctx, st, all[drop[i]].typ.Def.Named)
		if err != nil {
			return nil, nil, err
		}
		uses = slices.DeleteFunc(uses, func(u typeUse) bool {
			if u.kind == useDomain || u.kind == useAttribute {
				return slices.Contains(drop, u.key)
			}
			return slices.Contains(gone, u.key) || slices.ContainsFunc(columns, u.same)
		})
		if len(uses) > 0 && !cascade {
			return nil, nil, dependsOnType(all[drop[i]], uses)
		}
		for _, u := range uses {
			if !slices.Contains(further, u.object) {
				further = append(further, u.object)
			}
			switch u.kind {
			case useView:
				views = append(views, u.key)
			case useDomain:
				drop = append(drop, u.key)
			case useColumn:
				columns = append(columns, u)
			case useAttribute:
				attributes[u.key] = append(attributes[u.key], u.name)
			default:
				return nil, nil, sqlstate.Unsupported("Drop it, or change it, first.", "dropping type %s together with %s is not supported", all[drop[i]].typ.Base(), u.object)
			}
		}
	}
	byTable := map[relationKey][]*syntax.AlterAction{}
	var tables []relationKey
	for _, c := range columns {
		if byTable[c.key] == nil {
			tables = append(tables, c.key)
		}
		byTable[c.key] = append(byTable[c.key], &syntax.AlterAction{Kind: syntax.DropColumn, Column: syntax.Ident{Name: c.name}})
	}
	for _, key := range tables {
		t := st.get(key).table
		if d := st.dependents(key); len(d) > 0 {
			return nil, nil, sqlstate.Unsupported("Drop the view first.", "dropping a column of table %s, which view %s uses, is not supported here", key, d[0])
		}
		if err := s.lock(ctx, t.Identity); err != nil {
			return nil, nil, err
		}
		more, err := s.columnChanges(ctx, st, key, t, byTable[key])
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, more...)
	}
	for key, names := range attributes {
		if slices.Contains(drop, key) {
			continue
		}
		c, err := s.withoutAttributes(ctx, st, key, all[key], names)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, c)
	}
	dropped, more, err := s.dropChanges(ctx, st, views, cascade)
	if err != nil {
		return nil, nil, err
	}
	changes, further = append(changes, dropped...), append(further, more...)
	for _, key := range drop {
		changes = append(changes, newTypeDrop(key, all[key], drop))
	}
	return changes, further, nil
}

// withoutAttributes returns the change that takes columns from a composite type, of which there must be no values.
func (s *Session) withoutAttributes(ctx context.Context, st state, key relationKey, u *userType, names []string) (*change, error) {
	uses, err := s.usesOfType(ctx, st, u.typ.Def.Named)
	if err != nil {
		return nil, err
	}
	fields := slices.DeleteFunc(slices.Clone(u.typ.Fields()), func(f types.Field) bool { return slices.Contains(names, f.Name) })
	if len(uses) > 0 || len(fields) == 0 {
		return nil, sqlstate.Unsupported("Drop the composite type first.", "dropping column %s of composite type %s together with its type is not supported", names[0], u.typ.Base())
	}
	return newTypeChange(key, u, &userType{types.CompositeOf(u.typ.Def.Named, fields), u.state}, s.isOwn(key, u)), nil
}

// typeUse is what depends on a type.
type typeUse struct {
	kind   typeUseKind
	key    relationKey // of the table, view or type
	name   string      // of the column
	object string      // as messages call it
	array  bool        // it is of an array of the type
}

func (u typeUse) same(o typeUse) bool { return u.key == o.key && u.name == o.name && u.kind == o.kind }

type typeUseKind uint8

const (
	useColumn typeUseKind = iota
	useDomain
	useAttribute
	useView
	useText // of a default or a check
)

// isOf reports whether a type is one that a statement made, or an array of it.
func isOf(t types.Type, n *types.Named) bool { return t.Named() == n || isArrayOf(t, n) }

func isArrayOf(t types.Type, n *types.Named) bool {
	return t.ID == types.Array && !t.IsDomain() && t.Element().Named() == n
}

// dependsOnType is the error about a type that something depends on.
func dependsOnType(u *userType, uses []typeUse) error {
	var details []string
	for _, use := range uses {
		of := u.typ.Base()
		if use.array {
			of += "[]"
		}
		details = append(details, use.object+" depends on type "+of)
	}
	return sqlstate.New(sqlstate.DependentObjects, "cannot drop type %s because other objects depend on it", u.typ.Base()).
		WithDetail("%s", strings.Join(details, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// usesOfType lists what depends on a type, in the order of names: columns of tables, other types, views, and expressions.
func (s *Session) usesOfType(ctx context.Context, st state, n *types.Named) (uses []typeUse, err error) {
	for key, u := range st.allTypes() {
		switch {
		case u.typ.Def.Named == n:
		case u.typ.IsDomain() && isOf(u.typ.Def.Base, n):
			uses = append(uses, typeUse{kind: useDomain, key: key, object: "type " + u.typ.Base(), array: isArrayOf(u.typ.Def.Base, n)})
		case !u.typ.IsDomain():
			for _, f := range u.typ.Fields() {
				if isOf(f.Type, n) {
					uses = append(uses, typeUse{useAttribute, key, f.Name, fmt.Sprintf("column %s of composite type %s", f.Name, u.typ.Base()), isArrayOf(f.Type, n)})
				}
			}
		}
	}
	for _, r := range []*relations{st.temporary, st.shared} {
		for key, rel := range r.byKey {
			if slices.Contains(rel.usesTypes, n) {
				uses = append(uses, typeUse{kind: useView, key: key, object: "view " + key.String()})
			}
			if rel.table == nil {
				continue
			}
			uses = append(uses, s.tableUses(ctx, key, rel.table, n)...)
		}
	}
	slices.SortFunc(uses, func(a, b typeUse) int { return strings.Compare(a.object, b.object) })
	return uses, nil
}

// tableUses lists what of a table depends on a type.
func (s *Session) tableUses(ctx context.Context, key relationKey, t *memory.Table, n *types.Named) (uses []typeUse) {
	for _, c := range t.Columns {
		if isOf(c.Type, n) {
			uses = append(uses, typeUse{useColumn, key, c.Name, fmt.Sprintf("column %s of table %s", c.Name, key), isArrayOf(c.Type, n)})
			continue
		}
		inDefault := s.textUses(ctx, c.Default, n, func(e syntax.Expr, env *sql.Env) error {
			return sql.CheckDefault(ctx, e, sql.TableColumn{Name: c.Name, Type: c.Type}, env)
		})
		if inDefault {
			uses = append(uses, typeUse{useText, key, c.Name, fmt.Sprintf("default value for column %s of table %s", c.Name, key), false})
		}
	}
	for _, k := range t.Checks {
		inCheck := s.textUses(ctx, k.Text, n, func(e syntax.Expr, env *sql.Env) error {
			_, err := sql.CheckConstraint(ctx, e, t.Name, writeTable(t).Columns, env)
			return err
		})
		if inCheck {
			uses = append(uses, typeUse{useText, key, k.Name, fmt.Sprintf("constraint %s on table %s", k.Name, key), false})
		}
	}
	return uses
}

// textUses reports whether an expression that is kept as text names a type; bind binds it.
func (s *Session) textUses(ctx context.Context, text string, n *types.Named, bind func(e syntax.Expr, env *sql.Env) error) bool {
	if !strings.Contains(text, n.State().Name) {
		return false
	}
	e, err := syntax.ParseExpr(text)
	if err != nil {
		return false
	}
	env, err := s.bindEnv(ctx, nil)
	if err != nil || bind(e, env) != nil {
		return false
	}
	return slices.Contains(env.Catalog.(*tables).usedTypes, n)
}
