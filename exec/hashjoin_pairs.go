package exec

import (
	"gsql/exec/vec"
)

// joinPairs counts out the pairs of a probe batch and their build rows, a batch at a time.
type joinPairs struct {
	batch *vec.Batch // nil: none
	hit   int        // the next pair: hit's build row number off
	off   uint32
	// Rows of the batch, by number among those that count, that had a true or a NULL condition;
	// for the kinds that ask.
	matched, unknown []bool
	probe, build     []uint32 // the pairs of one step
}

// start begins with a batch, whose hits have just been looked up.
func (p *joinPairs) start(b *vec.Batch, k JoinKind) {
	p.batch, p.hit, p.off = b, 0, 0
	switch k {
	case Outer, FullOuter, Semi, Anti, Mark, Singular:
		p.matched = clearedBools(p.matched, b.Len())
	}
	if k == Mark {
		p.unknown = clearedBools(p.unknown, b.Len())
	}
}

func clearedBools(b []bool, n int) []bool {
	if cap(b) < n {
		return make([]bool, n)
	}
	b = b[:n]
	clear(b)
	return b
}

// fill writes the next pairs, at most limit. Of rows that have their match already, there are none when once
// is set.
func (p *joinPairs) fill(h *joinHits, rowsOf []uint32, limit int, once bool) {
	p.probe, p.build = p.probe[:0], p.build[:0]
	for p.hit < len(h.probe) && len(p.probe) < limit {
		i := h.probe[p.hit]
		if once && p.matched[i] {
			p.hit, p.off = p.hit+1, 0
			continue
		}
		from, count := h.start[p.hit]+p.off, h.count[p.hit]-p.off
		if room := uint32(limit - len(p.probe)); count > room {
			count = room
			p.off += room
		} else {
			p.hit, p.off = p.hit+1, 0
		}
		p.build = append(p.build, rowsOf[from:from+count]...)
		for range count {
			p.probe = append(p.probe, i)
		}
	}
}

// stepPairs joins the next pairs of the current batch, and at its end puts out what the kind asks for about
// its rows.
func (s *joinProber) stepPairs() (*vec.Batch, error) {
	p, kind := &s.pairs, s.plan.Kind
	if p.hit >= len(s.hits.probe) {
		return s.endPairs()
	}
	if err := s.nextPairs(kind == Semi || kind == Anti || kind == Mark); err != nil || len(p.probe) == 0 {
		return nil, err
	}
	if p.matched != nil {
		for _, i := range p.probe {
			if kind == Singular && p.matched[i] {
				return nil, errSecondRow()
			}
			p.matched[i] = true
		}
	}
	if s.matched != nil {
		for _, row := range p.build {
			s.matched.Set(int(row))
		}
	}
	switch kind {
	case Semi, Anti, Mark, BuildSemi, BuildAnti:
		return nil, nil
	}
	if len(p.probe) == 0 {
		return nil, nil
	}
	return pairBatch(p.batch, buildColumns{s.side.cols, s.same}, physical(p.batch, p.probe), p.build), nil
}

// nextPairs finds the next pairs for which the condition is true, which may be none. Where it raises an error, they are those
// before the pair with the error, as long as there are any.
func (s *joinProber) nextPairs(once bool) error {
	p := &s.pairs
	hit, off := p.hit, p.off
	for limit := s.env.BatchRows; ; {
		p.fill(&s.hits, s.side.table.rowsOf, limit, once)
		if s.cond == nil || len(p.probe) == 0 {
			return nil
		}
		err := s.judgePairs()
		if err == nil || s.cond.once || len(p.probe) == 1 {
			return err
		}
		limit = len(p.probe) / 2
		p.hit, p.off = hit, off
	}
}

// judgePairs drops the pairs for which the condition is not true.
func (s *joinProber) judgePairs() error {
	p := &s.pairs
	rows := physical(p.batch, append([]uint32(nil), p.probe...))
	yes, null, err := s.cond.judge(s.env.Fn, s.cond.pairs(p.batch, s.side.cols, rows, p.build), s.plan.Kind == Mark)
	if err != nil {
		return err
	}
	for _, k := range null {
		p.unknown[p.probe[k]] = true
	}
	for i, k := range yes {
		p.probe[i], p.build[i] = p.probe[k], p.build[k]
	}
	p.probe, p.build = p.probe[:len(yes)], p.build[:len(yes)]
	return nil
}

// endPairs leaves the batch and returns its rows that the kind puts out once all pairs are known.
func (s *joinProber) endPairs() (*vec.Batch, error) {
	p, b := &s.pairs, s.pairs.batch
	p.batch = nil
	if p.matched == nil {
		return nil, nil
	}
	var unknown []uint32
	if s.plan.Kind == Mark {
		for i, m := range p.matched {
			p.unknown[i] = p.unknown[i] && !m
		}
		unknown = physical(b, p.rows(p.unknown, true))
	}
	return s.conclude(b, physical(b, p.rows(p.matched, true)), unknown)
}

// rows returns the numbers at which flags is want.
func (p *joinPairs) rows(flags []bool, want bool) []uint32 {
	out := make([]uint32, 0, len(flags))
	for i, f := range flags {
		if f == want {
			out = append(out, uint32(i))
		}
	}
	return out
}
