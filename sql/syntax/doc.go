// Package syntax reads PostgreSQL 15's text and returns a tree. It knows words, not names or types: what an
// identifier stands for is the binder's business, in package sql.
//
// # The way of a text
//
//	text --lexer--> tokens --parser--> tree --print--> canonical text --TiDB's parser--> its tree --read--> tree
//
// TiDB's grammar is MySQL's, in which many PostgreSQL texts are errors and some, worse, mean something else
// (`a FULL JOIN b` is an inner join there, `#` begins a comment, `^` is xor). So no text of a user's reaches
// it. A lexer with the rules of PostgreSQL's scan.l and a recursive-descent parser with PostgreSQL's
// precedence table read the text; the result is printed in a form in which MySQL and PostgreSQL cannot
// disagree: every identifier in double quotes, and every expression a call, of which the first argument is
// the number of a node in a side table; and that is what TiDB's parser gets. Its tree is read back through a
// whitelist of node types, and every child of every node of the resulting tree is what TiDB's parser found
// at that place. Package syntax is the only one that imports TiDB's parser; its users see the types of this
// package alone, which have PostgreSQL's shape and nothing of MySQL's.
//
// # What users of the package need to know
//
// Parse splits a text into statements. Statement is a closed set (file statement.go): switch over its types.
// The queries within are *Query (file query.go), table expressions are TableExpr (file table.go), and
// expressions are Expr (file expr.go). All are closed sets, every construct has one form.
//
// Positions: every node has a position, a byte offset from 0 into the text that was given to Parse, ready for
// sqlstate.Error.At. Expr.Position and the Pos fields are where PostgreSQL's errors point: the operator of an
// operator, the name of a function, the `::` or the word CAST of a cast, the first word of most else.
//
// Names: identifiers are folded and cut to 63 bytes as PostgreSQL does; compare them exactly.
//
// Literals: Number keeps its text (1 is integer or bigint if it fits, 9223372036854775808 and 1.50 and 1e10
// are numeric); a sign is an Op around it. String is of unknown type, with all of ”, E”, U&”, $$ decoded.
//
// Operators: Op is every operator that has the shape of one, comparisons and arithmetic included, by
// PostgreSQL's names; != is <>. And and Or are flat, however long the chain. AT TIME ZONE, EXTRACT, POSITION,
// SUBSTRING, OVERLAY, TRIM, NORMALIZE, COLLATION FOR, COALESCE, NULLIF, GREATEST, LEAST and GROUPING are plain
// Calls with PostgreSQL's function name and the order of arguments that it has as a function, and
// SQLSyntax set: timezone(zone, x), extract('epoch', x), position(string, substring),
// substring(x, from, for), overlay(x, with, from, for), btrim/ltrim/rtrim(x, chars),
// similar_to_escape is never made: SIMILAR TO is a Like.
//
// Parameters: $n is Param, anywhere an expression may stand, LIMIT included.
//
// FROM functions take arguments as in PostgreSQL (f(x, name => y, name := y)) and, for functions named
// read_* or *_scan, also as in DuckDB (name = y). A list [a, b] is an Array with List set, a struct
// {'a': 'BIGINT'} is a Struct.
//
// Limits: 4 MiB of text (54000); about a thousand levels of nesting, and trees that are ten thousand deep, which
// only chains of operators and set operations make (54001). So a walk may recurse.
//
// What PostgreSQL would read and gsql has nothing for is an Unsupported statement, an error only when it is
// run; within a supported statement it is error 0A000 from Parse. What PostgreSQL would not read is its
// error, 42601, with its place.
package syntax
