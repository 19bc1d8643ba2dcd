package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// The tree of many: folders year=/month=/day= with some files each, of a few rows.
const (
	manyYears, manyMonths, manyDays = 10, 12, 28
	manyRows                        = 20
)

// many compares queries over a tree of very many small files, which it makes if it is not there: how long the first takes
// and those after it, in which the engine may know the files.
func many(o options) error {
	dir := filepath.Join(o.dir, "many")
	per := max(1, int(30*o.scale))
	n := manyYears * manyMonths * manyDays * per
	if _, err := os.Stat(filepath.Join(dir, "done")); err != nil {
		fmt.Println("making", n, "files in", dir)
		if err := writeMany(filepath.Join(dir, "t"), per, o); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "done"), nil, 0o644); err != nil {
			return err
		}
	}
	glob := filepath.Join(dir, "t/**/*.parquet")
	queries := []struct{ name, sql string }{
		{"one folder", "SELECT count(*), sum(v), min(name) FROM '" + glob + "' WHERE year = 2005 AND month = 7 AND day = 3"},
		{"one month", "SELECT day, count(*), sum(v) FROM '" + glob + "' WHERE year = 2005 AND month = 7 GROUP BY day"},
		{"one value", "SELECT count(*) FROM '" + glob + "' WHERE id = 12345"},
		{"count", "SELECT count(*) FROM '" + glob + "'"},
		{"by year", "SELECT year, count(*), sum(v) FROM '" + glob + "' GROUP BY year"},
	}
	only, err := regexp.Compile(o.query)
	if err != nil {
		return err
	}
	open := map[string]func() (engine, error){
		"gsql":   func() (engine, error) { return openGsql(o) },
		"duckdb": func() (engine, error) { return openDuck(o) },
	}
	fmt.Printf("%d files, %d threads, milliseconds\n%-12s %9s %9s %9s %9s\n", n, o.threads, "query", "gsql", "again", "duckdb", "again")
	for _, q := range queries {
		if !only.MatchString(q.name) {
			continue
		}
		fmt.Printf("%-12s", q.name)
		for _, name := range []string{"gsql", "duckdb"} {
			if o.alone && name != "gsql" {
				continue
			}
			first, again, err := firstAndAgain(open[name], q.sql, o.runs)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", name, q.name, err)
			}
			fmt.Printf(" %9.1f %9.1f", first, again)
		}
		fmt.Println()
	}
	return nil
}

// firstAndAgain runs a query in an engine that knows nothing yet, and some times more. It returns milliseconds, of the
// later runs the median.
func firstAndAgain(open func() (engine, error), sql string, runs int) (first, again float64, err error) {
	e, err := open()
	if err != nil {
		return 0, 0, err
	}
	defer e.close()
	var took []float64
	for range runs + 1 {
		began := time.Now()
		if _, err := e.query(context.Background(), sql); err != nil {
			return 0, 0, err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	return took[0], median(took[1:]), nil
}

// writeMany makes the tree: DuckDB writes a file for each folder, and the others there are copies of it.
func writeMany(dir string, per int, o options) error {
	duck, err := openDuck(o)
	if err != nil {
		return err
	}
	defer duck.close()
	write := fmt.Sprintf(`COPY (SELECT i AS id, i %% 1000 / 4 AS v, 'name ' || i %% 100 AS name,
		2000 + i // %[1]d // %[2]d // %[3]d AS year, i // %[1]d // %[2]d %% %[3]d + 1 AS month, i // %[1]d %% %[2]d + 1 AS day
		FROM range(%[1]d * %[2]d * %[3]d * %[4]d) t(i)) TO '%[5]s' (FORMAT parquet, PARTITION_BY (year, month, day))`,
		manyRows, manyDays, manyMonths, manyYears, dir)
	if _, err := duck.query(context.Background(), write); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*/*/*/*.parquet"))
	if err != nil {
		return err
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		for k := range per - 1 {
			if err := os.WriteFile(filepath.Join(filepath.Dir(f), fmt.Sprintf("part-%03d.parquet", k)), b, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
