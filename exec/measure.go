package exec

import (
	"context"
	"io"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// task is one goroutine's part of an execution. It knows which operator the goroutine is in, so that the time
// spent in an operator's inputs is not counted as its own. It travels in the context.
type task struct {
	top  *call
	slot slot
}

// call is a call of an operator's Open or Next, or what a goroutine does on its behalf.
type call struct {
	profile *Profile
	part    *PartStats
	up      *call
	start   int64
	inner   int64 // nanoseconds in calls of inputs
	waited  int64 // of the operator itself
	waits   int64 // of its inputs
}

type taskKey struct{}

func taskOf(ctx context.Context) *task {
	t, _ := ctx.Value(taskKey{}).(*task)
	return t
}

func withTask(ctx context.Context, t *task) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, taskKey{}, t)
}

func (t *task) enter(f *call) {
	f.up, t.top = t.top, f
	f.inner, f.waited, f.waits = 0, 0, 0
	f.start = f.profile.now()
}

// exit ends the call and returns the time of its end, and how long it took without waiting.
func (t *task) exit(f *call) (now, busy int64) {
	t.top = f.up
	now = f.profile.now()
	took := now - f.start
	if f.up != nil {
		f.up.inner += took
		f.up.waits += f.waited + f.waits
	}
	f.part.Busy.Add(took - f.inner - f.waited)
	if f.waited > 0 {
		f.part.Waited.Add(f.waited)
	}
	return now, took - f.waited - f.waits
}

// wait calls f, which waits for other goroutines. They may have the task's worker meanwhile, and the time counts as
// waiting.
func wait(ctx context.Context, f func()) {
	t := taskOf(ctx)
	if t == nil || t.top == nil {
		f()
		return
	}
	start := t.top.profile.now()
	t.slot.release()
	f()
	t.slot.acquire(ctx)
	t.top.waited += t.top.profile.now() - start
}

// Wait calls f, which waits for other tasks of the execution and does nothing else; the worker is free meanwhile. It is for
// operators of other packages whose goroutines, made by Env.Run, wait for each other.
func Wait(ctx context.Context, f func()) { wait(ctx, f) }

// yield lets tasks of other queries have the worker, when they wait for one.
func yield(ctx context.Context) {
	if t := taskOf(ctx); t != nil && t.top != nil {
		t.top.waited += int64(t.slot.yield(ctx))
	}
}

// branch calls f in the name of a partition of an operator, from a goroutine that has just begun: the context
// it gets is the goroutine's own, and what f does beside calling operators is the operator's own work.
func branch(ctx context.Context, e *Env, part *PartStats, f func(ctx context.Context) error) error {
	if e.Profile == nil || part == nil {
		return f(ctx)
	}
	t := &task{slot: slot{share: e.shares}}
	t.slot.acquire(ctx)
	defer t.slot.release()
	base := &call{profile: e.Profile, part: part}
	t.enter(base)
	defer t.exit(base)
	return f(withTask(ctx, t))
}

// owner returns the partition of the operator that the goroutine of ctx is in.
func owner(ctx context.Context) *PartStats {
	if t := taskOf(ctx); t != nil && t.top != nil {
		return t.top.part
	}
	return nil
}

// measured is a stream that counts.
type measured struct {
	Stream
	env   *Env
	call  call
	meter *readMeter      // of scans, when there are limits
	alone context.Context // the last context without a task, and
	own   context.Context // the same with one
}

// within returns the task of a context; who calls from outside of an execution has none yet.
func (m *measured) within(ctx context.Context) (context.Context, *task) {
	if t := taskOf(ctx); t != nil {
		return ctx, t
	}
	if ctx != m.alone {
		m.alone, m.own = ctx, withTask(ctx, &task{slot: slot{share: m.env.shares}})
	}
	return m.own, taskOf(m.own)
}

// openMeasured opens a partition of a plan and counts from then on.
func (e *Env) openMeasured(ctx context.Context, p Plan, part int) (Stream, error) {
	m := &measured{env: e, call: call{profile: e.Profile, part: e.Profile.Of(p).Part(part)}}
	ctx, t := m.within(ctx)
	t.enter(&m.call)
	s, err := e.open(ctx, p, part)
	t.exit(&m.call)
	if err != nil {
		m.call.part.state.Store(int64(Failed))
		return nil, err
	}
	m.Stream = s
	if _, scan := p.(Reader); scan && (e.MaxRowsRead > 0 || e.MaxBytesRead > 0) {
		part := m.call.part // which may have been read before, by an earlier round of a recursive query
		m.meter = &readMeter{env: e, part: part, rows: part.RowsRead.Load(), bytes: part.BytesRead.Load()}
	}
	return m, nil
}

// readMeter compares what one partition of a scan reads with the limits of the execution.
type readMeter struct {
	env         *Env
	part        *PartStats
	rows, bytes int64 // counted so far
}

func (r *readMeter) check() error {
	e := r.env
	for e.around != nil {
		e = e.around
	}
	rows, bytes := r.part.RowsRead.Load(), r.part.BytesRead.Load()
	allRows, allBytes := e.rowsRead.Add(rows-r.rows), e.bytesRead.Add(bytes-r.bytes)
	r.rows, r.bytes = rows, bytes
	switch {
	case e.MaxRowsRead > 0 && allRows > e.MaxRowsRead:
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "the query reads more than %d rows (max_rows_read)", e.MaxRowsRead).
			WithHint("Read fewer files or raise max_rows_read.")
	case e.MaxBytesRead > 0 && allBytes > e.MaxBytesRead:
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "the query reads more than %s of files (max_bytes_read)", mem.Format(e.MaxBytesRead)).
			WithHint("Read fewer files or columns, or raise max_bytes_read.")
	}
	return nil
}

func (m *measured) Next(ctx context.Context) (*vec.Batch, error) {
	ctx, t := m.within(ctx)
	s := m.call.part
	if s.began.Load() == 0 {
		s.began.Store(max(1, m.call.profile.now()))
		s.state.Store(int64(Running))
	}
	if t.top == nil { // who calls is no task: it is one while it is here
		t.slot.acquire(ctx)
		defer t.slot.release()
	}
	t.enter(&m.call)
	b, err := m.Stream.Next(ctx)
	now, busy := t.exit(&m.call)
	if m.meter != nil && (err == nil || err == io.EOF) {
		if limit := m.meter.check(); limit != nil {
			b, err = nil, limit
		}
	}
	s.Inclusive.Add(busy)
	s.last.Store(now)
	switch {
	case err == nil:
		if s.Batches.Add(1) == 1 {
			s.first.Store(now)
		}
		s.Rows.Add(int64(b.Len()))
	case err == io.EOF:
		s.state.Store(int64(Done))
	default:
		s.state.Store(int64(Failed))
	}
	return b, err
}

func (m *measured) Close() error {
	if s := &m.call.part.state; PartState(s.Load()) < Done {
		s.Store(int64(Done))
	}
	return m.Stream.Close()
}
