package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/vec"
)

// Env is one execution of a plan: its settings, its memory, and what partitions share.
type Env struct {
	Fn        *fn.Ctx
	Mem       *mem.Pool
	BatchRows int      // rows of a batch that operators aim at
	Profile   *Profile // nil: do not measure
	// Spill takes what does not fit in Mem; nil: nothing does, and what does not fit is a 53200 error.
	Spill *spill.Space

	// Rejects takes what scans leave out of files.
	Rejects Rejects

	// Limits of what scans may read, beyond which the query fails; 0: none. They need a Profile.
	MaxRowsRead, MaxBytesRead int64

	rowsRead, bytesRead atomic.Int64 // as far as they were compared with the limits
	around              *Env         // whose limits hold, of an inner one

	fixedSplits bool                // see FixSplits
	inputs      map[Plan]*taskInput // of a task: what is read in the place of plans that other tasks ran

	shares *share // nil: does not schedule
	nested bool   // shares belong to the execution around it
	ctx    context.Context
	mu     sync.Mutex
	root   context.Context // ctx until the end of the execution; made when it is asked for, as shared is
	cancel context.CancelFunc
	closed bool
	shared map[any]*once
}

// NewEnv returns the environment of one execution, which ctx cancels. It must be closed when all streams are.
func NewEnv(ctx context.Context, f *fn.Ctx, pool *mem.Pool, batchRows int) *Env {
	return &Env{Fn: f, Mem: pool, BatchRows: batchRows, ctx: ctx}
}

// whole returns the context of the whole execution.
func (e *Env) whole() context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.root == nil {
		e.root, e.cancel = context.WithCancel(e.ctx)
		if e.closed {
			e.cancel()
		}
	}
	return e.root
}

// keep adds a shared value. The lock is held.
func (e *Env) keep(key any, o *once) {
	if e.shared == nil {
		e.shared = map[any]*once{}
	}
	e.shared[key] = o
}

// Schedule makes the execution's tasks share the workers with those of other executions; without it, or without a
// Profile, each runs as it likes. It must be called before anything is opened. The result tells whether the
// execution waits to be admitted.
func (e *Env) Schedule(w *Workers) (queued func() bool) {
	e.shares = w.join()
	return e.shares.queued
}

type once struct {
	done  chan struct{}
	value any
	err   error
}

// Shared returns the value that the first caller with this key builds; others wait for it, or until their
// ctx is cancelled. build runs under the context of the whole execution, since its result outlives the
// caller's partition. The key is usually the plan node. A value with a Close() error method is closed with
// the Env.
func (e *Env) Shared(ctx context.Context, key any, build func(ctx context.Context) (any, error)) (any, error) {
	e.mu.Lock()
	o, ok := e.shared[key]
	if !ok {
		o = &once{done: make(chan struct{})}
		e.keep(key, o)
	}
	e.mu.Unlock()
	if !ok {
		defer close(o.done)
		o.err = guard(func() (err error) {
			o.value, err = build(withTask(e.whole(), taskOf(ctx)))
			return err
		})
		return o.value, o.err
	}
	var err error
	wait(ctx, func() {
		select {
		case <-o.done:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	})
	if err != nil {
		return nil, err
	}
	return o.value, o.err
}

// inner returns the environment of an execution within this one, whose operators share nothing with those around it. Its
// work and memory are those of the whole. It must be closed before e is.
func (e *Env) inner(ctx context.Context) *Env {
	in := NewEnv(ctx, e.Fn, e.Mem, e.BatchRows)
	in.Profile, in.Spill, in.shares, in.nested = e.Profile, e.Spill, e.shares, true
	in.MaxRowsRead, in.MaxBytesRead, in.around = e.MaxRowsRead, e.MaxBytesRead, e
	return in
}

// share makes Shared return a value for a key.
func (e *Env) share(key, value any) {
	done := make(chan struct{})
	close(done)
	e.mu.Lock()
	e.keep(key, &once{done: done, value: value})
	e.mu.Unlock()
}

// given returns the value that share was called with, here or in the innermost of the executions around; nil for none.
func (e *Env) given(key any) any {
	for ; e != nil; e = e.around {
		e.mu.Lock()
		o := e.shared[key]
		e.mu.Unlock()
		if o != nil {
			return o.value
		}
	}
	return nil
}

// Close cancels what still runs and frees what was shared.
func (e *Env) Close() error {
	e.mu.Lock()
	if e.closed = true; e.cancel != nil {
		e.cancel()
	}
	e.mu.Unlock()
	var first error
	for {
		e.mu.Lock()
		shared := e.shared
		e.shared = nil
		e.mu.Unlock()
		if len(shared) == 0 {
			if !e.nested {
				e.shares.leave()
			}
			e.shares = nil
			return first
		}
		// Without the lock: goroutines that are waited for may be asking for shared values themselves.
		for _, o := range shared {
			<-o.done
			if c, ok := o.value.(interface{ Close() error }); ok && o.err == nil {
				if err := c.Close(); err != nil && first == nil {
					first = err
				}
			}
		}
	}
}

// Open opens a partition of a plan and, when the execution is profiled, measures the stream.
func (e *Env) Open(ctx context.Context, p Plan, part int) (Stream, error) {
	if e.Profile == nil {
		return e.open(ctx, p, part)
	}
	return e.openMeasured(ctx, p, part)
}

func (e *Env) open(ctx context.Context, p Plan, part int) (Stream, error) {
	if in := e.inputs[p]; in != nil {
		return in.open(e, part)
	}
	return p.Open(ctx, e, part)
}

// Reserve returns an empty reservation for large state of an operator, where it is counted; see mem.Pool.Reserve.
func (e *Env) Reserve(p Plan, name string) *mem.Reservation {
	return e.Mem.Reserve(name).Measure(e.Profile.Of(p).Meter())
}

// KeyFilter is what a join publishes about the keys of its build side.
type KeyFilter struct {
	// Empty: there are no keys, so no row passes.
	Empty    bool
	Min, Max *vec.Vector // constants; nil: unknown
	Keys     *vec.Vector // the keys, flat and without NULLs, where they are few; nil: unknown
	// Contains, when set, appends to dst those of sel (nil: all rows) whose value may be a key.
	// NULLs do not pass.
	Contains func(v *vec.Vector, sel, dst []uint32) []uint32
}

type filterKey int

// Publish sets the filter with an ID; scans that consult it from then on may use it.
func (e *Env) Publish(id int, f *KeyFilter) { e.filter(id).Store(f) }

// Filter returns the filter with an ID, or nil while it is not known.
func (e *Env) Filter(id int) *KeyFilter { return e.filter(id).Load() }

func (e *Env) filter(id int) *atomic.Pointer[KeyFilter] {
	v, _ := e.Shared(context.Background(), filterKey(id), func(context.Context) (any, error) {
		return new(atomic.Pointer[KeyFilter]), nil
	})
	return v.(*atomic.Pointer[KeyFilter])
}
