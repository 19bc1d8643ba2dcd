package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gsql"
)

// written is a COPY that both engines run, from FROM to TO.
type written struct{ name, sql, to string }

// writes are the same for both engines, but for what gsql says to replace files; the options are DuckDB's.
var writes = []written{
	{"parquet", "COPY (SELECT * FROM FROM) TO 'TO'", "x.parquet"},
	{"parquet-zstd", "COPY (SELECT * FROM FROM) TO 'TO' (COMPRESSION zstd)", "x.parquet"},
	{"parquet-ordered", "COPY (SELECT * FROM FROM ORDER BY v3) TO 'TO'", "x.parquet"},
	{"parquet-bloom", "COPY (SELECT * FROM FROM) TO 'TO' (BLOOM)", "x.parquet"},
	{"csv", "COPY (SELECT * FROM FROM) TO 'TO'", "x.csv"},
	{"csv-gzip", "COPY (SELECT * FROM FROM) TO 'TO'", "x.csv.gz"},
	{"json", "COPY (SELECT * FROM FROM) TO 'TO'", "x.json"},
	{"100-folders", "COPY (SELECT * FROM FROM) TO 'TO' (FORMAT parquet, PARTITION_BY (id1))", "x"},
	{"10000-folders", "COPY (SELECT *, CAST(floor(v3 * 100) AS int) % 10000 AS k FROM FROM) TO 'TO' (FORMAT parquet, PARTITION_BY (k))", "x"},
}

// write compares how long gsql and DuckDB take to write the rows of groupby's Parquet file, and whether they wrote the same.
func write(o options) error {
	from := "'" + filepath.Join(o.dir, "G1_1e7_1e2_0_0.parquet") + "'"
	dir, err := os.MkdirTemp(o.dir, "write")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := gsql.Open(gsql.Config{Partitions: o.threads, AllowWrite: true})
	if err != nil {
		return err
	}
	db.LimitGoHeap(os.Getenv)
	duck, err := openDuck(o)
	if err != nil {
		return err
	}
	engines := []engine{&gsqlEngine{db}, duck}
	defer duck.close()
	defer db.Close()
	only, err := regexp.Compile(o.query)
	if err != nil {
		return err
	}
	fmt.Printf("%-16s %10s %10s %7s %8s %8s\n", "", "gsql", "duckdb", "ratio", "gsql MB", "duckdb MB")
	for _, w := range writes {
		if !only.MatchString(w.name) {
			continue
		}
		var took [2][]float64
		var size [2]float64
		var sums [2]string
		for run := range o.runs {
			for i, e := range engines {
				if i == 1 && o.alone {
					continue
				}
				seconds, to, err := writeOnce(e, w, from, dir, o.cpu)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", w.name, e.name(), err)
				}
				took[i] = append(took[i], seconds)
				if run == 0 {
					size[i] = megabytes(to)
					if sums[i], err = sumsOf(duck, to); err != nil {
						return err
					}
				}
				if err := os.RemoveAll(to); err != nil {
					return err
				}
			}
		}
		g := slices.Min(took[0])
		if o.alone {
			fmt.Printf("%-16s %10.2f %10s %7s %8.0f\n", w.name, g, "", "", size[0])
			continue
		}
		d := slices.Min(took[1])
		fmt.Printf("%-16s %10.2f %10.2f %7.2f %8.0f %8.0f\n", w.name, g, d, g/d, size[0], size[1])
		if sums[0] != sums[1] {
			return fmt.Errorf("%s: gsql wrote %s, duckdb %s", w.name, sums[0], sums[1])
		}
	}
	return nil
}

func writeOnce(e engine, w written, from, dir string, cpu bool) (seconds float64, to string, err error) {
	to = filepath.Join(dir, e.name()+"-"+w.to)
	sql := strings.ReplaceAll(strings.ReplaceAll(w.sql, "FROM FROM", "FROM "+from), "TO 'TO'", "TO '"+to+"'")
	bloom := ""
	if e.name() == "gsql" {
		bloom = "BLOOM_FILTER"
	}
	if strings.Contains(sql, "(BLOOM)") { // DuckDB makes the filters unasked
		sql = strings.Replace(sql, " (BLOOM)", map[bool]string{true: " (" + bloom + ")", false: ""}[bloom != ""], 1)
	}
	begun, used := time.Now(), processTime()
	if _, err := e.query(context.Background(), sql); err != nil {
		return 0, to, err
	}
	if cpu {
		return processTime() - used, to, nil
	}
	return time.Since(begun).Seconds(), to, nil
}

// sumsOf reads what was written, by DuckDB.
func sumsOf(duck *duckEngine, to string) (string, error) {
	from := "'" + to + "'"
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		from = "read_parquet('" + to + "/**/*.parquet', hive_partitioning = true)"
	}
	r, err := duck.query(context.Background(), "SELECT count(*), sum(id4), sum(id6), sum(v1), sum(v2), round(sum(v3), 3), count(DISTINCT id3), min(id1), max(id2) FROM "+from)
	if err != nil {
		return "", err
	}
	return strings.Join(r.rows[0], " "), nil
}

// megabytes returns the size of a file, or of all in a folder.
func megabytes(path string) float64 {
	var n int64
	_ = filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return err
	})
	return float64(n) / 1e6
}
