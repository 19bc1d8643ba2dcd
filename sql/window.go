package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// windowDef is a window with its parts bound: what stands in OVER (...) or in the WINDOW clause.
type windowDef struct {
	name      string // in the WINDOW clause
	partition []expr.Expr
	order     []expr.SortKey
	frame     expr.Frame
	hasFrame  bool
}

var defaultFrame = expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}

// window returns the definition with a name from the WINDOW clause.
func (s *block) window(name string, pos int) (*windowDef, error) {
	for _, d := range s.defs {
		if d.name == name {
			return d, nil
		}
	}
	return nil, sqlstate.New(sqlstate.UndefinedObject, "window \"%s\" does not exist", name).At(pos)
}

// refine merges a definition with the window that it names as its base.
func (d *windowDef) refine(base *windowDef, pos int) error {
	bad := func(format string) error {
		return sqlstate.New(sqlstate.WindowingError, format, base.name).At(pos)
	}
	switch {
	case len(d.partition) > 0:
		return bad("cannot override PARTITION BY clause of window \"%s\"")
	case len(d.order) > 0 && len(base.order) > 0:
		return bad("cannot override ORDER BY clause of window \"%s\"")
	case base.hasFrame && (len(d.order) > 0 || d.hasFrame):
		return bad("cannot copy window \"%s\" because it has a frame clause")
	case base.hasFrame:
		return sqlstate.New(sqlstate.WindowingError, "cannot copy window \"%s\" because it has a frame clause", base.name).
			WithHint("Omit the parentheses in this OVER clause.").At(pos)
	}
	d.partition = base.partition
	if len(d.order) == 0 {
		d.order = base.order
	}
	return nil
}

// checkFrame rejects frames whose ends make no sense.
func checkFrame(f expr.Frame, orders int, pos int) error {
	bad := func(msg string) error { return sqlstate.New(sqlstate.WindowingError, "%s", msg).At(pos) }
	start, end := f.Start.Kind, f.End.Kind
	switch {
	case start == expr.UnboundedFollowing:
		return bad("frame start cannot be UNBOUNDED FOLLOWING")
	case end == expr.UnboundedPreceding:
		return bad("frame end cannot be UNBOUNDED PRECEDING")
	case start == expr.CurrentRow && end == expr.Preceding:
		return bad("frame starting from current row cannot have preceding rows")
	case start == expr.Following && (end == expr.Preceding || end == expr.CurrentRow):
		return bad("frame starting from following row cannot have preceding rows")
	case f.Mode == expr.Groups && orders == 0:
		return bad("GROUPS mode requires an ORDER BY clause")
	case f.Mode == expr.Range && orders != 1 && (f.Start.Offset != nil || f.End.Offset != nil):
		return bad("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	return nil
}

// frameOffset coerces the offset of a frame bound to the type its mode asks for.
func (b *binder) frameOffset(blk *block, f expr.Frame, order []expr.SortKey, v value) (expr.Expr, error) {
	t := types.Of(types.Int64)
	name := "ROWS"
	switch f.Mode {
	case expr.Groups:
		name = "GROUPS"
	case expr.Range:
		name = "RANGE"
		if len(order) != 1 {
			return v.e, nil // an error that checkFrame knows
		}
		var err error
		if t, err = rangeOffsetType(order[0].Expr.Type(), v); err != nil {
			return nil, err
		}
	}
	if err := b.noVariables(blk, v, name); err != nil {
		return nil, err
	}
	if from := v.typ(); !canCoerce(from, t, fn.Assignment) {
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "argument of %s must be type %s, not type %s", name, t.Base(), from.Base()).At(v.pos)
	}
	if t.ID == types.Numeric && v.typ().ID == types.Numeric {
		return v.e, nil
	}
	out, err := b.coerce(v, t, fn.Assignment)
	return out.e, err
}

// rangeOffsetType returns the type of a RANGE offset for an ORDER BY column of type t.
func rangeOffsetType(t types.Type, v value) (types.Type, error) {
	switch {
	case t.ID == types.Numeric:
		return types.Of(types.Numeric), nil
	case t.IsNumber():
		if v.typ().ID == types.Unknown || canCoerce(v.typ(), t, fn.Implicit) || t.IsInteger() && v.typ().IsInteger() {
			return t, nil
		}
	case t.ID == types.Date, t.ID == types.Time, t.ID == types.TimeTZ, t.ID == types.Timestamp, t.ID == types.TimestampTZ, t.ID == types.Interval:
		if v.typ().ID == types.Unknown || v.typ().ID == types.Interval {
			return types.Of(types.Interval), nil
		}
	default:
		return t, sqlstate.New(sqlstate.FeatureNotSupported,
			"RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", t.Base()).At(v.pos)
	}
	return t, sqlstate.New(sqlstate.FeatureNotSupported,
		"RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", t.Base(), v.typ().Base()).
		WithHint("Cast the offset value to an appropriate type.").At(v.pos)
}

// noVariables rejects columns of the query in the argument of a clause that is evaluated once.
func (b *binder) noVariables(blk *block, v value, name string) error {
	var err error
	b.eachColumn(v.e, func(c *expr.Column) {
		if err == nil && b.owner(c.ID) == blk {
			err = sqlstate.New(sqlstate.InvalidColumnReference, "argument of %s must not contain variables", name).At(b.at[c])
		}
	})
	return err
}

// resolveWindow finds what a call with OVER means: a window function or an aggregate.
func (b *binder) resolveWindow(c *aggregateCall) (*expr.Window, error) {
	if fs := fn.Windows(c.name); len(fs) > 0 {
		ts := typesOf(c.args)
		m, out := resolve(windowSignatures(fs), ts)
		if out != found {
			return nil, functionError(out, c.name, ts, c.pos)
		}
		if c.filter != nil {
			return nil, unsupported(c.pos, "", "FILTER is not implemented for non-aggregate window functions")
		}
		f := fs[m.index]
		if len(ts) < 3 { // lag and lead with a default take values of unknown type as texts
			if err := polymorphic(m.declared, ts, c.pos); err != nil {
				return nil, err
			}
		}
		es, ats, err := b.arguments(m, c.args)
		if err != nil {
			return nil, err
		}
		return &expr.Window{Fn: f, Args: es, Typ: unstated(f.ReturnType(ats))}, nil
	}
	if len(fn.Aggregates(c.name)) == 0 {
		if len(fn.Scalars(c.name)) == 0 {
			return nil, functionError(notFound, c.name, typesOf(c.args), c.pos)
		}
		return nil, sqlstate.New(sqlstate.WrongObjectType,
			"OVER specified, but %s is not a window function nor an aggregate function", c.name).At(c.pos)
	}
	switch {
	case c.within:
		return nil, unsupported(c.pos, "", "OVER is not supported for ordered-set aggregate %s", c.name)
	case len(c.orderBy) > 0:
		return nil, unsupported(c.pos, "", "aggregate ORDER BY is not implemented for window functions")
	}
	a, err := b.resolveAggregate(c)
	if err != nil {
		return nil, err
	}
	a.OrderBy = nil // that of DISTINCT: windows have an order of their own
	return &expr.Window{Agg: a, Typ: a.Typ}, nil
}

// placeWindow adds a window function to the block and returns the column that holds its result.
func (b *binder) placeWindow(blk *block, w *expr.Window, d *windowDef, pos int) (value, error) {
	if err := blk.clause.allowWindow(pos); err != nil {
		return value{}, err
	}
	if usesVariables(w) {
		return value{}, unsupported(pos, "", "a window function of a lambda's variables is not supported")
	}
	for _, e := range expr.Children(w) {
		if err := b.noWindow(blk, e); err != nil {
			return value{}, err
		}
	}
	w.PartitionBy, w.OrderBy, w.Frame = d.partition, d.order, d.frame
	name := ""
	if w.Fn != nil {
		name = w.Fn.Name
	} else {
		name = w.Agg.Fn.Name
	}
	for _, it := range blk.windows {
		if expr.Equal(it.Expr, w) && !expr.IsVolatile(w) {
			return value{e: it.Column(), pos: pos}, nil
		}
	}
	id := b.newID(blk, windowColumn, "", name)
	b.info[id].pos = pos
	it := planner.Item{ID: id, Name: name, Expr: w}
	blk.windows = append(blk.windows, it)
	return value{e: it.Column(), pos: pos}, nil
}

// noWindow rejects a window function inside the arguments of another.
func (b *binder) noWindow(blk *block, e expr.Expr) error {
	var err error
	b.eachColumn(e, func(c *expr.Column) {
		if info := b.info[c.ID]; err == nil && info.owner == blk && info.kind == windowColumn {
			err = sqlstate.New(sqlstate.WindowingError, "window function calls cannot be nested").At(info.pos)
		}
	})
	return err
}

// windowNodes stacks Window nodes over n, one for each different PARTITION BY and ORDER BY.
func windowNodes(n planner.Node, items []planner.Item) planner.Node {
	done := make([]bool, len(items))
	for i, it := range items {
		if done[i] {
			continue
		}
		w := it.Expr.(*expr.Window)
		group := []planner.Item{it}
		for j := i + 1; j < len(items); j++ {
			x := items[j].Expr.(*expr.Window)
			if !done[j] && sameWindow(w, x) {
				group, done[j] = append(group, items[j]), true
			}
		}
		n = &planner.Window{Input: n, Items: group}
	}
	return n
}

// sameWindow reports whether two window functions see the rows in the same partitions and order.
func sameWindow(a, b *expr.Window) bool {
	if len(a.PartitionBy) != len(b.PartitionBy) || len(a.OrderBy) != len(b.OrderBy) {
		return false
	}
	for i := range a.PartitionBy {
		if !expr.Equal(a.PartitionBy[i], b.PartitionBy[i]) {
			return false
		}
	}
	for i, k := range a.OrderBy {
		o := b.OrderBy[i]
		if k.Desc != o.Desc || k.NullsFirst != o.NullsFirst || !expr.Equal(k.Expr, o.Expr) {
			return false
		}
	}
	return true
}

// treatNulls settles IGNORE NULLS and RESPECT NULLS.
func treatNulls(w *expr.Window, e *syntax.Call) error {
	if e.Nulls == syntax.NullsUnsaid {
		return nil
	}
	if w.Fn != nil {
		switch w.Fn.Name {
		case "lag", "lead", "first_value", "last_value", "nth_value":
			w.IgnoreNulls = e.Nulls == syntax.IgnoreNulls
			return nil
		}
	}
	return unsupported(e.Pos, "", "function %s does not allow RESPECT/IGNORE NULLS", e.Name)
}
