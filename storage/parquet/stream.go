package parquet

import (
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// stream yields the rows of the tasks that one partition takes.
type stream struct {
	scan  *Scan
	env   *exec.Env
	queue *queue
	stats *exec.PartStats
	terms []*term
	extra *file.Gatherer

	task    *task
	left    int64      // rows of the task
	rows    int64      // of the task that are in ranges
	ranges  []rowRange // of the row group, in the task, that are yet to be read
	cur     []*cursor  // of the task, or of an earlier one, whose memory is used again
	behind  []int64    // rows that a cursor has yet to pass over
	passing []bool     // see rows
	casts   []*caster  // by column, of the file's to the table's type; nil: the same
	window  int        // rows looked at at once
	sent    int64

	pending *vec.Batch // the rest of a batch that was too large
	done    bool
}

// wideWindow is how many times the rows of a batch are looked at when few of them survive.
const wideWindow = 8

func newStream(s *Scan, env *exec.Env, q *queue, part int) *stream {
	return &stream{scan: s, env: env, queue: q, stats: q.stats.Part(part), terms: compileTerms(s), extra: s.extra.Gatherer(), window: max(env.BatchRows, 1),
		cur: make([]*cursor, len(s.columns)), behind: make([]int64, len(s.columns)), casts: make([]*caster, len(s.columns)), passing: make([]bool, len(s.columns))}
}

// Next returns the next rows that the scan's conditions may let pass.
func (s *stream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.pending != nil {
			return s.piece(), nil
		}
		if s.done {
			return nil, io.EOF
		}
		if s.task == nil {
			if err := s.start(ctx); err != nil {
				return nil, err
			}
			continue
		}
		b, err := s.step(ctx)
		if err != nil {
			return nil, err
		}
		if s.left == 0 {
			s.end()
		}
		if b != nil {
			s.pending = b
		}
	}
}

// piece returns up to a batch's rows of pending.
func (s *stream) piece() *vec.Batch {
	b, n := s.pending, max(s.env.BatchRows, 1)
	if b.Rows <= n+n/2 {
		s.pending = nil
		return b
	}
	head := &vec.Batch{Cols: make([]*vec.Vector, len(b.Cols)), Rows: n}
	rest := &vec.Batch{Cols: make([]*vec.Vector, len(b.Cols)), Rows: b.Rows - n}
	for i, v := range b.Cols {
		head.Cols[i], rest.Cols[i] = vec.Slice(v, 0, n), vec.Slice(v, n, b.Rows)
	}
	s.pending = rest
	return head
}

// start takes the next task, or sets done.
func (s *stream) start(ctx context.Context) error {
	if s.scan.limit >= 0 && s.sent >= s.scan.limit {
		s.done = true
		return nil
	}
	t, err := s.queue.take(ctx)
	if err != nil || t == nil {
		s.done = true
		return err
	}
	s.task, s.left = t, t.rows
	sel := t.sel
	s.stats.Read(s.queue.selected(t))
	s.queue.begin(t)
	if !sel.none {
		s.ranges = sel.within(t.skip, t.skip+t.rows)
	}
	s.rows = 0
	for _, r := range s.ranges {
		s.rows += r.to - r.from
	}
	if sel.none || len(s.ranges) == 0 {
		s.stats.Finish(t.size, 0)
		s.drop()
		return nil
	}
	f := t.file
	for i, ord := range s.scan.columns {
		var shared *dictCache
		if t.dicts != nil {
			shared = &t.dicts[i]
		}
		c, err := f.cursor(f.ReaderAt, t.group, &f.cols[ord], shared, sel)
		if err != nil {
			return err
		}
		if s.cur[i] != nil {
			c.inherit(s.cur[i])
		}
		s.cur[i] = c
		s.casts[i] = nil
		if c.col.to.ID != types.Unknown {
			if s.casts[i], err = newCaster(c.col); err != nil {
				return err
			}
		}
		s.behind[i] = t.skip
	}
	return nil
}

// end lets go of a task that is done.
func (s *stream) end() {
	if s.task == nil {
		return
	}
	s.stats.Finish(s.task.size, s.rows)
	s.drop()
}

// drop gives the task back.
func (s *stream) drop() {
	s.queue.finish(s.task)
	s.task, s.left = nil, 0
}

// seek passes over the rows in front of the next range, and returns how many rows it has; 0 when there is none left.
func (s *stream) seek() int64 {
	at := s.task.skip + s.task.rows - s.left
	for len(s.ranges) > 0 && s.ranges[0].to <= at {
		s.ranges = s.ranges[1:]
	}
	if len(s.ranges) == 0 {
		s.left = 0
		return 0
	}
	if gap := s.ranges[0].from - at; gap > 0 {
		for i := range s.behind {
			s.behind[i] += gap
		}
		s.left -= gap
		at += gap
	}
	return s.ranges[0].to - at
}

// step reads the next window of the task. It returns nil when no row of it is left.
func (s *stream) step(ctx context.Context) (*vec.Batch, error) {
	n := int(min(int64(s.window), s.seek()))
	if n == 0 {
		return nil, nil
	}
	if s.scan.limit >= 0 {
		if n = int(min(int64(n), s.scan.limit-s.sent)); n <= 0 {
			s.left = 0
			return nil, nil
		}
	}
	first := s.task.first + s.task.rows - s.left
	s.left -= int64(n)
	r := rows{n: n, kept: n, cols: make([]*vec.Vector, len(s.cur)), passing: s.passing}
	clear(s.passing)
	if err := s.leaveOut(s.task.file.deletes, first, &r); err != nil {
		return nil, err
	}
	for _, t := range s.terms {
		if r.kept == 0 {
			break
		}
		if err := s.apply(t, &r); err != nil {
			return nil, err
		}
	}
	s.adapt(&r)
	for i := range r.cols {
		switch {
		case r.cols[i] != nil && r.passing[i]:
			r.cols[i] = keep(r.cols[i])
		case r.cols[i] != nil:
		case r.kept == 0 || i >= len(s.scan.out):
			s.behind[i] += int64(n)
		default:
			if ctx.Err() != nil { // a page of each of many columns takes its time
				return nil, context.Cause(ctx)
			}
			if err := s.fetch(i, &r, false); err != nil {
				return nil, err
			}
		}
	}
	if r.kept == 0 {
		return nil, nil
	}
	s.sent += int64(r.kept)
	s.extra.Add(s.task.file.number, first, r.kept, r.sel)
	return s.extra.Batch(r.cols[:len(s.scan.out)], r.kept), nil
}

// adapt widens the window when few rows survive and narrows it when many do, so that batches keep a
// reasonable size.
func (s *stream) adapt(r *rows) {
	switch size := max(s.env.BatchRows, 1); {
	case r.kept < r.n/4:
		s.window = min(s.window*2, size*wideWindow)
	case r.kept > r.n/2:
		s.window = size
	}
}

// rows is a window of n rows of which kept are left: those numbered in sel, nil for all. cols holds the rows
// left of the columns that have been read.
type rows struct {
	n, kept int
	sel     []uint32
	cols    []*vec.Vector
	passing []bool // columns whose memory will be used again
}

// keep gives a passing vector memory of its own.
func keep(v *vec.Vector) *vec.Vector {
	w := *v
	w.Data = alignedBytes(len(v.Data))
	copy(w.Data, v.Data)
	return &w
}

// narrow keeps those of the rows left whose places are in kept.
func (r *rows) narrow(kept []uint32) {
	if len(kept) == r.kept {
		return
	}
	for i, v := range r.cols {
		if v != nil {
			r.cols[i] = vec.Gather(v, kept)
			r.passing[i] = r.passing[i] && v.Enc == vec.Const
		}
	}
	if r.sel == nil {
		r.sel = kept
	} else {
		sel := vec.Make[uint32](len(kept))
		for i, k := range kept {
			sel[i] = r.sel[k]
		}
		r.sel = sel
	}
	r.kept = len(kept)
}

// fetch reads a column for the rows left. With passing set the vector may be one whose memory is used again
// by the next fetch. It runs foreign bytes through many decoders: should one miss that
// they are damaged, the error says so and the process goes on.
func (s *stream) fetch(i int, r *rows, passing bool) (err error) {
	c := s.cur[i]
	defer func() {
		if x := recover(); x != nil {
			err = c.pages.corrupt("%v", x)
		}
		s.stats.Read(c.pages.read)
		c.pages.read = 0
	}()
	from, to := 0, r.n
	if r.sel != nil {
		from, to = int(r.sel[0]), int(r.sel[len(r.sel)-1])+1
	}
	if err := c.skip(s.behind[i] + int64(from)); err != nil {
		return err
	}
	gather := r.sel != nil && r.kept < to-from
	v, err := c.read(to-from, passing || gather)
	if err != nil {
		return err
	}
	s.behind[i] = int64(r.n - to)
	r.passing[i] = passing && !gather
	if gather {
		sel := r.sel
		if from > 0 {
			sel = vec.Make[uint32](len(r.sel))
			for k, x := range r.sel {
				sel[k] = x - uint32(from)
			}
		}
		v = vec.Gather(v, sel)
	}
	if k := s.casts[i]; k != nil {
		out, bad, err := k.cast(v)
		if err != nil {
			return err
		}
		if bad >= 0 {
			return inexact(c.col, s.task.file.file.Path, vec.At[int64](v, bad))
		}
		v = out
	}
	r.cols[i] = v
	return nil
}

// Close gives up the task.
func (s *stream) Close() error {
	s.end()
	clear(s.cur)
	s.pending, s.done = nil, true
	return nil
}
