package exec

import (
	"context"
	"io"

	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// spilledProbe is a probe stream of a hash join whose build side is on disk: it deals its rows to files, and joins
// these part by part.
type spilledProbe struct {
	*joinProber
	in    Stream
	build *spilledBuild

	// step does a part of the work, and returns nil when that made no rows; nil at the end.
	step   func(ctx context.Context) (*vec.Batch, error)
	work   []probePart // what is still to be joined, the last first
	ready  []*joinPart // whose rows are to be put out
	cur    probePart
	reader *filesReader // of cur's rows, or of the rows that are put out
	dealer *probeDealer
	chunks *buildChunks // of cur's build rows
	row    int          // the next row that is put out
}

// probePart is the rows of a stream that are to be joined with a part; without rows there is no file.
type probePart struct {
	part *joinPart
	file *spill.File
}

func (w probePart) files() []*spill.File {
	if w.file == nil {
		return nil
	}
	return []*spill.File{w.file}
}

func newSpilledProbe(s *joinProber, in Stream, b *spilledBuild) *spilledProbe {
	p := &spilledProbe{joinProber: s, in: in, build: b}
	p.dealer = newProbeDealer(p, b.root.children, 0)
	p.step = p.stepInput
	return p
}

// close frees what the stream holds.
func (s *spilledProbe) close() {
	s.step = nil
	if s.side != nil && s.chunks == nil {
		s.build.release(s.cur.part, nil)
	}
	s.chunks.close()
	s.chunks = nil
	s.dealer.close()
	s.dealer = nil
	s.endReader()
	for _, w := range append(s.work, s.cur) {
		removeFiles(w.files())
	}
	s.work, s.cur = nil, probePart{}
}

func (s *spilledProbe) endReader() {
	if s.reader != nil {
		s.reader.close()
		s.reader = nil
	}
}

func (s *spilledProbe) next(ctx context.Context) (*vec.Batch, error) {
	for s.step != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		yield(ctx)
		out, err := s.step(ctx)
		if out != nil || err != nil {
			return out, err
		}
	}
	return nil, io.EOF
}

// stepInput deals a batch of the input.
func (s *spilledProbe) stepInput(ctx context.Context) (*vec.Batch, error) {
	b, err := s.in.Next(ctx)
	if err == io.EOF {
		return nil, s.endDeal()
	}
	if err != nil {
		return nil, err
	}
	return s.dealer.deal(ctx, b)
}

// stepFile deals a batch of a part that was divided.
func (s *spilledProbe) stepFile(ctx context.Context) (*vec.Batch, error) {
	b, err := s.reader.next(ctx)
	if err == io.EOF {
		s.endReader()
		removeFiles(s.cur.files())
		s.cur = probePart{}
		return nil, s.endDeal()
	}
	if err != nil {
		return nil, err
	}
	return s.dealer.deal(ctx, b)
}

// endDeal takes the files of the dealer for further work.
func (s *spilledProbe) endDeal() error {
	s.step = s.stepWork
	work, err := s.dealer.finish()
	s.work = append(s.work, work...)
	s.dealer = nil
	return err
}

// stepWork begins with what comes next.
func (s *spilledProbe) stepWork(ctx context.Context) (*vec.Batch, error) {
	if n := len(s.ready); n > 0 {
		s.reader, s.row, s.step = &filesReader{files: s.ready[n-1].files}, 0, s.stepRest
		return nil, nil
	}
	n := len(s.work)
	if n == 0 {
		s.step = nil
		return nil, nil
	}
	s.cur, s.work = s.work[n-1], s.work[:n-1]
	if s.cur.file == nil {
		s.finish()
		return nil, nil
	}
	side, children, err := s.build.acquire(ctx, s.cur.part)
	switch {
	case err != nil:
		return nil, err
	case children != nil:
		s.dealer = newProbeDealer(s, children, s.cur.part.level)
		s.reader, s.step = &filesReader{files: s.cur.files()}, s.stepFile
		return nil, nil
	case side != nil:
		s.use(side)
		s.reader, s.step = &filesReader{files: s.cur.files()}, s.stepProbe
		return nil, nil
	}
	s.chunks, s.step = newBuildChunks(s.build, s.cur.part), s.stepChunk
	if s.verdict, err = newVerdict(s.plan.Kind, s.chunks, s.cur.file.Rows()); err != nil {
		return nil, err
	}
	return nil, nil
}

// finish leaves the current part.
func (s *spilledProbe) finish() {
	removeFiles(s.cur.files())
	s.ready = append(s.ready, s.build.finish(s.cur.part)...)
	s.cur, s.step = probePart{}, s.stepWork
}

// stepProbe joins rows of the current part with its table.
func (s *spilledProbe) stepProbe(ctx context.Context) (*vec.Batch, error) {
	b, err := s.probeBatch(ctx)
	if err != io.EOF {
		return b, err
	}
	s.build.release(s.cur.part, s.matched)
	s.use(nil)
	s.finish()
	return nil, nil
}

// probeBatch joins the next batch of the current part's file. It returns io.EOF, and closes the file, at the end.
func (s *spilledProbe) probeBatch(ctx context.Context) (*vec.Batch, error) {
	if s.busy() {
		return s.more()
	}
	b, err := s.reader.next(ctx)
	if err == io.EOF {
		s.endReader()
	}
	if err != nil {
		return nil, err
	}
	return s.probe(ctx, b)
}

// stepChunk joins all rows of the current part with one chunk of the build rows after the other.
func (s *spilledProbe) stepChunk(ctx context.Context) (*vec.Batch, error) {
	if s.side == nil {
		side, err := s.chunks.next(ctx)
		if err == io.EOF {
			s.chunks.close()
			s.chunks, s.verdict = nil, nil
			s.finish()
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		s.use(side)
		s.verdict.begin(s.chunks.last)
		s.reader = &filesReader{files: s.cur.files()}
	}
	b, err := s.probeBatch(ctx)
	if err != io.EOF {
		return b, err
	}
	s.cur.part.merge(s.chunks.from, s.matched, s.side.rows)
	s.use(nil)
	return nil, nil
}

// stepRest puts out rows of a part that no stream will come to any more, by whether they had a match.
func (s *spilledProbe) stepRest(ctx context.Context) (*vec.Batch, error) {
	p := s.ready[len(s.ready)-1]
	b, err := s.reader.next(ctx)
	if err == io.EOF {
		s.endReader()
		s.build.drop(p)
		s.ready, s.step = s.ready[:len(s.ready)-1], s.stepWork
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var rows []uint32
	want := s.plan.Kind == BuildSemi
	for i := range b.Rows {
		if p.matched.Get(s.row+i) == want {
			rows = append(rows, uint32(i))
		}
	}
	s.row += b.Rows
	if len(rows) == 0 {
		return nil, nil
	}
	out := &vec.Batch{Rows: b.Rows, Cols: s.build.shape.schemaColumns(b.Cols)}
	if len(rows) < b.Rows {
		out.Sel = rows
	}
	return withoutProbe(out, s.plan.Kind, s.plan.Probe.Schema()), nil
}

// probeDealer deals probe rows to files by the hash of their keys. One goroutine uses it.
type probeDealer struct {
	s        *spilledProbe
	parts    *spillParts
	children []*joinPart
	top      bool        // the rows are the input's: they may have NULLs, and have not seen the Bloom filter
	nulls    *spillParts // rows with NULL keys whose marks depend on all build rows
	hashes   []uint64
	live     []uint32
}

func newProbeDealer(s *spilledProbe, children []*joinPart, level int) *probeDealer {
	ts := make([]types.Type, len(s.plan.Probe.Schema()))
	for i, f := range s.plan.Probe.Schema() {
		ts[i] = f.Type
	}
	d := &probeDealer{s: s, parts: newSpillParts(s.env, s.plan, ts, len(children), level), children: children, top: level == 0}
	if d.top {
		d.nulls = newSpillParts(s.env, s.plan, ts, 1, 0)
	}
	return d
}

// close drops what was written. It may be called on nil.
func (d *probeDealer) close() {
	if d != nil {
		d.parts.close()
		d.nulls.close()
	}
}

// deal writes the rows of b that may have a match, or whose marks depend on more than that, and returns what is to be
// put out for the others.
func (d *probeDealer) deal(ctx context.Context, b *vec.Batch) (*vec.Batch, error) {
	b = b.Compact()
	keys, err := d.s.keyColumns(b)
	if err != nil {
		return nil, err
	}
	d.hashes = resize(d.hashes, b.Rows)
	hashKeys(keys, d.hashes)
	var null []uint32
	if d.top {
		null = d.s.plan.nullRows(keys, b.Rows)
	}
	live, alone, unknown, apart := d.sort(b.Rows, null)
	if len(apart) > 0 {
		if err := d.nulls.add(ctx, gatherAll(b.Cols, apart), len(apart), make([]uint64, len(apart))); err != nil {
			return nil, err
		}
	}
	if len(live) == b.Rows {
		return nil, d.parts.add(ctx, b.Cols, b.Rows, d.hashes)
	}
	if len(live) > 0 {
		for k, i := range live {
			d.hashes[k] = d.hashes[i]
		}
		if err := d.parts.add(ctx, gatherAll(b.Cols, live), len(live), d.hashes[:len(live)]); err != nil {
			return nil, err
		}
	}
	return d.s.unmatched(b, alone, unknown), nil
}

// sort tells the rows of a batch apart: live ones may have a match; those that stand alone have none, and for unknown
// ones of these the mark is NULL; those apart have NULLs that must be compared with all build rows.
func (d *probeDealer) sort(n int, null []uint32) (live, alone, unknown, apart []uint32) {
	b, p := d.s.build, d.s.plan
	marks, several := p.marksNulls(), len(p.ProbeKeys) > 1
	bloom := b.facts.bloom
	if !d.top {
		bloom = nil
	}
	d.live = resize(d.live, n)[:0]
	for i, h := range d.hashes[:n] {
		row := uint32(i)
		switch {
		case len(null) > 0 && null[0] == row:
			null = null[1:]
			if marks && several && b.rows > 0 {
				apart = append(apart, row)
				continue
			}
			if marks && b.rows > 0 {
				unknown = append(unknown, row)
			}
		case marks && several && b.nulls.rows > 0,
			(bloom == nil || bloom.has(h)) && d.children[d.parts.partOf(h)].rows > 0:
			d.live = append(d.live, row)
			continue
		case marks && b.nulls.rows > 0:
			unknown = append(unknown, row)
		}
		alone = append(alone, row)
	}
	return d.live, alone, unknown, apart
}

// finish returns the files with the parts that they belong to, the first last.
func (d *probeDealer) finish() ([]probePart, error) {
	files, err := d.parts.finish()
	if err != nil {
		d.close()
		return nil, err
	}
	var work []probePart
	if d.top {
		nulls, err := d.nulls.finish()
		if err != nil {
			removeFiles(files)
			return nil, err
		}
		work = append(work, probePart{d.s.build.nulls, nulls[0]})
	}
	for i := len(files) - 1; i >= 0; i-- {
		work = append(work, probePart{d.children[i], files[i]})
	}
	return work, nil
}

// unmatched returns what is put out for rows of b, which are increasing and have no match, nil for nothing; the marks
// of unknown are NULL.
func (s *joinProber) unmatched(b *vec.Batch, rows, unknown []uint32) *vec.Batch {
	if len(rows) == 0 {
		return nil
	}
	switch s.plan.Kind {
	case Outer, FullOuter, Singular:
		return unmatchedBatch(b, s.plan.Build.Schema(), rows)
	case Anti:
		return selectRows(b, rows)
	case Mark:
		return markBatch(selectRows(b, rows), nil, unknown)
	}
	return nil
}
