package main

import "strings"

// A node is a piece of SQL text with a structure that the shrinker can work on: what may be left out, and what
// may stand in for something else of the same kind.
type node struct {
	// kind is the type of an expression, in PostgreSQL's name of it, kindQuery, or "" for other text.
	kind  string
	parts []any // string or *node
	// A list's parts are nodes, joined by sep, of which min must stay.
	list bool
	sep  string
	min  int
	// opt: the node may be left out.
	opt bool
	// fuzzy: last digits of floats may differ, since functions of the C library or the order of a sum are at work.
	fuzzy bool
	// pick: one of several values or rows that are equal but look different is taken (1.0 and 1.00).
	pick bool
	// leaf is an expression without parts that matter: a column or a literal.
	leaf bool
	// bare is a quoted literal whose type the context settles.
	bare bool
	// fixed and nice are of the column that a leaf is.
	fixed, nice bool
	// ordinal is the output column that a term of ORDER BY names; of a query, the terms are in order.
	ordinal int
	order   *node
}

const kindQuery = "query"

// mk makes a node that inherits the properties of its parts.
func mk(kind string, parts ...any) *node {
	n := &node{kind: kind, parts: parts}
	for _, p := range parts {
		if c, ok := p.(*node); ok && c != nil {
			n.fuzzy = n.fuzzy || c.fuzzy
			n.pick = n.pick || c.pick
		}
	}
	return n
}

func leaf(kind, text string) *node { return &node{kind: kind, parts: []any{text}, leaf: true} }

// plain is a node of no kind.
func plain(parts ...any) *node { return mk("", parts...) }

// optional is a node that may be left out.
func optional(parts ...any) *node {
	n := mk("", parts...)
	n.opt = true
	return n
}

func listOf(sep string, min int, items ...*node) *node {
	parts := make([]any, len(items))
	for i, it := range items {
		parts[i] = it
	}
	n := mk("", parts...)
	n.list, n.sep, n.min = true, sep, min
	return n
}

func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	for i, p := range n.parts {
		if n.list && i > 0 {
			b.WriteString(n.sep)
		}
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case *node:
			if p != nil {
				p.write(b)
			}
		}
	}
}

// walk calls f for n and all nodes below it, from the top down, until f returns false.
func (n *node) walk(f func(*node) bool) bool {
	if !f(n) {
		return false
	}
	for _, p := range n.parts {
		if c, ok := p.(*node); ok && c != nil && !c.walk(f) {
			return false
		}
	}
	return true
}

// lenience says how much answers may differ.
type lenience struct{ fuzzy, pick bool }

func (n *node) lenience() (l lenience) {
	n.walk(func(c *node) bool {
		l.fuzzy = l.fuzzy || c.fuzzy
		l.pick = l.pick || c.pick
		return true
	})
	return l
}
