package pgwire

import (
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
)

// activity is what others may know of a connection. It is guarded by the connection's lock.
type activity struct {
	user, database string
	begun          time.Time
	query          string
	queryBegun     time.Time
	changed        time.Time
	active         bool
	session        *gsql.Session
}

// keptText is how much of a statement is kept and logged.
const keptText = 8 << 10

// busy says that a statement begins.
func (c *conn) busy(query string) {
	if len(query) > keptText {
		query = strings.ToValidUTF8(query[:keptText], "")
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.act.query, c.act.queryBegun = query, now
	if !c.act.active {
		c.act.changed, c.act.active = now, true
	}
}

// idle says that the client is to send something.
func (c *conn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missed = nil
	if c.act.active {
		c.act.changed, c.act.active = time.Now(), false
	}
}

// activity returns what the connection does, as it is known to others.
func (c *conn) activity() gsql.Activity {
	c.mu.Lock()
	a, tls := c.act, c.tls != nil
	c.mu.Unlock()
	out := gsql.Activity{PID: int32(c.pid), User: a.user, Database: a.database, TLS: tls, Query: strings.Clone(a.query), Started: a.begun,
		QueryStarted: a.queryBegun, Changed: a.changed, State: gsql.ActivityActive, TransactionStarted: a.session.TransactionStart()}
	out.Application, _ = a.session.Setting("application_name")
	if addr, ok := c.raw.RemoteAddr().(*net.TCPAddr); ok {
		out.Client = netip.AddrPortFrom(addr.AddrPort().Addr().Unmap(), addr.AddrPort().Port())
	}
	if !a.active {
		out.State = map[gsql.TxStatus]gsql.ActivityState{gsql.Idle: gsql.ActivityIdle, gsql.InTransaction: gsql.ActivityIdleTx,
			gsql.Failed: gsql.ActivityAborted}[a.session.Status()]
	}
	return out
}

// Activities returns what the connections do.
func (s *Server) Activities() []gsql.Activity {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	out := make([]gsql.Activity, len(conns))
	for i, c := range conns {
		out[i] = c.activity()
	}
	return out
}

// Cancel ends the query of a connection, or with terminate the connection. It is false when there is none with this
// process id.
func (s *Server) Cancel(pid int32, terminate bool) bool {
	s.mu.Lock()
	c := s.conns[uint32(pid)]
	s.mu.Unlock()
	switch {
	case c == nil:
		return false
	case terminate:
		c.shutdown(true)
	default:
		c.cancelQuery(canceledError())
	}
	return true
}

// finished counts a statement that has ended, and logs it when it was slow or failed.
func (c *conn) finished(query string, begun time.Time, err error) {
	took := time.Since(begun)
	m := &c.srv.metrics
	m.statements.Add(1)
	m.observe(took)
	slow := c.srv.SlowStatement > 0 && took >= c.srv.SlowStatement
	if err != nil {
		m.failed(sqlstate.Of(err))
	}
	if !slow && err == nil {
		return
	}
	log := c.srv.Log.With("pid", c.pid, "user", c.act.user, "database", c.act.database, "duration", took)
	if len(query) > keptText {
		query = query[:keptText]
	}
	if slow {
		log.Warn("slow statement", "statement", query)
	}
	if e := asError(err); e != nil {
		log.Info("statement failed", "code", string(e.Code), "error", e.Message, "statement", query)
	}
}

// logConnection logs that a session begins.
func (c *conn) logConnection() {
	attrs := []any{"pid", c.pid, "user", c.act.user, "database", c.act.database, "client", c.raw.RemoteAddr().String()}
	if name, _ := c.session.Setting("application_name"); name != "" {
		attrs = append(attrs, "application", name)
	}
	if c.tls != nil {
		attrs = append(attrs, slog.Bool("tls", true))
	}
	c.srv.Log.Info("connection authorized", attrs...)
}
