package arrow

import (
	"context"
	"io"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// splitBytes is the size of a split, whose record batches are those that begin in it.
const splitBytes = 4 << 20

// Shape is what is known of files before they are read.
type Shape struct{ scan.Shape }

// Infer reads what the first file says of its columns. Other files must have them too, in any order; they are looked at
// when they are read.
func Infer(ctx context.Context, files []file.File) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no Arrow files")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := open(files[0], nil)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := &Shape{scan.Shape{Columns: s.schema()}}
	if n := len(s.index.batches); n > 0 {
		d, err := s.decoder(s.index.batches[0], &codecs{}, func(int64) {})
		if err != nil {
			return nil, err
		}
		out.Density = float64(d.rows) * float64(n) / float64(max(files[0].Size, 1))
	}
	return out, nil
}

// NewTable returns the table with a name, for messages, over files of a shape. Columns that are not in the files have the
// ordinals behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	return scan.New(scan.Table{
		Format: "arrow", Name: name, Files: files, Schema: shape.Columns, Extra: extra, Unit: splitBytes,
		Rows: shape.Rows(files),
		Open: func(f file.File) (scan.Source, error) { return open(f, shape.Columns) },
	})
}

// source is an open file.
type source struct {
	file  file.File
	h     file.Handle
	index *index
	match []int // columns of the table among those of the file
}

// open opens a file and finds the columns of a table in it.
func open(f file.File, table exec.Schema) (*source, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	s := &source{file: f, h: h}
	if s.index, err = loadIndex(f, h); err == nil && table != nil {
		s.match, err = scan.Match(f, table, s.schema())
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
	for _, f := range s.index.fields {
		out = append(out, exec.Field{Name: f.name, Type: f.typ})
	}
	return out
}

// decoder reads the description of a record batch.
func (s *source) decoder(b *batch, u *codecs, bytes func(int64)) (*decoder, error) {
	m, err := readMessage(s.file, s.h, b.block)
	if err != nil {
		return nil, err
	}
	if m.kind != messageBatch {
		return nil, corrupt(s.file, "the message at %d is no record batch", b.off)
	}
	d, err := newDecoder(s, m, m.header, u, bytes)
	if err == nil {
		d.dicts = b.dicts
	}
	return d, err
}

// Read returns the rows of the record batches that begin in a split.
func (s *source) Read(_ context.Context, split scan.Split, r *scan.Request) (scan.Rows, error) {
	out := &rows{source: s, request: r, wanted: make([][]int, len(s.index.fields))}
	for i, c := range r.Columns {
		at := s.match[c]
		f := s.index.fields[at]
		if f.refuse != "" {
			return nil, sqlstate.Unsupported("Select the other columns by name.", "column \"%s\" of Arrow file \"%s\" cannot be read: it is a column %s, which is not supported", f.name, s.file.Path, f.refuse)
		}
		out.wanted[at] = append(out.wanted[at], i)
	}
	for _, b := range s.index.batches {
		if split.Holds(b.off) {
			out.batches = append(out.batches, b)
		}
	}
	return out, nil
}

// rows yields record batches.
type rows struct {
	source  *source
	request *scan.Request
	wanted  [][]int // by field of the file: where it goes in the output
	batches []*batch
	unzip   codecs
}

func (r *rows) Next(ctx context.Context) (*vec.Batch, error) {
	if len(r.batches) == 0 {
		r.unzip.close()
		return nil, io.EOF
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	d, err := r.source.decoder(b, &r.unzip, r.request.Bytes)
	if err != nil {
		return nil, err
	}
	out := &vec.Batch{Rows: d.rows, Cols: make([]*vec.Vector, len(r.request.Columns))}
	for i, f := range r.source.index.fields {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if len(r.wanted[i]) == 0 {
			if err := d.skip(f); err != nil {
				return nil, err
			}
			continue
		}
		v, err := d.column(f, d.rows)
		if err != nil {
			return nil, err
		}
		for _, at := range r.wanted[i] {
			out.Cols[at] = v.WithType(r.request.Schema[at].Type)
		}
	}
	return out, nil
}

// decoded is a dictionary's values as a vector, once it is read.
type decoded struct {
	once   sync.Once
	values *vec.Vector
	err    error
}

// dictionary returns the values that codes of a field refer to.
func (s *source) dictionary(f *field, d *decoder) (*vec.Vector, error) {
	dict := d.dicts[f.codes.id]
	if dict == nil {
		return nil, corrupt(s.file, "column \"%s\" has no dictionary", f.name)
	}
	return dict.values(s, f, d)
}

func (t *dictionary) values(s *source, f *field, d *decoder) (*vec.Vector, error) {
	t.mu.Lock()
	v := t.done[f]
	if v == nil {
		v = &decoded{}
		t.done[f] = v
	}
	t.mu.Unlock()
	v.once.Do(func() { v.values, v.err = t.read(s, f, d) })
	return v.values, v.err
}

// read reads the values that a field's codes refer to.
func (t *dictionary) read(s *source, f *field, d *decoder) (*vec.Vector, error) {
	m, err := readMessage(s.file, s.h, t.block)
	if err != nil {
		return nil, err
	}
	header, _ := m.header.table(1)
	u := &codecs{}
	defer u.close()
	in, err := newDecoder(s, m, header, u, d.bytes)
	if err != nil {
		return nil, err
	}
	in.dicts = d.dicts
	values := *f
	values.codes = nil
	v, err := in.column(&values, in.rows)
	if err != nil {
		return nil, err
	}
	v = vec.Flatten(v)
	if t.before == nil {
		return v, nil
	}
	before, err := t.before.values(s, f, d)
	if err != nil {
		return nil, err
	}
	return vec.Concat([]*vec.Vector{before, v}), nil
}
