package gsql

import (
	"context"
	"slices"
	"strings"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// alterOrder is the order in which the actions of one ALTER TABLE are done, as in PostgreSQL: columns go before others get
// another type, and what is added is added then.
func alterOrder(a *syntax.AlterAction) int {
	switch a.Kind {
	case syntax.DropColumn, syntax.DropConstraint, syntax.DropNotNull:
		return 0
	case syntax.SetDefault:
		if a.Default == nil {
			return 0
		}
	case syntax.SetType:
		return 1
	}
	return 2
}

// alterTypes gives columns other types. All values are computed from the rows as they are.
func (s *Session) alterTypes(ctx context.Context, st state, t *memory.Table, actions []*syntax.AlterAction, held *mem.Reservation) (*memory.Table, error) {
	columns := slices.Clone(t.Columns)
	var changes []sql.Retype
	for _, a := range actions {
		i := slices.IndexFunc(columns, func(c memory.Column) bool { return c.Name == a.Column.Name })
		switch {
		case i < 0:
			return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", a.Column.Name, t.Name)
		case slices.ContainsFunc(changes, func(c sql.Retype) bool { return c.Column == i }):
			return nil, sqlstate.New(sqlstate.FeatureNotSupported, "cannot alter type of column \"%s\" twice", a.Column.Name)
		}
		to, err := s.typeOf(a.Type)
		if err != nil {
			return nil, err
		}
		if c := &columns[i]; c.Identity != memory.NoIdentity && to != c.Type {
			if !to.IsInteger() {
				return nil, sqlstate.New(sqlstate.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
			}
			return nil, sqlstate.Unsupported("Make a new table and INSERT ... SELECT into it.", "changing the type of an identity column is not supported")
		}
		columns[i].Type = to
		changes = append(changes, sql.Retype{Column: i, Using: a.Using})
	}
	out, err := s.retyped(ctx, st, t, columns, changes, held)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := s.retypedDefault(ctx, &columns[c.Column], t.Columns[c.Column].Type); err != nil {
			return nil, err
		}
	}
	return out, s.recheck(ctx, out, changes)
}

// retypedDefault checks that the default of a column may be one of the type that the column has got, from another. It is still
// what it was: a literal has the type that it has been read for.
func (s *Session) retypedDefault(ctx context.Context, c *memory.Column, from types.Type) error {
	if c.Default == "" || c.Identity != memory.NoIdentity || c.Type == from {
		return nil
	}
	e, err := syntax.ParseExpr(c.Default)
	if err != nil {
		return err
	}
	if _, literal := e.(*syntax.String); literal {
		c.Default += "::" + from.String()
		if e, err = syntax.ParseExpr(c.Default); err != nil {
			return err
		}
	}
	if err = s.checkDefault(ctx, e, *c); sqlstate.Of(err) == sqlstate.DatatypeMismatch {
		return sqlstate.New(sqlstate.DatatypeMismatch, "default for column \"%s\" cannot be cast automatically to type %s", c.Name, c.Type.Base())
	}
	return err
}

// retyped computes the rows of a table with other types of columns.
func (s *Session) retyped(ctx context.Context, st state, t *memory.Table, columns []memory.Column, changes []sql.Retype, held *mem.Reservation) (*memory.Table, error) {
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return nil, err
	}
	env.Target = t
	p := &Prepared{s: s, stmt: &syntax.SelectStmt{}, state: st}
	if p.bound, err = sql.BindRetype(ctx, t.Name, tableColumns(columns), changes, env); err != nil {
		return nil, err
	}
	p.cols = p.boundColumns(p.bound)
	anything := slices.Clone(columns) // NULLs are looked for in the end
	for i := range anything {
		anything[i].NotNull = false
	}
	w := memory.NewWriter(&s.db.tables, t.Name, anything, held)
	defer w.Close()
	if err := p.each(ctx, nil, w.Add); err != nil {
		return nil, err
	}
	chunks, err := w.Chunks()
	if err != nil {
		return nil, err
	}
	return t.Empty().WithColumns(columns).Append(chunks...), nil
}

// recheck returns the error about the rows of a table whose columns have got other types, and about its constraints.
func (s *Session) recheck(ctx context.Context, t *memory.Table, changes []sql.Retype) error {
	for _, c := range changes {
		if t.Columns[c.Column].NotNull && t.HasNull(c.Column) {
			return sqlstate.New(sqlstate.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", t.Columns[c.Column].Name, t.Name)
		}
	}
	changed := func(i int) bool {
		return slices.ContainsFunc(changes, func(c sql.Retype) bool { return c.Column == i })
	}
	for _, k := range t.Keys {
		if !slices.ContainsFunc(k.Columns, changed) {
			continue
		}
		for _, i := range k.Columns {
			if !sql.HasOrder(t.Columns[i].Type) {
				return noOrder(t.Columns[i].Type)
			}
		}
		if err := mayHaveKey(ctx, t, k); err != nil {
			return err
		}
	}
	for _, check := range t.Checks {
		if !slices.ContainsFunc(changes, func(c sql.Retype) bool { return slices.Contains(check.Columns, t.Columns[c.Column].Name) }) {
			continue
		}
		if err := s.satisfied(ctx, check, t); err != nil {
			return err
		}
	}
	return nil
}

// noOrder is the error about a key with a column of a type without an order.
func noOrder(t types.Type) error {
	return sqlstate.New(sqlstate.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", t).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// mayHaveKey returns the error about rows of a table that a key does not allow.
func mayHaveKey(ctx context.Context, t *memory.Table, k *memory.Key) error {
	err := t.WithConstraints([]*memory.Key{k}, nil).Check(ctx, nil, k.Deferred)
	if e, ok := err.(*sqlstate.Error); ok && e.Code == sqlstate.UniqueViolation {
		detail := strings.Replace(e.Detail, " already exists.", " is duplicated.", 1)
		return sqlstate.New(e.Code, "could not create unique index \"%s\"", k.Name).WithDetail("%s", detail)
	}
	return err
}
