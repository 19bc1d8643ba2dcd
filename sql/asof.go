package sql

import (
	"gsql/exec/expr"
	"gsql/planner"
)

// flipped are the comparisons of an ASOF join with their sides exchanged.
var flipped = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// asofJoin makes an ASOF join of a join whose condition is bound: equalities of both sides and one inequality. Conditions on
// one side alone choose the rows that are joined.
func (b *binder) asofJoin(j *planner.Join, pos int) (planner.Node, error) {
	if j.Lateral {
		return nil, unsupported(pos, "Use a LATERAL subquery with ORDER BY and LIMIT 1.", "an ASOF join whose right side uses columns of the left one is not supported")
	}
	n := &planner.AsofJoin{Left: j.Left, Right: j.Right, Outer: j.Kind == planner.LeftJoin}
	var left []expr.Expr
	for _, t := range expr.Conjuncts(j.On) {
		op, key, ok := b.asofTerm(j, t)
		switch side := b.sideOf(j, t); {
		case side == 1:
			n.Right = &planner.Filter{Input: n.Right, Cond: t}
		case side == 0 && !n.Outer:
			left = append(left, t)
		case !ok:
			return nil, unsupported(b.placeOf(t, pos), "Filter the sides in subqueries, or the result with WHERE.",
				"the condition of an ASOF join can only compare the two sides by =, <, <=, > and >=")
		case op == "=":
			n.Keys = append(n.Keys, key)
		case n.Op != "":
			return nil, unsupported(b.placeOf(t, pos), "", "an ASOF join with several inequalities is not supported")
		default:
			n.Op, n.Value = op, key
		}
	}
	if n.Op == "" {
		return nil, unsupported(pos, "Say in ON how the times of both sides compare, as in l.time >= r.time.", "an ASOF join without an inequality is not supported")
	}
	if len(left) > 0 {
		n.Left = &planner.Filter{Input: n.Left, Cond: expr.NewAnd(left...)}
	}
	return n, nil
}

// asofTerm returns the sides of a comparison of left with right columns, and its operator from left to right.
func (b *binder) asofTerm(j *planner.Join, t expr.Expr) (op string, key planner.AsofKey, ok bool) {
	c, isCall := t.(*expr.Call)
	if !isCall || len(c.Args) != 2 || expr.IsVolatile(c) {
		return "", key, false
	}
	op = c.Fn.Name
	if op != "=" && flipped[op] == "" {
		return "", key, false
	}
	l, r := b.sideOf(j, c.Args[0]), b.sideOf(j, c.Args[1])
	switch {
	case l == 0 && r == 1:
		return op, planner.AsofKey{Left: c.Args[0], Right: c.Args[1]}, true
	case l == 1 && r == 0 && op == "=":
		return op, planner.AsofKey{Left: c.Args[1], Right: c.Args[0]}, true
	case l == 1 && r == 0:
		return flipped[op], planner.AsofKey{Left: c.Args[1], Right: c.Args[0]}, true
	}
	return "", key, false
}

// sideOf returns the side of a join whose columns e uses, 0 or 1; -1 for none, both, and subqueries.
func (b *binder) sideOf(j *planner.Join, e expr.Expr) int {
	side := -1
	ok := true
	expr.Walk(e, func(x expr.Expr) bool {
		_, sub := x.(*expr.Subquery)
		ok = ok && !sub
		return ok
	})
	for i, in := range j.Inputs() {
		made := map[expr.ColID]bool{}
		for _, id := range in.Outputs() {
			made[id] = true
		}
		expr.Columns(e, func(c *expr.Column) {
			if made[c.ID] {
				ok = ok && (side < 0 || side == i)
				side = i
			}
		})
	}
	if !ok {
		return -1
	}
	return side
}
