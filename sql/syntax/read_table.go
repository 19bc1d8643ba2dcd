package syntax

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pingcap/tidb/pkg/parser/ast"
)

// from reads the items of FROM.
func (r *reader) from(b *Select, f *ast.TableRefsClause) error {
	if f == nil {
		if b.From != nil {
			return fmt.Errorf("FROM is missing")
		}
		return nil
	}
	var items []TableExpr // the last first
	for n := ast.ResultSetNode(f.TableRefs); n != nil; {
		j, ok := n.(*ast.Join)
		right := n
		n = nil
		switch {
		case ok && j.Right == nil:
			n = j.Left
			continue
		case ok && j.On == nil:
			n, right = j.Left, j.Right
		}
		t, err := r.table(right)
		if err != nil {
			return err
		}
		items = append(items, t)
	}
	slices.Reverse(items)
	if len(items) != len(b.From) {
		return fmt.Errorf("FROM has %d items, not %d", len(items), len(b.From))
	}
	b.From = items
	return nil
}

// table reads an item of FROM, or an operand of a join.
func (r *reader) table(n ast.ResultSetNode) (TableExpr, error) {
	if j, ok := n.(*ast.Join); ok {
		if j.Right == nil {
			return r.table(j.Left)
		}
		return r.join(j)
	}
	s, ok := n.(*ast.TableSource)
	if !ok || s.Lateral || s.ColumnNames != nil {
		return nil, r.unexpected("table", n)
	}
	i, err := strconv.Atoi(s.AsName.O)
	if err != nil || i < 0 || i >= len(r.nodes) {
		return nil, r.unexpected("alias of", n)
	}
	switch t := r.nodes[i].(type) {
	case *Table:
		return t, r.tableName(s.Source, t.Schema, t.Name)
	case *File:
		return t, r.tableName(s.Source, "", "file")
	case *SubqueryTable:
		t.Query, err = r.query(s.Source)
		return t, err
	case *FuncTable:
		return t, r.funcTable(t, s.Source)
	}
	return nil, r.unexpected("table", n)
}

func (r *reader) tableName(n ast.ResultSetNode, schema, name string) error {
	t, ok := n.(*ast.TableName)
	if !ok || t.Schema.O != schema || t.Name.O != name || len(t.PartitionNames)+len(t.IndexHints) > 0 ||
		t.TableSample != nil || t.AsOf != nil {
		return r.unexpected("table", n)
	}
	return nil
}

func (r *reader) funcTable(t *FuncTable, n ast.ResultSetNode) error {
	s, ok := n.(*ast.SelectStmt)
	if !ok || s.From != nil || len(s.Fields.Fields) != 1 {
		return r.unexpected("function in FROM", n)
	}
	call, ok := s.Fields.Fields[0].Expr.(*ast.FuncCallExpr)
	if !ok {
		return r.unexpected("function in FROM", n)
	}
	if node, err := r.node(call); err != nil || node != any(t) {
		return r.unexpected("function in FROM", n)
	}
	return r.fill(t.slots(), call.Args[1:], call)
}

func (r *reader) join(n *ast.Join) (TableExpr, error) {
	if n.On == nil || n.Using != nil || n.NaturalJoin || n.StraightJoin {
		return nil, r.unexpected("join", n)
	}
	call, ok := n.On.Expr.(*ast.FuncCallExpr)
	if !ok {
		return nil, r.unexpected("join condition", n.On.Expr)
	}
	node, err := r.node(call)
	if err != nil {
		return nil, err
	}
	switch t := node.(type) {
	case *Sample:
		return t, r.madeOf(&t.Table, t.slots(), call, n)
	case *Pivot:
		return t, r.madeOf(&t.Table, t.slots(), call, n)
	case *Unpivot:
		return t, r.madeOf(&t.Table, t.slots(), call, n)
	}
	j, ok := node.(*Join)
	if !ok || n.Tp != grammarJoin(j.Kind) {
		return nil, r.unexpected("join", n)
	}
	var on slotList
	on.add(&j.On)
	if err := r.fill(on, call.Args[1:], call); err != nil {
		return nil, err
	}
	if j.Left, err = r.table(n.Left); err != nil {
		return nil, err
	}
	j.Right, err = r.table(n.Right)
	return j, err
}

// madeOf reads what is made of a table, which is written as a join.
func (r *reader) madeOf(table *TableExpr, slots slotList, call *ast.FuncCallExpr, n *ast.Join) error {
	if err := r.fill(slots, call.Args[1:], call); err != nil {
		return err
	}
	var err error
	*table, err = r.table(n.Left)
	return err
}

// grammarJoin is the kind of join as which a join is written in the canonical text.
func grammarJoin(k JoinKind) ast.JoinType {
	switch k {
	case LeftJoin, FullJoin:
		return ast.LeftJoin
	case RightJoin:
		return ast.RightJoin
	}
	return ast.CrossJoin
}
