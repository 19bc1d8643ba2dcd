package gsql

import (
	"context"
	"io"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/sql/syntax"
)

// maxCursors is how many cursors a session can have.
const maxCursors = 1000

// Cursor is a query of DECLARE whose rows are fetched bit by bit. They are computed as they are fetched; all at once, and
// kept, only when the cursor is to SCROLL. A cursor WITH HOLD goes on as it is when its transaction has ended, since files
// and tables are read as they were when it was declared. One goroutine may use it at a time.
type Cursor struct {
	name                 string
	cols                 []Column
	binary, scroll, hold bool

	s      *Session
	rows   *Rows
	cancel context.CancelCauseFunc

	// The current row is number pos from 1. 0 is before the first one; with atEnd it is behind row pos, the last.
	pos   int64
	atEnd bool

	batch *vec.Batch // the last one of rows
	start int64      // number of its first row, from 0
	kept  *exec.Kept // with scroll, from the first fetch on
	env   *exec.Env  // of kept

	// These belong to the session's lock.
	points    int  // savepoints that there were, with the transaction's beginning
	committed bool // the transaction that declared it has committed

	closing sync.Once
}

// Columns returns the columns of the rows.
func (c *Cursor) Columns() []Column { return c.cols }

// Binary reports whether the cursor was declared BINARY.
func (c *Cursor) Binary() bool { return c.binary }

// Cursor returns the open cursor with a name, nil if there is none.
func (s *Session) Cursor(name string) *Cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursors[name]
}

func noCursor(name string) error {
	return sqlstate.New(sqlstate.InvalidCursorName, "cursor \"%s\" does not exist", name)
}

// declare opens a cursor.
func (p *Prepared) declare(ctx context.Context, stmt *syntax.DeclareStmt, values []*vec.Vector) (*Rows, error) {
	s := p.s
	if err := s.mayDeclare(stmt); err != nil {
		return nil, err
	}
	c := &Cursor{name: stmt.Name, cols: p.boundColumns(p.bound), binary: stmt.Binary, scroll: stmt.Scroll != nil && *stmt.Scroll, hold: stmt.Hold, s: s}
	q := *p
	q.cols = c.cols
	query, cancel := context.WithCancelCause(context.Background())
	c.cancel = cancel
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	rows, err := q.run(query, values)
	stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	c.rows = rows
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cursors == nil {
		s.cursors = map[string]*Cursor{}
	}
	c.points = len(s.tx.points)
	s.cursors[c.name] = c
	return &Rows{tag: stmt.Tag(), ctx: ctx}, nil
}

func (s *Session) mayDeclare(stmt *syntax.DeclareStmt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !stmt.Hold && s.tx.status == Idle && !s.tx.together:
		return s.needBlock("DECLARE CURSOR")
	case s.cursors[stmt.Name] != nil:
		return sqlstate.New(sqlstate.DuplicateCursor, "cursor \"%s\" already exists", stmt.Name)
	case len(s.cursors) >= maxCursors:
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "too many cursors")
	}
	return nil
}

// fetchCursor runs FETCH and MOVE.
func (s *Session) fetchCursor(ctx context.Context, stmt *syntax.FetchStmt) (*Rows, error) {
	c := s.Cursor(stmt.Cursor)
	if c == nil {
		return nil, noCursor(stmt.Cursor)
	}
	if stmt.Move {
		n, err := c.move(ctx, stmt)
		if err != nil {
			s.Fail()
			return nil, err
		}
		return &Rows{tag: "MOVE", count: n, counted: true, ctx: ctx}, nil
	}
	stream, err := c.direct(ctx, stmt)
	if err != nil {
		s.Fail()
		return nil, err
	}
	return c.result(ctx, "FETCH", stream), nil
}

// Fetch returns the next n rows, or all that are left if n is 0. The cursor stands on the last of those that were read.
func (c *Cursor) Fetch(ctx context.Context, n int64) *Rows {
	if n == 0 {
		n = syntax.FetchAll
	}
	return c.result(ctx, "SELECT", &fetchStream{c: c, forward: true, left: n})
}

func (c *Cursor) result(ctx context.Context, tag string, stream exec.Stream) *Rows {
	return &Rows{cols: c.cols, tag: tag, hasRow: true, counted: true, binary: c.binary, session: c.s, ctx: ctx, style: c.s.Style(), stream: stream}
}

// move runs MOVE and returns how many rows FETCH would have returned.
func (c *Cursor) move(ctx context.Context, stmt *syntax.FetchStmt) (int64, error) {
	switch {
	case stmt.Direction == syntax.Backward && stmt.Count == syntax.FetchAll && c.scroll:
		n := c.pos
		if n > 0 && !c.atEnd {
			n--
		}
		c.pos, c.atEnd = 0, false
		return n, nil
	case stmt.Count == 0 && stmt.Direction != syntax.Absolute: // without reading the row
		if !c.scroll {
			return 0, onlyForward()
		}
		if c.pos > 0 && !c.atEnd {
			return 1, nil
		}
		return 0, nil
	}
	stream, err := c.direct(ctx, stmt)
	if err != nil {
		return 0, err
	}
	return drain(ctx, stream)
}

// direct moves the cursor to where FETCH begins and returns the rows from there.
func (c *Cursor) direct(ctx context.Context, stmt *syntax.FetchStmt) (*fetchStream, error) {
	n := stmt.Count
	switch stmt.Direction {
	case syntax.Absolute:
		return c.absolute(ctx, n)
	case syntax.Relative:
		switch {
		case n > 0:
			return c.skip(ctx, true, n-1)
		case n < 0:
			return c.skip(ctx, false, -n-1)
		}
		return c.again()
	case syntax.Backward:
		n = -n
	}
	switch {
	case n == 0:
		return c.again()
	case n < 0:
		return c.fetch(false, -n)
	}
	return c.fetch(true, n)
}

// absolute goes before row n, from the end if it is negative, and returns that row.
func (c *Cursor) absolute(ctx context.Context, n int64) (*fetchStream, error) {
	switch {
	case n < 0:
		if s, err := c.skip(ctx, true, syntax.FetchAll); err != nil {
			return s, err
		}
		return c.skip(ctx, false, -n-1)
	case n > c.pos:
		return c.skip(ctx, true, n-c.pos-1)
	case !c.scroll && (c.pos > 0 || c.atEnd):
		return nil, onlyForward()
	}
	c.pos, c.atEnd = max(n-1, 0), false
	return c.fetch(true, min(n, 1))
}

// again returns the current row once more.
func (c *Cursor) again() (*fetchStream, error) {
	if !c.scroll {
		return nil, onlyForward()
	}
	if c.pos == 0 || c.atEnd {
		return c.fetch(true, 0)
	}
	c.pos--
	return c.fetch(true, 1)
}

// skip goes over n rows and returns the one behind them.
func (c *Cursor) skip(ctx context.Context, forward bool, n int64) (*fetchStream, error) {
	s, err := c.fetch(forward, n)
	if err == nil {
		_, err = drain(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	return c.fetch(forward, 1)
}

func (c *Cursor) fetch(forward bool, n int64) (*fetchStream, error) {
	if !forward && !c.scroll {
		return nil, onlyForward()
	}
	return &fetchStream{c: c, forward: forward, left: n}, nil
}

func onlyForward() error {
	return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "cursor can only scan forward").WithHint("Declare it with SCROLL option to enable backward scan.")
}

func drain(ctx context.Context, s exec.Stream) (n int64, err error) {
	for {
		b, err := s.Next(ctx)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n += int64(b.Len())
	}
}

// fetchStream yields rows of a cursor, which goes with them.
type fetchStream struct {
	c       *Cursor
	forward bool
	left    int64
}

func (f *fetchStream) Next(ctx context.Context) (*vec.Batch, error) {
	if f.left <= 0 {
		return nil, io.EOF
	}
	c := f.c
	defer context.AfterFunc(ctx, func() { c.cancel(context.Cause(ctx)) })()
	if f.forward {
		return f.next(ctx)
	}
	return f.previous(ctx)
}

func (f *fetchStream) next(ctx context.Context) (*vec.Batch, error) {
	c := f.c
	if c.atEnd {
		return nil, io.EOF
	}
	b, start, err := c.batchOf(ctx, c.pos)
	if err == io.EOF {
		c.atEnd, f.left = true, 0
	}
	if err != nil {
		return nil, err
	}
	from := c.pos - start
	n := min(f.left, int64(b.Rows)-from)
	c.pos, f.left = c.pos+n, f.left-n
	return b.Slice(int(from), int(from+n)), nil
}

func (f *fetchStream) previous(ctx context.Context) (*vec.Batch, error) {
	c := f.c
	before := c.pos - 1 // rows before the current one
	if c.atEnd {
		before = c.pos
	}
	if before <= 0 {
		c.pos, c.atEnd, f.left = 0, false, 0
		return nil, io.EOF
	}
	b, start, err := c.batchOf(ctx, before-1)
	if err != nil {
		return nil, err
	}
	n := min(f.left, before-start)
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(before - 1 - start - int64(i))
	}
	out := &vec.Batch{Cols: make([]*vec.Vector, len(b.Cols)), Rows: int(n)}
	for i, v := range b.Cols {
		out.Cols[i] = vec.Gather(v, rows)
	}
	c.pos, c.atEnd, f.left = before-n+1, false, f.left-n
	return out, nil
}

func (f *fetchStream) Close() error {
	f.left = 0
	return nil
}

// batchOf returns the batch with a row, from 0, and the number of the batch's first row.
func (c *Cursor) batchOf(ctx context.Context, row int64) (*vec.Batch, int64, error) {
	if c.scroll {
		if err := c.keep(ctx); err != nil {
			return nil, 0, err
		}
		return c.kept.Batch(ctx, row)
	}
	for c.batch == nil || row >= c.start+int64(c.batch.Rows) {
		b, err := c.rows.NextBatch()
		if err != nil {
			return nil, 0, err
		}
		if c.batch != nil {
			c.start += int64(c.batch.Rows)
		}
		c.batch = b
	}
	return c.batch, c.start, nil
}

// keep computes all rows of a cursor that scrolls.
func (c *Cursor) keep(ctx context.Context) (err error) {
	if c.kept != nil {
		return nil
	}
	db := c.s.db
	plan := c.rows.Plan()
	if c.env == nil {
		c.env = exec.NewEnv(context.Background(), c.rows.env.Fn, db.pool, db.cfg.BatchRows)
		c.env.Spill = db.spill.Space(0)
	}
	c.kept, err = exec.Keep(ctx, c.env, plan, plan.Schema().Types(), func(context.Context) (*vec.Batch, error) { return c.rows.take() })
	return err
}

// close frees what the cursor holds.
func (c *Cursor) close() {
	c.closing.Do(func() {
		c.cancel(context.Canceled)
		_ = c.rows.Close() // of a query that has ended or is not wanted
		if c.kept != nil {
			_ = c.kept.Close()
		}
		if c.env != nil {
			_ = c.env.Close()
			_ = c.env.Spill.Close()
		}
	})
}

// closeCursor runs CLOSE.
func (s *Session) closeCursor(stmt *syntax.CloseStmt) error {
	if !stmt.All && !s.CloseCursor(stmt.Name) {
		return noCursor(stmt.Name)
	}
	if stmt.All {
		s.closeCursors(func(*Cursor) bool { return true })
	}
	return nil
}

// CloseCursor closes a cursor; false: there is none with this name.
func (s *Session) CloseCursor(name string) bool {
	return s.closeCursors(func(c *Cursor) bool { return c.name == name }) > 0
}

// closeCursors closes those that match, which is called with the session's lock held, and returns how many they were.
func (s *Session) closeCursors(match func(c *Cursor) bool) int {
	s.mu.Lock()
	var found []*Cursor
	for name, c := range s.cursors {
		if match(c) {
			found = append(found, c)
			delete(s.cursors, name)
		}
	}
	s.mu.Unlock()
	for _, c := range found {
		c.close()
	}
	return len(found)
}

// endCursors closes the cursors that end with a transaction.
func (s *Session) endCursors(committed bool) {
	s.closeCursors(func(c *Cursor) bool {
		if c.hold && committed {
			c.committed = true
		}
		return !c.committed
	})
}
