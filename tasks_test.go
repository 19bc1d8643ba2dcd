package gsql_test

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gsql"
	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
)

var taskTime = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// taskRows runs a query in tasks, each twice, with plans that two databases make in turn, as two processes would.
func taskRows(t *testing.T, dbs [2]*gsql.DB, query string) ([]string, error) {
	t.Helper()
	var turn atomic.Int64
	batches, err := exectest.TaskBatches(t, t.TempDir(), 2, func() (*exec.Runner, error) {
		return dbs[turn.Add(1)%2].Session().TaskRunner(context.Background(), query, taskTime)
	}, 1)
	var rows []string
	for _, b := range batches {
		rows = appendLines(rows, b, dbs[0].MainSession().Style())
	}
	return rows, err
}

// taskConfigs are numbers of partitions, without and with more than there are splits or row groups.
func taskConfigs(dir string) (all []gsql.Config) {
	for _, parts := range []int{1, 2, 7} {
		all = append(all, gsql.Config{Dir: dir, Partitions: parts, BatchRows: 1000})
	}
	return all
}

// TestTPCHInTasks: the queries of TPC-H give the same rows when each task is a process of its own.
func TestTPCHInTasks(t *testing.T) {
	files, _ := filepath.Glob("testdata/tpch/q*.sql")
	for _, cfg := range taskConfigs("testdata/tpch/data") {
		t.Run(setup{Config: cfg}.String(), func(t *testing.T) {
			t.Parallel()
			dbs := [2]*gsql.DB{openDB(t, cfg), openDB(t, cfg)}
			for _, f := range files {
				rows, err := taskRows(t, dbs, read(t, f))
				if err != nil {
					t.Errorf("%s: %s", f, describe(err))
					continue
				}
				compareRows(t, rows, filepath.Join("testdata/tpch/expected", strings.TrimSuffix(filepath.Base(f), ".sql")+".txt"))
			}
		})
	}
}

// TestGroupByInTasks: so do those of db-benchmark, from text and from Parquet.
func TestGroupByInTasks(t *testing.T) {
	files, _ := filepath.Glob("testdata/groupby/q*.sql")
	dir := t.TempDir()
	x := newGroupByTable(10_000, 10)
	x.writeCSV(t, filepath.Join(dir, "x.csv"))
	x.writeParquet(t, filepath.Join(dir, "x.parquet"))
	for _, format := range []string{"csv", "parquet"} {
		for _, cfg := range taskConfigs("") {
			t.Run(format+"-"+setup{Config: cfg}.String(), func(t *testing.T) {
				t.Parallel()
				dbs := [2]*gsql.DB{openDB(t, cfg), openDB(t, cfg)}
				for _, db := range dbs {
					if _, err := runQuery(db, fmt.Sprintf("CREATE VIEW x AS SELECT * FROM '%s'", filepath.Join(dir, "x."+format))); err != nil {
						t.Fatal(describe(err))
					}
				}
				for _, f := range files {
					rows, err := taskRows(t, dbs, read(t, f))
					if err != nil {
						t.Errorf("%s: %s", f, describe(err))
						continue
					}
					compareSortedRows(t, rows, f)
				}
			})
		}
	}
}

// sessionState finds files whose queries depend on what their session did before. Tasks have sessions of their own.
var sessionState = regexp.MustCompile(`(?m)^(# oracle: session|BEGIN|PREPARE|CREATE TEMP|SET )`)

// TestSLTInTasks runs the queries of testdata/slt in tasks.
func TestSLTInTasks(t *testing.T) {
	if !exectest.Long() {
		t.Skip("it takes a while: use -long")
	}
	err := filepath.WalkDir("testdata/slt", func(path string, d os.DirEntry, err error) error {
		if !strings.HasSuffix(path, ".slt") {
			return err
		}
		if sessionState.MatchString(read(t, path)) {
			return nil
		}
		records, err := parseSLT(read(t, path))
		if err != nil {
			return err
		}
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			t.Parallel()
			cfg := gsql.Config{Dir: "testdata/files", Partitions: 3}
			dbs := [2]*gsql.DB{openDB(t, cfg), openDB(t, cfg)}
			for _, r := range records {
				if r.query {
					compareInTasks(t, dbs, r, fmt.Sprintf("%s:%d", path, r.line))
					continue
				}
				for _, db := range dbs {
					if _, err := runQuery(db, r.sql); err != nil && r.code == "" {
						t.Fatalf("%s:%d: %s", path, r.line, describe(err))
					}
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compareInTasks(t *testing.T, dbs [2]*gsql.DB, r *record, where string) {
	rows, err := taskRows(t, dbs, r.sql)
	want := slices.Clone(r.expected)
	if r.rowsort {
		sort.Strings(rows)
		sort.Strings(want)
	}
	switch {
	case sqlstate.Of(err) == sqlstate.FeatureNotSupported: // of this process, such as gsql_queries
		t.Logf("%s: %v", where, err)
	case err != nil:
		t.Errorf("%s: %s", where, describe(err))
	case !slices.Equal(rows, want):
		t.Errorf("%s: got\n%s\nwant\n%s\n%s", where, strings.Join(rows, "\n"), strings.Join(want, "\n"), r.sql)
	}
}

// TestQuotedNewlinesInTasks: tasks whose splits begin within quotes, or do not, find out by themselves.
func TestQuotedNewlinesInTasks(t *testing.T) {
	dir := t.TempDir()
	b := []byte("k,s\n")
	for i := range 60_000 {
		b = fmt.Appendf(b, "%d,\"%s said \"\"%d\"\",\n%d,\"\"\n\n\"\n", i%10, strings.Repeat("she\n", i%40), i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.csv"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	cfg := gsql.Config{Dir: dir, Partitions: 5}
	dbs := [2]*gsql.DB{openDB(t, cfg), openDB(t, cfg)}
	const query = "SELECT k, count(*), sum(length(s)), min(s), max(s) FROM x GROUP BY k ORDER BY k"
	want, err := runQuery(dbs[0], query)
	if err != nil || len(want) != 10 {
		t.Fatalf("%d rows: %v", len(want), err)
	}
	if r, err := dbs[0].Session().TaskRunner(context.Background(), query, taskTime); err != nil || r.Fragments()[0].Tasks != 5 {
		t.Errorf("the file is not read by five tasks: %v", err)
	}
	if got, err := taskRows(t, dbs, query); err != nil || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), err)
	}
}

// TestTasksReadTheSameRows: what several tasks read is computed once, also where it would come out differently again.
func TestTasksReadTheSameRows(t *testing.T) {
	cfg := gsql.Config{Dir: "testdata/tpch/data", Partitions: 4}
	dbs := [2]*gsql.DB{openDB(t, cfg), openDB(t, cfg)}
	for _, query := range []string{
		`WITH w AS MATERIALIZED (SELECT l_orderkey k, random() r FROM lineitem)
			SELECT count(*) = (SELECT count(*) FROM lineitem) FROM w a JOIN w b ON a.r = b.r AND a.k = b.k`,
		`WITH w AS MATERIALIZED (SELECT l_orderkey k FROM lineitem LIMIT 500) SELECT bool_and(k IN (SELECT k FROM w)) FROM w`,
		`WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + l_linenumber FROM r JOIN lineitem ON n < 5 AND l_linenumber = 1)
			SELECT array_agg(n ORDER BY n) = ARRAY[1, 2, 3, 4, 5] FROM r`,
		`SELECT count(DISTINCT r) = 2 FROM lineitem, (SELECT random() r FROM generate_series(1, 2)) x`,
	} {
		if rows, err := taskRows(t, dbs, query); err != nil || !slices.Equal(rows, []string{"t"}) {
			t.Errorf("%v %v: %s", rows, err, query)
		}
	}
}

// TestFingerprintOfQueries: databases agree on a query's plan while nothing has changed that decides its rows.
func TestFingerprintOfQueries(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.csv")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a,b\n1,2\n3,4\n")
	print := func(cfg gsql.Config, now time.Time, query string) string {
		t.Helper()
		cfg.Dir = dir
		r, err := openDB(t, cfg).Session().TaskRunner(context.Background(), query, now)
		if err != nil {
			t.Fatalf("%s: %s", query, describe(err))
		}
		return r.Fingerprint()
	}
	plain := gsql.Config{Partitions: 2}
	const query = "SELECT a + 1, now() FROM x WHERE b > 1 ORDER BY a"
	seen := map[string]string{}
	differs := func(what, fingerprint string) {
		t.Helper()
		if other, ok := seen[fingerprint]; ok {
			t.Errorf("%s has the fingerprint of %s", what, other)
		}
		seen[fingerprint] = what
	}
	differs("the query", print(plain, taskTime, query))
	if _, ok := seen[print(plain, taskTime, query)]; !ok {
		t.Error("another database has another fingerprint")
	}
	for _, q := range []string{
		"SELECT a + 1::bigint, now() FROM x WHERE b > 1 ORDER BY a",
		"SELECT a + 1, now() FROM x WHERE b > 2 ORDER BY a",
		"SELECT a + 1, now() FROM x WHERE b > 1 ORDER BY a DESC",
		"SELECT a + 1, now() FROM x WHERE b > 1",
		"SELECT a - 1, now() FROM x WHERE b > 1 ORDER BY a",
		"SELECT a + 1, now() FROM read_csv('x.csv', nullstr => '3') WHERE b > 1 ORDER BY a",
		"SELECT a + 1, now() FROM read_csv('x.csv', columns => {'a': 'BIGINT', 'b': 'SMALLINT'}) WHERE b > 1 ORDER BY a",
		"SELECT DATE '2024-01-01'", "SELECT DATE '2024-01-02'", "SELECT TIMESTAMP '2024-01-01'",
	} {
		differs(q, print(plain, taskTime, q))
	}
	differs("a later time", print(plain, taskTime.Add(time.Second), query))
	differs("another time zone", print(gsql.Config{Partitions: 2, TimeZone: "Europe/Berlin"}, taskTime, query))
	differs("without rules", print(gsql.Config{Partitions: 2, NoOptimizer: true}, taskTime, query))
	write("a,b\n1,2\n3,5\n")
	if err := os.Chtimes(file, taskTime, taskTime); err != nil {
		t.Fatal(err)
	}
	differs("a changed file", print(plain, taskTime, query))
	_, err := openDB(t, plain).Session().TaskRunner(context.Background(), "SELECT * FROM gsql_queries", taskTime)
	if sqlstate.Of(err) != sqlstate.FeatureNotSupported {
		t.Errorf("a table of the process itself: %v", err)
	}
}

// TestFingerprintInAnotherProcess: nothing of a process, such as the order of its maps, gets into a plan.
func TestFingerprintInAnotherProcess(t *testing.T) {
	const child = "GSQL_PRINT_FINGERPRINTS"
	files, _ := filepath.Glob("testdata/tpch/q*.sql")
	db := openDB(t, gsql.Config{Dir: "testdata/tpch/data", Partitions: 3})
	var own []string
	for _, f := range files {
		r, err := db.Session().TaskRunner(context.Background(), read(t, f), taskTime)
		if err != nil {
			t.Fatal(describe(err))
		}
		own = append(own, r.Fingerprint())
	}
	if os.Getenv(child) != "" {
		fmt.Println(strings.Join(own, " "))
		return
	}
	cmd := osexec.Command(os.Args[0], "-test.run=^TestFingerprintInAnotherProcess$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), strings.Join(own, " ")+"\n") {
		t.Errorf("another process has other fingerprints: %v\n%s", err, out)
	}
}
