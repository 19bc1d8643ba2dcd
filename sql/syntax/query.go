package syntax

// Query is a whole query: WITH, a body, ORDER BY, LIMIT.
type Query struct {
	Pos      int
	With     *With // nil if none
	Body     Body
	OrderBy  []*SortItem
	OrderAll *SortItem // ORDER BY ALL, without an expression; nil if not said
	Limit    Expr      // nil for none and for LIMIT ALL
	LimitPos int
	Percent  bool // Limit is a percentage of the rows, as in DuckDB
	Offset   Expr // nil if none
	OffPos   int
	WithTies bool // FETCH FIRST ... WITH TIES
	Locking  bool // FOR UPDATE and its like, which do nothing on files

	limited bool // has a LIMIT, which may be LIMIT ALL
}

// Body is *Select, *SetOp, *Values, *Describe, or *Query for a query in parentheses with clauses of its own.
type Body interface {
	Position() int
	body()
}

func (q *Query) Position() int { return q.Pos }
func (*Query) body()           {}

// With is a WITH clause.
type With struct {
	Pos       int
	Recursive bool
	CTEs      []*CTE
}

// CTE is one query of a WITH clause.
type CTE struct {
	Pos          int
	Name         string
	Columns      []Ident // may be fewer than the query has
	Materialized *bool   // AS [NOT] MATERIALIZED; nil if not said
	Query        *Query
	Search       *Search // nil if none
	Cycle        *Cycle  // nil if none
}

// Search is SEARCH DEPTH FIRST BY columns SET column, or BREADTH FIRST.
type Search struct {
	Pos     int
	Breadth bool
	By      []Ident
	Set     Ident
}

// Cycle is CYCLE columns SET mark TO value DEFAULT value USING path. The values are constants.
type Cycle struct {
	Pos         int
	By          []Ident
	Mark        Ident
	To, Default Expr
	Using       Ident
}

// Select is SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... WINDOW. TABLE t is SELECT * FROM t.
type Select struct {
	Pos           int
	Distinct      bool
	DistinctOn    []Expr // with Distinct; nil for plain DISTINCT
	Targets       []*Target
	From          []TableExpr // the items of the comma list
	Where         Expr
	GroupBy       []Expr // a *GroupingSet among them for ROLLUP, CUBE, GROUPING SETS and ()
	GroupDistinct bool   // GROUP BY DISTINCT
	GroupAll      bool   // GROUP BY ALL
	Having        Expr
	Windows       []*Window // of the WINDOW clause, with their Name
	Qualify       Expr
	Kind          SelectKind
	Sample        *Sample // USING SAMPLE: of the rows of FROM; nil if none
}

// SelectKind says what a Select is of.
type SelectKind uint8

const (
	PlainSelect     SelectKind = iota
	UpdateSelect               // of the values and rows of UPDATE and DELETE
	ReturningSelect            // of a RETURNING list
)

func (s *Select) Position() int { return s.Pos }
func (*Select) body()           {}

// Target is an item of a select list. Its Expr is a *Star for * and t.*.
type Target struct {
	Expr  Expr
	Alias string // as given, else ""
}

// Name returns the name of the output column as PostgreSQL chooses it.
func (t *Target) Name(queries QueryNames) string {
	if t.Alias != "" {
		return t.Alias
	}
	return queries.column(t.Expr)
}

// SetOp is a UNION, INTERSECT or EXCEPT of two bodies.
type SetOp struct {
	Pos         int // of the operator's word
	Kind        SetOpKind
	All         bool
	ByName      bool // UNION BY NAME, as in DuckDB
	Left, Right Body
}

func (s *SetOp) Position() int { return s.Pos }
func (*SetOp) body()           {}

// SetOpKind is the kind of a SetOp.
type SetOpKind uint8

const (
	Union SetOpKind = iota
	Intersect
	Except
)

func (k SetOpKind) String() string { return [...]string{"UNION", "INTERSECT", "EXCEPT"}[k] }

// Values is VALUES (..), (..). All rows have the same length.
type Values struct {
	Pos  int
	Rows [][]Expr
}

func (v *Values) Position() int { return v.Pos }
func (*Values) body()           {}

// Describe is DESCRIBE of a query, or SUMMARIZE, as DuckDB has them. It is a query itself.
type Describe struct {
	Pos       int
	Summarize bool
	Query     *Query
}

func (d *Describe) Position() int { return d.Pos }
func (*Describe) body()           {}

// SortItem is an item of an ORDER BY.
type SortItem struct {
	Expr  Expr
	Desc  bool   // DESC
	Nulls Nulls  // NULLS FIRST or LAST
	Using string // ORDER BY x USING operator: "<" and ">" are turned into ASC and DESC, others are kept here
}

// NullsFirst reports whether nulls sort first, by word or by default: last ascending, first descending.
func (s *SortItem) NullsFirst() bool {
	return s.Nulls == NullsFirst || s.Nulls == NullsDefault && s.Desc
}

// Nulls is where nulls are to stand in an order.
type Nulls uint8

const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)

// Window is a window definition: of the WINDOW clause, or of OVER.
type Window struct {
	Pos         int
	Name        string // in a WINDOW clause, the name that is defined
	Ref         string // the named window that this one uses or extends; "" if none
	RefOnly     bool   // OVER w, which takes w with its frame, where OVER (w) copies w and may add to it
	PartitionBy []Expr
	OrderBy     []*SortItem
	Frame       *Frame // nil for the default frame
}

// Frame is a frame clause.
type Frame struct {
	Pos        int
	Mode       FrameMode
	Start, End Bound // without BETWEEN, End is CurrentRow
	Exclude    Exclusion
}

// Exclusion says which rows a frame leaves out.
type Exclusion uint8

const (
	ExcludeNoOthers Exclusion = iota
	ExcludeCurrentRow
	ExcludeGroup // the current row and its peers
	ExcludeTies  // its peers
)

// FrameMode is the unit of a frame.
type FrameMode uint8

const (
	Range FrameMode = iota
	Rows
	Groups
)

// Bound is an end of a frame.
type Bound struct {
	Kind   BoundKind
	Offset Expr // of Preceding and Following
}

// BoundKind is the kind of a Bound, in the order in which they may follow one another.
type BoundKind uint8

const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Ident is a name with its place.
type Ident struct {
	Pos  int
	Name string
}

// QualifiedName is [catalog.][schema.]name.
type QualifiedName struct {
	Pos                   int
	Catalog, Schema, Name string
}
