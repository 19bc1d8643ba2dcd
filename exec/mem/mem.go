// Package mem counts the memory of large state: hash tables, sort buffers, collected batches. Whoever holds
// such state reserves its bytes by name before it grows; batches in flight are not counted.
package mem

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"gsql/exec/sqlstate"
)

// Pool is a limit in bytes shared by all queries of a process.
type Pool struct {
	limit int64
	used  atomic.Int64
	peak  atomic.Int64

	mu      sync.Mutex
	holders map[*Reservation]struct{}
}

// NewPool returns a pool of limit bytes; limit <= 0 means no limit.
func NewPool(limit int64) *Pool {
	return &Pool{limit: limit, holders: map[*Reservation]struct{}{}}
}

// Limit returns the limit in bytes, 0 for none.
func (p *Pool) Limit() int64 { return max(p.limit, 0) }

// Used returns the bytes reserved now.
func (p *Pool) Used() int64 { return p.used.Load() }

// Peak returns the most bytes that were ever reserved at once.
func (p *Pool) Peak() int64 { return p.peak.Load() }

// Reserve returns an empty reservation under a name that error texts show, such as "hash join build".
// The caller must Release it. One goroutine may use it at a time.
func (p *Pool) Reserve(name string) *Reservation {
	r := &Reservation{pool: p, name: name}
	p.mu.Lock()
	p.holders[r] = struct{}{}
	p.mu.Unlock()
	return r
}

// Reservation is a number of bytes held under a name.
type Reservation struct {
	pool  *Pool
	name  string
	bytes atomic.Int64
}

// Bytes returns what is held.
func (r *Reservation) Bytes() int64 { return r.bytes.Load() }

// Grow adds n bytes, or returns a 53200 error that names the largest holders and changes nothing.
func (r *Reservation) Grow(n int64) error {
	p := r.pool
	used := p.used.Add(n)
	if p.limit > 0 && used > p.limit && n > 0 {
		p.used.Add(-n)
		return p.exceeded(r, n)
	}
	r.bytes.Add(n)
	for peak := p.peak.Load(); used > peak; peak = p.peak.Load() {
		if p.peak.CompareAndSwap(peak, used) {
			break
		}
	}
	return nil
}

// Resize makes the reservation n bytes, with Grow's error when that is more than the pool has.
func (r *Reservation) Resize(n int64) error { return r.Grow(n - r.bytes.Load()) }

// Release gives everything back. It may be called twice, and on nil.
func (r *Reservation) Release() {
	if r == nil {
		return
	}
	p := r.pool
	p.used.Add(-r.bytes.Swap(0))
	p.mu.Lock()
	delete(p.holders, r)
	p.mu.Unlock()
}

func (p *Pool) exceeded(r *Reservation, n int64) error {
	type holder struct {
		name  string
		bytes int64
	}
	var all []holder
	p.mu.Lock()
	for h := range p.holders {
		if b := h.bytes.Load(); b > 0 {
			all = append(all, holder{h.name, b})
		}
	}
	p.mu.Unlock()
	sort.Slice(all, func(i, j int) bool { return all[i].bytes > all[j].bytes })
	var s []string
	for _, h := range all[:min(len(all), 3)] {
		s = append(s, fmt.Sprintf("%s %s", h.name, Format(h.bytes)))
	}
	return sqlstate.New(sqlstate.OutOfMemory, "out of memory").
		WithDetail("%s asked for %s more; the limit is %s. Largest holders: %s.", r.name, Format(n), Format(p.limit), strings.Join(s, ", ")).
		WithHint("Raise the memory limit, or make the query keep less at once.")
}

// Format prints bytes for people: 512 B, 1.5 MiB.
func Format(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/1024, 0
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}
