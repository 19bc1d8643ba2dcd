package planner

import (
	"math/bits"

	"gsql/exec/expr"
)

// joinOrder puts the joins of each cluster in the order that is expected to cost least. A cluster is a tree
// of inner joins and filters. Outer, semi, anti, mark and single joins whose left side is in the cluster
// belong to it as attachments: their right side may be joined as soon as the columns of their condition are
// there. Up to dpLimit relations all orders without cross products are compared, above that the cheapest
// join comes first, again and again.
func joinOrder(o *optimizer, n Node) (Node, error) {
	r := &orderer{optimizer: o, est: newEstimator(n)}
	return r.node(n)
}

const dpLimit = 10

type orderer struct {
	*optimizer
	est *estimator
}

func (r *orderer) node(n Node) (Node, error) {
	if !startsCluster(n) {
		return mapInputsErr(n, r.node)
	}
	c := &cluster{orderer: r, renames: map[expr.ColID]expr.Expr{}}
	if err := c.collect(n); err != nil {
		return nil, err
	}
	if len(c.rels) < 2 || len(c.rels) > 60 {
		return mapInputsErr(n, r.node)
	}
	return c.solve(n)
}

func startsCluster(n Node) bool {
	switch n := n.(type) {
	case *Filter:
		return startsCluster(n.Input)
	case *Project:
		return onlyColumns(n) && startsCluster(n.Input)
	case *Join:
		return inCluster(n)
	}
	return false
}

func inCluster(j *Join) bool {
	return !j.Lateral && j.Kind != FullJoin && j.Kind != RightJoin
}

func onlyColumns(p *Project) bool {
	for _, it := range p.Items {
		if !isColumn(it.Expr) && !isConst(it.Expr) {
			return false
		}
	}
	return true
}

type relSet uint64

func (s relSet) has(t relSet) bool { return s&t == t }

// relation is one input of a cluster.
type relation struct {
	node   Node
	attach *Join  // the join that it is the right side of; nil: any inner join
	cols   ColSet // what it adds to a row
	needs  relSet // attachments: what must be joined before
	on     []expr.Expr
}

// predicate is a condition of a cluster, to be applied where all its relations are joined.
type predicate struct {
	cond expr.Expr
	rels relSet
}

// class is a set of columns of inner relations that are equal by the conditions.
type class struct {
	cols []*expr.Column
	rels []int // of each column
	eqs  []eqPair
}

type eqPair struct {
	a, b expr.ColID
	cond expr.Expr
}

type cluster struct {
	*orderer
	rels    []relation
	terms   []expr.Expr // conditions, as found
	renames map[expr.ColID]expr.Expr
	preds   []predicate
	classes []*class
	need    ColSet // columns whose statistics matter

	best map[relSet]*subplan
}

// subplan is the best way found to join a set of relations.
type subplan struct {
	stat        *relStat
	cost        float64
	left, right relSet // 0: a single relation
}

func (c *cluster) collect(n Node) error {
	switch x := n.(type) {
	case *Filter:
		if volatile(x.Cond) {
			break
		}
		c.terms = append(c.terms, expr.Conjuncts(x.Cond)...)
		return c.collect(x.Input)
	case *Project:
		if !onlyColumns(x) {
			break
		}
		for _, it := range x.Items {
			if !it.passes() {
				c.renames[it.ID] = it.Expr
			}
		}
		return c.collect(x.Input)
	case *Join:
		if !inCluster(x) || x.On != nil && volatile(x.On) {
			break
		}
		if x.Kind == InnerJoin {
			c.terms = append(c.terms, expr.Conjuncts(x.On)...)
			if err := c.collect(x.Left); err != nil {
				return err
			}
			return c.collect(x.Right)
		}
		return c.collectAttachment(x)
	}
	leaf, err := mapInputsErr(n, c.node)
	if err != nil {
		return err
	}
	c.rels = append(c.rels, relation{node: leaf, cols: outputSet(leaf)})
	return nil
}

func (c *cluster) collectAttachment(j *Join) error {
	before := len(c.rels)
	if err := c.collect(j.Left); err != nil {
		return err
	}
	right, err := c.node(j.Right)
	if err != nil {
		return err
	}
	r := relation{node: right, attach: j, on: expr.Conjuncts(j.On)}
	switch j.Kind {
	case LeftJoin, SingleJoin:
		r.cols = outputSet(right)
	case MarkJoin:
		r.cols = colSet(j.Mark.ID)
	}
	if j.Kind == SingleJoin && j.On != nil { // no row may meet it that would not have before: it raises errors
		r.needs = relSet(1)<<len(c.rels) - relSet(1)<<before
	}
	c.rels = append(c.rels, r)
	return nil
}

// resolve replaces renamed columns, whose replacements may have been renamed below.
func (c *cluster) resolve(e expr.Expr) expr.Expr {
	for i := 0; i <= len(c.renames); i++ {
		next := Subst(e, c.renames)
		if next == e {
			break
		}
		e = next
	}
	return e
}

// relsOf returns the relations whose columns are in cols.
func (c *cluster) relsOf(cols ColSet) relSet {
	var s relSet
	for i := range c.rels {
		if c.rels[i].cols.Intersects(cols) {
			s |= 1 << i
		}
	}
	return s
}

// solve returns the cluster joined in the best order found.
func (c *cluster) solve(n Node) (Node, error) {
	var above []expr.Expr
	c.prepare(&above)
	all := relSet(1)<<len(c.rels) - 1
	c.best = map[relSet]*subplan{}
	for i := range c.rels {
		c.best[1<<i] = c.single(i)
	}
	if len(c.rels) <= dpLimit {
		c.enumerate(all, false)
		if c.best[all] == nil {
			c.enumerate(all, true)
		}
	} else {
		c.greedy(all)
	}
	if c.best[all] == nil {
		return nil, internal("found no join order")
	}
	out, err := c.build(all)
	if err != nil {
		return nil, err
	}
	return c.restore(filter(out, above), n), nil
}

// restore gives the columns that the cluster renamed their names back.
func (c *cluster) restore(out, n Node) Node {
	fields := Fields(n)
	have := outputSet(out)
	items := make([]Item, len(fields))
	plain := true
	for i, f := range fields {
		items[i] = passField(f)
		if !have.Has(f.ID) {
			plain = false
			items[i].Expr = c.resolve(items[i].Expr)
		}
	}
	if plain {
		return out
	}
	return &Project{out, items}
}

// prepare sorts the terms into classes of equal columns, predicates, and terms without columns.
func (c *cluster) prepare(above *[]expr.Expr) {
	for i := range c.rels {
		r := &c.rels[i]
		for k := range r.on {
			r.on[k] = c.resolve(r.on[k])
		}
		if r.attach != nil {
			r.needs |= c.relsOf(exprCols(r.on...).Minus(outputSet(r.node)))
			c.need.AddAll(exprCols(r.on...))
		}
	}
	for _, t := range c.terms {
		t = c.resolve(t)
		cols := exprCols(t)
		c.need.AddAll(cols)
		rels := c.relsOf(cols)
		if rels == 0 {
			*above = append(*above, t)
			continue
		}
		if l, r, ok := columnEquality(t); ok && c.inner(rels) && bits.OnesCount64(uint64(rels)) == 2 {
			c.addEquality(l, r, t)
			continue
		}
		c.preds = append(c.preds, predicate{t, rels})
	}
}

// inner reports whether rels has no attachments.
func (c *cluster) inner(rels relSet) bool {
	for i := range c.rels {
		if rels.has(1<<i) && c.rels[i].attach != nil {
			return false
		}
	}
	return true
}

func (c *cluster) addEquality(l, r *expr.Column, cond expr.Expr) {
	into := c.classOf(l.ID)
	other := c.classOf(r.ID)
	switch {
	case into == nil && other == nil:
		into = &class{}
		c.classes = append(c.classes, into)
	case into == nil:
		into, other = other, nil
	case other != nil && other != into:
		into.cols = append(into.cols, other.cols...)
		into.rels = append(into.rels, other.rels...)
		into.eqs = append(into.eqs, other.eqs...)
		for i, x := range c.classes {
			if x == other {
				c.classes = append(c.classes[:i:i], c.classes[i+1:]...)
				break
			}
		}
	}
	for _, col := range []*expr.Column{l, r} {
		if !into.has(col.ID) {
			into.cols = append(into.cols, col)
			into.rels = append(into.rels, onlyRel(c.relsOf(colSet(col.ID))))
		}
	}
	into.eqs = append(into.eqs, eqPair{l.ID, r.ID, cond})
}

func (c *cluster) classOf(id expr.ColID) *class {
	for _, k := range c.classes {
		if k.has(id) {
			return k
		}
	}
	return nil
}

func (k *class) has(id expr.ColID) bool {
	for _, col := range k.cols {
		if col.ID == id {
			return true
		}
	}
	return false
}

// pair returns a column of the class in each of two sets of relations, two that a condition names if there
// are any.
func (k *class) pair(a, b relSet) (l, r *expr.Column, ok bool) {
	var ls, rs []*expr.Column
	for i, col := range k.cols {
		switch bit := relSet(1) << k.rels[i]; {
		case a.has(bit):
			ls = append(ls, col)
		case b.has(bit):
			rs = append(rs, col)
		}
	}
	if len(ls) == 0 || len(rs) == 0 {
		return nil, nil, false
	}
	for _, l := range ls {
		for _, r := range rs {
			if k.direct(l, r) {
				return l, r, true
			}
		}
	}
	return ls[0], rs[0], true
}

// single returns the plan of one relation; within it, columns of one class must be equal too.
func (c *cluster) single(i int) *subplan {
	r := &c.rels[i]
	if r.attach == nil {
		var terms []expr.Expr
		for _, k := range c.classes {
			var first *expr.Column
			for j, col := range k.cols {
				if k.rels[j] != i {
					continue
				}
				if first == nil {
					first = col
				} else if t, err := eq(first, col); err == nil {
					terms = append(terms, t)
				}
			}
		}
		for _, p := range c.preds {
			if p.rels == 1<<i {
				terms = append(terms, p.cond)
			}
		}
		r.node = filter(r.node, terms)
	}
	full := c.est.of(r.node)
	small := &relStat{full.rows, map[expr.ColID]colStat{}}
	for _, id := range c.need.List() {
		if s, ok := full.cols[id]; ok {
			small.cols[id] = s
		}
	}
	return &subplan{stat: small}
}

// build makes the joins of a set. The right side of an inner join, which is the one that is put into a hash
// table, is the smaller.
func (c *cluster) build(s relSet) (Node, error) {
	p := c.best[s]
	if p.left == 0 {
		return c.rels[onlyRel(s)].node, nil
	}
	a, b := p.left, p.right
	st, ok := c.step(a, b)
	if !ok {
		return nil, internal("join order has an impossible step")
	}
	if st.attach == nil && c.best[a].stat.rows < c.best[b].stat.rows {
		a, b = b, a
	}
	l, err := c.build(a)
	if err != nil {
		return nil, err
	}
	r, err := c.build(b)
	if err != nil {
		return nil, err
	}
	if st.attach == nil {
		return &Join{Kind: InnerJoin, Left: l, Right: r, On: conj(orderTerms(st.on))}, nil
	}
	j := *st.attach.attach
	j.Left, j.Right, j.On = l, r, conj(st.on)
	return filter(&j, st.after), nil
}
