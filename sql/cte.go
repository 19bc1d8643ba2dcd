package sql

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// cteScope is a WITH query that names in FROM may mean, and those around it: a list, innermost first.
type cteScope struct {
	outer *cteScope
	name  string
	id    int
	query *query // nil for one of WITH RECURSIVE that is not defined yet
	keep  planner.Materialize
	uses  int
	// forward marks one that is not to be seen before its definition.
	forward bool
	later   *laterItem // it has not been bound yet, and is another one than that which is being bound
	// work is what the query that is being bound reads by its own name, in the second part of a UNION.
	work *planner.WorkTable
}

// find returns the WITH query with a name, nil when there is none.
func (s *cteScope) find(name string) *cteScope {
	for ; s != nil; s = s.outer {
		if s.name == name && !s.forward {
			return s
		}
	}
	return nil
}

// define adds a WITH query to the scope. Its columns get the names that were listed for the first of them.
func (b *binder) define(outer *cteScope, name string, q *query, columns []string, keep planner.Materialize, pos int) (*cteScope, error) {
	if len(columns) > len(q.cols) {
		return nil, sqlstate.New(sqlstate.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified",
			name, len(q.cols), len(columns)).At(pos)
	}
	for i, c := range columns {
		q.cols[i].name = c
	}
	s := &cteScope{outer: outer, name: name, id: b.nextCTE, query: q, keep: keep}
	b.nextCTE++
	return s, nil
}

// cteRef reads a WITH query: its columns come under new IDs at each use.
func (b *binder) cteRef(blk *block, s *cteScope) *relation {
	s.uses++
	ref := &planner.CTERef{CTE: s.id, Name: s.name}
	it := &fromItem{name: s.name, table: s.name, hasName: true, hasCols: true}
	for _, c := range s.query.cols {
		id := b.newID(blk, inputColumn, s.name, c.name)
		b.info[id].from = c.origin
		ref.From = append(ref.From, c.id)
		ref.Cols = append(ref.Cols, exec.Field{ID: id, Name: c.name, Type: c.typ})
		it.cols = append(it.cols, fromColumn{c.name, &expr.Column{ID: id, Name: c.name, Typ: c.typ}})
	}
	return &relation{ref, []*fromItem{it}}
}

// with wraps a plan in the WITH queries of scopes up to outer that it uses.
func with(n planner.Node, scope, outer *cteScope) planner.Node {
	for s := scope; s != outer; s = s.outer {
		if s.uses > 0 && s.query != nil {
			n = &planner.With{CTE: s.id, Name: s.name, Query: s.query.node, Body: n, Materialized: s.keep}
		}
	}
	return n
}

// forwardError adds to an error about an unknown table that a WITH query has the name, but stands later.
func (s *cteScope) forwardError(err error, name string) error {
	e, ok := err.(*sqlstate.Error)
	if !ok || e.Code != sqlstate.UndefinedTable {
		return err
	}
	for ; s != nil; s = s.outer {
		if s.name == name && s.forward {
			return e.WithDetail("There is a WITH item named \"%s\", but it cannot be referenced from this part of the query.", name).
				WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
		}
	}
	return err
}
