package syntax

import "strings"

// create reads CREATE VIEW, CREATE TABLE and what else there is, or skips another CREATE.
func (p *parser) create() Statement {
	i := 1
	word := func(words ...string) bool {
		for _, w := range words {
			if p.peek(i).is(w) {
				i++
				return true
			}
		}
		return false
	}
	v := &CreateViewStmt{}
	if word("or") {
		if !word("replace") {
			p.i += i
			p.syntaxError()
			return nil
		}
		v.OrReplace = true
	}
	word("global", "local")
	v.Temporary = word("temp", "temporary")
	recursive := word("recursive")
	unlogged := !v.Temporary && !recursive && word("unlogged")
	if !recursive && word("table") {
		p.i += i
		return p.createTable(v.OrReplace, v.Temporary)
	}
	if unlogged {
		p.i += i
		p.syntaxError()
		return nil
	}
	if word("view") {
		p.i += i
		p.view(v, recursive)
		return v
	}
	if !v.OrReplace && !recursive && word("sequence") {
		p.i += i
		return p.createSequence(v.Temporary)
	}
	if !recursive && p.peekWord(i, "secret") {
		p.i += i + 1
		return p.createSecret(v.OrReplace)
	}
	if !recursive && p.peek(i).is("external") && p.peek(i+1).is("table") {
		p.i += i + 2
		return p.createExternal(v.OrReplace, v.Temporary)
	}
	if i == 1 && p.peek(i).is("schema") {
		p.i += i + 1
		return p.createSchema()
	}
	if i == 1 && (p.peek(i).is("type") || p.peek(i).is("domain")) {
		p.i += i + 1
		if p.peek(-1).is("type") {
			return p.createType()
		}
		return p.createDomain()
	}
	if unique := p.peek(i).is("unique"); !v.OrReplace && !v.Temporary && !recursive && (unique && p.peek(i+1).is("index") || p.peek(i).is("index")) {
		p.i += i
		return p.createIndex()
	}
	name := p.objectName(i)
	if name == "" {
		p.i += i
		p.syntaxError()
		return nil
	}
	return p.unsupportedStatement("CREATE "+name, "")
}

// objects are the kinds of things that CREATE, ALTER and DROP know, by their first word.
var objects = map[string]string{
	"table": "TABLE", "index": "INDEX", "schema": "SCHEMA", "database": "DATABASE", "role": "ROLE", "user": "USER",
	"group": "GROUP", "function": "FUNCTION", "procedure": "PROCEDURE", "routine": "ROUTINE", "sequence": "SEQUENCE",
	"type": "TYPE", "domain": "DOMAIN", "extension": "EXTENSION", "trigger": "TRIGGER", "constraint": "TRIGGER",
	"event": "EVENT TRIGGER", "rule": "RULE", "policy": "POLICY", "materialized": "MATERIALIZED VIEW",
	"foreign": "FOREIGN TABLE", "server": "SERVER", "aggregate": "AGGREGATE", "operator": "OPERATOR",
	"collation": "COLLATION", "conversion": "CONVERSION", "cast": "CAST", "language": "LANGUAGE",
	"trusted": "LANGUAGE", "procedural": "LANGUAGE", "publication": "PUBLICATION", "subscription": "SUBSCRIPTION",
	"statistics": "STATISTICS", "tablespace": "TABLESPACE", "text": "TEXT SEARCH CONFIGURATION",
	"transform": "TRANSFORM", "access": "ACCESS METHOD", "unlogged": "TABLE", "unique": "INDEX", "view": "VIEW",
	"system": "SYSTEM", "default": "DEFAULT PRIVILEGES", "large": "LARGE OBJECT", "owned": "OWNED",
}

// objectName returns the kind of object that the token n from here begins to name, "" if none.
func (p *parser) objectName(n int) string {
	t := p.peek(n)
	if t.kind != tKeyword {
		return ""
	}
	return objects[t.text]
}

// alter reads ALTER TABLE and ALTER VIEW, or skips another ALTER.
func (p *parser) alter() Statement {
	if view := p.peek(1).is("view"); view || p.peek(1).is("table") && !p.peek(2).is("all") {
		p.i += 2
		return p.alterTable(view)
	}
	if p.peek(1).is("sequence") {
		p.i += 2
		return p.alterSequence()
	}
	if domain := p.peek(1).is("domain"); domain || p.peek(1).is("type") {
		p.i += 2
		return p.alterType(domain)
	}
	name := p.objectName(1)
	if name == "" {
		p.i++
		p.syntaxError()
		return nil
	}
	return p.unsupportedStatement("ALTER "+name, "")
}

// drop reads DROP VIEW, DROP TABLE and what else there is, or skips another DROP.
func (p *parser) drop() Statement {
	if p.peek(1).is("table") {
		p.i += 2
		return p.dropTable("")
	}
	if (p.peek(1).is("external") || p.peek(1).is("foreign")) && p.peek(2).is("table") {
		kind := p.peek(1).text
		p.i += 3
		return p.dropTable(kind)
	}
	if p.peek(1).is("schema") {
		p.i += 2
		return p.dropSchema()
	}
	if p.peek(1).is("index") {
		p.i++
		return p.dropIndex()
	}
	if p.peekWord(1, "secret") {
		p.i += 2
		return p.dropSecret()
	}
	if domain := p.peek(1).is("domain"); domain || p.peek(1).is("type") {
		p.i += 2
		return p.dropType(domain)
	}
	if p.peek(1).is("sequence") {
		p.i += 2
		s := &DropSequenceStmt{}
		s.IfExists, s.Names, s.Cascade = p.dropped()
		return s
	}
	if !p.peek(1).is("view") {
		name := p.objectName(1)
		if name == "" {
			p.i++
			p.syntaxError()
			return nil
		}
		return p.unsupportedStatement("DROP "+name, "")
	}
	p.i += 2
	s := &DropViewStmt{}
	s.IfExists, s.Names, s.Cascade = p.dropped()
	return s
}

// view reads CREATE VIEW from the name on.
func (p *parser) view(v *CreateViewStmt, recursive bool) {
	v.Name = p.qualifiedName()
	if p.isPunct("(") || recursive {
		v.Columns = p.names()
	}
	if p.is("with") {
		p.unsupported(p.pos(), "", "options of views are not supported")
	}
	p.expect("as")
	if !p.atQuery() {
		p.syntaxError()
		return
	}
	start := p.pos()
	v.Query = p.query()
	if p.err != nil {
		return
	}
	v.Source = p.src[start:p.end()]
	if p.is("with") {
		p.unsupported(p.pos(), "", "WITH CHECK OPTION is not supported")
	}
	if recursive {
		makeRecursive(v)
	}
}

// makeRecursive turns CREATE RECURSIVE VIEW v (c) AS query into a view of WITH RECURSIVE v (c) AS (query)
// SELECT c FROM v, which is what it means.
func makeRecursive(v *CreateViewStmt) {
	pos := v.Name.Pos
	s := &Select{Pos: pos, From: []TableExpr{&Table{QualifiedName: QualifiedName{Pos: pos, Name: v.Name.Name}}}}
	var columns []string
	for _, c := range v.Columns {
		s.Targets = append(s.Targets, &Target{Expr: &Column{at{c.Pos}, []string{c.Name}}})
		columns = append(columns, quoteIdent(c.Name))
	}
	cte := &CTE{Pos: pos, Name: v.Name.Name, Columns: v.Columns, Query: v.Query}
	v.Query = &Query{Pos: v.Query.Pos, With: &With{Pos: pos, Recursive: true, CTEs: []*CTE{cte}}, Body: s}
	name, list := quoteIdent(v.Name.Name), strings.Join(columns, ", ")
	v.Source = "WITH RECURSIVE " + name + " (" + list + ") AS (" + v.Source + ") SELECT " + list + " FROM " + name
}

// quoteIdent writes a name in double quotes.
func quoteIdent(name string) string {
	return "\"" + strings.ReplaceAll(name, "\"", "\"\"") + "\""
}
