package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"gsql"
	"gsql/pgwire"
)

// cancelQueries are queries whose time is spent in one operator each.
func cancelQueries(dir, format string) []query {
	g1, line, orders := filepath.Join(dir, "G1_1e7_1e2_0_0."+format), filepath.Join(dir, "tpch/lineitem.parquet"), filepath.Join(dir, "tpch/orders.parquet")
	named := strings.NewReplacer("G1", "'"+g1+"'", "LINEITEM", "'"+line+"'", "ORDERS", "'"+orders+"'")
	var out []query
	for _, q := range []query{
		{name: "scan", sql: "SELECT * FROM G1 WHERE v1 + v2 * v3 < 0"},
		{name: "regexp", sql: "SELECT count(*) FROM LINEITEM WHERE l_comment ~ '(a|e).*(ly|ion).*[xq]$'"},
		{name: "groups", sql: "SELECT id6, sum(v1), sum(v3) FROM G1 GROUP BY id6 HAVING sum(v1) < 0"},
		{name: "manygroups", sql: "SELECT count(*) FROM (SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS s FROM G1 GROUP BY 1, 2, 3, 4, 5, 6) x"},
		{name: "distinct", sql: "SELECT id4, count(DISTINCT id6), count(DISTINCT id3) FROM G1 GROUP BY id4"},
		{name: "median", sql: "SELECT mode() WITHIN GROUP (ORDER BY id3), median(v3) FROM G1"},
		{name: "string_agg", sql: "SELECT length(string_agg(id3, ',')) FROM G1"},
		{name: "join", sql: "SELECT count(*), sum(a.v3 * b.v1) FROM G1 a JOIN G1 b USING (id6)"},
		{name: "build", sql: "SELECT count(*) FROM G1 a LEFT JOIN G1 b ON a.id3 = b.id3 AND a.id6 = b.id6 AND a.v3 = b.v3"},
		{name: "loop", sql: "SELECT count(*) FROM ORDERS a JOIN ORDERS b ON a.o_totalprice < b.o_totalprice * 0.001"},
		{name: "sort", sql: "SELECT * FROM G1 ORDER BY v3, id6 OFFSET 9999990"},
		{name: "sorttext", sql: "SELECT * FROM G1 ORDER BY id3, id1 DESC, id2 OFFSET 9999990"},
		{name: "window", sql: "SELECT sum(r) FROM (SELECT row_number() OVER (PARTITION BY id6 ORDER BY v3) AS r FROM G1) x"},
		{name: "frame", sql: "SELECT max(r) FROM (SELECT sum(v1) OVER (ORDER BY v3 ROWS BETWEEN 1000 PRECEDING AND 1000 FOLLOWING) AS r FROM G1) x"},
		{name: "series", sql: "SELECT count(*) FROM generate_series(1, 10000000000) g WHERE g % 7 = 9"},
	} {
		q.sql = named.Replace(q.sql)
		out = append(out, q)
	}
	return out
}

// longest is how much of a query's run time Ctrl-C is tried in.
const longest = 10 * time.Second

// cancel interrupts psql at moments spread over the run of each query, and prints how long it took until psql had
// ended and until no goroutine of the query was left.
func cancel(o options) error {
	psql, err := exec.LookPath("psql")
	if err != nil {
		return err
	}
	filter, err := regexp.Compile(o.query)
	if err != nil {
		return err
	}
	db, err := gsql.Open(gsql.Config{Dir: o.dir, Partitions: o.threads})
	if err != nil {
		return err
	}
	defer db.Close()
	db.LimitGoHeap(os.Getenv)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &pgwire.Server{DB: db}
	go s.Serve(l)
	defer s.Close(context.Background())
	c := canceler{psql: psql, port: fmt.Sprint(l.Addr().(*net.TCPAddr).Port)}
	if _, err := c.run("SELECT 1", time.Minute, nil); err != nil {
		return err
	}
	c.idle = settled()

	for _, format := range []string{"csv", "parquet"} {
		if !o.wants(o.set, format) {
			continue
		}
		fmt.Printf("\nCtrl-C from psql, %s, %d threads, milliseconds until psql had ended and until the query was gone\n", format, o.threads)
		fmt.Printf("%-10s %5s %21s %21s\n", "query", "runs", "psql: median, most", "query: median, most")
		for _, q := range cancelQueries(o.dir, format) {
			if !filter.MatchString(q.name) {
				continue
			}
			if err := c.measure(q, o.runs); err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
		}
	}
	return nil
}

type canceler struct {
	psql, port string
	idle       int // goroutines of a server without connections
}

// outcome is what became of one psql.
type outcome struct {
	took     time.Duration // until it had ended, from its start or from Ctrl-C
	gone     time.Duration // until the server was idle, from Ctrl-C
	canceled bool
}

// run starts psql and sends it sig after a delay, unless it has ended by then; without a signal it is killed.
func (c *canceler) run(sql string, delay time.Duration, sig os.Signal) (outcome, error) {
	cmd := exec.Command(c.psql, "-X", "-A", "-t", "-h", "127.0.0.1", "-p", c.port, "-U", "bench", "-c", sql)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	kill := sig
	if kill == nil {
		kill = os.Kill
	}
	select {
	case err := <-ended:
		if err != nil {
			err = errors.New(strings.TrimSpace(stderr.String()))
		}
		return outcome{took: time.Since(start)}, err
	case <-time.After(delay):
	}
	start = time.Now()
	if err := cmd.Process.Signal(kill); err != nil {
		return outcome{}, err
	}
	if sig == nil {
		<-ended
		return outcome{took: delay}, nil
	}
	var r outcome
	for r.took == 0 || r.gone == 0 {
		time.Sleep(time.Millisecond / 2)
		if r.took == 0 && len(ended) > 0 {
			r.took = time.Since(start)
		}
		if r.gone == 0 && runtime.NumGoroutine() <= c.idle+c.own(r) {
			r.gone = time.Since(start)
		}
	}
	r.canceled = strings.Contains(stderr.String(), "canceling statement due to user request")
	return r, nil
}

// own is how many goroutines a running psql has here: the one that waits for it and the one that reads what it says.
func (c *canceler) own(r outcome) int {
	if r.took > 0 {
		return 0
	}
	return 2
}

// settled waits until no more goroutines end, and returns how many there are.
func settled() int {
	n := runtime.NumGoroutine()
	for since := time.Now(); time.Since(since) < 200*time.Millisecond; time.Sleep(time.Millisecond) {
		if now := runtime.NumGoroutine(); now != n {
			n, since = now, time.Now()
		}
	}
	return n
}

func (c *canceler) measure(q query, runs int) error {
	whole, err := c.run(q.sql, longest, nil)
	if err != nil {
		return err
	}
	settled()
	const connect = 50 * time.Millisecond // what psql needs before its query runs
	var took, gone []float64
	for i := range runs {
		at := float64(whole.took-connect) * (float64(i) + rand.Float64()) / float64(runs)
		r, err := c.run(q.sql, connect+time.Duration(max(at, 0)), os.Interrupt)
		if err != nil {
			return err
		}
		settled()
		if r.canceled {
			took = append(took, r.took.Seconds()*1000)
			gone = append(gone, r.gone.Seconds()*1000)
		}
	}
	if len(took) == 0 {
		return errors.New("every run had ended before Ctrl-C")
	}
	fmt.Printf("%-10s %5d %10.0f %10.0f %10.0f %10.0f\n", q.name, len(took), median(took), slices.Max(took), median(gone), slices.Max(gone))
	return nil
}
