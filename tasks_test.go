package gsql_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	"gsql/exec/text"
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
		rows = appendLines(rows, b, &text.Style{Location: time.UTC})
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
		t.Run(configName(cfg), func(t *testing.T) {
			t.Parallel()
			dbs := [2]*gsql.DB{open(t, cfg), open(t, cfg)}
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
			t.Run(format+"-"+configName(cfg), func(t *testing.T) {
				t.Parallel()
				dbs := [2]*gsql.DB{open(t, cfg), open(t, cfg)}
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

// TestSLTInTasks runs the queries of testdata/slt in tasks.
func TestSLTInTasks(t *testing.T) {
	if !*long {
		t.Skip("it takes a while: use -long")
	}
	err := filepath.WalkDir("testdata/slt", func(path string, d os.DirEntry, err error) error {
		if !strings.HasSuffix(path, ".slt") {
			return err
		}
		records, err := parseSLT(read(t, path))
		if err != nil {
			return err
		}
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			t.Parallel()
			cfg := gsql.Config{Dir: "testdata/files", Partitions: 3}
			dbs := [2]*gsql.DB{open(t, cfg), open(t, cfg)}
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
