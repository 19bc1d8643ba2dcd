package gsql_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// The rows before the one that raises an error come as they do from PostgreSQL, whatever the batches are.
func TestRowsBeforeAnError(t *testing.T) {
	queries := []struct{ sql, want string }{
		{"SELECT 1/(x-5) FROM t", "0 0 0 -1 error"},
		{"SELECT 1/(x-5) FROM t LIMIT 4", "0 0 0 -1"},
		{"SELECT 1/(x-5) FROM t LIMIT 5", "0 0 0 -1 error"},
		{"SELECT x, 1/(x-8) FROM t WHERE 10/(x-7) <> 11", "1|0 2|0 3|0 4|0 5|0 6|0 error"},
		{"SELECT x, 1/(x-4) FROM t WHERE 10/(x-7) <> 11", "1|0 2|0 3|-1 error"},
		{"SELECT x FROM t WHERE 1/(x-5) = 0", "1 2 3 error"},
		{"SELECT generate_series(9, 10/(x-4)) FROM t WHERE x > 3 OR x = 2", "error"},
		{"SELECT generate_series(1, 7/(8-x)) FROM t", "1 1 1 1 1 2 1 2 3 1 2 3 4 5 6 7 error"},
		{"SELECT x, generate_series(1, 2), 1/(x-3) FROM t", "1|1|0 1|2|0 2|1|-1 2|2|-1 error"},
		{"SELECT x, y FROM t JOIN u ON x = y AND 1/(x-z-3) = 0", "1|1 error"},
		{"SELECT x, y FROM t LEFT JOIN u ON x = y AND 1/(x-z-3) = 0", "1|1 2|NULL error"},
		{"SELECT x, y FROM t JOIN u ON 10/(x-5) = -y", "1|2 2|3 3|5 error"},
		{"SELECT x FROM t WHERE EXISTS (SELECT 1 FROM u WHERE y > 1/(x-3))", "1 2 error"},
		{"WITH c AS MATERIALIZED (SELECT 1/(x-3) AS q FROM t) SELECT * FROM c", "0 -1 error"},
		{"WITH c AS MATERIALIZED (SELECT 1/(x-3) AS q FROM t) SELECT * FROM c LIMIT 2", "0 -1"},
		{"WITH RECURSIVE r AS (SELECT x FROM t WHERE x < 3 UNION ALL SELECT x + 2 + 0/(x-4) FROM r WHERE x < 9) SELECT x FROM r", "1 2 3 4 5 error"},
		{"SELECT EXISTS (SELECT 1 FROM t WHERE 1/(x-5) = 0)", "t"},
		{"SELECT y FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE 1/(x-5) = 1)", "error"},
		{"SELECT y FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE 1/(x-5) = 0)", ""},
	}
	for _, rows := range []int{1, 3, 8192} {
		db := openDB(t, gsql.Config{Partitions: 1, BatchRows: rows})
		for _, q := range []string{"CREATE TABLE t (x int)", "INSERT INTO t SELECT generate_series(1, 10)", "CREATE TABLE u (y int, z int)",
			"INSERT INTO u VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0)"} {
			untilError(t, db, q)
		}
		for _, q := range queries {
			if got := untilError(t, db, q.sql); got != q.want {
				t.Errorf("batches of %d, %s\ngives %s\nnot   %s", rows, q.sql, got, q.want)
			}
		}
	}
}

// Effects of functions do not happen twice for the rows before an error.
func TestNoEffectTwiceBeforeAnError(t *testing.T) {
	db := openDB(t, gsql.Config{Partitions: 1})
	for _, q := range []string{"CREATE SEQUENCE s", "CREATE TABLE t AS SELECT generate_series(1, 10) AS x"} {
		untilError(t, db, q)
	}
	untilError(t, db, "SELECT nextval('s'), 1/(x-5) FROM t")
	var n int
	if got := untilError(t, db, "SELECT nextval('s')"); len(got) == 0 {
		t.Fatal("no value")
	} else if fmt.Sscan(got, &n); n > 11 {
		t.Errorf("ten rows took the sequence to %d", n)
	}
}

// untilError returns the rows of a query, and the word error if they end with a division by zero.
func untilError(t *testing.T, db *gsql.DB, sql string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var b strings.Builder
		for i, v := range rows.Values() {
			if i > 0 {
				b.WriteByte('|')
			}
			switch v := v.(type) {
			case nil:
				b.WriteString("NULL")
			case bool:
				b.WriteString(fmt.Sprint(v)[:1])
			default:
				fmt.Fprint(&b, v)
			}
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		var e *sqlstate.Error
		if !errors.As(err, &e) || e.Code != sqlstate.DivisionByZero {
			t.Errorf("%s: %v", sql, err)
		}
		out = append(out, "error")
	}
	return strings.Join(out, " ")
}
