package auth

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xdg-go/scram"
)

func TestRules(t *testing.T) {
	const text = `
# comment
local   all  all            trust
host    all  "all",admin  10.0.0.0/8      scram-sha-256 # behind
hostssl db1,"my db" all   192.168.0.0 255.255.0.0   cert
hostssl all  all  ::/0  scram-sha-256 clientcert=verify-ca
hostnossl all eve all reject
host    all  all localhost trust
`
	r, err := ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user, db, addr string
		tls            bool
		want           string
	}{
		{"u", "d", "", false, "trust"},
		{"admin", "d", "10.1.2.3", false, "scram-sha-256"},
		{"admin", "d", "::ffff:10.1.2.3", true, "scram-sha-256"},
		{"all", "d", "10.1.2.3", false, "scram-sha-256"},
		{"other", "d", "10.1.2.3", false, "none"},
		{"u", "my db", "192.168.7.7", true, "cert verify-full"},
		{"u", "my db", "192.168.7.7", false, "none"},
		{"u", "db2", "192.168.7.7", true, "none"},
		{"u", "d", "2001:db8::1", true, "scram-sha-256 verify-ca"},
		{"eve", "d", "127.0.0.1", false, "reject"},
		{"eve", "d", "127.0.0.1", true, "trust"},
		{"u", "d", "::1", false, "trust"},
	} {
		who := Client{User: c.user, Database: c.db, TLS: c.tls}
		if c.addr != "" {
			who.Addr = netip.MustParseAddr(c.addr)
		}
		m, cert, ok, err := r.Find(who)
		got := strings.TrimSpace(string(m) + " " + cert)
		if !ok {
			got = "none"
		}
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v; want %s", c, got, err, c.want)
		}
	}
	if r.TrustsOthers() || TrustLoopback().TrustsOthers() || Passwords().TrustsOthers() || !TrustAll().TrustsOthers() {
		t.Error("TrustsOthers")
	}
}

func TestRulesThatAreWrong(t *testing.T) {
	for line, want := range map[string]string{
		"allow all all all trust":               "begins with",
		"host all all":                          "want host DATABASE",
		"host all all 10.0.0.1 trust":           "needs a mask",
		"host all all db.example.org trust":     "names of hosts",
		"host all all 10.0.0.0 255.0.255.0 md5": "no mask",
		"host all all all md5":                  "not supported",
		"host all all all cert":                 "hostssl",
		"host all +admins all trust":            "not supported",
		`host all "admin all trust`:             "not closed",
		"host all all all trust map=x":          "option",
		"local all all":                         "want local",
		"host all all 10.0.0.0/8":               "method",
	} {
		if _, err := ParseRules(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

func TestUsersFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	for name, password := range map[string]string{"ann": "secret", `o"x`: "pässword", "gone": "x"} {
		secret, err := NewSecret(password)
		if err != nil {
			t.Fatal(err)
		}
		if err := SetUser(path, name, secret); err != nil {
			t.Fatal(err)
		}
	}
	if err := SetUser(path, "gone", ""); err != nil {
		t.Fatal(err)
	}
	if err := SetUser(path, "gone", ""); err == nil {
		t.Error("a user that is not there was removed")
	}
	u, err := LoadUsers(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v", info.Mode())
	}
	for _, c := range []struct {
		user, password string
		want           bool
	}{{"ann", "secret", true}, {"ann", "wrong", false}, {`o"x`, "pässword", true}, {"gone", "x", false}, {"nobody", "", false}} {
		if got := exchange(t, u, c.user, c.password); got != c.want {
			t.Errorf("%s %s: %v", c.user, c.password, got)
		}
	}
	a, _ := u.lookup("nobody")
	b, _ := u.lookup("nobody")
	if a.Salt != b.Salt {
		t.Error("a user that is not there has different salts")
	}
}

// exchange plays the client.
func exchange(t *testing.T, u *Users, user, password string) bool {
	c, err := scram.SHA256.NewClient("", password, "")
	if err != nil {
		t.Fatal(err)
	}
	conv := c.NewConversation()
	x, err := u.Begin(user, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := conv.Step("")
	answer, err := x.First(mechanism, []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	final, err := conv.Step(string(answer))
	if err != nil {
		t.Fatal(err)
	}
	answer, ok, err := x.Final([]byte(final))
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		_, err = conv.Step(string(answer))
	}
	return ok && err == nil && conv.Valid()
}

func TestSecretsOfPostgreSQL(t *testing.T) {
	const s = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$yUJe0hpVqQXc1PSIRTZVL8JB6dqYuL2FhuR+5E0tXHM=:6y9qF8Yq2y0Zy1l5XvRZlJ1fWQ4z1y3xZ0dQnJ0nq9k="
	if _, err := ParseSecret(s); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "md5abc", "SCRAM-SHA-256$1:c2FsdA==$a:b", "SCRAM-SHA-256$4096:c2FsdA==$AA==:AA==", "SCRAM-SHA-256$4096$x"} {
		if _, err := ParseSecret(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestFilesAreReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("local all all trust\n")
	r, err := LoadRules(path)
	if err != nil {
		t.Fatal(err)
	}
	find := func() (Method, error) {
		r.file.checked = time.Time{}
		m, _, _, err := r.Find(Client{})
		return m, err
	}
	write("local all all reject\n")
	if m, err := find(); m != Reject || err != nil {
		t.Error(m, err)
	}
	write("nonsense which is longer\n")
	if m, err := find(); m != Reject || err == nil {
		t.Error(m, err)
	}
	write("local all all scram-sha-256\n")
	if m, err := find(); m != SCRAM || err != nil {
		t.Error(m, err)
	}
}

func FuzzExchange(f *testing.F) {
	f.Add("SCRAM-SHA-256", []byte("n,,n=,r=abc"), []byte("c=biws,r=abc,p=AAAA"))
	f.Add("SCRAM-SHA-256-PLUS", []byte("p=tls-server-end-point,,n=,r=abc"), []byte("c=biws,r=abc,p=AAAA"))
	u := &Users{mock: []byte("x")}
	u.file, _ = watch(func() (map[string]scram.StoredCredentials, error) { return nil, nil })
	f.Fuzz(func(t *testing.T, mechanism string, first, final []byte) {
		x, err := u.Begin("u", []byte("binding"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.First(mechanism, first); err != nil {
			return
		}
		if _, ok, _ := x.Final(final); ok {
			t.Error("let in")
		}
	})
}
