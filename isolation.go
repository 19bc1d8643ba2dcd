package gsql

import (
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// What a transaction sees of tables in memory that others change is up to its isolation level. In READ COMMITTED each
// statement sees what was committed when it began. In REPEATABLE READ all see what was committed when the first of them began,
// and the transaction fails when it commits if rows that it has changed are others by then. A SERIALIZABLE one that writes
// fails, too, if another one has changed a relation that it has read; so what it does is what it would do alone. Files are read as
// they are.

// committed returns the DB's relations as the session's transaction sees them, without its own changes. The session's lock is
// held.
func (s *Session) committed() *relations {
	if s.tx.status != InTransaction {
		return s.db.shared.Load()
	}
	if s.tx.snapshot == nil {
		now := s.db.shared.Load()
		if !s.settings.derive().repeatable {
			return now
		}
		s.tx.snapshot = now
	}
	return s.tx.snapshot
}

// noteReads notes, in a SERIALIZABLE transaction, what a statement reads.
func (s *Session) noteReads(p *Prepared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tx.snapshot == nil {
		return
	}
	if !s.settings.derive().serializable {
		return
	}
	if s.tx.reads == nil {
		s.tx.reads = map[relationKey]bool{}
	}
	for _, t := range p.bindings {
		for _, key := range t.used {
			s.tx.reads[key] = true
		}
	}
	if p.write != nil {
		s.tx.reads[p.write.key] = s.tx.reads[p.write.key] || p.rewrites()
	}
}

// rewrites reports whether the statement is an UPDATE or a DELETE, which read the table that they change.
func (p *Prepared) rewrites() bool {
	switch p.writing().(type) {
	case *syntax.UpdateStmt, *syntax.DeleteStmt:
		return true
	}
	return false
}

// mayCommit fails if others have changed what a SERIALIZABLE transaction has read. The locks of the session and the DB are held.
func (s *Session) mayCommit() error {
	now := s.db.shared.Load()
	for key, read := range s.tx.reads {
		if read && !key.temporary() && now.byKey[key] != s.tx.snapshot.byKey[key] {
			return sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to read/write dependencies among transactions").
				WithDetail("Relation \"%s\" was changed by another session.", key.name).WithHint("The transaction might succeed if retried.")
		}
	}
	return nil
}
