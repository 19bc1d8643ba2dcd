// Package exec runs queries: physical plans, the streams they open, and the exchanges and the scheduler
// that run streams in parallel.
//
// # Beyond one process
//
// A plan can also be run piece by piece, in several processes. It is divided into fragments, which end at exchanges,
// and a fragment into tasks, as a rule one per partition (see Fragment). Where rows go from one fragment to another they
// go by files, the exchange's other form, which deals rows out by the same hash and merges them by the same keys:
//
//	RunTask(ctx, TaskSpec, inputs []Manifest) ([]Manifest, error)
//
// Plans do not travel: every process makes the plan of the query itself, with the same settings as of the same time, and
// has a Runner of it. A task names the plan by its fingerprint, and a Runner refuses the tasks of other plans with a
// 55000 error, as it does manifests that are missing, given twice, of several attempts, or none of the plan.
//
// What comes in are the manifests that the tasks of the fragments below have returned. Of which attempt is the driver's
// choice, but of one task it must be one: two attempts may deal the same rows out otherwise. What comes out are the
// manifests for the partitions of the fragment's output. A driver runs fragments in the order of Runner.Fragments, the
// tasks of one in any order or at once, and reads the result with Runner.Rows.
//
// Files lie in one directory, TaskSpec.Dir, that all processes see. They are the driver's from the moment that a task
// has returned; nobody here removes them, and they must stay until nobody reads them. Their names tell fragment, task,
// attempt and partition; they appear when they are complete, and readers open only the names in their manifests. So a
// task may be run again, or twice at once under different attempts: each run is as good as the other. A task that fails
// leaves no files; one whose process dies may leave files that no manifest names.
//
// A task runs in an Env of its own. Scans read a fixed part of their splits for each partition (Env.FixSplits). The
// filters that joins publish for scans work within a task; other scans do without. Errors are those of the query and
// come from the task that meets them; 58030 or 53100 says that the directory does not serve.
package exec

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Field is one output column of a plan or of a table.
type Field struct {
	ID   expr.ColID // zero in a table's schema
	Name string
	Type types.Type
}

// Schema is the list of output columns.
type Schema []Field

// Index returns the ordinal of the column with an ID, -1 when there is none.
func (s Schema) Index(id expr.ColID) int {
	for i := range s {
		if s[i].ID == id {
			return i
		}
	}
	return -1
}

// Types returns the columns' types.
func (s Schema) Types() []types.Type {
	ts := make([]types.Type, len(s))
	for i, f := range s {
		ts[i] = f.Type
	}
	return ts
}

// Partitioning says into how many streams a plan's rows are divided and by what.
type Partitioning struct {
	N    int          // partitions, at least 1
	Hash []expr.ColID // rows that agree in these columns are in one partition; nil: no such promise
	// Sorted: each partition's rows are in this order. nil: no promise.
	Sorted []expr.SortKey
}

// Plan is an immutable physical operator. It may be executed many times, at once too: what an execution
// shares between partitions lies in Env.
type Plan interface {
	Schema() Schema
	Partitioning() Partitioning
	Inputs() []Plan
	// Open starts partition part of an execution. It does little: the work is done in Next. The
	// caller closes the stream. Operators open their inputs with Env.Open, which also measures.
	Open(ctx context.Context, env *Env, part int) (Stream, error)
	String() string // one EXPLAIN line, without children
}

// Stream yields the batches of one partition to one goroutine.
type Stream interface {
	// Next returns a batch with at least one row that counts, or io.EOF for ever after the last.
	// After another error the stream may only be closed. Next returns soon when ctx is cancelled.
	Next(ctx context.Context) (*vec.Batch, error)
	// Close may be called at any time and twice; it frees everything below.
	Close() error
}

// Name is how a query names a table: a name with an optional schema, or the path or glob of files.
type Name struct {
	Schema string // "" when not given
	Table  string
	File   bool // written as a string literal: Table is a path or a glob
}

// Catalog finds tables. It returns 42P01 errors for names that it does not know and 58P01 for files that
// are not there.
type Catalog interface {
	Table(ctx context.Context, name Name) (Table, error)
	// TableFunction returns the table that name(args) stands for, such as read_csv('x.csv', header => true).
	TableFunction(ctx context.Context, name string, args []Arg) (Table, error)
}

// Arg is an argument of a table function. Value is nil, bool, int64, float64, string, []any, or []Arg for a
// struct literal such as {'a': 'BIGINT'}. Name is empty for a positional argument. Type is the SQL type of what
// was written, zero for literals of text, lists and structs. Pos is the byte offset in the query text.
type Arg struct {
	Name  string
	Value any
	Type  types.Type
	Pos   int
}

// Table is a set of rows that can be scanned, with columns known beforehand.
type Table interface {
	Schema() Schema
	Stats() Stats
	Scan(ctx context.Context, req ScanRequest) (Plan, error)
}

// Restrictable is a table that can leave out parts of itself, such as files, before anything is known of them.
type Restrictable interface {
	Table
	// Restrict returns the table for a query to which only the rows matter for which all terms are true. The terms are not
	// evaluated for rows, and those that say nothing of the parts are not looked at. ordinal returns the ordinal of a column
	// of the table under the ID it has in the terms.
	Restrict(f *fn.Ctx, terms []expr.Expr, ordinal func(expr.ColID) int) Table
}

// ScanRequest says what a scan is to yield: Columns of the table by ordinal, under the given IDs.
// Prune, Limit and Filters are hints: a scan may return rows that they exclude, never fewer than they allow.
type ScanRequest struct {
	Columns    []int
	IDs        []expr.ColID // same length as Columns
	Prune      expr.Expr    // over IDs; nil: none
	Limit      int64        // rows wanted at most; -1: all
	Partitions int          // streams wanted
	// Filters become known while the query runs: the keys of a join's build side.
	Filters []RuntimeFilter
}

// Output returns the columns that the scan of a table with the given columns yields.
func (r ScanRequest) Output(table Schema) Schema {
	out := make(Schema, len(r.Columns))
	for i, c := range r.Columns {
		out[i] = table[c]
		out[i].ID = r.IDs[i]
	}
	return out
}

// RuntimeFilter names a filter on a scan's column that a hash join publishes in Env when its build side is
// complete; see Env.Filter.
type RuntimeFilter struct {
	ID  int // unique within a plan
	Col expr.ColID
}

// Stats is what is known about a table without reading its rows. Nothing in it need be exact.
type Stats struct {
	Rows    float64 // estimate; 0 unknown
	Bytes   int64   // size of the files
	Columns []ColumnStats
}

// ColumnStats describes one column. Zero values mean unknown.
type ColumnStats struct {
	Min, Max *vec.Vector // constant vectors of the column's type
	Distinct float64
	NullFrac float64
	Width    float64 // average bytes of a value
}
