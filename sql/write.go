package sql

import (
	"context"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// TableColumn is what writing to a table needs to know of a column.
type TableColumn struct {
	Name    string
	Type    types.Type
	Default string // the text of an expression; "" for NULL
	// Identity: the default numbers the rows. Always: a statement must not give another value.
	Identity, Always bool
}

// WriteTable is what writing to a table needs to know of it. The rows that are bound have its columns, and behind them one for
// each of its CHECK constraints: whether the row satisfies it, or NULL.
type WriteTable struct {
	Name    string
	Columns []TableColumn
	Checks  []TableCheck
}

// writer binds a statement that writes to a table. The rows that it makes have the columns of the table, with the types
// of these but for the length of strings, which is checked where they are stored.
type writer struct {
	*binder
	table   string
	columns []TableColumn
	tests   []TableCheck
}

func newWriter(ctx context.Context, table string, columns []TableColumn, env *Env) *writer {
	return &writer{&binder{ctx: ctx, env: env, params: append([]types.Type(nil), env.Params...), columns: newColumns()}, table, columns, nil}
}

// stored is the type in which rows of a column come to be stored.
func stored(t types.Type) types.Type {
	id := t.ID
	if id == types.Array {
		id = t.Elem
	}
	if id == types.Varchar || id == types.Char {
		return withoutModifiers(t)
	}
	return t
}

// BindInsert binds INSERT into a table. The bound query yields the rows to insert.
func BindInsert(ctx context.Context, s *syntax.InsertStmt, table WriteTable, env *Env) (*Bound, error) {
	w := newWriter(ctx, table.Name, table.Columns, env)
	w.tests = table.Checks
	node, err := w.insert(s)
	if err == nil {
		node, err = w.withChecks(node, 0)
	}
	if err != nil {
		return nil, err
	}
	return w.bound(node)
}

// bound returns what is bound.
func (w *writer) bound(p *planner.Project) (*Bound, error) {
	if err := w.checkParams(); err != nil {
		return nil, err
	}
	b := &Bound{Root: p, Params: w.params, NextID: expr.ColID(len(w.info)), NextCTE: w.nextCTE}
	for _, it := range p.Items {
		b.Columns = append(b.Columns, Column{Name: it.Name, Type: it.Expr.Type(), ID: it.ID})
	}
	return b, nil
}

func (w *writer) insert(s *syntax.InsertStmt) (*planner.Project, error) {
	targets, err := w.targets(s.Columns)
	if err != nil {
		return nil, err
	}
	if s.Query == nil {
		return w.complete(oneRow(), map[int]expr.Expr{})
	}
	if v, ok := s.Query.Body.(*syntax.Values); ok && onlyBody(s.Query) {
		return w.insertValues(s, v, targets)
	}
	q, err := w.query(s.Query, nil, nil, false)
	if err != nil {
		return nil, err
	}
	if s.ByName {
		if targets, err = w.byName(q); err != nil {
			return nil, err
		}
	} else if err := w.checkWidth(s, len(q.cols), targets, func(i int) int { return q.cols[i].pos }); err != nil {
		return nil, err
	}
	given := map[int]expr.Expr{}
	for i := range q.cols {
		c := &w.columns[targets[i]]
		byDefault, err := overridden(s, c)
		if err != nil {
			return nil, err
		}
		if byDefault {
			continue
		}
		if given[targets[i]], err = w.assignColumn(q, i, c); err != nil {
			return nil, err
		}
	}
	return w.complete(q.node, given)
}

// generatedAlways is the error about a value for a column that has its own.
const generatedAlways sqlstate.Code = "428C9"

// overridden reports whether a value that is given for an identity column does not count, so that the default does.
func overridden(s *syntax.InsertStmt, c *TableColumn) (bool, error) {
	switch {
	case !c.Identity || s.Overriding == syntax.OverridingSystem:
		return false, nil
	case s.Overriding == syntax.OverridingUser:
		return true, nil
	case !c.Always:
		return false, nil
	}
	return false, sqlstate.New(generatedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).
		WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name).
		WithHint("Use OVERRIDING SYSTEM VALUE to override.")
}

// onlyBody reports whether a query is its body and nothing else.
func onlyBody(q *syntax.Query) bool {
	return q.With == nil && q.OrderBy == nil && q.OrderAll == nil && q.Limit == nil && q.Offset == nil
}

// targets returns the ordinals of the columns that a statement names, all columns if it names none.
func (w *writer) targets(names []syntax.Ident) ([]int, error) {
	var out []int
	if names == nil {
		for i := range w.columns {
			out = append(out, i)
		}
		return out, nil
	}
	seen := map[int]bool{}
	for _, n := range names {
		i, err := w.column(n.Name, n.Pos)
		if err != nil {
			return nil, err
		}
		if seen[i] {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", n.Name).At(n.Pos)
		}
		seen[i] = true
		out = append(out, i)
	}
	return out, nil
}

func (w *writer) column(name string, pos int) (int, error) {
	for i := range w.columns {
		if w.columns[i].Name == name {
			return i, nil
		}
	}
	return 0, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, w.table).At(pos)
}

// byName returns the ordinals of the columns that a query's columns have the names of.
func (w *writer) byName(q *query) ([]int, error) {
	var names []syntax.Ident
	for _, c := range q.cols {
		names = append(names, syntax.Ident{Pos: c.pos, Name: c.name})
	}
	return w.targets(names)
}

// checkWidth compares the number of expressions with that of columns.
func (w *writer) checkWidth(s *syntax.InsertStmt, n int, targets []int, pos func(i int) int) error {
	switch {
	case n > len(targets):
		return sqlstate.New(sqlstate.SyntaxError, "INSERT has more expressions than target columns").At(pos(len(targets)))
	case n < len(targets) && s.Columns != nil:
		return sqlstate.New(sqlstate.SyntaxError, "INSERT has more target columns than expressions").At(s.Columns[n].Pos)
	}
	return nil
}

// insertValues binds VALUES row by row: each expression has the type of its column as context.
func (w *writer) insertValues(s *syntax.InsertStmt, v *syntax.Values, targets []int) (*planner.Project, error) {
	if err := w.checkWidth(s, len(v.Rows[0]), targets, func(i int) int { return v.Rows[0][i].Position() }); err != nil {
		return nil, err
	}
	blk := newBlock(nil, nil)
	blk.clause = inValues
	targets = targets[:len(v.Rows[0])]
	fields := make([]exec.Field, len(targets))
	given := map[int]expr.Expr{}
	for i, t := range targets {
		fields[i] = exec.Field{ID: w.newID(blk, derivedColumn, "", w.columns[t].Name), Name: w.columns[t].Name, Type: stored(w.columns[t].Type)}
		given[t] = &expr.Column{ID: fields[i].ID, Name: fields[i].Name, Typ: fields[i].Type}
	}
	rows := make([][]value, len(v.Rows))
	for i, r := range v.Rows {
		if len(r) != len(targets) {
			return nil, sqlstate.New(sqlstate.SyntaxError, "VALUES lists must all be the same length").At(r[0].Position())
		}
		rows[i] = make([]value, len(r))
		for k, e := range r {
			var err error
			if rows[i][k], err = w.inserted(s, blk, e, &w.columns[targets[k]]); err != nil {
				return nil, err
			}
		}
	}
	return w.complete(w.valuesNode(blk, fields, rows), given)
}

// inserted binds an expression of VALUES, or DEFAULT, that a column is given.
func (w *writer) inserted(s *syntax.InsertStmt, blk *block, e syntax.Expr, c *TableColumn) (value, error) {
	_, byDefault := e.(*syntax.Default)
	if !byDefault {
		var err error
		if byDefault, err = overridden(s, c); err != nil {
			return value{}, err
		}
	}
	if byDefault {
		d, err := w.defaultOf(c)
		return value{e: d, pos: e.Position()}, err
	}
	v, err := w.scalar(blk, e)
	if err != nil {
		return v, err
	}
	return w.assign(v, c)
}

// assign makes v a value of a column, by PostgreSQL's rules of assignment.
func (w *writer) assign(v value, c *TableColumn) (value, error) {
	t, from := stored(c.Type), v.typ()
	if from == c.Type {
		return v, nil
	}
	if !assignable(from, t) {
		return v, sqlstate.New(sqlstate.DatatypeMismatch, "column \"%s\" is of type %s but expression is of type %s", c.Name, c.Type.Base(), from.Base()).
			WithHint("You will need to rewrite or cast the expression.").At(v.pos)
	}
	out, err := w.coerce(v, t, fn.Assignment)
	return out, at(err, v.pos)
}

// assignColumn returns the value of a query's column as one of a table's.
func (w *writer) assignColumn(q *query, i int, c *TableColumn) (expr.Expr, error) {
	o := &q.cols[i]
	if o.open == nil {
		v, err := w.assign(value{e: o.column(), pos: o.pos}, c)
		return v.e, err
	}
	v, err := w.assign(*o.open, c)
	if err != nil {
		return nil, err
	}
	q.node = replaceItem(q.node, o.id, v.e)
	o.open, o.typ = nil, v.typ()
	return o.column(), nil
}

// defaultOf returns the value of a column that is given none.
func (w *writer) defaultOf(c *TableColumn) (expr.Expr, error) {
	text := c.Default
	for t := c.Type; text == "" && t.IsDomain(); t = t.Def.Base {
		text = t.Def.Named.State().Default
	}
	if text == "" && c.Type.HasDomain() {
		v, err := w.coerce(value{e: expr.Null(types.Type{})}, c.Type, fn.Assignment)
		return v.e, err
	}
	if text == "" {
		return expr.Null(stored(c.Type)), nil
	}
	e, err := syntax.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	v, err := w.columnDefault(e, c)
	if err != nil { // whose position is one in another text
		if e, ok := err.(*sqlstate.Error); ok {
			e.Position = 0
		}
		return nil, err
	}
	return v.e, nil
}

// columnDefault binds an expression of DEFAULT.
func (w *writer) columnDefault(e syntax.Expr, c *TableColumn) (value, error) {
	blk := newBlock(nil, nil)
	blk.clause = inDefault
	v, err := w.scalar(blk, e)
	if sqlstate.Of(err) == sqlstate.UndefinedColumn || sqlstate.Of(err) == sqlstate.UndefinedTable {
		return v, sqlstate.New(sqlstate.FeatureNotSupported, "cannot use column reference in DEFAULT expression").At(e.Position())
	}
	if err != nil {
		return v, err
	}
	if hasSubquery(v.e) {
		return v, sqlstate.New(sqlstate.FeatureNotSupported, "cannot use subquery in DEFAULT expression").At(v.pos)
	}
	from, t := v.typ(), stored(c.Type)
	if !assignable(from, t) {
		return v, sqlstate.New(sqlstate.DatatypeMismatch, "column \"%s\" is of type %s but default expression is of type %s", c.Name, c.Type.Base(), from.Base()).
			WithHint("You will need to rewrite or cast the expression.")
	}
	return w.coerce(v, t, fn.Assignment)
}

func hasSubquery(e expr.Expr) (found bool) {
	expr.Walk(e, func(x expr.Expr) bool {
		_, is := x.(*expr.Subquery)
		found = found || is
		return true
	})
	return found
}

// CheckDefault binds the expression of DEFAULT of a column, and returns what is wrong with it.
func CheckDefault(ctx context.Context, e syntax.Expr, c TableColumn, env *Env) error {
	fixed := *env
	fixed.FixedParams, fixed.Params = true, nil
	_, err := newWriter(ctx, "", nil, &fixed).columnDefault(e, &c)
	return err
}

// BindDefault returns the value of a column that a table is given, which must not depend on the row.
func BindDefault(ctx context.Context, c TableColumn, env *Env) (expr.Expr, error) {
	return newWriter(ctx, "", nil, env).defaultOf(&c)
}

// complete makes rows of all columns from those that are given, and defaults.
func (w *writer) complete(n planner.Node, given map[int]expr.Expr) (*planner.Project, error) {
	p := &planner.Project{Input: n}
	for i := range w.columns {
		c := &w.columns[i]
		e := given[i]
		if e == nil {
			var err error
			if e, err = w.defaultOf(c); err != nil {
				return nil, err
			}
		}
		p.Items = append(p.Items, planner.Item{ID: w.newID(nil, derivedColumn, "", c.Name), Name: c.Name, Expr: e})
	}
	return p, nil
}

// BindUpdate binds UPDATE of a table; Env.Target is the table with a last column of row numbers,
// which has no name. The bound query yields the numbers of the rows to change, which may repeat, and behind them the rows
// as they are to be.
func BindUpdate(ctx context.Context, s *syntax.UpdateStmt, table WriteTable, env *Env) (*Bound, error) {
	w := newWriter(ctx, table.Name, table.Columns, env)
	w.tests = table.Checks
	set, err := w.setColumns(s.Columns)
	if err != nil {
		return nil, err
	}
	sel := *s.Query.Body.(*syntax.Select)
	targets := sel.Targets
	sel.Targets = []*syntax.Target{targetColumn(s.Table, "")}
	var values []int // which of the columns the query's targets are
	for i, c := range w.columns {
		if k, ok := set[i]; !ok {
			sel.Targets = append(sel.Targets, targetColumn(s.Table, c.Name))
		} else if _, ok := targets[k].Expr.(*syntax.Default); ok {
			continue
		} else if c.Always {
			return nil, sqlstate.New(generatedAlways, "column \"%s\" can only be updated to DEFAULT", c.Name).
				WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name).At(s.Columns[k].Pos)
		} else {
			sel.Targets = append(sel.Targets, targets[k])
		}
		values = append(values, i)
	}
	q := *s.Query
	q.Body = &sel
	out, err := w.query(&q, nil, nil, false)
	if err != nil {
		return nil, err
	}
	given := map[int]expr.Expr{}
	for k, i := range values {
		if given[i], err = w.assignColumn(out, k+1, &w.columns[i]); err != nil {
			return nil, err
		}
	}
	number := out.cols[0]
	p, err := w.complete(out.node, given)
	if err != nil {
		return nil, err
	}
	p.Items = append([]planner.Item{{ID: w.newID(nil, derivedColumn, "", ""), Expr: number.column()}}, p.Items...)
	if p, err = w.withChecks(p, 1); err != nil {
		return nil, err
	}
	return w.bound(p)
}

// BindCreate binds the query of CREATE TABLE AS. The columns of the bound query are those of the table.
func BindCreate(ctx context.Context, q *syntax.Query, env *Env) (*Bound, error) {
	w := newWriter(ctx, "", nil, env)
	out, err := w.query(q, nil, nil, true)
	if err != nil {
		return nil, err
	}
	given := map[int]expr.Expr{}
	for i, c := range out.cols {
		// What is inserted later may have another scale.
		w.columns = append(w.columns, TableColumn{Name: c.name, Type: withAnyScale(c.typ)})
		if given[i], err = w.assignColumn(out, i, &w.columns[i]); err != nil {
			return nil, err
		}
	}
	p, err := w.complete(out.node, given)
	if err != nil {
		return nil, err
	}
	return w.bound(p)
}

// setColumns returns by the ordinal of each column that is set the number of its value.
func (w *writer) setColumns(names []syntax.Ident) (map[int]int, error) {
	set := map[int]int{}
	for k, n := range names {
		i, err := w.column(n.Name, n.Pos)
		if err != nil {
			return nil, err
		}
		if _, twice := set[i]; twice {
			return nil, sqlstate.New(sqlstate.SyntaxError, "multiple assignments to same column \"%s\"", n.Name).At(n.Pos)
		}
		set[i] = k
	}
	return set, nil
}

// targetColumn is a column of the table that a statement changes, as an item of a select list.
func targetColumn(t *syntax.Table, name string) *syntax.Target {
	c := &syntax.Column{Names: []string{tableName(t), name}}
	c.Pos = t.Pos
	return &syntax.Target{Expr: c}
}

func tableName(t *syntax.Table) string {
	if t.Alias.Name != "" {
		return t.Alias.Name
	}
	return t.Name
}

// BindDelete binds DELETE; Env.Target is as for BindUpdate. The bound query yields the numbers of the rows to delete, which
// may repeat.
func BindDelete(ctx context.Context, s *syntax.DeleteStmt, table string, env *Env) (*Bound, error) {
	w := newWriter(ctx, table, nil, env)
	sel := *s.Query.Body.(*syntax.Select)
	sel.Targets = []*syntax.Target{targetColumn(s.Table, "")}
	q := *s.Query
	q.Body = &sel
	out, err := w.query(&q, nil, nil, true)
	if err != nil {
		return nil, err
	}
	id := w.newID(nil, derivedColumn, "", "")
	return w.bound(&planner.Project{Input: out.node, Items: []planner.Item{{ID: id, Expr: out.cols[0].column()}}})
}
