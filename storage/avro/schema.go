package avro

import (
	"encoding/json"
	"fmt"
	"strings"

	"gsql/exec/types"
)

// form says how a value is encoded.
type form uint8

const (
	formNull form = iota
	formBool
	formInt // int or long
	formFloat
	formDouble
	formBytes // a length and bytes
	formFixed // node.size bytes
	formEnum
	formArray
	formMap
	formRecord
	formUnion
	formAgain // a record within itself: the one child is the record
)

// meaning says what a value's SQL type needs to be done to it.
type meaning uint8

const (
	plain      meaning = iota
	multiplied         // by node.factor
	divided            // by node.factor, rounded down
	decimal            // a big-endian integer
	uuidText
	duration // months, days and milliseconds
)

// node is a type of a schema.
type node struct {
	form    form
	typ     types.Type
	wide    bool // numerics that need 128 bits
	meaning meaning
	factor  int64
	size    int // of a fixed value
	// least is how many bytes a value has at least, up to 1.
	least    int
	symbols  []string // of an enum
	children []*node  // fields, branches of a union, or the one type of elements
	names    []string // of fields
	ids      []int    // of fields, as Iceberg numbers them; 0: none
	null     int      // of a union: the branch that is null, -1 if none
	refuse   string   // why values cannot be read, "" if they can
}

const (
	maxDepth = 100     // of nested types
	maxNodes = 100_000 // in all
)

// parser makes nodes of a schema in JSON.
type parser struct {
	named map[string]*node   // by full name; nil while the type is being read
	again map[string][]*node // references to a type while it is read
	nodes int
}

// errSchema is about a schema that is not valid.
type errSchema string

func (e errSchema) Error() string { return string(e) }

func parseSchema(text []byte) (*node, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	p := parser{named: map[string]*node{}, again: map[string][]*node{}}
	return p.node(v, "", 0)
}

// node reads a type: a name, a list of the types of a union, or an object.
func (p *parser) node(v any, space string, depth int) (*node, error) {
	if p.nodes++; depth > maxDepth || p.nodes > maxNodes {
		return nil, errSchema("types are nested too deeply")
	}
	switch v := v.(type) {
	case string:
		return p.byName(v, space)
	case []any:
		return p.union(v, space, depth)
	case map[string]any:
		return p.object(v, space, depth)
	}
	return nil, errSchema("a type is neither a name nor a list nor an object")
}

// primitives have the types without parts.
var primitives = map[string]node{
	"null":    {form: formNull, typ: types.Of(types.Text)},
	"boolean": {form: formBool, typ: types.Of(types.Bool), least: 1},
	"int":     {form: formInt, typ: types.Of(types.Int32), least: 1},
	"long":    {form: formInt, typ: types.Of(types.Int64), least: 1},
	"float":   {form: formFloat, typ: types.Of(types.Float32), least: 1},
	"double":  {form: formDouble, typ: types.Of(types.Float64), least: 1},
	"bytes":   {form: formBytes, typ: types.Of(types.Bytea), least: 1},
	"string":  {form: formBytes, typ: types.Of(types.Text), least: 1},
}

func (p *parser) byName(name, space string) (*node, error) {
	if n, ok := primitives[name]; ok {
		return &n, nil
	}
	full := fullName(name, space)
	n, ok := p.named[full]
	if !ok {
		full = name
		if n, ok = p.named[full]; !ok {
			return nil, errSchema(fmt.Sprintf("type %q is not known", name))
		}
	}
	if n == nil {
		// It has a byte at least: a value that ends has a union or an array on the way.
		n = &node{form: formAgain, typ: types.Of(types.Text), least: 1, refuse: "of a record that has itself within"}
		p.again[full] = append(p.again[full], n)
	}
	return n, nil
}

func fullName(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// object reads a type written as an object.
func (p *parser) object(o map[string]any, space string, depth int) (*node, error) {
	kind, ok := o["type"].(string)
	if !ok {
		return p.node(o["type"], space, depth+1)
	}
	switch kind {
	case "record", "error", "enum", "fixed":
		return p.define(kind, o, space, depth)
	case "array":
		return p.elements(formArray, o["items"], space, depth)
	case "map":
		return p.elements(formMap, o["values"], space, depth)
	}
	n, err := p.byName(kind, space)
	if err != nil {
		return nil, err
	}
	own := *n
	own.logical(o)
	return &own, nil
}

// define reads a type with a name.
func (p *parser) define(kind string, o map[string]any, space string, depth int) (*node, error) {
	name, _ := o["name"].(string)
	if s, ok := o["namespace"].(string); ok && !strings.Contains(name, ".") {
		space = s
	}
	name = fullName(name, space)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		space = name[:i]
	}
	if _, ok := p.named[name]; ok || name == "" {
		return nil, errSchema(fmt.Sprintf("type %q is defined twice", name))
	}
	var n *node
	var err error
	switch kind {
	case "enum":
		n = &node{form: formEnum, typ: types.Of(types.Text), least: 1}
		n.symbols, err = names(o["symbols"])
	case "fixed":
		size, ok := o["size"].(float64)
		if !ok || size < 0 || size > maxValue || size != float64(int(size)) {
			return nil, errSchema(fmt.Sprintf("the size of type %q is not valid", name))
		}
		n = &node{form: formFixed, typ: types.Of(types.Bytea), size: int(size), least: min(int(size), 1)}
		n.logical(o)
	default:
		p.named[name] = nil
		n, err = p.record(o, space, depth)
	}
	for _, a := range p.again[name] {
		a.children = []*node{n}
	}
	p.named[name] = n
	return n, err
}

func names(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, errSchema("the symbols of an enum are no list")
	}
	var out []string
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			return nil, errSchema("a symbol of an enum is no string")
		}
		out = append(out, s)
	}
	return out, nil
}

func (p *parser) record(o map[string]any, space string, depth int) (*node, error) {
	fields, ok := o["fields"].([]any)
	if !ok {
		return nil, errSchema("the fields of a record are no list")
	}
	n := &node{form: formRecord}
	var sql []types.Field
	for _, x := range fields {
		f, _ := x.(map[string]any)
		name, ok := f["name"].(string)
		if !ok {
			return nil, errSchema("a field of a record has no name")
		}
		c, err := p.node(f["type"], space, depth+1)
		if err != nil {
			return nil, err
		}
		id, _ := f["field-id"].(float64)
		n.children, n.names, n.ids = append(n.children, c), append(n.names, name), append(n.ids, int(id))
		n.least = max(n.least, c.least)
		sql = append(sql, types.Field{Name: name, Type: c.typ})
		n.within(c)
	}
	if len(fields) == 0 {
		n.no("of records without fields")
	}
	if n.refuse == "" {
		n.typ = types.RecordOf("", sql)
	}
	return n, nil
}

// no says why values cannot be read. Their type is that of text then, so that the other columns can be used.
func (n *node) no(what string) { n.typ, n.refuse = types.Of(types.Text), what }

// within refuses values that have others within which cannot be read.
func (n *node) within(c *node) {
	switch {
	case n.refuse != "":
	case c.refuse != "":
		n.no(strings.TrimSuffix(c.refuse, " within") + " within")
	case c.form == formNull:
		n.no("with values of no type within")
	}
}

// elements reads the type of an array's elements, or of a map's values. A map is an array of records.
func (p *parser) elements(f form, v any, space string, depth int) (*node, error) {
	c, err := p.node(v, space, depth+1)
	if err != nil {
		return nil, err
	}
	n := &node{form: f, children: []*node{c}, least: 1}
	switch n.within(c); {
	case n.refuse != "":
	case f == formMap:
		n.typ = types.ArrayOf(types.RecordOf("", []types.Field{{Name: "key", Type: types.Of(types.Text)}, {Name: "value", Type: c.typ}}))
	case c.typ.ID == types.Array:
		n.no("of arrays of arrays")
	case c.least == 0:
		n.no("of elements without bytes")
	default:
		n.typ = types.ArrayOf(c.typ)
	}
	return n, nil
}

// union reads a list of types. One type that may be NULL is what nearly all unions are; numbers of two widths are of the
// wider type.
func (p *parser) union(list []any, space string, depth int) (*node, error) {
	n := &node{form: formUnion, null: -1, least: 1}
	var one *node
	for i, x := range list {
		c, err := p.node(x, space, depth+1)
		if err != nil {
			return nil, err
		}
		if n.children = append(n.children, c); c.form == formNull {
			n.null = i
			continue
		}
		if one == nil || one.form == c.form && one.meaning == plain && c.meaning == plain && one.typ.ID == types.Int32 && c.typ.ID == types.Int64 {
			one = c
		} else if one.form != c.form || one.meaning != plain || c.meaning != plain || one.typ.ID != types.Int64 || c.typ.ID != types.Int32 {
			n.no("of unions of several types")
		}
	}
	switch {
	case len(list) == 0:
		return nil, errSchema("a union has no types")
	case n.refuse != "":
	case one == nil:
		n.typ = types.Of(types.Text)
	default:
		n.typ, n.wide, n.refuse = one.typ, one.wide, one.refuse
	}
	return n, nil
}

// logical takes the logical type of a type, unless it does not fit, as the standard wants.
func (n *node) logical(o map[string]any) {
	name, _ := o["logicalType"].(string)
	number := func(key string) int {
		f, _ := o[key].(float64)
		return int(max(min(f, 1e6), -1e6))
	}
	narrow, long := n.form == formInt && n.typ.ID == types.Int32, n.form == formInt && n.typ.ID == types.Int64
	set := func(id types.ID, m meaning, factor int64) { n.typ, n.meaning, n.factor = types.Of(id), m, factor }
	switch {
	case name == "decimal" && (n.form == formFixed || n.form == formBytes && n.typ.ID == types.Bytea):
		n.numeric(number("precision"), number("scale"))
	case name == "uuid" && n.form == formBytes && n.typ.ID == types.Text:
		set(types.UUID, uuidText, 0)
	case name == "uuid" && n.form == formFixed && n.size == 16:
		set(types.UUID, plain, 0)
	case name == "date" && narrow:
		set(types.Date, plain, 0)
	case name == "time-millis" && narrow:
		set(types.Time, multiplied, 1000)
	case name == "time-micros" && long:
		set(types.Time, multiplied, 1)
	case name == "timestamp-millis" && long:
		set(types.TimestampTZ, multiplied, 1000)
	case name == "timestamp-micros" && long:
		set(types.TimestampTZ, multiplied, 1)
	case name == "timestamp-nanos" && long:
		set(types.TimestampTZ, divided, 1000)
	case name == "local-timestamp-millis" && long:
		set(types.Timestamp, multiplied, 1000)
	case name == "local-timestamp-micros" && long:
		set(types.Timestamp, multiplied, 1)
	case name == "local-timestamp-nanos" && long:
		set(types.Timestamp, divided, 1000)
	case name == "duration" && n.form == formFixed && n.size == 12:
		set(types.Interval, duration, 0)
	}
}

// numeric makes values numeric(prec, scale); those that are not valid or too long remain bytes.
func (n *node) numeric(prec, scale int) {
	if prec <= 0 || prec > 38 || scale < 0 || scale > prec {
		return
	}
	n.typ, n.meaning, n.wide = types.NumericOf(prec, scale), decimal, prec > 18
}
