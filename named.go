package gsql

import (
	"context"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
)

// maxNamed is how many prepared statements a session can have.
const maxNamed = 10_000

// maxNamedText is how many bytes of text they can have together; what a text becomes takes a multiple of it.
const maxNamedText = 16 << 20

// Named returns the prepared statement with a name, that of PREPARE or of SetNamed.
func (s *Session) Named(name string) (*Prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.named[name]; p != nil {
		return p, nil
	}
	return nil, sqlstate.New(sqlstate.InvalidStatementName, "prepared statement \"%s\" does not exist", name)
}

// SetNamed gives a prepared statement of the session a name, which must be free: EXECUTE runs it, and Named returns it.
func (s *Session) SetNamed(name string, p *Prepared) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayName(name); err != nil {
		return err
	}
	held := len(p.text)
	for _, x := range s.named {
		held += len(x.text)
	}
	if held > maxNamedText {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "the texts of prepared statements are longer than %d bytes", maxNamedText)
	}
	s.named[name] = p
	return nil
}

// MayName returns the error that SetNamed would return.
func (s *Session) MayName(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mayName(name)
}

func (s *Session) mayName(name string) error {
	switch {
	case s.named[name] != nil:
		return sqlstate.New(sqlstate.DuplicatePreparedStatement, "prepared statement \"%s\" already exists", name)
	case len(s.named) >= maxNamed:
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "too many prepared statements")
	}
	return nil
}

// Unname forgets a prepared statement; there need not be one.
func (s *Session) Unname(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.named, name)
}

// Text returns the text that the statement was read from, which may have others.
func (p *Prepared) Text() string { return p.text }

// prepareNamed runs PREPARE.
func (s *Session) prepareNamed(ctx context.Context, text string, stmt *syntax.PrepareStmt) error {
	if err := s.MayName(stmt.Name); err != nil {
		return err
	}
	var params []types.Type
	for _, n := range stmt.Types {
		t, err := s.typeOf(n)
		if err != nil {
			return err
		}
		params = append(params, sql.ParamType(t))
	}
	p, err := s.PrepareStatement(ctx, text, stmt.Statement, params)
	if err != nil {
		return err
	}
	return s.SetNamed(stmt.Name, p)
}

func (s *Session) deallocate(stmt *syntax.DeallocateStmt) error {
	if stmt.All {
		s.mu.Lock()
		clear(s.named)
		s.mu.Unlock()
		return nil
	}
	_, err := s.Named(stmt.Name)
	s.Unname(stmt.Name)
	return err
}

// executeNamed runs EXECUTE.
func (p *Prepared) executeNamed(ctx context.Context, stmt *syntax.ExecuteStmt) (*Rows, error) {
	named, values, err := p.withArguments(ctx, stmt)
	if err != nil {
		return nil, err
	}
	return named.Query(ctx, values)
}

// explainNamed runs EXPLAIN EXECUTE.
func (p *Prepared) explainNamed(ctx context.Context, e *syntax.ExplainStmt, stmt *syntax.ExecuteStmt) (*Rows, error) {
	named, values, err := p.withArguments(ctx, stmt)
	if err != nil {
		return nil, err
	}
	if named.write != nil && e.Analyze {
		return nil, sqlstate.Unsupported("Explain it without ANALYZE.", "EXPLAIN ANALYZE of %s is not supported", named.stmt.Tag())
	}
	q := *named
	q.cols = p.cols
	return q.explain(ctx, e, values)
}

// withArguments returns the statement that EXECUTE is of, as of now, with the values of its parameters.
func (p *Prepared) withArguments(ctx context.Context, stmt *syntax.ExecuteStmt) (*Prepared, []*vec.Vector, error) {
	env, err := p.s.bindEnv(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	env.FixedParams = true
	if want, got := len(p.execute.Params()), len(stmt.Args); want > 0 && want != got { // without parameters values do not matter
		return nil, nil, sqlstate.New(sqlstate.SyntaxError, "wrong number of parameters for prepared statement \"%s\"", stmt.Name).
			WithDetail("Expected %d parameters but got %d.", want, got)
	}
	args, err := sql.BindArgs(ctx, stmt.Args, p.execute.Params(), env)
	if err != nil {
		return nil, nil, err
	}
	named, err := p.execute.Refresh(ctx)
	if err != nil || len(args) == 0 {
		return named, nil, err
	}
	values, err := p.s.evaluate(ctx, args)
	return named, values, err
}

// noop runs a statement that does nothing.
func (s *Session) noop(stmt *syntax.NoopStmt) error {
	if stmt.Table != nil {
		st, err := s.state()
		if err != nil {
			return err
		}
		if _, _, err := s.target(st, "index", stmt.Name, *stmt.Table); err != nil {
			return err
		}
	}
	if stmt.Notice != "" {
		s.tell("NOTICE", "00000", "%s", stmt.Notice)
	}
	return nil
}
