package planner_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/planner"
	"gsql/sql"
	"gsql/sql/syntax"
)

type catalog map[string]exec.Table

func (c catalog) Table(_ context.Context, n exec.Name) (exec.Table, error) {
	if t, ok := c[n.Table]; ok {
		return t, nil
	}
	return nil, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", n.Table)
}

func (c catalog) TableFunction(_ context.Context, name string, _ []exec.Arg) (exec.Table, error) {
	return nil, sqlstate.New(sqlstate.UndefinedFunction, "function %s does not exist", name)
}

// TestTPCH shows the plans of the 22 queries of TPC-H at scale factor 1, which a person has looked at: no
// cross products of tables, subqueries as hash joins, the large table on the probe side.
func TestTPCH(t *testing.T) {
	planner.Golden(t, "tpch.txt", func(t *testing.T, name string) string {
		text, err := os.ReadFile(filepath.Join("../testdata/tpch", strings.TrimSpace(name)+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		return plan(t, string(text), &planner.Config{Partitions: 4})
	})
}

func plan(t *testing.T, text string, cfg *planner.Config) string {
	t.Helper()
	stmts, err := sql.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	q, ok := stmts[0].(*syntax.SelectStmt)
	if !ok {
		t.Fatalf("not a query: %T", stmts[0])
	}
	ctx := &fn.Ctx{Location: time.UTC, Now: time.Unix(0, 0)}
	bound, err := sql.Bind(context.Background(), q.Query, &sql.Env{Catalog: catalog(planner.TPCH()), Fn: ctx})
	if err != nil {
		t.Fatal(err)
	}
	cfg.NextID, cfg.Fn = &bound.NextID, ctx
	cfg.Estimates = map[exec.Plan]float64{}
	n, err := planner.Optimize(bound.Root, cfg)
	if err != nil {
		t.Fatal(err)
	}
	p, err := planner.Lower(n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return planner.NewReport(p, cfg.Estimates, nil).Text(planner.PrintOptions{Costs: true})
}

// BenchmarkOptimize measures planning: Q8 joins eight tables.
func BenchmarkOptimize(b *testing.B) {
	text, err := os.ReadFile("../testdata/tpch/q08.sql")
	if err != nil {
		b.Fatal(err)
	}
	stmts, err := sql.Parse(string(text))
	if err != nil {
		b.Fatal(err)
	}
	ctx := &fn.Ctx{Location: time.UTC, Now: time.Unix(0, 0)}
	bound, err := sql.Bind(context.Background(), stmts[0].(*syntax.SelectStmt).Query, &sql.Env{Catalog: catalog(planner.TPCH()), Fn: ctx})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		next := bound.NextID
		cfg := &planner.Config{Partitions: 4, NextID: &next, Fn: ctx}
		n, err := planner.Optimize(bound.Root, cfg)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := planner.Lower(n, cfg); err != nil {
			b.Fatal(err)
		}
	}
}
