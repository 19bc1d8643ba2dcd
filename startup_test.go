package gsql_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// TestStartup opens folders with a file gsql.sql.
func TestStartup(t *testing.T) {
	for _, c := range []struct{ script, query, want string }{
		{"", "SELECT count(*) FROM a", "2"},
		{"-- the folder's views\nCREATE VIEW big AS SELECT * FROM a WHERE n > 1;\nCREATE TABLE t AS SELECT sum(n) AS s FROM a;", "SELECT n, s FROM big, t", "2|3"},
		{"CREATE SECRET (TYPE s3, REGION 'x');", "SELECT count(*) FROM a", "2"},
		{"CREATE VIEW v AS SELECT 1;\n\nCREATE VIEW w AS SELECT * FROM nothing;", "", "!42P01 gsql.sql\", line 3"},
		{"CREATE VIEW v AS\nSELEC 1", "", "!42601 gsql.sql\", line 2"},
		{"CREATE VIEW v AS SELECT 1;\nCOPY (SELECT 1) TO 'x.csv'", "", "!0A000 gsql.sql\", line 2"},
		{"CREATE EXTERNAL TABLE x (n text NOT NULL COMMENT 'a number') STORED AS CSV LOCATION 'a.csv' COMMENT 'a table';\nCREATE SCHEMA s;\nCOMMENT ON SCHEMA s IS 'a schema';\n" +
			"CREATE TABLE s.t (b int);\nCREATE VIEW s.v AS SELECT n FROM x;\nCOMMENT ON COLUMN s.v.n IS 'of a view';\nDROP TABLE s.t;",
			"SELECT max(n), obj_description('x'::regclass), col_description('x'::regclass, 1), obj_description('s'::regnamespace, 'pg_namespace'), col_description('s.v'::regclass, 1) FROM s.v",
			"2|a table|a number|a schema|of a view"},
		{"CREATE TYPE e AS ENUM ('x', 'y');\nCREATE DOMAIN d AS int CHECK (VALUE > 0);\nCREATE TABLE t (e e DEFAULT 'y', d d DEFAULT 3);", "SELECT enum_first(null::e), max(n)::d FROM a", "x|2"},
		{"CREATE EXTERNAL TABLE x (n date)\n  LOCATION 'nothing.csv';", "", "!58P01 gsql.sql\", line 1"},
		{"CREATE EXTERNAL TABLE x\n  STORED AS ORC\n  LOCATION 'a.csv';", "", "!0A000 gsql.sql\", line 2"},
		{"-- one\nCOMMENT ON TABLE nothing IS 'x'", "", "!42P01 gsql.sql\", line 2"},
		{"CREATE SCHEMA s;\nCREATE SCHEMA s", "", "!42P06 gsql.sql\", line 2"},
		{"INSERT INTO a VALUES (1)", "", "!0A000 gsql.sql\", line 1"},
	} {
		dir := t.TempDir()
		files := map[string]string{"a.csv": "n\n1\n2\n"}
		if c.script != "" {
			files[gsql.StartupFile] = c.script
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db := openDB(t, gsql.Config{Dir: dir, AllowWrite: true})
		err := db.RunStartup(context.Background())
		if code, where, bad := strings.Cut(strings.TrimPrefix(c.want, "!"), " "); strings.HasPrefix(c.want, "!") && bad {
			var e *sqlstate.Error
			if !errors.As(err, &e) || string(e.Code) != code || !strings.Contains(e.Where, where) {
				t.Errorf("%s: %v, want %s", c.script, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.script, err)
			continue
		}
		if got, err := textOf(db, c.query); err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", c.query, got, err, c.want)
		}
	}
}
