package gsql

import (
	"net/netip"
	"slices"
	"time"
)

// Activity is what a client's connection to a server does, as pg_stat_activity shows it.
type Activity struct {
	PID                         int32
	User, Database, Application string
	Client                      netip.AddrPort // not valid: on this machine
	TLS                         bool
	State                       ActivityState
	Query                       string // the running one, or the last
	Started                     time.Time
	TransactionStarted          time.Time // zero: in none
	QueryStarted                time.Time // zero: none yet
	Changed                     time.Time // of State
}

// ActivityState is what a connection is at, in PostgreSQL's words.
type ActivityState string

const (
	ActivityActive  ActivityState = "active"
	ActivityIdle    ActivityState = "idle"
	ActivityIdleTx  ActivityState = "idle in transaction"
	ActivityAborted ActivityState = "idle in transaction (aborted)"
)

// Backends are the connections of a server, which a DB asks about them.
type Backends struct {
	List func() []Activity
	// Cancel ends a connection's query, or with terminate the connection; false when there is no such connection.
	Cancel func(pid int32, terminate bool) bool
}

// AddBackends makes a server's connections known to the DB until remove is called.
func (db *DB) AddBackends(b *Backends) (remove func()) {
	db.backends.Lock()
	defer db.backends.Unlock()
	db.backends.list = append(db.backends.list, b)
	return func() {
		db.backends.Lock()
		defer db.backends.Unlock()
		db.backends.list = slices.DeleteFunc(db.backends.list, func(x *Backends) bool { return x == b })
	}
}

func (db *DB) servers() []*Backends {
	db.backends.Lock()
	defer db.backends.Unlock()
	return slices.Clone(db.backends.list)
}

// Activities returns what the connections of all servers do, by their process ids.
func (db *DB) Activities() []Activity {
	var out []Activity
	for _, b := range db.servers() {
		out = append(out, b.List()...)
	}
	slices.SortFunc(out, func(a, b Activity) int { return int(a.PID) - int(b.PID) })
	return out
}

// CancelBackend does what pg_cancel_backend does, and with terminate pg_terminate_backend.
func (db *DB) CancelBackend(pid int32, terminate bool) bool {
	return slices.ContainsFunc(db.servers(), func(b *Backends) bool { return b.Cancel(pid, terminate) })
}

// SetBackend tells the session the process id of its connection.
func (s *Session) SetBackend(pid int32) { s.backend.Store(pid) }

// Backend returns the process id of the session's connection; 0: it has none.
func (s *Session) Backend() int32 { return s.backend.Load() }

// TransactionStart returns when the transaction began; the zero time when there is none.
func (s *Session) TransactionStart() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tx.points) == 0 {
		return time.Time{}
	}
	return s.tx.start
}

// IdleTimeout returns how long the session may wait for a statement, 0 for ever, and whether it is within a transaction.
func (s *Session) IdleTimeout() (d time.Duration, inTransaction bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tx.status != Idle {
		return s.settings.derive().idleInTransaction, true
	}
	return s.settings.derive().idle, false
}
