package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
)

// unnest turns dependent joins into joins, innermost first (Neumann and Kemper, "Unnesting Arbitrary
// Queries"). Three ways, the first that works:
//
//   - The right side is an aggregation without groups, so it has one row for each outer row: group it by the
//     columns it is correlated by and left join.
//   - The correlated conditions stand where they can be pulled up into the join.
//   - In general, the domain of the outer columns, their distinct values, is pushed down the right side until
//     nothing above it is correlated. Where a condition x = outer is met on the way, x serves in the place of
//     the domain.
func unnest(o *optimizer, n Node) (Node, error) {
	n, err := mapInputsErr(n, func(i Node) (Node, error) { return unnest(o, i) })
	if err != nil {
		return nil, err
	}
	j, ok := n.(*Join)
	if !ok || !j.Lateral {
		return n, nil
	}
	out := j.Outputs()
	corr := Free(j.Right).And(outputSet(j.Left))
	if corr.Empty() {
		c := *j
		c.Lateral = false
		return &c, nil
	}
	j = o.hoistForms(o.hoistCasts(j, corr), corr)
	corr = Free(j.Right).And(outputSet(j.Left))
	u := &unnester{optimizer: o, left: j.Left, corr: corr, exact: treeMayFail(j.Right)}
	ways := []func(*Join) (Node, error){u.oneRowAggregate, u.pullUp, u.general}
	if volatileTree(j.Right) {
		if j, err = u.keyRows(j); err != nil {
			return nil, err
		}
		ways = ways[2:]
	}
	for _, way := range ways {
		n, err := way(j)
		if err != nil {
			return nil, err
		}
		if n != nil {
			return u.withDomain(exactOutputs(n, out)), nil
		}
	}
	return nil, internal("cannot unnest %s", j)
}

// hoistCasts computes conversions of outer columns on the outer side, so that x = outer::bigint is an
// equality with an outer column.
func (o *optimizer) hoistCasts(j *Join, corr ColSet) *Join {
	var items []Item
	made := map[expr.ColID]expr.Expr{}
	right := rewriteExprs(j.Right, func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Cast)
		if !ok || !safeCast(c.Arg.Type(), c.Typ) {
			return e
		}
		col, ok := c.Arg.(*expr.Column)
		if !ok || !corr.Has(col.ID) && made[col.ID] == nil {
			return e
		}
		full := Subst(e, made)
		for _, it := range items {
			if expr.Equal(it.Expr, full) {
				return it.Column()
			}
		}
		it := Item{o.newID(), col.Name, full}
		items = append(items, it)
		made[it.ID] = full
		return it.Column()
	})
	if len(items) == 0 {
		return j
	}
	c := *j
	c.Left, c.Right = &Project{j.Left, append(passFields(Fields(j.Left)), items...)}, right
	return &c
}

// keyRows gives each row of the outer side a key, and takes it for one of the columns that the inner side uses: what is
// random there is to be so for each row, not for each of their distinct values. The other ways group by values alone.
func (u *unnester) keyRows(j *Join) (*Join, error) {
	key, err := call("gen_random_uuid")
	if err != nil {
		return nil, err
	}
	it := Item{u.newID(), "row", key}
	u.left = &Project{j.Left, append(passFields(Fields(j.Left)), it)}
	u.corr.Add(it.ID)
	c := *j
	c.Left = u.left
	return &c, nil
}

// unnester removes one dependent join.
type unnester struct {
	*optimizer
	left Node   // the outer side
	corr ColSet // its columns that the inner side uses
	// exact: the inner side has expressions that may raise errors, so they must see only rows that belong
	// to some outer row.
	exact bool
	cte   int       // the WITH query that keeps the outer side, when kept
	kept  *With     // set once the domain was made from a materialized outer side
	ids   []dupPair // kept: columns of left and of the WITH query
}

type dupPair struct {
	left, kept expr.ColID
	field      exec.Field
}

// bound is what stands for an outer column on the inner side.
type bound struct {
	col *expr.Column
	// notNull: the column is not NULL, so = serves; else NULLs match NULLs.
	notNull bool
}

type bounds map[expr.ColID]bound

func (b bounds) subst() map[expr.ColID]expr.Expr {
	m := map[expr.ColID]expr.Expr{}
	for id, x := range b {
		m[id] = x.col
	}
	return m
}

func (b bounds) columns(want ColSet) []*expr.Column {
	var cols []*expr.Column
	for _, id := range want.List() {
		cols = append(cols, b[id].col)
	}
	return cols
}

// outer returns an outer column by ID.
func (u *unnester) outer(id expr.ColID) *expr.Column {
	f := Fields(u.left)
	return fieldColumn(f[f.Index(id)])
}

// match returns the condition that the outer columns are what stands for them on the inner side. Mark joins
// that tell NULL from false need equalities that are never NULL.
func (u *unnester) match(want ColSet, b bounds, twoValued bool) ([]expr.Expr, error) {
	var terms []expr.Expr
	for _, id := range want.List() {
		make := nullSafeEq
		if b[id].notNull && !twoValued {
			make = eq
		}
		t, err := make(u.outer(id), b[id].col)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// between equates what stands for outer columns on two inner sides.
func between(want ColSet, l, r bounds, twoValued bool) ([]expr.Expr, error) {
	var terms []expr.Expr
	for _, id := range want.List() {
		make := nullSafeEq
		if (l[id].notNull || r[id].notNull) && !twoValued {
			make = eq
		}
		t, err := make(l[id].col, r[id].col)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// general joins the outer side with the inner side to which the domain was pushed down.
func (u *unnester) general(j *Join) (Node, error) {
	right, b, err := u.push(j.Right, u.corr)
	if err != nil {
		return nil, err
	}
	terms, err := u.match(u.corr, b, j.Kind == MarkJoin)
	if err != nil {
		return nil, err
	}
	c := *j
	c.Left, c.Right, c.Lateral = u.left, right, false
	c.On = conj(append(terms, expr.Conjuncts(j.On)...))
	return &c, nil
}

// domain returns the distinct values of some outer columns, under new IDs.
func (u *unnester) domain(want ColSet) (Node, bounds) {
	src, ids := u.leftCopy()
	fields := Fields(src)
	var groups []Item
	b := bounds{}
	for _, id := range want.List() {
		f := fields[fields.Index(ids[id])]
		it := Item{u.newID(), f.Name, fieldColumn(f)}
		groups = append(groups, it)
		b[id] = bound{it.Column(), false}
	}
	return &Aggregate{src, groups, nil}, b
}

// leftCopy returns the outer side once more, and the IDs that its columns have in the copy. What is cheap
// to compute is computed again; the rest is kept in a WITH query.
func (u *unnester) leftCopy() (Node, map[expr.ColID]expr.ColID) {
	if rescannable(u.left) || !Free(u.left).Empty() {
		return u.rename(u.left)
	}
	if u.kept == nil {
		query, ids := u.rename(u.left)
		u.kept = &With{CTE: u.newCTE(), Name: "outer", Query: query, Materialized: MaterializeAlways}
		for _, f := range Fields(u.left) {
			u.ids = append(u.ids, dupPair{f.ID, ids[f.ID], f})
		}
		ref, _ := u.ref(false)
		u.left = ref
	}
	return u.ref(true)
}

// ref reads the WITH query that keeps the outer side, under new IDs or under those of the outer side.
func (u *unnester) ref(fresh bool) (Node, map[expr.ColID]expr.ColID) {
	r := &CTERef{CTE: u.kept.CTE, Name: u.kept.Name}
	ids := map[expr.ColID]expr.ColID{}
	for _, p := range u.ids {
		f := p.field
		if fresh {
			f.ID = u.newID()
		}
		ids[p.left] = f.ID
		r.From = append(r.From, p.kept)
		r.Cols = append(r.Cols, f)
	}
	return r, ids
}

// withDomain puts the WITH query that keeps the outer side, if there is one, over n.
func (u *unnester) withDomain(n Node) Node {
	if u.kept == nil {
		return n
	}
	w := *u.kept
	w.Body = n
	return &w
}

// rescannable reports whether computing n twice costs little more than keeping it would: a filtered scan.
func rescannable(n Node) bool {
	switch n := n.(type) {
	case *Scan, *CTERef:
		return true
	case *Values:
		return !volatile(Exprs(n)...)
	case *Filter:
		return !volatile(n.Cond) && rescannable(n.Input)
	case *Project:
		return !volatile(Exprs(n)...) && rescannable(n.Input)
	}
	return false
}

func treeMayFail(n Node) bool {
	found := false
	walkNodes(n, func(x Node) {
		switch x.(type) {
		case *Project, *Aggregate, *Window, *ProjectSet, *Expand, *Filter, *Join, *AsofJoin:
			found = found || mayFail(Exprs(x)...)
		}
	})
	return found
}

// oneRowAggregate unnests an aggregation without groups, perhaps below projections.
func (u *unnester) oneRowAggregate(j *Join) (Node, error) {
	var above []*Project
	r := j.Right
	for {
		p, ok := r.(*Project)
		if !ok {
			break
		}
		above, r = append(above, p), p.Input
	}
	agg, ok := r.(*Aggregate)
	if !ok || len(agg.Groups) > 0 || j.Kind == FullJoin || j.Kind == RightJoin {
		return nil, nil
	}
	if (j.Kind == LeftJoin || j.Kind == SingleJoin) && j.On != nil {
		return nil, nil
	}
	u.exact = treeMayFail(agg)
	n := u.left
	if want := Free(agg).And(u.corr); want.Empty() { // only the projections are correlated
		n = &Join{Kind: InnerJoin, Left: u.left, Right: agg}
	} else {
		grouped, b, err := u.groupBy(agg, want)
		if err != nil {
			return nil, err
		}
		on, err := u.match(want, b, false)
		if err != nil {
			return nil, err
		}
		n = u.restoreEmpty(&Join{Kind: LeftJoin, Left: u.left, Right: grouped}, agg, on)
	}
	left := passFields(Fields(u.left))
	for i := len(above) - 1; i >= 0; i-- {
		n = &Project{n, append(left[:len(left):len(left)], above[i].Items...)}
	}
	return oneRowJoin(j, n), nil
}

// groupBy groups an aggregation without groups by what stands for the outer columns in want. Aggregates that
// are not NULL for no rows get new IDs; see restoreEmpty.
func (u *unnester) groupBy(agg *Aggregate, want ColSet) (*Aggregate, bounds, error) {
	in, b, err := u.push(agg.Input, want)
	if err != nil {
		return nil, nil, err
	}
	out := &Aggregate{Input: in}
	keys := bounds{}
	for _, id := range want.List() {
		it := Item{u.newID(), b[id].col.Name, b[id].col}
		out.Groups = append(out.Groups, it)
		keys[id] = bound{it.Column(), b[id].notNull}
	}
	m := b.subst()
	for _, it := range agg.Aggs {
		out.Aggs = append(out.Aggs, Item{it.ID, it.Name, Subst(it.Expr, m)})
	}
	return out, keys, nil
}

// restoreEmpty completes a left join with a grouped aggregation: where there is no group, count is 0.
func (u *unnester) restoreEmpty(j *Join, agg *Aggregate, on []expr.Expr) Node {
	j.On = conj(on)
	grouped := j.Right.(*Aggregate)
	items := passFields(Fields(j.Left))
	aggs := append([]Item(nil), grouped.Aggs...)
	restored := false
	for i, it := range agg.Aggs {
		empty := EmptyResult(it.Expr.(*expr.Aggregate))
		if empty == nil {
			items = append(items, Item{it.ID, it.Name, it.Column()})
			continue
		}
		aggs[i].ID = u.newID()
		value := &expr.Coalesce{Args: []expr.Expr{aggs[i].Column(), empty}, Typ: it.Expr.Type()}
		items = append(items, Item{it.ID, it.Name, value})
		restored = true
	}
	if !restored {
		return j
	}
	c := *j
	c.Right = &Aggregate{grouped.Input, grouped.Groups, aggs}
	return &Project{&c, items}
}

// oneRowJoin completes join j, given n: each left row beside the one right row it has.
func oneRowJoin(j *Join, n Node) Node {
	on := expr.Conjuncts(j.On)
	switch j.Kind {
	case SemiJoin:
		return filter(n, on)
	case AntiJoin:
		if len(on) == 0 {
			return &Filter{n, expr.Bool(false)}
		}
		return &Filter{n, &expr.Not{Arg: orFalse(conj(on))}}
	case MarkJoin:
		items := passFields(Fields(j.Left))
		value := expr.Expr(expr.Bool(true))
		if len(on) > 0 {
			value = conj(on)
		}
		return &Project{n, append(items, Item{j.Mark.ID, j.Mark.Name, value})}
	}
	return filter(n, on)
}

// exactType reports whether equal values of a type cannot be told apart, so that one may stand for the other
// in any expression; numeric 1.0 and 1.00 can.
func exactType(t types.Type) bool {
	switch t.ID {
	case types.Bool, types.Int16, types.Int32, types.Int64, types.Text, types.Varchar, types.Bytea, types.Date,
		types.Time, types.Timestamp, types.TimestampTZ, types.UUID, types.OID, types.Name, types.InternalChar, types.Enum:
		return true
	case types.Numeric:
		return t.Scale != types.DynamicScale
	}
	return false
}
