package gsql

import (
	"context"
	"slices"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// createIndex runs CREATE UNIQUE INDEX, which adds a key to a table in memory.
func (s *Session) createIndex(ctx context.Context, stmt *syntax.CreateIndexStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	key, t, err := s.target(st, "index", stmt.Tag(), stmt.Table)
	if err != nil {
		return err
	}
	if stmt.IfNotExists && slices.ContainsFunc(t.Keys, func(k *memory.Key) bool { return k.Name == stmt.Key.Name }) {
		s.tell("NOTICE", sqlstate.DuplicateTable, "relation \"%s\" already exists, skipping", stmt.Key.Name)
		return nil
	}
	if err := s.lock(ctx, t.Identity); err != nil {
		return err
	}
	defer s.unlockOutside()
	return s.alterColumns(ctx, st, key, t, []*syntax.AlterAction{{Kind: syntax.AddConstraint, Constraint: &stmt.Key}})
}

// dropIndexes runs DROP INDEX. A name that is none of a unique index may be one of an index that CREATE INDEX has passed over.
func (s *Session) dropIndexes(ctx context.Context, stmt *syntax.DropIndexStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	defer s.unlockOutside()
	for _, n := range stmt.Names {
		key, t, k := st.index(n.Name)
		switch {
		case k == nil:
			s.tell("NOTICE", "00000", "there is no unique index \"%s\", and there are no others", n.Name)
			continue
		case !k.Index:
			return sqlstate.New(sqlstate.DependentObjects, "cannot drop index %s because constraint %s on table %s requires it", k.Name, k.Name, t.Name).
				WithHint("You can drop constraint %s on table %s instead.", k.Name, t.Name)
		}
		if err := s.mayWrite(stmt.Tag(), key.temporary); err != nil {
			return err
		}
		if err := s.lock(ctx, t.Identity); err != nil {
			return err
		}
		drop := []*syntax.AlterAction{{Kind: syntax.DropConstraint, Column: syntax.Ident{Name: k.Name}}}
		if err := s.alterColumns(ctx, st, key, t, drop); err != nil {
			return err
		}
	}
	return nil
}

// index finds a key by its name; temporary tables come first.
func (s state) index(name string) (relationKey, *memory.Table, *memory.Key) {
	for _, temporary := range []bool{true, false} {
		for table, r := range s.of(temporary).byName {
			if r.table == nil {
				continue
			}
			for _, k := range r.table.Keys {
				if k.Name == name {
					return relationKey{temporary, table}, r.table, k
				}
			}
		}
	}
	return relationKey{}, nil, nil
}
