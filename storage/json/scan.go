package json

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/mem"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/file"
)

const (
	splitBytes = 4 << 20 // bytes of a split
	// smallLimit is the number of rows up to which a limit is served by one stream: the first rows of the first
	// file, as everybody expects, and no work for more.
	smallLimit = 20_000
	// maxText bounds the strings of a column in one batch, beyond which the batch ends early.
	maxText = 16 << 20
)

// NewTable returns the table with a name, for messages, over files of a shape.
// Columns that are not in the files have the ordinals behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	t := &table{name: name, files: files, shape: shape, extra: extra, split: splitBytes, window: windowBytes}
	for _, f := range files {
		t.bytes += f.Size
	}
	return t
}

type table struct {
	name   string
	files  []file.File
	shape  *Shape
	extra  *file.Extras // columns behind those of the shape; nil: none
	bytes  int64
	split  int64 // size of a split
	window int   // bytes read at a time
}

func (t *table) Schema() exec.Schema { return t.shape.Columns }

func (t *table) Stats() exec.Stats {
	s := exec.Stats{Bytes: t.bytes, Columns: make([]exec.ColumnStats, len(t.shape.Columns))}
	if t.shape.rowBytes > 0 {
		s.Rows = max(1, float64(t.bytes)*t.shape.ratio/t.shape.rowBytes)
	}
	return s
}

// Scan returns a plan of at most req.Partitions streams. Prune and Filters are not used.
func (t *table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	if req.Prune != nil || len(req.Filters) > 0 {
		req.Limit = -1 // it counts rows that pass
	}
	req, extra := t.extra.Split(req, t.shape.Columns)
	p := &scan{table: t, extra: extra, limit: req.Limit, columns: req.Columns, schema: req.Output(t.shape.Columns)}
	if p.unit = t.split; t.shape.layout != Lines || extra.WantsRows() {
		p.unit = 1 << 62
	}
	p.parts = max(1, min(req.Partitions, file.Spread(t.files, p.unit)))
	if req.Limit >= 0 && req.Limit <= smallLimit {
		p.parts = 1
	}
	return p, nil
}

// scan reads columns of a table.
type scan struct {
	table   *table
	extra   *file.Scan
	columns []int
	schema  exec.Schema // of the columns in the files
	limit   int64       // -1: none
	unit    int64       // size of a split
	parts   int
}

func (p *scan) Schema() exec.Schema             { return p.extra.Out }
func (p *scan) Note() string                    { return p.extra.Note() }
func (p *scan) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *scan) Inputs() []exec.Plan             { return nil }

func (p *scan) InputSize() exec.InputSize {
	return exec.InputSize{Bytes: p.table.bytes, Files: len(p.table.files)}
}

// Fingerprint adds the files in their state, how they are read, and what of them.
func (p *scan) Fingerprint(d *exec.Digest) {
	t, sh := p.table, p.table.shape
	d.Add(t.files, t.split, sh.Columns, sh.given, sh.layout, sh.arrays, sh.skip, sh.maxObject)
	d.Add(p.columns, p.schema, p.limit, p.parts)
	p.extra.Fingerprint(d)
}

func (p *scan) String() string {
	var b strings.Builder
	t := p.table
	if len(t.files) == 1 {
		fmt.Fprintf(&b, "Scan %s json %s", filepath.Base(t.files[0].Path), mem.Format(t.bytes))
	} else {
		fmt.Fprintf(&b, "Scan %s json %d files %s", t.name, len(t.files), mem.Format(t.bytes))
	}
	for i, f := range p.extra.Out {
		b.WriteString([]string{" (", ", "}[min(i, 1)] + f.Name)
	}
	if len(p.extra.Out) > 0 {
		b.WriteByte(')')
	}
	if p.limit >= 0 {
		fmt.Fprintf(&b, " limit=%d", p.limit)
	}
	return b.String()
}

func (p *scan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	shared, err := env.Shared(ctx, p, func(context.Context) (any, error) {
		streams := p.parts
		if _, _, fixed := env.FixedSplits(part, p.parts, 0); fixed {
			streams = 1
		}
		u := newUnits(p.table.files, p.unit, streams)
		u.told = &env.Rejects
		return u, nil
	})
	if err != nil {
		return nil, err
	}
	units := shared.(*units)
	take, err := env.Splits(ctx, p, part, units.Count())
	if err != nil {
		return nil, err
	}
	s := &stream{plan: p, extra: p.extra.Gatherer(), units: units, take: take, size: max(env.BatchRows, 1), left: p.limit}
	if p.limit >= 0 {
		s.size = int(min(int64(s.size), max(p.limit, 1)))
	}
	style := &text.Style{}
	if env.Fn != nil {
		style.Location, style.Now = env.Fn.Location, env.Fn.Now
	}
	shape := p.table.shape
	var names []string
	for i, f := range p.schema {
		names = append(names, f.Name)
		s.columns = append(s.columns, newColumn(f.Type, shape.given[p.columns[i]], s.size, style))
		s.spans = append(s.spans, make([]span, s.size))
	}
	if shape.skip {
		all := p.allColumns()
		for _, i := range all[len(names):] {
			names = append(names, shape.Columns[i].Name)
			s.spans = append(s.spans, make([]span, s.size))
		}
		s.sieve = newSieve(shape, all, s.size, style)
	}
	s.members = newMembers(names)
	s.op = env.Profile.Of(p)
	s.stats = s.op.Part(part)
	s.bytes = s.read
	if shape.skip {
		s.skipped = func(off int64, line []byte, reason string) { units.rejects.Add(s.source.Source, off, "", line, reason) }
	}
	s.maxObject, s.skip, s.window = shape.maxObject, shape.skip, p.table.window
	return s, nil
}

// allColumns returns the numbers of the columns that are read, and behind them those of all others.
func (p *scan) allColumns() []int {
	all := slices.Clone(p.columns)
	for i := range p.table.shape.Columns {
		if !slices.Contains(p.columns, i) {
			all = append(all, i)
		}
	}
	return all
}

// stream yields the rows of the splits that it takes.
type stream struct {
	reader
	plan    *scan
	extra   *file.Gatherer
	row     int64 // rows of its part that were read
	units   *units
	take    *exec.Splits
	source  *source // whose unit is being read; nil: none
	joined  bool    // source is decoded from its start, and its lines are read with other streams
	held    held    // of it
	op      *exec.OpStats
	stats   *exec.PartStats
	undone  int64 // bytes of the split that do not count as done yet
	columns []*column
	sieve   *sieve // leaves rows out; nil: values that do not fit are errors
	size    int    // rows of a batch
	got     int    // rows gathered for the next batch
	left    int64  // rows until the limit; negative: no limit
	err     error  // what comes behind the rows gathered
}

func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	for s.err == nil && s.got < s.size && s.left != 0 && !s.full() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		s.err = s.gather()
	}
	switch {
	case s.got > 0:
		return s.batch(), nil
	case s.err == nil: // the limit is reached
		s.err = io.EOF
	}
	s.release()
	return nil, s.err
}

// gather adds rows of a window to the columns. It returns io.EOF when no splits are left.
func (s *stream) gather() error {
	if s.t == nil {
		s.row = 0
		if err := s.part(); err != nil {
			return err
		}
	}
	if err := s.reader.next(s.size - s.got); err != nil {
		s.reader.t = nil
		if err == io.EOF {
			s.stats.Finish(s.undone, 0)
			s.undone = 0
			if !s.joined {
				s.release()
			}
			return nil
		}
		return err
	}
	return s.convert()
}

// part begins with the next part of a file. It returns io.EOF when none is left.
func (s *stream) part() error {
	for {
		if s.joined {
			if ok, err := s.block(); ok || err != nil {
				return err
			}
		}
		n, ok := s.take.Take()
		if !ok {
			return io.EOF
		}
		f, k := s.units.At(n)
		s.source = s.units.sources[f.Number]
		text, err := s.source.open(s.plan.table.shape)
		if err != nil {
			return err
		}
		lines := s.source.layout == Lines && !s.plan.extra.WantsRows()
		switch {
		case text == nil:
		case text.Sequential() && lines:
			s.joined = k == 0 || !s.take.Fixed()
		case lines:
			return s.lines(text, k)
		case (k == 0 || text.Sequential() && !s.take.Fixed()) && s.source.TakeAll():
			return s.whole(text)
		}
		if !s.joined {
			s.release() // it is read already, or somewhere else
		}
	}
}

// lines begins with the lines of unit k of the source.
func (s *stream) lines(text *file.Text, k int) error {
	f := s.source.File
	from := int64(k) * s.plan.unit
	to := min(from+s.plan.unit, f.Size)
	s.countFile(k == 0)
	s.undone = to - from
	return s.start(f, text, text, Lines, from, to)
}

// whole begins with all of the source.
func (s *stream) whole(text *file.Text) error {
	s.countFile(true)
	s.undone = s.source.File.Size
	return s.all(s.source.File, text, s.source.layout)
}

// block begins with the next block of the joined source, or leaves it when none is left.
func (s *stream) block() (bool, error) {
	b, ok, err := s.source.Take()
	s.stats.Read(b.Bytes)
	s.stats.Finish(b.Bytes, 0)
	if !ok || err != nil {
		s.release()
		return false, err
	}
	s.countFile(b.Number == 0)
	text := s.source.text
	from := int64(b.Number) * s.plan.unit
	err = s.held.hold(text, from, from+s.plan.unit)
	text.Done(b.Number)
	if err != nil {
		return false, err
	}
	return true, s.start(s.source.File, text, &s.held, Lines, from, from+s.plan.unit)
}

func (s *stream) countFile(begins bool) {
	if s.op != nil && begins {
		s.op.FilesRead.Add(1)
	}
}

// release ends the unit that is being read.
func (s *stream) release() {
	if s.source != nil {
		s.source.Release()
	}
	s.source, s.joined, s.reader.t = nil, false, nil
}

// read is told of bytes that were read, a few of which may belong to the next split.
func (s *stream) read(n int64) {
	if s.joined {
		return // the blocks tell it
	}
	s.stats.Read(n)
	n = min(n, s.undone)
	s.stats.Finish(n, 0)
	s.undone -= n
}

// convert appends the rows in the spans to the columns, up to the first with a value that is none of its
// column's type.
func (s *stream) convert() error {
	n, misfit := s.rows, -1
	if s.sieve != nil {
		n = s.sieve.leaveOut(s)
	}
	for i, c := range s.columns {
		if bad := c.add(&s.walker, s.spans[i][:n]); bad >= 0 {
			n, misfit = bad, i
		}
	}
	s.extra.Add(s.source.Number, s.row, n, nil)
	s.row += int64(n)
	s.got += n
	s.stats.Finish(0, int64(n))
	if misfit < 0 {
		return nil
	}
	for _, c := range s.columns {
		c.cut(s.got)
	}
	return s.misfit(s.columns[misfit], s.plan.schema[misfit].Name, s.spans[misfit][n])
}

// full reports whether the batch has so many bytes of strings that it should end.
func (s *stream) full() bool {
	for _, c := range s.columns {
		if len(c.text) > maxText {
			return true
		}
	}
	return false
}

// batch returns the rows gathered.
func (s *stream) batch() *vec.Batch {
	cols := make([]*vec.Vector, len(s.columns))
	for i, c := range s.columns {
		cols[i] = c.finish()
	}
	b := s.extra.Batch(cols, s.got)
	if s.got = 0; s.left > 0 {
		s.left = max(s.left-int64(b.Rows), 0)
	}
	return b
}

// Close frees what the stream holds; splits that it has not taken are left to others.
func (s *stream) Close() error {
	s.release()
	s.columns, s.got, s.left, s.err = nil, 0, 0, io.EOF
	s.reader.buf, s.spans, s.pos = nil, nil, nil
	return nil
}
