package gsql

import (
	"time"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// TxStatus is the state of a session's transaction, as the letter of PostgreSQL's protocol. Reading files needs no
// transactions; the state is kept because clients rely on it, and settings and views go back on ROLLBACK.
type TxStatus byte

const (
	Idle          TxStatus = 'I'
	InTransaction TxStatus = 'T'
	Failed        TxStatus = 'E' // an error happened: only COMMIT and ROLLBACK may follow
)

// transaction is what a session keeps for ROLLBACK. It is guarded by the session's lock.
type transaction struct {
	status   TxStatus
	together bool // the statements of a text that has several
	start    time.Time
	// points are what one can go back to: the beginning, and then savepoints. Without BEGIN they have the beginning
	// of the statements that a client sends together.
	points []savepoint
	// changes are those of relations that wait for the end of the transaction. The first of them, applied, have been made
	// in base, which became now.
	changes   []*change
	base, now state
	applied   int
	// snapshot is what the statements of a transaction that is at least REPEATABLE READ see of the DB's relations, and reads are
	// those of them that a SERIALIZABLE one has read.
	snapshot *relations
	reads    map[relationKey]bool

	listening []listening // what LISTEN and UNLISTEN change when the transaction commits
	notes     notes       // what NOTIFY sends then
}

type savepoint struct {
	name     string
	settings *Settings
	// How many changes of relations, of channels, and notifications there were.
	changes, listening, notes int
}

const maxSavepoints = 10_000

// time is what now() returns: the time of the transaction's start.
func (t *transaction) time() time.Time {
	if len(t.points) > 0 {
		return t.start
	}
	return time.Now()
}

// forget ends what begin began. The session's lock is held.
func (s *Session) forget() {
	s.tx.points, s.tx.together = nil, false
	s.undo(0)
	s.forgetChannels(0, 0)
	s.tx.snapshot, s.tx.reads = nil, nil
	s.unlock()
}

// Status returns the state of the transaction.
func (s *Session) Status() TxStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tx.status
}

// StartImplicit begins what statements that are sent together have instead of a transaction, if that is not so
// already: an error in one of them undoes the ones before.
func (s *Session) StartImplicit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tx.points) == 0 {
		s.begin()
	}
}

// StartTogether is StartImplicit for the statements of one text, between which cursors may stay open.
func (s *Session) StartTogether() {
	s.StartImplicit()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tx.together = true
}

// EndImplicit ends what StartImplicit began, unless BEGIN has made a transaction of it. An error says that the changes
// of tables and views could not be made, since other sessions have changed them.
func (s *Session) EndImplicit() error {
	if s.Status() != Idle {
		return nil
	}
	err := s.commitImplicit()
	s.endCursors(err == nil)
	return err
}

func (s *Session) commitImplicit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.forget()
	err := s.commit()
	if err != nil && len(s.tx.points) > 0 {
		s.rollbackTo(0)
	}
	return err
}

// Fail marks an open transaction as failed, and undoes one without BEGIN. The servers call it after errors that
// they find themselves.
func (s *Session) Fail() {
	if s.fail() {
		s.endCursors(false)
	}
}

// fail is Fail but for cursors, and reports whether a transaction without BEGIN has ended.
func (s *Session) fail() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.tx.status == InTransaction:
		s.tx.status = Failed
		s.rollbackTo(len(s.tx.points) - 1) // the rest waits for ROLLBACK
		if len(s.tx.points) == 1 {
			s.unlock() // of what it has changed nothing can be left
		}
	case s.tx.status == Idle && len(s.tx.points) > 0:
		s.rollbackTo(0)
		s.forget()
		return true
	case s.tx.status == Idle:
		s.forgetChannels(0, 0)
	}
	return false
}

func (s *Session) begin() {
	s.tx.start = time.Now()
	s.tx.points = []savepoint{{settings: s.settings.clone()}}
}

// rollbackTo undoes what happened since points[i], which stays.
func (s *Session) rollbackTo(i int) {
	p := s.tx.points[i]
	s.undo(p.changes)
	s.forgetChannels(p.listening, p.notes)
	s.settings = p.settings.clone()
	s.tx.points = s.tx.points[:i+1]
}

// mayRun fails in a failed transaction, unless the statement ends it.
func (s *Session) mayRun(stmt syntax.Statement) error {
	switch stmt.(type) {
	case *syntax.CommitStmt, *syntax.RollbackStmt, *syntax.RollbackToStmt, *syntax.EmptyStmt:
		return nil
	}
	if s.Status() == Failed {
		return sqlstate.New(sqlstate.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	return nil
}

// isTransaction reports whether a statement is about transactions and needs to know nothing else.
func isTransaction(stmt syntax.Statement) bool {
	switch stmt.(type) {
	case *syntax.BeginStmt, *syntax.CommitStmt, *syntax.RollbackStmt, *syntax.SavepointStmt, *syntax.ReleaseStmt, *syntax.RollbackToStmt:
		return true
	}
	return false
}

// transaction runs the statements about transactions; ok is false for all others.
func (s *Session) transaction(stmt syntax.Statement) (tag string, ok bool, err error) {
	s.mu.Lock()
	warning, back := "", 0
	tag, ok = stmt.Tag(), true
	code := sqlstate.NoActiveTransaction
	switch stmt := stmt.(type) {
	case *syntax.BeginStmt:
		if s.tx.status == InTransaction {
			code, warning = sqlstate.ActiveTransaction, "there is already a transaction in progress"
		}
		s.beginBlock(stmt.Modes)
	case *syntax.CommitStmt:
		if s.tx.status == Failed {
			tag = "ROLLBACK"
		}
		warning, err = s.endBlock(s.tx.status != Failed, stmt.Chain, "COMMIT AND CHAIN")
	case *syntax.RollbackStmt:
		warning, err = s.endBlock(false, stmt.Chain, "ROLLBACK AND CHAIN")
	case *syntax.SavepointStmt:
		if err = s.needBlock("SAVEPOINT"); err == nil && len(s.tx.points) > maxSavepoints {
			err = sqlstate.New(sqlstate.ProgramLimitExceeded, "too many savepoints")
		} else if err == nil {
			s.tx.points = append(s.tx.points, savepoint{stmt.Name, s.settings.clone(), len(s.tx.changes), len(s.tx.listening), len(s.tx.notes.list)})
		}
	case *syntax.ReleaseStmt:
		var i int
		if i, err = s.savepoint("RELEASE SAVEPOINT", stmt.Name); err == nil {
			s.tx.points = s.tx.points[:i]
			for _, c := range s.cursors {
				c.points = min(c.points, i)
			}
		}
	case *syntax.RollbackToStmt:
		var i int
		if i, err = s.savepoint("ROLLBACK TO SAVEPOINT", stmt.Name); err == nil {
			s.rollbackTo(i)
			s.tx.status = InTransaction
			back = i
		}
	case *syntax.SetTransactionStmt:
		warning = s.setTransaction(stmt)
	default:
		ok = false
	}
	s.mu.Unlock()
	switch {
	case back > 0:
		s.closeCursors(func(c *Cursor) bool { return c.points > back && !c.committed })
	case tag == "COMMIT" && err == nil:
		s.endCursors(true)
	case tag == "COMMIT" || tag == "ROLLBACK" && err == nil:
		s.endCursors(false)
	}
	if warning != "" {
		s.tell("WARNING", code, "%s", warning)
	}
	return tag, ok, err
}

// beginBlock begins a transaction; statements sent together with BEGIN, before it, become part of it.
func (s *Session) beginBlock(m syntax.TransactionModes) {
	if len(s.tx.points) == 0 {
		s.begin()
	}
	s.tx.status = InTransaction
	s.setModes(m, s.settings.SetLocal, "")
}

// endBlock commits or rolls back, and with chain begins a transaction with the same modes.
func (s *Session) endBlock(commit, chain bool, what string) (warning string, err error) {
	if s.tx.status == Idle {
		if chain {
			return "", s.needBlock(what)
		}
		warning = "there is no transaction in progress"
	}
	isolation, _ := s.settings.Get("transaction_isolation")
	readOnly, _ := s.settings.Get("transaction_read_only")
	if commit {
		err = s.commit()
	}
	if (!commit || err != nil) && len(s.tx.points) > 0 {
		s.rollbackTo(0)
	}
	s.settings.endLocal("")
	s.forget()
	s.tx.status = Idle
	if chain && err == nil {
		s.beginBlock(syntax.TransactionModes{})
		_ = s.settings.SetLocal("transaction_isolation", isolation)
		_ = s.settings.SetLocal("transaction_read_only", readOnly)
	}
	return warning, err
}

// savepoint finds the last savepoint with a name.
func (s *Session) savepoint(what, name string) (int, error) {
	if err := s.needBlock(what); err != nil {
		return 0, err
	}
	for i := len(s.tx.points) - 1; i > 0; i-- {
		if s.tx.points[i].name == name {
			return i, nil
		}
	}
	return 0, sqlstate.New("3B001", "savepoint \"%s\" does not exist", name)
}

func (s *Session) needBlock(what string) error {
	if s.tx.status == Idle {
		return sqlstate.New(sqlstate.NoActiveTransaction, "%s can only be used in transaction blocks", what)
	}
	return nil
}

func (s *Session) setTransaction(stmt *syntax.SetTransactionStmt) (warning string) {
	switch {
	case stmt.Session:
		s.setModes(stmt.Modes, s.settings.Set, "default_")
	case s.tx.status == Idle:
		return "SET TRANSACTION can only be used in transaction blocks"
	default:
		s.setModes(stmt.Modes, s.settings.SetLocal, "")
	}
	return ""
}

// setModes keeps the modes that are given as settings, which is all they do.
func (s *Session) setModes(m syntax.TransactionModes, set func(name, value string) error, prefix string) {
	if m.Isolation != "" {
		_ = set(prefix+"transaction_isolation", m.Isolation)
	}
	if m.ReadOnly != nil {
		v := "off"
		if *m.ReadOnly {
			v = "on"
		}
		_ = set(prefix+"transaction_read_only", v)
	}
}
