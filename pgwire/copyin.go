package pgwire

import (
	"context"
	"encoding/binary"
	"io"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/sql/syntax"
)

// execution runs a statement; COPY ... FROM STDIN reads what the client sends.
func (c *conn) execution(ctx context.Context, p *gsql.Prepared, params []*vec.Vector) (*gsql.Rows, error) {
	if d, ok := p.Statement().(*syntax.DeclareStmt); ok && c.portals[d.Name] != nil {
		return nil, sqlstate.New(sqlstate.DuplicateCursor, "cursor \"%s\" already exists", d.Name)
	}
	if !p.CopiesIn() {
		return p.Query(ctx, params)
	}
	n := p.CopyColumns()
	b := append([]byte{0}, binary.BigEndian.AppendUint16(nil, uint16(n))...) // text
	for range n {
		b = append(b, 0, 0)
	}
	c.message('G', b) // CopyInResponse
	if err := c.flush(); err != nil {
		return nil, err
	}
	c.unwatch()
	in := &copyInput{c: c}
	rows, err := p.CopyFrom(ctx, in)
	if err == nil {
		_, err = io.Copy(io.Discard, in) // what comes after \. up to CopyDone
	}
	return rows, err
}

// copyInput reads the data that a client sends. Messages that are left over after an error are skipped as they come.
type copyInput struct {
	c    *conn
	data []byte
	err  error
}

func (r *copyInput) Read(b []byte) (int, error) {
	for len(r.data) == 0 && r.err == nil {
		r.err = r.next()
	}
	if len(r.data) == 0 {
		return 0, r.err
	}
	n := copy(b, r.data)
	r.data = r.data[n:]
	return n, nil
}

// next takes the next message.
func (r *copyInput) next() error {
	kind, body, err := r.c.in.message()
	if err != nil {
		return lostError{err}
	}
	switch kind {
	case 'd':
		r.data = body
	case 'c':
		return io.EOF
	case 'f':
		reason := body
		if n := len(body); n > 0 && body[n-1] == 0 {
			reason = body[:n-1]
		}
		return sqlstate.New(sqlstate.QueryCanceled, "COPY from stdin failed: %s", clean(string(reason)))
	case 'H', 'S': // which PostgreSQL ignores here, too
	default:
		r.c.lost = true
		return sqlstate.New(sqlstate.ProtocolViolation, "unexpected message type 0x%02X during COPY from stdin", kind)
	}
	return nil
}
