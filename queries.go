package gsql

import (
	"slices"
	"sync"
	"time"

	"gsql/exec/sqlstate"
	"gsql/planner"
)

// QueryState says how far a query is.
type QueryState string

const (
	QueryQueued    QueryState = "queued" // it is being planned, or waits to be admitted
	QueryRunning   QueryState = "running"
	QueryFinished  QueryState = "finished"
	QueryFailed    QueryState = "failed"
	QueryCancelled QueryState = "cancelled"
)

// Query is what is known of a query, running or not, at one moment.
type Query struct {
	ID          int64         `json:"id"`
	SQL         string        `json:"sql"`
	Session     int64         `json:"session"`
	User        string        `json:"user"`
	Database    string        `json:"database"`
	Application string        `json:"application"` // the session's application_name
	State       QueryState    `json:"state"`
	Start       time.Time     `json:"start"`
	Duration    time.Duration `json:"duration_ns"` // with planning; so far, or in all
	Rows        int64         `json:"rows"`        // given out

	// What its operators have done; see planner.Totals. BytesDone of BytesTotal is its progress.
	BytesRead    int64         `json:"bytes_read"`
	BytesDone    int64         `json:"bytes_done"`
	BytesTotal   int64         `json:"bytes_total"`
	RowsRead     int64         `json:"rows_read"`
	Busy         time.Duration `json:"busy_ns"`
	MemoryNow    int64         `json:"memory_now"`
	MemoryPeak   int64         `json:"memory_peak"`
	SpilledBytes int64         `json:"spilled_bytes"`
	SpilledFiles int64         `json:"spilled_files"`

	ErrorCode string `json:"error_code,omitempty"` // SQLSTATE
	Error     string `json:"error,omitempty"`
}

// Share returns how much of the query's input is dealt with, from 0 to 1; 0 when it reads no files.
func (q *Query) Share() float64 {
	if q.BytesTotal <= 0 {
		return 0
	}
	return float64(q.BytesDone) / float64(q.BytesTotal)
}

// keptQueries is how many queries are remembered when they have ended.
const keptQueries = 100

// queries are the executions of a DB: all that run, and the last that have ended.
type queries struct {
	mu      sync.Mutex
	last    int64 // ID given
	running []*execution
	ended   []*execution // the oldest first
}

// Queries returns the queries that run, and the last hundred that have ended, by their IDs.
func (db *DB) Queries() []Query {
	var out []Query
	for _, x := range db.queries.all() {
		out = append(out, x.query())
	}
	slices.SortFunc(out, func(a, b Query) int { return int(a.ID - b.ID) })
	return out
}

// Report returns the plan of a query with its operators, stages and tasks, and what they have done so far; nil for a
// query that is not known, or not planned yet.
func (db *DB) Report(id int64) *planner.Report {
	for _, x := range db.queries.all() {
		if x.id == id {
			return x.report()
		}
	}
	return nil
}

// Cancel ends a running query with error 57014, and reports whether there was one.
func (db *DB) Cancel(id int64) bool {
	db.queries.mu.Lock()
	i := slices.IndexFunc(db.queries.running, func(x *execution) bool { return x.id == id })
	if i < 0 {
		db.queries.mu.Unlock()
		return false
	}
	x := db.queries.running[i]
	db.queries.mu.Unlock()
	x.cancel(sqlstate.New(sqlstate.QueryCanceled, "canceling statement due to user request"))
	return true
}

// Current returns the session's query that runs, the latest if there are several.
func (s *Session) Current() (q Query, ok bool) {
	s.db.queries.mu.Lock()
	var x *execution
	for _, r := range s.db.queries.running {
		if r.session == s.id {
			x = r
		}
	}
	s.db.queries.mu.Unlock()
	if x == nil {
		return Query{}, false
	}
	return x.query(), true
}

func (q *queries) all() []*execution {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append(slices.Clone(q.ended), q.running...)
}

// end moves an execution to those that have ended.
func (q *queries) end(x *execution) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.running, x)
	if i < 0 {
		return
	}
	q.running = slices.Delete(q.running, i, i+1)
	if len(q.ended) >= keptQueries {
		q.ended = slices.Delete(q.ended, 0, len(q.ended)-keptQueries+1)
	}
	q.ended = append(q.ended, x)
}
