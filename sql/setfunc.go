package sql

import (
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// Functions that return sets are bound to functions that return arrays, whose elements become rows.

// setArrays are the functions whose arrays have the rows of a set returning function, where they have other names than
// that with [] behind it.
var setArrays = map[string]string{"regexp_split_to_table": "regexp_split_to_array", "string_to_table": "string_to_array"}

// setCall is a use of a set returning function in a select list.
type setCall struct {
	name  string
	array expr.Expr
	elem  exec.Field
	level int // 1, and for one that has others in its arguments more than these
}

// returnsSet reports whether a function returns a set of rows, in PostgreSQL.
func returnsSet(name string) bool {
	switch name {
	case "generate_series", "unnest", "generate_subscripts", "regexp_matches", "regexp_split_to_table", "string_to_table",
		"json_array_elements", "jsonb_array_elements", "json_array_elements_text", "jsonb_array_elements_text",
		"json_each", "jsonb_each", "json_each_text", "jsonb_each_text", "json_object_keys", "jsonb_object_keys",
		"json_populate_recordset", "jsonb_populate_recordset", "jsonb_path_query", "jsonb_path_query_tz":
		return true
	}
	return len(fn.Scalars(name+"[]")) > 0
}

// setFields are the columns of functions that return rows of several.
var setFields = map[string][]string{"pg_options_to_table": {"option_name", "option_value"}, "_pg_expandarray": {"x", "n"},
	"pg_partition_ancestors": {"relid"}, "pg_get_keywords": {"word", "catcode", "barelabel", "catdesc", "baredesc"}}

// setArray binds the array whose elements a call of a set returning function returns.
func (b *binder) setArray(name string, vs []value, pos int) (value, error) {
	if name == "unnest" {
		if len(vs) != 1 {
			return value{}, functionError(notFound, name, typesOf(vs), pos)
		}
		v, err := b.settled(vs[0])
		if err != nil {
			return value{}, err
		}
		if v.typ().IsMultirange() {
			return b.arrayCall("unnest[]", name, []value{v}, pos)
		}
		if v.typ().ID != types.Array {
			return value{}, functionError(notFound, name, typesOf(vs), pos)
		}
		return v, nil
	}
	if v, ok, err := b.vectorCall(name, vs, pos); ok {
		return v, err
	}
	array := setArrays[name]
	if array == "" {
		array = name + "[]"
	}
	if len(fn.Scalars(array)) == 0 {
		return value{}, unsupported(pos, "Call it in FROM, if it is supported there.", "set-returning function %s is not supported here", name)
	}
	return b.arrayCall(array, name, vs, pos)
}

// arrayCall binds the call of a function that returns an array in place of the set that name returns.
func (b *binder) arrayCall(array, name string, vs []value, pos int) (value, error) {
	fs := fn.Scalars(array)
	m, out := resolve(scalarSignatures(fs), typesOf(vs))
	if out != found {
		return value{}, functionError(out, name, typesOf(vs), pos)
	}
	return b.invoke(fs[m.index], m, vs, pos)
}

// setTarget binds a set returning function in a select list, in GROUP BY or in ORDER BY, where its elements are a column of
// rows to come.
func (b *binder) setTarget(blk *block, e *syntax.Call, vs []value) (value, error) {
	switch blk.clause {
	case inTargets, inGroupBy, inOrderBy, inDistinctOn:
	default:
		return value{}, unsupported(e.Pos, "Call it in FROM.", "set-returning functions are not allowed in %s", blk.clause)
	}
	if blk.noSets != "" {
		return value{}, unsupported(e.Pos, "You might be able to move the set-returning function into a LATERAL FROM item.",
			"set-returning functions are not allowed in %s", blk.noSets)
	}
	v, err := b.setArray(e.Name, vs, e.Pos)
	if err != nil {
		return value{}, err
	}
	out := value{e: columnOf(b.addSet(blk, e, v)), pos: e.Pos}
	if e.Name != "regexp_matches" {
		return out, nil
	}
	// Its elements are arrays themselves: what is expanded are the numbers of the matches.
	return b.arrayCall("regexp_matches[n]", e.Name, append(vs[:len(vs):len(vs)], out), e.Pos)
}

// addSet adds a set returning function to the block, unless the same one is there, and returns the column of its elements.
func (b *binder) addSet(blk *block, e *syntax.Call, v value) exec.Field {
	level := 1
	b.eachColumn(v.e, func(c *expr.Column) {
		for _, s := range blk.sets {
			if s.elem.ID == c.ID {
				level = max(level, s.level+1)
			}
		}
	})
	for _, s := range blk.sets {
		if blk.clause != inTargets && s.name == e.Name && expr.Equal(s.array, v.e) && !expr.IsVolatile(v.e) {
			return s.elem
		}
	}
	elem := exec.Field{ID: b.newID(blk, setColumn, "", e.Name), Name: e.Name, Type: v.typ().Element()}
	b.info[elem.ID].pos = e.Pos
	blk.sets = append(blk.sets, &setCall{e.Name, v.e, elem, level})
	return elem
}

// groupedSets moves the set returning functions that GROUP BY uses, and those within them, below the aggregation.
func (b *binder) groupedSets(blk *block, p *parts, n planner.Node) planner.Node {
	used := map[expr.ColID]bool{}
	use := func(c *expr.Column) { used[c.ID] = true }
	for _, t := range p.groupBy {
		b.eachColumn(t.v.e, use)
	}
	var below, above []*setCall
	for i := len(blk.sets) - 1; i >= 0; i-- { // those within others come before them
		s := blk.sets[i]
		if !used[s.elem.ID] {
			above = append([]*setCall{s}, above...)
			continue
		}
		b.eachColumn(s.array, use)
		below = append([]*setCall{s}, below...)
		b.info[s.elem.ID].kind = derivedColumn // as those of FROM, it must be grouped by
	}
	blk.sets = above
	return projectSets(below, n)
}

// withoutSets begins a construct in which there may be no set returning function, since not all of it is evaluated for
// each row. What it returns ends it.
func (s *block) withoutSets(construct string) (end func()) {
	saved := s.noSets
	s.noSets = construct
	return func() { s.noSets = saved }
}

// projectSets adds the rows of set returning functions: first of those without others in their arguments, side by side, then
// of those that have these, and so on.
func projectSets(sets []*setCall, n planner.Node) planner.Node {
	for level, left := 1, len(sets); left > 0; level++ {
		p := &planner.ProjectSet{}
		for _, s := range sets {
			if s.level == level {
				p.Arrays, p.Elems = append(p.Arrays, s.array), append(p.Elems, s.elem)
			}
		}
		if left -= len(p.Arrays); len(p.Arrays) > 0 {
			p.Input = n
			n = p
		}
	}
	return n
}

// setTable binds a set returning function in FROM by way of an array, which may use items of FROM before it. ok is false
// where the catalog has to make the table.
func (b *binder) setTable(blk *block, t *syntax.FuncTable, call *syntax.Call) (r *relation, ok bool, err error) {
	if !returnsSet(call.Name) {
		return nil, false, nil
	}
	if call.Name == "regexp_matches" {
		if t.Ordinality {
			return nil, true, unsupported(t.Pos, "Use row_number() OVER ().", "WITH ORDINALITY is not supported for %s", call.Name)
		}
		r, err = b.setQuery(blk, t, call)
		return r, true, err
	}
	saved := blk.lateral
	blk.lateral = true
	defer func() { blk.lateral = saved }()
	var vs []value
	err = blk.in(inFromFunction, func() error {
		vs, err = b.scalarArguments(blk, call)
		return err
	})
	if err != nil {
		return nil, true, err
	}
	if call.Name == "generate_series" && !t.Ordinality && !slices.ContainsFunc(vs, b.needsArray) {
		return nil, false, nil
	}
	arrays, names, err := b.setColumns(call, vs)
	if err != nil {
		return nil, true, err
	}
	if len(t.ColumnDefs) > 0 && len(arrays) == 1 {
		arrays[0], err = b.definedArray(t.ColumnDefs, arrays[0])
	} else if len(t.ColumnDefs) > 0 {
		err = redundantColumns(t.ColumnDefs)
	}
	if err != nil {
		return nil, true, err
	}
	return b.setRelation(blk, t, call, arrays, names), true, nil
}

// setColumns binds the arrays of the columns of a set returning function in FROM. Columns without names are called as the
// function is.
func (b *binder) setColumns(call *syntax.Call, vs []value) (arrays []value, names []string, err error) {
	add := func(a value, err error) error {
		arrays = append(arrays, a)
		return err
	}
	names = setFields[call.Name]
	if len(fn.Scalars(call.Name+"[]key")) > 0 {
		names = []string{"key", "value"}
	}
	switch {
	case names != nil:
		for _, column := range names {
			if err := add(b.arrayCall(call.Name+"[]"+column, call.Name, vs, call.Pos)); err != nil {
				return nil, nil, err
			}
		}
	case call.Name == "unnest": // of several arrays side by side
		for i := range vs {
			if err := add(b.setArray(call.Name, vs[i:i+1], call.Pos)); err != nil {
				return nil, nil, err
			}
		}
	default:
		if strings.Contains(call.Name, "_array_elements") {
			names = []string{"value"}
		}
		err = add(b.setArray(call.Name, vs, call.Pos))
		arrays[0].expands = true
	}
	return arrays, names, err
}

// varies reports whether a value is not the same for all rows.
func (b *binder) varies(v value) bool {
	columns := false
	b.eachColumn(v.e, func(*expr.Column) { columns = true })
	return columns || expr.IsVolatile(v.e)
}

// needsArray reports whether a value as an argument of generate_series cannot be one of the catalog's table, which takes constants
// of the types that it knows.
func (b *binder) needsArray(v value) bool {
	if id := v.typ().ID; id == types.Numeric || id == types.Unknown {
		return true
	}
	_, constant := expr.Fold(v.e, b.fn(), true).(*expr.Const)
	return !constant
}

// setRelation makes the item of FROM of a set returning function.
func (b *binder) setRelation(blk *block, t *syntax.FuncTable, call *syntax.Call, arrays []value, names []string) *relation {
	name := call.Name
	if t.Alias.Name != "" {
		name = t.Alias.Name
	}
	n := &planner.ProjectSet{Input: oneRow()}
	it := &fromItem{name: name, table: name, hasName: true, hasCols: true, value: len(arrays) == 1 && !t.Ordinality}
	field := func(column string, typ types.Type) exec.Field {
		f := exec.Field{ID: b.newID(blk, inputColumn, name, column), Name: column, Type: typ}
		it.cols = append(it.cols, fromColumn{column, columnOf(f)})
		return f
	}
	for i, a := range arrays {
		column := call.Name
		switch {
		case len(names) > 0:
			column = names[i]
		case len(arrays) == 1:
			column = name
		}
		if expandsRows(a) {
			it.value = false
			b.recordColumns(blk, n, it, a)
			continue
		}
		n.Arrays, n.Elems = append(n.Arrays, a.e), append(n.Elems, field(column, a.typ().Element()))
	}
	if t.Ordinality {
		f := field("ordinality", types.Of(types.Int64))
		n.Number = &f
	}
	return &relation{n, []*fromItem{it}}
}

// overLeft returns, of a join whose right side is a set returning function that uses the left one, its elements over the
// left side's rows, and the node of the function in it; nil for other joins.
func overLeft(j *planner.Join) (planner.Node, *planner.ProjectSet) {
	p, ok := j.Right.(*planner.ProjectSet)
	if !ok || !isOneRow(p.Input) {
		return nil, nil
	}
	c := *p
	c.Input = j.Left
	switch {
	case j.Kind == planner.InnerJoin && j.On == nil:
		return &c, &c
	case j.Kind == planner.InnerJoin:
		return &planner.Filter{Input: &c, Cond: j.On}, &c
	case j.Kind == planner.LeftJoin && isTrue(j.On):
		c.Outer = true
		return &c, &c
	}
	return nil, nil
}

func isOneRow(n planner.Node) bool {
	v, ok := n.(*planner.Values)
	return ok && len(v.Cols) == 0 && len(v.Rows) == 1
}

func isTrue(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return e == nil || ok && expr.Equal(c, expr.Bool(true))
}

// setQuery binds a set returning function in FROM as a query that has it in its select list.
func (b *binder) setQuery(blk *block, t *syntax.FuncTable, call *syntax.Call) (*relation, error) {
	name := call.Name
	if t.Alias.Name != "" {
		name = t.Alias.Name
	}
	s := &syntax.Select{Pos: call.Pos, Targets: []*syntax.Target{{Expr: call, Alias: name}}}
	r, err := b.subqueryTable(blk, &syntax.SubqueryTable{Pos: call.Pos, Query: &syntax.Query{Pos: call.Pos, Body: s}, Lateral: true,
		Alias: syntax.Alias{Name: name}})
	if err == nil {
		r.whole().value = true
	}
	return r, err
}

// rowsFrom binds ROWS FROM (f(..), g(..)): the rows of several functions side by side.
func (b *binder) rowsFrom(blk *block, t *syntax.FuncTable) (*relation, error) {
	saved := blk.lateral
	blk.lateral = true
	defer func() { blk.lateral = saved }()
	var arrays []value
	var names []string
	var first *syntax.Call
	for _, c := range t.Calls {
		call, ok := c.Expr.(*syntax.Call)
		if !ok {
			return nil, unsupported(c.Expr.Position(), "", "this form of call is not supported in FROM")
		}
		if first == nil {
			first = call
		}
		var own []value
		var ownNames []string
		err := blk.in(inFromFunction, func() (err error) {
			own, ownNames, err = b.functionArrays(blk, call, c.ColumnDefs)
			return err
		})
		if err != nil {
			return nil, err
		}
		for i, a := range own {
			name := call.Name
			if len(ownNames) > 0 {
				name = ownNames[i]
			}
			arrays, names = append(arrays, a), append(names, name)
		}
	}
	if len(arrays) == 1 && t.Alias.Name != "" {
		names[0] = t.Alias.Name
	}
	return b.setRelation(blk, t, first, arrays, names), nil
}

// functionArrays binds the arrays of the columns of a function in ROWS FROM: of one that returns no set they have one
// element.
func (b *binder) functionArrays(blk *block, call *syntax.Call, defs []syntax.ColumnDef) (arrays []value, names []string, err error) {
	if returnsRecord(call.Name) {
		a, err := b.recordArray(blk, call, defs)
		return []value{a}, nil, err
	}
	if len(defs) > 0 {
		if arrays, names, err = b.functionArrays(blk, call, nil); err == nil && len(arrays) == 1 {
			arrays[0], err = b.definedArray(defs, arrays[0])
		} else if err == nil {
			err = redundantColumns(defs)
		}
		return arrays, names, err
	}
	if len(fn.Aggregates(call.Name)) > 0 {
		return nil, nil, inFromFunction.allowAggregate(call.Pos)
	}
	if returnsSet(call.Name) && call.Name != "regexp_matches" {
		vs, err := b.callArguments(blk, call)
		if err != nil {
			return nil, nil, err
		}
		return b.setColumns(call, vs)
	}
	list := &syntax.Array{Elems: []syntax.Expr{call}}
	list.Pos = call.Pos
	a, err := b.array(blk, list, types.Type{})
	return []value{a}, nil, err
}
