package gsql

import (
	"context"
	"strconv"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
)

// command runs a statement that is no query.
func (s *Session) command(ctx context.Context, p *Prepared) (*Rows, error) {
	done := func(err error) (*Rows, error) {
		if err != nil {
			return nil, err
		}
		return &Rows{tag: p.stmt.Tag(), ctx: ctx}, nil
	}
	switch stmt := p.stmt.(type) {
	case *syntax.EmptyStmt, *syntax.NoopStmt:
		return done(nil)
	case *syntax.UnsupportedStmt:
		return nil, stmt.Err
	case *syntax.CreateViewStmt:
		return done(s.createView(ctx, stmt))
	case *syntax.DropViewStmt:
		return done(s.dropViews(stmt))
	case *syntax.SetStmt:
		return done(s.set(stmt))
	case *syntax.ResetStmt:
		return done(s.reset(stmt))
	case *syntax.ShowStmt:
		return s.show(stmt, p.cols)
	case *syntax.DiscardStmt:
		return done(s.discard(stmt))
	}
	if tag, ok, err := s.transaction(p.stmt); err != nil {
		return nil, err
	} else if ok {
		return &Rows{tag: tag, ctx: ctx}, nil
	}
	return nil, sqlstate.Unsupported("", "%s is not supported", p.stmt.Tag())
}

func (s *Session) createView(ctx context.Context, stmt *syntax.CreateViewStmt) error {
	name := exec.Name{Schema: stmt.Name.Schema, Table: stmt.Name.Name}
	v := &sql.View{Name: name, Query: stmt.Source}
	for _, c := range stmt.Columns {
		v.Columns = append(v.Columns, c.Name)
	}
	env := s.bindEnv(ctx, nil)
	env.FixedParams = true
	bound, err := sql.Bind(ctx, stmt.Query, env)
	if err != nil {
		return err
	}
	if len(v.Columns) > len(bound.Columns) {
		return sqlstate.New(sqlstate.SyntaxError, "CREATE VIEW specifies more column names than columns")
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	views := s.db.views
	if stmt.Temporary {
		views = s.views
	}
	key := viewKey(name)
	if views[key] != nil && !stmt.OrReplace {
		return sqlstate.New(sqlstate.DuplicateTable, "relation \"%s\" already exists", key.Table)
	}
	s.putView(views, key, v)
	return nil
}

// putView sets a view, or drops it with nil, and remembers how to undo that. Both locks are held.
func (s *Session) putView(views map[exec.Name]*sql.View, key exec.Name, v *sql.View) {
	before := views[key]
	set := func(v *sql.View) {
		if v == nil {
			delete(views, key)
		} else {
			views[key] = v
		}
	}
	set(v)
	s.tx.remember(func() {
		s.db.mu.Lock()
		defer s.db.mu.Unlock()
		if views[key] == v { // else another session has changed it since
			set(before)
		}
	})
}

func (s *Session) dropViews(stmt *syntax.DropViewStmt) error {
	missing, err := s.dropKnownViews(stmt)
	for _, n := range missing {
		s.tell("NOTICE", "00000", "view \"%s\" does not exist, skipping", n)
	}
	return err
}

// dropKnownViews drops all views or none, and returns those that need not exist and do not.
func (s *Session) dropKnownViews(stmt *syntax.DropViewStmt) (missing []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	type place struct {
		views map[exec.Name]*sql.View
		key   exec.Name
	}
	var found []place
	for _, n := range stmt.Names {
		key := viewKey(exec.Name{Schema: n.Schema, Table: n.Name})
		switch {
		case s.views[key] != nil:
			found = append(found, place{s.views, key})
		case s.db.views[key] != nil:
			found = append(found, place{s.db.views, key})
		case stmt.IfExists:
			missing = append(missing, n.Name)
		default:
			return nil, sqlstate.New(sqlstate.UndefinedTable, "view \"%s\" does not exist", n.Name)
		}
	}
	for _, f := range found {
		s.putView(f.views, f.key, nil)
	}
	return missing, nil
}

func (s *Session) set(stmt *syntax.SetStmt) error {
	value, err := setValue(stmt)
	if err != nil {
		return err
	}
	s.mu.Lock()
	switch local := stmt.Local && s.tx.status != Idle; {
	case stmt.Local && !local:
		_, err = checkSetting(stmt.Name, value)
		defer s.tell("WARNING", sqlstate.NoActiveTransaction, "SET LOCAL can only be used in transaction blocks")
	case stmt.Default && local:
		delete(s.settings.local, strings.ToLower(stmt.Name))
	case stmt.Default:
		err = s.settings.Reset(stmt.Name)
	case local:
		err = s.settings.SetLocal(stmt.Name, value)
	default:
		err = s.settings.Set(stmt.Name, value)
	}
	s.mu.Unlock()
	return err
}

// setValue returns what SET sets as one text.
func setValue(stmt *syntax.SetStmt) (string, error) {
	d := settingsByName[strings.ToLower(stmt.Name)]
	if len(stmt.Values) > 1 && d != nil && !d.list {
		return "", sqlstate.New(sqlstate.InvalidParameterValue, "SET %s takes only one argument", stmt.Name)
	}
	var parts []string
	for _, v := range stmt.Values {
		part := v.Text
		switch {
		case v.Interval:
			hours, err := intervalHours(v.Text)
			if err != nil {
				return "", err
			}
			part = hours
		case d != nil && d.name == "search_path":
			part = quoteName(part)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", "), nil
}

// intervalHours returns the hours of an interval, the form in which TimeZone takes a number.
func intervalHours(s string) (string, error) {
	x, err := text.ParseInterval([]byte(s))
	if err != nil {
		return "", err
	}
	if x.Months != 0 || x.Days != 0 {
		return "", invalidSetting("TimeZone", s)
	}
	return strconv.FormatFloat(float64(x.Micros)/float64(text.Hour), 'g', -1, 64), nil
}

// quoteName puts a name into double quotes where SQL needs them.
func quoteName(s string) string {
	plain := s != "" && (s[0] < '0' || s[0] > '9')
	for _, c := range []byte(s) {
		plain = plain && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_')
	}
	if plain {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func (s *Session) reset(stmt *syntax.ResetStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.Reset(stmt.Name)
}

func (s *Session) discard(stmt *syntax.DiscardStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt.What == "all" && s.tx.status != Idle {
		return sqlstate.New(sqlstate.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
	}
	if stmt.What == "all" || stmt.What == "temp" {
		clear(s.views)
	}
	if stmt.What == "all" {
		_ = s.settings.Reset("all") // cannot fail
	}
	return nil
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
