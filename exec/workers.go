package exec

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// expressTime is how long a query runs before it has to share the workers: who asks something small need not
	// wait for those who ask much.
	expressTime = 50 * time.Millisecond
	// quantum is how long a task keeps a worker that others wait for. Tasks give way between batches.
	quantum = 5 * time.Millisecond
	// admissionPoll is how often queries that wait for memory look again.
	admissionPoll = 20 * time.Millisecond
)

// Workers is the scheduler of a process: it lets so many tasks of all queries run at once. A task is a goroutine
// that pulls a partition; it has a worker while it works and gives it back while it waits for other tasks.
//
// A free worker goes to the query that has used the least time, as in Linux's completely fair scheduler: a query
// that comes to wait later starts at the time of those that wait already. A query's first moments are free of that
// (expressTime), for a bounded number of queries. A query that is past them and has not had a worker yet is not
// admitted while memory is short and others are at work that will give it back.
type Workers struct {
	total int
	short func() bool // memory is short; nil: never

	waits atomic.Int64 // waiting tasks; for a look without the lock

	mu       sync.Mutex
	free     int
	express  int      // tasks that run besides
	queue    []*share // queries with waiting tasks
	admitted int      // queries that had a worker and have not ended
	clock    int64    // the time of the query that got the last worker
	polling  bool
}

// NewWorkers returns a scheduler of n workers. short tells whether memory is short, or is nil.
func NewWorkers(n int, short func() bool) *Workers {
	return &Workers{total: max(n, 1), free: max(n, 1), short: short}
}

// Number returns how many workers there are, Busy how many have a task.
func (w *Workers) Number() int { return w.total }

// Busy returns how many workers have a task, those of express queries included.
func (w *Workers) Busy() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total - w.free + w.express
}

// Waiting returns how many tasks wait for a worker.
func (w *Workers) Waiting() int { return int(w.waits.Load()) }

// share is a query's part in the workers' time. Its fields belong to the workers' mutex.
type share struct {
	workers  *Workers
	used     int64 // nanoseconds of work
	virtual  int64 // what it is chosen by: used, beginning at the others' time
	waiting  []chan struct{}
	admitted bool
}

// join returns the share of a new query; nil workers have none.
func (w *Workers) join() *share {
	if w == nil {
		return nil
	}
	return &share{workers: w}
}

// queued reports whether the query waits for its first worker.
func (s *share) queued() bool {
	if s == nil {
		return false
	}
	s.workers.mu.Lock()
	defer s.workers.mu.Unlock()
	return !s.admitted && len(s.waiting) > 0
}

// leave is called when the query has ended: no task of it is left.
func (s *share) leave() {
	if s == nil {
		return
	}
	w := s.workers
	w.mu.Lock()
	if s.admitted {
		s.admitted = false
		w.admitted--
	}
	w.dispatch()
	w.mu.Unlock()
}

// slot is what a task holds of a worker.
type slot struct {
	share   *share // nil: tasks are not scheduled
	held    bool
	express bool
	since   time.Time
}

// acquire returns when the task has a worker, or when ctx is cancelled: then it goes on without one, to its end.
func (t *slot) acquire(ctx context.Context) {
	s := t.share
	if s == nil || t.held {
		return
	}
	w := s.workers
	w.mu.Lock()
	switch {
	case s.used < int64(expressTime) && w.express < 4*w.total:
		w.express++
		t.held, t.express = true, true
	case w.free > 0 && len(w.queue) == 0 && w.admits(s):
		w.take(s)
		t.held, t.express = true, false
	default:
		t.wait(ctx)
	}
	w.mu.Unlock()
	t.since = time.Now()
}

// wait waits for a worker, without the lock meanwhile.
func (t *slot) wait(ctx context.Context) {
	s := t.share
	w := s.workers
	ready := make(chan struct{}, 1)
	if len(s.waiting) == 0 {
		w.queue = append(w.queue, s)
		s.virtual = max(s.virtual, w.clock-int64(quantum))
	}
	s.waiting = append(s.waiting, ready)
	w.waits.Add(1)
	w.dispatch()
	w.mu.Unlock()
	select {
	case <-ready:
		w.mu.Lock()
		t.held, t.express = true, false
	case <-ctx.Done():
		w.mu.Lock()
		s.abandon(ready)
	}
}

// abandon takes a task out of those that wait; a worker that it got meanwhile goes to the next.
func (s *share) abandon(ready chan struct{}) {
	w := s.workers
	for i, c := range s.waiting {
		if c == ready {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			w.waits.Add(-1)
			if len(s.waiting) == 0 {
				w.unqueue(s)
			}
			return
		}
	}
	w.free++
	w.dispatch()
}

// release gives the worker back.
func (t *slot) release() {
	if !t.held {
		return
	}
	t.held = false
	took := int64(time.Since(t.since))
	s := t.share
	w := s.workers
	w.mu.Lock()
	s.used += took
	s.virtual += took
	if t.express {
		w.express--
	} else {
		w.free++
		w.dispatch()
	}
	w.mu.Unlock()
}

// yield lets others have the worker when they wait and the task has had it for a while. It returns how long that
// took.
func (t *slot) yield(ctx context.Context) time.Duration {
	if !t.held || !t.express && t.share.workers.waits.Load() == 0 {
		return 0
	}
	now := time.Now()
	if now.Sub(t.since) <= quantum {
		return 0
	}
	t.release()
	t.acquire(ctx)
	return t.since.Sub(now)
}

// take gives a worker to a query.
func (w *Workers) take(s *share) {
	w.free--
	w.clock = max(w.clock, s.virtual)
	if !s.admitted {
		s.admitted = true
		w.admitted++
	}
}

// admits reports whether a query may have a worker at all.
func (w *Workers) admits(s *share) bool {
	return s.admitted || w.admitted == 0 || w.short == nil || !w.short()
}

// dispatch gives free workers to waiting tasks.
func (w *Workers) dispatch() {
	for w.free > 0 && len(w.queue) > 0 {
		var next *share
		for _, s := range w.queue {
			if w.admits(s) && (next == nil || s.virtual < next.virtual) {
				next = s
			}
		}
		if next == nil {
			w.poll()
			return
		}
		w.take(next)
		next.waiting[0] <- struct{}{}
		next.waiting = next.waiting[1:]
		w.waits.Add(-1)
		if len(next.waiting) == 0 {
			w.unqueue(next)
		}
	}
}

// poll dispatches again in a while: nobody tells when memory is given back.
func (w *Workers) poll() {
	if w.polling {
		return
	}
	w.polling = true
	time.AfterFunc(admissionPoll, func() {
		w.mu.Lock()
		w.polling = false
		w.dispatch()
		w.mu.Unlock()
	})
}

func (w *Workers) unqueue(s *share) {
	for i, q := range w.queue {
		if q == s {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			return
		}
	}
}
