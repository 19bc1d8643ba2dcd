package gsql_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// openWriting opens a database of an empty folder in which statements may write.
func openWriting(t testing.TB, change ...func(*gsql.Config)) (*gsql.DB, string) {
	t.Helper()
	dir := t.TempDir()
	cfg := gsql.Config{Dir: dir, AllowWrite: true, Partitions: 3}
	for _, c := range change {
		c(&cfg)
	}
	db, err := gsql.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, dir
}

// answer runs a statement and returns its rows as lines, or its tag when it has none.
func answer(t testing.TB, db *gsql.DB, sql string) string {
	t.Helper()
	s, err := tryAnswer(db, sql)
	if err != nil {
		t.Fatalf("%s: %s", sql, describeError(err))
	}
	return s
}

func tryAnswer(db *gsql.DB, sql string) (string, error) {
	rows, err := db.Query(context.Background(), sql)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if !rows.ReturnsRows() {
		return rows.Tag(), nil
	}
	var lines []string
	for rows.Next() {
		var cells []string
		for _, v := range rows.Values() {
			if v == nil {
				v = "NULL"
			}
			cells = append(cells, fmt.Sprint(v))
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

func describeError(err error) string {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%s %s (%s) %s", e.Code, e.Message, e.Detail, e.Hint)
	}
	return err.Error()
}

// tree lists what is in a folder, hidden names included, but for the name itself.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && path != dir && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	return names
}

func content(t testing.TB, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What a file of text looks like, for each format and its options.
func TestCopyToTextFiles(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, `CREATE TABLE t AS SELECT * FROM (VALUES (1, 'a,b', 1.50, true, date '2024-02-29', NULL::int), (2, 'q"x', -0.25, false, NULL, 7), (3, E'two\nlines', NULL, NULL, date '0044-03-15 BC', 0), (4, '', 0, true, 'infinity', 1)) v (id, s, n, b, d, i)`)
	for _, c := range []struct{ to, want string }{
		{`'a.csv'`, "id,s,n,b,d,i\n1,\"a,b\",1.50,t,2024-02-29,\n2,\"q\"\"x\",-0.25,f,,7\n3,\"two\nlines\",,,0044-03-15 BC,0\n4,\"\",0,t,infinity,1\n"},
		{`'b.csv' (HEADER false, DELIM ';', NULLSTR 'na', QUOTE '''')`, "1;a,b;1.50;t;2024-02-29;na\n2;q\"x;-0.25;f;na;7\n3;'two\nlines';na;na;0044-03-15 BC;0\n4;;0;t;infinity;1\n"},
		{`'c.tsv' (FORCE_QUOTE (s))`, "id\ts\tn\tb\td\ti\n1\t\"a,b\"\t1.50\tt\t2024-02-29\t\n2\t\"q\"\"x\"\t-0.25\tf\t\t7\n3\t\"two\nlines\"\t\t\t0044-03-15 BC\t0\n4\t\"\"\t0\tt\tinfinity\t1\n"},
		{`'d'`, "1\ta,b\t1.50\tt\t2024-02-29\t\\N\n2\tq\"x\t-0.25\tf\t\\N\t7\n3\ttwo\\nlines\t\\N\t\\N\t0044-03-15 BC\t0\n4\t\t0\tt\tinfinity\t1\n"},
		{`'e' CSV DELIMITER AS '|'`, "id|s|n|b|d|i\n1|a,b|1.50|t|2024-02-29|\n2|\"q\"\"x\"|-0.25|f||7\n3|\"two\nlines\"|||0044-03-15 BC|0\n4|\"\"|0|t|infinity|1\n"},
		{`'f.json'`, `{"id":1,"s":"a,b","n":1.50,"b":true,"d":"2024-02-29","i":null}
{"id":2,"s":"q\"x","n":-0.25,"b":false,"d":null,"i":7}
{"id":3,"s":"two\nlines","n":null,"b":null,"d":"0044-03-15 BC","i":0}
{"id":4,"s":"","n":0,"b":true,"d":"infinity","i":1}
`},
		{`'g.json' (ARRAY)`, `[
{"id":1,"s":"a,b","n":1.50,"b":true,"d":"2024-02-29","i":null},
{"id":2,"s":"q\"x","n":-0.25,"b":false,"d":null,"i":7},
{"id":3,"s":"two\nlines","n":null,"b":null,"d":"0044-03-15 BC","i":0},
{"id":4,"s":"","n":0,"b":true,"d":"infinity","i":1}
]
`},
	} {
		if got := answer(t, db, "COPY (SELECT * FROM t ORDER BY id) TO "+c.to); got != "COPY 4" {
			t.Errorf("%s: tag %s", c.to, got)
		}
		name := strings.Split(c.to, "'")[1]
		if got := content(t, dir, name); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.to, got, c.want)
		}
	}
	if got := answer(t, db, `COPY (SELECT id FROM t WHERE false) TO 'empty.json' (ARRAY)`); got != "COPY 0" || content(t, dir, "empty.json") != "[]\n" {
		t.Errorf("an empty array: %s %q", got, content(t, dir, "empty.json"))
	}
	if answer(t, db, `COPY (SELECT id FROM t WHERE false) TO 'empty.csv'`); content(t, dir, "empty.csv") != "id\n" {
		t.Errorf("no rows: %q", content(t, dir, "empty.csv"))
	}
}

// Columns have the names that the query gives them, whatever the plan calls them.
func TestCopyToNames(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, `COPY (SELECT * FROM (VALUES (1, 'x')) v (id, k)) TO 'a.csv'`)
	answer(t, db, `COPY (SELECT id AS k, k AS id FROM (VALUES (1, 'x')) v (id, k)) TO 'b.csv'`)
	answer(t, db, `COPY (SELECT * FROM (VALUES (1, 'x'), (2, 'y')) v (id, k)) TO 'c' (FORMAT csv, PARTITION_BY k)`)
	for name, want := range map[string]string{"a.csv": "id,k\n1,x\n", "b.csv": "k,id\n1,x\n", "c/k=x/data_0.csv": "id\n1\n", "c/k=y/data_0.csv": "id\n2\n"} {
		if got := content(t, dir, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A value of json with line ends stays in its line.
func TestCopyToJSONKeepsLines(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, `COPY (SELECT E'{"a":\n [1,\r\n2]}'::json AS j, array[E'{\n}'::json] AS l, row(E'[\n]'::json) AS r, E'x\ny' AS s) TO 'x.ndjson'`)
	if got := content(t, dir, "x.ndjson"); got != `{"j":{"a":  [1,  2]},"l":[{ }],"r":{"f1":[ ]},"s":"x\ny"}`+"\n" {
		t.Errorf("got %s", got)
	}
}

// What is written is read as the same rows, from one file or a folder, whatever the number of partitions.
func TestCopyToComesBack(t *testing.T) {
	for _, parts := range []int{1, 4} {
		for _, to := range []string{"x.csv", "x.json", "x.json' (ARRAY) --'", "x/' (FORMAT csv) --'", "x/' (FORMAT json, FILE_SIZE '64kb') --'", "x/' (FORMAT csv, FILE_SIZE '64kb') --'"} {
			db, _ := openWriting(t, func(c *gsql.Config) { c.Partitions = parts })
			answer(t, db, "CREATE TABLE t AS SELECT i AS id, 'name ' || i % 100 AS s, CASE WHEN i % 7 > 0 THEN i * 0.25 END AS n, timestamp '2024-01-01' + i * interval '1 minute' AS ts FROM generate_series(1, 20000) i")
			if got := answer(t, db, "COPY t TO '"+to+"'"); got != "COPY 20000" {
				t.Errorf("%s: %s", to, got)
			}
			from, _, _ := strings.Cut(to, "'")
			const sums = "SELECT count(*), sum(id), round(sum(n)::numeric, 2)::text, count(DISTINCT s), min(ts), max(ts) FROM "
			if got, want := answer(t, db, sums+"'"+from+"'"), answer(t, db, sums+"t"); got != want {
				t.Errorf("%s: got %s, want %s", to, got, want)
			}
		}
	}
}

// A file keeps the order of a query that has one, whatever the number of goroutines that encode it.
func TestCopyToKeepsOrder(t *testing.T) {
	for _, c := range []struct {
		parts, workers int
		to             string
	}{{1, 1, "'x.csv'"}, {4, 1, "'x.csv'"}, {4, 4, "'x.csv.gz'"}, {4, 1, "'x.parquet' (ROW_GROUP_SIZE 7000)"}, {4, 4, "'x.parquet' (ROW_GROUP_SIZE 7000)"},
		{3, 2, "'x.json' (ARRAY)"}, {2, 1, "'x.csv' (FILE_SIZE '1GB', FORMAT csv)"}} {
		db, dir := openWriting(t, func(cfg *gsql.Config) { cfg.Partitions, cfg.Workers = c.parts, c.workers })
		answer(t, db, "CREATE TABLE t AS SELECT i FROM generate_series(1, 200000) i")
		if got := answer(t, db, "COPY (SELECT i, i * 7919 % 200003 AS k FROM t ORDER BY k) TO "+c.to); got != "COPY 200000" {
			t.Fatal(got)
		}
		from := strings.Split(c.to, "'")[1]
		if strings.Contains(c.to, "FILE_SIZE") {
			from += "/data_0.csv"
		}
		one, err := gsql.Open(gsql.Config{Dir: dir, Partitions: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := one.Query(context.Background(), "SELECT i, k FROM '"+from+"'")
		if err != nil {
			t.Fatal(err)
		}
		last, n := int64(-1), 0
		for rows.Next() {
			var i, k int64
			if err := rows.Scan(&i, &k); err != nil {
				t.Fatal(err)
			}
			if k <= last || k != i*7919%200003 {
				t.Fatalf("%s: %d comes behind %d", c.to, k, last)
			}
			last = k
			n++
		}
		if rows.Err() != nil || n != 200000 {
			t.Errorf("%s: %d rows, %v", c.to, n, rows.Err())
		}
		rows.Close()
		one.Close()
		if got := answer(t, db, "EXPLAIN ANALYZE COPY (SELECT i FROM t ORDER BY i) TO 'y.csv'"); !strings.Contains(got, "rows=1 ") {
			t.Error(got)
		}
	}
}

// What cannot be written is an error with its code, and leaves nothing.
func TestCopyToErrors(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, "CREATE TABLE t AS SELECT 1 AS a, 2 AS b")
	if err := os.Mkdir(filepath.Join(dir, "full"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"there.csv", "full/note.doc", "full/a.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x\n1\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	before := strings.Join(tree(t, dir), " ")
	for _, c := range []struct{ sql, code string }{
		{`COPY t TO 'there.csv'`, "58P02"},
		{`COPY t TO 'full'`, "42809"},
		{`COPY t TO 'full/' (FORMAT csv)`, "58P02"},
		{`COPY t TO 'full/' (FORMAT csv, OVERWRITE)`, "55000"},
		{`COPY t TO 'there.csv/' (FORMAT csv)`, "42809"},
		{`COPY t TO 'nowhere/x.csv'`, "58P01"},
		{`COPY t TO 'x.csv' (APPEND)`, "0A000"},
		{`COPY t TO 'x.csv' (OVERWRITE_OR_IGNORE)`, "0A000"},
		{`COPY t TO 'x*.csv'`, "0A000"},
		{`COPY t TO 's3://bucket/x.csv'`, "0A000"},
		{`COPY t TO 'https://example.org/x.csv'`, "0A000"},
		{`COPY t TO 'x.what'`, "22023"},
		{`COPY t TO 'x/'`, "22023"},
		{`COPY t TO 'x.csv' (FORMAT what)`, "22023"},
		{`COPY t TO 'x.csv' (FORMAT binary)`, "0A000"},
		{`COPY t TO 'x.csv' (WHAT 1)`, "42601"},
		{`COPY t TO 'x.csv' (OVERWRITE, APPEND)`, "42601"},
		{`COPY t TO 'x.csv' (DELIMITER ',', DELIM ';')`, "42601"},
		{`COPY t TO 'x.csv' (DELIMITER 'ab')`, "0A000"},
		{`COPY t TO 'x.csv' (COMPRESSION snappy)`, "0A000"},
		{`COPY t TO 'x.csv.bz2'`, "0A000"},
		{`COPY t TO 'x.csv' (COMPRESSION gzip, COMPRESSION_LEVEL 20)`, "22023"},
		{`COPY t TO 'x.csv' (ROW_GROUP_SIZE 5)`, "22023"},
		{`COPY t TO 'x.csv' (FILE_SIZE 'big')`, "22023"},
		{`COPY t TO 'x.json' (HEADER)`, "0A000"},
		{`COPY t TO 'x.csv' (FORCE_QUOTE (c))`, "42703"},
		{`COPY nothing TO 'x.csv'`, "42P01"},
		{`COPY (SELECT 1 AS a, 2 AS a) TO 'x.json'`, "42701"},
		{`COPY (SELECT 1 / (i - 50000) FROM generate_series(1, 100000) i) TO 'x.csv'`, "22012"},
		{`COPY (SELECT 1 / (i - 50000) FROM generate_series(1, 100000) i) TO 'there.csv' (OVERWRITE)`, "22012"},
		{`COPY t TO PROGRAM 'cat'`, "0A000"},
	} {
		if _, err := tryAnswer(db, c.sql); string(sqlstate.Of(err)) != c.code {
			t.Errorf("%s: %v, want code %s", c.sql, err, c.code)
		}
	}
	if after := strings.Join(tree(t, dir), " "); after != before {
		t.Errorf("left are %s, before there were %s", after, before)
	}
}

// Writing is off by default, and where it is on, only below the folders that are named.
func TestCopyToStaysInItsFolders(t *testing.T) {
	elsewhere := t.TempDir()
	code := func(db *gsql.DB, sql string) string {
		_, err := tryAnswer(db, sql)
		return string(sqlstate.Of(err))
	}
	off, _ := openWriting(t, func(c *gsql.Config) { c.AllowWrite = false })
	if got := code(off, "COPY (SELECT 1) TO 'x.csv'"); got != "42501" {
		t.Errorf("off: %q", got)
	}
	db, dir := openWriting(t, func(c *gsql.Config) { c.Restrict = true })
	if err := os.Symlink(elsewhere, filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, "y.csv"), filepath.Join(dir, "y.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(elsewhere, "y.csv"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../x.csv", filepath.Join(elsewhere, "x.csv"), "link/x.csv", "a/../x.csv", dir + "/../x.csv", "../" + filepath.Base(dir) + "/x.csv", "/dev/null"} {
		if got := code(db, "COPY (SELECT 1) TO '"+path+"'"); got != "42501" {
			t.Errorf("%s: %q", path, got)
		}
	}
	if got := code(db, "COPY (SELECT 1) TO 'y.csv' (OVERWRITE)"); got != "42501" {
		t.Errorf("a link to a file elsewhere: %q", got)
	}
	answer(t, db, "COPY (SELECT 1) TO 'x.csv'")
	sub, dir := openWriting(t, func(c *gsql.Config) {
		c.Restrict, c.WritePaths = true, []string{filepath.Join(c.Dir, "out")}
		if err := os.Mkdir(c.WritePaths[0], 0o777); err != nil {
			t.Fatal(err)
		}
	})
	if got := code(sub, "COPY (SELECT 1) TO 'x.csv'"); got != "42501" {
		t.Errorf("beside the folder: %q", got)
	}
	answer(t, sub, "COPY (SELECT 1) TO 'out/x.csv'")
	if got := tree(t, dir); len(got) != 1 || got[0] != "out/x.csv" {
		t.Errorf("there is %s", got)
	}
	answer(t, db, "BEGIN READ ONLY")
	if got := code(db, "COPY (SELECT 1) TO 'z.csv'"); got != "25006" {
		t.Errorf("read only: %q", got)
	}
	answer(t, db, "ROLLBACK")
}

func describeCode(err error) string { return string(sqlstate.Of(err)) }

func itoa(n int) string { return strconv.Itoa(n) }
