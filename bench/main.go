// Command bench makes the data of the benchmarks and runs gsql and DuckDB on it side by side: the same
// queries on the same files with the same number of threads, in turn, in one process. It compares the
// results and prints times and ratios. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"sort"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	flag.StringVar(&o.dir, "data", "/tmp/gsql-bench", "folder of the data")
	flag.StringVar(&o.set, "set", "all", "seed, groupby, join, tpch, prune, all, or folder for the files of -data")
	flag.StringVar(&o.format, "format", "all", "csv, parquet or all")
	flag.StringVar(&o.query, "q", "", "only queries whose names match this regular expression")
	flag.StringVar(&o.queries, "queries", "../testdata/tpch", "folder of the queries of tpch and folder, one a file")
	flag.IntVar(&o.threads, "threads", runtime.GOMAXPROCS(0), "threads of both engines")
	flag.IntVar(&o.runs, "runs", 3, "runs of each query; the median counts")
	flag.Float64Var(&o.scale, "scale", 1, "size of the data: 1 is 13 million seed rows, 10 million groupby rows, TPC-H scale factor 1")
	flag.BoolVar(&o.alone, "alone", false, "run gsql only, for profiles")
	flag.BoolVar(&o.cpu, "cpu", false, "compare the least processor time of the runs instead, for machines that are shared")
	flag.Int64Var(&o.limit, "limit", 512<<20, "memory: the limit in bytes")
	flag.Int64Var(&o.ample, "ample", 12<<30, "memory: the limit to compare with, in bytes")
	flag.StringVar(&o.under, "under", "", "memory: command that gsql with the limit is started by, such as one that sets limits of its own")
	profile := flag.String("cpuprofile", "", "write a CPU profile of gsql's runs to this file")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench [flags] gen | run | cancel | memory | mixed | many | write | wire TABLE SERVER [SERVER]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	switch flag.Arg(0) {
	case "gen":
		return generate(o)
	case "run":
		return compare(o)
	case "cancel":
		return cancel(o)
	case "memory":
		return memory(o)
	case "mixed":
		return mixed(o)
	case "many":
		return many(o)
	case "write":
		return write(o)
	case "wire":
		return wire(o)
	}
	flag.Usage()
	return fmt.Errorf("say gen, run, cancel, memory, mixed, many, write or wire")
}

type options struct {
	dir, set, format, query string
	queries                 string
	threads, runs           int
	scale                   float64
	alone, cpu              bool
	limit, ample            int64 // bytes
	under                   string
}

// clock returns what runs are measured by: the time of day or the time of the process's threads, in seconds.
func (o options) clock() float64 {
	if o.cpu {
		return processTime()
	}
	return float64(time.Now().UnixNano()) / 1e9
}

// score makes one number of the measurements of all runs.
func (o options) score(x []float64) float64 {
	if o.cpu {
		return slices.Min(x)
	}
	return median(x)
}

func (o options) wants(set, format string) bool {
	return (o.set == "all" || o.set == set) && (o.format == "all" || o.format == format)
}

// compare runs all sets that are asked for.
func compare(o options) error {
	filter, err := regexp.Compile(o.query)
	if err != nil {
		return err
	}
	all, err := sets(o)
	if err != nil {
		return err
	}
	failed := 0
	for _, s := range all {
		if !o.wants(s.name, s.format) {
			continue
		}
		n, err := s.compare(o, filter)
		if err != nil {
			return fmt.Errorf("%s from %s: %w", s.name, s.format, err)
		}
		failed += n
	}
	if failed > 0 {
		return fmt.Errorf("%d queries failed or differ", failed)
	}
	return nil
}

// compare prints one line per query, and the geometric mean of the ratios.
func (s set) compare(o options, filter *regexp.Regexp) (failed int, err error) {
	ctx := context.Background()
	ours, err := openGsql(o)
	if err != nil {
		return 0, err
	}
	defer ours.close()
	engines := []engine{ours}
	if !o.alone {
		duck, err := openDuck(o)
		if err != nil {
			return 0, err
		}
		defer duck.close()
		engines = append(engines, duck)
	}
	for _, e := range engines {
		for _, stmt := range s.setup {
			if _, err := e.query(ctx, stmt); err != nil {
				return 0, fmt.Errorf("%s: %s: %w", e.name(), stmt, err)
			}
		}
	}
	what := "median"
	if o.cpu {
		what = "least processor time"
	}
	fmt.Printf("\n%s from %s, %d threads, %s of %d runs, seconds\n", s.name, s.format, o.threads, what, o.runs)
	fmt.Printf("%-10s %9s %9s %9s  %s\n", "query", "gsql", "duckdb", "ratio", "rows")
	logs, n, worst := 0.0, 0, 0.0
	for _, q := range s.queries {
		if !filter.MatchString(q.name) {
			continue
		}
		times := make([][]float64, len(engines))
		results := make([]*result, len(engines))
		var qerr error
		for range o.runs {
			for i, e := range engines {
				runtime.GC()
				start := o.clock()
				r, err := e.query(ctx, q.sql)
				if err != nil {
					qerr = fmt.Errorf("%s: %w", e.name(), err)
					break
				}
				times[i] = append(times[i], o.clock()-start)
				results[i] = r
			}
			if qerr != nil {
				break
			}
		}
		if qerr != nil {
			failed++
			fmt.Printf("%-10s %v\n", q.name, qerr)
			continue
		}
		ours := o.score(times[0])
		if o.alone {
			fmt.Printf("%-10s %9.4f %9s %9s  %d\n", q.name, ours, "", "", results[0].count)
			continue
		}
		theirs := o.score(times[1])
		note := ""
		if diff := results[0].diff(results[1], q.ordered); diff != "" {
			failed++
			note = "  DIFFERENT: " + diff
		}
		ratio := ours / theirs
		logs += math.Log(ratio)
		n++
		worst = max(worst, ratio)
		fmt.Printf("%-10s %9.4f %9.4f %9.3f  %d%s\n", q.name, ours, theirs, ratio, results[0].count, note)
	}
	if n > 0 {
		mean := math.Exp(logs / float64(n))
		fmt.Printf("geometric mean of gsql/duckdb: %.3f (gsql is %.2f times as fast); worst %.2f\n", mean, 1/mean, worst)
	}
	return failed, nil
}

func median(x []float64) float64 {
	sort.Float64s(x)
	return x[len(x)/2]
}
