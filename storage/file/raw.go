package file

import (
	"bufio"
	"io"
	"sync/atomic"
)

// OpenRaw opens a file for reading its bytes from the start: as they lie there, compressed or not, or of a member of an
// archive as they were put in.
func (f File) OpenRaw() (io.ReadCloser, error) {
	h, err := f.open()
	if err != nil {
		return nil, err
	}
	whole := io.NewSectionReader(h, 0, 1<<62)
	if f.Member == nil || !f.Member.Packed {
		return rawReader{whole, h, nil}, nil
	}
	d := &decoder{file: f, kind: "compressed"}
	if d.Reader, err = d.unpack(bufio.NewReaderSize(counted{whole, new(atomic.Int64)}, readAhead), f.Member); err != nil {
		h.Close()
		return nil, err
	}
	return rawReader{d, h, d}, nil
}

type rawReader struct {
	io.Reader
	h Handle
	d *decoder
}

func (r rawReader) Close() error {
	if r.d != nil {
		r.d.Close()
	}
	return r.h.Close()
}
