package gsql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// StartupFile is the name of the file that RunStartup runs.
const StartupFile = "gsql.sql"

// RunStartup runs the statements of the file gsql.sql in the DB's folder, if there is one: the folder's views, external tables,
// tables in memory, schemas, comments and secrets, for all sessions. SET holds until the end of the file. Other statements are errors: whoever opens a folder does not expect it to write
// files. Errors say the file and the line.
func (db *DB) RunStartup(ctx context.Context) error {
	if db.cfg.Dir == "" {
		return nil
	}
	path := filepath.Join(db.cfg.Dir, StartupFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return sqlstate.New(sqlstate.IOError, "could not read \"%s\": %v", path, err)
	}
	text := strings.TrimPrefix(string(b), "\uFEFF")
	stmts, err := syntax.Parse(text)
	if err != nil {
		return inStartup(err, path, text, 0)
	}
	s := db.Session()
	defer s.Close()
	for _, stmt := range stmts {
		start, _ := stmt.Span()
		if err := s.runStartup(ctx, text, stmt); err != nil {
			return inStartup(err, path, text, start)
		}
	}
	return nil
}

func (s *Session) runStartup(ctx context.Context, text string, stmt syntax.Statement) error {
	switch stmt.(type) {
	case *syntax.CreateViewStmt, *syntax.DropViewStmt, *syntax.CreateTableStmt, *syntax.CreateTableAsStmt, *syntax.DropTableStmt, *syntax.CreateIndexStmt, *syntax.CreateSequenceStmt, *syntax.CreateTypeStmt, *syntax.CreateDomainStmt,
		*syntax.CreateExternalTableStmt, *syntax.CreateSchemaStmt, *syntax.CommentStmt, *syntax.CreateSecretStmt, *syntax.SetStmt, *syntax.NoopStmt:
	default:
		return sqlstate.Unsupported("It is for what a database has: CREATE VIEW, CREATE TABLE, CREATE EXTERNAL TABLE, CREATE TYPE, CREATE SCHEMA, CREATE SECRET and COMMENT ON.", "%s is not supported in %s", stmt.Tag(), StartupFile)
	}
	p, err := s.PrepareFixed(ctx, text, stmt, nil)
	if err != nil {
		return err
	}
	rows, err := p.Query(ctx, nil)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close(), s.EndImplicit())
}

// inStartup gives an error the place in the file, instead of that in a text which nobody has seen.
func inStartup(err error, path, text string, start int) error {
	var e *sqlstate.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	if c.Position > 0 {
		start = c.Position - 1
	}
	c.Position = 0
	c.Where = strings.TrimPrefix(fmt.Sprintf("%s\nfile \"%s\", line %d", c.Where, path, 1+strings.Count(text[:min(start, len(text))], "\n")), "\n")
	return &c
}
