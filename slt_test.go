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
//	statement ok [command tag]
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
// their results come from DuckDB or from counting by hand. For files that begin with "# oracle: session" all statements
// are sent in one session to a database made for them, with an error or without, and the tags are written, too; for others
// each query gets a session with the statements before it.
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
	tag      string // statement ok: the command tag; "" if it does not matter
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
				switch {
				case bytes.HasPrefix(b, []byte("# oracle: none")):
				case bytes.HasPrefix(b, []byte("# oracle: session")):
					askSession(t, f, records)
				default:
					askOracle(t, f, records)
				}
				return
			}
			for _, s := range matrix() {
				s.Dir = "testdata/files"
				t.Run(s.String(), func(t *testing.T) {
					t.Parallel()
					runSLT(t, f, b, records, s)
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
			case f[0] == "statement" && len(f) >= 2 && f[1] == "ok":
				r.tag = strings.Join(f[2:], " ")
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

func runSLT(t *testing.T, file string, head []byte, records []*record, s setup) {
	db := s.open(t)
	for _, r := range records {
		if r.rules && s.NoOptimizer {
			continue
		}
		rows, tag, err := s.runTagged(db, r.sql, 1<<10)
		where := fmt.Sprintf("%s:%d", file, r.line)
		switch {
		case s.failsInTinyMemory(err):
			if !strings.HasPrefix(r.sql, "SELECT") && bytes.HasPrefix(head, []byte("# oracle: session")) {
				return // what follows needs what the statement would have done
			}
		case r.code != "":
			if err == nil {
				t.Errorf("%s: no error, want %s\n%s", where, r.code, r.sql)
			} else if got := string(sqlstate.Of(err)); got != r.code {
				t.Errorf("%s: error %s (%v), want %s\n%s", where, got, err, r.code, r.sql)
			}
		case err != nil:
			t.Errorf("%s: %v\n%s", where, describe(err), r.sql)
		case r.tag != "" && r.tag != tag:
			t.Errorf("%s: tag %s, want %s\n%s", where, tag, r.tag, r.sql)
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
	lines, _, err := runTagged(ctx, db, query)
	return lines, err
}

// runTagged returns the command tag, too.
func runTagged(ctx context.Context, db *gsql.DB, query string) (lines []string, tag string, err error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for {
		b, err := rows.NextBatch()
		if err != nil {
			return lines, rows.Tag(), rows.Err()
		}
		lines = appendLines(lines, b, rows.Style())
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
		writeRows(&out, r, stdout.String())
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeRows writes a query with the rows that psql printed.
func writeRows(out *strings.Builder, r *record, printed string) {
	sortMark := ""
	if r.rowsort {
		sortMark = " rowsort"
	}
	fmt.Fprintf(out, "query%s\n%s\n----\n", sortMark, r.sql)
	if printed == "" {
		return
	}
	lines := strings.Split(strings.TrimSuffix(printed, "\n"), "\x1e")
	if r.rowsort {
		sort.Strings(lines)
	}
	for _, l := range lines {
		cells := strings.Split(l, "\x1f")
		for k := range cells {
			cells[k] = cell(cells[k])
		}
		fmt.Fprintln(out, strings.Join(cells, "\t"))
	}
}

// askSession writes into a file what PostgreSQL answers to all of its statements in one session.
func askSession(t *testing.T, file string, records []*record) {
	const database, mark = "slt_session", "\x1d"
	psql := strings.Fields(*oracle)
	admin := func(sql string) {
		if out, err := exec.Command(psql[0], append(psql[1:], "-qc", sql)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", sql, out)
		}
	}
	admin("DROP DATABASE IF EXISTS " + database)
	admin("CREATE DATABASE " + database)
	defer admin("DROP DATABASE " + database)
	var script strings.Builder
	script.WriteString("\\set QUIET on\nSET timezone = 'UTC';\n")
	for _, r := range records {
		fmt.Fprintf(&script, "\\set QUIET %v\n%s;\n\\echo %s :SQLSTATE %s\n", r.query, r.sql, mark, mark)
	}
	cmd := exec.Command(psql[0], append(psql[1:], "-AtX", "-d", database, "-F", "\x1f", "-R", "\x1e", "-P", "null=NULL", "-f", "-")...)
	cmd.Stdin = strings.NewReader(script.String())
	stdout, err := cmd.Output()
	parts := strings.Split(string(stdout), mark)
	if err != nil || len(parts) != 2*len(records)+1 {
		t.Fatalf("%v: %d parts for %d statements\n%s", err, len(parts), len(records), stdout)
	}
	var out strings.Builder
	for i, r := range records {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(r.comment)
		printed, code := strings.TrimPrefix(parts[2*i], "\n"), strings.TrimSpace(parts[2*i+1])
		switch {
		case code != "00000":
			fmt.Fprintf(&out, "statement error %s\n%s\n", code, r.sql)
		case r.query:
			writeRows(&out, r, printed)
		default:
			fmt.Fprintf(&out, "statement ok %s\n%s\n", strings.TrimSpace(printed), r.sql)
		}
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
