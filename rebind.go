package gsql

import (
	"gsql/catalog"
	"gsql/sql"
	"gsql/sql/syntax"
)

// bindKey is what the meaning of a query depends on that reads tables in memory only and no literal whose value is up to
// the session: what there is, and which of it a name stands for.
type bindKey struct {
	state            state
	searchPath, user string
}

// keyOf returns what the query that was bound in env depends on, nil when that may be more than a key has: files, the
// time, or settings.
func (p *Prepared) keyOf(env *sql.Env) *bindKey {
	if p.bound.Session || env.Catalog.(*tables).outside {
		return nil
	}
	s := env.Fn.Objects.(*catalog.Snapshot)
	return &bindKey{p.state, s.SearchPath, s.User}
}

// Unchanged reports whether it is certain that Refresh returns the statement itself, which takes no time then.
func (p *Prepared) Unchanged() bool {
	if p.bound == nil {
		_, fetch := p.stmt.(*syntax.FetchStmt) // of another cursor, maybe
		return !fetch
	}
	return p.unchanged()
}

// unchanged reports whether binding the statement again would make the same of it. It is false for statements that may
// not run now, which binding tells of.
func (p *Prepared) unchanged() bool {
	if _, query := p.stmt.(*syntax.SelectStmt); !query || p.again == nil || p.s.mayRun(p.stmt) != nil {
		return false
	}
	key, err := p.s.bindKey()
	return err == nil && *p.again == key
}

// bindKey is that of what is bound now.
func (s *Session) bindKey() (bindKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.seen()
	return bindKey{st, s.settings.derive().path, s.user}, err
}
