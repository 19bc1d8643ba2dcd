package gsql_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// TestNotifications sends and takes notifications from Go.
func TestNotifications(t *testing.T) {
	ctx := context.Background()
	db, err := gsql.Open(gsql.Config{Dir: "testdata/files"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(s *gsql.Session, sql string) error {
		rows, err := s.Query(ctx, sql)
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		err = rows.Err()
		rows.Close()
		return err
	}
	must := func(s *gsql.Session, sql string) {
		t.Helper()
		if err := run(s, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	a, b := db.Session(), db.Session()
	defer a.Close()
	defer b.Close()
	if err := run(a, "LISTEN news"); sqlstate.Of(err) != sqlstate.FeatureNotSupported {
		t.Errorf("listening without anybody to tell: %v", err)
	}
	woken := 0
	a.OnNotification(func() { woken++ })
	must(a, "LISTEN news")
	must(b, "NOTIFY other")
	must(b, "NOTIFY news, 'one'")
	must(b, "SELECT pg_notify('news', 'two ' || x) FROM generate_series(1, 3) x ORDER BY x")
	if err := run(b, "SELECT pg_notify('news', 'lost'), 1 / x FROM generate_series(0, 1) x"); sqlstate.Of(err) != sqlstate.DivisionByZero {
		t.Error(err)
	}
	must(b, "BEGIN")
	must(b, "NOTIFY news, 'three'")
	must(b, "ROLLBACK")
	must(a, "BEGIN")
	if got := a.Notifications(); got != nil {
		t.Errorf("within a transaction there are %v", got)
	}
	must(a, "COMMIT")
	var got []string
	for list := a.Notifications(); list != nil; list = a.Notifications() {
		for _, n := range list {
			got = append(got, fmt.Sprintf("%s: %s", n.Channel, n.Payload))
		}
	}
	if want := []string{"news: one", "news: two 1", "news: two 2", "news: two 3"}; !slices.Equal(got, want) || woken != 2 {
		t.Errorf("got %v, woken %d times", got, woken)
	}
	if got := b.Notifications(); got != nil {
		t.Errorf("who does not listen gets %v", got)
	}
}
