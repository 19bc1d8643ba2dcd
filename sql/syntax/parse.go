package syntax

import "gsql/exec/sqlstate"

// Parse reads a text of statements separated by semicolons. All of it is read before anything is returned,
// as PostgreSQL does, so a syntax error anywhere is the answer to the whole text.
func Parse(text string) ([]Statement, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	stmts := p.statements()
	if err := p.failure(); err != nil {
		return nil, err
	}
	for _, s := range stmts {
		if err := throughGrammar(s); err != nil {
			return nil, err
		}
	}
	return stmts, nil
}

// ParseExpr reads one expression.
func ParseExpr(text string) (Expr, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	e := p.expr()
	p.atEnd()
	if err := p.failure(); err != nil {
		return nil, err
	}
	es := []Expr{e}
	if err := exprsThroughGrammar(es); err != nil {
		return nil, err
	}
	return es[0], nil
}

// ParseType reads the name of a type.
func ParseType(text string) (*TypeName, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	t := p.typeName()
	p.atEnd()
	if err := p.failure(); err != nil {
		return nil, err
	}
	return t, nil
}

// failure returns what is wrong with the text.
func (p *parser) failure() error {
	switch {
	case p.err != nil:
		return p.err
	case p.later != nil:
		return p.later
	}
	return nil
}

// atEnd fails if there is more.
func (p *parser) atEnd() {
	if p.tok().kind != tEOF || p.bad != nil {
		p.syntaxError()
	}
}

// statements reads all statements.
func (p *parser) statements() []Statement {
	var stmts []Statement
	for p.err == nil {
		for p.acceptPunct(";") {
		}
		if p.tok().kind == tEOF {
			break
		}
		start := p.pos()
		s := p.statement()
		if p.err == nil && p.intoTable != nil {
			p.failf(sqlstate.SyntaxError, p.intoTable.Name.Pos, "SELECT ... INTO is not allowed here")
		}
		if p.err == nil && p.tok().kind != tEOF && !p.isPunct(";") {
			p.syntaxError()
		}
		if p.err == nil {
			setSpan(s, start, p.end())
			stmts = append(stmts, s)
		}
	}
	if p.err == nil && p.bad != nil {
		p.fail(p.bad)
	}
	if len(stmts) == 0 {
		stmts = []Statement{&EmptyStmt{}}
	}
	return stmts
}

// statement reads one statement by its first word.
func (p *parser) statement() Statement {
	if p.atQuery() || p.isPunct("(") {
		return p.queryStatement()
	}
	if p.atDescribe(p.i) {
		return &SelectStmt{Query: p.describe()}
	}
	t := p.tok()
	if t.kind != tKeyword {
		p.syntaxError()
		return nil
	}
	if read, ok := statementReaders[t.text]; ok {
		return read(p)
	}
	if name, ok := unsupportedStatements[t.text]; ok {
		return p.unsupportedStatement(name, "")
	}
	p.syntaxError()
	return nil
}

// queryStatement reads a query, or a statement that begins with one or with its WITH clause.
func (p *parser) queryStatement() Statement {
	q := p.query()
	switch into, with := p.intoTable, p.writeWith; {
	case with != nil:
		p.writeWith = nil
		return p.write(with)
	case into != nil:
		p.intoTable = nil
		into.Query = q
		return into
	}
	return &SelectStmt{Query: q}
}

// statementReaders are the statements by their first word.
var statementReaders map[string]func(p *parser) Statement

func init() {
	statementReaders = map[string]func(p *parser) Statement{
		"create": (*parser).create, "drop": (*parser).drop, "explain": (*parser).explain,
		"set": (*parser).set, "show": (*parser).show, "reset": (*parser).reset, "discard": (*parser).discard,
		"begin": (*parser).begin, "start": (*parser).begin, "commit": (*parser).commit, "end": (*parser).commit,
		"rollback": (*parser).rollback, "abort": (*parser).rollback, "savepoint": (*parser).savepoint,
		"release": (*parser).release, "prepare": (*parser).prepare, "execute": (*parser).execute,
		"deallocate": (*parser).deallocate, "declare": (*parser).declare, "fetch": (*parser).fetch,
		"move": (*parser).fetch, "close": (*parser).closeCursor, "copy": (*parser).copy,
		"listen": (*parser).listen, "unlisten": (*parser).unlisten, "notify": (*parser).notify, "alter": (*parser).alter, "truncate": (*parser).truncate,
		"insert":  func(p *parser) Statement { return p.insert(nil) },
		"update":  func(p *parser) Statement { return p.update(nil) },
		"delete":  func(p *parser) Statement { return p.delete(nil) },
		"comment": (*parser).comment, "grant": (*parser).grant,
	}
	for word, name := range map[string]string{"analyze": "ANALYZE", "analyse": "ANALYZE", "vacuum": "VACUUM", "cluster": "CLUSTER",
		"reindex": "REINDEX", "checkpoint": "CHECKPOINT"} {
		statementReaders[word] = func(p *parser) Statement { return p.noop(name) }
	}
}

// unsupportedStatements are the statements that PostgreSQL has and gsql has not, by their first word.
var unsupportedStatements = map[string]string{
	"merge":  "MERGE",
	"revoke": "REVOKE", "security": "SECURITY LABEL", "lock": "LOCK TABLE",
	"do": "DO", "call": "CALL", "load": "LOAD",
	"import": "IMPORT FOREIGN SCHEMA", "reassign": "REASSIGN OWNED", "refresh": "REFRESH MATERIALIZED VIEW",
}

// unsupportedStatement skips a statement that gsql has not.
func (p *parser) unsupportedStatement(name, hint string) Statement {
	if hint == "" {
		hint = unsupportedHint(name)
	}
	s := &UnsupportedStmt{Name: name, Err: sqlstate.Unsupported(hint, "%s is not supported", name).At(p.pos())}
	p.i++
	p.skipRest()
	return s
}
