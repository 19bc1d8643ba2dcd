package main

import "time"

// shrinker makes a failing query smaller for as long as it fails in the same way.
type shrinker struct {
	fails    func(root *node) bool
	deadline time.Time
	root     *node
}

// shrink returns a small query that still fails.
func shrink(root *node, fails func(*node) bool, patience time.Duration) *node {
	s := &shrinker{fails: fails, deadline: time.Now().Add(patience), root: root}
	for s.pass() {
	}
	return s.root
}

func (s *shrinker) late() bool { return time.Now().After(s.deadline) }

// pass tries every edit once and reports whether one of them was kept.
func (s *shrinker) pass() bool {
	changed := false
	if s.promote() {
		changed = true
	}
	seen := map[*node]bool{}
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] || s.late() {
			return
		}
		seen[n] = true
		changed = s.edit(n) || changed
		for i := 0; i < len(n.parts); i++ {
			if c, ok := n.parts[i].(*node); ok && c != nil {
				visit(c)
			}
		}
	}
	visit(s.root)
	return changed && !s.late()
}

// promote tries to make one of the queries within the query the whole query.
func (s *shrinker) promote() bool {
	var inner []*node
	s.root.walk(func(n *node) bool {
		if n.kind == kindQuery && n != s.root {
			inner = append(inner, n)
		}
		return true
	})
	for i := len(inner) - 1; i >= 0 && !s.late(); i-- {
		if s.fails(inner[i]) {
			s.root = inner[i]
			return true
		}
	}
	return false
}

// try keeps a change when the query still fails.
func (s *shrinker) try(n *node, with node) bool {
	if s.late() {
		return false
	}
	old := *n
	*n = with
	if s.fails(s.root) {
		return true
	}
	*n = old
	return false
}

// edit tries to simplify a node.
func (s *shrinker) edit(n *node) bool {
	changed := false
	switch {
	case n.opt && len(n.parts) > 0:
		empty := *n
		empty.parts = nil
		if s.try(n, empty) {
			return true
		}
	case n.list:
		for i := 0; i < len(n.parts) && len(n.parts) > n.min && !s.late(); {
			less := *n
			less.parts = append(append([]any(nil), n.parts[:i]...), n.parts[i+1:]...)
			if s.try(n, less) {
				changed = true
			} else {
				i++
			}
		}
	}
	if n.kind == "" || n.leaf && len(n.parts) == 1 {
		return changed
	}
	if n.kind != kindQuery && s.simplest(n) {
		return true
	}
	for _, c := range within(n) {
		if s.try(n, *c) {
			return true
		}
	}
	return changed
}

// simplest tries a constant in place of an expression.
func (s *shrinker) simplest(n *node) bool {
	var constants []string
	switch n.kind {
	case "bool":
		constants = []string{"true", "false"}
	case "int4":
		constants = []string{"1"}
	case "text":
		constants = []string{"'a'"}
	}
	if name, ok := typeNames[n.kind]; ok {
		constants = append(constants, "CAST(NULL AS "+name+")")
	}
	for _, c := range constants {
		if s.try(n, *leaf(n.kind, c)) {
			return true
		}
	}
	return false
}

// within returns the nodes below n that are of its kind, the nearest first.
func within(n *node) []*node {
	var out []*node
	level := []*node{n}
	for len(level) > 0 && len(out) < 12 {
		var next []*node
		for _, m := range level {
			for _, p := range m.parts {
				if c, ok := p.(*node); ok && c != nil {
					if c.kind == n.kind {
						out = append(out, c)
					}
					next = append(next, c)
				}
			}
		}
		level = next
	}
	return out
}

// variants calls f with root, one part of which is left out or a constant in turn, until f returns false.
func variants(root *node, f func(*node) bool) {
	goOn := true
	s := &shrinker{root: root, deadline: time.Now().Add(time.Minute), fails: func(n *node) bool {
		goOn = goOn && f(n)
		return false // so that the edit is taken back
	}}
	root.walk(func(n *node) bool {
		s.edit(n)
		return goOn
	})
}
