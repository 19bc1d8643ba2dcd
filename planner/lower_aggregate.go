package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
)

// fewGroups is the number of groups up to which one stream finishes an aggregation.
const fewGroups = 1000

// aggregate lowers an aggregation: in each partition first, then by groups. Where the input is one stream,
// or has its groups in one partition each, one step does.
func (l *lowerer) aggregate(n *Aggregate, pending []exec.RuntimeFilter) (exec.Plan, error) {
	var aggs []*expr.Aggregate
	twoSteps := true
	for _, it := range n.Aggs {
		a := it.Expr.(*expr.Aggregate)
		aggs = append(aggs, a)
		if a.Distinct || len(a.OrderBy) > 0 || a.Fn.State == nil {
			twoSteps = false
		}
	}
	if x, ok := n.Input.(*Expand); ok && twoSteps {
		if p, err := l.aggregateSets(n, x, aggs); p != nil || err != nil {
			return p, err
		}
	}
	l.preferKeys(n)
	in, err := l.lower(n.Input, pending)
	if err != nil {
		return nil, err
	}
	keys := make([]expr.Expr, len(n.Groups))
	var columns ColSet // keys that are columns
	for i, g := range n.Groups {
		keys[i] = g.Expr
		if c, ok := g.Expr.(*expr.Column); ok {
			columns.Add(c.ID)
		}
	}
	out := Fields(n)
	if hashedBy(in, columns) && (len(keys) > 0 || in.Partitioning().N == 1) {
		return &exec.HashAggregate{Input: in, Mode: exec.Single, Keys: keys, Aggs: aggs, Out: out}, nil
	}
	if !twoSteps {
		p, cols := l.withColumns(in, keys)
		return &exec.HashAggregate{Input: l.hashed(p, columnIDs(cols)), Mode: exec.Single, Keys: columnExprs(cols), Aggs: aggs, Out: out}, nil
	}
	partial := &exec.HashAggregate{Input: in, Mode: exec.Partial, Keys: keys, Aggs: aggs, Out: l.stateSchema(n, aggs)}
	var moved exec.Plan = &exec.Exchange{Input: partial, Kind: exec.Gather, N: 1}
	if by := l.prefer[n]; len(by) > 0 {
		moved = l.hashed(partial, by)
	} else if len(keys) > 0 && !l.hasFewGroups(n) {
		moved = l.hashed(partial, itemIDs(nil, n.Groups))
	}
	return &exec.HashAggregate{Input: moved, Mode: exec.Final, Keys: n.groupColumns(), Aggs: aggs, Out: out}, nil
}

// groupColumns returns the columns of the groups.
func (n *Aggregate) groupColumns() []expr.Expr {
	cols := make([]expr.Expr, len(n.Groups))
	for i, g := range n.Groups {
		cols[i] = g.Column()
	}
	return cols
}

// preferKeys looks for an aggregation right below n whose keys include some of n's: dealt out by those alone,
// its groups are where n needs them. There must be enough of them to keep all partitions busy.
func (l *lowerer) preferKeys(n *Aggregate) {
	var keys ColSet
	for _, g := range n.Groups {
		if c, ok := g.Expr.(*expr.Column); ok {
			keys.Add(c.ID)
		}
	}
	in := n.Input
	for {
		switch x := in.(type) {
		case *Filter:
			in = x.Input
			continue
		case *Project:
			var below ColSet
			for _, it := range x.Items {
				if c, ok := it.Expr.(*expr.Column); ok && keys.Has(it.ID) {
					below.Add(c.ID)
				}
			}
			in, keys = x.Input, below
			continue
		case *Aggregate:
			var by []expr.ColID
			values := 1.0
			stat := l.est.of(x.Input)
			for _, g := range x.Groups {
				if keys.Has(g.ID) {
					by = append(by, g.ID)
					values *= exprStat(stat, g.Expr).ndv // 0 when it is not known
				}
			}
			if len(by) < len(x.Groups) && values >= 32*float64(l.parts) {
				l.prefer[x] = by
			}
		}
		return
	}
}

// stateSchema returns the columns of a partial aggregation: the keys, then the states.
func (l *lowerer) stateSchema(n *Aggregate, aggs []*expr.Aggregate) exec.Schema {
	s := itemFields(nil, n.Groups)
	for i, a := range aggs {
		ts := make([]types.Type, len(a.Args))
		for k, arg := range a.Args {
			ts[k] = arg.Type()
		}
		for _, t := range a.Fn.State(ts) {
			s = append(s, exec.Field{ID: l.newID(), Name: n.Aggs[i].Name, Type: t})
		}
	}
	return s
}

// hasFewGroups reports whether the groups are known to be so few that dealing them out is not worth it.
func (l *lowerer) hasFewGroups(n *Aggregate) bool {
	in := l.est.of(n.Input)
	groups := 1.0
	for _, g := range n.Groups {
		d := exprStat(in, g.Expr).ndv
		if d == 0 {
			return false
		}
		groups *= d
	}
	return groups <= fewGroups
}

// window lowers window functions: rows of one PARTITION BY go to one partition.
func (l *lowerer) window(n *Window, pending []exec.RuntimeFilter) (exec.Plan, error) {
	parted := partitionColumns(n)
	var below []exec.RuntimeFilter
	for _, f := range pending {
		if parted.Has(f.Col) {
			below = append(below, f)
		}
	}
	in, err := l.lower(n.Input, below)
	if err != nil {
		return nil, err
	}
	first := n.Items[0].Expr.(*expr.Window)
	if !hashedBy(in, parted) {
		p, cols := l.withColumns(in, first.PartitionBy)
		in = l.hashed(p, columnIDs(cols))
	}
	w := &exec.Window{Input: in, Out: append(exec.Schema(nil), in.Schema()...)}
	for _, it := range n.Items {
		w.Items = append(w.Items, it.Expr.(*expr.Window))
	}
	w.Out = itemFields(w.Out, n.Items)
	return w, nil
}
