package exec

import (
	"context"

	"gsql/exec/fn"
	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// What an aggregation does when its groups do not fit in memory. The groups go to disk, dealt by the hash of
// their keys to some files, as their keys and states; then it begins anew. The next groups that do not fit go to
// the same files. In the end the files are read one by one: states of one group are merged, in the order in which
// they were written, and if the groups of one file do not fit either, they are dealt out once more.
//
// Some aggregates have no small state to merge: those with DISTINCT or ORDER BY, and those whose accumulator is a
// log of its rows. They write rows instead, with the keys of the row's group before it, to files of their own
// that are dealt alike; these rows are added to their groups when the states are there. They are sorted on disk for
// that, so that a group may have more of them than fit.

// aggregateFiles is what is being written.
type aggregateFiles struct {
	n      int           // into how many the groups are dealt
	states *spillParts   // keys, then states; nil when these are no columns at all
	logs   []*spillParts // per call: keys, then rows; nil for calls that have but states
}

// aggregatePart is some groups on disk.
type aggregatePart struct {
	level  int   // how often they were dealt out
	read   int64 // rows of all files that were read so far
	states *spill.File
	logs   [][]*spill.File // per call
}

func (f *aggregateFiles) close() {
	if f == nil {
		return
	}
	f.states.close()
	for _, l := range f.logs {
		l.close()
	}
}

func (p *aggregatePart) remove() {
	if p == nil {
		return
	}
	removeFiles([]*spill.File{p.states})
	for _, l := range p.logs {
		removeFiles(l)
	}
}

// rows returns how many rows there are in all files.
func (p *aggregatePart) rows() (n int64) {
	if p.states != nil {
		n = p.states.Rows()
	}
	for _, l := range p.logs {
		for _, f := range l {
			n += f.Rows()
		}
	}
	return n
}

// maySpill reports whether groups can go to disk.
func (s *aggregateStream) maySpill() bool {
	return !s.plan.Mode.partial() && s.env.Spill != nil && s.level < spillLevels
}

// logTypes returns the columns of the rows that a call writes besides states; nil: it does not.
func (c *aggregateCall) logTypes() []types.Type {
	switch {
	case c.ordered != nil:
		return c.ordered.types[:len(c.ordered.types)-1]
	case c.distinct != nil:
		return c.argTypes
	}
	if l, ok := c.acc.(fn.Log); ok {
		return c.argTypes[:l.LogColumns()]
	}
	return nil
}

// hasState reports whether the state of the accumulator is written: rows yet to come make it, otherwise.
func (c *aggregateCall) hasState() bool { return c.ordered == nil && c.distinct == nil }

// byValue reports whether the rows that a call writes may be read back in parts that share no value, in any order.
func (c *aggregateCall) byValue() bool {
	_, log := c.acc.(fn.Log)
	return c.distinct != nil && c.ordered == nil && !log
}

func (s *aggregateStream) newFiles() *aggregateFiles {
	n := spillFanout
	switch {
	case s.table == nil:
		n = 1
	case s.part != nil: // as many as are needed: files are not free
		n = int(min(2+3*s.part.rows()/(2*max(s.part.read, 1)), spillFanout))
	}
	keys := s.plan.keyTypes()
	states := append([]types.Type(nil), keys...)
	f := &aggregateFiles{n: n, logs: make([]*spillParts, len(s.calls))}
	for i, c := range s.calls {
		if c.hasState() {
			states = append(states, c.agg.Fn.State(c.argTypes)...)
		}
		if ts := c.logTypes(); ts != nil {
			n := n
			if s.table == nil && c.byValue() {
				n = spillFanout
			}
			f.logs[i] = newSpillParts(s.env, s.plan, append(append([]types.Type(nil), keys...), ts...), n, s.level)
		}
	}
	if len(states) > 0 {
		f.states = newSpillParts(s.env, s.plan, states, n, s.level)
	}
	return f
}

// spill writes all groups to disk and begins anew.
func (s *aggregateStream) spill(ctx context.Context) error {
	if s.out == nil {
		s.out = s.newFiles()
	}
	for i, c := range s.calls {
		if err := s.spillLog(ctx, i, c); err != nil {
			return err
		}
	}
	if err := s.spillStates(ctx); err != nil {
		return err
	}
	s.startOver()
	// It is less than before. Where it is not, there is nothing to give back.
	_ = s.res.Resize(s.bytes())
	return s.rest.Resize(0)
}

func (s *aggregateStream) spillStates(ctx context.Context) error {
	if s.out.states == nil {
		return nil
	}
	for from := 0; from < s.groups; from += spillPieceRows {
		to := min(from+spillPieceRows, s.groups)
		var cols []*vec.Vector
		if s.table != nil {
			cols = s.table.columns(from, to)
		}
		hashes := s.hash(cols, to-from)
		for _, c := range s.calls {
			if !c.hasState() {
				continue
			}
			state, err := c.acc.State(from, to)
			if err != nil {
				return err
			}
			cols = append(cols, state...)
		}
		if err := s.out.states.add(ctx, cols, to-from, hashes); err != nil {
			return err
		}
	}
	return nil
}

// spillLog writes the rows that a call keeps.
func (s *aggregateStream) spillLog(ctx context.Context, call int, c *aggregateCall) error {
	switch {
	case c.ordered != nil:
		chunks := c.ordered.rows.chunks
		c.ordered.reset()
		last := len(chunks) - 1
		return eachPiece(chunks, func(cols []*vec.Vector, _ int) error {
			return s.spillRows(ctx, call, cols[:last], groupNumbers(cols[last]))
		})
	case c.distinct != nil:
		t := c.distinct.table
		for from := 0; from < t.groups; from += spillPieceRows {
			cols := t.columns(from, min(from+spillPieceRows, t.groups))
			groups := make([]uint32, cols[0].Len)
			if c.distinct.groups {
				groups, cols = groupNumbers(cols[0]), cols[1:]
			}
			if err := s.spillRows(ctx, call, cols, groups); err != nil {
				return err
			}
		}
		return nil
	}
	l, ok := c.acc.(fn.Log)
	if !ok {
		return nil
	}
	chunks, groups := l.TakeLog()
	return eachPiece(chunks, func(cols []*vec.Vector, from int) error {
		return s.spillRows(ctx, call, cols, groups[from:from+cols[0].Len])
	})
}

// eachPiece calls f with all rows of columns that come in chunks, some thousand at a time; from is the number of the
// first. It drops chunks when they are done.
func eachPiece(chunks [][]*vec.Vector, f func(cols []*vec.Vector, from int) error) error {
	cols := make([]*vec.Vector, len(chunks))
	at := 0
	for k := 0; k < len(chunks[0]); {
		rows, end := 0, k
		for end < len(chunks[0]) && (end == k || rows+chunks[0][end].Len <= spillPieceRows/4) {
			rows += chunks[0][end].Len
			end++
		}
		for c := range chunks {
			cols[c] = vec.Concat(chunks[c][k:end])
			clear(chunks[c][k:end])
		}
		k = end
		for from := 0; from < rows; from += spillPieceRows {
			some := make([]*vec.Vector, len(cols))
			for c, v := range cols {
				some[c] = vec.Slice(v, from, min(from+spillPieceRows, rows))
			}
			if err := f(some, at+from); err != nil {
				return err
			}
		}
		at += rows
	}
	return nil
}

func groupNumbers(v *vec.Vector) []uint32 {
	out := make([]uint32, v.Len)
	for i, g := range vec.Values[int64](vec.Flatten(v)) {
		out[i] = uint32(g)
	}
	return out
}

// spillRows writes rows of a call that belong to these groups.
func (s *aggregateStream) spillRows(ctx context.Context, call int, cols []*vec.Vector, groups []uint32) error {
	var keys []*vec.Vector
	if s.table != nil {
		keys = s.table.rowsOf(groups)
	}
	return s.dealRows(ctx, call, keys, cols, len(groups))
}

// dealRows writes rows of a call with the keys of their groups.
func (s *aggregateStream) dealRows(ctx context.Context, call int, keys, cols []*vec.Vector, rows int) error {
	by := keys
	if s.table == nil && s.calls[call].byValue() {
		by = cols
	}
	hashes := s.hash(by, rows)
	return s.out.logs[call].add(ctx, append(keys[:len(keys):len(keys)], cols...), rows, hashes)
}

// hash returns the hash of each of n rows.
func (s *aggregateStream) hash(cols []*vec.Vector, n int) []uint64 {
	s.hashes = resize(s.hashes, n)
	if len(cols) == 0 {
		clear(s.hashes)
	}
	for i, v := range cols {
		vec.Hash(v, s.hashes, i > 0)
	}
	return s.hashes
}

// endSpill writes the last groups and queues the files for reading.
func (s *aggregateStream) endSpill(ctx context.Context) error {
	if s.groups > 0 {
		if err := s.spill(ctx); err != nil {
			return err
		}
	}
	parts := make([]*aggregatePart, s.out.n)
	for k := range parts {
		parts[k] = &aggregatePart{level: s.level + 1, logs: make([][]*spill.File, len(s.calls))}
	}
	s.parts = append(s.parts, parts...) // those without files are dropped below, but Close must know all
	used := 0
	if s.out.states != nil {
		files, err := s.out.states.finish()
		if err != nil {
			return err
		}
		for k, f := range files {
			if parts[k].states = f; f != nil {
				used++
			}
		}
	}
	for i, l := range s.out.logs {
		if l == nil {
			continue
		}
		files, err := l.finish()
		if err != nil {
			return err
		}
		for k, f := range files {
			if s.table == nil { // there is but one group
				k = 0
			}
			if f != nil {
				parts[k].logs[i] = append(parts[k].logs[i], f)
			}
		}
	}
	s.out = nil
	s.parts = s.parts[:len(s.parts)-len(parts)]
	for _, p := range parts {
		switch {
		case s.table == nil:
			p.level = spillLevels
		case used <= 1: // dealing out again will hardly help
			p.level += 2
		}
		if p.states != nil || s.table == nil && p == parts[0] {
			s.parts = append(s.parts, p)
		}
	}
	return nil
}
