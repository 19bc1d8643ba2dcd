package pgwire

import (
	"context"
	"io"
	"strconv"

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
	cancel   context.CancelCauseFunc
	batch    *vec.Batch // rows taken and not sent
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
	if p.cancel == nil {
		var query context.Context
		query, p.cancel = context.WithCancelCause(context.Background())
		defer context.AfterFunc(ctx, func() { p.cancel(context.Cause(ctx)) })()
		rows, err := c.execution(query, p.prepared, p.params)
		if err != nil {
			p.release()
			return err
		}
		p.rows = rows
	} else {
		defer context.AfterFunc(ctx, func() { p.cancel(context.Cause(ctx)) })()
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

// runCursor sends the next rows of a cursor that SQL has declared, as if it were a portal.
func (c *conn) runCursor(ctx context.Context, cursor *gsql.Cursor, limit int64) error {
	if c.session.Status() == gsql.Failed {
		return sqlstate.New(sqlstate.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	rows := cursor.Fetch(ctx, limit)
	defer rows.Close()
	n, err := c.sendRows(&portal{rows: rows, formats: cursorFormats(cursor)}, limit)
	switch {
	case err != nil:
		return err
	case limit > 0 && n == limit:
		c.message('s', nil) // PortalSuspended
	default:
		c.complete(rows.Tag())
	}
	return nil
}

func cursorFormats(cursor *gsql.Cursor) []int16 {
	formats := make([]int16, len(cursor.Columns()))
	if cursor.Binary() {
		for i := range formats {
			formats[i] = 1
		}
	}
	return formats
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
			if c.out, err = appendDataRow(c.out, p.batch.Cols, p.at, p.formats, p.rows.Style()); err != nil {
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
