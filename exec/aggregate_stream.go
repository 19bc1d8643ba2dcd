package exec

import (
	"context"
	"io"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/vec"
)

const (
	// partialGroups is how many groups a partial aggregation holds: enough for most, and no more than
	// what keeps its table near the processor.
	partialGroups = 1 << 18
	// partialSample is how many rows decide whether a partial aggregation is worth its while.
	partialSample = 100_000
	// partialLogBytes is how much a partial aggregation without keys keeps of rows that it cannot make fewer.
	partialLogBytes = 4 << 20
)

// aggregateStream is one partition of a HashAggregate. It reads its input to the end, or where it puts out states
// until it holds enough groups, and then yields the groups.
type aggregateStream struct {
	plan  *HashAggregate
	env   *Env
	in    Stream
	res   *mem.Reservation // what the groups hold
	rest  *mem.Reservation // what they hold beyond that, where spilling does not help
	keys  []evaluator
	calls []*aggregateCall

	table  *groupTable // nil without keys
	groups int
	room   int      // the groups that accumulators have memory for
	rowIDs []uint32 // scratch: the group of each row
	hashes []uint64 // scratch
	rows   int64    // since the groups were last yielded

	reserved int64 // what is not to be given back before the groups have all their rows

	level int              // how often the rows that are read now were dealt out to files
	out   *aggregateFiles  // what is being written; nil: nothing
	parts []*aggregatePart // what was written and is still to be read
	part  *aggregatePart   // what is being read

	emitting bool
	at       int // the next group to yield
	aside    bool
	tight    bool // the groups are yielded for want of memory
	ended    bool // the input has
	closed   bool
}

// compile prepares the keys and the aggregates.
func (s *aggregateStream) compile() error {
	p := s.plan
	in := p.Input.Schema()
	if len(p.Keys) > 0 {
		s.table = newGroupTable(p.keyTypes())
		s.table.check = s.env.Fn.Check
	}
	if p.Mode.merges() {
		at := len(p.Keys)
		for _, a := range p.Aggs {
			c := newAggregateCall(a, s.env)
			c.firstState = at
			at += c.states
			s.calls = append(s.calls, c)
		}
		return nil
	}
	// All that is evaluated over whole batches is compiled together, so that it shares common parts.
	all := append([]expr.Expr(nil), p.Keys...)
	for _, a := range p.Aggs {
		if a.Filter == nil {
			all = append(all, inputsOf(a)...)
		}
	}
	es, err := newEvaluators(all, in)
	if err != nil {
		return err
	}
	s.keys, es = es[:len(p.Keys)], es[len(p.Keys):]
	for _, a := range p.Aggs {
		c := newAggregateCall(a, s.env)
		n := len(inputsOf(a))
		if a.Filter == nil {
			c.inputs, es = es[:n], es[n:]
		} else if err := c.compileFilter(in); err != nil {
			return err
		}
		if err := c.prepare(p, s.env); err != nil {
			return err
		}
		s.calls = append(s.calls, c)
	}
	return nil
}

func (s *aggregateStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.emitting {
			if s.at < s.groups {
				return s.emit()
			}
			s.clear()
		}
		if s.ended && len(s.parts) == 0 {
			return nil, io.EOF
		}
		if s.ended {
			if err := s.readPart(ctx); err != nil {
				return nil, err
			}
			continue
		}
		b, err := s.in.Next(ctx)
		switch {
		case err == io.EOF:
			if err := s.end(ctx); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, err
		case s.aside:
			return s.passOn(b)
		}
		if err := s.consume(ctx, b); err != nil {
			return nil, err
		}
	}
}

// consume adds the rows of a batch to their groups.
func (s *aggregateStream) consume(ctx context.Context, b *vec.Batch) error {
	n := b.Len()
	if s.plan.Mode.merges() {
		b = b.Compact()
	}
	keys, err := s.evalKeys(b)
	if err != nil {
		return err
	}
	if err := s.makeRoom(ctx, n); err != nil {
		return err
	}
	if err := s.findGroups(keys, n); err != nil {
		return err
	}
	for _, c := range s.calls {
		if s.plan.Mode.merges() {
			err = c.acc.Merge(b.Cols[c.firstState:c.firstState+c.states], s.rowIDs)
		} else {
			err = c.update(b, s.rowIDs)
		}
		if err != nil {
			return err
		}
	}
	s.rows += int64(n)
	if s.plan.Mode.partial() {
		s.decide()
	}
	return s.settle(ctx)
}

// findGroups writes the groups of n rows to rowIDs, and makes those that are new.
func (s *aggregateStream) findGroups(keys []*vec.Vector, n int) error {
	s.rowIDs = resize(s.rowIDs, n)
	if s.table == nil {
		clear(s.rowIDs)
		s.groups = 1
	} else {
		if err := s.table.find(keys, n, s.rowIDs); err != nil {
			return err
		}
		s.groups = s.table.groups
	}
	for _, c := range s.calls {
		if err := s.check(); err != nil { // making room for more groups takes its time when there are many
			return err
		}
		c.acc.Grow(s.groups)
	}
	if s.groups > s.room {
		s.room = max(s.groups, 2*s.room)
	}
	return nil
}

// check returns an error when the query is cancelled.
func (s *aggregateStream) check() error {
	if s.env.Fn.Check == nil {
		return nil
	}
	return s.env.Fn.Check()
}

func (s *aggregateStream) evalKeys(b *vec.Batch) ([]*vec.Vector, error) {
	if s.plan.Mode.merges() {
		return b.Cols[:len(s.plan.Keys)], nil
	}
	keys := make([]*vec.Vector, len(s.keys))
	for i, k := range s.keys {
		var err error
		if keys[i], err = k.eval(s.env, b); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// decide yields the groups of a partial aggregation when there are many, and ends the grouping when it does
// not pay.
func (s *aggregateStream) decide() {
	if s.table == nil {
		for _, c := range s.calls {
			_, log := c.acc.(fn.Log)
			s.emitting = s.emitting || log && c.acc.Bytes() > partialLogBytes
		}
		return
	}
	idle := s.rows >= partialSample && int64(s.groups)*5 > s.rows*4
	full := s.groups >= partialGroups
	if !idle && !full {
		return
	}
	s.aside = idle || int64(s.groups)*2 > s.rows
	s.emitting = true
}

// bytes returns the memory that the groups hold.
func (s *aggregateStream) bytes() (n int64) {
	if s.table != nil {
		n = s.table.bytes()
	}
	for _, c := range s.calls {
		n += c.bytes()
	}
	return n
}

// makeRoom reserves what groups of so many more rows may take while tables grow, for which the groups that are
// there may have to go.
func (s *aggregateStream) makeRoom(ctx context.Context, rows int) error {
	if s.groups == 0 || s.table == nil || !s.maySpill() {
		return nil
	}
	n := s.table.growth(rows)
	if s.groups+rows > s.room { // a copy of twice the size
		for _, c := range s.calls {
			n += 2 * c.acc.Bytes()
		}
	}
	if s.res.Resize(s.bytes()+n) == nil {
		return nil
	}
	return s.spill(ctx)
}

// settle reserves the memory that the groups hold. Where that is too much, the groups go to disk, or, in mode
// Partial, they are yielded.
func (s *aggregateStream) settle(ctx context.Context) error {
	n := s.bytes()
	switch {
	case n == s.res.Bytes() || s.res.Resize(n) == nil:
		return s.rest.Resize(0)
	case s.plan.Mode.partial():
		s.aside = s.aside || s.table != nil && s.rows > partialSample/10 && int64(s.groups)*2 > s.rows
		s.emitting, s.tight = true, true
		return nil
	case s.maySpill():
		return s.spill(ctx)
	}
	return s.hold(n)
}

// hold reserves n bytes without another way out.
func (s *aggregateStream) hold(n int64) error {
	if s.res.Resize(n) == nil {
		return s.rest.Resize(0)
	}
	return s.rest.Resize(n - s.res.Bytes())
}

// end is called at the end of the input.
func (s *aggregateStream) end(ctx context.Context) error {
	s.ended = true
	if s.out != nil {
		return s.endSpill(ctx)
	}
	if s.table == nil && !s.plan.Mode.partial() {
		s.groups = 1
	}
	return s.complete(ctx)
}

// complete makes the groups that are there ready to be yielded: they have all their rows.
func (s *aggregateStream) complete(ctx context.Context) error {
	for _, c := range s.calls {
		c.acc.Grow(s.groups)
		if c.ordered != nil {
			if err := c.ordered.replay(ctx, c.acc, s.env.BatchRows); err != nil {
				return err
			}
		}
	}
	s.emitting = true
	if s.plan.Mode.partial() {
		return nil
	}
	// What the rows of ordered aggregates take here was reserved before. It may be a little more, which is there now.
	_ = s.hold(s.bytes())
	return nil
}

// emit yields the next groups.
func (s *aggregateStream) emit() (*vec.Batch, error) {
	from, to := s.at, min(s.at+s.batchRows(), s.groups)
	s.at = to
	b := &vec.Batch{Rows: to - from}
	if s.table != nil {
		b.Cols = s.table.columns(from, to)
	}
	for _, c := range s.calls {
		cols, err := c.output(s.plan.Mode, from, to)
		if err != nil {
			return nil, err
		}
		b.Cols = append(b.Cols, cols...)
	}
	return s.conform(b), nil
}

// batchRows returns how many groups go into a batch: fewer where they are large, since a batch is a copy.
func (s *aggregateStream) batchRows() int {
	rows := max(s.env.BatchRows, 1)
	if bytes := s.bytes() / int64(max(s.groups, 1)); bytes*int64(rows) > maxBatchBytes {
		rows = max(int(maxBatchBytes/bytes), 64)
	}
	return rows
}

// conform gives columns the types of the schema, from which they may differ in modifiers.
func (s *aggregateStream) conform(b *vec.Batch) *vec.Batch {
	for i, v := range b.Cols {
		b.Cols[i] = v.WithType(s.plan.Out[i].Type)
	}
	return b
}

// clear drops the groups that were yielded.
func (s *aggregateStream) clear() {
	s.emitting, s.at = false, 0
	if s.ended || s.aside || s.tight || s.table == nil {
		s.startOver()
	} else {
		s.groups, s.rows, s.room = 0, 0, 0
		for _, c := range s.calls {
			c.reset()
		}
		s.table.reset()
	}
	s.tight = false
	// Giving back does not fail.
	_ = s.res.Resize(s.bytes())
	_ = s.rest.Resize(0)
}

// startOver drops all groups, and what they hold.
func (s *aggregateStream) startOver() {
	s.groups, s.rows, s.room = 0, 0, 0
	for _, c := range s.calls {
		c.reset()
	}
	if s.table == nil {
		return
	}
	off := s.table.codes.off || s.level > 0 || s.table.codes.bytes() > s.res.Bytes()/4
	s.table = newGroupTable(s.plan.keyTypes())
	s.table.check = s.env.Fn.Check
	s.table.codes.off = off
}

// passOn yields the rows of a batch as the states of groups of one row each.
func (s *aggregateStream) passOn(b *vec.Batch) (*vec.Batch, error) {
	if s.plan.Mode == Combine {
		return s.conform(b.Compact()), nil
	}
	n := b.Len()
	keys, err := s.evalKeys(b)
	if err != nil {
		return nil, err
	}
	for len(s.rowIDs) < n {
		s.rowIDs = append(s.rowIDs, 0)
	}
	s.rowIDs = s.rowIDs[:n]
	for i := range s.rowIDs {
		s.rowIDs[i] = uint32(i)
	}
	out := &vec.Batch{Rows: n, Cols: append([]*vec.Vector(nil), keys...)}
	for _, c := range s.calls {
		c.reset()
		c.acc.Grow(n)
		if err := c.update(b, s.rowIDs); err != nil {
			return nil, err
		}
		state, err := c.acc.State(0, n)
		if err != nil {
			return nil, err
		}
		out.Cols = append(out.Cols, state...)
	}
	return s.conform(out), nil
}

func (s *aggregateStream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.table = nil
	s.calls = nil
	s.out.close()
	s.part.remove()
	for _, p := range s.parts {
		p.remove()
	}
	s.res.Release()
	s.rest.Release()
	return s.in.Close()
}
