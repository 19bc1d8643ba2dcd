package pgwire

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gsql"
)

// ask sends a Query and returns what is answered, as lines.
func (w *wire) ask(query string) string {
	return w.exchange([]string{"> Query " + `"` + strings.ReplaceAll(query, `"`, `\"`) + `"`})
}

func TestActivitiesAndMetrics(t *testing.T) {
	s, addr := serve(t, gsqlConfig(), func(s *Server) { s.Defaults = map[string]string{"application_name": "default"} })
	idle, busy := &wire{t: t, nc: dial(t, addr)}, &wire{t: t, nc: dial(t, addr)}
	idle.start()
	busy.start()
	idle.ask("begin; select 1")
	msg, _ := encodeMessage([]string{"Query", "set application_name = 'b'; select count(*) from generate_series(1, 100000000000) g"})
	busy.write(msg)
	find := func(state gsql.ActivityState) (a gsql.Activity) {
		for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
			for _, a := range s.DB.Activities() {
				if a.State == state {
					return a
				}
			}
		}
		t.Fatalf("nobody is %s: %+v", state, s.DB.Activities())
		return a
	}
	a := find(gsql.ActivityIdleTx)
	if a.User != "tester" || a.Database != "files" || a.Application != "default" || a.Query != "begin; select 1" || !a.Client.Addr().IsLoopback() ||
		a.Started.IsZero() || a.TransactionStarted.IsZero() || a.QueryStarted.Before(a.Started) || a.Changed.Before(a.QueryStarted) {
		t.Errorf("%+v", a)
	}
	b := find(gsql.ActivityActive)
	if !strings.Contains(b.Query, "generate_series") || b.PID == a.PID {
		t.Errorf("%+v", b)
	}
	time.Sleep(20 * time.Millisecond)
	if !s.DB.CancelBackend(b.PID, false) || s.DB.CancelBackend(12345678, true) {
		t.Error("CancelBackend")
	}
	for {
		kind, body, err := busy.read()
		if err != nil {
			t.Fatal(err)
		}
		if kind == 'E' && !strings.Contains(show(kind, body), "57014") {
			t.Error(show(kind, body))
		}
		if kind == 'Z' {
			break
		}
	}
	if find(gsql.ActivityIdle).Application != "default" /* since the failed text undid its SET */ {
		t.Errorf("%+v", s.DB.Activities())
	}
	idle.ask("select nosuch")
	find(gsql.ActivityAborted)
	rec := httptest.NewRecorder()
	s.Metrics().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{"gsql_sessions{state=\"idle in transaction (aborted)\"} 1\n", "gsql_sessions_total 2\n", "gsql_errors_total{code=\"42703\"} 1\n",
		"gsql_errors_total{code=\"57014\"} 1\n", "gsql_rows_sent_total 1\n", "gsql_statement_duration_seconds_bucket{le=\"+Inf\"} ", "# TYPE gsql_statement_duration_seconds histogram\n"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %q in\n%s", want, rec.Body.String())
		}
	}
	if !s.DB.CancelBackend(a.PID, true) {
		t.Error("terminate")
	}
	if kind, body, err := idle.read(); err != nil || !strings.Contains(show(kind, body), "FATAL 57P01") {
		t.Errorf("%v %s", err, show(kind, body))
	}
}

func TestIdleTimeouts(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	for query, want := range map[string]string{
		"set idle_session_timeout to 100":                               "FATAL 57P05",
		"set idle_in_transaction_session_timeout to '0.1s'; begin":      "FATAL 25P03",
		"set idle_in_transaction_session_timeout to 100; begin; selec;": "", // a syntax error runs nothing
	} {
		w := &wire{t: t, nc: dial(t, addr)}
		w.start()
		w.ask(query)
		if want == "" {
			time.Sleep(300 * time.Millisecond)
			if got := w.ask("select 1"); !strings.Contains(got, "DataRow") {
				t.Errorf("%s: %s", query, got)
			}
			continue
		}
		if kind, body, err := w.read(); err != nil || !strings.Contains(show(kind, body), want) {
			t.Errorf("%s: %v %s", query, err, show(kind, body))
		}
	}
}

// TestGrace stops a server: who waits is told at once, a query that runs may end.
func TestGrace(t *testing.T) {
	s, addr := serve(t, gsqlConfig(), func(s *Server) { s.Grace = 20 * time.Second })
	idle, busy := &wire{t: t, nc: dial(t, addr)}, &wire{t: t, nc: dial(t, addr)}
	idle.start()
	busy.start()
	msg, _ := encodeMessage([]string{"Query", "select 30000000 from pg_sleep(2)"})
	busy.write(msg)
	for begun := time.Now(); len(s.Activities()) < 2 || s.Activities()[0].State == s.Activities()[1].State; {
		if time.Sleep(time.Millisecond); time.Since(begun) > 30*time.Second {
			t.Fatal("the query does not begin")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Close(ctx) }()
	if kind, body, err := idle.read(); err != nil || !strings.Contains(show(kind, body), "FATAL 57P01") {
		t.Errorf("idle: %v %s", err, show(kind, body))
	}
	var got string
	for {
		kind, body, err := busy.read()
		if err != nil {
			break
		}
		got += show(kind, body) + "\n"
	}
	if !strings.Contains(got, `DataRow "30000000"`) || !strings.Contains(got, "FATAL 57P01") {
		t.Errorf("busy: %s", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
