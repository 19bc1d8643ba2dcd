package exec

import (
	"context"
	"slices"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// aggregateCall is one aggregate of a stream: it feeds the rows that pass FILTER and DISTINCT to the
// accumulator, in the order of ORDER BY if there is one.
type aggregateCall struct {
	agg        *expr.Aggregate
	env        *Env
	argTypes   []types.Type
	acc        fn.Accumulator
	states     int         // columns of a partial state
	firstState int         // where the input is states: the first of them there
	inputs     []evaluator // inputsOf(agg)
	filter     *expr.Program
	distinct   *distinctRows
	ordered    *orderedRows
}

// sortsInput reports whether rows must come to the accumulator in an order. The accumulators of ordered-set
// aggregates sort by themselves.
func sortsInput(a *expr.Aggregate) bool { return len(a.OrderBy) > 0 && !a.Fn.OrderedSet }

// orderOf returns by what the rows of such an aggregate are sorted. With DISTINCT that is by its other arguments, too,
// as in PostgreSQL, so that equal rows are neighbours.
func orderOf(a *expr.Aggregate) []expr.SortKey {
	keys := a.OrderBy[:len(a.OrderBy):len(a.OrderBy)]
	if !a.Distinct {
		return keys
	}
	for _, arg := range a.Args {
		isKey := func(k expr.SortKey) bool { return expr.Equal(k.Expr, arg) }
		if _, same := arg.(*expr.Const); !same && !slices.ContainsFunc(keys, isKey) {
			keys = append(keys, expr.SortKey{Expr: arg})
		}
	}
	return keys
}

// inputsOf returns what is evaluated for each row: the arguments, then the sort keys.
func inputsOf(a *expr.Aggregate) []expr.Expr {
	in := append([]expr.Expr(nil), a.Args...)
	if sortsInput(a) {
		for _, k := range orderOf(a) {
			in = append(in, k.Expr)
		}
	}
	return in
}

func newAggregateCall(a *expr.Aggregate, env *Env) *aggregateCall {
	c := &aggregateCall{agg: a, env: env}
	for _, x := range a.Args {
		c.argTypes = append(c.argTypes, x.Type())
	}
	c.states = len(a.Fn.State(c.argTypes))
	c.reset()
	return c
}

// newAccumulator returns an accumulator that sees when the query is cancelled.
func newAccumulator(env *Env, a *expr.Aggregate, args []types.Type) fn.Accumulator {
	acc := a.Fn.New(args, a.Typ)
	if c, ok := acc.(fn.Checking); ok && env.Fn != nil && env.Fn.Check != nil {
		c.CheckWith(env.Fn.Check)
	}
	return acc
}

// reset makes the accumulator empty.
func (c *aggregateCall) reset() {
	c.acc = newAccumulator(c.env, c.agg, c.argTypes)
	if c.agg.Fn.OrderedSet && len(c.agg.OrderBy) > 0 && c.agg.OrderBy[0].Desc {
		if d, ok := c.acc.(fn.Descending); ok {
			d.Descending()
		}
	}
	if c.distinct != nil {
		c.distinct.reset()
	}
	if c.ordered != nil {
		c.ordered.reset()
	}
}

func (c *aggregateCall) compileFilter(in Schema) error {
	var err error
	if c.filter, err = expr.Compile(c.agg.Filter, in.Index); err != nil {
		return err
	}
	c.inputs, err = newEvaluators(inputsOf(c.agg), in)
	return err
}

// prepare sets up DISTINCT and ORDER BY.
func (c *aggregateCall) prepare(p *HashAggregate, env *Env) error {
	distinct := c.agg.Distinct && len(c.agg.Args) > 0
	if !distinct && !sortsInput(c.agg) {
		return nil
	}
	if p.Mode != Single {
		return sqlstate.New(sqlstate.InternalError, "%s cannot be computed in parts", c.agg)
	}
	if distinct {
		c.distinct = newDistinctRows(c.argTypes, len(p.Keys) > 0)
		c.distinct.table.check = env.Fn.Check
	}
	if sortsInput(c.agg) {
		c.ordered = newOrderedRows(c.agg, c.argTypes)
	}
	return nil
}

// update adds the rows of b to groups, one for each row that counts.
func (c *aggregateCall) update(b *vec.Batch, groups []uint32) error {
	if c.filter != nil {
		sel, err := c.filter.Select(c.env.Fn, b)
		if err != nil {
			return err
		}
		if len(sel) == 0 {
			return nil
		}
		if len(sel) < b.Len() {
			groups = groupsOf(b, sel, groups)
			b = &vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: sel}
		}
	}
	in := make([]*vec.Vector, len(c.inputs))
	for i, e := range c.inputs {
		var err error
		if in[i], err = e.eval(c.env, b); err != nil {
			return err
		}
	}
	return c.take(in, groups)
}

// take adds rows of evaluated inputs to groups.
func (c *aggregateCall) take(in []*vec.Vector, groups []uint32) error {
	if c.distinct != nil {
		sel, err := c.distinct.first(in[:len(c.agg.Args)], groups)
		if err != nil {
			return err
		}
		if len(sel) == 0 {
			return nil
		}
		if len(sel) < len(groups) {
			some := make([]*vec.Vector, len(in))
			for i, v := range in {
				some[i] = vec.Gather(v, sel)
			}
			in, groups = some, pick(groups, sel)
		}
	}
	if c.ordered != nil {
		return c.ordered.add(in, groups)
	}
	return c.acc.Update(in, groups)
}

// groupsOf returns the groups of the rows sel of b, where groups has those of all rows that count.
func groupsOf(b *vec.Batch, sel, groups []uint32) []uint32 {
	if b.Sel == nil {
		return pick(groups, sel)
	}
	out := vec.Make[uint32](len(sel))
	at := 0
	for i, r := range sel {
		for b.Sel[at] != r {
			at++
		}
		out[i] = groups[at]
	}
	return out
}

func pick(s, sel []uint32) []uint32 {
	out := vec.Make[uint32](len(sel))
	for i, r := range sel {
		out[i] = s[r]
	}
	return out
}

// output returns the columns of groups from..to-1.
func (c *aggregateCall) output(mode AggregateMode, from, to int) ([]*vec.Vector, error) {
	if mode.partial() {
		return c.acc.State(from, to)
	}
	v, err := c.acc.Result(from, to)
	return []*vec.Vector{v}, err
}

func (c *aggregateCall) bytes() int64 {
	n := c.acc.Bytes()
	if c.distinct != nil {
		n += c.distinct.table.bytes()
	}
	if c.ordered != nil {
		n += c.ordered.bytes()
		if _, ok := c.acc.(fn.Log); ok {
			n += c.ordered.rows.res.Bytes() // replaying makes a copy
		}
	}
	return n
}

// distinctRows finds the first row of each set of arguments in each group.
type distinctRows struct {
	table  *groupTable // of the group, unless there is but one, and the arguments
	types  []types.Type
	groups bool
	ids    []uint32
}

func newDistinctRows(args []types.Type, groups bool) *distinctRows {
	ts := args
	if groups {
		ts = append([]types.Type{types.Of(types.Int64)}, args...)
	}
	return &distinctRows{table: newGroupTable(ts), types: ts, groups: groups}
}

// reset forgets all rows.
func (d *distinctRows) reset() {
	if d.table.groups > 0 {
		check := d.table.check
		d.table = newGroupTable(d.types)
		d.table.check = check
		d.table.codes.off = true // its tables may be large, and memory is short
	}
}

// first returns the rows whose arguments their group has not had.
func (d *distinctRows) first(args []*vec.Vector, groups []uint32) ([]uint32, error) {
	cols := args
	if d.groups {
		cols = append([]*vec.Vector{groupColumn(groups)}, args...)
	}
	next := uint32(d.table.groups)
	d.ids = resize(d.ids, len(groups))
	if err := d.table.find(cols, len(groups), d.ids); err != nil {
		return nil, err
	}
	// New numbers are given in the order of rows.
	var sel []uint32
	for i, id := range d.ids {
		if id == next {
			sel = append(sel, uint32(i))
			next++
		}
	}
	return sel, nil
}

// groupColumn returns the groups of rows as a column of them.
func groupColumn(groups []uint32) *vec.Vector {
	g := vec.Make[int64](len(groups))
	for i, x := range groups {
		g[i] = int64(x)
	}
	t := types.Of(types.Int64)
	return vec.New(t, t.Kind(), g, nil)
}

// orderedRows keeps the rows of an aggregate with ORDER BY until all are there.
type orderedRows struct {
	rows   *collector   // arguments, sort keys, group; its memory is counted by itself, for the stream to reserve
	types  []types.Type // of those
	args   int
	orders []keyOrder
}

func newOrderedRows(a *expr.Aggregate, args []types.Type) *orderedRows {
	ts, keys := append([]types.Type(nil), args...), orderOf(a)
	for _, k := range keys {
		ts = append(ts, k.Expr.Type())
	}
	ts = append(ts, types.Of(types.Int64))
	o := &orderedRows{types: ts, args: len(args), orders: keyOrders(keys)}
	o.reset()
	return o
}

// reset forgets all rows.
func (o *orderedRows) reset() {
	if o.rows == nil || o.rows.rows > 0 {
		o.rows = newCollector(mem.NewPool(0).Reserve(""), len(o.types))
	}
}

// bytes returns the memory that the rows hold and what sorting them will take.
func (o *orderedRows) bytes() int64 {
	return 2*o.rows.res.Bytes() + int64(o.rows.rows)*(40+8*int64(len(o.orders)))
}

func (o *orderedRows) add(in []*vec.Vector, groups []uint32) error {
	return o.rows.add(append(in[:len(in):len(in)], groupColumn(groups)), len(groups))
}

// replay gives the rows to the accumulator, group by group, each in its order.
func (o *orderedRows) replay(ctx context.Context, acc fn.Accumulator, batch int) error {
	n := o.rows.rows
	cols, err := o.rows.columns(ctx, o.types)
	if err != nil || n == 0 {
		return err
	}
	group := cols[len(cols)-1]
	s := newRowSorter(ctx, n)
	s.addKey(group, keyOrder{})
	for i, k := range o.orders {
		s.addKey(cols[o.args+i], k)
	}
	perm, err := s.sort()
	if err != nil {
		return err
	}
	ids := vec.Values[int64](vec.Flatten(group))
	args := make([]*vec.Vector, o.args)
	for from := 0; from < n; from += batch {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		sel := perm[from:min(from+batch, n)]
		groups := make([]uint32, len(sel))
		for i, r := range sel {
			groups[i] = uint32(ids[r])
		}
		for i := range args {
			args[i] = vec.Gather(cols[i], sel)
		}
		if err := acc.Update(args, groups); err != nil {
			return err
		}
	}
	o.rows = newCollector(o.rows.res, len(o.types))
	o.rows.res.Release()
	return nil
}
