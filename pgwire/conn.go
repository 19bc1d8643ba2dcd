package pgwire

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgproto3/v2"

	"gsql"
	"gsql/exec"
	"gsql/exec/sqlstate"
)

var (
	errCanceled = sqlstate.New(sqlstate.QueryCanceled, "canceling statement due to user request")
	errShutdown = sqlstate.New(sqlstate.AdminShutdown, "terminating connection due to administrator command")
	errGone     = errors.New("pgwire: the client is gone")
)

// conn is one client's connection.
type conn struct {
	srv         *Server
	nc          net.Conn
	in          *bufio.Reader
	messages    *pgproto3.Backend
	out         []byte
	pid, secret uint32
	session     *gsql.Session
	statements  map[string]*statement
	portals     map[string]*portal
	reported    map[string]string // what the client was told of settings
	skip        bool              // after an error in the extended protocol, until Sync
	ctx         context.Context   // of the connection

	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the running query
	down   bool
}

// flushBytes is how much output is gathered before it is sent.
const flushBytes = 64 << 10

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{srv: s, nc: nc, in: bufio.NewReaderSize(nc, 16<<10), statements: map[string]*statement{}, portals: map[string]*portal{},
		reported: map[string]string{}, ctx: context.Background()}
	c.messages = pgproto3.NewBackend(&limitReader{in: c.in}, nil)
	return c
}

// close frees what the connection holds.
func (c *conn) close() {
	for name := range c.portals {
		c.closePortal(name)
	}
	if c.session != nil {
		c.session.Close()
	}
	c.srv.unregister(c)
	c.nc.Close()
}

// cancelQuery cancels the running query, if there is one.
func (c *conn) cancelQuery(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(cause)
	}
}

// shutdown ends the connection: now when it is idle, else after the query, which is cancelled.
func (c *conn) shutdown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	if c.cancel != nil {
		c.cancel(errShutdown)
	}
	_ = c.nc.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
}

// serve reads and answers messages until the client leaves.
func (c *conn) serve() error {
	for {
		if c.in.Buffered() == 0 {
			if err := c.flush(); err != nil {
				return err
			}
		}
		msg, err := c.receive()
		if c.isDown() {
			c.writeError("FATAL", errShutdown, "")
			return c.flush()
		}
		if err != nil {
			return c.fatal(err)
		}
		if _, ok := msg.(*pgproto3.Terminate); ok {
			return nil
		}
		if err := c.handle(msg); err != nil {
			return c.fatal(err)
		}
	}
}

func (c *conn) isDown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

// fatal ends the connection with a message where the client can still read one.
func (c *conn) fatal(err error) error {
	if e := asError(err); e != nil {
		c.writeError("FATAL", e, "")
		_ = c.flush()
	}
	return err
}

// receive reads one message. pgproto3 panics on some malformed bodies; that is a protocol violation.
func (c *conn) receive() (msg pgproto3.FrontendMessage, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = &malformed{}, nil
		}
	}()
	msg, err = c.messages.Receive()
	if err != nil && asError(err) == nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		var ne net.Error
		if !errors.As(err, &ne) {
			err = sqlstate.New(sqlstate.ProtocolViolation, "%v", err)
		}
	}
	return msg, err
}

// malformed stands for a message whose length is right and whose body is not.
type malformed struct{ pgproto3.Sync }

// limitReader gives pgproto3 its bytes and bounds the length of messages.
type limitReader struct{ in *bufio.Reader }

// Next returns the next n bytes, which are valid until the next call.
func (r *limitReader) Next(n int) ([]byte, error) {
	if n < 0 || n > maxMessage {
		return nil, sqlstate.New(sqlstate.ProtocolViolation, "invalid message length")
	}
	// A length that lies costs the client its bytes, not the server its memory.
	buf := make([]byte, 0, min(n, 64<<10))
	for len(buf) < n {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		k, err := io.ReadFull(r.in, buf[len(buf):min(cap(buf), n)])
		buf = buf[:len(buf)+k]
		if err != nil {
			if err == io.EOF && len(buf) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return buf, nil
}

// handle answers one message. An error it returns ends the connection.
func (c *conn) handle(msg pgproto3.FrontendMessage) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = exec.Recovered(r)
		}
	}()
	switch m := msg.(type) {
	case *malformed:
		return c.extended(func() error { return sqlstate.New(sqlstate.ProtocolViolation, "invalid message format") })
	case *pgproto3.Query:
		if c.skip {
			return nil
		}
		return c.simple(m.String)
	case *pgproto3.Parse:
		return c.extended(func() error { return c.parse(m) })
	case *pgproto3.Bind:
		return c.extended(func() error { return c.bind(m) })
	case *pgproto3.Describe:
		return c.extended(func() error { return c.describe(m) })
	case *pgproto3.Execute:
		return c.extended(func() error { return c.execute(m) })
	case *pgproto3.Close:
		return c.extended(func() error { c.closeObject(m); return nil })
	case *pgproto3.Flush:
		return c.flush()
	case *pgproto3.Sync:
		c.skip = false
		if c.session.Status() == gsql.Idle {
			c.closePortals()
		}
		c.ready()
		return nil
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return nil
	case *pgproto3.FunctionCall:
		return c.extended(func() error {
			return sqlstate.Unsupported("Use SELECT.", "function calls by message are not supported")
		})
	}
	return sqlstate.New(sqlstate.ProtocolViolation, "unexpected message %T", msg)
}

// extended runs a message of the extended protocol; an error is told and everything up to Sync is skipped.
func (c *conn) extended(f func() error) error {
	if c.skip {
		return nil
	}
	if err := f(); err != nil {
		if isFatal(err) {
			return err
		}
		c.skip = true
		c.fail(err, "")
	}
	return nil
}

// isFatal reports whether a connection cannot go on after an error.
func isFatal(err error) bool {
	var ne net.Error
	return errors.Is(err, errGone) || errors.Is(err, errShutdown) || errors.As(err, &ne)
}

// fail tells an error of a statement whose text is given.
func (c *conn) fail(err error, query string) {
	e := asError(err)
	if e == nil {
		e = sqlstate.New(sqlstate.InternalError, "%v", err)
	}
	var t *textError
	if errors.As(err, &t) {
		query = t.query
	}
	c.session.Fail()
	c.writeError("ERROR", e, query)
	c.srv.Log.Info("statement failed", "pid", c.pid, "code", string(e.Code), "error", e.Message)
}

func asError(err error) *sqlstate.Error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// running calls f with a context that a CancelRequest, a shutdown, or the client's going away cancels.
func (c *conn) running(f func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(context.Canceled)
	c.mu.Lock()
	c.cancel = cancel
	c.mu.Unlock()
	stop := c.watch(cancel)
	defer func() {
		stop()
		c.mu.Lock()
		c.cancel = nil
		c.mu.Unlock()
	}()
	return f(ctx)
}

// watchAfter is how long a query runs before its client is watched: short queries need no watching.
const watchAfter = 20 * time.Millisecond

// watch cancels a query when the client closes its connection. It looks for the next byte; one that comes stays
// in the reader. stop ends it and makes the reader usable again.
func (c *conn) watch(cancel context.CancelCauseFunc) (stop func()) {
	var mu sync.Mutex
	var done chan struct{}
	stopped := false
	timer := time.AfterFunc(watchAfter, func() {
		mu.Lock()
		if stopped || c.in.Buffered() > 0 {
			mu.Unlock()
			return
		}
		done = make(chan struct{})
		mu.Unlock()
		defer close(done)
		_, err := c.in.Peek(1)
		var ne net.Error
		if err != nil && !(errors.As(err, &ne) && ne.Timeout()) {
			cancel(errGone)
		}
	})
	return func() {
		mu.Lock()
		stopped = true
		d := done
		mu.Unlock()
		if timer.Stop() || d == nil {
			return
		}
		_ = c.nc.SetReadDeadline(time.Unix(1, 0)) // wakes Peek
		<-d
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.down {
			_ = c.nc.SetReadDeadline(time.Time{})
		}
	}
}

// message appends a message to the output.
func (c *conn) message(kind byte, body []byte) {
	c.out = append(c.out, kind)
	c.out = binary.BigEndian.AppendUint32(c.out, uint32(len(body)+4))
	c.out = append(c.out, body...)
}

// send appends a message; pgproto3 fails to encode only messages that are too large, which these are not.
func (c *conn) send(m pgproto3.BackendMessage) {
	if out, err := m.Encode(c.out); err == nil {
		c.out = out
	}
}

// flush sends the output.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := c.nc.Write(c.out)
	if c.out = c.out[:0]; cap(c.out) > 16*flushBytes {
		c.out = nil
	}
	return err
}

func (c *conn) parameterStatus(name, value string) {
	c.send(&pgproto3.ParameterStatus{Name: name, Value: value})
}

// ready tells that the next query may come, and before that what settings have changed.
func (c *conn) ready() {
	for _, name := range reported {
		if v, _ := c.session.Setting(name); v != c.reported[name] {
			c.reported[name] = v
			c.parameterStatus(name, v)
		}
	}
	c.send(&pgproto3.ReadyForQuery{TxStatus: byte(c.session.Status())})
}

// writeError sends an error; positions count characters of the query's text.
func (c *conn) writeError(severity string, e *sqlstate.Error, query string) {
	m := &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: string(e.Code), Message: e.Message, Detail: e.Detail, Hint: e.Hint, Where: e.Where}
	if e.Position > 0 && e.Position-1 <= len(query) {
		m.Position = int32(utf8.RuneCountInString(query[:e.Position-1]) + 1)
	}
	c.send(m)
}

func (c *conn) complete(tag string) {
	c.send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
}
