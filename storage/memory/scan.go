package memory

import (
	"context"
	"fmt"
	"io"

	"gsql/exec"
	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// splitRows is how many rows a stream of a scan takes at a time.
const splitRows = 16 << 10

// Scan returns a plan that yields the rows, in their order where it has one partition: where they are few.
func (t *Table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	return t.scan(req), nil
}

func (t *Table) scan(req exec.ScanRequest) *scan {
	s := &scan{table: t, columns: req.Columns, out: req.Output(append(t.Schema(), rowNumber))}
	for i, c := range t.Chunks {
		if c.file != nil { // which is read from its beginning
			s.splits = append(s.splits, split{i, 0, c.Rows})
			continue
		}
		for from := 0; from < c.Rows; from += splitRows {
			s.splits = append(s.splits, split{i, from, min(from+splitRows, c.Rows)})
		}
	}
	s.parts = max(1, min(req.Partitions, int(t.rows/(2*splitRows)), len(s.splits)))
	return s
}

// rowNumber is the column that WithRowNumbers adds. It has no name, so no query can name it.
var rowNumber = exec.Field{Type: types.Of(types.Int64)}

// numbered is a table with the numbers of its rows as a last column.
type numbered struct{ *Table }

// WithRowNumbers returns the table with a last column, without a name, of numbers of rows, which Delete takes.
func (t *Table) WithRowNumbers() exec.Table { return numbered{t} }

func (t numbered) Schema() exec.Schema { return append(t.Table.Schema(), rowNumber) }

func (t numbered) Stats() exec.Stats {
	s := t.Table.Stats()
	s.Columns = append(s.Columns, exec.ColumnStats{Distinct: s.Rows, Width: 8})
	return s
}

// scan is the plan.
type scan struct {
	table   *Table
	columns []int
	out     exec.Schema
	splits  []split
	parts   int
}

// split is a part of a chunk.
type split struct{ chunk, from, to int }

func (p *scan) Schema() exec.Schema             { return p.out }
func (p *scan) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *scan) Inputs() []exec.Plan             { return nil }
func (p *scan) String() string {
	disk := 0
	for _, c := range p.table.Chunks {
		if c.file != nil {
			disk += c.Rows
		}
	}
	if disk > 0 {
		return fmt.Sprintf("Scan %s memory %d rows, %d of them on disk", p.table.Name, p.table.rows, disk)
	}
	return fmt.Sprintf("Scan %s memory %d rows", p.table.Name, p.table.rows)
}

func (p *scan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	splits, err := env.Splits(ctx, p, part, len(p.splits))
	if err != nil {
		return nil, err
	}
	return &stream{plan: p, splits: splits, rows: max(env.BatchRows, 1)}, nil
}

// stream yields the rows of one split after the other.
type stream struct {
	plan   *scan
	splits *exec.Splits
	rows   int
	now    split
	reader *spill.Reader // of a chunk on disk
	read   *vec.Batch    // what it has read, that is not yielded yet
	closed bool
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.closed {
		return nil, io.EOF
	}
	if s.now.from == s.now.to {
		k, ok := s.splits.Take()
		if !ok {
			return nil, io.EOF
		}
		s.now = s.plan.splits[k]
	}
	if s.plan.table.Chunks[s.now.chunk].file != nil {
		return s.fromDisk(ctx)
	}
	from := s.now.from
	to := min(from+s.rows, s.now.to)
	s.now.from = to
	chunk := s.plan.table.Chunks[s.now.chunk]
	b := &vec.Batch{Rows: to - from, Cols: make([]*vec.Vector, len(s.plan.columns))}
	for i, c := range s.plan.columns {
		if c == len(chunk.Cols) {
			b.Cols[i] = numbers(s.now.chunk, from, to)
		} else {
			b.Cols[i] = vec.Slice(chunk.Cols[c], from, to)
		}
	}
	return b, nil
}

// fromDisk yields rows of a chunk on disk.
func (s *stream) fromDisk(ctx context.Context) (*vec.Batch, error) {
	chunk := s.plan.table.Chunks[s.now.chunk]
	if s.reader == nil {
		var err error
		if s.reader, err = chunk.file.Open(); err != nil {
			return nil, err
		}
	}
	if s.read == nil {
		var err error
		if s.read, err = s.reader.Next(ctx); err != nil {
			return nil, err
		}
	}
	n := min(s.rows, s.read.Rows)
	b := &vec.Batch{Rows: n, Cols: make([]*vec.Vector, len(s.plan.columns))}
	for i, c := range s.plan.columns {
		if c == len(s.read.Cols) {
			b.Cols[i] = numbers(s.now.chunk, s.now.from, s.now.from+n)
		} else {
			b.Cols[i] = vec.Slice(s.read.Cols[c], 0, n)
		}
	}
	if n == s.read.Rows {
		s.read = nil
	} else {
		s.read = s.read.Slice(n, s.read.Rows)
	}
	if s.now.from += n; s.now.from == s.now.to {
		s.reader.Close()
		s.reader = nil
	}
	return b, nil
}

// numbers returns the numbers of some rows of a chunk.
func numbers(chunk, from, to int) *vec.Vector {
	x := make([]int64, to-from)
	for i := range x {
		x[i] = int64(chunk)<<32 | int64(from+i)
	}
	return vec.New(rowNumber.Type, types.KInt64, x, nil)
}

func (s *stream) Close() error {
	s.closed = true
	if s.reader != nil {
		s.reader.Close()
		s.reader = nil
	}
	return nil
}
