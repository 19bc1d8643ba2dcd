package gsql

import (
	"context"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
)

// command runs a statement that is no query.
func (s *Session) command(ctx context.Context, p *Prepared) (*Rows, error) {
	done := func() *Rows { return &Rows{tag: p.stmt.Tag(), ctx: ctx} }
	switch stmt := p.stmt.(type) {
	case *syntax.EmptyStmt, *syntax.NoopStmt, *syntax.SavepointStmt, *syntax.ReleaseStmt:
		return done(), nil
	case *syntax.UnsupportedStmt:
		return nil, stmt.Err
	case *syntax.CreateViewStmt:
		return done(), s.createView(ctx, stmt)
	case *syntax.DropViewStmt:
		return done(), s.dropViews(stmt)
	case *syntax.SetStmt:
		return done(), s.set(stmt)
	case *syntax.ResetStmt:
		return done(), s.reset(stmt)
	case *syntax.ShowStmt:
		return s.show(stmt, p.cols)
	case *syntax.DiscardStmt:
		s.discard(stmt)
		return done(), nil
	case *syntax.BeginStmt, *syntax.CommitStmt, *syntax.RollbackStmt, *syntax.RollbackToStmt, *syntax.SetTransactionStmt:
		return &Rows{tag: s.transaction(stmt), ctx: ctx}, nil
	}
	return nil, sqlstate.Unsupported("", "%s is not supported", p.stmt.Tag())
}

func (s *Session) createView(ctx context.Context, stmt *syntax.CreateViewStmt) error {
	name := exec.Name{Schema: stmt.Name.Schema, Table: stmt.Name.Name}
	v := &sql.View{Name: name, Query: stmt.Source}
	for _, c := range stmt.Columns {
		v.Columns = append(v.Columns, c.Name)
	}
	bound, err := sql.Bind(ctx, stmt.Query, s.bindEnv(ctx, nil))
	if err != nil {
		return err
	}
	if len(v.Columns) > len(bound.Columns) {
		return sqlstate.New(sqlstate.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	if len(bound.Params) > 0 {
		return sqlstate.New(sqlstate.UndefinedParameter, "there is no parameter $1")
	}
	seen := map[string]bool{}
	for i, c := range bound.Columns {
		n := c.Name
		if i < len(v.Columns) {
			n = v.Columns[i]
		}
		if seen[n] {
			return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", n)
		}
		seen[n] = true
	}
	key := viewKey(name)
	if stmt.Temporary {
		s.mu.Lock()
		defer s.mu.Unlock()
		return putView(s.views, key, v, stmt.OrReplace)
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	return putView(s.db.views, key, v, stmt.OrReplace)
}

func putView(views map[exec.Name]*sql.View, key exec.Name, v *sql.View, replace bool) error {
	if _, ok := views[key]; ok && !replace {
		return sqlstate.New(sqlstate.DuplicateTable, "relation \"%s\" already exists", key.Table)
	}
	views[key] = v
	return nil
}

func (s *Session) dropViews(stmt *syntax.DropViewStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	for _, n := range stmt.Names {
		key := viewKey(exec.Name{Schema: n.Schema, Table: n.Name})
		switch {
		case s.views[key] != nil:
			delete(s.views, key)
		case s.db.views[key] != nil:
			delete(s.db.views, key)
		case !stmt.IfExists:
			return sqlstate.New(sqlstate.UndefinedTable, "view \"%s\" does not exist", n.Name)
		}
	}
	return nil
}

func (s *Session) set(stmt *syntax.SetStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt.Default {
		return s.settings.Reset(stmt.Name)
	}
	var parts []string
	for _, v := range stmt.Values {
		parts = append(parts, v.Text)
	}
	return s.settings.Set(stmt.Name, strings.Join(parts, ", "))
}

func (s *Session) reset(stmt *syntax.ResetStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.Reset(stmt.Name)
}

func (s *Session) discard(stmt *syntax.DiscardStmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt.What == "all" || stmt.What == "temp" {
		clear(s.views)
	}
	if stmt.What == "all" {
		_ = s.settings.Reset("all") // cannot fail
	}
}

// showColumns checks the name and returns the result's columns.
func (s *Session) showColumns(stmt *syntax.ShowStmt) ([]Column, error) {
	t := types.Of(types.Text)
	if stmt.Name == "all" {
		return []Column{{"name", t}, {"setting", t}, {"description", t}}, nil
	}
	if _, ok := s.Setting(stmt.Name); !ok {
		return nil, unknownSetting(stmt.Name)
	}
	return []Column{{canonicalName(stmt.Name), t}}, nil
}

func (s *Session) show(stmt *syntax.ShowStmt, cols []Column) (*Rows, error) {
	var values []string
	if stmt.Name == "all" {
		for _, n := range s.settings.names() {
			v, _ := s.Setting(n)
			values = append(values, n, v, "")
		}
	} else {
		v, _ := s.Setting(stmt.Name)
		values = []string{v}
	}
	return s.textRows("SHOW", cols, values), nil
}

// transaction keeps the state that clients see and returns the command's tag.
func (s *Session) transaction(stmt syntax.Statement) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	tag := stmt.Tag()
	switch stmt.(type) {
	case *syntax.BeginStmt:
		if s.tx == Idle {
			s.tx, s.before = InTransaction, s.settings.clone()
		}
	case *syntax.CommitStmt:
		if s.tx == Failed {
			tag = "ROLLBACK"
			s.settings = s.before
		}
		s.tx = Idle
	case *syntax.RollbackStmt:
		if s.tx != Idle {
			s.settings = s.before
		}
		s.tx = Idle
	case *syntax.RollbackToStmt:
		if s.tx == Failed {
			s.tx = InTransaction
		}
	}
	return tag
}
