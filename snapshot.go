package gsql

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage"
	"gsql/storage/memory"
)

// snapshot returns the catalog as a statement that begins now sees it.
func (s *Session) snapshot(ctx context.Context, settings *Settings, user, database string) *catalog.Snapshot {
	return catalog.New(ctx, &source{s: s, settings: settings}, catalog.Session{User: user, Database: database, PID: int64(s.processID()),
		Started: s.db.opened, SearchPath: settings.derive().path, Sequences: sequences{s}})
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

// source is the database as the catalog shows it to a session.
type source struct {
	s        *Session
	settings *Settings

	listing sync.Once
	listed  []storage.SchemaEntries
	failed  error
}

// folders returns the folders that are schemas.
func (src *source) folders() ([]storage.SchemaEntries, error) {
	src.listing.Do(func() { src.listed, src.failed = src.s.db.catalog.Schemas() })
	return src.listed, src.failed
}

// Notify, Channels and QueueUsage are about notifications.
func (src *source) Notify(channel, payload string) error { return src.s.notify(channel, payload) }
func (src *source) Channels() []string                   { return src.s.db.channels.of(src.s) }
func (src *source) QueueUsage() float64                  { return src.s.db.channels.usage() }

// Peer returns the address and port of the session's client.
func (src *source) Peer() (string, int32) { return src.s.db.client(src.s.processID()) }

// Cancel ends the query of a connection, or the connection.
func (src *source) Cancel(pid int64, terminate bool) bool {
	return src.s.db.CancelBackend(int32(pid), terminate)
}

// Set is set_config.
func (src *source) Set(name, value string, local bool) (string, error) {
	s := src.s
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.settings.Set
	if local {
		if s.tx.status == Idle {
			_, err := s.settings.checked(name, value)
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

// Relations returns the tables in files, the session's and the DB's relations, and the tables that tell of the DB itself.
func (src *source) Relations(context.Context) ([]*catalog.Relation, error) {
	entries, err := src.s.db.catalog.Entries()
	if err != nil {
		return nil, err
	}
	st, err := src.s.state()
	if err != nil {
		return nil, err
	}
	folders, err := src.folders()
	if err != nil {
		return nil, err
	}
	folders = src.used(st, folders)
	var list []*catalog.Relation
	for _, temporary := range []bool{true, false} {
		for key, r := range st.of(temporary).byKey {
			list = append(list, src.relation(key, r))
		}
	}
	for key, u := range st.allTypes() {
		if u.isComposite() {
			list = append(list, compositeRelation(key, u))
		}
	}
	for _, e := range entries {
		list = append(list, src.fileRelation(sharedSchema, e))
	}
	for _, s := range folders {
		for _, e := range s.Entries {
			list = append(list, src.fileRelation(s.Name, e))
		}
	}
	for _, t := range systemTables {
		list = append(list, &catalog.Relation{Schema: "pg_catalog", Name: t.name,
			Columns: func(context.Context) (exec.Schema, error) { return t.columns, nil }})
	}
	src.describe(st, list)
	return list, nil
}

// compositeRelation describes a composite type.
func compositeRelation(key relationKey, u *userType) *catalog.Relation {
	return &catalog.Relation{Schema: key.schema, Name: key.name, Temporary: key.temporary(), Composite: u.typ.Def.Named,
		Columns: func(context.Context) (out exec.Schema, err error) {
			for _, f := range u.typ.Fields() {
				out = append(out, exec.Field{Name: f.Name, Type: f.Type})
			}
			return out, nil
		}}
}

// used adds the folders that have a relation or a comment as schemas to those that are listed by themselves.
func (src *source) used(st state, folders []storage.SchemaEntries) []storage.SchemaEntries {
	names := map[string]bool{}
	for key := range st.shared.byKey {
		names[key.schema] = true
	}
	for key := range st.shared.comments {
		names[key.of.schema] = true
	}
	for _, s := range folders {
		delete(names, s.Name)
	}
	out := slices.Clone(folders)
	for name := range names {
		files := src.s.db.catalog
		if folder, ok, err := files.Schema(name); ok && err == nil && folder == name && name != "" {
			if entries, err := files.EntriesIn(name); err == nil {
				out = append(out, storage.SchemaEntries{Name: name, Entries: entries[:min(len(entries), storage.MaxSchemaNames)]})
			}
		}
	}
	return out
}

// fileRelation describes a table in files.
func (src *source) fileRelation(schema string, e storage.Entry) *catalog.Relation {
	db := src.s.db
	return &catalog.Relation{Schema: schema, Name: e.Name,
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
	}
}

// describe gives relations their comments.
func (src *source) describe(st state, list []*catalog.Relation) {
	columns := map[relationKey]map[string]string{}
	for _, temporary := range []bool{true, false} {
		for key, text := range st.of(temporary).comments {
			if key.kind != "column" {
				continue
			}
			if columns[key.of] == nil {
				columns[key.of] = map[string]string{}
			}
			columns[key.of][key.column] = text
		}
	}
	for _, r := range list {
		key := relationKey{r.Schema, r.Name}
		r.Comment = st.of(key.temporary()).comments[commentKey{kind: "relation", of: key}]
		r.ColumnComments = columns[key]
		for i := range r.Keys {
			of := relationKey{r.Schema, r.Keys[i].Name}
			r.Keys[i].Comment = st.of(key.temporary()).comments[commentKey{kind: "relation", of: of}]
		}
	}
}

// Types returns the types that statements made.
func (src *source) Types() []*catalog.UserType {
	st, err := src.s.state()
	if err != nil {
		return nil
	}
	var list []*catalog.UserType
	for _, u := range st.allTypes() {
		x := &catalog.UserType{Type: u.typ, State: u.state}
		if u.state.Default != "" {
			shown := *u.state
			shown.Default = shownDefault(relationKey{}, memory.Column{Type: u.typ.Def.Base, Default: u.state.Default})
			x.State = &shown
		}
		list = append(list, x)
	}
	return list
}

// Schemas returns those that were made, and the folders that are some.
func (src *source) Schemas() []string {
	var list []string
	if st, err := src.s.state(); err == nil {
		list = slices.Collect(maps.Keys(st.shared.schemas))
	}
	folders, _ := src.folders() // Relations has told of an error
	for _, s := range folders {
		list = append(list, s.Name)
	}
	return list
}

// Comments returns the comments on what is no relation.
func (src *source) Comments() []catalog.Comment {
	st, err := src.s.state()
	if err != nil {
		return nil
	}
	var list []catalog.Comment
	for key, text := range st.shared.comments {
		if class, ok := commentClasses[key.kind]; ok {
			list = append(list, catalog.Comment{Class: class, OID: key.oid, Schema: key.of.schema, Text: text})
		}
	}
	return list
}

// relation describes a view, a table in memory or an external table.
func (src *source) relation(key relationKey, r *relation) *catalog.Relation {
	c := &catalog.Relation{Schema: key.schema, Name: key.name, Temporary: key.temporary()}
	if r.external != nil {
		src.externalRelation(c, r.external)
		return c
	}
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
			if !yield(detail(key, col)) {
				return
			}
		}
	})
	return c
}

func detail(table relationKey, c memory.Column) catalog.Detail {
	identity := map[memory.IdentityKind]string{memory.IdentityAlways: "a", memory.IdentityByDefault: "d"}[c.Identity]
	return catalog.Detail{NotNull: c.NotNull, Default: shownDefault(table, c), Sequence: c.Sequence, Identity: identity}
}

// shownDefault is a column's default as pg_get_expr shows it: its text, but for strings, which are constants of the column's
// type by then, and for NULL, which is no default.
func shownDefault(table relationKey, c memory.Column) string {
	if own := (relationKey{table.schema, c.Sequence}); c.Sequence != "" && c.Default == nextOf(own) {
		return "nextval(" + quoteText(quoteKey(own)) + "::regclass)"
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
	defer env.Within(v)()
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
	a := catalog.Activity{PID: int64(own), Database: s.database, User: s.user, Application: s.settings.derive().application, State: string(ActivityActive)}
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
