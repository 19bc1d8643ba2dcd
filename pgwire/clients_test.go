package pgwire

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPsycopg runs a program of Python's psycopg 3. GSQL_TEST_PYTHON names a Python that has it.
func TestPsycopg(t *testing.T) {
	python := os.Getenv("GSQL_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import psycopg").Run(); err != nil {
		t.Skip("psycopg is not installed")
	}
	host, port, _ := net.SplitHostPort(startServer(t, gsqlConfig()))
	out, err := exec.Command(python, "testdata/clients/psycopg_client.py", "host="+host+" port="+port+" user=tester dbname=files").CombinedOutput()
	if err != nil || string(out) != "failures: 0\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPgbench runs pgbench in its three modes.
func TestPgbench(t *testing.T) {
	path, err := exec.LookPath("pgbench")
	if err != nil {
		t.Skip("pgbench is not installed")
	}
	script := filepath.Join(t.TempDir(), "script.sql")
	const text = `\set a random(1, 1000)
BEGIN;
SELECT :a + 1;
SELECT count(*) FROM cities WHERE population > :a * 1000;
CREATE TEMP TABLE IF NOT EXISTS t (a int, b text);
INSERT INTO t VALUES (:a, 'x');
UPDATE t SET b = 'y' WHERE a = :a;
SELECT b FROM t WHERE a = :a;
END;
`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(startServer(t, gsqlConfig()))
	for _, mode := range []string{"simple", "extended", "prepared"} {
		t.Run(mode, func(t *testing.T) {
			out, err := exec.Command(path, "-n", "-h", host, "-p", port, "-U", "tester", "-M", mode, "-c", "4", "-j", "2", "-t", "10", "-f", script, "files").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "number of transactions actually processed: 40/40") || !strings.Contains(string(out), "number of failed transactions: 0 ") {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Log(regexp.MustCompile(`tps = [0-9]+`).FindString(string(out)))
		})
	}
}
