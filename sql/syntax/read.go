package syntax

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pingcap/tidb/pkg/parser/ast"
)

// throughGrammar passes the queries of a statement through TiDB's grammar.
func throughGrammar(s Statement) error {
	switch s := s.(type) {
	case *SelectStmt:
		return queryThroughGrammar(s.Query)
	case *CreateTableAsStmt:
		return queryThroughGrammar(s.Query)
	case *CreateTableStmt:
		for _, c := range s.Columns {
			if err := exprThroughGrammar(&c.Default); err != nil {
				return err
			}
		}
	case *AlterTableStmt:
		for _, a := range s.Actions {
			e := &a.Default
			if a.Add != nil {
				e = &a.Add.Default
			}
			if err := exprThroughGrammar(e); err != nil {
				return err
			}
		}
	case *InsertStmt:
		return queriesThroughGrammar(s.Query, s.Returning)
	case *UpdateStmt:
		return queriesThroughGrammar(s.Query, s.Returning)
	case *DeleteStmt:
		return queriesThroughGrammar(s.Query, s.Returning)
	case *CreateViewStmt:
		return queryThroughGrammar(s.Query)
	case *DeclareStmt:
		return queryThroughGrammar(s.Query)
	case *CopyStmt:
		return queryThroughGrammar(s.Query)
	case *ExplainStmt:
		return throughGrammar(s.Statement)
	case *PrepareStmt:
		return throughGrammar(s.Statement)
	case *ExecuteStmt:
		return exprsThroughGrammar(s.Args)
	}
	return nil
}

// queriesThroughGrammar passes those queries that are there through the grammar.
func queriesThroughGrammar(qs ...*Query) error {
	for _, q := range qs {
		if q == nil {
			continue
		}
		if err := queryThroughGrammar(q); err != nil {
			return err
		}
	}
	return nil
}

// exprThroughGrammar passes an expression that need not be there through the grammar.
func exprThroughGrammar(e *Expr) error {
	if *e == nil {
		return nil
	}
	es := []Expr{*e}
	err := exprsThroughGrammar(es)
	*e = es[0]
	return err
}

// exprsThroughGrammar passes expressions through the grammar as the select list of a query.
func exprsThroughGrammar(es []Expr) error {
	if len(es) == 0 {
		return nil
	}
	s := &Select{}
	for _, e := range es {
		s.Targets = append(s.Targets, &Target{Expr: e})
	}
	if err := queryThroughGrammar(&Query{Body: s}); err != nil {
		return err
	}
	for i, t := range s.Targets {
		es[i] = t.Expr
	}
	return nil
}

// queryThroughGrammar prints a query, has TiDB's parser read it, and puts the query together again from what
// it found.
func queryThroughGrammar(q *Query) error {
	w := &printer{}
	if err := w.block(&block{q.Body, q}); err != nil {
		return err
	}
	tree, err := grammarTree(string(w.b))
	if err != nil {
		return err
	}
	r := &reader{nodes: w.nodes, leaves: w.leaves, text: string(w.b)}
	b, err := r.block(tree)
	if err != nil {
		return bridgeError(err)
	}
	if b.query != q {
		return bridgeError(fmt.Errorf("another query was found"))
	}
	return nil
}

// reader turns the tree of TiDB's parser into the nodes that the numbers in it stand for. It knows the few
// types of nodes that canonical text makes, and refuses all others.
type reader struct {
	nodes  []any
	leaves []leaf
	text   string
}

// unexpected is the error about something that canonical text does not make.
func (r *reader) unexpected(what string, n any) error {
	offset := 0
	if n, ok := n.(ast.Node); ok {
		offset = n.OriginTextPosition()
	}
	return fmt.Errorf("unexpected %s %T near %.60q", what, n, r.text[offset:])
}

func (r *reader) expr(n ast.ExprNode) (Expr, error) {
	switch n := n.(type) {
	case *ast.FuncCallExpr:
		node, err := r.node(n)
		if err != nil {
			return nil, err
		}
		e, ok := node.(Expr)
		if !ok || n.FnName.O != label(e) {
			return nil, r.unexpected("call", n)
		}
		return e, r.fill(slotsOf(e), n.Args[1:], n)
	case *ast.ColumnNameExpr:
		c, ok := r.leaf(n).(*Column)
		if !ok || !slices.Equal(c.Names, columnNames(n.Name)) {
			return nil, r.unexpected("column", n)
		}
		return c, nil
	case *value:
		e := r.leaf(n)
		if !n.means(e) {
			return nil, r.unexpected("literal", n)
		}
		return e, nil
	}
	return nil, r.unexpected("expression", n)
}

// node returns what the call stands for.
func (r *reader) node(n *ast.FuncCallExpr) (any, error) {
	if n.Schema.O == "" && len(n.Args) > 0 {
		if v, ok := n.Args[0].(*value); ok {
			if i, ok := v.integer(); ok && i < len(r.nodes) {
				return r.nodes[i], nil
			}
		}
	}
	return nil, r.unexpected("call", n)
}

// fill puts what the arguments stand for into the slots.
func (r *reader) fill(slots slotList, args []ast.ExprNode, n ast.Node) error {
	if len(slots) != len(args) {
		return r.unexpected("number of arguments of", n)
	}
	for i, s := range slots {
		if s.query != nil {
			sub, ok := args[i].(*ast.SubqueryExpr)
			if !ok {
				return r.unexpected("query", args[i])
			}
			q, err := r.query(sub.Query)
			if err != nil {
				return err
			}
			*s.query = q
			continue
		}
		e, err := r.expr(args[i])
		if err != nil {
			return err
		}
		*s.expr = e
	}
	return nil
}

// leaf returns the expression that was written as itself where n stands.
func (r *reader) leaf(n ast.Node) Expr {
	i, ok := slices.BinarySearchFunc(r.leaves, n.OriginTextPosition(), func(l leaf, offset int) int { return l.offset - offset })
	if !ok {
		return nil
	}
	return r.leaves[i].expr
}

func columnNames(n *ast.ColumnName) []string {
	names := make([]string, 0, 3)
	for _, s := range []string{n.Schema.O, n.Table.O, n.Name.O} {
		if s != "" {
			names = append(names, s)
		}
	}
	return names
}

// integer returns the value of a literal that is one.
func (n *value) integer() (int, bool) {
	switch v := n.v.(type) {
	case int64:
		return int(v), v >= 0
	case uint64:
		return int(v), true
	}
	return 0, false
}

// means reports whether the literal is the expression.
func (n *value) means(e Expr) bool {
	switch e := e.(type) {
	case *Null:
		return n.v == nil
	case *Bool:
		return n.v == e.Value
	case *String:
		s, ok := n.v.(string)
		return ok && s == e.Value
	case *Number:
		i, ok := n.integer()
		want, err := strconv.Atoi(e.Text)
		return ok && err == nil && i == want
	}
	return false
}

// query reads a query that is not an operand of a set operation.
func (r *reader) query(n ast.Node) (*Query, error) {
	b, err := r.block(n)
	if err != nil {
		return nil, err
	}
	if b.query == nil {
		return nil, r.unexpected("operand", n)
	}
	return b.query, nil
}

// block reads a SELECT.
func (r *reader) block(n ast.Node) (*block, error) {
	s, ok := n.(*ast.SelectStmt)
	if !ok || s.Kind != ast.SelectStmtKindSelect || s.Fields == nil || len(s.Fields.Fields) == 0 ||
		s.Limit != nil || s.LockInfo != nil || s.SelectIntoOpt != nil || s.TableHints != nil || s.WindowSpecs != nil {
		return nil, r.unexpected("query", n)
	}
	first, ok := s.Fields.Fields[0].Expr.(*ast.FuncCallExpr)
	if !ok {
		return nil, r.unexpected("select list", n)
	}
	node, err := r.node(first)
	if err != nil {
		return nil, err
	}
	b, ok := node.(*block)
	if !ok {
		return nil, r.unexpected("block", first)
	}
	if err := r.fill(b.slots(), first.Args[1:], first); err != nil {
		return nil, err
	}
	if err := r.queryParts(b.query, s); err != nil {
		return nil, err
	}
	switch body := b.body.(type) {
	case *Select:
		err = r.selectBody(body, s)
	case *SetOp:
		err = r.setOp(body, s)
	case *Values:
		err = r.values(body, s)
	}
	if b.query != nil {
		b.query.Body = b.body
	}
	return b, err
}

// queryParts reads WITH and ORDER BY; q is nil for an operand of a set operation, which has neither.
func (r *reader) queryParts(q *Query, s *ast.SelectStmt) error {
	if q == nil {
		q = &Query{}
	}
	if (s.With == nil) != (q.With == nil) || (s.OrderBy == nil) != (q.OrderBy == nil) {
		return r.unexpected("clauses of", s)
	}
	if q.With != nil {
		if s.With.IsRecursive != q.With.Recursive || len(s.With.CTEs) != len(q.With.CTEs) {
			return r.unexpected("WITH of", s)
		}
		for i, c := range s.With.CTEs {
			own := q.With.CTEs[i]
			if c.Name.O != own.Name || len(c.ColNameList) != len(own.Columns) {
				return r.unexpected("WITH of", s)
			}
			sub, err := r.query(c.Query.Query)
			if err != nil {
				return err
			}
			own.Query = sub
		}
	}
	if q.OrderBy == nil {
		return nil
	}
	return r.orderBy(q.OrderBy, s.OrderBy.Items)
}

func (r *reader) orderBy(items []*SortItem, found []*ast.ByItem) error {
	if len(items) != len(found) {
		return fmt.Errorf("ORDER BY has %d items, not %d", len(found), len(items))
	}
	for i, f := range found {
		e, err := r.expr(f.Expr)
		if err != nil {
			return err
		}
		if f.Desc != items[i].Desc {
			return r.unexpected("direction of", f.Expr)
		}
		items[i].Expr = e
	}
	return nil
}

// optional reads an expression that may be missing in both trees.
func (r *reader) optional(e *Expr, n ast.ExprNode) error {
	if (n == nil) != (*e == nil) {
		return r.unexpected("clause", n)
	}
	if n == nil {
		return nil
	}
	var err error
	*e, err = r.expr(n)
	return err
}

func (r *reader) selectBody(b *Select, s *ast.SelectStmt) error {
	if s.Distinct != b.Distinct || len(s.Fields.Fields) != len(b.Targets)+1 {
		return r.unexpected("select list", s)
	}
	for i, f := range s.Fields.Fields[1:] {
		if f.WildCard != nil || f.AsName.O != b.Targets[i].Alias {
			return r.unexpected("select list", s)
		}
		if err := r.optional(&b.Targets[i].Expr, f.Expr); err != nil {
			return err
		}
	}
	if err := r.from(b, s.From); err != nil {
		return err
	}
	if err := r.optional(&b.Where, s.Where); err != nil {
		return err
	}
	var having ast.ExprNode
	if s.Having != nil {
		having = s.Having.Expr
	}
	if err := r.optional(&b.Having, having); err != nil {
		return err
	}
	return r.groupBy(b, s.GroupBy)
}

func (r *reader) groupBy(b *Select, g *ast.GroupByClause) error {
	if g == nil {
		if b.GroupBy != nil {
			return fmt.Errorf("GROUP BY is missing")
		}
		return nil
	}
	if len(g.Items) != len(b.GroupBy) || g.Rollup {
		return fmt.Errorf("GROUP BY has %d items, not %d", len(g.Items), len(b.GroupBy))
	}
	for i, f := range g.Items {
		e, err := r.expr(f.Expr)
		if err != nil {
			return err
		}
		b.GroupBy[i] = e
	}
	return nil
}

// derived returns the only item of FROM, a derived table.
func (r *reader) derived(s *ast.SelectStmt) (ast.ResultSetNode, error) {
	if s.From != nil && s.From.TableRefs != nil && s.From.TableRefs.Right == nil && len(s.Fields.Fields) == 1 {
		if ts, ok := s.From.TableRefs.Left.(*ast.TableSource); ok {
			return ts.Source, nil
		}
	}
	return nil, r.unexpected("FROM of", s)
}

func (r *reader) values(b *Values, s *ast.SelectStmt) error {
	source, err := r.derived(s)
	if err != nil {
		return err
	}
	v, ok := source.(*ast.SelectStmt)
	if !ok || v.Kind != ast.SelectStmtKindValues || len(v.Lists) != len(b.Rows) {
		return r.unexpected("VALUES", s)
	}
	for i, row := range v.Lists {
		if len(row.Values) != len(b.Rows[i]) {
			return r.unexpected("row of", s)
		}
		for j, f := range row.Values {
			if b.Rows[i][j], err = r.expr(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) setOp(b *SetOp, s *ast.SelectStmt) error {
	source, err := r.derived(s)
	if err != nil {
		return err
	}
	op, ok := source.(*ast.SetOprStmt)
	if !ok || len(op.SelectList.Selects) != 2 || op.With != nil || op.Limit != nil || op.OrderBy != nil {
		return r.unexpected("set operation", s)
	}
	if b.Left, err = r.operand(op.SelectList.Selects[0], nil); err != nil {
		return err
	}
	kind := [...]ast.SetOprType{Union: ast.Union, Intersect: ast.Intersect, Except: ast.Except}[b.Kind]
	if b.All {
		kind = [...]ast.SetOprType{Union: ast.UnionAll, Intersect: ast.IntersectAll, Except: ast.ExceptAll}[b.Kind]
	}
	b.Right, err = r.operand(op.SelectList.Selects[1], &kind)
	return err
}

// operand reads an operand of a set operation, the second of which has its kind.
func (r *reader) operand(n ast.Node, kind *ast.SetOprType) (Body, error) {
	list, ok := n.(*ast.SetOprSelectList)
	if !ok || len(list.Selects) != 1 || (kind == nil) != (list.AfterSetOperator == nil) ||
		kind != nil && *kind != *list.AfterSetOperator {
		return nil, r.unexpected("operand", n)
	}
	b, err := r.block(list.Selects[0])
	if err != nil {
		return nil, err
	}
	if b.query != nil {
		return b.query, nil
	}
	return b.body, nil
}
