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
//	  Project: CASE WHEN the set has it THEN key END
//	    Join: every row with every set
//	      input
//	      Values: the sets

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

// groupingFunction binds GROUPING(..). Which keys it is about is known when GROUP BY is bound.
func (b *binder) groupingFunction(blk *block, vs []value, pos int) (value, error) {
	if err := blk.clause.allowAggregate(pos); err != nil {
		return value{}, err
	}
	if len(vs) > 31 {
		return value{}, sqlstate.New(sqlstate.TooManyArguments, "GROUPING must have fewer than 32 arguments").At(pos)
	}
	for i := range vs {
		var err error
		if vs[i], err = b.settled(vs[i]); err != nil {
			return value{}, err
		}
	}
	c := &groupingCall{args: vs, id: b.newID(blk, aggregateColumn, "", "grouping"), pos: pos}
	b.info[c.id].pos = pos
	blk.groupings = append(blk.groupings, c)
	return value{e: &expr.Column{ID: c.id, Name: "grouping", Typ: types.Of(types.Int32)}, pos: pos}, nil
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
	b     *binder
	blk   *block
	g     *grouping
	sets  [][]expr.Expr
	set   exec.Field // the number of the set
	table *planner.Values
	has   []*expr.Column // per key: whether the set has it
	said  []exec.Field   // per GROUPING: what it says
}

// aggregateSets returns the aggregation of n by sets. The keys of g are what it makes of the keys.
func (b *binder) aggregateSets(blk *block, g *grouping, sets [][]expr.Expr, n planner.Node) (planner.Node, error) {
	p := &setPlan{b: b, blk: blk, g: g, sets: sets, set: b.field(blk, "set", types.Of(types.Int32))}
	inner := p.keys()
	p.values()
	n = p.expand(n, inner)
	groups := append(slices.Clone(g.keys), passed(p.set))
	for i, k := range g.keys {
		groups[i].Expr = k.Column()
	}
	for i, c := range blk.groupings {
		groups = append(groups, planner.Item{ID: c.id, Name: "grouping", Expr: columnOf(p.said[i])})
	}
	agg := &planner.Aggregate{Input: n, Groups: groups, Aggs: blk.aggs}
	return p.withEmpty(agg)
}

func (b *binder) field(blk *block, name string, t types.Type) exec.Field {
	return exec.Field{ID: b.newID(blk, aggregateColumn, "", name), Name: name, Type: t}
}

func columnOf(f exec.Field) *expr.Column { return &expr.Column{ID: f.ID, Name: f.Name, Typ: f.Type} }

func passed(f exec.Field) planner.Item {
	return planner.Item{ID: f.ID, Name: f.Name, Expr: columnOf(f)}
}

// keys returns the items that compute the keys for all sets. Those of the grouping, under which the rest of the query
// knows the keys, are NULL in sets that lack them.
func (p *setPlan) keys() []planner.Item {
	inner := make([]planner.Item, len(p.g.keys))
	for i, k := range p.g.keys {
		inner[i] = planner.Item{ID: p.b.newID(p.blk, derivedColumn, "", k.Name), Name: k.Name, Expr: k.Expr}
	}
	return inner
}

// values makes the table of the sets: number, which keys they have, and what GROUPING says.
func (p *setPlan) values() {
	p.table = &planner.Values{Cols: []exec.Field{p.set}}
	for range p.g.keys {
		f := p.b.field(p.blk, "has", types.Of(types.Bool))
		p.table.Cols = append(p.table.Cols, f)
		p.has = append(p.has, columnOf(f))
	}
	for range p.blk.groupings {
		p.said = append(p.said, p.b.field(p.blk, "grouping", types.Of(types.Int32)))
	}
	p.table.Cols = append(p.table.Cols, p.said...)
	for i, set := range p.sets {
		row := []expr.Expr{int32Const(int32(i))}
		for _, k := range p.g.keys {
			row = append(row, expr.Bool(hasKey(set, k.Expr)))
		}
		for _, c := range p.blk.groupings {
			bits := int32(0)
			for _, a := range c.args {
				bits <<= 1
				if !hasKey(set, a.e) {
					bits |= 1
				}
			}
			row = append(row, int32Const(bits))
		}
		p.table.Rows = append(p.table.Rows, row)
	}
}

// expand returns each row once per set, with the columns that aggregates use and the keys as the set has them.
func (p *setPlan) expand(n planner.Node, keys []planner.Item) planner.Node {
	var used []planner.Item
	own := n.Outputs()
	for _, a := range p.blk.aggs {
		p.b.eachColumn(a.Expr, func(c *expr.Column) {
			if slices.Contains(own, c.ID) && !slices.ContainsFunc(used, func(it planner.Item) bool { return it.ID == c.ID }) {
				used = append(used, planner.Item{ID: c.ID, Name: c.Name, Expr: c})
			}
		})
	}
	n = &planner.Project{Input: n, Items: slices.Concat(used, keys)}
	n = &planner.Join{Kind: planner.InnerJoin, Left: n, Right: p.table}
	items := slices.Clone(used)
	for i, k := range p.g.keys {
		whens := []expr.When{{Cond: p.has[i], Then: keys[i].Column()}}
		e := &expr.Case{Whens: whens, Else: expr.Null(k.Expr.Type()), Typ: k.Expr.Type()}
		items = append(items, planner.Item{ID: k.ID, Name: k.Name, Expr: e})
	}
	for _, f := range append([]exec.Field{p.set}, p.said...) {
		items = append(items, passed(f))
	}
	return &planner.Project{Input: n, Items: items}
}

// withEmpty adds the group of each set without keys, which is there even when there are no rows.
func (p *setPlan) withEmpty(agg *planner.Aggregate) (planner.Node, error) {
	empty := &planner.Values{}
	for _, f := range append([]exec.Field{p.set}, p.said...) {
		empty.Cols = append(empty.Cols, p.b.field(p.blk, f.Name, f.Type))
	}
	for i, set := range p.sets {
		if len(set) == 0 {
			row := []expr.Expr{p.table.Rows[i][0]}
			empty.Rows = append(empty.Rows, append(row, p.table.Rows[i][1+len(p.g.keys):]...))
		}
	}
	if len(empty.Rows) == 0 {
		return agg, nil
	}
	set := columnOf(p.set)
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
