package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
)

// distinctOn turns DISTINCT ON into a filter row_number() = 1 over a window, and a sort into the order that
// its output has.
func distinctOn(o *optimizer, n Node) (Node, error) {
	n, err := inSubqueries(n, func(q Node) (Node, error) { return distinctOn(o, q) })
	if err != nil {
		return nil, err
	}
	n, err = mapInputsErr(n, func(i Node) (Node, error) { return distinctOn(o, i) })
	d, ok := n.(*DistinctOn)
	if err != nil || !ok {
		return n, err
	}
	first, err := o.rowNumberFilter(d.Input, d.On, d.Keys, nil, int64Const(1))
	if err != nil || len(d.Keys) == 0 {
		return first, err
	}
	return &Sort{first, d.Keys}, nil
}

var rowNumber = &fn.Window{Name: "row_number", Ret: types.Of(types.Int64)}

// rowNumberFilter keeps, of the rows of n that agree in partition, those from number offset+1 to
// offset+count in the order of keys. Both are bigint and may be nil.
func (o *optimizer) rowNumberFilter(n Node, partition []expr.Expr, keys []expr.SortKey, offset, count expr.Expr) (Node, error) {
	if offset == nil && count == nil {
		return n, nil
	}
	f := rowNumber
	if known := fn.Windows("row_number"); len(known) > 0 {
		f = known[0]
	}
	field := exec.Field{ID: o.newID(), Name: "row_number", Type: types.Of(types.Int64)}
	w := &Window{n, []Item{{field.ID, field.Name, &expr.Window{Fn: f, PartitionBy: partition, OrderBy: keys,
		Frame: expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}, Typ: field.Type}}}}
	var terms []expr.Expr
	if offset != nil {
		e, err := call(">", fieldColumn(field), offset)
		if err != nil {
			return nil, err
		}
		terms = append(terms, e)
	}
	if count != nil {
		last := count
		if offset != nil {
			sum, err := call("+", offset, count)
			if err != nil {
				return nil, err
			}
			last = sum
		}
		e, err := call("<=", fieldColumn(field), last)
		if err != nil {
			return nil, err
		}
		terms = append(terms, e)
	}
	return exactOutputs(&Filter{w, conj(terms)}, n.Outputs()), nil
}

// inSubqueries applies f to the queries of the subqueries in n's own expressions.
func inSubqueries(n Node, f func(Node) (Node, error)) (Node, error) {
	var first error
	m := MapExprs(n, func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			s, ok := x.(*expr.Subquery)
			if !ok || first != nil {
				return x
			}
			q, err := f(s.Query.(Node))
			if err != nil {
				first = err
				return x
			}
			if q == s.Query {
				return x
			}
			c := *s
			c.Query = q
			return &c
		})
	})
	return m, first
}
