package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/vec"
)

// LoopJoin joins every probe row with every build row for which Cond is true: the join for conditions
// without equality. Kinds and columns are those of HashJoin; a mark is true when Cond is true for a build
// row, else NULL when it is NULL for one, else false.
type LoopJoin struct {
	Probe, Build Plan
	Kind         JoinKind
	Cond         expr.Expr // nil: true
	MarkID       expr.ColID
	Out          Schema
}

func (p *LoopJoin) Schema() Schema             { return p.Out }
func (p *LoopJoin) Partitioning() Partitioning { return joinPartitioning(p.Probe, p.Kind) }
func (p *LoopJoin) Inputs() []Plan             { return []Plan{p.Probe, p.Build} }

func (p *LoopJoin) String() string {
	s := "LoopJoin " + p.Kind.String()
	if p.Cond != nil {
		s += " on " + p.Cond.String()
	}
	return s
}

// Open starts a probe partition; the build side is read by the first Next.
func (p *LoopJoin) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	cond, err := newJoinCond(p.Cond, p.Probe.Schema(), p.Build.Schema())
	if err != nil {
		return nil, err
	}
	in, err := env.Open(ctx, p.Probe, part)
	if err != nil {
		return nil, err
	}
	return &loopJoinStream{plan: p, env: env, in: newDividing(in, p.Cond), cond: cond}, nil
}

// build collects the build side; it is called once per execution.
func (p *LoopJoin) build(ctx context.Context, env *Env) (*buildSide, error) {
	used := make([]bool, len(p.Build.Schema()))
	for i := range used {
		used[i] = p.Kind.putsBuild()
	}
	markUsed(used, p.Build.Schema(), p.Cond)
	side, err := collectBuild(ctx, env, p, used)
	if err == nil && p.Kind.keepsBuild() {
		side.matched = vec.NewBitmap(side.rows)
	}
	return side, err
}

// loopJoinStream joins one probe partition. A step evaluates the condition either for all rows of the probe
// batch with one build row, or for one probe row with a stretch of build rows, whichever makes fewer steps;
// the one row's columns are constants, so that nothing is copied.
type loopJoinStream struct {
	plan    *LoopJoin
	env     *Env
	in      *dividing
	cond    *joinCond
	side    *buildSide // nil until the first Next
	matched vec.Bitmap // kinds that put out build rows: those with a match here
	ended   bool
	rest    *buildRest

	batch   *vec.Batch // the current one, nil for none
	byBuild bool       // steps go over build rows
	begun   bool       // rows of it were put out
	at      int        // the next build row, or probe row among those that count
	from    int        // by probe row: the next build row
	live    []uint32   // rows of batch that still look for matches
	hit     []bool     // by row of batch: had a true condition
	null    []bool     // had a NULL condition
	// Pairs that wait for enough others.
	probeRows, buildRows []uint32
	failed               error // to be raised after them
}

func (s *loopJoinStream) Close() error {
	s.side, s.rest, s.batch, s.ended = nil, nil, nil, true
	return s.in.Close()
}

func (s *loopJoinStream) Next(ctx context.Context) (*vec.Batch, error) {
	if s.side == nil && !s.ended {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	for !s.ended {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		out, err := s.step(ctx)
		if out != nil || err != nil {
			return out, err
		}
	}
	if s.rest != nil {
		return s.rest.batch(ctx, s.env.BatchRows)
	}
	return nil, io.EOF
}

func (s *loopJoinStream) begin(ctx context.Context) error {
	p := s.plan
	side, err := s.env.Shared(ctx, p, func(ctx context.Context) (any, error) {
		side, err := p.build(ctx, s.env)
		if err != nil {
			return nil, err // not a nil *buildSide in an interface
		}
		return side, nil
	})
	if err != nil {
		return err
	}
	s.side = side.(*buildSide)
	if p.Kind.keepsBuild() {
		s.matched = vec.NewBitmap(s.side.rows)
	}
	s.ended = p.Kind.dropsProbe() && s.side.rows == 0
	return nil
}

// step does a part of the work, and returns nil when that made no rows.
func (s *loopJoinStream) step(ctx context.Context) (*vec.Batch, error) {
	switch {
	case s.failed != nil:
		return nil, s.failed
	case s.batch == nil:
		return nil, s.pull(ctx)
	case s.done():
		if len(s.probeRows) > 0 {
			return s.flush(), nil
		}
		return s.end(), nil
	}
	step := s.stepProbeRow
	if s.byBuild {
		step = s.stepBuildRow
	}
	out, err := step()
	if err != nil {
		return s.fail(ctx, err)
	}
	s.begun = s.begun || out != nil
	return out, nil
}

// fail goes on after an error of the condition: with parts of the batch, unless rows of it were put out, or else with the
// pairs that wait, and then the error.
func (s *loopJoinStream) fail(ctx context.Context, err error) (*vec.Batch, error) {
	if !s.begun {
		if err = s.in.divide(ctx, s.batch, err); err == nil {
			s.batch, s.probeRows, s.buildRows = nil, s.probeRows[:0], s.buildRows[:0]
			return nil, nil
		}
	}
	if len(s.probeRows) > 0 {
		s.failed = err
		return s.flush(), nil
	}
	return nil, err
}

func (s *loopJoinStream) done() bool {
	if s.byBuild {
		return s.at == s.side.rows || len(s.live) == 0
	}
	return s.at == len(s.live) || s.side.rows == 0
}

// pull takes the next probe batch.
func (s *loopJoinStream) pull(ctx context.Context) error {
	b, err := s.in.Next(ctx)
	if err == io.EOF {
		s.ended = true
		if s.side.finish(s.matched) && s.plan.Kind.keepsBuild() {
			s.rest = &buildRest{side: s.side, kind: s.plan.Kind, probe: s.plan.Probe.Schema()}
		}
		return nil
	}
	if err != nil {
		return err
	}
	if b.Sel != nil && len(b.Sel)*4 < b.Rows {
		b = b.Compact()
	}
	s.batch, s.at, s.from, s.begun = b, 0, 0, false
	s.byBuild = s.side.rows <= b.Len()
	s.live = append(s.live[:0], remaining(b, nil)...)
	s.hit, s.null = clearedBools(s.hit, b.Rows), clearedBools(s.null, b.Rows)
	return nil
}

// stepBuildRow joins the batch with the next build row.
func (s *loopJoinStream) stepBuildRow() (*vec.Batch, error) {
	b, row := s.batch, s.at
	s.at++
	yes := s.live
	if s.cond != nil {
		in := &vec.Batch{Rows: b.Rows, Sel: s.live}
		for _, i := range s.cond.probe {
			in.Cols = append(in.Cols, b.Cols[i])
		}
		for _, i := range s.cond.build {
			in.Cols = append(in.Cols, constRow(s.side.cols[i], row, b.Rows))
		}
		var null []uint32
		var err error
		if yes, null, err = s.cond.judge(s.env.Fn, in, s.plan.Kind == Mark); err != nil {
			return nil, err
		}
		for _, i := range null {
			s.null[i] = true
		}
	} else {
		yes = append([]uint32(nil), yes...)
	}
	if len(yes) == 0 {
		return nil, nil
	}
	if err := s.setHits(yes); err != nil {
		return nil, err
	}
	if s.matched != nil {
		s.matched.Set(row)
	}
	switch s.plan.Kind {
	case Semi, Anti, Mark:
		s.dropHits()
		return nil, nil
	case BuildSemi, BuildAnti:
		return nil, nil
	}
	if len(yes)*4 >= b.Rows { // many: constants beside the batch as it is
		out := &vec.Batch{Rows: b.Rows, Sel: yes, Cols: append([]*vec.Vector(nil), b.Cols...)}
		for _, v := range s.side.cols {
			out.Cols = append(out.Cols, constRow(v, row, b.Rows))
		}
		if len(yes) == b.Rows {
			out.Sel = nil
		}
		return out, nil
	}
	s.probeRows = append(s.probeRows, yes...)
	for range yes {
		s.buildRows = append(s.buildRows, uint32(row))
	}
	return s.flushFull(), nil
}

// stepProbeRow joins the current probe row with the next stretch of build rows.
func (s *loopJoinStream) stepProbeRow() (*vec.Batch, error) {
	b, row := s.batch, s.live[s.at]
	from := s.from
	to := min(from+s.env.BatchRows, s.side.rows)
	yes, err := s.judgeStretch(row, from, to)
	for err != nil && to-from > 1 && !s.cond.once { // the pairs before the one with the error get through
		to = from + (to-from)/2
		yes, err = s.judgeStretch(row, from, to)
	}
	if s.from = to; to == s.side.rows {
		s.at, s.from = s.at+1, 0
	}
	if err != nil || len(yes) == 0 {
		return nil, err
	}
	if s.plan.Kind == Singular && (len(yes) > 1 || s.hit[row]) {
		return nil, errSecondRow()
	}
	s.hit[row] = true
	if s.matched != nil {
		for _, i := range yes {
			s.matched.Set(from + int(i))
		}
	}
	switch s.plan.Kind {
	case Semi, Anti, Mark:
		if s.from != 0 { // the row needs no second match
			s.at, s.from = s.at+1, 0
		}
		return nil, nil
	case BuildSemi, BuildAnti:
		return nil, nil
	}
	if len(yes)*4 >= to-from && len(s.probeRows) == 0 {
		out := &vec.Batch{Rows: to - from, Sel: yes, Cols: make([]*vec.Vector, 0, len(b.Cols)+len(s.side.cols))}
		for _, v := range b.Cols {
			out.Cols = append(out.Cols, constRow(v, int(row), to-from))
		}
		for _, v := range s.side.cols {
			out.Cols = append(out.Cols, vec.Slice(v, from, to))
		}
		if len(yes) == to-from {
			out.Sel = nil
		}
		return out, nil
	}
	for _, i := range yes {
		s.probeRows = append(s.probeRows, row)
		s.buildRows = append(s.buildRows, uint32(from)+i)
	}
	return s.flushFull(), nil
}

// judgeStretch returns which of the build rows from..to-1, counted from from, match a probe row.
func (s *loopJoinStream) judgeStretch(row uint32, from, to int) ([]uint32, error) {
	if s.cond == nil {
		return remaining(&vec.Batch{Rows: to - from}, nil), nil
	}
	in := &vec.Batch{Rows: to - from}
	for _, i := range s.cond.probe {
		in.Cols = append(in.Cols, constRow(s.batch.Cols[i], int(row), to-from))
	}
	for _, i := range s.cond.build {
		in.Cols = append(in.Cols, vec.Slice(s.side.cols[i], from, to))
	}
	yes, null, err := s.cond.judge(s.env.Fn, in, s.plan.Kind == Mark)
	if len(null) > 0 {
		s.null[row] = true
	}
	return yes, err
}

func (s *loopJoinStream) setHits(rows []uint32) error {
	for _, i := range rows {
		if s.plan.Kind == Singular && s.hit[i] {
			return errSecondRow()
		}
		s.hit[i] = true
	}
	return nil
}

// dropHits takes the rows that have a match out of those that look for one.
func (s *loopJoinStream) dropHits() {
	live := s.live[:0]
	for _, i := range s.live {
		if !s.hit[i] {
			live = append(live, i)
		}
	}
	s.live = live
}

// flushFull puts out the waiting pairs when they fill a batch.
func (s *loopJoinStream) flushFull() *vec.Batch {
	if len(s.probeRows) < s.env.BatchRows {
		return nil
	}
	return s.flush()
}

func (s *loopJoinStream) flush() *vec.Batch {
	out := pairBatch(s.batch, buildColumns{cols: s.side.cols}, s.probeRows, s.buildRows)
	s.probeRows, s.buildRows = s.probeRows[:0], s.buildRows[:0]
	return out
}

// end leaves the batch and returns its rows that the kind puts out once all pairs are known.
func (s *loopJoinStream) end() *vec.Batch {
	b := s.batch
	s.batch = nil
	var yes, unknown []uint32
	for _, i := range remaining(b, nil) {
		switch {
		case s.hit[i]:
			yes = append(yes, i)
		case s.null[i]:
			unknown = append(unknown, i)
		}
	}
	switch s.plan.Kind {
	case Outer, FullOuter, Singular:
		if rows := remaining(b, yes); len(rows) > 0 {
			return unmatchedBatch(b, s.plan.Build.Schema(), rows)
		}
	case Semi:
		return selectRows(b, yes)
	case Anti:
		return selectRows(b, remaining(b, yes))
	case Mark:
		return markBatch(b, yes, unknown)
	}
	return nil
}
