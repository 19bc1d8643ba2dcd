package gsql_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql"
)

// everyType has rows of all types that Parquet files have, with NULLs, extremes, repeated and different values.
const everyType = `CREATE TABLE t AS SELECT i AS id,
	CASE WHEN i % 7 > 0 THEN (i % 5)::smallint END AS small, i::bigint * 1000000007 - 5000 AS big,
	CASE i % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' WHEN 2 THEN NULL ELSE i * 0.5 END::real AS re, i / 3.0::float8 AS dbl,
	(i * 1.25 - 3000)::numeric(8, 2) AS n8, (i * 100.125)::numeric(15, 3) AS n15, (CASE WHEN i % 2 = 0 THEN i * -12345678901234567890.125 END)::numeric(38, 3) AS n38,
	i * 1.25 AS fixed, 'name ' || i % 10 AS name, CASE WHEN i % 11 > 0 THEN 'ü ' || i || repeat('x', i % 100) END AS text,
	(i % 3 = 0)::varchar(5) AS vc, i % 2 = 0 AS b, CASE WHEN i > 0 THEN date '2020-01-01' + i ELSE 'infinity' END AS d, time '10:00' + i * interval '1 second' AS ti,
	timestamp '2020-01-01' - i * interval '1 day' AS ts, timestamptz '2020-01-01 00:00+00' + i * interval '1 hour 1 microsecond' AS tz,
	i * interval '1 day' + interval '1.5 second' AS iv, ('00000000-0000-0000-0000-' || lpad((i * i)::text, 12, '0'))::uuid AS uu,
	json_build_object('a', i)::json AS js, ('\x' || lpad(to_hex(i % 77), 8, '0'))::bytea AS by, CASE WHEN i % 1000 = 0 THEN i END AS rare, NULL::int AS never,
	CASE WHEN i % 4 > 0 THEN array_fill(CASE WHEN i % 5 > 0 THEN i END, array[i % 4]) WHEN i % 8 = 0 THEN '{}'::int[] END AS arr,
	CASE WHEN i % 6 > 0 THEN {'a': i, 'b': CASE WHEN i % 2 = 0 THEN 'x' || i END, 'c': [1, NULL, i], 'd': {'e': i % 3 = 0}} END AS st,
	CASE WHEN i % 3 > 0 THEN [{'k': 'a' || i % 4, 'v': [i, 2]}, NULL, {'k': NULL, 'v': NULL}] END AS deep
	FROM generate_series(0, 5000) i`

// All types come back from Parquet files as they were, whatever the size of groups, the compression and the partitions.
func TestCopyToParquetComesBack(t *testing.T) {
	for i, opts := range []string{"", "ROW_GROUP_SIZE 777", "COMPRESSION zstd, ROW_GROUP_SIZE 4000, BLOOM_FILTER", "COMPRESSION gzip", "COMPRESSION none, BLOOM_FILTER (text)",
		"ROW_GROUP_SIZE_BYTES '10kb'", "FILE_SIZE '100kb'"} {
		db, dir := openWriting(t, func(c *gsql.Config) {
			c.Partitions = 1 + i%2*3
			c.BatchRows = []int{8192, 1000, 3}[i%3]
		})
		answer(t, db, everyType)
		path := "x.parquet"
		if strings.HasPrefix(opts, "FILE") {
			path = "x/"
			opts += ", FORMAT parquet"
		}
		if opts != "" {
			opts = " (" + opts + ")"
		}
		if got := answer(t, db, "COPY t TO '"+path+"'"+opts); got != "COPY 5001" {
			t.Errorf("%s: %s", opts, got)
		}
		const list = "SELECT id, small, big, re, dbl, n8, n15, n38, fixed::float8, name, text, vc, b, d, ti, ts, tz, iv, uu, js, by, rare, never, arr, st::text, deep::text FROM "
		got, want := strings.Split(answer(t, db, list+"'"+path+"' ORDER BY id"), "\n"), strings.Split(answer(t, db, list+"t ORDER BY id"), "\n")
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows, want %d", opts, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: row %d is\n%s\nwant\n%s", opts, i, got[i], want[i])
			}
		}
		const types = "SELECT string_agg(x, ' ') FROM (SELECT pg_typeof(id)::text || ',' || pg_typeof(small) || ',' || pg_typeof(re) || ',' || pg_typeof(n38) || ',' || pg_typeof(tz) || ',' || pg_typeof(uu) || ',' || pg_typeof(iv) || ',' || pg_typeof(js) || ',' || pg_typeof(arr) AS x FROM "
		if got, want := answer(t, db, types+"'"+path+"' LIMIT 1) s"), answer(t, db, types+"t LIMIT 1) s"); got != want {
			t.Errorf("%s: types %s, want %s", opts, got, want)
		}
		for _, where := range []string{"id = 77", "id BETWEEN 1990 AND 2100", "n38 < -60000000000000000000000", "text = 'ü 12xxxxxxxxxxxx'", "re > 2400", "ts < '2007-01-01'", "name = 'name 3' AND rare IS NULL", "never IS NULL", "n8 = -3000", "uu = '00000000-0000-0000-0000-000000000049'", "by = '\\x00000003'", "d = 'infinity'"} {
			const n = "SELECT count(*), sum(id) FROM "
			if got, want := answer(t, db, n+"'"+path+"' WHERE "+where), answer(t, db, n+"t WHERE "+where); got != want {
				t.Errorf("%s: WHERE %s: %s, want %s", opts, where, got, want)
			}
		}
		if left := tree(t, dir); path == "x.parquet" && len(left) != 1 {
			t.Errorf("%s: there are %s", opts, left)
		}
	}
}

// Files without rows have their columns.
func TestCopyToParquetWithoutRows(t *testing.T) {
	db, _ := openWriting(t)
	answer(t, db, everyType)
	answer(t, db, "COPY (SELECT * FROM t WHERE id < 0) TO 'x.parquet'")
	answer(t, db, "COPY (SELECT * FROM t WHERE id < 0) TO 'y/' (FORMAT parquet)")
	for _, path := range []string{"x.parquet", "y"} {
		if got := answer(t, db, "SELECT count(*), count(arr), max(n38) FROM '"+path+"'"); got != "0|0|NULL" {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// Numbers that no type of Parquet holds are an error or, where it is documented, the nearest.
func TestCopyToParquetNumbers(t *testing.T) {
	db, _ := openWriting(t)
	answer(t, db, "COPY (SELECT 1 / 3.0 AS a, 'NaN'::numeric AS b, avg(i) AS c FROM generate_series(1, 4) i) TO 'x.parquet'")
	if got := answer(t, db, "SELECT a, b, c, pg_typeof(a) FROM 'x.parquet'"); got != "0.3333333333333333|NaN|2.5|double precision" {
		t.Error(got)
	}
	for _, c := range []struct{ sql, code string }{
		{"SELECT interval '-1 day' AS x", "0A000"}, {"SELECT interval '1 microsecond' AS x", "0A000"},
		{"SELECT sum(x) AS x FROM (VALUES (99999999999999999999999999999999999999::numeric(38, 0)), (1)) v (x)", "22003"},
		{"SELECT 1 AS x) TO 'y.parquet' (BLOOM_FILTER (z)) --", "42703"},
	} {
		if _, err := tryAnswer(db, "COPY ("+c.sql+") TO 'y.parquet'"); describeCode(err) != c.code {
			t.Errorf("%s: %v, want %s", c.sql, err, c.code)
		}
	}
}

// Strings that are long are cut in statistics so that no row is lost by them.
func TestCopyToParquetLongStrings(t *testing.T) {
	db, dir := openWriting(t)
	for n, s := range []string{"repeat('a', 100)", "repeat('ü', 100)", "repeat(chr(127), 100)", "repeat('\U0010ffff', 50)", "'ab' || repeat('\U0010ffff', 50)"} {
		path := filepath.Join(dir, fmt.Sprint(n, ".parquet"))
		answer(t, db, "COPY (SELECT "+s+" || i AS s FROM generate_series(1, 9) i) TO '"+path+"'")
		for i := 1; i < 10; i++ {
			for _, where := range []string{"s = %s || %d", "s >= %s || %d AND s <= %[1]s || %[2]d", "s IN ('x', %s || %d)"} {
				if got := answer(t, db, "SELECT count(*) FROM '"+path+"' WHERE "+fmt.Sprintf(where, s, i)); got != "1" {
					t.Errorf("%s: %s: %s", s, where, got)
				}
			}
		}
	}
}

// Lists in files have no dimensions and no lower bounds; JSON has arrays within arrays, and text has all.
func TestCopyShapedArrays(t *testing.T) {
	db, dir := openWriting(t)
	answer(t, db, "CREATE TABLE a AS SELECT * FROM (VALUES (1, '{{1,2},{3,NULL}}'::int[]), (2, '{5}'), (3, '{}'), (4, NULL), (5, '[0:1][2:2]={{1},{2}}')) v(id, a)")
	for _, name := range []string{"a.parquet", "a.arrow"} {
		if _, err := tryAnswer(db, "COPY a TO '"+name+"'"); err == nil || !strings.Contains(err.Error(), "arrays of more than one dimension cannot be made lists of") {
			t.Errorf("%s: %v", name, err)
		}
		if got := answer(t, db, "COPY (SELECT id, a FROM a WHERE array_ndims(a) = 1 OR a IS NULL) TO '"+name+"'"); got != "COPY 2" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := answer(t, db, "COPY a TO 'a.json'"); got != "COPY 5" {
		t.Error(got)
	}
	b, err := os.ReadFile(filepath.Join(dir, "a.json"))
	want := `{"id":1,"a":[[1,2],[3,null]]}
{"id":2,"a":[5]}
{"id":3,"a":[]}
{"id":4,"a":null}
{"id":5,"a":[[1],[2]]}
`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	answer(t, db, "COPY a TO 'a.csv'")
	answer(t, db, "CREATE TABLE b (id int, a int[])")
	if got := answer(t, db, "COPY b FROM 'a.csv' (FORMAT csv, HEADER)"); got != "COPY 5" {
		t.Error(got)
	}
	if got := answer(t, db, "SELECT count(*) FROM a JOIN b ON a.id = b.id AND a.a IS NOT DISTINCT FROM b.a"); !strings.Contains(got, "5") {
		t.Error(got)
	}
}
