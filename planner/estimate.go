package planner

import (
	"math"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// colStat is what is expected of a column. ndv 0 means that the number of distinct values is unknown.
type colStat struct {
	ndv    float64
	lo, hi float64
	ranged bool // lo and hi are set
	nulls  float64
}

// relStat is what is expected of a node's output.
type relStat struct {
	rows float64
	cols map[expr.ColID]colStat
}

// unknownDistinct is the guess for filters and groups when nothing is known of a column.
const unknownDistinct = 200

// distinct returns the expected number of values of a column, at least 1.
func (r *relStat) distinct(id expr.ColID, unknown float64) float64 {
	d := r.cols[id].ndv
	if d == 0 {
		d = unknown
	}
	return math.Max(1, math.Min(d, r.rows))
}

// estimator predicts the sizes of results from the statistics of tables. It remembers nodes by pointer.
type estimator struct {
	memo map[Node]*relStat
	ctes map[int]Node
}

// newEstimator returns an estimator for the nodes of one plan and for nodes made from them.
func newEstimator(root Node) *estimator {
	e := &estimator{map[Node]*relStat{}, map[int]Node{}}
	walkNodes(root, func(n Node) {
		if w, ok := n.(*With); ok {
			e.ctes[w.CTE] = w.Query
		}
	})
	return e
}

func (e *estimator) rows(n Node) float64 { return e.of(n).rows }

func (e *estimator) of(n Node) *relStat {
	if r, ok := e.memo[n]; ok {
		return r
	}
	r := e.compute(n)
	r.rows = math.Max(r.rows, 0)
	e.memo[n] = r
	return r
}

func (e *estimator) compute(n Node) *relStat {
	switch n := n.(type) {
	case *Scan:
		return scanStat(n)
	case *Values:
		return &relStat{rows: float64(len(n.Rows))}
	case *CTERef:
		return e.cteStat(n)
	case *Filter:
		return filterStat(e.of(n.Input), expr.Conjuncts(n.Cond))
	case *Project:
		return projectStat(e.of(n.Input), n.Items)
	case *Aggregate:
		return e.aggregateStat(n)
	case *Window, *Sort, *DistinctOn:
		return e.of(n.Inputs()[0])
	case *Expand:
		in := projectStat(e.of(n.Input), append(passFields(Fields(n.Input)), n.Keys...))
		return &relStat{in.rows * float64(len(n.Sets)), in.cols}
	case *ProjectSet:
		in := e.of(n.Input)
		return &relStat{in.rows * arrayElements, in.cols}
	case *Recursion:
		in := e.of(n.Input)
		return &relStat{in.rows * unknownDistinct, in.cols}
	case *Join:
		return joinStat(n.Kind, e.of(n.Left), e.of(n.Right), outputSet(n.Left), expr.Conjuncts(n.On))
	case *Sample:
		return sampleStat(n, e.of(n.Input))
	case *AsofJoin:
		return asofStat(n, e.of(n.Left), e.of(n.Right))
	case *Limit:
		in := e.of(n.Input)
		rows := in.rows
		if c, ok := n.Count.(*expr.Const); ok && !c.Value.IsNull(0) {
			if f, ok := numberOf(c.Value); ok {
				rows = math.Min(rows, f)
			}
		}
		return &relStat{rows, in.cols}
	case *TopN:
		in := e.of(n.Input)
		return &relStat{math.Min(in.rows, float64(n.Count)), in.cols}
	case *SetOp:
		return e.setStat(n)
	case *OneRow:
		return &relStat{1, e.of(n.Input).cols}
	case *With:
		return e.of(n.Body)
	}
	panic(unknownNode(n))
}

// arrayElements is how many elements an array is taken to have.
const arrayElements = 4

func scanStat(n *Scan) *relStat {
	s := n.Table.Stats()
	rows := s.Rows
	switch {
	case rows > 0:
	case s.Bytes > 0:
		rows = math.Max(1, float64(s.Bytes)/100)
	default:
		rows = 1000
	}
	r := &relStat{rows, map[expr.ColID]colStat{}}
	for _, c := range n.Cols {
		if c.Ordinal < len(s.Columns) {
			r.cols[c.ID] = columnStat(s.Columns[c.Ordinal], c.Type, rows)
		}
	}
	return r
}

func columnStat(c exec.ColumnStats, t types.Type, rows float64) colStat {
	s := colStat{ndv: c.Distinct, nulls: c.NullFrac}
	if c.Min != nil && c.Max != nil && c.Min.Len > 0 && c.Max.Len > 0 && !c.Min.IsNull(0) && !c.Max.IsNull(0) {
		lo, ok1 := numberOf(c.Min)
		hi, ok2 := numberOf(c.Max)
		if ok1 && ok2 && lo <= hi {
			s.lo, s.hi, s.ranged = lo, hi, true
		}
	}
	if s.ndv == 0 && s.ranged && (t.IsInteger() || t.ID == types.Date || t.ID == types.Bool) {
		// Integers that are dense enough to be keys or codes have at most so many values.
		s.ndv = math.Min(rows, s.hi-s.lo+1)
	}
	if s.ndv > 0 {
		s.ndv = math.Min(s.ndv, math.Max(rows, 1))
	}
	return s
}

// numberOf maps a constant to a number in the order of its type, for interpolation.
func numberOf(v *vec.Vector) (float64, bool) {
	if v == nil || v.Len == 0 || v.IsNull(0) {
		return 0, false
	}
	scale := 1.0
	if v.Type.ID == types.Numeric && v.Type.Scale > 0 {
		scale = math.Pow10(int(v.Type.Scale))
	}
	switch v.Kind {
	case types.KBool:
		return float64(vec.At[uint8](v, 0)), true
	case types.KInt16:
		return float64(vec.At[int16](v, 0)), true
	case types.KInt32:
		n := float64(vec.At[int32](v, 0))
		if v.Type.ID == types.Date {
			n *= 86400e6 // as timestamps, with which dates are compared
		}
		return n, true
	case types.KInt64:
		return float64(vec.At[int64](v, 0)) / scale, true
	case types.KFloat32:
		return finite(float64(vec.At[float32](v, 0)))
	case types.KFloat64:
		return finite(vec.At[float64](v, 0))
	case types.KInt128:
		x := vec.At[vec.Int128](v, 0)
		return (float64(x.Hi)*(1<<64) + float64(x.Lo)) / scale, true
	case types.KNum:
		x := vec.At[vec.Num](v, 0)
		if x.Special != vec.NumFinite {
			return 0, false
		}
		return (float64(x.Coef.Hi)*(1<<64) + float64(x.Coef.Lo)) / math.Pow10(int(x.Scale)), true
	case types.KView:
		n, base := 0.0, 1.0
		b := v.Bytes(0)
		for i := 0; i < 8; i++ {
			base /= 256
			if i < len(b) {
				n += float64(b[i]) * base
			}
		}
		return n, true
	}
	return 0, false
}

func finite(f float64) (float64, bool) { return f, !math.IsNaN(f) && !math.IsInf(f, 0) }

func (e *estimator) cteStat(n *CTERef) *relStat {
	q, ok := e.ctes[n.CTE]
	if !ok {
		return &relStat{rows: 1000}
	}
	in := e.of(q)
	r := &relStat{in.rows, map[expr.ColID]colStat{}}
	for i, c := range n.Cols {
		r.cols[c.ID] = in.cols[n.From[i]]
	}
	return r
}

func projectStat(in *relStat, items []Item) *relStat {
	r := &relStat{in.rows, map[expr.ColID]colStat{}}
	for _, it := range items {
		r.cols[it.ID] = exprStat(in, it.Expr)
	}
	return r
}

// exprStat guesses the statistics of an expression from those of its columns.
func exprStat(in *relStat, e expr.Expr) colStat {
	switch x := e.(type) {
	case *expr.Column:
		return in.cols[x.ID]
	case *expr.Const:
		return colStat{ndv: 1}
	case *expr.Cast:
		return exprStat(in, x.Arg)
	case *expr.Call:
		if x.Fn.Name == "extract" || x.Fn.Name == "date_part" {
			return colStat{ndv: 12}
		}
	case *expr.Case:
		return colStat{ndv: float64(len(x.Whens) + 1)}
	}
	ndv, n := 1.0, 0
	for _, id := range exprCols(e).List() {
		d := in.cols[id].ndv
		if d == 0 {
			return colStat{}
		}
		ndv *= d
		n++
	}
	if n == 0 {
		return colStat{ndv: 1}
	}
	return colStat{ndv: math.Min(ndv, math.Max(in.rows, 1))}
}

func (e *estimator) aggregateStat(n *Aggregate) *relStat {
	in := e.of(n.Input)
	r := &relStat{1, map[expr.ColID]colStat{}}
	for _, g := range n.Groups {
		s := exprStat(in, g.Expr)
		d := s.ndv
		if d == 0 {
			d = unknownDistinct
		}
		r.rows *= d
		r.cols[g.ID] = s
	}
	if len(n.Groups) > 0 {
		r.rows = math.Min(r.rows, in.rows)
		for id, s := range r.cols {
			s.ndv = math.Min(s.ndv, r.rows)
			r.cols[id] = s
		}
	}
	for _, a := range n.Aggs {
		r.cols[a.ID] = colStat{}
	}
	return r
}

func (e *estimator) setStat(n *SetOp) *relStat {
	l, r := e.of(n.Left), e.of(n.Right)
	rows := l.rows
	switch {
	case n.Kind == Union:
		rows += r.rows
	case n.Kind == Intersect:
		rows = math.Min(l.rows, r.rows)
	}
	out := &relStat{rows, map[expr.ColID]colStat{}}
	lo := n.Left.Outputs()
	for i, c := range n.Cols {
		s := l.cols[lo[i]]
		s.ranged = false
		out.cols[c.ID] = s
	}
	return out
}

// joinStat estimates a join whose left side has the columns left.
func joinStat(kind JoinKind, l, r *relStat, left ColSet, on []expr.Expr) *relStat {
	cols := map[expr.ColID]colStat{}
	for id, s := range l.cols {
		cols[id] = s
	}
	both := &relStat{l.rows * r.rows, cols}
	for id, s := range r.cols {
		cols[id] = s
	}
	keys, rest := splitKeys(on, left)
	sel := keySelectivity(l, r, keys)
	other := 1.0
	for _, t := range rest {
		other *= selectivity(both, t)
	}
	inner := l.rows * r.rows * sel * other
	out := &relStat{cols: cols}
	switch kind {
	case InnerJoin:
		out.rows = inner
	case LeftJoin, SingleJoin:
		out.rows = math.Max(inner, l.rows)
		if kind == SingleJoin {
			out.rows = l.rows
		}
	case RightJoin:
		out.rows = math.Max(inner, r.rows)
	case FullJoin:
		out.rows = math.Max(inner, math.Max(l.rows, r.rows))
	case MarkJoin:
		out.rows = l.rows
	case SemiJoin, AntiJoin:
		f := matchFraction(l, r, keys) * math.Sqrt(other)
		if kind == AntiJoin {
			f = math.Max(1-f, 0.05)
		}
		out.rows = l.rows * f
		out.cols = l.cols
	}
	capDistinct(out)
	return out
}

// capDistinct limits the numbers of distinct values to the number of rows.
func capDistinct(r *relStat) {
	rows := math.Max(r.rows, 1)
	for id, s := range r.cols {
		if s.ndv > rows {
			c := make(map[expr.ColID]colStat, len(r.cols))
			for id, s := range r.cols {
				s.ndv = math.Min(s.ndv, rows)
				c[id] = s
			}
			_ = id
			r.cols = c
			return
		}
	}
}

// joinKey is an equality between the sides of a join.
type joinKey struct {
	left, right expr.Expr
	nullEqual   bool
	term        expr.Expr // the equality as written
}

// splitKeys takes the equalities between the two sides of a join out of its terms.
func splitKeys(on []expr.Expr, left ColSet) (keys []joinKey, rest []expr.Expr) {
	for _, t := range on {
		l, r, ok := equality(t)
		nullEqual := false
		if !ok {
			l, r, ok = nullSafeEquality(t)
			nullEqual = ok
		}
		if !ok || volatile(t) {
			rest = append(rest, t)
			continue
		}
		lc, rc := exprCols(l), exprCols(r)
		switch {
		case lc.Empty() || rc.Empty():
			rest = append(rest, t)
		case lc.In(left) && !rc.Intersects(left):
			keys = append(keys, joinKey{l, r, nullEqual, t})
		case rc.In(left) && !lc.Intersects(left):
			keys = append(keys, joinKey{r, l, nullEqual, t})
		default:
			rest = append(rest, t)
		}
	}
	return keys, rest
}

// keySelectivity returns the share of pairs of rows that agree in the keys: that of the side with more
// values. Values of several keys are taken to occur together as the smaller side has them.
func keySelectivity(l, r *relStat, keys []joinKey) float64 {
	if len(keys) == 0 {
		return 1
	}
	dl, dr := 1.0, 1.0
	for _, k := range keys {
		dl *= keyDistinct(l, k.left)
		dr *= keyDistinct(r, k.right)
	}
	cl, cr := math.Min(dl, math.Max(l.rows, 1)), math.Min(dr, math.Max(r.rows, 1))
	d := math.Max(cl, cr)
	if len(keys) > 1 {
		switch {
		case dl > cl && dr > cr:
			d = math.Min(cl, cr)
		case dl > cl:
			d = cl
		case dr > cr:
			d = cr
		}
	}
	return 1 / math.Max(d, 1)
}

func keyDistinct(r *relStat, e expr.Expr) float64 {
	if d := exprStat(r, e).ndv; d > 0 {
		return math.Max(1, d)
	}
	return math.Max(1, r.rows)
}

// matchFraction returns the share of left rows with a match.
func matchFraction(l, r *relStat, keys []joinKey) float64 {
	if len(keys) == 0 {
		return 0.5
	}
	f := 1.0
	for _, k := range keys {
		d := exprStat(l, k.left).ndv
		if d == 0 {
			f = math.Min(f, 0.5)
			continue
		}
		f = math.Min(f, keyDistinct(r, k.right)/math.Max(d, 1))
	}
	return math.Min(f, math.Min(1, r.rows))
}
