package numpy

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// splitBytes is the size of a split, and chunkBytes how much is read at a time. Tests change them.
var (
	splitBytes int64 = 4 << 20
	chunkBytes       = 512 << 10
)

// Shape is what is known of files before they are read.
type Shape struct{ scan.Shape }

// Infer reads the description of the first file. The others must have as many indexes and values of the same types.
func Infer(ctx context.Context, files []file.File) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no numpy files")
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
		return nil, corrupt(files[0], "its elements have no fields")
	}
	return &Shape{scan.Shape{Columns: cols, Density: float64(s.count) / float64(max(files[0].Size, 1))}}, nil
}

// NewTable returns the table with a name, for messages, over files of a shape. Columns that are not in the files have the
// ordinals behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	return scan.New(scan.Table{
		Format: "npy", Name: name, Files: files, Schema: shape.Columns, Extra: extra, Unit: splitBytes, Rows: shape.Rows(files),
		Open: func(f file.File) (scan.Source, error) { return open(f, shape.Columns) },
	})
}

// source is an open file.
type source struct {
	file file.File
	h    file.Handle
	*array
	match []int // columns of the table among those of the file
}

func open(f file.File, table exec.Schema) (*source, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	s := &source{file: f, h: h}
	if s.array, err = readHeader(f, h); err == nil && table != nil {
		s.match, err = scan.Match(f, table, s.schema())
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) Close() error { return s.h.Close() }

// schema has the indexes, then the fields; repeated names get a number.
func (s *source) schema() exec.Schema {
	var out exec.Schema
	seen := map[string]bool{}
	add := func(base string, t types.Type) {
		name := base
		for k := 1; seen[name]; k++ {
			name = fmt.Sprintf("%s_%d", base, k)
		}
		seen[name] = true
		out = append(out, exec.Field{Name: name, Type: t})
	}
	for i := range s.shape {
		add(fmt.Sprintf("i%d", i), types.Of(types.Int64))
	}
	for _, f := range s.fields {
		add(f.name, f.typ)
	}
	return out
}

// Read returns the elements that begin in a split.
func (s *source) Read(_ context.Context, split scan.Split, r *scan.Request) (scan.Rows, error) {
	out := &rows{source: s, request: r, at: s.first(split.From), end: s.first(split.To)}
	for _, c := range r.Columns {
		out.values = out.values || s.match[c] >= len(s.shape)
	}
	return out, nil
}

// first returns the number of the first element that begins at a place of the file or behind it.
func (s *source) first(off int64) int64 {
	if off <= s.data {
		return 0
	}
	if off >= s.file.Size {
		return s.count
	}
	item := int64(max(s.item, 1))
	return min((off-s.data+item-1)/item, s.count)
}

// rows yields elements at..end-1.
type rows struct {
	*source
	request *scan.Request
	at, end int64
	values  bool // they are wanted, not the indexes only
}

func (r *rows) Next(context.Context) (*vec.Batch, error) {
	n := min(max(1, chunkBytes/max(r.item, 1)), 1<<16)
	n = int(min(int64(n), r.end-r.at))
	if n <= 0 {
		return nil, io.EOF
	}
	var data []byte
	if r.values {
		data = vec.BytesOf(vec.Make[uint64]((n*r.item + 7) / 8))[:n*r.item]
		if _, err := io.ReadFull(io.NewSectionReader(r.h, r.data+r.at*int64(r.item), int64(len(data))), data); err != nil {
			return nil, file.Error(r.file.Path, err)
		}
		r.request.Bytes(int64(len(data)))
	}
	out := &vec.Batch{Rows: n}
	made := map[int]*vec.Vector{}
	for i, c := range r.request.Columns {
		at := r.match[c]
		if made[at] == nil {
			v, err := r.column(at, data, n, r.request.Schema[i].Type)
			if err != nil {
				return nil, r.fault(err, at)
			}
			made[at] = v
		}
		out.Cols = append(out.Cols, made[at])
	}
	r.at += int64(n)
	return out, nil
}

// column makes the vector of a column of the file.
func (r *rows) column(c int, data []byte, n int, t types.Type) (*vec.Vector, error) {
	if c < len(r.shape) {
		return vec.New(t, types.KInt64, r.indexes(c, n), nil), nil
	}
	f := &r.fields[c-len(r.shape)]
	if f.width != r.item {
		data = apart(data, r.item, f, n)
	}
	return f.vector(t, data, n)
}

// apart copies the values of a field, so that they lie one behind the other.
func apart(data []byte, item int, f *field, n int) []byte {
	out := vec.BytesOf(vec.Make[uint64]((n*f.width + 7) / 8))[:n*f.width]
	for i := range n {
		copy(out[i*f.width:(i+1)*f.width], data[i*item+f.off:])
	}
	return out
}

// indexes returns index d of the next n elements.
func (r *rows) indexes(d, n int) []int64 {
	stride := int64(1) // elements until the index changes
	if r.fortran {
		for _, k := range r.shape[:d] {
			stride *= k
		}
	} else {
		for _, k := range r.shape[d+1:] {
			stride *= k
		}
	}
	x, left := r.at/stride%r.shape[d], stride-r.at%stride
	out := vec.Make[int64](n)
	for i := range out {
		out[i] = x
		if left--; left == 0 {
			left = stride
			if x++; x == r.shape[d] {
				x = 0
			}
		}
	}
	return out
}

// fault says where a value is that cannot be read.
func (r *rows) fault(err error, c int) error {
	var e *sqlstate.Error
	if !errors.As(err, &e) {
		return err
	}
	own := *e
	own.Detail = fmt.Sprintf("File \"%s\", column \"%s\", elements %d to %d.", r.file.Path, r.schema()[c].Name, r.at, r.end-1)
	if e == errRange {
		own.Message = fmt.Sprintf("a value is out of range for type %v", r.fields[c-len(r.shape)].typ)
	}
	return &own
}
