package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// subqueries turns the subqueries in expressions into joins: EXISTS and IN that a filter demands into semi
// and anti joins, others into mark joins whose column takes their place, scalar ones into joins with one
// row. Where a subquery uses columns of the row, the join is lateral; rule unnest removes that.
func subqueries(o *optimizer, n Node) (Node, error) {
	s := &subqueryRule{optimizer: o}
	return s.node(n)
}

type subqueryRule struct {
	*optimizer
	placed ColSet // columns of queries that have become part of the plan
}

// node rewrites a tree.
func (s *subqueryRule) node(n Node) (Node, error) {
	n, err := mapInputsErr(n, s.node)
	if err != nil || len(subqueriesOf(n)) == 0 {
		return n, err
	}
	if _, ok := n.(*Recursion); ok { // they are planned when it is lowered
		return n, nil
	}
	out := n.Outputs()
	switch n := n.(type) {
	case *Filter:
		n2, err := s.filter(n)
		if err != nil {
			return nil, err
		}
		return exactOutputs(n2, out), nil
	case *Join:
		return s.join(n)
	case *Values:
		return s.values(n)
	case *Limit:
		return nil, sqlstate.Unsupported("Use a constant or a parameter.", "subqueries in LIMIT and OFFSET are not supported")
	}
	in := n.Inputs()
	if len(in) != 1 {
		return nil, internal("subquery in %s", n)
	}
	input, rewritten, err := s.replaceIn(in[0], Exprs(n))
	if err != nil {
		return nil, err
	}
	i := -1
	m := MapExprs(n, func(expr.Expr) expr.Expr { i++; return rewritten[i] })
	return exactOutputs(m.WithInputs([]Node{input}), out), nil
}

// replaceIn puts columns in the place of the subqueries in es, which are over n's rows, and returns n joined
// with what makes these columns.
func (s *subqueryRule) replaceIn(n Node, es []expr.Expr) (Node, []expr.Expr, error) {
	done := map[*expr.Subquery]expr.Expr{}
	var first error
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			sub, ok := x.(*expr.Subquery)
			if !ok || first != nil {
				return x
			}
			if r, ok := done[sub]; ok {
				return r
			}
			joined, r, err := s.replace(n, sub)
			if err != nil {
				first = err
				return x
			}
			n = joined
			done[sub] = r
			return r
		})
	}
	return n, out, first
}

// filter rewrites a Filter whose condition has subqueries. Terms without any go first, to make the outer
// side of the joins small.
func (s *subqueryRule) filter(f *Filter) (Node, error) {
	var plain, with []expr.Expr
	for _, t := range expr.Conjuncts(f.Cond) {
		if hasSubquery(t) {
			with = append(with, t)
		} else {
			plain = append(plain, t)
		}
	}
	n := filter(f.Input, plain)
	var rest []expr.Expr
	for _, t := range with {
		joined, ok, err := s.demanded(n, t)
		if err != nil {
			return nil, err
		}
		if ok {
			n = joined
			continue
		}
		var es []expr.Expr
		if n, es, err = s.replaceIn(n, []expr.Expr{t}); err != nil {
			return nil, err
		}
		rest = append(rest, es[0])
	}
	return filter(n, rest), nil
}

// demanded rewrites a term of a filter that is EXISTS or ANY, perhaps negated, to a semi or anti join.
func (s *subqueryRule) demanded(n Node, t expr.Expr) (Node, bool, error) {
	negated := false
	if e, ok := t.(*expr.Not); ok {
		negated, t = true, e.Arg
	}
	sub, ok := t.(*expr.Subquery)
	if !ok || sub.Cond != nil && hasSubquery(sub.Cond) {
		return nil, false, nil
	}
	kind, on := SemiJoin, sub.Cond
	switch {
	case sub.Kind == expr.Exists && negated:
		kind = AntiJoin
	case sub.Kind == expr.Exists, sub.Kind == expr.AnyOf && !negated:
	case sub.Kind == expr.AllOf && negated: // some row for which it is false
		on = not(sub.Cond)
	default: // NULL counts: a mark join
		return nil, false, nil
	}
	q, sub, err := s.query(sub)
	if err != nil {
		return nil, false, err
	}
	if on != nil {
		on = sub.Cond
		if sub.Kind == expr.AllOf {
			on = not(on)
		}
	} else {
		var known *bool
		if q, known = existence(q); known != nil {
			if *known != negated {
				return n, true, nil
			}
			return &Filter{n, expr.Bool(false)}, true, nil
		}
	}
	return lateral(&Join{Kind: kind, Left: n, Right: q, On: on}), true, nil
}

// query returns the subquery's query, itself rewritten. When the same query has been placed before, which
// happens when the binder repeats an expression, it is a copy with new columns.
func (s *subqueryRule) query(sub *expr.Subquery) (Node, *expr.Subquery, error) {
	q := sub.Query.(Node)
	var ids ColSet
	walkNodes(q, func(x Node) {
		for _, id := range madeBy(x) {
			ids.Add(id)
		}
	})
	if s.placed.Intersects(ids) {
		copied, names := s.rename(q)
		m := map[expr.ColID]expr.Expr{}
		for i, f := range Fields(q) {
			m[f.ID] = fieldColumn(exec.Field{ID: copied.Outputs()[i], Name: f.Name, Type: f.Type})
		}
		_ = names
		c := *sub
		c.Query, c.Cond = copied, Subst(sub.Cond, m)
		sub, q = &c, copied
		ids = ColSet{}
	}
	s.placed.AddAll(ids)
	out := q.Outputs()
	n, err := s.node(q)
	if err != nil {
		return nil, nil, err
	}
	return exactOutputs(n, out), sub, nil
}

// replace joins n with a subquery and returns the expression that has the subquery's value.
func (s *subqueryRule) replace(n Node, sub *expr.Subquery) (Node, expr.Expr, error) {
	q, sub, err := s.query(sub)
	if err != nil {
		return nil, nil, err
	}
	switch sub.Kind {
	case expr.ScalarSubquery:
		value := fieldColumn(Fields(q)[0])
		return s.scalar(n, q), value, nil
	case expr.ArrayOf:
		return s.array(n, q, sub.Typ)
	}
	mark := Item{ID: s.newID(), Name: "mark", Expr: expr.Null(types.Of(types.Bool))}
	j := &Join{Kind: MarkJoin, Left: n, Right: q, On: sub.Cond, Mark: mark}
	switch sub.Kind {
	case expr.Exists:
		var known *bool
		if j.Right, known = existence(q); known != nil {
			return n, expr.Bool(*known), nil
		}
		j.TwoValued = true
		return lateral(j), orFalse(mark.Column()), nil
	case expr.AnyOf:
		return lateral(j), mark.Column(), nil
	case expr.AllOf:
		j.On = not(sub.Cond)
		return lateral(j), &expr.Not{Arg: mark.Column()}, nil
	}
	return nil, nil, internal("unknown kind of subquery %d", sub.Kind)
}

// scalar joins n with the only row of q.
func (s *subqueryRule) scalar(n, q Node) Node {
	correlated := Free(q).Intersects(outputSet(n))
	switch {
	case exactlyOne(q):
		return lateral(&Join{Kind: InnerJoin, Left: n, Right: q})
	case atMostOne(q) && correlated:
		return lateral(&Join{Kind: LeftJoin, Left: n, Right: q})
	case correlated:
		return lateral(&Join{Kind: SingleJoin, Left: n, Right: q})
	}
	// Two rows are an error only where there is a row to use the value: not a OneRow, but a join that looks
	// for a second match. More than two rows it need not see.
	if !atMostOne(q) {
		q = &Limit{Input: q, Count: int64Const(2)}
	}
	return &Join{Kind: SingleJoin, Left: n, Right: q}
}

// array joins n with the array of the values of q's only column, in the order of q.
func (s *subqueryRule) array(n, q Node, t types.Type) (Node, expr.Expr, error) {
	f := Fields(q)[0]
	var agg *expr.Aggregate
	for _, a := range fn.Aggregates("array_agg") {
		if len(a.Args) == 1 && (a.Args[0].ID == types.AnyArray) == (f.Type.ID == types.Array) {
			agg = &expr.Aggregate{Fn: a, Args: []expr.Expr{fieldColumn(f)}, Typ: t}
		}
	}
	if agg == nil {
		return nil, nil, sqlstate.Unsupported("", "ARRAY(subquery) is not supported")
	}
	if keys, in := orderOf(q); exprCols(sortExprs(keys)...).In(outputSet(in)) {
		agg.OrderBy, q = keys, in
	}
	item := Item{s.newID(), f.Name, agg}
	child := vec.NewBuilder(t.Element()).Finish()
	empty := vec.NewConst(t, types.KList, vec.List{}, 1)
	empty.Child = child
	j := lateral(&Join{Kind: InnerJoin, Left: n, Right: &Aggregate{q, nil, []Item{item}}})
	return j, &expr.Coalesce{Args: []expr.Expr{item.Column(), &expr.Const{Value: empty}}, Typ: t}, nil
}

// orderOf returns the order that a query ends with and a node that has its rows and the columns of the keys:
// a Project that leaves them out is widened.
func orderOf(q Node) ([]expr.SortKey, Node) {
	switch q := q.(type) {
	case *Sort:
		return q.Keys, q.Input
	case *Project:
		keys, in := orderOf(q.Input)
		if keys == nil {
			break
		}
		items := append([]Item(nil), q.Items...)
		have := outputSet(q)
		for _, f := range Fields(in) {
			if exprCols(sortExprs(keys)...).Has(f.ID) && !have.Has(f.ID) {
				items = append(items, passField(f))
			}
		}
		return keys, &Project{in, items}
	}
	return nil, q
}

func sortExprs(keys []expr.SortKey) []expr.Expr {
	es := make([]expr.Expr, len(keys))
	for i, k := range keys {
		es[i] = k.Expr
	}
	return es
}

// lateral sets Lateral when the right side uses columns of the left one.
func lateral(j *Join) *Join {
	j.Lateral = Free(j.Right).Intersects(outputSet(j.Left))
	return j
}

// existence strips from q what does not change whether it has a row, and returns that answer when it is
// known beforehand.
func existence(q Node) (Node, *bool) {
	yes, no := true, false
	switch n := q.(type) {
	case *Project:
		return existence(n.Input)
	case *Sort:
		return existence(n.Input)
	case *Window:
		return existence(n.Input)
	case *Aggregate:
		if len(n.Groups) == 0 {
			return q, &yes
		}
		return existence(n.Input)
	case *Values:
		if len(n.Rows) > 0 {
			return q, &yes
		}
		return q, &no
	case *Limit:
		if c, ok := n.Count.(*expr.Const); ok && !c.Value.IsNull(0) && vec.At[int64](c.Value, 0) == 0 {
			return q, &no
		}
		if _, ok := n.Count.(*expr.Const); (ok || n.Count == nil) && n.Offset == nil {
			return existence(n.Input)
		}
	}
	return q, nil
}

// exactlyOne reports whether n always has one row.
func exactlyOne(n Node) bool {
	switch n := n.(type) {
	case *Aggregate:
		return len(n.Groups) == 0
	case *Values:
		return len(n.Rows) == 1
	case *OneRow:
		return true
	case *Project, *Window, *Sort:
		return exactlyOne(n.Inputs()[0])
	case *With:
		return exactlyOne(n.Body)
	case *Join:
		switch n.Kind {
		case InnerJoin:
			return n.On == nil && exactlyOne(n.Left) && exactlyOne(n.Right)
		case LeftJoin, SingleJoin:
			return exactlyOne(n.Left) && (n.Kind == SingleJoin || atMostOne(n.Right))
		case MarkJoin:
			return exactlyOne(n.Left)
		}
	}
	return false
}

// atMostOne reports whether n never has two rows.
func atMostOne(n Node) bool {
	if exactlyOne(n) {
		return true
	}
	switch n := n.(type) {
	case *Limit:
		c, ok := n.Count.(*expr.Const)
		return ok && !c.Value.IsNull(0) && vec.At[int64](c.Value, 0) <= 1 || atMostOne(n.Input)
	case *TopN:
		return n.Count <= 1 || atMostOne(n.Input)
	case *Filter, *Project, *Window, *Sort:
		return atMostOne(n.Inputs()[0])
	case *With:
		return atMostOne(n.Body)
	case *Join:
		switch n.Kind {
		case InnerJoin, LeftJoin:
			return atMostOne(n.Left) && atMostOne(n.Right)
		case SemiJoin, AntiJoin, MarkJoin, SingleJoin:
			return atMostOne(n.Left)
		}
	}
	return false
}
