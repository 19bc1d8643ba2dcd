package exec

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gsql/exec/vec"
)

// Profile gathers what EXPLAIN ANALYZE prints.
type Profile struct {
	mu  sync.Mutex
	ops map[Plan]*OpStats
}

// NewProfile returns an empty profile.
func NewProfile() *Profile { return &Profile{ops: map[Plan]*OpStats{}} }

// OpStats are the counts of one operator over all its partitions.
type OpStats struct {
	Rows, Batches atomic.Int64
	Nanos         atomic.Int64 // time in Next, inputs included, added up over partitions
	BytesRead     atomic.Int64 // scans: bytes read from files
	Pruned        atomic.Int64 // scans: row groups or files left out
}

// Of returns the counts of an operator; it may be called on a nil profile, which returns nil.
func (p *Profile) Of(plan Plan) *OpStats {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.ops[plan]
	if s == nil {
		s = new(OpStats)
		p.ops[plan] = s
	}
	return s
}

// Read adds bytes read; it does nothing on nil.
func (s *OpStats) Read(bytes int64) {
	if s != nil {
		s.BytesRead.Add(bytes)
	}
}

// Prune adds units left out; it does nothing on nil.
func (s *OpStats) Prune(n int64) {
	if s != nil {
		s.Pruned.Add(n)
	}
}

type measured struct {
	Stream
	stats *OpStats
}

func (p *Profile) wrap(plan Plan, part int, s Stream) Stream { return &measured{s, p.Of(plan)} }

func (m *measured) Next(ctx context.Context) (*vec.Batch, error) {
	start := time.Now()
	b, err := m.Stream.Next(ctx)
	m.stats.Nanos.Add(int64(time.Since(start)))
	if err == nil {
		m.stats.Rows.Add(int64(b.Len()))
		m.stats.Batches.Add(1)
	}
	return b, err
}
