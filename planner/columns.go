package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
)

// outputSet returns the columns that n makes.
func outputSet(n Node) ColSet { return colSet(n.Outputs()...) }

// exprCols returns the columns that e uses, among them those that its subqueries take from outside.
func exprCols(es ...expr.Expr) ColSet {
	var s ColSet
	for _, e := range es {
		addCols(e, &s)
	}
	return s
}

func addCols(e expr.Expr, s *ColSet) {
	switch e := e.(type) {
	case nil:
	case *expr.Column:
		s.Add(e.ID)
	case *expr.Subquery:
		q := e.Query.(Node)
		inner := Free(q)
		if e.Cond != nil {
			addCols(e.Cond, &inner)
		}
		s.AddAll(inner.Minus(outputSet(q)))
	default:
		for _, c := range expr.Children(e) {
			addCols(c, s)
		}
	}
}

// Free returns the columns that n uses and does not make: those of outer queries.
func Free(n Node) ColSet {
	var used, made ColSet
	for _, e := range Exprs(n) {
		addCols(e, &used)
	}
	in := n.Inputs()
	for _, i := range in {
		made.AddAll(outputSet(i))
	}
	if _, ok := n.(*Scan); ok { // its hints are about its own columns
		made = outputSet(n)
	}
	free := used.Minus(made)
	for _, i := range in {
		f := Free(i)
		if j, ok := n.(*Join); ok && j.Lateral && i == j.Right {
			f = f.Minus(outputSet(j.Left))
		}
		free.AddAll(f)
	}
	return free
}

// Fields returns the output columns of n with their names and types.
func Fields(n Node) exec.Schema {
	switch n := n.(type) {
	case *Scan:
		f := make(exec.Schema, len(n.Cols))
		for i, c := range n.Cols {
			f[i] = exec.Field{ID: c.ID, Name: c.Name, Type: c.Type}
		}
		return f
	case *Values:
		return n.Cols
	case *CTERef:
		return n.Cols
	case *SetOp:
		return n.Cols
	case *AsofJoin:
		return append(append(exec.Schema(nil), Fields(n.Left)...), Fields(n.Right)...)
	case *Filter, *Sample, *Sort, *Limit, *TopN, *DistinctOn, *OneRow:
		return Fields(n.Inputs()[0])
	case *With:
		return Fields(n.Body)
	case *Project:
		return itemFields(nil, n.Items)
	case *Aggregate:
		return itemFields(itemFields(nil, n.Groups), n.Aggs)
	case *Window:
		return itemFields(append(exec.Schema(nil), Fields(n.Input)...), n.Items)
	case *Expand:
		return append(append(exec.Schema(nil), Fields(n.Input)...), n.added()...)
	case *ProjectSet:
		return append(append(exec.Schema(nil), Fields(n.Input)...), n.added()...)
	case *Recursion:
		return append(append(exec.Schema(nil), Fields(n.Input)...), n.Cols...)
	case *Join:
		f := append(exec.Schema(nil), Fields(n.Left)...)
		switch n.Kind {
		case SemiJoin, AntiJoin:
			return f
		case MarkJoin:
			return itemFields(f, []Item{n.Mark})
		}
		return append(f, Fields(n.Right)...)
	}
	panic(unknownNode(n))
}

func itemFields(f exec.Schema, items []Item) exec.Schema {
	for _, it := range items {
		f = append(f, exec.Field{ID: it.ID, Name: it.Name, Type: it.Expr.Type()})
	}
	return f
}

func fieldColumn(f exec.Field) *expr.Column { return &expr.Column{ID: f.ID, Name: f.Name, Typ: f.Type} }

// passField is the item that passes a column on.
func passField(f exec.Field) Item { return Item{f.ID, f.Name, fieldColumn(f)} }

func passFields(s exec.Schema) []Item {
	items := make([]Item, len(s))
	for i, f := range s {
		items[i] = passField(f)
	}
	return items
}

// passes reports whether the item only passes a column on under its own ID.
func (i Item) passes() bool {
	c, ok := i.Expr.(*expr.Column)
	return ok && c.ID == i.ID
}

// exactOutputs returns n with the outputs ids in this order: n itself, or a Project over it.
func exactOutputs(n Node, ids []expr.ColID) Node {
	out := n.Outputs()
	same := len(out) == len(ids)
	for i := 0; same && i < len(ids); i++ {
		same = out[i] == ids[i]
	}
	if same {
		return n
	}
	fields := Fields(n)
	items := make([]Item, len(ids))
	for i, id := range ids {
		k := fields.Index(id)
		if k < 0 {
			panic(internal("column #%d is not an output of %s", id, n))
		}
		items[i] = passField(fields[k])
	}
	if p, ok := n.(*Project); ok { // choose among the items that are there
		for i, id := range ids {
			items[i] = p.Items[fields.Index(id)]
		}
		return &Project{p.Input, items}
	}
	return &Project{n, items}
}

// mapInputs returns n with f applied to its inputs. The columns of set operations go by position, so their
// inputs are made to keep them.
func mapInputs(n Node, f func(Node) Node) Node {
	if only := onlyInput(n); only != nil {
		if in := f(only); in != only {
			return n.WithInputs([]Node{in})
		}
		return n
	}
	old := n.Inputs()
	if len(old) == 0 {
		return n
	}
	in := make([]Node, len(old))
	for i, o := range old {
		in[i] = f(o)
		if _, ok := n.(*SetOp); ok && in[i] != o {
			in[i] = exactOutputs(in[i], o.Outputs())
		}
	}
	return n.WithInputs(in)
}

// onlyInput returns the input of a node that has just one, else nil. Unlike Inputs it makes no slice.
func onlyInput(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		return n.Input
	case *Project:
		return n.Input
	case *Aggregate:
		return n.Input
	case *Window:
		return n.Input
	case *Expand:
		return n.Input
	case *ProjectSet:
		return n.Input
	case *Sample:
		return n.Input
	case *Sort:
		return n.Input
	case *Limit:
		return n.Input
	case *TopN:
		return n.Input
	case *DistinctOn:
		return n.Input
	case *OneRow:
		return n.Input
	}
	return nil
}

// bottomUp applies f to every node of the tree, inputs first.
func bottomUp(n Node, f func(Node) Node) Node {
	return f(mapInputs(n, func(i Node) Node { return bottomUp(i, f) }))
}

// mapInputsErr is mapInputs for functions that may fail.
func mapInputsErr(n Node, f func(Node) (Node, error)) (Node, error) {
	var first error
	m := mapInputs(n, func(i Node) Node {
		if first != nil {
			return i
		}
		x, err := f(i)
		if err != nil {
			first = err
			return i
		}
		return x
	})
	return m, first
}

// walkNodes calls f for every node of the tree and of the subqueries in it, parents first.
func walkNodes(n Node, f func(Node)) {
	f(n)
	for _, s := range subqueriesOf(n) {
		walkNodes(s.Query.(Node), f)
	}
	for _, in := range n.Inputs() {
		walkNodes(in, f)
	}
}

// madeBy returns the IDs that the node itself gives to columns.
func madeBy(n Node) []expr.ColID {
	switch n := n.(type) {
	case *Scan, *Values, *CTERef, *SetOp:
		return n.Outputs()
	case *Project:
		var ids []expr.ColID
		for _, it := range n.Items {
			if !it.passes() {
				ids = append(ids, it.ID)
			}
		}
		return ids
	case *Aggregate:
		var ids []expr.ColID
		for _, it := range n.Groups {
			if !it.passes() {
				ids = append(ids, it.ID)
			}
		}
		return itemIDs(ids, n.Aggs)
	case *Window:
		return itemIDs(nil, n.Items)
	case *Expand:
		return fieldIDs(n.added())
	case *ProjectSet:
		return fieldIDs(n.added())
	case *Recursion:
		return fieldIDs(n.Cols)
	case *Join:
		if n.Kind == MarkJoin {
			return []expr.ColID{n.Mark.ID}
		}
	}
	return nil
}
