package planner

import (
	"math"
	"math/bits"

	"gsql/exec/expr"
)

// setStat estimates the join of a set of relations. It does not depend on the order in which they are
// joined, so that two ways to the same set are told apart by their cost alone.
func (c *cluster) setStat(s relSet) *relStat {
	out := &relStat{1, map[expr.ColID]colStat{}}
	for i := range c.rels {
		if r := &c.rels[i]; s.has(1<<i) && (r.attach == nil || r.attach.Kind == LeftJoin || r.attach.Kind == SingleJoin) {
			for id, st := range c.best[1<<i].stat.cols {
				out.cols[id] = st
			}
			if r.attach == nil {
				out.rows *= c.best[1<<i].stat.rows
			}
		}
	}
	for _, k := range c.classes {
		out.rows *= k.selectivity(c, s)
	}
	out.rows *= c.compositeKeys(s)
	for _, p := range c.preds {
		if p.rels&(p.rels-1) != 0 && s.has(p.rels) {
			out.rows *= selectivity(out, p.cond)
		}
	}
	for i := range c.rels {
		if r := &c.rels[i]; s.has(1<<i) && r.attach != nil {
			out.rows *= c.attachedShare(r, c.best[1<<i].stat, out)
		}
	}
	capDistinct(out)
	return out
}

// selectivity returns the share of combinations of rows that agree in the columns of a class: of each two
// columns, the one with more values decides.
func (k *class) selectivity(c *cluster, s relSet) float64 {
	sel, least := 1.0, math.Inf(1)
	for i, col := range k.cols {
		if !s.has(1 << k.rels[i]) {
			continue
		}
		d := keyDistinct(c.best[1<<k.rels[i]].stat, col)
		sel /= d
		least = math.Min(least, d)
	}
	if math.IsInf(least, 1) {
		return 1
	}
	return sel * least
}

// compositeKeys corrects for pairs of relations that are joined by several classes: the values of such keys
// occur together, in no more combinations than there are rows.
func (c *cluster) compositeKeys(s relSet) float64 {
	factor := 1.0
	for i := range c.rels {
		for j := i + 1; j < len(c.rels); j++ {
			if !s.has(1<<i | 1<<j) {
				continue
			}
			var keys []joinKey
			independent := 1.0
			for _, k := range c.classes {
				l, r, ok := k.pair(1<<i, 1<<j)
				if !ok || !k.direct(l, r) {
					continue
				}
				keys = append(keys, joinKey{left: l, right: r})
				independent /= math.Max(keyDistinct(c.best[1<<i].stat, l), keyDistinct(c.best[1<<j].stat, r))
			}
			if len(keys) > 1 {
				factor *= keySelectivity(c.best[1<<i].stat, c.best[1<<j].stat, keys) / independent
			}
		}
	}
	return factor
}

// direct reports whether a condition of the query names both columns.
func (k *class) direct(l, r *expr.Column) bool {
	for _, e := range k.eqs {
		if e.a == l.ID && e.b == r.ID || e.a == r.ID && e.b == l.ID {
			return true
		}
	}
	return false
}

// attachedShare returns how many rows come out of attaching a relation for each row that goes in.
func (c *cluster) attachedShare(r *relation, right, left *relStat) float64 {
	base := &relStat{math.Max(left.rows, 1), left.cols}
	var cols ColSet
	for i := range c.rels {
		if c.rels[i].attach == nil || &c.rels[i] != r {
			cols.AddAll(c.rels[i].cols)
		}
	}
	return joinStat(r.attach.Kind, base, right, cols, r.on).rows / base.rows
}

// onlyRel returns the number of the relation that a set of one consists of.
func onlyRel(s relSet) int { return bits.TrailingZeros64(uint64(s)) }
