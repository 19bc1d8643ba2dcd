package pgwire

import (
	"context"
	"encoding/binary"
	"io"
	"strconv"

	"github.com/jackc/pgproto3/v2"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql/syntax"
)

// simple answers a Query message: all statements in order, up to the first error.
func (c *conn) simple(query string) error {
	c.closePortal("")
	delete(c.statements, "")
	err := c.runAll(query)
	if err != nil {
		if isFatal(err) {
			return err
		}
		c.fail(err, query)
	}
	if c.session.Status() == gsql.Idle {
		c.closePortals()
	}
	c.ready()
	return nil
}

func (c *conn) runAll(query string) error {
	stmts, err := syntax.Parse(query)
	if err != nil {
		return err
	}
	for _, stmt := range stmts {
		if _, empty := stmt.(*syntax.EmptyStmt); empty {
			c.send(&pgproto3.EmptyQueryResponse{})
			continue
		}
		if err := c.runOne(query, stmt); err != nil {
			return err
		}
	}
	if len(stmts) == 0 {
		c.send(&pgproto3.EmptyQueryResponse{})
	}
	return nil
}

func (c *conn) runOne(query string, stmt syntax.Statement) error {
	return c.running(func(ctx context.Context) error {
		p, err := c.session.PrepareStatement(ctx, query, stmt, nil)
		if err != nil {
			return err
		}
		if len(p.Params()) > 0 {
			return sqlstate.New(sqlstate.UndefinedParameter, "there is no parameter $1")
		}
		rows, err := p.Query(ctx, nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		if rows.ReturnsRows() {
			c.rowDescription(rows.Columns(), nil)
		}
		pt := &portal{rows: rows}
		if err := c.sendRows(pt, 0); err != nil {
			return err
		}
		c.complete(rows.Tag())
		return nil
	})
}

// statement is a prepared statement of the extended protocol.
type statement struct {
	prepared *gsql.Prepared
	text     string
}

// portal is a statement with its parameters, which may be running.
type portal struct {
	stmt    *statement
	params  []*vec.Vector
	formats []int16 // of results
	rows    *gsql.Rows
	cancel  context.CancelCauseFunc
	batch   *vec.Batch // rows taken and not sent
	at      int
	done    bool // all rows are sent
}

func (c *conn) parse(m *pgproto3.Parse) error {
	if m.Name != "" {
		if _, ok := c.statements[m.Name]; ok {
			return sqlstate.New(sqlstate.DuplicatePreparedStatement, "prepared statement \"%s\" already exists", m.Name)
		}
		if len(c.statements) >= maxStatements {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "too many prepared statements")
		}
	} else {
		delete(c.statements, "")
	}
	params := make([]types.Type, len(m.ParameterOIDs))
	for i, oid := range m.ParameterOIDs {
		if oid == 0 || oid == 705 { // unknown
			continue
		}
		t, ok := typesByOID[oid]
		if !ok {
			return sqlstate.New(sqlstate.UndefinedObject, "type with OID %d does not exist", oid)
		}
		params[i] = t
	}
	return c.running(func(ctx context.Context) error {
		stmts, err := syntax.Parse(m.Query)
		if err == nil && len(stmts) > 1 {
			err = sqlstate.New(sqlstate.SyntaxError, "cannot insert multiple commands into a prepared statement")
		}
		if err != nil {
			return withText(err, m.Query)
		}
		s := &statement{text: m.Query}
		if len(stmts) == 1 {
			if s.prepared, err = c.session.PrepareStatement(ctx, m.Query, stmts[0], params); err != nil {
				return withText(err, m.Query)
			}
		}
		c.statements[m.Name] = s
		c.message('1', nil) // ParseComplete
		return nil
	})
}

// textError is an error with the text that its position is in.
type textError struct {
	error
	query string
}

func (e *textError) Unwrap() error { return e.error }

func withText(err error, query string) error { return &textError{err, query} }

func (c *conn) bind(m *pgproto3.Bind) error {
	s, ok := c.statements[m.PreparedStatement]
	if !ok {
		return sqlstate.New(sqlstate.InvalidStatementName, "prepared statement \"%s\" does not exist", m.PreparedStatement)
	}
	if m.DestinationPortal != "" {
		if _, ok := c.portals[m.DestinationPortal]; ok {
			return sqlstate.New(sqlstate.DuplicateCursor, "cursor \"%s\" already exists", m.DestinationPortal)
		}
		if len(c.portals) >= maxPortals {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "too many portals")
		}
	}
	c.closePortal(m.DestinationPortal)
	p := &portal{stmt: s}
	var want []types.Type
	var columns int
	if s.prepared != nil {
		want, columns = s.prepared.Params(), len(s.prepared.Columns())
	}
	if len(m.Parameters) != len(want) {
		return sqlstate.New(sqlstate.ProtocolViolation, "bind message supplies %d parameters, but prepared statement \"%s\" requires %d", len(m.Parameters), m.PreparedStatement, len(want))
	}
	in, err := spread(m.ParameterFormatCodes, len(want), "parameter")
	if err != nil {
		return err
	}
	if p.formats, err = spread(m.ResultFormatCodes, columns, "result"); err != nil {
		return err
	}
	loc := c.style()
	for i, b := range m.Parameters {
		v, err := decodeParam(i+1, want[i], in[i], b, loc)
		if err != nil {
			return err
		}
		p.params = append(p.params, v)
	}
	c.portals[m.DestinationPortal] = p
	c.message('2', nil) // BindComplete
	return nil
}

func (c *conn) style() *text.Style {
	name, _ := c.session.Setting("TimeZone")
	loc, err := text.Zone(name)
	if err != nil {
		return nil
	}
	return &text.Style{Location: loc}
}

// spread gives every value a format: none is text for all, one is for all.
func spread(codes []int16, n int, what string) ([]int16, error) {
	out := make([]int16, n)
	if len(codes) > 1 && len(codes) != n {
		return nil, sqlstate.New(sqlstate.ProtocolViolation, "bind message has %d %s formats but %d %ss", len(codes), what, n, what)
	}
	for i, code := range codes {
		if code != 0 && code != 1 {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "unsupported format code: %d", code)
		}
		if len(codes) == 1 {
			for k := range out {
				out[k] = code
			}
		} else {
			out[i] = code
		}
	}
	return out, nil
}

func (c *conn) describe(m *pgproto3.Describe) error {
	if m.ObjectType == 'S' {
		s, ok := c.statements[m.Name]
		if !ok {
			return sqlstate.New(sqlstate.InvalidStatementName, "prepared statement \"%s\" does not exist", m.Name)
		}
		var params []types.Type
		var cols []gsql.Column
		if s.prepared != nil {
			params, cols = s.prepared.Params(), s.prepared.Columns()
		}
		b := binary.BigEndian.AppendUint16(nil, uint16(len(params)))
		for _, t := range params {
			oid, _, _ := oidOf(t)
			b = binary.BigEndian.AppendUint32(b, oid)
		}
		c.message('t', b) // ParameterDescription
		c.describeColumns(cols, nil)
		return nil
	}
	p, ok := c.portals[m.Name]
	if !ok {
		return sqlstate.New(sqlstate.InvalidCursorName, "portal \"%s\" does not exist", m.Name)
	}
	var cols []gsql.Column
	if p.stmt.prepared != nil {
		cols = p.stmt.prepared.Columns()
	}
	c.describeColumns(cols, p.formats)
	return nil
}

func (c *conn) describeColumns(cols []gsql.Column, formats []int16) {
	if cols == nil {
		c.message('n', nil) // NoData
		return
	}
	c.rowDescription(cols, formats)
}

func (c *conn) rowDescription(cols []gsql.Column, formats []int16) {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(cols)))
	for i, col := range cols {
		oid, size, mod := oidOf(col.Type)
		b = append(append(b, col.Name...), 0)
		b = append(b, 0, 0, 0, 0, 0, 0) // no table
		b = binary.BigEndian.AppendUint32(b, oid)
		b = binary.BigEndian.AppendUint16(b, uint16(size))
		b = binary.BigEndian.AppendUint32(b, uint32(mod))
		format := int16(0)
		if formats != nil {
			format = formats[i]
		}
		b = binary.BigEndian.AppendUint16(b, uint16(format))
	}
	c.message('T', b)
}

func (c *conn) execute(m *pgproto3.Execute) error {
	p, ok := c.portals[m.Portal]
	if !ok {
		return sqlstate.New(sqlstate.InvalidCursorName, "portal \"%s\" does not exist", m.Portal)
	}
	if p.stmt.prepared == nil {
		c.send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	if p.rows == nil {
		// The query lives as long as its portal; running cancels it while a message waits for it.
		ctx, cancel := context.WithCancelCause(c.ctx)
		p.cancel = cancel
		rows, err := p.stmt.prepared.Query(ctx, p.params)
		if err != nil {
			return withText(err, p.stmt.text)
		}
		p.rows = rows
	}
	return c.running(func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { p.cancel(context.Cause(ctx)) })
		defer stop()
		return c.runPortal(p, int64(m.MaxRows))
	})
}

func (c *conn) runPortal(p *portal, limit int64) error {
	if !p.rows.ReturnsRows() {
		if _, err := p.rows.NextBatch(); err != io.EOF {
			return err
		}
		c.complete(p.rows.Tag())
		return nil
	}
	n, err := c.sendRowsCount(p, limit)
	if err != nil {
		return withText(err, p.stmt.text)
	}
	if limit > 0 && n == limit {
		c.message('s', nil) // PortalSuspended
		return nil
	}
	tag := p.rows.Tag()
	if p.stmt.prepared.Statement().Tag() == "SELECT" {
		tag = "SELECT " + strconv.FormatInt(n, 10)
	}
	c.complete(tag)
	return nil
}

func (c *conn) sendRows(p *portal, limit int64) error {
	_, err := c.sendRowsCount(p, limit)
	return err
}

// sendRowsCount sends up to limit rows, 0 for all, and returns how many it sent.
func (c *conn) sendRowsCount(p *portal, limit int64) (n int64, err error) {
	for !p.done && (limit == 0 || n < limit) {
		if p.batch == nil || p.at == p.batch.Rows {
			p.batch, err = p.rows.NextBatch()
			p.at = 0
			if err == io.EOF {
				p.done = true
				break
			}
			if err != nil {
				return n, err
			}
			if p.formats == nil {
				p.formats = make([]int16, len(p.batch.Cols))
			}
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

func (c *conn) closeObject(m *pgproto3.Close) {
	if m.ObjectType == 'S' {
		delete(c.statements, m.Name)
	} else {
		c.closePortal(m.Name)
	}
	c.message('3', nil) // CloseComplete
}

func (c *conn) closePortal(name string) {
	p := c.portals[name]
	if p == nil {
		return
	}
	delete(c.portals, name)
	if p.rows != nil {
		p.rows.Close()
	}
	if p.cancel != nil {
		p.cancel(context.Canceled)
	}
}

func (c *conn) closePortals() {
	for name := range c.portals {
		c.closePortal(name)
	}
}
