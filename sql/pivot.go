package sql

import (
	"strings"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/planner"
	"gsql/sql/syntax"
)

// PIVOT is bound as a query with one aggregate for each combination of values:
//
//	SELECT groups, agg(x) FILTER (WHERE on = value) AS "value", ... FROM table GROUP BY groups
//
// and UNPIVOT as one with set returning functions:
//
//	SELECT others, unnest(ARRAY['a', 'b']) AS name, unnest(ARRAY[a, b]) AS value FROM table

// maxPivotColumns is how many columns a PIVOT makes at most.
const maxPivotColumns = 10000

// boundTable is an item of FROM that is bound already. It is a syntax.Table so as to be an item of FROM.
type boundTable struct {
	*syntax.Table
	relation *relation
}

// relationOf returns the relation as one of the SELECT blk.
func (t *boundTable) relationOf(b *binder, blk *block) *relation {
	for _, it := range t.relation.items {
		for _, c := range it.cols {
			b.eachColumn(c.expr, func(c *expr.Column) { b.info[c.ID].owner = blk })
		}
	}
	blk.rels = append(blk.rels, t.relation.whole())
	return t.relation
}

// bindTable binds the table of a PIVOT for the SELECT that is made of it, and returns the SELECT around it too.
func (b *binder) bindTable(blk *block, t syntax.TableExpr) (*boundTable, *block, error) {
	inner := newBlock(blk, blk.ctes)
	r, err := b.tableExpr(inner, t)
	if err != nil {
		return nil, nil, err
	}
	siblings(r.items, false, false)
	inner.items = r.items
	return &boundTable{&syntax.Table{}, r}, inner, nil
}

// names lists the columns of the table.
func (t *boundTable) names() []string {
	var names []string
	for _, it := range t.relation.items {
		if it.hasCols {
			for _, c := range it.cols {
				names = append(names, c.name)
			}
		}
	}
	return names
}

func columnNamed(name string, pos int) *syntax.Column {
	c := &syntax.Column{Names: []string{name}}
	c.Pos = pos
	return c
}

// selectTable binds a SELECT that was made of a PIVOT as a table.
func (b *binder) selectTable(blk *block, s *syntax.Select, alias string) (*relation, error) {
	q, err := b.query(&syntax.Query{Pos: s.Pos, Body: s}, blk, blk.ctes, true)
	if err != nil {
		return nil, err
	}
	return b.derived(blk, q, alias), nil
}

// pivotValue is a value, or a combination of values, that becomes a column.
type pivotValue struct {
	name string
	cond []syntax.Expr
}

// pivot binds PIVOT.
func (b *binder) pivot(blk *block, t *syntax.Pivot) (*relation, error) {
	table, inner, err := b.bindTable(blk, t.Table)
	if err != nil {
		return nil, err
	}
	values := []pivotValue{{}}
	for _, on := range t.Ons {
		own, err := b.pivotValues(inner, table, on)
		if err != nil {
			return nil, err
		}
		if values = combine(values, own); len(values) > maxPivotColumns {
			return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "PIVOT makes more than %d columns", maxPivotColumns).
				WithHint("Name the values that are to become columns by IN.").At(t.Pos)
		}
	}
	aggs := t.Aggs
	if len(aggs) == 0 {
		count := &syntax.Call{Name: "count", Star: true}
		count.Pos = t.Pos
		aggs = []*syntax.PivotAgg{{Expr: count}}
	}
	s := &syntax.Select{Pos: t.Pos, From: []syntax.TableExpr{table}}
	for _, g := range b.pivotGroups(t, table) {
		s.Targets, s.GroupBy = append(s.Targets, &syntax.Target{Expr: g}), append(s.GroupBy, g)
	}
	for _, v := range values {
		for _, a := range aggs {
			target, err := pivotTarget(v, a, len(aggs) > 1)
			if err != nil {
				return nil, err
			}
			s.Targets = append(s.Targets, target)
		}
	}
	return b.selectTable(blk, s, t.Alias.Name)
}

// combine returns each of a with each of b.
func combine(a, b []pivotValue) []pivotValue {
	var out []pivotValue
	for _, x := range a {
		for _, y := range b {
			name := y.name
			if x.cond != nil {
				name = x.name + "_" + y.name
			}
			out = append(out, pivotValue{name, append(x.cond[:len(x.cond):len(x.cond)], y.cond...)})
		}
	}
	return out
}

// pivotTarget is the aggregate of one value.
func pivotTarget(v pivotValue, a *syntax.PivotAgg, several bool) (*syntax.Target, error) {
	call, ok := a.Expr.(*syntax.Call)
	if !ok || call.Over != nil {
		return nil, unsupported(a.Expr.Position(), "Compute with the aggregates in a query around it.", "PIVOT of other expressions than aggregates is not supported")
	}
	c := *call
	cond := v.cond
	if c.Filter != nil {
		cond = append([]syntax.Expr{c.Filter}, cond...)
	}
	if c.Filter = cond[0]; len(cond) > 1 {
		and := &syntax.And{Args: cond}
		and.Pos = call.Pos
		c.Filter = and
	}
	name := v.name
	switch {
	case a.Alias != "":
		name += "_" + a.Alias
	case several:
		name += "_" + a.Text
	}
	return &syntax.Target{Expr: &c, Alias: name}, nil
}

// pivotGroups returns what the rows are grouped by.
func (b *binder) pivotGroups(t *syntax.Pivot, table *boundTable) []syntax.Expr {
	if t.GroupBy != nil {
		return t.GroupBy
	}
	used := map[string]bool{}
	use := func(c *syntax.Column) { used[c.Names[len(c.Names)-1]] = true }
	for _, a := range t.Aggs {
		syntax.EachColumn(a.Expr, use)
	}
	for _, on := range t.Ons {
		syntax.EachColumn(on.Expr, use)
	}
	var groups []syntax.Expr
	for _, name := range table.names() {
		if !used[name] {
			groups = append(groups, columnNamed(name, t.Pos))
		}
	}
	return groups
}

// pivotValues returns the values of an expression that become columns.
func (b *binder) pivotValues(inner *block, table *boundTable, on *syntax.PivotOn) ([]pivotValue, error) {
	if on.Values == nil {
		return b.foundValues(inner, table, on)
	}
	var out []pivotValue
	for _, v := range on.Values {
		name := v.Alias
		if name == "" {
			var err error
			if name, err = b.pivotName(inner, v.Expr); err != nil {
				return nil, err
			}
		}
		out = append(out, onValue(name, on, v.Expr))
	}
	return out, nil
}

// onValue is the column of the rows in which the expression has a value.
func onValue(name string, on *syntax.PivotOn, value syntax.Expr) pivotValue {
	if _, null := value.(*syntax.Null); null {
		is := &syntax.IsNull{Arg: on.Expr}
		is.Pos = on.Expr.Position()
		return pivotValue{name, []syntax.Expr{is}}
	}
	eq := &syntax.Op{Name: "=", Left: on.Expr, Right: value}
	eq.Pos = value.Position()
	return pivotValue{name, []syntax.Expr{eq}}
}

// pivotName is the name of the column of a value: the value as text.
func (b *binder) pivotName(blk *block, e syntax.Expr) (string, error) {
	if row, ok := e.(*syntax.Row); ok {
		var names []string
		for _, x := range row.Elems {
			n, err := b.pivotName(blk, x)
			if err != nil {
				return "", err
			}
			names = append(names, n)
		}
		return strings.Join(names, "_"), nil
	}
	v, err := b.scalar(blk, e)
	if err != nil {
		return "", err
	}
	c, ok := expr.Fold(v.e, b.fn(), true).(*expr.Const)
	switch {
	case !ok:
		return "", unsupported(e.Position(), "Give it a name by AS.", "a value of PIVOT that is not constant is not supported")
	case c.Value.IsNull(0):
		return "NULL", nil
	}
	return text.String(c.Value, 0, b.style()), nil
}

// foundValues runs a query for the values that are to become columns.
func (b *binder) foundValues(inner *block, table *boundTable, on *syntax.PivotOn) ([]pivotValue, error) {
	pos := on.Expr.Position()
	q := &syntax.Query{Pos: pos}
	if on.Query != nil {
		q.Body = on.Query
	} else {
		isNull := &syntax.IsNull{Arg: on.Expr, Not: true}
		isNull.Pos = pos
		one := &syntax.Number{Text: "1"}
		one.Pos = pos
		q.Body = &syntax.Select{Pos: pos, Distinct: true, Targets: []*syntax.Target{{Expr: on.Expr}}, From: []syntax.TableExpr{table}, Where: isNull}
		q.OrderBy = []*syntax.SortItem{{Expr: one}}
	}
	found, err := b.query(q, inner, inner.ctes, true)
	if err != nil {
		return nil, err
	}
	if len(found.cols) != 1 {
		return nil, sqlstate.New(sqlstate.SyntaxError, "subquery must return only one column").At(pos)
	}
	n := with(&planner.Limit{Input: found.node, Count: int64Const(maxPivotColumns + 1)}, inner.ctes, nil)
	if b.env.Run == nil || !planner.Free(n).Empty() || b.dependsOnRun(n) || inner.ctes.recursing() {
		return nil, unsupported(pos, "Name the values that are to become columns by IN (...).", "PIVOT without IN is not supported here")
	}
	c := found.cols[0]
	bound := &Bound{Root: n, NextID: expr.ColID(len(b.info)), NextCTE: b.nextCTE, Columns: []Column{{Name: c.name, Type: c.typ, ID: c.id}}}
	b.session = true
	vectors, err := b.env.Run(b.ctx, bound)
	if err != nil {
		return nil, err
	}
	var out []pivotValue
	for _, v := range vectors {
		for i := range v.Len {
			if v.IsNull(i) {
				out = append(out, onValue("NULL", on, &syntax.Null{}))
				continue
			}
			s := &syntax.String{Value: text.String(v, i, b.style())}
			s.Pos = pos
			out = append(out, onValue(s.Value, on, s))
		}
	}
	if len(out) == 0 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "PIVOT finds no values to make columns of").At(pos)
	}
	return out, nil
}

// recursing reports whether a query of WITH RECURSIVE is being bound whose rows are not there yet.
func (s *cteScope) recursing() bool {
	for ; s != nil; s = s.outer {
		if s.work != nil {
			return true
		}
	}
	return false
}

// dependsOnRun reports whether a plan uses parameters.
func (b *binder) dependsOnRun(n planner.Node) bool {
	found := false
	for _, e := range planner.Exprs(n) {
		expr.Walk(e, func(x expr.Expr) bool {
			switch x := x.(type) {
			case *expr.Param:
				found = true
			case *expr.Subquery:
				found = found || b.dependsOnRun(x.Query.(planner.Node))
			}
			return !found
		})
	}
	for _, in := range n.Inputs() {
		found = found || b.dependsOnRun(in)
	}
	return found
}

// unpivot binds UNPIVOT.
func (b *binder) unpivot(blk *block, t *syntax.Unpivot) (*relation, error) {
	table, inner, err := b.bindTable(blk, t.Table)
	if err != nil {
		return nil, err
	}
	columns, err := b.unpivotColumns(inner, t)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	arrays := make([]*syntax.Array, 1+len(t.Values))
	for i := range arrays {
		arrays[i] = &syntax.Array{}
		arrays[i].Pos = t.Pos
	}
	for _, c := range columns {
		elems := elements(c.Expr)
		if len(elems) != len(t.Values) {
			return nil, sqlstate.New(sqlstate.SyntaxError, "UNPIVOT has %d columns for %d values", len(elems), len(t.Values)).At(c.Expr.Position())
		}
		name := &syntax.String{Value: unpivotName(c, elems)}
		name.Pos = c.Expr.Position()
		arrays[0].Elems = append(arrays[0].Elems, name)
		for i, e := range elems {
			syntax.EachColumn(e, func(c *syntax.Column) { used[c.Names[len(c.Names)-1]] = true })
			arrays[i+1].Elems = append(arrays[i+1].Elems, e)
		}
	}
	s := &syntax.Select{Pos: t.Pos, From: []syntax.TableExpr{table}}
	for _, name := range table.names() {
		if !used[name] {
			s.Targets = append(s.Targets, &syntax.Target{Expr: columnNamed(name, t.Pos)})
		}
	}
	for i, id := range append([]syntax.Ident{t.Name}, t.Values...) {
		call := &syntax.Call{Name: "unnest", Args: []syntax.Arg{{Value: arrays[i]}}}
		call.Pos = t.Pos
		s.Targets = append(s.Targets, &syntax.Target{Expr: call, Alias: id.Name})
	}
	r, err := b.selectTable(blk, s, t.Alias.Name)
	if err != nil || t.IncludeNulls {
		return r, err
	}
	var terms []expr.Expr
	cols := r.whole().cols
	for _, c := range cols[len(cols)-len(t.Values):] {
		terms = append(terms, &expr.IsNull{Arg: c.expr, Not: true})
	}
	r.node = &planner.Filter{Input: r.node, Cond: expr.NewAnd(terms...)}
	return r, nil
}

// unpivotColumns returns the columns of an UNPIVOT, with those that a star or COLUMNS stands for.
func (b *binder) unpivotColumns(inner *block, t *syntax.Unpivot) ([]*syntax.Target, error) {
	var out []*syntax.Target
	for _, c := range t.Columns {
		call, ok := c.Expr.(*syntax.Call)
		if star, isStar := c.Expr.(*syntax.Star); isStar {
			call, ok = &syntax.Call{Name: "columns", Args: []syntax.Arg{{Value: star}}}, true
			call.Pos = star.Pos
		}
		if !ok || call.Name != "columns" || call.Schema != "" {
			out = append(out, c)
			continue
		}
		cols, _, err := b.columnsOf(inner, call)
		if err != nil {
			return nil, err
		}
		for _, found := range cols {
			out = append(out, &syntax.Target{Expr: columnNamed(found.name, call.Pos)})
		}
	}
	return out, nil
}

// unpivotName is the name that stands for a column in the rows.
func unpivotName(c *syntax.Target, elems []syntax.Expr) string {
	if c.Alias != "" {
		return c.Alias
	}
	var names []string
	for _, e := range elems {
		names = append(names, syntax.ColumnName(e))
	}
	return strings.Join(names, "_")
}
