package sql

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
	"gsql/sql/syntax"
)

// TableCheck is a CHECK constraint of a table: its name, the text of its expression, and what that may call the table.
type TableCheck struct{ Name, Text, Table string }

// CheckConstraint binds the expression of a CHECK of a table with the given columns, and returns what is wrong with it. columns
// are those that it uses.
func CheckConstraint(ctx context.Context, e syntax.Expr, table string, columns []TableColumn, env *Env) (used []int, err error) {
	fixed := *env
	fixed.FixedParams, fixed.Params = true, nil
	w := newWriter(ctx, table, columns, &fixed)
	nulls := map[int]expr.Expr{}
	for i, c := range columns {
		nulls[i] = expr.Null(stored(c.Type))
	}
	p, err := w.complete(oneRow(), nulls)
	if err != nil {
		return nil, err
	}
	cond, err := w.check(p, table, e)
	if err != nil {
		return nil, err
	}
	expr.Walk(cond, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok {
			for i, it := range p.Items {
				if it.ID == c.ID {
					used = append(used, i)
				}
			}
		}
		return true
	})
	return used, nil
}

// withChecks adds to the rows of a table, which p yields behind skip other columns, a column for each of its CHECK
// constraints: what its expression is for the row.
func (w *writer) withChecks(p *planner.Project, skip int) (*planner.Project, error) {
	if len(w.tests) == 0 {
		return p, nil
	}
	out := &planner.Project{Input: p}
	for _, it := range p.Items {
		out.Items = append(out.Items, planner.Item{ID: w.newID(nil, derivedColumn, "", it.Name), Name: it.Name, Expr: it.Column()})
	}
	rows := &planner.Project{Input: p.Input, Items: p.Items[skip:]}
	for _, c := range w.tests {
		e, err := syntax.ParseExpr(c.Text)
		if err != nil {
			return nil, err
		}
		cond, err := w.check(rows, c.Table, e)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, planner.Item{ID: w.newID(nil, derivedColumn, "", c.Name), Name: c.Name, Expr: cond})
	}
	return out, nil
}

// check binds the expression of a CHECK constraint to rows of the table.
func (w *writer) check(rows *planner.Project, table string, e syntax.Expr) (expr.Expr, error) {
	it := &fromItem{name: table, table: table, hasName: true, hasCols: true}
	for _, c := range rows.Items {
		it.cols = append(it.cols, fromColumn{c.Name, c.Column()})
	}
	blk := newBlock(nil, nil)
	blk.clause = inCheck
	blk.items, blk.rels = []*fromItem{it}, []*fromItem{it}
	return w.checkCondition(blk, e)
}

// checkCondition binds the condition of a CHECK, of a table or of a domain.
func (b *binder) checkCondition(blk *block, e syntax.Expr) (expr.Expr, error) {
	v, err := b.scalar(blk, e)
	if err != nil {
		return nil, err
	}
	if hasSubquery(v.e) {
		return nil, sqlstate.New(sqlstate.FeatureNotSupported, "cannot use subquery in check constraint").At(v.pos)
	}
	return b.boolean(v, "CHECK")
}
