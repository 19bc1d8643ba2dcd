// Package planner has the logical plan, the rules that optimize it, and its lowering to physical plans.
//
// Columns are known by IDs that are unique within a query (expr.ColID), so that a rule may move an
// expression without renumbering it. A column that an expression uses and no input of its node makes
// belongs to an outer query: the subquery is correlated.
package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
)

// Node is a logical operator. Nodes are immutable; the set of implementations is closed. Rules make new
// nodes and keep the pointers of those that did not change.
type Node interface {
	expr.Query // Outputs and String (one EXPLAIN line, without inputs)
	Inputs() []Node
	// WithInputs returns the node with other inputs, itself when they are the same.
	WithInputs(in []Node) Node
	node()
}

// Item is an expression under a new column ID. A Project may also pass a column on: an *expr.Column with
// the item's own ID.
type Item struct {
	ID   expr.ColID
	Name string
	Expr expr.Expr
}

// Column returns the column that the item makes.
func (i Item) Column() *expr.Column { return &expr.Column{ID: i.ID, Name: i.Name, Typ: i.Expr.Type()} }

// Scan reads columns of a table.
type Scan struct {
	Table  exec.Table
	Name   string       // for printing
	Cols   []ScanColumn // what is read
	Prune  []expr.Expr  // conditions that a row must meet to matter; also kept in a Filter above
	Limit  int64        // rows wanted at most; -1: all
	Filter []exec.RuntimeFilter
}

// ScanColumn is a column of a table under the ID it has in the query.
type ScanColumn struct {
	Ordinal int
	ID      expr.ColID
	Name    string
	Type    types.Type
}

// Values is a list of rows of constant expressions (they may hold parameters and outer columns). One row
// without columns is the input of a SELECT without FROM.
type Values struct {
	Cols []exec.Field
	Rows [][]expr.Expr
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Input Node
	Cond  expr.Expr
}

// Project computes Items; its outputs are those alone.
type Project struct {
	Input Node
	Items []Item
}

// Aggregate makes one row per group: the group's keys, then the aggregates. Without Groups there is one
// group, even for no rows. Without Aggs it is DISTINCT.
type Aggregate struct {
	Input  Node
	Groups []Item
	Aggs   []Item // each Expr is an *expr.Aggregate
}

// Window adds columns to its input. All items have the same PARTITION BY and ORDER BY.
type Window struct {
	Input Node
	Items []Item // each Expr is an *expr.Window
}

// ProjectSet adds the elements of arrays to its input: each row comes once for each element of the longest of the
// arrays, with NULLs behind the ends of the others. A row without elements goes, unless Outer is set: then it comes once,
// with NULLs.
type ProjectSet struct {
	Input  Node
	Arrays []expr.Expr
	Elems  []exec.Field // one per array, under new IDs
	Number *exec.Field  // the elements' numbers, from 1; nil: not asked for
	Outer  bool
}

// added returns the columns that the node adds.
func (n *ProjectSet) added() []exec.Field {
	if n.Number == nil {
		return n.Elems
	}
	return append(n.Elems[:len(n.Elems):len(n.Elems)], *n.Number)
}

// JoinKind is the kind of a join.
type JoinKind uint8

const (
	InnerJoin JoinKind = iota // cross join when On is nil
	LeftJoin
	RightJoin
	FullJoin
	SemiJoin   // left rows with a match; left columns only
	AntiJoin   // left rows for which On is true for no right row; left columns only
	MarkJoin   // all left rows and the column Mark: On is true for some right row, else NULL if it was NULL for some, else false
	SingleJoin // a left join that raises 21000 when a left row has two matches
)

// Join combines two inputs. Lateral says that Right uses columns of Left: a dependent join, which the
// optimizer removes.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          expr.Expr // nil: true
	Mark        Item      // MarkJoin: the column (Expr is not used but for its type: a NULL boolean)
	Lateral     bool
	TwoValued   bool // MarkJoin: what reads Mark does not tell NULL from false (EXISTS)
}

// AsofJoin joins each left row with the one right row that comes nearest: of those whose Keys are equal and whose value is
// on the side of the left row's value that Op asks for, the one with the nearest value. Of several such rows it is any one.
// NULLs match nothing.
type AsofJoin struct {
	Left, Right Node
	Keys        []AsofKey
	Value       AsofKey
	Op          string // Value.Left Op Value.Right: "<", "<=", ">" or ">="
	Outer       bool   // left rows without match stay, with NULLs
}

// AsofKey is an expression over the left columns of an AsofJoin and one over the right ones, which are compared.
type AsofKey struct {
	Left, Right expr.Expr
	NullEqual   bool // NULL equals NULL
}

// Sample keeps some of the rows at random. Size and Seed are double precision or bigint expressions without columns.
type Sample struct {
	Input  Node
	Method SampleMethod
	Size   expr.Expr // the percentage of the rows, of SampleReservoir their number
	Seed   expr.Expr // of REPEATABLE; nil for another sample each time
}

// SampleMethod says how rows are chosen.
type SampleMethod uint8

const (
	SampleBernoulli SampleMethod = iota // each row by itself
	SampleSystem                        // blocks of neighbours
	SampleReservoir                     // so many rows, each set of which is as likely
)

// Sort orders rows.
type Sort struct {
	Input Node
	Keys  []expr.SortKey
}

// Limit skips Offset rows and passes on Count rows. Both are bigint expressions without columns, or nil.
type Limit struct {
	Input         Node
	Offset, Count expr.Expr
}

// TopN is Limit over Sort with known numbers: the first Count rows after Offset.
type TopN struct {
	Input         Node
	Keys          []expr.SortKey
	Offset, Count int64
}

// DistinctOn keeps the first row, in the order of its input, of each set of rows with equal On.
type DistinctOn struct {
	Input Node
	On    []expr.Expr
	Keys  []expr.SortKey // the order in which rows are first; the output is in this order too
}

// SetKind is the kind of a set operation.
type SetKind uint8

const (
	Union SetKind = iota
	Intersect
	Except
)

// SetOp combines inputs whose columns correspond by position and have the same types.
type SetOp struct {
	Kind        SetKind
	All         bool
	Left, Right Node
	Cols        []exec.Field // the outputs, under new IDs
}

// OneRow passes on its input's row, a row of NULLs when there is none, and raises 21000 for two: the
// value of a scalar subquery.
type OneRow struct{ Input Node }

// With makes the result of Query available to the CTERefs with the same CTE in Body, and nowhere else.
type With struct {
	CTE          int // unique within a query
	Name         string
	Query        Node
	Body         Node
	Materialized Materialize
}

// Materialize says whether a WITH query is computed once and kept.
type Materialize uint8

const (
	MaterializeAuto Materialize = iota // once if it is used more than once
	MaterializeAlways
	MaterializeNever
)

// CTERef reads the result of a With.
type CTERef struct {
	CTE  int
	Name string
	From []expr.ColID // outputs of the With's Query
	Cols []exec.Field // the same under new IDs
}

func (n *Scan) Inputs() []Node       { return nil }
func (n *Values) Inputs() []Node     { return nil }
func (n *CTERef) Inputs() []Node     { return nil }
func (n *Filter) Inputs() []Node     { return []Node{n.Input} }
func (n *Project) Inputs() []Node    { return []Node{n.Input} }
func (n *Aggregate) Inputs() []Node  { return []Node{n.Input} }
func (n *Window) Inputs() []Node     { return []Node{n.Input} }
func (n *ProjectSet) Inputs() []Node { return []Node{n.Input} }
func (n *Join) Inputs() []Node       { return []Node{n.Left, n.Right} }
func (n *AsofJoin) Inputs() []Node   { return []Node{n.Left, n.Right} }
func (n *Sample) Inputs() []Node     { return []Node{n.Input} }
func (n *Sort) Inputs() []Node       { return []Node{n.Input} }
func (n *Limit) Inputs() []Node      { return []Node{n.Input} }
func (n *TopN) Inputs() []Node       { return []Node{n.Input} }
func (n *DistinctOn) Inputs() []Node { return []Node{n.Input} }
func (n *SetOp) Inputs() []Node      { return []Node{n.Left, n.Right} }
func (n *OneRow) Inputs() []Node     { return []Node{n.Input} }
func (n *With) Inputs() []Node       { return []Node{n.Query, n.Body} }

func (*Scan) node()       {}
func (*Values) node()     {}
func (*CTERef) node()     {}
func (*Filter) node()     {}
func (*Project) node()    {}
func (*Aggregate) node()  {}
func (*Window) node()     {}
func (*ProjectSet) node() {}
func (*Join) node()       {}
func (*AsofJoin) node()   {}
func (*Sample) node()     {}
func (*Sort) node()       {}
func (*Limit) node()      {}
func (*TopN) node()       {}
func (*DistinctOn) node() {}
func (*SetOp) node()      {}
func (*OneRow) node()     {}
func (*With) node()       {}

func (n *Scan) WithInputs([]Node) Node   { return n }
func (n *Values) WithInputs([]Node) Node { return n }
func (n *CTERef) WithInputs([]Node) Node { return n }

func (n *Filter) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Project) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Aggregate) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Window) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *ProjectSet) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Join) WithInputs(in []Node) Node {
	if in[0] == n.Left && in[1] == n.Right {
		return n
	}
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}

func (n *AsofJoin) WithInputs(in []Node) Node {
	if in[0] == n.Left && in[1] == n.Right {
		return n
	}
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}

func (n *Sample) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Sort) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Limit) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *TopN) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *DistinctOn) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *SetOp) WithInputs(in []Node) Node {
	if in[0] == n.Left && in[1] == n.Right {
		return n
	}
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}

func (n *OneRow) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *With) WithInputs(in []Node) Node {
	if in[0] == n.Query && in[1] == n.Body {
		return n
	}
	c := *n
	c.Query, c.Body = in[0], in[1]
	return &c
}

func (n *Scan) Outputs() []expr.ColID {
	ids := make([]expr.ColID, len(n.Cols))
	for i, c := range n.Cols {
		ids[i] = c.ID
	}
	return ids
}

func (n *Values) Outputs() []expr.ColID     { return fieldIDs(n.Cols) }
func (n *CTERef) Outputs() []expr.ColID     { return fieldIDs(n.Cols) }
func (n *SetOp) Outputs() []expr.ColID      { return fieldIDs(n.Cols) }
func (n *Filter) Outputs() []expr.ColID     { return n.Input.Outputs() }
func (n *Sample) Outputs() []expr.ColID     { return n.Input.Outputs() }
func (n *Sort) Outputs() []expr.ColID       { return n.Input.Outputs() }
func (n *Limit) Outputs() []expr.ColID      { return n.Input.Outputs() }
func (n *TopN) Outputs() []expr.ColID       { return n.Input.Outputs() }
func (n *DistinctOn) Outputs() []expr.ColID { return n.Input.Outputs() }
func (n *OneRow) Outputs() []expr.ColID     { return n.Input.Outputs() }
func (n *With) Outputs() []expr.ColID       { return n.Body.Outputs() }
func (n *Project) Outputs() []expr.ColID    { return itemIDs(nil, n.Items) }
func (n *Aggregate) Outputs() []expr.ColID  { return itemIDs(itemIDs(nil, n.Groups), n.Aggs) }

func (n *Window) Outputs() []expr.ColID {
	return itemIDs(append([]expr.ColID(nil), n.Input.Outputs()...), n.Items)
}

func (n *ProjectSet) Outputs() []expr.ColID {
	return append(append([]expr.ColID(nil), n.Input.Outputs()...), fieldIDs(n.added())...)
}

func (n *Join) Outputs() []expr.ColID {
	ids := append([]expr.ColID(nil), n.Left.Outputs()...)
	switch n.Kind {
	case SemiJoin, AntiJoin:
		return ids
	case MarkJoin:
		return append(ids, n.Mark.ID)
	}
	return append(ids, n.Right.Outputs()...)
}

func (n *AsofJoin) Outputs() []expr.ColID {
	return append(append([]expr.ColID(nil), n.Left.Outputs()...), n.Right.Outputs()...)
}

func fieldIDs(f []exec.Field) []expr.ColID {
	ids := make([]expr.ColID, len(f))
	for i := range f {
		ids[i] = f[i].ID
	}
	return ids
}

func itemIDs(ids []expr.ColID, items []Item) []expr.ColID {
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	return ids
}
