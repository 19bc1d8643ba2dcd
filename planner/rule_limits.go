package planner

import (
	"math"

	"gsql/exec/expr"
)

// pushLimits moves limits below what makes one row of each row, and copies them into the inputs of UNION ALL
// and of left joins. Where a join asks only whether there are rows, it makes one.
func pushLimits(o *optimizer, n Node) Node {
	switch x := n.(type) {
	case *Limit:
		n = pushLimit(x)
	case *Join:
		n = limitExists(x)
	}
	return mapInputs(n, func(i Node) Node { return pushLimits(o, i) })
}

func pushLimit(l *Limit) Node {
	offset, count, ok := limitNumbers(l)
	if !ok || count < 0 {
		return l
	}
	if count == 0 {
		return emptyLike(l)
	}
	first := &Limit{Count: int64Const(addLimits(offset, count))}
	switch in := l.Input.(type) {
	case *Project:
		if volatile(Exprs(in)...) {
			return l
		}
		return &Project{pushLimit(&Limit{in.Input, l.Offset, l.Count}), in.Items}
	case *SetOp:
		if in.Kind != Union || !in.All {
			return l
		}
		left, right := *first, *first
		left.Input, right.Input = in.Left, in.Right
		return &Limit{in.WithInputs([]Node{&left, &right}), l.Offset, l.Count}
	case *Join:
		if in.Kind != LeftJoin && in.Kind != MarkJoin {
			return l
		}
		if _, done := in.Left.(*Limit); done {
			return l
		}
		first.Input = in.Left
		return &Limit{in.WithInputs([]Node{first, in.Right}), l.Offset, l.Count}
	}
	return l
}

// limitExists takes one row of the right side of a join that asks only whether there are any, be it for all left rows or
// for some: EXISTS of a subquery that does not depend on outer rows.
func limitExists(n *Join) Node {
	switch n.Kind {
	case SemiJoin, AntiJoin, MarkJoin:
	default:
		return n
	}
	switch n.Right.(type) {
	case *Limit, *Values, *Aggregate:
		return n
	}
	if n.Lateral || n.On != nil && (volatile(n.On) || exprCols(n.On).Intersects(outputSet(n.Right))) {
		return n
	}
	return n.WithInputs([]Node{n.Left, &Limit{Input: n.Right, Count: int64Const(1)}})
}

// limitNumbers returns the numbers of a limit: count -1 for none. ok is false when they are not known.
func limitNumbers(l *Limit) (offset, count int64, ok bool) {
	offset, ok1 := limitNumber(l.Offset, 0)
	count, ok2 := limitNumber(l.Count, -1)
	return offset, count, ok1 && ok2
}

// limitNumber returns the value of a constant, absent for none and for NULL, and ok false for a negative
// one, which is an error that lowering raises.
func limitNumber(e expr.Expr, absent int64) (int64, bool) {
	if e == nil {
		return absent, true
	}
	c, ok := e.(*expr.Const)
	if !ok {
		return 0, false
	}
	if c.Value.IsNull(0) {
		return absent, true
	}
	f, ok := numberOf(c.Value)
	if !ok || f < 0 {
		return 0, false
	}
	if f >= math.MaxInt64 {
		return math.MaxInt64, true
	}
	return int64(f), true
}

func addLimits(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// topN turns a limit over a sort into a TopN, and copies it into the inputs of UNION ALL.
func topN(o *optimizer, n Node) Node {
	return bottomUp(n, func(n Node) Node {
		l, ok := n.(*Limit)
		if !ok {
			return n
		}
		s, ok := l.Input.(*Sort)
		if !ok {
			return n
		}
		offset, count, ok := limitNumbers(l)
		if !ok || count < 0 || addLimits(offset, count) == math.MaxInt64 {
			return n
		}
		in := s.Input
		if u, ok := in.(*SetOp); ok && u.Kind == Union && u.All {
			in = topOfUnion(u, s.Keys, offset+count)
		}
		return &TopN{in, s.Keys, offset, count}
	})
}

func topOfUnion(u *SetOp, keys []expr.SortKey, count int64) Node {
	in := make([]Node, 2)
	for i, side := range u.Inputs() {
		m := map[expr.ColID]expr.Expr{}
		for k, f := range Fields(side) {
			m[u.Cols[k].ID] = fieldColumn(f)
		}
		in[i] = &TopN{side, substKeys(keys, m), 0, count}
	}
	return u.WithInputs(in)
}
