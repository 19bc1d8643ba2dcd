package gsql

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/copytext"
	"gsql/storage/memory"
)

// Session is a client's view of a DB: its settings, its temporary views, its transaction. It is safe for
// concurrent use, but statements that change it do so for all its users.
type Session struct {
	db *DB
	id int64

	mu             sync.Mutex
	settings       *Settings
	temporary      *relations // as committed
	tx             transaction
	user, database string
	notice         func(severity string, n *sqlstate.Error)
	notified       func() // there are notifications

	locked  []*memory.Identity // tables whose lock it has; guarded by the DB's locks
	writing chan struct{}      // held by a statement that changes rows which are there

	given given // by sequences

	named   map[string]*Prepared // PREPARE
	cursors map[string]*Cursor   // DECLARE

	backend atomic.Int32 // process id
}

// Session opens a session.
func (db *DB) Session() *Session {
	s := &Session{db: db, id: db.sessions.Add(1), settings: &Settings{}, temporary: noTemporary, tx: transaction{status: Idle},
		writing: make(chan struct{}, 1), named: map[string]*Prepared{}}
	s.SetIdentity("gsql", "gsql")
	_ = s.settings.SetDefault("TimeZone", db.cfg.TimeZone) // checked by Open
	most := "-1"
	if limit := db.cfg.MemoryLimit; limit > 0 {
		most = formatUnits(float64(limit>>10), byteUnits)
	}
	s.settings.begin("memory_limit", most)
	return s
}

// ID returns the session's number within its DB.
func (s *Session) ID() int64 { return s.id }

// Close ends the session: an open transaction is rolled back, and what is temporary is dropped.
func (s *Session) Close() error {
	s.closeCursors(func(*Cursor) bool { return true })
	s.db.channels.leave(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.tx.status = Idle
	for _, r := range s.temporary.byKey {
		if r.table != nil {
			r.table.Memory.Release()
		}
	}
	s.temporary = noTemporary
	return nil
}

// beginWrite waits until no other statement of the session changes rows that are there.
func (s *Session) beginWrite(ctx context.Context) error {
	select {
	case s.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Session) endWrite() { <-s.writing }

// SetIdentity names the user and the database, for current_user and the like.
func (s *Session) SetIdentity(user, database string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user, s.database = user, database
	s.settings.begin("session_authorization", user)
}

// OnNotice sets the function that is told of notices and warnings; severity is "NOTICE" or "WARNING".
func (s *Session) OnNotice(f func(severity string, n *sqlstate.Error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice = f
}

// tell tells of a notice when client_min_messages lets it through.
func (s *Session) tell(severity string, code sqlstate.Code, format string, args ...any) {
	s.tellOf(severity, sqlstate.New(code, format, args...))
}

func (s *Session) tellOf(severity string, e *sqlstate.Error) {
	s.mu.Lock()
	f := s.notice
	least := s.settings.derive().notices
	s.mu.Unlock()
	if f == nil || least == "error" || least == "warning" && severity == "NOTICE" {
		return
	}
	f(severity, e)
}

// SetDefault gives a setting the value that RESET goes back to, as the start of a connection does.
func (s *Session) SetDefault(name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.SetDefault(name, value)
}

// Setting returns the value of a setting.
func (s *Session) Setting(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.Get(name)
}

// SettingsVersion returns a value that compares equal to an earlier one only if no setting has changed in between.
func (s *Session) SettingsVersion() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.derive()
}

// Query runs one statement with values for its parameters.
func (s *Session) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	values := make([]*vec.Vector, len(args))
	for i, a := range args {
		var err error
		if values[i], err = parameter(a); err != nil {
			return nil, err
		}
	}
	ctx, cancel := s.WithTimeout(ctx)
	rows, err := s.query(ctx, query, values)
	if err != nil {
		err = queryError(ctx, err)
		cancel()
		s.Fail()
		return nil, err
	}
	rows.release = func() {
		cancel()
		s.endNotifying(rows.Err())
	}
	return rows, nil
}

func (s *Session) query(ctx context.Context, query string, values []*vec.Vector) (*Rows, error) {
	p, err := s.Prepare(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	return p.Query(ctx, values)
}

// WithTimeout returns a context that statement_timeout cancels, counted from now. Query uses it; callers of
// Prepared.Query do so themselves, since only they know when a statement of theirs begins and ends.
func (s *Session) WithTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	timeout := s.settings.derive().timeout
	s.mu.Unlock()
	if timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, timeout, sqlstate.New(sqlstate.QueryCanceled, "canceling statement due to statement timeout"))
}

// Prepared is a statement whose names and types are settled. It can be run many times, while the files that it
// reads do not change their columns.
type Prepared struct {
	s     *Session
	stmt  syntax.Statement
	text  string
	state state             // that it was bound in
	bound *sql.Bound        // of a query, or of the rows that a statement writes, also within EXPLAIN
	write *written          // of a statement that writes; nil: it does not
	copy  *copied           // of COPY ... FROM
	out   *copytext.Options // of COPY ... TO STDOUT
	file  *fileTarget       // of a statement that writes files; nil: it does not
	// execute is the statement that EXECUTE is of, also within EXPLAIN.
	execute *Prepared
	cols    []Column
	// again is what binding the statement again must find for the result to be the same; nil: it may be another.
	again *bindKey
	// planned is the plan that each run of the statement has, once there is one; nil: plans differ.
	planned *planned
	// bindings are the catalogs that its queries were bound with, which know what these read.
	bindings []*tables
}

// Prepare reads and binds one statement. params gives the types of its first parameters; unknown ones are
// settled by their use.
func (s *Session) Prepare(ctx context.Context, query string, params []types.Type) (*Prepared, error) {
	stmts, err := s.db.Parse(query)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, sqlstate.New(sqlstate.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	return s.PrepareStatement(ctx, query, stmts[0], params)
}

// PrepareStatement is Prepare for a statement that is read already.
func (s *Session) PrepareStatement(ctx context.Context, query string, stmt syntax.Statement, params []types.Type) (*Prepared, error) {
	return s.prepare(ctx, query, stmt, params, false)
}

// PrepareFixed is PrepareStatement for a statement that cannot have parameters but those of params, maybe none.
func (s *Session) PrepareFixed(ctx context.Context, query string, stmt syntax.Statement, params []types.Type) (*Prepared, error) {
	return s.prepare(ctx, query, stmt, params, true)
}

func (s *Session) prepare(ctx context.Context, query string, stmt syntax.Statement, params []types.Type, fixed bool) (p *Prepared, err error) {
	defer func() {
		if err != nil {
			err = queryError(ctx, err)
		}
	}()
	defer recoverQuery(&err)
	if err := s.mayRun(stmt); err != nil {
		return nil, err
	}
	if q, ok := stmt.(*syntax.SelectStmt); ok {
		if p := s.db.statements.prepared(s, q, params, fixed); p != nil {
			return p, nil
		}
		defer func() {
			if err == nil {
				s.db.statements.keep(p, params, fixed)
			}
		}()
	}
	p = &Prepared{s: s, stmt: stmt, text: query}
	if isTransaction(stmt) { // which may end one whose changes cannot be made any more
		return p, nil
	}
	if p.state, err = s.state(); err != nil {
		return nil, err
	}
	switch stmt := stmt.(type) {
	case *syntax.SelectStmt:
		if err := p.bind(ctx, stmt.Query, params, fixed); err != nil {
			return nil, err
		}
		p.cols = p.boundColumns(p.bound)
	case *syntax.ExplainStmt:
		t := types.Of(types.Text)
		switch stmt.Format {
		case "text":
		case "json":
			t = types.Of(types.JSON)
		default:
			return nil, sqlstate.Unsupported("Use FORMAT TEXT or FORMAT JSON.", "EXPLAIN (FORMAT %s) is not supported", strings.ToUpper(stmt.Format))
		}
		if err := p.bindExplained(ctx, stmt, params, fixed); err != nil {
			return nil, err
		}
		p.cols = []Column{{Name: "QUERY PLAN", Type: t}}
	case *syntax.InsertStmt, *syntax.UpdateStmt, *syntax.DeleteStmt:
		if err := p.bindWrite(ctx, params, fixed); err != nil {
			return nil, err
		}
	case *syntax.CreateTableAsStmt:
		if err := p.bindCreate(ctx, stmt.Query); err != nil {
			return nil, err
		}
	case *syntax.CreateExternalTableStmt:
		if stmt.Query != nil {
			if err := p.bindCreateExternal(ctx, stmt); err != nil {
				return nil, err
			}
		}
	case *syntax.CopyFromStmt:
		if err := p.bindCopy(ctx, stmt); err != nil {
			return nil, err
		}
	case *syntax.DeclareStmt:
		if err := p.bind(ctx, stmt.Query, params, fixed); err != nil {
			return nil, err
		}
	case *syntax.FetchStmt:
		if c := s.Cursor(stmt.Cursor); c != nil && !stmt.Move {
			p.cols = c.cols
		}
	case *syntax.CopyStmt:
		if err := p.bindCopyTo(ctx, stmt); err != nil {
			return nil, err
		}
	case *syntax.ExecuteStmt:
		if p.execute, err = s.Named(stmt.Name); err != nil {
			return nil, err
		}
		p.cols = p.execute.cols
	case *syntax.ShowTablesStmt:
		p.cols = []Column{{Name: "name", Type: textType}}
	case *syntax.ShowCreateStmt:
		p.cols = []Column{{Name: "statement", Type: textType}}
	case *syntax.ShowStmt:
		if p.cols, err = s.showColumns(stmt); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Params returns the types of the parameters.
func (p *Prepared) Params() []types.Type {
	switch {
	case p.bound == nil:
		return nil
	case p.write != nil && p.write.returning != nil: // which has those of the statement, too
		return p.write.returning.Params
	case p.write != nil && p.write.conflict != nil:
		return p.write.conflict.Params
	}
	return p.bound.Params
}

// Columns returns the columns of the result, nil when the statement returns no rows.
func (p *Prepared) Columns() []Column { return p.cols }

// Statement returns the statement as it was read.
func (p *Prepared) Statement() syntax.Statement { return p.stmt }

func (p *Prepared) bind(ctx context.Context, q *syntax.Query, params []types.Type, fixed bool) (err error) {
	env := p.env(ctx, params, fixed)
	p.bound, err = sql.Bind(ctx, q, env)
	if err == nil {
		p.again = p.keyOf(env)
	}
	if p.again != nil && len(p.bound.Params) == 0 {
		p.planned = &planned{}
	}
	return err
}

// bindCreate binds the query of CREATE TABLE AS, which has no parameters.
func (p *Prepared) bindCreate(ctx context.Context, q *syntax.Query) (err error) {
	env := p.env(ctx, nil, true)
	p.bound, err = sql.BindCreate(ctx, q, env)
	return err
}

// values runs a query that binding another one depends on, and returns its only column.
func (s *Session) values(ctx context.Context, q *sql.Bound) ([]*vec.Vector, error) {
	p := &Prepared{s: s, stmt: &syntax.SelectStmt{}, text: "SELECT DISTINCT ... -- the columns of PIVOT", bound: q,
		cols: []Column{{Name: q.Columns[0].Name, Type: q.Columns[0].Type}}}
	rows, err := p.run(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*vec.Vector
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, b.Compact().Cols[0])
	}
}

// bindExplained binds the statement that EXPLAIN is of.
func (p *Prepared) bindExplained(ctx context.Context, e *syntax.ExplainStmt, params []types.Type, fixed bool) (err error) {
	switch inner := e.Statement.(type) {
	case *syntax.SelectStmt:
		return p.bind(ctx, inner.Query, params, fixed)
	case *syntax.InsertStmt, *syntax.UpdateStmt, *syntax.DeleteStmt:
		if !e.Analyze {
			return p.bindWrite(ctx, params, fixed)
		}
	case *syntax.CreateTableAsStmt:
		if !e.Analyze {
			return p.bindCreate(ctx, inner.Query)
		}
	case *syntax.CopyStmt:
		if inner.To != "" && !inner.Program {
			if e.Analyze {
				if err := p.s.mayWrite("COPY TO", false); err != nil {
					return err
				}
			}
			return p.bindCopyFile(ctx, inner)
		}
	case *syntax.ExecuteStmt:
		p.execute, err = p.s.Named(inner.Name)
		return err
	case *syntax.UnsupportedStmt:
		return inner.Err
	}
	if e.Analyze {
		return sqlstate.Unsupported("Explain it without ANALYZE, or analyze its query.", "EXPLAIN ANALYZE of %s is not supported", e.Statement.Tag())
	}
	return sqlstate.Unsupported("Explain a query.", "EXPLAIN of %s is not supported", e.Statement.Tag())
}

// env is what binding the statement needs to know, as of when it was read.
func (p *Prepared) env(ctx context.Context, params []types.Type, fixed bool) *sql.Env {
	env := p.s.envOf(ctx, p.state, params)
	env.FixedParams = fixed
	p.bindings = append(p.bindings, env.Catalog.(*tables))
	return env
}

func (s *Session) bindEnv(ctx context.Context, params []types.Type) (*sql.Env, error) {
	st, err := s.state()
	if err != nil {
		return nil, err
	}
	return s.envOf(ctx, st, params), nil
}

func (s *Session) envOf(ctx context.Context, st state, params []types.Type) *sql.Env {
	f := s.fnCtx(ctx)
	c := newTables(s.db, st, f.Objects.(*catalog.Snapshot).Path(), f.User)
	return &sql.Env{Catalog: c, Params: params, Fn: f, View: c.view, Type: c.userType, Within: c.within, Run: s.values}
}

// fnCtx is what functions know of a query that starts now.
func (s *Session) fnCtx(ctx context.Context) *fn.Ctx {
	s.mu.Lock()
	d := s.settings.derive() // before the copy, so that it has it, too
	settings, user, database, now := s.settings.clone(), s.user, s.database, s.tx.time()
	s.mu.Unlock()
	return &fn.Ctx{
		Now: now, Location: d.location, Formats: d.formats, User: user, Database: database,
		Setting: settings.Get, Objects: s.snapshot(ctx, settings, user, database),
		Check: func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return nil
		},
	}
}

// Refresh returns the statement bound anew, since files, views and settings may have changed since it was
// prepared. The types of its parameters and columns are as before, or there is an error: 0A000, by which clients know
// that they have to prepare it again.
func (p *Prepared) Refresh(ctx context.Context) (*Prepared, error) {
	if p.Unchanged() {
		return p, nil
	}
	if p.bound == nil {
		return p.s.prepare(ctx, p.text, p.stmt, nil, true)
	}
	fresh, err := p.s.prepare(ctx, p.text, p.stmt, p.Params(), true)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(fresh.cols, p.cols, func(a, b Column) bool { return a.Name == b.Name && a.Type == b.Type }) {
		return nil, sqlstate.New(sqlstate.FeatureNotSupported, "cached plan must not change result type")
	}
	return fresh, nil
}

// current returns the statement bound to what the session sees now.
func (p *Prepared) current(ctx context.Context) (*Prepared, error) {
	if p.bound == nil {
		return p, nil
	}
	now, err := p.s.state()
	if err != nil || now == p.state {
		return p, err
	}
	return p.Refresh(ctx)
}

// Query runs the statement with one-row vectors as values of its parameters. statement_timeout is up to the
// caller: see WithTimeout.
func (p *Prepared) Query(ctx context.Context, args []*vec.Vector) (rows *Rows, err error) {
	defer recoverQuery(&err)
	if err := p.s.mayRun(p.stmt); err != nil {
		return nil, err
	}
	values, err := p.arguments(args)
	if err != nil {
		return nil, err
	}
	if p, err = p.current(ctx); err != nil {
		return nil, err
	}
	switch stmt := p.stmt.(type) {
	case *syntax.SelectStmt:
		return p.run(ctx, values)
	case *syntax.InsertStmt, *syntax.UpdateStmt, *syntax.DeleteStmt:
		if p.file != nil {
			return p.insertFiles(ctx, values)
		}
		return p.modify(ctx, values)
	case *syntax.CreateTableAsStmt:
		return p.createTableAs(ctx, stmt)
	case *syntax.CreateExternalTableStmt:
		if stmt.Query != nil {
			return p.createExternalAs(ctx, stmt)
		}
	case *syntax.CopyFromStmt:
		return p.copyFile(ctx, stmt)
	case *syntax.CopyStmt:
		if p.file != nil {
			return p.copyToFile(ctx, values)
		}
		return p.copyTo(ctx, values)
	case *syntax.DeclareStmt:
		return p.declare(ctx, stmt, values)
	case *syntax.FetchStmt:
		return p.s.fetchCursor(ctx, stmt)
	case *syntax.ExecuteStmt:
		return p.executeNamed(ctx, stmt)
	case *syntax.ExplainStmt:
		if e, ok := stmt.Statement.(*syntax.ExecuteStmt); ok {
			return p.explainNamed(ctx, stmt, e)
		}
		return p.explain(ctx, stmt, values)
	}
	return p.s.command(ctx, p)
}

// arguments checks the number of values and gives them the parameters' types.
func (p *Prepared) arguments(args []*vec.Vector) ([]*vec.Vector, error) {
	params := p.Params()
	if len(args) != len(params) {
		return nil, sqlstate.New(sqlstate.ProtocolViolation, "bind message supplies %d parameters, but prepared statement requires %d", len(args), len(params))
	}
	out := make([]*vec.Vector, len(args))
	var st *text.Style
	for i, a := range args {
		switch {
		case a.IsNull(0):
			out[i] = vec.NewNull(params[i], 1)
		case a.Type == params[i]:
			out[i] = a
		default:
			if st == nil {
				st = p.s.Style()
			}
			var b []byte
			if a.Type.ID == types.Bytea { // text as bytes, where the parameter is not bytea
				b = a.Bytes(0)
			} else {
				b = text.Append(nil, a, 0, st)
			}
			v, err := text.Const(params[i], string(b), st)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
	}
	return out, nil
}

// Style returns how the session writes and reads values as text.
func (s *Session) Style() *text.Style {
	f := s.fnCtx(context.Background())
	return &text.Style{Location: f.Location, Objects: f.Objects, Formats: f.Formats}
}

func (s *Session) location() *time.Location {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.derive().location
}

// planned is a plan that the runs of a statement have in common. Plans are immutable.
type planned struct {
	mu        sync.Mutex
	plan      exec.Plan
	estimates map[exec.Plan]float64
}

// plan optimizes and lowers the bound query, and notes how many rows it expects of the plan's operators.
func (p *Prepared) plan(ctx context.Context, f *fn.Ctx, values []*vec.Vector) (exec.Plan, map[exec.Plan]float64, error) {
	k := p.planned
	if k == nil {
		plan, cfg, err := p.makePlan(ctx, f, values)
		return plan, cfg.Estimates, err
	}
	k.mu.Lock()
	plan, estimates := k.plan, k.estimates
	k.mu.Unlock()
	if plan != nil {
		return plan, estimates, nil
	}
	plan, cfg, err := p.makePlan(ctx, f, values)
	if err == nil && !cfg.Session {
		k.mu.Lock()
		k.plan, k.estimates = plan, cfg.Estimates
		k.mu.Unlock()
	}
	return plan, cfg.Estimates, err
}

func (p *Prepared) makePlan(ctx context.Context, f *fn.Ctx, values []*vec.Vector) (exec.Plan, *planner.Config, error) {
	next := p.bound.NextID
	cfg := &planner.Config{Partitions: p.s.db.cfg.Partitions, NextID: &next, NoRules: p.s.db.cfg.NoOptimizer, Fn: f, Context: ctx,
		Estimates: map[exec.Plan]float64{}, TableFunction: p.s.db.catalog.TableFunction}
	node, err := planner.Optimize(planner.BindParams(p.bound.Root, values), cfg)
	if err != nil {
		return nil, cfg, err
	}
	if p.file != nil {
		plan, err := p.planFile(node, cfg)
		return plan, cfg, err
	}
	plan, err := planner.Lower(node, cfg)
	return plan, cfg, err
}

// FailsBeforeRows reports whether an error of the query's first row is one that PostgreSQL raises before it tells the
// columns: as it plans, for expressions of constants, and for statements whose rows it computes before it sends any.
func (p *Prepared) FailsBeforeRows() bool {
	return p.bound == nil || p.stmt.Tag() != "SELECT" || planner.FailingConstant(p.bound.Root)
}

// run starts the query; its work is done while the rows are read.
func (p *Prepared) run(ctx context.Context, values []*vec.Vector) (*Rows, error) {
	s := p.s
	s.noteReads(p)
	ctx, cancel := context.WithCancelCause(ctx)
	f := s.fnCtx(ctx)
	rows := &Rows{cols: p.cols, tag: "SELECT", hasRow: true, session: s, ctx: ctx, cancel: cancel, style: f.Style()}
	rows.query = s.db.queries.begin(s, p.statement(), cancel)
	if err := p.open(rows, f, values); err != nil {
		rows.err = queryError(ctx, err)
		rows.Close()
		return nil, rows.err
	}
	return rows, nil
}

// open plans the query and opens its stream.
func (p *Prepared) open(rows *Rows, f *fn.Ctx, values []*vec.Vector) (err error) {
	defer recoverQuery(&err)
	db, q := p.s.db, rows.query
	plan, estimates, err := p.plan(rows.ctx, f, values)
	if err != nil {
		return err
	}
	rows.plan = plan
	rows.env = exec.NewEnv(rows.ctx, f, db.pool, db.cfg.BatchRows)
	p.s.limit(rows)
	queued := rows.env.Schedule(db.workers)
	rows.env.Profile = q.start(plan, estimates, rows.env.Spill, queued)
	rows.stream, err = rows.env.Open(rows.ctx, plan, 0)
	return err
}

// statement returns the text of the statement, which may be one of several in the text that was sent.
func (p *Prepared) statement() string {
	start, end := p.stmt.Span()
	if start < 0 || end > len(p.text) || start >= end {
		return p.text
	}
	return p.text[start:end]
}

// limit sets what the session allows a query.
func (s *Session) limit(r *Rows) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.settings.derive()
	r.env.Spill = s.db.spill.Space(d.spilled)
	r.env.MaxRowsRead, r.env.MaxBytesRead, r.maxRows = d.rowsRead, d.bytesRead, d.rows
}

// explain prints the plan, and with ANALYZE runs it first.
func (p *Prepared) explain(ctx context.Context, stmt *syntax.ExplainStmt, values []*vec.Vector) (*Rows, error) {
	report, q, err := p.report(ctx, stmt.Analyze, values)
	if err != nil {
		return nil, err
	}
	opts := planner.PrintOptions{Costs: stmt.Costs, Timing: stmt.Timing, Verbose: stmt.Verbose, Summary: stmt.Summary}
	lines := []string{report.JSON(opts)}
	if stmt.Format == "text" {
		lines = strings.Split(strings.TrimRight(report.Text(opts), "\n"), "\n")
	}
	rows := p.s.textRows("EXPLAIN", p.cols, lines)
	rows.query = q
	return rows, nil
}

// report plans the query and, if asked to, runs it, which makes the execution.
func (p *Prepared) report(ctx context.Context, analyze bool, values []*vec.Vector) (*planner.Report, *execution, error) {
	if !analyze {
		begun := time.Now()
		plan, estimates, err := p.plan(ctx, p.s.fnCtx(ctx), values)
		if err != nil {
			return nil, nil, queryError(ctx, err)
		}
		report := planner.NewReport(plan, estimates, nil)
		report.Planning = time.Since(begun)
		return report, nil, nil
	}
	rows, err := p.run(ctx, values)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for {
		if _, err := rows.NextBatch(); err != nil {
			if rows.Err() != nil {
				return nil, nil, rows.Err()
			}
			return rows.query.report(), rows.query, nil
		}
	}
}

// textRows makes a result of strings, one per column and row.
func (s *Session) textRows(tag string, cols []Column, values []string) *Rows {
	builders := make([]*vec.Builder, len(cols))
	for i := range cols {
		builders[i] = vec.NewBuilder(cols[i].Type)
	}
	for i, v := range values {
		builders[i%len(cols)].AppendString(v)
	}
	b := &vec.Batch{Rows: len(values) / len(cols)}
	var schema exec.Schema
	for i, x := range builders {
		b.Cols = append(b.Cols, x.Finish())
		schema = append(schema, exec.Field{Name: cols[i].Name, Type: cols[i].Type})
	}
	rows := s.planRows(cols, &exec.Values{Out: schema, Batches: []*vec.Batch{b}}, nil)
	rows.tag = tag
	return rows
}

// planRows makes a result of rows that are there. held is what they have reserved, nil for nothing.
func (s *Session) planRows(cols []Column, plan exec.Plan, held *mem.Reservation) *Rows {
	rows := &Rows{cols: cols, hasRow: true, session: s, ctx: context.Background(), style: s.Style(), held: held}
	rows.env = exec.NewEnv(rows.ctx, s.fnCtx(rows.ctx), s.db.pool, s.db.cfg.BatchRows)
	rows.stream, rows.err = plan.Open(rows.ctx, rows.env, 0)
	return rows
}

// recoverQuery turns a panic, which is a broken invariant, into an error of the query.
func recoverQuery(err *error) {
	if r := recover(); r != nil {
		*err = exec.Recovered(r)
	}
}
