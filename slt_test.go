package gsql_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
)

// The tests of testdata/slt are in the form of sqllogictest:
//
//	# A sentence of intent.
//	statement ok
//	CREATE VIEW v AS ...
//
//	statement error 22012
//	SELECT 1/0
//
//	query [rowsort]
//	SELECT ...
//	----
//	values of a row, divided by tabs
//
//	onlyif rules
//	query ... that succeeds only when the optimizer leaves out columns or rows that it does not need
//
// Results come from PostgreSQL: go test -run SLT -oracle 'psql -h HOST -U USER' writes what PostgreSQL answers
// into the files whose first line is not "# oracle: none"; those are about files and gsql's own functions, and
// their results come from DuckDB or from counting by hand.
var oracle = flag.String("oracle", "", "psql command whose answers become the expected results of testdata/slt")

// record is one statement or query of a file.
type record struct {
	line     int
	comment  string
	sql      string
	rules    bool // onlyif rules
	query    bool
	rowsort  bool
	code     string // statement error: SQLSTATE
	expected []string
}

func TestSLT(t *testing.T) {
	var files []string
	err := filepath.WalkDir("testdata/slt", func(path string, d os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".slt") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(f), "testdata/slt/"), ".slt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			records, err := parseSLT(string(b))
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			if *oracle != "" {
				if !bytes.HasPrefix(b, []byte("# oracle: none")) {
					askOracle(t, f, records)
				}
				return
			}
			for _, s := range matrix() {
				s.Dir = "testdata/files"
				t.Run(s.String(), func(t *testing.T) {
					t.Parallel()
					runSLT(t, f, records, s)
				})
			}
		})
	}
}

func parseSLT(s string) ([]*record, error) {
	var out []*record
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	comment, rules := "", false
	for i := 0; i < len(lines); i++ {
		switch l := lines[i]; {
		case l == "":
		case strings.HasPrefix(l, "#"):
			comment += l + "\n"
			continue
		case l == "onlyif rules":
			comment += l + "\n"
			rules = true
			continue
		default:
			r := &record{line: i + 1, comment: comment, rules: rules}
			f := strings.Fields(l)
			switch {
			case f[0] == "query":
				r.query = true
				r.rowsort = len(f) > 1 && f[1] == "rowsort"
			case f[0] == "statement" && len(f) == 2 && f[1] == "ok":
			case f[0] == "statement" && len(f) == 3 && f[1] == "error":
				r.code = f[2]
			default:
				return nil, fmt.Errorf("line %d: %q is no record", i+1, l)
			}
			var sql []string
			for i++; i < len(lines) && lines[i] != "" && lines[i] != "----"; i++ {
				sql = append(sql, lines[i])
			}
			r.sql = strings.Join(sql, "\n")
			if i < len(lines) && lines[i] == "----" {
				for i++; i < len(lines) && lines[i] != ""; i++ {
					r.expected = append(r.expected, lines[i])
				}
			}
			out = append(out, r)
		}
		comment, rules = "", false
	}
	return out, nil
}

func runSLT(t *testing.T, file string, records []*record, s setup) {
	db := s.open(t)
	for _, r := range records {
		if r.rules && s.NoOptimizer {
			continue
		}
		rows, err := s.run(db, r.sql, 1<<10)
		where := fmt.Sprintf("%s:%d", file, r.line)
		switch {
		case s.failsInTinyMemory(err):
		case r.code != "":
			if err == nil {
				t.Errorf("%s: no error, want %s\n%s", where, r.code, r.sql)
			} else if got := string(sqlstate.Of(err)); got != r.code {
				t.Errorf("%s: error %s (%v), want %s\n%s", where, got, err, r.code, r.sql)
			}
		case err != nil:
			t.Errorf("%s: %v\n%s", where, describe(err), r.sql)
		case r.query:
			want := r.expected
			if r.rowsort {
				sort.Strings(rows)
				want = append([]string(nil), want...)
				sort.Strings(want)
			}
			if !slices.Equal(rows, want) {
				t.Errorf("%s: got\n%s\nwant\n%s\n%s", where, strings.Join(rows, "\n"), strings.Join(want, "\n"), r.sql)
			}
		}
	}
}

func describe(err error) string {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%s %s %s %s", e.Code, e.Message, e.Detail, e.Hint)
	}
	return err.Error()
}

// runQuery returns the rows as lines with tabs; an empty string is (empty), so that no line is.
func runQuery(db *gsql.DB, query string) ([]string, error) {
	return runQueryContext(context.Background(), db, query)
}

func runQueryContext(ctx context.Context, db *gsql.DB, query string) ([]string, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for {
		b, err := rows.NextBatch()
		if err != nil {
			return out, rows.Err()
		}
		out = appendLines(out, b, rows.Style())
	}
}

// appendLines appends the rows of a batch.
func appendLines(lines []string, b *vec.Batch, style *text.Style) []string {
	for i := range b.Rows {
		var cells []string
		for _, v := range b.Cols {
			cells = append(cells, cell(text.String(v, i, style)))
		}
		lines = append(lines, strings.Join(cells, "\t"))
	}
	return lines
}

var cellEscapes = strings.NewReplacer("\n", `\n`, "\t", `\t`, "\r", `\r`)

func cell(s string) string {
	if s == "" {
		return "(empty)"
	}
	return cellEscapes.Replace(s)
}

// askOracle writes PostgreSQL's answers into a file.
func askOracle(t *testing.T, file string, records []*record) {
	args := append(strings.Fields(*oracle), "-qAtX", "-F", "\x1f", "-R", "\x1e", "-P", "null=NULL", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate")
	var out, setup strings.Builder
	for i, r := range records {
		sql := strings.Replace(r.sql, "CREATE VIEW", "CREATE TEMP VIEW", 1)
		cmd := exec.Command(args[0], append(args[1:], "-c", "set timezone='UTC'; "+setup.String()+sql)...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(r.comment)
		if err != nil {
			f := strings.Fields(stderr.String())
			fmt.Fprintf(&out, "statement error %s\n%s\n", f[len(f)-1], r.sql)
			continue
		}
		if !r.query {
			setup.WriteString(sql + ";")
			fmt.Fprintf(&out, "statement ok\n%s\n", r.sql)
			continue
		}
		sortMark := ""
		if r.rowsort {
			sortMark = " rowsort"
		}
		fmt.Fprintf(&out, "query%s\n%s\n----\n", sortMark, r.sql)
		lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\x1e")
		if stdout.Len() == 0 {
			lines = nil
		}
		if r.rowsort {
			sort.Strings(lines)
		}
		for _, l := range lines {
			cells := strings.Split(l, "\x1f")
			for k := range cells {
				cells[k] = cell(cells[k])
			}
			fmt.Fprintln(&out, strings.Join(cells, "\t"))
		}
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
