package gsql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"gsql/exec"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
)

// Column describes a column of a result.
type Column struct {
	Name string
	Type types.Type
	// Table is the number by which pg_catalog has the table that the column is of, and Number that of the column in it; 0 for
	// columns that are computed.
	Table  uint32
	Number int16
}

// Rows is the result of a statement. It is computed as it is read, so it must be read or closed promptly:
// until then it holds open files and running tasks. One goroutine may use it at a time. Read it by one of
// Next with Scan, NextBatch, or NextRecord; do not mix them.
type Rows struct {
	cols   []Column
	tag    string
	hasRow bool // false for statements that return no rows, such as SET
	style  *text.Style

	session *Session // of a query, for its transaction
	ctx     context.Context
	cancel  context.CancelCauseFunc
	// release ends a timeout; may be nil.
	release func()
	env     *exec.Env
	held    *mem.Reservation // of rows that are there; nil: none
	stream  exec.Stream
	plan    exec.Plan
	query   *execution // what is known of it; nil for statements that are no queries
	count   int64
	counted bool  // the tag has it
	binary  bool  // of a binary cursor
	maxRows int64 // max_result_rows; 0: none
	err     error
	closed  bool

	batch *vec.Batch // of Next
	row   int
	arrow *arrow.Schema
}

// Columns returns the columns; nil for statements that return no rows.
func (r *Rows) Columns() []Column { return r.cols }

// ReturnsRows reports whether the statement is one that returns rows, be they none.
func (r *Rows) ReturnsRows() bool { return r.hasRow }

// Tag returns what PostgreSQL's command tag would be, such as "SELECT 5" or "SET"; for a query it is right
// once all rows are read.
func (r *Rows) Tag() string {
	if r.counted || r.hasRow && r.tag == "SELECT" {
		return fmt.Sprintf("%s %d", r.tag, r.count)
	}
	return r.tag
}

// Binary reports whether the rows are of a cursor that was declared BINARY.
func (r *Rows) Binary() bool { return r.binary }

// RowsAffected returns the number of rows that a statement has selected or written, as its tag says; 0 for statements
// without rows.
func (r *Rows) RowsAffected() int64 {
	tag := r.Tag()
	n, _ := strconv.ParseInt(tag[strings.LastIndexByte(tag, ' ')+1:], 10, 64)
	return n
}

// Report returns the plan of a query with what its operators have done so far; nil for statements without one. It may
// be called while the rows are read.
func (r *Rows) Report() *planner.Report {
	if r.query == nil {
		return nil
	}
	return r.query.report()
}

// Plan returns the physical plan, nil for statements without one.
func (r *Rows) Plan() exec.Plan { return r.plan }

// NextBatch returns the next rows, all of which count, or io.EOF after the last. The batch may be kept.
func (r *Rows) NextBatch() (*vec.Batch, error) {
	if r.err != nil {
		return nil, r.err
	}
	b, err := r.take()
	if err != nil && err != io.EOF {
		r.session.Fail()
	}
	return b, err
}

// take is NextBatch that leaves the transaction as it is after an error.
func (r *Rows) take() (*vec.Batch, error) {
	if r.closed || r.stream == nil {
		return nil, io.EOF
	}
	b, err := r.next()
	switch {
	case err == io.EOF:
		if r.err = r.Close(); r.err != nil {
			return nil, r.err
		}
		return nil, io.EOF
	case err != nil:
		r.err = queryError(r.ctx, err)
		r.Close()
		return nil, r.err
	}
	r.count += int64(b.Rows)
	return b, nil
}

// next recovers from panics: a broken invariant ends the query, not the process.
func (r *Rows) next() (b *vec.Batch, err error) {
	defer recoverQuery(&err)
	if b, err = r.stream.Next(r.ctx); err != nil {
		return nil, err
	}
	b = b.Compact()
	if r.maxRows > 0 && r.count+int64(b.Rows) > r.maxRows {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "the result has more than %d rows (max_result_rows)", r.maxRows).
			WithHint("Add a LIMIT, or raise max_result_rows.")
	}
	return b, nil
}

// Next goes to the next row; it returns false at the end and on an error, which Err tells.
func (r *Rows) Next() bool {
	if r.batch != nil && r.row+1 < r.batch.Rows {
		r.row++
		return true
	}
	b, err := r.NextBatch()
	if err != nil {
		r.batch = nil
		return false
	}
	r.batch, r.row = b, 0
	return true
}

// Scan copies the current row's values to dest, pointers to Go variables: bool, integers, floats, string,
// []byte, time.Time, slices of these for arrays (of slices for those of more dimensions), *T for values that may be NULL, any, or an sql.Scanner.
func (r *Rows) Scan(dest ...any) error {
	if r.batch == nil {
		return errors.New("gsql: Scan without a row")
	}
	if len(dest) != len(r.cols) {
		return fmt.Errorf("gsql: Scan of %d columns into %d variables", len(r.cols), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, r.batch.Cols[i], r.row, r.style); err != nil {
			return fmt.Errorf("gsql: column %q: %w", r.cols[i].Name, err)
		}
	}
	return nil
}

// Values returns the current row as Go values: nil, bool, int64, float64, string, []byte or time.Time; numeric
// and the types that Go lacks are strings.
func (r *Rows) Values() []any {
	if r.batch == nil {
		return nil
	}
	out := make([]any, len(r.cols))
	for i := range out {
		out[i] = value(r.batch.Cols[i], r.row, r.style)
	}
	return out
}

// NextRecord returns the next rows as an Arrow record batch, which the caller releases, or io.EOF.
func (r *Rows) NextRecord() (arrow.Record, error) {
	b, err := r.NextBatch()
	if err != nil {
		return nil, err
	}
	return toRecord(r.ArrowSchema(), b, r.style)
}

// ArrowSchema returns the schema of NextRecord's batches.
func (r *Rows) ArrowSchema() *arrow.Schema {
	if r.arrow == nil {
		r.arrow = arrowSchema(r.cols)
	}
	return r.arrow
}

// Err returns the error that ended the rows, nil at the regular end.
func (r *Rows) Err() error { return r.err }

// Style returns how the session writes values as text.
func (r *Rows) Style() *text.Style { return r.style }

// Close ends the query and frees what it holds. It may be called twice.
func (r *Rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	ended := r.err
	if ended == nil && r.ctx.Err() != nil {
		ended = queryError(r.ctx, context.Cause(r.ctx))
	}
	if r.cancel != nil {
		r.cancel(context.Canceled)
	}
	var err error
	if r.stream != nil {
		err = r.stream.Close()
	}
	if r.env != nil {
		err = errors.Join(err, r.env.Close())
		if r.env.Spill != nil {
			err = errors.Join(err, r.env.Spill.Close())
		}
		r.keepRejects()
	}
	r.held.Release()
	if r.query != nil {
		r.query.finish(ended)
	}
	if r.release != nil {
		r.release()
	}
	return err
}

// queryError gives a cancelled query PostgreSQL's error.
func queryError(ctx context.Context, err error) error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return err
	}
	switch cause := context.Cause(ctx); {
	case cause == nil:
	case errors.As(cause, &e):
		return cause
	case errors.Is(cause, context.DeadlineExceeded):
		e := sqlstate.New(sqlstate.QueryCanceled, "canceling statement due to statement timeout")
		e.Err = cause
		return e
	default:
		e := sqlstate.New(sqlstate.QueryCanceled, "canceling statement due to user request")
		e.Err = cause
		return e
	}
	return err
}
