package planner

import "gsql/exec/expr"

// share makes the equal aggregations of a plan one WITH query: (SELECT a, sum(b) FROM t GROUP BY a) that stands twice is
// computed once. Aggregations read much and yield little, so that it pays to keep what they yield; of those within each
// other, the outermost that are equal are taken.
func share(o *optimizer, n Node) Node {
	s := &sharer{optimizer: o, keys: map[*Aggregate]string{}, count: map[string]int{}, with: map[string]*With{}}
	if !s.find(n) {
		return n
	}
	n = s.node(n)
	for _, w := range s.made {
		n = &With{CTE: w.CTE, Name: w.Name, Query: w.Query, Body: n}
	}
	return n
}

type sharer struct {
	*optimizer
	keys  map[*Aggregate]string
	count map[string]int // aggregations by key
	with  map[string]*With
	made  []*With
}

// shape is what equal aggregations have in common and is quickly found.
type shape struct{ groups, aggs, nodes int }

// find gives aggregations keys that are equal when they are, and reports whether there are equal ones.
func (s *sharer) find(n Node) (found bool) {
	shapes := map[shape][]*Aggregate{}
	recursive := false
	walkNodes(n, func(x Node) {
		switch x := x.(type) {
		case *Recursion:
			recursive = true
		case *Aggregate:
			k := shape{groups: len(x.Groups), aggs: len(x.Aggs)}
			walkNodes(x, func(Node) { k.nodes++ })
			shapes[k] = append(shapes[k], x)
		}
	})
	if recursive {
		return false
	}
	for _, as := range shapes {
		if len(as) < 2 {
			continue
		}
		for _, a := range as {
			if shareable(a) {
				k := renamedKey(a)
				s.keys[a] = k
				s.count[k]++
				found = found || s.count[k] > 1
			}
		}
	}
	return found
}

// shareable reports whether an aggregation of tables yields the same wherever it stands in the plan.
func shareable(a *Aggregate) bool {
	ok, scans := Free(a).Empty() && !volatileTree(a), 0
	walkNodes(a, func(x Node) {
		switch x.(type) {
		case *Scan:
			scans++
		case *CTERef, *With, *Sample:
			ok = false
		}
	})
	return ok && scans > 0
}

// renamedKey returns a text that two plans share when they are the same but for the IDs of their columns.
func renamedKey(n Node) string {
	next := expr.ColID(firstKeyID)
	o := &optimizer{cfg: &Config{NextID: &next}, nextCTE: firstKeyID}
	n, _ = o.rename(n)
	return treeKey(n)
}

// node replaces aggregations that stand elsewhere too.
func (s *sharer) node(n Node) Node {
	a, ok := n.(*Aggregate)
	if !ok || s.count[s.keys[a]] < 2 {
		return mapInputs(n, s.node)
	}
	k := s.keys[a]
	w := s.with[k]
	if w == nil {
		query, _ := s.rename(a)
		w = &With{CTE: s.newCTE(), Name: "shared", Query: query}
		s.with[k], s.made = w, append(s.made, w)
	}
	return &CTERef{CTE: w.CTE, Name: w.Name, From: w.Query.Outputs(), Cols: Fields(a)}
}
