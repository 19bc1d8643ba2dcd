package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// join lowers a join: to a hash join where there are equalities between the sides, else to a loop join.
func (l *lowerer) join(n *Join, pending []exec.RuntimeFilter) (exec.Plan, error) {
	if n.Lateral {
		return nil, internal("a dependent join was not unnested: %s", n)
	}
	left := outputSet(n.Left)
	keys, rest := splitKeys(expr.Conjuncts(n.On), left)
	keys, rest = l.unifyKeys(keys, rest)
	if n.Kind == MarkJoin && !n.TwoValued && len(rest) > 0 {
		keys, rest = markKeys(keys, rest)
	}
	s := l.chooseSides(n)
	probeNode, buildNode := n.Left, n.Right
	if s.swap {
		probeNode, buildNode = n.Right, n.Left
		for i := range keys {
			keys[i].left, keys[i].right = keys[i].right, keys[i].left
		}
	}
	probePending, published := l.offerFilters(s.kind, probeNode, buildNode, keys)
	fromAbove := joinFilters(n, pending, keys)
	build, err := l.lower(buildNode, filtersFor(fromAbove, buildNode))
	if err != nil {
		return nil, err
	}
	probe, err := l.lower(probeNode, append(filtersFor(fromAbove, probeNode), probePending...))
	if err != nil {
		return nil, err
	}
	out := joinSchema(s.kind, probe.Schema(), build.Schema(), n.Mark)
	if len(keys) == 0 {
		return &exec.LoopJoin{Probe: probe, Build: build, Kind: s.kind, Cond: conj(rest), MarkID: n.Mark.ID, Out: out}, nil
	}
	j := &exec.HashJoin{Probe: probe, Build: build, Kind: s.kind, Residual: conj(rest), MarkID: n.Mark.ID, Out: out}
	for _, k := range keys {
		j.ProbeKeys, j.BuildKeys = append(j.ProbeKeys, k.left), append(j.BuildKeys, k.right)
		j.NullEqual = append(j.NullEqual, k.nullEqual)
	}
	if !anyTrue(j.NullEqual) {
		j.NullEqual = nil
	}
	for _, p := range published {
		if l.accepted[p.ID] {
			j.Publish = append(j.Publish, p)
		}
	}
	return j, nil
}

// markKeys leaves a null-aware mark join with a further condition the keys that are never NULL: which rows
// are looked at. The other terms decide together whether the mark is NULL.
func markKeys(keys []joinKey, rest []expr.Expr) ([]joinKey, []expr.Expr) {
	var never []joinKey
	for _, k := range keys {
		if k.nullEqual {
			never = append(never, k)
		} else {
			rest = append(rest, k.term)
		}
	}
	return never, rest
}

func anyTrue(b []bool) bool {
	for _, x := range b {
		if x {
			return true
		}
	}
	return false
}

func joinSchema(kind exec.JoinKind, probe, build exec.Schema, mark Item) exec.Schema {
	switch kind {
	case exec.Semi, exec.Anti:
		return probe
	case exec.BuildSemi, exec.BuildAnti:
		return build
	case exec.Mark:
		return itemFields(append(exec.Schema(nil), probe...), []Item{mark})
	}
	return append(append(exec.Schema(nil), probe...), build...)
}

// sides says how a logical join is executed: which kind, and whether the right side probes.
type sides struct {
	kind exec.JoinKind
	swap bool
}

// muchSmaller is how many times smaller the side that a join keeps must be to be worth building from: then
// the output waits for the end of the probe.
const muchSmaller = 4

// chooseSides builds from the side that is expected to be smaller. Ties build from the right.
func (l *lowerer) chooseSides(n *Join) sides {
	lr, rr := 2.0, 1.0
	if !l.cfg.NoRules && !l.cfg.Disable["build-side"] {
		lr, rr = l.est.rows(n.Left), l.est.rows(n.Right)
	}
	leftTiny, rightTiny := lr*muchSmaller < rr, rr*muchSmaller < lr
	switch n.Kind {
	case InnerJoin:
		return sides{exec.Inner, lr < rr}
	case LeftJoin:
		if leftTiny {
			return sides{exec.BuildOuter, true}
		}
		return sides{exec.Outer, false}
	case RightJoin:
		if rightTiny {
			return sides{exec.BuildOuter, false}
		}
		return sides{exec.Outer, true}
	case FullJoin:
		return sides{exec.FullOuter, lr < rr}
	case SemiJoin:
		if leftTiny {
			return sides{exec.BuildSemi, true}
		}
		return sides{exec.Semi, false}
	case AntiJoin:
		if leftTiny {
			return sides{exec.BuildAnti, true}
		}
		return sides{exec.Anti, false}
	case MarkJoin:
		return sides{exec.Mark, false}
	case SingleJoin:
		return sides{exec.Singular, false}
	}
	panic(internal("unknown kind of join %d", n.Kind))
}

// unifyKeys brings the two sides of each key to one type. Keys for which that cannot be done stay conditions.
func (l *lowerer) unifyKeys(keys []joinKey, rest []expr.Expr) ([]joinKey, []expr.Expr) {
	var out []joinKey
	for _, k := range keys {
		a, b := k.left.Type(), k.right.Type()
		if a == b && a.ID != types.Char && vec.HasForms(a) {
			k.left, k.right = oneForm(k.left), oneForm(k.right)
			out = append(out, k)
			continue
		}
		t, ok := commonType(a, b)
		if !ok {
			rest = append(rest, k.term)
			continue
		}
		left, right := k.left, k.right
		if a != t && !sameLayout(a, t) {
			left = castTo(left, t)
		}
		if b != t && !sameLayout(b, t) {
			right = castTo(right, t)
		}
		if left == nil || right == nil {
			rest = append(rest, k.term)
			continue
		}
		k.left, k.right = left, right
		out = append(out, k)
	}
	return out, rest
}

// oneForm returns bytes that are equal where values of a type whose equal values may differ in bytes are.
func oneForm(e expr.Expr) expr.Expr {
	return &expr.Call{Fn: fn.OneForm, Args: []expr.Expr{e}, Typ: fn.OneForm.Ret}
}

// sameLayout reports whether equal values of the two types are equal in memory.
func sameLayout(a, b types.Type) bool {
	if a.ID == types.Numeric || b.ID == types.Numeric {
		return a.ID == b.ID && a.Scale == b.Scale
	}
	if a.ID == types.Char || b.ID == types.Char {
		return false // for the blanks at the end
	}
	if a.ID == types.JSONB || b.ID == types.JSONB {
		return false // for the zeros at the ends of fractions
	}
	if a.ID == types.NumRange || a.ID == types.NumMultirange {
		return false // likewise
	}
	if a.IsString() && b.IsString() {
		return true
	}
	return a.ID == b.ID && a.Elem == b.Elem && a.Scale == b.Scale
}

// commonType returns a type in which values of both types compare as they do by their = operator.
func commonType(a, b types.Type) (types.Type, bool) {
	switch {
	case sameLayout(a, b):
		return a, true
	case a.ID == types.Numeric && b.ID == types.Numeric:
		if a.Scale == types.DynamicScale || b.Scale == types.DynamicScale {
			return types.Of(types.Numeric), true
		}
		return types.NumericOf(0, int(max(a.Scale, b.Scale))), true
	case a.ID == types.Char && b.ID == types.Char:
		return types.Of(types.Text), true
	case a.IsInteger() && b.IsInteger():
		if a.ID > b.ID {
			return a, true
		}
		return b, true
	case a.IsFloat() && b.IsFloat():
		return types.Of(types.Float64), true
	}
	return types.Type{}, false
}

// offerFilters numbers runtime filters for the keys of a join whose probe side may lose rows without match.
func (l *lowerer) offerFilters(kind exec.JoinKind, probe, build Node, keys []joinKey) ([]exec.RuntimeFilter, []exec.PublishedKey) {
	switch kind {
	case exec.Inner, exec.Semi, exec.BuildOuter, exec.BuildSemi, exec.BuildAnti:
	default:
		return nil, nil
	}
	if l.cfg.NoRules || l.cfg.Disable["runtime-filters"] {
		return nil, nil
	}
	var filters []exec.RuntimeFilter
	var published []exec.PublishedKey
	for i, k := range keys {
		c, ok := k.left.(*expr.Column)
		if !ok || k.nullEqual {
			continue
		}
		probed, built := l.est.of(probe), l.est.of(build)
		if d := probed.cols[c.ID].ndv; d > 0 && keyDistinct(built, k.right) > 0.9*d {
			continue // it would let nearly all rows pass
		}
		l.filters++
		filters = append(filters, exec.RuntimeFilter{ID: l.filters, Col: c.ID})
		published = append(published, exec.PublishedKey{ID: l.filters, Key: i})
	}
	return filters, published
}

// joinFilters returns the filters from above that may pass through a join, with those that its equalities
// carry over to the other side.
func joinFilters(n *Join, pending []exec.RuntimeFilter, keys []joinKey) []exec.RuntimeFilter {
	var through ColSet
	switch n.Kind {
	case InnerJoin:
		through = outputSet(n.Left).Union(outputSet(n.Right))
	case LeftJoin, SemiJoin, AntiJoin, MarkJoin, SingleJoin:
		through = outputSet(n.Left)
	case RightJoin:
		through = outputSet(n.Right)
	}
	var out []exec.RuntimeFilter
	for _, f := range pending {
		if !through.Has(f.Col) {
			continue
		}
		out = append(out, f)
		if n.Kind != InnerJoin && n.Kind != SemiJoin {
			continue
		}
		for _, k := range keys {
			a, ok1 := k.left.(*expr.Column)
			b, ok2 := k.right.(*expr.Column)
			switch {
			case !ok1 || !ok2 || k.nullEqual:
			case a.ID == f.Col:
				out = append(out, exec.RuntimeFilter{ID: f.ID, Col: b.ID})
			case b.ID == f.Col:
				out = append(out, exec.RuntimeFilter{ID: f.ID, Col: a.ID})
			}
		}
	}
	return out
}

func filtersFor(filters []exec.RuntimeFilter, n Node) []exec.RuntimeFilter {
	have := outputSet(n)
	var out []exec.RuntimeFilter
	for _, f := range filters {
		if have.Has(f.Col) {
			out = append(out, f)
		}
	}
	return out
}
