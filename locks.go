package gsql

import (
	"context"
	"sync"
	"time"

	"gsql/exec/sqlstate"
	"gsql/storage/memory"
)

// locks are the locks on tables in memory. A session that changes rows that are there, or a table's columns, holds one
// until its transaction ends; adding rows and reading needs none.
type locks struct {
	mu      sync.Mutex
	holders map[*memory.Identity]*Session
	waiting map[*Session]*memory.Identity
	freed   chan struct{} // closed when a lock becomes free
}

// lock takes the lock on a table, and waits for it if need be: until ctx or lock_timeout ends, or everybody would wait
// for ever.
func (s *Session) lock(ctx context.Context, t *memory.Identity) error {
	l := &s.db.locks
	s.mu.Lock()
	timeout := s.settings.duration("lock_timeout")
	s.mu.Unlock()
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	for {
		freed, err := l.try(s, t)
		if err != nil {
			return err
		}
		if freed == nil {
			s.db.mu.Lock() // for who has found the table not pinned commits in it, and what is seen from now on is what stays
			s.db.mu.Unlock()
			return nil
		}
		select {
		case <-freed:
		case <-expired:
			l.stopWaiting(s)
			return sqlstate.New("55P03", "canceling statement due to lock timeout")
		case <-ctx.Done():
			l.stopWaiting(s)
			return context.Cause(ctx)
		}
	}
}

// try takes the lock, or returns what to wait for.
func (l *locks) try(s *Session, t *memory.Identity) (freed <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, s)
	holder := l.holders[t]
	if holder == s {
		return nil, nil
	}
	if holder == nil {
		if l.holders == nil {
			l.holders, l.waiting = map[*memory.Identity]*Session{}, map[*Session]*memory.Identity{}
		}
		l.holders[t] = s
		t.Pinned.Add(1)
		s.locked = append(s.locked, t)
		return nil, nil
	}
	for h := holder; h != nil; h = l.holders[l.waiting[h]] {
		if h == s {
			return nil, sqlstate.New("40P01", "deadlock detected").WithHint("Run the transaction again.")
		}
	}
	l.waiting[s] = t
	if l.freed == nil {
		l.freed = make(chan struct{})
	}
	return l.freed, nil
}

func (l *locks) stopWaiting(s *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, s)
}

// unlock gives all locks of the session back.
func (s *Session) unlock() {
	l := &s.db.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(s.locked) == 0 {
		return
	}
	for _, t := range s.locked {
		delete(l.holders, t)
		t.Pinned.Add(-1)
	}
	s.locked = nil
	if l.freed != nil {
		close(l.freed)
		l.freed = nil
	}
}

// lockedByOther reports whether another session has the lock on a table.
func (s *Session) lockedByOther(t *memory.Identity) bool {
	l := &s.db.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	holder := l.holders[t]
	return holder != nil && holder != s
}

// alone reports whether statements are their own transactions.
func (s *Session) alone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tx.points) == 0
}

// unlockOutside gives the locks back unless a transaction is open, which holds them to its end.
func (s *Session) unlockOutside() {
	if s.alone() {
		s.unlock()
	}
}
