package csv

import (
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// maxText bounds the long texts of a column in one batch, beyond which the batch ends early.
const maxText = 16 << 20

func (p *scanPlan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	shared, err := env.Shared(ctx, p, func(context.Context) (any, error) {
		streams := p.parts
		if _, _, fixed := env.FixedSplits(part, p.parts, 0); fixed {
			streams = 1
		}
		splits := newSplits(p.table.files, p.table.split, streams, p.table.shape.encoding)
		splits.rejects.Encoding, splits.rejects.Newline = p.table.shape.encoding, p.table.shape.Newline
		splits.told = &env.Rejects
		return splits, nil
	})
	if err != nil {
		return nil, err
	}
	splits := shared.(*splits)
	take, err := env.Splits(ctx, p, part, splits.Count())
	if err != nil {
		return nil, err
	}
	op := env.Profile.Of(p)
	s := &stream{plan: p, op: op, stats: op.Part(part), left: p.limit}
	s.loader = loader{table: p.table, splits: splits, take: take, count: p.extra.WantsRows()}
	if p.table.shape.ignore {
		s.loader.check = newChecker(p.table, &splits.rejects, env)
	}
	s.size = max(env.BatchRows, 1)
	if p.limit >= 0 {
		s.size = int(min(int64(s.size), max(p.limit, 1)))
	}
	style := &text.Style{}
	if env.Fn != nil {
		style.Location, style.Now = env.Fn.Location, env.Fn.Now
	}
	for _, c := range p.columns {
		col := p.table.shape.newColumn(c, s.size, style)
		if p.table.repeats(c) {
			col.useDict(newDictionary(col.typ))
		}
		s.columns = append(s.columns, col)
	}
	s.extra = p.extra.Gatherer()
	s.findSpans()
	s.filter = p.newRowFilter(env, s.columns, style)
	return s, nil
}

// stream yields the rows of the splits that it takes.
type stream struct {
	plan    *scanPlan
	op      *exec.OpStats
	stats   *exec.PartStats
	loader  loader
	extra   *file.Gatherer
	columns []*column
	spans   []*span // by the first of its columns
	filter  *rowFilter
	size    int   // rows of a batch
	rows    int   // gathered for the next batch
	row     int   // next row of the loader's split
	run     run   // rows to be converted
	left    int64 // rows until the limit; negative: no limit
	done    bool
}

// run is some rows of a split that passed the filter.
type run struct {
	from, n int      // n rows from row from on,
	sel     []uint32 // or, if not nil, those of them
}

func (r *run) rows() int {
	if r.sel != nil {
		return len(r.sel)
	}
	return r.n
}

// row returns where row i of the run is in the split.
func (r *run) row(i int) int {
	if r.sel != nil {
		i = int(r.sel[i])
	}
	return r.from + i
}

// slice returns n rows of the run, from row at on.
func (r *run) slice(at, n int) run {
	if r.sel != nil {
		return run{from: r.from, n: r.n, sel: r.sel[at : at+n]}
	}
	return run{from: r.from + at, n: n}
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	for s.left != 0 {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.run.rows() > 0 {
			if err := s.convert(min(s.run.rows(), s.size-s.rows)); err != nil {
				return nil, err
			}
			if s.rows == s.size || s.full() {
				return s.batch(), nil
			}
			continue
		}
		if s.done {
			break
		}
		if err := s.advance(ctx); err != nil {
			return nil, err
		}
	}
	if s.rows > 0 {
		return s.batch(), nil
	}
	s.Close()
	return nil, io.EOF
}

// advance sets run to the next rows: the rest of the split, or without any the next split.
func (s *stream) advance(ctx context.Context) error {
	n := s.loader.fields.ix.rows - s.row
	if n == 0 {
		return s.load(ctx)
	}
	s.run = run{from: s.row, n: n}
	if c := s.loader.check; c != nil {
		s.run.n = min(n, filterRows)
		s.run.sel = c.good(s.row, s.run.n)
	}
	if s.filter != nil {
		s.run.n = min(n, filterRows)
		sel, err := s.filter.rows(s, s.run)
		if err != nil {
			return err
		}
		s.run.sel = sel
	}
	s.row += s.run.n
	if s.run.rows() == 0 {
		s.run = run{}
	}
	return nil
}

// load goes on to the next split.
func (s *stream) load(ctx context.Context) error {
	s.stats.Finish(s.loader.size, int64(s.row))
	s.row = 0
	ok, err := s.loader.next(ctx)
	if err != nil {
		return err
	}
	s.done = !ok
	if s.op != nil && ok && s.loader.begins {
		s.op.FilesRead.Add(1)
	}
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

// convert appends the first n rows of the run to the columns and takes them off the run.
func (s *stream) convert(n int) error {
	if err := s.convertColumns(0, len(s.columns), s.run.slice(0, n)); err != nil {
		return err
	}
	s.extra.Add(s.loader.source.Number, s.loader.before+int64(s.run.from), n, s.run.sel)
	s.rows += n
	s.run = s.run.slice(n, s.run.rows()-n)
	return nil
}

// convertColumns appends the rows of a run to n columns, from the scan's column number first on.
func (s *stream) convertColumns(first, n int, r run) error {
	for i := first; i < first+n; {
		// In a file with the columns in another order they may be no neighbours.
		if sp := s.spans[i]; sp != nil && s.loader.source.order.at == nil {
			if err := s.convertSpan(sp, r); err != nil {
				return err
			}
			i += len(sp.columns)
			continue
		}
		if err := s.convertColumn(s.columns[i], i, r); err != nil {
			return err
		}
		i++
	}
	return nil
}

// convertColumn appends the values of a run to c: those of the scan's column number i.
func (s *stream) convertColumn(c *column, i int, r run) error {
	l := &s.loader
	field := l.field(s.plan.columns[i])
	l.fields.cells(&c.cells, field, r.from, r.n, r.sel)
	bad := c.add(&l.fields, &c.cells)
	if bad < 0 {
		return nil
	}
	return l.badValue(c, s.plan.schema[i].Name, field, r.row(bad))
}

// field returns the place of a table's column in the rows of the current file, -1 when the file has none.
func (l *loader) field(column int) int { return l.source.order.field(column) }

func (o *columnOrder) field(column int) int {
	if o.at != nil {
		return o.at[column]
	}
	return column
}

// batch returns the rows gathered.
func (s *stream) batch() *vec.Batch {
	cols := make([]*vec.Vector, len(s.columns))
	for i, c := range s.columns {
		cols[i] = c.finish()
	}
	b := s.extra.Batch(cols, s.rows)
	s.rows = 0
	if s.left > 0 {
		s.left = max(s.left-int64(b.Rows), 0)
	}
	return b
}

// Close frees what the stream holds; the plan's splits that it has not taken are left to others.
func (s *stream) Close() error {
	s.loader.close()
	s.loader = loader{table: s.loader.table, splits: s.loader.splits, take: s.loader.take, count: s.loader.count}
	s.columns, s.spans, s.filter = nil, nil, nil
	s.run, s.rows, s.left = run{}, 0, 0
	s.done = true
	return nil
}
