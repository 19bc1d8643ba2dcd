package planner

import (
	"fmt"
	"strings"

	"gsql/exec/expr"
)

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
	fmt.Fprintf(b, "%v[", n.Outputs())
	for _, e := range Exprs(n) {
		b.WriteString(expr.Key(e) + ";")
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
