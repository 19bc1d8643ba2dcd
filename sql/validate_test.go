package sql

import (
	"fmt"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/planner"
)

// validator checks what every plan of the binder must keep: columns exist where they are used and have the
// type they were made with, IDs are made once, calls get the types their functions declare, and the branches
// of set operations agree.
type validator struct {
	made map[expr.ColID]types.Type
	seen map[expr.Query]bool // a repeated expression has the same queries
	errs []string
}

// validate returns what is wrong with a plan.
func validate(b *Bound) []string {
	v := &validator{made: map[expr.ColID]types.Type{}, seen: map[expr.Query]bool{}}
	v.node(b.Root, nil)
	for _, c := range b.Columns {
		if v.made[c.ID] != c.Type {
			v.bad("output %s is %s, made as %s", c.Name, c.Type, v.made[c.ID])
		}
		if c.Type.ID == types.Unknown {
			v.bad("output %s has no type", c.Name)
		}
	}
	out := b.Root.Outputs()
	if len(out) != len(b.Columns) {
		v.bad("%d outputs for %d columns", len(out), len(b.Columns))
	}
	for i := range out {
		if out[i] != b.Columns[i].ID {
			v.bad("output %d is #%d, not #%d", i, out[i], b.Columns[i].ID)
		}
		if out[i] >= b.NextID {
			v.bad("output #%d is beyond NextID", out[i])
		}
	}
	return v.errs
}

func (v *validator) bad(format string, args ...any) {
	v.errs = append(v.errs, fmt.Sprintf(format, args...))
}

// make notes a column that a node makes.
func (v *validator) make(id expr.ColID, t types.Type) {
	if _, ok := v.made[id]; ok {
		v.bad("column #%d is made twice", id)
	}
	if t.ID == types.Unknown {
		v.bad("column #%d has no type", id)
	}
	v.made[id] = t
}

// node checks a node whose expressions may use the columns outer besides those of its inputs.
func (v *validator) node(n planner.Node, outer map[expr.ColID]bool) {
	for i, in := range n.Inputs() {
		sees := outer
		if j, ok := n.(*planner.Join); ok && i == 1 && j.Lateral {
			sees = union(outer, j.Left.Outputs())
		}
		v.node(in, sees)
	}
	visible := outer
	for _, in := range n.Inputs() {
		visible = union(visible, in.Outputs())
	}
	for _, e := range planner.Exprs(n) {
		v.expr(e, visible)
	}
	v.makes(n)
}

// makes notes the columns that a node makes.
func (v *validator) makes(n planner.Node) {
	switch n := n.(type) {
	case *planner.Scan:
		for _, c := range n.Cols {
			v.make(c.ID, c.Type)
		}
	case *planner.Values:
		for _, c := range n.Cols {
			v.make(c.ID, c.Type)
		}
		for _, r := range n.Rows {
			for j, e := range r {
				if e.Type() != n.Cols[j].Type {
					v.bad("VALUES has %s in a column of %s", e.Type(), n.Cols[j].Type)
				}
			}
		}
	case *planner.CTERef:
		for i, c := range n.Cols {
			v.make(c.ID, c.Type)
			if v.made[n.From[i]] != c.Type {
				v.bad("CTE column %s is %s, made as %s", c.Name, c.Type, v.made[n.From[i]])
			}
		}
	case *planner.SetOp:
		for i, c := range n.Cols {
			for _, in := range n.Inputs() {
				if t := v.made[in.Outputs()[i]]; t != c.Type {
					v.bad("branch has %s for %s", t, c.Type)
				}
			}
			v.make(c.ID, c.Type)
		}
	case *planner.Project:
		v.items(n.Items)
	case *planner.Aggregate:
		v.items(n.Groups)
		v.items(n.Aggs)
	case *planner.Window:
		v.items(n.Items)
	case *planner.ProjectSet:
		for i, c := range n.Elems {
			if t := n.Arrays[i].Type(); t.Element() != c.Type {
				v.bad("elements of %s are %s", t, c.Type)
			}
			v.make(c.ID, c.Type)
		}
		if n.Number != nil {
			v.make(n.Number.ID, n.Number.Type)
		}
	}
}

func (v *validator) items(items []planner.Item) {
	seen := map[expr.ColID]bool{}
	for _, it := range items {
		if seen[it.ID] {
			v.bad("item %s has the ID of another", it)
		}
		seen[it.ID] = true
		if c, ok := it.Expr.(*expr.Column); ok && c.ID == it.ID {
			continue
		}
		v.make(it.ID, it.Expr.Type())
	}
}

// expr checks an expression over visible columns.
func (v *validator) expr(e expr.Expr, visible map[expr.ColID]bool) {
	expr.Walk(e, func(x expr.Expr) bool {
		switch x := x.(type) {
		case *expr.Column:
			if !visible[x.ID] {
				v.bad("column %s (#%d) is not visible in %s", x.Name, x.ID, e)
			}
			if t, ok := v.made[x.ID]; ok && t != x.Typ {
				v.bad("column %s is %s, made as %s", x.Name, x.Typ, t)
			}
		case *expr.Call:
			v.call(x.Fn.Name, x.Fn.Args, x.Args)
		case *expr.Case:
			for _, w := range x.Whens {
				if w.Then.Type() != x.Typ {
					v.bad("branch of %s in CASE of %s", w.Then.Type(), x.Typ)
				}
			}
		case *expr.Coalesce:
			for _, a := range x.Args {
				if a.Type() != x.Typ {
					v.bad("argument of %s in COALESCE of %s", a.Type(), x.Typ)
				}
			}
		case *expr.In:
			for _, c := range x.List {
				if c.Type() != x.Arg.Type() {
					v.bad("%s IN a list with %s", x.Arg.Type(), c.Type())
				}
			}
		case *expr.Subquery:
			q := x.Query.(planner.Node)
			if !v.seen[q] {
				v.seen[q] = true
				v.node(q, visible)
			}
			if x.Cond != nil {
				v.expr(x.Cond, union(visible, q.Outputs()))
			}
			return false
		}
		if x.Type().ID == types.Unknown {
			if _, ok := x.(*expr.Param); !ok {
				v.bad("%s has no type", x)
			}
		}
		return true
	})
}

func (v *validator) call(name string, declared []types.Type, args []expr.Expr) {
	var anyElement types.Type
	for i, a := range args {
		d := declared[min(i, len(declared)-1)]
		switch t := a.Type(); {
		case d.ID == types.AnyElement && i > 0 && anyElement.ID != types.Unknown && t != anyElement:
			v.bad("%s mixes %s and %s", name, anyElement, t)
		case d.ID == types.AnyElement:
			anyElement = t
		case categoryOf(d) != catPseudo && !sameType(d, t), d.ID == types.AnyArray && t.ID != types.Array:
			v.bad("%s gets %s for %s", name, t, d)
		}
	}
}

func union(a map[expr.ColID]bool, ids []expr.ColID) map[expr.ColID]bool {
	u := make(map[expr.ColID]bool, len(a)+len(ids))
	for id := range a {
		u[id] = true
	}
	for _, id := range ids {
		u[id] = true
	}
	return u
}
