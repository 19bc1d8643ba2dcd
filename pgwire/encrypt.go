package pgwire

import (
	"context"
	"crypto/tls"

	"gsql/exec/sqlstate"
)

// tlsHandshake is the first byte of a TLS connection that begins without SSLRequest.
const tlsHandshake = 0x16

// encrypt begins TLS. direct says that the client began it without asking, which needs ALPN.
func (c *conn) encrypt(direct bool) error {
	cfg, binding, err := c.srv.TLS.Config()
	if err != nil {
		c.srv.Log.Error("the TLS certificate has changed and cannot be read; the one before counts", "error", err)
	}
	nc := tls.Server(&prefixed{c.raw, c.in.rest()}, cfg)
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.StartupTimeout)
	defer cancel()
	if err := nc.HandshakeContext(ctx); err != nil {
		return err
	}
	state := nc.ConnectionState()
	c.mu.Lock()
	c.nc, c.tls, c.binding = nc, &state, binding
	c.mu.Unlock()
	c.in = newInput(nc, &c.srv.metrics.received)
	if direct && state.NegotiatedProtocol != "postgresql" {
		return sqlstate.New(sqlstate.ProtocolViolation, "received direct SSL connection request without ALPN protocol negotiation extension")
	}
	return nil
}
