package pgwire

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gsql/exec/sqlstate"
)

// metrics are what a server counts.
type metrics struct {
	accepted, refused, sessions, cancels atomic.Int64
	statements, rows                     atomic.Int64
	received, sent                       atomic.Int64 // bytes
	nanoseconds                          atomic.Int64 // of all statements
	within                               [len(durations)]atomic.Int64

	mu     sync.Mutex
	errors map[sqlstate.Code]int64
}

// durations are the upper bounds of the histogram of statements, in seconds.
var durations = [...]float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600}

func (m *metrics) observe(d time.Duration) {
	m.nanoseconds.Add(int64(d))
	for i := len(durations) - 1; i >= 0 && d.Seconds() <= durations[i]; i-- {
		m.within[i].Add(1)
	}
}

// maxErrorCodes bounds the map: codes come from a fixed list, so this is never met.
const maxErrorCodes = 500

func (m *metrics) failed(code sqlstate.Code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.errors == nil {
		m.errors = map[sqlstate.Code]int64{}
	}
	if len(m.errors) < maxErrorCodes {
		m.errors[code]++
	}
}

// Metrics serves what the server counts, in the text format of Prometheus.
func (s *Server) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s.writeMetrics(w)
	})
}

func (s *Server) writeMetrics(w io.Writer) {
	m := &s.metrics
	s.mu.Lock()
	open := len(s.open)
	s.mu.Unlock()
	states := map[string]int{"active": 0, "idle": 0, "idle in transaction": 0, "idle in transaction (aborted)": 0}
	for _, a := range s.Activities() {
		states[string(a.State)]++
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	one := func(kind, name, help string, v any) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", name, help, name, kind, name, v)
	}
	labelled(w, "gauge", "gsql_sessions", "Sessions by their state.", "state", states)
	one("gauge", "gsql_connections_open", "Connections, with those that have not begun a session.", open)
	one("gauge", "gsql_connections_max", "Sessions that there can be at once.", s.MaxConnections)
	one("counter", "gsql_connections_accepted_total", "Connections accepted.", m.accepted.Load())
	one("counter", "gsql_connections_refused_total", "Connections that got an error instead of a session.", m.refused.Load())
	one("counter", "gsql_sessions_total", "Sessions begun.", m.sessions.Load())
	one("counter", "gsql_cancel_requests_total", "Requests to cancel a query with the right key.", m.cancels.Load())
	one("counter", "gsql_rows_sent_total", "Rows sent.", m.rows.Load())
	one("counter", "gsql_sent_bytes_total", "Bytes sent to clients.", m.sent.Load())
	one("counter", "gsql_received_bytes_total", "Bytes received from clients.", m.received.Load())
	m.mu.Lock()
	failed := maps.Clone(m.errors)
	m.mu.Unlock()
	labelled(w, "counter", "gsql_errors_total", "Statements that failed, by SQLSTATE.", "code", failed)
	m.writeHistogram(w)
	one("gauge", "gsql_query_memory_bytes", "Memory that running queries have reserved.", s.DB.MemoryHeld())
	one("gauge", "gsql_heap_bytes", "Bytes of the Go heap in use.", mem.HeapInuse)
	one("gauge", "gsql_goroutines", "Goroutines.", runtime.NumGoroutine())
}

func labelled[K ~string, V any](w io.Writer, kind, name, help, label string, values map[K]V) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	for _, k := range slices.SortedFunc(maps.Keys(values), func(a, b K) int { return cmp.Compare(a, b) }) {
		fmt.Fprintf(w, "%s{%s=\"%s\"} %v\n", name, label, strings.ReplaceAll(string(k), `"`, `\"`), values[k])
	}
}

func (m *metrics) writeHistogram(w io.Writer) {
	const name = "gsql_statement_duration_seconds"
	fmt.Fprintf(w, "# HELP %s How long statements took.\n# TYPE %s histogram\n", name, name)
	for i, bound := range durations {
		fmt.Fprintf(w, "%s_bucket{le=\"%v\"} %d\n", name, bound, m.within[i].Load())
	}
	n := m.statements.Load()
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %v\n%s_count %d\n", name, n, name, time.Duration(m.nanoseconds.Load()).Seconds(), name, n)
}
