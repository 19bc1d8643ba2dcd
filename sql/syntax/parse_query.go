package syntax

import (
	"strings"

	"gsql/exec/sqlstate"
)

// atQuery reports whether a query is next.
func (p *parser) atQuery() bool {
	return startsQuery(p.tok(), p.peek(1)) || p.startsPivot(p.i) || p.isPunct("(") && p.isQuery(p.i) || p.is("values")
}

// query reads a query up to what cannot be part of it.
func (p *parser) query() *Query {
	q := &Query{Pos: p.pos()}
	if !p.enter() {
		return q
	}
	defer p.leave()
	if p.is("with") {
		q.With = p.with()
		if p.depth == 1 && p.isWrite() {
			p.writeWith = q.With
			return q
		}
	}
	if body := p.setOps(0); q.With == nil {
		q = merged(q, body)
	} else if inner, ok := body.(*Query); ok {
		if inner.With != nil {
			p.failf(sqlstate.SyntaxError, q.With.Pos, "multiple WITH clauses not allowed")
		}
		inner.With = q.With
		q = inner
	} else {
		q.Body = body
	}
	p.queryTail(q)
	return q
}

// merged returns q with the body, or the body itself if it is a query in parentheses, whose clauses and
// those that follow are of one query.
func merged(q *Query, body Body) *Query {
	if inner, ok := body.(*Query); ok {
		return inner
	}
	q.Body = body
	return q
}

// parenQuery reads a query in parentheses.
func (p *parser) parenQuery() *Query {
	var q *Query
	p.parens(func() { q = p.query() })
	return q
}

// with reads a WITH clause.
func (p *parser) with() *With {
	w := &With{Pos: p.pos()}
	p.expect("with")
	if next := p.peek(1); p.is("recursive") && next.isColID() { // else it is a name
		w.Recursive = p.accept("recursive")
	}
	p.list(func() {
		name := p.colID()
		c := &CTE{Pos: name.Pos, Name: name.Name}
		if p.isPunct("(") {
			c.Columns = p.names()
		}
		p.expect("as")
		if yes := p.is("materialized"); yes || p.is("not") {
			p.accept("not")
			p.expect("materialized")
			c.Materialized = &yes
		}
		if p.isPunct("(") && p.peek(1).kind == tKeyword {
			switch w := p.peek(1).text; w {
			case "insert", "update", "delete":
				p.unsupported(c.Pos, "Write it as a statement of its own.", "data-modifying statements in WITH are not supported")
			}
		}
		c.Query = p.parenQuery()
		p.searchCycle(c)
		w.CTEs = append(w.CTEs, c)
	})
	return w
}

// setOps reads queries joined by set operations that bind at least as tightly as level: 0 UNION and EXCEPT,
// 1 INTERSECT.
func (p *parser) setOps(level int) Body {
	return p.setOpsAfter(p.queryPrimary(), level)
}

// setOpsAfter is setOps when the first operand is read already.
func (p *parser) setOpsAfter(left Body, level int) Body {
	for p.err == nil {
		pos, kind, own := p.pos(), Union, 0
		switch {
		case p.is("union"):
		case p.is("except"):
			kind = Except
		case p.is("intersect"):
			kind, own = Intersect, 1
		default:
			return left
		}
		if own < level {
			return left
		}
		p.i++
		op := &SetOp{Pos: pos, Kind: kind, Left: left, All: p.accept("all")}
		if !op.All {
			p.accept("distinct")
		}
		op.ByName = kind == Union && p.acceptAll("by", "name")
		op.Right = p.setOps(own + 1)
		left = op
	}
	return left
}

// queryPrimary reads SELECT, VALUES, TABLE, or a query in parentheses: its body if it is nothing more.
func (p *parser) queryPrimary() Body {
	switch {
	case p.isPunct("("):
		q := p.parenQuery()
		if q != nil && p.err == nil && q.isBare() {
			return q.Body
		}
		return q
	case p.is("select"), p.is("from"):
		return p.selectBody()
	case p.is("values"):
		return p.values()
	case p.startsPivot(p.i):
		return p.pivotStatement()
	case p.is("table"):
		return p.table()
	case p.atDescribe(p.i):
		return p.describe().Body
	}
	p.syntaxError()
	return &Select{}
}

// isBare reports whether q is a body and nothing else.
func (q *Query) isBare() bool {
	return q.With == nil && q.OrderBy == nil && q.OrderAll == nil && q.Limit == nil && q.Offset == nil && !q.Locking && !q.limited
}

// table reads TABLE t.
func (p *parser) table() Body {
	s := &Select{Pos: p.pos()}
	p.expect("table")
	s.Targets = []*Target{{Expr: &Star{at: at{s.Pos}}}}
	s.From = []TableExpr{p.relation()}
	return s
}

// values reads VALUES (..), (..).
func (p *parser) values() Body {
	v := &Values{Pos: p.pos()}
	p.expect("values")
	p.list(func() {
		var row []Expr
		p.parens(func() {
			if p.defaults {
				row = p.exprsOrDefault()
			} else {
				row = p.exprs()
			}
		})
		if len(v.Rows) > 0 && len(row) != len(v.Rows[0]) && p.err == nil {
			p.failLater(sqlstate.SyntaxError, row[0].Position(), "VALUES lists must all be the same length")
		}
		v.Rows = append(v.Rows, row)
	})
	return v
}

// selectBody reads a SELECT up to its WINDOW or QUALIFY clause. FROM may come first, as in DuckDB, and is all that is
// needed.
func (p *parser) selectBody() Body {
	s := &Select{Pos: p.pos()}
	if p.is("from") {
		p.from(s)
		if p.is("select") {
			p.targets(s)
		} else {
			s.Targets = []*Target{{Expr: &Star{at: at{s.Pos}}}}
		}
	} else {
		p.targets(s)
		if p.is("into") {
			p.into()
		}
		if p.is("from") {
			p.from(s)
		}
	}
	if p.accept("where") {
		s.Where = p.expr()
	}
	if p.is("group") {
		p.groupBy(s)
	}
	if p.accept("having") {
		s.Having = p.expr()
	}
	if p.accept("window") {
		p.list(func() {
			name := p.colID()
			p.expect("as")
			w := p.windowSpec()
			w.Name, w.Pos = name.Name, name.Pos
			s.Windows = append(s.Windows, w)
		})
	}
	if p.atQualify() {
		p.i++
		s.Qualify = p.expr()
	}
	if p.atSample() {
		s.Sample = &Sample{Pos: p.pos()}
		p.i += 2
		p.sample(s.Sample)
	}
	return s
}

func (p *parser) from(s *Select) {
	p.expect("from")
	p.list(func() { s.From = append(s.From, p.tableRef()) })
}

// targets reads SELECT and its list, after which there may be one comma more, as in DuckDB.
func (p *parser) targets(s *Select) {
	p.expect("select")
	if p.accept("distinct") {
		s.Distinct = true
		if p.accept("on") {
			p.parens(func() { s.DistinctOn = p.exprs() })
		}
	} else {
		p.accept("all")
		if p.afterTargets() {
			return
		}
	}
	for {
		s.Targets = append(s.Targets, p.target())
		if p.err != nil || !p.acceptPunct(",") || p.afterTargets() {
			return
		}
	}
}

// atQualify reports whether QUALIFY is next, which is no word of PostgreSQL's: where it could be an alias, with columns
// perhaps, it is one.
func (p *parser) atQualify() bool {
	if t := p.tok(); t.kind != tIdent || !strings.EqualFold(p.src[t.pos:t.end], "qualify") {
		return false
	}
	next := p.peek(1)
	switch {
	case next.isPunct("("):
		i := 2
		for ; p.peek(i).kind == tIdent && p.peek(i+1).isPunct(","); i += 2 {
		}
		return p.peek(i).kind != tIdent || !p.peek(i+1).isPunct(")")
	case next.kind == tKeyword:
		return !followsTargets(next) && !joins(next) && !next.is("on") && !next.is("using") && !next.is("tablesample") && !next.is("as") ||
			next.category == typeFuncName && p.peek(2).isPunct("(")
	}
	return next.kind != tEOF && next.kind < tOp || next.isPunct("-") || next.isPunct("+") || next.isPunct("@")
}

func joins(t *token) bool {
	switch t.text {
	case "join", "inner", "left", "right", "full", "cross", "natural":
		return t.kind == tKeyword
	}
	return false
}

// afterTargets reports whether the select list is empty and what follows it is next.
func (p *parser) afterTargets() bool {
	return p.err == nil && !(p.tok().kind == tEOF && p.bad != nil) && followsTargets(p.tok())
}

// followsTargets reports whether t may follow a select list.
func followsTargets(t *token) bool {
	switch t.text {
	case "from", "where", "group", "having", "window", "union", "intersect", "except", "order", "limit", "offset",
		"fetch", "for", "into":
		return t.kind == tKeyword
	}
	return t.kind == tEOF || t.isPunct(")") || t.isPunct(";")
}

// target reads an item of a select list.
func (p *parser) target() *Target {
	if p.isPunct("*") {
		s := &Star{at: at{int(p.advance().pos)}}
		p.starOptions(s)
		return &Target{Expr: s}
	}
	outer := p.labelDepth
	p.labelDepth = p.depth + 1
	t := &Target{Expr: p.expr()}
	p.labelDepth = outer
	if s, ok := t.Expr.(*Star); ok {
		p.starOptions(s)
	}
	if p.accept("as") {
		t.Alias = p.label().Name
	} else if p.tok().isBareLabel() {
		t.Alias = p.advance().text
	}
	return t
}

// starOptions reads what may follow a star.
func (p *parser) starOptions(s *Star) {
	for p.err == nil && p.peek(1).isPunct("(") {
		switch {
		case p.accept("exclude"):
			p.parens(func() { p.list(func() { s.Exclude = append(s.Exclude, p.colID()) }) })
		case p.accept("replace"):
			p.parens(func() {
				p.list(func() {
					t := &Target{Expr: p.expr()}
					p.expect("as")
					t.Alias = p.label().Name
					s.Replace = append(s.Replace, t)
				})
			})
		case p.accept("rename"):
			p.parens(func() {
				p.list(func() {
					from := p.colID()
					p.expect("as")
					s.Rename = append(s.Rename, Renaming{from, p.label()})
				})
			})
		default:
			return
		}
	}
}

// groupBy reads GROUP BY.
func (p *parser) groupBy(s *Select) {
	p.expect("group", "by")
	if p.accept("distinct") {
		s.GroupDistinct = true
	} else if p.accept("all") && (followsTargets(p.tok()) || p.atQualify()) {
		s.GroupAll = true
		return
	}
	s.GroupBy = p.groupingItems()
}

func (p *parser) groupingItems() []Expr {
	var items []Expr
	p.list(func() { items = append(items, p.groupingItem()) })
	return items
}

// groupingItem reads an item of GROUP BY.
func (p *parser) groupingItem() Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	g := &GroupingSet{at: at{p.pos()}}
	switch {
	case p.isPunct("(") && p.peek(1).isPunct(")"):
		p.i += 2
		return g
	case p.is("rollup") && p.peek(1).isPunct("("):
		g.Kind = GroupingRollup
	case p.is("cube") && p.peek(1).isPunct("("):
		g.Kind = GroupingCube
	case p.is("grouping") && p.peek(1).is("sets"):
		p.i += 2
		g.Kind = GroupingSets
		p.parens(func() { g.Items = p.groupingItems() })
		return g
	default:
		return p.expr()
	}
	p.i++
	p.parens(func() { g.Items = p.exprs() })
	return g
}

// queryTail reads ORDER BY, LIMIT, OFFSET, FETCH and FOR into q.
func (p *parser) queryTail(q *Query) {
	if p.is("order") {
		pos := p.peek(2).pos
		if p.peek(1).is("by") && p.peek(2).is("all") {
			p.i += 3
			q.OrderAll = &SortItem{}
			p.sortDirection(q.OrderAll)
		} else if items := p.orderBy(); q.OrderBy == nil {
			q.OrderBy = items
		} else if p.err == nil {
			p.failf(sqlstate.SyntaxError, int(pos), "multiple ORDER BY clauses not allowed")
		}
	}
	var limit, offset bool
	for p.err == nil {
		pos := p.pos()
		switch {
		case p.is("limit"), p.is("fetch"):
			if limit || q.limited {
				p.repeated(limit, pos, "LIMIT")
				return
			}
			limit = true
			p.limit(q)
		case p.is("offset"):
			if offset || q.Offset != nil {
				p.repeated(offset, pos, "OFFSET")
				return
			}
			offset = true
			p.offset(q)
		case p.is("for"):
			p.locking(q)
		default:
			q.limited = q.limited || limit
			if q.WithTies && q.OrderBy == nil {
				p.failf(sqlstate.SyntaxError, -1, "WITH TIES cannot be specified without ORDER BY clause")
			}
			return
		}
	}
}

// repeated fails at a second LIMIT or OFFSET. Twice in one query is no grammar; after a query in parentheses
// with one of its own, it is a rule.
func (p *parser) repeated(same bool, pos int, clause string) {
	if same {
		p.syntaxError()
		return
	}
	p.failf(sqlstate.SyntaxError, pos, "multiple %s clauses not allowed", clause)
}

// limit reads LIMIT or FETCH.
func (p *parser) limit(q *Query) {
	q.LimitPos = p.pos()
	if p.accept("limit") {
		switch t := p.tok(); {
		case p.accept("all"):
		case (t.kind == tInt || t.kind == tFloat) && p.peek(1).isPunct("%") && followsTargets(p.peek(2)):
			q.Limit, q.Percent = &Number{at{int(t.pos)}, t.text}, true
			p.i += 2
		default:
			q.Limit = p.expr()
		}
		if p.acceptPunct(",") {
			p.expr()
			p.fail(sqlstate.New(sqlstate.SyntaxError, "LIMIT #,# syntax is not supported").
				WithHint("Use separate LIMIT and OFFSET clauses.").At(q.LimitPos))
		}
		return
	}
	p.expect("fetch")
	if !p.accept("first") {
		p.expect("next")
	}
	if p.isOneOf("row", "rows") {
		q.Limit = &Number{at{p.pos()}, "1"}
	} else {
		q.Limit = p.fetchCount()
	}
	if !p.accept("row") {
		p.expect("rows")
	}
	if p.accept("with") {
		p.expect("ties")
		q.WithTies = true
		return
	}
	p.expect("only")
}

// fetchCount reads the number of FETCH FIRST: simpler than that of LIMIT, so that ROW may follow.
func (p *parser) fetchCount() Expr {
	if p.isPunct("+") || p.isPunct("-") {
		t := p.advance()
		n := p.tok()
		if n.kind != tInt && n.kind != tFloat {
			p.syntaxError()
			return nil
		}
		p.i++
		return &Op{at: at{int(t.pos)}, Name: t.text, Right: &Number{at{int(n.pos)}, n.text}}
	}
	return p.primary()
}

// offset reads OFFSET.
func (p *parser) offset(q *Query) {
	q.OffPos = p.pos()
	p.expect("offset")
	q.Offset = p.expr()
	if !p.accept("row") {
		p.accept("rows")
	}
}

// locking reads FOR UPDATE and the like.
func (p *parser) locking(q *Query) {
	p.expect("for")
	q.Locking = true
	switch {
	case p.acceptAll("no", "key"):
		p.expect("update")
	case p.acceptAll("key"):
		p.expect("share")
	case p.acceptAll("read"):
		p.expect("only")
		return
	case !p.accept("update"):
		p.expect("share")
	}
	if p.accept("of") {
		p.list(func() { p.qualifiedName() })
	}
	if p.accept("skip") {
		p.expect("locked")
	} else {
		p.accept("nowait")
	}
}

// orderBy reads ORDER BY and its items.
func (p *parser) orderBy() []*SortItem {
	p.expect("order", "by")
	var items []*SortItem
	p.list(func() { items = append(items, p.sortItem()) })
	return items
}

func (p *parser) sortItem() *SortItem {
	s := &SortItem{Expr: p.expr()}
	p.sortDirection(s)
	return s
}

// sortDirection reads what follows an expression of ORDER BY.
func (p *parser) sortDirection(s *SortItem) {
	switch {
	case p.accept("desc"):
		s.Desc = true
	case p.accept("asc"):
	case p.accept("using"):
		switch _, op := p.operatorName(); op {
		case "<":
		case ">":
			s.Desc = true
		default:
			s.Using = op
		}
	}
	if p.acceptAll("nulls", "first") {
		s.Nulls = NullsFirst
	} else if p.acceptAll("nulls", "last") {
		s.Nulls = NullsLast
	}
}
