package syntax

import "gsql/exec/sqlstate"

// Statement is one of the types of this file, all pointers.
type Statement interface {
	// Span returns the place of the statement in the text, without the semicolon and the space around.
	Span() (start, end int)
	// Tag is the first word of the command tag that PostgreSQL answers with: "SELECT", "CREATE VIEW".
	Tag() string
	statement()
}

// span is the place of a statement; it is embedded in all of them.
type span struct{ start, end int }

func (s *span) Span() (start, end int) { return s.start, s.end }
func (*span) statement()               {}
func (s *span) place() *span           { return s }

// setSpan sets the place of a statement.
func setSpan(s Statement, start, end int) { *s.(interface{ place() *span }).place() = span{start, end} }

// EmptyStmt is a text without a statement: "", ";" or a comment alone. It is the answer to such a text only:
// empty statements between others are left out.
type EmptyStmt struct{ span }

// SelectStmt is a query: SELECT, VALUES, TABLE or WITH.
type SelectStmt struct {
	span
	Query *Query
}

// CreateViewStmt is CREATE [OR REPLACE] [TEMP] [RECURSIVE] VIEW.
type CreateViewStmt struct {
	span
	OrReplace bool
	Temporary bool
	Name      QualifiedName
	Columns   []Ident // names given to the columns, from the first
	Query     *Query
	Source    string // the query's text
}

// DropViewStmt is DROP VIEW.
type DropViewStmt struct {
	span
	IfExists bool
	Cascade  bool
	Names    []QualifiedName
}

// ExplainStmt is EXPLAIN with its options in either form.
type ExplainStmt struct {
	span
	Analyze, Verbose, Costs, Settings, Buffers, WAL, Timing, Summary bool   // Costs is true by default, Timing and Summary follow Analyze
	Format                                                           string // "text" (default), "xml", "json" or "yaml"
	Statement                                                        Statement
}

// SetStmt is SET [SESSION | LOCAL] name {TO | =} values and its special forms: SET TIME ZONE sets timezone,
// SET NAMES client_encoding, SET SCHEMA search_path, SET ROLE role, SET SESSION AUTHORIZATION
// session_authorization.
type SetStmt struct {
	span
	Local   bool
	Name    string // folded; "a.b" for a custom name
	NamePos int
	Values  []SetValue // empty with Default
	Default bool       // SET x TO DEFAULT, SET TIME ZONE LOCAL
}

// SetValue is a word, a string or a number of SET.
type SetValue struct {
	Pos      int
	Text     string // decoded; words are folded, a number has its sign
	Number   bool
	Interval bool // of SET TIME ZONE INTERVAL '...'
}

// ShowStmt is SHOW name; SHOW ALL has the name "all".
type ShowStmt struct {
	span
	Name    string // folded; TIME ZONE is timezone, TRANSACTION ISOLATION LEVEL transaction_isolation
	NamePos int
}

// ResetStmt is RESET name; RESET ALL has the name "all".
type ResetStmt struct {
	span
	Name    string
	NamePos int
}

// DiscardStmt is DISCARD what.
type DiscardStmt struct {
	span
	What string // "all", "plans", "sequences" or "temp"
}

// BeginStmt is BEGIN or START TRANSACTION.
type BeginStmt struct {
	span
	Start bool // written START TRANSACTION, which is the tag
	Modes TransactionModes
}

// TransactionModes are the properties given to a transaction.
type TransactionModes struct {
	Isolation  string // "read committed", ...; "" if not given
	ReadOnly   *bool
	Deferrable *bool
}

// CommitStmt is COMMIT or END.
type CommitStmt struct {
	span
	Chain bool
}

// RollbackStmt is ROLLBACK or ABORT.
type RollbackStmt struct {
	span
	Chain bool
}

// SavepointStmt is SAVEPOINT name.
type SavepointStmt struct {
	span
	Name string
}

// ReleaseStmt is RELEASE [SAVEPOINT] name.
type ReleaseStmt struct {
	span
	Name string
}

// RollbackToStmt is ROLLBACK TO [SAVEPOINT] name.
type RollbackToStmt struct {
	span
	Name string
}

// SetTransactionStmt is SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION with Session.
type SetTransactionStmt struct {
	span
	Session bool
	Modes   TransactionModes
}

// PrepareStmt is PREPARE name (types) AS statement.
type PrepareStmt struct {
	span
	Name      string
	Types     []*TypeName
	Statement Statement
	Source    string // the statement's text
}

// ExecuteStmt is EXECUTE name (arguments).
type ExecuteStmt struct {
	span
	Name    string
	NamePos int
	Args    []Expr
}

// DeallocateStmt is DEALLOCATE name; DEALLOCATE ALL has All.
type DeallocateStmt struct {
	span
	Name string
	All  bool
}

// DeclareStmt is DECLARE name CURSOR FOR query.
type DeclareStmt struct {
	span
	Name   string
	Binary bool
	Scroll *bool // SCROLL, NO SCROLL or neither
	Hold   bool
	Query  *Query
	Source string // the query's text
}

// FetchStmt is FETCH, or MOVE with Move.
type FetchStmt struct {
	span
	Move      bool
	Cursor    string
	Direction FetchDirection
	Count     int64 // of the direction; FetchAll for ALL
}

// FetchAll is the Count of FETCH ALL.
const FetchAll = int64(1<<63 - 1)

// FetchDirection is where FETCH goes.
type FetchDirection uint8

// NEXT is Forward 1, PRIOR Backward 1, FIRST Absolute 1, LAST Absolute -1.
const (
	Forward FetchDirection = iota
	Backward
	Absolute
	Relative
)

// CloseStmt is CLOSE name; CLOSE ALL has All.
type CloseStmt struct {
	span
	Name string
	All  bool
}

// CopyStmt is COPY ... TO.
type CopyStmt struct {
	span
	Query   *Query // COPY (query) or, made from it, COPY table (columns)
	Table   *Table // of COPY table; nil: it is a query
	To      string // file or command; "" is STDOUT
	Program bool   // To is a command
	Options []Option
}

// Option is a word with a value of COPY; the old spelling (CSV HEADER) is turned into the new.
type Option struct {
	Pos   int
	Name  string   // folded
	Value string   // folded if a word, decoded if a string; "" if none was given
	List  []string // of a list in parentheses
	Star  bool     // the value is *
}

// ListenStmt is LISTEN.
type ListenStmt struct {
	span
	Channel string
}

// UnlistenStmt is UNLISTEN, of one channel or of all.
type UnlistenStmt struct {
	span
	Channel string
	All     bool
}

// NotifyStmt is NOTIFY.
type NotifyStmt struct {
	span
	Channel, Payload string
}

// NoopStmt is a statement that has nothing to do in gsql and succeeds, such as ANALYZE.
type NoopStmt struct {
	span
	Name   string         // its tag
	Table  *QualifiedName // that must be there; nil: none
	Notice string         // what to tell who sends it
}

// UnsupportedStmt is a statement that PostgreSQL has and gsql has not. Running it fails with Err.
type UnsupportedStmt struct {
	span
	Name string // what PostgreSQL calls it: "CREATE TABLE"
	Err  *sqlstate.Error
}

func (*EmptyStmt) Tag() string          { return "" }
func (*SelectStmt) Tag() string         { return "SELECT" }
func (*CreateViewStmt) Tag() string     { return "CREATE VIEW" }
func (*DropViewStmt) Tag() string       { return "DROP VIEW" }
func (*ExplainStmt) Tag() string        { return "EXPLAIN" }
func (*SetStmt) Tag() string            { return "SET" }
func (*ShowStmt) Tag() string           { return "SHOW" }
func (*ResetStmt) Tag() string          { return "RESET" }
func (*CommitStmt) Tag() string         { return "COMMIT" }
func (*RollbackStmt) Tag() string       { return "ROLLBACK" }
func (*SavepointStmt) Tag() string      { return "SAVEPOINT" }
func (*ReleaseStmt) Tag() string        { return "RELEASE" }
func (*RollbackToStmt) Tag() string     { return "ROLLBACK" }
func (*SetTransactionStmt) Tag() string { return "SET" }
func (*PrepareStmt) Tag() string        { return "PREPARE" }
func (*ExecuteStmt) Tag() string        { return "EXECUTE" }
func (*DeclareStmt) Tag() string        { return "DECLARE CURSOR" }
func (*CopyStmt) Tag() string           { return "COPY" }
func (*ListenStmt) Tag() string         { return "LISTEN" }
func (*UnlistenStmt) Tag() string       { return "UNLISTEN" }
func (*NotifyStmt) Tag() string         { return "NOTIFY" }
func (s *NoopStmt) Tag() string         { return s.Name }
func (s *UnsupportedStmt) Tag() string  { return s.Name }

func (s *DiscardStmt) Tag() string {
	return map[string]string{"all": "DISCARD ALL", "plans": "DISCARD PLANS", "sequences": "DISCARD SEQUENCES", "temp": "DISCARD TEMP"}[s.What]
}

func (s *BeginStmt) Tag() string {
	if s.Start {
		return "START TRANSACTION"
	}
	return "BEGIN"
}

func (s *DeallocateStmt) Tag() string {
	if s.All {
		return "DEALLOCATE ALL"
	}
	return "DEALLOCATE"
}

func (s *FetchStmt) Tag() string {
	if s.Move {
		return "MOVE"
	}
	return "FETCH"
}

func (s *CloseStmt) Tag() string {
	if s.All {
		return "CLOSE CURSOR ALL"
	}
	return "CLOSE CURSOR"
}
