package planner

import (
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
)

// Print returns the tree of a logical plan as indented text, one line per node. The queries of subqueries
// are printed below the node that uses them.
func Print(n Node) string {
	var b strings.Builder
	printTree(&b, n, 0)
	return b.String()
}

func printTree(b *strings.Builder, n Node, depth int) {
	indent := strings.Repeat("  ", depth)
	b.WriteString(indent + n.String() + "\n")
	for _, s := range subqueriesOf(n) {
		b.WriteString(indent + "  " + s.String() + ":\n")
		printTree(b, s.Query.(Node), depth+2)
	}
	for _, in := range n.Inputs() {
		printTree(b, in, depth+1)
	}
}

// subqueriesOf returns the subqueries in the expressions of one node, in the order in which they stand.
func subqueriesOf(n Node) []*expr.Subquery {
	var subs []*expr.Subquery
	for _, e := range Exprs(n) {
		expr.Walk(e, func(x expr.Expr) bool {
			if s, ok := x.(*expr.Subquery); ok {
				subs = append(subs, s)
			}
			return true
		})
	}
	return subs
}

func (n *Scan) String() string {
	names := make([]string, len(n.Cols))
	for i, c := range n.Cols {
		names[i] = c.Name
	}
	s := "Scan " + n.Name + " (" + strings.Join(names, ", ") + ")"
	if r, ok := n.Table.(interface{ Restricted() string }); ok && r.Restricted() != "" {
		s += " parts: " + r.Restricted()
	}
	if len(n.Prune) > 0 {
		s += " prune: " + exprList(n.Prune, " AND ")
	}
	if n.Limit > 0 {
		s += fmt.Sprintf(" limit: %d", n.Limit)
	}
	return s
}

func (n *Values) String() string {
	if len(n.Cols) == 0 {
		return fmt.Sprintf("Values %d rows of no columns", len(n.Rows))
	}
	if len(n.Rows) == 0 {
		return "Values " + fieldNames(n.Cols) + ": none"
	}
	rows := make([]string, 0, 4)
	for i, r := range n.Rows {
		if i == 3 && len(n.Rows) > 4 {
			rows = append(rows, fmt.Sprintf("... %d more", len(n.Rows)-3))
			break
		}
		rows = append(rows, "("+exprList(r, ", ")+")")
	}
	return "Values " + fieldNames(n.Cols) + ": " + strings.Join(rows, ", ")
}

func (n *Filter) String() string  { return "Filter " + n.Cond.String() }
func (n *Project) String() string { return "Project " + itemList(n.Items) }

func (n *Aggregate) String() string {
	s := "Aggregate"
	if len(n.Groups) > 0 {
		s += " by " + itemList(n.Groups)
	}
	if len(n.Aggs) > 0 {
		s += ": " + itemList(n.Aggs)
	}
	return s
}

func (n *Window) String() string { return "Window " + itemList(n.Items) }

var joinKinds = [...]string{InnerJoin: "Inner", LeftJoin: "Left", RightJoin: "Right", FullJoin: "Full",
	SemiJoin: "Semi", AntiJoin: "Anti", MarkJoin: "Mark", SingleJoin: "Single"}

func (k JoinKind) String() string { return joinKinds[k] }

func (n *Join) String() string {
	s := n.Kind.String() + " Join"
	if n.Kind == InnerJoin && n.On == nil {
		s = "Cross Join"
	}
	if n.Lateral {
		s = "Lateral " + s
	}
	if n.Kind == MarkJoin {
		s += " as " + n.Mark.Column().String()
	}
	if n.On != nil {
		s += " on " + n.On.String()
	}
	return s
}

func (n *Sort) String() string { return "Sort " + expr.Keys(n.Keys) }

func (n *Limit) String() string {
	s := "Limit"
	if n.Count != nil {
		s += " " + n.Count.String()
	}
	if n.Offset != nil {
		s += " offset " + n.Offset.String()
	}
	return s
}

func (n *TopN) String() string {
	s := fmt.Sprintf("TopN %d", n.Count)
	if n.Offset > 0 {
		s += fmt.Sprintf(" offset %d", n.Offset)
	}
	return s + " by " + expr.Keys(n.Keys)
}

func (n *DistinctOn) String() string {
	s := "DistinctOn " + exprList(n.On, ", ")
	if len(n.Keys) > 0 {
		s += " by " + expr.Keys(n.Keys)
	}
	return s
}

func (n *ProjectSet) String() string {
	s := "ProjectSet " + exprList(n.Arrays, ", ") + " AS " + fieldNames(n.added())
	if n.Outer {
		s = "Outer " + s
	}
	return s
}

var setKinds = [...]string{Union: "Union", Intersect: "Intersect", Except: "Except"}

func (n *SetOp) String() string {
	s := setKinds[n.Kind]
	if n.All {
		s += " all"
	}
	return s + " " + fieldNames(n.Cols)
}

func (n *OneRow) String() string { return "OneRow" }

func (n *With) String() string {
	s := "With " + cteName(n.Name, n.CTE)
	switch n.Materialized {
	case MaterializeAlways:
		s += " materialized"
	case MaterializeNever:
		s += " not materialized"
	}
	return s
}

func (n *CTERef) String() string { return "CTE " + cteName(n.Name, n.CTE) }

func cteName(name string, id int) string {
	if name == "" {
		return fmt.Sprintf("#%d", id)
	}
	return name
}

// itemList prints items: a column that is passed on by its name alone, others as expr AS name.
func itemList(items []Item) string {
	s := make([]string, len(items))
	for i, it := range items {
		s[i] = it.String()
	}
	return strings.Join(s, ", ")
}

func (i Item) String() string {
	if i.Expr == nil {
		return i.Name
	}
	name := i.Name
	if name == "" {
		name = fmt.Sprintf("#%d", i.ID)
	}
	text := i.Expr.String()
	if text == name {
		return text
	}
	return text + " AS " + name
}

func exprList(es []expr.Expr, by string) string {
	s := make([]string, len(es))
	for i, e := range es {
		s[i] = e.String()
	}
	return strings.Join(s, by)
}

func fieldNames(f []exec.Field) string {
	s := make([]string, len(f))
	for i := range f {
		s[i] = f[i].Name
		if s[i] == "" {
			s[i] = fmt.Sprintf("#%d", f[i].ID)
		}
	}
	return "(" + strings.Join(s, ", ") + ")"
}
