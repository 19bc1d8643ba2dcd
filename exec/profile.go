package exec

import (
	"sync"
	"sync/atomic"
	"time"

	"gsql/exec/mem"
)

// Profile counts what an execution of a plan does, while it does it. Every operator has counters for each of its
// partitions, which the partition's goroutine changes and anybody may read.
//
// Time is wall-clock time, since Go knows no other for a goroutine. What an operator waits for others, in an exchange
// or for what partitions share, is counted apart: the rest is busy time, which includes reading files, and
// waiting for a processor where there are more goroutines than processors. The busy times of an operator's own work
// add up to that of the execution.
type Profile struct {
	Memory  mem.Meter // reserved by all operators
	Spilled Spill     // by all operators

	start time.Time
	mu    sync.Mutex
	ops   map[Plan]*OpStats
}

// NewProfile returns an empty profile of an execution that begins now.
func NewProfile() *Profile { return &Profile{start: time.Now(), ops: map[Plan]*OpStats{}} }

// now returns the time since the start; it asks for the monotonic clock only.
func (p *Profile) now() int64 { return int64(time.Since(p.start)) }

// Of returns the counters of an operator; it may be called on a nil profile, which returns nil.
func (p *Profile) Of(plan Plan) *OpStats {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.ops[plan]
	if s == nil {
		s = &OpStats{profile: p, parts: make([]PartStats, max(1, plan.Partitioning().N))}
		s.Memory.Of, s.Spilled.of = &p.Memory, &p.Spilled
		p.ops[plan] = s
	}
	return s
}

// OpStats are the counters of one operator.
type OpStats struct {
	Memory  mem.Meter // reserved for large state
	Spilled Spill

	// Of scans: files and row groups, which are few.
	FilesRead, FilesPruned   atomic.Int64
	GroupsRead, GroupsPruned atomic.Int64
	PagesPruned              atomic.Int64 // of the row groups that are read

	profile *Profile
	parts   []PartStats
}

// PartStats are the counters of one partition of an operator. They fill two cache lines, which is what processors
// fetch at once, so that partitions do not disturb each other.
type PartStats struct {
	Rows, Batches atomic.Int64 // put out
	Busy          atomic.Int64 // nanoseconds of the operator's own work, in whichever goroutine
	Waited        atomic.Int64 // nanoseconds that it waited for others
	Inclusive     atomic.Int64 // nanoseconds in Next with the inputs that the same goroutine pulls, waiting left out

	began atomic.Int64 // nanoseconds since the start of the execution, 0: not yet; when it was opened
	first atomic.Int64 // when the first batch came
	last  atomic.Int64 // when the latest Next returned
	state atomic.Int64 // PartState

	// Of scans.
	BytesRead atomic.Int64 // from files; some may be read twice
	BytesDone atomic.Int64 // of the input's size: bytes that are read, or need not be
	RowsRead  atomic.Int64 // before conditions that the scan applies

	_ [32]byte
}

// PartState says how far a partition of an operator is.
type PartState int64

const (
	Waiting PartState = iota // nobody has asked for rows
	Running
	Done
	Failed
)

func (s PartState) String() string {
	return [...]string{"waiting", "running", "done", "failed"}[s]
}

// Meter returns the operator's Memory, nil on nil.
func (s *OpStats) Meter() *mem.Meter {
	if s == nil {
		return nil
	}
	return &s.Memory
}

// Part returns the counters of a partition, nil on nil.
func (s *OpStats) Part(part int) *PartStats {
	if s == nil {
		return nil
	}
	return &s.parts[min(part, len(s.parts)-1)]
}

// Parts returns the counters of all partitions; they are to be read only.
func (s *OpStats) Parts() []PartStats { return s.parts }

// Sum adds up a counter of all partitions.
func (s *OpStats) Sum(counter func(*PartStats) int64) (n int64) {
	for i := range s.parts {
		n += counter(&s.parts[i])
	}
	return n
}

// BytesRead returns what a scan has read from files.
func (s *OpStats) BytesRead() int64 {
	return s.Sum(func(p *PartStats) int64 { return p.BytesRead.Load() })
}

// Read adds bytes read; it does nothing on nil.
func (p *PartStats) Read(bytes int64) {
	if p != nil && bytes != 0 {
		p.BytesRead.Add(bytes)
	}
}

// Finish adds bytes of the input's size and rows that are dealt with; it does nothing on nil.
func (p *PartStats) Finish(bytes, rows int64) {
	if p != nil {
		if bytes != 0 {
			p.BytesDone.Add(bytes)
		}
		if rows != 0 {
			p.RowsRead.Add(rows)
		}
	}
}

// State returns how far the partition is.
func (p *PartStats) State() PartState { return PartState(p.state.Load()) }

// Times returns when the partition was opened, when its first batch came and when its latest one did, since
// the start of the execution; 0 for what has not happened.
func (p *PartStats) Times() (began, first, last time.Duration) {
	return time.Duration(p.began.Load()), time.Duration(p.first.Load()), time.Duration(p.last.Load())
}

// Spill counts what was written to temporary files.
type Spill struct {
	Bytes, Files atomic.Int64
	of           *Spill
}

// Add counts bytes and files; it does nothing on nil.
func (s *Spill) Add(bytes, files int64) {
	for ; s != nil; s = s.of {
		s.Bytes.Add(bytes)
		s.Files.Add(files)
	}
}

// InputSize is how much a plan will read from files.
type InputSize struct {
	Bytes  int64 // sizes of the files
	Files  int
	Groups int // row groups, where it is known that files have such and how many
}

// Reader is a plan that reads files: a scan. What it has done of the size is in PartStats.BytesDone.
type Reader interface {
	Plan
	InputSize() InputSize
}
