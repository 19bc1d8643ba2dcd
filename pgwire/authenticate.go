package pgwire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"gsql/exec/sqlstate"
	"gsql/pgwire/auth"
)

// maxAuthMessage is how long a message of the authentication can be, as in PostgreSQL.
const maxAuthMessage = 65_535

// authenticate has the client prove who it is, as the rules want it.
func (c *conn) authenticate(user, database string) error {
	who := auth.Client{User: user, Database: database, Addr: c.clientAddr(), TLS: c.tls != nil}
	method, clientCert, found, err := c.srv.Rules.Find(who)
	if err != nil {
		c.srv.Log.Error("the rules have changed and cannot be read; those before count", "error", err)
	}
	if !found {
		return sqlstate.New(sqlstate.InvalidAuthorization, "no pg_hba.conf entry for %s", who2text(who))
	}
	if clientCert != "" {
		if err := c.checkCertificate(user, clientCert == "verify-full", method); err != nil {
			return err
		}
	}
	switch method {
	case auth.Trust, auth.Cert:
		return nil
	case auth.SCRAM:
		return c.scram(user)
	}
	return sqlstate.New(sqlstate.InvalidAuthorization, "pg_hba.conf rejects connection for %s", who2text(who))
}

// who2text describes a client as PostgreSQL does in its messages.
func who2text(c auth.Client) string {
	host := "[local]"
	if c.Addr.IsValid() {
		host = c.Addr.Unmap().String()
	}
	encryption := "no encryption"
	if c.TLS {
		encryption = "SSL encryption"
	}
	return fmt.Sprintf("host \"%s\", user \"%s\", database \"%s\", %s", host, c.User, c.Database, encryption)
}

// clientAddr returns the address of the client; it is not valid for a socket of this machine.
func (c *conn) clientAddr() netip.Addr {
	if a, ok := c.raw.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr()
	}
	return netip.Addr{}
}

// checkCertificate checks the certificate that TLS has verified, if there is one.
func (c *conn) checkCertificate(user string, named bool, method auth.Method) error {
	if c.tls == nil || len(c.tls.PeerCertificates) == 0 {
		return sqlstate.New(sqlstate.InvalidAuthorization, "connection requires a valid client certificate")
	}
	if name := c.tls.PeerCertificates[0].Subject.CommonName; named && name != user {
		if method == auth.Cert {
			return sqlstate.New(sqlstate.InvalidAuthorization, "certificate authentication failed for user \"%s\"", user)
		}
		return sqlstate.New(sqlstate.InvalidAuthorization, "certificate of the client is for \"%s\", not for user \"%s\"", clean(name), user)
	}
	return nil
}

// Codes of Authentication messages.
const (
	authOK           = 0
	authSASL         = 10
	authSASLContinue = 11
	authSASLFinal    = 12
)

func (c *conn) authMessage(code uint32, data []byte) {
	c.message('R', append(binary.BigEndian.AppendUint32(nil, code), data...))
}

// scram checks the user's password.
func (c *conn) scram(user string) (err error) {
	defer func() {
		if recover() != nil { // the exchange is of another package and reads what anybody can send
			err = malformedSCRAM()
		}
	}()
	if c.srv.Users == nil {
		return sqlstate.New(sqlstate.InvalidAuthorization, "password authentication failed for user \"%s\"", user).WithHint("The server has no users.")
	}
	x, err := c.srv.Users.Begin(user, c.binding)
	if err != nil {
		return err
	}
	var names []byte
	for _, m := range x.Mechanisms() {
		names = append(append(names, m...), 0)
	}
	c.authMessage(authSASL, append(names, 0))
	body, err := c.authAnswer()
	if err != nil {
		return err
	}
	chosen, message, ok := initialResponse(body)
	if !ok {
		return malformedSCRAM()
	}
	answer, err := x.First(chosen, message)
	if err != nil {
		return malformedSCRAM()
	}
	if err := x.Changed(); err != nil {
		c.srv.Log.Error("the users have changed and cannot be read; those before count", "error", err)
	}
	c.authMessage(authSASLContinue, answer)
	if body, err = c.authAnswer(); err != nil {
		return err
	}
	answer, ok, err = x.Final(body)
	switch {
	case err != nil:
		return malformedSCRAM()
	case !ok:
		return sqlstate.New(sqlstate.InvalidPassword, "password authentication failed for user \"%s\"", user)
	}
	c.authMessage(authSASLFinal, answer)
	return nil
}

func malformedSCRAM() error {
	return sqlstate.New(sqlstate.ProtocolViolation, "malformed SCRAM message")
}

// authAnswer sends what there is and reads the client's answer.
func (c *conn) authAnswer() ([]byte, error) {
	if err := c.flush(); err != nil {
		return nil, err
	}
	kind, body, err := c.in.limited(func(kind byte) (int, bool) { return maxAuthMessage, kind == 'p' })
	if err == nil && kind != 'p' {
		err = sqlstate.New(sqlstate.ProtocolViolation, "expected SASL response, got message type %d", kind)
	}
	return body, err
}

// initialResponse splits a SASLInitialResponse: the mechanism's name, and the length of a message and the message.
func initialResponse(b []byte) (mechanism string, message []byte, ok bool) {
	end := bytes.IndexByte(b, 0)
	if end < 0 || len(b) < end+5 {
		return "", nil, false
	}
	size := int64(binary.BigEndian.Uint32(b[end+1:]))
	if message = b[end+5:]; size != int64(len(message)) {
		return "", nil, false
	}
	return string(b[:end]), message, true
}

// isTimeout reports whether a connection had nothing to read in time.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
