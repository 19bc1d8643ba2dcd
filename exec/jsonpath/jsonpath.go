// Package jsonpath is the SQL/JSON path language of PostgreSQL's type jsonpath: Parse reads a path, Path.String prints it
// as PostgreSQL does, and an Evaluator applies it to documents in the normal form of package jsontext.
package jsonpath

import (
	"gsql/exec/sqlstate"
)

// Path is a parsed path. It is not changed by evaluation, so that several goroutines may use it.
type Path struct {
	strict bool
	root   *node
}

// Matcher is a compiled regular expression.
type Matcher interface{ Match(text []byte) bool }

// Compile compiles the pattern of like_regex; package fn sets it. The flags are a subset of "imsq".
var Compile = func(pattern, flags string) (Matcher, error) {
	return nil, sqlstate.Unsupported("", "like_regex is not supported")
}

// maxDepth is how deep the expressions of a path may be nested.
const maxDepth = 500

// kind says what a node is.
type kind uint8

const (
	nullLiteral kind = iota
	boolLiteral
	numberLiteral
	stringLiteral
	variable
	root
	current
	last

	// Accessors.
	key
	anyKey
	index
	anyIndex
	anyPath
	filter
	method

	// Operators on items.
	add
	sub
	mul
	div
	mod
	plus
	minus

	// Predicates.
	and
	or
	not
	isUnknown
	equal
	notEqual
	less
	lessEqual
	greater
	greaterEqual
	exists
	startsWith
	likeRegex
)

// node is an item of a path: a start or an operator, with the chain of accessors that follow it in next.
type node struct {
	kind        kind
	text        string // a literal, the name of a variable, key or method, the pattern of like_regex
	flags       string // likeRegex
	truth       bool   // boolLiteral
	left, right *node
	subscripts  []subscript
	from, to    uint32 // anyPath: levels
	re          Matcher
	next        *node
}

// subscript is an element of an index, or with to a range of them.
type subscript struct{ from, to *node }

// lastLevel stands for the word last as a level of **.
const lastLevel = 1<<32 - 1

func (k kind) isPredicate() bool { return k >= and }

// isPredicate reports whether the value of a node is a truth value. With an accessor behind it, it is an item.
func (n *node) isPredicate() bool { return n.kind.isPredicate() && n.next == nil }

var operatorNames = map[kind]string{
	add: "+", sub: "-", mul: "*", div: "/", mod: "%", plus: "+", minus: "-", and: "&&", or: "||",
	equal: "==", notEqual: "!=", less: "<", lessEqual: "<=", greater: ">", greaterEqual: ">=", startsWith: "starts with",
}

// check rejects words where they have no meaning. filters is how many filters are around n.
func (n *node) check(filters int, subscripts bool) error {
	for ; n != nil; n = n.next {
		switch {
		case n.kind == current && filters == 0:
			return sqlstate.New(sqlstate.SyntaxError, "@ is not allowed in root expressions")
		case n.kind == last && !subscripts:
			return sqlstate.New(sqlstate.SyntaxError, "LAST is allowed only in array subscripts")
		}
		inner := filters
		if n.kind == filter {
			inner++
		}
		for _, c := range []*node{n.left, n.right} {
			if err := c.check(inner, subscripts); err != nil {
				return err
			}
		}
		for _, s := range n.subscripts {
			for _, c := range []*node{s.from, s.to} {
				if err := c.check(filters, true); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
