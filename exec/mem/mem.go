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
	room  atomic.Int64 // see SpillBeyond; 0: not set
	used  atomic.Int64
	peak  atomic.Int64

	spillable atomic.Int64 // holders that can spill

	mu      sync.Mutex
	holders map[*Reservation]struct{}
}

// NewPool returns a pool of limit bytes; limit <= 0 means no limit.
func NewPool(limit int64) *Pool {
	return &Pool{limit: limit, holders: map[*Reservation]struct{}{}}
}

// Limit returns the limit in bytes, 0 for none.
func (p *Pool) Limit() int64 { return max(p.limit, 0) }

// SpillBeyond, for tests, gives holders that can spill room for so many bytes each, however much is free, so that they
// do with little data.
func (p *Pool) SpillBeyond(bytes int64) { p.room.Store(bytes) }

// Used returns the bytes reserved now.
func (p *Pool) Used() int64 { return p.used.Load() }

// Peak returns the most bytes that were ever reserved at once.
func (p *Pool) Peak() int64 { return p.peak.Load() }

// Reserve returns an empty reservation under a name that error texts show, such as "hash join build". The caller
// must Release it. Several goroutines may Grow it at once; for the rest, one may use it at a time.
func (p *Pool) Reserve(name string) *Reservation { return p.add(&Reservation{pool: p, name: name}) }

// ReserveSpillable is Reserve for a holder that can write what it holds to disk: when Grow fails, it does so,
// gives back what that freed, and asks again. No such holder gets so much that others are left with nothing:
// beyond its share of the pool it grows only while a fifth of the pool is free. Up to a floor it may grow in any
// case, even beyond the limit by that little, so that it always has room to work in.
func (p *Pool) ReserveSpillable(name string) *Reservation {
	p.spillable.Add(1)
	return p.add(&Reservation{pool: p, name: name, spillable: true})
}

func (p *Pool) add(r *Reservation) *Reservation {
	p.mu.Lock()
	p.holders[r] = struct{}{}
	p.mu.Unlock()
	return r
}

// Reservation is a number of bytes held under a name.
type Reservation struct {
	pool      *Pool
	name      string
	spillable bool
	meter     *Meter
	bytes     atomic.Int64
}

// Meter adds up what some reservations hold.
type Meter struct {
	Of *Meter // counts the same and more; nil: nothing

	now, peak atomic.Int64
}

// Now returns the bytes held, Peak the most that were held at once.
func (m *Meter) Now() int64  { return m.now.Load() }
func (m *Meter) Peak() int64 { return m.peak.Load() }

func (m *Meter) add(n int64) {
	for ; m != nil; m = m.Of {
		raise(&m.peak, m.now.Add(n))
	}
}

// raise sets peak to at least n.
func raise(peak *atomic.Int64, n int64) {
	for p := peak.Load(); n > p; p = peak.Load() {
		if peak.CompareAndSwap(p, n) {
			return
		}
	}
}

// Measure lets m count what r holds from now on, and returns r.
func (r *Reservation) Measure(m *Meter) *Reservation {
	r.meter = m
	return r
}

// Bytes returns what is held, nothing by nil.
func (r *Reservation) Bytes() int64 {
	if r == nil {
		return 0
	}
	return r.bytes.Load()
}

// Grow adds n bytes, or returns a 53200 error that names the largest holders and changes nothing.
func (r *Reservation) Grow(n int64) error {
	p := r.pool
	used := p.used.Add(n)
	if n > 0 && p.limit > 0 && !r.mayHold(used, r.bytes.Load()+n) {
		p.used.Add(-n)
		return p.exceeded(r, n)
	}
	r.bytes.Add(n)
	r.meter.add(n)
	raise(&p.peak, used)
	return nil
}

// mayHold reports whether a reservation may have so many bytes, with so many used in all.
func (r *Reservation) mayHold(used, bytes int64) bool {
	p := r.pool
	switch {
	case !r.spillable:
		return used <= p.limit
	case p.room.Load() > 0:
		return bytes <= p.room.Load()
	case bytes <= p.floor():
		return true
	case used <= p.limit-p.limit/5:
		return true
	}
	return used <= p.limit && bytes <= p.limit/max(p.spillable.Load(), 1)
}

// floor is what a holder that spills may have in any case.
func (p *Pool) floor() int64 { return min(max(p.limit/64, 64<<10), 4<<20) }

// Resize makes the reservation n bytes, with Grow's error when that is more than it may have.
func (r *Reservation) Resize(n int64) error { return r.Grow(n - r.bytes.Load()) }

// Move makes n of the bytes that r holds those of another reservation of the same pool.
func (r *Reservation) Move(n int64, to *Reservation) {
	r.bytes.Add(-n)
	r.meter.add(-n)
	to.bytes.Add(n)
	to.meter.add(n)
}

// Release gives everything back. It may be called twice, and on nil.
func (r *Reservation) Release() {
	if r == nil {
		return
	}
	p := r.pool
	n := r.bytes.Swap(0)
	p.used.Add(-n)
	r.meter.add(-n)
	p.mu.Lock()
	if _, ok := p.holders[r]; ok && r.spillable {
		p.spillable.Add(-1)
	}
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
