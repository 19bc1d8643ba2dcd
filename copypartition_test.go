package gsql_test

import (
	"path/filepath"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/exectest"
)

// Folders have the names that Hive and DuckDB give them, and files lack the columns that the names have.
func TestCopyToPartitionNames(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, `CREATE TABLE t AS SELECT * FROM (VALUES (1, 'a/b', true, date '2024-01-31', 1.50), (2, 'x y=%', false, NULL, -2), (3, NULL, NULL, '2024-02-01', 0),
		(4, '', true, '2024-01-31', 1.5), (5, 'Zürich', true, '2024-01-31', 1.5), (6, '__HIVE_DEFAULT_PARTITION__', true, '2024-01-31', 1.5), (7, '..', true, '2024-01-31', 1.5), (8, E'a\nb:*', true, '2024-01-31', 1.5)) v (id, "the key", b, d, n)`)
	if got := answer(t, db, `COPY t TO 'x' (FORMAT csv, PARTITION_BY ("the key", b, d))`); got != "COPY 8" {
		t.Error(got)
	}
	want := `the%20key=%5F_HIVE_DEFAULT_PARTITION__/b=true/d=2024-01-31/data_0.csv
the%20key=../b=true/d=2024-01-31/data_0.csv
the%20key=/b=true/d=2024-01-31/data_0.csv
the%20key=Zürich/b=true/d=2024-01-31/data_0.csv
the%20key=__HIVE_DEFAULT_PARTITION__/b=__HIVE_DEFAULT_PARTITION__/d=2024-02-01/data_0.csv
the%20key=a%0Ab%3A%2A/b=true/d=2024-01-31/data_0.csv
the%20key=a%2Fb/b=true/d=2024-01-31/data_0.csv
the%20key=x%20y%3D%25/b=false/d=__HIVE_DEFAULT_PARTITION__/data_0.csv`
	if got := strings.Join(tree(t, filepath.Join(dir, "x")), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := content(t, dir, "x/the%20key=Zürich/b=true/d=2024-01-31/data_0.csv"); got != "id,n\n5,1.50\n" && got != "id,n\n5,1.5\n" {
		t.Errorf("got %q", got)
	}
	answer(t, db, `COPY t TO 'y/' (FORMAT json, PARTITION_BY id, WRITE_PARTITION_COLUMNS)`)
	if got := content(t, dir, "y/id=4/data_0.ndjson"); got != `{"id":4,"the key":"","b":true,"d":"2024-01-31","n":1.5}`+"\n" {
		t.Errorf("got %q", got)
	}
	for _, c := range []struct{ sql, code string }{
		{"COPY t TO 'z' (FORMAT csv, PARTITION_BY (nothing))", "42703"},
		{"COPY t TO 'z' (FORMAT csv, PARTITION_BY (id, id))", "42701"},
		{"COPY t TO 'z' (FORMAT csv, PARTITION_BY ())", "42601"},
		{"COPY (SELECT id FROM t) TO 'z' (FORMAT csv, PARTITION_BY (id))", "0A000"},
		{"COPY (SELECT 1 AS a, array[1] AS b) TO 'z' (FORMAT csv, PARTITION_BY (b))", "0A000"},
		{"COPY (SELECT 1 AS a, repeat('x', 300) AS b) TO 'z' (FORMAT csv, PARTITION_BY (b))", "22023"},
		{"COPY t TO 'z.csv' (WRITE_PARTITION_COLUMNS)", "22023"},
		{"COPY (SELECT id, 1 / (id - 5) AS k FROM t) TO 'z' (FORMAT csv, PARTITION_BY (k))", "22012"},
	} {
		if _, err := tryAnswer(db, c.sql); describeCode(err) != c.code {
			t.Errorf("%s: %v, want %s", c.sql, err, c.code)
		}
	}
	if answer(t, db, "COPY (SELECT * FROM t WHERE false) TO 'w' (FORMAT csv, PARTITION_BY (id))"); len(tree(t, filepath.Join(dir, "w"))) != 0 {
		t.Error("files without rows")
	}
}

// Each folder has one file with all of its rows, in their order, however many there are and however little memory.
func TestCopyToManyPartitions(t *testing.T) {
	for _, c := range []struct {
		folders, parts int
		memory         int64
		format         string
	}{{5, 1, 0, "csv"}, {5, 4, 0, "parquet"}, {1000, 1, 0, "csv"}, {1000, 3, 0, "parquet"}, {2000, 2, 48 << 20, "parquet"}, {10_000, 2, 48 << 20, "parquet"}} {
		if c.folders > 5000 && !exectest.Long() {
			continue
		}
		db, dir := openWriting(t, func(cfg *gsql.Config) { cfg.Partitions, cfg.MemoryLimit = c.parts, c.memory })
		sql := strings.Replace("COPY (SELECT i, i * 7919 % FOLDERS AS k, 'some text ' || i AS s FROM generate_series(1, 100000) i) TO 'x' (FORMAT "+c.format+", PARTITION_BY k, WRITE_PARTITION_COLUMNS)",
			"FOLDERS", itoa(c.folders), 1)
		if got := answer(t, db, sql); got != "COPY 100000" {
			t.Error(got)
		}
		if got := len(tree(t, filepath.Join(dir, "x"))); got != c.folders {
			t.Errorf("%d files in %d folders", got, c.folders)
		}
		const sums = "SELECT count(*), sum(i), count(DISTINCT k), sum(i * k), count(DISTINCT s) FROM "
		if got, want := answer(t, db, sums+"'x'"), answer(t, db, sums+"(SELECT i, i * 7919 % "+itoa(c.folders)+" AS k, 'some text ' || i AS s FROM generate_series(1, 100000) i) t"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := answer(t, db, "SELECT count(*), count(DISTINCT k), min(k) FROM 'x/k=3/data_0."+c.format+"'"); got != itoa(100000/c.folders)+"|1|3" {
			t.Errorf("k=3: %s", got)
		}
	}
}

// Files of a limited size follow each other in their folder.
func TestCopyToPartitionsWithFileSize(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, "COPY (SELECT i, i % 3 AS k, 'some text ' || i AS s FROM generate_series(1, 60000) i) TO 'x' (FORMAT csv, PARTITION_BY k, FILE_SIZE '100 kB')")
	files := tree(t, filepath.Join(dir, "x"))
	if len(files) < 9 || files[0] != "k=0/data_0.csv" || files[1] != "k=0/data_1.csv" {
		t.Errorf("files %s", files)
	}
	if got := answer(t, db, "SELECT count(*), sum(i) FROM 'x/*/*.csv'"); got != "60000|1800030000" {
		t.Error(got)
	}
}
