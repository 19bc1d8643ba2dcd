package exec

import "sync"

// Reject is a row of a file that a scan left out because it could not be read, as ignore_errors lets it.
type Reject struct {
	File   string
	Line   int64  // from 1; 0 if it is not known
	Column string // "" for the whole row
	Value  string // of the column, or the beginning of the row
	Reason string
}

// Rejects gathers what the scans of one execution leave out. The zero value is ready; it is safe for concurrent use.
type Rejects struct {
	mu    sync.Mutex
	rows  []Reject
	total int64
}

// MaxRejects bounds the rejects of one execution that are kept; the others are only counted.
const MaxRejects = 10_000

// Add adds rows that a scan kept, and the number of all that it left out.
func (r *Rejects) Add(rows []Reject, total int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, rows[:min(len(rows), MaxRejects-len(r.rows))]...)
	r.total += total
}

// All returns the rows that were kept and the number of all that were left out.
func (r *Rejects) All() ([]Reject, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rows, r.total
}
