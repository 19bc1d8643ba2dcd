package syntax

import "strings"

// The statements of maintenance, which PostgreSQL's tables need and those in memory do not. They are read as far as the
// words that say what they are, and succeed without doing anything.

// skipRest skips what is left of a statement.
func (p *parser) skipRest() {
	for p.tok().kind != tEOF && !p.isPunct(";") {
		p.i++
	}
	if p.bad != nil && p.tok().kind == tEOF {
		p.fail(p.bad)
	}
}

// noop reads a statement that has nothing to do.
func (p *parser) noop(name string) Statement {
	p.i++
	p.skipRest()
	return &NoopStmt{Name: name}
}

// grant reads GRANT. Who takes rights away must not believe that they are gone, so REVOKE is not among these statements.
func (p *parser) grant() Statement {
	p.expect("grant")
	p.skipRest()
	return &NoopStmt{Name: "GRANT", Notice: "there are no privileges: whoever can connect may query everything"}
}

// createIndex reads CREATE [UNIQUE] INDEX from the word after CREATE on. An index that is not unique changes no results, so there is
// none.
func (p *parser) createIndex() Statement {
	unique := p.accept("unique")
	p.expect("index")
	p.accept("concurrently")
	s := &CreateIndexStmt{IfNotExists: p.ifNotExists()}
	if !p.is("on") {
		s.Key.Ident = p.colID()
	}
	p.expect("on")
	p.accept("only")
	s.Table = p.qualifiedName()
	if !p.isPunct("(") && !p.is("using") {
		p.syntaxError()
	}
	if !unique {
		p.skipRest()
		return &NoopStmt{Name: "CREATE INDEX", Table: &s.Table, Notice: "there are no indexes: tables in memory are scanned in parallel"}
	}
	s.Key.Kind, s.Key.Index = UniqueKey, true
	p.uniqueIndex(&s.Key)
	return s
}

// uniqueIndex reads what a unique index is of.
func (p *parser) uniqueIndex(k *TableConstraint) {
	if p.accept("using") {
		p.colID()
	}
	p.parens(func() {
		p.list(func() {
			if !p.tok().isColID() || p.peek(1).isPunct("(") {
				p.unsupported(p.pos(), "Name columns.", "unique indexes on expressions are not supported")
				return
			}
			k.Columns = append(k.Columns, p.colID())
			if !p.accept("asc") {
				p.accept("desc")
			}
			if p.accept("nulls") && !p.accept("first") {
				p.expect("last")
			}
		})
	})
	if p.accept("nulls") {
		k.NullsNotDistinct = p.accept("not")
		p.expect("distinct")
	}
	if p.isOneOf("where", "include", "with", "tablespace") {
		p.unsupported(p.pos(), "Make the key one of all rows.", "%s of a unique index is not supported", strings.ToUpper(p.tok().text))
	}
}

// dropIndex reads DROP INDEX from the word INDEX on.
func (p *parser) dropIndex() Statement {
	p.expect("index")
	p.accept("concurrently")
	s := &DropIndexStmt{}
	s.IfExists, s.Names, _ = p.dropped()
	return s
}

// unsupportedHints are what a user can do instead of a statement, by its name.
var unsupportedHints = map[string]string{
	"MERGE":                     "Use UPDATE ... FROM, and INSERT ... SELECT ... WHERE NOT EXISTS.",
	"CREATE FOREIGN TABLE":      "Use CREATE EXTERNAL TABLE. Files are tables already: SELECT ... FROM 'path/*.csv'.",
	"CREATE MATERIALIZED VIEW":  "Use CREATE TABLE ... AS, or CREATE VIEW.",
	"REFRESH MATERIALIZED VIEW": "Use CREATE OR REPLACE TABLE ... AS.",
	"CREATE FUNCTION":           "Use a view.",
	"CREATE PROCEDURE":          "Send the statements one by one.",
	"CREATE TRIGGER":            "Send the statements one by one.",
	"CREATE EXTENSION":          "What there is needs no extension.",
	"CREATE ROLE":               "There are no roles: whoever can connect may query everything.",
	"CREATE USER":               "There are no roles: whoever can connect may query everything.",
	"REVOKE":                    "There are no privileges: whoever can connect may query everything.",
	"LOCK TABLE":                "UPDATE and DELETE lock the tables that they change; readers need no lock.",
	"DO":                        "Send the statements one by one.",
	"CALL":                      "Send the statements one by one.",
}

// unsupportedHint is what a user can do instead of a statement.
func unsupportedHint(name string) string {
	if hint, ok := unsupportedHints[name]; ok {
		return hint
	}
	if strings.HasPrefix(name, "DROP ") {
		return ""
	}
	return "There are queries, tables in memory, views, COPY, prepared statements, transactions and settings."
}
