package exec

import (
	"context"

	"gsql/exec/fn"
	"gsql/exec/spill"
	"gsql/exec/vec"
)

// readPart makes the groups of the next files, or deals them out again when they do not fit.
func (s *aggregateStream) readPart(ctx context.Context) error {
	p := s.parts[len(s.parts)-1]
	s.parts = s.parts[:len(s.parts)-1]
	s.part, s.level = p, p.level
	s.startOver()
	if err := s.readStates(ctx, p.states); err != nil {
		return err
	}
	for i, c := range s.calls {
		if c.byValue() {
			continue
		}
		for _, f := range p.logs[i] {
			if err := s.readLog(ctx, i, f); err != nil {
				return err
			}
		}
	}
	if s.out == nil && s.maySpill() && !s.reserveDistinct(p) && s.groups > 64 {
		if err := s.spill(ctx); err != nil {
			return err
		}
	}
	if s.out == nil && s.table == nil {
		s.groups = 1
	}
	for i, c := range s.calls {
		c.acc.Grow(s.groups)
		if !c.byValue() {
			continue
		}
		for _, f := range p.logs[i] {
			var err error
			if s.out != nil {
				err = s.readLog(ctx, i, f)
			} else {
				err = s.readDistinct(ctx, c, f, 1)
			}
			if err != nil {
				return err
			}
		}
	}
	s.reserved = 0
	if s.out != nil {
		return s.endSpill(ctx)
	}
	return s.complete(ctx)
}

// reserveDistinct reserves memory for the distinct values of each call in turn, and reports whether there is enough.
func (s *aggregateStream) reserveDistinct(p *aggregatePart) bool {
	most := int64(0)
	for i, c := range s.calls {
		if !c.byValue() {
			continue
		}
		for _, f := range p.logs[i] {
			most = max(most, c.distinctBytes(f))
		}
	}
	n := s.bytes() + most
	if most == 0 || s.res.Resize(n) != nil {
		return most == 0
	}
	s.reserved = n // or others would have it before the last value is there
	return true
}

// distinctBytes is what finding the distinct rows of a file takes at most: all may differ.
func (c *aggregateCall) distinctBytes(f *spill.File) int64 {
	t := c.distinct.table
	rows := int(f.Rows())
	return int64(rows+firstBlockGroups)*int64(2*8*(t.layout.words+t.layout.longs)) + 8*int64(2*t.slotsFor(rows)) + 2*f.Raw()
}

// eachBatch calls f with the batches of a file, and removes the file.
func eachBatch(ctx context.Context, file *spill.File, f func(b *vec.Batch) error) error {
	if file == nil {
		return nil
	}
	defer file.Remove()
	return readFiles(ctx, []*spill.File{file}, f)
}

// readStates merges the states in a file.
func (s *aggregateStream) readStates(ctx context.Context, f *spill.File) error {
	return eachBatch(ctx, f, func(b *vec.Batch) error {
		s.part.read += int64(b.Rows)
		at := len(s.plan.Keys)
		if err := s.makeRoom(ctx, b.Rows); err != nil {
			return err
		}
		if err := s.findGroups(b.Cols[:at], b.Rows); err != nil {
			return err
		}
		for _, c := range s.calls {
			if !c.hasState() {
				continue
			}
			if err := c.acc.Merge(b.Cols[at:at+c.states], s.rowIDs); err != nil {
				return err
			}
			at += c.states
		}
		return s.settle(ctx)
	})
}

// readLog adds the rows in a call's file to their groups, or deals them out again when groups have not fit.
func (s *aggregateStream) readLog(ctx context.Context, call int, f *spill.File) error {
	c := s.calls[call]
	return eachBatch(ctx, f, func(b *vec.Batch) error {
		keys, cols := b.Cols[:len(s.plan.Keys)], b.Cols[len(s.plan.Keys):]
		s.part.read += int64(b.Rows)
		if s.out != nil {
			return s.dealRows(ctx, call, keys, cols, b.Rows)
		}
		if err := s.makeRoom(ctx, b.Rows); err != nil {
			return err
		}
		if err := s.findGroups(keys, b.Rows); err != nil {
			return err
		}
		if l, ok := c.acc.(fn.Log); ok && c.hasState() {
			l.AddLog(cols, s.rowIDs)
		} else if err := c.take(cols, s.rowIDs); err != nil {
			return err
		}
		return s.settle(ctx)
	})
}

// readDistinct adds the distinct rows in a file of a call to their groups, which are there. Where the rows do not
// fit it deals them out by their values: each file can forget the values of the one before.
func (s *aggregateStream) readDistinct(ctx context.Context, c *aggregateCall, f *spill.File, level int) error {
	c.distinct.reset()
	if n := s.bytes() + c.distinctBytes(f); level < spillLevels && n > s.reserved && s.res.Resize(n) != nil {
		return s.dealDistinct(ctx, c, f, level)
	}
	err := eachBatch(ctx, f, func(b *vec.Batch) error {
		if err := s.findGroups(b.Cols[:len(s.plan.Keys)], b.Rows); err != nil {
			return err
		}
		if err := c.take(b.Cols[len(s.plan.Keys):], s.rowIDs); err != nil {
			return err
		}
		return s.hold(max(s.bytes(), s.reserved))
	})
	c.distinct.reset()
	return err
}

func (s *aggregateStream) dealDistinct(ctx context.Context, c *aggregateCall, f *spill.File, level int) error {
	ts := append(s.plan.keyTypes(), c.argTypes...)
	parts := newSpillParts(s.env, s.plan, ts, spillFanout, level)
	defer parts.close()
	err := eachBatch(ctx, f, func(b *vec.Batch) error {
		return parts.add(ctx, b.Cols, b.Rows, s.hash(b.Cols, b.Rows))
	})
	if err != nil {
		return err
	}
	files, err := parts.finish()
	if err != nil {
		return err
	}
	defer removeFiles(files)
	level++
	used := 0
	for _, f := range files {
		if f != nil {
			used++
		}
	}
	if used == 1 {
		level = spillLevels
	}
	for _, f := range files {
		if f == nil {
			continue
		}
		if err := s.readDistinct(ctx, c, f, level); err != nil {
			return err
		}
	}
	return nil
}
