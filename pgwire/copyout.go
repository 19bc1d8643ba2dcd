package pgwire

import (
	"encoding/binary"
	"io"

	"gsql"
	"gsql/exec/vec"
	"gsql/storage/copytext"
)

// binarySignature begins COPY's binary format; flags and the length of an extension follow.
const binarySignature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// copyOut sends the rows of COPY ... TO STDOUT, each in a message of its own, as PostgreSQL does and some clients expect.
func (c *conn) copyOut(rows *gsql.Rows, opts *copytext.Options) (err error) {
	cols := rows.Columns()
	format := byte(0)
	if opts.Format == "binary" {
		format = 1
	}
	b := binary.BigEndian.AppendUint16([]byte{format}, uint16(len(cols)))
	for range cols {
		b = append(b, 0, format)
	}
	c.message('H', b) // CopyOutResponse
	n := int64(0)
	defer func() { c.srv.metrics.rows.Add(n) }()
	if format == 1 {
		n, err = c.copyBinary(rows)
	} else {
		n, err = c.copyText(rows, opts)
	}
	if err != nil {
		return err
	}
	c.message('c', nil) // CopyDone
	c.complete(rows.Tag())
	return nil
}

func (c *conn) copyText(rows *gsql.Rows, opts *copytext.Options) (n int64, err error) {
	names := make([]string, len(rows.Columns()))
	for i, col := range rows.Columns() {
		names[i] = clean(col.Name)
	}
	w, err := copytext.NewWriter(names, opts, rows.Style())
	if err != nil {
		return 0, err
	}
	if opts.Header {
		at := c.beginMessage('d')
		if c.out, err = encodeFrom(w.AppendHeader(c.out), at+5, c.enc); err != nil {
			c.out = c.out[:at]
			return 0, err
		}
		c.endMessage(at)
	}
	return c.copyRows(rows, func(cols []*vec.Vector, i int) error {
		at := c.beginMessage('d')
		var err error
		if c.out, err = encodeFrom(w.AppendRow(c.out, cols, i), at+5, c.enc); err != nil {
			c.out = c.out[:at]
			return err
		}
		c.endMessage(at)
		return nil
	})
}

func (c *conn) copyBinary(rows *gsql.Rows) (n int64, err error) {
	before := binarySignature // in the message of the first row
	n, err = c.copyRows(rows, func(cols []*vec.Vector, i int) error {
		at := c.beginMessage('d')
		c.out = append(c.out, before...)
		before = ""
		var err error
		c.out = binary.BigEndian.AppendUint16(c.out, uint16(len(cols)))
		for _, v := range cols {
			if v.IsNull(i) {
				c.out = append(c.out, 0xff, 0xff, 0xff, 0xff)
				continue
			}
			start := len(c.out)
			if c.out, err = appendBinary(append(c.out, 0, 0, 0, 0), v, i, c.enc); err != nil {
				c.out = c.out[:at]
				return err
			}
			binary.BigEndian.PutUint32(c.out[start:], uint32(len(c.out)-start-4))
		}
		c.endMessage(at)
		return nil
	})
	if err == nil {
		at := c.beginMessage('d')
		c.out = append(append(c.out, before...), 0xff, 0xff)
		c.endMessage(at)
	}
	return n, err
}

// copyRows calls f for all rows, and sends what it adds to the output.
func (c *conn) copyRows(rows *gsql.Rows, f func(cols []*vec.Vector, i int) error) (n int64, err error) {
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		for i := range b.Rows {
			if err := f(b.Cols, i); err != nil {
				return n, err
			}
			n++
			if len(c.out) >= flushBytes {
				if err := c.flush(); err != nil {
					return n, err
				}
			}
		}
	}
}

// beginMessage appends a message's type and room for its length, and returns where it begins.
func (c *conn) beginMessage(kind byte) int {
	c.out = append(c.out, kind, 0, 0, 0, 0)
	return len(c.out) - 5
}

func (c *conn) endMessage(at int) {
	binary.BigEndian.PutUint32(c.out[at+1:], uint32(len(c.out)-at-1))
}
