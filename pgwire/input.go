package pgwire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"gsql/exec/sqlstate"
)

// input is the reading side of a connection. Other than a bufio.Reader, its buffer grows with a message, and as
// far as the client really sends: a length that lies costs the client its bytes, not the server its memory. One
// goroutine may use it at a time.
type input struct {
	received *atomic.Int64 // counts bytes
	nc       net.Conn
	buf      []byte
	r, w     int // buf[r:w] is unread
}

const (
	inputSize = 8 << 10
	// readAhead is how much input is taken while a query runs, to see whether the client is still there.
	readAhead = 1 << 20
)

func newInput(nc net.Conn, received *atomic.Int64) *input {
	return &input{nc: nc, received: received, buf: make([]byte, inputSize)}
}

func (in *input) buffered() int { return in.w - in.r }

// fill reads something more.
func (in *input) fill() error {
	switch {
	case in.r == in.w && len(in.buf) > 16*inputSize: // after a large message
		in.buf, in.r, in.w = make([]byte, inputSize), 0, 0
	case in.r == in.w:
		in.r, in.w = 0, 0
	case in.w == len(in.buf) && in.r > 0:
		in.r, in.w = 0, copy(in.buf, in.buf[in.r:in.w])
	}
	if in.w == len(in.buf) {
		in.buf = append(in.buf, make([]byte, len(in.buf))...)
	}
	n, err := in.nc.Read(in.buf[in.w:])
	in.w += n
	in.received.Add(int64(n))
	if n > 0 {
		return nil
	}
	return err
}

// peek returns the next byte, which stays.
func (in *input) peek() (byte, error) {
	if in.buffered() == 0 {
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	return in.buf[in.r], nil
}

// rest takes what has been read already.
func (in *input) rest() []byte {
	b := in.buf[in.r:in.w]
	in.r = in.w
	return b
}

// prefixed is a connection from which something has been read.
type prefixed struct {
	net.Conn
	before []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.before) > 0 {
		n := copy(b, p.before)
		p.before = p.before[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// need reads until there are n bytes.
func (in *input) need(n int) error {
	for in.buffered() < n {
		if err := in.fill(); err != nil {
			return err
		}
	}
	return nil
}

// take returns the next n bytes, which are valid until the next call of a method.
func (in *input) take(n int) ([]byte, error) {
	if err := in.need(n); err != nil {
		return nil, err
	}
	in.r += n
	return in.buf[in.r-n : in.r], nil
}

// watch reads ahead until the client is gone or has sent more than it may in advance, which it does not wait for.
func (in *input) watch() error {
	for in.buffered() < readAhead {
		if err := in.fill(); err != nil {
			return err
		}
	}
	return nil
}

// maxBody returns the limit for the body of a message; false when there is no such message.
func maxBody(kind byte) (int, bool) {
	switch kind {
	case 'Q', 'P', 'B', 'F', 'd', 'f', 'p':
		return maxMessage, true
	case 'E', 'D', 'C', 'S', 'H', 'X', 'c':
		return 64 << 10, true
	}
	return 0, false
}

// message reads one message. The body is valid until the next one. Errors of type *sqlstate.Error are for the
// client, before the connection is closed; io.EOF is its regular end.
func (in *input) message() (kind byte, body []byte, err error) { return in.limited(maxBody) }

// limited is message with a limit for each kind; ok is false for those that may not come.
func (in *input) limited(maxBody func(kind byte) (limit int, ok bool)) (kind byte, body []byte, err error) {
	if err := in.need(5); err != nil {
		if err == io.EOF && in.buffered() > 0 {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	head := in.buf[in.r:]
	kind = head[0]
	size := int64(binary.BigEndian.Uint32(head[1:])) - 4
	limit, ok := maxBody(kind)
	switch {
	case !ok:
		return 0, nil, sqlstate.New(sqlstate.ProtocolViolation, "invalid frontend message type %d", kind)
	case size < 0 || size >= 1<<30:
		return 0, nil, errLength
	case size > int64(limit):
		return 0, nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "a message of type %c and %d bytes is too long: the limit is %d", kind, size, limit)
	}
	if body, err = in.take(5 + int(size)); err != nil { // nothing is taken: it may go on after a timeout
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return kind, nil, err
	}
	return kind, body[5:], nil
}

// errLength is a length that no client means: the stream is out of step, and an answer would not be read.
var errLength = errors.New("pgwire: invalid message length")
