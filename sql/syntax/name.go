package syntax

// ColumnName returns the name that PostgreSQL gives to an output column without alias: that of the column or
// the function, of the type of a cast, or ?column?.
func ColumnName(e Expr) string {
	if name, _ := figureName(e); name != "" {
		return name
	}
	return "?column?"
}

// figureName returns a name and how much it is worth: a weak one, of a type, gives way to one from ELSE.
func figureName(e Expr) (name string, strength int) {
	switch e := e.(type) {
	case *Column:
		return e.Names[len(e.Names)-1], 2
	case *Field:
		if !e.Star {
			return e.Name, 2
		}
	case *Subscript:
		return figureName(e.Arg)
	case *Call:
		return e.Name, 2
	case *SQLValue:
		return e.Name, 2
	case *Cast:
		if name, strength = figureName(e.Arg); strength == 2 {
			return name, strength
		}
		return e.Type.Name, 1
	case *Collate:
		return figureName(e.Arg)
	case *Case:
		if e.Else != nil {
			name, strength = figureName(e.Else)
		}
		if strength < 2 {
			return "case", 1
		}
		return name, strength
	case *Exists:
		return "exists", 2
	case *Subquery:
		return subqueryName(e.Query)
	case *Array, *ArrayQuery:
		return "array", 2
	case *Row:
		return "row", 2
	}
	return "", 0
}

// subqueryName is the name of the one column of a query. Of SELECT * only the binder can say.
func subqueryName(q *Query) (string, int) {
	var b Body = q
	for {
		switch t := b.(type) {
		case *Query:
			b = t.Body
		case *SetOp:
			b = t.Left
		case *Select:
			if len(t.Targets) == 0 {
				return "", 0
			}
			if t.Targets[0].Alias != "" {
				return t.Targets[0].Alias, 2
			}
			return ColumnName(t.Targets[0].Expr), 2
		case *Values:
			return "column1", 2
		default:
			return "", 0
		}
	}
}
