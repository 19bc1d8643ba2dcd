package pgwire

import (
	"context"
	"fmt"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// Cursors of SQL are the session's, portals of the protocol the connection's, and they have their names in common. So the
// protocol describes, executes and closes cursors, and SQL fetches from portals and closes them.

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

// portalStatement runs FETCH, MOVE and CLOSE of a portal of the protocol; false: the statement is something else.
func (c *conn) portalStatement(ctx context.Context, stmt syntax.Statement) (bool, error) {
	switch s := stmt.(type) {
	case *syntax.FetchStmt:
		if p := c.portals[s.Cursor]; p != nil {
			return true, c.fetchPortal(ctx, p, s)
		}
	case *syntax.CloseStmt:
		switch {
		case s.All:
			c.closePortals() // and then the cursors
		case c.portals[s.Name] != nil:
			c.closePortal(s.Name)
			c.complete(s.Tag())
			return true, nil
		}
	}
	return false, nil
}

func (c *conn) fetchPortal(ctx context.Context, p *portal, s *syntax.FetchStmt) error {
	if s.Direction != syntax.Forward || s.Count <= 0 {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "cursor can only scan forward").WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	if p.failed {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "portal \"%s\" cannot be run", s.Cursor)
	}
	defer context.AfterFunc(ctx, func() { p.stop(context.Cause(ctx)) })()
	if err := c.startPortal(p); err != nil {
		return err
	}
	if !p.rows.ReturnsRows() || p.prepared.CopyOut() != nil {
		return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "portal \"%s\" cannot be run", s.Cursor)
	}
	limit := s.Count
	if limit == syntax.FetchAll {
		limit = 0
	}
	send := c.skipRows
	if !s.Move {
		send = c.sendRows
		formats := p.formats
		p.formats = make([]int16, len(formats)) // text, as all that a Query answers
		defer func() { p.formats = formats }()
		if err := c.rowDescription(p.rows.Columns(), p.formats); err != nil {
			return err
		}
	}
	n, err := send(p, limit)
	if err != nil {
		p.release()
		return err
	}
	c.complete(fmt.Sprintf("%s %d", s.Tag(), n))
	return nil
}

// skipRows is sendRows that sends nothing.
func (c *conn) skipRows(p *portal, limit int64) (n int64, err error) {
	for !p.done && (limit == 0 || n < limit) {
		if p.batch == nil || p.at == p.batch.Rows {
			if err := p.fetch(); err != nil {
				return n, err
			}
			continue
		}
		k := p.batch.Rows - p.at
		if limit > 0 {
			k = int(min(int64(k), limit-n))
		}
		p.at += k
		n += int64(k)
	}
	return n, nil
}
