package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// The hypothetical-set aggregates tell where a row of direct arguments would stand among the rows of a group. All of
// them are made of counts of rows that come before it, so that they need no memory for rows and work in parallel.

// hypotheticalCall is such a call with its parts bound.
type hypotheticalCall struct {
	owner *block // the query that it belongs to
	call  *aggregateCall
	keys  []value // the aggregated arguments
	row   []value // the hypothetical row
}

func isHypothetical(name string) bool {
	switch name {
	case "rank", "dense_rank", "percent_rank", "cume_dist":
		return true
	}
	return false
}

// hypothetical binds name(row) WITHIN GROUP (ORDER BY keys).
func (b *binder) hypothetical(blk *block, c *aggregateCall) (value, error) {
	n := len(c.orderBy)
	h := &hypotheticalCall{call: c, keys: c.args[:n:n], row: c.args[n:]}
	if err := h.match(b); err != nil {
		return value{}, err
	}
	if err := h.place(b, blk); err != nil {
		return value{}, err
	}
	before, err := h.before(b, false)
	if err != nil {
		return value{}, err
	}
	switch c.name {
	case "rank":
		return h.plusOne(b, &expr.Aggregate{Filter: before})
	case "dense_rank":
		return h.plusOne(b, &expr.Aggregate{Fn: fn.CountDistinctRows, Args: exprsOf(h.keys), Distinct: true, Filter: before})
	case "percent_rank":
		return h.percentRank(b, before)
	}
	return h.cumeDist(b)
}

// match brings each key and its direct argument to a common type.
func (h *hypotheticalCall) match(b *binder) error {
	if len(h.keys) != len(h.row) {
		ts := append(typesOf(h.row), typesOf(h.keys)...)
		err := functionError(notFound, h.call.name, ts, h.call.pos)
		if e, ok := err.(*sqlstate.Error); ok && len(h.row) > 0 {
			e.WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
				h.call.name, len(h.row), len(h.keys))
		}
		return err
	}
	for i := range h.keys {
		pair := []value{h.keys[i], h.row[i]}
		if _, err := b.unifyValues(pair, "WITHIN GROUP"); err != nil {
			return err
		}
		for k, v := range pair {
			v, err := b.settled(v)
			if err != nil {
				return err
			}
			pair[k] = v
		}
		h.keys[i], h.row[i] = pair[0], pair[1]
		if err := orderable(h.keys[i]); err != nil {
			return err
		}
	}
	return nil
}

// place finds the query that the aggregate belongs to, and leaves the direct arguments with it, which sees to it that
// they are of its groups. It rejects what the counts would evaluate more than once.
func (h *hypotheticalCall) place(b *binder, blk *block) error {
	if err := evaluatedOnce(append(append([]value(nil), h.keys...), h.row...)...); err != nil {
		return err
	}
	row := exprsOf(h.row)
	h.owner = b.level(blk, &expr.Aggregate{Fn: fn.CountDistinctRows, Args: append(exprsOf(h.keys), row...), Filter: h.call.filter})
	h.owner.directs = append(h.owner.directs, row...)
	return nil
}

// before is true for the rows that come before the hypothetical one, or with equal also where all keys are the same,
// and pass the call's FILTER.
func (h *hypotheticalCall) before(b *binder, equal bool) (expr.Expr, error) {
	var out expr.Expr
	for i := len(h.keys) - 1; i >= 0; i-- {
		less, err := h.lessAt(b, i)
		if err != nil {
			return nil, err
		}
		if out == nil && !equal {
			out = less
			continue
		}
		same, err := b.distinct(h.keys[i], h.row[i], true, h.call.pos)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = expr.NewOr(less, same.e)
		} else {
			out = expr.NewOr(less, expr.NewAnd(same.e, out))
		}
	}
	if h.call.filter != nil {
		out = expr.NewAnd(h.call.filter, out)
	}
	return out, nil
}

// lessAt is true where a row's i-th key alone brings it before the hypothetical row.
func (h *hypotheticalCall) lessAt(b *binder, i int) (expr.Expr, error) {
	key, k, x := h.call.orderBy[i], h.keys[i], h.row[i]
	op := "<"
	if key.Desc {
		op = ">"
	}
	less, err := b.operator(op, k, x, h.call.pos)
	if err != nil {
		return nil, err
	}
	null := func(v value, not bool) expr.Expr { return &expr.IsNull{Arg: v.e, Not: not} }
	if key.NullsFirst {
		return expr.NewOr(expr.NewAnd(null(k, false), null(x, true)), less.e), nil
	}
	return expr.NewOr(expr.NewAnd(null(k, true), null(x, false)), less.e), nil
}

// count places count(*), or a as it is, and returns its column.
func (h *hypotheticalCall) count(b *binder, a *expr.Aggregate) (value, error) {
	if a.Fn == nil {
		a.Fn = countStar()
	}
	a.Typ = types.Of(types.Int64)
	return b.placeIn(h.owner, a, h.call.pos)
}

func countStar() *fn.Aggregate {
	for _, f := range fn.Aggregates("count") {
		if len(f.Args) == 0 {
			return f
		}
	}
	panic("sql: count(*) is missing")
}

// plusOne is 1 + a.
func (h *hypotheticalCall) plusOne(b *binder, a *expr.Aggregate) (value, error) {
	n, err := h.count(b, a)
	if err != nil {
		return n, err
	}
	return b.operator("+", n, value{e: int64Const(1), pos: h.call.pos}, h.call.pos)
}

// percentRank is the share of the rows that come before, 0 where there are no rows.
func (h *hypotheticalCall) percentRank(b *binder, before expr.Expr) (value, error) {
	n, err := h.count(b, &expr.Aggregate{Filter: before})
	if err != nil {
		return n, err
	}
	all, err := h.count(b, &expr.Aggregate{Filter: h.call.filter})
	if err != nil {
		return n, err
	}
	some, err := b.nullIf(all, value{e: int64Const(0), pos: h.call.pos}, h.call.pos)
	if err != nil {
		return n, err
	}
	share, err := b.ratio(n, some, h.call.pos)
	if err != nil {
		return n, err
	}
	none, err := b.cast(value{e: int64Const(0), pos: h.call.pos}, types.Of(types.Float64), h.call.pos)
	if err != nil {
		return n, err
	}
	return b.coalesce([]value{share, none}, h.call.pos)
}

// cumeDist is the share of the rows that do not come behind, with the hypothetical one among all.
func (h *hypotheticalCall) cumeDist(b *binder) (value, error) {
	before, err := h.before(b, true)
	if err != nil {
		return value{}, err
	}
	n, err := h.plusOne(b, &expr.Aggregate{Filter: before})
	if err != nil {
		return n, err
	}
	all, err := h.plusOne(b, &expr.Aggregate{Filter: h.call.filter})
	if err != nil {
		return n, err
	}
	return b.ratio(n, all, h.call.pos)
}

// ratio is n / d as double precision.
func (b *binder) ratio(n, d value, pos int) (value, error) {
	f := types.Of(types.Float64)
	n, err := b.cast(n, f, pos)
	if err != nil {
		return n, err
	}
	if d, err = b.cast(d, f, pos); err != nil {
		return d, err
	}
	return b.operator("/", n, d, pos)
}

// hypotheticalRows checks the direct arguments of hypothetical-set aggregates, which left only counts behind.
func (g *grouping) hypotheticalRows() {
	if g.err != nil {
		return
	}
	for _, direct := range g.blk.directs {
		g.rewrite(direct)
	}
	g.directError()
}
