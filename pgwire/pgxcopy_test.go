package pgwire

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// TestPgxCopies copies rows in and out.
func TestPgxCopies(t *testing.T) {
	ctx := context.Background()
	c := connect(t, startServer(t, gsqlConfig()), pgx.QueryExecModeCacheStatement)
	if _, err := c.Exec(ctx, "CREATE TEMP TABLE copied (a bigint, b text, c double precision[])"); err != nil {
		t.Fatal(err)
	}
	const rows = 30_000
	n, err := c.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"a", "c", "b"}, pgx.CopyFromSlice(rows, func(i int) ([]any, error) {
		if i%5 == 0 {
			return []any{i, nil, nil}, nil
		}
		return []any{i, []float64{float64(i), 0.5}, "row " + strconv.Itoa(i)}, nil
	}))
	if err != nil || n != rows {
		t.Fatal(n, err)
	}
	var sum, texts int64
	var longest float64
	if err := c.QueryRow(ctx, "SELECT sum(a), count(b), max(c[1]) FROM copied").Scan(&sum, &texts, &longest); err != nil {
		t.Fatal(err)
	}
	if sum != rows*(rows-1)/2 || texts != rows/5*4 || longest != rows-1 {
		t.Error(sum, texts, longest)
	}
	_, err = c.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"a"}, pgx.CopyFromSlice(10, func(i int) ([]any, error) {
		if i == 7 {
			return nil, context.Canceled
		}
		return []any{i}, nil
	}))
	if err == nil || !strings.Contains(err.Error(), "57014") {
		t.Errorf("a copy that fails: %v", err)
	}
	var out bytes.Buffer
	tag, err := c.PgConn().CopyTo(ctx, &out, "COPY (SELECT a, b FROM copied ORDER BY a LIMIT 3) TO STDOUT")
	if err != nil || tag.String() != "COPY 3" || out.String() != "0\t\\N\n1\trow 1\n2\trow 2\n" {
		t.Errorf("%v %v %q", tag, err, out.String())
	}
}

// Times that are copied in binary get the decimal places of their columns.
func TestPgxCopiesTimes(t *testing.T) {
	ctx := t.Context()
	c := connect(t, startServer(t, gsqlConfig()), pgx.QueryExecModeCacheStatement)
	if _, err := c.Exec(ctx, "CREATE TABLE timed (a timestamp(3), b interval(1), c time(0)[])"); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 1, 2, 3, 4, 5, 678901000, time.UTC)
	_, err := c.CopyFrom(ctx, pgx.Identifier{"timed"}, []string{"a", "b", "c"}, pgx.CopyFromRows([][]any{
		{at, pgtype.Interval{Microseconds: 1_250_000, Valid: true}, []pgtype.Time{{Microseconds: 1_500_000, Valid: true}}}}))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := c.QueryRow(ctx, "SELECT format('%s %s %s', a, b, c) FROM timed").Scan(&got); err != nil {
		t.Fatal(err)
	}
	if want := "2024-01-02 03:04:05.679 00:00:01.3 {00:00:02}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
