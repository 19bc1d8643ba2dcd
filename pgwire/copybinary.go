package pgwire

import (
	"encoding/binary"
	"fmt"
	"io"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/copytext"
)

// binaryReader reads the binary format of COPY. A row is read when all of it has come: then there is nothing to be undone where
// more must be waited for.
type binaryReader struct {
	in    io.Reader
	buf   []byte // buf[r:w] is unread
	r, w  int
	types []types.Type
	table string
	names []string       // of the columns
	enc   *text.Encoding // of texts
	began bool
	rows  int64
}

// copyBufferSize is what is read at a time.
const copyBufferSize = 64 << 10

// need makes n bytes be unread, if so many come: io.EOF says that they do not, and copytext.ErrWait that they have not yet. The
// buffer grows as far as the data comes.
func (r *binaryReader) need(n int) error {
	for r.w-r.r < n {
		if r.r > 0 && (r.r == r.w || r.w == len(r.buf)) {
			r.r, r.w = 0, copy(r.buf, r.buf[r.r:r.w])
		}
		if r.w == len(r.buf) {
			r.buf = append(r.buf, make([]byte, max(len(r.buf), copyBufferSize))...)
		}
		k, err := r.in.Read(r.buf[r.w:])
		if r.w += k; err != nil && k == 0 {
			return err
		}
	}
	return nil
}

// read appends rows to the columns, as gsql.Prepared.CopyRows asks for.
func (r *binaryReader) read(columns []*vec.Builder, most int) (n int, err error) {
	if !r.began {
		if err := r.header(); err != nil {
			return 0, err
		}
		r.began = true
	}
	for n < most {
		if err := r.row(columns); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// The header is a signature, flags, and the length of what may follow them.
const binaryHeaderSize = 11 + 4 + 4

func (r *binaryReader) header() error {
	err := r.need(binaryHeaderSize)
	if err != nil && err != io.EOF {
		return err
	}
	b := r.buf[r.r:r.w]
	word := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	switch {
	case len(b) < 11 || string(b[:11]) != binarySignature[:11]:
		return badCopy("COPY file signature not recognized")
	case len(b) < 15:
		return badCopy("invalid COPY file header (missing flags)")
	case word(11)&(1<<16) != 0:
		return badCopy("invalid COPY file header (WITH OIDS)")
	case word(11)>>16 != 0:
		return badCopy("unrecognized critical flags in COPY file header")
	case len(b) < binaryHeaderSize:
		return badCopy("invalid COPY file header (missing length)")
	case word(15) > maxMessage:
		return badCopy("invalid COPY file header (wrong length)")
	}
	size := binaryHeaderSize + int(word(15))
	switch err := r.need(size); err {
	case nil:
		r.r += size
		return nil
	case io.EOF:
		return badCopy("invalid COPY file header (wrong length)")
	default:
		return err
	}
}

// row reads one row; io.EOF is its regular end. Errors say where they are.
func (r *binaryReader) row(columns []*vec.Builder) error {
	at := -1
	err := r.readRow(columns, &at)
	if err == copytext.ErrWait {
		return err
	}
	r.rows++
	if e := asError(err); e != nil && e.Where == "" && e.Code != sqlstate.QueryCanceled {
		placed := *e
		placed.Where = fmt.Sprintf("COPY %s, line %d", r.table, r.rows)
		if at >= 0 {
			placed.Where += ", column " + r.names[at]
		}
		return &placed
	}
	return err
}

func (r *binaryReader) readRow(columns []*vec.Builder, at *int) error {
	switch err := r.need(2); {
	case err == io.EOF && r.r == r.w: // the trailer may be missing
		return io.EOF
	case err != nil:
		return atEnd(err)
	}
	n := int16(binary.BigEndian.Uint16(r.buf[r.r:]))
	if n == -1 {
		if err := r.need(3); err != nil {
			return err
		}
		return badCopy("received copy data after EOF marker")
	}
	if int(n) != len(columns) {
		return badCopy("row field count is %d, expected %d", n, len(columns))
	}
	size, fields, short := r.measure(int(n))
	if short == copytext.ErrWait {
		return short
	}
	b := r.buf[r.r+2:]
	for i, c := range columns {
		*at = i
		if i == fields {
			return short
		}
		size := int(int32(binary.BigEndian.Uint32(b)))
		if b = b[4:]; size == -1 {
			c.AppendNull()
			continue
		}
		err := decodeBinary(c, r.types[i], b[:size], r.enc)
		if err == errBinary {
			err = sqlstate.New(sqlstate.BadBinaryValue, "incorrect binary data format")
		}
		if err != nil {
			return err
		}
		b = b[size:]
	}
	r.r += size
	return nil
}

// measure makes all of a row be unread, and returns its size. If it is not to be had, err says why, and fields is how many of
// its n fields are there.
func (r *binaryReader) measure(n int) (size, fields int, err error) {
	size = 2
	for ; fields < n; fields++ {
		if err := r.need(size + 4); err != nil {
			return 0, fields, atEnd(err)
		}
		length := int32(binary.BigEndian.Uint32(r.buf[r.r+size:]))
		switch size += 4; {
		case length == -1:
			continue
		case length < 0:
			return 0, fields, badCopy("invalid field size")
		case length > maxMessage:
			return 0, fields, sqlstate.New(sqlstate.ProgramLimitExceeded, "a field of %d bytes is too long: the limit is %d", length, maxMessage)
		}
		size += int(length)
		if err := r.need(size); err != nil {
			return 0, fields, atEnd(err)
		}
	}
	return size, fields, nil
}

// atEnd makes an end where none may be an error.
func atEnd(err error) error {
	if err == io.EOF {
		return badCopy("unexpected EOF in COPY data")
	}
	return err
}

func badCopy(format string, args ...any) error {
	return sqlstate.New(sqlstate.BadCopyFormat, format, args...)
}
