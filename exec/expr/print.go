package expr

import (
	"strconv"
	"strings"

	"gsql/exec/types"
)

// Format prints a constant's value as a SQL literal; package fn's text forms are put here when it starts.
var formatValue func(c *Const) string

// SetFormat tells the printer how constants are printed.
func SetFormat(f func(c *Const) string) { formatValue = f }

func (e *Column) String() string {
	if e.Name == "" {
		return "#" + strconv.Itoa(int(e.ID))
	}
	return e.Name
}

func (e *Const) String() string {
	if e.Value.IsNull(0) {
		return "NULL"
	}
	if formatValue != nil {
		return formatValue(e)
	}
	if e.Value.Kind == types.KView {
		return "'" + strings.ReplaceAll(string(e.Value.Bytes(0)), "'", "''") + "'"
	}
	return "?"
}

func (e *Param) String() string { return "$" + strconv.Itoa(e.N) }

func (e *Call) String() string {
	if n := e.Fn.Name; n != "" && !isWord(n) {
		switch len(e.Args) {
		case 1:
			return n + operand(e.Args[0])
		case 2:
			return operand(e.Args[0]) + " " + n + " " + operand(e.Args[1])
		}
	}
	return e.Fn.Name + "(" + list(e.Args) + ")"
}

func (e *Cast) String() string { return operand(e.Arg) + "::" + e.Typ.String() }
func (e *And) String() string  { return joined(e.Terms, " AND ") }
func (e *Or) String() string   { return joined(e.Terms, " OR ") }
func (e *Not) String() string  { return "NOT " + operand(e.Arg) }

func (e *IsNull) String() string {
	if e.Not {
		return operand(e.Arg) + " IS NOT NULL"
	}
	return operand(e.Arg) + " IS NULL"
}

func (e *Case) String() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		b.WriteString(" WHEN " + w.Cond.String() + " THEN " + w.Then.String())
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + e.Else.String())
	}
	return b.String() + " END"
}

func (e *Coalesce) String() string { return "COALESCE(" + list(e.Args) + ")" }

func (e *In) String() string {
	s := make([]string, len(e.List))
	for i, c := range e.List {
		s[i] = c.String()
	}
	return operand(e.Arg) + " IN (" + strings.Join(s, ", ") + ")"
}

func (e *Aggregate) String() string {
	args := list(e.Args)
	if len(e.Args) == 0 && e.Fn.Name == "count" {
		args = "*"
	}
	if e.Distinct {
		args = "DISTINCT " + args
	}
	if len(e.OrderBy) > 0 {
		args += " ORDER BY " + Keys(e.OrderBy)
	}
	s := e.Fn.Name + "(" + args + ")"
	if e.Filter != nil {
		s += " FILTER (WHERE " + e.Filter.String() + ")"
	}
	return s
}

func (e *Window) String() string {
	var over []string
	if len(e.PartitionBy) > 0 {
		over = append(over, "PARTITION BY "+list(e.PartitionBy))
	}
	if len(e.OrderBy) > 0 {
		over = append(over, "ORDER BY "+Keys(e.OrderBy))
	}
	if f := e.Frame.String(); f != "" {
		over = append(over, f)
	}
	var call string
	if e.Agg != nil {
		call = e.Agg.String()
	} else {
		call = e.Fn.Name + "(" + list(e.Args) + ")"
	}
	if e.IgnoreNulls {
		call += " IGNORE NULLS"
	}
	return call + " OVER (" + strings.Join(over, " ") + ")"
}

// String returns the frame clause, empty for the default frame.
func (f Frame) String() string {
	if f.Mode == Range && f.Start.Kind == UnboundedPreceding && f.End.Kind == CurrentRow && f.Exclude == ExcludeNone {
		return ""
	}
	return [...]string{Range: "RANGE", Rows: "ROWS", Groups: "GROUPS"}[f.Mode] + " BETWEEN " + f.Start.String() + " AND " + f.End.String() +
		[...]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude]
}

func (b Bound) String() string {
	s := [...]string{UnboundedPreceding: "UNBOUNDED PRECEDING", Preceding: "PRECEDING", CurrentRow: "CURRENT ROW",
		Following: "FOLLOWING", UnboundedFollowing: "UNBOUNDED FOLLOWING"}[b.Kind]
	if b.Offset != nil {
		return b.Offset.String() + " " + s
	}
	return s
}

func (e *Subquery) String() string {
	switch e.Kind {
	case Exists:
		return "EXISTS (subquery)"
	case AnyOf:
		return "ANY (subquery: " + e.Cond.String() + ")"
	case AllOf:
		return "ALL (subquery: " + e.Cond.String() + ")"
	case ArrayOf:
		return "ARRAY (subquery)"
	}
	return "(subquery)"
}

// Keys prints sort keys; only what differs from the default is said.
func Keys(keys []SortKey) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = k.String()
	}
	return strings.Join(s, ", ")
}

func (k SortKey) String() string {
	s := k.Expr.String()
	if k.Desc {
		s += " DESC"
	}
	switch {
	case k.NullsFirst && !k.Desc:
		s += " NULLS FIRST"
	case !k.NullsFirst && k.Desc:
		s += " NULLS LAST"
	}
	return s
}

func list(args []Expr) string { return strings.Join(texts(args, Expr.String), ", ") }

func joined(terms []Expr, by string) string { return strings.Join(texts(terms, operand), by) }

func texts(args []Expr, f func(Expr) string) []string {
	s := make([]string, len(args))
	for i, a := range args {
		s[i] = f(a)
	}
	return s
}

// operand prints e in parentheses where an operator beside it could bind tighter.
func operand(e Expr) string {
	switch e := e.(type) {
	case *Call:
		if !isWord(e.Fn.Name) {
			return "(" + e.String() + ")"
		}
	case *And, *Or, *Not, *IsNull, *In:
		return "(" + e.String() + ")"
	}
	return e.String()
}

func isWord(name string) bool {
	c := name[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
