package sql

import (
	"gsql/exec/sqlstate"
	"gsql/planner"
	"gsql/sql/syntax"
)

// withItems binds the queries of a WITH clause.
type withItems struct {
	*binder
	with   *syntax.With
	parent *block
	scope  *cteScope // the items that are bound, and those of outer queries
	states []itemState
}

type itemState uint8

const (
	itemWaits itemState = iota
	itemIsBound
	itemDone
)

// laterItem is the error for the use of an item of WITH RECURSIVE that has not been bound yet: it is bound first then, and
// the item that uses it once more.
type laterItem struct{ index int }

func (*laterItem) Error() string { return "a WITH item is used that has not been bound" }

// withClause binds the queries of WITH, each visible in those after it, and with RECURSIVE in all.
func (b *binder) withClause(w *syntax.With, parent *block, outer *cteScope) (*cteScope, error) {
	if w == nil {
		return outer, nil
	}
	for i, c := range w.CTEs {
		for _, o := range w.CTEs[:i] {
			if o.Name == c.Name {
				return nil, sqlstate.New(sqlstate.DuplicateAlias, "WITH query name \"%s\" specified more than once", c.Name).At(c.Pos)
			}
		}
	}
	items := &withItems{binder: b, with: w, parent: parent, scope: outer, states: make([]itemState, len(w.CTEs))}
	for i := range w.CTEs {
		if err := items.bind(i); err != nil {
			return nil, err
		}
	}
	return items.scope, nil
}

// bind binds an item and before it those that it uses.
func (x *withItems) bind(i int) error {
	if x.states[i] == itemDone {
		return nil
	}
	x.states[i] = itemIsBound
	err := x.bindOnce(i)
	for err != nil {
		later, ok := err.(*laterItem)
		if !ok {
			return err
		}
		if x.states[later.index] == itemIsBound {
			return unsupported(x.with.CTEs[i].Pos, "Make one query of them, with a column that tells their rows apart.",
				"mutual recursion between WITH items is not implemented")
		}
		if err = x.bind(later.index); err == nil {
			err = x.bindOnce(i)
		}
	}
	x.states[i] = itemDone
	return nil
}

// bindOnce binds an item whose use of one that waits is an error.
func (x *withItems) bindOnce(i int) error {
	c := x.with.CTEs[i]
	visible := x.visible(i)
	c, err := x.withoutSearch(x.with, c, x.parent, visible)
	if err != nil {
		return err
	}
	q, err := x.withQuery(x.with, c, x.parent, visible)
	if err != nil {
		return err
	}
	keep := planner.MaterializeAuto
	if c.Materialized != nil {
		if keep = planner.MaterializeNever; *c.Materialized {
			keep = planner.MaterializeAlways
		}
	}
	x.scope, err = x.define(x.scope, c.Name, q, identNames(c.Columns), keep, c.Pos)
	return err
}

// visible returns the scope of an item: the bound ones, those that wait, and itself. Without RECURSIVE, the latter are there
// only for errors to speak of.
func (x *withItems) visible(i int) *cteScope {
	scope := x.scope
	for k, c := range x.with.CTEs {
		if k != i && x.states[k] != itemDone {
			scope = &cteScope{outer: scope, name: c.Name, forward: !x.with.Recursive, later: &laterItem{index: k}}
		}
	}
	return &cteScope{outer: scope, name: x.with.CTEs[i].Name, forward: !x.with.Recursive}
}
