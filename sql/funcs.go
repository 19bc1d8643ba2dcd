package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// call binds a function call: a construct with the form of one, a window function, an aggregate, or a
// scalar function.
func (b *binder) call(blk *block, e *syntax.Call) (value, error) {
	if e.Schema != "" && e.Schema != "pg_catalog" && (e.Schema != "information_schema" || e.Name != "_pg_expandarray") {
		vs, err := b.callArguments(blk, e)
		if err != nil {
			return value{}, err
		}
		if e.Schema != defaultSchema && e.Schema != "information_schema" {
			return value{}, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", e.Schema).At(e.Pos)
		}
		return value{}, functionError(notFound, e.Schema+"."+e.Name, typesOf(vs), e.Pos)
	}
	if v, ok, err := b.listCall(blk, e); ok || err != nil {
		return v, err
	}
	if e.Schema == "" && e.Name == "columns" {
		return b.columnsCall(blk, e)
	}
	if e.SQLSyntax {
		switch e.Name {
		case "coalesce", "nullif", "greatest", "least", "grouping":
			return b.specialCall(blk, e)
		}
	}
	if v, ok, err := b.structCall(blk, e); ok {
		return v, err
	}
	aggregate := len(fn.Aggregates(e.Name)) > 0 || aggregateAliases[e.Name] != "" ||
		e.WithinGroup && len(fn.Windows(e.Name)) > 0
	switch {
	case e.Over != nil:
		return b.windowCall(blk, e)
	case e.Nulls != syntax.NullsUnsaid:
		return value{}, sqlstate.New(sqlstate.WrongObjectType, "RESPECT/IGNORE NULLS specified, but %s is not called as a window function", e.Name).At(e.Pos)
	case aggregate:
		return b.aggregateCallExpr(blk, e)
	case len(fn.Windows(e.Name)) > 0:
		return value{}, sqlstate.New(sqlstate.WrongObjectType, "window function %s requires an OVER clause", e.Name).At(e.Pos)
	}
	if err := plainCall(e); err != nil {
		return value{}, err
	}
	if e.Variadic {
		return b.variadicCall(blk, e)
	}
	vs, err := b.scalarArguments(blk, e)
	if err != nil {
		return value{}, err
	}
	if e.Name == "pg_typeof" && len(vs) == 1 {
		// Types are known now; the argument is checked but not computed.
		return value{e: b.regType(vs[0].typ()), pos: e.Pos}, nil
	}
	switch e.Name {
	case "json_to_record", "jsonb_to_record", "json_to_recordset", "jsonb_to_recordset":
		return value{}, unsupported(e.Pos, "Call the function in the FROM clause using a column definition list.",
			"could not determine row type for result of %s", e.Name)
	case "json_populate_record", "jsonb_populate_record", "json_populate_recordset", "jsonb_populate_recordset":
		if err := rowBase(e, vs); err != nil {
			return value{}, err
		}
	}
	if returnsSet(e.Name) {
		return b.setTarget(blk, e, vs)
	}
	return b.scalarCall(e.Name, vs, e.Pos)
}

// plainCall rejects what only aggregates may have.
func plainCall(e *syntax.Call) error {
	what := ""
	switch {
	case e.Star:
		what = e.Name + "(*)"
	case e.Distinct:
		what = "DISTINCT"
	case e.WithinGroup:
		what = "WITHIN GROUP"
	case len(e.OrderBy) > 0:
		what = "ORDER BY"
	case e.Filter != nil:
		what = "FILTER"
	default:
		return nil
	}
	if len(fn.Scalars(e.Name)) == 0 {
		return nil // that it does not exist is the better error
	}
	return sqlstate.New(sqlstate.WrongObjectType, "%s specified, but %s is not an aggregate function", what, e.Name).At(e.Pos)
}

// callArguments binds the arguments of a call, before it is known what is called.
func (b *binder) callArguments(blk *block, e *syntax.Call) ([]value, error) {
	if e.Variadic {
		return nil, unsupported(e.Pos, "Write the arguments one by one.", "VARIADIC arguments are not supported")
	}
	vs := make([]value, len(e.Args))
	for i, a := range e.Args {
		if a.Name != "" {
			return nil, unsupported(a.NamePos, "Give the arguments by position.", "named arguments are not supported here")
		}
		v, err := b.scalar(blk, a.Value)
		if err != nil {
			return nil, err
		}
		vs[i] = v
	}
	return vs, nil
}

// specialCall binds what the grammar of PostgreSQL treats as an expression of its own.
func (b *binder) specialCall(blk *block, e *syntax.Call) (value, error) {
	if e.Name == "coalesce" {
		defer blk.withoutSets("COALESCE")()
	}
	vs, err := b.callArguments(blk, e)
	if err != nil {
		return value{}, err
	}
	switch e.Name {
	case "grouping":
		return b.groupingFunction(blk, vs, e.Pos)
	case "coalesce":
		return b.coalesce(vs, e.Pos)
	case "nullif":
		return b.nullIf(vs[0], vs[1], e.Pos)
	case "greatest":
		return b.extreme(e.Name, "GREATEST", vs, e.Pos)
	}
	return b.extreme(e.Name, "LEAST", vs, e.Pos)
}

// aggregateCallExpr binds the call of an aggregate function without OVER.
func (b *binder) aggregateCallExpr(blk *block, e *syntax.Call) (value, error) {
	c, err := b.aggregateParts(blk, e)
	if err != nil {
		return value{}, err
	}
	if c.within && isHypothetical(c.name) {
		return b.hypothetical(blk, c)
	}
	if v, ok, err := b.distinctJSON(blk, c); ok || err != nil {
		return v, err
	}
	a, err := b.resolveAggregate(c)
	if err != nil {
		return value{}, err
	}
	return b.placeAggregate(blk, a, e.Pos)
}

// aggregateParts binds the parts of an aggregate or window call.
func (b *binder) aggregateParts(blk *block, e *syntax.Call) (*aggregateCall, error) {
	c := &aggregateCall{name: e.Name, star: e.Star, distinct: e.Distinct, within: e.WithinGroup, pos: e.Pos}
	if e.Distinct && e.WithinGroup {
		return nil, sqlstate.New(sqlstate.SyntaxError, "cannot use DISTINCT with WITHIN GROUP").At(e.Pos)
	}
	direct, err := b.callArguments(blk, e)
	if err != nil {
		return nil, err
	}
	c.args = direct
	if err := b.renamed(c); err != nil {
		return nil, err
	}
	for i, o := range e.OrderBy {
		if o.Using != "" {
			return nil, unsupported(o.Expr.Position(), "Use ASC or DESC.", "ORDER BY USING %s is not supported", o.Using)
		}
		v, err := b.scalar(blk, o.Expr)
		if err != nil {
			return nil, err
		}
		if e.WithinGroup {
			c.args = append(append(append([]value(nil), c.args[:i]...), v), direct...)
		} else if v, err = b.settled(v); err != nil {
			return nil, err
		}
		c.orderBy = append(c.orderBy, expr.SortKey{Expr: v.e, Desc: o.Desc, NullsFirst: o.NullsFirst()})
	}
	if e.Filter != nil {
		err := blk.in(inFilter, func() error {
			v, err := b.scalar(blk, e.Filter)
			if err == nil {
				c.filter, err = b.boolean(v, "FILTER")
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// windowCall binds a call with OVER.
func (b *binder) windowCall(blk *block, e *syntax.Call) (value, error) {
	c, err := b.aggregateParts(blk, e)
	if err != nil {
		return value{}, err
	}
	if c.within {
		return value{}, unsupported(e.Pos, "Group by the columns of the window in a subquery.", "OVER is not supported for ordered-set aggregate %s", c.name)
	}
	w, err := b.resolveWindow(c)
	if err != nil {
		return value{}, err
	}
	if err := treatNulls(w, e); err != nil {
		return value{}, err
	}
	if err := blk.clause.allowWindow(e.Pos); err != nil {
		return value{}, err
	}
	d, err := b.windowDef(blk, e.Over)
	if err != nil {
		return value{}, err
	}
	return b.placeWindow(blk, w, d, e.Pos)
}

// windowDef binds what stands in OVER or in the WINDOW clause.
func (b *binder) windowDef(blk *block, w *syntax.Window) (*windowDef, error) {
	if w.RefOnly {
		return blk.window(w.Ref, w.Pos)
	}
	d := &windowDef{name: w.Name, frame: defaultFrame, hasFrame: w.Frame != nil}
	err := blk.in(inPartitionBy, func() error {
		for _, e := range w.PartitionBy {
			v, err := b.windowKey(blk, e)
			if err != nil {
				return err
			}
			d.partition = append(d.partition, v.e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = blk.in(inWindowOrder, func() error {
		for _, o := range w.OrderBy {
			if o.Using != "" {
				return unsupported(o.Expr.Position(), "Use ASC or DESC.", "ORDER BY USING %s is not supported", o.Using)
			}
			v, err := b.windowKey(blk, o.Expr)
			if err != nil {
				return err
			}
			d.order = append(d.order, expr.SortKey{Expr: v.e, Desc: o.Desc, NullsFirst: o.NullsFirst()})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w.Ref != "" {
		base, err := blk.window(w.Ref, w.Pos)
		if err != nil {
			return nil, err
		}
		if err := d.refine(base, w.Pos); err != nil {
			return nil, err
		}
	}
	if w.Frame != nil {
		return d, b.bindFrame(blk, d, w.Frame, w.Pos)
	}
	return d, nil
}

func (b *binder) windowKey(blk *block, e syntax.Expr) (value, error) {
	v, err := b.scalar(blk, e)
	if err != nil {
		return v, err
	}
	if v, err = b.settled(v); err != nil {
		return v, err
	}
	return v, orderable(v)
}

func (b *binder) bindFrame(blk *block, d *windowDef, f *syntax.Frame, pos int) error {
	clauses := [...]clause{syntax.Range: inFrameRange, syntax.Rows: inFrameRows, syntax.Groups: inFrameGroups}
	d.frame = expr.Frame{Mode: expr.FrameMode(f.Mode), Exclude: expr.Exclusion(f.Exclude)}
	return blk.in(clauses[f.Mode], func() error {
		bounds := []syntax.Bound{f.Start, f.End}
		for i, out := range []*expr.Bound{&d.frame.Start, &d.frame.End} {
			out.Kind = expr.BoundKind(bounds[i].Kind)
			if bounds[i].Offset == nil {
				continue
			}
			v, err := b.scalar(blk, bounds[i].Offset)
			if err != nil {
				return err
			}
			if out.Offset, err = b.frameOffset(blk, d.frame, d.order, v); err != nil {
				return err
			}
		}
		return checkFrame(d.frame, len(d.order), pos)
	})
}
