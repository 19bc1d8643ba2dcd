package syntax

import (
	"strings"

	"gsql/exec/sqlstate"
)

// tableRef reads an item of FROM with the joins that follow it.
func (p *parser) tableRef() TableExpr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	return p.joins(p.tablePrimary())
}

// joins reads the joins that follow left.
func (p *parser) joins(left TableExpr) TableExpr {
	for p.err == nil {
		j := &Join{Pos: p.pos(), Left: left}
		switch {
		case p.accept("cross"):
			p.expect("join")
			j.Kind = CrossJoin
			j.Right = p.tablePrimary()
		case p.accept("natural"):
			j.Natural = true
			p.joinKind(j)
			j.Right = p.tablePrimary()
		case p.isOneOf("join", "inner", "left", "right", "full"), p.atDuckJoin():
			p.joinKind(j)
			j.Right = p.tablePrimary()
			if !p.isOneOf("on", "using") && p.enter() {
				j.Right = p.joins(j.Right)
				p.leave()
			}
			p.joinCondition(j)
		default:
			return left
		}
		left = j
	}
	return left
}

// joinKind reads [INNER | LEFT | RIGHT | FULL [OUTER]] JOIN.
func (p *parser) joinKind(j *Join) {
	switch {
	case p.atDuckJoin():
		if j.Natural && p.isWord("asof") {
			p.syntaxError()
		}
		p.duckJoin(j)
		return
	case p.accept("left"):
		j.Kind = LeftJoin
	case p.accept("right"):
		j.Kind = RightJoin
	case p.accept("full"):
		j.Kind = FullJoin
	default:
		p.accept("inner")
	}
	if j.Kind != InnerJoin {
		p.accept("outer")
	}
	p.expect("join")
}

// atDuckJoin reports whether a join of DuckDB's is next: SEMI JOIN, ANTI JOIN or ASOF [LEFT] JOIN. Their words are no
// words of PostgreSQL's, where they would be aliases; AS before such an alias makes it one.
func (p *parser) atDuckJoin() bool {
	next := p.peek(1)
	if p.isWord("asof") && (next.is("left") || next.is("inner")) {
		next = p.peek(2)
		if next.is("outer") {
			next = p.peek(3)
		}
	}
	return next.is("join") && (p.isWord("semi") || p.isWord("anti") || p.isWord("asof"))
}

// duckJoin reads the words of a join for which atDuckJoin holds.
func (p *parser) duckJoin(j *Join) {
	switch p.advance().text {
	case "semi":
		j.Kind = SemiJoin
	case "anti":
		j.Kind = AntiJoin
	default:
		if j.Kind = AsofJoin; p.accept("left") {
			j.Kind = AsofLeftJoin
			p.accept("outer")
		} else {
			p.accept("inner")
		}
	}
	p.expect("join")
}

// joinCondition reads ON or USING.
func (p *parser) joinCondition(j *Join) {
	if p.accept("on") {
		j.On = p.expr()
		return
	}
	p.expect("using")
	j.Using = p.names()
	if p.accept("as") {
		j.UsingAlias = p.colID().Name
	}
}

// tablePrimary reads an item of FROM without joins, with its sample.
func (p *parser) tablePrimary() TableExpr {
	t := p.tableItem()
	for p.err == nil {
		switch {
		case p.is("tablesample"):
			s := &Sample{Pos: t.Position(), Table: t}
			p.i++
			p.sample(s)
			t = s
		case p.atPivot():
			t = p.pivotClause(t)
		default:
			return t
		}
	}
	return t
}

func (p *parser) tableItem() TableExpr {
	pos := p.pos()
	switch {
	case p.is("lateral"):
		p.i++
		return p.lateral(pos)
	case p.isPunct("(") && p.isQuery(p.i):
		return p.subqueryTable()
	case p.isPunct("(") && p.atDescribe(p.i+1):
		return p.describeTable()
	case p.isPunct("("):
		return p.parenJoin()
	case p.is("rows") && p.peek(1).is("from"):
		return p.funcTable()
	case p.tok().kind == tString:
		t := p.advance()
		return &File{Pos: pos, Path: t.text, Alias: p.alias()}
	case p.is("only"), !p.isFuncTable():
		return p.aliasedRelation()
	}
	return p.funcTable()
}

// lateral reads what follows LATERAL, which stands at pos.
func (p *parser) lateral(pos int) TableExpr {
	if p.isPunct("(") {
		t := p.subqueryTable()
		t.Lateral = true
		return t
	}
	t := p.funcTable()
	if t != nil {
		t.Lateral = true
	}
	return t
}

// parenJoin reads a join in parentheses.
func (p *parser) parenJoin() TableExpr {
	var t TableExpr
	p.parens(func() {
		t = p.tableRef()
		if j, ok := t.(*Join); !ok || j.Alias.Name != "" {
			p.syntaxError()
		}
	})
	if j, ok := t.(*Join); ok {
		j.Alias = p.alias()
	}
	return t
}

// relation reads the name of a table: t, t *, ONLY t, ONLY (t).
func (p *parser) relation() *Table {
	t := &Table{}
	if p.accept("only") {
		t.Only = true
		if p.isPunct("(") {
			p.parens(func() { t.QualifiedName = p.qualifiedName() })
			return t
		}
	}
	t.QualifiedName = p.qualifiedName()
	if !t.Only {
		p.acceptPunct("*")
	}
	return t
}

func (p *parser) aliasedRelation() TableExpr {
	if p.tok().category == typeFuncName { // a function's name, of which the parenthesis is missing
		p.i++
		p.syntaxError()
	}
	t := p.relation()
	t.Alias = p.alias()
	return t
}

// alias reads [AS] name [(columns)], if it is there.
func (p *parser) alias() Alias {
	if !p.accept("as") && (!p.tok().isColID() || p.atQualify() || p.atDuckJoin() || p.atPivot()) {
		return Alias{}
	}
	name := p.colID()
	a := Alias{Pos: name.Pos, Name: name.Name}
	if p.isPunct("(") {
		a.Columns = p.names()
	}
	return a
}

// describeTable reads (DESCRIBE t) with its alias, which is not needed.
func (p *parser) describeTable() *SubqueryTable {
	t := &SubqueryTable{Pos: p.pos()}
	p.parens(func() { t.Query = p.describe() })
	if t.Alias = p.alias(); t.Alias.Name == "" {
		t.Alias.Name = "describe"
	}
	return t
}

// subqueryTable reads a query in parentheses with its alias, which PostgreSQL 15 demands.
func (p *parser) subqueryTable() *SubqueryTable {
	t := &SubqueryTable{Pos: p.pos()}
	t.Query = p.parenQuery()
	t.Alias = p.alias()
	if t.Alias.Name == "" && p.err == nil {
		what, example := "subquery", "SELECT ..."
		if _, ok := t.Query.Body.(*Values); ok {
			what, example = "VALUES", "VALUES ..."
		}
		p.fail(sqlstate.New(sqlstate.SyntaxError, "%s in FROM must have an alias", what).
			WithHint("For example, FROM (%s) [AS] foo.", example).At(t.Pos))
	}
	return t
}

// isFuncTable reports whether the next item of FROM is a function: a name, perhaps dotted, before a "(", or
// one of the functions that are keywords.
func (p *parser) isFuncTable() bool {
	t := p.tok()
	if t.kind == tKeyword && isKeywordFunction(t, p.peek(1)) {
		return true
	}
	return p.isCall()
}

// funcTable reads functions in FROM with ordinality and alias.
func (p *parser) funcTable() *FuncTable {
	t := &FuncTable{Pos: p.pos()}
	if p.acceptAll("rows", "from") {
		t.RowsFrom = true
		p.parens(func() {
			p.list(func() {
				c := p.tableCall()
				if p.accept("as") {
					c.ColumnDefs = p.columnDefs()
				}
				t.Calls = append(t.Calls, c)
			})
		})
	} else {
		t.Calls = []*FuncTableCall{p.tableCall()}
	}
	if p.is("with") && p.peek(1).is("ordinality") {
		p.i += 2
		t.Ordinality = true
	}
	p.funcAlias(t)
	return t
}

// funcAlias reads the alias of a function, whose columns may have types.
func (p *parser) funcAlias(t *FuncTable) {
	as := p.accept("as")
	if as && p.isPunct("(") {
		t.ColumnDefs = p.columnDefs()
		return
	}
	if !as && (!p.tok().isColID() || p.atDuckJoin() || p.atPivot()) {
		return
	}
	name := p.colID()
	t.Alias = Alias{Pos: name.Pos, Name: name.Name}
	if !p.isPunct("(") {
		return
	}
	if after := p.peek(2); after.isPunct(",") || after.isPunct(")") {
		t.Alias.Columns = p.names()
	} else {
		t.ColumnDefs = p.columnDefs()
	}
}

// columnDefs reads (a int, b text).
func (p *parser) columnDefs() []ColumnDef {
	var defs []ColumnDef
	p.parens(func() {
		p.list(func() {
			d := ColumnDef{Ident: p.colID()}
			d.Type = p.typeName()
			if p.accept("collate") {
				p.dotted()
			}
			defs = append(defs, d)
		})
	})
	return defs
}

// tableCall reads a call in FROM.
func (p *parser) tableCall() *FuncTableCall {
	if !p.isFuncTable() {
		p.functionName()
		p.syntaxError()
		return &FuncTableCall{}
	}
	c := &FuncTableCall{}
	if t := p.tok(); t.kind == tKeyword && isKeywordFunction(t, p.peek(1)) {
		c.Expr = p.keywordFunction()
	} else {
		c.Expr = p.plainCall()
	}
	if call, ok := c.Expr.(*Call); ok && call.Schema == "" && readsFiles(call.Name) {
		nameArguments(call)
	}
	return c
}

// readsFiles reports whether the function takes options as DuckDB's do, by name = value.
func readsFiles(name string) bool {
	return strings.HasPrefix(name, "read_") || strings.HasSuffix(name, "_scan")
}

// nameArguments turns arguments of the form name = value into named ones.
func nameArguments(c *Call) {
	for i := range c.Args {
		op, ok := c.Args[i].Value.(*Op)
		if !ok || op.Name != "=" || op.Schema != "" || c.Args[i].Name != "" {
			continue
		}
		if name, ok := op.Left.(*Column); ok && len(name.Names) == 1 {
			c.Args[i] = Arg{Name: name.Names[0], NamePos: name.Pos, Value: op.Right}
		}
	}
}
