package gsql_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// TestCreateExternalAs writes the rows of queries as tables of files.
func TestCreateExternalAs(t *testing.T) {
	db, dir := openWriting(t)
	c := newClient(t, db)
	c.want(
		"CREATE EXTERNAL TABLE n STORED AS parquet OPTIONS (compression zstd) AS SELECT i, i % 3 AS k FROM generate_series(1, 1000) i", "SELECT 1000",
		"SELECT count(*), sum(i) FROM n", "1000\t500500",
		"INSERT INTO n VALUES (1, 1)", "INSERT 0 1",
		"CREATE EXTERNAL TABLE n AS SELECT 1 AS i", "42P07",
		"CREATE EXTERNAL TABLE IF NOT EXISTS n AS SELECT 1 AS i", "CREATE EXTERNAL TABLE",
		"SELECT count(*) FROM n", "1001",
		"CREATE OR REPLACE EXTERNAL TABLE n PARTITIONED BY (k) AS SELECT i, i % 3 AS k FROM generate_series(1, 10) i", "SELECT 10",
		"SELECT count(*), sum(k) FROM n WHERE k > 0", "7\t10",
		"CREATE EXTERNAL TABLE c STORED AS csv LOCATION 'x.txt' OPTIONS (delimiter ';', header false) AS SELECT 1 AS a, 'x;y' AS b", "SELECT 1",
		"SELECT * FROM c", "1\tx;y",
		"CREATE OR REPLACE EXTERNAL TABLE c STORED AS csv LOCATION 'x.txt' AS SELECT 2 AS q", "SELECT 1",
		"SELECT q FROM c", "2",
		"DROP TABLE c", "DROP TABLE",
		"CREATE EXTERNAL TABLE c LOCATION 'x.txt' STORED AS csv AS SELECT 1 AS a", "58P02", // the file is there
		"CREATE TEMP EXTERNAL TABLE e AS SELECT 1 AS a", "42P16",
		"CREATE TEMP EXTERNAL TABLE e LOCATION 'e.json' AS SELECT 1 AS a", "SELECT 1",
		"SELECT a FROM e", "1",
		"CREATE EXTERNAL TABLE z STORED AS avro AS SELECT 1 AS a", "0A000",
		"CREATE EXTERNAL TABLE z (a int) AS SELECT 1 AS a", "0A000",
		"CREATE EXTERNAL TABLE z OPTIONS (nosuch 1) AS SELECT 1 AS a", "42601",
		"CREATE EXTERNAL TABLE z AS SELECT 1 AS a, 2 AS a", "42701",
		"CREATE EXTERNAL TABLE z AS SELECT 1 / 0 AS a", "22012",
		"BEGIN", "BEGIN",
		"CREATE EXTERNAL TABLE z AS SELECT 1 AS a", "25001",
		"ROLLBACK", "ROLLBACK",
	)
	for _, name := range tree(t, dir) {
		if strings.HasPrefix(name, "z") || strings.Contains(name, ".gsql-") {
			t.Errorf("%s is left", name)
		}
	}
	again, err := gsql.Open(gsql.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	newClient(t, again).want("SELECT count(*) FROM n", "10")
	if _, err := again.Query(context.Background(), "CREATE EXTERNAL TABLE z AS SELECT 1 AS a"); sqlstate.Of(err) != sqlstate.InsufficientPrivilege {
		t.Errorf("where nothing may be written: %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "z*")); len(files) > 0 {
		t.Errorf("there is %s", files)
	}
}
