package gsql

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"gsql/exec"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// execution is what is known of a query's execution, while it runs and thereafter.
type execution struct {
	queries *queries
	cancel  context.CancelCauseFunc

	id                          int64
	sql                         string
	session                     int64
	user, database, application string
	begun                       time.Time

	rejects []exec.Reject // that its scans left out; the queries' lock guards them

	mu        sync.Mutex
	plan      exec.Plan // nil: still being made, or done with
	estimates map[exec.Plan]float64
	profile   *exec.Profile
	spill     *spill.Space
	queued    func() bool // tells whether it waits to be admitted
	opened    time.Time   // when the execution of the plan began
	ended     time.Time
	err       error
	final     *planner.Report // of an execution that has ended, once somebody asked; plan is nil then
	totals    planner.Totals  // likewise
	rows      int64           // likewise
}

// keptText is how much of a query's text is kept.
const keptText = 64 << 10

// begin notes that a session begins a query, which cancel ends.
func (q *queries) begin(s *Session, text string, cancel context.CancelCauseFunc) *execution {
	if len(text) > keptText {
		text = strings.ToValidUTF8(text[:keptText], "") + "..."
	}
	x := &execution{queries: q, cancel: cancel, sql: strings.Clone(text), session: s.id, begun: time.Now()}
	s.mu.Lock()
	x.user, x.database, x.application = s.user, s.database, s.settings.derive().application
	s.mu.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last++
	x.id = q.last
	q.running = append(q.running, x)
	return x
}

// start says that the plan is made and its execution begins, and returns what is to count it.
func (x *execution) start(plan exec.Plan, estimates map[exec.Plan]float64, space *spill.Space, queued func() bool) *exec.Profile {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.plan, x.estimates, x.spill, x.profile, x.opened = plan, estimates, space, exec.NewProfile(), time.Now()
	x.queued = queued
	return x.profile
}

// finish says that the execution has ended, and by which error, if any.
func (x *execution) finish(err error) {
	x.mu.Lock()
	if x.ended.IsZero() {
		x.ended, x.err = time.Now(), err
	}
	x.mu.Unlock()
	x.queries.end(x)
}

// report returns the plan with what has been measured so far; nil when there is no plan.
func (x *execution) report() *planner.Report {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.plan == nil {
		return x.final
	}
	r := planner.NewReport(x.plan, x.estimates, x.profile)
	r.Planning = x.opened.Sub(x.begun)
	end := x.ended
	if end.IsZero() {
		end = time.Now()
	}
	r.Execution = end.Sub(x.opened)
	x.addSpilled(r.Totals)
	if !x.ended.IsZero() { // the report takes less memory than the plan
		x.final, x.totals, x.rows = r, *r.Totals, r.Root.Measured.Rows
		x.plan, x.estimates, x.profile, x.spill = nil, nil, nil, nil
	}
	return r
}

// addSpilled adds what was spilled but not by an operator that counts it.
func (x *execution) addSpilled(t *planner.Totals) {
	if x.spill != nil {
		t.SpilledBytes, t.SpilledFiles = max(t.SpilledBytes, x.spill.Written()), max(t.SpilledFiles, x.spill.Files())
	}
}

// query returns what is known now.
func (x *execution) query() Query {
	x.mu.Lock()
	defer x.mu.Unlock()
	q := Query{ID: x.id, SQL: x.sql, Session: x.session, User: x.user, Database: x.database, Application: x.application,
		State: x.state(), Start: x.begun, Duration: time.Since(x.begun), Rows: x.rows}
	if !x.ended.IsZero() {
		q.Duration = x.ended.Sub(x.begun)
	}
	t := &x.totals
	if x.plan != nil {
		t = planner.TotalsOf(x.plan, x.profile)
		x.addSpilled(t)
		q.Rows = x.profile.Of(x.plan).Sum(func(p *exec.PartStats) int64 { return p.Rows.Load() })
	}
	q.BytesRead, q.BytesDone, q.BytesTotal, q.RowsRead, q.Busy = t.BytesRead, t.BytesDone, t.BytesTotal, t.RowsRead, t.Busy
	q.MemoryNow, q.MemoryPeak, q.SpilledBytes, q.SpilledFiles = t.MemoryNow, t.MemoryPeak, t.SpilledBytes, t.SpilledFiles
	if x.err != nil {
		q.Error, q.ErrorCode = x.err.Error(), string(sqlstate.Of(x.err))
		var e *sqlstate.Error
		if errors.As(x.err, &e) {
			q.Error = e.Message
		}
	}
	return q
}

func (x *execution) state() QueryState {
	switch {
	case x.err != nil && sqlstate.Of(x.err) == sqlstate.QueryCanceled:
		return QueryCancelled
	case x.err != nil:
		return QueryFailed
	case !x.ended.IsZero():
		return QueryFinished
	case x.plan == nil, x.queued():
		return QueryQueued
	}
	return QueryRunning
}
