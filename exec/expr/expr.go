// Package expr has bound expressions: typed, immutable trees in which every name is resolved. It prints
// them, rewrites them and compiles them to programs over batches.
package expr

import (
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// ColID identifies a column of one query from the place that makes it up to all its uses. IDs are unique
// within a query, so that an expression means the same wherever it stands.
type ColID int32

// Expr is a bound expression. The set of implementations is closed: Column, Const, Param, Call, Cast, And,
// Or, Not, IsNull, Case, Coalesce, In, Lambda with Var, and, until the planner has replaced them, Aggregate, Window, Subquery.
type Expr interface {
	Type() types.Type
	String() string // as EXPLAIN prints it
	expr()
}

// Column is the value of a column of the current row or, in a correlated subquery, of an outer row.
type Column struct {
	ID   ColID
	Name string // for printing
	Typ  types.Type
}

// Const is a value known when planning: a constant vector with one row.
type Const struct{ Value *vec.Vector }

// Param is the parameter $N of a prepared statement, N from 1. The planner puts constants in its place
// before it optimizes, so that plans have none.
type Param struct {
	N   int
	Typ types.Type
}

// Call is a call of a scalar function or operator. Args have the types that Fn declares.
type Call struct {
	Fn   *fn.Scalar
	Args []Expr
	Typ  types.Type
}

// Cast converts Arg to type Typ.
type Cast struct {
	Cast *fn.Cast
	Arg  Expr
	Typ  types.Type
}

// And is true when all terms are; its terms are boolean and may be evaluated in any order, and an error in
// one may go unseen where another is false.
type And struct{ Terms []Expr }

// Or is true when one of the terms is.
type Or struct{ Terms []Expr }

// Not negates a boolean.
type Not struct{ Arg Expr }

// IsNull is Arg IS NULL, or with Not set, IS NOT NULL. It is never NULL.
type IsNull struct {
	Arg Expr
	Not bool
}

// When is one branch of a Case.
type When struct{ Cond, Then Expr }

// Case is CASE WHEN ... END in its searched form; a simple CASE is bound to it. A branch is evaluated
// for the rows that reach it only. Else may be nil, which means NULL.
type Case struct {
	Whens []When
	Else  Expr
	Typ   types.Type
}

// Coalesce is the first of Args that is not NULL; later ones are evaluated for the rows that need them only.
type Coalesce struct {
	Args []Expr
	Typ  types.Type
}

// In is Arg IN (List), with NOT IN written as Not(In). List elements are constants of Arg's type; other
// lists are bound to Or.
type In struct {
	Arg  Expr
	List []*Const
	Eq   *fn.Scalar // the = of Arg's type
}

// SortKey is one term of an ORDER BY.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Aggregate is a call of an aggregate function: a term of planner.Aggregate or, with a frame, of
// planner.Window.
type Aggregate struct {
	Fn       *fn.Aggregate
	Args     []Expr
	Distinct bool
	Filter   Expr      // nil: all rows
	OrderBy  []SortKey // order of the input rows; empty: any
	Typ      types.Type
}

// Window is a window function over a window: exactly one of Fn and Agg is set.
type Window struct {
	Fn          *fn.Window
	Agg         *Aggregate
	Args        []Expr // of Fn
	PartitionBy []Expr
	OrderBy     []SortKey
	Frame       Frame
	IgnoreNulls bool // of lag, lead, first_value, last_value and nth_value: rows whose first argument is NULL do not count
	Typ         types.Type
}

// FrameMode is the unit of a frame's bounds.
type FrameMode uint8

const (
	Range FrameMode = iota
	Rows
	Groups
)

// BoundKind is the kind of a frame's bound.
type BoundKind uint8

const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is one end of a frame; Offset is set for Preceding and Following.
type Bound struct {
	Kind   BoundKind
	Offset Expr
}

// Frame says which rows around the current one a window function sees. The zero Frame with End set to
// CurrentRow is PostgreSQL's default.
type Frame struct {
	Mode       FrameMode
	Start, End Bound
	Exclude    Exclusion
}

// Exclusion says which of the rows between its bounds a frame leaves out.
type Exclusion uint8

const (
	ExcludeNone Exclusion = iota
	ExcludeCurrentRow
	ExcludeGroup // the current row and its peers
	ExcludeTies  // its peers
)

// SubqueryKind says what a Subquery yields.
type SubqueryKind uint8

const (
	ScalarSubquery SubqueryKind = iota // the only column of the only row, NULL when there is none
	Exists                             // whether there is a row
	AnyOf                              // whether Cond is true for some row (IN, = ANY): NULL-aware
	AllOf                              // whether Cond is true for all rows: NULL-aware
	ArrayOf                            // array of the only column
)

// Subquery is a query within an expression. Columns of outer rows stand in it as Column.
type Subquery struct {
	Kind SubqueryKind
	// Cond, for AnyOf and AllOf, compares outer expressions with output columns of Query.
	Cond  Expr
	Query Query
	Typ   types.Type
}

// Query is a planner.Node.
type Query interface {
	// Outputs returns the IDs of the columns.
	Outputs() []ColID
	String() string
}

func (e *Column) Type() types.Type    { return e.Typ }
func (e *Const) Type() types.Type     { return e.Value.Type }
func (e *Param) Type() types.Type     { return e.Typ }
func (e *Call) Type() types.Type      { return e.Typ }
func (e *Cast) Type() types.Type      { return e.Typ }
func (e *And) Type() types.Type       { return types.Of(types.Bool) }
func (e *Or) Type() types.Type        { return types.Of(types.Bool) }
func (e *Not) Type() types.Type       { return types.Of(types.Bool) }
func (e *IsNull) Type() types.Type    { return types.Of(types.Bool) }
func (e *Case) Type() types.Type      { return e.Typ }
func (e *Coalesce) Type() types.Type  { return e.Typ }
func (e *In) Type() types.Type        { return types.Of(types.Bool) }
func (e *Aggregate) Type() types.Type { return e.Typ }
func (e *Window) Type() types.Type    { return e.Typ }
func (e *Subquery) Type() types.Type  { return e.Typ }

func (*Column) expr()    {}
func (*Const) expr()     {}
func (*Param) expr()     {}
func (*Call) expr()      {}
func (*Cast) expr()      {}
func (*And) expr()       {}
func (*Or) expr()        {}
func (*Not) expr()       {}
func (*IsNull) expr()    {}
func (*Case) expr()      {}
func (*Coalesce) expr()  {}
func (*In) expr()        {}
func (*Aggregate) expr() {}
func (*Window) expr()    {}
func (*Subquery) expr()  {}
