// Package pgwire serves a gsql.DB to PostgreSQL's clients: protocol version 3.0, simple and extended queries, cursors as
// portals, COPY, values in text and binary, cancellation, TLS. Who may connect is for package auth to say.
//
// Nothing that a client sends is trusted: messages have a limit each, memory for one is taken as its bytes come, all text
// is checked to be UTF-8 or converted from the client's encoding, and what comes before the session has one time limit. An error of a message ends that message;
// only what leaves the stream out of step ends the connection.
//
// A connection is one goroutine that reads messages, runs them and writes the answers into a buffer, which is
// sent when it is full and when the client waits. So a client that reads slowly slows its query down, which is pulled
// by the sending of its rows. While a query runs, another goroutine watches for the client to go away.
package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/pgwire/auth"
)

// Limits on what a client can send and hold.
const (
	maxMessage     = 64 << 20         // bytes of a message
	maxStartup     = 10_000           // bytes of a startup packet, as in PostgreSQL
	startupTimeout = 30 * time.Second // for everything up to the session's beginning
	writeTimeout   = 5 * time.Minute  // without progress
	maxQuery       = 4 << 20          // bytes of a text of statements, which takes a hundred times that to read
	maxPortals     = 1_000            // of a connection
	maxStarting    = 100              // connections that have not started a session
)

// Server serves a DB. Its fields may be set before Serve.
type Server struct {
	DB             *gsql.DB
	Log            *slog.Logger // nil: no log
	MaxConnections int          // 0: 200
	// Rules say who may connect; nil: clients of the machine itself, without a password.
	Rules *auth.Rules
	Users *auth.Users // whom rules ask for a password; nil: there are none
	TLS   *auth.Certs // nil: connections are not encrypted
	// Defaults are settings that sessions begin with, by name.
	Defaults map[string]string
	// SlowStatement is how long a statement takes that is logged; 0: none is.
	SlowStatement time.Duration
	// Grace is how long Close lets queries run before it cancels them.
	Grace time.Duration
	// StartupTimeout is how long a client has until its session begins; 0: 30 seconds.
	StartupTimeout time.Duration

	mu        sync.Mutex
	open      map[*conn]struct{}
	conns     map[uint32]*conn // those with a session, by process id
	nextPID   uint32
	listeners []net.Listener
	closed    bool
	metrics   metrics
	wg        sync.WaitGroup
}

// ErrServerClosed is what Serve returns after Close.
var ErrServerClosed = errors.New("pgwire: server closed")

// Serve accepts connections until Close or until the listener is closed; it closes the listener.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.begin(l) {
		return ErrServerClosed
	}
	defer s.DB.AddBackends(&gsql.Backends{List: s.Activities, Cancel: s.Cancel})()
	pause := time.Duration(0)
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.accept(nc)
		case s.isClosed():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return err
		default: // such as too many open files: it goes on when some are closed
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.Log.Error("cannot accept a connection", "error", err)
			time.Sleep(pause)
		}
	}
}

func (s *Server) begin(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.MaxConnections == 0 {
		s.MaxConnections = 200
	}
	if s.Rules == nil {
		s.Rules = auth.TrustLoopback()
	}
	if s.StartupTimeout == 0 {
		s.StartupTimeout = startupTimeout
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.open == nil {
		s.open, s.conns = map[*conn]struct{}{}, map[uint32]*conn{}
	}
	s.listeners = append(s.listeners, l)
	return !s.closed
}

// Connections returns how many clients have a session.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// accept serves a connection in a goroutine of its own, unless there are far too many.
func (s *Server) accept(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= s.MaxConnections+maxStarting {
		nc.Close()
		return
	}
	s.metrics.accepted.Add(1)
	c := newConn(s, nc)
	s.open[c] = struct{}{}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		c.run()
	}()
}

// Close stops accepting and tells clients that wait that the server goes down. Queries may go on for the time of Grace;
// then they are cancelled. It waits for connections to end until ctx is done, and then cuts them.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		l.Close()
	}
	s.mu.Unlock()
	s.shutdown(s.Grace == 0)
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	if s.Grace > 0 {
		timer := time.AfterFunc(s.Grace, func() { s.shutdown(true) })
		defer timer.Stop()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.open {
		c.raw.Close()
	}
	s.mu.Unlock()
	return ctx.Err()
}

// shutdown ends the connections that wait for their clients, and with cancel all.
func (s *Server) shutdown(cancel bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		c.shutdown(cancel)
	}
}

// register gives a connection its process id and secret key, unless there are too many connections.
func (s *Server) register(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return shuttingDown()
	}
	if len(s.conns) >= s.MaxConnections {
		return sqlstate.New(sqlstate.TooManyConnections, "sorry, too many clients already")
	}
	for {
		s.nextPID++
		if s.nextPID > 1<<22 {
			s.nextPID = 1
		}
		if _, used := s.conns[s.nextPID]; !used {
			break
		}
	}
	var key [4]byte
	_, _ = rand.Read(key[:]) // never fails
	c.pid, c.secret = s.nextPID, binary.BigEndian.Uint32(key[:])
	s.metrics.sessions.Add(1)
	c.session.SetBackend(int32(c.pid))
	s.conns[c.pid] = c
	return nil
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.pid)
	delete(s.open, c)
}

// cancel does what a CancelRequest asks for when its key is right.
func (s *Server) cancel(pid, secret uint32) {
	s.mu.Lock()
	c := s.conns[pid]
	s.mu.Unlock()
	if c == nil {
		return
	}
	var want, got [4]byte
	binary.BigEndian.PutUint32(want[:], c.secret)
	binary.BigEndian.PutUint32(got[:], secret)
	if subtle.ConstantTimeCompare(want[:], got[:]) == 1 {
		s.metrics.cancels.Add(1)
		c.cancelQuery(canceledError())
	}
}
