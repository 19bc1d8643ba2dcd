package planner

import (
	"fmt"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Expand repeats its input once per set, for an Aggregate by grouping sets above it: with keys that are NULL in the sets
// that lack them, and with marks.
type Expand struct {
	Input Node
	Keys  []Item       // new IDs
	Marks []exec.Field // integers that tell the sets apart
	Sets  []GroupingSet
}

// GroupingSet is one set of an Expand.
type GroupingSet struct {
	Has   []bool  // per key
	Marks []int32 // the values of the marks
}

func (n *Expand) Inputs() []Node { return []Node{n.Input} }
func (*Expand) node()            {}

func (n *Expand) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

// added returns the columns that the node adds to its input's.
func (n *Expand) added() []exec.Field { return append(itemFields(nil, n.Keys), n.Marks...) }

func (n *Expand) Outputs() []expr.ColID {
	return append(slices.Clone(n.Input.Outputs()), fieldIDs(n.added())...)
}

func (n *Expand) String() string {
	sets := make([]string, len(n.Sets))
	for i, s := range n.Sets {
		var keys []string
		for k, it := range n.Keys {
			if s.Has[k] {
				keys = append(keys, it.Expr.String())
			}
		}
		sets[i] = "(" + strings.Join(keys, ", ") + ")"
		for _, m := range s.Marks {
			sets[i] += fmt.Sprintf(" %d", m)
		}
	}
	return "Expand " + strings.Join(sets, ", ")
}

// only returns n with the keys and marks in need.
func (n *Expand) only(need ColSet) *Expand {
	c := *n
	c.Keys, c.Marks, c.Sets = nil, nil, make([]GroupingSet, len(n.Sets))
	for k, it := range n.Keys {
		if need.Has(it.ID) {
			c.Keys = append(c.Keys, it)
			for i, s := range n.Sets {
				c.Sets[i].Has = append(c.Sets[i].Has, s.Has[k])
			}
		}
	}
	for k, f := range n.Marks {
		if need.Has(f.ID) {
			c.Marks = append(c.Marks, f)
			for i, s := range n.Sets {
				c.Sets[i].Marks = append(c.Sets[i].Marks, s.Marks[k])
			}
		}
	}
	if len(c.Keys) == len(n.Keys) && len(c.Marks) == len(n.Marks) {
		return n
	}
	return &c
}

// pushExpandDown moves terms below the expansion: those over the input, and those over keys that all sets have. Sets
// whose rows cannot meet the terms go.
func pushExpandDown(n *Expand, terms []expr.Expr) Node {
	down, stay := splitTerms(terms, outputSet(n.Input), outputSet(n))
	c := *n
	c.Sets = nil
	for _, s := range n.Sets {
		if !slices.ContainsFunc(stay, func(t expr.Expr) bool { return neverTrue(n.in(s, t)) }) {
			c.Sets = append(c.Sets, s)
		}
	}
	if len(c.Sets) == 0 {
		return emptyLike(n)
	}
	var above []expr.Expr
	m := map[expr.ColID]expr.Expr{}
	var shared ColSet
	for k, it := range n.Keys {
		if !volatile(it.Expr) && !slices.ContainsFunc(c.Sets, func(s GroupingSet) bool { return !s.Has[k] }) {
			m[it.ID] = it.Expr
			shared.Add(it.ID)
		}
	}
	for _, t := range stay {
		if used := exprCols(t).And(colSet(fieldIDs(n.added())...)); !used.Empty() && used.In(shared) && !volatile(t) {
			down = append(down, Subst(t, m))
		} else {
			above = append(above, t)
		}
	}
	c.Input = pushDown(n.Input, down, nil)
	if len(c.Sets) == len(n.Sets) && c.Input == n.Input {
		return filter(n, above)
	}
	return filter(&c, above)
}

// in returns what a condition is for the rows of a set.
func (n *Expand) in(s GroupingSet, t expr.Expr) expr.Expr {
	m := map[expr.ColID]expr.Expr{}
	for k, it := range n.Keys {
		if !s.Has[k] {
			m[it.ID] = expr.Null(it.Expr.Type())
		}
	}
	for k, f := range n.Marks {
		m[f.ID] = &expr.Const{Value: vec.NewConst(f.Type, types.KInt32, s.Marks[k], 1)}
	}
	return foldTerm(Subst(t, m))
}

// expand lowers an expansion by itself.
func (l *lowerer) expand(n *Expand, pending []exec.RuntimeFilter) (exec.Plan, error) {
	in, err := l.lower(n.Input, filtersFor(pending, n.Input))
	if err != nil {
		return nil, err
	}
	exprs := make([]expr.Expr, len(n.Keys))
	for i, k := range n.Keys {
		exprs[i] = k.Expr
	}
	p, cols := l.withColumns(in, exprs)
	x := &exec.Expand{Input: p, Sets: len(n.Sets)}
	for i, f := range in.Schema() {
		x.Cols, x.Out = append(x.Cols, exec.ExpandColumn{From: i}), append(x.Out, f)
	}
	for k, f := range n.added() {
		c := n.column(k)
		if c.Marks == nil {
			c.From = p.Schema().Index(cols[k].ID)
		}
		x.Cols, x.Out = append(x.Cols, c), append(x.Out, f)
	}
	return x, nil
}

// column returns the added column k, but for where a key comes from.
func (n *Expand) column(k int) exec.ExpandColumn {
	var c exec.ExpandColumn
	for _, s := range n.Sets {
		if k < len(n.Keys) {
			c.Has = append(c.Has, s.Has[k])
		} else {
			c.Marks = append(c.Marks, s.Marks[k-len(n.Keys)])
		}
	}
	return c
}

// aggregateSets lowers an aggregation of an expansion, or returns nil where that does not help. The rows are aggregated
// by all keys first, and the groups' states are what is repeated for each set.
func (l *lowerer) aggregateSets(n *Aggregate, x *Expand, aggs []*expr.Aggregate) (exec.Plan, error) {
	added := fieldIDs(x.added())
	from := make([]int, len(n.Groups)) // per group: the added column that it is
	for i, g := range n.Groups {
		c, ok := g.Expr.(*expr.Column)
		if !ok {
			return nil, nil
		}
		if from[i] = slices.Index(added, c.ID); from[i] < 0 {
			return nil, nil
		}
	}
	for _, a := range aggs {
		if exprCols(a).Intersects(colSet(added...)) {
			return nil, nil
		}
	}
	in, err := l.lower(x.Input, nil)
	if err != nil {
		return nil, err
	}
	keys := make([]expr.Expr, len(x.Keys))
	partial := &exec.HashAggregate{Input: in, Mode: exec.Partial, Aggs: aggs}
	for i, k := range x.Keys {
		keys[i] = k.Expr
		partial.Out = append(partial.Out, exec.Field{ID: l.newID(), Name: k.Name, Type: k.Expr.Type()})
	}
	partial.Keys = keys
	states := l.stateSchema(n, aggs)
	partial.Out = append(partial.Out, states[len(n.Groups):]...)
	e := &exec.Expand{Input: partial, Sets: len(x.Sets), Out: states}
	for _, k := range from {
		c := x.column(k)
		c.From = k
		e.Cols = append(e.Cols, c)
	}
	for i := len(keys); i < len(partial.Out); i++ {
		e.Cols = append(e.Cols, exec.ExpandColumn{From: i})
	}
	groups := n.groupColumns()
	combined := &exec.HashAggregate{Input: e, Mode: exec.Combine, Keys: groups, Aggs: aggs, Out: l.stateSchema(n, aggs)}
	return &exec.HashAggregate{Input: l.hashed(combined, itemIDs(nil, n.Groups)), Mode: exec.Final, Keys: groups, Aggs: aggs, Out: Fields(n)}, nil
}
