package gsql_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql"
)

// answerOf returns the rows of a query as text, or its error.
func answerOf(db *gsql.DB, query string) string {
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		return "!" + err.Error()
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		fmt.Fprintln(&b, rows.Values()...)
	}
	if err := rows.Err(); err != nil {
		return "!" + err.Error()
	}
	return b.String()
}

// The call that sniff_csv prints reads the same rows as the file's name alone.
func TestSniffedCalls(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	calls := 0
	for _, pattern := range []string{"ugly/*.csv", "*.tsv", "sales/*.csv"} {
		files, err := filepath.Glob(filepath.Join("testdata/files", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			path := strings.TrimPrefix(filepath.ToSlash(f), "testdata/files/")
			rows, err := db.Query(context.Background(), "SELECT prompt FROM sniff_csv('"+path+"')")
			if err != nil {
				continue // what is no CSV file
			}
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			call := rows.Values()[0].(string)
			rows.Close()
			want := answerOf(db, "SELECT * FROM '"+path+"'")
			got := answerOf(db, "SELECT * "+call)
			if strings.HasPrefix(want, "!") != strings.HasPrefix(got, "!") || !strings.HasPrefix(want, "!") && got != want {
				t.Errorf("%s\n%s, want\n%s", call, got, want)
			}
			calls++
		}
	}
	if calls < 30 {
		t.Errorf("only %d files were read", calls)
	}
}

// A filter that a join makes while the query runs leaves out files as a condition does, and EXPLAIN tells of both.
func TestFilesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	src := openDB(t, gsql.Config{Dir: "testdata/files"})
	b, err := os.ReadFile("testdata/files/orders.parquet")
	if err != nil {
		t.Fatal(err)
	}
	want := answerOf(src, "SELECT count(*) FROM 'orders.parquet'")
	for y := range 20 {
		in := filepath.Join(dir, "t", fmt.Sprintf("year=%d", 2000+y))
		if err := os.MkdirAll(in, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in, "x.parquet"), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-time.Hour)
	os.Chtimes(dir, then, then)
	db := openDB(t, gsql.Config{Dir: dir, Partitions: 2})
	for _, q := range []struct{ query, plan string }{
		{"SELECT count(*) FROM t WHERE year = 2007", "Files: 1 in 1 folder (19 folders not read)"},
		{"SELECT count(*) FROM t WHERE year BETWEEN 2007 AND 2007 AND _size > 0", "Files: 1 in 1 folder (19 folders not read)"},
		{"SELECT count(*) FROM t WHERE _file LIKE '%=2007/%'", "Files: 1 in 20 folders (19 files pruned)"},
		{"SELECT count(*) FROM t JOIN (VALUES (2007), (1907)) v(y) ON year = y", "in 1 file (19 pruned)"},
	} {
		if got := answerOf(db, q.query); got != want {
			t.Errorf("%s: %s, want %s", q.query, got, want)
		}
		if plan := answerOf(db, "EXPLAIN ANALYZE "+q.query); !strings.Contains(plan, q.plan) {
			t.Errorf("%s has the plan\n%s, want %s", q.query, plan, q.plan)
		}
	}
}
