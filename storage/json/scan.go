package json

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// NewTable returns the table of files of one shape.
func NewTable(name string, files []file.File, shape *Shape) exec.Table {
	return &table{name, files, shape}
}

type table struct {
	name  string
	files []file.File
	shape *Shape
}

func (t *table) Schema() exec.Schema { return t.shape.Columns }

func (t *table) Stats() exec.Stats {
	s := exec.Stats{Columns: make([]exec.ColumnStats, len(t.shape.Columns))}
	for _, f := range t.files {
		s.Bytes += f.Size
	}
	s.Rows = float64(s.Bytes) / max(t.shape.rowBytes, 1)
	return s
}

func (t *table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	p := &scan{table: t, parts: max(req.Partitions, 1)}
	for i, ord := range req.Columns {
		c := t.shape.Columns[ord]
		p.out = append(p.out, exec.Field{ID: req.IDs[i], Name: c.Name, Type: c.Type})
	}
	for i, f := range t.files {
		step := int64(splitBytes)
		if !t.shape.Splittable {
			step = f.Size
		}
		for from := int64(0); from < f.Size; from += step {
			p.splits = append(p.splits, split{i, from, min(from+step, f.Size)})
		}
	}
	p.parts = max(1, min(p.parts, len(p.splits)))
	return p, nil
}

// split is a part of a file.
type split struct {
	file     int
	from, to int64
}

type scan struct {
	table  *table
	out    exec.Schema
	splits []split
	parts  int
}

func (p *scan) Schema() exec.Schema             { return p.out }
func (p *scan) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *scan) Inputs() []exec.Plan             { return nil }
func (p *scan) String() string {
	return fmt.Sprintf("JSON Scan on %s (files: %d)", p.table.name, len(p.table.files))
}

func (p *scan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	next, err := env.Shared(ctx, p, func(context.Context) (any, error) { return new(atomic.Int64), nil })
	if err != nil {
		return nil, err
	}
	s := &stream{plan: p, next: next.(*atomic.Int64), rows: max(env.BatchRows, 1), stats: env.Profile.Of(p)}
	if env.Fn != nil {
		s.style = &text.Style{Location: env.Fn.Location, Now: env.Fn.Now}
	}
	s.index = map[string]int{}
	for i, f := range p.out {
		s.index[f.Name] = i
		s.cols = append(s.cols, vec.NewBuilder(f.Type))
	}
	return s, nil
}

// stream reads splits, which it takes from the queue that all partitions share.
type stream struct {
	plan  *scan
	next  *atomic.Int64
	rows  int
	stats *exec.OpStats
	style *text.Style
	index map[string]int
	cols  []*vec.Builder
	w     *window
	buf   []byte
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	n := 0
	for n < s.rows {
		if n&1023 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.w == nil {
			if more, err := s.take(); err != nil {
				return nil, err
			} else if !more {
				break
			}
		}
		obj, err := s.w.next()
		if err == io.EOF {
			s.w.close()
			s.w = nil
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.row(obj, n); err != nil {
			return nil, err
		}
		n++
	}
	if n == 0 {
		return nil, io.EOF
	}
	b := &vec.Batch{Rows: n}
	for _, c := range s.cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	return b, nil
}

func (s *stream) take() (bool, error) {
	i := s.next.Add(1) - 1
	if i >= int64(len(s.plan.splits)) {
		return false, nil
	}
	sp := s.plan.splits[i]
	w, err := openWindow(s.plan.table.files[sp.file], sp.from, sp.to, s.stats.Read)
	s.w = w
	return err == nil, err
}

// row appends one object; n rows came before it.
func (s *stream) row(obj []byte, n int) error {
	err := members(obj, func(key, value []byte) error {
		i, ok := s.index[string(key)]
		if !ok {
			return nil
		}
		if s.cols[i].Len() > n {
			return sqlstate.New(sqlstate.BadTextValue, "member \"%s\" comes twice in one object", key)
		}
		return s.value(i, value)
	})
	if err != nil {
		return s.fail(obj, err)
	}
	for _, c := range s.cols {
		if c.Len() == n {
			c.AppendNull()
		}
	}
	return nil
}

// fail gives an error its place.
func (s *stream) fail(obj []byte, err error) error {
	line, _ := place(s.w.f, s.w.off+int64(s.w.at-len(obj)))
	e, ok := err.(*sqlstate.Error)
	if !ok {
		return s.w.error(s.w.at-len(obj), err.Error(), sqlstate.BadTextValue)
	}
	e.Where = fmt.Sprintf("file \"%s\", line %d", s.w.f.Path, line)
	return e
}

func (s *stream) value(i int, v []byte) error {
	t := s.plan.out[i].Type
	switch {
	case v[0] == 'n':
		s.cols[i].AppendNull()
		return nil
	case t.ID == types.JSON:
		s.cols[i].AppendBytes(v)
		return nil
	}
	in := v
	if v[0] == '"' {
		var ok bool
		if s.buf, ok = unquote(s.buf[:0], v); !ok {
			return sqlstate.New(sqlstate.BadTextValue, "a wrong escape sequence in column \"%s\": %s", s.plan.out[i].Name, v)
		}
		in = s.buf
	}
	fits := (v[0] == '"') == (t.ID == types.Text || t.ID == types.Date || t.ID == types.Timestamp)
	if fits && text.Parse(s.cols[i], t, in, s.style) == nil {
		return nil
	}
	return sqlstate.New(sqlstate.BadTextValue, "column \"%s\" is of type %s, but a value is %.100s", s.plan.out[i].Name, t, v).
		WithDetail("The type was found in the first %d rows.", sampleRows)
}

func (s *stream) Close() error {
	if s.w != nil {
		s.w.close()
		s.w = nil
	}
	return nil
}
