package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"gsql/pgwire/auth"
)

func TestServeIsSafe(t *testing.T) {
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	var out bytes.Buffer
	if code := passwd([]string{users, "ann"}, strings.NewReader("sesame\n"), &out, &out); code != 0 {
		t.Fatalf("%d %s", code, out.String())
	}
	if _, err := auth.LoadUsers(users); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags string
		want  string // of the error
	}{
		{"", ""},
		{"--listen localhost:0", ""},
		{"--listen [::1]:0", ""},
		{"--listen :5432", "will not listen"},
		{"--listen 0.0.0.0:5432", "will not listen"},
		{"--listen 0.0.0.0:5432 --insecure", ""},
		{"--listen 0.0.0.0:5432 --users " + users, ""},
		{"--listen 0.0.0.0:5432 --tls-cert x", "needs --tls-cert and --tls-key"},
		{"--users " + dir + "/nosuch", "nosuch"},
		{"--set x", "want name=value"},
		{"--log-format xml", "text or json"},
	} {
		o := &serveOptions{}
		if err := serveFlags(o).Parse(strings.Fields(c.flags)); err != nil {
			t.Fatal(err)
		}
		_, err := o.server()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.flags, err, c.want)
		}
	}
	if code := passwd([]string{users, "ann", "--delete"}, strings.NewReader(""), &out, &out); code != 0 {
		t.Errorf("%d %s", code, out.String())
	}
	for _, args := range [][]string{{users}, {users, "bob", "--delete"}, {users, "bob", "--nosuch"}} {
		if code := passwd(args, strings.NewReader(""), &out, &out); code == 0 {
			t.Errorf("%v succeeds", args)
		}
	}
	if code := passwd([]string{users, "bob"}, strings.NewReader("\n"), &out, &out); code != 1 {
		t.Error("an empty password is taken")
	}
}

// Writing is off, unless folders are named for it or the served one is meant.
func TestServeWrites(t *testing.T) {
	for _, c := range []struct {
		flags string
		on    bool
		want  string
	}{
		{"data", false, ""}, {"data --allow-write", true, "data"}, {"--allow-write data", true, "data"},
		{"data --allow-write=out --allow-write=more", true, "out more"}, {"data --allow-write=out --allow-write", true, "out data"},
	} {
		o := &serveOptions{}
		fs := serveFlags(o)
		if err := fs.Parse(strings.Fields(c.flags)); err != nil {
			t.Fatal(err)
		}
		o.cfg.Dir = fs.Arg(0)
		o.allowWriting()
		if got := strings.Join(o.cfg.WritePaths, " "); got != c.want || o.cfg.AllowWrite != c.on {
			t.Errorf("%s: %v %s", c.flags, o.cfg.AllowWrite, got)
		}
	}
}
