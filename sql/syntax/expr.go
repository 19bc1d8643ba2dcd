package syntax

// Expr is an expression: one of the types of this file, all pointers.
type Expr interface {
	// Position is where errors about the expression point: a byte offset into the text given to Parse.
	Position() int
	expr()
}

// at is the position of an expression; it is embedded in all of them.
type at struct{ Pos int }

func (a at) Position() int { return a.Pos }
func (at) expr()           {}

type (
	// Null is NULL.
	Null struct{ at }

	// Default is DEFAULT, in the VALUES of an INSERT and in UPDATE.
	Default struct{ at }

	// Bool is TRUE or FALSE.
	Bool struct {
		at
		Value bool
	}

	// Number is a number without sign, as written: 1, 1.50, .5, 1e10.
	Number struct {
		at
		Text string
	}

	// String is a string literal, decoded. Its type is unknown.
	String struct {
		at
		Value string
	}

	// BitString is B'101' or, with Hex, X'1F'.
	BitString struct {
		at
		Digits string
		Hex    bool
	}

	// Param is $n.
	Param struct {
		at
		N int
	}

	// Column is a name, or names joined by dots: column, table.column, schema.table.column.
	Column struct {
		at
		Names []string
	}

	// Star is * or t.*, in a select list, in ROW(t.*) and in count(t.*).
	Star struct {
		at
		Table []string // the names before the star

		// What EXCLUDE (a, b), REPLACE (x AS a) and RENAME (a AS b) make of the columns, as in DuckDB.
		Exclude []Ident
		Replace []*Target
		Rename  []Renaming
	}

	// Field is (x).name, or (x).* with Star.
	Field struct {
		at
		Arg  Expr
		Name string
		Star bool
	}

	// Op is an operator; Left is nil for a prefix operator.
	Op struct {
		at
		Schema      string // of OPERATOR(schema.name), else ""
		Name        string
		Left, Right Expr
	}

	// And is a AND b AND ...; it has no And among its Args, however parenthesised.
	And struct {
		at
		Args []Expr
	}

	// Or is a OR b OR ...; it has no Or among its Args.
	Or struct {
		at
		Args []Expr
	}

	// Not is NOT x.
	Not struct {
		at
		Arg Expr
	}

	// IsNull is x IS [NOT] NULL, x ISNULL, x NOTNULL.
	IsNull struct {
		at
		Arg Expr
		Not bool
	}

	// IsBool is x IS [NOT] TRUE, FALSE or UNKNOWN.
	IsBool struct {
		at
		Arg  Expr
		Test string // "true", "false" or "unknown"
		Not  bool
	}

	// IsDistinct is a IS [NOT] DISTINCT FROM b.
	IsDistinct struct {
		at
		Left, Right Expr
		Not         bool
	}

	// Between is x [NOT] BETWEEN [SYMMETRIC] low AND high.
	Between struct {
		at
		Arg, Low, High Expr
		Not, Symmetric bool
	}

	// Like is x [NOT] LIKE, ILIKE or SIMILAR TO pattern [ESCAPE escape].
	Like struct {
		at
		Kind         LikeKind
		Not          bool
		Arg, Pattern Expr
		Escape       Expr // nil if not given
	}

	// In is x [NOT] IN (list) or x [NOT] IN (query): Query is nil for a list.
	In struct {
		at
		Arg   Expr
		Not   bool
		List  []Expr
		Query *Query
	}

	// Quantified is x op ANY (...) or, with All, x op ALL (...), of an array or of a query. SOME is ANY. LIKE
	// and ILIKE have the operators' names: ~~, ~~*, !~~, !~~*.
	Quantified struct {
		at
		Schema string
		Op     string
		All    bool
		Arg    Expr
		Array  Expr   // nil with Query
		Query  *Query // nil with Array
	}

	// Exists is EXISTS (query).
	Exists struct {
		at
		Query *Query
	}

	// Subquery is a query as a value.
	Subquery struct {
		at
		Query *Query
	}

	// ArrayQuery is ARRAY(query).
	ArrayQuery struct {
		at
		Query *Query
	}

	// Array is ARRAY[...], also within one another, or [...] with List.
	Array struct {
		at
		Elems []Expr
		List  bool
	}

	// Struct is {'name': value, ...}.
	Struct struct {
		at
		Names  []Ident
		Values []Expr
	}

	// Row is ROW(...), or (a, b, ...) without Explicit.
	Row struct {
		at
		Elems    []Expr
		Explicit bool
	}

	// Subscript is x[i], or x[i:j] with Slice, where i and j may be missing.
	Subscript struct {
		at
		Arg          Expr
		Index        Expr // of x[i]
		Slice        bool
		Lower, Upper Expr // of x[i:j]; nil if missing
		Chained      bool // Arg is a Subscript too, without parentheses around it: x[i][j]
	}

	// Case is CASE [arg] WHEN ... THEN ... [ELSE ...] END.
	Case struct {
		at
		Arg   Expr // nil if none
		Whens []When
		Else  Expr // nil if none
	}

	// Cast is x::type, CAST(x AS type), and type 'literal', of which the Arg is a String.
	Cast struct {
		at
		Arg  Expr
		Type *TypeName
	}

	// Collate is x COLLATE name.
	Collate struct {
		at
		Arg    Expr
		Schema string
		Name   string
	}

	// SQLValue is CURRENT_DATE and its like, functions without parentheses.
	SQLValue struct {
		at
		Name      string // in lower case: "current_date", "localtimestamp", "current_user", "user", "current_schema", ...
		Precision int    // of CURRENT_TIMESTAMP(p); -1 if not given
	}

	// Call is a call of a function, an aggregate or a window function.
	Call struct {
		at
		Schema      string // "" if none
		Name        string
		Args        []Arg
		Star        bool // f(*)
		Distinct    bool
		Variadic    bool // the last argument has the word VARIADIC
		OrderBy     []*SortItem
		WithinGroup bool // OrderBy is of WITHIN GROUP
		Filter      Expr // nil if none
		Over        *Window
		Nulls       NullTreatment
		SQLSyntax   bool // made from words, such as EXTRACT(x FROM y), so that Name is one of pg_catalog
	}

	// Lambda is x -> body, (x, y) -> body or lambda x, y: body, the argument of a function of lists, as in DuckDB.
	Lambda struct {
		at
		Params []Ident
		Body   Expr
	}

	// GroupingSet is an item of GROUP BY: (), ROLLUP (..), CUBE (..) or GROUPING SETS (..). A list in
	// parentheses within is a Row.
	GroupingSet struct {
		at
		Kind  GroupingKind
		Items []Expr
	}
)

// NullTreatment is IGNORE NULLS or RESPECT NULLS of a window function.
type NullTreatment uint8

const (
	NullsUnsaid NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// When is a branch of a Case.
type When struct{ Cond, Result Expr }

// Arg is an argument of a Call.
type Arg struct {
	Name    string // of name => value, else ""
	NamePos int
	Value   Expr
}

// LikeKind is the kind of a Like.
type LikeKind uint8

const (
	LikePattern LikeKind = iota
	ILikePattern
	SimilarPattern
)

// GroupingKind is the kind of a GroupingSet.
type GroupingKind uint8

const (
	GroupingEmpty GroupingKind = iota
	GroupingRollup
	GroupingCube
	GroupingSets
)

// TypeName is the name of a type as written. SQL's words are turned into PostgreSQL's own names: int4, int8,
// int2, float4, float8, numeric, bool, text, varchar, bpchar, bit, varbit, timestamp, timestamptz, time,
// timetz, interval; character without a length is bpchar(1). Others stay as they are.
type TypeName struct {
	Pos    int
	Schema string
	Name   string
	Mods   []int64 // numeric(10,2), varchar(5), timestamp(3), interval(3)
	Fields string  // of interval: "year to month", "day", ...; "" if none
	Dims   int     // number of [] after it, 0 for no array
	Text   string  // as in the source, for messages
}

// Renaming gives a column another name.
type Renaming struct{ From, To Ident }
