package sql

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
)

var setNames = [...]string{planner.Union: "UNION", planner.Intersect: "INTERSECT", planner.Except: "EXCEPT"}

// setOperation combines two bound queries, unifying the types of their columns.
func (b *binder) setOperation(blk *block, kind planner.SetKind, all bool, l, r *query, rpos int) (*query, error) {
	context := setNames[kind]
	if len(l.cols) != len(r.cols) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "each %s query must have the same number of columns", context).At(rpos)
	}
	common := make([]types.Type, len(l.cols))
	for i := range l.cols {
		vs := []value{l.cols[i].asValue(), r.cols[i].asValue()}
		t, err := b.commonOf(vs, context)
		if err != nil {
			return nil, err
		}
		common[i] = t
		if !(all && kind == planner.Union) && hasNoRowEquality(t) {
			return nil, noEquality(t, l.cols[i].pos)
		}
	}
	ln, err := b.branch(blk, l, common, context)
	if err != nil {
		return nil, err
	}
	rn, err := b.branch(blk, r, common, context)
	if err != nil {
		return nil, err
	}
	op := &planner.SetOp{Kind: kind, All: all, Left: ln, Right: rn}
	q := &query{node: op}
	for i, c := range l.cols {
		id := b.newID(blk, derivedColumn, "", c.name)
		op.Cols = append(op.Cols, exec.Field{ID: id, Name: c.name, Type: common[i]})
		q.cols = append(q.cols, outColumn{name: c.name, id: id, typ: common[i], pos: c.pos})
	}
	return q, nil
}

func (c outColumn) asValue() value {
	if c.open != nil {
		return *c.open
	}
	return value{e: c.column(), pos: c.pos}
}

// branch makes the outputs of one side of a set operation have the common types.
func (b *binder) branch(blk *block, q *query, common []types.Type, context string) (planner.Node, error) {
	changed := false
	items := make([]planner.Item, len(q.cols))
	seen := map[expr.ColID]bool{}
	for i, c := range q.cols {
		vs := []value{c.asValue()}
		if err := b.coerceAll(vs, common[i], context); err != nil {
			return nil, err
		}
		if c.open != nil {
			q.node = replaceItem(q.node, c.id, vs[0].e)
			vs[0].e = &expr.Column{ID: c.id, Name: c.name, Typ: common[i]}
		}
		id := c.id
		if col, ok := vs[0].e.(*expr.Column); !ok || col.ID != id || seen[id] {
			id, changed = b.newID(blk, derivedColumn, "", c.name), true
		}
		seen[id] = true
		items[i] = planner.Item{ID: id, Name: c.name, Expr: vs[0].e}
	}
	if !changed {
		return q.node, nil
	}
	return &planner.Project{Input: q.node, Items: items}, nil
}

// settleOpen makes the columns of a query that are still untyped literals text.
func (b *binder) settleOpen(q *query) error {
	for i, c := range q.cols {
		if c.open == nil {
			continue
		}
		v, err := b.settled(*c.open)
		if err != nil {
			return err
		}
		q.node = replaceItem(q.node, c.id, v.e)
		q.cols[i].open, q.cols[i].typ = nil, v.typ()
	}
	return nil
}
