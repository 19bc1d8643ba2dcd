package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
)

// restrict tells tables of conditions that stand over them, before anything asks what is known of their rows: a table over
// many files then looks only for those that may matter. The filters stay.
func restrict(o *optimizer, n Node) Node {
	if f, ok := n.(*Filter); ok {
		if s, ok := f.Input.(*Scan); ok {
			return restrictScan(o, f, s)
		}
	}
	return mapInputs(n, func(i Node) Node { return restrict(o, i) })
}

func restrictScan(o *optimizer, f *Filter, s *Scan) Node {
	t, ok := s.Table.(exec.Restrictable)
	if !ok {
		return f
	}
	var terms []expr.Expr
	for _, e := range expr.Conjuncts(f.Cond) {
		if c := exprCols(e); !volatile(e) && !c.Empty() && c.In(outputSet(s)) {
			terms = append(terms, e)
		}
	}
	o.cfg.Session = true
	table := t.Restrict(o.cfg.Fn, terms, func(id expr.ColID) int {
		for _, c := range s.Cols {
			if c.ID == id {
				return c.Ordinal
			}
		}
		return -1
	})
	if table == exec.Table(t) {
		return f
	}
	c := *s
	c.Table = table
	return &Filter{&c, f.Cond}
}
