package gsql

import (
	"context"
	"fmt"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
	"gsql/storage/commit"
	"gsql/storage/write"
)

// fileTarget is where a statement writes its rows.
type fileTarget struct {
	path    string // as it was written
	options *write.Options
}

// bindCopyFile binds COPY ... TO a path.
func (p *Prepared) bindCopyFile(ctx context.Context, stmt *syntax.CopyStmt) error {
	o, err := write.ReadOptions(stmt.To, stmt.Options)
	if err != nil {
		return err
	}
	p.file = &fileTarget{stmt.To, o}
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
	target := commit.Target{Path: path, Folder: f.options.Folder, Mode: f.options.Mode, Replaceable: write.IsData}
	*cfg.NextID++
	return write.NewPlan(plan, f.options, target, f.path, cfg.Partitions, *cfg.NextID-1)
}

// copyToFile runs COPY ... TO a path.
func (p *Prepared) copyToFile(ctx context.Context, values []*vec.Vector) (*Rows, error) {
	if err := p.s.mayWrite("COPY TO", false); err != nil {
		return nil, err
	}
	n := int64(0)
	err := p.each(ctx, values, func(b *vec.Batch) error {
		n = vec.At[int64](b.Cols[0], 0)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Rows{tag: fmt.Sprintf("COPY %d", n), ctx: ctx}, nil
}
