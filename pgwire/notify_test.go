package pgwire

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// client returns a session of its own.
func client(t *testing.T, addr string) *wire {
	w := &wire{t: t, nc: dial(t, addr)}
	t.Cleanup(func() { w.nc.Close() })
	w.start()
	return w
}

func (w *wire) query(sql string) string { return w.exchange([]string{fmt.Sprintf("> Query %q", sql)}) }

// next waits for a message.
func (w *wire) next() string {
	w.t.Helper()
	_ = w.nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	kind, body, err := w.read()
	if err != nil {
		w.t.Fatal(err)
	}
	return show(kind, body)
}

// nothing fails when a message comes within a moment.
func (w *wire) nothing() {
	w.t.Helper()
	_ = w.nc.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if kind, body, err := w.read(); err == nil {
		w.t.Fatalf("unexpected message: %s", show(kind, body))
	}
	_ = w.nc.SetReadDeadline(time.Time{})
}

// TestNotifyReachesIdleSessions: also those that have waited for a while, but none within a transaction.
func TestNotifyReachesIdleSessions(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	a, b, c := client(t, addr), client(t, addr), client(t, addr)
	a.query("listen news; listen other")
	b.query("listen news")
	b.query("begin")
	c.query("begin")
	for i := range 20 {
		c.query(fmt.Sprintf("notify news, '%d'", i))
	}
	a.nothing()
	c.query("commit")
	for i := range 20 {
		if got, want := a.next(), fmt.Sprintf("NotificationResponse news \"%d\"", i); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	a.nothing()
	b.nothing()
	if got := b.query("commit"); strings.Count(got, "NotificationResponse news") != 20 {
		t.Fatalf("got %s", got)
	}
	if got := a.query("select 1"); !strings.HasSuffix(got, "< ReadyForQuery I\n") {
		t.Fatalf("got %s", got)
	}
	b.query("unlisten news")
	c.query("notify news, 'last'")
	if got := a.next(); got != `NotificationResponse news "last"` {
		t.Fatalf("got %s", got)
	}
	b.nothing()
}

// TestNotifyWhileQueriesRun: sessions that are busy get what has come when their statement has ended.
func TestNotifyWhileQueriesRun(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	a, b := client(t, addr), client(t, addr)
	a.query("listen news")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			b.query(fmt.Sprintf("notify news, '%d'", i))
		}
	}()
	got := 0
	for got < 300 {
		got += strings.Count(a.query("select count(*) from generate_series(1, 1000)"), "NotificationResponse")
	}
	<-done
	a.nothing()
	if got != 300 {
		t.Errorf("%d notifications, not 300", got)
	}
}

// TestListenersThatDoNotRead take a bounded part of the memory, and are a matter of the sender's, who is told.
func TestListenersThatDoNotRead(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	a, b := client(t, addr), client(t, addr)
	a.query("listen news")
	a.query("begin") // so that nothing is sent to it
	fill := "select pg_notify('news', repeat('x', 7900) || g) from generate_series(1, 500) g"
	last := ""
	for range 10 {
		if last = b.query(fill); strings.Contains(last, "ErrorResponse") {
			break
		}
	}
	if !strings.Contains(last, `54000 "too many notifications in the NOTIFY queue"`) {
		t.Fatalf("the queue has no end: %.200s", last)
	}
	if got := b.query("select pg_notification_queue_usage() > 0.3"); !strings.Contains(got, `DataRow "t"`) {
		t.Errorf("got %s", got)
	}
	a.nc.Close()
	for range 500 { // until the server has seen it
		if strings.Contains(b.query("select pg_notification_queue_usage()"), `DataRow "0"`) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := b.query("notify news"); !strings.Contains(got, "CommandComplete NOTIFY") {
		t.Errorf("got %s", got)
	}
}
