package gsql

import (
	"context"
	"fmt"
	"slices"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
	"gsql/storage"
	"gsql/storage/commit"
	"gsql/storage/write"
)

// fileTarget is where a statement writes its rows.
type fileTarget struct {
	path    string // as it was written
	options *write.Options
	columns []string         // of files that are like others; nil: those of the query
	written *storage.Written // what rows are checked for; nil: nothing
}

// bindCopyFile binds COPY ... TO a path.
func (p *Prepared) bindCopyFile(ctx context.Context, stmt *syntax.CopyStmt) error {
	o, err := write.ReadOptions(stmt.To, stmt.Options)
	if err != nil {
		return err
	}
	p.file = &fileTarget{path: stmt.To, options: o}
	if err := p.bind(ctx, stmt.Query, nil, true); err != nil {
		return inTable(stmt.Table, err)
	}
	seen := map[string]bool{}
	for _, c := range p.bound.Columns {
		if seen[c.Name] && o.Format != "csv" && o.Format != "text" {
			return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" is there more than once", c.Name).WithHint("Give the columns different names with AS.")
		}
		seen[c.Name] = true
	}
	_, err = p.s.db.catalog.Target(stmt.To)
	return err
}

// planFile returns the plan that writes the rows of a query.
func (p *Prepared) planFile(n planner.Node, cfg *planner.Config) (exec.Plan, error) {
	plan, err := planner.LowerParallel(n, cfg)
	if err != nil {
		return nil, err
	}
	f := p.file
	path, err := p.s.db.catalog.Target(f.path)
	if err != nil {
		return nil, err
	}
	if f.written != nil {
		plan = f.written.Check(plan)
	}
	target := commit.Target{Path: path, Name: f.path, Folder: f.options.Folder, Mode: f.options.Mode, Replaceable: write.IsData}
	names := f.columns
	if names == nil { // a plan's own names may be those of the columns below
		names = columnNames(p.boundColumns(p.bound))
	}
	if !slices.EqualFunc(plan.Schema(), names, func(f exec.Field, name string) bool { return f.Name == name }) {
		plan = renamed(plan, names)
	}
	*cfg.NextID++
	return write.NewPlan(plan, f.options, target, f.path, cfg.Partitions, *cfg.NextID-1)
}

// copyToFile runs COPY ... TO a path.
func (p *Prepared) copyToFile(ctx context.Context, values []*vec.Vector) (*Rows, error) {
	if err := p.s.mayWrite("COPY TO", false); err != nil {
		return nil, err
	}
	n, err := p.writeFiles(ctx, values)
	if err != nil {
		return nil, err
	}
	return &Rows{tag: fmt.Sprintf("COPY %d", n), ctx: ctx}, nil
}

// writeFiles runs a statement that writes files, and returns the number of rows.
func (p *Prepared) writeFiles(ctx context.Context, values []*vec.Vector) (n int64, err error) {
	err = p.each(ctx, values, func(b *vec.Batch) error {
		n = vec.At[int64](b.Cols[0], 0)
		return nil
	})
	return n, err
}

// renamed returns a plan whose columns have other names.
func renamed(p exec.Plan, names []string) exec.Plan {
	out := &exec.Project{Input: p, Out: slices.Clone(p.Schema())}
	for i := range out.Out {
		f := &out.Out[i]
		out.Exprs = append(out.Exprs, &expr.Column{ID: f.ID, Name: f.Name, Typ: f.Type})
		f.Name = names[i]
	}
	return out
}
