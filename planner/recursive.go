package planner

import (
	"context"

	"gsql/exec"
)

// Recursive is the table of a WITH RECURSIVE query that uses itself. To the rules it is a table like others; its two
// queries are optimized by themselves when a scan of it is lowered.
type Recursive struct {
	Name string
	Seed Node       // makes the first rows
	Step Node       // makes more from those that Work has: what was new the last time
	Work *WorkTable // what Step scans
	All  bool       // UNION ALL: rows that were there before count as new
}

// WorkTable is the table that the step of a Recursive reads.
type WorkTable struct {
	Name   string
	Fields exec.Schema
}

func (t *WorkTable) Schema() exec.Schema { return t.Fields }
func (t *WorkTable) Stats() exec.Stats   { return exec.Stats{} }

// Scan is not called: lowering knows the table.
func (t *WorkTable) Scan(context.Context, exec.ScanRequest) (exec.Plan, error) {
	return nil, internal("the rows of %s are those of an execution", t.Name)
}

func (t *Recursive) Schema() exec.Schema { return t.Work.Fields }
func (t *Recursive) Stats() exec.Stats   { return exec.Stats{} }

// Scan is not called: lowering knows the table.
func (t *Recursive) Scan(context.Context, exec.ScanRequest) (exec.Plan, error) {
	return nil, internal("the rows of %s are those of an execution", t.Name)
}

// mapped returns t with f applied to its queries.
func (t *Recursive) mapped(f func(Node) Node) *Recursive {
	c := *t
	c.Seed, c.Step = f(t.Seed), f(t.Step)
	if c.Seed == t.Seed && c.Step == t.Step {
		return t
	}
	return &c
}

// recursive lowers a scan of a recursive query.
func (l *lowerer) recursive(n *Scan, t *Recursive) (exec.Plan, error) {
	p := &exec.Recursive{Name: t.Name, Work: t.Work, All: t.All}
	for _, part := range []struct {
		query Node
		plan  *exec.Plan
	}{{t.Seed, &p.Seed}, {t.Step, &p.Step}} {
		cfg := *l.cfg
		cfg.NextID = nil
		query, err := Optimize(part.query, &cfg)
		if err != nil {
			return nil, err
		}
		if *part.plan, err = Lower(query, &cfg); err != nil {
			return nil, err
		}
	}
	p.Columns, p.Out = scanned(n)
	return p, nil
}

// workTable lowers a scan of what a recursive query found last.
func (l *lowerer) workTable(n *Scan, t *WorkTable) exec.Plan {
	p := &exec.WorkTable{Name: t.Name, Work: t}
	p.Columns, p.Out = scanned(n)
	return p
}

// scanned returns the columns that are read, by their places in the table and as the scan's schema.
func scanned(n *Scan) (columns []int, out exec.Schema) {
	for _, c := range n.Cols {
		columns = append(columns, c.Ordinal)
	}
	return columns, Fields(n)
}
