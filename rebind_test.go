package gsql

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"gsql/exec/sqlstate"
)

// TestRefreshKeeps refreshes statements after another one has run, and compares what is bound anew with what must be.
func TestRefreshKeeps(t *testing.T) {
	for _, c := range []struct {
		query, then string
		keeps       bool
	}{
		{"SELECT 1", "", true},
		{"SELECT $1::int + 1", "", true},
		{"SELECT a FROM m WHERE a = $1", "", true},
		{"SELECT a FROM m JOIN m n USING (a)", "SET TimeZone = 'Asia/Tokyo'", true}, // nothing of it was looked at
		{"SELECT now()", "", true},                                                  // planning gives it its value
		{"SELECT a FROM v", "", true},
		{"SELECT relname FROM pg_class", "CREATE TEMP TABLE x (a int)", false},
		{"SELECT a FROM m", "INSERT INTO m VALUES (7)", false},
		{"SELECT a FROM m", "CREATE TEMP TABLE m (a int)", false},
		{"SELECT a FROM m", "SET search_path = pg_catalog, public", false},
		{"SELECT a FROM v", "CREATE OR REPLACE VIEW v AS SELECT a + 1 AS a FROM m", false},
		{"SELECT timestamptz '2020-01-01 00:00'", "SET TimeZone = 'Asia/Tokyo'", false},
		{"SELECT 'a' || $1", "SET TimeZone = 'Asia/Tokyo'", true},
		{"SELECT timestamp 'now'", "", false},
		{"SELECT 'm'::regclass", "", false},
		{"SELECT a FROM f", "", false},
		{"SELECT a FROM vf", "", false},
		{"SELECT * FROM read_csv('f.csv')", "", false},
		{"SELECT * FROM (SELECT a FROM m) s PIVOT (count(*) FOR a IN (1, 2))", "", false}, // constants in the text of names,
		{"PIVOT m ON a USING count(*)", "", false},
		{"INSERT INTO m VALUES (1)", "", false},
	} {
		s := refreshSession(t)
		ctx := context.Background()
		p, err := s.Prepare(ctx, c.query, nil)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if c.then != "" {
			if err := benchRun(s, c.then); err != nil {
				t.Fatalf("%s: %v", c.then, err)
			}
		}
		fresh, err := p.Refresh(ctx)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
		} else if (fresh == p) != c.keeps {
			t.Errorf("%s; %s: kept: %v, want %v", c.query, c.then, fresh == p, c.keeps)
		}
	}
}

// TestRefreshTells refreshes statements that may not run any more.
func TestRefreshTells(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		query, then string
		want        sqlstate.Code
	}{
		{"SELECT a FROM m", "DROP TABLE m CASCADE", sqlstate.UndefinedTable},
		{"SELECT * FROM m", "ALTER TABLE m ADD COLUMN b int", sqlstate.FeatureNotSupported},
		{"SELECT 1", "BEGIN", sqlstate.InFailedTransaction},
	} {
		s := refreshSession(t)
		p, err := s.Prepare(ctx, c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == sqlstate.InFailedTransaction {
			if err := benchRun(s, "BEGIN"); err != nil {
				t.Fatal(err)
			}
			s.Fail()
		} else if err := benchRun(s, c.then); err != nil {
			t.Fatalf("%s: %v", c.then, err)
		}
		if _, err := p.Refresh(ctx); sqlstate.Of(err) != c.want {
			t.Errorf("%s; %s: %v, want %s", c.query, c.then, err, c.want)
		}
	}
}

// refreshSession is a session of a database with a table m in memory, a file f, and views v and vf of them.
func refreshSession(t *testing.T) *Session {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f.csv"), []byte("a\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := db.Session()
	t.Cleanup(func() { s.Close() })
	for _, q := range []string{"CREATE TABLE m (a int)", "INSERT INTO m VALUES (1), (2)", "CREATE VIEW v AS SELECT a FROM m", "CREATE VIEW vf AS SELECT a FROM f"} {
		if err := benchRun(s, q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	return s
}
