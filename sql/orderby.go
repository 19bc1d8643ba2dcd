package sql

import (
	"slices"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// orderTerm binds a term of ORDER BY: the name of an output column, its number, or an expression over the
// columns of FROM.
func (b *binder) orderTerm(blk *block, p *parts, o *syntax.SortItem) (orderTerm, error) {
	pos := o.Expr.Position()
	if o.Using != "" {
		return orderTerm{}, unsupported(pos, "Use ASC or DESC.", "ORDER BY USING %s is not supported", o.Using)
	}
	t, err := b.outputTarget(blk, p, o.Expr, "ORDER BY", false)
	if err != nil {
		return orderTerm{}, err
	}
	return b.orderBy(t, o, pos)
}

// orderBy returns the term that orders by a target, in the direction of o.
func (b *binder) orderBy(t *target, o *syntax.SortItem, pos int) (orderTerm, error) {
	term := orderTerm{target: t, desc: o.Desc, nullsFirst: o.NullsFirst(), pos: pos}
	var err error
	if t.v, err = b.settled(t.v); err != nil {
		return term, err
	}
	return term, orderable(value{e: t.v.e, pos: pos})
}

// orderByClause binds ORDER BY.
func (b *binder) orderByClause(blk *block, p *parts, q *syntax.Query) error {
	if q.OrderAll != nil {
		for _, t := range p.targets {
			term, err := b.orderBy(t, q.OrderAll, t.v.pos)
			if err != nil {
				return err
			}
			p.order = append(p.order, term)
		}
	}
	for _, o := range q.OrderBy {
		term, err := b.orderTerm(blk, p, o)
		if err != nil {
			return err
		}
		p.order = append(p.order, term)
	}
	return nil
}

// orderable rejects types that have no order.
func orderable(v value) error {
	t := v.typ()
	switch t.ID {
	case types.Record:
		return eachField(v, orderable)
	case types.Array:
		if !hasNoEquality(t.Element()) {
			return nil
		}
	}
	fs := fn.Scalars("<")
	if _, out := resolveOperator(scalarSignatures(fs), t, t); t.ID == types.Array || out == notFound && len(fs) > 0 {
		return sqlstate.New(sqlstate.UndefinedFunction, "could not identify an ordering operator for type %s", t.Base()).
			WithHint("Use an explicit ordering operator or modify the query.").At(v.pos)
	}
	return nil
}

// HasOrder reports whether values of a type are ordered, and so can be those of a key.
func HasOrder(t types.Type) bool { return orderable(value{e: expr.Null(t)}) == nil }

// eachField applies a check to the fields of a record.
func eachField(v value, check func(value) error) error {
	for _, f := range v.typ().Fields() {
		if err := check(value{e: expr.Null(f.Type), pos: v.pos}); err != nil {
			return err
		}
	}
	return nil
}

// equatable rejects types whose values cannot be told apart, in GROUP BY and DISTINCT.
func equatable(v value) error {
	t := v.typ()
	switch t.ID {
	case types.Record:
		return eachField(v, equatable)
	case types.Array:
		if !hasNoEquality(t.Element()) {
			return nil
		}
	}
	fs := fn.Scalars("=")
	if _, out := resolveOperator(scalarSignatures(fs), t, t); t.ID == types.Array || out == notFound && len(fs) > 0 {
		return noEquality(t, v.pos)
	}
	return nil
}

// distinguish settles a target whose values are to be told apart.
func (b *binder) distinguish(t *target) (err error) {
	if t.v, err = b.settled(t.v); err != nil {
		return err
	}
	return equatable(t.v)
}

// outputTarget finds the target that a term of ORDER BY, GROUP BY or DISTINCT ON means, by name, by number
// or as an expression, and adds one if there is none. In GROUP BY a column of FROM wins over an output name.
func (b *binder) outputTarget(blk *block, p *parts, e syntax.Expr, clauseName string, inputFirst bool) (*target, error) {
	if c, ok := e.(*syntax.Column); ok && len(c.Names) == 1 {
		t, err := b.namedTarget(blk, p, c, clauseName, inputFirst)
		if t != nil || err != nil {
			return t, err
		}
	}
	if n, sign := signedNumber(e); n != nil {
		return numberedTarget(p, n, sign, e.Position(), clauseName)
	}
	switch e.(type) {
	case *syntax.String, *syntax.Bool, *syntax.Null, *syntax.BitString:
		return nil, sqlstate.New(sqlstate.SyntaxError, "non-integer constant in %s", clauseName).At(e.Position())
	}
	v, err := b.scalar(blk, e)
	if err != nil {
		return nil, err
	}
	return findTarget(p, v), nil
}

// namedTarget finds an output column by name; nil when there is none.
func (b *binder) namedTarget(blk *block, p *parts, c *syntax.Column, clauseName string, inputFirst bool) (*target, error) {
	name := c.Names[0]
	if inputFirst {
		e, err := b.lookupHere(blk, name, c.Pos)
		if e != nil || err != nil {
			return nil, err
		}
	}
	var found *target
	for _, t := range p.targets {
		if t.junk || t.name != name {
			continue
		}
		if found != nil && !expr.Equal(found.v.e, t.v.e) {
			return nil, sqlstate.New(sqlstate.AmbiguousColumn, "%s \"%s\" is ambiguous", clauseName, name).At(c.Pos)
		}
		if found == nil {
			found = t
		}
	}
	return found, nil
}

// signedNumber returns the number that e is, below any minus signs, and the sign that these come to; nil for what is none.
func signedNumber(e syntax.Expr) (n *syntax.Number, sign string) {
	for {
		op, ok := e.(*syntax.Op)
		if !ok || op.Left != nil || op.Name != "-" {
			break
		}
		e = op.Right
		if sign == "" {
			sign = "-"
		} else {
			sign = ""
		}
	}
	n, _ = e.(*syntax.Number)
	return n, sign
}

// numberedTarget finds an output column by its number, which has no sign or a minus.
func numberedTarget(p *parts, n *syntax.Number, sign string, pos int, clauseName string) (*target, error) {
	i, err := text.ParseInt([]byte(sign + n.Text))
	if err != nil || i != int64(int32(i)) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "non-integer constant in %s", clauseName).At(pos)
	}
	for _, t := range p.targets {
		if t.junk {
			break
		}
		if i--; i == 0 {
			return t, nil
		}
	}
	return nil, sqlstate.New(sqlstate.InvalidColumnReference, "%s position %s is not in select list", clauseName, sign+n.Text).At(pos)
}

// findTarget returns the target with an expression, adding it as one that is no output.
func findTarget(p *parts, v value) *target {
	for _, t := range p.targets {
		if expr.Equal(t.v.e, v.e) {
			return t
		}
	}
	t := &target{v: v, junk: true}
	if c, ok := v.e.(*expr.Column); ok {
		t.name = c.Name
	}
	p.targets = append(p.targets, t)
	return t
}

// groupByClause binds GROUP BY.
func (b *binder) groupByClause(blk *block, p *parts, s *syntax.Select) error {
	if s.GroupAll {
		return b.groupByAll(blk, p)
	}
	if len(s.GroupBy) == 0 {
		return nil
	}
	p.hasGroupBy = true
	blk.clause = inGroupBy
	if slices.ContainsFunc(s.GroupBy, isGroupingSets) {
		return b.groupBySets(blk, p, s)
	}
	for _, item := range s.GroupBy {
		if _, ok := item.(*syntax.GroupingSet); ok {
			continue // (): one group of all rows, or no further division of the groups
		}
		for _, e := range elements(item) {
			t, err := b.groupTarget(blk, p, e)
			if err != nil {
				return err
			}
			p.groupBy = append(p.groupBy, t)
		}
	}
	return nil
}

func isGroupingSets(e syntax.Expr) bool {
	g, ok := e.(*syntax.GroupingSet)
	return ok && g.Kind != syntax.GroupingEmpty
}

// groupByAll groups by the targets without aggregates and window functions.
func (b *binder) groupByAll(blk *block, p *parts) error {
	for _, t := range p.targets {
		if t.junk || b.onlyInputs(blk, t.v) != nil {
			continue
		}
		if err := b.distinguish(t); err != nil {
			return err
		}
		p.groupBy, p.hasGroupBy = append(p.groupBy, t), true
	}
	return nil
}

// groupTarget binds an expression of GROUP BY.
func (b *binder) groupTarget(blk *block, p *parts, e syntax.Expr) (*target, error) {
	before := len(p.targets)
	t, err := b.outputTarget(blk, p, e, "GROUP BY", true)
	if err != nil {
		return nil, err
	}
	// What GROUP BY adds need not be computed after grouping.
	p.targets = p.targets[:before]
	if t.v, err = b.settled(t.v); err != nil {
		return nil, err
	}
	if err := b.onlyInputs(blk, t.v); err != nil {
		return nil, err
	}
	if err := equatable(value{e: t.v.e, pos: e.Position()}); err != nil {
		return nil, err
	}
	return t, nil
}

// onlyInputs rejects aggregates and window functions in a GROUP BY term that came in by an output column.
func (b *binder) onlyInputs(blk *block, v value) error {
	return b.allowed(blk, v, inGroupBy, -1)
}

// allowed rejects aggregates and window functions that came into a clause by an output column. The error is at pos, or
// where they stand when that is negative.
func (b *binder) allowed(blk *block, v value, c clause, pos int) error {
	var err error
	b.eachColumn(v.e, func(col *expr.Column) {
		info := b.info[col.ID]
		if err != nil || info.owner != blk {
			return
		}
		at := pos
		if at < 0 {
			at = info.pos
		}
		switch info.kind {
		case aggregateColumn:
			err = c.allowAggregate(at)
		case windowColumn:
			if err = c.allowWindow(at); err != nil && b.aggregated(blk, col.ID) { // which PostgreSQL looks for first
				err = c.allowAggregate(at)
			}
		case setColumn:
			if c != inTargets && c != inGroupBy && c != inOrderBy && c != inDistinctOn {
				err = unsupported(at, "Call it in FROM.", "set-returning functions are not allowed in %s", c)
			}
		}
	})
	return err
}

// aggregated reports whether an argument of a window function has an aggregate of its query.
func (b *binder) aggregated(blk *block, id expr.ColID) bool {
	found := false
	for _, it := range blk.windows {
		w := it.Expr.(*expr.Window)
		args := w.Args
		if w.Agg != nil {
			args = w.Agg.Args
		}
		for _, a := range args {
			b.eachColumn(a, func(c *expr.Column) {
				info := b.info[c.ID]
				found = found || it.ID == id && info.owner == blk && info.kind == aggregateColumn
			})
		}
	}
	return found
}

// distinctClause binds DISTINCT and DISTINCT ON.
func (b *binder) distinctClause(blk *block, p *parts, s *syntax.Select) error {
	if !s.Distinct {
		return nil
	}
	if len(s.DistinctOn) == 0 {
		p.distinct = true
		for _, t := range p.targets {
			if err := b.distinguish(t); err != nil {
				return err
			}
		}
		return nil
	}
	blk.clause = inDistinctOn
	for _, e := range s.DistinctOn {
		t, err := b.outputTarget(blk, p, e, "SELECT DISTINCT ON", false)
		if err != nil {
			return err
		}
		if err = b.distinguish(t); err != nil {
			return err
		}
		t.onPos = e.Position()
		p.distinctOn = append(p.distinctOn, t)
	}
	return checkDistinctOn(p)
}
