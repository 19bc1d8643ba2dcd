package gsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// TestIsolation runs the statements of two sessions in turns. Each case is a list of statements with the session's letter in
// front; what a query returns, or the code of an error, stands behind =>.
func TestIsolation(t *testing.T) {
	for _, c := range []struct{ name, steps string }{
		{"read committed sees what others commit", `
			a BEGIN
			a SELECT count(*) FROM t => 2
			b INSERT INTO t VALUES (3)
			a SELECT count(*) FROM t => 3
			a COMMIT`},
		{"repeatable read does not", `
			a BEGIN ISOLATION LEVEL REPEATABLE READ
			b INSERT INTO t VALUES (3)
			a SELECT count(*) FROM t => 3
			b INSERT INTO t VALUES (4)
			b CREATE TABLE u (x int)
			a SELECT count(*) FROM t => 3
			a SELECT count(*) FROM u => 42P01
			a ROLLBACK
			a SELECT count(*) FROM t => 4
			a SELECT count(*) FROM u => 0`},
		{"types are there for others when they are committed", `
			a BEGIN
			a CREATE TYPE e AS ENUM ('x')
			a SELECT 'x'::e => x
			b SELECT 'x'::e => 42704
			a ALTER TYPE e ADD VALUE 'w' BEFORE 'x'
			a SELECT enum_first(null::e) => w
			a COMMIT
			b SELECT 'w'::e => w`},
		{"so are their labels", `
			a CREATE TYPE e AS ENUM ('x')
			a CREATE TABLE u (e e DEFAULT 'x')
			a INSERT INTO u DEFAULT VALUES
			a BEGIN
			a ALTER TYPE e RENAME VALUE 'x' TO 'z'
			a ALTER TYPE e ADD VALUE 'y'
			a SELECT max(enumlabel::text) FROM pg_enum => z
			b SELECT e FROM u => x
			b SELECT 'y'::e => 22P02
			a ROLLBACK
			a SELECT e FROM u => x
			a ALTER TYPE e RENAME VALUE 'x' TO 'z'
			b SELECT e FROM u => z
			b SELECT 'x'::e => 22P02`},
		{"a type is made once, and changed by one at a time", `
			a BEGIN
			b BEGIN
			a CREATE TYPE e AS ENUM ('x')
			b CREATE TYPE e AS ENUM ('y')
			a COMMIT
			b COMMIT => 42710
			a BEGIN
			b BEGIN
			a ALTER TYPE e ADD VALUE 'y'
			b ALTER TYPE e ADD VALUE 'z'
			b COMMIT
			a COMMIT => 40001
			a SELECT enum_last(null::e) => z`},
		{"a type of which others make a table is not dropped", `
			a CREATE TYPE e AS ENUM ('x')
			a BEGIN
			b BEGIN
			a CREATE TABLE u (e e)
			b DROP TYPE e
			a COMMIT
			b COMMIT => 40001
			b SELECT count(e) FROM u => 0
			a BEGIN
			a DROP TABLE u
			a DROP TYPE e
			b CREATE TABLE v (e e)
			a COMMIT => 40001
			b BEGIN
			b ALTER TABLE t ADD COLUMN e e
			a DROP TABLE v
			a DROP TABLE u
			a DROP TYPE e
			b COMMIT => 40001`},
		{"the rules of a domain are those that are committed", `
			a CREATE DOMAIN d AS int CHECK (VALUE > 0)
			b SELECT (-1)::d => 23514
			a BEGIN
			a ALTER DOMAIN d DROP CONSTRAINT d_check => 0A000
			a ROLLBACK
			a ALTER DOMAIN d DROP CONSTRAINT d_check
			b SELECT (-1)::d => -1`},
		{"its own changes it does see", `
			a BEGIN ISOLATION LEVEL REPEATABLE READ
			a INSERT INTO t VALUES (3)
			b INSERT INTO t VALUES (10)
			a SELECT sum(a) FROM t => 6
			a COMMIT
			a SELECT sum(a) FROM t => 16`},
		{"rows that another one has changed cannot be changed", `
			a BEGIN ISOLATION LEVEL REPEATABLE READ
			a SELECT sum(a) FROM t => 3
			b UPDATE t SET a = a + 1
			a UPDATE t SET a = a * 10
			a COMMIT => 40001
			a SELECT sum(a) FROM t => 5`},
		{"a table that is gone is there still", `
			a BEGIN ISOLATION LEVEL REPEATABLE READ
			a SELECT sum(a) FROM t => 3
			b DROP TABLE t
			a SELECT sum(a) FROM t => 3
			a COMMIT
			a SELECT sum(a) FROM t => 42P01`},
		{"of two that insert a key the later one fails", `
			a CREATE TABLE k (x int PRIMARY KEY)
			a BEGIN
			b BEGIN
			a INSERT INTO k VALUES (1)
			b INSERT INTO k VALUES (2), (1)
			b SELECT count(*) FROM k => 2
			a COMMIT
			b COMMIT => 23505
			b SELECT count(*) FROM k => 1
			b INSERT INTO k VALUES (1) => 23505`},
		{"so it does where it has not seen the other one", `
			a CREATE TABLE k (x int PRIMARY KEY)
			b BEGIN ISOLATION LEVEL REPEATABLE READ
			b SELECT count(*) FROM k => 0
			a INSERT INTO k VALUES (1)
			b INSERT INTO k VALUES (1)
			b COMMIT => 23505`},
		{"what is in conflict in a transaction is changed in it", `
			a CREATE TABLE k (x int PRIMARY KEY, n int)
			a INSERT INTO k VALUES (1, 1)
			a BEGIN
			a INSERT INTO k VALUES (1, 5), (2, 6) ON CONFLICT (x) DO UPDATE SET n = k.n + excluded.n
			a INSERT INTO k VALUES (1, 5), (2, 6) ON CONFLICT (x) DO UPDATE SET n = k.n + excluded.n
			a SELECT sum(n) FROM k WHERE x = 1 => 11
			a SELECT sum(n) FROM k WHERE x = 2 => 12
			b SELECT sum(n) FROM k => 1
			a ROLLBACK
			a SELECT sum(n) FROM k => 1`},
		{"a constraint holds for statements from before it", `
			a CREATE TABLE k (x int)
			a PREPARE ins AS INSERT INTO k VALUES ($1)
			a EXECUTE ins(1)
			b ALTER TABLE k ADD CHECK (x < 5)
			b ALTER TABLE k ADD UNIQUE (x)
			a EXECUTE ins(9) => 23514
			a EXECUTE ins(1) => 23505
			a EXECUTE ins(2)`},
		{"serializable fails when what it has read has changed", `
			a BEGIN ISOLATION LEVEL SERIALIZABLE
			b BEGIN ISOLATION LEVEL SERIALIZABLE
			a INSERT INTO t SELECT sum(a) FROM t
			b INSERT INTO t SELECT sum(a) FROM t
			a COMMIT
			b COMMIT => 40001
			b SELECT sum(a) FROM t => 6`},
		{"also by a statement that was prepared before, and by a view", `
			a CREATE VIEW v AS SELECT sum(a) AS s FROM t
			a PREPARE p AS SELECT s FROM v
			a BEGIN ISOLATION LEVEL SERIALIZABLE
			a EXECUTE p => 3
			a CREATE TEMP TABLE mine AS SELECT 1 AS x
			b DELETE FROM t
			a COMMIT => 40001`},
		{"an update reads its table", `
			a BEGIN ISOLATION LEVEL SERIALIZABLE
			a UPDATE t SET a = 0 WHERE a = 1
			b INSERT INTO t VALUES (1)
			a COMMIT => 40001`},
		{"what it only adds to it has not read", `
			a BEGIN ISOLATION LEVEL SERIALIZABLE
			a INSERT INTO t VALUES (7)
			b INSERT INTO t VALUES (1)
			a COMMIT
			a SELECT sum(a) FROM t => 11`},
		{"reading alone does not fail", `
			a BEGIN ISOLATION LEVEL SERIALIZABLE
			a SELECT sum(a) FROM t => 3
			b DELETE FROM t
			a SELECT sum(a) FROM t => 3
			a COMMIT
			a SELECT count(*) FROM t => 0`},
		{"each transaction begins anew", `
			a BEGIN ISOLATION LEVEL REPEATABLE READ
			a SELECT count(*) FROM t => 2
			a COMMIT AND CHAIN
			b DELETE FROM t
			a SELECT count(*) FROM t => 0
			a SHOW transaction_isolation => repeatable read
			a COMMIT
			a SHOW transaction_isolation => read committed`},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := gsql.Open(gsql.Config{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			sessions := map[string]*gsql.Session{"a": db.Session(), "b": db.Session()}
			for _, s := range sessions {
				defer s.Close()
			}
			steps := "b CREATE TABLE t AS SELECT * FROM (VALUES (1), (2)) v (a)\n" + strings.TrimSpace(c.steps)
			for line := range strings.Lines(steps) {
				who, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				statement, want, _ := strings.Cut(rest, " => ")
				if got := firstValue(sessions[who], statement); got != want {
					t.Fatalf("%s: got %q", strings.TrimSpace(line), got)
				}
			}
		})
	}
}

// firstValue runs a statement and returns the first value of its result, or the code of its error.
func firstValue(s *gsql.Session, statement string) string {
	rows, err := s.Query(context.Background(), statement)
	if err == nil {
		defer rows.Close()
		var v any
		if rows.Next() {
			err = rows.Scan(&v)
		}
		if err == nil {
			err = rows.Err()
		}
		if err == nil && v != nil {
			return fmt.Sprint(v)
		}
	}
	if err != nil {
		return string(sqlstate.Of(err))
	}
	return ""
}

// TestDriverIsolation begins transactions of all levels by database/sql.
func TestDriverIsolation(t *testing.T) {
	db, err := sql.Open("gsql", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for level, want := range map[sql.IsolationLevel]string{sql.LevelDefault: "read committed", sql.LevelReadUncommitted: "read uncommitted", sql.LevelReadCommitted: "read committed",
		sql.LevelRepeatableRead: "repeatable read", sql.LevelSnapshot: "repeatable read", sql.LevelSerializable: "serializable"} {
		tx, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: level, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		var got, readOnly string
		if err := tx.QueryRow("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')").Scan(&got, &readOnly); err != nil || got != want || readOnly != "on" {
			t.Errorf("%s: %s, %s, %v", level, got, readOnly, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelLinearizable}); sqlstate.Of(err) != sqlstate.FeatureNotSupported {
		t.Error(err)
	}
}
