package syntax

// The statements about tables of the database itself, which are in memory.

// CreateTableStmt is CREATE [OR REPLACE] [TEMP] TABLE [IF NOT EXISTS] name (columns).
type CreateTableStmt struct {
	span
	OrReplace   bool
	Temporary   bool
	IfNotExists bool
	Name        QualifiedName
	Columns     []*TableColumn
	Constraints []*TableConstraint // of columns, too
}

// TableColumn is a column of CREATE TABLE.
type TableColumn struct {
	ColumnDef
	NotNull     bool
	Default     Expr   // nil if none
	DefaultText string // its text
	Constraints []*TableConstraint
	Serial      bool             // the default is the next number of a sequence of its own
	Identity    IdentityKind     // likewise
	Sequence    *SequenceOptions // of Identity
}

// IdentityKind is what GENERATED ... AS IDENTITY says of a column.
type IdentityKind uint8

const (
	NoIdentity        IdentityKind = iota
	IdentityByDefault              // it may be given other values
	IdentityAlways                 // it may not, but with OVERRIDING SYSTEM VALUE
)

// TableConstraint is a PRIMARY KEY, UNIQUE or CHECK of CREATE TABLE or ALTER TABLE.
type TableConstraint struct {
	Ident            // its name, "" if none is given, and the constraint's position
	Kind             ConstraintKind
	Columns          []Ident
	NullsNotDistinct bool
	Deferrable       bool
	Deferred         bool
	Index            bool   // of CREATE UNIQUE INDEX
	Check            Expr   // of CheckConstraint
	CheckText        string // its text
}

// ConstraintKind is what a TableConstraint asks for.
type ConstraintKind uint8

const (
	PrimaryKey ConstraintKind = iota
	UniqueKey
	CheckConstraint
)

// CreateTableAsStmt is CREATE TABLE name AS query, or with Into SELECT ... INTO name, which is the same.
type CreateTableAsStmt struct {
	span
	Into        bool
	OrReplace   bool
	Temporary   bool
	IfNotExists bool
	Name        QualifiedName
	Columns     []Ident // names given to the columns, from the first
	Query       *Query
	NoData      bool // WITH NO DATA
}

// DropTableStmt is DROP [EXTERNAL | FOREIGN] TABLE.
type DropTableStmt struct {
	span
	Kind     string // "external", "foreign" or ""
	IfExists bool
	Cascade  bool
	Names    []QualifiedName
}

// AlterTableStmt is ALTER TABLE name with its actions, or ALTER VIEW name RENAME TO with View.
type AlterTableStmt struct {
	span
	View     bool
	IfExists bool
	Name     QualifiedName
	Actions  []*AlterAction
}

// AlterAction is one change of ALTER TABLE.
type AlterAction struct {
	Kind      AlterKind
	Column    Ident // that is changed
	IfExists  bool  // of DROP COLUMN
	NotExists bool  // IF NOT EXISTS of ADD COLUMN
	NewName   Ident // of the renames
	Add       *TableColumn
	Default   Expr      // of SetDefault; nil is DROP DEFAULT
	Type      *TypeName // of SetType
	Using     Expr      // of SetType; nil: the column
	Text      string
	// Constraint is what AddConstraint adds; DropConstraint has its name in Column.
	Constraint *TableConstraint
}

// AlterKind is what an AlterAction does.
type AlterKind uint8

const (
	RenameTable AlterKind = iota
	RenameColumn
	AddColumn
	DropColumn
	SetDefault
	SetNotNull
	DropNotNull
	AddConstraint
	DropConstraint
	SetType
)

// TruncateStmt is TRUNCATE [TABLE].
type TruncateStmt struct {
	span
	Names   []QualifiedName
	Restart bool // the sequences of the columns
}

// CreateIndexStmt is CREATE UNIQUE INDEX on columns. What it asks for is a key.
type CreateIndexStmt struct {
	span
	IfNotExists bool
	Table       QualifiedName
	Key         TableConstraint
}

// DropIndexStmt is DROP INDEX.
type DropIndexStmt struct {
	span
	IfExists bool
	Names    []QualifiedName
}

func (*CreateIndexStmt) Tag() string { return "CREATE INDEX" }
func (*DropIndexStmt) Tag() string   { return "DROP INDEX" }

// InsertStmt is INSERT INTO table [(columns)] query.
type InsertStmt struct {
	span
	Table     *Table // with Target
	Columns   []Ident
	ByName    bool   // the columns are those that the query's have the names of
	Query     *Query // nil for DEFAULT VALUES; a *Default may stand in its VALUES
	Returning *Query // nil if none: SELECT list FROM the table; see Select.Kind
	// Overriding says which values of identity columns count.
	Overriding Overriding
	Conflict   *OnConflict // nil: a conflict is an error
}

// OnConflict is ON CONFLICT of INSERT.
type OnConflict struct {
	Pos        int
	Columns    []Ident // of the key; nil: any, or that of Constraint
	Constraint Ident   // ON CONSTRAINT; "" if none is given
	// Update is what DO UPDATE does: its query is over the table and the excluded rows. nil: DO NOTHING.
	Update *UpdateStmt
}

// Overriding is OVERRIDING of INSERT.
type Overriding uint8

const (
	NotOverriding    Overriding = iota
	OverridingSystem            // the values that are given count
	OverridingUser              // those that are generated do
)

// UpdateStmt is UPDATE. Query selects what Columns are set to: its FROM begins with the table, which has Target.
type UpdateStmt struct {
	span
	Table     *Table
	Columns   []Ident
	Query     *Query // a *Default may be a target
	Returning *Query
}

// DeleteStmt is DELETE. Query is SELECT FROM the table, which has Target and comes first.
type DeleteStmt struct {
	span
	Table     *Table
	Query     *Query
	Returning *Query
}

// CopyFromStmt is COPY table [(columns)] FROM.
type CopyFromStmt struct {
	span
	Table   *Table
	Columns []Ident
	From    string // file or command; "" is STDIN
	Program bool   // From is a command
	Options []Option
}

// ShowCreateStmt is SHOW CREATE TABLE, or SHOW CREATE VIEW.
type ShowCreateStmt struct {
	span
	View bool
	Name QualifiedName
}

// ShowTablesStmt is SHOW TABLES.
type ShowTablesStmt struct{ span }

func (*CreateTableStmt) Tag() string { return "CREATE TABLE" }
func (*TruncateStmt) Tag() string    { return "TRUNCATE TABLE" }
func (*InsertStmt) Tag() string      { return "INSERT" }
func (*UpdateStmt) Tag() string      { return "UPDATE" }
func (*DeleteStmt) Tag() string      { return "DELETE" }
func (*CopyFromStmt) Tag() string    { return "COPY" }
func (*ShowTablesStmt) Tag() string  { return "SHOW" }
func (*ShowCreateStmt) Tag() string  { return "SHOW" }

func (s *DropTableStmt) Tag() string {
	switch s.Kind {
	case "external":
		return "DROP EXTERNAL TABLE"
	case "foreign":
		return "DROP FOREIGN TABLE"
	}
	return "DROP TABLE"
}

func (s *CreateTableAsStmt) Tag() string {
	if s.Into {
		return "SELECT INTO"
	}
	return "CREATE TABLE AS"
}

func (s *AlterTableStmt) Tag() string {
	if s.View {
		return "ALTER VIEW"
	}
	return "ALTER TABLE"
}
