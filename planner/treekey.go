package planner

import (
	"fmt"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// SubqueryKey returns a text that two subqueries share exactly when they are the same: over the same tables and outer
// columns, with the same names, but for the IDs of the columns and of the WITH queries that they make themselves. It is
// not for reading.
func SubqueryKey(s *expr.Subquery) string {
	next := expr.ColID(firstKeyID)
	o := &optimizer{cfg: &Config{NextID: &next}, nextCTE: firstKeyID}
	n, ids := o.rename(s.Query.(Node))
	m := map[expr.ColID]expr.Expr{}
	for id, to := range ids {
		m[id] = &expr.Column{ID: to}
	}
	return fmt.Sprintf("%d %s %s", s.Kind, exprKey(Subst(s.Cond, m)), treeKey(n))
}

// firstKeyID is beyond the IDs of columns and WITH queries that a query can have.
const firstKeyID = 1 << 30

// exprKey is expr.Key, with the queries of subqueries written out.
func exprKey(e expr.Expr) string {
	return expr.Key(expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		if s, ok := x.(*expr.Subquery); ok {
			key := fmt.Sprintf("%d %s %s", s.Kind, exprKey(s.Cond), treeKey(s.Query.(Node)))
			return &expr.Const{Value: vec.NewText(types.Of(types.Unknown), key, 1)}
		}
		return x
	}))
}

// treeKey returns a text that two plans share exactly when they are the same but for their pointers.
func treeKey(n Node) string {
	var b strings.Builder
	writeTreeKey(&b, n)
	return b.String()
}

func writeTreeKey(b *strings.Builder, n Node) {
	switch x := n.(type) {
	case *Scan:
		fmt.Fprintf(b, "scan %p %d", x.Table, x.Limit)
	case *Join:
		fmt.Fprintf(b, "join %d %v %v", x.Kind, x.Lateral, x.TwoValued)
	case *Sample:
		fmt.Fprintf(b, "sample %d %v", x.Method, x.Seed == nil)
	case *AsofJoin:
		fmt.Fprintf(b, "asof %s %v", x.Op, x.Outer)
	case *ProjectSet:
		fmt.Fprintf(b, "projectset %v", x.Outer)
	case *Expand:
		fmt.Fprintf(b, "expand %v", x.Sets)
	case *Recursion:
		fmt.Fprintf(b, "recursion %p %v", x.Work, x.All)
	case *SetOp:
		fmt.Fprintf(b, "set %d %v", x.Kind, x.All)
	case *With:
		fmt.Fprintf(b, "with %d %d", x.CTE, x.Materialized)
	case *CTERef:
		fmt.Fprintf(b, "ref %d %v", x.CTE, x.From)
	case *TopN:
		fmt.Fprintf(b, "top %d %d %s", x.Offset, x.Count, keyFlags(x.Keys))
	case *Sort:
		fmt.Fprintf(b, "sort %s", keyFlags(x.Keys))
	case *Limit:
		fmt.Fprintf(b, "limit %v", x.Offset == nil)
	default:
		fmt.Fprintf(b, "%T", n)
	}
	for _, f := range Fields(n) {
		fmt.Fprintf(b, " %d %q", f.ID, f.Name)
	}
	b.WriteByte('[')
	for _, e := range Exprs(n) {
		b.WriteString(exprKey(e) + ";")
	}
	b.WriteByte(']')
	for _, in := range n.Inputs() {
		b.WriteByte('(')
		writeTreeKey(b, in)
		b.WriteByte(')')
	}
}

func keyFlags(keys []expr.SortKey) string {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%v%v", k.Desc, k.NullsFirst)
	}
	return b.String()
}
