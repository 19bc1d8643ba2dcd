package pgwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql/pgwire/auth"
)

// certFiles are a server's and a client's certificate by the same authority.
type certFiles struct{ ca, cert, key, clientCert, clientKey string }

func makeCerts(t *testing.T, client string) certFiles {
	t.Helper()
	dir := t.TempDir()
	caKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	f := certFiles{ca: writePEM(t, dir, "ca.pem", "CERTIFICATE", raw)}
	issue := func(name string) (cert, key string) {
		k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
			DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
		raw, err := x509.CreateCertificate(rand.Reader, c, ca, &k.PublicKey, caKey)
		if err != nil {
			t.Fatal(err)
		}
		rawKey, _ := x509.MarshalPKCS8PrivateKey(k)
		return writePEM(t, dir, name+".pem", "CERTIFICATE", raw), writePEM(t, dir, name+".key", "PRIVATE KEY", rawKey)
	}
	f.cert, f.key = issue("localhost")
	f.clientCert, f.clientKey = issue(client)
	return f
}

func writePEM(t *testing.T, dir, name, kind string, raw []byte) string {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// secured makes a server ask for what rules say.
func secured(t *testing.T, f certFiles, rules string) func(*Server) {
	t.Helper()
	users := filepath.Join(t.TempDir(), "users")
	secret, err := auth.NewSecret("sesame")
	if err == nil {
		err = auth.SetUser(users, "ann", secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(s *Server) {
		if s.Users, err = auth.LoadUsers(users); err != nil {
			t.Fatal(err)
		}
		if s.Rules, err = auth.ParseRules(rules); err != nil {
			t.Fatal(err)
		}
		if f.cert != "" {
			if s.TLS, err = auth.LoadCerts(f.cert, f.key, f.ca); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestPsqlAuthenticates lets psql in, or not.
func TestPsqlAuthenticates(t *testing.T) {
	path, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	f := makeCerts(t, "ann")
	_, addr := serve(t, gsqlConfig(), secured(t, f, `
hostssl certs all all cert
hostssl both all all scram-sha-256 clientcert=verify-full
host trusted all all trust
host no all all reject
hostssl secure all all scram-sha-256
host files all all scram-sha-256`))
	_, port, _ := net.SplitHostPort(addr)
	withCert := "sslcert=" + f.clientCert + " sslkey=" + f.clientKey
	for _, c := range []struct{ name, options, want string }{
		{"password over TLS", "user=ann password=sesame dbname=files sslmode=verify-full", "1"},
		{"bound to TLS", "user=ann password=sesame dbname=files sslmode=require channel_binding=require", "1"},
		{"not bound to TLS", "user=ann password=sesame dbname=files sslmode=require channel_binding=disable", "1"},
		{"password in the clear", "user=ann password=sesame dbname=files sslmode=disable", "1"},
		{"wrong password", "user=ann password=open dbname=files", `password authentication failed for user "ann"`},
		{"unknown user", "user=bob password=sesame dbname=files", `password authentication failed for user "bob"`},
		{"no password asked for", "user=bob dbname=trusted", "1"},
		{"rejected", "user=ann password=sesame dbname=no sslmode=disable", `pg_hba.conf rejects connection for host "127.0.0.1", user "ann", database "no", no encryption`},
		{"no rule", "user=ann password=sesame dbname=secure sslmode=disable", `no pg_hba.conf entry for host "127.0.0.1", user "ann", database "secure", no encryption`},
		{"certificate", "user=ann dbname=certs " + withCert, "1"},
		{"certificate of somebody else", "user=bob dbname=certs " + withCert, `certificate authentication failed for user "bob"`},
		{"certificate that is missing", "user=ann dbname=certs", "connection requires a valid client certificate"},
		{"certificate and password", "user=ann password=sesame dbname=both " + withCert, "1"},
		{"certificate without password", "user=ann password=x dbname=both " + withCert, "password authentication failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(path, "-X", "-At", "-w", "-c", "select 1", "host=localhost hostaddr=127.0.0.1 port="+port+" sslrootcert="+f.ca+" "+c.options)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + t.TempDir()}
			out, _ := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); got != c.want && !(len(c.want) > 1 && strings.Contains(got, c.want)) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestDirectTLS begins TLS without asking, which needs ALPN, and cancels over TLS.
func TestDirectTLS(t *testing.T) {
	f := makeCerts(t, "ann")
	s, addr := serve(t, gsqlConfig(), secured(t, f, "hostssl all all all trust"))
	cfg := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"postgresql"}}
	nc, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	w := &wire{t: t, nc: nc}
	w.start()
	msg, _ := encodeMessage([]string{"Query", "select count(*) from generate_series(1, 100000000000) g"})
	w.write(msg)
	var c *conn
	for c == nil {
		s.mu.Lock()
		for _, x := range s.conns {
			c = x
		}
		s.mu.Unlock()
	}
	time.Sleep(20 * time.Millisecond)
	cancel, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 16}, codeCancel)
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, c.pid), c.secret)
	_, _ = cancel.Write(b)
	cancel.Close()
	kind, body, err := w.read()
	for err == nil && kind != 'E' {
		kind, body, err = w.read()
	}
	if err != nil || !strings.Contains(show(kind, body), "57014") {
		t.Errorf("%v %s", err, show(kind, body))
	}
	if nc, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true}); err == nil { // without ALPN
		kind, body, err := (&wire{t: t, nc: nc}).read()
		if err != nil || kind != 'E' || !strings.Contains(show(kind, body), "ALPN") {
			t.Errorf("without ALPN: %v %s", err, show(kind, body))
		}
		nc.Close()
	}
}

// TestNothingIsReadInTheClear sends a startup packet right behind the request for TLS.
func TestNothingIsReadInTheClear(t *testing.T) {
	f := makeCerts(t, "ann")
	_, addr := serve(t, gsqlConfig(), secured(t, f, "host all all all trust"))
	nc := dial(t, addr)
	b := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, codeSSL)
	_, _ = nc.Write(append(b, startup(3<<16, "user", "u")...))
	out, _ := io.ReadAll(nc)
	if !strings.Contains(string(out), "received unencrypted data after SSL request") {
		t.Errorf("%q", out)
	}
}

// TestSlowClients do not hold a connection for longer than there is time.
func TestSlowClients(t *testing.T) {
	f := makeCerts(t, "ann")
	_, addr := serve(t, gsqlConfig(), secured(t, f, "host all all all scram-sha-256"), func(s *Server) { s.StartupTimeout = 200 * time.Millisecond })
	ssl := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, codeSSL)
	for name, b := range map[string][]byte{"nothing": nil, "half a packet": startup(3<<16, "user", "u")[:9], "no handshake": ssl, "no password": startup(3<<16, "user", "ann")} {
		t.Run(name, func(t *testing.T) {
			nc := dial(t, addr)
			_, _ = nc.Write(b)
			begun := time.Now()
			_, _ = io.ReadAll(nc)
			if d := time.Since(begun); d > 5*time.Second {
				t.Errorf("it lasted %v", d)
			}
		})
	}
}

// TestCertificatesAreReadAgain replaces a server's certificate while it runs.
func TestCertificatesAreReadAgain(t *testing.T) {
	f, other := makeCerts(t, "ann"), makeCerts(t, "ann")
	_, addr := serve(t, gsqlConfig(), secured(t, f, "host all all all trust"))
	serial := func() []byte {
		nc, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"postgresql"}}}).DialContext(context.Background(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		return nc.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw
	}
	before := serial()
	for from, to := range map[string]string{other.cert: f.cert, other.key: f.key} {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for begun := time.Now(); string(serial()) == string(before); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("still the old certificate")
		}
	}
}
