package gsql

import (
	"maps"
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/memory"
)

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
		if !s.temporary.hasType(n) && !s.shared.hasType(n) {
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
		if r.types[key].isComposite() {
			out.comments = r.withoutComments([]relationKey{key}).comments
		}
		delete(out.types, key)
		if out.hasType(gone) { // under another name
			return &out
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
func (s *Session) isOwn(u *userType) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := u.typ.Def.Named
	return !s.temporary.hasType(n) && !s.db.shared.Load().hasType(n)
}

// hasType reports whether a type is there, under whatever name.
func (r *relations) hasType(n *types.Named) bool {
	for _, u := range r.types {
		if u.typ.Def.Named == n {
			return true
		}
	}
	return false
}
