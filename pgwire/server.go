// Package pgwire serves a gsql.DB to PostgreSQL's clients: protocol version 3.0, simple and extended queries,
// values in text and binary, cancellation.
//
// A connection is one goroutine that reads messages, runs them and writes the answers into a buffer, which is
// sent when it is full and when the client waits. While a query runs, another one watches for the client to go away.
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
)

// Limits on what a client can send and hold.
const (
	maxMessage     = 64 << 20         // bytes of a message
	maxStartup     = 10_000           // bytes of a startup packet, as in PostgreSQL
	startupTimeout = 30 * time.Second // for everything up to the first query
	writeTimeout   = 5 * time.Minute  // without progress
	maxStatements  = 10_000           // prepared statements of a connection
	maxPortals     = 1_000
)

// Server serves a DB. Its fields may be set before Serve.
type Server struct {
	DB             *gsql.DB
	Log            *slog.Logger // nil: no log
	MaxConnections int          // 0: 200

	mu       sync.Mutex
	conns    map[uint32]*conn // by process id
	nextPID  uint32
	listener net.Listener
	closed   bool
	wg       sync.WaitGroup
}

// ErrServerClosed is what Serve returns after Close.
var ErrServerClosed = errors.New("pgwire: server closed")

// Serve accepts connections until Close or an error of the listener, which it closes.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		l.Close()
		return ErrServerClosed
	}
	s.listener = l
	if s.conns == nil {
		s.conns = map[uint32]*conn{}
	}
	if s.MaxConnections == 0 {
		s.MaxConnections = 200
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.mu.Unlock()
	for {
		nc, err := l.Accept()
		if err != nil {
			s.mu.Lock()
			closed := s.closed
			s.mu.Unlock()
			if closed {
				return ErrServerClosed
			}
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				continue
			}
			return err
		}
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			defer nc.Close()
			s.handle(nc)
		}()
	}
}

// Close stops accepting, cancels running queries, and tells clients that the server goes down. It waits for
// connections to end, at most until ctx is done.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	if s.listener != nil {
		s.listener.Close()
	}
	for _, c := range s.conns {
		c.shutdown()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// register gives a connection its process id and secret key; false when there are too many connections.
func (s *Server) register(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= s.MaxConnections {
		return false
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
	s.conns[c.pid] = c
	return true
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.pid)
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
		c.cancelQuery(errCanceled)
	}
}
