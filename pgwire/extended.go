package pgwire

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgproto3/v2"

	"gsql"
	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// statement is a prepared statement.
type statement struct {
	prepared *gsql.Prepared
	text     string
	used     bool // bound to a portal before
}

// extended decodes and runs a message of the extended protocol; an error is told and everything up to Sync is skipped.
func extended[M any, P interface {
	*M
	decodable
}](c *conn, body []byte, f func(m M) (query string, err error)) error {
	if c.skip {
		return nil
	}
	m, err := decode[M, P](body)
	query := ""
	if err == nil {
		query, err = f(m)
	}
	if err == nil {
		return nil
	}
	c.skip = true
	return c.fail(err, query)
}

// sync ends what was sent together and tells the client so.
func (c *conn) sync() error {
	c.skip = false
	if err := c.endStatements(); err != nil {
		return err
	}
	if err := c.ready(); err != nil {
		return err
	}
	return c.flush()
}

// parse answers Parse. Like the other messages' functions it returns the text that an error's position is in.
func (c *conn) parse(m pgproto3.Parse) (string, error) {
	if err := c.fromClientAll(&m.Name, &m.Query); err != nil {
		return "", err
	}
	if m.Name == "" {
		c.unnamed = nil
	} else if err := c.session.MayName(m.Name); err != nil {
		return "", err
	}
	params := make([]types.Type, len(m.ParameterOIDs))
	for i, oid := range m.ParameterOIDs {
		if oid == 0 || oid == unknownOID {
			continue
		}
		t, ok := c.session.TypeByOID(oid)
		if !ok {
			return "", sqlstate.New(sqlstate.UndefinedObject, "type with OID %d does not exist", oid)
		}
		params[i] = t
	}
	c.busy(m.Query)
	return m.Query, c.running(func(ctx context.Context) error {
		stmts, err := c.parseText(m.Query)
		if err != nil {
			return err
		}
		if len(stmts) != 1 {
			return sqlstate.New(sqlstate.SyntaxError, "cannot insert multiple commands into a prepared statement")
		}
		c.session.StartImplicit()
		ctx, cancel := c.session.WithTimeout(ctx)
		defer cancel()
		p, err := c.session.PrepareStatement(ctx, m.Query, stmts[0], params)
		if err != nil {
			return err
		}
		if m.Name == "" {
			c.unnamed = &statement{prepared: p, text: m.Query}
		} else if err := c.session.SetNamed(m.Name, p); err != nil {
			return err
		}
		c.message('1', nil) // ParseComplete
		return nil
	})
}

func (c *conn) statement(name string) (*statement, error) {
	switch {
	case name != "":
		p, err := c.session.Named(name)
		if err != nil {
			return nil, err
		}
		return &statement{prepared: p, text: p.Text()}, nil
	case c.unnamed == nil:
		return nil, sqlstate.New(sqlstate.InvalidStatementName, "unnamed prepared statement does not exist")
	}
	return c.unnamed, nil
}

// bind makes a portal of a statement and values for its parameters.
func (c *conn) bind(m pgproto3.Bind) (string, error) {
	if err := c.fromClientAll(&m.DestinationPortal, &m.PreparedStatement); err != nil {
		return "", err
	}
	s, err := c.statement(m.PreparedStatement)
	if err != nil {
		return "", err
	}
	params := s.prepared.Params()
	in, err := spread(m.ParameterFormatCodes, len(m.Parameters), "parameter")
	if err != nil {
		return "", err
	}
	if len(m.Parameters) != len(params) {
		return "", sqlstate.New(sqlstate.ProtocolViolation, "bind message supplies %d parameters, but prepared statement \"%s\" requires %d", len(m.Parameters), m.PreparedStatement, len(params))
	}
	if c.session.Status() == gsql.Failed && (!endsBlock(s.prepared.Statement()) || len(params) > 0) {
		if _, err := s.prepared.Refresh(context.Background()); err != nil { // tells that the transaction has failed
			return "", err
		}
	}
	if err := c.mayBind(m.DestinationPortal); err != nil {
		return "", err
	}
	c.closePortal(m.DestinationPortal)
	p := &portal{prepared: s.prepared, text: s.text}
	var style *text.Style
	if len(m.Parameters) > 0 {
		style = c.session.Style()
	}
	for i, b := range m.Parameters {
		v, err := decodeParam(i+1, params[i], in[i], b, style, c.enc)
		if err != nil {
			return "", inParameter(err, m.DestinationPortal, i+1, in[i])
		}
		p.params = append(p.params, v)
	}
	c.session.StartImplicit()
	if s.used || m.PreparedStatement != "" { // else it was read just now
		if p.prepared, err = c.refresh(s.prepared); err != nil {
			return s.text, err
		}
	}
	if p.formats, err = spread(m.ResultFormatCodes, len(p.prepared.Columns()), "result"); err != nil {
		return "", err
	}
	s.used = true
	c.portals[m.DestinationPortal] = p
	c.message('2', nil) // BindComplete
	return "", nil
}

// mayBind fails when there is a portal or cursor of the name, unless it is the unnamed one, which is replaced.
func (c *conn) mayBind(name string) error {
	switch {
	case name == "":
	case c.portals[name] != nil || c.session.Cursor(name) != nil:
		return sqlstate.New(sqlstate.DuplicateCursor, "cursor \"%s\" already exists", name)
	case len(c.portals) >= maxPortals:
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "too many portals")
	}
	return nil
}

// refresh reads a statement again, whose files and tables may have changed.
func (c *conn) refresh(p *gsql.Prepared) (fresh *gsql.Prepared, err error) {
	if p.Unchanged() {
		return p, nil
	}
	err = c.running(func(ctx context.Context) (err error) {
		ctx, cancel := c.session.WithTimeout(ctx)
		defer cancel()
		fresh, err = p.Refresh(ctx)
		return err
	})
	return fresh, err
}

// inParameter says which parameter an error is about.
func inParameter(err error, portal string, n int, format int16) error {
	e := asError(err)
	if e == nil || e.Where != "" {
		return err
	}
	in := *e
	in.Where = fmt.Sprintf("unnamed portal parameter $%d", n)
	if portal != "" {
		in.Where = fmt.Sprintf("portal \"%s\" parameter $%d", portal, n)
	}
	if format == 0 && e.Code != sqlstate.InvalidEncoding {
		in.Where += " = '...'"
	}
	return &in
}

// spread gives every value a format: none is text for all, one is for all.
func spread(codes []int16, n int, what string) ([]int16, error) {
	if len(codes) > 1 && len(codes) != n {
		if what == "result" {
			return nil, sqlstate.New(sqlstate.ProtocolViolation, "bind message has %d result formats but query has %d columns", len(codes), n)
		}
		return nil, sqlstate.New(sqlstate.ProtocolViolation, "bind message has %d %s formats but %d %ss", len(codes), what, n, what)
	}
	out := make([]int16, n)
	for i, code := range codes {
		if code != 0 && code != 1 {
			e := sqlstate.New(sqlstate.InvalidParameterValue, "unsupported format code: %d", code)
			if what == "parameter" && n > 0 {
				e.Where = fmt.Sprintf("unnamed portal parameter $%d", i+1)
			}
			return nil, e
		}
		if len(codes) > 1 {
			out[i] = code
			continue
		}
		for k := range out {
			out[k] = code
		}
	}
	return out, nil
}

func (c *conn) describe(m pgproto3.Describe) (string, error) {
	if err := c.fromClientAll(&m.Name); err != nil {
		return "", err
	}
	switch m.ObjectType {
	case 'S':
		s, err := c.statement(m.Name)
		if err != nil {
			return "", err
		}
		params := s.prepared.Params()
		b := binary.BigEndian.AppendUint16(nil, uint16(len(params))) // clients find more than that by the length
		for _, t := range params {
			oid := cmp.Or(c.session.RowTypeOID(t), catalog.TypeOID(t))
			b = binary.BigEndian.AppendUint32(b, oid)
		}
		c.message('t', b) // ParameterDescription
		return "", c.describeColumns(s.prepared.Columns(), nil)
	case 'P':
		p := c.portals[m.Name]
		if p == nil {
			cursor := c.session.Cursor(m.Name)
			if cursor == nil {
				return "", noPortal(m.Name)
			}
			return "", c.describeColumns(cursor.Columns(), cursorFormats(cursor))
		}
		return "", c.describeColumns(p.prepared.Columns(), p.formats)
	}
	return "", sqlstate.New(sqlstate.ProtocolViolation, "invalid DESCRIBE message subtype %d", m.ObjectType)
}

func (c *conn) describeColumns(cols []gsql.Column, formats []int16) error {
	if cols == nil {
		c.message('n', nil) // NoData
		return nil
	}
	return c.rowDescription(cols, formats)
}

// rowDescription tells the columns of a result; without formats they are all text.
func (c *conn) rowDescription(cols []gsql.Column, formats []int16) (err error) {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 32*len(cols)), uint16(len(cols)))
	for i, col := range cols {
		oid, size, mod := oidOf(col.Type)
		oid = cmp.Or(c.session.RowTypeOID(col.Type), oid)
		if b, err = encodeFrom(append(b, clean(col.Name)...), len(b), c.enc); err != nil {
			return err
		}
		b = append(b, 0)
		b = binary.BigEndian.AppendUint32(b, col.Table)
		b = binary.BigEndian.AppendUint16(b, uint16(col.Number))
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
	return nil
}

func (c *conn) execute(m pgproto3.Execute) (string, error) {
	if err := c.fromClientAll(&m.Portal); err != nil {
		return "", err
	}
	limit := int64(m.MaxRows)
	if limit > 1<<31-1 { // a negative number, which means all
		limit = 0
	}
	p := c.portals[m.Portal]
	if p == nil {
		cursor := c.session.Cursor(m.Portal)
		if cursor == nil {
			return "", noPortal(m.Portal)
		}
		return "", c.running(func(ctx context.Context) error {
			ctx, cancel := c.session.WithTimeout(ctx)
			defer cancel()
			return c.runCursor(ctx, cursor, limit)
		})
	}
	stmt := p.prepared.Statement()
	if _, empty := stmt.(*syntax.EmptyStmt); empty {
		c.send(&pgproto3.EmptyQueryResponse{})
		return "", nil
	}
	c.busy(p.text)
	begun := time.Now()
	err := c.running(func(ctx context.Context) error {
		c.session.StartImplicit()
		ctx, cancel := c.session.WithTimeout(ctx)
		defer cancel()
		return c.runPortal(ctx, p, m.Portal, limit)
	})
	if err == nil {
		c.finished(p.text, begun, nil)
		if endsBlock(stmt) {
			c.closePortals()
		}
	}
	return p.text, err
}

func (c *conn) closeObject(m pgproto3.Close) (string, error) {
	if err := c.fromClientAll(&m.Name); err != nil {
		return "", err
	}
	switch m.ObjectType {
	case 'S':
		if m.Name == "" {
			c.unnamed = nil
		} else {
			c.session.Unname(m.Name)
		}
	case 'P':
		c.closePortal(m.Name)
		c.session.CloseCursor(m.Name)
	default:
		return "", sqlstate.New(sqlstate.ProtocolViolation, "invalid CLOSE message subtype %d", m.ObjectType)
	}
	c.message('3', nil) // CloseComplete
	return "", nil
}
