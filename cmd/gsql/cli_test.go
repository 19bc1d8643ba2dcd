package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write what the commands print into the golden files")

// TestCommands runs the sessions of testdata: lines that begin with "$ gsql" are commands, the lines up to the
// next blank one followed by a command are what they print to standard output and then to standard error, and
// their exit status when it is not 0. Lines that begin with # say what a case is about.
func TestCommands(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	t.Chdir("../../testdata/files")
	for _, f := range files {
		f := filepath.Join("../../cmd/gsql", f)
		t.Run(filepath.Base(f), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			parts := strings.SplitAfter(string(b), "\n")
			for i := 0; i < len(parts); i++ {
				part := parts[i]
				for strings.HasPrefix(part, "$ gsql ") && openQuote(part) && i+1 < len(parts) {
					i++
					part += parts[i]
				}
				switch {
				case strings.HasPrefix(part, "#"):
					if got.Len() > 0 {
						got.WriteString("\n")
					}
					got.WriteString(part)
				case strings.HasPrefix(part, "$ gsql "):
					got.WriteString(part)
					got.WriteString(command(t, strings.TrimSuffix(strings.TrimPrefix(part, "$ gsql "), "\n")))
				}
			}
			if *rewrite {
				if err := os.WriteFile(f, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got.String() != string(b) {
				t.Errorf("%s: got\n%s", f, got.String())
			}
		})
	}
}

func command(t *testing.T, line string) string {
	t.Helper()
	args, err := splitWords(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var stdout, stderr bytes.Buffer
	stdin := ""
	if n := len(args); n > 1 && args[n-2] == "<<<" {
		stdin, args = args[n-1], args[:n-2]
	}
	code := oneShot(context.Background(), args, strings.NewReader(stdin), &stdout, &stderr)
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	out := strings.ReplaceAll(stdout.String()+stderr.String(), folder, "FOLDER")
	if code != 0 {
		out += fmt.Sprintf("[exit status %d]\n", code)
	}
	return out
}

func openQuote(line string) bool {
	_, err := splitWords(line)
	return err != nil
}

// splitWords splits a line as a shell does, with single and double quotes.
func splitWords(s string) ([]string, error) {
	var words []string
	var cur strings.Builder
	in, quote, escaped := false, rune(0), false
	for i, r := range s {
		switch {
		case escaped:
			escaped = false
			cur.WriteRune(r)
		case quote == '"' && r == '\\' && (strings.HasPrefix(s[i+1:], `"`) || strings.HasPrefix(s[i+1:], `\`)):
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, in = r, true
		case quote == 0 && r == ' ':
			if in {
				words = append(words, cur.String())
				cur.Reset()
			}
			in = false
		default:
			cur.WriteRune(r)
			in = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote has no end")
	}
	if in {
		words = append(words, cur.String())
	}
	return words, nil
}
