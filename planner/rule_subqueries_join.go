package planner

import (
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
)

// join rewrites a join whose condition has subqueries.
func (s *subqueryRule) join(j *Join) (Node, error) {
	out := j.Outputs()
	var plain, with []expr.Expr
	for _, t := range expr.Conjuncts(j.On) {
		if hasSubquery(t) {
			with = append(with, t)
		} else {
			plain = append(plain, t)
		}
	}
	c := *j
	c.On = conj(plain)
	if j.Kind == InnerJoin { // the condition is a filter
		n, err := s.filter(&Filter{&c, conj(with)})
		if err != nil {
			return nil, err
		}
		return exactOutputs(n, out), nil
	}
	left, right := outputSet(j.Left), outputSet(j.Right)
	var onBoth []expr.Expr
	for _, t := range with {
		side := &c.Right
		switch used := exprCols(t); {
		case !used.Intersects(left):
		case !used.Intersects(right):
			side = &c.Left
		default:
			onBoth = append(onBoth, t)
			continue
		}
		n, es, err := s.replaceIn(*side, []expr.Expr{t})
		if err != nil {
			return nil, err
		}
		*side = n
		plain = append(plain, es[0])
	}
	c.On = conj(plain)
	if len(onBoth) > 0 {
		// The right side filtered for each row of the left one: a dependent join.
		if j.Kind == FullJoin || j.Kind == RightJoin || j.Kind == MarkJoin {
			return nil, sqlstate.Unsupported("Compute the subquery in a FROM item first.",
				"a subquery that uses both sides of a %s join is not supported in its ON clause", j.Kind)
		}
		n, err := s.filter(&Filter{c.Right, conj(append(plain, onBoth...))})
		if err != nil {
			return nil, err
		}
		c.Right, c.On, c.Lateral = exactOutputs(n, j.Right.Outputs()), nil, true
	}
	return exactOutputs(&c, out), nil
}

// values rewrites a list of rows that has subqueries to a union of one query for each row.
func (s *subqueryRule) values(v *Values) (Node, error) {
	return s.node(s.unionOfRows(v))
}

// unionOfRows returns the rows of v as Projects over nothing, joined by UNION ALL.
func (o *optimizer) unionOfRows(v *Values) Node {
	var n Node
	for i, r := range v.Rows {
		items := make([]Item, len(r))
		for k, e := range r {
			id := v.Cols[k].ID
			if len(v.Rows) > 1 {
				id = o.newID()
			}
			items[k] = Item{id, v.Cols[k].Name, e}
		}
		row := &Project{&Values{Rows: [][]expr.Expr{{}}}, items}
		switch {
		case n == nil:
			n = row
		case i == len(v.Rows)-1:
			n = &SetOp{Union, true, n, row, v.Cols}
		default:
			cols := append(v.Cols[:0:0], v.Cols...)
			for k := range cols {
				cols[k].ID = o.newID()
			}
			n = &SetOp{Union, true, n, row, cols}
		}
	}
	return n
}
