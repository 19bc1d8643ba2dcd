package pgwire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"gsql"
)

// connect opens a connection of pgx.
func connect(t *testing.T, addr string, mode pgx.QueryExecMode) *pgx.Conn {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig(fmt.Sprintf("postgres://tester@%s:%s/files", host, port)) // sslmode=prefer: it asks for TLS first
	if err != nil {
		t.Fatal(err)
	}
	cfg.DefaultQueryExecMode = mode
	c, err := pgx.ConnectConfig(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

var modes = []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol}

func TestPgxInAllModes(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			ctx := context.Background()
			c := connect(t, addr, mode)
			for range 3 { // statements are prepared once
				rows, err := c.Query(ctx, "SELECT city, population, founded FROM cities WHERE population > $1 AND city <> $2 ORDER BY population LIMIT $3", 1_000_000, "Köln", 2)
				if err != nil {
					t.Fatal(err)
				}
				type row struct {
					City       string
					Population int64
					Founded    time.Time
				}
				got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != 2 || got[1].City != "Hamburg" || got[1].Population != 1910160 || got[1].Founded.Format(time.DateOnly) != "0808-01-01" {
					t.Errorf("got %v", got)
				}
			}
			var err error
			if _, err = c.Exec(ctx, "SELECT 'ü', nothing FROM cities"); err == nil {
				t.Fatal("no error")
			}
			var e *pgconn.PgError
			if !errors.As(err, &e) || e.Code != "42703" || e.Position != 13 {
				t.Errorf("got %#v", err)
			}
			if err := c.Ping(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPgxValues sends Go values of many types and takes them back.
func TestPgxValues(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	for _, mode := range modes {
		c := connect(t, addr, mode)
		at := time.Date(2024, 2, 29, 12, 34, 56, 789000000, time.UTC)
		for _, x := range []struct {
			typ   string
			value any
		}{
			{"bool", true}, {"int2", int16(-7)}, {"int4", int32(1 << 30)}, {"int8", int64(-1 << 60)}, {"float4", float32(1.5)},
			{"float8", 1e-5}, {"text", "héllo\n'\\"}, {"bytea", []byte{0, 1, 255}}, {"date", time.Date(1969, 1, 2, 0, 0, 0, 0, time.UTC)},
			{"timestamp", at}, {"int4[]", []int32{1, -2}}, {"text[]", []string{"a,b", "", "NULL"}},
			{"numeric", pgtype.Numeric{}}, {"uuid", pgtype.UUID{Bytes: [16]byte{1, 2, 15: 255}, Valid: true}},
		} {
			dest := reflect.New(reflect.TypeOf(x.value))
			want := x.value
			if x.typ == "numeric" {
				var n pgtype.Numeric
				if err := n.Scan("-12345678901234567890.123000"); err != nil {
					t.Fatal(err)
				}
				want = n
			}
			if err := c.QueryRow(context.Background(), "SELECT $1::"+x.typ, want).Scan(dest.Interface()); err != nil {
				t.Errorf("%s: %s: %v", mode, x.typ, err)
				continue
			}
			got := dest.Elem().Interface()
			if n, ok := got.(pgtype.Numeric); ok {
				g, _ := n.Value()
				w, _ := want.(pgtype.Numeric).Value()
				if g != w {
					t.Errorf("%s: %s: got %v, want %v", mode, x.typ, g, w)
				}
				continue
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s: got %v, want %v", mode, x.typ, got, want)
			}
		}
		var null *string
		if err := c.QueryRow(context.Background(), "SELECT $1::text", nil).Scan(&null); err != nil || null != nil {
			t.Errorf("%s: NULL: got %v, %v", mode, null, err)
		}
	}
}

func TestPgxBatchesAndTransactions(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	ctx := context.Background()
	c := connect(t, addr, pgx.QueryExecModeCacheStatement)
	b := &pgx.Batch{}
	for i := range 10 {
		b.Queue("SELECT $1::int * 2", i)
		b.Queue("SELECT count(*) FROM cities WHERE population > $1", i)
	}
	r := c.SendBatch(ctx, b)
	for i := range 10 {
		var twice, count int64
		if err := r.QueryRow().Scan(&twice); err != nil || twice != int64(2*i) {
			t.Fatalf("%d: %v", twice, err)
		}
		if err := r.QueryRow().Scan(&count); err != nil || count == 0 {
			t.Fatalf("%d: %v", count, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var first, second time.Time
	if err := tx.QueryRow(ctx, "SELECT now()").Scan(&first); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond)
	if err := tx.QueryRow(ctx, "SELECT now()").Scan(&second); err != nil || !first.Equal(second) {
		t.Errorf("now() moved in a transaction from %v to %v, %v", first, second, err)
	}
	if _, err := tx.Exec(ctx, "SELECT 1/0"); err == nil {
		t.Error("no error")
	}
	if _, err := tx.Exec(ctx, "SELECT 1"); codeOf(err) != "25P02" {
		t.Errorf("got %v", err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Error(err)
	}
	if _, err := c.Exec(ctx, "SELECT 1"); err != nil {
		t.Error(err)
	}
}

func codeOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// TestPreparedStatementsSeeNewFiles changes files between the executions of a statement.
func TestPreparedStatementsSeeNewFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "t"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("t/1.csv", "a,b\n1,2\n")
	addr := startServer(t, gsql.Config{Dir: dir, Restrict: true})
	ctx := context.Background()
	c := connect(t, addr, pgx.QueryExecModeCacheStatement)
	count := func() (n int64, err error) {
		err = c.QueryRow(ctx, "SELECT sum(a) FROM t WHERE a > $1", 0).Scan(&n)
		return n, err
	}
	if n, err := count(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	write("t/2.csv", "a,b\n10,2\n")
	if n, err := count(); n != 11 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := c.Prepare(ctx, "all", "SELECT * FROM t"); err != nil {
		t.Fatal(err)
	}
	write("t/1.csv", "a,b,c\n1,2,3\n")
	write("t/2.csv", "a,b,c\n1,2,3\n")
	if _, err := c.Exec(ctx, "all"); codeOf(err) != "0A000" || err.(*pgconn.PgError).Message != "cached plan must not change result type" {
		t.Errorf("got %v", err)
	}
}
