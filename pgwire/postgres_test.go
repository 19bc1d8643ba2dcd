package pgwire

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var oracle = flag.String("oracle", "", "record the conversations of testdata/postgres with a PostgreSQL 15 server at this address (host:port, or a socket's path)")

// differences is the file of what gsql answers otherwise than PostgreSQL. Each case of it begins with the file and the
// first line of a conversation and the reason for the difference, without which the test fails.
const differences = "testdata/postgres/differences.txt"

// TestPostgresConversations holds the conversations of testdata/postgres, whose answers are PostgreSQL 15's own, and
// compares; what is not the same must stand in the file of differences. With -oracle it records PostgreSQL's answers,
// with -rewrite the differences, whose reasons it keeps.
func TestPostgresConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/postgres/[a-ce-z]*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	addr := *oracle
	if addr == "" {
		addr = startServer(t, gsqlConfig())
	}
	setUp(t, addr)
	known, seen := readDifferences(t), strings.Builder{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var recorded strings.Builder
		for _, c := range splitCases(string(b)) {
			title, _, _ := strings.Cut(c, "\n")
			title = filepath.Base(f) + " " + title
			t.Run(title, func(t *testing.T) {
				got := hold(t, addr, c)
				if *oracle != "" {
					recorded.WriteString(got)
					return
				}
				compareKnown(t, title, c, got, known, &seen)
			})
		}
		if *oracle != "" {
			if err := os.WriteFile(f, []byte(recorded.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for title := range known {
		if *oracle == "" && !*rewrite {
			t.Errorf("%s: no longer differs, or has gone", title)
		}
	}
	if *rewrite && *oracle == "" {
		if err := os.WriteFile(differences, []byte(seen.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// setUp runs the statements that make the tables of the conversations.
func setUp(t *testing.T, addr string) {
	b, err := os.ReadFile("testdata/postgres/setup.sql")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, nc: dial(t, addr)}
	w.start()
	msg, _ := encodeMessage([]string{"Query", string(b)})
	w.write(msg)
	for {
		kind, body, err := w.read()
		if err != nil || kind == 'E' {
			t.Fatalf("setup: %v %s", err, show(kind, body))
		}
		if kind == 'Z' {
			return
		}
	}
}

type difference struct{ reason, text string }

// readDifferences reads the differences by the conversations' titles.
func readDifferences(t *testing.T) map[string]difference {
	b, err := os.ReadFile(differences)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	known := map[string]difference{}
	for _, c := range strings.Split(string(b), "\n== ")[1:] {
		title, rest, _ := strings.Cut(c, "\n")
		reason, text, _ := strings.Cut(rest, "\n")
		known[title] = difference{strings.TrimPrefix(reason, "reason: "), strings.TrimSpace(text)}
	}
	return known
}

// compareKnown compares an answer with PostgreSQL's, and the difference with the one that is known.
func compareKnown(t *testing.T, title, want, got string, known map[string]difference, seen *strings.Builder) {
	d := known[title]
	delete(known, title)
	diff := ""
	if got != want {
		diff = onlyChanges(lineDiff(want, got))
	}
	if diff != "" {
		if d.reason == "" {
			d.reason = "?"
		}
		seen.WriteString("\n== " + title + "\nreason: " + d.reason + "\n" + diff + "\n")
	}
	switch {
	case *rewrite:
	case diff != d.text:
		t.Errorf("%s", lineDiff(want, got))
	case diff != "" && d.reason == "?":
		t.Error("the difference has no reason")
	}
}

// onlyChanges leaves out the questions behind which nothing differs.
func onlyChanges(diff string) string {
	lines := strings.Split(strings.TrimRight(diff, "\n"), "\n")
	var out []string
	for i, l := range lines {
		question := strings.HasPrefix(l, "  ")
		if !question || i+1 < len(lines) && !strings.HasPrefix(lines[i+1], "  ") {
			out = append(out, strings.TrimSpace(l))
		}
	}
	if len(out) == 1 && strings.HasPrefix(out[0], ">") {
		return ""
	}
	return strings.Join(out, "\n")
}
