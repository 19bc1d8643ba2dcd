package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
)

// What the rules and lowering do with AsofJoin.

func (n *AsofJoin) String() string {
	s := "Asof Join"
	if n.Outer {
		s = "Asof Left Join"
	}
	s += " on "
	for _, k := range n.Keys {
		s += k.Left.String() + " = " + k.Right.String() + " AND "
	}
	return s + n.Value.Left.String() + " " + n.Op + " " + n.Value.Right.String()
}

// pairs returns all keys and the value.
func (n *AsofJoin) pairs() []AsofKey { return append(n.Keys[:len(n.Keys):len(n.Keys)], n.Value) }

// mapExprs is MapExprs.
func (n *AsofJoin) mapExprs(f func(expr.Expr) expr.Expr) Node {
	pairs, changed := n.pairs(), false
	out := make([]AsofKey, len(pairs))
	for i, k := range pairs {
		out[i] = AsofKey{f(k.Left), f(k.Right), k.NullEqual}
		changed = changed || out[i] != k
	}
	if !changed {
		return n
	}
	c := *n
	c.Keys, c.Value = out[:len(n.Keys)], out[len(n.Keys)]
	return &c
}

func pruneAsof(n *AsofJoin, need ColSet) Node {
	if n.Outer && !need.Intersects(outputSet(n.Right)) { // it adds columns alone
		return prune(n.Left, need)
	}
	below := need.Union(exprCols(Exprs(n)...))
	l, r := below.And(outputSet(n.Left)), below.And(outputSet(n.Right))
	return n.WithInputs([]Node{narrowTo(prune(n.Left, l), l), narrowTo(prune(n.Right, r), r)})
}

// pushAsofDown pushes conditions on left columns down: left rows have their matches each for itself. Those on right columns
// stay, since without the nearest row another one would be the nearest.
func pushAsofDown(n *AsofJoin, terms, known []expr.Expr) Node {
	left, right := outputSet(n.Left), outputSet(n.Right)
	above := append(append([]expr.Expr(nil), terms...), known...)
	down, stay := splitTerms(terms, left, left.Union(right))
	if n.Outer && strengthen(&Join{Kind: LeftJoin}, above, left, right) == InnerJoin {
		c := *n
		c.Outer = false
		n = &c
	}
	return filter(n.WithInputs([]Node{pushDown(n.Left, down, above), pushDown(n.Right, nil, nil)}), stay)
}

// asofStat expects a match for nearly all rows.
func asofStat(n *AsofJoin, l, r *relStat) *relStat {
	out := &relStat{l.rows, map[expr.ColID]colStat{}}
	for _, side := range []*relStat{l, r} {
		for id, s := range side.cols {
			out.cols[id] = s
		}
	}
	if !n.Outer {
		var keys []joinKey
		for _, k := range n.Keys {
			keys = append(keys, joinKey{left: k.Left, right: k.Right})
		}
		if len(keys) > 0 {
			out.rows *= matchFraction(l, r, keys)
		}
	}
	capDistinct(out)
	return out
}

// pushAsof joins the sides with the domain. A right side that is correlated is matched by what stands for the outer
// columns too.
func (u *unnester) pushAsof(n *AsofJoin, want ColSet) (Node, bounds, error) {
	l, b, err := u.push(n.Left, want)
	if err != nil {
		return nil, nil, err
	}
	c := *n
	c.Left, c.Keys = l, append([]AsofKey(nil), n.Keys...)
	outer := Free(n.Right)
	for _, k := range n.pairs() {
		addCols(k.Right, &outer)
	}
	outer = outer.And(u.corr)
	rb := bounds{}
	if !outer.Empty() {
		if c.Right, rb, err = u.push(n.Right, outer); err != nil {
			return nil, nil, err
		}
	}
	sides := func(k AsofKey) AsofKey {
		return AsofKey{Subst(k.Left, b.subst()), Subst(k.Right, rb.subst()), k.NullEqual}
	}
	for i, k := range c.Keys {
		c.Keys[i] = sides(k)
	}
	c.Value = sides(n.Value)
	for _, id := range outer.List() {
		c.Keys = append(c.Keys, AsofKey{b[id].col, rb[id].col, true})
	}
	return &c, b, nil
}

// asof lowers an AsofJoin: both sides are dealt out by the keys, and each partition of them is sorted by the keys and then
// by the value, so that one pass over both finds the matches.
func (l *lowerer) asof(n *AsofJoin, pending []exec.RuntimeFilter) (exec.Plan, error) {
	pairs, err := l.unifyAsof(n)
	if err != nil {
		return nil, err
	}
	left, err := l.lower(n.Left, filtersFor(pending, n.Left))
	if err != nil {
		return nil, err
	}
	right, err := l.lower(n.Right, nil)
	if err != nil {
		return nil, err
	}
	var ls, rs []expr.Expr
	p := &exec.AsofJoin{Op: n.Op, Outer: n.Outer}
	for _, k := range pairs {
		ls, rs = append(ls, k.Left), append(rs, k.Right)
		p.NullEqual = append(p.NullEqual, k.NullEqual)
	}
	left, p.LeftKeys = l.withColumns(left, ls)
	right, p.RightKeys = l.withColumns(right, rs)
	p.Out = append(append(exec.Schema(nil), left.Schema()...), right.Schema()...)
	spread := len(pairs) > 1 && left.Partitioning().N*right.Partitioning().N > 1
	p.Left, p.Right = l.asofSide(left, p.LeftKeys, p.Order(), spread), l.asofSide(right, p.RightKeys, p.Order(), spread)
	return p, nil
}

// asofSide sorts a side. Where spread is not set it becomes one partition.
func (l *lowerer) asofSide(p exec.Plan, keys []*expr.Column, order func([]*expr.Column) []expr.SortKey, spread bool) exec.Plan {
	by := columnIDs(keys[:len(keys)-1])
	if spread {
		x, ok := p.(*exec.Exchange)
		if !ok || x.Kind != exec.Hash || x.N != l.parts || !sameIDs(x.Hash, by) {
			p = &exec.Exchange{Input: p, Kind: exec.Hash, N: l.parts, Hash: by}
		}
	}
	sorted := order(keys)
	p = &exec.Sort{Input: p, Keys: sorted, Top: -1}
	if !spread && p.Partitioning().N > 1 {
		p = &exec.Exchange{Input: p, Kind: exec.Merge, N: 1, Keys: sorted}
	}
	return p
}

func sameIDs(a, b []expr.ColID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// unifyAsof brings the two sides of each pair to one type, the value last.
func (l *lowerer) unifyAsof(n *AsofJoin) ([]AsofKey, error) {
	var out []AsofKey
	for _, k := range n.pairs() {
		keys, _ := l.unifyKeys([]joinKey{{left: k.Left, right: k.Right}}, nil)
		if len(keys) == 0 {
			return nil, sqlstate.Unsupported("Cast both sides to one type.", "an ASOF join of %s and %s is not supported",
				k.Left.Type().Base(), k.Right.Type().Base())
		}
		out = append(out, AsofKey{keys[0].left, keys[0].right, k.NullEqual})
	}
	return out, nil
}
