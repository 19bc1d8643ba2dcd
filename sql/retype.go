package sql

import (
	"context"

	"gsql/catalog"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// Retype says that a column gets another type.
type Retype struct {
	Column int
	Using  syntax.Expr // what its values are made of; nil: of the ones it has
}

// BindRetype binds ALTER COLUMN ... TYPE. The bound query yields the rows of a table, Env.Target, with the columns that it is to
// have, which are as many as before.
func BindRetype(ctx context.Context, table string, columns []TableColumn, changes []Retype, env *Env) (*Bound, error) {
	fixed := *env
	fixed.FixedParams, fixed.Params = true, nil
	w := newWriter(ctx, table, columns, &fixed)
	q, err := w.query(syntax.StarOf(&syntax.Table{QualifiedName: syntax.QualifiedName{Name: table}, Target: true}), nil, nil, false)
	if err != nil {
		return nil, err
	}
	it := &fromItem{name: table, table: table, hasName: true, hasCols: true}
	given := map[int]expr.Expr{}
	for i := range q.cols {
		it.cols = append(it.cols, fromColumn{q.cols[i].name, q.cols[i].column()})
		given[i] = q.cols[i].column()
	}
	for _, c := range changes {
		if given[c.Column], err = w.retyped(it, c); err != nil {
			return nil, err
		}
	}
	p := &planner.Project{Input: q.node}
	for i, c := range columns {
		p.Items = append(p.Items, planner.Item{ID: w.newID(nil, derivedColumn, "", c.Name), Name: c.Name, Expr: given[i]})
	}
	return w.bound(p)
}

// retyped binds the values of a column that gets another type.
func (w *writer) retyped(rows *fromItem, r Retype) (expr.Expr, error) {
	c := &w.columns[r.Column]
	v := value{e: rows.cols[r.Column].expr}
	if r.Using != nil {
		blk := newBlock(nil, nil)
		blk.clause = inTransform
		blk.items, blk.rels = []*fromItem{rows}, []*fromItem{rows}
		var err error
		if v, err = w.scalar(blk, r.Using); err != nil {
			return nil, err
		}
		if hasSubquery(v.e) {
			return nil, sqlstate.New(sqlstate.FeatureNotSupported, "cannot use subquery in transform expression").At(v.pos)
		}
	}
	from, t := v.typ(), stored(c.Type)
	if from == c.Type {
		return v.e, nil
	}
	if from.ID != types.Unknown && castPath(from, t, fn.Assignment) == nil && !sameType(from, t) {
		if r.Using != nil {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "result of USING clause for column \"%s\" cannot be cast automatically to type %s", c.Name, c.Type.Base()).
				WithHint("You might need to add an explicit cast.")
		}
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "column \"%s\" cannot be cast automatically to type %s", c.Name, c.Type.Base()).
			WithHint("You might need to specify \"USING %s::%s\".", catalog.Quote(c.Name), c.Type)
	}
	v, err := w.coerce(v, t, fn.Assignment)
	return v.e, err
}
