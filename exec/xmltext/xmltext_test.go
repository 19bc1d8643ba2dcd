package xmltext

import (
	"os"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
)

// TestTextsLikePostgres compares which texts are XML, and how they are written, with PostgreSQL's answers.
func TestTextsLikePostgres(t *testing.T) {
	b, err := os.ReadFile("testdata/values.tsv")
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n")
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		in, want := unescape.Replace(f[0]), unescape.Replace(f[1])
		got := string(Append(nil, []byte(in)))
		if err := Check([]byte(in)); err != nil {
			got = string(sqlstate.Of(err))
		}
		if got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

func TestDepth(t *testing.T) {
	for n, ok := range map[int]bool{maxDepth: true, maxDepth + 1: false} {
		if err := Check([]byte(strings.Repeat("<a>", n) + strings.Repeat("</a>", n))); (err == nil) != ok {
			t.Errorf("%d elements within each other: %v", n, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`<?xml version="1.0"?><!DOCTYPE a><a b='c'>&lt;<!-- x --></a>`)
	f.Fuzz(func(t *testing.T, s string) {
		if Check([]byte(s)) == nil && Check(Append(nil, []byte(s))) != nil && !strings.HasPrefix(s, "\n") {
			t.Fatalf("%q is written as what is no XML", s)
		}
	})
}
