package pgwire

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gsql"
	"gsql/exec/exectest"
)

// clients are the programs of testdata/clients, each with what runs it. What they print is in a file beside them, as they
// print it with PostgreSQL 15.
var clients = []struct {
	name    string
	command func(t *testing.T) []string
}{
	{"go", goClient},
	{"psycopg3", pythonClient("psycopg3_client.py")},
	{"psycopg3_values", pythonClient("psycopg3_values.py")},
	{"psycopg2", pythonClient("psycopg2_client.py")},
	{"asyncpg", pythonClient("asyncpg_client.py")},
	{"sqlalchemy", pythonClient("sqlalchemy_client.py")},
	{"odbc", odbcClient},
	{"node", nodeClient},
	{"jdbc", javaClient},
}

// TestClients runs programs of other people's clients, which are installed from their registries. What cannot be installed
// is skipped. With -oracle the results are those of a PostgreSQL 15 server at that address, and are recorded.
func TestClients(t *testing.T) {
	if !exectest.Long() && *oracle == "" {
		t.Skip("not without -long")
	}
	env := clientServer(t)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			command := c.command(t)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, command[0], command[1:]...)
			cmd.Env = append(os.Environ(), env...)
			var problems strings.Builder
			cmd.Stderr = &problems
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s", err, out, &problems)
			}
			compareGolden(t, "testdata/clients/"+c.name+".txt", string(out))
		})
	}
}

// compareGolden compares what a client printed with what it prints with PostgreSQL, or records that.
func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *oracle != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s:%d: got\n%s\nwant\n%s", file, i+1, strings.Join(g[min(i, len(g)):min(i+5, len(g))], "\n"), strings.Join(w[min(i, len(w)):min(i+5, len(w))], "\n"))
			return
		}
	}
}

// clientServer starts a server with the tables that the clients read, and returns the environment in which they find it.
func clientServer(t *testing.T) []string {
	addr, scripts := *oracle, []string{"cities.sql", "setup.sql"}
	if addr == "" {
		addr, scripts = startServer(t, gsql.Config{Dir: "testdata/clients/data", Restrict: true}), scripts[1:]
	} else {
		emptyDatabase(t, addr)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, addr, pgx.QueryExecModeSimpleProtocol)
	for _, s := range scripts {
		b, err := os.ReadFile("testdata/clients/" + s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Exec(context.Background(), string(b)); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return []string{"PGHOST=" + host, "PGPORT=" + port, "PGUSER=tester", "PGDATABASE=files", "TZ=UTC", "LC_ALL=C.UTF-8", "PYTHONUTF8=1"}
}

// emptyDatabase makes the database and the user of the clients anew in PostgreSQL.
func emptyDatabase(t *testing.T, addr string) {
	host, port, _ := net.SplitHostPort(addr)
	c, err := pgx.Connect(context.Background(), "postgres://postgres@"+net.JoinHostPort(host, port)+"/postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for _, s := range []string{"DROP DATABASE IF EXISTS files", "DROP ROLE IF EXISTS tester", "CREATE ROLE tester SUPERUSER LOGIN", "CREATE DATABASE files", "ALTER DATABASE files SET timezone = 'UTC'"} {
		if _, err := c.Exec(context.Background(), s); err != nil {
			t.Fatal(err)
		}
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
