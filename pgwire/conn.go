package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgproto3/v2"

	"gsql"
	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// conn is one client's connection.
type conn struct {
	srv         *Server
	raw         net.Conn // as it was accepted
	nc          net.Conn // the same, or TLS over it
	tls         *tls.ConnectionState
	binding     []byte // of SCRAM to TLS
	in          *input
	out         []byte
	pid, secret uint32
	session     *gsql.Session
	unnamed     *statement // those with a name are the session's
	portals     map[string]*portal
	reported    map[string]string // what the client was told of settings
	told, taken any               // the versions of the settings that it was told of, and that enc is of
	enc         *text.Encoding    // of its texts, nil for UTF-8
	watcher     watcher
	lost        bool // what comes from the client makes no sense any more
	skip        bool // after an error in the extended protocol, until Sync

	mu       sync.Mutex
	cancel   context.CancelCauseFunc // of the running query
	missed   error                   // why to cancel what comes next, until the client waits
	down     bool
	awaiting bool // the client is to send something, and may be sent notifications meanwhile
	notified bool // there are notifications
	act      activity
}

const (
	// flushBytes is how much output is gathered before it is sent.
	flushBytes = 64 << 10
	// keptBytes is how large an empty buffer for output a connection keeps that waits.
	keptBytes = 16 << 10
)

func newConn(s *Server, nc net.Conn) *conn {
	return &conn{srv: s, raw: nc, nc: nc, in: newInput(nc, &s.metrics.received), portals: map[string]*portal{},
		reported: map[string]string{}}
}

// close frees what the connection holds.
func (c *conn) close() {
	c.closePortals()
	if c.session != nil {
		c.session.Close()
	}
	c.srv.unregister(c)
	c.nc.Close()
}

// lostError is a connection that broke.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// Causes for which queries are cancelled. Each use has an error of its own, since errors get a place on their way.
func canceledError() error {
	return sqlstate.New(sqlstate.QueryCanceled, "canceling statement due to user request")
}

func shutdownError() *sqlstate.Error {
	return sqlstate.New(sqlstate.AdminShutdown, "terminating connection due to administrator command")
}

// cancelQuery cancels the running query, if there is one. Between the messages of one it cancels the next, such as the
// Execute behind a Parse.
func (c *conn) cancelQuery(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.act.active {
		c.missed = cause
	}
	if c.cancel != nil {
		c.cancel(cause)
	}
}

// shutdown ends the connection: now when it is idle, else after the query, which is cancelled if cancel says so.
func (c *conn) shutdown(cancel bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	if c.cancel != nil && cancel {
		c.cancel(shutdownError())
	}
	_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
}

func (c *conn) isDown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

// serve reads and answers messages until the client leaves.
func (c *conn) serve() error {
	for {
		if c.in.buffered() == 0 {
			if err := c.flush(); err != nil {
				return err
			}
			if err := c.await(); err != nil {
				return c.fatal(err)
			}
		}
		kind, body, err := c.in.message()
		if c.isDown() {
			err = shutdownError()
		}
		if err == nil && kind == 'X' {
			return nil
		}
		if err == nil {
			err = c.handle(kind, body)
		}
		if err != nil {
			return c.fatal(err)
		}
	}
}

// await waits for the client to send something, as long as it may be idle. Meanwhile notifications are sent.
func (c *conn) await() error {
	if cap(c.out) > keptBytes {
		c.out = nil
	}
	c.idle()
	limit, inTransaction := c.session.IdleTimeout()
	var until time.Time
	if limit > 0 {
		until = time.Now().Add(limit)
	}
	for {
		if err := c.sendNotifications(); err != nil {
			return err
		}
		if err := c.flush(); err != nil {
			return err
		}
		woken := c.peekUntil(until)
		switch {
		case woken:
			continue
		case limit == 0 || c.in.buffered() > 0 || c.isDown() || time.Now().Before(until):
		case inTransaction:
			return sqlstate.New("25P03", "terminating connection due to idle-in-transaction timeout")
		default:
			return sqlstate.New("57P05", "terminating connection due to idle-session timeout")
		}
		return nil // message tells of errors
	}
}

// peekUntil waits for the client to send something, until a time if that is not zero. It reports whether it was woken by
// notifications instead.
func (c *conn) peekUntil(until time.Time) (woken bool) {
	c.mu.Lock()
	if c.notified && !c.down {
		c.notified = false
		c.mu.Unlock()
		return true
	}
	c.awaiting = true
	if !c.down {
		_ = c.raw.SetReadDeadline(until)
	}
	c.mu.Unlock()
	_, err := c.in.peek()
	c.mu.Lock()
	defer c.mu.Unlock()
	woken = c.notified && isTimeout(err) && !c.down
	c.awaiting, c.notified = false, c.notified && !woken
	if !c.down {
		_ = c.raw.SetReadDeadline(time.Time{})
	}
	return woken
}

// wake makes a connection that waits for its client send notifications.
func (c *conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notified = true
	if c.awaiting && !c.down {
		_ = c.raw.SetReadDeadline(time.Unix(1, 0))
	}
}

// sendNotifications sends what there is for the client, which is nothing within a transaction.
func (c *conn) sendNotifications() error {
	for !c.skip {
		list := c.session.Notifications()
		if list == nil {
			break
		}
		for _, n := range list {
			c.send(&pgproto3.NotificationResponse{PID: uint32(n.PID), Channel: c.forClient(n.Channel), Payload: c.forClient(n.Payload)})
		}
		if len(c.out) >= flushBytes {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// readUntil limits the time for reading, unless the connection is being ended: then it reports false.
func (c *conn) readUntil(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.down {
		_ = c.raw.SetReadDeadline(t)
	}
	return !c.down
}

// fatal ends the connection with a message where the client can still read one.
func (c *conn) fatal(err error) error {
	var lost lostError
	if e := asError(err); e != nil && !errors.As(err, &lost) {
		c.writeError("FATAL", e, "")
		_ = c.flush()
	}
	return err
}

// handle answers one message. An error it returns ends the connection.
func (c *conn) handle(kind byte, body []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = exec.Recovered(r)
			c.srv.Log.Error("internal error", "pid", c.pid, "error", err, "detail", asError(err).Detail)
		}
	}()
	switch kind {
	case 'Q':
		m, err := decode[pgproto3.Query](body)
		if err != nil {
			err = sqlstate.New(sqlstate.ProtocolViolation, "invalid string in message")
		} else {
			m.String, err = c.fromClient(m.String)
		}
		return c.simple(m.String, err)
	case 'F':
		return c.simple("", sqlstate.Unsupported("Use SELECT.", "function calls by message are not supported"))
	case 'P':
		return extended(c, body, c.parse)
	case 'B':
		return extended(c, body, c.bind)
	case 'D':
		return extended(c, body, c.describe)
	case 'E':
		return extended(c, body, c.execute)
	case 'C':
		return extended(c, body, c.closeObject)
	case 'H':
		return c.flush()
	case 'S':
		return c.sync()
	case 'd', 'c', 'f': // left over from a COPY that failed
		return nil
	}
	return sqlstate.New(sqlstate.ProtocolViolation, "unexpected message of type %c", kind)
}

// fail tells an error of a statement whose text is given. It returns those after which the connection cannot go on.
func (c *conn) fail(err error, query string) error {
	e := asError(err)
	if e == nil {
		e = sqlstate.New(sqlstate.InternalError, "%v", err)
	}
	var lost lostError
	if errors.As(err, &lost) || e.Code == sqlstate.AdminShutdown {
		return err
	}
	c.session.Fail()
	for _, p := range c.portals {
		p.release()
	}
	c.writeError("ERROR", e, query)
	c.finished(query, c.act.queryBegun, e)
	if c.lost {
		return sqlstate.New(sqlstate.ProtocolViolation, "terminating connection because protocol synchronization was lost")
	}
	return nil
}

func asError(err error) *sqlstate.Error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// running calls f with a context that a CancelRequest, a shutdown, or the client's going away cancels.
func (c *conn) running(f func(ctx context.Context) error) (err error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	c.mu.Lock()
	if c.down {
		c.mu.Unlock()
		return shutdownError()
	}
	if missed := c.missed; missed != nil {
		c.missed = nil
		c.mu.Unlock()
		return missed
	}
	c.cancel = cancel
	c.mu.Unlock()
	c.watch(cancel)
	defer func() {
		c.unwatch()
		c.mu.Lock()
		if c.cancel = nil; err != nil {
			c.missed = nil
		}
		c.mu.Unlock()
	}()
	return f(ctx)
}

// watchAfter is how long a query runs before its client is watched: short queries need no watching.
const watchAfter = 10 * time.Millisecond

// watcher is what watches the client while a query runs.
type watcher struct {
	timer  *time.Timer
	on     bool // from watch to unwatch
	cancel context.CancelCauseFunc
	done   chan struct{} // has something when the watching has ended that the timer began
}

// watch makes a query be cancelled when the client closes its connection. Until unwatch returns, the input belongs to
// the watcher.
func (c *conn) watch(cancel context.CancelCauseFunc) {
	w := &c.watcher
	if w.on, w.cancel = true, cancel; w.timer != nil {
		w.timer.Reset(watchAfter)
		return
	}
	w.done = make(chan struct{}, 1)
	w.timer = time.AfterFunc(watchAfter, func() {
		err := c.in.watch()
		var ne net.Error
		if err != nil && !(errors.As(err, &ne) && ne.Timeout()) {
			w.cancel(lostError{sqlstate.New(sqlstate.QueryCanceled, "connection to client lost")})
		}
		w.done <- struct{}{}
	})
}

// unwatch ends the watching of the client, also before the query's end: a running COPY reads the input.
func (c *conn) unwatch() {
	w := &c.watcher
	if !w.on {
		return
	}
	defer func() { w.cancel = nil }()
	if w.on = false; w.timer.Stop() {
		return
	}
	_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
	<-w.done
	c.readUntil(time.Time{})
}

// flush sends the output.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_ = c.raw.SetWriteDeadline(time.Now().Add(writeTimeout))
	c.srv.metrics.sent.Add(int64(len(c.out)))
	_, err := c.nc.Write(c.out)
	if c.out = c.out[:0]; cap(c.out) > 16*flushBytes {
		c.out = nil
	}
	if err != nil {
		return lostError{err}
	}
	return nil
}

// isRegularEnd reports whether a connection ended as connections do.
func isRegularEnd(err error) bool {
	var lost lostError
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.As(err, &lost)
}
