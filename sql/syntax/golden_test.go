package syntax

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// goldenCase is a case of a golden file: remarks, a text, a line of four dashes, and what is expected up to
// an empty line.
type goldenCase struct{ remark, text, want string }

func readGolden(t testing.TB, file string) []goldenCase {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	for block := range strings.SplitSeq(string(data), "\n\n") {
		var c goldenCase
		lines := strings.Split(strings.Trim(block, "\n"), "\n")
		for len(lines) > 0 && strings.HasPrefix(lines[0], "# ") {
			c.remark += lines[0] + "\n"
			lines = lines[1:]
		}
		c.text, c.want, _ = strings.Cut(strings.Join(lines, "\n"), "\n----\n")
		if c.text = strings.TrimSuffix(c.text, "\n----"); c.text != "" || c.remark != "" {
			cases = append(cases, c)
		}
	}
	return cases
}

// runGolden compares what got makes of every case of a file with what the file says.
func runGolden(t *testing.T, file string, got func(text string) string) {
	cases := readGolden(t, file)
	var b strings.Builder
	for i, c := range cases {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(c.remark)
		if c.text == "" {
			continue
		}
		out := strings.TrimRight(got(c.text), "\n")
		if !*rewrite && out != c.want {
			t.Errorf("%s: %s\ngot:\n%s\nwant:\n%s", file, c.text, out, c.want)
		}
		fmt.Fprintf(&b, "%s\n----\n%s\n", c.text, out)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAccepted holds for every statement the tree that is made of it. The first line of a query is its
// canonical text.
func TestAccepted(t *testing.T) {
	files, _ := filepath.Glob("testdata/accepted/*.txt")
	if len(files) == 0 {
		t.Fatal("no golden files")
	}
	for _, f := range files {
		runGolden(t, f, func(text string) string {
			stmts, err := Parse(text)
			if err != nil {
				return describeError(text, err)
			}
			var b strings.Builder
			for _, s := range stmts {
				b.WriteString(canonical(s) + dump(s) + "\n")
			}
			return b.String()
		})
	}
}

// canonical returns what TiDB's parser gets for a SELECT.
func canonical(s Statement) string {
	q, ok := s.(*SelectStmt)
	if !ok {
		return ""
	}
	w := &printer{}
	if err := w.block(&block{q.Query.Body, q.Query}); err != nil {
		return err.Error()
	}
	return string(w.b) + "\n"
}

// TestRejected holds for every text its error and its place. The errors are PostgreSQL 15's, unless they are
// of code 0A000.
func TestRejected(t *testing.T) {
	runGolden(t, "testdata/rejected.txt", func(text string) string {
		_, err := Parse(text)
		if err == nil {
			return "accepted"
		}
		return describeError(text, err)
	})
}

func describeError(text string, err error) string {
	var e *sqlstate.Error
	if !errors.As(err, &e) {
		return "no sqlstate error: " + err.Error()
	}
	s := fmt.Sprintf("%s %s", e.Code, e.Message)
	if e.Position > 0 {
		s += fmt.Sprintf("\nat %q", text[e.Position-1:])
	}
	if e.Detail != "" {
		s += "\ndetail: " + e.Detail
	}
	if e.Hint != "" {
		s += "\nhint: " + e.Hint
	}
	return s
}
