package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
)

// sort lowers a sort: each partition, then a merge. top is the number of rows wanted, -1 for all.
func (l *lowerer) sort(input Node, keys []expr.SortKey, top int64, pending []exec.RuntimeFilter) (exec.Plan, error) {
	in, err := l.lower(input, pending)
	if err != nil {
		return nil, err
	}
	// Keys are computed once, not again for every merge.
	p, cols := l.withColumns(in, sortExprs(keys))
	sorted := append([]expr.SortKey(nil), keys...)
	for i := range sorted {
		sorted[i].Expr = cols[i]
	}
	var out exec.Plan = &exec.Sort{Input: p, Keys: sorted, Top: top}
	if p.Partitioning().N > 1 {
		out = &exec.Exchange{Input: out, Kind: exec.Merge, N: 1, Keys: sorted}
	}
	if p != in {
		out = exactSchema(out, in.Schema())
	}
	return out, nil
}

// limit lowers a limit: each partition is cut short first.
func (l *lowerer) limit(n *Limit) (exec.Plan, error) {
	offset, count, err := limitBounds(n)
	if err != nil {
		return nil, err
	}
	in, err := l.lower(n.Input, nil)
	if err != nil {
		return nil, err
	}
	if in.Partitioning().N > 1 && count >= 0 {
		in = &exec.Limit{Input: in, Count: addLimits(offset, count)}
	}
	if count < 0 && offset == 0 {
		return in, nil
	}
	return &exec.Limit{Input: gather(in), Offset: offset, Count: count}, nil
}

// limitBounds returns the numbers of a limit, with PostgreSQL's errors for negative ones.
func limitBounds(n *Limit) (offset, count int64, err error) {
	for _, e := range []expr.Expr{n.Offset, n.Count} {
		if e == nil {
			continue
		}
		c, ok := foldTerm(e).(*expr.Const)
		if !ok {
			return 0, 0, sqlstate.Unsupported("Use a constant or a parameter.", "LIMIT and OFFSET must be constant")
		}
		if f, ok := numberOf(c.Value); ok && f < 0 {
			if e == n.Offset {
				return 0, 0, sqlstate.New(sqlstate.InvalidRowCountInOffset, "OFFSET must not be negative")
			}
			return 0, 0, sqlstate.New(sqlstate.InvalidRowCountInLimit, "LIMIT must not be negative")
		}
	}
	folded := Limit{}
	if n.Offset != nil {
		folded.Offset = foldTerm(n.Offset)
	}
	if n.Count != nil {
		folded.Count = foldTerm(n.Count)
	}
	offset, count, ok := limitNumbers(&folded)
	if !ok {
		return 0, 0, internal("LIMIT is no number: %s", n)
	}
	return offset, count, nil
}
