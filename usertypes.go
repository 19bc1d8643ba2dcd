package gsql

import (
	"context"
	"maps"
	"slices"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
)

// Types that CREATE TYPE and CREATE DOMAIN make are in memory, as tables are, and in the same schemas. What a transaction has
// made of a type is in its state; others see it when the transaction commits, and so does what has values of the type, for
// which types.Named is how it is committed.

// userType is a type that a statement made, as a transaction sees it. It is immutable.
type userType struct {
	typ   types.Type
	state *types.NamedState
}

// isComposite reports whether it is a composite type.
func (u *userType) isComposite() bool { return u.typ.ID == types.Record && !u.typ.IsDomain() }

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
	return s.fnCtx(context.Background()).Objects.(*catalog.Snapshot).RowTypeByOID(oid)
}

// RowTypeOID returns the OID of the type of a table's rows, or of arrays of them; 0 for other types.
func (s *Session) RowTypeOID(t types.Type) uint32 {
	if t.ID != types.Record && (t.ID != types.Array || t.Elem != types.Record) || t.Def == nil || t.Def.Name == "" {
		return 0
	}
	return s.fnCtx(context.Background()).Objects.(*catalog.Snapshot).RowTypeOID(t)
}

// allTypes returns the types that statements made, with their places.
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
