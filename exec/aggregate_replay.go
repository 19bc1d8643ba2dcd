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
	if s.out == nil {
		if err := s.readLogs(ctx, p); err != nil {
			return err
		}
	}
	if s.out != nil {
		for i := range s.calls {
			if err := s.dealLog(ctx, i, p.logs[i]); err != nil {
				return err
			}
		}
		return s.endSpill(ctx)
	}
	p.remove()
	return s.complete(ctx)
}

// readLogs gives the rows that calls wrote back to their groups, which are there. Groups that have no room for the
// results, or for their distinct values, are dealt out again instead, if that may help.
func (s *aggregateStream) readLogs(ctx context.Context, p *aggregatePart) error {
	if s.table == nil {
		s.groups = 1
	}
	for _, c := range s.calls {
		c.acc.Grow(s.groups)
	}
	again := s.maySpill() && s.groups > 1
	if again && !s.reserveDistinct(p) && s.groups > 64 {
		return s.dealAgain(ctx)
	}
	err := s.readAllDistinct(ctx, p, !again)
	s.reserved = 0
	for i, c := range s.calls {
		if err == nil && !c.byValue() && len(p.logs[i]) > 0 {
			err = s.readLog(ctx, c, p.logs[i], !again)
		}
	}
	if again && canSpill(s.env, err) {
		return s.dealAgain(ctx)
	}
	return err
}

// dealAgain writes the groups that were read without the rows that they got from logs, which are to be dealt out
// from where they lie.
func (s *aggregateStream) dealAgain(ctx context.Context) error {
	for _, c := range s.calls {
		if l, ok := c.acc.(fn.Log); ok {
			l.TakeLog()
		}
	}
	return s.spill(ctx)
}

// dealLog deals out the rows in files of a call again.
func (s *aggregateStream) dealLog(ctx context.Context, call int, files []*spill.File) error {
	for _, f := range files {
		err := eachBatch(ctx, f, func(b *vec.Batch) error {
			s.part.read += int64(b.Rows)
			return s.dealRows(ctx, call, b.Cols[:len(s.plan.Keys)], b.Cols[len(s.plan.Keys):], b.Rows)
		})
		if err != nil {
			return err
		}
	}
	return nil
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

// readAllDistinct adds the distinct rows of all calls that write them by value. It removes their files if this was the
// last time that they are read.
func (s *aggregateStream) readAllDistinct(ctx context.Context, p *aggregatePart, last bool) error {
	for i, c := range s.calls {
		if !c.byValue() {
			continue
		}
		for _, f := range p.logs[i] {
			if err := s.readDistinct(ctx, c, f, 1); err != nil {
				return err
			}
			if last {
				f.Remove()
			}
		}
	}
	return nil
}

// readDistinct adds the distinct rows in a file of a call to their groups, which are there. Where the rows do not
// fit it deals them out by their values: each file can forget the values of the one before.
func (s *aggregateStream) readDistinct(ctx context.Context, c *aggregateCall, f *spill.File, level int) error {
	c.distinct.reset()
	if n := s.bytes() + c.distinctBytes(f); level < spillLevels && n > s.reserved && s.res.Resize(n) != nil {
		return s.dealDistinct(ctx, c, f, level)
	}
	err := readFiles(ctx, []*spill.File{f}, func(b *vec.Batch) error {
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
	err := readFiles(ctx, []*spill.File{f}, func(b *vec.Batch) error {
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
		f.Remove()
	}
	return nil
}
