package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
)

// rename returns a copy of n all of whose columns and WITH queries have new IDs, and the new ID of each.
// Columns from outside stay.
func (o *optimizer) rename(n Node) (Node, map[expr.ColID]expr.ColID) {
	r := &renamer{ids: map[expr.ColID]expr.ColID{}, ctes: map[int]int{}}
	walkNodes(n, func(x Node) {
		for _, id := range madeBy(x) {
			if _, ok := r.ids[id]; !ok {
				r.ids[id] = o.newID()
			}
		}
		if w, ok := x.(*With); ok {
			r.ctes[w.CTE] = o.newCTE()
		}
	})
	return r.node(n), r.ids
}

type renamer struct {
	ids  map[expr.ColID]expr.ColID
	ctes map[int]int
}

func (r *renamer) id(id expr.ColID) expr.ColID {
	if n, ok := r.ids[id]; ok {
		return n
	}
	return id
}

func (r *renamer) expr(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		switch x := x.(type) {
		case *expr.Column:
			if id := r.id(x.ID); id != x.ID {
				return &expr.Column{ID: id, Name: x.Name, Typ: x.Typ}
			}
		case *expr.Subquery:
			c := *x
			c.Query = r.node(x.Query.(Node))
			return &c
		}
		return x
	})
}

func (r *renamer) items(items []Item) []Item {
	out := append([]Item(nil), items...)
	for i := range out {
		out[i].ID = r.id(out[i].ID)
	}
	return out
}

func (r *renamer) fields(fields []exec.Field) []exec.Field {
	out := append([]exec.Field(nil), fields...)
	for i := range out {
		out[i].ID = r.id(out[i].ID)
	}
	return out
}

func (r *renamer) node(n Node) Node {
	// Not mapInputs: that would see the new columns of set operations' inputs as a change of order.
	old := n.Inputs()
	in := make([]Node, len(old))
	for i, x := range old {
		in[i] = r.node(x)
	}
	n = MapExprs(n.WithInputs(in), r.expr)
	switch n := n.(type) {
	case *Scan:
		c := *n
		c.Cols = append([]ScanColumn(nil), n.Cols...)
		for i := range c.Cols {
			c.Cols[i].ID = r.id(c.Cols[i].ID)
		}
		return &c
	case *Values:
		return &Values{r.fields(n.Cols), n.Rows}
	case *Project:
		return &Project{n.Input, r.items(n.Items)}
	case *Aggregate:
		return &Aggregate{n.Input, r.items(n.Groups), r.items(n.Aggs)}
	case *Window:
		return &Window{n.Input, r.items(n.Items)}
	case *Expand:
		c := *n
		c.Keys, c.Marks = r.items(n.Keys), r.fields(n.Marks)
		return &c
	case *ProjectSet:
		c := *n
		c.Elems = r.fields(n.Elems)
		if n.Number != nil {
			c.Number = &r.fields([]exec.Field{*n.Number})[0]
		}
		return &c
	case *Recursion:
		c := *n
		c.Cols = r.fields(n.Cols)
		return &c
	case *Join:
		if n.Kind == MarkJoin {
			c := *n
			c.Mark.ID = r.id(c.Mark.ID)
			return &c
		}
	case *SetOp:
		c := *n
		c.Cols = r.fields(n.Cols)
		return &c
	case *With:
		c := *n
		c.CTE = r.ctes[n.CTE]
		return &c
	case *CTERef:
		c := *n
		c.Cols = r.fields(n.Cols)
		if id, ok := r.ctes[n.CTE]; ok {
			c.CTE = id
			c.From = append([]expr.ColID(nil), n.From...)
			for i := range c.From {
				c.From[i] = r.id(c.From[i])
			}
		}
		return &c
	case *Filter, *AsofJoin, *Sample, *Sort, *Limit, *TopN, *DistinctOn, *OneRow:
	default:
		panic(unknownNode(n))
	}
	return n
}
