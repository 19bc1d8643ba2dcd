package syntax

// ColumnName returns the name that PostgreSQL gives to an output column without alias: that of the column or
// the function, of the type of a cast, or ?column?.
func ColumnName(e Expr) string { return QueryNames(nil).column(e) }

func (names QueryNames) column(e Expr) string {
	if name, _ := names.figure(e); name != "" {
		return name
	}
	return "?column?"
}

// QueryNames returns the name of the first column of a query whose select list begins with a star; nil knows none.
type QueryNames func(*Query) string

// figure returns a name and how much it is worth: a weak one, of a type, gives way to one from ELSE.
func (names QueryNames) figure(e Expr) (name string, strength int) {
	switch e := e.(type) {
	case *Column:
		return e.Names[len(e.Names)-1], 2
	case *Field:
		if !e.Star {
			return e.Name, 2
		}
	case *Subscript:
		return names.figure(e.Arg)
	case *Call:
		return e.Name, 2
	case *SQLValue:
		return e.Name, 2
	case *Cast:
		if name, strength = names.figure(e.Arg); strength == 2 {
			return name, strength
		}
		return e.Type.Name, 1
	case *Collate:
		return names.figure(e.Arg)
	case *Case:
		if e.Else != nil {
			name, strength = names.figure(e.Else)
		}
		if strength < 2 {
			return "case", 1
		}
		return name, strength
	case *Exists:
		return "exists", 2
	case *Subquery:
		return names.subquery(e.Query)
	case *Array, *ArrayQuery:
		return "array", 2
	case *Row:
		return "row", 2
	}
	return "", 0
}

// subquery is the name of the one column of a query.
func (names QueryNames) subquery(q *Query) (string, int) {
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
			if _, star := t.Targets[0].Expr.(*Star); star && names != nil {
				return names(q), 2
			}
			return names.column(t.Targets[0].Expr), 2
		case *Values:
			return "column1", 2
		default:
			return "", 0
		}
	}
}
