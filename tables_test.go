package gsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
)

// client is a session of a test.
type client struct {
	t *testing.T
	*gsql.Session
}

func newClient(t *testing.T, db *gsql.DB) *client {
	t.Helper()
	s := db.Session()
	t.Cleanup(func() { s.Close() })
	return &client{t, s}
}

// run returns the rows of a statement as lines, or the code of its error.
func (c *client) run(query string, args ...any) string {
	rows, err := c.Query(context.Background(), query, args...)
	if err != nil {
		return string(sqlstate.Of(err))
	}
	defer rows.Close()
	var lines []string
	for {
		b, err := rows.NextBatch()
		if err != nil {
			break
		}
		lines = appendLines(lines, b, rows.Style())
	}
	switch {
	case rows.Err() != nil:
		return string(sqlstate.Of(rows.Err()))
	case rows.ReturnsRows():
		return strings.Join(lines, " ")
	}
	return rows.Tag()
}

// want runs statements, each followed by what is expected of it.
func (c *client) want(pairs ...string) {
	c.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := c.run(pairs[i]); got != pairs[i+1] {
			c.t.Errorf("%s: %s, want %s", pairs[i], got, pairs[i+1])
		}
	}
}

// Others see all rows of a statement or none, and no row is lost.
func TestInsertsAtOnce(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	newClient(t, db).want("CREATE TABLE t (a int, s text)", "CREATE TABLE")
	const writers, statements = 6, 100
	var writing sync.WaitGroup
	for w := range writers {
		c := newClient(t, db)
		writing.Go(func() {
			for i := range statements {
				if got := c.run("INSERT INTO t VALUES ($1, 'x'), ($1, 'a longer text than a view holds'), ($1, NULL)", w*statements+i); got != "INSERT 0 3" {
					t.Errorf("insert: %s", got)
				}
			}
		})
	}
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		c := newClient(t, db)
		for {
			if got := c.run("SELECT count(*) % 3, count(*) FILTER (WHERE s = 'x') = count(*) / 3 FROM t"); got != "0\tt" {
				t.Errorf("a statement's rows are seen in part: %s", got)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
	newClient(t, db).want("SELECT count(*), count(DISTINCT a), sum(a) FROM t",
		fmt.Sprintf("%d\t%d\t%d", 3*writers*statements, writers*statements, 3*(writers*statements)*(writers*statements-1)/2))
}

// TestKeysAtOnce inserts the same keys from several sessions at once: each of them goes in once.
func TestKeysAtOnce(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	newClient(t, db).want("CREATE TABLE t (id bigserial UNIQUE, k int PRIMARY KEY)", "CREATE TABLE")
	var wg sync.WaitGroup
	var inserted atomic.Int64
	for range 4 {
		c := newClient(t, db)
		wg.Go(func() {
			for k := range 300 {
				switch got := c.run("INSERT INTO t (k) VALUES ($1), ($1 + 1000)", k); got {
				case "INSERT 0 2":
					inserted.Add(1)
				case "23505":
				default:
					t.Errorf("insert: %s", got)
				}
			}
		})
	}
	wg.Wait()
	newClient(t, db).want("SELECT count(*), count(DISTINCT k), count(DISTINCT id) FROM t", "600\t600\t600")
	if n := inserted.Load(); n != 300 {
		t.Errorf("%d statements have inserted keys, of 300", n)
	}
}

// TestCountsAtOnce counts with ON CONFLICT in several sessions at once, beside one that inserts without.
func TestCountsAtOnce(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	newClient(t, db).want("CREATE TABLE t (k int PRIMARY KEY, n int)", "CREATE TABLE")
	var wg sync.WaitGroup
	const clients, keys = 4, 60
	var inserted atomic.Int64
	for i := range clients {
		c := newClient(t, db)
		wg.Go(func() {
			for k := range keys {
				if i == 0 {
					if c.run("INSERT INTO t VALUES ($1, 1)", k) == "INSERT 0 1" {
						inserted.Add(1)
					}
				} else if got := c.run("INSERT INTO t VALUES ($1, 1) ON CONFLICT (k) DO UPDATE SET n = t.n + 1", k); got != "INSERT 0 1" {
					t.Errorf("count: %s", got)
				}
			}
		})
	}
	wg.Wait()
	newClient(t, db).want("SELECT count(*), sum(n) FROM t", fmt.Sprintf("%d\t%d", keys, (clients-1)*keys+int(inserted.Load())))
}

// Rows that are inserted meanwhile are no reason for an update to fail.
func TestInsertsBesideUpdates(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	newClient(t, db).want("CREATE TABLE t (k int, n int)", "CREATE TABLE")
	var wg sync.WaitGroup
	const clients, rounds = 16, 30
	for i := range clients {
		c := newClient(t, db)
		wg.Go(func() {
			for r := range rounds {
				k := i*rounds + r
				if got := c.run("INSERT INTO t VALUES ($1, 0)", k); got != "INSERT 0 1" {
					t.Errorf("insert: %s", got)
				}
				if got := c.run("UPDATE t SET n = n + 1 WHERE k = $1", k); got != "UPDATE 1" {
					t.Errorf("update: %s", got)
				}
			}
		})
	}
	wg.Wait()
	newClient(t, db).want("SELECT count(*), count(DISTINCT k), sum(n) FROM t", fmt.Sprintf("%[1]d\t%[1]d\t%[1]d", clients*rounds))
}

// Each of several updates at once sees the result of the one before, in sessions of their own and in one session.
func TestUpdatesAtOnce(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	newClient(t, db).want("CREATE TABLE t (n int)", "CREATE TABLE", "INSERT INTO t VALUES (0)", "INSERT 0 1")
	shared := newClient(t, db)
	var wg sync.WaitGroup
	for w := range 6 {
		c := shared
		if w%2 == 0 {
			c = newClient(t, db)
		}
		wg.Go(func() {
			for range 30 {
				if got := c.run("UPDATE t SET n = n + 1"); got != "UPDATE 1" {
					t.Errorf("update: %s", got)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if got := newClient(t, db).run("INSERT INTO t SELECT NULL WHERE false"); got != "INSERT 0 0" {
					t.Errorf("insert: %s", got)
				}
			}
		})
	}
	wg.Wait()
	shared.want("SELECT n FROM t", "180")
}

// What a transaction changes is its own until it commits.
func TestTransactionsAreIsolated(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	a, b := newClient(t, db), newClient(t, db)
	a.want("CREATE TABLE t (a int)", "CREATE TABLE", "INSERT INTO t VALUES (1)", "INSERT 0 1", "BEGIN", "BEGIN",
		"INSERT INTO t VALUES (2)", "INSERT 0 1", "INSERT INTO t VALUES (3)", "INSERT 0 1", "CREATE TABLE u AS SELECT * FROM t", "SELECT 3",
		"CREATE VIEW v AS SELECT * FROM u", "CREATE VIEW", "SELECT count(*) FROM v", "3")
	b.want("SELECT count(*) FROM t", "1", "SELECT * FROM u", "42P01", "SELECT * FROM v", "42P01", "INSERT INTO t VALUES (10)", "INSERT 0 1")
	a.want("SELECT count(*), sum(a) FROM t", "4\t16", "SAVEPOINT s", "SAVEPOINT", "INSERT INTO t VALUES (100)", "INSERT 0 1", "ROLLBACK TO s", "ROLLBACK", "COMMIT", "COMMIT")
	b.want("SELECT count(*), sum(a) FROM t", "4\t16", "SELECT count(*) FROM v", "3")
	// Temporary tables are of one session.
	a.want("CREATE TEMP TABLE t AS SELECT 7 AS seven", "SELECT 1", "SELECT seven FROM t", "7")
	b.want("SELECT seven FROM t", "42703", "BEGIN", "BEGIN", "DROP TABLE t CASCADE", "DROP TABLE", "SELECT * FROM t", "42P01")
	a.want("SELECT count(*) FROM public.t", "4", "INSERT INTO public.t VALUES (5)", "INSERT 0 1")
	b.want("ROLLBACK", "ROLLBACK", "SELECT count(*) FROM t", "5")
	// Who comes second with a name, or with a change of what is gone, fails at the latest when it commits.
	a.want("BEGIN", "BEGIN", "CREATE TABLE n (a int)", "CREATE TABLE")
	b.want("CREATE TABLE n (b int)", "CREATE TABLE")
	a.want("COMMIT", "42P07", "SELECT b FROM n", "", "BEGIN", "BEGIN", "INSERT INTO n VALUES (1)", "INSERT 0 1")
	b.want("DROP TABLE n", "DROP TABLE")
	a.want("COMMIT", "40001", "SELECT 1", "1")
}

// Statements that change the same rows wait for each other, unless all of them would.
func TestLocks(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	a, b := newClient(t, db), newClient(t, db)
	a.want("CREATE TABLE t (n int)", "CREATE TABLE", "CREATE TABLE u (n int)", "CREATE TABLE", "INSERT INTO t VALUES (1)", "INSERT 0 1",
		"INSERT INTO u VALUES (1)", "INSERT 0 1", "BEGIN", "BEGIN", "UPDATE t SET n = 2", "UPDATE 1")
	b.want("SELECT n FROM t", "1", "SET lock_timeout = '10ms'", "SET", "UPDATE t SET n = n * 10", "55P03", "SET lock_timeout = 0", "SET",
		"SET statement_timeout = '10ms'", "SET", "DELETE FROM t", "57014", "SET statement_timeout = 0", "SET")
	result := make(chan string)
	go func() { result <- b.run("UPDATE t SET n = n * 10") }()
	time.Sleep(5 * time.Millisecond)
	a.want("COMMIT", "COMMIT")
	if got := <-result; got != "UPDATE 1" {
		t.Errorf("the update that waited: %s", got)
	}
	a.want("SELECT n FROM t", "20")
	a.want("BEGIN", "BEGIN", "UPDATE t SET n = 1", "UPDATE 1")
	b.want("BEGIN", "BEGIN", "UPDATE u SET n = 2", "UPDATE 1")
	go func() { result <- a.run("UPDATE u SET n = 1") }()
	for got := ""; got != "40P01"; {
		if got = b.run("UPDATE t SET n = 2"); got == "UPDATE 1" { // b came first, so it is a that fails
			break
		}
	}
	b.run("ROLLBACK")
	<-result
	a.run("ROLLBACK")
	a.want("SELECT t.n, u.n FROM t, u", "20\t1", "UPDATE t SET n = 5", "UPDATE 1")
	b.want("UPDATE u SET n = 6", "UPDATE 1")
}

// A result that is being read keeps the rows that were there when it began.
func TestReadersKeepTheirRows(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files", BatchRows: 100})
	c := newClient(t, db)
	c.want("CREATE TABLE t AS SELECT g FROM generate_series(1, 100000) g", "SELECT 100000")
	rows, err := c.Query(context.Background(), "SELECT g FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if _, err := rows.NextBatch(); err != nil {
		t.Fatal(err)
	}
	c.want("DELETE FROM t WHERE g % 2 = 0", "DELETE 50000", "TRUNCATE t", "TRUNCATE TABLE", "DROP TABLE t", "DROP TABLE")
	n := 100
	for {
		b, err := rows.NextBatch()
		if err != nil {
			break
		}
		n += b.Rows
	}
	if rows.Err() != nil || n != 100000 {
		t.Errorf("%d rows, %v", n, rows.Err())
	}
}

// A statement that fails leaves nothing, neither rows nor memory; dropping a table gives its memory back.
func TestMemoryOfTables(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	c := newClient(t, db)
	c.want("CREATE TABLE t AS SELECT g AS a, repeat('x', 100) AS s FROM generate_series(1, 50000) g", "SELECT 50000")
	held := db.MemoryHeld()
	if held < 5_000_000 {
		t.Errorf("50000 rows of 100 bytes hold %d bytes", held)
	}
	c.want("INSERT INTO t SELECT a, s FROM t ORDER BY 1 / (a - 49999)", "22012", "INSERT INTO t SELECT 1 / (a - 49999), s FROM t", "22012",
		"INSERT INTO t (a) VALUES (1), ('x')", "22P02", "UPDATE t SET a = 1 / (a - 5)", "22012",
		"BEGIN", "BEGIN", "INSERT INTO t SELECT * FROM t", "INSERT 0 50000", "UPDATE t SET a = a + 1", "UPDATE 100000",
		"CREATE TABLE u AS SELECT * FROM t", "SELECT 100000", "ROLLBACK", "ROLLBACK", "SELECT count(*), sum(a) FROM t", "50000\t1250025000")
	if now := db.MemoryHeld(); now != held {
		t.Errorf("%d bytes are held after what was undone, %d before", now, held)
	}
	c.want("DELETE FROM t WHERE a > 25000", "DELETE 25000")
	if now := db.MemoryHeld(); now > held*6/10 {
		t.Errorf("%d bytes are held by half the rows of %d", now, held)
	}
	c.want("CREATE TEMP TABLE u AS SELECT * FROM t", "SELECT 25000", "DROP TABLE t", "DROP TABLE", "DISCARD TEMP", "DISCARD TEMP")
	if now := db.MemoryHeld(); now != 0 {
		t.Errorf("%d bytes are held without tables", now)
	}
}

// Many rows that are inserted one by one lie in few chunks, in a transaction and without.
func TestRowByRow(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	c := newClient(t, db)
	c.want("CREATE TABLE t (a int, s text)", "CREATE TABLE", "PREPARE i AS INSERT INTO t VALUES ($1, 'text ' || $1)", "PREPARE")
	for i := range 2000 {
		if i == 1000 {
			c.want("BEGIN", "BEGIN")
		}
		if got := c.run(fmt.Sprintf("EXECUTE i (%d)", i)); got != "INSERT 0 1" {
			t.Fatal(got)
		}
	}
	c.want("COMMIT", "COMMIT", "SELECT count(*), count(DISTINCT s), sum(a) FROM t", "2000\t2000\t1999000")
}

// Rows that do not fit in memory are on disk: statements do the same with them.
func TestTablesOnDisk(t *testing.T) {
	statements := []string{
		"CREATE TABLE t AS SELECT g AS a, g % 7 AS k, 'a text that is not short ' || g AS s, CASE WHEN g % 3 = 0 THEN g * 1.5 END AS n, ARRAY[g, NULL, g + 1] AS l FROM generate_series(1, 100000) g",
		"INSERT INTO t SELECT a + 100000, k, s, n, l FROM t WHERE k < 2",
		"SELECT count(*), sum(a), count(n), sum(n), min(s), max(s), sum(l[3]) FROM t",
		"SELECT k, count(*), sum(length(s)) FROM t GROUP BY k ORDER BY k",
		"UPDATE t SET s = upper(s), n = DEFAULT WHERE k = 3",
		"DELETE FROM t WHERE k = 5 AND a % 2 = 0",
		"SELECT count(*), count(n), count(*) FILTER (WHERE s ~ '^A') FROM t",
		"UPDATE t SET n = a / (a - 100000)",
		"SELECT count(n), sum(n) FROM t",
		"BEGIN", "DELETE FROM t WHERE a > 10", "SELECT count(*) FROM t", "ROLLBACK",
		"ALTER TABLE t ADD COLUMN z text DEFAULT 'zz', DROP COLUMN l",
		"SELECT count(z), sum(a) FROM t WHERE z = 'zz'",
		"ALTER TABLE t ALTER n SET NOT NULL",
		"INSERT INTO t (a) VALUES (-1), (-2) RETURNING a, z",
		"DELETE FROM t WHERE a < 3 RETURNING a, s",
		"SELECT count(*) FROM t x JOIN t y ON x.a = y.a + 100000",
		"CREATE TEMP TABLE u AS SELECT * FROM t ORDER BY a DESC",
		"SELECT a FROM u ORDER BY a LIMIT 3",
		"TRUNCATE t",
		"SELECT count(*) FROM t",
	}
	var want []string
	for _, limit := range []int64{0, 16 << 20, 11 << 20} {
		db := openDB(t, gsql.Config{Dir: "testdata/files", MemoryLimit: limit, TempDir: t.TempDir()})
		c := newClient(t, db)
		for i, s := range statements {
			got := c.run(s)
			if limit == 0 {
				want = append(want, got)
			} else if got != want[i] {
				t.Errorf("memory %d: %s: %.200s, want %.200s", limit, s, got, want[i])
			}
			if i == 0 && limit > 0 && !strings.Contains(c.run("EXPLAIN SELECT * FROM t"), "on disk") {
				t.Errorf("memory %d: nothing is on disk", limit)
			}
		}
	}
	t.Log(strings.Join(want, "\n"))
}

// database/sql tells how many rows a statement has written, and rolls back.
func TestDriverWrites(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	d := sql.OpenDB(gsql.Connector{DB: db})
	d.SetMaxOpenConns(1)
	exec := func(e interface {
		Exec(string, ...any) (sql.Result, error)
	}, query string, want int64, args ...any) {
		t.Helper()
		r, err := e.Exec(query, args...)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.RowsAffected(); err != nil || n != want {
			t.Errorf("%s: %d rows, %v; want %d", query, n, err, want)
		}
	}
	exec(d, "CREATE TABLE t (a int, b text)", 0)
	exec(d, "INSERT INTO t VALUES ($1, $2), ($3, NULL)", 2, 1, "x", 2)
	tx, err := d.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec(tx, "UPDATE t SET b = $1", 2, "y")
	exec(tx, "DELETE FROM t WHERE a = $1", 1, 2)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := d.QueryRow("INSERT INTO t SELECT a + 10, b FROM t WHERE b = 'x' RETURNING a").Scan(&n); err != nil || n != 11 {
		t.Errorf("RETURNING %d, %v", n, err)
	}
	if err := d.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d rows, %v", n, err)
	}
}
