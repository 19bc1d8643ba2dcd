package syntax

import (
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gsql/exec/sqlstate"
)

// TestEmpty: a text without statements is one empty statement, whatever it is made of.
func TestEmpty(t *testing.T) {
	for _, text := range []string{"", " \n", ";", ";;", "-- ping", "/* a */;--"} {
		stmts, err := Parse(text)
		if err != nil || len(stmts) != 1 {
			t.Fatalf("%q: %v, %v", text, stmts, err)
		}
		if _, ok := stmts[0].(*EmptyStmt); !ok {
			t.Errorf("%q: %T", text, stmts[0])
		}
	}
}

// TestSpans: a statement knows its place, without the semicolon and what is around.
func TestSpans(t *testing.T) {
	text := " SELECT 1 ; -- x\n CREATE VIEW v AS (SELECT 2 /* y */)  ;; EXPLAIN SELECT 3 "
	stmts, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stmts {
		start, end := s.Span()
		got = append(got, text[start:end])
	}
	want := []string{"SELECT 1", "CREATE VIEW v AS (SELECT 2 /* y */)", "EXPLAIN SELECT 3"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if src := stmts[1].(*CreateViewStmt).Source; src != "(SELECT 2 /* y */)" {
		t.Errorf("source of the view: %q", src)
	}
	inner := stmts[2].(*ExplainStmt).Statement
	if start, end := inner.Span(); text[start:end] != "SELECT 3" {
		t.Errorf("statement of EXPLAIN: %q", text[start:end])
	}
}

// TestPositions: expressions point where PostgreSQL's errors point.
func TestPositions(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT a + b":                  "+ b",
		"SELECT a.b":                    "a.b",
		"SELECT x::int":                 "::int",
		"SELECT CAST(x AS int)":         "CAST(x AS int)",
		"SELECT f(a)":                   "f(a)",
		"SELECT s.f(a)":                 "s.f(a)",
		"SELECT a IN (1)":               "IN (1)",
		"SELECT a NOT LIKE 'b'":         "NOT LIKE 'b'",
		"SELECT a IS NULL":              "IS NULL",
		"SELECT a = ANY (b)":            "= ANY (b)",
		"SELECT NOT a":                  "NOT a",
		"SELECT - a":                    "- a",
		"SELECT 'é', date 'x'":          "date 'x'",
		"SELECT CASE WHEN a THEN 1 END": "CASE WHEN a THEN 1 END",
		"SELECT (SELECT 1)":             "(SELECT 1)",
		"SELECT (a, b)":                 "(a, b)",
		"SELECT a AT TIME ZONE 'x'":     "AT TIME ZONE 'x'",
		"SELECT EXTRACT(day FROM a)":    "EXTRACT(day FROM a)",
		"SELECT 1; SELECT a[1]":         "[1]",
		"SELECT $1":                     "$1",
	} {
		stmts, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s := stmts[len(stmts)-1].(*SelectStmt).Query.Body.(*Select)
		pos := s.Targets[len(s.Targets)-1].Expr.Position()
		if got := text[pos:]; got != want {
			t.Errorf("%s: points at %q", text, got)
		}
	}
}

// TestColumnName holds the names that PostgreSQL 15 gives to columns without alias.
func TestColumnName(t *testing.T) {
	for text, want := range map[string]string{
		"a": "a", "t.b": "b", "1": "?column?", "a + 1": "?column?", "f(x)": "f", "s.g(x)": "g", "x::int": "x",
		"1::int": "int4", "CAST('1' AS numeric(3,1))": "numeric", "'1'::int[]": "int4", "date 'x'": "date",
		"interval '1 day'": "interval", "count(*)": "count", "CASE WHEN a THEN b END": "case",
		"CASE WHEN a THEN 1 ELSE b END": "b", "CASE WHEN a THEN 1 ELSE 2::int END": "case", "true": "?column?",
		"NULL": "?column?", "'x'": "?column?", "$1": "?column?", "a[1]": "a", "(r).f": "f", "ARRAY[1]": "array",
		"ROW(1)": "row", "(1, 2)": "row", "EXISTS (SELECT 1)": "exists", "(SELECT x FROM t)": "x",
		"(SELECT 1)": "?column?", "(SELECT 1 AS y)": "y", "(VALUES (1))": "column1", "ARRAY(SELECT 1)": "array",
		"coalesce(a, b)": "coalesce", "nullif(a, b)": "nullif", "greatest(a)": "greatest", "current_date": "current_date",
		"extract(day FROM a)": "extract", "a AT TIME ZONE 'x'": "timezone", "trim(a)": "btrim",
		"position('a' IN b)": "position", "a COLLATE \"C\"": "a", "a IS NULL": "?column?", "NOT a": "?column?",
		"a LIKE b": "?column?", "a IN (1)": "?column?", "user": "user", "grouping(a)": "grouping", "x::text::int": "x",
		"f(x)::int": "f", "-1": "?column?", "collation for (a)": "pg_collation_for", "overlay(a PLACING b FROM 1)": "overlay",
	} {
		e, err := ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := ColumnName(e); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestParseType reads types alone.
func TestParseType(t *testing.T) {
	typ, err := ParseType("timestamp(3) with time zone[]")
	if err != nil || typ.Name != "timestamptz" || typ.Dims != 1 || !reflect.DeepEqual(typ.Mods, []int64{3}) {
		t.Errorf("%+v, %v", typ, err)
	}
	for _, text := range []string{"", "int 4", "select", "int;", "numeric(a)"} {
		if _, err := ParseType(text); sqlstate.Of(err) != sqlstate.SyntaxError {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLimits: texts that nest too deeply or are too long are refused, at once; long lists and chains are not.
func TestLimits(t *testing.T) {
	rep := strings.Repeat
	for _, c := range []struct {
		name, text string
		code       sqlstate.Code
	}{
		{"parentheses", "SELECT " + rep("(", 100000) + "1" + rep(")", 100000), sqlstate.StatementTooComplex},
		{"open parentheses", rep("(", MaxText/8), sqlstate.StatementTooComplex},
		{"signs", "SELECT " + rep("- ", 100000) + "1", sqlstate.StatementTooComplex},
		{"NOT", "SELECT " + rep("NOT ", 100000) + "true", sqlstate.StatementTooComplex},
		{"a chain of +", "SELECT 1" + rep("+1", 100000), sqlstate.StatementTooComplex},
		{"a chain of ::", "SELECT 1" + rep("::a", 100000), sqlstate.StatementTooComplex},
		{"a chain of subscripts", "SELECT a" + rep("[1]", 100000), sqlstate.StatementTooComplex},
		{"subqueries", rep("SELECT (", 100000) + "1" + rep(")", 100000), sqlstate.StatementTooComplex},
		{"queries in FROM", rep("SELECT * FROM (", 100000) + "SELECT 1" + rep(") x", 100000), sqlstate.StatementTooComplex},
		{"joins", "SELECT * FROM a" + rep(" CROSS JOIN a", 200000), sqlstate.StatementTooComplex},
		{"open joins", "SELECT * FROM a" + rep(" JOIN a", 200000), sqlstate.StatementTooComplex},
		{"arrays", "SELECT ARRAY" + rep("[", 100000), sqlstate.StatementTooComplex},
		{"lists", "SELECT * FROM f(" + rep("[", 100000), sqlstate.StatementTooComplex},
		{"structs", "SELECT * FROM f(" + rep("{a:", 100000), sqlstate.StatementTooComplex},
		{"CASE", "SELECT " + rep("CASE ", 100000), sqlstate.StatementTooComplex},
		{"EXPLAIN", rep("EXPLAIN ", 100000) + "SELECT 1", sqlstate.SyntaxError},
		{"WITH", rep("WITH a AS (", 100000) + "SELECT 1", sqlstate.StatementTooComplex},
		{"grouping sets", "SELECT 1 GROUP BY " + rep("GROUPING SETS (", 100000), sqlstate.StatementTooComplex},
		{"set operations", "SELECT 1" + rep(" UNION SELECT 1", 100000), sqlstate.StatementTooComplex},
		{"length", rep(" ", MaxText+1), sqlstate.ProgramLimitExceeded},
		{"some parentheses", "SELECT " + rep("(", 900) + "1" + rep(")", 900), ""},
		{"a fair chain of +", "SELECT 1" + rep("+1", 5000), ""},
		{"a long chain of AND", "SELECT a" + rep(" AND a", 100000), ""},
		{"a long chain of OR", "SELECT a = 1" + rep(" OR a = 2", 50000), ""},
		{"a long list", "SELECT a IN (1" + rep(", 1", 100000) + ")", ""},
		{"some set operations", "SELECT 1" + rep(" UNION ALL SELECT 1", 1000), ""},
		{"many tables", "SELECT * FROM a" + rep(", a", 10000), ""},
		{"many rows", "VALUES (1)" + rep(", (1)", 100000), ""},
		{"many statements", rep("SELECT 1;", 10000), ""},
	} {
		start := time.Now()
		_, err := Parse(c.text)
		switch {
		case c.code == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.code != "" && sqlstate.Of(err) != c.code:
			t.Errorf("%s: %v, want code %s", c.name, err, c.code)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: took %v", c.name, d)
		}
	}
}

// TestConcurrent: Parse may be called from many goroutines.
func TestConcurrent(t *testing.T) {
	texts := corpus(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, text := range texts {
				a, errA := Parse(text)
				b, errB := Parse(text)
				if dump(a) != dump(b) || (errA == nil) != (errB == nil) {
					t.Errorf("%s: two readings differ", text)
				}
			}
		})
	}
	wg.Wait()
}

// TestGrammarChecks: what TiDB's parser does not read as it was meant is an error, not another query.
func TestGrammarChecks(t *testing.T) {
	q := &Query{Body: &Select{Targets: []*Target{{Expr: &Op{Name: "+", Left: &Number{Text: "1"}, Right: &Number{Text: "2"}}}}}}
	w := &printer{}
	if err := w.block(&block{q.Body, q}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`SELECT "select"(0), "+"(1, 1)`,
		`SELECT "select"(0), "+"(1, 1, 2, 3)`,
		`SELECT "select"(0), "-"(1, 1, 2)`,
		`SELECT "select"(0), "+"(7, 1, 2)`,
		`SELECT "select"(0), 1`,
		`SELECT "select"(0), 1 + 2`,
		`SELECT "select"(0), "+"(1, 1, 2) FROM "t"`,
		`SELECT "select"(0), "+"(1, 1, 2) LIMIT 1`,
		`SELECT DISTINCT "select"(0), "+"(1, 1, 2)`,
		`SELECT "select"(0), "+"(1, 1, 2) ORDER BY 1`,
		`SELECT "select"(0), "+"(1, 1, 2) AS "a"`,
		`SELECT "+"(1, 1, 2)`,
		`SELECT 1; SELECT 2`,
		`SHOW TABLES`,
		`SELECT`,
	} {
		tree, err := grammarTree(text)
		if err == nil {
			_, err = (&reader{nodes: w.nodes, leaves: w.leaves, text: text}).block(tree)
		}
		if err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

// corpus returns the texts of all golden files.
func corpus(t testing.TB) []string {
	files, _ := filepath.Glob("testdata/accepted/*.txt")
	var texts []string
	for _, f := range append(files, "testdata/rejected.txt") {
		for _, c := range readGolden(t, f) {
			texts = append(texts, c.text)
		}
	}
	return texts
}

// FuzzParse: no text makes Parse panic, or makes the canonical text unreadable, and a statement lies in its
// text.
func FuzzParse(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stmts, err := Parse(text)
		if err != nil {
			if sqlstate.Of(err) == sqlstate.InternalError {
				t.Fatalf("%q: %s", text, describeError(text, err))
			}
			return
		}
		for _, s := range stmts {
			if start, end := s.Span(); start > end || end > len(text) {
				t.Fatalf("%q: statement at %d to %d", text, start, end)
			}
			_ = dump(s) + s.Tag()
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := "SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice * (1 - l_discount)), avg(l_tax), count(*) " +
		"FROM lineitem WHERE l_shipdate <= date '1998-12-01' - interval '90' day GROUP BY 1, 2 ORDER BY l_returnflag, l_linestatus"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
