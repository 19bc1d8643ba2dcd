package syntax

// TableExpr is an item of FROM: *Table, *File, *FuncTable, *SubqueryTable, *Join, *Sample, *Pivot or *Unpivot.
type TableExpr interface {
	Position() int
	tableExpr()
}

// Alias is what FROM calls an item: AS name (columns). Name is "" if there is none.
type Alias struct {
	Pos     int
	Name    string
	Columns []Ident // may be fewer than the item has
}

// Table is a table by name.
type Table struct {
	QualifiedName
	Only     bool // FROM ONLY t
	Target   bool // the table that a statement changes
	Excluded bool // the rows that ON CONFLICT DO UPDATE is about
	Alias    Alias
}

// File is a file by its path: FROM 'x.csv'.
type File struct {
	Pos   int
	Path  string
	Alias Alias
}

// FuncTable is a call of a function in FROM, or several of ROWS FROM (f(..), g(..)).
type FuncTable struct {
	Pos        int
	Calls      []*FuncTableCall
	RowsFrom   bool // written ROWS FROM
	Ordinality bool // WITH ORDINALITY
	Lateral    bool // written LATERAL; functions see the items to their left in any case
	Alias      Alias
	ColumnDefs []ColumnDef // AS f(a int, b text)
}

// FuncTableCall is one function of a FuncTable. Expr is a *Call, but for CURRENT_DATE and its like, which
// PostgreSQL lets stand in FROM, and CAST.
type FuncTableCall struct {
	Expr       Expr
	ColumnDefs []ColumnDef // ROWS FROM (f() AS (a int))
}

// ColumnDef is a column with its type.
type ColumnDef struct {
	Ident
	Type *TypeName
}

// SubqueryTable is a query in FROM.
type SubqueryTable struct {
	Pos     int
	Query   *Query
	Lateral bool
	Alias   Alias
}

// Join is a join of two table expressions.
type Join struct {
	Pos        int
	Kind       JoinKind
	Left       TableExpr
	Right      TableExpr
	Natural    bool
	Using      []Ident // nil if not USING
	UsingAlias string  // USING (..) AS name
	On         Expr    // nil for CROSS, NATURAL and USING
	Alias      Alias   // of a join in parentheses
}

// JoinKind is the kind of a Join.
type JoinKind uint8

const (
	InnerJoin JoinKind = iota
	CrossJoin
	LeftJoin
	RightJoin
	FullJoin
	SemiJoin // as in DuckDB: the left rows that have a match
	AntiJoin // as in DuckDB: the left rows that have none
	AsofJoin // as in DuckDB: left rows with the right row that comes nearest in an inequality
	AsofLeftJoin
)

func (k JoinKind) String() string {
	return [...]string{"INNER", "CROSS", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI", "ASOF", "ASOF LEFT"}[k]
}

// Sample is an item of FROM with TABLESAMPLE, of which the rows are a part.
type Sample struct {
	Pos        int
	Table      TableExpr // nil in USING SAMPLE
	Method     Ident     // as written; without a Name it goes by Unit
	Unit       SampleUnit
	Args       []Expr // the size of the sample; DuckDB's methods have the seed in Repeatable too
	Repeatable Expr   // nil if not said
}

// SampleUnit is what the size of a sample counts.
type SampleUnit uint8

const (
	SampleUnsaid SampleUnit = iota
	SamplePercent
	SampleRows
)

// Pivot makes columns of values: of an item of FROM, or of the statement PIVOT of DuckDB's, which is SELECT * FROM it.
type Pivot struct {
	Pos     int
	Table   TableExpr
	Aggs    []*PivotAgg // count(*) if none
	Ons     []*PivotOn
	GroupBy []Expr // nil: by all columns that Aggs and Ons do not use
	Alias   Alias
}

// PivotAgg is an aggregate of a Pivot.
type PivotAgg struct {
	Expr  Expr
	Alias string
	Text  string // as written
}

// PivotOn is an expression whose values become columns: those in Values or those that Query finds, or all that there are.
type PivotOn struct {
	Expr   Expr
	Values []*Target
	Query  *Query
}

// Unpivot makes rows of columns.
type Unpivot struct {
	Pos          int
	Table        TableExpr
	Name         Ident     // of the column with the columns' names
	Values       []Ident   // of the columns with their values
	Columns      []*Target // each an expression, or a Row of as many as there are Values
	IncludeNulls bool
	Alias        Alias
}

func (t *Pivot) Position() int         { return t.Pos }
func (t *Unpivot) Position() int       { return t.Pos }
func (t *Sample) Position() int        { return t.Pos }
func (t *Table) Position() int         { return t.Pos }
func (t *File) Position() int          { return t.Pos }
func (t *FuncTable) Position() int     { return t.Pos }
func (t *SubqueryTable) Position() int { return t.Pos }
func (t *Join) Position() int          { return t.Pos }

func (*Pivot) tableExpr()         {}
func (*Unpivot) tableExpr()       {}
func (*Sample) tableExpr()        {}
func (*Table) tableExpr()         {}
func (*File) tableExpr()          {}
func (*FuncTable) tableExpr()     {}
func (*SubqueryTable) tableExpr() {}
func (*Join) tableExpr()          {}
