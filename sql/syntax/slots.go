package syntax

// slot is a place in a node that holds an expression or a query.
type slot struct {
	expr  *Expr
	query **Query
}

// slotList collects the slots of a node in the order in which they are printed; absent children have none.
type slotList []slot

func (l *slotList) add(es ...*Expr) {
	for _, e := range es {
		if *e != nil {
			*l = append(*l, slot{expr: e})
		}
	}
}

func (l *slotList) list(es []Expr) {
	for i := range es {
		*l = append(*l, slot{expr: &es[i]})
	}
}

func (l *slotList) query(q **Query) {
	if *q != nil {
		*l = append(*l, slot{query: q})
	}
}

func (l *slotList) order(items []*SortItem) {
	for _, s := range items {
		l.add(&s.Expr)
	}
}

func (l *slotList) window(w *Window) {
	l.list(w.PartitionBy)
	l.order(w.OrderBy)
	if w.Frame != nil {
		l.add(&w.Frame.Start.Offset, &w.Frame.End.Offset)
	}
}

// slotsOf returns the slots of an expression.
func slotsOf(e Expr) slotList {
	var l slotList
	switch e := e.(type) {
	case *Star:
		for _, t := range e.Replace {
			l.add(&t.Expr)
		}
	case *Field:
		l.add(&e.Arg)
	case *Op:
		l.add(&e.Left, &e.Right)
	case *And:
		l.list(e.Args)
	case *Or:
		l.list(e.Args)
	case *Not:
		l.add(&e.Arg)
	case *IsNull:
		l.add(&e.Arg)
	case *IsBool:
		l.add(&e.Arg)
	case *IsDistinct:
		l.add(&e.Left, &e.Right)
	case *Between:
		l.add(&e.Arg, &e.Low, &e.High)
	case *Like:
		l.add(&e.Arg, &e.Pattern, &e.Escape)
	case *In:
		l.add(&e.Arg)
		l.list(e.List)
		l.query(&e.Query)
	case *Quantified:
		l.add(&e.Arg, &e.Array)
		l.query(&e.Query)
	case *Exists:
		l.query(&e.Query)
	case *Subquery:
		l.query(&e.Query)
	case *ArrayQuery:
		l.query(&e.Query)
	case *Array:
		l.list(e.Elems)
	case *Struct:
		l.list(e.Values)
	case *Row:
		l.list(e.Elems)
	case *Subscript:
		l.add(&e.Arg, &e.Index, &e.Lower, &e.Upper)
	case *Case:
		l.add(&e.Arg)
		for i := range e.Whens {
			l.add(&e.Whens[i].Cond, &e.Whens[i].Result)
		}
		l.add(&e.Else)
	case *Cast:
		l.add(&e.Arg)
	case *Collate:
		l.add(&e.Arg)
	case *Call:
		for i := range e.Args {
			l.add(&e.Args[i].Value)
		}
		l.order(e.OrderBy)
		l.add(&e.Filter)
		if e.Over != nil {
			l.window(e.Over)
		}
	case *Lambda:
		l.add(&e.Body)
	case *GroupingSet:
		l.list(e.Items)
	}
	return l
}

// block is a body with the query that it is the body of, nil for an operand of a set operation. It is what
// one SELECT of the canonical text stands for.
type block struct {
	body  Body
	query *Query
}

// slots returns the parts of a block that have no place of their own in a SELECT of MySQL's.
func (b *block) slots() slotList {
	var l slotList
	if s, ok := b.body.(*Select); ok {
		l.list(s.DistinctOn)
		for _, w := range s.Windows {
			l.window(w)
		}
		l.add(&s.Qualify)
		if s.Sample != nil {
			l = append(l, s.Sample.slots()...)
		}
	}
	if d, ok := b.body.(*Describe); ok {
		l.query(&d.Query)
	}
	if b.query != nil {
		l.add(&b.query.Limit, &b.query.Offset)
	}
	return l
}

func (t *Pivot) slots() slotList {
	var l slotList
	for _, a := range t.Aggs {
		l.add(&a.Expr)
	}
	for _, o := range t.Ons {
		l.add(&o.Expr)
		for _, v := range o.Values {
			l.add(&v.Expr)
		}
		l.query(&o.Query)
	}
	l.list(t.GroupBy)
	return l
}

func (t *Unpivot) slots() slotList {
	var l slotList
	for _, c := range t.Columns {
		l.add(&c.Expr)
	}
	return l
}

// EachColumn calls f for the names in an expression, but those in its subqueries.
func EachColumn(e Expr, f func(*Column)) {
	if c, ok := e.(*Column); ok {
		f(c)
	}
	for _, s := range slotsOf(e) {
		if s.expr != nil {
			EachColumn(*s.expr, f)
		}
	}
}

// slots returns the arguments of a sample.
func (t *Sample) slots() slotList {
	var l slotList
	l.list(t.Args)
	l.add(&t.Repeatable)
	return l
}

// slots returns the calls of the item.
func (t *FuncTable) slots() slotList {
	var l slotList
	for _, c := range t.Calls {
		l.add(&c.Expr)
	}
	return l
}

// label is the name of the call that stands for an expression in the canonical text. It is there to be read;
// what counts is the number that follows.
func label(e Expr) string {
	switch e := e.(type) {
	case *Number:
		return e.Text
	case *BitString:
		return "bits"
	case *Default:
		return "default"
	case *Param:
		return "param"
	case *Column:
		return "column"
	case *Star:
		return "*"
	case *Field:
		if e.Star {
			return "field *"
		}
		return "field " + e.Name
	case *Op:
		return e.Name
	case *And:
		return "and"
	case *Or:
		return "or"
	case *Not:
		return "not"
	case *IsNull:
		return "is null"
	case *IsBool:
		return "is " + e.Test
	case *IsDistinct:
		return "is distinct from"
	case *Between:
		return "between"
	case *Like:
		return [...]string{"like", "ilike", "similar to"}[e.Kind]
	case *In:
		return "in"
	case *Quantified:
		if e.All {
			return e.Op + " all"
		}
		return e.Op + " any"
	case *Exists:
		return "exists"
	case *Subquery:
		return "subquery"
	case *ArrayQuery, *Array:
		return "array"
	case *Struct:
		return "struct"
	case *Row:
		return "row"
	case *Subscript:
		return "subscript"
	case *Case:
		return "case"
	case *Cast:
		return "cast " + e.Type.Name
	case *Collate:
		return "collate"
	case *SQLValue:
		return e.Name
	case *Call:
		return e.Name
	case *Lambda:
		return "lambda"
	case *GroupingSet:
		return [...]string{"()", "rollup", "cube", "grouping sets"}[e.Kind]
	}
	return "?"
}
