package gsql

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"gsql/exec/exectest"
	"gsql/sql/syntax"
)

// answer runs a statement and returns its rows, or its error.
func answer(s *Session, query string) string {
	rows, err := s.Query(context.Background(), query)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		out = append(out, strings.Trim(fmt.Sprint(rows.Values()), "[]"))
	}
	if rows.Err() != nil {
		return rows.Err().Error()
	}
	return strings.Join(out, ", ")
}

// TestStatementCache runs queries until they are remembered, then another statement, and then the query again.
func TestStatementCache(t *testing.T) {
	for _, c := range []struct {
		query, then string
		kept        bool   // before the other statement
		want        string // after it; "": something else than before
	}{
		{"SELECT 1", "", true, "1"},
		{"SELECT a FROM m", "INSERT INTO m VALUES (7)", true, "1, 2, 7"},
		{"SELECT a FROM m", "CREATE TEMP TABLE m AS SELECT 9 AS a", true, "9"},
		{"SELECT a FROM m", "BEGIN; DELETE FROM m WHERE a = 1", true, "2"},
		{"SELECT * FROM m", "ALTER TABLE m ADD COLUMN b int DEFAULT 5", true, "1 5, 2 5"},
		{"SELECT a FROM m", "DROP TABLE m CASCADE; CREATE TABLE m AS SELECT 'x' AS a", true, "x"},
		{"SELECT a FROM v", "CREATE OR REPLACE VIEW v AS SELECT a + 1 AS a FROM m", true, "2, 3"},
		{"SELECT count(*) > 1000 FROM pg_class", "SET search_path = pg_catalog", true, "false"},
		{"SELECT count(*) FROM pg_class WHERE relname = 'new'", "CREATE TABLE new (a int)", false, "1"},
		{"SELECT name FROM pg_settings WHERE name = 'TimeZone' AND setting = 'UTC'", "SET TimeZone = 'Asia/Tokyo'", true, ""},
		{"SELECT current_setting('TimeZone')", "SET TimeZone = 'Asia/Tokyo'", true, "Asia/Tokyo"},
		{"SELECT extract(epoch FROM now()) > 0, now()", "SELECT pg_sleep(0.001)", true, ""},
		{"SELECT random()", "", true, ""},
		{"SELECT to_timestamp(0)::text", "SET TimeZone = 'Asia/Tokyo'", true, "1970-01-01 09:00:00+09"},
		{"SELECT ('1970-01-01 00:' || a || '0:00')::timestamptz = to_timestamp(600) FROM m", "SET TimeZone = 'Asia/Tokyo'", true, "false, false"},
		{"SELECT '1970-01-01'::timestamptz = to_timestamp(0)", "SET TimeZone = 'Asia/Tokyo'", false, "false"},
		{"SELECT 'm'::regclass", "", false, "m"},
		{"SELECT a FROM f", "", false, "1"},
		{"INSERT INTO m VALUES (3) RETURNING a", "", false, "3"},
	} {
		s := refreshSession(t)
		query := func(text string) string { return answer(s, text) }
		before := ""
		for range 4 {
			before = query(c.query)
		}
		stmts := s.db.statements.find(c.query)
		if stmts == nil {
			t.Errorf("%s: is not remembered", c.query)
			continue
		}
		q, _ := stmts[0].(*syntax.SelectStmt)
		if p := s.db.statements.prepared(s, q, nil, false); (p != nil) != c.kept {
			t.Errorf("%s: kept: %v, want %v", c.query, p != nil, c.kept)
		}
		for _, then := range strings.Split(c.then, ";") {
			query(then)
		}
		if got := query(c.query); got == before && c.want == "" || c.want != "" && got != c.want {
			t.Errorf("%s; %s: %s, before %s, want %s", c.query, c.then, got, before, c.want)
		}
	}
}

// TestStatementCacheForgets fills the cache, and changes what its queries read.
func TestStatementCacheForgets(t *testing.T) {
	s := refreshSession(t)
	c := s.db.statements
	for i := range 3000 {
		text := fmt.Sprintf("SELECT %d, '%s' FROM m", i, strings.Repeat("x", i%500))
		for range 1 + i%3 {
			answer(s, text)
		}
	}
	if c.bytes > c.limit || len(c.texts) > cacheTexts || len(c.texts) < 100 || c.recent.Len() != len(c.texts) || len(c.bound) > len(c.texts) || len(c.bound) == 0 {
		t.Errorf("%d bytes of %d, %d texts, %d in order, %d bound", c.bytes, c.limit, len(c.texts), c.recent.Len(), len(c.bound))
	}
	for _, text := range []string{"CREATE TABLE t2 (a int)", "SELECT '" + strings.Repeat("x", cacheText) + "'", "SET TimeZone = 'UTC'"} {
		for range 3 {
			answer(s, text)
		}
		if c.find(text) != nil {
			t.Errorf("%.40s is remembered", text)
		}
	}
	answer(s, "INSERT INTO m VALUES (3)")
	if len(c.bound) > 0 {
		t.Errorf("%d queries of what there was before are bound still", len(c.bound))
	}
}

// TestStatementCacheShared has sessions with different names, paths and temporary tables run the same texts at once.
func TestStatementCacheShared(t *testing.T) {
	first := refreshSession(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := first.db.Session()
			defer s.Close()
			name := fmt.Sprintf("user%d", i)
			s.SetIdentity(name, "db")
			want := "1, 2"
			switch i % 4 {
			case 1:
				answer(s, fmt.Sprintf("CREATE TEMP TABLE m AS SELECT %d AS a", i))
				want = fmt.Sprint(i)
			case 2:
				answer(s, "SET search_path = nowhere")
				want = `relation "m" does not exist`
			}
			for range 50 {
				if got := answer(s, "SELECT a FROM m"); got != want {
					t.Errorf("%d: %s, want %s", i, got, want)
					return
				}
				if got := answer(s, "SELECT current_user"); got != name {
					t.Errorf("%d: %s, want %s", i, got, name)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestBindingChangesNothing binds statements of the tests, twice, and compares what they were read as before and after.
func TestBindingChangesNothing(t *testing.T) {
	files, err := filepath.Glob("testdata/slt/*.slt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	db, err := Open(Config{Dir: "testdata/files"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	bound := 0
	for n, f := range files {
		if !exectest.Long() && n%6 != 0 {
			continue
		}
		s := db.Session()
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range sltTexts(b) {
			stmts, err := syntax.Parse(text)
			if err != nil {
				continue
			}
			for _, stmt := range stmts {
				before := picture(stmt)
				for range 2 {
					if p, err := s.PrepareFixed(ctx, text, stmt, nil); err == nil && p.bound != nil {
						bound++
					}
				}
				if after := picture(stmt); after != before {
					t.Errorf("%s: %s:\n%s\nbecame\n%s", f, text, before, after)
				}
				switch stmt.(type) {
				case *syntax.CreateTableStmt, *syntax.CreateTableAsStmt, *syntax.CreateViewStmt:
					answer(s, text)
				}
			}
		}
		s.Close()
	}
	if bound < 500 {
		t.Errorf("only %d statements were bound", bound)
	}
}

// sltTexts returns the statements of a file of testdata/slt.
func sltTexts(b []byte) (texts []string) {
	for _, block := range bytes.Split(b, []byte("\n\n")) {
		var text []string
		on := false
		for _, line := range strings.Split(string(block), "\n") {
			switch {
			case strings.HasPrefix(line, "statement ") || strings.HasPrefix(line, "query"):
				on = true
			case line == "----":
				on = false
			case on:
				text = append(text, line)
			}
		}
		texts = append(texts, strings.Join(text, "\n"))
	}
	return texts
}

// picture writes all that a value is made of. What errors are of is left out.
func picture(v any) string {
	var b strings.Builder
	var draw func(v reflect.Value)
	draw = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface, reflect.Pointer:
			if v.IsNil() {
				b.WriteString("nil")
				return
			}
			if v.Kind() == reflect.Interface {
				b.WriteString(v.Elem().Type().String())
			}
			draw(v.Elem())
		case reflect.Struct:
			b.WriteString("{")
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.Type.String() != "error" {
					b.WriteString(f.Name + ":")
					draw(v.Field(i))
				}
			}
			b.WriteString("}")
		case reflect.Slice, reflect.Array:
			b.WriteString("[")
			for i := range v.Len() {
				draw(v.Index(i))
				b.WriteString(",")
			}
			b.WriteString("]")
		case reflect.Map:
			fmt.Fprint(&b, v)
		default:
			fmt.Fprint(&b, v)
		}
	}
	draw(reflect.ValueOf(v))
	return b.String()
}
