package gsql

import (
	"context"
	"fmt"
	"slices"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// written is what a statement that writes rows is bound to.
type written struct {
	key       relationKey
	table     *memory.Table
	conflict  *sql.Bound // of ON CONFLICT DO UPDATE; nil: there is none
	returning *sql.Bound // of the rows that are written; nil: not asked for
}

func execName(n syntax.QualifiedName) exec.Name { return exec.Name{Schema: n.Schema, Table: n.Name} }

// tableColumns is what the binder needs to know of a table's columns.
func tableColumns(columns []memory.Column) []sql.TableColumn {
	out := make([]sql.TableColumn, len(columns))
	for i, c := range columns {
		out[i] = sql.TableColumn{Name: c.Name, Type: c.Type, Default: c.Default, Identity: c.Identity != memory.NoIdentity,
			Always: c.Identity == memory.IdentityAlways}
	}
	return out
}

// writeTable is what the binder needs to know of a table that is written to.
func writeTable(t *memory.Table) sql.WriteTable {
	w := sql.WriteTable{Name: t.Name, Columns: tableColumns(t.Columns)}
	for _, c := range t.Checks {
		w.Checks = append(w.Checks, sql.TableCheck{Name: c.Name, Text: c.Text, Table: c.Table})
	}
	return w
}

// add adds rows to a writer for the table, after looking at its CHECK constraints, whose results are behind the columns.
func add(w *memory.Writer, t *memory.Table, b *vec.Batch) error {
	for i, c := range t.Checks {
		v := vec.Flatten(b.Cols[len(t.Columns)+i])
		for row := range b.Rows {
			if !v.IsNull(row) && vec.Values[uint8](v)[row] == 0 {
				return w.CheckError(b, row, c.Name)
			}
		}
	}
	return w.Add(&vec.Batch{Cols: b.Cols[:len(t.Columns)], Rows: b.Rows})
}

// bindWrite binds INSERT, UPDATE or DELETE.
func (p *Prepared) bindWrite(ctx context.Context, params []types.Type, fixed bool) (err error) {
	env := p.env(ctx, params, fixed)
	w := &written{}
	p.write = w
	var returning *syntax.Query
	switch stmt := p.writing().(type) {
	case *syntax.InsertStmt:
		if files, err := p.insertsFiles(ctx, stmt, params, fixed); files || err != nil {
			p.write = nil
			return err
		}
		if w.key, w.table, err = p.s.target(p.state, "insert into", "INSERT", stmt.Table.QualifiedName); err != nil {
			return err
		}
		p.bound, err = sql.BindInsert(ctx, stmt, writeTable(w.table), env)
		returning = stmt.Returning
		if err == nil && stmt.Conflict != nil {
			w.conflict, err = p.bindConflict(ctx, stmt.Conflict, w.table, w.table.Empty(), p.bound.Params, fixed)
		}
	case *syntax.UpdateStmt:
		if w.key, w.table, err = p.s.target(p.state, "update", "UPDATE", stmt.Table.QualifiedName); err != nil {
			return err
		}
		env.Target = w.table.WithRowNumbers()
		p.bound, err = sql.BindUpdate(ctx, stmt, writeTable(w.table), env)
		returning = stmt.Returning
	case *syntax.DeleteStmt:
		if w.key, w.table, err = p.s.target(p.state, "delete from", "DELETE", stmt.Table.QualifiedName); err != nil {
			return err
		}
		env.Target = w.table.WithRowNumbers()
		p.bound, err = sql.BindDelete(ctx, stmt, w.table.Name, env)
		returning = stmt.Returning
	}
	if err != nil || returning == nil {
		return err
	}
	return p.bindReturning(ctx, returning, w.table, fixed)
}

// writing is the statement that writes, also within EXPLAIN.
func (p *Prepared) writing() syntax.Statement {
	if e, ok := p.stmt.(*syntax.ExplainStmt); ok {
		return e.Statement
	}
	return p.stmt
}

// bindReturning binds a RETURNING list to a table that has the rows that were written.
func (p *Prepared) bindReturning(ctx context.Context, q *syntax.Query, rows *memory.Table, fixed bool) (err error) {
	env := p.env(ctx, p.Params(), fixed)
	env.Target = rows
	if p.write.returning, err = sql.Bind(ctx, q, env); err != nil {
		return err
	}
	p.cols = p.boundColumns(p.write.returning)
	return nil
}

// modify runs INSERT, UPDATE or DELETE. One with ON CONFLICT whose rows are in conflict with some that another session has added
// meanwhile, without a lock, is run again.
func (p *Prepared) modify(ctx context.Context, values []*vec.Vector) (rows *Rows, err error) {
	stmt, insert := p.stmt.(*syntax.InsertStmt)
	for range 5 {
		rows, err = p.modifyOnce(ctx, values)
		if !insert || stmt.Conflict == nil || sqlstate.Of(err) != sqlstate.UniqueViolation || !p.s.alone() {
			break
		}
	}
	return rows, err
}

func (p *Prepared) modifyOnce(ctx context.Context, values []*vec.Vector) (rows *Rows, err error) {
	s := p.s
	if err := s.mayWrite(p.stmt.Tag(), p.write.key.temporary()); err != nil {
		return nil, err
	}
	stmt, insert := p.stmt.(*syntax.InsertStmt)
	conflict := insert && stmt.Conflict != nil
	if !insert || conflict {
		if err := s.beginWrite(ctx); err != nil {
			return nil, err
		}
		defer s.endWrite()
		defer s.unlockOutside()
		if err := s.lock(ctx, p.write.table.Identity); err != nil {
			return nil, err
		}
	}
	if p, err = p.current(ctx); err != nil {
		return nil, err
	}
	held := s.db.pool.Reserve(tableMemory(p.write.table.Name))
	var c *change
	var out []*memory.Chunk
	var n int64
	switch {
	case conflict:
		c, out, n, err = p.upsert(ctx, stmt.Conflict, values, held)
	case insert:
		c, out, n, err = p.insert(ctx, values, held)
	default:
		c, out, n, err = p.rewrite(ctx, values, held)
	}
	rows = &Rows{ctx: ctx}
	if err == nil && p.write.returning != nil {
		rows, err = p.returned(ctx, values, p.write.table.Empty().Append(out...))
	}
	if err == nil && n > 0 {
		err = s.change(c) // which takes what is held
	}
	if err != nil || n == 0 {
		held.Release()
	}
	if err != nil {
		if rows != nil {
			rows.Close()
		}
		return nil, err
	}
	rows.tag = fmt.Sprintf("%s %d", p.stmt.Tag(), n)
	if insert {
		rows.tag = fmt.Sprintf("INSERT 0 %d", n)
	}
	return rows, nil
}

// insert makes the rows of an INSERT and the change that adds them.
func (p *Prepared) insert(ctx context.Context, values []*vec.Vector, held *mem.Reservation) (*change, []*memory.Chunk, int64, error) {
	t := p.write.table
	w := memory.NewWriter(&p.s.db.tables, t.Name, t.Columns, held)
	defer w.Close()
	if err := p.each(ctx, values, func(b *vec.Batch) error { return add(w, t, b) }); err != nil {
		return nil, nil, 0, err
	}
	chunks, err := w.Chunks()
	return newAppend(p.write.key, p.write.table, chunks, held), chunks, w.Rows(), err
}

// rewrite makes the rows of an UPDATE, or finds those of a DELETE, and the change that does it. The rows that it returns
// are those that RETURNING is about.
func (p *Prepared) rewrite(ctx context.Context, values []*vec.Vector, held *mem.Reservation) (*change, []*memory.Chunk, int64, error) {
	return p.rewritten(ctx, values, held, nil, nil)
}

// rewritten is rewrite, with further rows to be added, and a look at the numbers of rows, and at which of them were new.
func (p *Prepared) rewritten(ctx context.Context, values []*vec.Vector, held *mem.Reservation, more []*memory.Chunk, look func(numbers *vec.Vector, sel []uint32) error) (*change, []*memory.Chunk, int64, error) {
	t := p.write.table
	_, del := p.stmt.(*syntax.DeleteStmt)
	w := memory.NewWriter(&p.s.db.tables, t.Name, t.Columns, held)
	defer w.Close()
	hit := memory.NewRowSet(t)
	err := p.each(ctx, values, func(b *vec.Batch) error {
		sel := hit.Add(b.Cols[0])
		if look != nil {
			if err := look(b.Cols[0], sel); err != nil {
				return err
			}
		}
		if del {
			return nil
		}
		rows := &vec.Batch{Cols: b.Cols[1:], Rows: b.Rows, Sel: sel}
		return add(w, t, rows.Compact())
	})
	if err != nil {
		return nil, nil, 0, err
	}
	var gone *memory.Writer
	if del && p.write.returning != nil {
		gone = w // which nothing was added to
	}
	replaced, err := t.Delete(ctx, hit, &p.s.db.tables, held, gone)
	if err != nil {
		return nil, nil, 0, err
	}
	out, err := w.Chunks()
	if err != nil {
		return nil, nil, 0, err
	}
	added := slices.Concat(more, out)
	if del {
		added = nil
	}
	return newUpdate(p.write.key, t, held, func(now *memory.Table) (*memory.Table, error) {
		next, ok := now.Replace(replaced, added)
		if !ok {
			return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").WithHint("Run the transaction again.")
		}
		return next, nil
	}), out, hit.Len(), nil
}

// each runs the bound query and calls f with its rows, all of which count.
func (p *Prepared) each(ctx context.Context, values []*vec.Vector, f func(*vec.Batch) error) error {
	rows, err := p.run(ctx, values)
	if err != nil {
		return err
	}
	defer rows.Close()
	rows.maxRows = 0 // which is about what goes to the client
	for {
		b, err := rows.NextBatch()
		if err != nil {
			return rows.Err()
		}
		if err := f(b); err != nil {
			rows.err = err
			return err
		}
	}
}

// returned makes the result of RETURNING from the rows that are to be written. All of it is made at once, since an error
// in it is one of the statement.
func (p *Prepared) returned(ctx context.Context, values []*vec.Vector, rows *memory.Table) (*Rows, error) {
	var q *syntax.Query
	switch stmt := p.stmt.(type) {
	case *syntax.InsertStmt:
		q = stmt.Returning
	case *syntax.UpdateStmt:
		q = stmt.Returning
	case *syntax.DeleteStmt:
		q = stmt.Returning
	}
	r := *p
	r.write = &written{}
	params := p.Params()
	if err := r.bindReturning(ctx, q, rows, len(params) == len(p.bound.Params)); err != nil {
		return nil, err
	}
	r.bound = r.write.returning
	var columns []memory.Column
	req := exec.ScanRequest{Limit: -1, Partitions: 1}
	for i, c := range r.bound.Columns {
		columns = append(columns, memory.Column{Name: c.Name, Type: c.Type})
		req.Columns, req.IDs = append(req.Columns, i), append(req.IDs, c.ID)
	}
	held := p.s.db.pool.Reserve("RETURNING")
	w := memory.NewWriter(&p.s.db.tables, "RETURNING", columns, held)
	defer w.Close()
	err := r.each(ctx, values, w.Add)
	var chunks []*memory.Chunk
	if err == nil {
		chunks, err = w.Chunks()
	}
	var plan exec.Plan
	if err == nil {
		plan, err = memory.New("RETURNING", columns, held).Append(chunks...).Scan(ctx, req)
	}
	if err != nil {
		held.Release()
		return nil, err
	}
	return p.s.planRows(r.cols, plan, held), nil
}

// createTableAs runs CREATE TABLE AS.
func (p *Prepared) createTableAs(ctx context.Context, stmt *syntax.CreateTableAsStmt) (*Rows, error) {
	s := p.s
	defer s.unlockOutside()
	key, before, skip, err := s.placeNew(stmt.Tag(), stmt.Name, stmt.Temporary, stmt.OrReplace, stmt.IfNotExists)
	if err != nil || skip {
		return &Rows{tag: stmt.Tag(), ctx: ctx}, err
	}
	columns, err := createdColumns(stmt, p.bound)
	if err != nil {
		return nil, err
	}
	t, tag := s.newTable(key.name, columns), stmt.Tag()
	held := s.db.pool.Reserve(tableMemory(key.name))
	if !stmt.NoData {
		w := memory.NewWriter(&s.db.tables, key.name, columns, held)
		defer w.Close()
		err := p.each(ctx, nil, w.Add)
		var chunks []*memory.Chunk
		if err == nil {
			chunks, err = w.Chunks()
		}
		if err != nil {
			held.Release()
			t.Memory.Release()
			return nil, err
		}
		t, tag = t.Append(chunks...), fmt.Sprintf("SELECT %d", w.Rows())
	}
	if err := s.putTable(ctx, key, before, t, func(c *change) { c.held = held }); err != nil {
		held.Release()
		return nil, err
	}
	return &Rows{tag: tag, ctx: ctx}, nil
}

// createdColumns returns the columns of CREATE TABLE AS.
func createdColumns(stmt *syntax.CreateTableAsStmt, b *sql.Bound) ([]memory.Column, error) {
	if len(stmt.Columns) > len(b.Columns) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "too many column names were specified")
	}
	var columns []memory.Column
	seen := map[string]bool{}
	for i, c := range b.Columns {
		if i < len(stmt.Columns) {
			c.Name = stmt.Columns[i].Name
		}
		if seen[c.Name] {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", c.Name)
		}
		seen[c.Name] = true
		columns = append(columns, memory.Column{Name: c.Name, Type: c.Type})
	}
	if len(columns) == 0 {
		return nil, sqlstate.Unsupported("Select at least one column.", "tables without columns are not supported").At(stmt.Name.Pos)
	}
	return columns, nil
}

// defaultValue computes the default of a column that a table is given: a constant.
func (s *Session) defaultValue(ctx context.Context, c memory.Column) (*vec.Vector, error) {
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return nil, err
	}
	e, err := sql.BindDefault(ctx, sql.TableColumn{Name: c.Name, Type: c.Type, Default: c.Default}, env)
	if err != nil {
		return nil, err
	}
	if expr.IsVolatile(e) {
		return nil, sqlstate.Unsupported("Add the column without a default and UPDATE it.", "adding a column with a default that differs from row to row is not supported")
	}
	v, err := s.evaluate(ctx, []expr.Expr{e})
	if err != nil {
		return nil, err
	}
	fitted, err := memory.Fit(v[0], c.Type)
	if err != nil {
		return nil, err
	}
	out := *vec.Flatten(fitted)
	out.Enc = vec.Const
	return &out, nil
}

// evaluate returns the values of expressions without columns, one row each.
func (s *Session) evaluate(ctx context.Context, es []expr.Expr) ([]*vec.Vector, error) {
	root := &planner.Project{Input: &planner.Values{Rows: [][]expr.Expr{{}}}}
	p := &Prepared{s: s, stmt: &syntax.SelectStmt{}}
	for i, e := range es {
		root.Items = append(root.Items, planner.Item{ID: expr.ColID(i + 1), Expr: e})
		p.cols = append(p.cols, Column{Type: e.Type()})
	}
	p.bound = &sql.Bound{Root: root, NextID: expr.ColID(len(es) + 1), NextCTE: 1}
	var out []*vec.Vector
	err := p.each(ctx, nil, func(b *vec.Batch) error {
		out = b.Cols
		return nil
	})
	return out, err
}
