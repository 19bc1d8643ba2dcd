package gsql_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gsql"
)

// folderOf makes a folder with files; those whose names end in a slash are empty folders.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		made := path
		if !strings.HasSuffix(name, "/") {
			made = filepath.Dir(path)
		}
		if err := os.MkdirAll(made, 0o755); err != nil {
			t.Fatal(err)
		}
		if made == filepath.Clean(path) {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestExternalConversions reads columns of Parquet files as other types, and fails for values that would not be the same.
func TestExternalConversions(t *testing.T) {
	dir := t.TempDir()
	for _, s := range []setup{{}, {Config: gsql.Config{Partitions: 3, BatchRows: 1}}, {Config: gsql.Config{NoOptimizer: true}}} {
		s.Dir, s.AllowWrite = dir, true
		db := s.open(t)
		c := newClient(t, db)
		c.want(`COPY (SELECT i::int AS i, i::bigint * 1000000 AS big, i + 0.5::float8 AS half, i::float8 AS whole, i::numeric(6,2) / 4 AS n, 'text ' || i AS s,
			timestamp '2024-01-01' + i * interval '1 day' AS day, timestamp '2024-01-01 12:00' AS noon, NULLIF(i, 2) AS nulls, i % 2 = 0 AS even
			FROM generate_series(1, 4) AS i) TO 'all.parquet' (OVERWRITE)`, "COPY 4")
		for _, x := range []struct{ column, typ, want string }{
			{"i", "bigint", "1 2 3 4"}, {"i", "smallint", "1 2 3 4"}, {"i", "double precision", "1 2 3 4"}, {"i", "text", "1 2 3 4"}, {"i", "numeric(3,1)", "1.0 2.0 3.0 4.0"},
			{"big", "integer", "1000000 2000000 3000000 4000000"}, {"big", "smallint", "22003"}, {"big", "double precision", "1000000 2000000 3000000 4000000"},
			{"half", "integer", "22003"}, {"whole", "integer", "1 2 3 4"}, {"half", "numeric(5,1)", "1.5 2.5 3.5 4.5"}, {"half", "numeric(5,0)", "22003"},
			{"n", "numeric", "?"}, {"s", "varchar(6)", "text 1 text 2 text 3 text 4"}, {"s", "varchar(5)", "22001"}, {"s", "integer", "22P02"},
			{"day", "date", "2024-01-02 2024-01-03 2024-01-04 2024-01-05"}, {"noon", "date", "22003"}, {"day", "text", "?"}, {"nulls", "bigint", "1 3 4 NULL"},
			{"nulls", "bigint NOT NULL", "23502"}, {"i", "bigint NOT NULL", "1 2 3 4"}, {"even", "integer", "0 0 1 1"}, {"i", "boolean", "22003"}, {"i", "date", "42804"},
			{"s", "integer[]", "42804"}, {"i", "json", "42804"},
		} {
			got := c.run(fmt.Sprintf("CREATE OR REPLACE EXTERNAL TABLE x (%s %s) LOCATION 'all.parquet'", x.column, x.typ))
			if got == "CREATE EXTERNAL TABLE" {
				got = c.run("SELECT " + x.column + " FROM x ORDER BY 1")
			}
			if x.want != "?" && got != x.want {
				t.Errorf("%s as %s: %s, want %s", x.column, x.typ, got, x.want)
			}
		}
		c.want("CREATE OR REPLACE EXTERNAL TABLE x (i bigint, whole int, s text, missing date) STORED AS PARQUET LOCATION 'all.parquet'", "CREATE EXTERNAL TABLE",
			"SELECT count(*), sum(i) FROM x WHERE i > 2 AND whole < 4", "1\t3",
			"SELECT a.whole, b.s FROM x a JOIN x b USING (i) WHERE a.i = 2 AND b.missing IS NULL", "2\ttext 2",
			"SELECT _file FROM x WHERE whole = 1", "all.parquet",
			"SELECT i FROM x ORDER BY i DESC LIMIT 1", "4",
			"SELECT count(missing), count(*) FROM x", "0\t4",
			"CREATE OR REPLACE EXTERNAL TABLE y (i bigint NOT NULL, whole int) LOCATION 'all.parquet'", "CREATE EXTERNAL TABLE",
			"SELECT sum(i) FROM y", "10")
	}
}

// TestInsertIntoExternal adds files to tables that are folders.
func TestInsertIntoExternal(t *testing.T) {
	dir := folderOf(t, map[string]string{"p/": "", "j/": "", "c/": "", "old/1.csv": "Id,n\n1,2\n", "odd/1.csv": "a;b\n1;2\n", "one.csv": "a\n1\n", "y/y=1/a.csv": "a\n1\n"})
	db := openDB(t, gsql.Config{Dir: dir, AllowWrite: true})
	c := newClient(t, db)
	c.want("CREATE EXTERNAL TABLE p (a int NOT NULL, s varchar(3)) STORED AS PARQUET LOCATION 'p/'", "CREATE EXTERNAL TABLE",
		"SELECT count(*) FROM p", "0",
		"INSERT INTO p VALUES (1, 'x'), (2, NULL)", "INSERT 0 2",
		"INSERT INTO p (s, a) SELECT 'abc', a + 10 FROM p", "INSERT 0 2",
		"SELECT a, s FROM p ORDER BY a", "1\tx 2\tNULL 11\tabc 12\tabc",
		"INSERT INTO p VALUES (NULL, 'x')", "23502",
		"INSERT INTO p VALUES (1, 'long')", "22001",
		"INSERT INTO p VALUES (1, 'x') RETURNING a", "0A000",
		"BEGIN", "BEGIN", "INSERT INTO p VALUES (1, 'x')", "25001", "ROLLBACK", "ROLLBACK",
		"SELECT count(*) FROM p", "4",
		"CREATE EXTERNAL TABLE j (a int, b text) STORED AS JSON LOCATION 'j'", "CREATE EXTERNAL TABLE",
		"INSERT INTO j VALUES (1, 'x')", "INSERT 0 1", "INSERT INTO j VALUES (2, 'y')", "INSERT 0 1",
		"SELECT a, b FROM j ORDER BY 1", "1\tx 2\ty",
		"CREATE EXTERNAL TABLE c (a int, b text) STORED AS CSV LOCATION 'c'", "CREATE EXTERNAL TABLE",
		"INSERT INTO c VALUES (1, 'x,y')", "INSERT 0 1", "SELECT a, b FROM c", "1\tx,y",
		// The names in files are kept, so that they stay one column.
		"CREATE EXTERNAL TABLE old (id int, n int) STORED AS CSV LOCATION 'old'", "CREATE EXTERNAL TABLE",
		"INSERT INTO old VALUES (3, 4)", "INSERT 0 1", "SELECT id, n FROM old ORDER BY 1", "1\t2 3\t4",
		"SELECT \"Id\" FROM 'old/*.csv' ORDER BY 1", "1 3",
		"CREATE EXTERNAL TABLE odd (a int, b int) STORED AS CSV LOCATION 'odd' OPTIONS (delim ';')", "CREATE EXTERNAL TABLE",
		"INSERT INTO odd VALUES (1, 1)", "0A000",
		"CREATE EXTERNAL TABLE one (a int) STORED AS CSV LOCATION 'one.csv'", "CREATE EXTERNAL TABLE",
		"INSERT INTO one VALUES (1)", "0A000",
		"CREATE EXTERNAL TABLE y (a int) PARTITIONED BY (y int) STORED AS CSV LOCATION 'y'", "CREATE EXTERNAL TABLE",
		"INSERT INTO y VALUES (1, 1)", "0A000",
		"CREATE EXTERNAL TABLE text (a text) STORED AS PARQUET LOCATION 'p'", "CREATE EXTERNAL TABLE",
		"INSERT INTO text VALUES ('x')", "0A000")
	read := newClient(t, openDB(t, gsql.Config{Dir: dir}))
	read.want("CREATE EXTERNAL TABLE p (a int, s text) STORED AS PARQUET LOCATION 'p/'", "CREATE EXTERNAL TABLE", "INSERT INTO p VALUES (1, 'x')", "0A000")
}

// TestExternalPaths lets nobody read what queries may not read, when a table is made and when it is read.
func TestExternalPaths(t *testing.T) {
	dir := folderOf(t, map[string]string{"served/a.csv": "a\n1\n", "more/a.csv": "a\n2\n", "secret/a.csv": "a\n3\n"})
	db := openDB(t, gsql.Config{Dir: filepath.Join(dir, "served"), Restrict: true, AllowPaths: []string{filepath.Join(dir, "more")}})
	c := newClient(t, db)
	c.want("CREATE EXTERNAL TABLE t LOCATION '../secret/a.csv'", "42501",
		"CREATE EXTERNAL TABLE t LOCATION '"+filepath.Join(dir, "secret", "a.csv")+"'", "42501",
		"CREATE EXTERNAL TABLE t (a int) STORED AS CSV LOCATION '"+filepath.Join(dir, "secret")+"/*.csv'", "42501",
		"CREATE EXTERNAL TABLE t LOCATION 'https://example.org/x.csv'", "42501",
		"CREATE EXTERNAL TABLE t LOCATION '"+filepath.Join(dir, "more", "a.csv")+"'", "CREATE EXTERNAL TABLE",
		"SELECT a FROM t", "2",
		"CREATE EXTERNAL TABLE link LOCATION 'a.csv'", "CREATE EXTERNAL TABLE", "SELECT a FROM link", "1")
	if runtime.GOOS == "windows" {
		return
	}
	path := filepath.Join(dir, "served", "a.csv")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "secret", "a.csv"), path); err != nil {
		t.Fatal(err)
	}
	c.want("SELECT a FROM link", "42501")
}

// TestExternalForSessions shows a table to all sessions when its transaction commits, a temporary one to its own.
func TestExternalForSessions(t *testing.T) {
	dir := folderOf(t, map[string]string{"a.csv": "a\n1\n", "b.csv": "a\n2\n"})
	db := openDB(t, gsql.Config{Dir: dir})
	one, two := newClient(t, db), newClient(t, db)
	one.want("BEGIN", "BEGIN", "CREATE EXTERNAL TABLE t LOCATION 'a.csv' COMMENT 'first'", "CREATE EXTERNAL TABLE", "SELECT a FROM t", "1")
	two.want("SELECT a FROM t", "42P01", "CREATE EXTERNAL TABLE t LOCATION 'b.csv'", "CREATE EXTERNAL TABLE")
	one.want("COMMIT", "42P07", "SELECT a FROM t", "2", "SELECT obj_description('t'::regclass)", "NULL",
		"CREATE TEMP EXTERNAL TABLE t LOCATION 'a.csv'", "CREATE EXTERNAL TABLE", "SELECT a FROM t", "1", "SELECT a FROM public.t", "2")
	two.want("SELECT a FROM t", "2", "DROP TABLE t", "DROP TABLE", "SELECT a FROM t", "42P01")
	one.want("SELECT a FROM t", "1", "DISCARD TEMP", "DISCARD TEMP", "SELECT a FROM t", "42P01",
		"BEGIN READ ONLY", "BEGIN", "CREATE EXTERNAL TABLE t LOCATION 'a.csv'", "25006", "ROLLBACK", "ROLLBACK")
}

// TestUserSchema finds names in the schema of the user's name first, which search_path begins with.
func TestUserSchema(t *testing.T) {
	dir := folderOf(t, map[string]string{"ann/t.csv": "a\n1\n", "t.csv": "a\n2\n", "Bob/t.csv": "a\n3\n"})
	db := openDB(t, gsql.Config{Dir: dir})
	for user, want := range map[string]string{"ann": "1", "bob": "2", "gsql": "2"} {
		c := newClient(t, db)
		c.SetIdentity(user, "files")
		c.want("SELECT a FROM t", want, "SELECT a FROM public.t", "2", "SELECT a FROM bob.t", "3", "CREATE VIEW made AS SELECT 1", "CREATE VIEW",
			"SELECT schemaname FROM pg_views WHERE viewname = 'made'", map[bool]string{true: "ann", false: "public"}[want == "1"], "DROP VIEW made", "DROP VIEW")
	}
	c := newClient(t, db)
	c.SetIdentity("carl", "files")
	c.want("CREATE SCHEMA AUTHORIZATION carl", "CREATE SCHEMA", "CREATE TABLE t (b text)", "CREATE TABLE", "SELECT count(*) FROM t", "0", "SELECT current_schema", "carl")
}

// TestSchemasAtOnce makes and drops schemas and tables in them in several sessions.
func TestSchemasAtOnce(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: t.TempDir()})
	var wait sync.WaitGroup
	for i := range 4 {
		c := newClient(t, db)
		wait.Go(func() {
			for n := range 30 {
				c.run("CREATE SCHEMA IF NOT EXISTS s")
				c.run(fmt.Sprintf("CREATE TABLE s.t%d_%d (a int)", i, n))
				c.run(fmt.Sprintf("COMMENT ON TABLE s.t%d_%d IS 'x'", i, n))
				if n%3 == 0 {
					c.run("DROP SCHEMA s CASCADE")
				}
			}
		})
	}
	wait.Wait()
	c := newClient(t, db)
	c.run("DROP SCHEMA IF EXISTS s CASCADE")
	c.want("SELECT count(*) FROM pg_class WHERE relname LIKE 't%\\_%' AND relnamespace::regnamespace::text = 's'", "0")
	if tables, err := db.Tables(); err != nil || len(tables) != 0 {
		t.Errorf("%q, %v", tables, err)
	}
}

// TestSchemaOfDroppedTable fails to commit a table in a schema that another session has dropped.
func TestSchemaOfDroppedTable(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: t.TempDir()})
	one, two := newClient(t, db), newClient(t, db)
	one.want("CREATE SCHEMA s", "CREATE SCHEMA", "BEGIN", "BEGIN", "CREATE TABLE s.t (a int)", "CREATE TABLE")
	two.want("DROP SCHEMA s", "DROP SCHEMA")
	one.want("COMMIT", "3F000", "SELECT * FROM s.t", "42P01", "BEGIN", "BEGIN", "CREATE SCHEMA s", "CREATE SCHEMA", "CREATE TABLE s.t (a int)", "CREATE TABLE", "COMMIT", "COMMIT",
		"BEGIN", "BEGIN", "DROP SCHEMA s CASCADE", "DROP SCHEMA")
	two.want("CREATE TABLE s.u (a int)", "CREATE TABLE")
	one.want("COMMIT", "40001")
	two.want("SELECT count(*) FROM s.t, s.u", "0", "DROP SCHEMA s CASCADE", "DROP SCHEMA")
}

// TestShowCreate makes again what SHOW CREATE tells.
func TestShowCreate(t *testing.T) {
	dir := folderOf(t, map[string]string{"s/a.csv": "a,b\n1,x\n", "s/b.csv": "z\n1\n", "y/k=1/a.csv": "a\n1\n", "t.txt": "1|x\n"})
	db := openDB(t, gsql.Config{Dir: dir})
	c := newClient(t, db)
	for _, x := range []struct{ kind, name, make string }{
		{"TABLE", "s.a", ""}, {"TABLE", "y", ""},
		{"TABLE", "m", `CREATE TABLE m (a int NOT NULL, "B b" varchar(3) DEFAULT 'it''s', n numeric(5,2)[])`},
		{"TABLE", "k", "CREATE TABLE k (a serial, b int GENERATED ALWAYS AS IDENTITY, c int CHECK (c > 0) UNIQUE NULLS NOT DISTINCT, d text UNIQUE DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (a, d))"},
		{"VIEW", "v", "CREATE VIEW v (x) AS SELECT a AS q FROM y"},
		{"TABLE", "e", "CREATE EXTERNAL TABLE e (a int NOT NULL COMMENT 'it''s', b text) STORED AS CSV LOCATION ['t.txt'] OPTIONS (delim '|', header false, nullstr ['', 'none'], skip '0')"},
		{"TABLE", "h", "CREATE EXTERNAL TABLE h PARTITIONED BY (k text) STORED AS CSV LOCATION 'y' COMMENT 'keys'"},
	} {
		if x.make != "" {
			if got := c.run(x.make); strings.HasPrefix(got, "4") {
				t.Fatalf("%s: %s", x.make, got)
			}
		}
		show := "SHOW CREATE " + x.kind + " " + x.name
		first := statementsOf(t, c, show)
		before := c.run("SELECT * FROM " + x.name)
		if x.make != "" {
			c.run("DROP " + x.kind + " " + x.name)
		}
		for _, s := range first {
			if got := c.run(s); !strings.HasPrefix(got, "C") {
				t.Errorf("%s: %s", s, got)
			}
		}
		again := statementsOf(t, c, show)
		if strings.Join(first, "\n") != strings.Join(again, "\n") || c.run("SELECT * FROM "+x.name) != before {
			t.Errorf("%s: %q and %q", show, first, again)
		}
	}
	c.want("CREATE UNIQUE INDEX by_name ON m (a, \"B b\")", "CREATE INDEX")
	if list := statementsOf(t, c, "SHOW CREATE TABLE m"); len(list) != 2 || list[1] != `CREATE UNIQUE INDEX by_name ON m (a, "B b");` {
		t.Errorf("%q", list)
	}
	c.want("SHOW CREATE TABLE v", "42809", "SHOW CREATE VIEW m", "42809", "SHOW CREATE TABLE nothing", "42P01")
}

func statementsOf(t *testing.T, c *client, query string) (out []string) {
	rows, err := c.Query(context.Background(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		out = append(out, fmt.Sprint(rows.Values()[0]))
	}
	return out
}
