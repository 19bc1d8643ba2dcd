package csv

import (
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/text"
	"gsql/exec/vec"
)

// maxText bounds the long texts of a column in one batch, beyond which the batch ends early.
const maxText = 16 << 20

func (p *scanPlan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	shared, err := env.Shared(ctx, p, func(context.Context) (any, error) {
		return newSplits(p.table.files, p.table.split), nil
	})
	if err != nil {
		return nil, err
	}
	s := &stream{plan: p, stats: env.Profile.Of(p), left: p.limit}
	s.loader = loader{table: p.table, splits: shared.(*splits)}
	s.size = max(env.BatchRows, 1)
	if p.limit >= 0 {
		s.size = int(min(int64(s.size), max(p.limit, 1)))
	}
	style := &text.Style{}
	if env.Fn != nil {
		style.Location, style.Now = env.Fn.Location, env.Fn.Now
	}
	for _, c := range p.columns {
		s.columns = append(s.columns, newColumn(p.schema[len(s.columns)].Type, p.table.shape.inferred[c], s.size, style))
	}
	return s, nil
}

// stream yields the rows of the splits that it takes.
type stream struct {
	plan    *scanPlan
	stats   *exec.OpStats
	loader  loader
	columns []*column
	size    int   // rows of a batch
	rows    int   // gathered for the next batch
	row     int   // next row of the loader's split
	left    int64 // rows until the limit; negative: no limit
	done    bool
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	for !s.done && s.left != 0 {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		n := min(s.loader.fields.ix.rows-s.row, s.size-s.rows)
		if n == 0 {
			if err := s.load(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err := s.convert(n); err != nil {
			return nil, err
		}
		s.row += n
		s.rows += n
		if s.rows == s.size || s.full() {
			return s.batch(), nil
		}
	}
	if s.rows > 0 {
		return s.batch(), nil
	}
	s.Close()
	return nil, io.EOF
}

// load goes on to the next split.
func (s *stream) load(ctx context.Context) error {
	s.row = 0
	ok, err := s.loader.next(ctx)
	if err != nil {
		return err
	}
	s.done = !ok
	if !ok {
		s.loader.fields.ix.rows = 0
	}
	s.stats.Read(s.loader.block.total)
	s.loader.block.total = 0
	return nil
}

// full reports whether the batch has so much text that it should end.
func (s *stream) full() bool {
	for _, c := range s.columns {
		if len(c.text) > maxText {
			return true
		}
	}
	return false
}

// convert appends the next n rows of the split to the columns.
func (s *stream) convert(n int) error {
	l := &s.loader
	for i, c := range s.columns {
		field := l.field(s.plan.columns[i])
		l.fields.spans(&c.spans, field, s.row, n, nil)
		if bad := c.add(&l.fields, &c.spans); bad >= 0 {
			return l.badValue(c, s.plan.schema[i].Name, field, s.row+bad)
		}
	}
	return nil
}

// field returns the place of a table's column in the rows of the current file.
func (l *loader) field(column int) int {
	if l.source.order != nil {
		return l.source.order[column]
	}
	return column
}

// batch returns the rows gathered.
func (s *stream) batch() *vec.Batch {
	b := &vec.Batch{Rows: s.rows, Cols: make([]*vec.Vector, len(s.columns))}
	for i, c := range s.columns {
		b.Cols[i] = c.finish()
	}
	s.rows = 0
	if s.left > 0 {
		s.left = max(s.left-int64(b.Rows), 0)
	}
	return b
}

func (s *stream) Close() error {
	s.loader.release()
	s.loader = loader{table: s.loader.table, splits: s.loader.splits}
	s.columns = nil
	s.done, s.rows = true, 0
	return nil
}
