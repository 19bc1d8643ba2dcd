package pgwire

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgproto3/v2"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// simple answers a Query message: all statements in order, up to the first error, which may be one of the message.
func (c *conn) simple(query string, err error) error {
	if c.skip {
		return nil
	}
	c.closePortal("")
	c.unnamed = nil
	c.busy(query)
	if err == nil {
		err = c.running(func(ctx context.Context) error { return c.runAll(ctx, query) })
	}
	if err == nil {
		err = c.session.EndImplicit()
	}
	if err != nil {
		if err := c.fail(err, query); err != nil {
			return err
		}
	}
	if err := c.endStatements(); err != nil {
		return err
	}
	if err := c.ready(); err != nil {
		return err
	}
	return c.flush()
}

// endStatements ends what statements without BEGIN have together.
func (c *conn) endStatements() error {
	err := c.session.EndImplicit()
	if c.session.Status() == gsql.Idle {
		c.closePortals()
	}
	if err != nil {
		return c.fail(err, "")
	}
	return nil
}

func (c *conn) runAll(ctx context.Context, query string) error {
	stmts, err := c.parseText(query)
	if err != nil {
		return err
	}
	for i, stmt := range stmts {
		if _, empty := stmt.(*syntax.EmptyStmt); empty {
			c.send(&pgproto3.EmptyQueryResponse{})
			continue
		}
		if len(stmts) > 1 {
			c.session.StartTogether()
		} else if returns(stmt) {
			c.session.StartImplicit() // its rows are sent before it is committed
		}
		if err := c.runOne(ctx, query, stmt, i == len(stmts)-1); err != nil {
			return err
		}
		if endsBlock(stmt) {
			c.closePortals()
		}
	}
	return nil
}

// parseText reads a text of statements.
func (c *conn) parseText(query string) ([]syntax.Statement, error) {
	if len(query) > maxQuery {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "a query of %d bytes is too long: the limit is %d", len(query), maxQuery)
	}
	if err := checkText(query); err != nil {
		return nil, err
	}
	return c.srv.DB.Parse(query)
}

func endsBlock(stmt syntax.Statement) bool {
	switch stmt.(type) {
	case *syntax.CommitStmt, *syntax.RollbackStmt:
		return true
	}
	return false
}

// returns reports whether a statement changes rows and has RETURNING.
func returns(stmt syntax.Statement) bool {
	switch s := stmt.(type) {
	case *syntax.InsertStmt:
		return s.Returning != nil
	case *syntax.UpdateStmt:
		return s.Returning != nil
	case *syntax.DeleteStmt:
		return s.Returning != nil
	}
	return false
}

// runOne runs a statement and answers it. The last one of a message is done when what was changed without BEGIN is committed.
func (c *conn) runOne(ctx context.Context, query string, stmt syntax.Statement, last bool) error {
	begun := time.Now()
	ctx, cancel := c.session.WithTimeout(ctx)
	defer cancel()
	p, err := c.session.PrepareFixed(ctx, query, stmt, nil)
	if err != nil {
		return err
	}
	tag := ""
	done, err := c.portalStatement(ctx, stmt)
	if !done && err == nil {
		tag, err = c.answer(ctx, p)
	}
	if err == nil && last {
		err = c.session.EndImplicit()
	}
	if err != nil {
		return err
	}
	if tag != "" {
		c.complete(tag)
	}
	c.finished(query, begun, nil)
	return nil
}

// answer runs a statement, sends its rows, all as text, and returns its tag, unless that was sent, too.
func (c *conn) answer(ctx context.Context, p *gsql.Prepared) (tag string, err error) {
	rows, err := c.execution(ctx, p, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if opts := p.CopyOut(); opts != nil {
		return "", c.copyOut(rows, opts)
	}
	if rows.ReturnsRows() {
		out := portal{rows: rows, formats: make([]int16, len(rows.Columns()))}
		if rows.Binary() {
			out.formats = slices.Repeat([]int16{1}, len(out.formats))
		}
		failed := out.fetch()
		if failed != nil && p.FailsBeforeRows() {
			return "", failed
		}
		if err := c.rowDescription(rows.Columns(), out.formats); err != nil {
			return "", err
		}
		if failed != nil {
			return "", failed
		}
		if _, err := c.sendRows(&out, 0); err != nil {
			return "", err
		}
	}
	return rows.Tag(), nil
}
