package sql

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// viewEnv has views over the test catalog, two of which use each other.
func viewEnv() *Env {
	views := map[string]*View{
		"rich":  {Name: exec.Name{Table: "rich"}, Query: "SELECT id, name AS who, salary FROM emp WHERE salary > 1000"},
		"named": {Name: exec.Name{Table: "named"}, Columns: []string{"a", "b"}, Query: "SELECT who, id, salary FROM rich"},
		"ping":  {Name: exec.Name{Table: "ping"}, Query: "SELECT * FROM pong"},
		"pong":  {Name: exec.Name{Table: "pong"}, Query: "SELECT * FROM ping"},
		"stale": {Name: exec.Name{Table: "stale"}, Query: "SELECT gone FROM emp"},
		"open":  {Name: exec.Name{Table: "open"}, Query: "SELECT $1::int"},
	}
	env := testEnv()
	env.View = func(n exec.Name) (*View, bool) {
		v, ok := views[n.Table]
		return v, ok && (n.Schema == "" || n.Schema == "public")
	}
	return env
}

func TestViews(t *testing.T) {
	cases := []struct{ query, want string }{
		{"SELECT a FROM named WHERE b = 1", `columns: a text
Project a
  Filter b = 1
    Project who, id, salary
      Project id, name AS who, salary
        Filter salary > 1000
          Scan emp (id, name, dept_id, salary, hired, boss, active)
`},
		{"SELECT x.who, y.who FROM rich x JOIN rich y USING (id)", `columns: who text, who text
Project x.who AS who, y.who AS who
  Inner Join on x.id = y.id
    Project id, name AS who, salary
      Filter salary > 1000
        Scan emp (id, name, dept_id, salary, hired, boss, active)
    Project id, name AS who, salary
      Filter salary > 1000
        Scan emp (id, name, dept_id, salary, hired, boss, active)
`},
		{"WITH rich AS (SELECT 1 AS id) SELECT id FROM public.rich", `columns: id integer
Project id
  Project id, name AS who, salary
    Filter salary > 1000
      Scan emp (id, name, dept_id, salary, hired, boss, active)
`},
		{"SELECT * FROM ping", "ERROR 42P17 at 15: infinite recursion detected in rules for relation \"ping\"\nCONTEXT: view \"pong\"\n"},
		{"SELECT 1, * FROM stale", "ERROR 42703 at 18: column \"gone\" does not exist\nCONTEXT: view \"stale\"\n"},
		{"SELECT * FROM open", "ERROR 42P02 at 15: there is no parameter $1\nCONTEXT: view \"open\"\n"},
		{"SELECT (SELECT who FROM rich WHERE rich.id = emp.id) FROM emp", `columns: who text
Project (subquery) AS who
  (subquery):
    Project who
      Filter id = emp.id
        Project id, name AS who, salary
          Filter salary > 1000
            Scan emp (id, name, dept_id, salary, hired, boss, active)
  Scan emp (id, name, dept_id, salary, hired, boss, active)
`},
	}
	for _, c := range cases {
		if got := describe(c.query, viewEnv()); got != c.want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.query, got, c.want)
		}
	}
}

func TestDeclaredParams(t *testing.T) {
	id := types.Of
	cases := []struct {
		query    string
		declared []types.Type
		want     string // the settled types or the error code
	}{
		{"SELECT * FROM nums WHERE i8 = $1", []types.Type{id(types.Int16)}, "smallint"},
		{"SELECT $1", []types.Type{id(types.Date)}, "date"},
		{"SELECT $1, $2 + 1", []types.Type{{}, {}}, "text, integer"},
		{"SELECT $1 + 1", []types.Type{id(types.Int64), id(types.Text)}, "bigint, text"},
		{"SELECT 1", []types.Type{{}}, "42P18"},
		{"SELECT $1 || 'x'", []types.Type{id(types.Int32)}, "integer"},
		{"SELECT upper($1)", []types.Type{id(types.Int32)}, "42883"},
		{"SELECT $1 IS NULL", []types.Type{id(types.Int32)}, "integer"},
	}
	for _, c := range cases {
		env := testEnv()
		env.Params = c.declared
		bound, err := bindText(c.query, env)
		got := ""
		if err != nil {
			got = string(sqlstate.Of(err))
		} else {
			s := make([]string, len(bound.Params))
			for i, p := range bound.Params {
				s[i] = p.String()
			}
			got = strings.Join(s, ", ")
		}
		if got != c.want {
			t.Errorf("%s with %v: got %s, want %s", c.query, c.declared, got, c.want)
		}
	}
}

// goldenQueries returns the queries of testdata/*.txt.
func goldenQueries(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	var queries []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
			q, _, _ := strings.Cut(c, "\n----")
			for strings.HasPrefix(q, "#") {
				_, q, _ = strings.Cut(q, "\n")
			}
			queries = append(queries, q)
		}
	}
	return queries
}

// TestPlansAreSound checks the plans of all golden queries, and of each as a subquery, a WITH query and a
// branch of a set operation.
func TestPlansAreSound(t *testing.T) {
	frames := []string{"%s", "SELECT * FROM (%s) AS wrapped", "WITH w AS (%s) SELECT * FROM w AS a, w AS b",
		"(%s) UNION ALL (%s)", "SELECT id FROM emp WHERE EXISTS (%s)", "SELECT 1 FROM emp AS around, LATERAL (%s) AS x"}
	for _, q := range goldenQueries(t) {
		if _, err := bindText(q, testEnv()); err != nil {
			continue
		}
		for _, f := range frames {
			text := strings.ReplaceAll(f, "%s", q)
			bound, err := bindText(text, testEnv())
			if err != nil {
				if code := sqlstate.Of(err); code == sqlstate.InternalError {
					t.Errorf("%s: %v", text, err)
				}
				continue
			}
			for _, msg := range validate(bound) {
				t.Errorf("%s\n%s\n%s", text, msg, planner.Print(bound.Root))
			}
		}
	}
}

func TestBindIsCancelled(t *testing.T) {
	stmts, err := Parse("SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Bind(ctx, stmts[0].(*syntax.SelectStmt).Query, testEnv()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzBind demands that no text makes the binder panic or break a plan.
func FuzzBind(f *testing.F) {
	for _, q := range goldenQueries(f) {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, text string) {
		bound, err := bindText(text, testEnv())
		if err != nil {
			var e *sqlstate.Error
			if errors.As(err, &e) && e.Code == sqlstate.InternalError {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		for _, msg := range validate(bound) {
			t.Fatalf("%s\n%s\n%s", text, msg, planner.Print(bound.Root))
		}
	})
}

func TestBindArgs(t *testing.T) {
	cases := []struct {
		query string
		types []types.Type
		want  string
	}{
		{"EXECUTE p(1, 'x', '2020-01-01')", []types.Type{types.Of(types.Int64), types.Of(types.Text), types.Of(types.Date)}, "1, 'x', '2020-01-01'::date"},
		{"EXECUTE p(1 + 1)", []types.Type{types.Of(types.Int32)}, "1 + 1"},
		{"EXECUTE p(1)", nil, ""},
		{"EXECUTE p(1, 2)", []types.Type{types.Of(types.Int32)}, "42601"},
		{"EXECUTE p(true)", []types.Type{types.Of(types.Int32)}, "42804"},
		{"EXECUTE p('x')", []types.Type{types.Of(types.Int32)}, "22P02"},
		{"EXECUTE p(a)", []types.Type{types.Of(types.Int32)}, "42703"},
		{"EXECUTE p(count(*))", []types.Type{types.Of(types.Int32)}, "42803"},
	}
	for _, c := range cases {
		stmts, err := Parse(c.query)
		if err != nil {
			t.Fatal(c.query, err)
		}
		got := ""
		es, err := BindArgs(context.Background(), stmts[0].(*syntax.ExecuteStmt).Args, c.types, testEnv())
		if err != nil {
			got = string(sqlstate.Of(err))
		}
		for i, e := range es {
			if i > 0 {
				got += ", "
			}
			got += e.String()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.query, got, c.want)
		}
	}
}
