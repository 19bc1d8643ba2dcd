package pgwire

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/sql/syntax"
	"gsql/storage/copytext"
)

// execution runs a statement; COPY ... FROM STDIN reads what the client sends.
func (c *conn) execution(ctx context.Context, p *gsql.Prepared, params []*vec.Vector) (*gsql.Rows, error) {
	if d, ok := p.Statement().(*syntax.DeclareStmt); ok && c.portals[d.Name] != nil {
		return nil, sqlstate.New(sqlstate.DuplicateCursor, "cursor \"%s\" already exists", d.Name)
	}
	if !p.CopiesIn() {
		return p.Query(ctx, params)
	}
	format := byte(0)
	if p.CopyFormat() == "binary" {
		format = 1
	}
	n := p.CopyColumns()
	b := append([]byte{format}, binary.BigEndian.AppendUint16(nil, uint16(n))...)
	for range n {
		b = append(b, 0, format)
	}
	c.message('G', b) // CopyInResponse
	if err := c.flush(); err != nil {
		return nil, err
	}
	c.unwatch()
	defer c.readUntil(time.Time{})
	defer context.AfterFunc(ctx, func() { _ = c.raw.SetReadDeadline(time.Unix(1, 0)) })() // wakes the reader
	c.readUntil(time.Now().Add(copyPatience))
	in := &copyInput{c: c, ctx: ctx}
	if format == 0 {
		in.enc = c.enc
	}
	var rows *gsql.Rows
	var err error
	if format == 1 {
		r := &binaryReader{in: in, types: p.CopyTypes(), enc: c.enc}
		r.table, r.names = p.CopyTarget()
		rows, err = p.CopyRows(ctx, r.read)
	} else {
		rows, err = p.CopyFrom(ctx, in)
	}
	for ended := err != nil; !ended; ended = err != copytext.ErrWait {
		_, err = io.Copy(io.Discard, in) // what comes after \. up to CopyDone
	}
	return rows, err
}

// copyPatience is how long rows that have come wait for others, so that errors in them are told while the client is slow.
const copyPatience = 20 * time.Millisecond

// copyInput reads the data that a client sends. Every copyPatience it returns copytext.ErrWait when the next message is not
// there. Messages that are left over after an error are skipped as they come.
type copyInput struct {
	c    *conn
	ctx  context.Context
	data []byte
	err  error

	enc     *text.Encoding // of the data, nil for UTF-8
	decoded []byte
}

func (r *copyInput) Read(b []byte) (int, error) {
	for len(r.data) == 0 && r.err == nil {
		if err := r.next(); err == copytext.ErrWait {
			return 0, err
		} else {
			r.err = err
		}
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
	switch {
	case err == nil:
	case isTimeout(err) && r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	case isTimeout(err) && r.c.readUntil(time.Now().Add(copyPatience)):
		return copytext.ErrWait
	default:
		return lostError{err}
	}
	switch kind {
	case 'd':
		if r.data = body; r.enc != nil {
			r.decoded, err = r.enc.Decode(r.decoded[:0], body)
			r.data = r.decoded
			return err
		}
	case 'c':
		return io.EOF
	case 'f':
		reason := body
		if n := len(body); n > 0 && body[n-1] == 0 {
			reason = body[:n-1]
		}
		said, err := r.c.fromClient(string(reason))
		if err != nil {
			return err
		}
		return sqlstate.New(sqlstate.QueryCanceled, "COPY from stdin failed: %s", clean(said))
	case 'H', 'S': // which PostgreSQL ignores here, too
	default:
		r.c.lost = true
		return sqlstate.New(sqlstate.ProtocolViolation, "unexpected message type 0x%02X during COPY from stdin", kind)
	}
	return nil
}
