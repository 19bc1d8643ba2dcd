package planner

import (
	"math"
	"strings"

	"gsql/exec/expr"
)

// Guesses for conditions of which nothing is known.
const (
	selEqual   = 1.0 / unknownDistinct
	selRange   = 1.0 / 3
	selLike    = 0.1
	selDefault = 1.0 / 4
)

// filterStat estimates rows that meet all terms. Bounds on one column are taken together.
func filterStat(in *relStat, terms []expr.Expr) *relStat {
	sel := 1.0
	cols := make(map[expr.ColID]colStat, len(in.cols))
	for id, s := range in.cols {
		cols[id] = s
	}
	cur := &relStat{in.rows, cols}
	for _, t := range terms {
		id, lo, hi, ok := rangeOf(t)
		if ok && cols[id].ranged && cols[id].hi > cols[id].lo {
			s := cols[id]
			f, narrowed := narrow(s, lo, hi)
			cols[id] = narrowed
			sel *= f
			continue
		}
		sel *= selectivity(cur, t)
		if id, ok := equalsConst(t); ok {
			s := cols[id]
			s.ndv = 1
			cols[id] = s
		}
	}
	out := &relStat{in.rows * sel, cols}
	capDistinct(out)
	return out
}

// narrow returns the share of a column's values within bounds and its statistics there.
func narrow(s colStat, lo, hi float64) (float64, colStat) {
	lo, hi = math.Max(lo, s.lo), math.Min(hi, s.hi)
	if lo > hi {
		return 1e-6, s
	}
	f := (hi - lo) / (s.hi - s.lo)
	minimum := 1e-4
	if s.ndv > 0 {
		minimum = 1 / s.ndv
	}
	f = math.Min(1, math.Max(f, minimum))
	s.lo, s.hi = lo, hi
	s.ndv *= f
	if s.ndv > 0 {
		s.ndv = math.Max(1, s.ndv)
	}
	return f, s
}

// rangeOf returns the bounds that a range condition sets on a column.
func rangeOf(t expr.Expr) (id expr.ColID, lo, hi float64, ok bool) {
	op, l, r, ok := comparison(t)
	if !ok {
		return 0, 0, 0, false
	}
	c, isCol := stripCast(l).(*expr.Column)
	k, isConst := r.(*expr.Const)
	if !isCol || !isConst {
		return 0, 0, 0, false
	}
	v, ok := numberOf(k.Value)
	if !ok {
		return 0, 0, 0, false
	}
	switch op {
	case "<", "<=":
		return c.ID, math.Inf(-1), v, true
	case ">", ">=":
		return c.ID, v, math.Inf(1), true
	}
	return 0, 0, 0, false
}

func stripCast(e expr.Expr) expr.Expr {
	for {
		c, ok := e.(*expr.Cast)
		if !ok {
			return e
		}
		e = c.Arg
	}
}

func equalsConst(t expr.Expr) (expr.ColID, bool) {
	l, r, ok := equality(t)
	if !ok {
		return 0, false
	}
	c, isCol := l.(*expr.Column)
	return columnID(c), isCol && isConst(r)
}

func columnID(c *expr.Column) expr.ColID {
	if c == nil {
		return 0
	}
	return c.ID
}

// selectivity returns the share of rows for which t is expected to be true.
func selectivity(r *relStat, t expr.Expr) float64 {
	switch t := t.(type) {
	case *expr.Const:
		if isTrue(t) {
			return 1
		}
		return 0
	case *expr.And:
		s := 1.0
		for _, x := range t.Terms {
			s *= selectivity(r, x)
		}
		return s
	case *expr.Or:
		s := 1.0
		for _, x := range t.Terms {
			s *= 1 - selectivity(r, x)
		}
		return 1 - s
	case *expr.Not:
		return math.Max(1-selectivity(r, t.Arg), 0.01)
	case *expr.IsNull:
		f := 0.02
		if c, ok := t.Arg.(*expr.Column); ok && r.cols[c.ID].nulls > 0 {
			f = r.cols[c.ID].nulls
		}
		if t.Not {
			return 1 - f
		}
		return f
	case *expr.In:
		if c, ok := stripCast(t.Arg).(*expr.Column); ok {
			return math.Min(1, float64(len(t.List))/r.distinct(c.ID, unknownDistinct))
		}
		return math.Min(0.5, float64(len(t.List))*0.05)
	case *expr.Column:
		return 0.5
	case *expr.Call:
		return callSelectivity(r, t)
	}
	return selDefault
}

func callSelectivity(r *relStat, t *expr.Call) float64 {
	switch t.Fn.Name {
	case "=":
		return equalSelectivity(r, t.Args[0], t.Args[1])
	case "<>":
		return 1 - equalSelectivity(r, t.Args[0], t.Args[1])
	case "<", "<=", ">", ">=":
		if id, lo, hi, ok := rangeOf(t); ok && r.cols[id].ranged && r.cols[id].hi > r.cols[id].lo {
			f, _ := narrow(r.cols[id], lo, hi)
			return f
		}
		return selRange
	case "~~", "~~*":
		return likeSelectivity(t.Args[1])
	case "!~~", "!~~*":
		return 1 - likeSelectivity(t.Args[1])
	}
	return selDefault
}

func equalSelectivity(r *relStat, a, b expr.Expr) float64 {
	if isConst(a) {
		a, b = b, a
	}
	x, ok := stripCast(a).(*expr.Column)
	if !ok {
		return 0.05
	}
	if k, ok := b.(*expr.Const); ok {
		s := r.cols[x.ID]
		if v, ok := numberOf(k.Value); ok && s.ranged && (v < s.lo || v > s.hi) {
			return 1 / math.Max(r.rows, 1)
		}
		if s.ndv == 0 {
			return selEqual
		}
		return 1 / r.distinct(x.ID, unknownDistinct)
	}
	d := r.distinct(x.ID, unknownDistinct)
	if y, ok := stripCast(b).(*expr.Column); ok {
		d = math.Max(d, r.distinct(y.ID, unknownDistinct))
	}
	return 1 / d
}

// likeSelectivity depends on how much text the pattern fixes.
func likeSelectivity(pattern expr.Expr) float64 {
	k, ok := pattern.(*expr.Const)
	if !ok || k.Value.IsNull(0) {
		return selLike
	}
	text := string(k.Value.Bytes(0))
	fixed := len(strings.NewReplacer("%", "", "_", "").Replace(text))
	if !strings.ContainsAny(text, "%_") {
		return selEqual
	}
	return math.Max(0.01, math.Pow(0.75, float64(fixed)))
}
