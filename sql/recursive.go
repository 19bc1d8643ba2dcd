package sql

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
	"gsql/sql/syntax"
)

// withQuery binds a query of WITH. self is the scope in which its own name, if it may be used at all, is the innermost.
func (b *binder) withQuery(w *syntax.With, c *syntax.CTE, parent *block, self *cteScope) (*query, error) {
	if c.Search != nil || c.Cycle != nil {
		return nil, sqlstate.New(sqlstate.InternalError, "a SEARCH or CYCLE clause is left")
	}
	op, ok := c.Query.Body.(*syntax.SetOp)
	if !w.Recursive || !ok || op.Kind != syntax.Union {
		return b.query(c.Query, parent, self, true)
	}
	if op.ByName {
		return nil, unsupported(op.Pos, "Give the columns of both parts the same order.", "UNION BY NAME in WITH RECURSIVE is not supported")
	}
	scope, err := b.withClause(c.Query.With, parent, self)
	if err != nil {
		return nil, err
	}
	seed, err := b.body(op.Left, parent, scope)
	if err != nil {
		return nil, err
	}
	self.work = &planner.WorkTable{Name: c.Name}
	defer func() { self.work = nil }()
	for i, col := range seed.cols {
		f := exec.Field{Name: col.name, Type: col.typ}
		if col.open != nil {
			v, err := b.settled(*col.open)
			if err != nil {
				return nil, err
			}
			f.Type = v.typ()
		}
		if i < len(c.Columns) {
			f.Name = c.Columns[i].Name
		}
		self.work.Fields = append(self.work.Fields, f)
	}
	step, err := b.body(op.Right, parent, scope)
	if err != nil {
		return nil, err
	}
	var out *query
	if self.uses == 0 {
		out, err = b.setOperation(newBlock(parent, scope), planner.Union, op.All, seed, step, firstTarget(op.Right))
		if err == nil {
			out, err = b.tail(c.Query, out, parent, scope)
		}
	} else {
		out, err = b.recursion(c, op, parent, self, scope, seed, step)
	}
	if err != nil {
		return nil, err
	}
	if err := b.settleOpen(out); err != nil {
		return nil, err
	}
	if self.uses == 0 {
		out.node = with(out.node, scope, self)
	}
	return out, nil
}

// recursiveRef reads, within a query of WITH RECURSIVE, what it found last.
func (b *binder) recursiveRef(blk *block, c *cteScope, pos int) (*relation, error) {
	invalid := func(format string, args ...any) error {
		return sqlstate.New(sqlstate.InvalidRecursion, format, args...).At(pos)
	}
	if c.later != nil {
		return nil, c.later
	}
	if c.work == nil {
		return nil, invalid("recursive reference to query \"%s\" must not appear here: only in the second query of its UNION", c.name)
	}
	if c.uses++; c.uses > 1 {
		return nil, invalid("recursive reference to query \"%s\" must not appear more than once", c.name)
	}
	n := &planner.Scan{Table: c.work, Name: c.name, Limit: -1}
	it := &fromItem{name: c.name, table: c.name, hasName: true, hasCols: true}
	for i, f := range c.work.Fields {
		id := b.newID(blk, inputColumn, c.name, f.Name)
		n.Cols = append(n.Cols, planner.ScanColumn{Ordinal: i, ID: id, Name: f.Name, Type: f.Type})
		it.cols = append(it.cols, fromColumn{f.Name, &expr.Column{ID: id, Name: f.Name, Typ: f.Type}})
	}
	return &relation{n, []*fromItem{it}}, nil
}

// recursion makes the query out of its two parts, of which the second reads what the whole found last.
func (b *binder) recursion(c *syntax.CTE, op *syntax.SetOp, parent *block, self, scope *cteScope, seed, step *query) (*query, error) {
	q := c.Query
	for _, clause := range []struct {
		there bool
		name  string
	}{{len(q.OrderBy) > 0 || q.OrderAll != nil, "ORDER BY"}, {q.Limit != nil, "LIMIT"}, {q.Offset != nil, "OFFSET"}} {
		if clause.there {
			return nil, unsupported(c.Pos, "Use it in the query that reads the result.", "%s in a recursive query is not implemented", clause.name)
		}
	}
	if len(seed.cols) != len(step.cols) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "each UNION query must have the same number of columns").At(firstTarget(op.Right))
	}
	blk := newBlock(parent, scope)
	ts := self.work.Fields.Types()
	for i := range seed.cols {
		t, err := b.commonOf([]value{seed.cols[i].asValue(), step.cols[i].asValue()}, "UNION")
		if err != nil {
			return nil, err
		}
		if want := ts[i]; !sameType(t, want) {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
				c.Name, i+1, want, t).WithHint("Cast the output of the non-recursive term to the correct type.").At(seed.cols[i].pos)
		}
		if !op.All && hasNoRowEquality(t) {
			return nil, noEquality(t, seed.cols[i].pos)
		}
	}
	first, err := b.branch(blk, seed, ts, "UNION")
	if err != nil {
		return nil, err
	}
	more, err := b.branch(blk, step, ts, "UNION")
	if err != nil {
		return nil, err
	}
	if err := recursible(c, more, self.work); err != nil {
		return nil, err
	}
	// The rules do not look inside, so each part brings along what it uses.
	first, more = with(first, scope, nil), with(more, scope, nil)
	table := &planner.Recursive{Name: c.Name, Seed: first, Step: more, Work: self.work, All: op.All}
	n := &planner.Scan{Table: table, Name: c.Name, Limit: -1}
	out := &query{node: n}
	for i, f := range self.work.Fields {
		id := b.newID(blk, derivedColumn, "", f.Name)
		n.Cols = append(n.Cols, planner.ScanColumn{Ordinal: i, ID: id, Name: f.Name, Type: f.Type})
		out.cols = append(out.cols, outColumn{name: f.Name, id: id, typ: f.Type, pos: seed.cols[i].pos})
	}
	if !planner.Free(first).Empty() || !planner.Free(more).Empty() {
		out.node = planner.NewRecursion(table, planner.Fields(n))
	}
	return out, nil
}

// recursible rejects what PostgreSQL rejects: steps in which what is new by one row may change what was found before.
func recursible(c *syntax.CTE, n planner.Node, work *planner.WorkTable) error {
	var reads func(n planner.Node) bool
	var err error
	fail := func(format string, args ...any) {
		if err == nil {
			err = sqlstate.New(sqlstate.InvalidRecursion, format, args...).At(c.Pos)
		}
	}
	reads = func(n planner.Node) bool {
		if s, ok := n.(*planner.Scan); ok {
			return s.Table == exec.Table(work)
		}
		var sides []bool
		any := false
		for _, in := range n.Inputs() {
			r := reads(in)
			sides, any = append(sides, r), any || r
		}
		for _, e := range planner.Exprs(n) {
			expr.Walk(e, func(x expr.Expr) bool {
				if s, ok := x.(*expr.Subquery); ok && reads(s.Query.(planner.Node)) {
					fail("recursive reference to query \"%s\" must not appear within a subquery", c.Name)
				}
				return true
			})
		}
		switch n := n.(type) {
		case *planner.Aggregate:
			if any && len(n.Aggs) > 0 {
				fail("aggregate functions are not allowed in a recursive query's recursive term")
			}
		case *planner.Join:
			switch k := n.Kind; {
			case (k == planner.LeftJoin || k == planner.FullJoin) && sides[1], (k == planner.RightJoin || k == planner.FullJoin) && sides[0]:
				fail("recursive reference to query \"%s\" must not appear within an outer join", c.Name)
			}
		case *planner.SetOp:
			if n.Kind == planner.Except && sides[1] {
				fail("recursive reference to query \"%s\" must not appear within EXCEPT", c.Name)
			}
			if n.Kind == planner.Intersect && any {
				fail("recursive reference to query \"%s\" must not appear within INTERSECT", c.Name)
			}
		}
		return any
	}
	reads(n)
	return err
}
