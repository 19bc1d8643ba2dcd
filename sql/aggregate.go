package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
)

// aggregateCall is a call of an aggregate function with its parts bound over the FROM columns.
type aggregateCall struct {
	name     string
	args     []value // of an ordered-set aggregate: the aggregated ones, then the direct ones
	star     bool
	distinct bool
	within   bool // WITHIN GROUP: orderBy is that of args[0]
	filter   expr.Expr
	orderBy  []expr.SortKey
	pos      int
}

// takesArrays reports whether f is array_agg for arrays where such are the arguments, and the other one elsewhere. Others
// it lets pass.
func (c *aggregateCall) takesArrays(f *fn.Aggregate) bool {
	if c.name != "array_agg" || len(c.args) == 0 {
		return true
	}
	t := c.args[0].typ()
	return (f.Args[0].ID == types.AnyArray) == (t.ID == types.Array && !t.IsVector())
}

// resolveAggregate finds the overload and builds the expression.
func (b *binder) resolveAggregate(c *aggregateCall) (*expr.Aggregate, error) {
	fs := fn.Aggregates(c.name)
	var usable []*fn.Aggregate
	for _, f := range fs {
		if f.OrderedSet == c.within && c.takesArrays(f) {
			usable = append(usable, f)
		}
	}
	if c.star && c.name != "count" || len(c.args) == 0 && !c.star {
		return nil, b.wrongCountCall(c, usable)
	}
	ts := typesOf(c.args)
	m, out := resolve(aggregateSignatures(usable), ts)
	if out != found {
		return nil, b.aggregateError(c, out, fs, ts)
	}
	f := usable[m.index]
	if err := polymorphic(m.declared, ts, c.pos); err != nil {
		if c.name == "array_agg" { // for PostgreSQL that of arrays is another one
			err = functionError(ambiguous, c.name, ts, c.pos)
		}
		return nil, err
	}
	es, ats, err := b.arguments(m, c.args)
	if err != nil {
		return nil, err
	}
	if f, err = b.jsonArguments(c, f, es); err != nil {
		return nil, err
	}
	if err := mayCompare(c.name, m.declared, c.args, c.pos); err != nil {
		return nil, err
	}
	for _, v := range c.args {
		if c.distinct && hasNoEquality(v.typ()) {
			return nil, noEquality(v.typ(), v.pos)
		}
	}
	a := &expr.Aggregate{Fn: f, Args: es, Distinct: c.distinct, Filter: c.filter, Typ: unstated(f.ReturnType(ats))}
	if a.Typ.ID == types.Array && a.Typ.Elem == types.Array {
		if c.within {
			return nil, sqlstate.New(sqlstate.UndefinedObject, "could not find array type for data type %s", es[0].Type().Base()).At(c.pos)
		}
		return nil, unsupported(c.pos, "Use jsonb_agg, or make records of them: array_agg(ROW(x)).", "%s of arrays is not supported", c.name)
	}
	a.OrderBy, err = b.aggregateOrder(c, f, a)
	return a, err
}

// jsonArguments makes JSON of some arguments of an aggregate that makes JSON of all: of timestamps with time zone, as
// only a function knows the session's time zone, and of arrays and records, which may have some within. Ranges of times become
// texts.
func (b *binder) jsonArguments(c *aggregateCall, f *fn.Aggregate, args []expr.Expr) (*fn.Aggregate, error) {
	switch c.name {
	case "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "histogram":
	default:
		return f, nil
	}
	for i, e := range args {
		t := e.Type()
		switch {
		case t.ID == types.JSON && c.distinct:
			return nil, equatable(c.args[i])
		case t.ID != types.TimestampTZ && t.ID != types.Array && t.ID != types.Record && !t.IsTimeRange():
			continue
		case c.distinct, c.name == "histogram", len(args) == 2 && i == 0 && t.ID == types.TimestampTZ:
			return nil, unsupported(c.args[i].pos, "Cast them to text.", "%s of values of type %s is not supported here", c.name, t.Base())
		}
		v := value{e: e, pos: c.args[i].pos}
		var err error
		if t.IsTimeRange() {
			v, err = b.cast(v, types.Of(types.Text), c.pos)
		} else {
			v, err = b.scalarCall("to_json", []value{v}, c.pos)
		}
		if err != nil {
			return nil, err
		}
		args[i] = v.e
		if (t.ID == types.Array || t.ID == types.Record) && c.name == "json_agg" {
			f = fn.JSONAggOfArrays
		}
	}
	return f, nil
}

// aggregateOrder settles the order of an aggregate's input. It is dropped where the result does not depend
// on it.
func (b *binder) aggregateOrder(c *aggregateCall, f *fn.Aggregate, a *expr.Aggregate) ([]expr.SortKey, error) {
	if c.within {
		// The key is the aggregated argument as it was coerced.
		keys := append([]expr.SortKey(nil), c.orderBy...)
		if len(keys) > 0 && len(a.Args) > 0 {
			keys[0].Expr = a.Args[0]
		}
		return keys, nil
	}
	if c.distinct {
		for _, k := range c.orderBy {
			same := false
			for i, arg := range a.Args {
				if _, literal := c.args[i].e.(*expr.Const); literal && c.args[i].e.Type().ID == types.Unknown && f.Args[min(i, len(f.Args)-1)].ID != types.Any {
					continue // it got a type, which the other one did not
				}
				same = same || expr.Equal(arg, k.Expr) || expr.Equal(c.args[i].e, k.Expr)
			}
			if !same {
				return nil, sqlstate.New(sqlstate.InvalidColumnReference,
					"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list").At(b.placeOf(k.Expr, c.pos))
			}
		}
	}
	if !f.OrderSensitive {
		return nil, nil
	}
	keys := append([]expr.SortKey(nil), c.orderBy...)
	if c.distinct && len(keys) == 0 {
		// PostgreSQL sorts to find the distinct values, and its users see them sorted.
		for _, arg := range a.Args {
			if _, ok := arg.(*expr.Const); !ok {
				keys = append(keys, expr.SortKey{Expr: arg})
			}
		}
		return keys, nil
	}
	if c.distinct {
		// Compare with the arguments as they are passed, so that the values sorted are those made distinct.
		for i := range keys {
			for j, arg := range c.args {
				if expr.Equal(arg.e, keys[i].Expr) {
					keys[i].Expr = a.Args[j]
				}
			}
		}
	}
	return keys, nil
}

// wrongCountCall is the error for f(*) and f() of an aggregate.
func (b *binder) wrongCountCall(c *aggregateCall, usable []*fn.Aggregate) error {
	if c.star {
		return sqlstate.New(sqlstate.UndefinedFunction, "function %s() does not exist", c.name).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.").At(c.pos)
	}
	for _, f := range usable {
		if len(f.Args) == 0 {
			return sqlstate.New(sqlstate.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", c.name).At(c.pos)
		}
	}
	return functionError(notFound, c.name, nil, c.pos)
}

func (b *binder) aggregateError(c *aggregateCall, out outcome, fs []*fn.Aggregate, ts []types.Type) error {
	if c.within {
		// PostgreSQL names the direct arguments first.
		n := len(c.orderBy)
		ts = append(append([]types.Type(nil), ts[n:]...), ts[:n]...)
	}
	if out == notFound && len(fs) > 0 && fs[0].OrderedSet != c.within && len(fs[0].Args) == len(ts) {
		switch {
		case c.within:
			return sqlstate.New(sqlstate.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", c.name).At(c.pos)
		default:
			return sqlstate.New(sqlstate.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", c.name).At(c.pos)
		}
	}
	err := functionError(out, c.name, ts, c.pos)
	if e, ok := err.(*sqlstate.Error); ok && out == notFound && len(c.orderBy) > 0 && !c.within {
		e.WithHint("No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.")
	}
	return err
}

// placeAggregate hands an aggregate to the query it belongs to, the innermost whose columns it uses, and
// returns the column that holds its result there.
func (b *binder) placeAggregate(blk *block, a *expr.Aggregate, pos int) (value, error) {
	if usesVariables(a) {
		return value{}, unsupported(pos, "Use a function of lists, such as list_sum.", "an aggregate of a lambda's variables is not supported")
	}
	return b.placeIn(b.level(blk, a), a, pos)
}

// placeIn is placeAggregate for the query that the aggregate belongs to.
func (b *binder) placeIn(owner *block, a *expr.Aggregate, pos int) (value, error) {
	if err := b.checkNesting(owner, a); err != nil {
		return value{}, err
	}
	if err := owner.clause.allowAggregate(pos); err != nil {
		return value{}, err
	}
	for _, it := range owner.aggs {
		if expr.Equal(it.Expr, a) && !expr.IsVolatile(a) {
			return value{e: it.Column(), pos: pos}, nil
		}
	}
	id := b.newID(owner, aggregateColumn, "", a.Fn.Name)
	b.info[id].pos = pos
	it := planner.Item{ID: id, Name: a.Fn.Name, Expr: a}
	owner.aggs = append(owner.aggs, it)
	return value{e: it.Column(), pos: pos}, nil
}

// level returns the innermost query, blk or one around it, whose columns expressions use; blk when they use none.
func (b *binder) level(blk *block, es ...expr.Expr) *block {
	var deepest *block
	for _, e := range es {
		b.eachColumn(e, func(c *expr.Column) {
			o := b.owner(c.ID)
			if o != nil && o.encloses(blk) && (deepest == nil || o.depth > deepest.depth) {
				deepest = o
			}
		})
	}
	if deepest == nil {
		return blk
	}
	return deepest
}

// encloses reports whether s is inner or a query around it.
func (s *block) encloses(inner *block) bool {
	for ; inner != nil; inner = inner.parent {
		if inner == s {
			return true
		}
	}
	return false
}

// checkNesting rejects aggregates of aggregates and of window functions of the same query.
func (b *binder) checkNesting(owner *block, a *expr.Aggregate) error {
	var err error
	b.eachColumn(a, func(c *expr.Column) {
		info := b.info[c.ID]
		if err != nil || info.owner != owner {
			return
		}
		switch info.kind {
		case aggregateColumn:
			err = sqlstate.New(sqlstate.GroupingError, "aggregate function calls cannot be nested").At(info.pos)
		case windowColumn:
			err = sqlstate.New(sqlstate.GroupingError, "aggregate function calls cannot contain window function calls").At(info.pos)
		case setColumn:
			err = sqlstate.New(sqlstate.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls").
				WithHint("You might be able to move the set-returning function into a LATERAL FROM item.").At(info.pos)
		}
	})
	return err
}

// eachColumn calls f for the columns in e and in the plans of its subqueries.
func (b *binder) eachColumn(e expr.Expr, f func(*expr.Column)) {
	expr.Walk(e, func(x expr.Expr) bool {
		switch x := x.(type) {
		case *expr.Column:
			f(x)
		case *expr.Subquery:
			b.eachNodeColumn(x.Query.(planner.Node), f)
		}
		return true
	})
}

func (b *binder) eachNodeColumn(n planner.Node, f func(*expr.Column)) {
	for _, e := range planner.Exprs(n) {
		b.eachColumn(e, f)
	}
	for _, in := range n.Inputs() {
		b.eachNodeColumn(in, f)
	}
}

// placeOf returns where the first column of e stands, otherwise pos.
func (b *binder) placeOf(e expr.Expr, pos int) int {
	first := -1
	expr.Columns(e, func(c *expr.Column) {
		if p, ok := b.at[c]; ok && first < 0 {
			first = p
		}
	})
	if first < 0 {
		return pos
	}
	return first
}
