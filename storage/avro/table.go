package avro

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// splitBytes is the size of a split, whose blocks are those that begin in it.
const splitBytes = 4 << 20

// Shape is what is known of files before they are read.
type Shape struct{ scan.Shape }

// Infer reads what the first file says of its columns. Other files must have them too, in any order; they are looked at
// when they are read.
func Infer(ctx context.Context, files []file.File) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no Avro files")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := open(files[0], nil)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	cols := s.schema()
	if len(cols) == 0 {
		return nil, corrupt(files[0], "its schema has no fields")
	}
	return &Shape{scan.Shape{Columns: cols, Density: float64(s.index.rows) / float64(max(files[0].Size, 1))}}, nil
}

// NewTable returns the table with a name, for messages, over files of a shape. Columns that are not in the files have the
// ordinals behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	return scan.New(scan.Table{
		Format: "avro", Name: name, Files: files, Schema: shape.Columns, Extra: extra, Unit: splitBytes, Rows: shape.Rows(files),
		Open: func(f file.File) (scan.Source, error) { return open(f, shape.Columns) },
	})
}

// source is an open file.
type source struct {
	file   file.File
	h      file.Handle
	index  *index
	fields []*node // the columns: of a record its fields, else the one type
	names  []string
	match  []int // columns of the table among those of the file
}

// open opens a file and finds the columns of a table in it.
func open(f file.File, table exec.Schema) (*source, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	s := &source{file: f, h: h}
	if s.index, err = loadIndex(f, h); err == nil {
		s.fields, s.names = []*node{s.index.schema}, []string{"value"}
		if n := s.index.schema; n.form == formRecord {
			s.fields, s.names = n.children, n.names
		}
		if table != nil {
			s.match, err = scan.Match(f, table, s.schema())
		}
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) Close() error { return s.h.Close() }

func (s *source) schema() exec.Schema {
	var out exec.Schema
	for i, f := range s.fields {
		out = append(out, exec.Field{Name: s.names[i], Type: f.typ})
	}
	return out
}

// Read returns the rows of the blocks that begin in a split.
func (s *source) Read(_ context.Context, split scan.Split, r *scan.Request) (scan.Rows, error) {
	out := &rows{source: s, request: r, builders: make([]*vec.Builder, len(s.fields))}
	for i, c := range r.Columns {
		at := s.match[c]
		if f := s.fields[at]; f.refuse != "" {
			return nil, sqlstate.Unsupported("Select the other columns by name.", "column \"%s\" of Avro file \"%s\" cannot be read: it is a column %s, which is not supported", s.names[at], s.file.Path, f.refuse)
		}
		out.builders[at] = vec.NewBuilder(r.Schema[i].Type)
	}
	for _, b := range s.index.blocks {
		if split.Holds(b.off) {
			out.blocks = append(out.blocks, b)
		}
	}
	return out, nil
}

// maxText bounds the bytes of a batch's columns, beyond which it ends early.
const maxText = 16 << 20

// rows yields the rows of blocks.
type rows struct {
	source   *source
	request  *scan.Request
	blocks   []block
	builders []*vec.Builder // by field of the file; nil: it is passed over
	at       block          // what is read
	data     decoder        // its rows
	left     int64          // rows of it
}

func (r *rows) Next(ctx context.Context) (*vec.Batch, error) {
	n := 0
	for n < r.request.Rows && (n%64 != 0 || r.size() < maxText) {
		if r.left == 0 {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if len(r.blocks) == 0 {
				break
			}
			if err := r.next(); err != nil {
				return nil, err
			}
			continue
		}
		if len(r.request.Columns) == 0 {
			k := min(r.left, int64(r.request.Rows-n))
			n, r.left = n+int(k), r.left-k
			continue
		}
		r.row()
		if n, r.left = n+1, r.left-1; r.data.err == nil && r.left == 0 && r.data.i < len(r.data.b) {
			r.data.err = errors.New("it has bytes behind its rows")
		}
		if r.data.err != nil {
			return nil, r.fault()
		}
	}
	if n == 0 {
		return nil, io.EOF
	}
	return r.batch(n), nil
}

func (r *rows) size() (n int64) {
	for _, b := range r.builders {
		if b != nil {
			n += b.Size()
		}
	}
	return n
}

// next begins with the next block.
func (r *rows) next() error {
	r.at, r.blocks = r.blocks[0], r.blocks[1:]
	r.left = r.at.rows
	if len(r.request.Columns) == 0 {
		return nil
	}
	s := r.source
	data, err := s.index.read(s.file, s.h, r.at)
	r.request.Bytes(r.at.size)
	r.data = decoder{b: data}
	if err == nil && r.left == 0 && len(data) > 0 {
		r.data.err = errors.New("it has bytes behind its rows")
		err = r.fault()
	}
	return err
}

// row reads a row.
func (r *rows) row() {
	for i, f := range r.source.fields {
		if b := r.builders[i]; b != nil {
			r.data.value(f, b)
		} else {
			r.data.skip(f)
		}
	}
}

// fault says what is wrong with the row that was read last.
func (r *rows) fault() error {
	row := r.at.rows - r.left
	var e *sqlstate.Error
	if errors.As(r.data.err, &e) {
		own := *e
		own.Detail = "File \"" + r.source.file.Path + "\"" + place(r.at.off, row) + "."
		return &own
	}
	return corrupt(r.source.file, "%v", r.data.err).WithDetail("File \"%s\"%s.", r.source.file.Path, place(r.at.off, row))
}

func place(block, row int64) string {
	return fmt.Sprintf(", block at byte %d, row %d of it", block, row)
}

func (r *rows) batch(n int) *vec.Batch {
	out := &vec.Batch{Rows: n}
	made := make([]*vec.Vector, len(r.builders))
	for _, c := range r.request.Columns {
		at := r.source.match[c]
		if made[at] == nil {
			made[at] = r.builders[at].Finish()
		}
		out.Cols = append(out.Cols, made[at])
	}
	return out
}
