package gsql

import (
	"context"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/sql"
	"gsql/sql/syntax"
)

func (s *Session) createView(ctx context.Context, stmt *syntax.CreateViewStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	key, err := s.newKey(st, stmt.Name, stmt.Temporary)
	if err != nil {
		return err
	}
	v := &sql.View{Name: exec.Name{Schema: key.schema, Table: key.name}, Query: stmt.Source}
	for _, c := range stmt.Columns {
		v.Columns = append(v.Columns, c.Name)
	}
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return err
	}
	env.FixedParams = true
	bound, err := sql.Bind(ctx, stmt.Query, env)
	if err != nil {
		return err
	}
	used := env.Catalog.(*tables).direct
	v.Path, v.Scope = env.Catalog.(*tables).schemas, &viewScope{used}
	for _, u := range used {
		// A view of temporary relations is temporary itself, as in PostgreSQL, which tells so.
		if u.temporary() && !key.temporary() {
			if stmt.Name.Schema != "" {
				return sqlstate.New(sqlstate.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema")
			}
			key.schema = temporarySchema
			s.tell("NOTICE", "00000", "view \"%s\" will be a temporary view", key.name)
		}
	}
	v.Name.Schema = key.schema
	columns, err := viewColumns(v, bound)
	if err != nil {
		return err
	}
	return s.putView(ctx, key, &relation{view: v, uses: used, usesTypes: env.Catalog.(*tables).usedTypes}, columns, stmt.OrReplace)
}

// viewColumns returns the columns of a view.
func viewColumns(v *sql.View, bound *sql.Bound) ([]sql.Column, error) {
	if len(v.Columns) > len(bound.Columns) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	seen := map[string]bool{}
	columns := append([]sql.Column(nil), bound.Columns...)
	for i := range columns {
		if i < len(v.Columns) {
			columns[i].Name = v.Columns[i]
		}
		if n := columns[i].Name; seen[n] {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", n)
		}
		seen[columns[i].Name] = true
	}
	return columns, nil
}

// putView makes a view, in the place of another with replace.
func (s *Session) putView(ctx context.Context, key relationKey, v *relation, columns []sql.Column, replace bool) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	before := st.get(key)
	switch {
	case before == nil:
	case !replace:
		return duplicateRelation(key.name)
	case before.view == nil:
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a view", key.name)
	default:
		if err := s.mayReplace(ctx, before.view, columns); err != nil {
			return err
		}
	}
	if err := s.mayWrite("CREATE VIEW", key.temporary()); err != nil {
		return err
	}
	return s.change(newReplace(key, before, v))
}

// mayReplace checks that a view keeps the names and types of its columns; it may get more of them. A view whose query
// does not work any more may become anything.
func (s *Session) mayReplace(ctx context.Context, before *sql.View, columns []sql.Column) error {
	stmts, err := syntax.Parse(before.Query)
	if err != nil {
		return nil
	}
	q, ok := stmts[0].(*syntax.SelectStmt)
	if !ok {
		return nil
	}
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return err
	}
	defer env.Within(before)()
	bound, err := sql.Bind(ctx, q.Query, env)
	if err != nil {
		return nil
	}
	old, err := viewColumns(before, bound)
	if err != nil {
		return nil
	}
	if len(columns) < len(old) {
		return sqlstate.New(sqlstate.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range old {
		switch {
		case columns[i].Name != c.Name:
			return sqlstate.New(sqlstate.InvalidTableDefinition, "cannot change name of view column \"%s\" to \"%s\"", c.Name, columns[i].Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		case columns[i].Type.Base() != c.Type.Base():
			return sqlstate.New(sqlstate.InvalidTableDefinition, "cannot change data type of view column \"%s\" from %s to %s", c.Name, c.Type, columns[i].Type)
		}
	}
	return nil
}
