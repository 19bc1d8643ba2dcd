package gsql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gsql"
)

// unending is a query that does not end before it is cancelled.
const unending = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range < 0"

func find(db *gsql.DB, text string) (gsql.Query, bool) {
	qs := db.Queries()
	i := slices.IndexFunc(qs, func(q gsql.Query) bool { return q.SQL == text })
	if i < 0 {
		return gsql.Query{}, false
	}
	return qs[i], true
}

func TestQueriesAreListed(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files", Partitions: 2})
	s := db.Session()
	s.SetIdentity("ada", "files")
	rows, err := s.Query(t.Context(), "SELECT city FROM sales WHERE quantity > $1 ;", 3)
	if err != nil {
		t.Fatal(err)
	}
	const text = "SELECT city FROM sales WHERE quantity > $1"
	if q, _ := find(db, text); q.State != gsql.QueryRunning || q.User != "ada" || q.Database != "files" || q.Session != s.ID() {
		t.Errorf("a query that has just begun is %+v", q)
	}
	if q, ok := s.Current(); !ok || q.SQL != text {
		t.Errorf("the session's query is %+v", q)
	}
	n := int64(0)
	for rows.Next() {
		n++
	}
	q, _ := find(db, text)
	if q.State != gsql.QueryFinished || q.Rows != n || q.BytesDone != q.BytesTotal || q.BytesRead == 0 || q.RowsRead != 1000 || q.Share() != 1 {
		t.Errorf("a query that has ended is %+v", q)
	}
	if _, ok := s.Current(); ok {
		t.Error("the session still has a query")
	}
	r := db.Report(q.ID)
	if r == nil || len(r.Stages) == 0 || r.Root.Measured.Rows != n {
		t.Errorf("its report is %+v", r)
	}
	after, _ := find(db, text)
	after.Duration, q.Duration = 0, 0
	if after != q {
		t.Errorf("then %+v, before %+v", after, q)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if db.Report(12345) != nil || db.Cancel(q.ID) {
		t.Error("a query that is not there has a report, or one that has ended was cancelled")
	}
}

func TestFailedQueriesAreListed(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	_, err := runQuery(db, "SELECT 1 / (quantity - quantity) FROM sales")
	if err == nil {
		t.Fatal("no error")
	}
	q := db.Queries()[0]
	if q.State != gsql.QueryFailed || q.ErrorCode != "22012" || q.Error != "division by zero" {
		t.Errorf("got %+v", q)
	}
	rows, err := db.Query(t.Context(), "SELECT * FROM sales")
	if err != nil {
		t.Fatal(err)
	}
	rows.Close() // nobody wants the rows
	if q := db.Queries()[1]; q.State != gsql.QueryFinished {
		t.Errorf("a closed query is %+v", q)
	}
}

func TestCancelByID(t *testing.T) {
	db := openDB(t, gsql.Config{Partitions: 2})
	result := make(chan error)
	go func() {
		_, err := runQuery(db, unending)
		result <- err
	}()
	var q gsql.Query
	for q.State != gsql.QueryRunning || q.Busy == 0 && time.Since(q.Start) < 100*time.Millisecond {
		q, _ = find(db, unending)
		time.Sleep(time.Millisecond)
	}
	if !db.Cancel(q.ID) {
		t.Error("there is no such query")
	}
	if err := <-result; err == nil || !strings.HasPrefix(describe(err), "57014 canceling statement due to user request") {
		t.Errorf("the error is %v", err)
	}
	if q, _ := find(db, unending); q.State != gsql.QueryCancelled || q.ErrorCode != "57014" {
		t.Errorf("got %+v", q)
	}
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := db.Query(ctx, "SELECT * FROM range(5)")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	rows.Close()
	if q, _ := find(db, "SELECT * FROM range(5)"); q.State != gsql.QueryCancelled {
		t.Errorf("got %+v", q)
	}
}

// TestQueriesUnderLoad looks at queries from all sides while they run.
func TestQueriesUnderLoad(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files", Partitions: 3})
	done := make(chan struct{})
	var lookers, askers sync.WaitGroup
	for range 3 {
		lookers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for _, q := range db.Queries() {
					if q.BytesDone > q.BytesTotal || q.Rows < 0 || q.MemoryNow < 0 {
						t.Errorf("got %+v", q)
					}
					db.Report(q.ID)
				}
				if _, err := runQuery(db, "SELECT count(*) FROM gsql_tasks JOIN gsql_stages USING (query_id, stage) JOIN gsql_queries q ON q.id = query_id"); err != nil {
					t.Error(describe(err))
				}
			}
		})
	}
	for k := range 4 {
		askers.Go(func() {
			for i := range 40 {
				query := []string{
					"SELECT city, count(*) FROM sales GROUP BY city ORDER BY 2",
					"SELECT count(*) FROM sales JOIN cities USING (city)",
					"SELECT 1 / (quantity - quantity) FROM sales",
					"EXPLAIN ANALYZE SELECT * FROM orders LIMIT 5",
				}[(i+k)%4]
				_, err := runQuery(db, query)
				if (err != nil) != strings.Contains(query, "/") {
					t.Errorf("%s: %v", query, err)
				}
			}
		})
	}
	askers.Wait()
	close(done)
	lookers.Wait()
	qs := db.Queries()
	if len(qs) != 100 {
		t.Errorf("%d queries are remembered", len(qs))
	}
	for i, q := range qs {
		if q.State == gsql.QueryRunning || i > 0 && q.ID <= qs[i-1].ID {
			t.Errorf("query %d is %+v", i, q)
		}
	}
}

func TestSystemTables(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, gsql.Config{Dir: dir})
	for _, c := range []struct{ query, want string }{
		{"SELECT 7", "7"},
		{"SELECT id, state, rows, user_name, query FROM gsql_queries WHERE id < 2", "1\tfinished\t1\tgsql\tSELECT 7"},
		{"SELECT query_id, stage, tasks, done, rows FROM GSQL_STAGES WHERE query_id = 1", "1\t1\t1\t1\t1"},
		{"SELECT query_id, stage, partition, state, rows FROM gsql_tasks WHERE query_id = 1", "1\t1\t0\tdone\t1"},
		{"SELECT count(*), bool_and(started_at <= now()), max(error_code) FROM gsql_queries q WHERE id < 4", "3\tt\tNULL"},
		{"SELECT gsql_queries.state FROM gsql_queries WHERE query LIKE '%m_e%' AND state = 'running'", "running"},
	} {
		got, err := runQuery(db, c.query)
		if err != nil || strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.query, got, err, c.want)
		}
	}
	if _, err := runQuery(db, "SELECT * FROM other.gsql_queries"); err == nil || !strings.HasPrefix(describe(err), "42P01") {
		t.Errorf("in another schema: %v", err)
	}
	// A file of that name is the user's.
	if err := os.WriteFile(filepath.Join(dir, "gsql_queries.csv"), []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := runQuery(db, "SELECT * FROM gsql_queries"); err != nil || fmt.Sprint(got) != "[1]" {
		t.Errorf("the user's table: %q, %v", got, err)
	}
}
