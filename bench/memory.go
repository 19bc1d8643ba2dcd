package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"gsql/exec/mem"
)

// memoryQueries are queries whose state is larger than a small memory limit.
func memoryQueries(dir, format string) []query {
	g1 := filepath.Join(dir, "G1_1e7_1e2_0_0."+format)
	out := append(groupByQueries(g1), joinQueries(dir, format)...)
	for _, q := range []query{
		{name: "sort", sql: "SELECT v3, id6, id3, id1 FROM x ORDER BY v3, id6, id3, id1", ordered: true},
		{name: "sorttext", sql: "SELECT id3, id1, id2 FROM x ORDER BY id3, id1 DESC, id2", ordered: true},
		{name: "window", sql: "SELECT id6, v3, rank() OVER w AS r, sum(v1) OVER w AS s FROM x WINDOW w AS (ORDER BY v3)"},
		{name: "distinct", sql: "SELECT count(DISTINCT id3), count(DISTINCT v3), count(DISTINCT id6) FROM x"},
		{name: "string_agg", sql: "SELECT id6, string_agg(id3, ',' ORDER BY id3) AS ids FROM x GROUP BY id6"},
		{name: "array_agg", sql: "SELECT id6, array_agg(v3 ORDER BY v3) AS v3 FROM x GROUP BY id6"},
	} {
		q.sql = strings.ReplaceAll(q.sql, "FROM x", "FROM '"+g1+"'")
		out = append(out, q)
	}
	return out
}

// spare is what a process may take beyond its limit and a tenth of it.
const spare = 64 << 20

// memory runs gsql as a process of its own, once with ample memory and once with a limit, and prints times and peaks
// of resident memory. Results must be the same, and the peak must keep the limit.
func memory(o options) error {
	filter, err := regexp.Compile(o.query)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "gsql-memory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	gsql := filepath.Join(tmp, "gsql")
	build := exec.Command("go", "build", "-o", gsql, "./cmd/gsql")
	build.Dir, build.Env, build.Stderr = "..", append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building gsql: %w", err)
	}
	failed := 0
	for _, format := range []string{"csv", "parquet"} {
		if !o.wants(o.set, format) {
			continue
		}
		fmt.Printf("\nwith a limit of %s and with ample memory, %s, %d threads\n", mem.Format(o.limit), format, o.threads)
		fmt.Printf("%-10s %10s %10s %8s %10s %10s %12s\n", "query", "s", "ample s", "ratio", "peak", "ample peak", "rows")
		for _, q := range memoryQueries(o.dir, format) {
			if !filter.MatchString(q.name) {
				continue
			}
			if err := memoryOf(o, gsql, q); err != nil {
				fmt.Printf("%-10s %v\n", q.name, err)
				failed++
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d queries failed, differ or took more than their limit", failed)
	}
	return nil
}

func memoryOf(o options, gsql string, q query) error {
	little, err := runProcess(o, gsql, q, o.limit)
	if err != nil {
		return fmt.Errorf("with the limit, after %.1f s, peak %s: %w", little.seconds, mem.Format(little.peak), err)
	}
	if o.alone {
		fmt.Printf("%-10s %10.2f %10s %8s %10s %10s %12d\n", q.name, little.seconds, "", "", mem.Format(little.peak), "", little.rows)
	} else {
		ample, err := runProcess(o, gsql, q, o.ample)
		if err != nil {
			return fmt.Errorf("with ample memory: %w", err)
		}
		fmt.Printf("%-10s %10.2f %10.2f %8.2f %10s %10s %12d\n", q.name, little.seconds, ample.seconds, little.seconds/ample.seconds,
			mem.Format(little.peak), mem.Format(ample.peak), little.rows)
		if little.rows != ample.rows || little.hash != ample.hash {
			return errors.New("the results differ")
		}
	}
	if most := o.limit + o.limit/10 + spare; little.peak > most {
		return fmt.Errorf("the peak is above %s", mem.Format(most))
	}
	return nil
}

// process is what a run of gsql as a process took and gave.
type process struct {
	seconds float64
	peak    int64 // bytes resident
	rows    int64
	hash    uint64 // of all rows, in any order unless the query orders them
}

func runProcess(o options, gsql string, q query, limit int64) (p process, err error) {
	var args []string
	if limit == o.limit {
		args = strings.Fields(o.under)
	}
	args = append(args, gsql, "--memory", fmt.Sprint(limit), "--workers", fmt.Sprint(o.threads), "--csv", "-t", "-c", q.sql)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return p, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return p, err
	}
	readErr := p.read(out, q.ordered)
	if readErr != nil {
		cancel()
	}
	err = cmd.Wait()
	p.seconds = time.Since(start).Seconds()
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		p.peak = use.Maxrss << 10
	}
	if readErr != nil {
		return p, readErr
	}
	if err != nil {
		return p, fmt.Errorf("%v: %s", err, strings.TrimSpace(stderr.String()))
	}
	return p, nil
}

// read counts and hashes lines.
func (p *process) read(r io.Reader, ordered bool) error {
	in := bufio.NewReaderSize(r, 1<<20)
	h := fnv.New64a()
	for {
		line, err := in.ReadSlice('\n')
		h.Write(line)
		switch err {
		case bufio.ErrBufferFull:
			continue
		case io.EOF:
			return nil
		case nil:
		default:
			return err
		}
		p.rows++
		if ordered {
			p.hash *= 31
		}
		p.hash += h.Sum64()
		h.Reset()
	}
}
