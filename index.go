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
		key, t, k, err := s.namesIn(st).index(n)
		if err != nil {
			return err
		}
		switch {
		case k == nil:
			s.tell("NOTICE", "00000", "there is no unique index \"%s\", and there are no others", n.Name)
			continue
		case !k.Index:
			return sqlstate.New(sqlstate.DependentObjects, "cannot drop index %s because constraint %s on table %s requires it", k.Name, k.Name, t.Name).
				WithHint("You can drop constraint %s on table %s instead.", k.Name, t.Name)
		}
		if err := s.mayWrite(stmt.Tag(), key.temporary()); err != nil {
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

// index finds a key by its name, which is in the schema of its table.
func (c *tables) index(n syntax.QualifiedName) (relationKey, *memory.Table, *memory.Key, error) {
	schemas := []string{n.Schema}
	if n.Schema == "" {
		schemas = c.schemas
	}
	for _, s := range schemas {
		p, err := c.schema(s)
		if err != nil {
			return relationKey{}, nil, nil, err
		}
		if p == nil {
			continue
		}
		for key, r := range c.state.of(p.name == temporarySchema).byKey {
			if r.table == nil || key.schema != p.name {
				continue
			}
			if i := slices.IndexFunc(r.table.Keys, func(k *memory.Key) bool { return k.Name == n.Name }); i >= 0 {
				return key, r.table, r.table.Keys[i], nil
			}
		}
	}
	return relationKey{}, nil, nil, nil
}
