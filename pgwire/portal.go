package pgwire

import (
	"context"
	"io"
	"strconv"
	"sync"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// portal is a statement with its parameters, which may be running. Its query goes on when the client asks for more
// rows, and holds files and memory until the portal is closed.
type portal struct {
	prepared *gsql.Prepared
	text     string
	params   []*vec.Vector
	formats  []int16 // of results
	rows     *gsql.Rows
	mu       sync.Mutex
	cancel   context.CancelCauseFunc // nil: it has not begun
	stopped  error                   // why it was cancelled
	batch    *vec.Batch              // rows taken and not sent
	at       int
	done     bool // all rows are sent
	failed   bool
}

func noPortal(name string) error {
	return sqlstate.New(sqlstate.InvalidCursorName, "portal \"%s\" does not exist", name)
}

// runPortal starts or continues a portal and sends up to limit rows, 0 for all. ctx is of this message alone.
func (c *conn) runPortal(ctx context.Context, p *portal, name string, limit int64) error {
	if c.session.Status() == gsql.Failed && !endsBlock(p.prepared.Statement()) {
		if _, err := p.prepared.Refresh(ctx); err != nil { // tells that the transaction has failed
			return err
		}
	}
	if p.failed || p.done && !p.rows.ReturnsRows() {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "portal \"%s\" cannot be run", name)
	}
	defer context.AfterFunc(ctx, func() { p.stop(context.Cause(ctx)) })()
	if err := c.startPortal(p); err != nil {
		return err
	}
	if !p.rows.ReturnsRows() {
		p.done = true
		c.complete(p.rows.Tag())
		return nil
	}
	if opts := p.prepared.CopyOut(); opts != nil {
		if p.done {
			return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "portal \"%s\" cannot be run", name)
		}
		p.done = true
		err := c.copyOut(p.rows, opts)
		if err != nil {
			p.release()
		}
		return err
	}
	return c.sendPortal(p, limit)
}

// startPortal runs a portal's statement, whose rows are computed as they are sent, unless that has been done.
func (c *conn) startPortal(p *portal) error {
	if p.cancel != nil {
		return nil
	}
	query, cancel := context.WithCancelCause(context.Background())
	p.mu.Lock()
	p.cancel = cancel
	stopped := p.stopped
	p.mu.Unlock()
	if stopped != nil {
		cancel(stopped)
	}
	rows, err := c.execution(query, p.prepared, p.params)
	if err != nil {
		p.release()
		return err
	}
	p.rows = rows
	return nil
}

// stop cancels the portal's query.
func (p *portal) stop(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped = cause; p.cancel != nil {
		p.cancel(cause)
	}
}

func (c *conn) sendPortal(p *portal, limit int64) error {
	n, err := c.sendRows(p, limit)
	switch {
	case err != nil:
		p.release()
		return err
	case limit > 0 && n == limit:
		c.message('s', nil) // PortalSuspended
		return nil
	}
	tag := p.rows.Tag()
	if kind := p.prepared.Statement().Tag(); kind == "SELECT" || kind == "FETCH" { // which counts the rows of this message
		tag = kind + " " + strconv.FormatInt(n, 10)
	}
	c.complete(tag)
	return nil
}

// fetch takes the next rows of the query, or finds that there are none.
func (p *portal) fetch() (err error) {
	p.at = 0
	p.batch, err = p.rows.NextBatch()
	if err == io.EOF {
		p.done, err = true, nil
	}
	return err
}

// sendRows sends up to limit rows, 0 for all, and returns how many it sent.
func (c *conn) sendRows(p *portal, limit int64) (n int64, err error) {
	defer func() { c.srv.metrics.rows.Add(n) }()
	for !p.done && (limit == 0 || n < limit) {
		if p.batch == nil || p.at == p.batch.Rows {
			if err := p.fetch(); err != nil {
				return n, err
			}
			continue
		}
		for p.at < p.batch.Rows && (limit == 0 || n < limit) {
			if c.out, err = appendDataRow(c.out, p.batch.Cols, p.at, p.formats, p.rows.Style(), c.enc); err != nil {
				return n, err
			}
			p.at++
			n++
			if len(c.out) >= flushBytes {
				if err := c.flush(); err != nil {
					return n, err
				}
			}
		}
	}
	return n, nil
}

// release frees what a portal holds; it cannot run again, but keeps its name.
func (p *portal) release() {
	p.failed = true
	p.batch = nil
	if p.rows != nil {
		p.rows.Close()
	}
	if p.cancel != nil {
		p.cancel(context.Canceled)
	}
}

func (c *conn) closePortal(name string) {
	if p := c.portals[name]; p != nil {
		p.release()
		delete(c.portals, name)
	}
}

func (c *conn) closePortals() {
	for name := range c.portals {
		c.closePortal(name)
	}
}
