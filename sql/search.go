package sql

import (
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// SEARCH and CYCLE are bound as the columns that the standard says they are: of a query c with the columns a and b
//
//	SEARCH DEPTH FIRST BY a SET s    the array of the rows ROW(a) from the first one on
//	SEARCH BREADTH FIRST BY a SET s  ROW(depth, a), the first depth being 0
//	CYCLE a SET m USING p            p is such an array, and m says whether its last row was in it before
//
// A row for which m is set leads to no further ones.

// withoutSearch returns a query of WITH RECURSIVE without its SEARCH and CYCLE clauses and with the columns that they mean.
func (b *binder) withoutSearch(w *syntax.With, c *syntax.CTE, parent *block, self *cteScope) (*syntax.CTE, error) {
	if c.Search == nil && c.Cycle == nil {
		return c, nil
	}
	op, ok := c.Query.Body.(*syntax.SetOp)
	if !w.Recursive || !ok || op.Kind != syntax.Union {
		return nil, sqlstate.New(sqlstate.SyntaxError, "WITH query is not recursive").At(c.Pos)
	}
	switch op.Left.(type) {
	case *syntax.Select, *syntax.Values:
	default:
		return nil, notSelect(c, "left")
	}
	step, ok := op.Right.(*syntax.Select)
	if !ok {
		return nil, notSelect(c, "right")
	}
	ref := recursiveName(step.From, c.Name)
	if ref == "" {
		return nil, unsupported(c.Pos, "Move it there.", "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"%s\" must be at the top level of its right-hand SELECT", c.Name)
	}
	scope, err := b.withClause(c.Query.With, parent, self)
	if err != nil {
		return nil, err
	}
	seed, err := b.body(op.Left, parent, scope)
	if err != nil {
		return nil, err
	}
	s := &searchRewrite{c: c, ref: ref}
	for i, col := range seed.cols {
		if i < len(c.Columns) {
			col.name = c.Columns[i].Name
		}
		s.names = append(s.names, col.name)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if y := c.Cycle; y != nil {
		marks, err := b.scalars(newBlock(parent, scope), []syntax.Expr{y.To, y.Default})
		if err != nil {
			return nil, err
		}
		if _, err := b.commonOf(marks, "CYCLE"); err != nil {
			return nil, err
		}
	}
	return s.rewrite(op, step), nil
}

func notSelect(c *syntax.CTE, side string) error {
	return unsupported(c.Pos, "Write it as one.", "with a SEARCH or CYCLE clause, the %s side of the UNION must be a SELECT", side)
}

// recursiveName returns the name under which a table is in FROM; "" if it is not there.
func recursiveName(from []syntax.TableExpr, table string) string {
	for _, t := range from {
		switch t := t.(type) {
		case *syntax.Table:
			if t.Name == table && t.Schema == "" {
				if t.Alias.Name != "" {
					return t.Alias.Name
				}
				return table
			}
		case *syntax.Join:
			if name := recursiveName([]syntax.TableExpr{t.Left, t.Right}, table); name != "" {
				return name
			}
		}
	}
	return ""
}

// searchRewrite makes the columns of SEARCH and CYCLE.
type searchRewrite struct {
	c     *syntax.CTE
	ref   string   // the name of the query within its second part
	names []string // of its columns
}

// check rejects columns that are not there, or there already.
func (s *searchRewrite) check() error {
	taken := map[string]bool{}
	for _, n := range s.names {
		taken[n] = true
	}
	listed := func(clause string, by []syntax.Ident) error {
		seen := map[string]bool{}
		for _, id := range by {
			if !taken[id.Name] {
				return sqlstate.New(sqlstate.SyntaxError, "%s column \"%s\" not in WITH query column list", clause, id.Name).At(id.Pos)
			}
			if seen[id.Name] {
				return sqlstate.New(sqlstate.DuplicateColumn, "%s column \"%s\" specified more than once", clause, id.Name).At(id.Pos)
			}
			seen[id.Name] = true
		}
		return nil
	}
	type added struct {
		what string
		id   syntax.Ident
	}
	var columns []added
	if q := s.c.Search; q != nil {
		if err := listed("search", q.By); err != nil {
			return err
		}
		columns = append(columns, added{"search sequence column", q.Set})
	}
	if y := s.c.Cycle; y != nil {
		if err := listed("cycle", y.By); err != nil {
			return err
		}
		columns = append(columns, added{"cycle mark column", y.Mark}, added{"cycle path column", y.Using})
	}
	own := map[string]string{}
	for _, a := range columns {
		if taken[a.id.Name] {
			return sqlstate.New(sqlstate.SyntaxError, "%s name \"%s\" already used in WITH query column list", a.what, a.id.Name).At(a.id.Pos)
		}
		if other := own[a.id.Name]; other != "" {
			return sqlstate.New(sqlstate.SyntaxError, "%s name and %s name are the same", other, a.what).At(a.id.Pos)
		}
		own[a.id.Name] = a.what
	}
	return nil
}

// rewrite returns the query with the columns.
func (s *searchRewrite) rewrite(op *syntax.SetOp, step *syntax.Select) *syntax.CTE {
	more := *step
	more.Targets = append([]*syntax.Target(nil), step.Targets...)
	for _, name := range s.added() {
		col := &syntax.Column{Names: []string{s.ref, name}}
		col.Pos = s.c.Pos
		more.Targets = append(more.Targets, &syntax.Target{Expr: col})
	}
	if y := s.c.Cycle; y != nil {
		mark := &syntax.Column{Names: []string{s.ref, y.Mark.Name}}
		mark.Pos = y.Pos
		more.Where = s.and(step.Where, s.op("<>", mark, y.To))
	}
	both := *op
	both.Left = s.over(op.Left, s.names, s.first())
	both.Right = s.over(&more, append(s.names[:len(s.names):len(s.names)], s.added()...), s.next())
	q := *s.c.Query
	q.Body = &both
	c := *s.c
	c.Query, c.Search, c.Cycle, c.Columns = &q, nil, nil, nil
	for _, name := range append(s.names[:len(s.names):len(s.names)], s.added()...) {
		c.Columns = append(c.Columns, syntax.Ident{Pos: s.c.Pos, Name: name})
	}
	return &c
}

// added lists the columns of the clauses.
func (s *searchRewrite) added() []string {
	var names []string
	if q := s.c.Search; q != nil {
		names = append(names, q.Set.Name)
	}
	if y := s.c.Cycle; y != nil {
		names = append(names, y.Mark.Name, y.Using.Name)
	}
	return names
}

// over returns SELECT names, more FROM (inner) AS "search"(columns).
func (s *searchRewrite) over(inner syntax.Body, columns []string, more []syntax.Expr) *syntax.Select {
	t := &syntax.SubqueryTable{Pos: s.c.Pos, Query: &syntax.Query{Pos: inner.Position(), Body: inner}, Alias: syntax.Alias{Pos: s.c.Pos, Name: "search"}}
	for _, name := range columns {
		t.Alias.Columns = append(t.Alias.Columns, syntax.Ident{Pos: s.c.Pos, Name: name})
	}
	out := &syntax.Select{Pos: inner.Position(), From: []syntax.TableExpr{t}}
	for _, name := range s.names {
		out.Targets = append(out.Targets, &syntax.Target{Expr: s.column(name)})
	}
	for i, e := range more {
		out.Targets = append(out.Targets, &syntax.Target{Expr: e, Alias: s.added()[i]})
	}
	return out
}

// first are the columns of the first rows.
func (s *searchRewrite) first() []syntax.Expr {
	var es []syntax.Expr
	if q := s.c.Search; q != nil && q.Breadth {
		zero := &syntax.Number{Text: "0"}
		zero.Pos = q.Pos
		es = append(es, s.row(q.By, s.cast(zero, "int8")))
	} else if q != nil {
		es = append(es, s.array(s.row(q.By)))
	}
	if y := s.c.Cycle; y != nil {
		es = append(es, y.Default, s.array(s.row(y.By)))
	}
	return es
}

// next are the columns of the rows that follow from others.
func (s *searchRewrite) next() []syntax.Expr {
	var es []syntax.Expr
	if q := s.c.Search; q != nil && q.Breadth {
		depth := &syntax.Field{Arg: s.column(q.Set.Name), Name: "f1"}
		one := &syntax.Number{Text: "1"}
		depth.Pos, one.Pos = q.Pos, q.Pos
		es = append(es, s.row(q.By, s.op("+", depth, one)))
	} else if q != nil {
		es = append(es, s.op("||", s.column(q.Set.Name), s.row(q.By)))
	}
	if y := s.c.Cycle; y != nil {
		found := &syntax.Quantified{Op: "=", Arg: s.row(y.By), Array: s.column(y.Using.Name)}
		mark := &syntax.Case{Whens: []syntax.When{{Cond: found, Result: y.To}}, Else: y.Default}
		found.Pos, mark.Pos = y.Pos, y.Pos
		es = append(es, mark, s.op("||", s.column(y.Using.Name), s.row(y.By)))
	}
	return es
}

func (s *searchRewrite) column(name string) *syntax.Column { return columnNamed(name, s.c.Pos) }

// row is ROW(first, by).
func (s *searchRewrite) row(by []syntax.Ident, first ...syntax.Expr) *syntax.Row {
	r := &syntax.Row{Elems: first, Explicit: true}
	r.Pos = s.c.Pos
	for _, id := range by {
		r.Elems = append(r.Elems, s.column(id.Name))
	}
	return r
}

func (s *searchRewrite) array(e syntax.Expr) syntax.Expr {
	a := &syntax.Array{Elems: []syntax.Expr{e}}
	a.Pos = s.c.Pos
	return a
}

func (s *searchRewrite) cast(e syntax.Expr, name string) syntax.Expr {
	c := &syntax.Cast{Arg: e, Type: &syntax.TypeName{Pos: s.c.Pos, Name: name, Text: name}}
	c.Pos = s.c.Pos
	return c
}

func (s *searchRewrite) op(name string, l, r syntax.Expr) syntax.Expr {
	o := &syntax.Op{Name: name, Left: l, Right: r}
	o.Pos = s.c.Pos
	return o
}

// and joins a condition, which may be missing, with another one.
func (s *searchRewrite) and(a, b syntax.Expr) syntax.Expr {
	if a == nil {
		return b
	}
	e := &syntax.And{Args: []syntax.Expr{a, b}}
	e.Pos = s.c.Pos
	return e
}
