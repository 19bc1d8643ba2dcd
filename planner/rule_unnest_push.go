package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
)

// push returns n without correlation: joined with the domain of the outer columns in want, which include
// all outer columns that n uses, and what stands for these columns in its output. The result may have rows
// for combinations of values that are no outer row's; the join above leaves them out.
func (u *unnester) push(n Node, want ColSet) (Node, bounds, error) {
	free := Free(n).And(u.corr)
	if free.Empty() {
		if want.Empty() {
			return n, bounds{}, nil
		}
		d, b := u.domain(want)
		return &Join{Kind: InnerJoin, Left: d, Right: n}, b, nil
	}
	switch n := n.(type) {
	case *Filter:
		return u.pushFilter(n, want)
	case *Project:
		return u.pushProject(n, want)
	case *Aggregate:
		return u.pushAggregate(n, want)
	case *Window:
		in, b, err := u.push(n.Input, want)
		if err != nil {
			return nil, nil, err
		}
		m := b.subst()
		items := append([]Item(nil), n.Items...)
		for i := range items {
			w := *Subst(items[i].Expr, m).(*expr.Window)
			w.PartitionBy = append(w.PartitionBy[:len(w.PartitionBy):len(w.PartitionBy)], columnExprs(b.columns(want))...)
			items[i].Expr = &w
		}
		return &Window{in, items}, b, nil
	case *Expand:
		in, b, err := u.push(n.Input, want)
		if err != nil {
			return nil, nil, err
		}
		c := *n
		c.Input = in
		c.Keys, _ = mapItems(n.Keys, func(e expr.Expr) expr.Expr { return Subst(e, b.subst()) })
		return &c, b, nil
	case *ProjectSet:
		in, b, err := u.push(n.Input, want)
		if err != nil {
			return nil, nil, err
		}
		c := *n
		c.Input, c.Arrays = in, substAll(n.Arrays, b.subst())
		return &c, b, nil
	case *Recursion:
		in, b, err := u.push(n.Input, want)
		if err != nil {
			return nil, nil, err
		}
		n = n.WithInputs([]Node{in}).(*Recursion)
		return n.mapExprs(func(e expr.Expr) expr.Expr { return Subst(e, b.subst()) }), b, nil
	case *Join:
		return u.pushJoin(n, want)
	case *Sample:
		return nil, nil, sqlstate.Unsupported("Take the sample of a query that uses no outer columns.", "a sample of rows that depend on an outer query is not supported")
	case *AsofJoin:
		return u.pushAsof(n, want)
	case *SetOp:
		return u.pushSetOp(n, want)
	case *Sort:
		in, b, err := u.push(n.Input, want)
		if err != nil {
			return nil, nil, err
		}
		return &Sort{in, substKeys(n.Keys, b.subst())}, b, nil
	case *Limit:
		return u.pushLimit(n, want)
	case *TopN:
		return u.pushLimit(&Limit{&Sort{n.Input, n.Keys}, int64Const(n.Offset), int64Const(n.Count)}, want)
	case *OneRow:
		d, b := u.domain(want)
		in, inner, err := u.push(n.Input, want)
		if err != nil {
			return nil, nil, err
		}
		terms, err := between(want, b, inner, false)
		if err != nil {
			return nil, nil, err
		}
		return &Join{Kind: SingleJoin, Left: d, Right: in, On: conj(terms)}, b, nil
	case *Values:
		if len(n.Rows) == 1 {
			return u.push(&Project{&Values{Rows: [][]expr.Expr{{}}}, rowItems(n)}, want)
		}
		return u.push(u.unionOfRows(n), want)
	case *With:
		body, b, err := u.push(n.Body, want)
		if err != nil {
			return nil, nil, err
		}
		if Free(n.Query).Intersects(u.corr) {
			return nil, nil, internal("correlated WITH query %s", n.Name)
		}
		w := *n
		w.Body = body
		return &w, b, nil
	}
	return nil, nil, unknownNode(n)
}

func rowItems(v *Values) []Item {
	items := make([]Item, len(v.Cols))
	for i, c := range v.Cols {
		items[i] = Item{c.ID, c.Name, v.Rows[0][i]}
	}
	return items
}

func columnExprs(cols []*expr.Column) []expr.Expr {
	es := make([]expr.Expr, len(cols))
	for i, c := range cols {
		es[i] = c
	}
	return es
}

func substKeys(keys []expr.SortKey, m map[expr.ColID]expr.Expr) []expr.SortKey {
	out, _ := mapKeys(keys, func(e expr.Expr) expr.Expr { return Subst(e, m) })
	return out
}

// pushFilter looks for conditions x = outer, whose x can stand for the outer column.
func (u *unnester) pushFilter(n *Filter, want ColSet) (Node, bounds, error) {
	terms := expr.Conjuncts(n.Cond)
	inFree := Free(n.Input).And(u.corr)
	made := outputSet(n.Input)
	found := map[expr.ColID]expr.Expr{}
	var rest []expr.Expr
	for _, t := range terms {
		id, x := u.outerEquality(t, made)
		if x == nil || found[id] != nil || inFree.Has(id) {
			rest = append(rest, t)
			continue
		}
		found[id] = x
	}
	var covered ColSet
	for id := range found {
		covered.Add(id)
	}
	in, b, err := u.push(n.Input, want.Minus(covered))
	if err != nil {
		return nil, nil, err
	}
	in, inner := u.project(in, covered, found)
	if u.exact && !covered.Empty() {
		if in, err = u.restrict(in, covered, inner); err != nil {
			return nil, nil, err
		}
	}
	for _, id := range covered.List() {
		b[id] = inner[id]
		rest = append(rest, isNotNull(inner[id].col))
	}
	return filter(in, substAll(rest, b.subst())), b, nil
}

// outerEquality returns the sides of x = outer or outer = x, where x is over the columns in made.
func (u *unnester) outerEquality(t expr.Expr, made ColSet) (expr.ColID, expr.Expr) {
	l, r, ok := equality(t)
	if !ok || !exactType(l.Type()) || !exactType(r.Type()) {
		return 0, nil
	}
	if a, b := l.Type(), r.Type(); a.ID != b.ID && !(a.IsString() && b.IsString()) || a.Scale != b.Scale {
		return 0, nil
	}
	for _, s := range [][2]expr.Expr{{l, r}, {r, l}} {
		c, ok := s[0].(*expr.Column)
		if ok && u.corr.Has(c.ID) && exprCols(s[1]).In(made) && !volatile(s[1]) && !exprCols(s[1]).Empty() {
			return c.ID, s[1]
		}
	}
	return 0, nil
}

// project adds the expressions that stand for outer columns to n's output where they are not columns of it.
func (u *unnester) project(n Node, covered ColSet, found map[expr.ColID]expr.Expr) (Node, bounds) {
	b := bounds{}
	var items []Item
	for _, id := range covered.List() {
		if c, ok := found[id].(*expr.Column); ok {
			b[id] = bound{c, true}
			continue
		}
		it := Item{u.newID(), u.outer(id).Name, found[id]}
		items = append(items, it)
		b[id] = bound{it.Column(), true}
	}
	if len(items) > 0 {
		n = &Project{n, append(passFields(Fields(n)), items...)}
	}
	return n, b
}

// restrict keeps the rows of n whose values are in the domain.
func (u *unnester) restrict(n Node, want ColSet, b bounds) (Node, error) {
	d, outer := u.domain(want)
	terms, err := between(want, b, outer, false)
	if err != nil {
		return nil, err
	}
	return &Join{Kind: SemiJoin, Left: n, Right: d, On: conj(terms)}, nil
}

func (u *unnester) pushProject(n *Project, want ColSet) (Node, bounds, error) {
	in, b, err := u.push(n.Input, want)
	if err != nil {
		return nil, nil, err
	}
	items, _ := mapItems(n.Items, func(e expr.Expr) expr.Expr { return Subst(e, b.subst()) })
	items = append([]Item(nil), items...)
	have := colSet(itemIDs(nil, items)...)
	for _, c := range b.columns(want) {
		if !have.Has(c.ID) {
			have.Add(c.ID)
			items = append(items, Item{c.ID, c.Name, c})
		}
	}
	return &Project{in, items}, b, nil
}

func (u *unnester) pushAggregate(n *Aggregate, want ColSet) (Node, bounds, error) {
	if len(n.Groups) == 0 { // a row for every outer row, groups or not
		grouped, keys, err := u.groupBy(n, want)
		if err != nil {
			return nil, nil, err
		}
		d, b := u.domain(want)
		terms, err := between(want, b, keys, false)
		if err != nil {
			return nil, nil, err
		}
		return u.restoreEmpty(&Join{Kind: LeftJoin, Left: d, Right: grouped}, n, terms), b, nil
	}
	in, b, err := u.push(n.Input, want)
	if err != nil {
		return nil, nil, err
	}
	m := b.subst()
	groups, _ := mapItems(n.Groups, func(e expr.Expr) expr.Expr { return Subst(e, m) })
	groups = append([]Item(nil), groups...)
	aggs, _ := mapItems(n.Aggs, func(e expr.Expr) expr.Expr { return Subst(e, m) })
	out := bounds{}
	for _, id := range want.List() {
		it := Item{u.newID(), b[id].col.Name, b[id].col}
		groups = append(groups, it)
		out[id] = bound{it.Column(), b[id].notNull}
	}
	return &Aggregate{in, groups, aggs}, out, nil
}

func (u *unnester) pushJoin(n *Join, want ColSet) (Node, bounds, error) {
	left, right := Free(n.Left).And(u.corr), Free(n.Right).And(u.corr)
	switch n.Kind {
	case InnerJoin:
		if n.On != nil && exprCols(n.On).Intersects(u.corr) {
			return u.pushFilter(&Filter{&Join{Kind: InnerJoin, Left: n.Left, Right: n.Right}, n.On}, want)
		}
		return u.pushInner(n, left, right, want)
	case RightJoin:
		c := *n
		c.Kind, c.Left, c.Right = LeftJoin, n.Right, n.Left
		return u.pushJoin(&c, want)
	case FullJoin:
		return u.pushFull(n, want)
	}
	l, b, err := u.push(n.Left, want)
	if err != nil {
		return nil, nil, err
	}
	c := *n
	if n.Kind == SingleJoin { // its error must not come from a row that is no outer row's
		if l, err = u.restrict(l, want, b); err != nil {
			return nil, nil, err
		}
	}
	c.Left, c.On = l, Subst(n.On, b.subst())
	if !right.Empty() {
		r, rb, err := u.push(n.Right, right)
		if err != nil {
			return nil, nil, err
		}
		terms, err := between(right, b, rb, n.Kind == MarkJoin)
		if err != nil {
			return nil, nil, err
		}
		c.Right, c.On = r, conj(append(terms, expr.Conjuncts(c.On)...))
	}
	return &c, b, nil
}

func (u *unnester) pushInner(n *Join, left, right, want ColSet) (Node, bounds, error) {
	wantLeft, wantRight := left, right
	if left.Empty() && !right.Empty() {
		wantRight = want
	} else {
		wantLeft = left.Union(want.Minus(right))
	}
	l, lb, err := u.push(n.Left, wantLeft)
	if err != nil {
		return nil, nil, err
	}
	r, rb, err := u.push(n.Right, wantRight)
	if err != nil {
		return nil, nil, err
	}
	terms, err := between(wantLeft.And(wantRight), lb, rb, false)
	if err != nil {
		return nil, nil, err
	}
	b := bounds{}
	for id, x := range rb {
		b[id] = x
	}
	for id, x := range lb {
		b[id] = x
	}
	c := *n
	c.Left, c.Right, c.On = l, r, conj(append(terms, substAll(expr.Conjuncts(n.On), b.subst())...))
	return &c, b, nil
}

// pushFull joins both sides with the domain; the column of the side that has a row is the bound one.
func (u *unnester) pushFull(n *Join, want ColSet) (Node, bounds, error) {
	l, lb, err := u.push(n.Left, want)
	if err != nil {
		return nil, nil, err
	}
	r, rb, err := u.push(n.Right, want)
	if err != nil {
		return nil, nil, err
	}
	terms, err := between(want, lb, rb, false)
	if err != nil {
		return nil, nil, err
	}
	c := *n
	c.Left, c.Right, c.On = l, r, conj(append(terms, substAll(expr.Conjuncts(n.On), lb.subst())...))
	items := passFields(Fields(&c))
	b := bounds{}
	for _, id := range want.List() {
		e := &expr.Coalesce{Args: []expr.Expr{lb[id].col, rb[id].col}, Typ: lb[id].col.Typ}
		it := Item{u.newID(), lb[id].col.Name, e}
		items = append(items, it)
		b[id] = bound{it.Column(), false}
	}
	return &Project{&c, items}, b, nil
}

func (u *unnester) pushSetOp(n *SetOp, want ColSet) (Node, bounds, error) {
	c := *n
	c.Cols = append([]exec.Field(nil), n.Cols...)
	b := bounds{}
	notNull := bounds{}
	for i, in := range []Node{n.Left, n.Right} {
		x, xb, err := u.push(in, want)
		if err != nil {
			return nil, nil, err
		}
		out := append([]expr.ColID(nil), in.Outputs()...)
		items := passFields(Fields(exactOutputs(x, out)))
		for _, id := range want.List() {
			// A new ID, since what stands for the column may stand for itself already.
			it := Item{u.newID(), xb[id].col.Name, xb[id].col}
			items = append(items, it)
			if i == 0 || !xb[id].notNull {
				notNull[id] = xb[id]
			}
		}
		p := &Project{x, items}
		if i == 0 {
			c.Left = p
		} else {
			c.Right = p
		}
	}
	for _, id := range want.List() {
		f := exec.Field{ID: u.newID(), Name: notNull[id].col.Name, Type: u.outer(id).Typ}
		c.Cols = append(c.Cols, f)
		b[id] = bound{fieldColumn(f), notNull[id].notNull}
	}
	return &c, b, nil
}

// pushLimit numbers the rows that belong to one outer row.
func (u *unnester) pushLimit(n *Limit, want ColSet) (Node, bounds, error) {
	if p, ok := n.Input.(*Project); ok && !volatile(Exprs(p)...) { // so that the order below is seen
		return u.push(&Project{&Limit{p.Input, n.Offset, n.Count}, p.Items}, want)
	}
	input, keys := n.Input, []expr.SortKey(nil)
	if s, ok := input.(*Sort); ok {
		input, keys = s.Input, s.Keys
	}
	in, b, err := u.push(input, want)
	if err != nil {
		return nil, nil, err
	}
	m := b.subst()
	out, err := u.rowNumberFilter(in, columnExprs(b.columns(want)), substKeys(keys, m), limitValue(Subst(n.Offset, m)), limitValue(Subst(n.Count, m)))
	if err != nil {
		return nil, nil, err
	}
	if len(keys) > 0 {
		out = &Sort{out, substKeys(keys, m)}
	}
	return out, b, nil
}

// limitValue returns nil for the constant NULL, which is no limit.
func limitValue(e expr.Expr) expr.Expr {
	if c, ok := e.(*expr.Const); ok && c.Value.IsNull(0) {
		return nil
	}
	return e
}
