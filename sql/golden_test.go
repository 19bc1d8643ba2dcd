package sql

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/planner"
	"gsql/sql/syntax"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// bindText parses and binds one query.
func bindText(text string, env *Env) (*Bound, error) {
	stmts, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, fmt.Errorf("%d statements", len(stmts))
	}
	s, ok := stmts[0].(*syntax.SelectStmt)
	if !ok {
		return nil, fmt.Errorf("%T is no query", stmts[0])
	}
	return Bind(context.Background(), s.Query, env)
}

// describe prints what binding a query gave: parameters, columns and plan, or the error.
func describe(text string, env *Env) string {
	bound, err := bindText(text, env)
	var b strings.Builder
	if err != nil {
		var e *sqlstate.Error
		if !errors.As(err, &e) {
			return "ERROR " + err.Error() + "\n"
		}
		fmt.Fprintf(&b, "ERROR %s at %d: %s\n", e.Code, e.Position, e.Message)
		if e.Detail != "" {
			fmt.Fprintf(&b, "DETAIL: %s\n", e.Detail)
		}
		if e.Hint != "" {
			fmt.Fprintf(&b, "HINT: %s\n", e.Hint)
		}
		if e.Where != "" {
			fmt.Fprintf(&b, "CONTEXT: %s\n", e.Where)
		}
		return b.String()
	}
	if len(bound.Params) > 0 {
		s := make([]string, len(bound.Params))
		for i, t := range bound.Params {
			s[i] = t.String()
		}
		fmt.Fprintf(&b, "params: %s\n", strings.Join(s, ", "))
	}
	s := make([]string, len(bound.Columns))
	for i, c := range bound.Columns {
		s[i] = c.Name + " " + c.Type.String()
	}
	fmt.Fprintf(&b, "columns: %s\n", strings.Join(s, ", "))
	b.WriteString(planner.Print(bound.Root))
	return b.String()
}

// TestGolden binds the queries of testdata/*.txt. A case is a query, a line of dashes and what describe
// prints; cases are separated by blank lines, and lines before a query that begin with # are remarks.
// Of columns.txt the plans are left out. What the columns, the parameters and the errors are was compared with PostgreSQL 15 over schema.sql.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { goldenFile(t, file) })
	}
}

// withoutPlan keeps what can be compared with PostgreSQL.
func withoutPlan(s string) string {
	var keep []string
	for _, line := range strings.Split(s, "\n") {
		if i := strings.IndexByte(line, ':'); i > 0 && !strings.HasPrefix(line, " ") && strings.Contains("params columns DETAIL HINT CONTEXT", line[:i]) ||
			strings.HasPrefix(line, "ERROR") {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "\n")
}

func goldenFile(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		head, want, _ := strings.Cut(c, "\n----\n")
		head = strings.TrimRight(strings.TrimSuffix(head, "\n----"), "\n")
		query := head
		for strings.HasPrefix(query, "#") {
			_, query, _ = strings.Cut(query, "\n")
		}
		got := strings.TrimRight(describe(query, testEnv()), "\n")
		if filepath.Base(file) == "columns.txt" {
			got = withoutPlan(got)
		}
		out = append(out, head+"\n----\n"+got)
		if !*rewrite && got != strings.TrimRight(want, "\n") {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", query, got, want)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
