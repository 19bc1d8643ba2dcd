package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/vec"
)

// hashJoinStream probes the table with one partition.
type hashJoinStream struct {
	joinProber
	in      *dividing
	begun   bool
	ended   bool
	rest    *buildRest    // the last partition's, at the end
	spilled *spilledProbe // nil while the build side is in memory
}

// joinProber joins probe batches with a table.
type joinProber struct {
	plan   *HashJoin
	env    *Env
	keys   []*expr.Program
	cond   *joinCond
	same   []int      // see sameColumns
	side   *hashBuild // the table and its rows
	direct bool       // every probe batch makes at most one batch: no pairs need to be counted out

	words   keyWords
	hits    joinHits
	matched vec.Bitmap // kinds that put out build rows: those with a match here
	pairs   joinPairs
	verdict *verdict   // where side is only a piece of the build rows that the batch may match
	queued  *vec.Batch // to be put out next
}

func newHashJoinStream(p *HashJoin, env *Env, in Stream) (*hashJoinStream, error) {
	keys, err := expr.CompileAll(p.ProbeKeys, p.Probe.Schema().Index)
	if err != nil {
		return nil, err
	}
	cond, err := newJoinCond(p.Residual, p.Probe.Schema(), p.Build.Schema())
	if err != nil {
		return nil, err
	}
	return &hashJoinStream{joinProber: joinProber{plan: p, env: env, keys: keys, cond: cond, same: sameColumns(p)},
		in: newDividing(in, append(p.ProbeKeys[:len(p.ProbeKeys):len(p.ProbeKeys)], p.Residual)...)}, nil
}

func (s *hashJoinStream) Close() error {
	s.begun, s.ended, s.rest = true, true, nil
	if s.spilled != nil {
		s.spilled.close()
		s.spilled = nil
	}
	s.use(nil)
	return s.in.Close()
}

func (s *hashJoinStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.begun {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	if s.spilled != nil {
		return s.spilled.next(ctx)
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

// begin gets the build side, which the first partition to come here collects.
func (s *hashJoinStream) begin(ctx context.Context) error {
	p := s.plan
	built, err := s.env.Shared(ctx, p, func(ctx context.Context) (any, error) { return p.build(ctx, s.env) })
	if err != nil {
		return err
	}
	s.begun = true
	if b, ok := built.(*spilledBuild); ok {
		s.spilled = newSpilledProbe(&s.joinProber, s.in, b)
		return nil
	}
	s.use(built.(*hashBuild))
	s.ended = p.Kind.dropsProbe() && s.side.rows == 0
	return nil
}

// use begins with a table; nil leaves the one before.
func (s *joinProber) use(side *hashBuild) {
	s.side, s.matched, s.pairs.batch, s.queued, s.hits.dict = side, nil, nil, nil, dictHits{}
	if side == nil {
		s.pairs = joinPairs{}
		return
	}
	if s.plan.Kind.keepsBuild() {
		s.matched = vec.NewBitmap(side.rows)
	}
	switch s.plan.Kind {
	case Semi, Anti, Mark, BuildSemi, BuildAnti, Singular:
		s.direct = s.cond == nil || side.table.unique
	default:
		s.direct = side.table.unique
	}
}

// step does a part of the work: it goes on with the pairs of a batch, or takes the next one. It returns nil
// when that made no rows.
func (s *hashJoinStream) step(ctx context.Context) (*vec.Batch, error) {
	if s.busy() {
		return s.more()
	}
	b, err := s.in.Next(ctx)
	if err == io.EOF {
		s.ended = true
		if s.side.finish(s.matched) && s.plan.Kind.keepsBuild() {
			s.rest = &buildRest{side: s.side.buildSide, kind: s.plan.Kind, probe: s.plan.Probe.Schema()}
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := s.probe(ctx, b)
	if err != nil {
		return nil, s.in.divide(ctx, b, err)
	}
	return out, nil
}

// busy reports whether the batch last given to probe is not done with: more goes on with it.
func (s *joinProber) busy() bool { return s.pairs.batch != nil || s.queued != nil }

// more does a part of the work on the current batch, and returns nil when that made no rows.
func (s *joinProber) more() (*vec.Batch, error) {
	if b := s.queued; b != nil {
		s.queued = nil
		return b, nil
	}
	return s.stepPairs()
}

// probe begins with a batch.
func (s *joinProber) probe(ctx context.Context, b *vec.Batch) (*vec.Batch, error) {
	if b.Sel != nil && len(b.Sel)*4 < b.Rows {
		b = b.Compact()
	}
	keys, err := s.keyColumns(b)
	if err != nil {
		return nil, err
	}
	s.side.table.lookup(keys, b.Len(), &s.words, &s.hits)
	if s.direct {
		return s.stepDirect(ctx, b, keys)
	}
	s.pairs.start(b, s.plan.Kind)
	return nil, nil
}

// keyColumns returns the keys of the rows that count.
func (s *joinProber) keyColumns(b *vec.Batch) ([]*vec.Vector, error) {
	keys := make([]*vec.Vector, len(s.keys))
	for i, p := range s.keys {
		var err error
		if keys[i], err = p.Eval(s.env.Fn, b); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// stepDirect joins a batch whose rows have at most one build row each, or where it is enough to know one.
func (s *joinProber) stepDirect(ctx context.Context, b *vec.Batch, keys []*vec.Vector) (*vec.Batch, error) {
	h, t := &s.hits, s.side.table
	var unknown []uint32
	if s.cond != nil && len(h.probe) > 0 {
		var err error
		if unknown, err = s.judgeHits(b); err != nil {
			return nil, err
		}
	}
	if s.plan.Kind == Mark && s.side.unknown != nil {
		var err error
		if unknown, err = s.unknownMarks(ctx, b, keys); err != nil {
			return nil, err
		}
	}
	if s.matched != nil {
		s.matchHits()
	}
	if s.plan.Kind == BuildSemi || s.plan.Kind == BuildAnti {
		return nil, nil
	}
	build := h.start
	if s.plan.Kind == Singular && !t.unique {
		build = make([]uint32, len(h.probe))
		for k := range h.probe {
			if h.count[k] > 1 {
				return nil, errSecondRow()
			}
			build[k] = t.row(h, k)
		}
	}
	rows := physical(b, append([]uint32(nil), h.probe...))
	switch s.plan.Kind {
	case Semi, Anti, Mark:
		return s.conclude(b, rows, unknown)
	case Outer, FullOuter, Singular:
		if s.verdict == nil {
			return outerBatch(b, s.side.cols, rows, build), nil
		}
		var err error
		if s.queued, err = s.conclude(b, rows, nil); err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return alignedBatch(b, buildColumns{s.side.cols, s.same}, rows, build), nil
}

// conclude puts out what the kind asks for about the rows of b once it is known which have a match and which
// a NULL condition. It keeps matched.
func (s *joinProber) conclude(b *vec.Batch, matched, unknown []uint32) (*vec.Batch, error) {
	if s.verdict != nil {
		var err error
		if matched, unknown, err = s.verdict.add(b, matched, unknown, s.plan.Kind == Singular); err != nil || !s.verdict.last {
			return nil, err
		}
	}
	switch s.plan.Kind {
	case Outer, FullOuter, Singular:
		if rows := remaining(b, matched); len(rows) > 0 {
			return unmatchedBatch(b, s.plan.Build.Schema(), rows), nil
		}
	case Semi:
		return selectRows(b, matched), nil
	case Anti:
		return selectRows(b, remaining(b, matched)), nil
	case Mark:
		return markBatch(b, matched, unknown), nil
	}
	return nil, nil
}

// judgeHits drops the hits, of a unique table, for which the condition is not true. It returns the rows of b
// for which it is NULL, if the kind asks for them.
func (s *joinProber) judgeHits(b *vec.Batch) ([]uint32, error) {
	h := &s.hits
	rows := physical(b, append([]uint32(nil), h.probe...))
	yes, null, err := s.cond.judge(s.env.Fn, s.cond.pairs(b, s.side.cols, rows, h.start), s.plan.Kind == Mark)
	if err != nil {
		return nil, err
	}
	unknown := make([]uint32, len(null))
	for i, k := range null {
		unknown[i] = rows[k]
	}
	for i, k := range yes {
		h.probe[i], h.start[i] = h.probe[k], h.start[k]
	}
	h.cut(len(yes))
	return unknown, nil
}

// unknownMarks returns the rows of b without a hit whose mark is NULL.
func (s *joinProber) unknownMarks(ctx context.Context, b *vec.Batch, keys []*vec.Vector) ([]uint32, error) {
	if len(s.side.unknown.parts) == 1 && s.side.unknown.parts[0].null == 0 && !mayHaveNulls(keys) {
		return nil, nil
	}
	var unknown []uint32
	dense := &vec.Batch{Rows: b.Len()}
	err := s.side.unknown.find(ctx, s.env, keys, remaining(dense, s.hits.probe), func(i uint32) { unknown = append(unknown, i) })
	return physical(b, unknown), err
}

// matchHits remembers the build rows of all hits.
func (s *joinProber) matchHits() {
	h, t := &s.hits, s.side.table
	if t.unique {
		for _, row := range h.start {
			s.matched.Set(int(row))
		}
		return
	}
	for k, from := range h.start {
		rows := t.rowsOf[from : from+h.count[k]]
		if s.matched.Get(int(rows[0])) {
			continue // the others of the group are set as well
		}
		for _, row := range rows {
			s.matched.Set(int(row))
		}
	}
}
