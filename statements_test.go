package gsql_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"gsql"
	"gsql/exec/sqlstate"
)

// The statements that clients send when they connect, list tables and complete names are theirs, so they are not here:
// the test reads them from the *.sql files of a folder, in which a line that begins with "-- [" stands before each. What
// is here is, by the hash of a statement, the names and types of the columns that PostgreSQL describes for it, or the
// code of its error. With -oracle the file is written anew.
var statementsFolder = flag.String("statements", "", "folder with the statements of clients, for TestStatements")

const statementsFile = "testdata/statements.txt"

// statementsTable is the one table that the statements use.
const statementsTable = `CREATE TABLE public.events(id bigint, name text, price float8, ts timestamptz, tags json, doc json, u text)`

const statementsRow = `{"id":1,"name":"n1","price":1.5,"ts":"2024-01-01T00:00:00Z","tags":["a"],"doc":{"a":1},"u":"0f0f0f0f"}`

// isQuery tells what has columns; the rest is for other tests.
var isQuery = regexp.MustCompile(`(?is)^(--[^\n]*\n|/\*.*?\*/|\s)*(with|select|\(|values|show|table)\b`)

// lacking tells the statements with what gsql lacks: bit strings, and columns of any type of array.
var lacking = regexp.MustCompile(`\bb'1'|attmissingval`)

// TestStatements describes each statement and runs those without parameters.
func TestStatements(t *testing.T) {
	if *statementsFolder == "" {
		t.Skip("no -statements")
	}
	files, err := filepath.Glob(filepath.Join(*statementsFolder, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("no statements: ", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "events.ndjson"), []byte(statementsRow), 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := gsql.Open(gsql.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if *oracle != "" {
		recordStatements(t, files)
	}
	want := readRecorded(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			for _, s := range readStatements(t, file) {
				recorded, ok := want[statementHash(s)]
				if !ok {
					t.Errorf("not recorded; run with -oracle:\n%s", s)
				} else if got := describedAs(db, s); got != recorded {
					t.Errorf("described as\n%s\nwant\n%s\n%s", got, recorded, s)
				} else if !strings.HasPrefix(got, "!") && !strings.Contains(s, "$1") {
					runStatement(t, db, s)
				}
			}
		})
	}
}

func readStatements(t *testing.T, file string) []string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, part := range strings.Split("\n"+string(b), "\n-- [") {
		_, s, _ := strings.Cut(part, "\n")
		if s = strings.TrimRight(strings.TrimSpace(s), ";"); isQuery.MatchString(s) && !lacking.MatchString(s) && !strings.Contains(s, "; select") {
			out = append(out, s)
		}
	}
	return out
}

func statementHash(s string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return fmt.Sprintf("%016x", h.Sum64())
}

// describedAs returns the columns of a statement, or the code of its error.
func describedAs(db *gsql.DB, s string) string {
	session := db.Session()
	defer session.Close()
	p, err := session.Prepare(context.Background(), s, nil)
	if err != nil {
		return "!" + string(sqlstate.Of(err))
	}
	var cols []string
	for _, c := range p.Columns() {
		cols = append(cols, c.Name+" "+c.Type.String())
	}
	return strings.Join(cols, ", ")
}

// runStatement reads all rows.
func runStatement(t *testing.T, db *gsql.DB, s string) {
	session := db.Session()
	defer session.Close()
	rows, err := session.Query(context.Background(), s)
	for err == nil && rows.Next() {
	}
	if err == nil {
		err = errors.Join(rows.Err(), rows.Close())
	}
	if err != nil && sqlstate.Of(err) != sqlstate.DivisionByZero {
		t.Errorf("%s %v\n%s", sqlstate.Of(err), err, s)
	}
}

func readRecorded(t *testing.T) map[string]string {
	f, err := os.Open(statementsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := map[string]string{}
	for in := bufio.NewScanner(f); in.Scan(); {
		hash, cols, _ := strings.Cut(in.Text(), "\t")
		m[hash] = cols
	}
	return m
}

// recordStatements asks PostgreSQL.
func recordStatements(t *testing.T, files []string) {
	var lines []string
	seen := map[string]bool{}
	for _, file := range files {
		for _, s := range readStatements(t, file) {
			if hash := statementHash(s); !seen[hash] {
				seen[hash] = true
				lines = append(lines, hash+"\t"+askColumns(t, s)+"\n")
			}
		}
	}
	sort.Strings(lines)
	if err := os.WriteFile(statementsFile, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// askColumns lets psql describe a statement in a transaction that has the table.
func askColumns(t *testing.T, s string) string {
	args := append(strings.Fields(*oracle), "-qAtX", "-F", " ", "-R", ", ", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = strings.NewReader("BEGIN;\n" + statementsTable + ";\n" + s + " \\gdesc\n")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		f := strings.Fields(errs.String())
		if len(f) == 0 {
			t.Fatal(err)
		}
		return "!" + f[len(f)-1]
	}
	return strings.TrimSpace(string(out))
}
