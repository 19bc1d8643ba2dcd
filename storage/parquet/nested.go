package parquet

import (
	"strings"

	"gsql/exec/types"
)

// More logical types of groups, in the numbers of older writers.
const (
	convMap         = 1
	convMapKeyValue = 2
	convList        = 3
)

// nested is a node of a column with nested values: a record, an array, or a leaf. What is there of a value is said by two
// numbers beside each value of a leaf: the repetition level says which array it goes on with, 0 being a new row, and the
// definition level how many of the optional nodes down to the leaf are there.
type nested struct {
	name string
	id   int32 // that the writer has for it, -1 for none
	typ  types.Type
	def  int // the definition level from which on a value is not NULL

	fields []*nested // of a record
	elem   *nested   // of an array's elements, which have definition level exists or more
	exists int
	rep    int // the repetition level of elements but the first

	leaf, leaves int // the first leaf below, or the leaf itself, and how many there are
}

// leafColumn is a leaf of a nested column, with its highest levels.
type leafColumn struct {
	column
	def, rep int
}

// maxNesting is how deep values may be nested.
const maxNesting = 100

// nester makes the nodes of one column from the list of schema elements.
type nester struct {
	schema []schemaElement
	at     int
	chunk  int // of the next leaf
	leaves []leafColumn
	depth  int
	refuse string
	want   *wanted // the fields that the node at hand is to have; nil: all
}

// resolveNested finds the type of a nested column and its leaves: of its fields and those within, only those wanted.
func (c *column) resolveNested(schema []schemaElement, want *wanted) {
	n := nester{schema: schema, at: c.at, chunk: c.leaf, want: want}
	c.refuse = ""
	root := n.node(0, 0)
	if n.refuse != "" {
		c.nested(n.refuse)
		return
	}
	c.set(root.typ, convertNone)
	c.root, c.leaves, c.leaf, c.phys = root, n.leaves, n.leaves[0].leaf, n.leaves[0].phys
}

// node reads an element that stands within def optional and rep repeated ones. After a refusal nodes say nothing.
func (n *nester) node(def, rep int) *nested {
	e := &n.schema[n.at]
	switch e.rep {
	case 1:
		def++
	case 2: // an array of elements that are never NULL
		a := n.array(def, rep, func() *nested { return n.value(def+1, rep+1) })
		a.name, a.id = e.name, e.id
		return a
	}
	return n.value(def, rep)
}

// array makes the node of an array, of whose elements the function makes the node.
func (n *nester) array(def, rep int, elem func() *nested) *nested {
	a := &nested{def: def, rep: rep + 1, exists: def + 1, leaf: len(n.leaves)}
	own := n.want
	n.want = own.element()
	a.elem = elem()
	n.want = own
	a.leaves = len(n.leaves) - a.leaf
	if a.elem.typ.ID == types.Array {
		n.refuse = "an array of arrays"
	}
	a.typ = types.ArrayOf(a.elem.typ)
	return a
}

// value reads an element without regard to its own repetition.
func (n *nester) value(def, rep int) *nested {
	e := &n.schema[n.at]
	if n.depth++; n.depth > maxNesting {
		n.refuse = "a column of values that are nested too deeply"
	}
	defer func() { n.depth-- }()
	if n.refuse != "" {
		return &nested{}
	}
	switch {
	case e.children <= 0:
		return n.leafNode(def, rep)
	case n.wrapsArray(e):
		n.at++
		a := n.array(def, rep, func() *nested { return n.element(e, def+1, rep+1) })
		a.name, a.id = e.name, e.id
		return a
	}
	return n.record(e, def, rep)
}

func (n *nester) record(e *schemaElement, def, rep int) *nested {
	n.at++
	r := &nested{name: e.name, id: e.id, def: def, leaf: len(n.leaves)}
	var fields []types.Field
	own := n.want
	defer func() { n.want = own }()
	for left := e.children; left > 0; left-- {
		f := &n.schema[n.at]
		var keep bool
		if n.want, keep = own.field(f, int(e.children-left)); !keep && (left > 1 || len(fields) > 0) { // one tells whether there is a record
			n.pass()
			continue
		}
		c := n.node(def, rep)
		if n.refuse != "" {
			return r
		}
		r.fields, fields = append(r.fields, c), append(fields, types.Field{Name: f.name, Type: c.typ})
	}
	r.leaves, r.typ = len(n.leaves)-r.leaf, types.RecordOf("", fields)
	return r
}

// pass leaves out an element and what is in it.
func (n *nester) pass() {
	t := tree{schema: n.schema, at: n.at}
	t.skip(0)
	n.at, n.chunk = t.at, n.chunk+t.leaves
}

// wrapsArray reports whether a group is that of a LIST or a MAP: its one child is repeated.
func (n *nester) wrapsArray(e *schemaElement) bool {
	switch {
	case e.children != 1 || n.schema[n.at+1].rep != 2:
		return false
	case e.logical.kind == logList, e.logical.kind == logMap:
		return true
	}
	return e.converted == convList || e.converted == convMap || e.converted == convMapKeyValue
}

// element reads the repeated child of the group of a LIST or a MAP. It is the element itself, or in the usual form wraps
// it once more, so that it can be NULL.
func (n *nester) element(list *schemaElement, def, rep int) *nested {
	e := &n.schema[n.at]
	if e.children != 1 || e.name == "array" || e.name == list.name+"_tuple" || strings.HasPrefix(e.name, "key_value") || list.logical.kind == logMap {
		return n.value(def, rep)
	}
	n.at++
	return n.node(def, rep)
}

func (n *nester) leafNode(def, rep int) *nested {
	e := &n.schema[n.at]
	n.at++
	l := leafColumn{column: column{name: e.name, leaf: n.chunk, phys: e.typ, optional: def > 0}, def: def, rep: rep}
	n.chunk++
	switch {
	case e.typ < physBool || e.typ > physFixed:
		n.refuse = "a column of an unknown physical type"
		return &nested{}
	default:
		l.resolve(e)
	}
	switch {
	case l.refuse != "":
		n.refuse = l.refuse
	case l.conv == convertNull:
		n.refuse = "a column with values of no type within"
	}
	n.leaves = append(n.leaves, l)
	return &nested{name: e.name, id: e.id, typ: l.typ, def: def, leaf: len(n.leaves) - 1, leaves: 1}
}
