package sql

import (
	"slices"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// GROUP BY with grouping sets is planned by what there is for one set: each row comes once per set, with the keys that
// the set lacks NULL and with the number of the set as one more key.
//
//	Aggregate by keys, set, GROUPING(..)
//	  Expand: the sets
//	    Project: the keys
//	      input

const (
	maxCube = 12 // elements of a CUBE, as in PostgreSQL
	maxSets = 4096
)

// groupingCall is a use of GROUPING(..), with the column that holds its result.
type groupingCall struct {
	args []value
	id   expr.ColID
	pos  int
}

// groupingFunction binds GROUPING(..). Like an aggregate it belongs to the innermost query whose columns it uses. Which
// keys it is about is known when GROUP BY is bound.
func (b *binder) groupingFunction(blk *block, vs []value, pos int) (value, error) {
	if len(vs) > 31 {
		return value{}, sqlstate.New(sqlstate.TooManyArguments, "GROUPING must have fewer than 32 arguments").At(pos)
	}
	for i := range vs {
		var err error
		if vs[i], err = b.settled(vs[i]); err != nil {
			return value{}, err
		}
	}
	owner := b.level(blk, exprsOf(vs)...)
	if err := owner.clause.allowGrouping(pos); err != nil {
		return value{}, err
	}
	for _, c := range owner.groupings {
		if slices.EqualFunc(c.args, vs, func(a, b value) bool { return expr.Equal(a.e, b.e) }) {
			return c.value(pos), nil
		}
	}
	c := &groupingCall{args: vs, id: b.newID(owner, aggregateColumn, "", "grouping"), pos: pos}
	b.info[c.id].pos = pos
	owner.groupings = append(owner.groupings, c)
	return c.value(pos), nil
}

func (c *groupingCall) value(pos int) value {
	return value{e: &expr.Column{ID: c.id, Name: "grouping", Typ: types.Of(types.Int32)}, pos: pos}
}

// groupingSets returns the sets that the items of GROUP BY stand for: all combinations of one set of each item.
func groupingSets(items []syntax.Expr, pos int) ([][]syntax.Expr, error) {
	sets := [][]syntax.Expr{nil}
	for _, item := range items {
		choices, err := setsOf(item)
		if err != nil {
			return nil, err
		}
		if len(sets)*len(choices) > maxSets {
			return nil, sqlstate.New(sqlstate.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets).At(pos)
		}
		var product [][]syntax.Expr
		for _, s := range sets {
			for _, c := range choices {
				product = append(product, slices.Concat(s, c))
			}
		}
		sets = product
	}
	return sets, nil
}

// setsOf returns the sets that one item of GROUP BY stands for.
func setsOf(item syntax.Expr) ([][]syntax.Expr, error) {
	g, ok := item.(*syntax.GroupingSet)
	if !ok {
		return [][]syntax.Expr{elements(item)}, nil
	}
	var sets [][]syntax.Expr
	switch g.Kind {
	case syntax.GroupingEmpty:
		return [][]syntax.Expr{nil}, nil
	case syntax.GroupingRollup:
		for n := len(g.Items); n >= 0; n-- {
			var set []syntax.Expr
			for _, e := range g.Items[:n] {
				set = append(set, elements(e)...)
			}
			sets = append(sets, set)
		}
	case syntax.GroupingCube:
		n := len(g.Items)
		if n > maxCube {
			return nil, sqlstate.New(sqlstate.TooManyColumns, "CUBE is limited to %d elements", maxCube).At(g.Position())
		}
		for bits := 1<<n - 1; bits >= 0; bits-- {
			var set []syntax.Expr
			for k, e := range g.Items {
				if bits>>(n-1-k)&1 != 0 {
					set = append(set, elements(e)...)
				}
			}
			sets = append(sets, set)
		}
	case syntax.GroupingSets:
		for _, e := range g.Items {
			inner, err := setsOf(e)
			if err != nil {
				return nil, err
			}
			sets = append(sets, inner...)
		}
	}
	return sets, nil
}

// elements returns the expressions of a list in parentheses, or the one there is.
func elements(e syntax.Expr) []syntax.Expr {
	if row, ok := e.(*syntax.Row); ok && !row.Explicit {
		return row.Elems
	}
	return []syntax.Expr{e}
}

// groupBySets binds GROUP BY with grouping sets.
func (b *binder) groupBySets(blk *block, p *parts, s *syntax.Select) error {
	sets, err := groupingSets(s.GroupBy, s.GroupBy[0].Position())
	if err != nil {
		return err
	}
	bound := map[syntax.Expr]*target{}
	p.sets = [][]expr.Expr{} // not nil: there are sets
	for _, set := range sets {
		var keys []expr.Expr
		for _, e := range set {
			t := bound[e]
			if t == nil {
				if t, err = b.groupTarget(blk, p, e); err != nil {
					return err
				}
				bound[e] = t
				p.groupBy = append(p.groupBy, t)
			}
			if !hasKey(keys, t.v.e) {
				keys = append(keys, t.v.e)
			}
		}
		if !s.GroupDistinct || !slices.ContainsFunc(p.sets, func(other []expr.Expr) bool { return sameKeys(keys, other) }) {
			p.sets = append(p.sets, keys)
		}
	}
	return nil
}

func sameKeys(a, b []expr.Expr) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(e expr.Expr) bool { return !hasKey(b, e) })
}

func hasKey(set []expr.Expr, e expr.Expr) bool {
	return slices.ContainsFunc(set, func(k expr.Expr) bool { return expr.Equal(k, e) })
}

// setPlan plans an aggregation by grouping sets.
type setPlan struct {
	b      *binder
	blk    *block
	g      *grouping
	sets   [][]expr.Expr
	expand *planner.Expand // its marks are the number of the set and what each GROUPING says
}

// aggregateSets returns the aggregation of n by sets. The keys of g are what it makes of the keys.
func (b *binder) aggregateSets(blk *block, g *grouping, sets [][]expr.Expr, n planner.Node) (planner.Node, error) {
	p := &setPlan{b: b, blk: blk, g: g, sets: sets}
	p.expandInput(n)
	groups := slices.Clone(g.keys)
	for i, k := range g.keys {
		groups[i].Expr = k.Column()
	}
	for i, f := range p.expand.Marks {
		it := passed(f)
		if i > 0 {
			it.ID = blk.groupings[i-1].id
		}
		groups = append(groups, it)
	}
	return p.withEmpty(&planner.Aggregate{Input: p.expand, Groups: groups, Aggs: blk.aggs})
}

func (b *binder) field(blk *block, name string, t types.Type) exec.Field {
	return exec.Field{ID: b.newID(blk, aggregateColumn, "", name), Name: name, Type: t}
}

func columnOf(f exec.Field) *expr.Column { return &expr.Column{ID: f.ID, Name: f.Name, Typ: f.Type} }

func passed(f exec.Field) planner.Item {
	return planner.Item{ID: f.ID, Name: f.Name, Expr: columnOf(f)}
}

// expandInput makes each row of n come once per set. The keys that are computed for all sets have IDs of their own; those
// of the grouping, under which the rest of the query knows the keys, are NULL in sets that lack them.
func (p *setPlan) expandInput(n planner.Node) {
	project := &planner.Project{Input: n, Items: p.used(n)}
	p.expand = &planner.Expand{Input: project, Marks: []exec.Field{p.b.field(p.blk, "set", types.Of(types.Int32))}}
	for range p.blk.groupings {
		p.expand.Marks = append(p.expand.Marks, p.b.field(p.blk, "grouping", types.Of(types.Int32)))
	}
	for _, k := range p.g.keys {
		key := planner.Item{ID: p.b.newID(p.blk, derivedColumn, "", k.Name), Name: k.Name, Expr: k.Expr}
		project.Items = append(project.Items, key)
		p.expand.Keys = append(p.expand.Keys, planner.Item{ID: k.ID, Name: k.Name, Expr: key.Column()})
	}
	for i, set := range p.sets {
		s := planner.GroupingSet{Marks: []int32{int32(i)}}
		for _, k := range p.g.keys {
			s.Has = append(s.Has, hasKey(set, k.Expr))
		}
		for _, c := range p.blk.groupings {
			s.Marks = append(s.Marks, c.says(set))
		}
		p.expand.Sets = append(p.expand.Sets, s)
	}
}

// says returns what GROUPING is in a set: a bit for each argument, which is set where it is no key.
func (c *groupingCall) says(set []expr.Expr) (bits int32) {
	for _, a := range c.args {
		bits <<= 1
		if !hasKey(set, a.e) {
			bits |= 1
		}
	}
	return bits
}

// used returns the columns of n that aggregates use.
func (p *setPlan) used(n planner.Node) []planner.Item {
	var used []planner.Item
	own := n.Outputs()
	for _, a := range p.blk.aggs {
		p.b.eachColumn(a.Expr, func(c *expr.Column) {
			if slices.Contains(own, c.ID) && !slices.ContainsFunc(used, func(it planner.Item) bool { return it.ID == c.ID }) {
				used = append(used, planner.Item{ID: c.ID, Name: c.Name, Expr: c})
			}
		})
	}
	return used
}

// withEmpty adds the group of each set without keys, which is there even when there are no rows.
func (p *setPlan) withEmpty(agg *planner.Aggregate) (planner.Node, error) {
	empty := &planner.Values{}
	for _, f := range p.expand.Marks {
		empty.Cols = append(empty.Cols, p.b.field(p.blk, f.Name, f.Type))
	}
	for i, set := range p.sets {
		if len(set) == 0 {
			var row []expr.Expr
			for _, x := range p.expand.Sets[i].Marks {
				row = append(row, int32Const(x))
			}
			empty.Rows = append(empty.Rows, row)
		}
	}
	if len(empty.Rows) == 0 {
		return agg, nil
	}
	set := columnOf(p.expand.Marks[0])
	eq, err := p.b.operator("=", value{e: set}, value{e: columnOf(empty.Cols[0])}, -1)
	if err != nil {
		return nil, err
	}
	n := &planner.Join{Kind: planner.FullJoin, Left: agg, Right: empty, On: eq.e}
	missing := &expr.IsNull{Arg: set}
	var items []planner.Item
	for _, k := range p.g.keys {
		items = append(items, planner.Item{ID: k.ID, Name: k.Name, Expr: k.Column()})
	}
	for i := range p.blk.aggs {
		// The rest of the query knows the aggregates by their IDs, which are the items' then.
		a := &p.blk.aggs[i]
		computed := &expr.Column{ID: p.b.newID(p.blk, aggregateColumn, "", a.Name), Name: a.Name, Typ: a.Expr.Type()}
		agg.Aggs = replaceID(agg.Aggs, i, computed.ID)
		e := expr.Expr(computed)
		if of := planner.EmptyResult(a.Expr.(*expr.Aggregate)); of != nil {
			e = &expr.Case{Whens: []expr.When{{Cond: missing, Then: of}}, Else: computed, Typ: computed.Typ}
		}
		items = append(items, planner.Item{ID: a.ID, Name: a.Name, Expr: e})
	}
	for i, c := range p.blk.groupings {
		computed := p.b.field(p.blk, "grouping", types.Of(types.Int32))
		agg.Groups = replaceID(agg.Groups, len(p.g.keys)+1+i, computed.ID)
		e := &expr.Case{Whens: []expr.When{{Cond: missing, Then: columnOf(empty.Cols[1+i])}}, Else: columnOf(computed), Typ: computed.Type}
		items = append(items, planner.Item{ID: c.id, Name: computed.Name, Expr: e})
	}
	return &planner.Project{Input: n, Items: items}, nil
}

func replaceID(items []planner.Item, i int, id expr.ColID) []planner.Item {
	items = slices.Clone(items)
	items[i].ID = id
	return items
}
