package gsql

import (
	"context"
	"time"

	"gsql/exec"
	"gsql/exec/sqlstate"
)

// MainSession is the session of DB.Query.
func (db *DB) MainSession() *Session { return db.main }

// TaskRunner plans a query as of a time, as every process of a cluster does, and returns what runs its tasks.
func (s *Session) TaskRunner(ctx context.Context, query string, now time.Time) (*exec.Runner, error) {
	s.StartImplicit()
	defer s.EndImplicit()
	s.tx.start = now
	p, err := s.Prepare(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	if p.bound == nil {
		return nil, sqlstate.Unsupported("", "%s is not run in tasks", p.stmt.Tag())
	}
	f := s.fnCtx(ctx)
	plan, _, err := p.plan(ctx, f, nil)
	if err != nil {
		return nil, err
	}
	return exec.NewRunner(plan, f, func(ctx context.Context) *exec.Env {
		env := exec.NewEnv(ctx, f, s.db.pool, s.db.cfg.BatchRows)
		env.Spill = s.db.spill.Space(0)
		return env
	})
}

// SpillBeyond gives operators that can spill room for so many bytes each, so that they do with little data. The
// database must have a memory limit.
func (db *DB) SpillBeyond(bytes int64) { db.pool.SpillBeyond(bytes) }
