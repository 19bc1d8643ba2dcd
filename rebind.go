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

// unchanged reports whether binding the statement again would make the same of it. It is false for statements that may
// not run now, which binding tells of.
func (p *Prepared) unchanged() bool {
	if _, query := p.stmt.(*syntax.SelectStmt); !query || p.again == nil || p.s.mayRun(p.stmt) != nil {
		return false
	}
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.seen()
	path, _ := s.settings.Get("search_path")
	return err == nil && *p.again == bindKey{st, path, s.user}
}
