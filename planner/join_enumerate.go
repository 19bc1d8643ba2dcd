package planner

import (
	"math"

	"gsql/exec/expr"
)

// step describes the join of two sets of relations.
type step struct {
	kind   JoinKind
	attach *relation
	on     []expr.Expr // the join's condition
	after  []expr.Expr // filters above it
	cross  bool
}

// step returns how a and b may be joined, b being the right side; ok is false when they may not.
func (c *cluster) step(a, b relSet) (step, bool) {
	s := step{cross: true}
	if b&(b-1) == 0 {
		r := &c.rels[onlyRel(b)]
		if r.attach != nil {
			if !a.has(r.needs) {
				return s, false
			}
			s = step{kind: r.attach.Kind, attach: r, on: r.on}
		}
	}
	if a&(a-1) == 0 && c.rels[onlyRel(a)].attach != nil {
		return s, false
	}
	for _, k := range c.classes {
		if l, r, ok := k.pair(a, b); ok {
			t, err := k.condition(l, r)
			if err != nil {
				return s, false
			}
			s.on = append(s.on[:len(s.on):len(s.on)], t)
			s.cross = false
		}
	}
	for _, p := range c.preds {
		if !(a | b).has(p.rels) || a.has(p.rels) || b.has(p.rels) && s.attach == nil {
			continue
		}
		if s.attach != nil {
			s.after = append(s.after, p.cond)
			continue
		}
		s.on = append(s.on[:len(s.on):len(s.on)], p.cond)
		s.cross = false
	}
	return s, true
}

func (k *class) condition(l, r *expr.Column) (expr.Expr, error) {
	for _, e := range k.eqs {
		if e.a == l.ID && e.b == r.ID || e.a == r.ID && e.b == l.ID {
			return e.cond, nil
		}
	}
	return eq(l, r)
}

// try considers joining a and b and remembers the result when it is the best for both together.
func (c *cluster) try(a, b relSet, cross bool) {
	l, r := c.best[a], c.best[b]
	if l == nil || r == nil {
		return
	}
	s, ok := c.step(a, b)
	if !ok || s.cross && !cross && l.stat.rows > 1 && r.stat.rows > 1 {
		return
	}
	old := c.best[a|b]
	var stat *relStat
	if old != nil {
		stat = old.stat
	} else {
		stat = c.setStat(a | b)
	}
	cost := l.cost + r.cost + c.joinCost(s, l.stat.rows, r.stat.rows, stat.rows, a)
	if old == nil || cost < old.cost*(1-1e-9) {
		c.best[a|b] = &subplan{stat, cost, a, b}
	}
}

func (c *cluster) columns(a relSet) ColSet {
	var s ColSet
	for i := range c.rels {
		if a.has(1 << i) {
			s.AddAll(c.rels[i].cols)
		}
	}
	return s
}

// joinCost is in units of rows handled. Building is dearer than probing; without keys, every pair counts.
func (c *cluster) joinCost(s step, l, r, out float64, a relSet) float64 {
	if keys, _ := splitKeys(s.on, c.columns(a)); len(keys) == 0 {
		return l*math.Max(r, 1)*0.5 + l + r + out
	}
	return math.Max(l, r) + 2*math.Min(l, r) + out
}

// enumerate finds the best plan of every subset of all, smaller ones first.
func (c *cluster) enumerate(all relSet, cross bool) {
	for s := relSet(3); s <= all; s++ {
		if s&(s-1) == 0 {
			continue
		}
		for a := (s - 1) & s; a != 0; a = (a - 1) & s {
			b := s &^ a
			if a < b && !c.isAttachment(b) { // inner joins once, the attachment always on the right
				continue
			}
			c.try(a, b, cross)
		}
	}
}

func (c *cluster) isAttachment(b relSet) bool {
	return b&(b-1) == 0 && c.rels[onlyRel(b)].attach != nil
}

// greedy joins the two sets with the cheapest join until one is left.
func (c *cluster) greedy(all relSet) {
	var sets []relSet
	for i := range c.rels {
		sets = append(sets, 1<<i)
	}
	for len(sets) > 1 {
		bestA, bestB, cost := -1, -1, math.Inf(1)
		for _, cross := range []bool{false, true} {
			for i, a := range sets {
				for j, b := range sets {
					if i == j || i > j && !c.isAttachment(b) {
						continue
					}
					if c.try(a, b, cross); c.best[a|b] == nil {
						continue
					}
					if p := c.best[a|b]; p.cost+p.stat.rows < cost {
						bestA, bestB, cost = i, j, p.cost+p.stat.rows
					}
				}
			}
			if bestA >= 0 {
				break
			}
		}
		if bestA < 0 {
			return
		}
		joined := sets[bestA] | sets[bestB]
		var rest []relSet
		for i, s := range sets {
			if i != bestA && i != bestB {
				rest = append(rest, s)
			}
		}
		sets = append(rest, joined)
	}
}
