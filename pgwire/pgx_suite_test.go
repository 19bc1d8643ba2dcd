package pgwire

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gsql"
	"gsql/exec/exectest"
)

// pgxFailures has the tests of pgx's own suite that fail with gsql: a line for each, with its package, its name and the reason
// behind tabs.
const pgxFailures = "testdata/clients/pgx_failures.tsv"

// TestPgxSuite runs the tests that pgx brings along, unmodified. All but those of pgxFailures must pass, and those must not.
func TestPgxSuite(t *testing.T) {
	if !exectest.Long() {
		t.Skip("not without -long")
	}
	failures := readFailures(t)
	results := runPgxSuite(t)
	passed := 0
	for _, name := range sorted(results) {
		_, known := failures[name]
		delete(failures, name)
		switch result := results[name]; {
		case result == "pass" && !known:
			passed++
		case result == "pass":
			t.Errorf("%s passes: take it out of %s", name, pgxFailures)
		case result == "fail" && !known:
			t.Errorf("%s fails", name)
		}
	}
	for name, reason := range failures {
		t.Errorf("%s was not run: %s", name, reason)
	}
	t.Logf("%d tests passed", passed)
}

// readFailures reads the reasons of the tests that fail.
func readFailures(t *testing.T) map[string]string {
	b, err := os.ReadFile(pgxFailures)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(f) != 3 || f[2] == "" {
			t.Fatalf("%s: a line without a reason: %q", pgxFailures, line)
		}
		out[f[0]+" "+f[1]] = f[2]
	}
	return out
}

func sorted(m map[string]string) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// runPgxSuite runs the suite and returns what became of each test, by its package and name.
func runPgxSuite(t *testing.T) map[string]string {
	dir := pgxSource(t)
	addr := startServer(t, gsql.Config{Dir: t.TempDir(), Restrict: true})
	if _, err := connect(t, addr, pgx.QueryExecModeExec).Exec(context.Background(), "CREATE DOMAIN uint64 AS numeric(20, 0)"); err != nil { // as pgx's own setup has it
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(addr)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-p=1", "-timeout=5m",
		".", "./pgconn", "./pgtype/...", "./pgxpool", "./stdlib", "./tracelog", "./multitracer")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("PGX_TEST_DATABASE=host=%s port=%s user=postgres database=files sslmode=disable", host, port), "GOFLAGS=-mod=mod")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, _ := cmd.Output() // which ends with an error, as tests fail
	results := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" || strings.Contains(e.Test, "/") {
			continue
		}
		if e.Action == "pass" || e.Action == "fail" || e.Action == "skip" {
			pkg := strings.TrimPrefix(strings.TrimPrefix(e.Package, "github.com/jackc/pgx/v5"), "/")
			results[cmp.Or(pkg, ".")+" "+e.Test] = e.Action
		}
	}
	if len(results) < 500 {
		t.Fatalf("%d tests were run\n%s", len(results), &problems)
	}
	return results
}

// pgxSource copies pgx from the module cache, where it cannot be worked in.
func pgxSource(t *testing.T) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/jackc/pgx/v5").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pgx")
	if err := os.CopyFS(dir, os.DirFS(strings.TrimSpace(string(out)))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	list := exec.CommandContext(ctx, "go", "list", "-test", "-deps", "./...") // of what gsql does not need
	list.Dir = dir
	if out, err := list.CombinedOutput(); err != nil {
		t.Skipf("the modules of pgx's tests cannot be had: %v\n%s", err, out)
	}
	return dir
}
