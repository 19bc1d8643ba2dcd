package exec

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// past returns a share whose express time is over.
func past(w *Workers) *share {
	s := w.join()
	s.used = int64(expressTime)
	return s
}

// At most so many tasks run at once as there are workers, and all get their turn.
func TestWorkersAreFew(t *testing.T) {
	w := NewWorkers(2, nil)
	var running, most, turns atomic.Int64
	var wg sync.WaitGroup
	for range 5 {
		s := past(w)
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				t := slot{share: s}
				for range 20 {
					t.acquire(context.Background())
					n := running.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(100 * time.Microsecond)
					running.Add(-1)
					turns.Add(1)
					t.release()
				}
			}()
		}
	}
	wg.Wait()
	if most.Load() > 2 || turns.Load() != 5*3*20 {
		t.Errorf("%d tasks ran at once, in %d turns", most.Load(), turns.Load())
	}
	if w.Busy() != 0 || w.Waiting() != 0 || w.free != 2 || len(w.queue) != 0 {
		t.Errorf("%d workers are busy, %d tasks wait, %d are free", w.Busy(), w.Waiting(), w.free)
	}
}

// A query with many tasks gets no more of the workers' time than one with few.
func TestWorkersAreFairToQueries(t *testing.T) {
	w := NewWorkers(1, nil)
	many, one := past(w), past(w)
	ctx, cancel := context.WithTimeout(context.Background(), 600*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	work := func(s *share) {
		defer wg.Done()
		t := slot{share: s}
		t.acquire(ctx)
		for ctx.Err() == nil {
			time.Sleep(time.Millisecond)
			t.yield(ctx)
		}
		t.release()
	}
	wg.Add(6)
	for range 5 {
		go work(many)
	}
	go work(one)
	wg.Wait()
	a, b := many.used-int64(expressTime), one.used-int64(expressTime)
	if a > 2*b || b > 2*a {
		t.Errorf("the query with five tasks had %v, the one with one %v", time.Duration(a), time.Duration(b))
	}
}

// A new query begins at once, however many wait.
func TestNewQueriesNeedNotWait(t *testing.T) {
	w := NewWorkers(1, nil)
	busy := slot{share: past(w)}
	busy.acquire(context.Background())
	fresh := slot{share: w.join()}
	done := make(chan struct{})
	go func() {
		fresh.acquire(context.Background())
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("a new query waits")
	}
	if w.Busy() != 2 {
		t.Errorf("%d workers are busy", w.Busy())
	}
	fresh.release()
	busy.release()
}

// Who is cancelled stops waiting, and a worker that comes at that moment is not lost.
func TestWaitingTasksAreCancelled(t *testing.T) {
	w := NewWorkers(1, nil)
	for range 200 {
		busy := slot{share: past(w)}
		busy.acquire(context.Background())
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				t := slot{share: past(w)}
				t.acquire(ctx)
				t.release()
			}()
		}
		go cancel()
		busy.release()
		wg.Wait()
		cancel()
	}
	if w.free != 1 || w.Waiting() != 0 || len(w.queue) != 0 {
		t.Errorf("%d workers are free, %d tasks wait", w.free, w.Waiting())
	}
}

// While memory is short, queries that have not begun wait for those that have.
func TestAdmission(t *testing.T) {
	var short atomic.Bool
	w := NewWorkers(2, short.Load)
	short.Store(true)
	first := slot{share: past(w)}
	first.acquire(context.Background()) // nobody else is there to give memory back
	second := slot{share: past(w)}
	got := make(chan struct{})
	go func() {
		second.acquire(context.Background())
		close(got)
	}()
	select {
	case <-got:
		t.Fatal("a query was admitted while memory was short")
	case <-time.After(3 * admissionPoll):
	}
	short.Store(false)
	select {
	case <-got:
	case <-time.After(5 * time.Second):
		t.Fatal("a query was not admitted when memory was there again")
	}
	first.release()
	second.release()
	first.share.leave()
	second.share.leave()
	if w.admitted != 0 || w.free != 2 {
		t.Errorf("%d queries are admitted, %d workers free", w.admitted, w.free)
	}
}
