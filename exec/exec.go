// Package exec runs queries: physical plans, the streams they open, and the exchanges and the scheduler
// that run streams in parallel.
package exec

import (
	"context"

	"gsql/exec/expr"
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
