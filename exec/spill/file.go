package spill

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/util"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// bufferBytes is what a writer and a reader hold beside the batch that they work on.
const bufferBytes = 64 << 10

// maxText bounds the text of one column in one Arrow batch, whose offsets have 31 bits.
const maxText = 1 << 30

// Writer writes one file. One goroutine may use it.
type Writer struct {
	space *Space // nil: of a file that CreateAt started
	types []types.Type
	file  *os.File
	path  string // the file's name when it is complete
	buf   *bufio.Writer
	rows  int64
	bytes int64
	raw   int64

	kinds  []types.Kind // of the current stream; see kindsOf
	stream *ipc.Writer  // nil: none
	schema *arrow.Schema
}

// Create starts a file of rows with columns of these types.
func (s *Space) Create(ts []types.Type) (*Writer, error) {
	f, err := s.store.create()
	if err != nil {
		return nil, err
	}
	s.files.Add(1)
	s.mu.Lock()
	s.open[f.Name()] = struct{}{}
	s.mu.Unlock()
	return newWriter(s, f, f.Name(), ts), nil
}

// CreateAt starts a file outside of any store, which is the caller's. It has its name when it is complete, and lies
// beside it under another one until then.
func CreateAt(path string, ts []types.Type) (*Writer, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, (*Space)(nil).diskError(err)
	}
	return newWriter(nil, f, path, ts), nil
}

func newWriter(s *Space, f *os.File, path string, ts []types.Type) *Writer {
	w := &Writer{space: s, types: ts, file: f, path: path}
	w.buf = bufio.NewWriterSize(counter{w}, bufferBytes)
	return w
}

// counter writes to the file of a writer what the limits allow.
type counter struct{ w *Writer }

func (c counter) Write(p []byte) (int, error) {
	if c.w.space != nil {
		if err := c.w.space.take(int64(len(p))); err != nil {
			return 0, err
		}
	}
	c.w.bytes += int64(len(p))
	return c.w.file.Write(p)
}

// Rows returns how many rows were written.
func (w *Writer) Rows() int64 { return w.rows }

// Write appends the rows of b that count. After an error the writer may only be closed.
func (w *Writer) Write(b *vec.Batch) error {
	b = b.Compact()
	if b.Rows == 0 {
		return nil
	}
	flat := make([]*vec.Vector, len(b.Cols))
	for i, v := range b.Cols {
		if flat[i] = vec.Flatten(v); v.Kind == types.KRow {
			flat[i] = vec.DenseRows(flat[i])
		}
	}
	if b.Rows > 1 && textBytes(flat) > maxText {
		b = &vec.Batch{Cols: flat, Rows: b.Rows}
		half := b.Rows / 2
		if err := w.Write(b.Slice(0, half)); err != nil {
			return err
		}
		return w.Write(b.Slice(half, b.Rows))
	}
	if kinds := kindsOf(flat); w.stream == nil || !slices.Equal(kinds, w.kinds) {
		if err := w.begin(flat, kinds); err != nil {
			return err
		}
	}
	rec := encode(w.schema, flat, b.Rows)
	defer rec.Release()
	if err := w.stream.Write(rec); err != nil {
		return w.space.diskError(err)
	}
	w.raw += util.TotalRecordSize(rec)
	w.rows += int64(b.Rows)
	return nil
}

// begin starts a new Arrow stream within the file, for columns of these kinds: a numeric column may need more
// bits from some batch on.
func (w *Writer) begin(flat []*vec.Vector, kinds []types.Kind) error {
	if err := w.endStream(); err != nil {
		return err
	}
	w.kinds = kinds
	fields := make([]arrow.Field, len(flat))
	for i, v := range flat {
		fields[i] = fieldOf(v)
	}
	w.schema = arrow.NewSchema(fields, nil)
	w.stream = ipc.NewWriter(w.buf, ipc.WithSchema(w.schema), ipc.WithLZ4())
	return nil
}

func (w *Writer) endStream() error {
	if w.stream == nil {
		return nil
	}
	err := w.stream.Close()
	w.stream = nil
	return w.space.diskError(err)
}

// Finish ends the file.
func (w *Writer) Finish() (*File, error) {
	err := w.endStream()
	if err == nil {
		err = w.space.diskError(w.buf.Flush())
	}
	if cerr := w.file.Close(); err == nil {
		err = w.space.diskError(cerr)
	}
	if err == nil && w.space == nil {
		err = w.space.diskError(os.Rename(w.file.Name(), w.path))
	}
	if err != nil {
		w.space.remove(w.file.Name(), w.bytes)
		return nil, err
	}
	return &File{space: w.space, types: w.types, path: w.path, rows: w.rows, bytes: w.bytes, raw: w.raw}, nil
}

// Close drops the file. It does nothing after Finish's file has been removed, and must not be called between.
func (w *Writer) Close() {
	_ = w.file.Close()
	w.space.remove(w.file.Name(), w.bytes)
}

// File is a complete file. It may be read by several readers at once.
type File struct {
	space *Space // nil: outside of any store
	types []types.Type
	path  string
	rows  int64
	bytes int64
	raw   int64
}

// Rows returns the number of rows, Bytes the size on disk, Raw the size before it was compressed.
func (f *File) Rows() int64  { return f.rows }
func (f *File) Bytes() int64 { return f.bytes }
func (f *File) Raw() int64   { return f.raw }

// Remove deletes the file; readers that are open must be closed.
func (f *File) Remove() { f.space.remove(f.path, f.bytes) }

// Reader reads a file from its beginning. One goroutine may use it.
type Reader struct {
	file   *File
	h      *os.File
	buf    *bufio.Reader
	stream *ipc.Reader
}

// FileAt returns the complete file at path, outside of any store, that was written with columns of these types. Its
// numbers are not known.
func FileAt(path string, ts []types.Type) *File { return &File{types: ts, path: path} }

// Open returns a reader, which the caller closes.
func (f *File) Open() (*Reader, error) { return f.OpenSize(bufferBytes) }

// OpenSize is Open for a reader with a buffer of so many bytes: for many readers at once, or little memory.
func (f *File) OpenSize(buffer int) (*Reader, error) {
	h, err := os.Open(f.path)
	if err != nil {
		return nil, f.space.diskError(err)
	}
	return &Reader{file: f, h: h, buf: bufio.NewReaderSize(h, buffer)}, nil
}

// Next returns the next batch, of the size in which rows were written, or io.EOF.
func (r *Reader) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if r.stream == nil {
			if _, err := r.buf.Peek(1); err != nil {
				if err == io.EOF {
					return nil, io.EOF
				}
				return nil, r.file.space.diskError(err)
			}
			s, err := ipc.NewReader(r.buf)
			if err != nil {
				return nil, r.file.space.diskError(err)
			}
			r.stream = s
		}
		if r.stream.Next() {
			return decode(r.stream.Record(), r.file.types)
		}
		err := r.stream.Err()
		r.stream.Release()
		r.stream = nil
		if err != nil && err != io.EOF {
			return nil, r.file.space.diskError(err)
		}
	}
}

// Close frees what the reader holds. It may be called twice.
func (r *Reader) Close() {
	if r.stream != nil {
		r.stream.Release()
		r.stream = nil
	}
	_ = r.h.Close()
}
