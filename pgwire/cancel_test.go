package pgwire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gsql"
	"gsql/exec/sqlstate"
)

// endless are queries that would run for minutes over the generated file, each at home in another operator.
var endless = map[string]string{
	"scan":        "SELECT count(*) FROM generate_series(1, 1000000000000) g WHERE g % 7 = 9",
	"rows":        "SELECT * FROM generate_series(1, 1000000000000) g",
	"file":        "SELECT max(t.a) FROM t, generate_series(1, 100000) g WHERE t.a + g = -1",
	"aggregation": "SELECT g % 100000, count(*) FROM generate_series(1, 1000000000000) g GROUP BY 1",
	"join":        "SELECT count(*) FROM t a JOIN t b ON a.k = b.k JOIN t c ON c.k = b.k",
	"sort":        "SELECT a.a FROM t a, t b ORDER BY a.a * b.a % 1000003, b.a",
	"window":      "SELECT max(r) FROM (SELECT rank() OVER (ORDER BY a.a * b.a % 1000003) r FROM t a, t b) x",
	"distinct":    "SELECT count(DISTINCT g), count(DISTINCT g % 1000003) FROM generate_series(1, 1000000000000) g",
	"loop join":   "SELECT count(*) FROM t a JOIN t b ON a.a * 3 < b.k - a.k * b.a JOIN t c ON c.a + a.a < b.a - 60000",
	"regexp":      "SELECT count(*) FROM t a, t b WHERE a.s || b.s ~ '(e|t).*(x|t).*[qz]$'",
	"string_agg":  "SELECT length(string_agg(a.s || b.s, ',')) FROM t a, t b",
	"median":      "SELECT mode() WITHIN GROUP (ORDER BY a.s), median(b.a) FROM t a, t b",
}

// bigTable is a folder with a table t of 50,000 rows.
func bigTable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "t.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "a,k,s")
	for i := range 50_000 {
		fmt.Fprintf(w, "%d,%d,text %d\n", i, i%10, i*7919%50_000)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// promptly is the limit for the end of a cancelled query. It is meant to be 100 ms, which bench measures, but test
// machines are busy.
const promptly = time.Second

func TestCancelRequest(t *testing.T) {
	dir := bigTable(t)
	addr := startServer(t, gsql.Config{Dir: dir, Restrict: true, MemoryLimit: 1 << 30})
	for name, query := range endless {
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec} {
			t.Run(name+" "+mode.String(), func(t *testing.T) {
				c := connect(t, addr, mode)
				canceled := make(chan time.Time, 1)
				time.AfterFunc(60*time.Millisecond, func() {
					canceled <- time.Now()
					if err := c.PgConn().CancelRequest(context.Background()); err != nil {
						t.Error(err)
					}
				})
				rows, err := c.Query(context.Background(), query)
				if err == nil {
					for rows.Next() {
					}
					err = rows.Err()
				}
				if codeOf(err) != "57014" {
					t.Errorf("got %v", err)
				}
				if d := time.Since(<-canceled); d > promptly {
					t.Errorf("the query stopped after %v", d)
				}
				if err := c.Ping(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// late are queries of about a second that do most of their work after they have read their input.
var late = map[string]string{
	"sort":        "SELECT g::bigint * 7919 % 1000003 AS a, g::text AS b FROM generate_series(1, 2000000) g ORDER BY 1, 2 DESC OFFSET 1999999",
	"comparisons": "SELECT (g::bigint * 7919 % 1000003) * interval '1 second' AS a FROM generate_series(1, 1000000) g ORDER BY 1 OFFSET 999999",
	"build":       "SELECT count(*) FROM generate_series(1, 2000000) a LEFT JOIN generate_series(1, 2000000) b ON a::text = b::text",
	"groups":      "SELECT count(*) FROM (SELECT g::text || 'x', count(*), sum(g) FROM generate_series(1, 2000000) g GROUP BY 1) x",
	"distinct":    "SELECT g % 7, count(DISTINCT g::text) FROM generate_series(1, 2000000) g GROUP BY 1",
	"window":      "SELECT max(r), max(s) FROM (SELECT rank() OVER w r, sum(g) OVER w s FROM generate_series(1, 2000000) g WINDOW w AS (PARTITION BY g % 3 ORDER BY g::bigint * 7919 % 1000003)) x",
	"percentiles": "SELECT mode() WITHIN GROUP (ORDER BY g::text), median(g) FROM generate_series(1, 1000000) g",
}

// TestCancelLate cancels queries at several moments of their run, so that it meets what they do between reading
// and their first row.
func TestCancelLate(t *testing.T) {
	if testing.Short() {
		t.Skip("runs for seconds")
	}
	addr := startServer(t, gsql.Config{Dir: t.TempDir(), Restrict: true})
	for name, query := range late {
		t.Run(name, func(t *testing.T) {
			c := connect(t, addr, pgx.QueryExecModeExec)
			start := time.Now()
			if _, err := c.Exec(context.Background(), query); err != nil {
				t.Fatal(err)
			}
			whole := time.Since(start)
			for _, share := range []float64{0.35, 0.6, 0.85} {
				canceled := make(chan time.Time, 1)
				timer := time.AfterFunc(time.Duration(share*float64(whole)), func() {
					canceled <- time.Now()
					if err := c.PgConn().CancelRequest(context.Background()); err != nil {
						t.Error(err)
					}
				})
				_, err := c.Exec(context.Background(), query)
				if timer.Stop() { // it was faster than before
					continue
				}
				if d := time.Since(<-canceled); d > promptly {
					t.Errorf("cancelled after %.0f %% of %v, the query stopped after %v", share*100, whole, d)
				}
				if err != nil && codeOf(err) != "57014" {
					t.Errorf("got %v", err)
				}
				// A cancel request that comes too late may hit the next statement.
				for i := 0; ; i++ {
					if err := c.Ping(context.Background()); err == nil {
						break
					} else if codeOf(err) != "57014" || i > 0 {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestClientGone closes connections while queries run, also behind messages that wait for their turn.
func TestClientGone(t *testing.T) {
	dir := bigTable(t)
	s, addr := serve(t, gsql.Config{Dir: dir, Restrict: true, MemoryLimit: 1 << 30})
	before := runtime.NumGoroutine()
	for name, query := range endless {
		for _, pipelined := range []string{"", "SELECT 1", strings.Repeat("SELECT 1;", 10_000)} {
			w := &wire{t: t, nc: dial(t, addr)}
			w.start()
			var b []byte
			for _, words := range [][]string{{"Parse", "", query}, {"Bind", "", ""}, {"Execute", ""}, {"Sync"}, {"Query", pipelined}} {
				msg, err := encodeMessage(words)
				if err != nil {
					t.Fatal(err)
				}
				b = append(b, msg...)
			}
			w.write(b)
			time.Sleep(40 * time.Millisecond)
			w.nc.Close()
			waitFor(t, name, func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return len(s.open) == 0
			})
		}
	}
	waitFor(t, "goroutines", func() bool { return runtime.NumGoroutine() <= before })
	if n := s.DB.MemoryHeld(); n != 0 {
		t.Errorf("%d bytes are held", n)
	}
	if files := openFiles(t, dir); len(files) > 0 {
		t.Errorf("files are open: %v", files)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(time.Millisecond) {
		if time.Since(start) > promptly {
			buf := make([]byte, 1<<20)
			t.Fatalf("%s: still there after %v\n%s", what, promptly, buf[:runtime.Stack(buf, true)])
		}
	}
}

// openFiles lists the process's open files below dir; nothing where there is no /proc.
func openFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(name, dir) {
			files = append(files, name)
		}
	}
	return files
}

// TestSlowClient: a client that does not read holds up its own query only, which can be cancelled all the same.
func TestSlowClient(t *testing.T) {
	s, addr := serve(t, gsqlConfig())
	slow := &wire{t: t, nc: dial(t, addr)}
	slow.start()
	msg, _ := encodeMessage([]string{"Query", endless["rows"]})
	slow.write(msg)
	time.Sleep(50 * time.Millisecond)
	other := &wire{t: t, nc: dial(t, addr)}
	other.start()
	if got := other.exchange([]string{`> Query "SELECT 1"`}); !strings.Contains(got, `DataRow "1"`) {
		t.Errorf("got %s", got)
	}
	slow.nc.Close()
	other.nc.Close()
	waitFor(t, "connections", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.open) == 0
	})
}

// TestShutdown: the server tells its clients that it goes, cancels what runs, and is gone.
func TestShutdown(t *testing.T) {
	db, err := gsql.Open(gsqlConfig())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{DB: db, MaxConnections: 3}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	idle := &wire{t: t, nc: dial(t, l.Addr().String())}
	idle.start()
	busy := &wire{t: t, nc: dial(t, l.Addr().String())}
	busy.start()
	msg, _ := encodeMessage([]string{"Query", endless["scan"]})
	busy.write(msg)
	third := &wire{t: t, nc: dial(t, l.Addr().String())}
	third.start()
	fourth := &wire{t: t, nc: dial(t, l.Addr().String())}
	if got := fourth.exchange([]string{"> Startup user u"}); !strings.Contains(got, "FATAL 53300") {
		t.Errorf("got %s", got)
	}
	third.nc.Close()
	time.Sleep(30 * time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), promptly)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := <-done; err != ErrServerClosed {
		t.Error(err)
	}
	for _, w := range []*wire{idle, busy} {
		kind, body, err := w.read()
		if kind == 'T' { // of the query that is cancelled
			kind, body, err = w.read()
		}
		if err != nil || !strings.Contains(show(kind, body), "FATAL 57P01") {
			t.Errorf("got %c %s, %v", kind, body, err)
		}
		if _, _, err := w.read(); err != io.EOF {
			t.Errorf("got %v, want the end", err)
		}
	}
	if err := s.Serve(l); err != ErrServerClosed {
		t.Error(err)
	}
}

// TestCancelBetweenMessages cancels when one message of a query has been answered and the next has not begun: that is
// cancelled, but nothing behind it, and nothing when the client has waited in between.
func TestCancelBetweenMessages(t *testing.T) {
	nc, other := net.Pipe()
	defer nc.Close()
	defer other.Close()
	c := newConn(&Server{}, nc)
	run := func() error { return c.running(func(ctx context.Context) error { return context.Cause(ctx) }) }
	c.busy("SELECT 1")
	c.cancelQuery(canceledError())
	if e := asError(run()); e == nil || e.Code != sqlstate.QueryCanceled {
		t.Errorf("got %v", e)
	}
	if err := run(); err != nil {
		t.Errorf("the next one: %v", err)
	}
	c.busy("SELECT 1")
	c.cancelQuery(canceledError())
	c.idle()
	if err := run(); err != nil {
		t.Errorf("after the client has waited: %v", err)
	}
}
