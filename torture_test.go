package gsql_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// The cases of testdata/torture are files as people have them, and what is to come of queries over them. A file of cases is
//
//	=== name of a case
//	One or more lines that say what it is about, and where gsql differs from DuckDB, why.
//	-- file "name of a file" steps... --
//	its text
//	-- query --
//	SELECT ...
//	-- rows [in any order] --
//	name type, of each column
//	values of a row
//	-- error --
//	SQLSTATE and parts of the message, of DETAIL: and of HINT:, a line each
//
// Sections are played in their order: a file may be written again between two queries, and "-- remove "name" --" takes it
// away. Columns are divided by tabs; a value that is empty, looks like NULL or has blanks at an end is quoted. Steps are
// explained at steps. Expected results are judged, not taken as they come: -rewrite writes them so that they can be read.

// tortureSetups are the ways each case is run.
var tortureSetups = []setup{
	{Config: gsql.Config{Partitions: 1, Workers: 1}},
	{Config: gsql.Config{Partitions: 3, Workers: 2, BatchRows: 3}},
	{Config: gsql.Config{Partitions: 1, Workers: 1, BatchRows: 3}},
	{Config: gsql.Config{Partitions: 3, Workers: 2}},
}

// keepTorture is a folder that the files of the cases are left in, with the queries, so that others can be asked.
var keepTorture = flag.String("keep", "", "folder for the files and queries of testdata/torture")

// tortureTime bounds a query: one that takes longer hangs.
const tortureTime = time.Minute

func TestTorture(t *testing.T) {
	paths, err := filepath.Glob("testdata/torture/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			cases := readTorture(t, path)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { c.test(t) })
			}
			if *rewrite && !t.Failed() {
				writeTorture(t, path, cases)
			}
		})
	}
}

// tortureCase is one case.
type tortureCase struct {
	name string
	txtar.Archive
	made map[int]tortureFile // by section, since steps may be slow
}

func readTorture(t *testing.T, path string) []*tortureCase {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []*tortureCase
	seen := map[string]bool{}
	for i, part := range strings.Split("\n"+string(b), "\n=== ") {
		name, rest, ok := strings.Cut(part, "\n")
		if i == 0 {
			if strings.TrimSpace(part) != "" {
				t.Fatalf("%s does not begin with a case", path)
			}
			continue
		}
		c := &tortureCase{name: name, Archive: *txtar.Parse([]byte(rest + "\n")), made: map[int]tortureFile{}}
		if !ok || seen[name] || len(bytes.TrimSpace(c.Comment)) == 0 {
			t.Fatalf("%s: case %q must have a name of its own and say what it is about", path, name)
		}
		seen[name] = true
		out = append(out, c)
	}
	return out
}

func writeTorture(t *testing.T, path string, cases []*tortureCase) {
	var b bytes.Buffer
	for i, c := range cases {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "=== %s\n", c.name)
		a := c.Archive
		a.Files = slices.Clone(a.Files)
		for k := range a.Files {
			if s := &a.Files[k]; k+1 == len(a.Files) || s.Name == "query" {
				s.Data = append(bytes.TrimRight(s.Data, "\n"), '\n')
			}
		}
		b.Write(txtar.Format(&a))
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// test runs the case in all setups. With -rewrite the first one's results become what is expected of the others.
func (c *tortureCase) test(t *testing.T) {
	again := *rewrite
	if again {
		c.expect()
	}
	for _, s := range tortureSetups {
		s.Dir = t.TempDir()
		if again && *keepTorture != "" {
			s.Dir = filepath.Join(*keepTorture, t.Name())
			if err := os.MkdirAll(s.Dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		c.play(t, s, again)
		again = false
	}
}

// play goes through the case's sections.
func (c *tortureCase) play(t *testing.T, s setup, write bool) {
	db := s.open(t)
	members := map[string][]tortureFile{}
	var got tortureResult
	for i := range c.Files {
		sec := &c.Files[i]
		kind, _, _ := strings.Cut(sec.Name, " ")
		switch kind {
		case "file":
			f, ok := c.made[i]
			if !ok {
				var err error
				if f, err = makeTorture(strings.TrimPrefix(sec.Name, "file "), sec.Data, members); err != nil {
					t.Fatalf("%s: %v", sec.Name, err)
				}
				c.made[i] = f
			}
			if f.archive != "" {
				members[f.archive] = append(members[f.archive], f)
			} else if err := f.write(s.Dir); err != nil {
				t.Fatalf("%s: %v", sec.Name, err)
			}
		case "remove":
			f, err := makeTorture(strings.TrimPrefix(sec.Name, "remove "), nil, nil)
			if err == nil {
				err = os.Remove(filepath.Join(s.Dir, f.name))
			}
			if err != nil {
				t.Fatalf("%s: %v", sec.Name, err)
			}
		case "query":
			got = askTorture(db, s.Dir, strings.TrimSpace(string(sec.Data)))
			if write && *keepTorture != "" {
				got.keep(t, s.Dir, i)
			}
		case "rows", "error":
			if write {
				got.rewrite(sec)
			} else if diff := got.differs(sec); diff != "" {
				t.Errorf("%s: %s", s, diff)
			}
		default:
			t.Fatalf("%q is no section", sec.Name)
		}
	}
}

// expect puts a section for the result behind each query that has none.
func (c *tortureCase) expect() {
	for i := len(c.Files); i > 0; i-- {
		if c.Files[i-1].Name == "query" && (i == len(c.Files) || !strings.HasPrefix(c.Files[i].Name, "rows") && c.Files[i].Name != "error") {
			c.Files = slices.Insert(c.Files, i, txtar.File{Name: "rows"})
		}
	}
}

// tortureResult is what came of a query, as it is written in a case.
type tortureResult struct {
	query string
	lines []string
	err   bool
}

// askTorture runs a query. Paths are told without the case's folder.
func askTorture(db *gsql.DB, dir, query string) tortureResult {
	ctx, cancel := context.WithTimeout(context.Background(), tortureTime)
	defer cancel()
	r := tortureResult{query: query}
	rows, err := db.Query(ctx, query)
	if err == nil {
		defer rows.Close()
		var head []string
		for _, c := range rows.Columns() {
			head = append(head, cellEscapes.Replace(c.Name+" "+c.Type.String()))
		}
		r.lines = append(r.lines, strings.Join(head, "\t"))
		for {
			b, err := rows.NextBatch()
			if err != nil {
				break
			}
			for i := range b.Rows {
				var cells []string
				for _, v := range b.Cols {
					cells = append(cells, tortureCell(inFolder(text.String(v, i, rows.Style()), dir), v.IsNull(i)))
				}
				r.lines = append(r.lines, strings.Join(cells, "\t"))
			}
		}
		err = rows.Err()
	}
	if err != nil {
		r.err = true
		r.lines = strings.Split(inFolder(tortureError(err), dir), "\n")
	}
	return r
}

// inFolder tells paths from a folder on.
func inFolder(s, dir string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, dir+string(filepath.Separator), ""), dir, "DIR")
}

func tortureError(err error) string {
	var e *sqlstate.Error
	if !errors.As(err, &e) {
		return "no SQLSTATE: " + err.Error()
	}
	s := string(e.Code) + " " + e.Message
	if e.Detail != "" {
		s += "\nDETAIL: " + strings.ReplaceAll(e.Detail, "\n", `\n`)
	}
	if e.Hint != "" {
		s += "\nHINT: " + strings.ReplaceAll(e.Hint, "\n", `\n`)
	}
	return s
}

// tortureCell is a value, quoted where it could be taken for something else.
func tortureCell(s string, null bool) string {
	switch {
	case null:
		return "NULL"
	case s == "" || s == "NULL" || strings.TrimSpace(s) != s || s[0] == '"':
		return fmt.Sprintf("%q", s)
	}
	if q := fmt.Sprintf("%q", s); strings.Count(q, `\`) > strings.Count(s, `"`)+2*strings.Count(s, `\`) { // control characters
		return q
	}
	return s
}

// keep writes the query and the result into a folder.
func (r tortureResult) keep(t *testing.T, dir string, n int) {
	for ext, s := range map[string]string{"sql": r.query, "got": strings.Join(r.lines, "\n")} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("query%02d.%s", n, ext)), []byte(s+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (r tortureResult) rewrite(sec *txtar.File) {
	switch {
	case r.err:
		sec.Name = "error"
	case !strings.HasPrefix(sec.Name, "rows"):
		sec.Name = "rows"
	}
	lines := r.lines
	if sec.Name == "rows in any order" {
		lines = slices.Clone(lines)
		sort.Strings(lines[1:])
	}
	sec.Data = []byte(strings.Join(lines, "\n") + "\n")
}

// differs says how the result is not what is expected; "" when it is.
func (r tortureResult) differs(sec *txtar.File) string {
	want := strings.Split(strings.TrimRight(string(sec.Data), "\n"), "\n")
	got := slices.Clone(r.lines)
	ok := r.err == (sec.Name == "error")
	switch {
	case !ok:
	case r.err:
		all := strings.Join(got, "\n")
		for _, part := range want {
			ok = ok && strings.Contains(all, part)
		}
	default:
		if sec.Name == "rows in any order" {
			sort.Strings(got[1:])
			sort.Strings(want[1:])
		}
		ok = slices.Equal(got, want)
	}
	if ok {
		return ""
	}
	const most = 20
	if n := len(got); n > most {
		got = append(got[:most:most], fmt.Sprintf("... and %d more", n-most))
	}
	return fmt.Sprintf("%s\ngot\n%s\nwant (%s)\n%s", r.query, strings.Join(got, "\n"), sec.Name, strings.Join(want, "\n"))
}
