package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
)

// query binds a whole query. parent is the SELECT around it, nil at the top; settle says whether columns
// that are untyped literals become text, as everywhere but in the branches of a set operation.
func (b *binder) query(q *syntax.Query, parent *block, outer *cteScope, settle bool) (*query, error) {
	if err := b.ctx.Err(); err != nil {
		return nil, err
	}
	scope, err := b.withClause(q.With, parent, outer)
	if err != nil {
		return nil, err
	}
	var out *query
	switch body := q.Body.(type) {
	case *syntax.Select:
		out, err = b.selectQuery(q, body, parent, scope)
	default:
		if out, err = b.body(q.Body, parent, scope); err == nil {
			out, err = b.tail(q, out, parent, scope)
		}
	}
	if err != nil {
		return nil, err
	}
	if settle {
		if err := b.settleOpen(out); err != nil {
			return nil, err
		}
	}
	out.node = with(out.node, scope, outer)
	return out, nil
}

// body binds a body that is not a SELECT with its query's clauses.
func (b *binder) body(body syntax.Body, parent *block, scope *cteScope) (*query, error) {
	switch body := body.(type) {
	case *syntax.Query:
		return b.query(body, parent, scope, false)
	case *syntax.Select:
		return b.selectQuery(&syntax.Query{Pos: body.Pos, Body: body}, body, parent, scope)
	case *syntax.SetOp:
		l, err := b.body(body.Left, parent, scope)
		if err != nil {
			return nil, err
		}
		r, err := b.body(body.Right, parent, scope)
		if err != nil {
			return nil, err
		}
		if body.ByName {
			if l, r, err = b.byName(newBlock(parent, scope), l, r, body.Pos); err != nil {
				return nil, err
			}
		}
		kinds := [...]planner.SetKind{syntax.Union: planner.Union, syntax.Intersect: planner.Intersect, syntax.Except: planner.Except}
		return b.setOperation(newBlock(parent, scope), kinds[body.Kind], body.All, l, r, firstTarget(body.Right))
	case *syntax.Describe:
		return b.describe(body, parent, scope)
	case *syntax.Values:
		blk := newBlock(parent, scope)
		blk.clause = inValues
		rows, poss := make([][]value, len(body.Rows)), make([]int, len(body.Rows))
		for i, r := range body.Rows {
			vs, err := b.scalars(blk, r)
			if err != nil {
				return nil, err
			}
			rows[i], poss[i] = vs, body.Pos
		}
		return b.valuesQuery(blk, rows, poss)
	}
	return nil, unsupported(body.Position(), "", "%T is not supported", body)
}

// firstTarget is the place of the first column of a query, where errors about its columns point.
func firstTarget(body syntax.Body) int {
	switch body := body.(type) {
	case *syntax.Select:
		if len(body.Targets) > 0 {
			return body.Targets[0].Expr.Position()
		}
	case *syntax.Query:
		return firstTarget(body.Body)
	case *syntax.SetOp:
		return firstTarget(body.Left)
	case *syntax.Values:
		if len(body.Rows) > 0 && len(body.Rows[0]) > 0 {
			return body.Rows[0][0].Position()
		}
	}
	return body.Position()
}

func newBlock(parent *block, scope *cteScope) *block {
	blk := &block{parent: parent, ctes: scope}
	if parent != nil {
		blk.depth = parent.depth + 1
	}
	return blk
}

// subquery binds a query within an expression.
func (b *binder) subquery(blk *block, q *syntax.Query) (*query, error) {
	if len(blk.variables) > 0 {
		return nil, unsupported(q.Pos, "Join the query instead.", "subqueries in lambdas are not supported")
	}
	return b.query(q, blk, blk.ctes, true)
}

// tail adds ORDER BY and LIMIT to a query that is not a plain SELECT: its output columns are all they see.
func (b *binder) tail(q *syntax.Query, out *query, parent *block, scope *cteScope) (*query, error) {
	if len(q.OrderBy) == 0 && q.OrderAll == nil && q.Limit == nil && q.Offset == nil {
		return out, nil
	}
	if err := b.settleOpen(out); err != nil {
		return nil, err
	}
	blk := newBlock(parent, scope)
	blk.clause = inOrderBy
	r := b.derivedColumns(blk, out)
	blk.items = r.items
	blk.rels = r.items
	p := &parts{from: out.node}
	for _, c := range out.cols {
		p.targets = append(p.targets, &target{name: c.name, v: value{e: c.column(), pos: c.pos}, id: c.id})
	}
	if err := b.orderByClause(blk, p, q); err != nil {
		return nil, err
	}
	if len(p.targets) > len(out.cols) {
		return nil, sqlstate.New(sqlstate.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
			WithDetail("Only result column names can be used, not expressions or functions.").
			WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.").At(p.targets[len(out.cols)].v.pos)
	}
	blk.items = nil // LIMIT sees no columns
	if err := b.limits(blk, q, p); err != nil {
		return nil, err
	}
	return &query{node: b.sorted(blk, p, out.node, sortKeys(p.order)), cols: out.cols}, nil
}

// derivedColumns makes the outputs of a query visible without changing whose they are.
func (b *binder) derivedColumns(blk *block, q *query) *relation {
	it := &fromItem{hasCols: true}
	for _, c := range q.cols {
		it.cols = append(it.cols, fromColumn{c.name, c.column()})
	}
	return &relation{q.node, []*fromItem{it}}
}

// selectQuery binds a SELECT with the ORDER BY and LIMIT of its query.
func (b *binder) selectQuery(q *syntax.Query, s *syntax.Select, parent *block, scope *cteScope) (*query, error) {
	blk := newBlock(parent, scope)
	p := &parts{}
	blk.parts = p
	var err error
	if p.from, err = b.fromClause(blk, s.From); err != nil {
		return nil, err
	}
	if s.Sample != nil {
		if p.from, err = b.sample(blk, s.Sample, p.from); err != nil {
			return nil, err
		}
	}
	// Windows may be named in the select list before they are defined.
	if err := b.windowClause(blk, s.Windows); err != nil {
		return nil, err
	}
	blk.clause = [...]clause{syntax.PlainSelect: inTargets, syntax.UpdateSelect: inUpdate, syntax.ReturningSelect: inReturning}[s.Kind]
	for _, t := range s.Targets {
		if err := b.target(blk, p, t); err != nil {
			return nil, err
		}
	}
	if p.where, err = b.condition(blk, inWhere, s.Where); err != nil {
		return nil, err
	}
	if p.having, err = b.condition(blk, inHaving, s.Having); err != nil {
		return nil, err
	}
	if p.qualify, err = b.condition(blk, inQualify, s.Qualify); err != nil {
		return nil, err
	}
	blk.clause = inOrderBy
	if err := b.orderByClause(blk, p, q); err != nil {
		return nil, err
	}
	if err := b.groupByClause(blk, p, s); err != nil {
		return nil, err
	}
	if err := b.distinctClause(blk, p, s); err != nil {
		return nil, err
	}
	if err := b.limits(blk, q, p); err != nil {
		return nil, err
	}
	return b.layout(blk, p)
}

// windowClause binds the WINDOW clause.
func (b *binder) windowClause(blk *block, ws []*syntax.Window) error {
	blk.clause = inTargets
	for _, w := range ws {
		for _, d := range blk.defs {
			if d.name == w.Name {
				return sqlstate.New(sqlstate.WindowingError, "window \"%s\" is already defined", w.Name).At(w.Pos)
			}
		}
		d, err := b.windowDef(blk, w)
		if err != nil {
			return err
		}
		d.name = w.Name
		blk.defs = append(blk.defs, d)
	}
	return nil
}

// condition binds WHERE or HAVING; nil for none.
func (b *binder) condition(blk *block, c clause, e syntax.Expr) (expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	blk.clause = c
	var terms []expr.Expr
	err := b.forColumns(blk, func(*expansion) error {
		v, err := b.scalar(blk, e)
		if err != nil {
			return err
		}
		term, err := b.boolean(v, c.String())
		terms = append(terms, term)
		return err
	})
	if err != nil {
		return nil, err
	}
	return expr.NewAnd(terms...), nil
}

// target binds an item of the select list; a star becomes several.
func (b *binder) target(blk *block, p *parts, t *syntax.Target) error {
	if s, ok := t.Expr.(*syntax.Star); ok {
		return b.star(blk, p, s)
	}
	if f, ok := t.Expr.(*syntax.Field); ok && f.Star {
		vs, names, err := b.expanded(blk, f)
		for i, v := range vs {
			p.targets = append(p.targets, &target{name: names[i], v: v})
		}
		return err
	}
	return b.forColumns(blk, func(x *expansion) error { return b.targetOf(blk, p, t, x) })
}

// targetOf binds an item of the select list that is no star; x says what COLUMNS stands for in it.
func (b *binder) targetOf(blk *block, p *parts, t *syntax.Target, x *expansion) error {
	v, err := b.scalar(blk, t.Expr)
	if err != nil {
		return err
	}
	name := x.name(t, b.nameOf)
	p.targets = append(p.targets, &target{name: name, v: v})
	return nil
}

// star expands * and t.*.
func (b *binder) star(blk *block, p *parts, s *syntax.Star) error {
	before := len(p.targets)
	if len(s.Table) > 0 {
		vs, names, err := b.expanded(blk, s)
		if err != nil {
			return err
		}
		for i, v := range vs {
			p.targets = append(p.targets, &target{name: names[i], v: v})
		}
		return b.starOptions(blk, p, s, before)
	}
	tables := false
	for _, it := range blk.items {
		if !it.hasCols {
			continue
		}
		tables = true
		for _, c := range it.cols {
			p.targets = append(p.targets, &target{name: c.name, v: b.use(blk, c.expr, s.Pos)})
		}
	}
	if !tables {
		return sqlstate.New(sqlstate.SyntaxError, "SELECT * with no tables specified is not valid").At(s.Pos)
	}
	return b.starOptions(blk, p, s, before)
}

// limits binds LIMIT and OFFSET.
func (b *binder) limits(blk *block, q *syntax.Query, p *parts) error {
	var err error
	if p.offset, err = b.limit(blk, inOffset, q.Offset); err != nil {
		return err
	}
	if q.Percent {
		p.percent = true
		p.count, err = b.percentage(q)
		return err
	}
	if p.count, err = b.limit(blk, inLimit, q.Limit); err != nil || !q.WithTies || p.count == nil {
		return err
	}
	k, ok := p.count.(*expr.Const)
	if !ok {
		return unsupported(q.LimitPos, "Give the number of rows as a constant.", "WITH TIES with a number of rows that is not constant is not supported")
	}
	if vec.At[int64](k.Value, 0) < 0 {
		return sqlstate.New(sqlstate.InvalidRowCountInLimit, "LIMIT must not be negative").At(q.LimitPos)
	}
	p.ties = true
	return nil
}

func (b *binder) limit(blk *block, c clause, e syntax.Expr) (expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	blk.clause = c
	v, err := b.scalar(blk, e)
	if err != nil {
		return nil, err
	}
	t := types.Of(types.Int64)
	if from := v.typ(); !canCoerce(from, t, fn.Assignment) {
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "argument of %s must be type %s, not type %s", c, t.Base(), from.Base()).At(v.pos)
	}
	if v, err = b.coerce(v, t, fn.Assignment); err != nil {
		return nil, err
	}
	if err := b.noVariables(blk, v, c.String()); err != nil {
		return nil, err
	}
	if k, ok := v.e.(*expr.Const); ok && k.Value.IsNull(0) {
		return nil, nil
	}
	return v.e, nil
}
