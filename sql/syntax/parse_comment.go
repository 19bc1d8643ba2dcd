package syntax

import "gsql/exec/sqlstate"

// CommentStmt is COMMENT ON kind name IS text.
type CommentStmt struct {
	span
	Kind   string        // in lower case: "table", "view", "column", "schema", "database", "function", ...
	Name   QualifiedName // of anything but a type; of a column, that of its relation
	Column Ident         // of a column
	Type   *TypeName     // of a type or a domain
	Args   []*TypeName   // of a function, if HasArgs
	Star   bool          // the arguments of an aggregate are (*)
	Text   *string       // nil: NULL, which takes the comment away

	HasArgs bool
}

func (*CommentStmt) Tag() string { return "COMMENT" }

// commentRelations are the kinds of relations that comments are on, by their words.
var commentRelations = [][]string{{"table"}, {"view"}, {"materialized", "view"}, {"foreign", "table"}, {"external", "table"},
	{"index"}, {"sequence"}}

// comment reads COMMENT ON.
func (p *parser) comment() Statement {
	pos := p.pos()
	p.expect("comment", "on")
	s := &CommentStmt{}
	for _, words := range commentRelations {
		if p.acceptAll(words...) {
			for i, w := range words {
				s.Kind += []string{"", " "}[min(i, 1)] + w
			}
			s.Name = p.qualifiedName()
			return p.commentText(s)
		}
	}
	switch {
	case p.accept("column"):
		s.Kind = "column"
		p.commentColumn(s)
	case p.isOneOf("schema", "database", "role", "extension", "language", "tablespace", "server", "publication", "subscription"):
		s.Kind = p.advance().text
		id := p.colID()
		s.Name = QualifiedName{Pos: id.Pos, Name: id.Name}
	case p.isOneOf("function", "aggregate", "procedure", "routine"):
		s.Kind = p.advance().text
		s.Name = p.functionNamed()
		p.commentArguments(s)
	case p.isOneOf("type", "domain"):
		s.Kind = p.advance().text
		s.Type = p.typeName()
	default:
		name := p.objectName(0)
		if name == "" && !p.isOneOf("constraint", "statistics", "transform") {
			p.syntaxError()
			return nil
		}
		p.skipRest()
		return &UnsupportedStmt{Name: "COMMENT", Err: sqlstate.Unsupported("There are comments on tables, views, columns, schemas, the database, functions, types and roles.",
			"COMMENT ON %s is not supported", name).At(pos)}
	}
	return p.commentText(s)
}

// functionNamed reads the name of a function.
func (p *parser) functionNamed() QualifiedName {
	t := p.tok()
	if !t.isTypeFuncName() && !t.isColID() {
		p.syntaxError()
		return QualifiedName{}
	}
	p.i++
	q := QualifiedName{Pos: int(t.pos), Name: t.text}
	if p.acceptPunct(".") {
		q.Schema, q.Name = q.Name, p.label().Name
	}
	return q
}

// commentColumn reads the name of a column with that of its relation.
func (p *parser) commentColumn(s *CommentStmt) {
	names := p.dotted()
	n := len(names)
	s.Column = names[n-1]
	s.Name.Pos = names[0].Pos
	switch {
	case p.err != nil:
	case n == 1:
		p.failf(sqlstate.SyntaxError, names[0].Pos, "column name must be qualified")
	case n > 4:
		p.failf(sqlstate.SyntaxError, names[0].Pos, "improper relation name (too many dotted names): %s", joinNames(names[:n-1]))
	default:
		s.Name.Name = names[n-2].Name
		if n > 2 {
			s.Name.Schema = names[n-3].Name
		}
		if n > 3 {
			s.Name.Catalog = names[0].Name
		}
	}
}

// commentArguments reads the types of a function's arguments, which may have names.
func (p *parser) commentArguments(s *CommentStmt) {
	if !p.isPunct("(") {
		return
	}
	s.HasArgs = true
	p.parens(func() {
		if s.Star = p.acceptPunct("*"); s.Star || p.isPunct(")") {
			return
		}
		p.list(func() {
			if !p.accept("in") {
				p.accept("variadic")
			}
			start := p.i
			t := p.typeName()
			if p.err == nil && !p.isPunct(",") && !p.isPunct(")") { // it was a name
				p.i = start + 1
				t = p.typeName()
			}
			s.Args = append(s.Args, t)
		})
	})
}

// commentText reads IS text.
func (p *parser) commentText(s *CommentStmt) Statement {
	p.expect("is")
	if p.accept("null") {
		return s
	}
	text := p.string()
	s.Text = &text
	return s
}
