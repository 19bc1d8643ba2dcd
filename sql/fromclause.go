package sql

import (
	"strconv"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
)

// fromClause binds the comma list of FROM and makes its items visible in the block.
func (b *binder) fromClause(blk *block, from []syntax.TableExpr) (planner.Node, error) {
	if len(from) == 0 {
		return oneRow(), nil
	}
	blk.clause = inFrom
	var n planner.Node
	for _, t := range from {
		r, err := b.tableExpr(blk, t)
		if err != nil {
			return nil, err
		}
		if err := blk.addItems(r.items); err != nil {
			return nil, err
		}
		siblings(r.items, true, false)
		if n == nil {
			n = r.node
		} else {
			lateral := blk.usedLateral && b.usesOutputs(blk, r.node, n)
			n = b.joined(&planner.Join{Kind: planner.InnerJoin, Left: n, Right: r.node, Lateral: lateral})
		}
	}
	siblings(blk.items, false, false)
	return n, nil
}

// joined returns a join, or what is simpler.
func (b *binder) joined(j *planner.Join) planner.Node {
	if !j.Lateral {
		return j
	}
	n, set := overLeft(j)
	if n == nil {
		return j
	}
	if b.moved == nil {
		b.moved = map[planner.Node]*planner.ProjectSet{}
	}
	b.moved[j.Right] = set
	return n
}

// siblings marks items as part of a FROM that is still being bound, or no more.
func siblings(items []*fromItem, sibling, barred bool) {
	for _, it := range items {
		it.sibling, it.barred = sibling, barred
	}
}

// tableExpr binds an item of FROM.
func (b *binder) tableExpr(blk *block, t syntax.TableExpr) (*relation, error) {
	var r *relation
	var err error
	var alias syntax.Alias
	switch t := t.(type) {
	case *syntax.Join:
		return b.joinExpr(blk, t)
	case *syntax.Sample:
		if r, err = b.tableExpr(blk, t.Table); err == nil {
			r.node, err = b.sample(blk, t, r.node)
		}
		return r, err
	case *syntax.Pivot:
		alias = t.Alias
		r, err = b.pivot(blk, t)
	case *syntax.Unpivot:
		alias = t.Alias
		r, err = b.unpivot(blk, t)
	case *boundTable:
		return t.relationOf(b, blk), nil
	case *syntax.Table:
		if t.Catalog != "" && b.otherDatabase(t.Catalog) {
			return nil, unsupported(t.Pos, "", "cross-database references are not implemented: \"%s.%s.%s\"", t.Catalog, t.Schema, t.Name)
		}
		alias = t.Alias
		if t.Target {
			r = b.scan(blk, b.env.Target, t.Name)
			b.originate(r.whole(), t.Schema, t.Name)
			break
		}
		if t.Excluded {
			r = b.scan(blk, b.env.Excluded, t.Name)
			break
		}
		r, err = b.table(blk, exec.Name{Schema: t.Schema, Table: t.Name}, t.Pos)
	case *syntax.File:
		alias = t.Alias
		r, err = b.table(blk, exec.Name{Table: t.Path, File: true}, t.Pos)
	case *syntax.SubqueryTable:
		alias = t.Alias
		if alias.Name == "" {
			return nil, sqlstate.New(sqlstate.SyntaxError, "subquery in FROM must have an alias").
				WithHint("For example, FROM (SELECT ...) [AS] foo.").At(t.Pos)
		}
		r, err = b.subqueryTable(blk, t)
	case *syntax.FuncTable:
		alias = t.Alias
		r, err = b.funcTable(blk, t)
	default:
		return nil, unsupported(t.Position(), "", "%T is not supported in FROM", t)
	}
	if err != nil {
		return nil, err
	}
	if alias.Name != "" {
		if r, err = b.aliased(r, alias.Name, identNames(alias.Columns), alias.Pos); err != nil {
			return nil, err
		}
	}
	r.whole().node = r.node
	blk.rels = append(blk.rels, r.whole())
	return r, nil
}

func identNames(ids []syntax.Ident) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.Name
	}
	return names
}

// subqueryTable binds a query in FROM; with LATERAL it sees the items before it.
func (b *binder) subqueryTable(blk *block, t *syntax.SubqueryTable) (*relation, error) {
	saved := blk.lateral
	blk.lateral = t.Lateral
	q, err := b.query(t.Query, blk, blk.ctes, true)
	blk.lateral = saved
	if err != nil {
		return nil, err
	}
	return b.derived(blk, q, t.Alias.Name), nil
}

var joinKinds = [...]planner.JoinKind{syntax.InnerJoin: planner.InnerJoin, syntax.CrossJoin: planner.InnerJoin,
	syntax.LeftJoin: planner.LeftJoin, syntax.RightJoin: planner.RightJoin, syntax.FullJoin: planner.FullJoin,
	syntax.SemiJoin: planner.SemiJoin, syntax.AntiJoin: planner.AntiJoin,
	syntax.AsofJoin: planner.InnerJoin, syntax.AsofLeftJoin: planner.LeftJoin}

// joinExpr binds a join. Its right side may use the left one in LATERAL.
func (b *binder) joinExpr(blk *block, t *syntax.Join) (*relation, error) {
	l, err := b.tableExpr(blk, t.Left)
	if err != nil {
		return nil, err
	}
	saved := blk.items
	siblings(l.items, true, t.Kind == syntax.RightJoin || t.Kind == syntax.FullJoin)
	blk.items = append(append([]*fromItem(nil), saved...), l.items...)
	r, err := b.tableExpr(blk, t.Right)
	blk.items = saved
	siblings(l.items, false, false)
	if err != nil {
		return nil, err
	}
	c := joinCondition{natural: t.Natural, asof: t.Kind == syntax.AsofJoin || t.Kind == syntax.AsofLeftJoin, pos: t.Pos}
	for _, u := range t.Using {
		c.using = append(c.using, usingColumn{u.Name, u.Pos})
	}
	if t.On != nil {
		c.on = func() (on expr.Expr, err error) {
			err = blk.in(inJoinOn, func() error {
				v, err := b.scalar(blk, t.On)
				if err == nil {
					on, err = b.boolean(v, "JOIN/ON")
				}
				return err
			})
			return on, err
		}
	}
	out, err := b.join(blk, joinKinds[t.Kind], l, r, c)
	if err != nil {
		return nil, err
	}
	if t.UsingAlias != "" {
		return nil, unsupported(t.Pos, "Leave the alias out.", "an alias for USING columns is not supported")
	}
	if t.Alias.Name != "" {
		if out, err = b.aliased(out, t.Alias.Name, identNames(t.Alias.Columns), t.Alias.Pos); err != nil {
			return nil, err
		}
		out.whole().node = out.node
	}
	return out, nil
}

// funcTable binds a function in FROM: the catalog makes a table of it.
func (b *binder) funcTable(blk *block, t *syntax.FuncTable) (*relation, error) {
	switch {
	case t.RowsFrom:
		return b.rowsFrom(blk, t)
	case len(t.ColumnDefs) > 0 && t.Ordinality:
		return nil, sqlstate.New(sqlstate.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Join a query with row_number().").At(t.ColumnDefs[0].Pos)
	}
	call, ok := t.Calls[0].Expr.(*syntax.Call)
	if !ok {
		return b.scalarTable(blk, t, t.Calls[0].Expr)
	}
	if call.Distinct || call.Star || call.Filter != nil || call.Over != nil || len(call.OrderBy) > 0 || call.Variadic {
		return nil, unsupported(call.Pos, "", "this form of call is not supported in FROM")
	}
	if len(fn.Aggregates(call.Name)) > 0 {
		return nil, inFromFunction.allowAggregate(call.Pos)
	}
	if len(fn.Windows(call.Name)) > 0 {
		return nil, sqlstate.New(sqlstate.WrongObjectType, "window function %s requires an OVER clause", call.Name).At(call.Pos)
	}
	if r, ok, err := b.recordTable(blk, t, call); ok || err != nil {
		return r, err
	}
	if r, ok, err := b.setTable(blk, t, call); ok || err != nil {
		return r, err
	}
	if t.Ordinality {
		return nil, unsupported(t.Pos, "Use row_number() OVER ().", "WITH ORDINALITY is not supported for %s", call.Name)
	}
	if len(fn.Scalars(call.Name)) > 0 && call.Name != "range" { // which is a table here, as in DuckDB
		return b.scalarTable(blk, t, call)
	}
	if len(t.ColumnDefs) > 0 {
		return nil, redundantColumns(t.ColumnDefs)
	}
	args := make([]exec.Arg, len(call.Args))
	for i, a := range call.Args {
		arg, err := b.tableArg(blk, a.Value)
		if err != nil {
			return nil, err
		}
		args[i] = arg
		args[i].Name = a.Name
	}
	if b.env.Catalog == nil {
		return nil, functionError(notFound, call.Name, nil, call.Pos)
	}
	table, err := b.functionTable(call.Name, args)
	if err != nil {
		return nil, at(err, call.Pos)
	}
	r := b.scan(blk, table, call.Name)
	if it := r.whole(); len(it.cols) == 1 && returnsSet(call.Name) {
		// The column of a function that returns values is called as the function is.
		name := call.Name
		if t.Alias.Name != "" {
			name = t.Alias.Name
		}
		b.renameColumn(r, name)
		it.value = true
	}
	return r, nil
}

// renameColumn gives the only column of a scan another name.
func (b *binder) renameColumn(r *relation, name string) {
	s := r.node.(*planner.Scan)
	s.Cols[0].Name = name
	it := r.whole()
	it.cols[0] = fromColumn{name, &expr.Column{ID: s.Cols[0].ID, Name: name, Typ: s.Cols[0].Type}}
	b.info[s.Cols[0].ID].name = name
}

// scalarTable binds a scalar function in FROM: a table of one row and one column.
func (b *binder) scalarTable(blk *block, t *syntax.FuncTable, e syntax.Expr) (*relation, error) {
	name, alias := syntax.ColumnName(e), t.Alias.Name
	saved := blk.lateral
	blk.lateral = true
	var v value
	err := blk.in(inFromFunction, func() (err error) {
		if v, err = b.scalar(blk, e); err == nil {
			v, err = b.settled(v)
		}
		return err
	})
	blk.lateral = saved
	if err != nil {
		return nil, err
	}
	if v.typ().ID == types.Record {
		return b.recordRelation(blk, t, v)
	}
	if len(t.ColumnDefs) > 0 {
		return nil, redundantColumns(t.ColumnDefs)
	}
	if alias != "" {
		name = alias
	}
	id := b.newID(blk, inputColumn, name, name)
	q := &query{node: &planner.Project{Input: oneRow(), Items: []planner.Item{{ID: id, Name: name, Expr: v.e}}}}
	q.cols = []outColumn{{name: name, id: id, typ: v.typ(), pos: v.pos}}
	return b.derived(blk, q, name), nil
}

// tableArg evaluates an argument of a table function: literals, lists and structs, and constant expressions.
func (b *binder) tableArg(blk *block, e syntax.Expr) (exec.Arg, error) {
	arg := exec.Arg{Pos: e.Position()}
	switch e := e.(type) {
	case *syntax.Array:
		out := make([]any, len(e.Elems))
		for i, x := range e.Elems {
			v, err := b.tableArg(blk, x)
			if err != nil {
				return arg, err
			}
			out[i] = v.Value
		}
		arg.Value = out
		return arg, nil
	case *syntax.Struct:
		out := make([]exec.Arg, len(e.Names))
		for i, n := range e.Names {
			v, err := b.tableArg(blk, e.Values[i])
			if err != nil {
				return arg, err
			}
			v.Name = n.Name
			out[i] = v
		}
		arg.Value = out
		return arg, nil
	}
	var v value
	saved := blk.lateral
	blk.lateral = true
	err := blk.in(inFromFunction, func() (err error) {
		v, err = b.scalar(blk, e)
		return err
	})
	blk.lateral = saved
	if err != nil {
		return arg, err
	}
	c, ok := expr.Fold(v.e, b.fn(), true).(*expr.Const)
	if !ok {
		return arg, unsupported(e.Position(), "Use constants.", "an argument of a function in FROM must be constant")
	}
	arg.Value, arg.Type = goValue(c.Value, b.style()), c.Value.Type
	return arg, nil
}

// goValue returns a constant in the form of an argument of a table function.
func goValue(v *vec.Vector, st *text.Style) any {
	if v.IsNull(0) {
		return nil
	}
	if n, ok := numOf(v); ok && n.Scale == 0 && n.Coef.IsInt64() {
		return int64(n.Coef.Lo)
	}
	s := text.String(v, 0, st)
	switch {
	case v.Type.ID == types.Bool:
		return vec.At[uint8](v, 0) != 0
	case v.Type.IsNumber():
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	case v.Type.ID == types.Array:
		var out []any
		for _, e := range listElements(v) {
			out = append(out, goValue(e.(*expr.Const).Value, st))
		}
		return out
	}
	return s
}
