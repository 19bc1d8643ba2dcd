package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
)

// unending is a query that does not end before it is cancelled, and keeps little in memory.
const unending = "SELECT count(*) FROM range(1000000000) a, range(20000) b WHERE a.range + b.range < 0"

// spread is a query with several stages and as many tasks as there are partitions.
const spread = "SELECT range % 10, count(*) FROM range(1000000) GROUP BY 1 ORDER BY 1"

// start returns a dashboard of the test's files and its URL, without the last slash.
func start(t *testing.T, cfg gsql.Config) (*Server, string) {
	t.Helper()
	cfg.Dir = "../testdata/files"
	db, err := gsql.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{DB: db}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, h.URL
}

// run runs a query to its end.
func run(ctx context.Context, db *gsql.DB, query string) error {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// background runs a query until it is cancelled, by the test at last, and returns its number and where its error goes.
func background(t *testing.T, db *gsql.DB, query string) (int64, <-chan error) {
	t.Helper()
	done, over := make(chan error, 1), make(chan struct{})
	go func() {
		done <- run(context.Background(), db, query)
		close(over)
	}()
	var id int64
	for end := time.Now().Add(20 * time.Second); id == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the query does not run: %+v", db.Queries())
		}
		for _, q := range db.Queries() {
			if q.SQL == query && q.State == gsql.QueryRunning {
				id = q.ID
			}
		}
	}
	t.Cleanup(func() {
		db.Cancel(id)
		<-over
	})
	return id, done
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func request(t *testing.T, method, url string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestPage(t *testing.T) {
	s, url := start(t, gsql.Config{})
	resp, page := get(t, url+"/")
	if resp.StatusCode != 200 || !strings.Contains(page, s.token) || strings.Contains(page, "{{") {
		t.Fatalf("%s %s", resp.Status, page)
	}
	for name, want := range map[string]string{"Content-Security-Policy": contentPolicy, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store", "Access-Control-Allow-Origin": "", "Content-Type": "text/html; charset=utf-8"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// The policy allows neither scripts nor styles in the page, and nothing from elsewhere.
	if m := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|<script[^>]*>[^<]|https?://`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
	files, err := static.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "index.html" {
			continue
		}
		resp, body := get(t, url+"/"+f.Name())
		if resp.StatusCode != 200 || body == "" || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %s, %s", f.Name(), resp.Status, resp.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/nothing.js", "/server.go", "/index.html", "/..%2fserver.go", "/static/app.js"} {
		if resp, _ := get(t, url+path); resp.StatusCode != 404 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

func TestPageBelowAPath(t *testing.T) {
	s, _ := start(t, gsql.Config{})
	mux := http.NewServeMux()
	mux.Handle("/gsql/", http.StripPrefix("/gsql", s))
	h := httptest.NewServer(mux)
	defer h.Close()
	for _, path := range []string{"/gsql/", "/gsql/app.js", "/gsql/api/status"} {
		if resp, _ := get(t, h.URL+path); resp.StatusCode != 200 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

func TestMethods(t *testing.T) {
	_, url := start(t, gsql.Config{})
	for _, c := range [][2]string{{"POST", "/"}, {"DELETE", "/app.js"}, {"POST", "/events"}, {"PUT", "/api/status"}, {"GET", "/api/queries/1/cancel"}, {"OPTIONS", "/api/queries/1/cancel"}} {
		if code, _ := request(t, c[0], url+c[1]); code != 405 && code != 404 {
			t.Errorf("%s %s: %d", c[0], c[1], code)
		}
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	s, url := start(t, gsql.Config{})
	host := strings.TrimPrefix(url, "http://")
	_, port, _ := net.SplitHostPort(host)
	for _, c := range []struct {
		path    string
		headers []string
		ok      bool
	}{
		{"/", nil, true},
		{"/", []string{"Host", "localhost:" + port}, true},
		{"/", []string{"Host", "[::1]"}, true},
		{"/", []string{"Host", "rebound.example:" + port}, false},
		{"/", []string{"Host", "127.0.0.1.example"}, false},
		{"/", []string{"Host", "192.168.0.7:" + port}, false},
		{"/api/status", []string{"Origin", "http://" + host}, true},
		{"/api/status", []string{"Origin", "http://localhost:1"}, false},
		{"/api/status", []string{"Origin", "null"}, false},
		{"/api/status", []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"/api/status", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"/events", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, true},
		{"/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, false},
		{"/app.js", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, false},
	} {
		code, body := request(t, "GET", url+c.path, c.headers...)
		if want := map[bool]int{true: 200, false: 403}[c.ok]; code != want {
			t.Errorf("%s with %v: %d %s", c.path, c.headers, code, body)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://localhost/", nil) // from 192.0.2.1
	s.ServeHTTP(w, r)
	if w.Code != 403 || !strings.Contains(w.Body.String(), "no authentication yet") {
		t.Errorf("another machine: %d %s", w.Code, w.Body)
	}
}

func TestCancel(t *testing.T) {
	s, url := start(t, gsql.Config{Partitions: 2})
	id, done := background(t, s.DB, unending)
	target := fmt.Sprintf("%s/api/queries/%d/cancel", url, id)
	get(t, url+"/")
	for _, headers := range [][]string{nil, {tokenHeader, "wrong"}, {tokenHeader, s.token, "Origin", "http://elsewhere.example"},
		{tokenHeader, s.token, "Sec-Fetch-Site", "cross-site"}, {tokenHeader, s.token, "Host", "rebound.example"}} {
		if code, body := request(t, "POST", target, headers...); code != 403 {
			t.Errorf("%v: %d %s", headers, code, body)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("the query has ended: %v", err)
	default:
	}
	if code, body := request(t, "POST", url+"/api/queries/777/cancel", tokenHeader, s.token); code != 404 {
		t.Errorf("a query that is not there: %d %s", code, body)
	}
	if code, body := request(t, "POST", target, tokenHeader, s.token); code != 200 {
		t.Errorf("%d %s", code, body)
	}
	if err := <-done; sqlstate.Of(err) != sqlstate.QueryCanceled {
		t.Errorf("the query ended with %v", err)
	}
	if code, _ := request(t, "POST", target, tokenHeader, s.token); code != 404 {
		t.Errorf("once more: %d", code)
	}
}

// TestShape holds the names that the page's scripts rely on.
func TestShape(t *testing.T) {
	s, url := start(t, gsql.Config{Partitions: 3})
	s.Connections = func() int { return 7 }
	const query = "SELECT city,\n\t count(*) FROM sales WHERE quantity > 2 GROUP BY city"
	if err := run(t.Context(), s.DB, query); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), s.DB, "SELECT 1 / (quantity - quantity) FROM sales"); err == nil {
		t.Fatal("no error")
	}
	_, body := get(t, url+"/api/status")
	checkShape(t, body, "now_ms", "process.memory_held", "process.memory_limit", "process.process_memory", "process.heap", "process.workers",
		"process.workers_busy", "process.tasks_queued", "process.spill_used", "process.uptime_ms", "process.connections", "queries.0.id",
		"queries.0.state", "queries.0.duration_ns", "queries.0.rows", "queries.0.rows_read", "queries.0.bytes_read", "queries.0.bytes_done",
		"queries.0.bytes_total", "queries.0.memory_now", "queries.0.memory_peak", "queries.0.spilled_bytes", "queries.0.error", "queries.0.error_code")
	var st status
	if err := json.Unmarshal([]byte(body), &st); err != nil {
		t.Fatal(err)
	}
	if len(st.Queries) != 2 || st.Queries[0].State != gsql.QueryFailed || st.Queries[1].SQL != "SELECT city, count(*) FROM sales WHERE quantity > 2 GROUP BY city" ||
		*st.Process.Connections != 7 || st.Process.Workers < 1 || st.Process.Heap == 0 {
		t.Errorf("%s", body)
	}
	_, body = get(t, fmt.Sprintf("%s/api/queries/%d", url, st.Queries[1].ID))
	checkShape(t, body, "query.sql", "plan.operators.2.measured.input.rows", "plan.operators.2.measured.input.bytes_done", "plan.operators.2.measured.input.bytes_total")
	if err := run(t.Context(), s.DB, spread); err != nil {
		t.Fatal(err)
	}
	_, body = get(t, url+"/api/queries/3")
	checkShape(t, body, "query.sql", "plan.planning_ns", "plan.execution_ns", "plan.operators.0.id", "plan.operators.0.title", "plan.operators.0.depth",
		"plan.operators.0.measured.rows", "plan.operators.0.measured.self_ns", "plan.operators.0.inputs.0", "plan.operators.4.skew.median",
		"plan.stages.0.id", "plan.stages.0.operators.0", "plan.stages.1.inputs.0", "plan.stages.0.tasks_total", "plan.stages.0.task_states.done",
		"plan.stages.0.tasks.0.state", "plan.stages.0.tasks.0.rows", "plan.stages.0.tasks.0.began_ns", "plan.stages.0.tasks.0.elapsed_ns",
		"plan.stages.0.tasks.0.busy_ns", "plan.stages.0.tasks.0.partition")
	if !strings.Contains(body, `"partitions":3`) || strings.Contains(body, "partition_rows") {
		t.Errorf("%s", body)
	}
	for _, path := range []string{"/api/queries/99", "/api/queries/x", "/events?query=x"} {
		if resp, _ := get(t, url+path); resp.StatusCode != 404 && resp.StatusCode != 400 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// checkShape checks that a JSON text has something at each of the paths.
func checkShape(t *testing.T, text string, paths ...string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
next:
	for _, p := range paths {
		at := v
		for _, key := range strings.Split(p, ".") {
			var ok bool
			switch x := at.(type) {
			case map[string]any:
				at, ok = x[key]
			case []any:
				var i int
				if _, err := fmt.Sscan(key, &i); err == nil && i < len(x) {
					at, ok = x[i], true
				}
			}
			if !ok {
				t.Errorf("there is no %s in %s", p, text)
				continue next
			}
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	s, url := start(t, gsql.Config{Partitions: 1000})
	long := "SELECT count(*) /* " + strings.Repeat("ä ", 10_000) + "*/ FROM range(1000000) GROUP BY range % 1000"
	for range maxEnded + 10 {
		if err := run(t.Context(), s.DB, "SELECT 1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.Context(), s.DB, long); err != nil {
		t.Fatal(err)
	}
	var st status
	_, body := get(t, url+"/api/status")
	if err := json.Unmarshal([]byte(body), &st); err != nil {
		t.Fatal(err)
	}
	if len(st.Queries) != maxEnded || st.Left != 11 || len(st.Queries[0].SQL) > maxListedText+10 || len(body) > 100_000 {
		t.Errorf("%d queries, %d left off, %d bytes: %q", len(st.Queries), st.Left, len(body), st.Queries[0].SQL)
	}
	_, body = get(t, fmt.Sprintf("%s/api/queries/%d", url, st.Queries[0].ID))
	if len(body) > 500_000 || strings.Count(body, `"busy_ns"`) > 3*maxTasks {
		t.Errorf("the detail has %d bytes", len(body))
	}
}

// listen reads events until f says that it has seen enough.
func listen(t *testing.T, url string, f func(event, data string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	event := ""
	for lines.Scan() {
		if e, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = e
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && f(event, data) {
			return
		}
	}
	t.Fatalf("the stream has ended: %v", lines.Err())
}

func TestEvents(t *testing.T) {
	s, url := start(t, gsql.Config{Partitions: 2})
	id, _ := background(t, s.DB, unending)
	statuses, details := 0, 0
	var last time.Duration
	listen(t, fmt.Sprintf("%s/events?query=%d", url, id), func(event, data string) bool {
		switch event {
		case "status":
			statuses++
			checkShape(t, data, "process", "queries.0.id")
		case "query":
			details++
			var d detail
			if err := json.Unmarshal([]byte(data), &d); err != nil {
				t.Fatal(err)
			}
			if d.Query.State != gsql.QueryRunning || d.Plan == nil || d.Plan.Execution <= last {
				t.Errorf("after %v: %s", last, data)
			}
			last = d.Plan.Execution
		}
		return statuses >= 3 && details >= 3
	})
	leaves(t, s)
	ended, _ := background(t, s.DB, unending+" AND a.range <> b.range + 1")
	s.DB.Cancel(ended)
	n, details := 0, 0
	listen(t, fmt.Sprintf("%s/events?query=%d", url, ended), func(event, data string) bool {
		if event == "query" && strings.Contains(data, `"cancelled"`) {
			details++
		}
		n++
		return n >= 6
	})
	if details > 1 {
		t.Errorf("a query that has ended was sent %d times", details)
	}
	leaves(t, s)
}

// leaves checks that streams end when clients leave.
func leaves(t *testing.T, s *Server) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		n := s.streams
		s.mu.Unlock()
		if n == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d streams are left", n)
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	s, url := start(t, gsql.Config{})
	for range maxStreams {
		if !s.enter() {
			t.Fatal("no room")
		}
	}
	if code, body := request(t, "GET", url+"/events"); code != 503 {
		t.Errorf("%d %s", code, body)
	}
}

// stuck is the writer of a client that does not read.
type stuck struct{ *httptest.ResponseRecorder }

func (stuck) SetWriteDeadline(time.Time) error { return nil }
func (stuck) FlushError() error                { return os.ErrDeadlineExceeded }

func TestSlowClientsAreDropped(t *testing.T) {
	s, url := start(t, gsql.Config{})
	get(t, url+"/")
	r := httptest.NewRequest("GET", "http://localhost/events", nil)
	r.RemoteAddr = "127.0.0.1:4711"
	s.ServeHTTP(stuck{httptest.NewRecorder()}, r) // returns
	leaves(t, s)
}

func TestListen(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "192.0.2.1:0", "[::]:0", "example.com:0"} {
		if l, err := Listen(addr); err == nil {
			l.Close()
			t.Errorf("%s is listened on", addr)
		} else if !strings.Contains(err.Error(), "no authentication yet") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(l.Addr().String()); err == nil {
		t.Error("one address is listened on twice")
	}
	s, _ := start(t, gsql.Config{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	events := 0
	listen(t, "http://"+l.Addr().String()+"/events", func(string, string) bool {
		if events++; events == 2 {
			stop()
		}
		return events == 2
	})
	if err := <-done; err != nil {
		t.Error(err)
	}
	leaves(t, s)
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it listens still")
	} else if errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
