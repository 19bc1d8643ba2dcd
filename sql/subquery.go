package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// boundSubquery is a subquery that stands as an expression, with its key once that was asked for.
type boundSubquery struct {
	s   *expr.Subquery
	key string
}

func (c *boundSubquery) sameAs(o *boundSubquery) bool {
	if c.s.Kind != o.s.Kind || c.s.Typ != o.s.Typ {
		return false
	}
	for _, x := range []*boundSubquery{c, o} {
		if x.key == "" {
			x.key = planner.SubqueryKey(x.s)
		}
	}
	return c.key == o.key
}

// onceBound returns the subquery that stands for all that are the same as s, so that they are equal as expressions: what
// is grouped by one, or ordered by it, is the other one's value. A volatile one is itself only.
func (b *binder) onceBound(s *expr.Subquery) *expr.Subquery {
	if planner.Volatile(s.Query.(planner.Node)) {
		return s
	}
	bound := &boundSubquery{s: s}
	for _, c := range b.subqueries {
		if c.sameAs(bound) {
			return c.s
		}
	}
	b.subqueries = append(b.subqueries, bound)
	return s
}

// noteName keeps the name that a query gives to the expression that it is.
func (b *binder) noteName(s *syntax.Query, q *query) {
	if len(q.cols) == 0 {
		return
	}
	if b.queryNames == nil {
		b.queryNames = map[*syntax.Query]string{}
	}
	b.queryNames[s] = q.cols[0].name
}

// nameOf returns the name that noteName kept.
func (b *binder) nameOf(s *syntax.Query) string { return b.queryNames[s] }

// scalarSubquery binds (SELECT ...) as a value.
func (b *binder) scalarSubquery(q *query, pos int) (value, error) {
	if err := oneColumn(q, pos); err != nil {
		return value{}, err
	}
	c := q.cols[0]
	return value{e: b.onceBound(&expr.Subquery{Kind: expr.ScalarSubquery, Query: q.node, Typ: c.typ}), pos: pos, name: c.name}, nil
}

func oneColumn(q *query, pos int) error {
	if len(q.cols) != 1 {
		return sqlstate.New(sqlstate.SyntaxError, "subquery must return only one column").At(pos)
	}
	return nil
}

// arraySubquery binds ARRAY(SELECT ...), which of arrays is an array of one more dimension.
func (b *binder) arraySubquery(q *query, pos int) (value, error) {
	if err := oneColumn(q, pos); err != nil {
		return value{}, err
	}
	elem := q.cols[0].typ
	t := types.ArrayOf(elem)
	switch {
	case elem.IsVector():
		return value{}, vectorsWithin(elem, pos)
	case elem.ID == types.Array:
		t = elem
	}
	return value{e: b.onceBound(&expr.Subquery{Kind: expr.ArrayOf, Query: q.node, Typ: t}), pos: pos}, nil
}

// existsSubquery binds EXISTS (SELECT ...).
func (b *binder) existsSubquery(q *query, pos int) value {
	return value{e: b.onceBound(&expr.Subquery{Kind: expr.Exists, Query: q.node, Typ: types.Of(types.Bool)}), pos: pos}
}

// quantified binds l op ANY (SELECT ...) and ALL; IN is = ANY. l may be a row.
func (b *binder) quantified(op string, all bool, l value, q *query, pos int) (value, error) {
	left := l.row
	if left == nil {
		left = []value{l}
	}
	switch {
	case len(q.cols) < len(left):
		return value{}, sqlstate.New(sqlstate.SyntaxError, "subquery has too few columns").At(pos)
	case len(q.cols) > len(left):
		return value{}, sqlstate.New(sqlstate.SyntaxError, "subquery has too many columns").At(pos)
	}
	right := make([]value, len(left))
	for i, c := range q.cols {
		right[i] = value{e: c.column(), pos: pos}
	}
	var cond value
	var err error
	if l.row != nil {
		cond, err = b.compareRows(op, left, right, pos)
	} else {
		cond, err = b.operator(op, left[0], right[0], pos)
	}
	if err != nil {
		return value{}, err
	}
	if cond.typ().ID != types.Bool {
		return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "operator %s must return type boolean, not type %s", op, cond.typ().Base()).At(pos)
	}
	kind := expr.AnyOf
	if all {
		kind = expr.AllOf
	}
	return value{e: b.onceBound(&expr.Subquery{Kind: kind, Cond: cond.e, Query: q.node, Typ: types.Of(types.Bool)}), pos: pos}, nil
}

// quantifiedArray binds l op ANY (array) and ALL. The elements of an array that is written out are compared
// one by one.
func (b *binder) quantifiedArray(op string, all bool, l, array value, pos int) (value, error) {
	elems, ok, err := b.elements(l, array)
	if err != nil {
		return value{}, err
	}
	if !ok {
		return b.quantifiedOver(op, all, l, array, pos)
	}
	if op == "=" && !all && len(elems) > 0 {
		return b.in(l, elems, false, pos)
	}
	terms := make([]expr.Expr, len(elems))
	for i, e := range elems {
		c, err := b.operator(op, l, e, pos)
		if err != nil {
			return value{}, err
		}
		terms[i] = c.e
	}
	switch {
	case len(terms) == 0:
		return value{e: expr.Bool(all), pos: pos}, nil
	case all:
		return value{e: expr.NewAnd(terms...), pos: pos}, nil
	}
	return value{e: expr.NewOr(terms...), pos: pos}, nil
}

// quantifiedOver compares with the rows of an array that only execution knows.
func (b *binder) quantifiedOver(op string, all bool, l, array value, pos int) (value, error) {
	if array.typ().ID == types.Unknown {
		// A parameter: an array of what is compared with it.
		elem := l.typ()
		if elem.ID == types.Unknown {
			elem = types.Of(types.Text)
		}
		var err error
		if array, err = b.coerceUnknown(array, types.ArrayOf(withoutModifiers(elem)), fn.Implicit); err != nil {
			return value{}, err
		}
	}
	if array.typ().ID != types.Array {
		return value{}, sqlstate.New(sqlstate.WrongObjectType, "op ANY/ALL (array) requires array on right side").At(pos)
	}
	elem := array.typ().Element()
	ops := fn.Scalars(op)
	m, out := resolveOperator(scalarSignatures(ops), l.typ(), elem)
	if out != found {
		return value{}, operatorError(out, op, []types.Type{l.typ(), elem}, pos)
	}
	left, err := b.argument(l, m.declared[0], m.args[0])
	if err != nil {
		return value{}, err
	}
	if !sameType(elem, m.args[1]) {
		if array, err = b.cast(array, types.ArrayOf(withoutModifiers(m.args[1])), pos); err != nil {
			return value{}, err
		}
	}
	f := fn.Quantified(ops[m.index], all)
	call := &expr.Call{Fn: f, Args: []expr.Expr{left.e, array.e}, Typ: types.Of(types.Bool)}
	return value{e: call, pos: pos}, nil
}

// elements returns the elements of an array that is known when binding: ARRAY[...] or an array literal.
func (b *binder) elements(l, array value) (elems []value, ok bool, err error) {
	if array.elems != nil {
		return array.elems, true, nil
	}
	c, isConst := array.e.(*expr.Const)
	if !isConst || c.Value.IsNull(0) {
		return nil, false, nil
	}
	if c.Value.Type.ID == types.Unknown {
		elem := withoutModifiers(l.typ())
		if elem.ID == types.Unknown {
			elem = types.Of(types.Text)
		}
		if c, err = b.literal(string(c.Value.Bytes(0)), types.ArrayOf(elem), false, array.pos); err != nil {
			return nil, false, err
		}
	}
	if c.Value.Type.ID != types.Array {
		return nil, false, nil
	}
	for _, e := range listElements(c.Value) {
		elems = append(elems, value{e: e, pos: array.pos})
	}
	return elems, true, nil
}
