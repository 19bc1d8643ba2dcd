//go:build unix

package pgwire

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gsql/exec/exectest"
)

// TestForeignTables has a PostgreSQL 15 server of its own read the clients' tables by postgres_fdw. With -oracle they are
// those of another PostgreSQL server.
func TestForeignTables(t *testing.T) {
	if !exectest.Long() && *oracle == "" {
		t.Skip("not without -long")
	}
	local := startPostgres(t)
	var names []string
	for _, e := range clientServer(t) {
		name, value, _ := strings.Cut(e, "=")
		names = append(names, "$"+name, value)
	}
	address := strings.NewReplacer(names...)
	script, err := os.ReadFile("testdata/clients/fdw.sql")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	var out strings.Builder
	for _, statement := range strings.Split(strings.TrimSpace(string(script)), ";\n") {
		fmt.Fprintf(&out, "> %s\n", strings.TrimSuffix(statement, ";"))
		results, err := local.PgConn().Exec(ctx, address.Replace(statement)).ReadAll()
		for _, r := range results {
			for _, row := range r.Rows {
				fmt.Fprintf(&out, "%s\n", row)
			}
			fmt.Fprintln(&out, r.CommandTag)
		}
		if err != nil {
			fmt.Fprintln(&out, err)
		}
	}
	compareGolden(t, "testdata/clients/fdw.txt", out.String())
}

// startPostgres starts a server of PostgreSQL 15, for the test only, and connects to it.
func startPostgres(t *testing.T) *pgx.Conn {
	bin := "/usr/lib/postgresql/15/bin"
	if _, err := os.Stat(bin + "/initdb"); err != nil {
		t.Skip("PostgreSQL 15 is not installed (postgresql-15 of Debian)")
	}
	dir, err := os.MkdirTemp("", "fdw") // a short path, for the socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	owner := otherUser(t, dir)
	initialize := exec.Command(bin+"/initdb", "-D", dir+"/data", "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
	initialize.SysProcAttr, initialize.Dir = owner, dir
	if out, err := initialize.CombinedOutput(); err != nil {
		t.Skipf("PostgreSQL cannot be started: %v\n%s", err, out)
	}
	server := exec.Command(bin+"/postgres", "-D", dir+"/data", "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC")
	server.SysProcAttr, server.Dir = owner, dir
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT)
		_ = server.Wait()
	})
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		c, err := pgx.Connect(context.Background(), "host="+dir+" user=postgres dbname=postgres")
		if err == nil {
			t.Cleanup(func() { c.Close(context.Background()) })
			return c
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal(err)
		}
	}
}

// otherUser gives a folder to another user when the test is run by root, as whom PostgreSQL does not start.
func otherUser(t *testing.T, dir string) *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Skip("no user to run PostgreSQL as: ", err)
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	t.Skip("no user to run PostgreSQL as")
	return nil
}
