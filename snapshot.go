package gsql

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// snapshot returns the catalog as a statement that begins now sees it.
func (s *Session) snapshot(ctx context.Context, settings *Settings, user, database string) *catalog.Snapshot {
	path, _ := settings.Get("search_path")
	pid := s.processID()
	return catalog.New(ctx, &source{s, settings}, catalog.Session{
		User: user, Database: database, PID: int64(pid), Started: s.db.opened, SearchPath: path, Setting: settings.Get,
		Set: s.setConfig, Sequences: sequences{s}, Cancel: func(pid int64, terminate bool) bool { return s.db.CancelBackend(int32(pid), terminate) },
		Peer: func() (string, int32) { return s.db.client(pid) },
	})
}

// processID is the number by which clients name the session; its own where no server has it.
func (s *Session) processID() int32 { return cmp.Or(s.Backend(), int32(s.id)) }

// client returns the address and port of the client of a connection, nothing for one of this machine.
func (db *DB) client(pid int32) (string, int32) {
	for _, a := range db.Activities() {
		if a.PID == pid && a.Client.IsValid() {
			return a.Client.Addr().String(), int32(a.Client.Port())
		}
	}
	return "", 0
}

// setConfig is set_config.
func (s *Session) setConfig(name, value string, local bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.settings.Set
	if local {
		if s.tx.status == Idle {
			_, err := checkSetting(name, value)
			return value, err
		}
		set = s.settings.SetLocal
	}
	if err := set(name, value); err != nil {
		return "", err
	}
	value, _ = s.settings.Get(name)
	return value, nil
}

// source is the database as the catalog shows it to a session.
type source struct {
	s        *Session
	settings *Settings
}

// Relations returns the tables in files, the session's and the DB's relations, and the tables that tell of the DB itself.
func (src *source) Relations(context.Context) ([]*catalog.Relation, error) {
	db := src.s.db
	entries, err := db.catalog.Entries()
	if err != nil {
		return nil, err
	}
	st, err := src.s.state()
	if err != nil {
		return nil, err
	}
	var list []*catalog.Relation
	for _, temporary := range []bool{true, false} {
		schema := map[bool]string{true: temporarySchema, false: sharedSchema}[temporary]
		for name, r := range st.of(temporary).byName {
			list = append(list, src.relation(schema, name, r))
		}
	}
	for _, e := range entries {
		list = append(list, &catalog.Relation{Schema: sharedSchema, Name: e.Name,
			Columns: func(ctx context.Context) (exec.Schema, error) {
				t, err := db.catalog.Open(ctx, e)
				if err != nil {
					return nil, err
				}
				return t.Schema(), nil
			},
			Size: func(context.Context) (int64, error) {
				n, _, err := db.catalog.Size(e)
				return n, err
			},
		})
	}
	for _, t := range systemTables {
		list = append(list, &catalog.Relation{Schema: "pg_catalog", Name: t.name,
			Columns: func(context.Context) (exec.Schema, error) { return t.columns, nil }})
	}
	return list, nil
}

// relation describes a view or a table in memory.
func (src *source) relation(schema, name string, r *relation) *catalog.Relation {
	c := &catalog.Relation{Schema: schema, Name: name, Temporary: schema == temporarySchema}
	if r.view != nil {
		c.View, c.Definition = true, r.view.Query
		c.Columns = func(ctx context.Context) (exec.Schema, error) { return src.s.columnsOf(ctx, r.view) }
		return c
	}
	if q := r.sequence; q != nil {
		c.Sequence = &catalog.Sequence{Type: q.typ, Start: q.start, Increment: q.step, Min: q.least, Max: q.largest, Cycle: q.cycle, Last: q.state}
		c.Columns = func(context.Context) (exec.Schema, error) { return sequenceColumns, nil }
		return c
	}
	c.Writable = true
	for _, k := range r.table.Keys {
		c.Keys = append(c.Keys, catalog.Key{Name: k.Name, Columns: k.Columns, Primary: k.Primary, NullsNotDistinct: k.NullsNotDistinct,
			Deferrable: k.Deferrable, Deferred: k.Deferred, Index: k.Index})
	}
	for _, k := range r.table.Checks {
		c.Checks = append(c.Checks, catalog.Check{Name: k.Name, Text: k.Text})
	}
	c.Columns = func(context.Context) (exec.Schema, error) { return r.table.Schema(), nil }
	c.Size = func(context.Context) (int64, error) { return r.table.Bytes(), nil }
	c.Rows = func() float64 { return float64(r.table.Rows()) }
	c.Details = slices.Collect(func(yield func(catalog.Detail) bool) {
		for _, col := range r.table.Columns {
			if !yield(detail(col)) {
				return
			}
		}
	})
	return c
}

func detail(c memory.Column) catalog.Detail {
	identity := map[memory.IdentityKind]string{memory.IdentityAlways: "a", memory.IdentityByDefault: "d"}[c.Identity]
	return catalog.Detail{NotNull: c.NotNull, Default: shownDefault(c), Sequence: c.Sequence, Identity: identity}
}

// shownDefault is a column's default as pg_get_expr shows it: its text, but for strings, which are constants of the column's
// type by then, and for NULL, which is no default.
func shownDefault(c memory.Column) string {
	for _, temporary := range []bool{true, false} {
		if c.Sequence != "" && c.Default == nextOf(relationKey{temporary, c.Sequence}) {
			return "nextval(" + quoteText(quoteName(c.Sequence)) + "::regclass)"
		}
	}
	e, err := syntax.ParseExpr(c.Default)
	if err != nil {
		return c.Default
	}
	switch e := e.(type) {
	case *syntax.Null:
		return ""
	case *syntax.String:
		name := c.Type.Base()
		if c.Type.ID == types.Char {
			name = "bpchar"
		}
		if c.Type.IsNumber() {
			return e.Value
		}
		return "'" + strings.ReplaceAll(e.Value, "'", "''") + "'::" + name
	}
	return c.Default
}

// columnsOf binds a view to know its columns.
func (s *Session) columnsOf(ctx context.Context, v *sql.View) (exec.Schema, error) {
	stmts, err := syntax.Parse(v.Query)
	if err != nil || len(stmts) != 1 {
		return nil, err
	}
	q, ok := stmts[0].(*syntax.SelectStmt)
	if !ok {
		return nil, nil
	}
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer env.Within(v.Path)()
	bound, err := sql.Bind(ctx, q.Query, env)
	if err != nil {
		return nil, err
	}
	columns, err := viewColumns(v, bound)
	var out exec.Schema
	for _, c := range columns {
		out = append(out, exec.Field{Name: c.Name, Type: c.Type})
	}
	return out, err
}

// Settings returns all parameters.
func (src *source) Settings() []catalog.Setting {
	var list []catalog.Setting
	for _, name := range src.settings.names() {
		list = append(list, src.settings.describe(name))
	}
	return list
}

// Activity returns what the connections of servers do, or the session that asks where it is none of them.
func (src *source) Activity() []catalog.Activity {
	var list []catalog.Activity
	own := src.s.processID()
	for _, a := range src.s.db.Activities() {
		c := catalog.Activity{PID: int64(a.PID), Database: a.Database, User: a.User, Application: a.Application, Started: a.Started,
			TransactionStarted: a.TransactionStarted, QueryStarted: a.QueryStarted, Changed: a.Changed, State: string(a.State), Query: a.Query}
		if a.Client.IsValid() {
			c.Client, c.Port = a.Client.Addr().String(), int32(a.Client.Port())
		}
		list = append(list, c)
	}
	if slices.ContainsFunc(list, func(a catalog.Activity) bool { return a.PID == int64(own) }) {
		return list
	}
	s := src.s
	s.mu.Lock()
	application, _ := s.settings.Get("application_name")
	a := catalog.Activity{PID: int64(own), Database: s.database, User: s.user, Application: application, State: string(ActivityActive)}
	s.mu.Unlock()
	if q, ok := s.Current(); ok {
		a.Query, a.QueryStarted, a.TransactionStarted, a.Changed = q.SQL, q.Start, q.Start, q.Start
	}
	return append(list, a)
}

// Prepared returns the session's prepared statements that have names.
func (src *source) Prepared() []catalog.Prepared {
	s := src.s
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []catalog.Prepared
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		p := s.named[name]
		list = append(list, catalog.Prepared{Name: name, Statement: p.statement(), Parameters: p.Params()})
	}
	return list
}

// Cursors returns the session's cursors.
func (src *source) Cursors() []catalog.Cursor {
	s := src.s
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []catalog.Cursor
	for _, name := range slices.Sorted(maps.Keys(s.cursors)) {
		c := s.cursors[name]
		list = append(list, catalog.Cursor{Name: name, Holdable: c.hold, Binary: c.binary, Scrollable: c.scroll})
	}
	return list
}
