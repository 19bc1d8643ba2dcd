package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// setOp lowers set operations: UNION ALL as it is, UNION as the groups of that, INTERSECT and EXCEPT by
// counting for each row how often it comes from the left and from the right.
func (l *lowerer) setOp(n *SetOp, pending []exec.RuntimeFilter) (exec.Plan, error) {
	if n.Kind == Union && n.All {
		return l.unionAll(n, pending)
	}
	if n.Kind == Union {
		all := &SetOp{Union, true, n.Left, n.Right, l.freshFields(n.Cols)}
		agg := &Aggregate{all, make([]Item, len(n.Cols)), nil}
		for i, c := range n.Cols {
			agg.Groups[i] = Item{c.ID, c.Name, fieldColumn(all.Cols[i])}
		}
		return l.lower(agg, pending)
	}
	return l.countedSet(n, pending)
}

func (l *lowerer) freshFields(fields []exec.Field) []exec.Field {
	out := append([]exec.Field(nil), fields...)
	for i := range out {
		out[i].ID = l.newID()
	}
	return out
}

func (l *lowerer) unionAll(n *SetOp, pending []exec.RuntimeFilter) (exec.Plan, error) {
	u := &exec.Union{Out: n.Cols}
	for _, side := range n.Inputs() {
		fields := Fields(side)
		var below []exec.RuntimeFilter
		for _, f := range pending {
			for i, c := range n.Cols {
				if c.ID == f.Col {
					below = append(below, exec.RuntimeFilter{ID: f.ID, Col: fields[i].ID})
				}
			}
		}
		p, err := l.lower(side, below)
		if err != nil {
			return nil, err
		}
		if in, ok := p.(*exec.Union); ok { // a OR b of more than two
			u.In = append(u.In, in.In...)
			continue
		}
		want := append(exec.Schema(nil), fields...)
		for i := range want { // names do not matter here
			if k := p.Schema().Index(want[i].ID); k >= 0 {
				want[i].Name, want[i].Type = p.Schema()[k].Name, p.Schema()[k].Type
			}
		}
		u.In = append(u.In, exactSchema(p, want))
	}
	return u, nil
}

// countedSet lowers INTERSECT and EXCEPT to a grouped count over both inputs, each of which brings a column
// that is not NULL in its own rows only.
func (l *lowerer) countedSet(n *SetOp, pending []exec.RuntimeFilter) (exec.Plan, error) {
	bigint := types.Of(types.Int64)
	all := &SetOp{Union, true, nil, nil, l.freshFields(n.Cols)}
	flags := []exec.Field{{ID: l.newID(), Name: "left", Type: bigint}, {ID: l.newID(), Name: "right", Type: bigint}}
	all.Cols = append(all.Cols, flags...)
	sides := make([]Node, 2)
	for i, side := range n.Inputs() {
		values := []*expr.Const{expr.Null(bigint), expr.Null(bigint)}
		values[i] = int64Const(1)
		items := passFields(Fields(side))
		for k := range flags {
			items = append(items, Item{l.newID(), flags[k].Name, values[k]})
		}
		sides[i] = &Project{side, items}
	}
	all.Left, all.Right = sides[0], sides[1]
	agg := &Aggregate{Input: all}
	for i, c := range n.Cols {
		agg.Groups = append(agg.Groups, Item{c.ID, c.Name, fieldColumn(all.Cols[i])})
	}
	for _, f := range flags {
		count, err := countOf(fieldColumn(f))
		if err != nil {
			return nil, err
		}
		agg.Aggs = append(agg.Aggs, Item{l.newID(), f.Name, count})
	}
	in, err := l.lower(agg, pending)
	if err != nil {
		return nil, err
	}
	left, right := agg.Aggs[0].Column(), agg.Aggs[1].Column()
	cond, count, err := setCount(n.Kind, n.All, left, right)
	if err != nil {
		return nil, err
	}
	var p exec.Plan = &exec.Filter{Input: in, Cond: cond}
	if count != nil {
		p = &exec.Replicate{Input: p, Count: count}
	}
	return exactSchema(p, n.Cols), nil
}

// setCount returns which rows of a counted set are in the result, and for ALL how often.
func setCount(kind SetKind, all bool, left, right *expr.Column) (cond, count expr.Expr, err error) {
	zero := int64Const(0)
	build := func(name string, a, b expr.Expr) expr.Expr {
		if err != nil {
			return nil
		}
		var e expr.Expr
		e, err = call(name, a, b)
		return e
	}
	inLeft := build(">", left, zero)
	switch {
	case kind == Intersect:
		cond = conj([]expr.Expr{inLeft, build(">", right, zero)})
		if all { // the smaller count
			count = &expr.Case{Whens: []expr.When{{Cond: build("<", left, right), Then: left}}, Else: right, Typ: left.Typ}
		}
	case all:
		cond, count = build(">", left, right), build("-", left, right)
	default:
		cond = conj([]expr.Expr{inLeft, build("=", right, zero)})
	}
	return cond, count, err
}

// values lowers a list of rows: constants to a batch, other rows to projections of nothing.
func (l *lowerer) values(n *Values) (exec.Plan, error) {
	constant := true
	for _, r := range n.Rows {
		for _, e := range r {
			constant = constant && isConst(e)
		}
	}
	if !constant {
		if len(n.Rows) == 1 {
			return project(&exec.Values{Batches: []*vec.Batch{{Rows: 1}}}, rowItems(n)), nil
		}
		return l.lower(l.unionOfRows(n), nil)
	}
	out := &exec.Values{Out: n.Cols}
	if len(n.Rows) == 0 {
		return out, nil
	}
	b := &vec.Batch{Rows: len(n.Rows)}
	for k, f := range n.Cols {
		parts := make([]*vec.Vector, len(n.Rows))
		for i, r := range n.Rows {
			parts[i] = r[k].(*expr.Const).Value.WithLen(1).WithType(f.Type)
		}
		b.Cols = append(b.Cols, vec.Concat(parts))
	}
	out.Batches = []*vec.Batch{b}
	return out, nil
}
