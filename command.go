package gsql

import (
	"context"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// command runs a statement that is no query.
func (s *Session) command(ctx context.Context, p *Prepared) (*Rows, error) {
	defer s.unlockOutside()
	done := func(err error) (*Rows, error) {
		if err != nil {
			return nil, err
		}
		return &Rows{tag: p.stmt.Tag(), ctx: ctx}, nil
	}
	switch stmt := p.stmt.(type) {
	case *syntax.EmptyStmt:
		return done(nil)
	case *syntax.NoopStmt:
		return done(s.noop(stmt))
	case *syntax.PrepareStmt:
		return done(s.prepareNamed(ctx, p.text, stmt))
	case *syntax.DeallocateStmt:
		return done(s.deallocate(stmt))
	case *syntax.UnsupportedStmt:
		return nil, stmt.Err
	case *syntax.CreateViewStmt:
		return done(s.createView(ctx, stmt))
	case *syntax.DropViewStmt:
		return done(s.drop(ctx, "view", stmt.Names, stmt.IfExists, stmt.Cascade))
	case *syntax.DropTableStmt:
		kind := "table"
		if stmt.Kind != "" {
			kind = "foreign table"
		}
		return done(s.drop(ctx, kind, stmt.Names, stmt.IfExists, stmt.Cascade))
	case *syntax.CreateSequenceStmt:
		return done(s.createSequence(stmt))
	case *syntax.AlterSequenceStmt:
		return done(s.alterSequence(stmt))
	case *syntax.DropSequenceStmt:
		return done(s.drop(ctx, "sequence", stmt.Names, stmt.IfExists, stmt.Cascade))
	case *syntax.CreateTypeStmt:
		return done(s.createType(stmt))
	case *syntax.CreateDomainStmt:
		return done(s.createDomain(ctx, stmt))
	case *syntax.DropTypeStmt:
		return done(s.dropTypes(ctx, stmt))
	case *syntax.AlterTypeStmt:
		return done(s.alterType(ctx, stmt))
	case *syntax.CreateIndexStmt:
		return done(s.createIndex(ctx, stmt))
	case *syntax.DropIndexStmt:
		return done(s.dropIndexes(ctx, stmt))
	case *syntax.CreateExternalTableStmt:
		return done(s.createExternal(ctx, stmt))
	case *syntax.CreateSchemaStmt:
		return done(s.createSchema(stmt))
	case *syntax.DropSchemaStmt:
		return done(s.dropSchema(ctx, stmt))
	case *syntax.CommentStmt:
		return done(s.comment(ctx, stmt))
	case *syntax.CreateTableStmt:
		return done(s.createTable(ctx, stmt))
	case *syntax.AlterTableStmt:
		return done(s.alterTable(ctx, stmt))
	case *syntax.TruncateStmt:
		return done(s.truncate(ctx, stmt))
	case *syntax.ShowTablesStmt:
		return s.showTables(p.cols)
	case *syntax.ShowCreateStmt:
		return s.showCreate(ctx, stmt, p.cols)
	case *syntax.SetStmt:
		return done(s.set(stmt))
	case *syntax.ResetStmt:
		return done(s.reset(stmt))
	case *syntax.ShowStmt:
		return s.show(stmt, p.cols)
	case *syntax.CloseStmt:
		return done(s.closeCursor(stmt))
	case *syntax.CreateSecretStmt:
		return done(s.createSecret(stmt))
	case *syntax.DropSecretStmt:
		return done(s.dropSecret(stmt))
	case *syntax.DiscardStmt:
		return done(s.discard(stmt))
	case *syntax.ListenStmt:
		return done(s.listen(stmt.Channel))
	case *syntax.UnlistenStmt:
		return done(s.unlisten(stmt))
	case *syntax.NotifyStmt:
		return done(s.notifyNow(stmt.Channel, stmt.Payload))
	}
	if tag, ok, err := s.transaction(p.stmt); err != nil {
		return nil, err
	} else if ok {
		return &Rows{tag: tag, ctx: ctx}, nil
	}
	return nil, sqlstate.Unsupported("", "%s is not supported", p.stmt.Tag())
}

func (s *Session) set(stmt *syntax.SetStmt) error {
	value, err := setValue(stmt)
	if err != nil {
		return err
	}
	s.mu.Lock()
	switch local := stmt.Local && s.tx.status != Idle; {
	case stmt.Local && !local:
		_, err = s.settings.checked(stmt.Name, value)
		defer s.tell("WARNING", sqlstate.NoActiveTransaction, "SET LOCAL can only be used in transaction blocks")
	case stmt.Default && local:
		s.settings.endLocal(stmt.Name)
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
	if stmt.What == "all" && s.Status() != Idle {
		return sqlstate.New(sqlstate.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
	}
	if stmt.What == "all" {
		s.closeCursors(func(*Cursor) bool { return true })
	}
	if stmt.What == "all" || stmt.What == "temp" {
		if err := s.dropTemporary(); err != nil {
			return err
		}
	}
	if stmt.What == "all" {
		s.db.channels.leave(s)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt.What == "all" || stmt.What == "sequences" {
		s.given = given{}
	}
	if stmt.What == "all" {
		clear(s.named)
		_ = s.settings.Reset("all") // cannot fail
	}
	return nil
}

// showColumns checks the name and returns the result's columns.
func (s *Session) showColumns(stmt *syntax.ShowStmt) ([]Column, error) {
	t := types.Of(types.Text)
	if stmt.Name == "all" {
		return []Column{{Name: "name", Type: t}, {Name: "setting", Type: t}, {Name: "description", Type: t}}, nil
	}
	if _, ok := s.Setting(stmt.Name); !ok {
		return nil, unknownSetting(stmt.Name)
	}
	return []Column{{Name: canonicalName(stmt.Name), Type: t}}, nil
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
