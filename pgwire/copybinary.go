package pgwire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// binaryReader reads the binary format of COPY.
type binaryReader struct {
	in    *bufio.Reader
	types []types.Type
	table string
	names []string       // of the columns
	enc   *text.Encoding // of texts
	began bool
	rows  int64
	field []byte
}

// read appends rows to the columns, as gsql.Prepared.CopyRows asks for.
func (r *binaryReader) read(columns []*vec.Builder, most int) (n int, err error) {
	if !r.began {
		r.began = true
		if err := r.header(); err != nil {
			return 0, err
		}
	}
	for n < most {
		if err := r.row(columns); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (r *binaryReader) header() error {
	var b [11]byte
	switch _, err := io.ReadFull(r.in, b[:]); {
	case isEnd(err), err == nil && string(b[:]) != binarySignature[:len(b)]:
		return badCopy("COPY file signature not recognized")
	case err != nil:
		return err
	}
	flags, err := r.headerWord("flags")
	switch {
	case err != nil:
		return err
	case flags&(1<<16) != 0:
		return badCopy("invalid COPY file header (WITH OIDS)")
	case flags>>16 != 0:
		return badCopy("unrecognized critical flags in COPY file header")
	}
	size, err := r.headerWord("length")
	if err != nil {
		return err
	}
	if _, err = io.CopyN(io.Discard, r.in, int64(size)); isEnd(err) {
		return badCopy("invalid COPY file header (wrong length)")
	}
	return err
}

func (r *binaryReader) headerWord(what string) (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(r.in, b[:])
	if isEnd(err) {
		err = badCopy("invalid COPY file header (missing %s)", what)
	}
	return binary.BigEndian.Uint32(b[:]), err
}

func isEnd(err error) bool { return err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) }

// row reads one row; io.EOF is its regular end. Errors say where they are.
func (r *binaryReader) row(columns []*vec.Builder) error {
	r.rows++
	at := -1
	err := r.readRow(columns, &at)
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
	var b [4]byte
	switch _, err := io.ReadFull(r.in, b[:2]); {
	case err == io.EOF: // the trailer may be missing
		return io.EOF
	case err != nil:
		return atEnd(err)
	}
	n := int16(binary.BigEndian.Uint16(b[:]))
	if n == -1 {
		switch _, err := r.in.ReadByte(); err {
		case nil:
			return badCopy("received copy data after EOF marker")
		default:
			return err
		}
	}
	if int(n) != len(columns) {
		return badCopy("row field count is %d, expected %d", n, len(columns))
	}
	for i, c := range columns {
		*at = i
		if err := r.full(b[:]); err != nil {
			return err
		}
		size := int32(binary.BigEndian.Uint32(b[:]))
		switch {
		case size == -1:
			c.AppendNull()
			continue
		case size < 0:
			return badCopy("invalid field size")
		case size > maxMessage:
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "a field of %d bytes is too long: the limit is %d", size, maxMessage)
		}
		if err := r.value(int(size)); err != nil {
			return err
		}
		err := decodeBinary(c, r.types[i], r.field, r.enc)
		if err == errBinary {
			err = sqlstate.New(sqlstate.BadBinaryValue, "incorrect binary data format")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// value reads a field. The buffer grows as far as the data comes.
func (r *binaryReader) value(size int) error {
	r.field = r.field[:0]
	for len(r.field) < size {
		at := len(r.field)
		n := min(size-at, 64<<10)
		r.field = append(r.field, make([]byte, n)...)
		if err := r.full(r.field[at:]); err != nil {
			return err
		}
	}
	return nil
}

func (r *binaryReader) full(b []byte) error {
	_, err := io.ReadFull(r.in, b)
	return atEnd(err)
}

// atEnd makes an end where none may be an error.
func atEnd(err error) error {
	if isEnd(err) {
		return badCopy("unexpected EOF in COPY data")
	}
	return err
}

func badCopy(format string, args ...any) error {
	return sqlstate.New(sqlstate.BadCopyFormat, format, args...)
}
