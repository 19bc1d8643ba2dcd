package planner

import (
	"gsql/exec/expr"
)

// distinct drops grouping that changes nothing: a DISTINCT of rows that differ already, or on the right of a
// semi join; DISTINCT within min and max; a group key that is constant or stands twice. A single join with a
// side that has one row for each key becomes a left join. Aggregations whose DISTINCT is over one argument
// are done in two levels, the first of which removes the duplicates in parallel.
func distinct(o *optimizer, n Node) (Node, error) {
	n, err := mapInputsErr(n, func(i Node) (Node, error) { return distinct(o, i) })
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *Aggregate:
		return o.distinctAggregate(n)
	case *Join:
		switch n.Kind {
		case SemiJoin, AntiJoin, MarkJoin:
			if a, ok := n.Right.(*Aggregate); ok && len(a.Aggs) == 0 && len(a.Groups) > 0 {
				c := *n
				c.Right = &Project{a.Input, a.Groups}
				return &c, nil
			}
		case SingleJoin:
			keys, _ := splitKeys(expr.Conjuncts(n.On), outputSet(n.Left))
			if uniqueOn(n.Right, rightColumns(keys)) {
				c := *n
				c.Kind = LeftJoin
				return &c, nil
			}
		}
	}
	return n, nil
}

func rightColumns(keys []joinKey) ColSet {
	var s ColSet
	for _, k := range keys {
		if c, ok := k.right.(*expr.Column); ok {
			s.Add(c.ID)
		}
	}
	return s
}

// uniqueOn reports whether no two rows of n agree in cols.
func uniqueOn(n Node, cols ColSet) bool {
	if atMostOne(n) {
		return true
	}
	switch n := n.(type) {
	case *Aggregate:
		return len(n.Groups) > 0 && colSet(itemIDs(nil, n.Groups)...).In(cols)
	case *Filter, *Sort, *Limit, *TopN, *Window:
		return uniqueOn(n.Inputs()[0], cols)
	case *With:
		return uniqueOn(n.Body, cols)
	case *SetOp:
		return !n.All && colSet(n.Outputs()...).In(cols)
	case *Project:
		var in ColSet
		for _, it := range n.Items {
			if c, ok := it.Expr.(*expr.Column); ok && cols.Has(it.ID) {
				in.Add(c.ID)
			}
		}
		return uniqueOn(n.Input, in)
	case *Join:
		switch n.Kind {
		case SemiJoin, AntiJoin, MarkJoin, SingleJoin:
			return uniqueOn(n.Left, cols)
		case InnerJoin, LeftJoin:
			keys, _ := splitKeys(expr.Conjuncts(n.On), outputSet(n.Left))
			return uniqueOn(n.Right, rightColumns(keys)) && uniqueOn(n.Left, cols)
		}
	}
	return false
}

var ignoresDuplicates = map[string]bool{"min": true, "max": true, "bool_and": true, "bool_or": true, "every": true,
	"bit_and": true, "bit_or": true}

func (o *optimizer) distinctAggregate(n *Aggregate) (Node, error) {
	if len(n.Aggs) == 0 && len(n.Groups) > 0 {
		var cols ColSet
		for _, g := range n.Groups {
			if c, ok := g.Expr.(*expr.Column); ok {
				cols.Add(c.ID)
			}
		}
		if uniqueOn(n.Input, cols) {
			return &Project{n.Input, n.Groups}, nil
		}
	}
	aggs, _ := mapItems(n.Aggs, func(e expr.Expr) expr.Expr {
		if a, ok := e.(*expr.Aggregate); ok && a.Distinct && ignoresDuplicates[a.Fn.Name] {
			c := *a
			c.Distinct = false
			return &c
		}
		return e
	})
	if len(aggs) > 0 && &aggs[0] != &n.Aggs[0] {
		n = &Aggregate{n.Input, n.Groups, aggs}
	}
	if c := o.fewerKeys(n); c != nil {
		return c, nil
	}
	if two := o.twoLevels(n); two != nil {
		return two, nil
	}
	return n, nil
}

// fewerKeys drops keys that are constant or stand twice; one key stays, since no keys mean one group.
func (o *optimizer) fewerKeys(n *Aggregate) Node {
	var keep []Item
	drop := map[expr.ColID]expr.Expr{}
	for i, g := range n.Groups {
		if isConst(g.Expr) && len(n.Groups)-len(drop) > 1 && (len(keep) > 0 || moreKeys(n.Groups[i+1:])) {
			drop[g.ID] = g.Expr
			continue
		}
		same := false
		for _, k := range keep {
			if expr.Equal(k.Expr, g.Expr) && !volatile(g.Expr) {
				drop[g.ID] = k.Column()
				same = true
				break
			}
		}
		if !same {
			keep = append(keep, g)
		}
	}
	if len(drop) == 0 {
		return nil
	}
	agg := &Aggregate{n.Input, keep, n.Aggs}
	var items []Item
	for _, g := range n.Groups {
		if e, ok := drop[g.ID]; ok {
			items = append(items, Item{g.ID, g.Name, e})
		} else {
			items = append(items, Item{g.ID, g.Name, g.Column()})
		}
	}
	for _, a := range n.Aggs {
		items = append(items, Item{a.ID, a.Name, a.Column()})
	}
	return &Project{agg, items}
}

func moreKeys(groups []Item) bool {
	for _, g := range groups {
		if !isConst(g.Expr) {
			return true
		}
	}
	return false
}

// twoLevels rewrites an aggregation whose aggregates are all over the distinct values of one argument, or
// min and max, to one over an aggregation by the keys and the argument.
func (o *optimizer) twoLevels(n *Aggregate) Node {
	var arg expr.Expr
	for _, it := range n.Aggs {
		a := it.Expr.(*expr.Aggregate)
		if a.Filter != nil || len(a.OrderBy) > 0 || len(a.Args) != 1 || volatile(a.Args...) {
			return nil
		}
		switch {
		case a.Distinct:
			if arg != nil && !expr.Equal(arg, a.Args[0]) || isConst(a.Args[0]) {
				return nil
			}
			arg = a.Args[0]
		case a.Fn.Name != "min" && a.Fn.Name != "max":
			return nil
		}
	}
	if arg == nil {
		return nil
	}
	inner := &Aggregate{Input: n.Input}
	outer := &Aggregate{Input: inner}
	for _, g := range n.Groups {
		it := Item{o.newID(), g.Name, g.Expr}
		inner.Groups = append(inner.Groups, it)
		outer.Groups = append(outer.Groups, Item{g.ID, g.Name, it.Column()})
	}
	x := Item{o.newID(), "distinct", arg}
	if c, ok := arg.(*expr.Column); ok {
		x.Name = c.Name
	}
	inner.Groups = append(inner.Groups, x)
	for _, it := range n.Aggs {
		a := *it.Expr.(*expr.Aggregate)
		value := x.Column()
		if !a.Distinct {
			first := Item{o.newID(), it.Name, &a}
			inner.Aggs = append(inner.Aggs, first)
			value = first.Column()
		}
		second := a
		second.Distinct, second.Args = false, []expr.Expr{value}
		outer.Aggs = append(outer.Aggs, Item{it.ID, it.Name, &second})
	}
	return outer
}
